// Rows of keys that share one with given rows, as dedupe/_reference.py defines it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace dedupe {

class Sieve {
public:
    // Rows of so many (width) keys; only those in some columns, each less than the width, count.
    Sieve(const std::uint32_t* known, std::size_t row_count, std::size_t width, std::vector<std::size_t> columns);

    std::size_t width() const { return width_; }

    // Write for each of these rows, as wide, 1 if it has in one of the columns what a known row has there, else 0.
    void passes(const std::uint32_t* rows, std::size_t row_count, std::uint8_t* out) const;

private:
    struct Column {
        std::size_t number;
        std::vector<std::uint32_t> firsts, keys;  // sorted; those with the upper bits b are from firsts[b] to firsts[b + 1]
        std::vector<std::uint64_t> may_be;        // a bit for some more of the upper bits: most keys need no search
    };

    std::size_t width_;
    int shift_;
    std::vector<Column> columns_;
};

}  // namespace dedupe
