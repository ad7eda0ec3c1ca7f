// Pass 1 over a batch of documents: segments, token forms, fingerprints and keys of lines, in columns.
#pragma once

#include "segments.h"
#include "signature.h"
#include "text.h"

#include <cstdint>
#include <vector>

namespace dedupe {

struct ScanOptions {
    const Signer& signer;
    std::size_t shingle_size, bands, rows;
    Layout layout;
    std::int32_t min_words;
    bool line_keys;
};

// The columns of class Scan in dedupe/_reference.py.
struct ScanColumns {
    std::vector<std::int64_t> segment_offsets, spans;
    std::vector<std::uint64_t> content, written;
    std::vector<std::int32_t> words;
    std::vector<std::uint8_t> comparable;
    std::vector<std::uint32_t> bands;
    Buffer tokens;
    std::vector<std::int64_t> text_at;
    std::vector<std::int32_t> text_length;
    std::vector<std::int64_t> doc_at;
    std::vector<std::uint64_t> doc_content;
    std::vector<std::int32_t> doc_words;
    std::vector<std::uint32_t> doc_bands;
    std::vector<std::uint64_t> line_keys;
    std::vector<std::int64_t> line_offsets;
};

// Scan documents of valid UTF-8.
ScanColumns scan(const std::vector<Text>& documents, const ScanOptions& options);

// The columns of class Fingerprints; signatures have the signer's width.
struct FingerprintColumns {
    std::vector<std::uint64_t> content;
    std::vector<std::int32_t> words;
    std::vector<std::uint32_t> signatures;
    Buffer tokens;
    std::vector<std::int64_t> offsets;
};

// Fingerprint texts of valid UTF-8, each as one segment whatever lines it has.
FingerprintColumns fingerprint(const std::vector<Text>& texts, const Signer& signer, std::size_t shingle_size);

}  // namespace dedupe
