#include "lines.h"

#include "lines_words.h"
#include "masks.h"
#include "phrases.h"
#include "segments.h"
#include "signature.h"
#include "swar.h"
#include "unicode.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <string_view>
#include <utility>

namespace dedupe {
namespace {

using unicode::line_properties;

enum Flag : std::uint8_t { suspect = 1, terminated = 2, good = 4, runs_on = 8, tallied = 16, ends_code = 32 };

bool is_digit(Byte byte) { return byte >= '0' && byte <= '9'; }

// Whether a text ends in a number of up to three figures, or six with a mark between them, in brackets behind words.
bool has_tally(Text text) {
    const auto digits = [&text](const Byte* end) {  // where the figures that end here begin
        const Byte* at = end;
        while (at != text.begin && end - at < 3 && is_digit(at[-1])) --at;
        return at;
    };
    if (text.size() < 4 || text.end[-1] != ')') return false;
    const Byte* end = text.end - 1;
    const Byte* at = digits(end);
    if (at == end) return false;
    if (end - at == 3 && at - text.begin > 1 && (at[-1] == ',' || at[-1] == '.') && is_digit(at[-2])) at = digits(at - 1);
    return at - text.begin >= 2 && at[-1] == '(' && (at[-2] < '!' || at[-2] > '~');
}

constexpr std::int64_t max_line = 240, max_tail = 60, good_length = 200, unspaced_length = 60;
constexpr std::int64_t least_wrapped = 40, most_wrapped = 120, full_line = 40;
constexpr std::size_t most_words = 99, max_button_words = 24, max_menu_item = 4, least_joined = 8, least_name = 3;
constexpr double min_density = 0.18;
// Hashes are computed for this much text at a time.
constexpr std::size_t hashed_together = 1 << 16;

// The small words of sentences, as numbers: all of them fit into eight bytes.
class FunctionWords {
public:
    FunctionWords() {
        while (!all_have_places()) factor_ += 2;
    }

    // Whether a word, behind which a text can be read up to `end`, is one of them. There are no branches on what the word
    // is, since it is another one every time.
    bool has(Text word, const Byte* end) const {
        const std::size_t size = std::min(word.size(), most_bytes);
        const bool is_inside = static_cast<std::size_t>(end - word.begin) >= most_bytes;
        const std::uint64_t key = is_inside ? swar::load(word.begin) & ~std::uint64_t{0} >> 8 * (most_bytes - size)
                                            : swar::load(word.begin, size);
        const auto& [one, other] = places_[place(key)];
        // Zeros at the end of a word make no other number.
        return ((key == one) | (key == other)) & (word.size() <= most_bytes) & (word.end[-1] != 0);
    }

private:
    static constexpr std::size_t most_bytes = 8;

    // Whether by this factor no more than two words fall into one place.
    bool all_have_places() {
        places_ = {};
        for (const char* const word : unicode::function_words) {
            const std::uint64_t key = swar::load(reinterpret_cast<const Byte*>(word), std::strlen(word));
            auto& [one, other] = places_[place(key)];
            if (other != 0) return false;
            (one == 0 ? one : other) = key;
        }
        return true;
    }

    std::size_t place(std::uint64_t key) const { return static_cast<std::size_t>(key * factor_ >> 54); }

