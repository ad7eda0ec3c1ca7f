#include "segments.h"

#include "unicode.h"

#include <algorithm>

namespace dedupe {
namespace {

// A line of this many characters was not wrapped by hand or by a mail program.
constexpr std::int64_t longest_wrapped = 120, surely_unwrapped = 160;

using Block = std::pair<std::size_t, std::size_t>;  // lines [first, stop)

bool is_white(char32_t code) { return (unicode::properties(code) & unicode::white) != 0; }

const Byte* skip_white(const Byte* at, const Byte* end) {
    while (at != end) {
        const Byte* next = at;
        if (!is_white(unicode::decode(next))) break;
        at = next;
    }
    return at;
}

const Byte* skip_word(const Byte* at, const Byte* end) {
    while (at != end) {
        const Byte* next = at;
        if (is_white(unicode::decode(next))) break;
        at = next;
    }
    return at;
}

bool ends_sentence(const Line& line) {
    Text text = line.text;
    while (is_white(unicode::last(text.end)))  // the line is not blank
        do --text.end;
        while ((*text.end & 0xC0) == 0x80);
    return (unicode::properties(unicode::last(text.end)) & unicode::sentence_end) != 0;
}

bool is_sentence(const Line& line) {
    return ends_sentence(line) && count_of(' ', line.text) >= 7;
}

std::size_t indent_of(const Line& line) {
    return unicode::count({line.text.begin, skip_white(line.text.begin, line.text.end)});
}

// Runs of lines without a blank one.
void find_blocks(const std::vector<Line>& lines, std::vector<Block>& blocks) {
    bool previous_blank = true;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (!lines[i].is_blank) {
            if (previous_blank) blocks.emplace_back(i, i);
            blocks.back().second = i + 1;
        }
        previous_blank = lines[i].is_blank;
    }
}

class Paragraphs {
public:
    Paragraphs(const std::vector<Line>& lines, std::vector<Segment>& segments) : lines_(lines), segments_(segments) {}

    void add(Block block, Layout layout, bool alone) {
        const auto [first, stop] = block;
        const std::size_t count = stop - first;
        if (count == 1 || layout == Layout::blank) return add_paragraph(first, stop);
        if (layout == Layout::line) {
            for (std::size_t i = first; i < stop; ++i) add_paragraph(i, i + 1);
            return;
        }
        std::int64_t width = 0;
        for (std::size_t i = first; i < stop; ++i) width = std::max(width, lines_[i].length());
        if (width > surely_unwrapped) return add_each(block);
        std::size_t sentences = 0;
        for (std::size_t i = first; i < stop; ++i) sentences += is_sentence(lines_[i]);
        if (static_cast<double>(sentences) >= 0.7 * static_cast<double>(count)) return add_each(block);
        if (!alone) return add_paragraph(first, stop);
        std::size_t forced = 0;
        for (std::size_t i = first + 1; i < stop; ++i) forced += is_forced(i, width);
        if (count < 4 || static_cast<double>(forced) < 0.7 * static_cast<double>(count - 1)) return add_each(block);
        std::size_t start = first;
        for (std::size_t i = first + 1; i < stop; ++i) {
            if (is_forced(i, width)) continue;
            add_paragraph(start, i);
            start = i;
        }
        add_paragraph(start, stop);
    }

private:
    void add_paragraph(std::size_t first, std::size_t stop) {
        segments_.push_back({first, stop, lines_[first].start, lines_[stop - 1].end, 0});
    }

    // A paragraph of each line, and of what hangs under it where it breaks off.
    void add_each(Block block) {
        std::size_t start = block.first;
        for (std::size_t i = start + 1; i < block.second; ++i) {
            if (!ends_sentence(lines_[i - 1]) && indent_of(lines_[i]) > indent_of(lines_[start])) continue;
            add_paragraph(start, i);
            start = i;
        }
        add_paragraph(start, block.second);
    }

