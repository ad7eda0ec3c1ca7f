#include "lines_alone.h"

#include "sixteen.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace dedupe {
namespace {

// Whether a byte stands `length` times in a row.
bool has_run(Text text, Byte byte, int length) {
    std::uint64_t before = 0;
    for (const Byte* at = text.begin; at < text.end; at += sixteen::block_size) {
        const sixteen::Block block(at, text.end);
        std::uint64_t marks = 0;
        for (std::size_t i = 0; i < sixteen::block_size; i += sixteen::size)
            marks |= sixteen::bits(sixteen::Vector(sixteen::load(block.begin() + i) == byte)) << i;
        marks &= ~std::uint64_t{0} >> (sixteen::block_size - block.size());
        std::uint64_t run = marks;
        for (int i = 1; i < length; ++i) run &= marks << i | before >> (64 - i);
        if (run != 0) return true;
        before = marks;
    }
    return false;
}

// What follows white space, of which there is some; nullptr if there is none or nothing follows.
const Byte* after_white(const Byte* at, const Byte* end) {
    const Byte* const begin = at;
    while (at != end) {
        const Byte* next = at;
        if (!is_white(unicode::decode(next))) return at == begin ? nullptr : at;
        at = next;
    }
    return nullptr;
}

// \d{1,3}(\.\d{1,3})*[.)]\s+\S
bool is_decimal_number(Text line) {
    for (const Byte* at = line.begin;;) {
        int digits = 0;
        const Byte* next = at;
        while (next != line.end && is_decimal(unicode::decode(next)) && digits < 4) {
            at = next;
            ++digits;
        }
        if (digits == 0 || digits > 3 || at == line.end) return false;
        const Byte mark = *at++;
        if (mark == '.' && at != line.end) {
            next = at;
            if (is_decimal(unicode::decode(next))) continue;
        }
        return (mark == '.' || mark == ')') && after_white(at, line.end) != nullptr;
    }
}

bool is_latin(Byte byte) { return static_cast<Byte>((byte | 0x20) - 'a') < 26; }
bool is_roman(Byte byte) { return byte != 0 && std::memchr("ivxlcIVXLC", byte, 10) != nullptr; }

// \(?([a-zA-Z]{1,2}|[ivxlcIVXLC]{1,6}|\d{1,3})\)\s+\S and ([a-zA-Z]|[ivxlcIVXLC]{1,6})\.\s+\S
bool is_lettered(Text line) {
    const bool is_open = *line.begin == '(';
    const Byte* const begin = line.begin + is_open;
    const Byte* at = begin;
    std::ptrdiff_t latin = 0, roman = 0;
    while (at != line.end && is_latin(*at)) {
        roman += is_roman(*at);
        ++at;
        ++latin;
    }
    int digits = 0;
    if (latin == 0) {
        for (const Byte* next = at; next != line.end && is_decimal(unicode::decode(next)); ++digits) at = next;
    }
    if (at == line.end) return false;
    const bool all_roman = latin == roman && latin >= 1 && latin <= 6;
    const bool closes = *at == ')' && ((latin >= 1 && latin <= 2) || all_roman || (digits >= 1 && digits <= 3));
    const bool stops = *at == '.' && !is_open && (latin == 1 || all_roman);
    return (closes || stops) && after_white(at + 1, line.end) != nullptr;
}

// A word of division and its number: Article 5, Chapter IV.
bool is_division(Text line) {
    static constexpr std::string_view names[] = {
        "Article", "Articles", "Art.", "Artikel", "Artículo", "Articolo", "Artigo", "Section",  "Sec.",   "Clause", "Rule",  "Chapter",
        "Part",    "Step",     "Schritt", "Abschnitt", "Kapitel", "Chapitre", "Annex", "Appendix", "Figure", "Table", "Статья"};
    for (const std::string_view name : names) {
        if (!starts_with(line, name)) continue;
        const Byte* at = after_white(line.begin + name.size(), line.end);
        if (at == nullptr) continue;
        const Byte* next = at;
        if (is_decimal(unicode::decode(next))) return true;
        const Byte* const begin = at;
        while (at != line.end && *at != 0 && std::memchr("IVXLC", *at, 5) != nullptr) ++at;
        if (at == begin) continue;
        if (at == line.end || !unicode::is_word(first_of({at, line.end}))) return true;
    }
    return false;
}

bool is_numbered(Text line) {
    if (is_decimal_number(line) || is_lettered(line) || is_division(line)) return true;
    if (!starts_with(line, "§")) return false;  // §+\s*\d
    const Byte* at = line.begin;
    while (starts_with({at, line.end}, "§")) at += 2;
    while (at != line.end) {
        const char32_t code = unicode::decode(at);
        if (!is_white(code)) return is_decimal(code);
    }
    return false;
}

// "Label: value" is a form, "NAME: a sentence." is speech.
std::uint16_t labelled(const Bare& line) {
    const Byte* const colon = static_cast<const Byte*>(std::memchr(line.text.begin, ':', line.text.size()));
    const Text head{line.text.begin, colon};
    const Text label = trimmed(head, is_white);
    if (label.empty() || !is_letter(first_of(label))) return 0;
    if (view(label).find_first_of("!?,;") != std::string_view::npos || unicode::count(label) > 39) return 0;
    const Byte* value = colon + 1;
    const Byte* const behind = after_white(value, line.text.end);
    if (behind != nullptr)
        value = behind;
    else if (value != line.text.end && *value != '_')
        return 0;
    if (word_count(label, line.is_ascii) > 4) return 0;
    if (value == line.text.end) return 0;
    const Text said{value, line.text.end};
    if (is_terminated(said) && behind != nullptr && unicode::count(head) <= 31) {
        bool is_speaker = true;
        const Byte* at = head.begin;
        for (unicode::decode(at); at != head.end;) {
            const char32_t code = unicode::decode(at);
            is_speaker &= unicode::is_word(code) || code == ' ' || code == '.' || code == '\'' || code == 0x2019 || code == '-' ||
                          code == '(' || code == ')';
        }
        if (is_speaker) return dialogue_shape;
    }
    return !contains(label, ".") && word_count(said, line.is_ascii) <= 8 ? form_shape : 0;
}

// (?<![0-9])(1[5-9]|20)[0-9]{2}(?![0-9])
bool has_year(Text text) {
    for (const Byte* at = text.begin; at != text.end;) {
        const Byte* const begin = at;
        while (at != text.end && is_ascii_digit(at)) ++at;
        if (at - begin == 4 && ((begin[0] == '1' && begin[1] >= '5') || (begin[0] == '2' && begin[1] == '0'))) return true;
        if (at != text.end) ++at;
    }
    return false;
}

// An entry of a bibliography: [^\W\d_][\w'’-]+,\s[^\W\d_]\. and a year.
bool is_reference(Text line) {
    const Byte* at = line.begin;
    if (!is_letter(unicode::decode(at))) return false;
    const Byte* const second = at;
    char32_t code = 0;
    const Byte* name_end = at;
    while (at != line.end) {
        name_end = at;
        code = unicode::decode(at);
        if (!unicode::is_word(code) && code != '\'' && code != 0x2019 && code != '-') break;
    }
    if (code != ',' || name_end == second || at == line.end || !is_white(unicode::decode(at))) return false;
    if (at == line.end || !is_letter(unicode::decode(at)) || at == line.end || *at != '.') return false;
    return has_year({at, line.end});
}

// \[\d{1,3}\]\s+\S
bool is_bracketed_number(Text line) {
    const Byte* at = line.begin + 1;
    int digits = 0;
    for (const Byte* next = at; next != line.end && is_decimal(unicode::decode(next)); ++digits) at = next;
    return digits >= 1 && digits <= 3 && at != line.end && *at == ']' && after_white(at + 1, line.end) != nullptr;
}

// _{3,}|\.{6,}|…{3,}|\[[ xX]?\]\s
bool has_gap(const Bare& line) {
    const bool has_low_lines = has_run(line.text, '_', 2), has_dots = has_run(line.text, '.', 6);
    if (!has_low_lines && !has_dots && !contains(line.text, "……") && line.first() != '[') return false;
    if (has_run(line.text, '_', 3) || has_dots || contains(line.text, "………")) return true;
    for (const Byte* at = line.text.begin; at != line.text.end; ++at) {
        if (*at != '[') continue;
        const Byte* close = at + 1;
        if (close != line.text.end && (*close == ' ' || *close == 'x' || *close == 'X')) ++close;
        if (close == line.text.end || *close != ']') continue;
        if (close + 1 != line.text.end && is_white(first_of({close + 1, line.text.end}))) return true;
    }
    return false;
}

constexpr std::array<bool, 256> code_signs = [] {
    std::array<bool, 256> signs{};
    for (const char sign : std::string_view("(=;{}<#")) signs[static_cast<Byte>(sign)] = true;
    return signs;
}();

// Whether the rules for lines of code have to be asked.
bool may_be_code(const Bare& line) {
    const bool is_prompt = starts_with(line.text, ">>> ") || starts_with(line.text, "$ ");
    if (line.length > 400) return false;
    if (has(unicode::last(line.text.end), unicode::terminal) && !is_prompt && !starts_with(line.text, "% ")) return false;
    const auto is_code_sign = [](Byte byte) { return code_signs[byte]; };
    return is_prompt || std::any_of(line.text.begin, line.text.end, is_code_sign) || starts_with(line.text, "import ") ||
           starts_with(line.text, "from ");
}

bool is_currency(char32_t code) {
    return code == 0x20AC || code == '$' || code == 0xA3 || code == 0xA5 || code == 0x20BD;
}

// The end of [.,]\d\d at `at`, or nullptr.
const Byte* cents(const Byte* at, const Byte* end) {
    if (at == end || (*at != '.' && *at != ',')) return nullptr;
    ++at;
    for (int i = 0; i < 2; ++i)
        if (at == end || !is_decimal(unicode::decode(at))) return nullptr;
    return at;
}

// A currency's sign, or its name as a word of its own.
bool is_currency_at(const Byte* at, const Byte* end) {
    if (at == end) return false;
    if (is_currency(first_of({at, end}))) return true;
    for (const std::string_view name : {"EUR", "USD", "GBP", "CHF", "PLN", "zł", "kr"})
        if (starts_with({at, end}, name)) {
            const Byte* const after = at + name.size();
            return after == end || !unicode::is_word(first_of({after, end}));
        }
    return false;
}

bool is_currency_near(const Byte* at, const Byte* end) {
    if (is_currency_at(at, end)) return true;
    const Byte* next = at;
    return at != end && is_white(unicode::decode(next)) && is_currency_at(next, end);
}

}  // namespace