    std::uint64_t factor_ = 0x9E3779B97F4A7C15u;
    std::array<std::array<std::uint64_t, 2>, 1024> places_{};
};

const FunctionWords function_words;

// A line that is not blank, without the white space around it.
struct Content {
    Text text;
    std::int64_t number, length;  // characters
    std::size_t words;
    bool is_ascii;
};

// Whether lines joined by spaces read like sentences; dedupe/boilerplate/running_text.py has the rule.
bool is_running_text(const Content* first, const Content* stop) {
    std::int64_t length = stop - first - 1;
    std::size_t words = 0;
    for (const Content* line = first; line != stop; ++line) {
        length += line->length;
        words += line->words;
    }
    const Text end = stop[-1].text;
    if (length < good_length)
        return length >= unspaced_length && length > 15 * static_cast<std::int64_t>(words) && is_terminated(end);
    const std::size_t many = static_cast<std::size_t>(std::ceil(min_density * static_cast<double>(words)));
    std::size_t small = 0;
    for (const Content* line = first; line != stop && small < many; ++line)
        any_word(line->text, line->is_ascii, [&](Text word) {
            small += function_words.has(word, line->text.end);
            return small >= many;
        });
    if (small >= many) return true;
    if (!is_terminated(end)) return false;
    std::size_t cased = 0, lower = 0;
    for (const Content* line = first; line != stop; ++line)
        each_word(line->text, line->is_ascii, [&](Text word) {
            const std::uint16_t properties = line_properties(unicode::decode(word.begin));
            if ((properties & unicode::cased) == 0) return;
            ++cased;
            lower += (properties & unicode::lower) != 0;
        });
    return 2 * cased < words || 5 * lower >= 3 * cased;
}

// Whether a text is in capitals, as str.isupper says.
bool is_upper(Text text) {
    bool has_capital = false;
    while (!text.empty()) {
        const std::uint16_t properties = line_properties(unicode::decode(text.begin));
        if ((properties & (unicode::lower | unicode::title)) != 0) return false;
        has_capital = has_capital || (properties & unicode::upper) != 0;
    }
    return has_capital;
}

// Whether a line that does not end a sentence goes on in the one right below; dedupe/boilerplate/running_text.py has the
// rule.
bool goes_on(const Content& line, const Content& below) {
    const Byte* first = below.text.begin;
    const std::uint16_t properties = line_properties(unicode::decode(first));
    if ((properties & unicode::lower) != 0) return true;
    return (properties & unicode::upper) != 0 && below.words > 1 && is_upper(line.text);
}

bool is_wrapped(const Content& line) { return line.length >= least_wrapped && line.length <= most_wrapped; }

// What separates the items of a bar, and what stands before a tail.
enum Sign : Byte { bar_sign = 1, spaced_sign = 2, white_sign = 4, tail_sign = 8 };

Byte signs_of(char32_t code) {
    const std::uint16_t properties = line_properties(code);
    return static_cast<Byte>(((properties & unicode::bar) != 0 ? bar_sign : 0) |
                             ((properties & unicode::spaced_bar) != 0 ? spaced_sign : 0) | (is_white(code) ? white_sign : 0) |
                             ((properties & unicode::tail_mark) != 0 ? tail_sign : 0));
}

const std::array<Byte, 0x80> ascii_signs = [] {
    std::array<Byte, 0x80> signs;
    for (char32_t code = 0; code < signs.size(); ++code) signs[code] = signs_of(code);
    return signs;
}();

// Those of the character at `at`; moves on to the next.
Byte next_signs(const Byte*& at) { return *at < 0x80 ? ascii_signs[*at++] : signs_of(unicode::decode(at)); }

// Decides which lines are worth reading against the lexicon, as Lexicon.may_know does.
class Suspicion {
public:
    explicit Suspicion(const Vocabulary& vocabulary) : vocabulary_(vocabulary) {}

    bool of(const Content& line) {
        return may_have_tail(line) || (line.length <= max_line && may_be_known(line));
    }

private:
    bool may_have_tail(const Content& line) {
        if (line.length < 20) return false;
        const char32_t last = unicode::last(line.text.end);
        const bool dots = line.text.size() >= 3 && std::memcmp(line.text.end - 3, "...", 3) == 0;
        if (!dots && (line_properties(last) & unicode::sentence_mark) != 0) return false;
        Text tail = line.text;
        if (line.length > max_tail) {
            tail.begin = tail.end;
            for (std::int64_t i = 0; i < max_tail; ++i) tail.begin = before(tail.begin);
        }
        bool is_marked = false;
        for (const Byte* at = tail.begin; at != tail.end && !is_marked;)
            is_marked = (next_signs(at) & tail_sign) != 0;
        if (!is_marked) return false;
        return any_word(parts_.composed(tail, line.is_ascii), line.is_ascii, [&](Text word) {
            return parts_.any(word, line.is_ascii, [&](Text part) { return (vocabulary_.roles(part) & tail_role) != 0; });
        });
    }

    // Words are looked at from the first to the last only as long as they may all be of one kind; most lines are
    // through with after two.
    bool may_be_known(const Content& line) {
        const Text text = parts_.composed(line.text, line.is_ascii);
        normal_.clear();
        Byte* const normal = normal_.grow(3 * text.size() + 1);
        Byte* to = normal;
        const auto roles = [&](const Byte* begin) { return vocabulary_.roles({begin, to}); };
        std::size_t count = 0;
        bool names = true, menu = true, phrase = true, known = false;
        const auto is_settled = [&](Text word) {
            if (count > 0) *to++ = ' ';
            Byte* const begin = to;
            std::memcpy(begin, word.begin, word.size());
            to += word.size();
            if (++count <= 2 || names || menu) {
                const std::uint32_t found = roles(begin);
                if (count == 1) {
                    known = (found & first_role) != 0;
                    phrase = menu = (found & menu_first_role) != 0;
                } else if (count == 2) {
                    known = (found & second_role) != 0 || (roles(normal) & first_two_role) != 0;
                }
                names = names && ((found & name_word_role) != 0 || begins_with_name({begin, to}));
                menu = menu && (found & menu_word_role) != 0;
                if (count > max_button_words) names = menu = false;
            }
            phrase = phrase && static_cast<std::size_t>(to - normal) <= vocabulary_.longest();
            return known || !(names || menu || phrase || count < 2);
        };
        const bool whole = !any_word(
            text, line.is_ascii, [&](Text word) { return parts_.any(word, line.is_ascii, is_settled); });
        if (count == 0) return false;
        if (known) return true;
        if (whole && ((phrase && (roles(normal) & phrase_role) != 0) || names || (menu && count >= 4))) return true;
        return (vocabulary_.roles(last_word(text, line.is_ascii)) & last_role) != 0 || may_be_bar(line) || may_be_rank(line.text);
    }