    // Whether the break before line i had to be: its first word was too long for the line before.
    bool is_forced(std::size_t i, std::int64_t width) const {
        if (width < 40 || width > longest_wrapped) return false;
        const Text text = lines_[i].text;
        const Byte* const word = skip_white(text.begin, text.end);
        const std::size_t length = unicode::count({word, skip_word(word, text.end)});
        return lines_[i - 1].length() + 1 + static_cast<std::int64_t>(length) > width;
    }

    const std::vector<Line>& lines_;
    std::vector<Segment>& segments_;
};

const Byte* find(Byte byte, const Byte* at, const Byte* end) {
    if (at == end) return end;
    const void* found = std::memchr(at, byte, static_cast<std::size_t>(end - at));
    return found == nullptr ? end : static_cast<const Byte*>(found);
}

}  // namespace

std::int64_t split_lines(Text document, std::vector<Line>& lines) {
    const bool all_ascii = unicode::is_ascii(document);
    // Growing step by step would take three times the memory for a moment.
    if (lines.empty()) lines.reserve(1 + count_of('\n', document));
    std::int64_t position = 0;
    const Byte *feed = nullptr, *carriage = nullptr;
    for (const Byte* at = document.begin; at != document.end;) {
        if (feed == nullptr || feed < at) feed = find('\n', at, document.end);
        if (carriage == nullptr || carriage < at) carriage = find('\r', at, document.end);
        const Text text{at, std::min(feed, carriage)};
        const bool is_ascii = all_ascii || unicode::is_ascii(text);
        const std::size_t length = is_ascii ? text.size() : unicode::count(text);
        const std::int64_t end = position + static_cast<std::int64_t>(length);
        lines.push_back({text, position, end, is_ascii, skip_white(text.begin, text.end) == text.end});
        at = text.end;
        if (at != document.end) at += *at == '\r' && at + 1 != document.end && at[1] == '\n' ? 2 : 1;
        position = end + (at - text.end);
    }
    return position;
}

void split_segments(const std::vector<Line>& lines, std::int64_t length, Layout layout, std::vector<Segment>& segments) {
    std::vector<Block> blocks;
    find_blocks(lines, blocks);
    const std::size_t before = segments.size();
    if (!lines.empty() && (blocks.empty() || lines[blocks.front().first].start > 0)) segments.push_back({0, 0, 0, 0, 0});
    Paragraphs paragraphs(lines, segments);
    for (const Block& block : blocks) paragraphs.add(block, layout, blocks.size() == 1);
    for (std::size_t i = before; i < segments.size(); ++i)
        segments[i].stop_at = i + 1 < segments.size() ? segments[i + 1].start : length;
}

bool is_passage(Text segment, std::int64_t length, std::int64_t min_words) {
    if (length >= 200) return true;
    // Mostly there is one line, and no line break in it: those that are not ASCII are U+0085, U+2028 and U+2029.
    bool has_breaks = false;
    for (const Byte* at = segment.begin; at != segment.end; ++at) has_breaks |= *at < 0x20 || *at == 0xC2 || *at == 0xE2;
    if (!has_breaks) return true;
    int lines = 0;
    bool stands_alone = false;
    std::int64_t words = 0, characters = 0;
    bool blank = true, in_word = false;
    const auto end_line = [&] {
        if (!blank) {
            ++lines;
            stands_alone |= words >= min_words || characters >= 10 * min_words;
        }
        words = characters = 0;
        blank = true;
        in_word = false;
    };
    for (const Byte* at = segment.begin; at != segment.end;) {
        const std::uint32_t found = unicode::properties(unicode::decode(at));
        if ((found & unicode::line_break) != 0) {  // those of str.splitlines; CR LF makes a blank line more
            end_line();
            continue;
        }
        ++characters;
        const bool white = (found & unicode::white) != 0;
        words += !white && !in_word;
        in_word = !white;
        blank &= white;
    }
    end_line();
    return lines != 2 || stands_alone;
}

}  // namespace dedupe
