#include "lines_shapes.h"

#include "lines_words.h"
#include "segments.h"
#include "sixteen.h"
#include "unicode.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <utility>

namespace dedupe {
namespace {

using unicode::line_properties;

bool is_decimal(char32_t code) { return (unicode::properties(code) & unicode::decimal) != 0; }
bool is_alphanumeric(char32_t code) { return (unicode::properties(code) & unicode::alphanumeric) != 0; }
bool is_letter(char32_t code) { return is_alphanumeric(code) && !is_decimal(code); }  // [^\W\d_]
bool has(char32_t code, std::uint16_t flag) { return (line_properties(code) & flag) != 0; }

char32_t first_of(Text text) {
    const Byte* at = text.begin;
    return at == text.end ? 0 : unicode::decode(at);
}

std::string_view view(Text text) { return {reinterpret_cast<const char*>(text.begin), text.size()}; }
// Most that is asked for is known not to be there by the first byte.
bool starts_with(Text text, std::string_view what) {
    return !text.empty() && *text.begin == static_cast<Byte>(what[0]) && view(text).substr(0, what.size()) == what;
}
bool contains(Text text, std::string_view what) { return view(text).find(what) != std::string_view::npos; }

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

// A line without the white space around it; `raw` has it.
struct Bare {
    Text raw, text;
    std::size_t number;
    std::int64_t length;  // characters
    std::size_t words;
    bool is_ascii, is_terminated;

    char32_t first() const { return first_of(text); }
    Byte last_byte() const { return text.end[-1]; }
};

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

bool is_ascii_digit(const Byte* at) { return *at >= '0' && *at <= '9'; }

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

class Marker {
public:
    Marker(Text text, std::vector<std::uint16_t>& shapes) : shapes_(shapes), before_(shapes.size()) {
        split_lines(text, lines_);
        shapes_.resize(before_ + lines_.size());
        for (std::size_t number = 0; number < lines_.size(); ++number) {
            if (lines_[number].is_blank) continue;
            Bare line{lines_[number].text, trimmed(lines_[number].text, is_white), number, 0, 0, lines_[number].is_ascii, false};
            line.length = static_cast<std::int64_t>(line.is_ascii ? line.text.size() : unicode::count(line.text));
            line.words = word_count(line.text, line.is_ascii);
            line.is_terminated = is_terminated(line.text);
            bare_.push_back(line);
        }
    }

    void mark() {
        for (const Bare& line : bare_) shape(line) |= alone(line);
        mark_fences();
        mark_indented();
        mark_comments();
        mark_tables();
        mark_numbers();
        mark_values();
        mark_entries();
        mark_lists();
        mark_verse();
        mark_by_neighbour();
    }

private:
    std::uint16_t& shape(const Bare& line) { return shapes_[before_ + line.number]; }

    bool is_adjacent(std::size_t above) const {
        return above + 1 < bare_.size() && bare_[above + 1].number == bare_[above].number + 1;
    }

    void mark_fences() {
        Text fence{nullptr, nullptr};
        std::size_t opened = 0;
        for (std::size_t place = 0; place < bare_.size(); ++place) {
            const Bare& line = bare_[place];
            const Byte mark = *line.text.begin;
            if (mark != '`' && mark != '~') continue;
            const std::ptrdiff_t indent = line.text.begin - line.raw.begin;
            if (indent > 3 || !std::all_of(line.raw.begin, line.text.begin, [](Byte byte) { return byte == ' '; })) continue;
            const Byte* end = line.text.begin;
            while (end != line.text.end && *end == mark) ++end;
            const Text marks{line.text.begin, end};
            if (marks.size() < 3) continue;
            if (fence.empty()) {
                fence = marks;
                opened = place;
            } else if (mark == *fence.begin && marks.size() >= fence.size() && end == line.text.end) {
                for (std::size_t inside = opened; inside <= place; ++inside) shape(bare_[inside]) |= code_shape;
                fence = {nullptr, nullptr};
            }
        }
        if (!fence.empty() && *fence.begin == '`')
            for (std::size_t inside = opened; inside < bare_.size(); ++inside) shape(bare_[inside]) |= code_shape;
    }

