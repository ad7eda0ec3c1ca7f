// Texts as bytes: a view of UTF-8 that somebody else owns, and a buffer that grows.
#pragma once

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

// Bytes that are written at the end. Room is asked for once and then written without checks, since code that
// checks every byte is several times slower; a few bytes beyond what was asked for may be overwritten too.
class Buffer {
public:
    static constexpr std::size_t spare = 64;

    // Return where to write, with room for `room` bytes and the spare ones; `finish` says where it ended.
    Byte* grow(std::size_t room) {
        if (capacity_ - size_ < room + spare) {
            const std::size_t capacity = (size_ + room + spare) * 3 / 2;
            std::unique_ptr<Byte[]> larger(new Byte[capacity]);
            if (size_ != 0) std::memcpy(larger.get(), bytes_.get(), size_);
            bytes_ = std::move(larger);
            capacity_ = capacity;
        }
        return bytes_.get() + size_;
    }
    void finish(const Byte* end) { size_ = static_cast<std::size_t>(end - bytes_.get()); }

    void append(Text text) {
        Byte* at = grow(text.size());
        if (!text.empty()) std::memcpy(at, text.begin, text.size());
        size_ += text.size();
    }
    void push(Byte byte) { *grow(1) = byte, ++size_; }
    void shrink(std::size_t size) { size_ = size; }
    void clear() { size_ = 0; }

    const Byte* data() const { return bytes_.get(); }
    std::size_t size() const { return size_; }
    Text from(std::size_t start) const { return {data() + start, data() + size_}; }

private:
    std::unique_ptr<Byte[]> bytes_;
    std::size_t size_ = 0, capacity_ = 0;
};

}  // namespace dedupe
