#include "repeated.h"

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

namespace dedupe {
namespace {

// Slots for each value: with so many, one value in nine falls into the slot of another one.
constexpr std::size_t slots_per_value = 8;

// The upper bits of this are a slot.
std::uint64_t mixed(std::uint64_t value) { return (value ^ value >> 32) * 0x9E3779B97F4A7C15u; }

int shift_for(std::size_t slots) { return 64 - std::max(static_cast<int>(std::bit_width(slots)), 6); }

// Whether a value may be there more than once, told from two bits for each slot: whether something fell into it, and
// again. That tells nearly all that is there once.
class Falls {
public:
    explicit Falls(std::size_t count) : to_slot_(shift_for(slots_per_value * count)) {
        seen_.resize((std::size_t{1} << (64 - to_slot_)) / 32);
    }
    void add(std::uint64_t value) {
        const std::uint64_t slot = mixed(value) >> to_slot_, bit = std::uint64_t{1} << (slot % 32);
        std::uint64_t& word = seen_[slot / 32];
        word |= bit | (word & bit) << 32;
    }
    bool may_repeat(std::uint64_t value) const {
        const std::uint64_t slot = mixed(value) >> to_slot_;
        return seen_[slot / 32] >> (slot % 32 + 32) & 1;
    }

private:
    int to_slot_;
    std::vector<std::uint64_t> seen_;
};

constexpr int digit_bits = 11;
constexpr std::size_t digits = std::size_t{1} << digit_bits;
// Fewer are sorted sooner by comparing.
constexpr std::size_t fewest_by_digits = 1024;

// Sort by the digits from one bit on up to another one; what is the same there stays in order.
void sort_by_digits(std::vector<std::uint64_t>& values, std::vector<std::uint64_t>& spare, int from, int to) {
    spare.resize(values.size());
    std::uint64_t varying = 0;
    for (const std::uint64_t value : values) varying |= value ^ values.front();
    for (int shift = from; shift < to; shift += digit_bits) {
        const std::uint64_t mask = (std::uint64_t{1} << std::min(digit_bits, to - shift)) - 1;
        if ((varying >> shift & mask) == 0) continue;
        std::array<std::uint32_t, digits + 1> next{};
        for (const std::uint64_t value : values) ++next[(value >> shift & mask) + 1];
        for (std::size_t digit = 0; digit < digits; ++digit) next[digit + 1] += next[digit];
        for (const std::uint64_t value : values) spare[next[value >> shift & mask]++] = value;
        values.swap(spare);
    }
}

// Sort codes, which have a key in the upper half and the number of a row in the lower one.
void sort_codes(std::vector<std::uint64_t>& codes) {
    if (codes.size() < fewest_by_digits) return std::sort(codes.begin(), codes.end());
    const auto row = [](std::uint64_t code) { return static_cast<std::uint32_t>(code); };
    std::vector<std::uint64_t> spare;
    if (!std::ranges::is_sorted(codes, {}, row)) sort_by_digits(codes, spare, 0, 32);
    sort_by_digits(codes, spare, 32, 64);
}

}  // namespace

void repeated(const std::uint64_t* values, std::size_t count, std::uint8_t* out) {
    Falls falls(count);
    for (std::size_t i = 0; i < count; ++i) falls.add(values[i]);
    std::vector<std::uint32_t> likely(count + 1);
    std::size_t likely_count = 0;
    for (std::size_t i = 0; i < count; ++i) {  // without a branch, which could not be foretold
        out[i] = 0;
        likely[likely_count] = static_cast<std::uint32_t>(i);
        likely_count += falls.may_repeat(values[i]);
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

std::vector<std::uint64_t> distinct(const std::uint64_t* values, std::size_t count) {
    std::vector<std::uint64_t> sorted(values, values + count);
    sort_codes(sorted);
    sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
    return sorted;
}

std::vector<std::uint64_t> shared_keys(const std::uint64_t* codes, std::size_t count) {
    Falls falls(count);
    for (std::size_t i = 0; i < count; ++i) falls.add(codes[i] >> 32);
    std::vector<std::uint64_t> shared(count + 1);
    std::size_t likely_count = 0;
    for (std::size_t i = 0; i < count; ++i) {
        shared[likely_count] = codes[i];
        likely_count += falls.may_repeat(codes[i] >> 32);
    }
    shared.resize(likely_count);
    sort_codes(shared);
    std::size_t kept = 0;
    for (std::size_t first = 0, last; first < shared.size(); first = last) {
        last = first + 1;
        while (last < shared.size() && shared[last] >> 32 == shared[first] >> 32) ++last;
        if (last - first > 1)
            for (std::size_t i = first; i < last; ++i) shared[kept++] = shared[i];
    }
    shared.resize(kept);
    return shared;
}

}  // namespace dedupe