// Whether there may be digits, also powers and those of other scripts: none of these begins with another byte.
bool may_have_digits(Text text) {
    using sixteen::Vector;
    Vector found = {};
    for (const Byte* at = text.begin; at < text.end; at += sixteen::block_size) {
        const sixteen::Block block(at, text.end);
        for (std::size_t i = 0; i < sixteen::block_size; i += sixteen::size) {
            const Vector bytes = sixteen::load(block.begin() + i);
            found |= sixteen::within(bytes, '0', '9') | Vector(bytes == 0xC2) | Vector(bytes >= 0xD9);
        }
    }
    return sixteen::bits(found) != 0;
}

// A date or a time in front: [\[(]?(\d{1,3}:\d{1,2}|\d{1,4}([-/])\d{1,2}\2\d{1,4}|\d{1,4}\.\d{1,2}\.\d{2,4})(?!\d)
bool is_stamped(Text line) {
    const Byte* at = line.begin;
    if (*at == '[' || *at == '(') ++at;
    const auto digits = [&] {  // how many there are, which are passed over
        int count = 0;
        for (const Byte* next = at; next != line.end && is_decimal(unicode::decode(next)); ++count) at = next;
        return count;
    };
    const int first = digits();
    if (first < 1 || first > 4 || at == line.end) return false;
    const Byte mark = *at++;
    if (mark != ':' && mark != '-' && mark != '/' && mark != '.') return false;
    const int second = digits();
    if (second < 1 || second > 2) return false;
    if (mark == ':') return first <= 3;
    if (at == line.end || *at++ != mark) return false;
    const int third = digits();
    return third >= (mark == '.' ? 2 : 1) && third <= 4;
}

