#include "deal.h"

#include <cstring>

namespace dedupe {
namespace {

// Of a size that is known, compilers copy a row in one go.
template <typename Size>
void copy(const std::uint32_t* numbers, const Byte* rows, std::size_t row_count, Size size,
          std::vector<std::uint32_t>& next, Byte* out) {
    for (std::size_t i = 0; i < row_count; ++i)
        std::memcpy(out + std::size_t{next[numbers[i]]++} * size(), rows + i * size(), size());
}

template <std::size_t Size>
struct Known {
    constexpr std::size_t operator()() const { return Size; }
};

}  // namespace

Dealt deal(const std::uint32_t* numbers, const Byte* rows, std::size_t row_count, std::size_t size, std::size_t count) {
    Dealt dealt{std::vector<Byte>(row_count * size), std::vector<std::uint32_t>(count + 1)};
    for (std::size_t i = 0; i < row_count; ++i) ++dealt.ends[numbers[i] + 1];
    for (std::size_t number = 0; number < count; ++number) dealt.ends[number + 1] += dealt.ends[number];
    std::vector<std::uint32_t> next = dealt.ends;
    Byte* const out = dealt.rows.data();
    switch (size) {
        case 4: copy(numbers, rows, row_count, Known<4>{}, next, out); break;
        case 8: copy(numbers, rows, row_count, Known<8>{}, next, out); break;
        case 20: copy(numbers, rows, row_count, Known<20>{}, next, out); break;
        default: copy(numbers, rows, row_count, [size] { return size; }, next, out);
    }
    return dealt;
}

DealtKeys deal_keys(const std::uint32_t* words, std::size_t width, const std::vector<std::size_t>& columns,
                    const std::int64_t* rows, std::size_t row_count, std::uint32_t place, int bits) {
    DealtKeys dealt{std::vector<std::uint64_t>(row_count * columns.size()),
                    std::vector<std::uint32_t>((columns.size() << bits) + 1)};
    const auto each_key = [&](auto&& function) {
        for (std::size_t i = 0; i < row_count; ++i) {
            const auto number = static_cast<std::uint32_t>(rows[i]);
            for (std::size_t column = 0; column < columns.size(); ++column) {
                const std::uint64_t key = words[number * width + columns[column]];
                function(column << bits | key >> (32 - bits), key << 32 | (place + number));
            }
        }
    };
    each_key([&](std::size_t shard, std::uint64_t) { ++dealt.ends[shard + 1]; });
    for (std::size_t shard = 1; shard < dealt.ends.size(); ++shard) dealt.ends[shard] += dealt.ends[shard - 1];
    std::vector<std::uint32_t> next = dealt.ends;
    each_key([&](std::size_t shard, std::uint64_t code) { dealt.codes[next[shard]++] = code; });
    return dealt;
}

}  // namespace dedupe
