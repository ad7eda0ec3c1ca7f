#include "sieve.h"

#include <algorithm>
#include <bit>

namespace dedupe {
namespace {

// Rows that stay in the cache while they are gone through column by column.
constexpr std::size_t rows_at_once = 1024;
// About as many groups of keys as there are keys, but no more than have their places in the cache.
constexpr int most_bits = 16;
// Bits of a key that tell nearly all of a group apart.
constexpr int more_bits = 4;

}  // namespace

Sieve::Sieve(const std::uint32_t* known, std::size_t row_count, std::size_t width, std::vector<std::size_t> columns)
    : width_(width), shift_(32 - std::clamp(static_cast<int>(std::bit_width(row_count)), 1, most_bits)) {
    const std::size_t groups = std::size_t{1} << (32 - shift_);
    std::vector<std::uint32_t> next(groups);
    for (const std::size_t number : columns) {
        std::vector<std::uint32_t> firsts(groups + 1), keys(row_count);
        const std::uint32_t* const column = known + number;
        for (std::size_t i = 0; i < row_count; ++i) ++firsts[(column[i * width] >> shift_) + 1];
        for (std::size_t group = 0; group < groups; ++group) firsts[group + 1] += firsts[group];
        std::copy_n(firsts.begin(), groups, next.begin());
        for (std::size_t i = 0; i < row_count; ++i) keys[next[column[i * width] >> shift_]++] = column[i * width];
        std::uint32_t kept = 0;
        for (std::size_t group = 0; group < groups; ++group) {  // hashes: there are few in a group, but for repeated ones
            const auto begin = keys.begin() + firsts[group], end = keys.begin() + firsts[group + 1];
            std::sort(begin, end);
            firsts[group] = kept;
            kept = static_cast<std::uint32_t>(std::unique_copy(begin, end, keys.begin() + kept) - keys.begin());
        }
        firsts[groups] = kept;
        keys.resize(kept);
        keys.shrink_to_fit();
        std::vector<std::uint64_t> may_be(((groups << more_bits) + 63) / 64);
        for (const std::uint32_t key : keys) {
            const std::uint32_t bit = key >> (shift_ - more_bits);
            may_be[bit / 64] |= std::uint64_t{1} << (bit % 64);
        }
        columns_.push_back({number, std::move(firsts), std::move(keys), std::move(may_be)});
    }
}

void Sieve::passes(const std::uint32_t* rows, std::size_t row_count, std::uint8_t* out) const {
    std::fill_n(out, row_count, std::uint8_t{0});
    for (std::size_t begin = 0; begin < row_count; begin += rows_at_once) {
        const std::size_t end = std::min(begin + rows_at_once, row_count);
        for (const Column& column : columns_) {
            const std::uint32_t* const keys = column.keys.data();
            const std::uint64_t* const may_be = column.may_be.data();
            for (std::size_t i = begin; i < end; ++i) {
                const std::uint32_t key = rows[i * width_ + column.number], bit = key >> (shift_ - more_bits);
                if (!(may_be[bit / 64] >> (bit % 64) & 1) || out[i]) continue;
                const std::uint32_t* const group = column.firsts.data() + (key >> shift_);
                out[i] = std::binary_search(keys + group[0], keys + group[1], key);
            }
        }
    }
}

}  // namespace dedupe
