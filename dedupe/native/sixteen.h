// Sixteen bytes at a time, as GCC and Clang have them on every processor, and blocks of them as bits of a word.
#pragma once

#include "dispatch.h"
#include "swar.h"
#include "text.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <utility>

namespace dedupe::sixteen {

typedef Byte Vector __attribute__((vector_size(16)));
constexpr std::size_t size = sizeof(Vector);

inline Vector load(const Byte* at) {
    Vector bytes;
    std::memcpy(&bytes, at, sizeof bytes);
    return bytes;
}
inline void store(Vector bytes, Byte* at) { std::memcpy(at, &bytes, sizeof bytes); }

// All bits of each byte that is within [first, last].
inline Vector within(Vector bytes, Byte first, Byte last) {
    return Vector(bytes - first <= static_cast<Byte>(last - first));
}
inline Vector lower(Vector bytes) { return bytes | (within(bytes, 'A', 'Z') & 0x20); }

// The high bits of the bytes, that of the first lowest.
inline std::uint64_t bits(Vector bytes) {
#if DEDUPE_X86
    typedef char Signed __attribute__((vector_size(16)));
    return static_cast<unsigned>(__builtin_ia32_pmovmskb128(reinterpret_cast<Signed>(bytes)));
#else
    std::uint64_t words[2];
    std::memcpy(words, &bytes, sizeof words);
    const auto gathered = [](std::uint64_t word) { return (word >> 7 & swar::every(1)) * 0x0102040810204080u >> 56; };
    return gathered(words[0]) | gathered(words[1]) << 8;
#endif
}

// A word has the bits of so many bytes.
constexpr std::size_t block_size = 64;

// The next block of a text, up to `end`. Where the text is shorter, spaces follow, as many as a vector behind the block.
class Block {
public:
    Block(const Byte* at, const Byte* end)
        : begin_(at), size_(std::min(static_cast<std::size_t>(end - at), block_size)) {
        const std::size_t left = static_cast<std::size_t>(end - at);
        if (left >= sizeof copy_) return;
        std::memset(copy_, ' ', sizeof copy_);
        std::memcpy(copy_, at, left);
        begin_ = copy_;
    }
    Block(const Block&) = delete;

    const Byte* begin() const { return begin_; }
    std::size_t size() const { return size_; }  // of what is text

private:
    Byte copy_[block_size + sizeof(Vector)];
    const Byte* begin_;
    std::size_t size_;
};

// Call `use` with each run of bytes between others until it says true of one; return whether it did. `others` gives the
// bits of those of a block that begins at a place of the text.
template <typename Others, typename Use>
bool any_run(Text text, Others others, Use use) {
    const Byte* begin = nullptr;  // of the run in hand
    for (const Byte* at = text.begin; at < text.end; at += block_size) {
        const std::uint64_t inside = ~others(Block(at, text.end), at);
        // Where runs begin and end, in turn; behind the end of the text a block has spaces.
        for (std::uint64_t edges = inside ^ (inside << 1 | (begin != nullptr)); edges != 0; edges &= edges - 1) {
            const Byte* const edge = at + std::countr_zero(edges);
            if (begin == nullptr)
                begin = edge;
            else if (use(Text{std::exchange(begin, nullptr), edge}))
                return true;
        }
    }
    return begin != nullptr && use(Text{begin, text.end});
}

}  // namespace dedupe::sixteen
