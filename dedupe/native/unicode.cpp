#include "unicode.h"

#include "sixteen.h"
#include "swar.h"

#include <algorithm>
#include <iterator>
#include <vector>

namespace dedupe::unicode {
namespace {

constexpr char32_t lead_base = 0x1100, vowel_base = 0x1161, tail_base = 0x11A7, syllable_base = 0xAC00;
constexpr char32_t lead_count = 19, vowel_count = 21, tail_count = 28;
constexpr char32_t syllable_count = lead_count * vowel_count * tail_count;

struct Mark {
    char32_t code;
    unsigned combining;
};

// The full compatibility decomposition, before marks are put in order.
void append_decomposed(char32_t code, std::vector<Mark>& out) {
    const auto push = [&out](char32_t part) { out.push_back({part, combining_class(properties(part))}); };
    if (code - syllable_base < syllable_count) {
        const char32_t syllable = code - syllable_base;
        push(lead_base + syllable / (vowel_count * tail_count));
        push(vowel_base + syllable / tail_count % vowel_count);
        if (syllable % tail_count != 0) push(tail_base + syllable % tail_count);
        return;
    }
    const std::uint16_t row =
        decomposition_row_blocks[decomposition_row_index[code / block_size] * block_size + code % block_size];
    if (row == 0) return push(code);
    for (unsigned i = decomposition_start[row]; i < decomposition_start[row + 1]; ++i) push(decomposition_pool[i]);
}

// The character that two adjacent ones make, or 0.
char32_t composed(char32_t first, char32_t second) {
    if (first - lead_base < lead_count && second - vowel_base < vowel_count)
        return syllable_base + ((first - lead_base) * vowel_count + (second - vowel_base)) * tail_count;
    if (first - syllable_base < syllable_count && (first - syllable_base) % tail_count == 0 &&
        second - (tail_base + 1) < tail_count - 1)
        return first + (second - tail_base);
    const std::uint64_t key = std::uint64_t{first} << 32 | second;
    const auto* found = std::lower_bound(std::begin(composition_keys), std::end(composition_keys), key);
    if (found == std::end(composition_keys) || *found != key) return 0;
    return composition_results[found - std::begin(composition_keys)];
}

// Canonical ordering: marks between two starters by combining class, those of one class as they stood.
void order(std::vector<Mark>& marks) {
    for (auto at = marks.begin(); at != marks.end();) {
        if (at->combining == 0) {
            ++at;
            continue;
        }
        const auto end = std::find_if(at, marks.end(), [](const Mark& mark) { return mark.combining == 0; });
        std::stable_sort(at, end, [](const Mark& a, const Mark& b) { return a.combining < b.combining; });
        at = end;
    }
}

// Canonical composition in place: each character merges with the last starter unless one between them blocks it.
void compose(std::vector<Mark>& marks) {
    std::size_t kept = 0, starter = 0;
    bool has_starter = false;
    for (std::size_t i = 0; i < marks.size(); ++i) {
        const Mark mark = marks[i];
        if (has_starter) {
            const bool adjacent = starter + 1 == kept;
            if (adjacent || (marks[kept - 1].combining != 0 && marks[kept - 1].combining < mark.combining)) {
                const char32_t merged = composed(marks[starter].code, mark.code);
                if (merged != 0) {
                    marks[starter].code = merged;
                    continue;
                }
            }
        }
        if (mark.combining == 0) {
            starter = kept;
            has_starter = true;
        }
        marks[kept++] = mark;
    }
    marks.resize(kept);
}

// Append the NFKC form of the text.
void append_nfkc(Text text, Buffer& out) {
    std::vector<Mark> marks;
    marks.reserve(text.size());
    for (const Byte* at = text.begin; at != text.end;) append_decomposed(decode(at), marks);
    order(marks);
    compose(marks);
    Byte* at = out.grow(4 * marks.size());
    for (const Mark& mark : marks) at = encode(mark.code, at);
    out.finish(at);
}

const Byte* skip_ascii(const Byte* at, const Byte* end) {
    for (; end - at >= 8; at += 8) {
        const std::uint64_t high = swar::load(at) & swar::high;
        if (high != 0) return at + swar::first(high);
    }
    while (at != end && *at < 0x80) ++at;
    return at;
}

}  // namespace

bool is_ascii(Text text) {
    // A plain loop over blocks, which compilers turn into vector code.
    Byte seen = 0;
    const Byte* at = text.begin;
    for (; text.end - at >= 256; at += 256) {
        for (int i = 0; i < 256; ++i) seen |= at[i];
        if (seen >= 0x80) return false;
    }
    for (; at != text.end; ++at) seen |= *at;
    return seen < 0x80;
}

bool is_valid(Text text) {
    using sixteen::bits;
    using sixteen::Vector;
    // Which bytes of the block before begin characters of at least two, three and four bytes, and which begin such with
    // a second byte that is not just any.
    std::uint64_t two = 0, three = 0, four = 0, e0 = 0, f0 = 0, f4 = 0;
    const auto moved = [](std::uint64_t before, std::uint64_t marks, int by) { return before >> (64 - by) | marks << by; };
    for (const Byte* at = text.begin; at < text.end; at += sixteen::block_size) {
        const sixteen::Block block(at, text.end);
        Vector bytes[4], all = {};
        for (int i = 0; i < 4; ++i) all |= bytes[i] = sixteen::load(block.begin() + sixteen::size * i);
        if (bits(all) == 0 && (two | three | four) == 0) continue;
        std::uint64_t high[4] = {}, is_e0 = 0, is_f0 = 0, is_f4 = 0, wrong = 0;  // high: the bytes with bit 7, 6, 5 and 4
        for (int i = 0; i < 4; ++i) {
            const std::size_t place = sixteen::size * i;
            Vector shifted = bytes[i];
            for (std::uint64_t& some : high) {
                some |= bits(shifted) << place;
                shifted += shifted;
            }
            is_e0 |= bits(Vector(bytes[i] == 0xE0)) << place;
            is_f0 |= bits(Vector(bytes[i] == 0xF0)) << place;
            is_f4 |= bits(Vector(bytes[i] == 0xF4)) << place;
            wrong |= bits(sixteen::within(bytes[i], 0xC0, 0xC1) | Vector(bytes[i] > 0xF4)) << place;
        }
        const std::uint64_t is_two = high[0] & high[1], is_three = is_two & high[2], is_four = is_three & high[3];
        const std::uint64_t wanted = moved(two, is_two, 1) | moved(three, is_three, 2) | moved(four, is_four, 3);
        wrong |= wanted ^ (high[0] & ~high[1]);
        wrong |= moved(e0, is_e0, 1) & ~high[2];              // E0 before less than A0 has shorter forms
        wrong |= moved(f0, is_f0, 1) & ~(high[2] | high[3]);  // and F0 before less than 90
        wrong |= moved(f4, is_f4, 1) & (high[2] | high[3]);   // beyond U+10FFFF
        if (wrong != 0) return false;
        two = is_two, three = is_three, four = is_four, e0 = is_e0, f0 = is_f0, f4 = is_f4;
    }
    return (two >> 63 | three >> 62 | four >> 61) == 0;
}

std::size_t count(Text text) {
    return count_bytes(text, [](Byte byte) { return (byte & 0xC0) != 0x80; });
}

Byte* fold(char32_t code, Byte* at) {
    const std::uint16_t row = fold_row_blocks[fold_row_index[code / block_size] * block_size + code % block_size];
    if (row == 0) return encode(code, at);
    for (unsigned i = fold_start[row]; i < fold_start[row + 1]; ++i) at = encode(fold_pool[i], at);
    return at;
}

// Call `use` with the place of each power or fraction right behind an ASCII digit until it says true of one.
template <typename Use>
bool any_power(Text text, Use use) {
    for (const Byte* at = text.begin; (at = skip_ascii(at, text.end)) != text.end;) {
        const Byte* const here = at;
        const bool is_power = (properties(decode(at)) & number_form) != 0;
        if (is_power && here != text.begin && here[-1] >= '0' && here[-1] <= '9' && use(here)) return true;
    }
    return false;
}

bool has_powers(Text text) {
    return any_power(text, [](const Byte*) { return true; });
}

Text with_powers_apart(Text text, Buffer& spaced) {
    spaced.clear();
    const Byte* done = text.begin;
    any_power(text, [&](const Byte* at) {
        spaced.append({done, at});
        spaced.push(' ');
        done = at;
        return false;
    });
    spaced.append({done, text.end});
    return spaced.from(0);
}

Text nfkc(Text text, Buffer& changed) {
    // What changes is taken in pieces that begin at characters which never combine with what is before them.
    const Byte *done = text.begin, *piece = text.begin;
    const auto is_border = [](std::uint32_t found) { return (found & nfkc_may_change) == 0 && combining_class(found) == 0; };
    changed.clear();
    unsigned before = 0;
    for (const Byte* at = text.begin; at != text.end;) {
        if (const Byte* const ascii = skip_ascii(at, text.end); ascii != at) {
            piece = ascii - 1;
            at = ascii;
            before = 0;
            continue;
        }
        const Byte* const here = at;
        const std::uint32_t found = properties(decode(at));
        const unsigned combining = combining_class(found);
        if (is_border(found)) piece = here;
        if ((found & nfkc_may_change) == 0 && (combining == 0 || before <= combining)) {
            before = combining;
            continue;
        }
        for (const Byte* next = at; next != text.end && !is_border(properties(decode(next)));) at = next;
        changed.append({done, piece});
        append_nfkc({piece, at}, changed);
        done = piece = at;
        before = 0;
    }
    if (done == text.begin) return text;
    changed.append({done, text.end});
    return changed.from(0);
}

}  // namespace dedupe::unicode
