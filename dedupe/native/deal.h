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

}  // namespace dedupe
