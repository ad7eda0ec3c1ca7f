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
    // Add a line that is NFKC, not blank.
    void add_line(Text line);

    // How many lines wait for their keys, and how many bytes they have, masked.
    std::size_t count() const { return ends_.size(); }
    std::size_t size() const { return masked_.size(); }

    // Append the keys of the lines added since the last call, in order.
    void append_keys(std::vector<std::uint64_t>& column);

private:
    void mask(Text line);

    Buffer from_, to_, masked_;
    std::vector<std::size_t> ends_;  // of the lines in masked_; those that cannot count as frequent have nothing there
    std::vector<Message> messages_;
};

}  // namespace dedupe