    bool begins_with_name(Text word) const {
        return unicode::count(word) >= least_joined && vocabulary_.begins_with_name(word);
    }

    static bool may_be_bar(const Content& line) {
        std::size_t separators = 0;
        Byte before = 0;
        for (const Byte* at = line.text.begin; at != line.text.end;) {  // without branches
            const Byte signs = next_signs(at);
            separators += (signs & bar_sign) | ((signs & spaced_sign) / spaced_sign & (before & white_sign) / white_sign);
            before = signs;
        }
        return separators >= 2 && line.words <= (max_menu_item + 1) * separators + max_menu_item;
    }

    static bool may_be_rank(Text content) {
        if (std::memchr(content.begin, ':', content.size()) == nullptr) return false;
        return std::none_of(content.begin, content.end, [](Byte byte) { return byte >= 'a' && byte <= 'z'; });
    }

    // The last word that is not all punctuation; empty if there is none.
    Text last_word(Text text, bool is_ascii) {
        for (;;) {
            while (!text.empty() && is_white(unicode::last(text.end))) text.end = before(text.end);
            const Byte* begin = text.end;
            while (begin != text.begin && !is_white(unicode::last(begin))) begin = before(begin);
            Text word{nullptr, nullptr};
            parts_.any({begin, text.end}, is_ascii, [&word](Text part) { return word = part, false; });
            if (!word.empty() || begin == text.begin) return word;
            text.end = begin;
        }
    }

    const Vocabulary& vocabulary_;
    PhraseParts parts_;
    Buffer normal_;
};

class Reader {
public:
    Reader(const Vocabulary& vocabulary, bool keys) : suspicion_(vocabulary), wants_keys_(keys) {
        columns.offsets.push_back(0);
    }

    FeatureColumns columns;

    void add(Text text) {
        lines_.clear();
        contents_.clear();
        split_lines(text, lines_);
        const std::size_t before = columns.flags.size();
        for (std::size_t number = 0; number < lines_.size(); ++number)
            if (!lines_[number].is_blank) add_line(lines_[number], static_cast<std::int64_t>(number));
        mark_good(columns.flags.data() + before);
        mark_running_on(columns.flags.data() + before);
        columns.offsets.push_back(static_cast<std::int64_t>(columns.flags.size()));
        if (masks_.size() >= hashed_together) finish();
    }

    void finish() { masks_.append_keys(columns.keys); }

private:
    void add_line(const Line& line, std::int64_t number) {
        const Text text = trimmed(line.text, is_white);
        Content content{text, number, 0, 0, line.is_ascii};
        content.length = static_cast<std::int64_t>(line.is_ascii ? text.size() : unicode::count(text));
        content.words = word_count(text, line.is_ascii);
        contents_.push_back(content);
        const bool is_long = content.length > max_line;
        std::uint8_t flags = is_long || is_terminated(text) ? terminated : 0;
        if (suspicion_.of(content)) flags |= suspect;
        if (!is_long && has_tally(text)) flags |= tallied;
        if (const Byte last = text.end[-1]; last == ';' || last == '{' || last == '}') flags |= ends_code;
        columns.numbers.push_back(static_cast<std::int32_t>(number));
        columns.starts.push_back(line.start);
        columns.ends.push_back(line.end);
        columns.lengths.push_back(content.length);
        const Text indent{line.text.begin, text.begin};
        columns.indents.push_back(static_cast<std::int32_t>(line.is_ascii ? indent.size() : unicode::count(indent)));
        const std::size_t words = line.is_ascii ? content.words : std::max(content.words, unspaced_words(text));
        columns.words.push_back(static_cast<std::uint8_t>(is_long ? most_words : std::min(words, most_words)));
        columns.flags.push_back(flags);
        if (wants_keys_) masks_.add_line(line.is_ascii ? line.text : unicode::nfkc(line.text, composed_));
    }

