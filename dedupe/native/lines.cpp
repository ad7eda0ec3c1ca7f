#include "lines.h"

#include "blake2b.h"
#include "masks.h"
#include "segments.h"
#include "unicode.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <utility>

namespace dedupe {
namespace {

using unicode::line_properties;

enum Flag : std::uint8_t { suspect = 1, terminated = 2, good = 4 };

constexpr std::int64_t max_line = 240, max_tail = 60, good_length = 200, unspaced_length = 60;
constexpr std::int64_t least_wrapped = 40, most_wrapped = 120;
constexpr std::size_t most_words = 99, max_button_words = 24, max_menu_item = 4, least_joined = 8;
constexpr double min_density = 0.18;
// Hashes are computed for this much text at a time.
constexpr std::size_t hashed_together = 1 << 16;

constexpr std::array<bool, 256> ascii_white = [] {
    std::array<bool, 256> white{};
    for (int code = 9; code <= 13; ++code) white[code] = true;
    for (int code = 28; code <= 32; ++code) white[code] = true;
    return white;
}();

bool is_white(char32_t code) { return (unicode::properties(code) & unicode::white) != 0; }

// Call `use` with each word between white space.
template <typename Use>
void each_word(Text text, bool is_ascii, Use use) {
    const Byte* at = text.begin;
    if (is_ascii) {
        for (;;) {
            while (at != text.end && ascii_white[*at]) ++at;
            if (at == text.end) return;
            const Byte* const begin = at;
            while (at != text.end && !ascii_white[*at]) ++at;
            use(Text{begin, at});
        }
    }
    const Byte* begin = at;
    while (at != text.end) {
        const Byte* const here = at;
        if (!is_white(unicode::decode(at))) continue;
        if (here != begin) use(Text{begin, here});
        begin = at;
    }
    if (begin != text.end) use(Text{begin, text.end});
}

const Byte* before(const Byte* at) {
    do --at;
    while ((*at & 0xC0) == 0x80);
    return at;
}

template <typename Has>
Text trimmed(Text text, Has has) {
    while (!text.empty()) {
        const Byte* next = text.begin;
        if (!has(unicode::decode(next))) break;
        text.begin = next;
    }
    while (!text.empty() && has(unicode::last(text.end))) text.end = before(text.end);
    return text;
}

// The small words of sentences, as numbers: all of them fit into eight bytes.
class FunctionWords {
public:
    FunctionWords() {
        for (const char* const word : unicode::function_words) {
            const std::uint64_t key = load({reinterpret_cast<const Byte*>(word), reinterpret_cast<const Byte*>(word) + std::strlen(word)});
            std::size_t slot = place(key);
            while (slots_[slot] != 0) slot = (slot + 1) % slots_.size();
            slots_[slot] = key;
        }
    }

    bool has(Text word) const {
        if (word.size() > 8 || *word.begin == 0) return false;  // zeros in front make no other number
        const std::uint64_t key = load(word);
        std::size_t slot = place(key);
        while (slots_[slot] != 0 && slots_[slot] != key) slot = (slot + 1) % slots_.size();
        return slots_[slot] == key;
    }

private:
    static std::uint64_t load(Text word) {
        std::uint64_t key = 0;
        for (const Byte* at = word.begin; at != word.end; ++at) key = key << 8 | *at;
        return key;
    }
    static std::size_t place(std::uint64_t key) { return static_cast<std::size_t>(key * 0x9E3779B97F4A7C15u >> 54); }

