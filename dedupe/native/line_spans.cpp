#include "line_spans.h"

#include "lines_words.h"
#include "segments.h"
#include "unicode.h"

namespace dedupe {

void line_spans(Text text, std::vector<std::int64_t>& spans) {
    std::vector<Line> lines;
    split_lines(text, lines);
    for (const Line& line : lines) {
        std::int64_t first = line.end, last = line.end;
        if (!line.is_blank) {
            const Text written = trimmed(line.text, is_white);
            first = line.start + static_cast<std::int64_t>(unicode::count({line.text.begin, written.begin}));
            last = line.end - static_cast<std::int64_t>(unicode::count({written.end, line.text.end}));
        }
        spans.insert(spans.end(), {line.start, line.end, first, last});
    }
}

}  // namespace dedupe
