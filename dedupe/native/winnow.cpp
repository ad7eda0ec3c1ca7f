#include "winnow.h"

#include "unicode.h"

#include <algorithm>

namespace dedupe {
namespace {

constexpr std::uint64_t base = 0x9E3779B97F4A7C15, mix = 0xC2B2AE3D27D4EB4F;

std::uint64_t mixed(std::uint64_t value) {
    value = (value ^ value >> 32) * mix;
    return value ^ value >> 29;
}

// The hash of the casefolded word at `at`, which is moved on behind it: the bytes are digits, the first one the lowest.
std::uint64_t word_hash(const Byte*& at, const Byte* end) {
    std::uint64_t hash = 0, power = 1;
    const auto add = [&](Byte byte) {
        hash += (std::uint64_t{byte} + 1) * power;
        power *= base;
    };
    while (at != end && *at != ' ' && *at != '\n') {
        if (*at < 0x80) {
            add(*at >= 'A' && *at <= 'Z' ? *at | 0x20 : *at);
            ++at;
        } else {
            Byte folded[16];
            const Byte* const stop = unicode::fold(unicode::decode(at), folded);
            for (const Byte* byte = folded; byte != stop; ++byte) add(*byte);
        }
    }
    return mixed(hash);
}

// Let `hashes` be those of its shingles.
void shingle(std::vector<std::uint64_t>& hashes, std::size_t size) {
    const std::size_t count = hashes.size() - size + 1;
    for (std::size_t i = 0; i < count; ++i)
        for (std::size_t place = 1; place < size; ++place) hashes[i] = mixed(hashes[i] ^ hashes[i + place]);
    hashes.resize(count);
}

// Let `hashes` be the least ones of its windows.
void take_least(std::vector<std::uint64_t>& hashes, std::size_t window) {
    for (std::size_t reach = 1, step; reach < window; reach += step) {
        step = std::min(reach, window - reach);
        const std::size_t count = hashes.size() - step;
        for (std::size_t i = 0; i < count; ++i) hashes[i] = std::min(hashes[i], hashes[i + step]);
        hashes.resize(count);
    }
}

}  // namespace

Winnowed winnow(const std::vector<Text>& texts, std::size_t shingle_size, std::size_t window) {
    Winnowed kept;
    std::vector<std::uint64_t> hashes;
    for (std::size_t text = 0; text < texts.size(); ++text) {
        const Byte *at = texts[text].begin, *const end = texts[text].end;
        for (std::int64_t line = 0;; ++line) {
            hashes.clear();
            while (at != end && *at != '\n') {
                if (*at == ' ') {
                    ++at;
                } else {
                    hashes.push_back(word_hash(at, end));
                }
            }
            const std::size_t words = hashes.size();
            if (words >= shingle_size && words - shingle_size + 1 >= window) {
                shingle(hashes, shingle_size);
                take_least(hashes, window);
                hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
                kept.hashes.insert(kept.hashes.end(), hashes.begin(), hashes.end());
                kept.texts.insert(kept.texts.end(), hashes.size(), static_cast<std::int64_t>(text));
                kept.lines.insert(kept.lines.end(), hashes.size(), line);
                kept.words.insert(kept.words.end(), hashes.size(), static_cast<std::int32_t>(words));
            }
            if (at == end) break;
            ++at;
        }
    }
    return kept;
}

}  // namespace dedupe