    static std::int64_t indent_of(const Bare& line) {
        std::int64_t column = 0;
        for (const Byte* at = line.raw.begin; at != line.text.begin;)
            column += unicode::decode(at) == '\t' ? 4 - column % 4 : 1;
        return column;
    }

    void mark_indented() {
        std::vector<std::int64_t> indents;
        for (const Bare& line : bare_) indents.push_back(indent_of(line));
        if (std::none_of(indents.begin(), indents.end(), [](std::int64_t indent) { return indent >= 4; })) return;
        std::vector<std::int64_t> sorted = indents;
        const auto quarter = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 4);
        std::nth_element(sorted.begin(), quarter, sorted.end());
        const std::int64_t code_indent = *quarter + 4;
        bool previous_indented = false, in_list = false;
        for (std::size_t place = 0; place < bare_.size(); ++place) {
            const Bare& line = bare_[place];
            const bool indented = indents[place] >= code_indent;
            if ((shape(line) & list_shape) != 0)
                in_list = true;
            else if (!indented)
                in_list = false;
            const bool after_blank = place == 0 || !is_adjacent(place - 1);
            if (indented && !in_list && (after_blank || previous_indented)) {
                const bool first_line_indent = is_adjacent(place) && indents[place + 1] < code_indent;
                const bool sentence = line.words >= 12 && line.is_terminated;
                if (!first_line_indent && !sentence) shape(line) |= code_shape;
            }
            previous_indented = indented;
        }
    }

    void mark_comments() {
        constexpr std::string_view open = "<!--", close = "-->";
        std::size_t opened = bare_.size();
        for (std::size_t place = 0; place < bare_.size(); ++place) {
            const Text text = bare_[place].text;
            if (opened == bare_.size() && text.size() >= open.size() && std::equal(open.begin(), open.end(), text.begin))
                opened = place;
            if (opened == bare_.size() || std::search(text.begin, text.end, close.begin(), close.end()) == text.end) continue;
            for (std::size_t inside = opened; inside <= place; ++inside) shape(bare_[inside]) |= code_shape;
            opened = bare_.size();
        }
    }

    void mark_tables() {
        std::vector<std::int64_t> above, below;
        std::size_t held = bare_.size();  // the line whose gaps are in `below`
        for (std::size_t place = 0; place + 1 < bare_.size(); ++place) {
            if (!is_adjacent(place)) continue;
            const Bare &first = bare_[place], &second = bare_[place + 1];
            if (held == place)
                std::swap(above, below);
            else
                find_gaps(first, above);
            find_gaps(second, below);
            held = place + 1;
            const auto bars = [](const Bare& line) { return count_of('|', line.text); };
            const auto upper = bars(first), lower = bars(second);
            const bool aligned = std::any_of(above.begin(), above.end(), [&below](std::int64_t gap) {
                return std::find(below.begin(), below.end(), gap) != below.end();
            });
            if ((upper > 0 && lower > 0 && (upper == lower || (upper > 1 && lower > 1))) ||
                (contains(first.text, "\t") && contains(second.text, "\t")) || aligned) {
                shape(first) |= table_shape;
                shape(second) |= table_shape;
            }
        }
    }

    // Three prices or numbers, with at most one other line between two.
    void mark_numbers() {
        std::vector<std::size_t> run;
        const auto close = [&] {
            if (run.size() >= 3)
                for (const std::size_t place : run) shape(bare_[place]) |= table_shape;
        };
        for (std::size_t place = 0; place < bare_.size(); ++place) {
            const Bare& line = bare_[place];
            if (line.length <= 120 && may_have_digits(line.text) && (has_price(line.text) || is_numeric(line.text))) {
                run.push_back(place);
                continue;
            }
            close();
            if (run.empty() || line.number - bare_[run.back()].number > 2 || line.length > 80) run.clear();
        }
        close();
    }

