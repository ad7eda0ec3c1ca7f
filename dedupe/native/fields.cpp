#include "fields.h"

#include <array>
#include <cstring>
#include <stdexcept>

namespace dedupe {
namespace {

enum Mark : Byte { other, quote, opening, closing };

constexpr std::array<Byte, 256> marks = [] {
    std::array<Byte, 256> found{};
    found['"'] = quote, found['{'] = found['['] = opening, found['}'] = found[']'] = closing;
    return found;
}();

// Return the end of the string that begins at `start`, and whether there are backslashes in it.
const Byte* string_end(const Byte* start, const Byte* end, bool& is_escaped) {
    is_escaped = false;
    for (const Byte* at = start + 1; at != end; ++at) {
        at = static_cast<const Byte*>(std::memchr(at, '"', static_cast<std::size_t>(end - at)));
        if (at == nullptr) break;
        const Byte* back = at;
        while (back[-1] == '\\') --back;
        is_escaped = is_escaped || back != at;
        if ((at - back) % 2 == 0) {
            is_escaped = is_escaped || std::memchr(start, '\\', static_cast<std::size_t>(at - start)) != nullptr;
            return at + 1;
        }
    }
    throw std::invalid_argument("a string that does not end");
}

const Byte* past_white(const Byte* at, const Byte* end) {
    while (at != end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n')) ++at;
    return at;
}

// Return the four hexadecimal digits at `at`, or -1.
int unit(const Byte* at, const Byte* end) {
    if (end - at < 4) return -1;
    int value = 0;
    for (int i = 0; i < 4; ++i) {
        const Byte digit = at[i], letter = digit | 0x20;
        if (digit >= '0' && digit <= '9') {
            value = value << 4 | (digit - '0');
        } else if (letter >= 'a' && letter <= 'f') {
            value = value << 4 | (letter - 'a' + 10);
        } else {
            return -1;
        }
    }
    return value;
}

void put(Buffer& text, unsigned code) {
    Byte* at = text.grow(4);
    if (code < 0x80) {
        *at++ = static_cast<Byte>(code);
    } else {
        if (code < 0x800) {
            *at++ = static_cast<Byte>(0xC0 | code >> 6);
        } else {
            if (code < 0x10000) {
                *at++ = static_cast<Byte>(0xE0 | code >> 12);
            } else {
                *at++ = static_cast<Byte>(0xF0 | code >> 18), *at++ = static_cast<Byte>(0x80 | (code >> 12 & 0x3F));
            }
            *at++ = static_cast<Byte>(0x80 | (code >> 6 & 0x3F));
        }
        *at++ = static_cast<Byte>(0x80 | (code & 0x3F));
    }
    text.finish(at);
}

// Return what the inside of a string says. Throws std::invalid_argument for an escape that there is not.
Buffer unescaped(const Byte* at, const Byte* end) {
    Buffer text;
    while (at != end) {
        if (*at != '\\') {
            text.push(*at++);
            continue;
        }
        const Byte letter = at + 1 == end ? Byte{0} : at[1];
        at += 2;
        if (letter == 'u') {
            int code = unit(at, end);
            if (code < 0) throw std::invalid_argument("an escape that there is not");
            at += 4;
            if (code >> 10 == 0x36 && end - at >= 6 && at[0] == '\\' && at[1] == 'u') {
                const int low = unit(at + 2, end);
                if (low >> 10 == 0x37) code = 0x10000 + ((code & 0x3FF) << 10 | (low & 0x3FF)), at += 6;
            }
            put(text, static_cast<unsigned>(code));
            continue;
        }
        constexpr char letters[] = "\"\\/bfnrt", chars[] = "\"\\/\b\f\n\r\t";
        const void* const found = std::memchr(letters, letter, sizeof letters - 1);
        if (found == nullptr) throw std::invalid_argument("an escape that there is not");
        text.push(static_cast<Byte>(chars[static_cast<const char*>(found) - letters]));
    }
    return text;
}

bool same(Text one, Text other) {
    return one.size() == other.size() && (one.empty() || std::memcmp(one.begin, other.begin, one.size()) == 0);
}

}  // namespace

void locate_field(Text row, Text name, std::vector<std::int64_t>& spans) {
    const Byte *begin = nullptr, *stop = nullptr;
    std::ptrdiff_t depth = 0;
    bool is_escaped = false;
    for (const Byte* at = row.begin; at != row.end;) {
        const Byte mark = marks[*at];
        const Byte* const start = at++;
        if (mark != quote) {
            depth += mark == opening ? 1 : mark == closing ? -1 : 0;
            continue;
        }
        at = string_end(start, row.end, is_escaped);
        if (depth != 1) continue;
        const Text inside{start + 1, at - 1};
        const Byte* const colon = past_white(at, row.end);
        if (colon == row.end || *colon != ':') continue;
        at = past_white(colon + 1, row.end);
        const bool is_string = at != row.end && *at == '"', is_meant =
            is_escaped ? same(unescaped(inside.begin, inside.end).from(0), name) : same(inside, name);
        const Byte* const value = at;
        if (is_string) at = string_end(value, row.end, is_escaped);
        if (is_meant) begin = is_string ? value : nullptr, stop = at;
    }
    if (begin == nullptr) {
        spans.insert(spans.end(), {-1, -1});
    } else {
        spans.insert(spans.end(), {begin - row.begin, stop - row.begin});
    }
}

}  // namespace dedupe
