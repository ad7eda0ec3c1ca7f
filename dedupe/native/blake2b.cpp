#include "blake2b.h"

#include "dispatch.h"

#include <algorithm>
#include <bit>

namespace dedupe {
namespace {

static_assert(std::endian::native == std::endian::little, "words are read as they lie in memory");

constexpr std::size_t block_bytes = 128;
constexpr std::uint64_t initial[8] = {
    0x6A09E667F3BCC908u, 0xBB67AE8584CAA73Bu, 0x3C6EF372FE94F82Bu, 0xA54FF53A5F1D36F1u,
    0x510E527FADE682D1u, 0x9B05688C2B3E6C1Fu, 0x1F83D9ABFB41BD6Bu, 0x5BE0CD19137E2179u,
};
constexpr unsigned char order[12][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
};

template <int Lanes>
struct Vector {
    typedef std::uint64_t Words __attribute__((vector_size(8 * Lanes)));  // GCC drops the attribute of a "using"
};

template <typename Words>
DEDUPE_INLINE void mix(Words& a, Words& b, Words& c, Words& d, const Words& x, const Words& y) {
    a = a + b + x;
    d ^= a;
    d = d >> 32 | d << 32;
    c = c + d;
    b ^= c;
    b = b >> 24 | b << 40;
    a = a + b + y;
    d ^= a;
    d = d >> 16 | d << 48;
    c = c + d;
    b ^= c;
    b = b >> 63 | b << 1;
}

// One message on its way through a lane.
struct Course {
    const Message* message;
    const Byte* at;
};

template <int Lanes>
DEDUPE_INLINE void hash_side_by_side(const Message* messages, std::size_t count, unsigned size) {
    using Words = typename Vector<Lanes>::Words;
    const Message* const end = messages + count;
    Course courses[Lanes] = {};
    Words state[8] = {}, block[16] = {}, counters = {}, last = {};
    for (std::size_t running = 0;;) {
        for (int lane = 0; lane < Lanes; ++lane) {
            Course& course = courses[lane];
            if (course.message == nullptr) {
                if (messages == end) continue;
                course = {messages, messages->text.begin};
                ++messages, ++running;
                for (int i = 0; i < 8; ++i) state[i][lane] = initial[i];
                state[0][lane] ^= 0x01010000 ^ size;
                counters[lane] = 0;
            }
            const Byte* const stop = course.message->text.end;
            const std::size_t left = static_cast<std::size_t>(stop - course.at), taken = std::min(left, block_bytes);
            std::uint64_t words[16];
            std::memcpy(words, course.at, block_bytes);
            if (taken < block_bytes) {
                words[taken / 8] &= (std::uint64_t{1} << taken % 8 * 8) - 1;
                for (std::size_t i = taken / 8 + 1; i < 16; ++i) words[i] = 0;
            }
            for (int i = 0; i < 16; ++i) block[i][lane] = words[i];
            course.at += taken;
            counters[lane] += taken;
            last[lane] = left <= block_bytes ? ~std::uint64_t{0} : 0;
        }
        if (running == 0) return;

        Words v[16] = {};
        for (int i = 0; i < 8; ++i) v[i] = state[i], v[i + 8] = Words{} + initial[i];
        v[12] ^= counters;
        v[14] ^= last;
        for (const auto& s : order) {
            mix(v[0], v[4], v[8], v[12], block[s[0]], block[s[1]]);
            mix(v[1], v[5], v[9], v[13], block[s[2]], block[s[3]]);
            mix(v[2], v[6], v[10], v[14], block[s[4]], block[s[5]]);
            mix(v[3], v[7], v[11], v[15], block[s[6]], block[s[7]]);
            mix(v[0], v[5], v[10], v[15], block[s[8]], block[s[9]]);
            mix(v[1], v[6], v[11], v[12], block[s[10]], block[s[11]]);
            mix(v[2], v[7], v[8], v[13], block[s[12]], block[s[13]]);
            mix(v[3], v[4], v[9], v[14], block[s[14]], block[s[15]]);
        }
        for (int i = 0; i < 8; ++i) state[i] ^= v[i] ^ v[i + 8];

        for (int lane = 0; lane < Lanes; ++lane) {
            Course& course = courses[lane];
            if (course.message == nullptr || last[lane] == 0) continue;
            for (unsigned i = 0; i < size / 8; ++i) course.message->digest[i] = state[i][lane];
            course.message = nullptr;
            --running;
        }
    }
}

#if DEDUPE_X86
DEDUPE_AVX512 void hash_avx512(const Message* messages, std::size_t count, unsigned size) {
    hash_side_by_side<8>(messages, count, size);
}
DEDUPE_AVX2 void hash_avx2(const Message* messages, std::size_t count, unsigned size) {
    hash_side_by_side<4>(messages, count, size);
}
#endif

}  // namespace

void blake2b(const std::vector<Message>& messages, unsigned size) {
#if DEDUPE_X86
    if (instructions() == Instructions::avx512) return hash_avx512(messages.data(), messages.size(), size);
    if (instructions() == Instructions::avx2) return hash_avx2(messages.data(), messages.size(), size);
#endif
    hash_side_by_side<2>(messages.data(), messages.size(), size);
}

}  // namespace dedupe
