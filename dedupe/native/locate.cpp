#include "locate.h"

#include "lines_words.h"
#include "unicode.h"

#include <cstring>
#include <stdexcept>

namespace dedupe {
namespace {

constexpr std::ptrdiff_t stride = 256;

bool begins_character(Byte byte) { return (byte & 0xC0) != 0x80; }

// Places of one text. Each answer goes on from the one before, so that places in order cost one walk through the text.
class Walk {
public:
    explicit Walk(Text text)
        : text_(text),
          is_ascii_(unicode::is_ascii(text)),
          has_returns_(!text.empty() && std::memchr(text.begin, '\r', text.size()) != nullptr),
          at_(text.begin),
          line_at_(text.begin) {}

    // The byte at which the character with this number begins, or the text ends.
    const Byte* byte(std::int64_t place) {
        if (place < 0 || place > text_.end - text_.begin) fail();
        if (is_ascii_) return text_.begin + place;
        for (; passed_ > place; --passed_) {
            do --at_;
            while (!begins_character(*at_));
        }
        while (passed_ < place) {
            if (place - passed_ >= stride && text_.end - at_ > stride) {
                const Byte* next = at_ + stride;
                while (!begins_character(*next)) --next;
                passed_ += static_cast<std::int64_t>(unicode::count({at_, next}));
                at_ = next;
                continue;
            }
            if (at_ == text_.end) fail();
            do ++at_;
            while (at_ != text_.end && !begins_character(*at_));
            ++passed_;
        }
        return at_;
    }

    // The line of a byte.
    std::int64_t line(const Byte* at) {
        if (at >= line_at_) {
            line_ += breaks(line_at_, at);
        } else {
            line_ -= breaks(at, line_at_);
        }
        line_at_ = at;
        return line_;
    }

private:
    [[noreturn]] static void fail() { throw std::invalid_argument("a span that is not in its text"); }

    // How many line breaks end in [begin, end): at a line feed, or a return with none behind it.
    std::int64_t breaks(const Byte* begin, const Byte* end) const {
        std::int64_t count = 0;
        each(begin, end, '\n', [&](const Byte*) { ++count; });
        if (has_returns_) each(begin, end, '\r', [&](const Byte* at) { count += at + 1 == text_.end || at[1] != '\n'; });
        return count;
    }

    template <typename Use>
    static void each(const Byte* at, const Byte* end, Byte wanted, Use use) {
        for (; at != end && (at = static_cast<const Byte*>(std::memchr(at, wanted, end - at))) != nullptr; ++at) use(at);
    }

    Text text_;
    bool is_ascii_, has_returns_;
    const Byte* at_;
    std::int64_t passed_ = 0;  // characters in front of `at_`
    const Byte* line_at_;
    std::int64_t line_ = 1;
};

}  // namespace

std::vector<std::int64_t> locate(const std::vector<Text>& texts, const std::int64_t* owners, const std::int64_t* spans,
                                 std::size_t count) {
    std::vector<std::int64_t> found;
    found.reserve(4 * count);
    for (std::size_t i = 0; i < count;) {
        const std::int64_t owner = owners[i];
        const Text text = texts[static_cast<std::size_t>(owner)];
        Walk walk(text);
        for (; i < count && owners[i] == owner; ++i) {
            const Byte* const begin = walk.byte(spans[2 * i]);
            const Byte* const end = walk.byte(spans[2 * i + 1]);
            if (begin > end) throw std::invalid_argument("a span that ends before it begins");
            const Text written = trimmed({begin, end}, is_white);
            const std::int64_t first = walk.line(written.empty() ? begin : written.begin);
            const std::int64_t last = written.empty() ? first : walk.line(written.end - 1);
            found.insert(found.end(), {begin - text.begin, end - text.begin, first, last});
        }
    }
    return found;
}

}  // namespace dedupe
