#include "lines_shapes.h"

#include "lines_alone.h"
#include "lines_words.h"
#include "segments.h"
#include "unicode.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <utility>

namespace dedupe {
namespace {

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
            if (above.length > 80 || last == ',' || last == ';' || above.is_terminated || above.words > 10 ||
                unspaced_words(above) > 10)
                continue;
            if (adjoins && is_underline(below.text) && 2 * below.length >= above.length) {
                shape(above) |= heading_shape;
                shape(below) |= heading_shape;
            } else if (!has(above.first(), unicode::lower) && has_letter(above.text)) {
                const bool prose = (below.length >= 60 && below.words >= 9) || unspaced_words(below) >= 12;
                const bool hanging = is_white(first_of(below.raw)) && !is_white(first_of(above.raw)) && below.words >= 3;
                if (prose || hanging) shape(above) |= heading_shape;
            }
        }
    }

    static std::size_t unspaced_words(const Bare& line) { return line.is_ascii ? 0 : dedupe::unspaced_words(line.text); }

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
