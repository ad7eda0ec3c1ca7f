// The features of lines, as dedupe/boilerplate/features.py defines them, and the words that decide which are suspect.
#pragma once

#include "text.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace dedupe {

// What a word or phrase can be, bit by bit as in dedupe/boilerplate/lexicon.py.
enum Role : std::uint32_t {
    phrase_role = 1 << 0,
    first_role = 1 << 1,
    first_two_role = 1 << 2,
    second_role = 1 << 3,
    last_role = 1 << 4,
    tail_role = 1 << 5,
    name_role = 1 << 6,
    name_word_role = 1 << 7,
    menu_first_role = 1 << 8,
    menu_word_role = 1 << 9,
};

// The words and phrases of a lexicon with their roles; it does not change once it is made.
class Vocabulary {
public:
    // The text i has the roles i. The words of a phrase are words of menus, if it is short, and the first begins one.
    Vocabulary(const std::vector<Text>& texts, const std::uint32_t* roles);

    // How many bytes the longest of them has.
    std::size_t longest() const { return longest_; }

    // The roles of a word or phrase in normal form, 0 if there are none.
    std::uint32_t roles(Text text) const;

    // Whether a word begins with a name of three characters or more, and goes on behind it.
    bool begins_with_name(Text word) const;

private:
    struct Slot {
        std::uint32_t start = 0, size = 0, roles = 0;
    };
    void add(Text text, std::uint32_t roles);
    void resize(std::size_t capacity);
    std::size_t place(Text text, std::uint64_t hash) const;

    std::vector<Byte> bytes_;
    std::vector<Slot> slots_;
    std::vector<std::uint64_t> there_;  // a bit for each hash that a text has; most that is looked up has none
    std::array<std::vector<std::size_t>, 256> name_sizes_;  // of the names that begin with a byte
    std::size_t longest_ = 0, count_ = 0;
};

// The columns of class Features.
struct FeatureColumns {
    std::vector<std::int64_t> offsets;
    std::vector<std::int32_t> numbers;
    std::vector<std::int64_t> starts, ends, lengths;
    std::vector<std::int32_t> indents;
    std::vector<std::uint8_t> words, flags;
    std::vector<std::uint64_t> keys;
};

// The features of the lines of texts that are valid UTF-8, with keys if they are wanted.
FeatureColumns line_features(const std::vector<Text>& texts, const Vocabulary& vocabulary, bool keys);

}  // namespace dedupe
