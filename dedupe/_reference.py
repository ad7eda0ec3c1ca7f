"""The kernel in Python and NumPy: plain, and the definition of the result.

The boundary is a few batch functions over contiguous buffers: UTF-8 bytes with
int64 offsets go in, integer arrays come out. Nothing here decides, reads or
writes. A native kernel has the same functions and must agree to the bit.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from string import ascii_lowercase, ascii_uppercase
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dedupe._reference_rows import Sieve as Sieve
from dedupe._reference_rows import deal as deal
from dedupe._reference_rows import deal_keys as deal_keys
from dedupe._reference_rows import distinct as distinct
from dedupe._reference_rows import repeated as repeated
from dedupe._reference_rows import shared_keys as shared_keys
from dedupe.text import json_lines, masks
from dedupe.text.align import align, common_count, differing_spans, token_spans
from dedupe.text.damage import may_need_repair
from dedupe.text.json_lines import encoded, quoted
from dedupe.text.layout import rough_shapes
from dedupe.text.normalize import token_form, word_weight
from dedupe.text.segment import is_passage, split_lines, split_segments
from dedupe.text.signature import signatures_of
from dedupe.text.winnow import Winnowed
from dedupe.text.winnow import winnow as winnow_texts

U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
F64 = npt.NDArray[np.float64]

#: Columns of what a line of a diff log is made of.
_LOG_COLUMNS = 15

_MIX_FIRST = np.uint64(0x9E3779B97F4A7C15)
_SHIFT_32 = np.uint64(32)
_SHIFT_29 = np.uint64(29)
#: Small letters of ASCII for capitals, and spaces for what may stand right behind a word.
_PLAIN_WORDS = str.maketrans(ascii_uppercase + ",.;", ascii_lowercase + "   ")


class Fingerprints(NamedTuple):
    """What the kernel knows of a batch of n texts.

    ``content`` uint64 (n, 2): content hash. ``words`` int32 (n): worth in words.
    ``signatures`` uint32 (n, num_perm); all ones for a text without tokens.
    ``tokens`` bytes and ``offsets`` int64 (n + 1): the token forms, of which the normal
    forms are the casefolding.
    """

    content: U64
    words: I32
    signatures: U32
    tokens: bytes
    offsets: I64


class LineShapes(NamedTuple):
    """The shapes of the lines of n texts, blank ones too.

    ``offsets`` int64 (n + 1): text ``i`` has ``shapes[offsets[i]:offsets[i + 1]]``. ``shapes`` uint16: bits as in
    :class:`dedupe.text.layout.Shape`, and ``MAYBE_CODE``.
    """

    offsets: I64
    shapes: U16


class Scan(NamedTuple):
    """What pass 1 learns of a batch: n documents, m segments, k of them to be compared, l lines that are not blank.

    Segments and lines are in document order; those of document i are the rows
    ``segment_offsets[i]`` to ``segment_offsets[i + 1]`` and ``line_offsets[i]`` to ``line_offsets[i + 1]``,
    both int64 (n + 1). ``spans`` int64 (m, 3): start, end and stop of each segment, in code points of
    its document. ``content`` uint64 (m, 2): content hash. ``written`` uint64 (m): a hash of a segment as it is
    written, to the byte. ``words`` int32 (m): worth in words.
    ``comparable`` bool (m): whether a segment can match by itself. ``bands`` uint32 (k, bands): the band
    keys of those that can.

    ``tokens`` bytes: the token forms of the segments, a line feed between two of one document and nothing
    between documents; that of a segment is the ``text_length`` int32 (m) bytes from ``text_at`` int64 (m) on,
    that of document i goes from ``doc_at[i]`` to ``doc_at[i + 1]``, int64 (n + 1).

    ``doc_content`` uint64 (n, 2), ``doc_words`` int32 (n), ``doc_bands`` uint32 (n, bands): content
    hash of all words of a document whatever its paragraphs, worth in words, band keys of all its shingles.
    ``line_keys`` uint64 (l): see :func:`dedupe.text.masks.line_keys`.
    """

    segment_offsets: I64
    spans: I64
    content: U64
    written: U64
    words: I32
    comparable: Flags
    bands: U32
    tokens: bytes
    text_at: I64
    text_length: I32
    doc_at: I64
    doc_content: U64
    doc_words: I32
    doc_bands: U32
    line_keys: U64
    line_offsets: I64


class Alignments(NamedTuple):
    """What the kernel knows of p pairs of texts.

    ``similarity`` float64 (p): tokens equal in order over those of the longer text, 0 below
    the threshold. ``places`` int64 (d, 4): byte spans ``[start, end)`` in the one and in
    the other text where they differ; those of pair k are ``places[firsts[k]:firsts[k + 1]]``,
    in order, with ``firsts`` int64 (p + 1).
    """

    similarity: F64
    firsts: I64
    places: I64


def pack(texts: Sequence[str]) -> tuple[bytes, I64]:
    """Return the texts as one UTF-8 buffer and int64 offsets (n + 1); lone surrogates pass."""
    return joined([text.encode("utf-8", "surrogatepass") for text in texts])


def unpack(buffer: bytes, offsets: I64) -> list[str]:
    """Return the texts that were packed."""
    return [buffer[start:end].decode("utf-8", "surrogatepass") for start, end in pairwise(offsets.tolist())]


def chosen(buffer: bytes, offsets: I64, numbers: Iterable[int]) -> tuple[bytes, I64]:
    """Return those of the packed texts that have these *numbers*, packed."""
    ends = offsets.tolist()
    return joined([buffer[ends[number] : ends[number + 1]] for number in numbers])


def joined(pieces: Sequence[bytes]) -> tuple[bytes, I64]:
    """Return the pieces as one buffer and int64 offsets (n + 1)."""
    ends = accumulate(map(len, pieces), initial=0)
    return b"".join(pieces), np.fromiter(ends, dtype=np.int64, count=len(pieces) + 1)


def scan(
    buffer: bytes,
    offsets: I64,
    *,
    permutations: U32,
    shingle_size: int,
    bands: int,
    rows: int,
    layout: str,
    min_words: int,
    line_keys: bool,
) -> Scan:
    """Return what pass 1 learns of the documents in *buffer*: segments, fingerprints, keys of lines.

    *permutations* and *shingle_size* are those of :func:`fingerprint`, *bands* and *rows* those of
    :func:`band_keys`, *layout* that of :func:`dedupe.text.segment.split_segments`. A segment
    is comparable when it is worth *min_words* and is a passage. Without *line_keys* there are none.
    """
    segments, pieces, keys = [], [], []
    for text in _texts(buffer, offsets):
        lines = split_lines(text)
        parts = split_segments(text, lines, layout)
        segments.append(parts)
        pieces += [text[part.start : part.end] for part in parts]
        keys.append(masks.line_keys(text, lines) if line_keys else np.zeros(0, dtype=np.uint64))
    packed = pack(pieces)
    prints = fingerprint(*packed, permutations, shingle_size)
    passages = np.array([is_passage(piece, min_words) for piece in pieces], dtype=bool)
    comparable = passages & (prints.words >= min_words)
    segment_offsets = _running_sum([len(parts) for parts in segments])
    runs = list(pairwise(segment_offsets.tolist()))
    token_forms = [prints.tokens[start:end] for start, end in pairwise(prints.offsets.tolist())]
    texts = [b"\n".join(token_forms[first:last]) for first, last in runs]
    doc_at = _running_sum([len(text) for text in texts])
    lengths = np.diff(prints.offsets)
    text_at = [
        at + _running_sum(lengths[first:last] + 1)[:-1] for at, (first, last) in zip(doc_at[:-1], runs, strict=True)
    ]
    # The same words in other paragraphs are the same document.
    normals = [b" ".join(filter(None, token_forms[first:last])).decode("utf-8").casefold() for first, last in runs]
    blank = np.full((1, permutations.shape[1]), 0xFFFFFFFF, dtype=np.uint32)
    signatures = [np.concatenate([blank, prints.signatures[first:last]]).min(axis=0) for first, last in runs]
    return Scan(
        segment_offsets=segment_offsets,
        spans=np.array([(s.start, s.end, s.stop) for parts in segments for s in parts], dtype=np.int64).reshape(-1, 3),
        content=prints.content,
        written=_written_hashes(*packed),
        words=prints.words,
        comparable=comparable,
        bands=band_keys(prints.signatures[comparable], bands, rows),
        tokens=b"".join(texts),
        text_at=np.concatenate([np.zeros(0, dtype=np.int64), *text_at]),
        text_length=lengths.astype(np.int32),
        doc_at=doc_at,
        doc_content=_content_hashes(normals),
        doc_words=np.array([prints.words[first:last].sum() for first, last in runs], dtype=np.int32),
        doc_bands=band_keys(np.array(signatures, dtype=np.uint32).reshape(-1, permutations.shape[1]), bands, rows),
        line_keys=np.concatenate([np.zeros(0, dtype=np.uint64), *keys]),
        line_offsets=_running_sum([len(part) for part in keys]),
    )


def suspicious(buffer: bytes, offsets: I64) -> Flags:
    """Return bool (n): whether each text may need repair; see :func:`dedupe.text.damage.may_need_repair`."""
    return np.array([may_need_repair(text) for text in _texts(buffer, offsets)], dtype=bool)


def term_counts(buffer: bytes, offsets: I64, terms: str) -> I64:
    """Return int64 (n, 3): how many words each text has, how many of them are among *terms*, and how many terms it has.

    Words are what white space, commas, full stops and semicolons part. *terms* are in small letters, with spaces
    between; letters of ASCII may be capitals in the text.
    """
    known = frozenset(terms.split(" "))
    counts = []
    for text in _texts(buffer, offsets):
        words = text.translate(_PLAIN_WORDS).split()
        found = [word for word in words if word in known]
        counts.append((len(words), len(found), len(set(found))))
    return np.array(counts, dtype=np.int64).reshape(-1, 3)


def line_shapes(buffer: bytes, offsets: I64) -> LineShapes:
    """Return the rough shapes (:func:`dedupe.text.layout.rough_shapes`) of the lines of the texts in *buffer*."""
    shapes = [rough_shapes(text, split_lines(text)) for text in _texts(buffer, offsets)]
    flat = np.array([shape for part in shapes for shape in part], dtype=np.uint16)
    return LineShapes(_running_sum([len(part) for part in shapes]), flat)


def line_spans(buffer: bytes, offsets: I64) -> I64:
    r"""Return int64 (l, 4) for the lines of the texts in *buffer*: begin and end, and those of what is written there.

    They are in code points of the text. Where nothing but white space is, both of the latter are the end of the line.

    >>> line_spans(*pack(["a\n\n  b c \r\n", "d"])).tolist()
    [[0, 1, 0, 1], [2, 2, 2, 2], [3, 9, 5, 8], [0, 1, 0, 1]]
    """
    spans = []
    for text in _texts(buffer, offsets):
        for start, end, _ in split_lines(text):
            written = text[start:end].lstrip()
            first = end - len(written)
            spans.append((start, end, first, first + len(written.rstrip())))
    return np.array(spans, dtype=np.int64).reshape(-1, 4)


def winnow(buffer: bytes, offsets: I64, shingle_size: int, window: int, wholes: Flags | None = None) -> Winnowed:
    """Return what :func:`dedupe.text.winnow.winnow` keeps of the token forms in *buffer*."""
    if shingle_size < 1 or window < 1:
        raise ValueError("shingles of no words, or windows of no shingles")
    if wholes is not None and (wholes.dtype != np.bool_ or wholes.ndim != 1):
        raise TypeError("wholes are not flags in one dimension")
    if wholes is not None and len(wholes) != len(offsets) - 1:
        raise ValueError("not one flag for each text")
    return winnow_texts(_texts(buffer, offsets), shingle_size, window, wholes)


def locate(buffer: bytes, offsets: I64, owners: I64, spans: I64) -> I64:
    r"""Return where spans of packed texts are: int64 (n, 4), byte offsets in the text, and first and last line.

    *spans*, int64 (n, 2), are in code points of the texts with the numbers *owners*, int64 (n). Lines count from 1 and
    are those of what is not white space; where there is nothing else, both are that of the beginning.

    >>> locate(*pack(["a", "é\r\nb\n\nc"]), np.array([1, 1]), np.array([[1, 2], [3, 7]])).tolist()
    [[2, 3, 1, 1], [4, 8, 2, 4]]
    """
    if owners.dtype != np.int64 or owners.ndim != 1 or spans.dtype != np.int64 or spans.ndim != 2:
        raise TypeError("owners are not int64 in one dimension, or spans not in two")
    if spans.shape[1] != 2 or len(owners) != len(spans):
        raise ValueError("not one pair of places for each owner")
    texts = _texts(buffer, offsets)
    found = np.zeros((len(spans), 4), dtype=np.int64)
    for owner in sorted(set(owners.tolist())):
        if not 0 <= owner < len(texts):
            raise ValueError("no text has that number")
        here = owners == owner
        found[here] = _located(texts[owner], spans[here])
    return found


def _located(text: str, spans: I64) -> I64:
    starts, ends = spans.T
    if (starts < 0).any() or (starts > ends).any() or (ends > len(text)).any():
        raise ValueError("a span that is not in its text")
    data = np.frombuffer(text.encode("utf-8", "surrogatepass"), dtype=np.uint8)
    bytes_at = np.append(np.flatnonzero((data & 0xC0) != 0x80), len(data))
    breaks = [line.stop - 1 for line in split_lines(text) if line.end < line.stop]
    written = []
    for start, end in spans.tolist():
        first = end - len(text[start:end].lstrip())
        last = start + len(text[start:end].rstrip()) - 1
        written.append((first, last) if first < end else (start, start))
    return np.column_stack([bytes_at[spans], np.searchsorted(breaks, np.array(written)) + 1])


def locate_field(buffer: bytes, offsets: I64, name: bytes) -> I64:
    """Return where the string is, quotes included, that packed rows of JSON have under *name* at their top.

    These are byte offsets in the row, int64 (n, 2), -1 where it has none. Where a name stands twice it is the last one.
    A row is an object as parsers accept it; of another one nothing is said, but that offsets are in it.

    >>> locate_field(*pack(['{"a": {"b": "c"}, "b" : "d"}', '{"b": 1}']), b"b").tolist()
    [[24, 27], [-1, -1]]
    """
    _texts(buffer, offsets)  # which have to be UTF-8
    spans = [json_lines.locate_field(buffer[start:end], name) for start, end in pairwise(offsets.tolist())]
    return np.array(spans, dtype=np.int64).reshape(-1, 2)


def log_lines(buffer: bytes, offsets: I64, pieces: bytes, piece_offsets: I64, rows: I64) -> tuple[bytes, I64]:
    r"""Return lines of a diff log, one for each of n *rows*, and the int64 offsets (n + 1) between them.

    *rows*, int64 (n, 15), name packed texts and packed *pieces* of JSON by number: text, head, n, kind, the two ends of
    ``src``, those of ``chr``, ``dst``, the two ``lines``, reason, the two ends of what was removed in bytes of the text
    (the first is negative where that is not written), ending. A line with a lone surrogate is written in ASCII.

    >>> pieces = pack(['{"n":', ',"op":"delete"', ',"rule":"a/b"', "}"])
    >>> row = [0, 0, 1, 1, 0, 4, 0, 3, 0, 1, 2, 2, 0, 4, 3]
    >>> log_lines(*pack(['é\n"']), *pieces, np.array([row]))[0].decode()
    '{"n":1,"op":"delete","src":[0,4],"chr":[0,3],"dst":0,"lines":[1,2],"rule":"a/b","text":"é\\n\\""}\n'
    """
    if rows.dtype != np.int64 or rows.ndim != 2:
        raise TypeError("rows are not int64 in two dimensions")
    if rows.shape[1] != _LOG_COLUMNS:
        raise ValueError("rows have not as many columns as a line needs")
    _texts(buffer, offsets)  # which have to be UTF-8
    texts = [buffer[start:end] for start, end in pairwise(offsets.tolist())]
    parts = _texts(pieces, piece_offsets)
    lines = []
    for text, head, n, kind, first, last, start, end, dst, above, below, reason, cut, stop, ending in rows.tolist():
        if not (0 <= text < len(texts) and all(0 <= part < len(parts) for part in (head, kind, reason, ending))):
            raise ValueError("no text or piece has that number")
        line = (
            f'{parts[head]}{n}{parts[kind]},"src":[{first},{last}],"chr":[{start},{end}],"dst":{dst},'
            f'"lines":[{above},{below}]{parts[reason]}'
        )
        if cut >= 0:
            line += f',"text":{quoted(_part(texts[text], cut, stop))}'
        lines.append(encoded(f"{line}{parts[ending]}\n"))
    return joined(lines)


def _part(data: bytes, start: int, end: int) -> str:
    """The text between two places in bytes of UTF-8."""
    if not 0 <= start <= end <= len(data) or any(at < len(data) and data[at] & 0xC0 == 0x80 for at in (start, end)):
        raise ValueError("a span that is not in its text")
    return data[start:end].decode("utf-8", "surrogatepass")


def fingerprint(buffer: bytes, offsets: I64, permutations: U32, shingle_size: int) -> Fingerprints:
    """Return the fingerprints of the texts in *buffer*.

    *permutations* is the uint32 (2, num_perm) array of multipliers and increments of
    datasketch's ``affine32`` scheme; a signature equals that of a
    ``datasketch.MinHash`` fed with the same 32-bit shingle hashes.
    """
    cased = [token_form(text) for text in _texts(buffer, offsets)]
    normals = [tokens.casefold() for tokens in cased]
    tokens, token_offsets = pack(cased)
    words = np.array([word_weight(normal) for normal in normals], dtype=np.int32)
    signatures = signatures_of(normals, permutations, shingle_size)
    return Fingerprints(_content_hashes(normals), words, signatures, tokens, token_offsets)


def _texts(buffer: bytes, offsets: I64) -> list[str]:
    if offsets.dtype != np.int64 or offsets.ndim != 1:
        raise TypeError("offsets are not int64 in one dimension")
    ends = offsets.tolist()
    if not ends or ends[0] < 0 or ends[-1] > len(buffer) or ends != sorted(ends):
        raise ValueError("offsets are not in order, or not in the buffer")
    return [buffer[start:end].decode("utf-8", "surrogatepass") for start, end in pairwise(ends)]


def _running_sum(counts: Sequence[int] | I64) -> I64:
    """Return int64 (n + 1): where each of n runs of these lengths begins, and where the last ends."""
    return np.append(0, np.cumsum(counts, dtype=np.int64))


def _content_hashes(normals: Sequence[str]) -> U64:
    digests = [hashlib.blake2b(normal.encode("utf-8"), digest_size=16).digest() for normal in normals]
    return np.frombuffer(b"".join(digests), dtype="<u8").reshape(len(normals), 2).astype(np.uint64)


def _written_hashes(buffer: bytes, offsets: I64) -> U64:
    pieces = [buffer[start:end] for start, end in pairwise(offsets.tolist())]
    digests = [hashlib.blake2b(piece, digest_size=8).digest() for piece in pieces]
    return np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64)


def band_keys(signatures: U32, bands: int, rows: int) -> U32:
    """Return uint32 (n, bands): one key for each run of *rows* values of a signature.

    Equal rows give equal keys; different rows share one by accident once in 2**32.
    """
    values = signatures[:, : bands * rows].reshape(len(signatures), bands, rows).astype(np.uint64)
    key = np.zeros(values.shape[:2], dtype=np.uint64)
    for row in range(rows):
        key = (key ^ values[:, :, row]) * _MIX_FIRST
        key ^= key >> _SHIFT_29
    return (key >> _SHIFT_32).astype(np.uint32)


def align_pairs(buffer: bytes, offsets: I64, pairs: I64, thresholds: F64) -> Alignments:
    """Return the alignments of pairs of the token forms in *buffer*: int64 (p, 2), numbers of texts.

    Tokens are separated by a space or a line feed and are equal when their casefolding is.
    Of one pair the result depends on its two texts only, and on its threshold, float64 (p).
    """
    folded = [[token for token in re.split("[ \n]", text.casefold()) if token] for text in _texts(buffer, offsets)]
    if pairs.dtype != np.int64 or pairs.ndim != 2:
        raise TypeError("pairs are not int64 in two dimensions")
    if pairs.shape[1] != 2 or (pairs < 0).any() or (pairs >= len(folded)).any():
        raise ValueError("pairs are not two numbers of texts each")
    if not isinstance(thresholds, np.ndarray) or thresholds.dtype != np.float64 or thresholds.ndim != 1:
        raise TypeError("thresholds are not float64 in one dimension")
    if len(thresholds) != len(pairs):
        raise ValueError("not one threshold for each pair")
    similarity = np.zeros(len(pairs), dtype=np.float64)
    firsts = np.zeros(len(pairs) + 1, dtype=np.int64)
    places: list[tuple[int, int, int, int]] = []
    for k, ((one, other), threshold) in enumerate(zip(pairs.tolist(), thresholds.tolist(), strict=True)):
        ours, theirs = folded[one], folded[other]
        longer = max(len(ours), len(theirs), 1)
        if common_count(ours, theirs) / longer >= threshold:
            matches = align(ours, theirs)
            found = sum(length for _, _, length in matches) / longer
            if found >= threshold:
                similarity[k] = found
                spans, other_spans = (token_spans(buffer[offsets[i] : offsets[i + 1]]) for i in (one, other))
                places += differing_spans(matches, spans, other_spans)
        firsts[k + 1] = len(places)
    return Alignments(similarity, firsts, np.array(places, dtype=np.int64).reshape(-1, 4))
