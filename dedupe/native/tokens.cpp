#include "tokens.h"

#include "signature.h"
#include "unicode.h"

namespace dedupe {
namespace {

using unicode::TokenClass;

constexpr char32_t minus = 0x2212;

// Whether three or more of one symbol stand at `at`: they draw a line and mean nothing.
const Byte* skip_rule(const Byte* at, const Byte* end) {
    if (std::memchr("=+<>#%$^`", *at, 9) == nullptr) return at;
    const Byte* stop = at + 1;
    while (stop != end && *stop == *at) ++stop;
    return stop - at >= 3 ? stop : at;
}

}  // namespace

// Where the two forms are being written, and the token that is being read.
struct Tokens::Writer {
    Tokens& tokens;
    Byte *cased, *folded;
    const Byte* token;  // where the token in hand begins in the normal form

    Writer(Tokens& tokens, std::size_t size)
        : tokens(tokens),
          cased(tokens.cased.grow(4 * size)),  // a minus sign takes four bytes with its space, most others fewer
          folded(tokens.folded.grow(4 * size)),
          token(folded) {}

    void put(char32_t code) {
        if (token == folded) begin();
        cased = unicode::encode(code, cased);
        folded = unicode::fold(code, folded);
    }

    void put_alone(char32_t code) {
        end();
        put(code);
        end();
    }

    // Separate the token from the one before it in the segment.
    void begin() {
        if (tokens.hashes.empty()) return;
        *cased++ = ' ';
        *folded++ = ' ';
        token = folded;
    }

    void end() {
        if (token == folded) return;
        const Text text{token, folded};
        tokens.hashes.push_back(token_hash(text));
        const Byte* at = token;
        const char32_t first = unicode::decode(at);
        if (at != folded) {
            ++tokens.words_;
        } else {
            const std::uint32_t properties = unicode::properties(first);
            if ((properties & unicode::unspaced) != 0)
                ++tokens.unspaced_;
            else if ((properties & unicode::alphanumeric) != 0 || first == '_')
                ++tokens.words_;
        }
        token = folded;
    }

    void finish() {
        end();
        tokens.cased.finish(cased);
        tokens.folded.finish(folded);
    }
};

void Tokens::begin_segment() {
    hashes.clear();
    words_ = unspaced_ = 0;
    cased_start_ = cased.size();
    folded_start_ = folded.size();
}

void Tokens::add_line(Text line, bool is_ascii) {
    (void)is_ascii;
    Writer writer(*this, line.size());
    bool after_word = false;
    for (const Byte* at = line.begin; at != line.end;) {
        const Byte* const rule = skip_rule(at, line.end);
        if (rule != at) {
            writer.end();
            at = rule;
            after_word = false;
            continue;
        }
        const char32_t code = unicode::decode(at);
        const std::uint32_t properties = unicode::properties(code);
        if ((code == '-' || code == minus) && !after_word && at != line.end) {
            const Byte* next = at;
            if ((unicode::properties(unicode::decode(next)) & unicode::decimal) != 0) {
                writer.put_alone(minus);
                continue;
            }
        }
        after_word = (properties & unicode::alphanumeric) != 0 || code == '_';
        switch (unicode::token_class(properties)) {
            case TokenClass::kept: writer.put(code); break;
            case TokenClass::alone: writer.put_alone(code); break;
            case TokenClass::dropped: break;
            case TokenClass::separator: writer.end(); break;
            case TokenClass::replaced: writer.put(0xFFFD); break;
        }
    }
    writer.finish();
}

}  // namespace dedupe