// Commas without white space behind them that are not between figures.
std::size_t bare_commas(Text line) {
    std::size_t count = 0;
    const Byte* at = line.begin;
    while ((at = static_cast<const Byte*>(std::memchr(at, ',', static_cast<std::size_t>(line.end - at)))) != nullptr) {
        const bool behind_figure = at != line.begin && is_ascii_digit(at - 1);
        if (++at == line.end) break;
        count += !is_white(first_of({at, line.end})) && !(behind_figure && is_ascii_digit(at));
    }
    return count;
}

// What one line shows by itself.
std::uint16_t alone(const Bare& line) {
    const Byte* next = line.text.begin;
    const char32_t first = unicode::decode(next);
    const char32_t second = next == line.text.end ? 0 : first_of({next, line.text.end});
    const bool has_second = next != line.text.end;
    std::uint16_t shape = 0;
    if (is_alphanumeric(first)) {
        const Byte* at = line.text.begin;
        for (int i = 0; i < 42 && at != line.text.end; ++i) {
            if (*at == ':') {
                shape |= labelled(line);
                break;
            }
            unicode::decode(at);
        }
        bool five = true;
        at = line.text.begin;
        for (int i = 0; i < 5 && at != line.text.end; ++i) five &= is_alphanumeric(unicode::decode(at));
        if ((has(first, unicode::digit) || !has_second || second == '.' || second == ')' || five) && is_numbered(line.text))
            shape |= list_shape;
        else if (has(first, unicode::upper) && is_reference(line.text))
            shape |= list_shape;
    } else if (has(first, unicode::dash)) {
        shape |= dialogue_shape;
    } else if (has(first, unicode::quote)) {
        bool closes = line.is_terminated;
        for (const Byte* at = next; at != line.text.end && !closes;) closes = has(unicode::decode(at), unicode::quote);
        if (closes) shape |= dialogue_shape;
    } else if (first == '>' && (second == ' ' || second == '>')) {
        if (line.is_terminated) shape |= dialogue_shape;
    } else {
        const std::size_t marks = std::min(view(line.text).find_first_not_of('#'), line.text.size());
        if (marks >= 1 && marks <= 6 && marks < line.text.size() && line.text.begin[marks] == ' ') {
            shape |= heading_shape;
        } else if (((first == 0xA7 || first == '(') && is_numbered(line.text)) || (first == '[' && is_bracketed_number(line.text))) {
            shape |= list_shape;
        } else if (has(first, unicode::bullet) && after_white(next, line.text.end) != nullptr) {
            shape |= list_shape;
            if (first == '-' && line.is_terminated) shape |= dialogue_shape;
        }
    }
    if (has_gap(line)) shape |= form_shape;
    if (may_be_code(line)) shape |= maybe_code;
    return shape;
}

