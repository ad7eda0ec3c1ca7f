#include "bands.h"

namespace dedupe {

void band_keys(const std::uint32_t* signature, std::size_t bands, std::size_t rows, std::uint32_t* keys) {
    for (std::size_t band = 0; band < bands; ++band) {
        std::uint64_t key = 0;
        for (std::size_t row = 0; row < rows; ++row) {
            key = (key ^ *signature++) * 0x9E3779B97F4A7C15u;
            key ^= key >> 29;
        }
        keys[band] = static_cast<std::uint32_t>(key >> 32);
    }
}

}  // namespace dedupe
