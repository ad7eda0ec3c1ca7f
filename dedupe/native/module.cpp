// The Python face of the native kernel. It has the functions of dedupe/_reference.py, under their names and
// with their arguments; results of several parts are the classes defined there.

#include "arrays.h"
#include "compare.h"
#include "damage.h"
#include "deal.h"
#include "dispatch.h"
#include "fields.h"
#include "line_spans.h"
#include "lines.h"
#include "lines_shapes.h"
#include "locate.h"
#include "log_lines.h"
#include "phrases.h"
#include "repeated.h"
#include "scan.h"
#include "sieve.h"
#include "signature.h"
#include "terms.h"
#include "unicode.h"
#include "winnow.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>

namespace dedupe {
namespace {

template <typename... Parts>
nb::object result(const char* name, Parts&&... parts) {
    return nb::module_::import_("dedupe._reference").attr(name)(std::forward<Parts>(parts)...);
}

// The texts of a batch, after a look at every byte.
std::vector<Text> texts_of(const nb::bytes& buffer, const Input<std::int64_t, 1>& offsets) {
    const std::size_t count = offsets.shape(0);
    const std::int64_t *at = offsets.data(), size = static_cast<std::int64_t>(buffer.size());
    const Byte* const data = reinterpret_cast<const Byte*>(buffer.c_str());
    if (count == 0 || at[0] < 0 || at[count - 1] > size || !std::is_sorted(at, at + count))
        throw std::invalid_argument("offsets are not in order, or not in the buffer");
    nb::gil_scoped_release unlocked;
    std::vector<Text> texts;
    texts.reserve(count - 1);
    for (std::size_t i = 0; i + 1 < count; ++i) {
        texts.push_back({data + at[i], data + at[i + 1]});
        if (!unicode::is_valid(texts.back())) throw std::invalid_argument("a text is not UTF-8");
    }
    return texts;
}

Signer signer_of(const Input<std::uint32_t, 2>& permutations, std::uint32_t shingle_size) {
    if (permutations.shape(0) != 2) throw std::invalid_argument("permutations are not two rows");
    if (shingle_size == 0) throw std::invalid_argument("shingles of no tokens");
    const std::size_t num_perm = permutations.shape(1);
    return {permutations.data(), permutations.data() + num_perm, num_perm};
}

void check_bands(std::size_t bands, std::size_t rows, std::size_t num_perm) {
    if (rows != 0 && bands > num_perm / rows) throw std::invalid_argument("more bands and rows than values in a signature");
}

Layout layout_of(const std::string& name) {
    if (name == "auto") return Layout::automatic;
    if (name == "line") return Layout::line;
    if (name == "blank") return Layout::blank;
    throw std::invalid_argument("layout is not auto, line or blank");
}

nb::bytes to_bytes(const Buffer& buffer) { return nb::bytes(buffer.data(), buffer.size()); }

nb::object bind_scan(nb::bytes buffer, Input<std::int64_t, 1> offsets, Input<std::uint32_t, 2> permutations,
                     std::uint32_t shingle_size, std::size_t bands, std::size_t rows, const std::string& layout,
                     std::int32_t min_words, bool line_keys) {
    const Signer signer = signer_of(permutations, shingle_size);
    check_bands(bands, rows, permutations.shape(1));
    const ScanOptions options{signer, shingle_size, bands, rows, layout_of(layout), min_words, line_keys};
    const std::vector<Text> texts = texts_of(buffer, offsets);
    ScanColumns columns;
    {
        nb::gil_scoped_release unlocked;
        columns = scan(texts, options);
    }
    const std::size_t n = texts.size(), m = columns.words.size(), k = bands == 0 ? 0 : columns.bands.size() / bands;
    const std::size_t lines = columns.line_keys.size();
    return result("Scan", to_numpy(std::move(columns.segment_offsets), {n + 1}), to_numpy(std::move(columns.spans), {m, 3}),
                  to_numpy(std::move(columns.content), {m, 2}), to_numpy(std::move(columns.written), {m}),
                  to_numpy(std::move(columns.words), {m}),
                  flags_to_numpy(std::move(columns.comparable)), to_numpy(std::move(columns.bands), {k, bands}),
                  to_bytes(columns.tokens), to_numpy(std::move(columns.text_at), {m}),
                  to_numpy(std::move(columns.text_length), {m}), to_numpy(std::move(columns.doc_at), {n + 1}),
                  to_numpy(std::move(columns.doc_content), {n, 2}), to_numpy(std::move(columns.doc_words), {n}),
                  to_numpy(std::move(columns.doc_bands), {n, bands}), to_numpy(std::move(columns.line_keys), {lines}),
                  to_numpy(std::move(columns.line_offsets), {n + 1}));
}

Output<bool> bind_suspicious(nb::bytes buffer, Input<std::int64_t, 1> offsets) {
    const std::vector<Text> texts = texts_of(buffer, offsets);
    std::vector<std::uint8_t> flags(texts.size());
    {
        nb::gil_scoped_release unlocked;
        std::transform(texts.begin(), texts.end(), flags.begin(), may_need_repair);
    }
    return flags_to_numpy(std::move(flags));
}

Output<std::int64_t> bind_term_counts(nb::bytes buffer, Input<std::int64_t, 1> offsets, const std::string& terms) {
    const std::vector<Text> texts = texts_of(buffer, offsets);
    std::vector<std::int64_t> rows;
    {
        nb::gil_scoped_release unlocked;
        const Terms known(terms);
        rows.reserve(3 * texts.size());
        for (const Text text : texts) {
            const TermCounts counts = known.in(text);
            rows.insert(rows.end(), {counts.words, counts.found, counts.different});
        }
    }
    return to_numpy(std::move(rows), {texts.size(), 3});
}

nb::object bind_fingerprint(nb::bytes buffer, Input<std::int64_t, 1> offsets, Input<std::uint32_t, 2> permutations,
                            std::uint32_t shingle_size) {
    const Signer signer = signer_of(permutations, shingle_size);
    const std::vector<Text> texts = texts_of(buffer, offsets);
    FingerprintColumns columns;
    const std::size_t n = texts.size(), num_perm = permutations.shape(1), width = signer.width();
    std::vector<std::uint32_t> signatures(n * num_perm);
    {
        nb::gil_scoped_release unlocked;
        columns = fingerprint(texts, signer, shingle_size);
        for (std::size_t i = 0; i < n; ++i)
            std::copy_n(columns.signatures.begin() + static_cast<std::ptrdiff_t>(i * width), num_perm,
                        signatures.begin() + static_cast<std::ptrdiff_t>(i * num_perm));
    }
    return result("Fingerprints", to_numpy(std::move(columns.content), {n, 2}), to_numpy(std::move(columns.words), {n}),
                  to_numpy(std::move(signatures), {n, num_perm}), to_bytes(columns.tokens),
                  to_numpy(std::move(columns.offsets), {n + 1}));
}

Vocabulary make_vocabulary(const nb::bytes& buffer, const Input<std::int64_t, 1>& offsets,
                           const Input<std::uint32_t, 1>& roles) {
    const std::vector<Text> texts = texts_of(buffer, offsets);
    if (roles.shape(0) != texts.size()) throw std::invalid_argument("not one role for each text");
    return {texts, roles.data()};
}

nb::object bind_line_features(nb::bytes buffer, Input<std::int64_t, 1> offsets, const Vocabulary& vocabulary, bool keys) {
    const std::vector<Text> texts = texts_of(buffer, offsets);
    FeatureColumns columns;
    {
        nb::gil_scoped_release unlocked;
        columns = line_features(texts, vocabulary, keys);
    }
    const std::size_t n = columns.offsets.size(), l = columns.flags.size(), k = columns.keys.size();
    return nb::make_tuple(to_numpy(std::move(columns.offsets), {n}), to_numpy(std::move(columns.numbers), {l}),
                          to_numpy(std::move(columns.starts), {l}), to_numpy(std::move(columns.ends), {l}),
                          to_numpy(std::move(columns.lengths), {l}), to_numpy(std::move(columns.indents), {l}),
                          to_numpy(std::move(columns.words), {l}), to_numpy(std::move(columns.flags), {l}),
                          to_numpy(std::move(columns.keys), {k}));
}

nb::object bind_phrase_forms(nb::bytes buffer, Input<std::int64_t, 1> offsets) {
    const std::vector<Text> texts = texts_of(buffer, offsets);
    PhraseForms forms;
    {
        nb::gil_scoped_release unlocked;
        forms = phrase_forms(texts);
    }
    return nb::make_tuple(to_bytes(forms.buffer), to_numpy(std::move(forms.offsets), {texts.size() + 1}));
}

nb::object bind_line_shapes(nb::bytes buffer, Input<std::int64_t, 1> offsets) {
    const std::vector<Text> texts = texts_of(buffer, offsets);
    std::vector<std::uint16_t> shapes;
    std::vector<std::int64_t> starts{0};
    {
        nb::gil_scoped_release unlocked;
        for (const Text text : texts) {
            line_shapes(text, shapes);
            starts.push_back(static_cast<std::int64_t>(shapes.size()));
        }
    }
    const std::size_t n = starts.size(), l = shapes.size();
    return result("LineShapes", to_numpy(std::move(starts), {n}), to_numpy(std::move(shapes), {l}));
}

nb::object bind_line_spans(nb::bytes buffer, Input<std::int64_t, 1> offsets) {
    const std::vector<Text> texts = texts_of(buffer, offsets);
    std::vector<std::int64_t> spans;
    {
        nb::gil_scoped_release unlocked;
        for (const Text text : texts) line_spans(text, spans);
    }
    const std::size_t count = spans.size() / 4;
    return nb::cast(to_numpy(std::move(spans), {count, 4}));
}

Output<std::uint32_t> bind_band_keys(Input<std::uint32_t, 2> signatures, std::size_t bands, std::size_t rows) {
    const std::size_t count = signatures.shape(0), width = signatures.shape(1);
    check_bands(bands, rows, width);
    std::vector<std::uint32_t> keys(count * bands);
    {
        nb::gil_scoped_release unlocked;
        for (std::size_t i = 0; i < count; ++i)
            band_keys(signatures.data() + i * width, bands, rows, keys.data() + i * bands);
    }
    return to_numpy(std::move(keys), {count, bands});
}

nb::object bind_align_pairs(nb::bytes buffer, Input<std::int64_t, 1> offsets, Input<std::int64_t, 2> pairs,
                            Input<double, 1> thresholds) {
    const std::vector<Text> texts = texts_of(buffer, offsets);
    const std::size_t count = pairs.shape(0);
    const auto is_text = [&](std::int64_t number) {
        return number >= 0 && static_cast<std::size_t>(number) < texts.size();
    };
    if (pairs.shape(1) != 2 || !std::all_of(pairs.data(), pairs.data() + pairs.size(), is_text))
        throw std::invalid_argument("pairs are not two numbers of texts each");
    if (thresholds.shape(0) != count) throw std::invalid_argument("not one threshold for each pair");
    Alignments found;
    {
        nb::gil_scoped_release unlocked;
        found = align_pairs(texts, pairs.data(), count, thresholds.data());
    }
    const std::size_t places = found.places.size() / 4;
    return result("Alignments", to_numpy(std::move(found.similarity), {count}),
                  to_numpy(std::move(found.firsts), {count + 1}), to_numpy(std::move(found.places), {places, 4}));
}

nb::object bind_winnow(nb::bytes buffer, Input<std::int64_t, 1> offsets, std::size_t shingle_size, std::size_t window,
                       std::optional<Input<bool, 1>> wholes) {
    if (shingle_size == 0 || window == 0) throw std::invalid_argument("shingles of no words, or windows of no shingles");
    const std::vector<Text> texts = texts_of(buffer, offsets);
    if (wholes && wholes->shape(0) != texts.size()) throw std::invalid_argument("not one flag for each text");
    Winnowed kept;
    {
        nb::gil_scoped_release unlocked;
        kept = winnow(texts, shingle_size, window, wholes ? wholes->data() : nullptr);
    }
    const std::size_t n = kept.hashes.size();
    return result("Winnowed", to_numpy(std::move(kept.hashes), {n}), to_numpy(std::move(kept.texts), {n}),
                  to_numpy(std::move(kept.lines), {n}), to_numpy(std::move(kept.words), {n}));
}

nb::object bind_deal(Input<std::uint32_t, 1> numbers, Input<std::uint8_t, 2> rows, std::size_t count) {
    const std::size_t row_count = rows.shape(0), size = rows.shape(1);
    if (numbers.shape(0) != row_count) throw std::invalid_argument("not one number for each row");
    if (row_count > 0xFFFFFFFF) throw std::invalid_argument("more rows than can be dealt out together");
    Dealt dealt;
    {
        nb::gil_scoped_release unlocked;
        for (std::size_t i = 0; i < row_count; ++i)
            if (numbers.data()[i] >= count) throw std::invalid_argument("a number that is too high");
        dealt = deal(numbers.data(), rows.data(), row_count, size, count);
    }
    return nb::make_tuple(to_numpy(std::move(dealt.rows), {row_count, size}),
                          to_numpy(std::move(dealt.ends), {count + 1}));
}

nb::object bind_deal_keys(Input<std::uint32_t, 2> words, const std::vector<std::size_t>& columns,
                          Input<std::int64_t, 1> rows, std::size_t place, int bits) {
    const std::size_t row_count = words.shape(0), width = words.shape(1), count = rows.shape(0);
    for (const std::size_t column : columns)
        if (column >= width) throw std::invalid_argument("a column that is not there");
    if (bits < 0 || bits > 16) throw std::invalid_argument("more bits than keys are dealt out by");
    if (row_count > 0xFFFFFFFF || place > 0xFFFFFFFF - row_count || count * columns.size() > 0xFFFFFFFF)
        throw std::invalid_argument("more rows than can be dealt out together");
    DealtKeys dealt;
    {
        nb::gil_scoped_release unlocked;
        for (std::size_t i = 0; i < count; ++i)
            if (static_cast<std::size_t>(rows.data()[i]) >= row_count) throw std::invalid_argument("a row that is not there");
        dealt = deal_keys(words.data(), width, columns, rows.data(), count, static_cast<std::uint32_t>(place), bits);
    }
    const std::size_t code_count = dealt.codes.size(), end_count = dealt.ends.size();
    return nb::make_tuple(to_numpy(std::move(dealt.codes), {code_count}), to_numpy(std::move(dealt.ends), {end_count}));
}

nb::object bind_locate(nb::bytes buffer, Input<std::int64_t, 1> offsets, Input<std::int64_t, 1> owners,
                       Input<std::int64_t, 2> spans) {
    const std::size_t count = spans.shape(0);
    if (spans.shape(1) != 2 || owners.shape(0) != count) throw std::invalid_argument("not one pair of places for each owner");
    const std::vector<Text> texts = texts_of(buffer, offsets);
    std::vector<std::int64_t> found;
    {
        nb::gil_scoped_release unlocked;
        for (std::size_t i = 0; i < count; ++i)
            if (static_cast<std::size_t>(owners.data()[i]) >= texts.size()) throw std::invalid_argument("no text has that number");
        found = locate(texts, owners.data(), spans.data(), count);
    }
    return nb::cast(to_numpy(std::move(found), {count, 4}));
}

Output<std::int64_t> bind_locate_field(nb::bytes buffer, Input<std::int64_t, 1> offsets, nb::bytes name) {
    const std::vector<Text> rows = texts_of(buffer, offsets);
    const Byte* const begin = reinterpret_cast<const Byte*>(name.c_str());
    const Text wanted{begin, begin + name.size()};
    std::vector<std::int64_t> spans;
    {
        nb::gil_scoped_release unlocked;
        spans.reserve(2 * rows.size());
        for (const Text row : rows) locate_field(row, wanted, spans);
    }
    return to_numpy(std::move(spans), {rows.size(), 2});
}

nb::object bind_log_lines(nb::bytes buffer, Input<std::int64_t, 1> offsets, nb::bytes piece_buffer,
                          Input<std::int64_t, 1> piece_offsets, Input<std::int64_t, 2> rows) {
    if (rows.shape(1) != log_columns) throw std::invalid_argument("rows have not as many columns as a line needs");
    const std::vector<Text> texts = texts_of(buffer, offsets), pieces = texts_of(piece_buffer, piece_offsets);
    const std::size_t count = rows.shape(0);
    LogLines written;
    {
        nb::gil_scoped_release unlocked;
        written = log_lines(texts, pieces, reinterpret_cast<const LogRow*>(rows.data()), count);
    }
    return nb::make_tuple(to_bytes(written.lines), to_numpy(std::move(written.ends), {count + 1}));
}

Output<bool> bind_repeated(Input<std::uint64_t, 1> values) {
    const std::size_t count = values.shape(0);
    if (count > 0xFFFFFFFF) throw std::invalid_argument("more values than can be looked at together");
    std::vector<std::uint8_t> flags(count);
    {
        nb::gil_scoped_release unlocked;
        repeated(values.data(), count, flags.data());
    }
    return flags_to_numpy(std::move(flags));
}

// Of fewer than 2**32 values, those that `choose` returns.
template <typename Choose>
Output<std::uint64_t> chosen(Input<std::uint64_t, 1> values, Choose choose) {
    const std::size_t count = values.shape(0);
    if (count > 0xFFFFFFFF) throw std::invalid_argument("more values than can be looked at together");
    std::vector<std::uint64_t> found;
    {
        nb::gil_scoped_release unlocked;
        found = choose(values.data(), count);
    }
    const std::size_t found_count = found.size();
    return to_numpy(std::move(found), {found_count});
}

Output<std::uint64_t> bind_distinct(Input<std::uint64_t, 1> values) { return chosen(values, distinct); }

Output<std::uint64_t> bind_shared_keys(Input<std::uint64_t, 1> codes) { return chosen(codes, shared_keys); }

Sieve make_sieve(Input<std::uint32_t, 2> known, const std::vector<std::size_t>& columns) {
    const std::size_t row_count = known.shape(0), width = known.shape(1);
    if (row_count > 0xFFFFFFFF) throw std::invalid_argument("more rows than can be known");
    for (const std::size_t column : columns)
        if (column >= width) throw std::invalid_argument("a column that is not there");
    nb::gil_scoped_release unlocked;
    return Sieve(known.data(), row_count, width, columns);
}

Output<bool> bind_sieve_passes(const Sieve& sieve, Input<std::uint32_t, 2> rows) {
    if (rows.shape(1) != sieve.width()) throw std::invalid_argument("rows of another width");
    std::vector<std::uint8_t> passing(rows.shape(0));
    {
        nb::gil_scoped_release unlocked;
        sieve.passes(rows.data(), rows.shape(0), passing.data());
    }
    return flags_to_numpy(std::move(passing));
}

constexpr const char* instruction_names[] = {"portable", "avx2", "avx512"};

std::string bind_instructions() { return instruction_names[static_cast<int>(instructions())]; }

// For tests: use no better instructions than these.
void bind_limit_instructions(const std::string& name) {
    for (int i = 0; i < 3; ++i)
        if (name == instruction_names[i] && limit_instructions(static_cast<Instructions>(i))) return;
    throw std::invalid_argument("no such instructions here");
}

}  // namespace
}  // namespace dedupe

