// Values that are there more than once, as dedupe/_reference.py defines it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace dedupe {

// Write for each value 1 if it is there more than once, else 0. There are fewer than 2**32 values.
void repeated(const std::uint64_t* values, std::size_t count, std::uint8_t* out);

}  // namespace dedupe
