// Documents into lines and segments, as dedupe/text/segment.py defines them.
#pragma once

#include "text.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace dedupe {

enum class Layout { automatic, line, blank };

// A physical line: its content as bytes, and where it is among the characters of the document.
struct Line {
    Text text;
    std::int64_t start, end;  // characters
    bool is_ascii, is_blank;

    std::int64_t length() const { return end - start; }
};

// A paragraph: the lines [first, stop), and its span in characters, separators up to `stop_at`.
struct Segment {
    std::size_t first, stop;
    std::int64_t start, end, stop_at;
};

// Append the lines of a document of valid UTF-8; return how many characters it has.
std::int64_t split_lines(Text document, std::vector<Line>& lines);

// Append the segments of a document. The one without content that may come first has no lines.
void split_segments(const std::vector<Line>& lines, std::int64_t length, Layout layout, std::vector<Segment>& segments);

// Whether a segment can repeat by itself if it has the words; it is the bytes and characters given.
bool is_passage(Text segment, std::int64_t length, std::int64_t min_words);

}  // namespace dedupe
