// Characters: UTF-8 to code points and back, what Python says of each, NFKC and case folding.
//
// All tables are those of one Python version, written by make_tables.py when the kernel is built.
#pragma once

#include "text.h"
#include "unicode_tables.h"

#include <cstdint>

namespace dedupe::unicode {

// The properties of a character: token class, flags, combining class.
inline std::uint32_t properties(char32_t code) {
    return property_blocks[property_index[code / block_size] * block_size + code % block_size];
}
inline TokenClass token_class(std::uint32_t properties) { return static_cast<TokenClass>(properties & 7); }
inline unsigned combining_class(std::uint32_t properties) { return properties >> 16; }
// What a character is for the features of lines: a sum of flags.
inline std::uint16_t line_properties(char32_t code) {
    return line_property_blocks[line_property_index[code / block_size] * block_size + code % block_size];
}
// What a character of a script without spaces is worth, in tenths of a word, and a syllable of a script that parts them.
inline constexpr int syllable_tenths = 5;
inline int tenths(std::uint32_t properties) { return (properties & lettered) != 0 ? 2 : 5; }
inline bool is_word(char32_t code) { return code == '_' || (properties(code) & alphanumeric) != 0; }

// Whether the bytes are UTF-8 in which, as in Python's "surrogatepass", lone surrogates are allowed.
bool is_valid(Text text);
bool is_ascii(Text text);
// How many characters valid UTF-8 has.
std::size_t count(Text text);

// Read the character at `at` of valid UTF-8 and move on to the next.
inline char32_t decode(const Byte*& at) {
    const char32_t first = *at++;
    if (first < 0x80) return first;
    if (first < 0xE0) return (first & 0x1F) << 6 | (*at++ & 0x3F);
    const char32_t second = *at++ & 0x3F;
    if (first < 0xF0) return (first & 0x0F) << 12 | second << 6 | (*at++ & 0x3F);
    const char32_t third = *at++ & 0x3F;
    return (first & 0x07) << 18 | second << 12 | third << 6 | (*at++ & 0x3F);
}

// The character that ends at `end`.
inline char32_t last(const Byte* end) {
    do --end;
    while ((*end & 0xC0) == 0x80);
    return decode(end);
}

// Write a character and return where it ends; four bytes of room are enough.
inline Byte* encode(char32_t code, Byte* at) {
    if (code < 0x80) {
        *at++ = static_cast<Byte>(code);
    } else if (code < 0x800) {
        *at++ = static_cast<Byte>(0xC0 | code >> 6);
        *at++ = static_cast<Byte>(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        *at++ = static_cast<Byte>(0xE0 | code >> 12);
        *at++ = static_cast<Byte>(0x80 | (code >> 6 & 0x3F));
        *at++ = static_cast<Byte>(0x80 | (code & 0x3F));
    } else {
        *at++ = static_cast<Byte>(0xF0 | code >> 18);
        *at++ = static_cast<Byte>(0x80 | (code >> 12 & 0x3F));
        *at++ = static_cast<Byte>(0x80 | (code >> 6 & 0x3F));
        *at++ = static_cast<Byte>(0x80 | (code & 0x3F));
    }
    return at;
}

// Write what `str.casefold` makes of a character and return where it ends. The folded form of a character takes at
// most three times the bytes of the character itself.
Byte* fold(char32_t code, Byte* at);

// Whether a power or a fraction stands right behind an ASCII digit.
bool has_powers(Text text);
// The text with a space between the two. It is valid until `spaced` changes.
Text with_powers_apart(Text text, Buffer& spaced);

// The NFKC form of a text, which mostly is that text; otherwise it is written to `changed`.
Text nfkc(Text text, Buffer& changed);

}  // namespace dedupe::unicode
