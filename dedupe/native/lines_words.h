// Words of lines, and what lines end with: what the features and the shapes of lines both ask.
#pragma once

#include "sixteen.h"
#include "text.h"
#include "unicode.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace dedupe {

inline constexpr std::array<bool, 256> ascii_white = [] {
    std::array<bool, 256> white{};
    for (int code = 9; code <= 13; ++code) white[code] = true;
    for (int code = 28; code <= 32; ++code) white[code] = true;
    return white;
}();

inline bool is_white(char32_t code) {
    return code < 0x80 ? ascii_white[code] : (unicode::properties(code) & unicode::white) != 0;
}

// The bits of the white bytes of a block. Of characters that are not ASCII, which begin in the block or end in it, those
// of all their bytes; `before` has as many low bits set as bytes of one that began in the block before.
inline std::uint64_t white_bits(const sixteen::Block& block, const Byte* at, bool is_ascii,
                                std::uint64_t& before) {
    std::uint64_t white = 0, first = 0;
    for (std::size_t i = 0; i < sixteen::block_size; i += sixteen::size) {
        const sixteen::Vector bytes = sixteen::load(block.begin() + i);
        white |= sixteen::bits(sixteen::within(bytes, 9, 13) | sixteen::within(bytes, 28, 32)) << i;
        if (!is_ascii) first |= sixteen::bits(sixteen::Vector(bytes == 0xC2) | sixteen::within(bytes, 0xE1, 0xE3)) << i;
    }
    white |= std::exchange(before, 0);
    // All white characters that are not ASCII begin with these bytes.
    for (; first != 0; first &= first - 1) {
        const int place = std::countr_zero(first);
        const Byte* const character = at + place;
        const Byte* next = character;
        if (!is_white(unicode::decode(next))) continue;
        const std::uint64_t marks = (std::uint64_t{1} << (next - character)) - 1;
        white |= marks << place;
        if (place > 60) before = marks >> (64 - place);
    }
    return white;
}

// Call `use` with each word between white space until it says true of one; return whether it did.
template <typename Use>
bool any_word(Text text, bool is_ascii, Use use) {
    std::uint64_t spilt = 0;
    return sixteen::any_run(
        text, [&](const sixteen::Block& block, const Byte* at) { return white_bits(block, at, is_ascii, spilt); }, use);
}

template <typename Use>
void each_word(Text text, bool is_ascii, Use use) {
    any_word(text, is_ascii, [&use](Text word) { return use(word), false; });
}

// How many words a text has.
inline std::size_t word_count(Text text, bool is_ascii) {
    std::size_t count = 0;
    std::uint64_t spilt = 0, before = 1;  // whether what is right before the block is white
    for (const Byte* at = text.begin; at < text.end; at += sixteen::block_size) {
        const std::uint64_t white = white_bits(sixteen::Block(at, text.end), at, is_ascii, spilt);
        count += static_cast<std::size_t>(std::popcount(~white & (white << 1 | before)));
        before = white >> 63;
    }
    return count;
}

// What a text is worth in words of scripts that put no spaces between them; their characters take three bytes and more.
inline std::size_t unspaced_words(Text text) {
    constexpr char32_t syllable_end = 0x0F0B;
    std::size_t tenths = 0;
    for (const Byte* at = text.begin; at < text.end; at += sixteen::block_size) {
        const sixteen::Block block(at, text.end);
        std::uint64_t first = 0;
        for (std::size_t i = 0; i < sixteen::block_size; i += sixteen::size)
            first |= sixteen::bits(sixteen::Vector(sixteen::load(block.begin() + i) >= 0xE0)) << i;
        for (; first != 0; first &= first - 1) {
            const Byte* character = at + std::countr_zero(first);
            const char32_t code = unicode::decode(character);
            const std::uint32_t properties = unicode::properties(code);
            if ((properties & unicode::unspaced) != 0) tenths += unicode::tenths(properties);
            if (code == syllable_end) tenths += unicode::syllable_tenths;
        }
    }
    return (tenths + 9) / 10;
}

// Where the character that ends at `at` begins.
inline const Byte* before(const Byte* at) {
    do --at;
    while ((*at & 0xC0) == 0x80);
    return at;
}

template <typename Has>
Text trimmed_left(Text text, Has has) {
    while (!text.empty()) {
        const Byte* next = text.begin;
        if (!has(unicode::decode(next))) break;
        text.begin = next;
    }
    return text;
}

template <typename Has>
Text trimmed(Text text, Has has) {
    text = trimmed_left(text, has);
    while (!text.empty() && has(unicode::last(text.end))) text.end = before(text.end);
    return text;
}

// Whether a text that is not empty, without white space at its end, ends like a sentence.
inline bool is_terminated(Text text) {
    const Byte* end = text.end;
    const std::uint16_t last = unicode::line_properties(unicode::last(end));
    if ((last & unicode::terminal) != 0) return true;
    if ((last & unicode::closer) == 0) return false;
    while (end != text.begin && (unicode::line_properties(unicode::last(end)) & unicode::closer) != 0) end = before(end);
    return end != text.begin && (unicode::line_properties(unicode::last(end)) & unicode::terminal) != 0;
}

}  // namespace dedupe
