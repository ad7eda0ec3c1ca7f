#include "masks.h"

#include "unicode.h"

#include <algorithm>
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

bool is_white(char32_t code) { return (unicode::properties(code) & unicode::white) != 0; }
bool is_decimal(char32_t code) { return (unicode::properties(code) & unicode::decimal) != 0; }
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

// Writes a text with some of its pieces replaced.
class Editor {
public:
    Editor(Text text, Buffer& out) : text_(text), done_(text.begin), out_(out) { out.clear(); }

    void replace(const Byte* begin, const Byte* end, std::string_view by) {
        out_.append({done_, begin});
        for (const char byte : by) out_.push(static_cast<Byte>(byte));
        done_ = end;
    }
    Text finish() {
        out_.append({done_, text_.end});
        return out_.from(0);
    }

private:
    Text text_;
    const Byte* done_;
    Buffer& out_;
};

Text fold(Text line, bool is_ascii, Buffer& out) {
    out.clear();
    Byte* to = out.grow(3 * line.size());
    if (is_ascii) {
        for (const Byte* at = line.begin; at != line.end; ++at)
            *to++ = static_cast<Byte>(*at | (static_cast<Byte>(*at - 'A') < 26 ? 0x20 : 0));
    } else {
        for (const Byte* at = line.begin; at != line.end;) to = unicode::fold(unicode::decode(at), to);
    }
    out.finish(to);
    return out.from(0);
}

// (?:https?://|www\.)\S+
Text mask_urls(Text line, Buffer& out) {
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
    return editor.finish();
}

// [\w.+-]+@[\w-]+\.[\w.-]+
Text mask_mails(Text line, Buffer& out) {
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
    return editor.finish();
}

// \d+(?:[.,:]\d+)*(?:(?:st|nd|rd|th)\b)?
Text mask_numbers(Text line, Buffer& out) {
    Editor editor(line, out);
    for (const Byte* at = line.begin; at != line.end;) {
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
    return editor.finish();
}

// The mask of a month or a weekday without the punctuation around it, or 0.
char date_mask(Text word) {
    const auto is_trimmed = [](Text at) {
        if (std::string_view(".,()|-").find(static_cast<char>(*at.begin)) != std::string_view::npos) return 1;
        return starts_with(at.begin, at.end, "\xE2\x80\x93") ? 3 : 0;  // an en dash
    };
    while (!word.empty()) {
        const int size = is_trimmed(word);
        if (size == 0) break;
        word.begin += size;
    }
    while (!word.empty()) {
        const Byte* last = word.end - 1;
        while ((*last & 0xC0) == 0x80) --last;
        if (is_trimmed({last, word.end}) == 0) break;
        word.end = last;
    }
    const std::string_view name = view(word);
    const auto* found = std::lower_bound(std::begin(unicode::date_names), std::end(unicode::date_names), name,
                                         [](const unicode::DateName& date, std::string_view name) { return date.name < name; });
    return found != std::end(unicode::date_names) && found->name == name ? found->mask : '\0';
}

}  // namespace

bool Masks::add_line(Text line, bool is_ascii) {
    Text text = fold(line, is_ascii, from_);
    const auto pass = [&](Text (*mask)(Text, Buffer&)) {
        text = mask(text, to_);
        std::swap(from_, to_);
    };
    if (view(text).find("://") != std::string_view::npos || view(text).find("www.") != std::string_view::npos)
        pass(mask_urls);
    if (view(text).find('@') != std::string_view::npos) pass(mask_mails);
    pass(mask_numbers);

    const bool is_short = unicode::count(text) <= max_counted;
    const bool has_dates = is_short && view(text).find('0') != std::string_view::npos;
    const std::size_t start = masked.size();
    for (const Byte* at = text.begin;;) {
        at = run_end(at, text.end, is_white);
        if (at == text.end) break;
        const Text word{at, run_end(at, text.end, is_not_white)};
        at = word.end;
        if (masked.size() != start) masked.push(' ');
        const char mask = has_dates ? date_mask(word) : '\0';
        if (mask != '\0')
            masked.push(static_cast<Byte>(mask));
        else
            masked.append(word);
    }
    const Text bare = masked.from(start);
    if (unicode::count(bare) > max_counted) return false;
    int letters = 0;
    for (const Byte* at = bare.begin; at != bare.end && letters < 4;) {
        const char32_t code = unicode::decode(at);
        letters += code != '_' && unicode::is_word(code) && !is_decimal(code);
    }
    return letters >= 4;
}

}  // namespace dedupe
