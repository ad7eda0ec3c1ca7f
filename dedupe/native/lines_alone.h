// What one line shows by itself, as dedupe/text/layout.py defines it; lines_shapes.cpp asks what lines are together.
#pragma once

#include "lines_shapes.h"
#include "lines_words.h"
#include "unicode.h"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace dedupe {

using unicode::line_properties;

inline bool is_decimal(char32_t code) { return (unicode::properties(code) & unicode::decimal) != 0; }
inline bool is_alphanumeric(char32_t code) { return (unicode::properties(code) & unicode::alphanumeric) != 0; }
inline bool is_letter(char32_t code) { return is_alphanumeric(code) && !is_decimal(code); }  // [^\W\d_]
inline bool has(char32_t code, std::uint16_t flag) { return (line_properties(code) & flag) != 0; }

inline char32_t first_of(Text text) {
    const Byte* at = text.begin;
    return at == text.end ? 0 : unicode::decode(at);
}

inline std::string_view view(Text text) { return {reinterpret_cast<const char*>(text.begin), text.size()}; }

// Most that is asked for is known not to be there by the first byte.
inline bool starts_with(Text text, std::string_view what) {
    return !text.empty() && *text.begin == static_cast<Byte>(what[0]) && view(text).substr(0, what.size()) == what;
}
inline bool contains(Text text, std::string_view what) { return view(text).find(what) != std::string_view::npos; }

inline bool is_ascii_digit(const Byte* at) { return *at >= '0' && *at <= '9'; }

// A line without the white space around it; `raw` has it.
struct Bare {
    Text raw, text;
    std::size_t number;
    std::int64_t length;  // characters
    std::size_t words;
    bool is_ascii, is_terminated;

    char32_t first() const { return first_of(text); }
    Byte last_byte() const { return text.end[-1]; }
};

// The bits of a shape that a line has by itself.
std::uint16_t alone(const Bare& line);

// Whether a line begins with a date or a time.
bool is_stamped(Text line);

bool has_letter(Text line);
bool has_price(Text line);

// Whether there may be digits: false for most lines, at the price of a look at their bytes.
bool may_have_digits(Text text);

// Whether half of what is written are digits, three of them at least.
bool is_numeric(Text line);

// Whether a line begins with a number or a fraction, and a word behind it.
bool is_quantity(Text line);

// Commas without white space behind them that are not between figures.
std::size_t bare_commas(Text line);

// Where columns begin and, as negative numbers, end: wide gaps between what is written, in characters of the raw line.
void find_gaps(const Bare& line, std::vector<std::int64_t>& gaps);

}  // namespace dedupe
