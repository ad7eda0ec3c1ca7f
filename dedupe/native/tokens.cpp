#include "tokens.h"

#include "dispatch.h"
#include "signature.h"
#include "swar.h"
#include "unicode.h"

#include <algorithm>
#include <array>

namespace dedupe {
namespace {

using unicode::TokenClass;

constexpr char32_t minus = 0x2212;

enum class Action : Byte { word, separator, symbol, hyphen, other };

// What to do at each byte, read off the tables: most text is words and separators in ASCII.
const std::array<Action, 256> actions = [] {
    std::array<Action, 256> found;
    found.fill(Action::other);
    for (char32_t code = 0; code < 0x80; ++code) {
        const TokenClass token_class = unicode::token_class(unicode::properties(code));
        if (token_class == TokenClass::kept) found[code] = Action::word;
        if (token_class == TokenClass::separator) found[code] = Action::separator;
        if (token_class == TokenClass::alone) found[code] = Action::symbol;
    }
    found['-'] = Action::hyphen;
    return found;
}();

// The high bit of each byte that is an ASCII letter, digit or low line: those that words are made of.
std::uint64_t word_bytes(std::uint64_t bytes, std::uint64_t letters) {
    return letters | swar::digits(bytes) | swar::within(bytes, '_', '_');
}

// Where a run of three or more of one symbol ends, which draws a line and means nothing; `at` where there is none.
const Byte* skip_rule(const Byte* at, const Byte* end) {
    if (std::memchr("=+<>#%$^`", *at, 9) == nullptr) return at;
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
    std::int32_t words, unspaced;
};

// Begin a token unless one is in hand; a space goes before it unless it is the first of the segment.
DEDUPE_INLINE State begun(State state) {
    if (state.token != state.folded || state.hash == state.first_hash) return state;
    *state.cased++ = ' ';
    *state.folded++ = ' ';
    state.token = state.folded;
    return state;
}

// End the token in hand if there is one.
State ended(State state) {
    if (state.token == state.folded) return state;
    *state.hash++ = token_hash({state.token, state.folded});
    const Byte* at = state.token;
    const char32_t first = unicode::decode(at);
    const std::uint32_t properties = unicode::properties(first);
    if (at == state.folded && (properties & unicode::unspaced) != 0)
        ++state.unspaced;
    else if (at != state.folded || (properties & unicode::alphanumeric) != 0 || first == '_')
        ++state.words;
    state.token = state.folded;
    return state;
}

State with(State state, char32_t code) {
    state = begun(state);
    state.cased = unicode::encode(code, state.cased);
    const bool folds = (unicode::properties(code) & unicode::folds) != 0;
    state.folded = folds ? unicode::fold(code, state.folded) : unicode::encode(code, state.folded);
    return state;
}

// A symbol is a token of its own.
State with_alone(State state, char32_t code) { return ended(with(ended(state), code)); }

// Add the character that is not ASCII.
State with_other(State state, char32_t code) {
    switch (unicode::token_class(unicode::properties(code))) {
        case TokenClass::kept: return with(state, code);
        case TokenClass::alone: return with_alone(state, code);
        case TokenClass::dropped: return state;
        case TokenClass::separator: return ended(state);
        case TokenClass::replaced: return with(state, 0xFFFD);
    }
    return state;
}

// Whether the hyphen at `at` is the sign of a number.
bool is_sign(const Byte* at, Text line) {
    const Byte* next = at + 1;
    if (next == line.end || (unicode::properties(unicode::decode(next)) & unicode::decimal) == 0) return false;
    return at == line.begin || !unicode::is_word(unicode::last(at));
}

State with_line(State state, Text line) {
    for (const Byte* at = line.begin; at != line.end;) {
        switch (actions[*at]) {
            case Action::word: {
                state = begun(state);
                const std::size_t left = static_cast<std::size_t>(line.end - at);
                const std::uint64_t bytes =
                    left >= 8 ? swar::load(at) : swar::load_tail(at, left, static_cast<std::size_t>(at - line.begin));
                const std::uint64_t letters = swar::letters(bytes);
                const unsigned size = swar::first(~word_bytes(bytes, letters) & swar::high);
                const std::uint64_t lower = bytes | letters >> 2;  // the bit that tells a from A
                std::memcpy(state.cased, &bytes, 8);
                std::memcpy(state.folded, &lower, 8);
                const bool begins = state.token == state.folded;
                state.cased += size;
                state.folded += size;
                at += size;
                // Most tokens are short and end here: their hash needs no second look.
                if (begins && size < 8 && (at == line.end || actions[*at] == Action::separator)) {
                    *state.hash++ = short_token_hash(lower & ((std::uint64_t{1} << 8 * size) - 1), size);
                    ++state.words;
                    state.token = state.folded;
                    while (at != line.end && actions[*at] == Action::separator) ++at;
                }
                break;
            }
            case Action::separator:
                state = ended(state);
                ++at;
                break;
            case Action::symbol: {
                const Byte* const rule = skip_rule(at, line.end);
                state = rule == at ? with_alone(state, *at) : ended(state);
                at = std::max(rule, at + 1);
                break;
            }
            case Action::hyphen:
                state = is_sign(at, line) ? with_alone(state, minus) : ended(state);
                ++at;
                break;
            case Action::other: state = with_other(state, unicode::decode(at)); break;
        }
    }
    return ended(state);
}

}  // namespace

void Tokens::begin_segment() {
    hashes.clear();
    words_ = unspaced_ = 0;
    cased_start_ = cased.size();
    folded_start_ = folded.size();
}

void Tokens::add_line(Text line) {
    // A minus sign takes four bytes with its space, all others fewer for each byte of the line.
    Byte* const folded_at = folded.grow(4 * line.size());
    std::uint64_t* const hash = hashes.grow(line.size());
    const State state = with_line(
        {cased.grow(4 * line.size()), folded_at, folded_at, hash, hashes.data(), words_, unspaced_}, line);
    cased.finish(state.cased);
    folded.finish(state.folded);
    hashes.finish(state.hash);
    words_ = state.words;
    unspaced_ = state.unspaced;
}

}  // namespace dedupe
