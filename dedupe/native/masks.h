// Lines to their keys, as dedupe/text/masks.py defines it.
#pragma once

#include "blake2b.h"
#include "text.h"

#include <cstdint>
#include <vector>

namespace dedupe {

// Masks one line after the other, and hashes many of them together.
class Masks {
public:
    // With `counted_only`, lines that cannot count as frequent get no key.
    explicit Masks(bool counted_only) : counted_only_(counted_only) {}

    // Add a line that is NFKC, not blank; return whether it can count as frequent.
    bool add_line(Text line);

    // How many lines wait for their keys, and how many bytes they have, masked.
    std::size_t count() const { return lines_.size(); }
    std::size_t size() const { return masked_.size(); }

    // The keys of the lines added since the last call, in order; good until the next.
    const std::vector<std::uint64_t>& keys();

private:
    struct Line {
        std::size_t stop;
        bool is_counted;
    };

    bool counted_only_;
    Buffer from_, to_, masked_;
    std::vector<Line> lines_;
    std::vector<Message> messages_;
    std::vector<std::uint64_t> keys_;
};

}  // namespace dedupe
