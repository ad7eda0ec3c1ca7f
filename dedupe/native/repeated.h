// Values and keys that are there more than once, or are to be there once, as dedupe/_reference_rows.py defines it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace dedupe {

// Write for each value 1 if it is there more than once, else 0. There are fewer than 2**32 values.
void repeated(const std::uint64_t* values, std::size_t count, std::uint8_t* out);

// Return the distinct ones of the values, ascending. There are fewer than 2**32 values.
std::vector<std::uint64_t> distinct(const std::uint64_t* values, std::size_t count);

// Return, sorted, the codes whose upper half another one has too. There are fewer than 2**32 codes.
std::vector<std::uint64_t> shared_keys(const std::uint64_t* codes, std::size_t count);

}  // namespace dedupe
