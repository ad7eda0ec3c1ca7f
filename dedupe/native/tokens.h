// Lines to tokens, as dedupe/text/normalize.py defines them: token form, normal form, worth in words.
#pragma once

#include "text.h"

#include <cstddef>
#include <cstdint>

namespace dedupe {

// The tokens of one segment after the other. `cased` and `folded` collect the token forms and the normal forms.
class Tokens {
public:
    Buffer cased, folded;
    Growing<std::uint64_t> hashes;  // of the tokens of this segment

    // Begin a segment: its token forms begin here, with nothing before them.
    void begin_segment();

    // Add the tokens of a line of the segment, which is NFKC. A line break always ends a token.
    void add_line(Text line);

    std::size_t cased_start() const { return cased_start_; }
    std::size_t folded_start() const { return folded_start_; }

    // What the segment is worth in words: symbols nothing, characters of a script without spaces some tenths.
    std::int32_t words() const { return static_cast<std::int32_t>((tenths_ + 9) / 10); }

    // Whether most tokens are characters of a script without spaces.
    bool is_unspaced() const { return 2 * static_cast<std::size_t>(unspaced_) > hashes.size(); }

private:
    std::size_t cased_start_ = 0, folded_start_ = 0;
    std::int64_t tenths_ = 0;  // of a word
    std::int32_t unspaced_ = 0;
};

}  // namespace dedupe
