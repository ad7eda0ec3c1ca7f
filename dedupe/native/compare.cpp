#include "compare.h"

#include "sixteen.h"
#include "swar.h"
#include "unicode.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string_view>
#include <unordered_map>

namespace dedupe {
namespace {

// Tokens are compared by number. The numbers are char32_t so that the library can look for runs of them as strings.
using Token = char32_t;
using Tokens = std::u32string_view;

bool is_separator(Byte byte) { return byte == ' ' || byte == '\n'; }

// The texts of a batch as tokens; equal tokens have equal numbers.
class Vocabulary {
public:
    explicit Vocabulary(const std::vector<Text>& texts) : texts_(texts) {
        std::size_t size = 0;
        for (const Text text : texts) size += text.size();
        tokens_.grow(size / 4);  // most tokens are longer; growing would copy them again and again
        starts_.grow(size / 4);
        slots_.resize(std::bit_ceil(std::max<std::size_t>(size / 8, 1024)));  // words come again and again
        for (const Text text : texts) {
            firsts_.push_back(tokens_.size());
            tokenize(text);
        }
        firsts_.push_back(tokens_.size());
    }

    std::size_t size() const { return words_.size(); }

    Tokens tokens(std::size_t text) const {
        return {tokens_.data() + firsts_[text], firsts_[text + 1] - firsts_[text]};
    }

    // Where the token begins in the bytes of its text; behind the last token is the end of the text.
    std::size_t start(std::size_t text, std::size_t token) const {
        const std::size_t at = firsts_[text] + token;
        return at < firsts_[text + 1] ? starts_.data()[at] : texts_[text].size();
    }

    // Where the token ends.
    std::size_t end(std::size_t text, std::size_t token) const {
        std::size_t at = start(text, token + 1);
        while (is_separator(texts_[text].begin[at - 1])) --at;
        return at;
    }

private:
    static constexpr std::size_t short_bytes = 8;

    // A place in the table of words. Short ones are known by their bytes, longer ones by a hash.
    struct Slot {
        std::uint64_t key = 0;
        std::uint32_t size = 0;  // 0 where no word is
        Token token = 0;
    };

    void tokenize(Text text) {
        const auto separators = [](const sixteen::Block& block, const Byte*) {
            std::uint64_t found = 0;
            for (std::size_t i = 0; i < sixteen::block_size; i += sixteen::size) {
                const sixteen::Vector bytes = sixteen::load(block.begin() + i);
                found |= sixteen::bits(sixteen::Vector(bytes == ' ') | sixteen::Vector(bytes == '\n')) << i;
            }
            return found;
        };
        sixteen::any_run(text, separators, [&](Text token) {
            starts_.push(static_cast<std::size_t>(token.begin - text.begin));
            tokens_.push(number(token, text.end));
            return false;
        });
    }

    // The number of a token, behind which the text can be read up to `end`.
    Token number(Text token, const Byte* end) {
        const std::size_t size = token.size();
        if (size <= short_bytes && static_cast<std::size_t>(end - token.begin) >= short_bytes) {
            const std::uint64_t bytes = swar::load(token.begin) & ~std::uint64_t{0} >> 8 * (short_bytes - size);
            if ((bytes & swar::high) == 0) return number(bytes | swar::within(bytes, 'A', 'Z') >> 2, size, words_bytes_.size());
        }
        const std::size_t start = words_bytes_.size(), known = words_.size();
        append_folded(token, end);
        const Text word = words_bytes_.from(start);
        const Token found = number(key_of(word), word.size(), start);
        if (words_.size() == known) words_bytes_.finish(word.begin);
        return found;
    }

    // Append the folded form of a token to words_bytes_; what follows it can be read up to `end`. Room is asked for step
    // by step: there are tokens of many MB.
    void append_folded(Text token, const Byte* end) {
        for (const Byte* at = token.begin; at != token.end;) {
            Byte* const out = words_bytes_.grow(sixteen::size);
            std::size_t ascii = 0;
            if (end - at >= static_cast<std::ptrdiff_t>(sixteen::size)) {
                const sixteen::Vector bytes = sixteen::load(at);
                sixteen::store(sixteen::lower(bytes), out);
                ascii = static_cast<std::size_t>(std::countr_zero(sixteen::bits(bytes)));
                ascii = std::min({ascii, sixteen::size, static_cast<std::size_t>(token.end - at)});
                at += ascii;
            }
            words_bytes_.finish(ascii > 0 ? out + ascii : unicode::fold(unicode::decode(at), out));
        }
    }

