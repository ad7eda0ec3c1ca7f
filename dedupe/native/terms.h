// Words of a text that are among some terms, as dedupe/_reference.py defines it.
#pragma once

#include "text.h"

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>

namespace dedupe {

struct TermCounts {
    std::int64_t words, found, different;
};

// Terms in small letters, looked up by words in which letters of ASCII may be capitals.
class Terms {
public:
    // Spaces are between the terms.
    explicit Terms(const std::string& terms);

    TermCounts in(Text text) const;

private:
    std::unordered_map<std::string, std::size_t> numbers_;
    std::array<std::uint64_t, 256> sizes_{};  // by the first byte of terms, a bit for each size that they have
};

}  // namespace dedupe
