#include "masks.h"

#include "lines_words.h"
#include "sixteen.h"
#include "swar.h"
#include "unicode.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <utility>

namespace dedupe {
namespace {

constexpr std::size_t max_counted = 240;

std::string_view view(Text text) { return {reinterpret_cast<const char*>(text.begin), text.size()}; }

bool starts_with(const Byte* at, const Byte* end, std::string_view what) {
    return view({at, end}).substr(0, what.size()) == what;
}

bool is_decimal(char32_t code) {
    return code < 0x80 ? code - '0' < 10 : (unicode::properties(code) & unicode::decimal) != 0;
}
bool is_local(char32_t code) { return unicode::is_word(code) || code == '.' || code == '+' || code == '-'; }
bool is_domain(char32_t code) { return unicode::is_word(code) || code == '-'; }
bool is_domain_end(char32_t code) { return is_domain(code) || code == '.'; }
bool is_not_white(char32_t code) { return !is_white(code); }

// Where the run of characters that begins at `at` and has the property ends.
template <typename Has>
const Byte* run_end(const Byte* at, const Byte* end, Has has) {
    while (at != end) {
        const Byte* next = at;
        if (!has(unicode::decode(next))) break;
        at = next;
    }
    return at;
}

// The next ASCII digit, or byte of a character that may be another decimal: none has fewer bytes than U+0660.
const Byte* skip_to_decimal(const Byte* at, const Byte* end) {
    for (; end - at >= 8; at += 8) {
        const std::uint64_t bytes = swar::load(at);
        const std::uint64_t from_d9 = (bytes & ~swar::high) + swar::every(0x80 - (0xD9 - 0x80));
        const std::uint64_t found = swar::digits(bytes) | (from_d9 & bytes & swar::high);
        if (found != 0) return at + swar::first(found);
    }
    while (at != end && static_cast<Byte>(*at - '0') >= 10 && *at < 0xD9) ++at;
    return at;
}

// Writes a text with some of its pieces replaced.
class Editor {
public:
    Editor(Text text, Buffer& out) : text_(text), done_(text.begin), out_(out) { out.clear(); }

    void replace(const Byte* begin, const Byte* end, std::string_view by) {
        out_.append({done_, begin});
        for (const char byte : by) out_.push(static_cast<Byte>(byte));
        done_ = end;
    }
    void finish() { out_.append({done_, text_.end}); }

private:
    Text text_;
    const Byte* done_;
    Buffer& out_;
};

// What there may be to mask in a line.
struct Contents {
    bool numbers, mails, urls;
    bool odd_spaces;  // words do not stand one space apart, or something is before or after them
};

// Folds a line and sees what is in it on the way: sixteen bytes at a time, and one by one the characters that are not
// ASCII and fold, or are white or decimals.
class Folder {
public:
    Folder(Text line, Byte* to) : line_(line), to_(to) {}

    Contents fold() {
        for (const Byte* at = line_.begin; at != line_.end;) at = fold_some(at);
        const auto any = [](Vector marks) { return sixteen::bits(marks) != 0; };
        return {any(digits_) || decimals_ != 0, any(ats_), any(pairs_), any(spaces_) || whites_ != 0 || line_.end[-1] == ' '};
    }
    const Byte* end() const { return to_; }

private:
    using Vector = sixteen::Vector;

    const Byte* fold_some(const Byte* at) {
        const std::size_t left = static_cast<std::size_t>(line_.end - at);
        Byte copy[2 * sixteen::size];
        const Byte* from = at;
        if (at == line_.begin || left < sixteen::size) {
            std::memset(copy, 'x', sizeof copy);  // which nothing looks for
            copy[0] = at == line_.begin ? ' ' : at[-1];
            std::memcpy(copy + 1, at, std::min(left, sixteen::size));
            from = copy + 1;
        }
        const Vector bytes = sixteen::load(from), before = sixteen::load(from - 1), lower = sixteen::lower(bytes);
        sixteen::store(lower, to_);
        digits_ |= sixteen::within(bytes, '0', '9');
        ats_ |= Vector(bytes == '@');
        pairs_ |= Vector((bytes == '/') & (before == '/')) | Vector((lower == 'w') & ((before | 0x20) == 'w'));
        spaces_ |= Vector((bytes == ' ') & (before == ' ')) | Vector(bytes < 0x20);

        const Byte* stop = at + std::min(left, sixteen::size);
        for (std::uint64_t first = sixteen::bits(Vector(bytes >= 0xC0)); first != 0; first &= first - 1) {
            const Byte* const character = at + std::countr_zero(first);
            const Byte* next = character;
            const char32_t code = unicode::decode(next);
            const std::uint32_t properties = unicode::properties(code);
            if ((properties & (unicode::folds | unicode::decimal | unicode::white)) == 0) continue;
            decimals_ |= properties & unicode::decimal;
            whites_ |= properties & unicode::white;
            to_ = unicode::fold(code, to_ + (character - at));
            return next;
        }
        to_ += stop - at;
        return stop;
    }