    // Three rows or more of values that are separated by as many commas without a space.
    void mark_values() {
        std::size_t first = 0, commas = 0;  // of the run
        for (std::size_t place = 0; place <= bare_.size(); ++place) {
            const std::size_t count = place < bare_.size() ? bare_commas(bare_[place].text) : 0;
            const bool goes_on = count == commas && place > first && place < bare_.size() && is_adjacent(place - 1);
            if (goes_on) continue;
            if (commas > 0 && place - first >= 3)
                for (std::size_t row = first; row < place; ++row) shape(bare_[row]) |= table_shape;
            first = place;
            commas = count;
        }
    }

    // Three lines or more that begin with a date or a time, two others between at most: a log, a chat, a docket.
    void mark_entries() {
        std::array<std::size_t, 3> last{};  // the entries before, if they are of one run
        std::size_t run = 0;
        for (std::size_t place = 0; place < bare_.size(); ++place) {
            const Byte first = *bare_[place].text.begin;
            if (first < 0x80 && first != '[' && first != '(' && !is_ascii_digit(&first)) continue;
            if (!is_stamped(bare_[place].text)) continue;
            if (run > 0 && place - last[2] > 3) run = 0;
            last = {last[1], last[2], place};
            if (++run < 3) continue;
            for (const std::size_t entry : last) shape(bare_[entry]) |= list_shape;
        }
    }

    void mark_lists() {
        const auto is_short = [](const Bare& line) { return line.length <= 80 && line.words <= 9; };
        for (std::size_t first = 0, stop = 0; first < bare_.size(); first = std::max(stop, first + 1)) {
            stop = first;
            if (!is_short(bare_[first])) continue;
            stop = first + 1;
            while (is_adjacent(stop - 1) && is_short(bare_[stop])) ++stop;
            mark_list(first, stop);
        }
    }

    void mark_list(std::size_t first, std::size_t stop) {
        const std::size_t count = stop - first;
        const auto mark_from = [&](std::size_t place) {
            for (; place < stop; ++place) shape(bare_[place]) |= list_shape;
        };
        if (count >= 4) {
            std::size_t listed = 0, measured = 0;
            for (std::size_t place = first; place < stop; ++place) {
                const Byte last = bare_[place].last_byte();
                listed += last == ',' || last == ';';
                measured += is_quantity(bare_[place].text);
            }
            if (4 * std::max(listed, measured) >= 3 * count) mark_from(first);
        }
        const std::size_t none = stop + 1;
        std::size_t introduced = none;
        if (first > 0 && bare_[first].number - bare_[first - 1].number <= 2) {
            const Bare& above = bare_[first - 1];
            if (above.length > 20 && above.last_byte() == ':') introduced = first;
        }
        for (std::size_t place = first; place < stop && introduced == none; ++place)
            if (bare_[place].last_byte() == ':' && bare_[place].words >= 3) introduced = place + 1;
        if (introduced != none && introduced + 2 <= stop) mark_from(introduced);
    }

    // Stanzas of short lines; couplets count together across single blank lines.
    void mark_verse() {
        for (std::size_t place = 0; place < bare_.size();) {
            if (bare_[place].length >= 60) {
                ++place;
                continue;
            }
            const std::size_t first = place;
            std::size_t last = place;  // where the run ends, without a part of one line
            for (;;) {
                const std::size_t start = place;
                while (place < bare_.size() && bare_[place].length < 60 && (place == start || is_adjacent(place - 1))) ++place;
                if (place - start < 2) break;
                last = place;
                const bool is_next = place < bare_.size() && bare_[place].number == bare_[place - 1].number + 2;
                if (!is_next) break;
            }
            place = std::max(place, first + 1);
            if (last - first >= 3 && is_stanza(first, last))
                for (std::size_t member = first; member < last; ++member) shape(bare_[member]) |= verse_shape;
        }
    }

