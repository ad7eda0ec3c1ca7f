"""The kernel in Python and NumPy: plain, and the definition of the result.

The boundary is a few batch functions over contiguous buffers: UTF-8 bytes with
int64 offsets go in, integer arrays come out. Nothing here decides, reads or
writes. A native kernel has the same functions and must agree to the bit.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dedupe.text.align import Match, align, common_count
from dedupe.text.normalize import is_unspaced, token_form, word_weight

U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]

NAME = "reference"

_M64 = (1 << 64) - 1
_MURMUR = 0xC6A4A7935BD1E995
_MIX_FIRST = np.uint64(0x9E3779B97F4A7C15)
_MIX_NEXT = np.uint64(0xC2B2AE3D27D4EB4F)
_SHIFT_32 = np.uint64(32)
_SHIFT_29 = np.uint64(29)
#: Shingles hashed at a time; bounds the (shingles x permutations) work to some MB.
_CHUNK = 1 << 14


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


def joined(pieces: Sequence[bytes]) -> tuple[bytes, I64]:
    """Return the pieces as one buffer and int64 offsets (n + 1)."""
    offsets = np.zeros(len(pieces) + 1, dtype=np.int64)
    np.cumsum([len(piece) for piece in pieces], out=offsets[1:])
    return b"".join(pieces), offsets


def fingerprint(buffer: bytes, offsets: I64, permutations: U32, shingle_size: int) -> Fingerprints:
    """Return the fingerprints of the texts in *buffer*.

    *permutations* is the uint32 (2, num_perm) array of multipliers and increments of
    datasketch's ``affine32`` scheme; a signature equals that of a
    ``datasketch.MinHash`` fed with the same 32-bit shingle hashes.
    """
    count = len(offsets) - 1
    cased = [
        token_form(buffer[start:end].decode("utf-8", "surrogatepass")) for start, end in pairwise(offsets.tolist())
    ]
    normals = [tokens.casefold() for tokens in cased]
    digests = [hashlib.blake2b(normal.encode("utf-8"), digest_size=16).digest() for normal in normals]
    content = np.frombuffer(b"".join(digests), dtype="<u8").reshape(count, 2).astype(np.uint64)
    tokens, token_offsets = pack(cased)
    words = np.fromiter((word_weight(normal) for normal in normals), dtype=np.int32, count=count)
    signatures = _signatures(normals, permutations, shingle_size)
    return Fingerprints(content, words, signatures, tokens, token_offsets)


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


def align_pairs(buffer: bytes, offsets: I64, pairs: I64, threshold: float) -> Alignments:
    """Return the alignments of pairs of the token forms in *buffer*: int64 (p, 2), numbers of texts.

    Tokens are separated by a space or a line feed and are equal when their casefolding is.
    """
    similarity = np.zeros(len(pairs), dtype=np.float64)
    firsts = np.zeros(len(pairs) + 1, dtype=np.int64)
    places: list[tuple[int, int, int, int]] = []
    for k, pair in enumerate(pairs.tolist()):
        ours, theirs = (buffer[offsets[text] : offsets[text + 1]] for text in pair)
        our_tokens, their_tokens = (text.decode("utf-8").casefold().split() for text in (ours, theirs))
        longer = max(len(our_tokens), len(their_tokens), 1)
        if common_count(our_tokens, their_tokens) / longer >= threshold:
            matches = align(our_tokens, their_tokens)
            found = sum(length for _, _, length in matches) / longer
            if found >= threshold:
                similarity[k] = found
                places += _differing(matches, _token_spans(ours), _token_spans(theirs))
        firsts[k + 1] = len(places)
    return Alignments(similarity, firsts, np.array(places, dtype=np.int64).reshape(-1, 4))


def _token_spans(text: bytes) -> list[tuple[int, int]]:
    return [match.span() for match in re.finditer(rb"[^ \n]+", text)]


def _differing(
    matches: list[Match], ours: list[tuple[int, int]], theirs: list[tuple[int, int]]
) -> Iterator[tuple[int, int, int, int]]:
    """Yield the byte spans between *matches*; where a text has nothing there, both ends are where it goes on."""
    at = other = 0
    for i, j, length in [*matches, (len(ours), len(theirs), 0)]:
        if at < i or other < j:
            yield (*_covered(ours, at, i), *_covered(theirs, other, j))
        at, other = i + length, j + length


def _covered(spans: list[tuple[int, int]], first: int, stop: int) -> tuple[int, int]:
    if first < stop:
        return spans[first][0], spans[stop - 1][1]
    at = spans[first][0] if first < len(spans) else spans[-1][1] if spans else 0
    return at, at


def token_hash(token: bytes) -> int:
    """Return MurmurHash64A of *token* with seed 0 (Austin Appleby's public-domain hash).

    >>> hex(token_hash(b"canonical"))
    '0xf1908f84d72f2c61'
    """
    length = len(token)
    value = (length * _MURMUR) & _M64
    whole = length & ~7
    for i in range(0, whole, 8):
        k = (int.from_bytes(token[i : i + 8], "little") * _MURMUR) & _M64
        k = ((k ^ (k >> 47)) * _MURMUR) & _M64
        value = ((value ^ k) * _MURMUR) & _M64
    if length & 7:
        value = ((value ^ int.from_bytes(token[whole:], "little")) * _MURMUR) & _M64
    value = ((value ^ (value >> 47)) * _MURMUR) & _M64
    return value ^ (value >> 47)


class _TokenHashes(dict[str, int]):
    """Token to hash, computed once for each distinct token of a batch."""

    def __missing__(self, token: str) -> int:
        self[token] = value = token_hash(token.encode("utf-8", "surrogatepass"))
        return value


def shingle_hashes(normal: str, shingle_size: int) -> U32:
    """Return uint32 hashes of the shingles of a normal form, in order, repeats included.

    A shingle is *shingle_size* words, or twice as many characters of a script
    without spaces. A text shorter than a shingle is one shingle of its own, and
    blank text has none, so that short texts never meet by being short.
    """
    return _shingle_hashes(normal, shingle_size, _TokenHashes())


def _shingle_hashes(normal: str, shingle_size: int, memo: _TokenHashes) -> U32:
    if not normal:
        return np.zeros(0, dtype=np.uint32)
    tokens = normal.split(" ")
    if not normal.isascii() and 2 * sum(map(is_unspaced, tokens)) > len(tokens):
        shingle_size *= 2
    size = min(shingle_size, len(tokens))
    hashes = np.fromiter(map(memo.__getitem__, tokens), dtype=np.uint64, count=len(tokens))
    count = len(tokens) - size + 1
    # A short text must not equal the first shingle of a longer one with the same words.
    mixed = np.full(count, size, dtype=np.uint64)
    for i in range(size):
        mixed = (mixed ^ hashes[i : i + count]) * _MIX_NEXT
        mixed ^= mixed >> _SHIFT_29
    return (mixed >> _SHIFT_32).astype(np.uint32)


def _signatures(normals: Sequence[str], permutations: U32, shingle_size: int) -> U32:
    multipliers, increments = permutations
    signatures = np.full((len(normals), len(multipliers)), 0xFFFFFFFF, dtype=np.uint32)
    memo = _TokenHashes()
    pending: list[U32] = []
    rows: list[int] = []
    size = 0
    for row, normal in enumerate(normals):
        hashes = _shingle_hashes(normal, shingle_size, memo)
        for start in range(0, len(hashes), _CHUNK):
            part = hashes[start : start + _CHUNK]
            pending.append(part)
            rows.append(row)
            size += len(part)
            if size >= _CHUNK:
                _sign(pending, rows, multipliers, increments, signatures)
                pending, rows, size = [], [], 0
    if pending:
        _sign(pending, rows, multipliers, increments, signatures)
    return signatures


def _sign(parts: list[U32], rows: list[int], multipliers: U32, increments: U32, signatures: U32) -> None:
    starts = np.cumsum([0] + [len(part) for part in parts[:-1]])
    mixed = _fmix32(np.concatenate(parts))
    minima = np.empty((len(multipliers), len(parts)), dtype=np.uint32)
    for k in range(len(multipliers)):
        minima[k] = np.minimum.reduceat(mixed * multipliers[k] + increments[k], starts)
    for i, row in enumerate(rows):  # a long text comes in several parts
        np.minimum(signatures[row], minima[:, i], out=signatures[row])


def _fmix32(values: U32) -> U32:
    """The finalizer of MurmurHash3, which the ``affine32`` scheme applies before permuting."""
    values = values ^ (values >> np.uint32(16))
    values = values * np.uint32(0x85EBCA6B)
    values = values ^ (values >> np.uint32(13))
    values = values * np.uint32(0xC2B2AE35)
    return values ^ (values >> np.uint32(16))
