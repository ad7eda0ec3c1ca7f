"""MinHash signatures of normal forms (Broder, 1997): hashes of tokens, of shingles, and their minima.

A signature equals that of a ``datasketch.MinHash`` fed with the same 32-bit shingle hashes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from dedupe.text.normalize import is_unspaced

U32 = npt.NDArray[np.uint32]

_M64 = (1 << 64) - 1
_MURMUR = 0xC6A4A7935BD1E995
_MIX = np.uint64(0xC2B2AE3D27D4EB4F)
_SHIFT_32 = np.uint64(32)
_SHIFT_29 = np.uint64(29)
#: Shingles hashed at a time; bounds the (shingles x permutations) work to some MB.
_CHUNK = 1 << 14


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
        mixed = (mixed ^ hashes[i : i + count]) * _MIX
        mixed ^= mixed >> _SHIFT_29
    return (mixed >> _SHIFT_32).astype(np.uint32)


def signatures_of(normals: Sequence[str], permutations: U32, shingle_size: int) -> U32:
    """Return the signatures of normal forms, uint32 (n, num_perm); all ones for a text without tokens.

    *permutations* is the uint32 (2, num_perm) array of multipliers and increments of datasketch's ``affine32`` scheme.
    """
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