    // The number of the word with this key and size; a longer one stands in words_bytes_ from `start` on.
    Token number(std::uint64_t key, std::size_t size, std::size_t start) {
        Slot& slot = find(key, size, start);
        if (slot.size != 0) return slot.token;
        const Token token = static_cast<Token>(words_.size());
        slot = {key, static_cast<std::uint32_t>(size), token};
        words_.push_back(start);
        if (2 * words_.size() > slots_.size()) double_slots();
        return token;
    }

    static std::uint64_t key_of(Text word) {
        std::uint64_t key = 0, part;
        const Byte* at = word.begin;
        for (; word.end - at > 8; at += 8) {
            std::memcpy(&part, at, 8);
            key = mixed(key ^ part);
        }
        return key ^ swar::load(at, static_cast<std::size_t>(word.end - at));
    }

    static std::uint64_t mixed(std::uint64_t value) {
        value *= 0x9E3779B97F4A7C15u;
        return value ^ value >> 32;
    }

    Slot& find(std::uint64_t key, std::size_t size, std::size_t start) {
        const auto is_same = [&](const Slot& slot) {
            return size <= short_bytes ||
                   std::memcmp(words_bytes_.data() + words_[slot.token], words_bytes_.data() + start, size) == 0;
        };
        for (std::size_t at = mixed(key);; ++at) {
            Slot& slot = slots_[at & (slots_.size() - 1)];
            if (slot.size == 0 || (slot.key == key && slot.size == size && is_same(slot))) return slot;
        }
    }

    void double_slots() {
        std::vector<Slot> old(2 * slots_.size());
        old.swap(slots_);
        for (const Slot& slot : old) {
            if (slot.size == 0) continue;
            std::size_t at = mixed(slot.key);
            while (slots_[at & (slots_.size() - 1)].size != 0) ++at;
            slots_[at & (slots_.size() - 1)] = slot;
        }
    }

    const std::vector<Text>& texts_;
    std::vector<std::size_t> firsts_;  // of each text: its first token
    Growing<Token> tokens_;
    Growing<std::size_t> starts_;  // of each token, in bytes of its text
    Buffer words_bytes_;
    std::vector<std::size_t> words_;  // where each word begins in words_bytes_, if it is not short
    std::vector<Slot> slots_;
};

struct Run {
    std::size_t at, other, length;
};

void append(std::vector<Run>& runs, Run run) {
    if (!runs.empty() && runs.back().at + runs.back().length == run.at &&
        runs.back().other + runs.back().length == run.other) {
        runs.back().length += run.length;
    } else {
        runs.push_back(run);
    }
}

// Aligns sequences of tokens. The definition is align() in dedupe/text/align.py, which also says why; this gives the
// same runs.
class Aligner {
public:
    explicit Aligner(std::size_t vocabulary) : counts_(vocabulary), rows_(vocabulary, absent) {}

    // How many tokens two sequences have in common, whatever their order.
    std::size_t common_count(Tokens ours, Tokens theirs) {
        std::size_t common = 0;
        for (const Token token : ours) ++counts_[token];
        for (const Token token : theirs) {
            if (counts_[token] != 0) --counts_[token], ++common;
        }
        for (const Token token : ours) counts_[token] = 0;
        return common;
    }

    const std::vector<Run>& align(Tokens ours, Tokens theirs) {
        runs_.clear();
        a_ = ours, b_ = theirs;
        align(0, ours.size(), 0, theirs.size());
        return runs_;
    }

private:
    using Word = std::uint64_t;
    static constexpr std::size_t absent = ~std::size_t{0}, in_one = absent - 1;
    static constexpr std::size_t max_cells = std::size_t{1} << 25;