bool has_price(Text line) {
    for (const Byte* at = line.begin; at != line.end;) {
        const char32_t code = unicode::decode(at);
        if (is_currency(code) && at != line.end) {
            const Byte* next = at;
            char32_t following = unicode::decode(next);
            if (is_white(following) && next != line.end) following = unicode::decode(next);
            if (is_decimal(following)) return true;
        }
        if (!is_decimal(code)) continue;
        const Byte* const behind = cents(at, line.end);
        if (behind == line.end || is_currency_near(at, line.end)) return true;
        if (behind != nullptr && is_currency_near(behind, line.end)) return true;
    }
    return false;
}

bool is_numeric(Text line) {
    std::size_t digits = 0, written = 0;
    for (const Byte* at = line.begin; at != line.end;) {
        const char32_t code = unicode::decode(at);
        digits += has(code, unicode::digit);
        written += !is_white(code);
    }
    return digits >= 3 && 2 * digits >= written;
}

bool has_letter(Text line) {
    for (const Byte* at = line.begin; at != line.end;)
        if (has(unicode::decode(at), unicode::alpha)) return true;
    return false;
}

// (\d+([.,/]\d+)?|[½¼¾⅓⅔⅛])\s*[^\W\d]
bool is_quantity(Text line) {
    const Byte* at = line.begin;
    const auto digits = [&] {
        const Byte* const begin = at;
        for (const Byte* next = at; next != line.end && is_decimal(unicode::decode(next));) at = next;
        return at != begin;
    };
    if (digits()) {
        if (at != line.end && (*at == '.' || *at == ',' || *at == '/')) {
            const Byte* const mark = at++;
            if (!digits()) at = mark;
        }
    } else {
        const char32_t first = unicode::decode(at);
        if (first != 0xBD && first != 0xBC && first != 0xBE && first != 0x2153 && first != 0x2154 && first != 0x215B) return false;
    }
    while (at != line.end) {
        const char32_t code = unicode::decode(at);
        if (!is_white(code)) return unicode::is_word(code) && !is_decimal(code);
    }
    return false;
}

// Where columns begin and, as negative numbers, end: wide gaps between what is written, in characters of the raw line.
void find_gaps(const Bare& line, std::vector<std::int64_t>& gaps) {
    gaps.clear();
    if (!has_run(line.text, ' ', 3)) return;
    std::int64_t position = 0, start = -1;
    bool written = false;  // right before
    for (const Byte* at = line.raw.begin; at != line.raw.end; ++position) {
        const char32_t code = unicode::decode(at);
        if (code == ' ') {
            if (start < 0 && written) start = position;
        } else {
            if (start >= 0 && position - start >= 3 && !is_white(code)) gaps.insert(gaps.end(), {start, -position});
            start = -1;
        }
        written = !is_white(code);
    }
}

}  // namespace dedupe