    // Lines of the width of a page that follow each other are judged as the paragraph they make.
    void mark_good(std::uint8_t* flags) {
        for (std::size_t first = 0, stop = 0; first < contents_.size(); first = stop) {
            stop = first + 1;
            while (stop < contents_.size() && contents_[stop].number == contents_[stop - 1].number + 1 &&
                   is_wrapped(contents_[stop - 1]) && contents_[stop].length <= most_wrapped)
                ++stop;
            if (!is_running_text(&contents_[first], &contents_[first] + (stop - first))) continue;
            for (std::size_t i = first; i < stop; ++i) flags[i] |= good;
        }
    }

    void mark_running_on(std::uint8_t* flags) {
        for (std::size_t i = 0; i + 1 < contents_.size(); ++i) {
            const Content &line = contents_[i], &below = contents_[i + 1];
            if (line.length < full_line || below.number != line.number + 1 || is_terminated(line.text)) continue;
            if (goes_on(line, below)) flags[i] |= runs_on;
        }
    }

    Suspicion suspicion_;
    bool wants_keys_;
    Masks masks_;
    Buffer composed_;
    std::vector<Line> lines_;
    std::vector<Content> contents_;
};

}  // namespace

Vocabulary::Vocabulary(const std::vector<Text>& texts, const std::uint32_t* roles) {
    std::size_t capacity = 64;
    while (capacity < 3 * texts.size()) capacity *= 2;
    resize(capacity);
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const Text text = texts[i];
        add(text, roles[i]);
        if ((roles[i] & phrase_role) != 0) {
            const bool is_short = std::count(text.begin, text.end, Byte{0x20}) < static_cast<std::ptrdiff_t>(max_menu_item);
            const Byte* begin = text.begin;
            while (begin != text.end && (begin == text.begin || is_short)) {
                const Byte* end = std::find(begin, text.end, Byte{0x20});
                add({begin, end}, (begin == text.begin ? menu_first_role : 0u) | (is_short ? menu_word_role : 0u));
                begin = end == text.end ? end : end + 1;
            }
        }
        if ((roles[i] & name_role) == 0 || unicode::count(text) < least_name) continue;
        std::vector<std::size_t>& sizes = name_sizes_[*text.begin];
        if (std::find(sizes.begin(), sizes.end(), text.size()) == sizes.end()) sizes.push_back(text.size());
    }
}

void Vocabulary::add(Text text, std::uint32_t roles) {
    const std::uint64_t hash = token_hash(text);
    Slot& slot = slots_[place(text, hash)];
    if (slot.roles != 0) {
        slot.roles |= roles;
        return;
    }
    slot = {static_cast<std::uint32_t>(bytes_.size()), static_cast<std::uint32_t>(text.size()), roles};
    there_[(hash / 64) & (there_.size() - 1)] |= std::uint64_t{1} << hash % 64;
    bytes_.insert(bytes_.end(), text.begin, text.end);
    longest_ = std::max(longest_, text.size());
    if (2 * ++count_ > slots_.size()) resize(2 * slots_.size());
}

void Vocabulary::resize(std::size_t capacity) {
    const std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(capacity));
    there_.assign(capacity / 32, 0);
    for (const Slot& slot : old) {
        if (slot.roles == 0) continue;
        const Text text{bytes_.data() + slot.start, bytes_.data() + slot.start + slot.size};
        const std::uint64_t hash = token_hash(text);
        slots_[place(text, hash)] = slot;
        there_[(hash / 64) & (there_.size() - 1)] |= std::uint64_t{1} << hash % 64;
    }
}

std::uint32_t Vocabulary::roles(Text text) const {
    if (text.size() > longest_) return 0;
    const std::uint64_t hash = token_hash(text);
    if ((there_[(hash / 64) & (there_.size() - 1)] >> hash % 64 & 1) == 0) return 0;
    return slots_[place(text, hash)].roles;
}

bool Vocabulary::begins_with_name(Text word) const {
    const std::vector<std::size_t>& sizes = name_sizes_[*word.begin];
    return std::any_of(sizes.begin(), sizes.end(), [&](std::size_t size) {
        return size < word.size() && (roles({word.begin, word.begin + size}) & name_role) != 0;
    });
}

// The slot of a text with this hash, or the empty one where it would go.
std::size_t Vocabulary::place(Text text, std::uint64_t hash) const {
    std::size_t slot = (hash >> 32) & (slots_.size() - 1);
    while (slots_[slot].roles != 0 && (slots_[slot].size != text.size() ||
                                       std::memcmp(bytes_.data() + slots_[slot].start, text.begin, text.size()) != 0))
        slot = (slot + 1) & (slots_.size() - 1);
    return slot;
}

FeatureColumns line_features(const std::vector<Text>& texts, const Vocabulary& vocabulary, bool keys) {
    Reader reader(vocabulary, keys);
    for (const Text text : texts) reader.add(text);
    reader.finish();
    return std::move(reader.columns);
}

}  // namespace dedupe
