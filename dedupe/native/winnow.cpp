#include "winnow.h"

#include "dispatch.h"
#include "sixteen.h"
#include "swar.h"
#include "unicode.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

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

// The sum of eight digits, each times its power of the base.
template <typename Values>
DEDUPE_INLINE Values summed(Values bytes) {
    Values sum = bytes & 0xFF;
    for (std::size_t i = 1; i < digits; ++i) sum += (bytes >> 8 * i & 0xFF) * powers[i];
    return sum;
}

// The digits that the next bytes of a word are, up to eight, or 0 if these are not ASCII; it can be read up to `end`.
std::uint64_t digits_of(Text word, const Byte* end) {
    const std::size_t size = std::min(word.size(), digits);
    const std::uint64_t mask = ~std::uint64_t{0} >> 8 * (digits - size);
    const bool is_inside = static_cast<std::size_t>(end - word.begin) >= digits;
    const std::uint64_t bytes = is_inside ? swar::load(word.begin) & mask : swar::load(word.begin, size);
    if ((bytes & swar::high) != 0) return 0;
    return (bytes | swar::within(bytes, 'A', 'Z') >> 2) + (swar::every(1) & mask);
}

// The hash of a casefolded word: its bytes are digits, the first one the lowest.
std::uint64_t word_hash(Text word, const Byte* end) {
    std::uint64_t hash = 0, power = 1;
    while (!word.empty()) {
        const std::uint64_t bytes = digits_of(word, end);
        if (bytes == 0) break;
        hash += summed(bytes) * power;
        power *= powers[digits];
        word.begin += std::min(word.size(), digits);
    }
    while (!word.empty()) {
        Byte folded[16];
        const Byte* const stop = unicode::fold(unicode::decode(word.begin), folded);
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

// Let numbers of digits be the hashes of words that have these.
template <typename Vector>
DEDUPE_INLINE void hash_words(std::uint64_t* words, std::size_t count) {
    replace<Vector>(words, count, [](const auto& at) { return mixed(summed(at(0))); });
}

// Let the first of `count` hashes of words be those of their shingles of `size`; return how many.
template <typename Vector>
DEDUPE_INLINE std::size_t hash_shingles(std::uint64_t* hashes, std::size_t count, std::size_t size) {
    if (count < size) return 0;
    count -= size - 1;
    replace<Vector>(hashes, count, [&](const auto& at) {
        auto value = at(0);
        for (std::size_t place = 1; place < size; ++place) value = mixed(value ^ at(place));
        return value;
    });
    return count;
}

// Let the first of `count` hashes be the least ones of the windows of `size`, one of which there is; return how many.
template <typename Vector>
DEDUPE_INLINE std::size_t take_least(std::uint64_t* hashes, std::size_t count, std::size_t size) {
    for (std::size_t reach = 1, step; reach < size; reach += step) {
        step = std::min(reach, size - reach);
        count -= step;
        replace<Vector>(hashes, count, [&](const auto& at) {
            const auto one = at(0), other = at(step);
            return one < other ? one : other;
        });
    }
    return count;
}

#if DEDUPE_X86
DEDUPE_AVX512 void hash_words_avx512(std::uint64_t* words, std::size_t count) {
    hash_words<Lanes<64>::type>(words, count);
}
DEDUPE_AVX2 void hash_words_avx2(std::uint64_t* words, std::size_t count) { hash_words<Lanes<32>::type>(words, count); }
DEDUPE_AVX512 std::size_t hash_shingles_avx512(std::uint64_t* hashes, std::size_t count, std::size_t size) {
    return hash_shingles<Lanes<64>::type>(hashes, count, size);
}
DEDUPE_AVX2 std::size_t hash_shingles_avx2(std::uint64_t* hashes, std::size_t count, std::size_t size) {
    return hash_shingles<Lanes<32>::type>(hashes, count, size);
}
DEDUPE_AVX512 std::size_t take_least_avx512(std::uint64_t* hashes, std::size_t count, std::size_t size) {
    return take_least<Lanes<64>::type>(hashes, count, size);
}
DEDUPE_AVX2 std::size_t take_least_avx2(std::uint64_t* hashes, std::size_t count, std::size_t size) {
    return take_least<Lanes<32>::type>(hashes, count, size);
}
#endif

void hash_words(std::uint64_t* words, std::size_t count) {
#if DEDUPE_X86
    if (instructions() == Instructions::avx512) return hash_words_avx512(words, count);
    if (instructions() == Instructions::avx2) return hash_words_avx2(words, count);
#endif
    hash_words<Lanes<16>::type>(words, count);
}

std::size_t hash_shingles(std::uint64_t* hashes, std::size_t count, std::size_t size) {
#if DEDUPE_X86
    if (instructions() == Instructions::avx512) return hash_shingles_avx512(hashes, count, size);
    if (instructions() == Instructions::avx2) return hash_shingles_avx2(hashes, count, size);
#endif
    return hash_shingles<Lanes<16>::type>(hashes, count, size);
}

std::size_t take_least(std::uint64_t* hashes, std::size_t count, std::size_t size) {
#if DEDUPE_X86
    if (instructions() == Instructions::avx512) return take_least_avx512(hashes, count, size);
    if (instructions() == Instructions::avx2) return take_least_avx2(hashes, count, size);
#endif
    return take_least<Lanes<16>::type>(hashes, count, size);
}

// Take out what equals the one before it; return how many are left. Where that is so could not be foreseen.
std::size_t without_repeats(std::uint64_t* hashes, std::size_t count) {
    std::size_t left = 0;
    for (std::size_t i = 1; i < count; ++i) {
        left += hashes[i] != hashes[left];
        hashes[left] = hashes[i];
    }
    return left + 1;
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

// The words of a text, hashed, line by line.
class Words {
public:
    void read(Text text) {
        hashes_.clear();
        ends_.clear();
        others_.clear();
        const Byte* at = text.begin;
        const auto end_lines_up_to = [&](const Byte* place) {
            for (; at != place; ++at)
                if (*at == '\n') ends_.push_back(hashes_.size());
        };
        sixteen::any_run(text, separators, [&](Text word) {
            end_lines_up_to(word.begin);
            at = word.end;
            add(word, text.end);
            return false;
        });
        end_lines_up_to(text.end);
        ends_.push_back(hashes_.size());
        hash_words(hashes_.data(), hashes_.size());
        for (const auto& [place, hash] : others_) hashes_.data()[place] = hash;
    }

    std::uint64_t* data() { return hashes_.data(); }
    // How many words stand before the end of each line.
    const std::vector<std::size_t>& ends() const { return ends_; }

private:
    // Add a word, behind which the text can be read up to `end`: its digits, if they are few.
    void add(Text word, const Byte* end) {
        const std::uint64_t bytes = word.size() <= digits ? digits_of(word, end) : 0;
        if (bytes == 0) others_.emplace_back(hashes_.size(), word_hash(word, end));
        hashes_.push(bytes);
    }

    Growing<std::uint64_t> hashes_;
    std::vector<std::size_t> ends_;
    std::vector<std::pair<std::size_t, std::uint64_t>> others_;
};

// Add what is kept of a line: of `words` words, the first of whose shingles has the first of `hashes`, which are used up.
void keep(Winnowed& kept, std::uint64_t* hashes, std::size_t words, std::size_t shingle_size, std::size_t window,
          std::size_t text, std::int64_t line) {
    if (words < shingle_size || words - shingle_size + 1 < window) return;
    const std::size_t found = without_repeats(hashes, take_least(hashes, words - shingle_size + 1, window));
    kept.hashes.insert(kept.hashes.end(), hashes, hashes + found);
    kept.texts.insert(kept.texts.end(), found, static_cast<std::int64_t>(text));
    kept.lines.insert(kept.lines.end(), found, line);
    kept.words.insert(kept.words.end(), found, static_cast<std::int32_t>(words));
}

template <typename Value>
void append(std::vector<Value>& values, const std::vector<Value>& more) {
    values.insert(values.end(), more.begin(), more.end());
}

}  // namespace

Winnowed winnow(const std::vector<Text>& texts, std::size_t shingle_size, std::size_t window, const bool* wholes) {
    Winnowed kept, of_wholes;
    Words words;
    std::vector<std::uint64_t> shingles;
    for (std::size_t number = 0; number < texts.size(); ++number) {
        words.read(texts[number]);
        const std::size_t shingle_count = hash_shingles(words.data(), words.ends().back(), shingle_size);
        const bool is_whole = wholes != nullptr && wholes[number];
        if (is_whole) shingles.assign(words.data(), words.data() + shingle_count);
        std::size_t begin = 0;
        std::int64_t line = 0;
        for (const std::size_t end : words.ends()) {
            keep(kept, words.data() + begin, end - begin, shingle_size, window, number, line++);
            begin = end;
        }
        if (is_whole) keep(of_wholes, shingles.data(), begin, shingle_size, window, number, -1);
    }
    append(kept.hashes, of_wholes.hashes);
    append(kept.texts, of_wholes.texts);
    append(kept.lines, of_wholes.lines);
    append(kept.words, of_wholes.words);
    return kept;
}

}  // namespace dedupe
