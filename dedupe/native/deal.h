// Rows dealt out by a number.
#pragma once

#include "text.h"

#include <cstdint>
#include <vector>

namespace dedupe {

struct Dealt {
    std::vector<Byte> rows;           // those of number 0, those of number 1 and so on, each in the order of before
    std::vector<std::uint32_t> ends;  // how many rows have a lower number: for each number, and for `count`
};

// Deal out rows of `size` bytes, of which each has a number below `count`.
Dealt deal(const std::uint32_t* numbers, const Byte* rows, std::size_t row_count, std::size_t size, std::size_t count);

struct DealtKeys {
    std::vector<std::uint64_t> codes;  // a key above the place of its row
    std::vector<std::uint32_t> ends;   // where those of each column and highest bits begin, and how many there are
};

// Deal the keys out that some of the rows have in `columns`, of `width`, by column and their `bits` highest bits. The
// place of a row is its number and `place` together.
DealtKeys deal_keys(const std::uint32_t* words, std::size_t width, const std::vector<std::size_t>& columns,
                    const std::int64_t* rows, std::size_t row_count, std::uint32_t place, int bits);

}  // namespace dedupe
