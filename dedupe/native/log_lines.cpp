#include "log_lines.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

namespace dedupe {
namespace {

constexpr char hexadecimal[] = "0123456789abcdef";

// What stands behind the backslash of each byte that JSON escapes: 'u' where that has no letter of its own, 0 elsewhere.
constexpr std::array<Byte, 256> escapes = [] {
    std::array<Byte, 256> found{};
    for (int byte = 0; byte < 0x20; ++byte) found[byte] = 'u';
    found['\b'] = 'b', found['\f'] = 'f', found['\n'] = 'n', found['\r'] = 'r', found['\t'] = 't';
    found['"'] = '"', found['\\'] = '\\';
    return found;
}();

void append(Buffer& line, const char* text) {
    line.append({reinterpret_cast<const Byte*>(text), reinterpret_cast<const Byte*>(text) + std::strlen(text)});
}

void append_number(Buffer& line, std::int64_t number) {
    constexpr std::size_t digits = 20;
    char* const at = reinterpret_cast<char*>(line.grow(digits));
    line.finish(reinterpret_cast<const Byte*>(std::to_chars(at, at + digits, number).ptr));
}

void append_span(Buffer& line, const char* name, std::int64_t first, std::int64_t last) {
    append(line, name);
    append_number(line, first);
    line.push(',');
    append_number(line, last);
    line.push(']');
}

Byte* put_unit(Byte* at, unsigned unit) {
    *at++ = '\\', *at++ = 'u';
    for (int shift = 12; shift >= 0; shift -= 4) *at++ = static_cast<Byte>(hexadecimal[unit >> shift & 15]);
    return at;
}

void append_escaped(Buffer& line, Text text) {
    for (const Byte* at = text.begin; at != text.end;) {
        const Byte* const stop = std::find_if(at, text.end, [](Byte byte) { return escapes[byte] != 0; });
        line.append({at, stop});
        if (stop == text.end) return;
        Byte* to = line.grow(6);
        if (escapes[*stop] == 'u') {
            to = put_unit(to, *stop);
        } else {
            *to++ = '\\', *to++ = escapes[*stop];
        }
        line.finish(to);
        at = stop + 1;
    }
}

bool has_surrogates(Text text) {
    for (const Byte* at = text.begin; (at = static_cast<const Byte*>(std::memchr(at, 0xED, text.end - at))) != nullptr; ++at) {
        if (at[1] >= 0xA0) return true;
    }
    return false;
}

// Write as escapes what is beyond the printable characters of ASCII.
void to_ascii(Buffer& line, std::size_t start) {
    Buffer written;
    const Text text = line.from(start);
    for (const Byte* at = text.begin; at != text.end;) {
        Byte* to = written.grow(12);
        const Byte first = *at++;
        if (first <= '~') {
            *to++ = first;
        } else {
            const int more = first < 0x80 ? 0 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
            unsigned code = more == 0 ? first : first & (0x3F >> more);
            for (int i = 0; i < more; ++i) code = code << 6 | (*at++ & 0x3F);
            if (code >= 0x10000) {
                to = put_unit(to, 0xD800 + ((code - 0x10000) >> 10));
                code = 0xDC00 + ((code - 0x10000) & 0x3FF);
            }
            to = put_unit(to, code);
        }
        written.finish(to);
    }
    line.shrink(start);
    line.append(written.from(0));
}

Text part_of(Text text, std::int64_t from, std::int64_t to) {
    const auto size = static_cast<std::int64_t>(text.size());
    const auto is_inside = [&](std::int64_t at) { return at == size || (text.begin[at] & 0xC0) != 0x80; };
    if (from < 0 || to < from || to > size || !is_inside(from) || !is_inside(to))
        throw std::invalid_argument("a span that is not in its text");
    return {text.begin + from, text.begin + to};
}

}  // namespace

LogLines log_lines(const std::vector<Text>& texts, const std::vector<Text>& pieces, const LogRow* rows, std::size_t count) {
    const auto numbered = [](const std::vector<Text>& some, std::int64_t number) {
        if (number < 0 || static_cast<std::size_t>(number) >= some.size())
            throw std::invalid_argument("no text or piece has that number");
        return some[static_cast<std::size_t>(number)];
    };
    LogLines found;
    found.ends.reserve(count + 1);
    found.ends.push_back(0);
    Buffer& line = found.lines;
    for (const LogRow* row = rows; row != rows + count; ++row) {
        const std::size_t start = line.size();
        const Text text = numbered(texts, row->text);
        line.append(numbered(pieces, row->head));
        append_number(line, row->number);
        line.append(numbered(pieces, row->kind));
        append_span(line, ",\"src\":[", row->first_byte, row->last_byte);
        append_span(line, ",\"chr\":[", row->start, row->end);
        append(line, ",\"dst\":");
        append_number(line, row->dst);
        append_span(line, ",\"lines\":[", row->first_line, row->last_line);
        line.append(numbered(pieces, row->reason));
        if (row->from >= 0) {
            append(line, ",\"text\":\"");
            append_escaped(line, part_of(text, row->from, row->to));
            line.push('"');
        }
        line.append(numbered(pieces, row->ending));
        if (has_surrogates(line.from(start))) to_ascii(line, start);
        line.push('\n');
        found.ends.push_back(static_cast<std::int64_t>(line.size()));
    }
    return found;
}

}  // namespace dedupe