    std::array<std::uint64_t, 1024> slots_{};
};

const FunctionWords function_words;

// A line that is not blank, without the white space around it.
struct Content {
    Text text;
    std::int64_t number, length;  // characters
    std::size_t words;
    bool is_ascii;
};

// Whether a text that is not blank, without white space around it, ends like a sentence.
bool is_terminated(Text content) {
    const Byte* end = content.end;
    const std::uint16_t last = line_properties(unicode::last(end));
    if ((last & unicode::terminal) != 0) return true;
    if ((last & unicode::closer) == 0) return false;
    while (end != content.begin && (line_properties(unicode::last(end)) & unicode::closer) != 0) end = before(end);
    return end != content.begin && (line_properties(unicode::last(end)) & unicode::terminal) != 0;
}

// Whether lines joined by spaces read like sentences; dedupe/boilerplate/context.py has the rule.
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
    std::size_t small = 0;
    for (const Content* line = first; line != stop; ++line)
        each_word(line->text, line->is_ascii, [&small](Text word) { small += function_words.has(word); });
    if (static_cast<double>(small) >= min_density * static_cast<double>(words)) return true;
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

bool is_wrapped(const Content& line) { return line.length >= least_wrapped && line.length <= most_wrapped; }

// Whether no mask can make an ASCII line short enough to be counted. A number takes up to two letters with it.
bool is_surely_long(const Content& line) {
    if (!line.is_ascii || line.length <= max_line) return false;
    std::int64_t letters = 0, digits = 0;
    bool has_ww = false;
    Byte before = 0;
    for (const Byte* at = line.text.begin; at != line.text.end; ++at) {
        const Byte lower = *at | 0x20;
        letters += static_cast<Byte>(lower - 'a') < 26;
        digits += static_cast<Byte>(*at - '0') < 10;
        has_ww |= lower == 'w' && before == 'w';
        before = lower;
    }
    if (has_ww || letters - 2 * digits <= max_line) return false;
    const std::string_view view(reinterpret_cast<const char*>(line.text.begin), line.text.size());
    return view.find('@') == view.npos && view.find("://") == view.npos;
}

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
            is_marked = (line_properties(unicode::decode(at)) & unicode::tail_mark) != 0;
        if (!is_marked) return false;
        normalize(tail, line.is_ascii);
        return std::any_of(words_.begin(), words_.end(),
                           [this](Text word) { return (vocabulary_.roles(word) & tail_role) != 0; });
    }

    bool may_be_known(const Content& line) {
        normalize(line.text, line.is_ascii);
        if (words_.empty()) return false;
        const auto roles = [this](std::size_t first, std::size_t last) {
            return vocabulary_.roles({words_[first].begin, words_[last].end});
        };
        const std::size_t count = words_.size();
        if ((roles(0, count - 1) & phrase_role) != 0) return true;
        const std::uint32_t first = roles(0, 0);
        if ((first & first_role) != 0 || (roles(count - 1, count - 1) & last_role) != 0) return true;
        if (count > 1 && ((roles(1, 1) & second_role) != 0 || (roles(0, 1) & first_two_role) != 0)) return true;
        if (count <= max_button_words) {
            if (std::all_of(words_.begin(), words_.end(), [this](Text word) {
                    return (vocabulary_.roles(word) & name_word_role) != 0 || begins_with_name(word);
                }))
                return true;
            if (count >= 4 && (first & menu_first_role) != 0 &&
                std::all_of(words_.begin(), words_.end(),
                            [this](Text word) { return (vocabulary_.roles(word) & menu_word_role) != 0; }))
                return true;
        }
        return may_be_bar(line) || may_be_rank(line.text);
    }

    bool begins_with_name(Text word) const {
        const std::size_t size = unicode::count(word);
        if (size < least_joined) return false;
        const Byte* end = word.begin;
        for (std::size_t length = 1; length < size; ++length) {
            unicode::decode(end);
            if (length >= 3 && (vocabulary_.roles({word.begin, end}) & name_role) != 0) return true;
        }
        return false;
    }

    static bool may_be_bar(const Content& line) {
        std::size_t separators = 0;
        bool after_white = false;
        for (const Byte* at = line.text.begin; at != line.text.end;) {
            const char32_t code = unicode::decode(at);
            const std::uint16_t properties = line_properties(code);
            separators += (properties & unicode::bar) != 0 || (after_white && (properties & unicode::spaced_bar) != 0);
            after_white = is_white(code);
        }
        return separators >= 2 && line.words <= (max_menu_item + 1) * separators + max_menu_item;
    }

    static bool may_be_rank(Text content) {
        if (std::memchr(content.begin, ':', content.size()) == nullptr) return false;
        return std::none_of(content.begin, content.end, [](Byte byte) { return byte >= 'a' && byte <= 'z'; });
    }

