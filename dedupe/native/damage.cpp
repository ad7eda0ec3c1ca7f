#include "damage.h"

#include "swar.h"
#include "unicode.h"

namespace dedupe {
namespace {

constexpr std::uint32_t suspicious_alone = 1u << 31;

std::uint32_t pairs_begun(char32_t code) {
    using namespace unicode;
    return suspect_first_blocks[suspect_first_index[code / block_size] * block_size + code % block_size];
}

std::uint32_t pairs_ended(char32_t code) {
    using namespace unicode;
    return suspect_second_blocks[suspect_second_index[code / block_size] * block_size + code % block_size];
}

// Where a character comes that is not ASCII, or a control character that may be none of a sound text.
const Byte* skip_printable(const Byte* at, const Byte* end) {
    for (; end - at >= 8; at += 8) {
        const std::uint64_t bytes = swar::load(at);
        const std::uint64_t odd = (bytes & swar::high) | swar::within(bytes, 0, 0x1F) | swar::within(bytes, 0x7F, 0x7F);
        if (odd != 0) return at + swar::first(odd);
    }
    return at;
}

}  // namespace

bool may_need_repair(Text text) {
    std::uint32_t begun = 0;
    for (const Byte* at = text.begin; at != text.end;) {
        // No pair begins with ASCII.
        if (begun == 0) at = skip_printable(at, text.end);
        if (at == text.end) break;
        const char32_t code = unicode::decode(at);
        const std::uint32_t ended = pairs_ended(code);
        if ((ended & (begun | suspicious_alone)) != 0) return true;
        begun = pairs_begun(code);
    }
    return false;
}

}  // namespace dedupe
