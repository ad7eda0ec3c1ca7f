// Winnowing, as dedupe/text/winnow.py defines it: which hashes of the shingles of a line are kept.
#pragma once

#include "text.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace dedupe {

struct Winnowed {
    std::vector<std::uint64_t> hashes;
    std::vector<std::int64_t> texts, lines;  // of each hash: the text that has it, and the line in it, or -1 for all of it
    std::vector<std::int32_t> words;         // how many words that has
};

// The texts are valid UTF-8. Neither number may be 0. What is kept of those that are `wholes`, if any are, as one line
// comes behind what is kept of lines.
Winnowed winnow(const std::vector<Text>& texts, std::size_t shingle_size, std::size_t window, const bool* wholes);

}  // namespace dedupe