NB_MODULE(_native, module) {
    using namespace nanobind::literals;
    using namespace dedupe;
    // What a Python cache holds when the interpreter ends is no leak, and nobody wants to read of it.
    nb::set_leak_warnings(false);
    module.attr("UNIDATA_VERSION") = unicode::version;
    module.def("scan", &bind_scan, "buffer"_a, "offsets"_a.noconvert(), nb::kw_only(), "permutations"_a.noconvert(),
               "shingle_size"_a, "bands"_a, "rows"_a, "layout"_a, "min_words"_a, "line_keys"_a);
    module.def("suspicious", &bind_suspicious, "buffer"_a, "offsets"_a.noconvert());
    module.def("term_counts", &bind_term_counts, "buffer"_a, "offsets"_a.noconvert(), "terms"_a);
    module.def("distinct", &bind_distinct, "values"_a.noconvert());
    module.def("fingerprint", &bind_fingerprint, "buffer"_a, "offsets"_a.noconvert(), "permutations"_a.noconvert(),
               "shingle_size"_a);
    module.def("align_pairs", &dedupe::bind_align_pairs, "buffer"_a, "offsets"_a.noconvert(), "pairs"_a.noconvert(),
               "thresholds"_a.noconvert());
    module.def("deal", &bind_deal, "numbers"_a.noconvert(), "rows"_a.noconvert(), "count"_a);
    module.def("deal_keys", &bind_deal_keys, "words"_a.noconvert(), "columns"_a, "rows"_a.noconvert(), "place"_a, "bits"_a);
    module.def("band_keys", &bind_band_keys, "signatures"_a.noconvert(), "bands"_a, "rows"_a);
    nb::class_<Sieve>(module, "Sieve")
        .def("__init__",
             [](Sieve* self, Input<std::uint32_t, 2> known, const std::vector<std::size_t>& columns) {
                 new (self) Sieve(make_sieve(known, columns));
             },
             "known"_a.noconvert(), "columns"_a)
        .def("passes", &bind_sieve_passes, "rows"_a.noconvert());
    nb::class_<Vocabulary>(module, "Vocabulary")
        .def("__init__",
             [](Vocabulary* self, nb::bytes buffer, Input<std::int64_t, 1> offsets, Input<std::uint32_t, 1> roles) {
                 new (self) Vocabulary(make_vocabulary(buffer, offsets, roles));
             },
             "buffer"_a, "offsets"_a.noconvert(), "roles"_a.noconvert());
    module.def("line_features", &bind_line_features, "buffer"_a, "offsets"_a.noconvert(), "vocabulary"_a, "keys"_a);
    module.def("line_shapes", &bind_line_shapes, "buffer"_a, "offsets"_a.noconvert());
    module.def("line_spans", &bind_line_spans, "buffer"_a, "offsets"_a.noconvert());
    module.def("locate", &bind_locate, "buffer"_a, "offsets"_a.noconvert(), "owners"_a.noconvert(), "spans"_a.noconvert());
    module.def("locate_field", &bind_locate_field, "buffer"_a, "offsets"_a.noconvert(), "name"_a);
    module.def("log_lines", &bind_log_lines, "buffer"_a, "offsets"_a.noconvert(), "pieces"_a, "piece_offsets"_a.noconvert(),
               "rows"_a.noconvert());
    module.def("phrase_forms", &bind_phrase_forms, "buffer"_a, "offsets"_a.noconvert());
    module.def("repeated", &bind_repeated, "values"_a.noconvert());
    module.def("shared_keys", &bind_shared_keys, "codes"_a.noconvert());
    module.def("winnow", &bind_winnow, "buffer"_a, "offsets"_a.noconvert(), "shingle_size"_a, "window"_a,
               "wholes"_a.noconvert() = nb::none());
    module.def("instructions", &bind_instructions);
    module.def("limit_instructions", &bind_limit_instructions, "name"_a);
}
