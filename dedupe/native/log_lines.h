// Lines of a diff log, as dedupe/_reference.py defines them.
#pragma once

#include "text.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace dedupe {

// One operation; the order is that of the columns that Python hands over.
struct LogRow {
    std::int64_t text, head, number, kind, first_byte, last_byte, start, end, dst, first_line, last_line, reason, from, to,
        ending;
};
constexpr std::size_t log_columns = sizeof(LogRow) / sizeof(std::int64_t);

struct LogLines {
    Buffer lines;
    std::vector<std::int64_t> ends;  // in front of each line, and at the end
};

// Write `count` lines. Throws std::invalid_argument for a row that names what is not there.
LogLines log_lines(const std::vector<Text>& texts, const std::vector<Text>& pieces, const LogRow* rows, std::size_t count);

}  // namespace dedupe
