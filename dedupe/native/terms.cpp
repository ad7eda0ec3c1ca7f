#include "terms.h"

#include "lines_words.h"
#include "unicode.h"

#include <algorithm>
#include <vector>

namespace dedupe {
namespace {

Byte small(Byte byte) { return byte >= 'A' && byte <= 'Z' ? static_cast<Byte>(byte | 0x20) : byte; }

std::uint64_t bit_of_size(std::size_t size) { return std::uint64_t{1} << std::min<std::size_t>(size, 63); }

// What parts words, by byte; a character that is not ASCII has to be looked up.
constexpr Byte inside = 0, apart = 1, wide = 2;

std::array<Byte, 256> kinds_of_bytes() {
    std::array<Byte, 256> kinds{};
    for (std::size_t byte = 0; byte < 0x80; ++byte)
        kinds[byte] = byte == ',' || byte == '.' || byte == ';' || is_white(static_cast<char32_t>(byte)) ? apart : inside;
    std::fill(kinds.begin() + 0x80, kinds.end(), wide);
    return kinds;
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
    static const std::array<Byte, 256> kinds = kinds_of_bytes();
    TermCounts counts{0, 0, 0};
    std::vector<bool> seen(numbers_.size());
    std::string word;
    for (const Byte* at = text.begin; at != text.end;) {
        const Byte* const begin = at;
        const Byte* end = at;  // where the character begins that parts the word from the next
        do {
            while (at != text.end && kinds[*at] == inside) ++at;
            end = at;
        } while (at != text.end && !(is_white(unicode::decode(at)) || kinds[*end] == apart));
        if (end == begin) continue;
        ++counts.words;
        const auto size = static_cast<std::size_t>(end - begin);
        if ((sizes_[small(*begin)] & bit_of_size(size)) == 0) continue;
        word.assign(begin, end);
        for (char& letter : word) letter = static_cast<char>(small(static_cast<Byte>(letter)));
        const auto found = numbers_.find(word);
        if (found == numbers_.end()) continue;
        ++counts.found;
        counts.different += !seen[found->second];
        seen[found->second] = true;
    }
    return counts;
}

}  // namespace dedupe