    bool is_stanza(std::size_t first, std::size_t stop) const {
        std::size_t count = 0, fitting = 0, words = 0, ended = 0, later = 0, small = 0, capitals = 0;
        std::int64_t length = 0, longest = 0;
        for (std::size_t place = first; place < stop; ++place) {
            const Bare& line = bare_[place];
            if (!has_letter(line.text)) continue;  // "(...)" marks a refrain and counts for nothing
            if (contains(line.text, "|") || contains(line.text, "\t")) return false;
            ++count;
            fitting += line.words >= 3 && line.words <= 11;
            words += line.words;
            ended += line.is_terminated;
            length += line.length;
            longest = std::max(longest, line.length);
            bool is_first = true;
            each_word(line.text, line.is_ascii, [&](Text word) {
                const std::uint16_t properties = line_properties(first_of(word));
                if (!std::exchange(is_first, false) && (properties & unicode::alpha) != 0) {
                    ++later;
                    small += (properties & unicode::lower) != 0 || (properties & unicode::upper) == 0;
                }
            });
            const Text rest = trimmed_left(line.text, [](char32_t code) {
                return code == '(' || code == ' ' || has(code, unicode::quote) || has(code, unicode::dash);
            });
            capitals += rest.empty() || !has(first_of(rest), unicode::lower);
        }
        if (count < 3 || 5 * fitting < 4 * count || 2 * words < 7 * count || 2 * small < later) return false;
        // A litany has a refrain, and its lines may be sentences.
        if ((stop - first < 4 || 2 * ended >= count) && !has_refrain(first, stop)) return false;
        if (4 * capitals >= 3 * count) return true;
        return 4 * capitals <= count && length < static_cast<std::int64_t>(35 * count) && longest < 45;
    }

    bool has_refrain(std::size_t first, std::size_t stop) const {
        std::vector<std::string_view> written;
        for (std::size_t place = first; place < stop; ++place) {
            const std::string_view line = view(bare_[place].text);
            if (has_letter(bare_[place].text) && (written.empty() || line != written.back())) written.push_back(line);
        }
        std::sort(written.begin(), written.end());
        return std::adjacent_find(written.begin(), written.end()) != written.end();
    }

    // Answers under a question, terms of definitions, headings above prose or underlined.
    void mark_by_neighbour() {
        for (std::size_t place = 0; place + 1 < bare_.size(); ++place) {
            const Bare &above = bare_[place], &below = bare_[place + 1];
            if (asks(above.text)) shape(below) |= answer_shape;
            const bool adjoins = is_adjacent(place);
            if (adjoins && *below.text.begin == ':' && below.text.size() > 1 && is_white(first_of({below.text.begin + 1, below.text.end}))) {
                shape(above) |= form_shape;
                shape(below) |= form_shape;
            }
            const Byte last = above.last_byte();
            if (above.length > 80 || last == ',' || last == ';' || above.is_terminated || above.words > 10) continue;
            if (adjoins && is_underline(below.text) && 2 * below.length >= above.length) {
                shape(above) |= heading_shape;
                shape(below) |= heading_shape;
            } else if (!has(above.first(), unicode::lower) && has_letter(above.text)) {
                const bool prose = below.length >= 60 && below.words >= 9;
                const bool hanging = is_white(first_of(below.raw)) && !is_white(first_of(above.raw)) && below.words >= 3;
                if (prose || hanging) shape(above) |= heading_shape;
            }
        }
    }

    static bool asks(Text line) {
        if (starts_with(line, "Q:")) return true;
        const Byte* end = line.end;
        while (end != line.begin && has(unicode::last(end), unicode::closer)) end = before(end);
        if (end == line.begin) return false;
        const char32_t last = unicode::last(end);
        return last == '?' || last == 0xFF1F || last == 0x61F;
    }

    static bool is_underline(Text line) {
        const Byte mark = *line.begin;
        return line.size() >= 3 && std::memchr("=-~^*#+", mark, 7) != nullptr && mark != 0 &&
               std::all_of(line.begin, line.end, [mark](Byte byte) { return byte == mark; });
    }

    std::vector<std::uint16_t>& shapes_;
    const std::size_t before_;
    std::vector<Line> lines_;
    std::vector<Bare> bare_;
};

}  // namespace

void line_shapes(Text text, std::vector<std::uint16_t>& shapes) { Marker(text, shapes).mark(); }

}  // namespace dedupe
