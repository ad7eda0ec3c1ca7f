#include "tokens.h"

#include "dispatch.h"
#include "signature.h"
#include "sixteen.h"
#include "unicode.h"

#include <algorithm>
#include <bit>

namespace dedupe {
namespace {

using sixteen::bits;
using sixteen::Vector;
using sixteen::within;
using unicode::TokenClass;

constexpr char32_t minus = 0x2212;

// The bits of those bytes of a block that words are made of, and of those that need a look of their own: symbols,
// punctuation that may be a sign, and what is not ASCII. All others are separators.
struct Marks {
    std::uint64_t words, special;
};

DEDUPE_INLINE Marks marks_of(const Byte* block) {
    std::uint64_t words = 0, others = 0, digits = 0, points = 0, symbols = 0;
    for (std::size_t i = 0; i < sixteen::block_size; i += sixteen::size) {
        const Vector bytes = sixteen::load(block + i);
        const Vector digit = within(bytes, '0', '9');
        words |= bits(within(bytes | 0x20, 'a', 'z') | digit | Vector(bytes == '_')) << i;
        digits |= bits(digit) << i;
        others |= bits(bytes) << i;
        points |= bits(within(bytes, ',', '.') | Vector(bytes == ':')) << i;  // with the hyphen
        symbols |= bits(within(bytes, '#', '&') | within(bytes, '*', '+') | within(bytes, '<', '?') |
                        Vector(bytes == '!') | Vector(bytes == '/')) << i;
    }
    // Only before a digit can a point or a hyphen be a sign; what follows the block is not known here.
    return {words, symbols | others | (points & ((digits | others) >> 1 | std::uint64_t{1} << 63))};
}

// Where a run of three or more of one symbol ends, which draws a line and means nothing; `at` where there is none.
const Byte* skip_rule(const Byte* at, const Byte* end) {
    if (std::memchr("=+<>#%$", *at, 7) == nullptr) return at;
    const Byte* stop = at + 1;
    while (stop != end && *stop == *at) ++stop;
    return stop - at >= 3 ? stop : at;
}

// Where the two forms and the hashes are being written, and the token in hand. It is passed by value, so that it can
// stay in registers: the compiler must take every byte that is written for a part of an object in memory.
struct State {
    Byte *cased, *folded;
    const Byte* token;  // where the token in hand begins in the normal form; `folded` when there is none
    std::uint64_t* hash;
    const std::uint64_t* first_hash;  // of the segment
    std::int64_t tenths;
    std::int32_t unspaced;
};

// Begin a token unless one is in hand; a space goes before it unless it is the first of the segment.
DEDUPE_INLINE State begun(State state) {
    if (state.token != state.folded || state.hash == state.first_hash) return state;
    *state.cased++ = ' ';
    *state.folded++ = ' ';
    state.token = state.folded;
    return state;
}

// Whether the token is nothing but low lines, as a place to be filled in is drawn.
DEDUPE_INLINE bool is_drawn(const Byte* at, const Byte* end) {
    while (at != end && *at == '_') ++at;
    return at == end;
}

// End the token in hand if there is one.
DEDUPE_INLINE State ended(State state) {
    if (state.token == state.folded) return state;
    *state.hash++ = token_hash({state.token, state.folded});
    const Byte* at = state.token;
    const char32_t first = unicode::decode(at);
    const std::uint32_t properties = unicode::properties(first);
    if (at == state.folded && (properties & unicode::unspaced) != 0) {
        ++state.unspaced;
        state.tenths += unicode::tenths(properties);
    } else if ((at != state.folded || (properties & unicode::alphanumeric) != 0) && !is_drawn(state.token, state.folded)) {
        state.tenths += (properties & unicode::syllabic) != 0 ? unicode::syllable_tenths : 10;
    }
    state.token = state.folded;
    return state;
}

DEDUPE_INLINE State with(State state, char32_t code) {
    state = begun(state);
    state.cased = unicode::encode(code, state.cased);
    const bool folds = (unicode::properties(code) & unicode::folds) != 0;
    state.folded = folds ? unicode::fold(code, state.folded) : unicode::encode(code, state.folded);
    return state;
}

// A symbol is a token of its own.
DEDUPE_INLINE State with_alone(State state, char32_t code) { return ended(with(ended(state), code)); }

// Add the character that is not ASCII.
DEDUPE_INLINE State with_other(State state, char32_t code) {
    switch (unicode::token_class(unicode::properties(code))) {
        case TokenClass::kept: return with(state, code);
        case TokenClass::alone: return with_alone(state, code);
        case TokenClass::dropped: return state;
        case TokenClass::separator: return ended(state);
        case TokenClass::replaced: return with(state, 0xFFFD);
    }
    return state;
}

bool is_decimal(char32_t code) { return (unicode::properties(code) & unicode::decimal) != 0; }

// Whether the punctuation of `[at, next)` is a sign, by what stands right beside it: see dedupe/text/normalize.py.
bool is_sign(char32_t code, const Byte* at, const Byte* next, Text line) {
    const char32_t before = at == line.begin ? U' ' : unicode::last(at);
    const char32_t after = next == line.end ? U' ' : unicode::decode(next);
    switch (code) {
        case '!':
            if (after == '=' || (unicode::is_word(after) && !unicode::is_word(before))) return true;
            [[fallthrough]];
        case '?':
            if (is_decimal(before)) return true;
            return (before == '!' || before == '?') && at - 1 != line.begin && is_decimal(unicode::last(at - 1));
        case '/': return before != '/' && before != '*' && after != '/' && after != '*';
        case '*': return unicode::is_word(before) && unicode::is_word(after);
        default: break;
    }
    if (!is_decimal(after)) return false;
    if (is_decimal(before)) return true;
    return !unicode::is_word(before) && (code == '.' ? before != '.' : code != ',' && code != ':');
}

// Add `size` letters, digits and low lines to the token in hand, or a token of them; `is_whole` if it ends with them.
DEDUPE_INLINE State with_word(State state, const Byte* at, std::size_t size, bool is_whole) {
    const bool begins = state.token == state.folded;
    state = begun(state);
    for (std::size_t i = 0; i < size; i += sixteen::size) {  // what is copied behind the end means nothing
        const Vector bytes = sixteen::load(at + i);
        sixteen::store(bytes, state.cased + i);
        sixteen::store(sixteen::lower(bytes), state.folded + i);
    }
    state.cased += size;
    state.folded += size;
    if (!is_whole) return state;
    if (!begins) return ended(state);
    *state.hash++ = size < 8 ? short_token_hash(swar::load(state.token) & ((std::uint64_t{1} << 8 * size) - 1), size)
                             : token_hash({state.token, state.folded});
    if (!is_drawn(state.token, state.folded)) state.tenths += 10;
    state.token = state.folded;
    return state;
}

// Add what needs a look of its own, and move on to what follows it.
DEDUPE_INLINE State with_special(State state, const Byte*& at, Text line) {
    const Byte* const here = at;
    if (*at >= 0x80) {
        const char32_t code = unicode::decode(at);
        const bool is_dash = (unicode::properties(code) & unicode::token_dash) != 0;
        return is_dash && is_sign(code, here, at, line) ? with_alone(state, minus) : with_other(state, code);
    }
    if (std::memchr("!*,-./:?", *at, 8) != nullptr) {
        const Byte code = *at++;
        return is_sign(code, here, at, line) ? with_alone(state, code == '-' ? minus : code) : ended(state);
    }
    const Byte* const rule = skip_rule(at, line.end);
    if (rule == at) return with_alone(state, *at++);
    at = rule;
    return ended(state);
}

State with_line(State state, Text line) {
    for (const Byte* at = line.begin; at != line.end;) {
        const sixteen::Block block(at, line.end);
        const Marks marks = marks_of(block.begin());
        const std::size_t size = block.size();
        const bool is_last = at + size == line.end;
        // From one byte that needs a look of its own to the next; `done` bytes are through.
        std::size_t done = 0;
        while (done < size) {
            const std::uint64_t left = ~std::uint64_t{0} << done, special = marks.special & left;
            const std::size_t stop = special == 0 ? size : static_cast<std::size_t>(std::countr_zero(special));
            std::uint64_t words = marks.words & left & ((special & -special) - 1);
            if (done < stop && (words >> done & 1) == 0) state = ended(state);
            // Whether a token cannot go on at `stop`.
            const bool ends = stop < size ? block.begin()[stop] < 0x80 : is_last;
            while (words != 0) {
                const std::size_t first = static_cast<std::size_t>(std::countr_zero(words));
                const std::uint64_t behind = words + (words & -words);  // the run became one bit behind it
                const std::size_t end = behind == 0 ? size : static_cast<std::size_t>(std::countr_zero(behind & ~words));
                state = with_word(state, block.begin() + first, end - first, end < stop || ends);
                words &= behind;
            }
            const Byte* next = at + stop;
            if (stop < size) state = with_special(state, next, line);
            done = static_cast<std::size_t>(next - at);
        }
        at += done;
    }
    return ended(state);
}

}  // namespace

void Tokens::begin_segment() {
    hashes.clear();
    tenths_ = unspaced_ = 0;
    cased_start_ = cased.size();
    folded_start_ = folded.size();
}

void Tokens::add_line(Text line) {
    // A minus sign takes four bytes with its space, all others fewer for each byte of the line.
    Byte* const folded_at = folded.grow(4 * line.size());
    std::uint64_t* const hash = hashes.grow(line.size());
    const State state = with_line(
        {cased.grow(4 * line.size()), folded_at, folded_at, hash, hashes.data(), tenths_, unspaced_}, line);
    cased.finish(state.cased);
    folded.finish(state.folded);
    hashes.finish(state.hash);
    tenths_ = state.tenths;
    unspaced_ = state.unspaced;
}

}  // namespace dedupe
