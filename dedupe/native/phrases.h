// The normal form of phrases, as dedupe/boilerplate/entries.py defines it: what words of a line are compared by.
#pragma once

#include "lines_words.h"
#include "text.h"
#include "unicode.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace dedupe {

// Reads words as the parts that they have in a phrase. What it hands out is valid until it is asked again.
class PhraseParts {
public:
    // A text as words are taken from it, NFKC.
    Text composed(Text text, bool is_ascii) { return is_ascii ? text : unicode::nfkc(text, composed_); }

    // Call `use` with each part of a word of a text that is NFKC until it says true of one; return whether it did. The
    // parts are case folded and without the punctuation around them, and a number that is written in one with a word is a
    // part of its own.
    template <typename Use>
    bool any(Text word, bool is_ascii, Use use) {
        folded_.clear();
        Byte* to = folded_.grow(3 * word.size());
        bool has_digits = false;
        for (const Byte* at = word.begin; at != word.end;) {
            if (is_ascii || *at < 0x80) {
                const Byte byte = *at++;
                has_digits |= static_cast<Byte>(byte - '0') < 10;
                *to++ = static_cast<Byte>(byte | (static_cast<Byte>(byte - 'A') < 26 ? 0x20 : 0));
            } else {
                const char32_t code = unicode::decode(at);
                has_digits |= is_number(code);
                to = unicode::fold(code, to);
            }
        }
        folded_.finish(to);
        const auto use_bare = [&use](Text part) {
            part = trimmed(part, [](char32_t code) { return (unicode::line_properties(code) & unicode::outer) != 0; });
            const bool is_bullet = part.size() == 1 && *part.begin == '+';
            return !part.empty() && !is_bullet && use(part);
        };
        return has_digits ? any_number_apart(folded_.from(0), use_bare) : use_bare(folded_.from(0));
    }

private:
    static bool is_number(char32_t code) { return (unicode::properties(code) & unicode::decimal) != 0; }

    // The same for a word that is case folded.
    template <typename Use>
    static bool any_number_apart(Text word, Use use) {
        const auto is_unspaced = [](char32_t code) { return (unicode::properties(code) & unicode::unspaced_block) != 0; };
        char32_t before = 0;
        for (const Byte* at = word.begin; at != word.end;) {
            const Byte* const cut = at;
            const char32_t code = unicode::decode(at);
            const Byte* rest = nullptr;  // where another part begins
            if ((is_number(before) && is_unspaced(code)) || (is_unspaced(before) && is_number(code))) {
                rest = cut;
            } else if ((code == '-' || code == ':') && at != word.end) {
                const Byte* next = at;
                const char32_t behind = unicode::decode(next);
                const bool number_behind = is_number(behind);
                if (code == '-' ? is_number(before) && unicode::is_word(behind) && !number_behind
                                : is_unspaced(before) && number_behind)
                    rest = at;
            }
            if (rest != nullptr) {
                if (use(Text{word.begin, cut})) return true;
                word.begin = rest;
            }
            before = code;
        }
        return use(word);
    }

    Buffer composed_, folded_;
};

struct PhraseForms {
    Buffer buffer;
    std::vector<std::int64_t> offsets{0};
};

// The normal form of each text.
PhraseForms phrase_forms(const std::vector<Text>& texts);

}  // namespace dedupe
