// Spans of texts in bytes and in lines.
#pragma once

#include "text.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace dedupe {

// For each of `count` spans, given by where they begin and end in code points of one of the texts of valid UTF-8, `owners`
// says which: where they begin and end in its bytes, and their first and last line with text, counted from 1. Throws
// std::invalid_argument for a span that is not in its text.
std::vector<std::int64_t> locate(const std::vector<Text>& texts, const std::int64_t* owners, const std::int64_t* spans,
                                 std::size_t count);

}  // namespace dedupe
