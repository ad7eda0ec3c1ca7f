#include "signature.h"

#include "dispatch.h"

#include <algorithm>

namespace dedupe {
namespace {

// Signatures are padded to whole vectors of the widest kind.
constexpr std::size_t padding = 16;

template <std::size_t Bytes>
struct Lanes {
    using type __attribute__((vector_size(Bytes))) = std::uint32_t;
};

// The finalizer of MurmurHash3, which the "affine32" scheme applies before permuting.
DEDUPE_INLINE std::uint32_t finalized(std::uint32_t value) {
    value = (value ^ value >> 16) * 0x85EBCA6Bu;
    value = (value ^ value >> 13) * 0xC2B2AE35u;
    return value ^ value >> 16;
}

// Vectors of permutations, several at a time, stay in registers while the shingles pass by. A vector wider than
// the machine's is taken apart into single numbers by some compilers, so the width is that of the instructions.
template <typename Vector, int Count>
DEDUPE_INLINE void lower(const std::uint32_t* shingles, std::size_t count, const std::uint32_t* multipliers,
                         const std::uint32_t* increments, std::uint32_t* signature) {
    Vector multiplier[Count], increment[Count], low[Count];
    std::memcpy(multiplier, multipliers, sizeof multiplier);
    std::memcpy(increment, increments, sizeof increment);
    std::memcpy(low, signature, sizeof low);
    for (std::size_t i = 0; i < count; ++i) {
        for (int v = 0; v < Count; ++v) {
            const Vector value = multiplier[v] * shingles[i] + increment[v];
            low[v] = value < low[v] ? value : low[v];
        }
    }
    std::memcpy(signature, low, sizeof low);
}

DEDUPE_INLINE std::uint64_t mixed_in(std::uint64_t value, std::uint64_t token) {
    value = (value ^ token) * 0xC2B2AE3D27D4EB4Fu;
    return value ^ value >> 29;
}

// The hashes of the shingles of `size` tokens each.
DEDUPE_INLINE void shingle(const std::uint64_t* tokens, std::size_t size, std::size_t count, std::uint32_t* shingles) {
    // A short text must not equal the first shingle of a longer one with the same words.
    const auto hash = [size](const std::uint64_t* token, std::size_t tokens) {
        std::uint64_t value = size;
        for (std::size_t j = 0; j < tokens; ++j) value = mixed_in(value, token[j]);
        return finalized(static_cast<std::uint32_t>(value >> 32));
    };
    if (size == 2)  // of a size that is known, compilers hash several at a time
        for (std::size_t i = 0; i < count; ++i) shingles[i] = hash(tokens + i, 2);
    else
        for (std::size_t i = 0; i < count; ++i) shingles[i] = hash(tokens + i, size);
}

// The tokens of a text, and how many of them make a shingle.
struct Shingling {
    const std::uint64_t* tokens;
    std::size_t size, count;
    std::uint32_t* shingles;
};

struct Permutations {
    const std::uint32_t *multipliers, *increments;
    std::size_t width;
};

template <typename Vector, int Count>
DEDUPE_INLINE void sign_text(const Shingling& text, const Permutations& permutations, std::uint32_t* signature) {
    shingle(text.tokens, text.size, text.count, text.shingles);
    constexpr std::size_t lanes = sizeof(Vector) / sizeof(std::uint32_t);
    const auto [multipliers, increments, width] = permutations;
    std::size_t k = 0;
    for (; k + Count * lanes <= width; k += Count * lanes)
        lower<Vector, Count>(text.shingles, text.count, multipliers + k, increments + k, signature + k);
    for (; k < width; k += lanes)
        lower<Vector, 1>(text.shingles, text.count, multipliers + k, increments + k, signature + k);
}

#if DEDUPE_X86
DEDUPE_AVX512 void sign_avx512(const Shingling& text, const Permutations& permutations, std::uint32_t* signature) {
    sign_text<Lanes<64>::type, 8>(text, permutations, signature);
}
DEDUPE_AVX2 void sign_avx2(const Shingling& text, const Permutations& permutations, std::uint32_t* signature) {
    sign_text<Lanes<32>::type, 4>(text, permutations, signature);
}
#endif

}  // namespace

Signer::Signer(const std::uint32_t* multipliers, const std::uint32_t* increments, std::size_t num_perm)
    : multipliers_(multipliers, multipliers + num_perm), increments_(increments, increments + num_perm) {
    const std::size_t width = (num_perm + padding - 1) / padding * padding;
    multipliers_.resize(width);
    increments_.resize(width);
}

void Signer::clear(std::uint32_t* signature) const { std::fill_n(signature, width(), 0xFFFFFFFFu); }

void Signer::sign(const Growing<std::uint64_t>& tokens, std::size_t shingle_size, Growing<std::uint32_t>& shingles,
                  std::uint32_t* signature) const {
    if (tokens.empty()) return;
    const std::size_t size = std::min(shingle_size, tokens.size()), count = tokens.size() - size + 1;
    shingles.clear();
    const Shingling text{tokens.data(), size, count, shingles.grow(count)};
    const Permutations permutations{multipliers_.data(), increments_.data(), width()};
#if DEDUPE_X86
    if (instructions() == Instructions::avx512) return sign_avx512(text, permutations, signature);
    if (instructions() == Instructions::avx2) return sign_avx2(text, permutations, signature);
#endif
    sign_text<Lanes<16>::type, 4>(text, permutations, signature);
}

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
