#include "scan.h"

#include "blake2b.h"
#include "masks.h"
#include "tokens.h"
#include "unicode.h"

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace dedupe {
namespace {

// Hashes are computed for this much text at a time: enough messages to go side by side, and still in the cache.
constexpr std::size_t hashed_together = 1 << 16;

std::int32_t checked_length(std::size_t length) {
    if (length > std::numeric_limits<std::int32_t>::max()) throw std::length_error("a segment of 2 GB or more");
    return static_cast<std::int32_t>(length);
}

Text normalised(const Line& line, Buffer& changed) {
    return line.is_ascii ? line.text : unicode::nfkc(line.text, changed);
}

// Add the tokens of a line, whose NFKC form is `normal`: in that, a power is no longer told from a digit. All powers have
// another NFKC form.
void add_tokens(Tokens& tokens, const Line& line, Text normal, Buffer& spaced, Buffer& changed) {
    if (normal.begin != line.text.begin && unicode::has_powers(line.text))
        tokens.add_line(unicode::nfkc(unicode::with_powers_apart(line.text, spaced), changed));
    else
        tokens.add_line(normal);
}

class Scanner {
public:
    explicit Scanner(const ScanOptions& options) : options_(options) {
        doc_signature_.resize(options.signer.width());
        signature_.resize(options.signer.width());
        columns.segment_offsets.push_back(0);
        columns.line_offsets.push_back(0);
        columns.doc_at.push_back(0);
    }

    ScanColumns columns;

    void add(Text document) {
        lines_.clear();
        segments_.clear();
        const std::int64_t length = split_lines(document, lines_);
        split_segments(lines_, length, options_.layout, segments_);
        options_.signer.clear(doc_signature_.data());
        doc_start_ = tokens_.folded.size();
        std::int32_t doc_words = 0;
        for (std::size_t i = 0; i < segments_.size(); ++i) {
            if (i > 0) tokens_.cased.push('\n');
            doc_words += add_segment(segments_[i]);
        }
        normals_.push_back({doc_start_, tokens_.folded.size(), &columns.doc_content});
        columns.doc_words.push_back(doc_words);
        add_bands(doc_signature_, columns.doc_bands);
        columns.segment_offsets.push_back(static_cast<std::int64_t>(columns.words.size()));
        columns.line_offsets.push_back(static_cast<std::int64_t>(columns.line_keys.size() + masks_.count()));
        columns.doc_at.push_back(static_cast<std::int64_t>(tokens_.cased.size()));
        if (tokens_.folded.size() + masks_.size() >= hashed_together) hash();
    }

    void finish() {
        hash();
        columns.tokens = std::move(tokens_.cased);
    }

private:
    // A run of the buffer of normal forms whose content hash is due, and the column that it goes to.
    struct Normal {
        std::size_t start, stop;
        std::vector<std::uint64_t>* column;
    };

    std::int32_t add_segment(const Segment& segment) {
        // In the normal form of the document, a space stands between segments that have any tokens.
        const std::size_t before = tokens_.folded.size();
        if (before > doc_start_) tokens_.folded.push(' ');
        tokens_.begin_segment();
        for (std::size_t i = segment.first; i < segment.stop; ++i) add_line(lines_[i]);
        const std::size_t start = tokens_.folded_start(), stop = tokens_.folded.size();
        normals_.push_back({start, stop, &columns.content});
        written_.append(written(segment));
        written_ends_.push_back(written_.size());
        if (stop == start) tokens_.folded.shrink(before);
        columns.spans.insert(columns.spans.end(), {segment.start, segment.end, segment.stop_at});
        columns.text_at.push_back(static_cast<std::int64_t>(tokens_.cased_start()));
        columns.text_length.push_back(checked_length(tokens_.cased.size() - tokens_.cased_start()));
        const std::int32_t words = tokens_.words();
        columns.words.push_back(words);
        const bool comparable = words >= options_.min_words && is_passage(segment);
        columns.comparable.push_back(comparable);
        sign(comparable);
        return words;
    }

    Text written(const Segment& segment) const {
        if (segment.first == segment.stop) return {};
        return {lines_[segment.first].text.begin, lines_[segment.stop - 1].text.end};
    }

    bool is_passage(const Segment& segment) const {
        if (segment.first == segment.stop) return true;
        return dedupe::is_passage(written(segment), segment.end - segment.start, options_.min_words);
    }

    void add_line(const Line& line) {
        const Text normal = normalised(line, changed_);
        if (options_.line_keys) masks_.add_line(normal);
        add_tokens(tokens_, line, normal, spaced_, changed_);
    }

    // A document's signature is the minimum over its segments'; only those to be compared need one of their own.
    void sign(bool comparable) {
        const std::size_t size = options_.shingle_size * (tokens_.is_unspaced() ? 2 : 1);
        std::vector<std::uint32_t>& signature = comparable ? signature_ : doc_signature_;
        if (comparable) options_.signer.clear(signature.data());
        options_.signer.sign(tokens_.hashes, size, shingles_, signature.data());
        if (!comparable) return;
        add_bands(signature, columns.bands);
        for (std::size_t k = 0; k < signature.size(); ++k) doc_signature_[k] = std::min(doc_signature_[k], signature[k]);
    }

    void add_bands(const std::vector<std::uint32_t>& signature, std::vector<std::uint32_t>& column) const {
        column.resize(column.size() + options_.bands);
        band_keys(signature.data(), options_.bands, options_.rows, column.data() + column.size() - options_.bands);
    }

    void hash() {
        digests_.resize(2 * normals_.size());
        messages_.clear();
        for (std::size_t i = 0; i < normals_.size(); ++i) {
            const Byte* const data = tokens_.folded.data();
            messages_.push_back({{data + normals_[i].start, data + normals_[i].stop}, &digests_[2 * i]});
        }
        blake2b(messages_, 16);
        for (std::size_t i = 0; i < normals_.size(); ++i)
            normals_[i].column->insert(normals_[i].column->end(), {digests_[2 * i], digests_[2 * i + 1]});

        hash_written();
        masks_.append_keys(columns.line_keys);
        normals_.clear();
        tokens_.folded.clear();
    }

    void hash_written() {
        const std::size_t first = columns.written.size();
        columns.written.resize(first + written_ends_.size());
        messages_.clear();
        const Byte* start = written_.data();
        for (std::size_t i = 0; i < written_ends_.size(); ++i) {
            const Byte* const stop = written_.data() + written_ends_[i];
            messages_.push_back({{start, stop}, &columns.written[first + i]});
            start = stop;
        }
        blake2b(messages_, 8);
        written_.clear();
        written_ends_.clear();
    }

    const ScanOptions& options_;
    Buffer changed_, spaced_;
    Tokens tokens_;
    Masks masks_;
    std::vector<Line> lines_;
    std::vector<Segment> segments_;
    std::vector<std::uint32_t> signature_, doc_signature_;
    Growing<std::uint32_t> shingles_;
    std::vector<Normal> normals_;
    Buffer written_;
    std::vector<std::size_t> written_ends_;
    std::vector<Message> messages_;
    std::vector<std::uint64_t> digests_;
    std::size_t doc_start_ = 0;
};

}  // namespace

ScanColumns scan(const std::vector<Text>& documents, const ScanOptions& options) {
    Scanner scanner(options);
    for (const Text document : documents) scanner.add(document);
    scanner.finish();
    return std::move(scanner.columns);
}

FingerprintColumns fingerprint(const std::vector<Text>& texts, const Signer& signer, std::size_t shingle_size) {
    FingerprintColumns columns;
    columns.offsets.push_back(0);
    columns.signatures.resize(texts.size() * signer.width());
    columns.content.resize(2 * texts.size());
    Tokens tokens;
    Buffer changed, spaced;
    std::vector<Line> lines;
    Growing<std::uint32_t> shingles;
    std::vector<std::size_t> ends{0};
    for (std::size_t i = 0; i < texts.size(); ++i) {
        lines.clear();
        split_lines(texts[i], lines);
        tokens.begin_segment();
        for (const Line& line : lines) add_tokens(tokens, line, normalised(line, changed), spaced, changed);
        std::uint32_t* const signature = columns.signatures.data() + i * signer.width();
        signer.clear(signature);
        signer.sign(tokens.hashes, shingle_size * (tokens.is_unspaced() ? 2 : 1), shingles, signature);
        columns.words.push_back(tokens.words());
        columns.offsets.push_back(static_cast<std::int64_t>(tokens.cased.size()));
        ends.push_back(tokens.folded.size());
    }
    std::vector<Message> messages;
    const Byte* const data = tokens.folded.data();
    for (std::size_t i = 0; i < texts.size(); ++i)
        messages.push_back({{data + ends[i], data + ends[i + 1]}, &columns.content[2 * i]});
    blake2b(messages, 16);
    columns.tokens = std::move(tokens.cased);
    return columns;
}

}  // namespace dedupe