    void align(std::size_t a0, std::size_t a1, std::size_t b0, std::size_t b1) {
        std::size_t head = 0, tail = 0;
        while (a0 + head < a1 && b0 + head < b1 && a_[a0 + head] == b_[b0 + head]) ++head;
        while (a1 - tail > a0 + head && b1 - tail > b0 + head && a_[a1 - tail - 1] == b_[b1 - tail - 1]) ++tail;
        if (head != 0) append(runs_, {a0, b0, head});
        const std::size_t width = a1 - tail - (a0 + head), height = b1 - tail - (b0 + head);
        if (width != 0 && height != 0) {
            if (height <= max_cells / width) {
                longest_common(a0 + head, width, b0 + head, height);
            } else {
                align_at_anchors(a0 + head, a1 - tail, b0 + head, b1 - tail);
            }
        }
        if (tail != 0) append(runs_, {a1 - tail, b1 - tail, tail});
    }

    // A longest common subsequence (Hyyrö, 2004). Bit i of row j of the table is clear where the first i + 1 tokens
    // of ours have one more in common with the first j + 1 of theirs than the first i have.
    void longest_common(std::size_t a0, std::size_t width, std::size_t b0, std::size_t height) {
        // Tokens that only one of the two has take no part: a table without them has the same ways through it.
        std::size_t distinct = 0;
        for (std::size_t j = 0; j < height; ++j) rows_[b_[b0 + j]] = in_one;
        columns_.clear();
        for (std::size_t i = 0; i < width; ++i) {
            std::size_t& row = rows_[a_[a0 + i]];
            if (row == absent) continue;
            if (row == in_one) row = distinct++;
            columns_.push_back(i);
        }
        const std::size_t words = (columns_.size() + 63) / 64;
        positions_.assign(distinct * words, 0);
        for (std::size_t i = 0; i < columns_.size(); ++i)
            positions_[rows_[a_[a0 + columns_[i]]] * words + i / 64] |= Word{1} << i % 64;
        lines_.clear();
        table_.resize((height + 1) * words);
        std::fill_n(table_.begin(), words, ~Word{0});
        for (std::size_t j = 0; j < height; ++j) {
            const std::size_t row = rows_[b_[b0 + j]];
            if (row == in_one) continue;
            const Word* above = &table_[lines_.size() * words];
            const Word* here = &positions_[row * words];
            Word* next = table_.data() + (lines_.size() + 1) * words;
            lines_.push_back(j);
            Word carry = 0;
            for (std::size_t word = 0; word < words; ++word) {
                const Word overlap = above[word] & here[word];
                const Word sum = above[word] + overlap, with_carry = sum + carry;
                carry = (sum < overlap) | (with_carry < carry);
                next[word] = with_carry | (above[word] & ~overlap);
            }
        }
        for (std::size_t j = 0; j < height; ++j) rows_[b_[b0 + j]] = absent;
        const auto is_set = [&](std::size_t j, std::size_t i) { return table_[j * words + i / 64] >> i % 64 & 1; };
        backwards_.clear();
        for (std::size_t i = columns_.size(), j = lines_.size(); i != 0 && j != 0;) {
            if (is_set(j, i - 1)) {
                --i;
            } else if (--j; is_set(j, i - 1)) {
                --i;
                backwards_.push_back({a0 + columns_[i], b0 + lines_[j], 1});
            }
        }
        for (auto run = backwards_.rbegin(); run != backwards_.rend(); ++run) append(runs_, *run);
    }

    void align_at_anchors(std::size_t a0, std::size_t a1, std::size_t b0, std::size_t b1) {
        const std::vector<Run> anchors = find_anchors(a0, a1, b0, b1);
        if (anchors.empty()) return;
        for (const Run& anchor : anchors) {
            align(a0, anchor.at, b0, anchor.other);
            append(runs_, anchor);
            a0 = anchor.at + 1, b0 = anchor.other + 1;
        }
        align(a0, a1, b0, b1);
    }

    std::vector<Run> find_anchors(std::size_t a0, std::size_t a1, std::size_t b0, std::size_t b1) const {
        for (const std::size_t length : {1, 3, 8}) {
            const auto ours = unique_runs(a_, a0, a1, length), theirs = unique_runs(b_, b0, b1, length);
            std::vector<Run> pairs;
            for (std::size_t i = a0; i + length <= a1; ++i) {
                const Tokens run = a_.substr(i, length);
                const auto other = theirs.find(run);
                if (other != theirs.end() && other->second != absent && ours.at(run) != absent)
                    pairs.push_back({i, other->second, 1});
            }
            if (!pairs.empty()) return longest_increasing(pairs);
        }
        return {};
    }

