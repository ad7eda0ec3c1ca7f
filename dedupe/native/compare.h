// Pairs of texts, aligned token by token: how much they have in common in order, and where they differ.
#pragma once

#include "text.h"

#include <cstdint>
#include <vector>

namespace dedupe {

struct Alignments {
    std::vector<double> similarity;     // of each pair, 0 below its threshold
    std::vector<std::int64_t> firsts;   // where the places of each pair begin, and the end of the last
    std::vector<std::int64_t> places;   // four by four: start and end in the one and in the other text, in bytes
};

// Align pairs of texts of valid UTF-8, given by their numbers two by two, each with a threshold. Tokens stand between spaces and line feeds
// and are equal when their case foldings are.
Alignments align_pairs(const std::vector<Text>& texts, const std::int64_t* pairs, std::size_t pair_count,
                       const double* thresholds);

}  // namespace dedupe
