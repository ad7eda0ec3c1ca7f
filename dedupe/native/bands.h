// Band keys: one 32-bit key for each run of values of a signature.
#pragma once

#include <cstddef>
#include <cstdint>

namespace dedupe {

// Write the keys of the first bands * rows values of one signature.
void band_keys(const std::uint32_t* signature, std::size_t bands, std::size_t rows, std::uint32_t* keys);

}  // namespace dedupe
