// Texts as bytes: a view of UTF-8 that somebody else owns, and a buffer that grows.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <utility>

namespace dedupe {

using Byte = unsigned char;

struct Text {
    const Byte* begin;
    const Byte* end;

    std::size_t size() const { return static_cast<std::size_t>(end - begin); }
    bool empty() const { return begin == end; }
};

// How many bytes of a text have a property.
template <typename Has>
std::size_t count_bytes(Text text, Has has) {
    std::size_t found = 0;
    for (const Byte* at = text.begin; at != text.end;) {
        const Byte* const stop = at + std::min<std::ptrdiff_t>(text.end - at, 255);
        Byte some = 0;  // so that they fit into a byte, which compilers make vector code of
        for (; at != stop; ++at) some = static_cast<Byte>(some + has(*at));
        found += some;
    }
    return found;
}
inline std::size_t count_of(Byte wanted, Text text) {
    return count_bytes(text, [wanted](Byte byte) { return byte == wanted; });
}

// Values that are written at the end. Room is asked for once and then written without checks, since code that checks
// every byte is several times slower. A few values beyond what was asked for may be overwritten, or read, too.
template <typename T>
class Growing {
public:
    static constexpr std::size_t spare = 128;

    Growing() { grow(0); }

    // Return where to write, with room for `room` values and the spare ones; `finish` says where it ended.
    T* grow(std::size_t room) {
        if (capacity_ - size_ < room + spare) {
            const std::size_t capacity = (size_ + room + spare) * 3 / 2;
            std::unique_ptr<T[]> larger(new T[capacity]);
            if (size_ != 0) std::memcpy(larger.get(), values_.get(), size_ * sizeof(T));
            values_ = std::move(larger);
            capacity_ = capacity;
        }
        return values_.get() + size_;
    }
    void finish(const T* end) { size_ = static_cast<std::size_t>(end - values_.get()); }

    void push(T value) { *grow(1) = value, ++size_; }
    void shrink(std::size_t size) { size_ = size; }
    void clear() { size_ = 0; }

    T* data() { return values_.get(); }
    const T* data() const { return values_.get(); }
    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }

private:
    std::unique_ptr<T[]> values_;
    std::size_t size_ = 0, capacity_ = 0;
};

class Buffer : public Growing<Byte> {
public:
    void append(Text text) {
        Byte* const at = grow(text.size());
        if (!text.empty()) std::memcpy(at, text.begin, text.size());
        finish(at + text.size());
    }
    Text from(std::size_t start) const { return {data() + start, data() + size()}; }
};

}  // namespace dedupe