    // Where each run of so many tokens begins, or `absent` if it stands there more than once.
    static std::unordered_map<Tokens, std::size_t> unique_runs(Tokens tokens, std::size_t start,
                                                                            std::size_t end, std::size_t length) {
        std::unordered_map<Tokens, std::size_t> places;
        for (std::size_t i = start; i + length <= end; ++i) {
            const auto [place, is_new] = places.try_emplace(tokens.substr(i, length), i);
            if (!is_new) place->second = absent;
        }
        return places;
    }

    // The longest run of pairs whose second places ascend as their first ones do.
    static std::vector<Run> longest_increasing(const std::vector<Run>& pairs) {
        std::vector<std::size_t> ends, last, before;
        for (std::size_t n = 0; n < pairs.size(); ++n) {
            const std::size_t k = std::lower_bound(ends.begin(), ends.end(), pairs[n].other) - ends.begin();
            before.push_back(k != 0 ? last[k - 1] : absent);
            if (k == ends.size()) {
                ends.push_back(pairs[n].other);
                last.push_back(n);
            } else {
                ends[k] = pairs[n].other;
                last[k] = n;
            }
        }
        std::vector<Run> chain;
        for (std::size_t n = last.back(); n != absent; n = before[n]) chain.push_back(pairs[n]);
        std::reverse(chain.begin(), chain.end());
        return chain;
    }

    Tokens a_, b_;
    std::vector<Run> runs_, backwards_;
    std::vector<std::uint32_t> counts_;     // by token
    std::vector<std::size_t> rows_;         // by token: its row of positions
    std::vector<std::size_t> columns_, lines_;  // of the table: tokens of ours, and of theirs
    std::vector<Word> positions_, table_;
};

// Write the bytes that tokens [first, stop) of a text cover; where there are none, both ends are where the text goes on.
void push_span(const Vocabulary& vocabulary, std::size_t text, std::size_t first, std::size_t stop,
               std::vector<std::int64_t>& places) {
    const std::size_t start = vocabulary.start(text, first);
    places.push_back(static_cast<std::int64_t>(start));
    places.push_back(static_cast<std::int64_t>(first < stop ? vocabulary.end(text, stop - 1) : start));
}

void push_differences(const Vocabulary& vocabulary, const std::vector<Run>& runs, std::size_t ours, std::size_t theirs,
                      std::vector<std::int64_t>& places) {
    std::size_t at = 0, other = 0;
    const auto push_until = [&](std::size_t i, std::size_t j) {
        if (at < i || other < j) {
            push_span(vocabulary, ours, at, i, places);
            push_span(vocabulary, theirs, other, j, places);
        }
    };
    for (const Run& run : runs) {
        push_until(run.at, run.other);
        at = run.at + run.length, other = run.other + run.length;
    }
    push_until(vocabulary.tokens(ours).size(), vocabulary.tokens(theirs).size());
}

}  // namespace

Alignments align_pairs(const std::vector<Text>& texts, const std::int64_t* pairs, std::size_t pair_count,
                       const double* thresholds) {
    const Vocabulary vocabulary(texts);
    Aligner aligner(vocabulary.size());
    Alignments found;
    found.firsts.push_back(0);
    for (std::size_t k = 0; k < pair_count; ++k) {
        const std::size_t one = static_cast<std::size_t>(pairs[2 * k]), other = static_cast<std::size_t>(pairs[2 * k + 1]);
        const Tokens ours = vocabulary.tokens(one), theirs = vocabulary.tokens(other);
        const double longer = static_cast<double>(std::max({ours.size(), theirs.size(), std::size_t{1}}));
        const double threshold = thresholds[k];
        double similarity = 0;
        if (static_cast<double>(aligner.common_count(ours, theirs)) / longer >= threshold) {
            const std::vector<Run>& runs = aligner.align(ours, theirs);
            std::size_t equal = 0;
            for (const Run& run : runs) equal += run.length;
            if (static_cast<double>(equal) / longer >= threshold) {
                similarity = static_cast<double>(equal) / longer;
                push_differences(vocabulary, runs, one, other, found.places);
            }
        }
        found.similarity.push_back(similarity);
        found.firsts.push_back(static_cast<std::int64_t>(found.places.size() / 4));
    }
    return found;
}

}  // namespace dedupe
