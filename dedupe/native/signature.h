// Tokens to a signature: token hashes, shingles, MinHash, band keys.
#pragma once

#include "text.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace dedupe {

// MurmurHash64A with seed 0 (Austin Appleby's public-domain hash).
std::uint64_t token_hash(Text token);

// MinHash with the permutations of datasketch's "affine32" scheme.
class Signer {
public:
    Signer(const std::uint32_t* multipliers, const std::uint32_t* increments, std::size_t num_perm);

    // How many values `signature` has to have room for; beyond num_perm they mean nothing.
    std::size_t width() const { return multipliers_.size(); }

    // Fill a signature with the value of blank text.
    void clear(std::uint32_t* signature) const;

    // Lower a signature to the minima over the shingles of these tokens. A text with fewer tokens than a shingle
    // is one shingle; `shingles` is working space.
    void sign(const std::vector<std::uint64_t>& tokens, std::size_t shingle_size, std::vector<std::uint32_t>& shingles,
              std::uint32_t* signature) const;

private:
    std::vector<std::uint32_t> multipliers_, increments_;
};

// Write the keys of the first bands * rows values of one signature.
void band_keys(const std::uint32_t* signature, std::size_t bands, std::size_t rows, std::uint32_t* keys);

}  // namespace dedupe
