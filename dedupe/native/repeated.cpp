#include "repeated.h"

#include <algorithm>
#include <bit>
#include <vector>

namespace dedupe {
namespace {

// Slots for each value: with so many, one value in nine falls into the slot of another one.
constexpr std::size_t slots_per_value = 8;

// The upper bits of this are a slot.
std::uint64_t mixed(std::uint64_t value) { return (value ^ value >> 32) * 0x9E3779B97F4A7C15u; }

int shift_for(std::size_t slots) { return 64 - std::max(static_cast<int>(std::bit_width(slots)), 6); }

}  // namespace

void repeated(const std::uint64_t* values, std::size_t count, std::uint8_t* out) {
    // Two bits for each slot, whether something fell into it, and again: nearly all that is there once is told by that.
    const int to_slot = shift_for(slots_per_value * count);
    std::vector<std::uint64_t> seen((std::size_t{1} << (64 - to_slot)) / 32);
    const auto place = [&](std::size_t i) { return mixed(values[i]) >> to_slot; };
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint64_t slot = place(i);
        std::uint64_t& word = seen[slot / 32];
        const std::uint64_t bit = std::uint64_t{1} << (slot % 32);
        word |= bit | (word & bit) << 32;
    }
    std::vector<std::uint32_t> likely(count + 1);
    std::size_t likely_count = 0;
    for (std::size_t i = 0; i < count; ++i) {  // without a branch, which could not be foretold
        out[i] = 0;
        const std::uint64_t slot = place(i);
        likely[likely_count] = static_cast<std::uint32_t>(i);
        likely_count += seen[slot / 32] >> (slot % 32 + 32) & 1;
    }
    likely.resize(likely_count);
    // The first place of each value, and 1 more, so that 0 is nothing.
    const int to_first = shift_for(2 * likely.size());
    const std::size_t last = (std::size_t{1} << (64 - to_first)) - 1;
    std::vector<std::uint32_t> firsts(last + 1);
    for (const std::uint32_t i : likely) {
        std::size_t at = mixed(values[i]) >> to_first;
        while (firsts[at] != 0 && values[firsts[at] - 1] != values[i]) at = (at + 1) & last;
        if (firsts[at] != 0) {
            out[i] = out[firsts[at] - 1] = 1;
        } else {
            firsts[at] = i + 1;
        }
    }
}

}  // namespace dedupe
