// Winnowing, as dedupe/text/winnow.py defines it: which hashes of the shingles of a line are kept.
#pragma once

#include "text.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace dedupe {

struct Winnowed {
    std::vector<std::uint64_t> hashes;
    std::vector<std::int64_t> texts, lines;  // of each hash: the text that has it, and the line in the text
    std::vector<std::int32_t> words;         // how many words that line has
};

// The texts are valid UTF-8. Neither number may be 0.
Winnowed winnow(const std::vector<Text>& texts, std::size_t shingle_size, std::size_t window);

}  // namespace dedupe
