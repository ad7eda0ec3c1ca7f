// Eight ASCII bytes at a time in one 64-bit word, lowest byte first.
#pragma once

#include "text.h"

#include <bit>
#include <cstdint>

namespace dedupe::swar {

static_assert(std::endian::native == std::endian::little, "words are read as they lie in memory");

constexpr std::uint64_t every(Byte byte) { return 0x0101010101010101u * byte; }
constexpr std::uint64_t high = every(0x80);

inline std::uint64_t load(const Byte* at) {
    std::uint64_t word;
    std::memcpy(&word, at, sizeof word);
    return word;
}

// Load one to eight bytes, zeros after them, in pieces that may overlap: to copy so many would take several times as long.
inline std::uint64_t load(const Byte* at, std::size_t size) {
    if (size < 4) return at[0] | at[size / 2] << 8 * (size / 2) | at[size - 1] << 8 * (size - 1);
    std::uint32_t first, last;
    std::memcpy(&first, at, 4);
    std::memcpy(&last, at + size - 4, 4);
    return first | std::uint64_t{last} << 8 * (size - 4);
}

// Load the first `left` < 8 bytes at `at`, zeros after them; `before` bytes in front of `at` can be read as well.
inline std::uint64_t load_tail(const Byte* at, std::size_t left, std::size_t before) {
    if (left == 0) return 0;
    if (before >= 8 - left) return load(at + left - 8) >> 8 * (8 - left);
    return load(at, left);
}

// The high bit of each byte that is ASCII and within [first, last].
inline std::uint64_t within(std::uint64_t word, Byte first, Byte last) {
    const std::uint64_t low = word & ~high;
    return (low + every(static_cast<Byte>(0x80 - first))) & ~(low + every(static_cast<Byte>(0x7F - last))) & ~word & high;
}

inline std::uint64_t letters(std::uint64_t word) { return within(word | every(0x20), 'a', 'z'); }
inline std::uint64_t digits(std::uint64_t word) { return within(word, '0', '9'); }

// How many bytes come before the first that has its high bit set in `marks`; 8 if none has.
inline unsigned first(std::uint64_t marks) { return static_cast<unsigned>(std::countr_zero(marks)) / 8; }

}  // namespace dedupe::swar
