// Tokens to a signature: token hashes, shingles, MinHash, band keys.
#pragma once

#include "swar.h"
#include "text.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace dedupe {

// MurmurHash64A with seed 0 (Austin Appleby's public-domain hash).
inline std::uint64_t token_hash(Text token) {
    constexpr std::uint64_t factor = 0xC6A4A7935BD1E995u;
    std::uint64_t value = token.size() * factor;
    const Byte* at = token.begin;
    for (; token.end - at >= 8; at += 8) {
        const std::uint64_t word = swar::load(at) * factor;
        value = (value ^ (word ^ word >> 47) * factor) * factor;
    }
    if (at != token.end) {
        const std::size_t left = static_cast<std::size_t>(token.end - at), before = token.size() - left;
        value = (value ^ swar::load_tail(at, left, before)) * factor;
    }
    value = (value ^ value >> 47) * factor;
    return value ^ value >> 47;
}

// The same for a token of 1 to 7 bytes in a word, the first lowest, zeros above.
inline std::uint64_t short_token_hash(std::uint64_t token, std::size_t size) {
    constexpr std::uint64_t factor = 0xC6A4A7935BD1E995u;
    std::uint64_t value = (size * factor ^ token) * factor;
    value = (value ^ value >> 47) * factor;
    return value ^ value >> 47;
}

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
    void sign(const Growing<std::uint64_t>& tokens, std::size_t shingle_size, Growing<std::uint32_t>& shingles,
              std::uint32_t* signature) const;

private:
    std::vector<std::uint32_t> multipliers_, increments_;
};

// Write the keys of the first bands * rows values of one signature.
void band_keys(const std::uint32_t* signature, std::size_t bands, std::size_t rows, std::uint32_t* keys);

}  // namespace dedupe