    const Text line_;
    Byte* to_;
    Vector digits_ = {}, ats_ = {}, pairs_ = {}, spaces_ = {};
    std::uint32_t decimals_ = 0, whites_ = 0;
};

bool contains(Text text, Byte byte) { return !text.empty() && std::memchr(text.begin, byte, text.size()) != nullptr; }

// (?:https?://|www\.)\S+
void mask_urls(Text line, Buffer& out) {
    Editor editor(line, out);
    for (const Byte* at = line.begin; at != line.end;) {
        std::size_t head = 0;
        for (const std::string_view known : {"http://", "https://", "www."})
            if (starts_with(at, line.end, known)) head = known.size();
        const Byte* const end = head == 0 ? at : run_end(at + head, line.end, is_not_white);
        if (end > at + head) {
            editor.replace(at, end, "://");
            at = end;
        } else {
            ++at;
        }
    }
    editor.finish();
}

// [\w.+-]+@[\w-]+\.[\w.-]+
void mask_mails(Text line, Buffer& out) {
    Editor editor(line, out);
    for (const Byte* at = line.begin; at != line.end;) {
        const Byte* const local = run_end(at, line.end, is_local);
        if (local == at) {
            unicode::decode(at);
            continue;
        }
        const Byte* const begin = std::exchange(at, local);
        if (local == line.end || *local != '@') continue;
        const Byte* const domain = run_end(local + 1, line.end, is_domain);
        if (domain == local + 1 || domain == line.end || *domain != '.') continue;
        const Byte* const end = run_end(domain + 1, line.end, is_domain_end);
        if (end == domain + 1) continue;
        editor.replace(begin, end, "@");
        at = end;
    }
    editor.finish();
}

// \d+(?:[.,:]\d+)*(?:(?:st|nd|rd|th)\b)?
void mask_numbers(Text line, Buffer& out) {
    Editor editor(line, out);
    for (const Byte* at = line.begin; at != line.end;) {
        at = skip_to_decimal(at, line.end);
        if (at == line.end) break;
        const Byte* end = run_end(at, line.end, is_decimal);
        if (end == at) {
            unicode::decode(at);
            continue;
        }
        while (end != line.end && (*end == '.' || *end == ',' || *end == ':')) {
            const Byte* const more = run_end(end + 1, line.end, is_decimal);
            if (more == end + 1) break;
            end = more;
        }
        for (const std::string_view ordinal : {"st", "nd", "rd", "th"}) {
            if (!starts_with(end, line.end, ordinal)) continue;
            const Byte* after = end + 2;
            if (after == line.end || !unicode::is_word(unicode::decode(after))) end += 2;
            break;
        }
        editor.replace(at, end, "0");
        at = end;
    }
    editor.finish();
}

// Which lengths the names of months and weekdays have that begin with a byte, one bit each: most words are none.
const std::array<std::uint32_t, 256> name_lengths = [] {
    std::array<std::uint32_t, 256> lengths{};
    for (const unicode::DateName& date : unicode::date_names) {
        lengths[static_cast<Byte>(date.name[0])] |= 1u << date.name.size();
    }
    return lengths;
}();

// How many bytes of the punctuation that dates are written with begin here.
int punctuation(const Byte* at, const Byte* end) {
    switch (*at) {
        case '.':
        case ',':
        case '(':
        case ')':
        case '|':
        case '-': return 1;
        case 0xE2: return starts_with(at, end, "\xE2\x80\x93") ? 3 : 0;  // an en dash
        default: return 0;
    }
}

// The mask of the name of a month or a weekday, in punctuation or not; 0 for any other word.
char date_mask(Text word) {
    while (!word.empty()) {
        const int size = punctuation(word.begin, word.end);
        if (size == 0) break;
        word.begin += size;
    }
    while (!word.empty()) {
        const Byte* last = word.end - 1;
        while ((*last & 0xC0) == 0x80) --last;
        if (punctuation(last, word.end) == 0) break;
        word.end = last;
    }
    if (word.empty() || word.size() > 31 || (name_lengths[*word.begin] >> word.size() & 1) == 0) return '\0';
    const auto before = [](const unicode::DateName& date, std::string_view name) { return date.name < name; };
    const auto* found =
        std::lower_bound(std::begin(unicode::date_names), std::end(unicode::date_names), view(word), before);
    return found != std::end(unicode::date_names) && found->name == view(word) ? found->mask : '\0';
}

// Append the words of a line, one space apart, with the names of months and weekdays masked if there may be dates.
void append_words(Text line, bool has_dates, Buffer& out) {
    Byte* const begin = out.grow(line.size());
    Byte* to = begin;
    Text run{nullptr, nullptr};  // words that are copied together
    const auto end_run = [&] {
        if (!run.empty()) std::memcpy(to, run.begin, run.size());
        to += run.size();
    };
    each_word(line, false, [&](Text word) {
        const char mask = has_dates ? date_mask(word) : '\0';
        if (mask == '\0' && !run.empty() && word.begin == run.end + 1 && *run.end == ' ') {
            run.end = word.end;
            return;
        }
        end_run();
        if (to != begin) *to++ = ' ';
        run = mask == '\0' ? word : Text{nullptr, nullptr};
        if (mask != '\0') *to++ = static_cast<Byte>(mask);
    });
    end_run();
    out.finish(to);
}

// Whether a line is surely too long to be counted, whatever is masked in it. A number takes up to two letters with it.
bool is_surely_long(Text line) {
    if (line.size() <= max_counted) return false;
    constexpr std::size_t together = 32;  // so that sums fit into bytes, which compilers make vector code of
    std::ptrdiff_t least = 0;
    bool may_be_address = false;
    const auto add = [&](const Byte* at, std::size_t size) {
        signed char sum = 0;
        Byte odd = 0;
        for (std::size_t i = 0; i < size; ++i) {
            const Byte byte = at[i], before = at[i - 1], lower = byte | 0x20;
            // None of the characters that begin with these bytes, U+00C0 to U+047F, is white or a digit.
            const bool is_letter = static_cast<Byte>(lower - 'a') < 26 || static_cast<Byte>(byte - 0xC3) < 15;
            const bool may_be_digit = static_cast<Byte>(byte - '0') < 10 || byte > 0xD1;
            sum = static_cast<signed char>(sum + is_letter - 2 * may_be_digit);
            odd |= (byte == '@') | ((byte == '/') & (before == '/')) | ((lower == 'w') & ((before | 0x20) == 'w'));
        }
        least += sum;
        may_be_address |= odd != 0;
    };
    const Byte* at = line.begin + 1;
    for (; line.end - at >= static_cast<std::ptrdiff_t>(together) && !may_be_address; at += together) add(at, together);
    add(at, std::min(together, static_cast<std::size_t>(line.end - at)));
    return !may_be_address && least > static_cast<std::ptrdiff_t>(max_counted + 3);  // the first byte was not looked at
}

// Whether a masked line can count as frequent: it is not long, and has four letters.
bool is_counted(Text line) {
    if (unicode::count(line) > max_counted) return false;
    int letters = 0;
    for (const Byte* at = line.begin; at != line.end && letters < 4;) {
        const char32_t code = unicode::decode(at);
        letters += code != '_' && unicode::is_word(code) && !is_decimal(code);
    }
    return letters >= 4;
}

}  // namespace

void Masks::add_line(Text line) {
    const std::size_t start = masked_.size();
    if (!is_surely_long(line)) mask(line);
    if (!is_counted(masked_.from(start))) masked_.shrink(start);
    ends_.push_back(masked_.size());
}

// Append the line to `masked_` as it is hashed.
void Masks::mask(Text line) {
    from_.clear();
    Folder folder(line, from_.grow(3 * line.size()));
    const Contents contents = folder.fold();
    from_.finish(folder.end());
    const auto pass = [this](void (*mask)(Text, Buffer&)) {
        mask(from_.from(0), to_);
        std::swap(from_, to_);
    };
    if (contents.urls) pass(mask_urls);
    if (contents.mails) pass(mask_mails);
    if (contents.numbers) pass(mask_numbers);
    const Text text = from_.from(0);
    const bool has_dates = contents.numbers && contains(text, '0') && unicode::count(text) <= max_counted;
    if (contents.odd_spaces || has_dates)
        append_words(text, has_dates, masked_);
    else
        masked_.append(text);
}

void Masks::append_keys(std::vector<std::uint64_t>& column) {
    const std::size_t first = column.size();
    column.resize(first + ends_.size());
    messages_.clear();
    const Byte* start = masked_.data();
    for (std::size_t i = 0; i < ends_.size(); ++i) {
        const Byte* const stop = masked_.data() + ends_[i];
        if (start != stop) messages_.push_back({{start, stop}, &column[first + i]});
        start = stop;
    }
    blake2b(messages_, 8);
    for (const Message& message : messages_) *message.digest |= 3;
    ends_.clear();
    masked_.clear();
}

}  // namespace dedupe
