#include "terms.h"

#include "lines_words.h"
#include "sixteen.h"
#include "unicode.h"

#include <algorithm>
#include <vector>

namespace dedupe {
namespace {

Byte small(Byte byte) { return byte >= 'A' && byte <= 'Z' ? static_cast<Byte>(byte | 0x20) : byte; }

std::uint64_t bit_of_size(std::size_t size) { return std::uint64_t{1} << std::min<std::size_t>(size, 63); }

// The bits of the commas, full stops and semicolons of a block.
std::uint64_t mark_bits(const sixteen::Block& block) {
    std::uint64_t marks = 0;
    for (std::size_t i = 0; i < sixteen::block_size; i += sixteen::size) {
        const sixteen::Vector bytes = sixteen::load(block.begin() + i);
        marks |= sixteen::bits(sixteen::Vector(bytes == ',') | sixteen::Vector(bytes == '.') | sixteen::Vector(bytes == ';')) << i;
    }
    return marks;
}

}  // namespace

Terms::Terms(const std::string& terms) {
    for (std::size_t at = 0; at < terms.size();) {
        const std::size_t end = std::min(terms.find(' ', at), terms.size());
        if (end > at) {
            numbers_.emplace(terms.substr(at, end - at), numbers_.size());
            sizes_[static_cast<Byte>(terms[at])] |= bit_of_size(end - at);
        }
        at = end + 1;
    }
}

TermCounts Terms::in(Text text) const {
    TermCounts counts{0, 0, 0};
    std::vector<bool> seen(numbers_.size());
    std::string word;
    std::uint64_t spilt = 0;
    const auto apart = [&](const sixteen::Block& block, const Byte* at) {
        return white_bits(block, at, false, spilt) | mark_bits(block);
    };
    sixteen::any_run(text, apart, [&](Text found) {
        ++counts.words;
        if ((sizes_[small(*found.begin)] & bit_of_size(found.size())) == 0) return false;
        word.assign(found.begin, found.end);
        for (char& letter : word) letter = static_cast<char>(small(static_cast<Byte>(letter)));
        if (const auto term = numbers_.find(word); term != numbers_.end()) {
            ++counts.found;
            counts.different += !seen[term->second];
            seen[term->second] = true;
        }
        return false;
    });
    return counts;
}

}  // namespace dedupe