    // The phrase form: words without punctuation around them, with single spaces between, in `words_`.
    void normalize(Text text, bool is_ascii) {
        if (!is_ascii && !unicode::is_nfkc(text)) {
            composed_.clear();
            unicode::append_nfkc(text, composed_);
            text = composed_.from(0);
        }
        folded_.clear();
        Byte* to = folded_.grow(3 * text.size());
        if (is_ascii) {
            for (const Byte* at = text.begin; at != text.end; ++at)
                *to++ = static_cast<Byte>(*at | (static_cast<Byte>(*at - 'A') < 26 ? 0x20 : 0));
        } else {
            for (const Byte* at = text.begin; at != text.end;) to = unicode::fold(unicode::decode(at), to);
        }
        folded_.finish(to);
        words_.clear();
        normal_.clear();
        Byte* normal = normal_.grow(folded_.size() + 1);
        each_word(folded_.from(0), is_ascii, [&](Text word) {
            word = trimmed(word, [](char32_t code) { return (line_properties(code) & unicode::outer) != 0; });
            if (word.empty()) return;
            std::memcpy(normal, word.begin, word.size());
            words_.push_back({normal, normal + word.size()});
            normal += word.size();
            *normal++ = ' ';
        });
    }

    const Vocabulary& vocabulary_;
    Buffer composed_, folded_, normal_;
    std::vector<Text> words_;
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
        columns.offsets.push_back(static_cast<std::int64_t>(columns.flags.size()));
        if (masks_.masked.size() >= hashed_together) hash();
    }

    void finish() { hash(); }

private:
    struct MaskedLine {
        std::size_t row, start, stop;
    };

    void add_line(const Line& line, std::int64_t number) {
        const Text text = trimmed(line.text, is_white);
        Content content{text, number, 0, 0, line.is_ascii};
        content.length = static_cast<std::int64_t>(line.is_ascii ? text.size() : unicode::count(text));
        each_word(text, line.is_ascii, [&content](Text) { ++content.words; });
        contents_.push_back(content);
        const bool is_long = content.length > max_line;
        std::uint8_t flags = is_long || is_terminated(text) ? terminated : 0;
        if (suspicion_.of(content)) flags |= suspect;
        columns.numbers.push_back(static_cast<std::int32_t>(number));
        columns.starts.push_back(line.start);
        columns.ends.push_back(line.end);
        columns.words.push_back(static_cast<std::uint8_t>(is_long ? most_words : std::min(content.words, most_words)));
        columns.flags.push_back(flags);
        if (wants_keys_) add_key(line, content);
    }

    void add_key(const Line& line, const Content& content) {
        columns.keys.push_back(0);
        if (is_surely_long(content)) return;
        Text text = line.text;
        if (!line.is_ascii && !unicode::is_nfkc(text)) {
            composed_.clear();
            unicode::append_nfkc(text, composed_);
            text = composed_.from(0);
        }
        const std::size_t start = masks_.masked.size();
        if (masks_.add_line(text)) masked_.push_back({columns.keys.size() - 1, start, masks_.masked.size()});
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

    void hash() {
        digests_.resize(masked_.size());
        messages_.clear();
        for (std::size_t i = 0; i < masked_.size(); ++i) {
            const Byte* const data = masks_.masked.data();
            messages_.push_back({{data + masked_[i].start, data + masked_[i].stop}, &digests_[i]});
        }
        blake2b(messages_, 8);
        for (std::size_t i = 0; i < masked_.size(); ++i) columns.keys[masked_[i].row] = digests_[i] | 3;
        masked_.clear();
        masks_.masked.clear();
    }

    Suspicion suspicion_;
    bool wants_keys_;
    Masks masks_;
    Buffer composed_;
    std::vector<Line> lines_;
    std::vector<Content> contents_;
    std::vector<MaskedLine> masked_;
    std::vector<Message> messages_;
    std::vector<std::uint64_t> digests_;
};

}  // namespace

Vocabulary::Vocabulary(const std::vector<Text>& texts, const std::uint32_t* roles) {
    std::size_t capacity = 16;
    while (capacity < 3 * texts.size()) capacity *= 2;
    slots_.resize(capacity);
    for (std::size_t i = 0; i < texts.size(); ++i) {
        Slot& slot = slots_[place(texts[i])];
        slot = {static_cast<std::uint32_t>(bytes_.size()), static_cast<std::uint32_t>(texts[i].size()), roles[i]};
        bytes_.insert(bytes_.end(), texts[i].begin, texts[i].end);
    }
}

std::uint32_t Vocabulary::roles(Text text) const { return slots_[place(text)].roles; }

// The slot of a text, or the empty one where it would go.
std::size_t Vocabulary::place(Text text) const {
    std::uint64_t hash = 0xCBF29CE484222325u;
    for (const Byte* at = text.begin; at != text.end; ++at) hash = (hash ^ *at) * 0x100000001B3u;
    std::size_t slot = (hash ^ hash >> 32) & (slots_.size() - 1);
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
