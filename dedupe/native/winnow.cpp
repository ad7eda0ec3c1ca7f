#include "winnow.h"

#include "dispatch.h"
#include "sixteen.h"
#include "swar.h"
#include "unicode.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace dedupe {
namespace {

constexpr std::uint64_t base = 0x9E3779B97F4A7C15, mix = 0xC2B2AE3D27D4EB4F;
// How many bytes of a word are hashed at a time, and the powers of the base up to that one.
constexpr std::size_t digits = 8;
constexpr auto powers = [] {
    std::array<std::uint64_t, digits + 1> values{1};
    for (std::size_t i = 1; i < values.size(); ++i) values[i] = values[i - 1] * base;
    return values;
}();

template <typename Values>
DEDUPE_INLINE Values mixed(Values value) {
    value = (value ^ value >> 32) * mix;
    return value ^ value >> 29;
}

// The hash of a casefolded word: its bytes are digits, the first one the lowest. It can be read up to `end`.
std::uint64_t word_hash(Text word, const Byte* end) {
    std::uint64_t hash = 0, power = 1;
    const Byte* at = word.begin;
    while (at != word.end) {
        const std::size_t size = std::min(static_cast<std::size_t>(word.end - at), digits);
        const std::uint64_t mask = ~std::uint64_t{0} >> 8 * (digits - size);
        std::uint64_t bytes = static_cast<std::size_t>(end - at) >= digits ? swar::load(at) & mask : swar::load(at, size);
        if ((bytes & swar::high) != 0) break;
        bytes |= swar::within(bytes, 'A', 'Z') >> 2;
        bytes += swar::every(1) & mask;
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < digits; ++i) sum += (bytes >> 8 * i & 0xFF) * powers[i];
        hash += sum * power;
        power *= powers[digits];
        at += size;
    }
    while (at != word.end) {
        Byte folded[16];
        const Byte* const stop = unicode::fold(unicode::decode(at), folded);
        for (const Byte* byte = folded; byte != stop; ++byte) {
            hash += (std::uint64_t{*byte} + 1) * power;
            power *= base;
        }
    }
    return mixed(hash);
}

template <std::size_t Bytes>
struct Lanes {
    using type __attribute__((vector_size(Bytes))) = std::uint64_t;
};

// Let `values[i]` be `combine(i)` for all below `count`; that may look at values behind `i`, also as a vector of them.
template <typename Vector, typename Combine>
DEDUPE_INLINE void replace(std::uint64_t* values, std::size_t count, Combine combine) {
    constexpr std::size_t lanes = sizeof(Vector) / sizeof(std::uint64_t);
    std::size_t i = 0;
    for (; i + lanes <= count; i += lanes) {
        const Vector found = combine([&](std::size_t ahead) {
            Vector some;
            std::memcpy(&some, values + i + ahead, sizeof some);
            return some;
        });
        std::memcpy(values + i, &found, sizeof found);
    }
    for (; i < count; ++i) values[i] = combine([&](std::size_t ahead) { return values[i + ahead]; });
}

struct Sizes {
    std::size_t shingle, window;
};

// Let the first of `count` hashes of words be the least ones of the windows of their shingles; return how many.
template <typename Vector>
DEDUPE_INLINE std::size_t take_least(std::uint64_t* hashes, std::size_t count, Sizes sizes) {
    count -= sizes.shingle - 1;
    replace<Vector>(hashes, count, [&](const auto& at) {
        auto value = at(0);
        for (std::size_t place = 1; place < sizes.shingle; ++place) value = mixed(value ^ at(place));
        return value;
    });
    for (std::size_t reach = 1, step; reach < sizes.window; reach += step) {
        step = std::min(reach, sizes.window - reach);
        count -= step;
        replace<Vector>(hashes, count, [&](const auto& at) {
            const auto one = at(0), other = at(step);
            return one < other ? one : other;
        });
    }
    return count;
}

#if DEDUPE_X86
DEDUPE_AVX512 std::size_t take_least_avx512(std::uint64_t* hashes, std::size_t count, Sizes sizes) {
    return take_least<Lanes<64>::type>(hashes, count, sizes);
}
DEDUPE_AVX2 std::size_t take_least_avx2(std::uint64_t* hashes, std::size_t count, Sizes sizes) {
    return take_least<Lanes<32>::type>(hashes, count, sizes);
}
#endif

void take_least(std::vector<std::uint64_t>& hashes, Sizes sizes) {
    const auto best = [&] {
#if DEDUPE_X86
        if (instructions() == Instructions::avx512) return take_least_avx512(hashes.data(), hashes.size(), sizes);
        if (instructions() == Instructions::avx2) return take_least_avx2(hashes.data(), hashes.size(), sizes);
#endif
        return take_least<Lanes<16>::type>(hashes.data(), hashes.size(), sizes);
    };
    hashes.resize(best());
    hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
}

// The bits of a block that part words.
std::uint64_t separators(const sixteen::Block& block, const Byte*) {
    std::uint64_t found = 0;
    for (std::size_t i = 0; i < sixteen::block_size; i += sixteen::size) {
        const sixteen::Vector bytes = sixteen::load(block.begin() + i);
        found |= sixteen::bits(sixteen::Vector(bytes == ' ') | sixteen::Vector(bytes == '\n')) << i;
    }
    return found;
}

}  // namespace

Winnowed winnow(const std::vector<Text>& texts, std::size_t shingle_size, std::size_t window) {
    Winnowed kept;
    std::vector<std::uint64_t> hashes;
    for (std::size_t number = 0; number < texts.size(); ++number) {
        const Text text = texts[number];
        const Byte* at = text.begin;
        std::int64_t line = 0;
        const auto end_line = [&] {
            const std::size_t words = hashes.size();
            if (words >= shingle_size && words - shingle_size + 1 >= window) {
                take_least(hashes, {shingle_size, window});
                kept.hashes.insert(kept.hashes.end(), hashes.begin(), hashes.end());
                kept.texts.insert(kept.texts.end(), hashes.size(), static_cast<std::int64_t>(number));
                kept.lines.insert(kept.lines.end(), hashes.size(), line);
                kept.words.insert(kept.words.end(), hashes.size(), static_cast<std::int32_t>(words));
            }
            hashes.clear();
            ++line;
        };
        const auto go_on_to = [&](const Byte* place) {
            for (; at != place; ++at)
                if (*at == '\n') end_line();
        };
        sixteen::any_run(text, separators, [&](Text word) {
            go_on_to(word.begin);
            at = word.end;
            hashes.push_back(word_hash(word, text.end));
            return false;
        });
        go_on_to(text.end);
        end_line();
    }
    return kept;
}

}  // namespace dedupe
