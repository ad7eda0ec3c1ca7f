"""Winnowing (Schleimer, Wilkerson and Aiken, 2003): which hashes of the shingles of a line are kept.

Of so many neighbouring shingles the least hash is kept, so two lines that share a run of words as long as such a
window share a hash. The words are those of token forms, casefolded.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

I64 = npt.NDArray[np.int64]
I32 = npt.NDArray[np.int32]
U64 = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]

_BASE = 0x9E3779B97F4A7C15
_MIX = np.uint64(0xC2B2AE3D27D4EB4F)


class Winnowed(NamedTuple):
    """The k hashes that are kept of n texts, in order.

    ``hashes`` uint64 (k); ``texts`` int64 (k): the number of the text that has it, ``lines`` int64 (k): that of the
    line in the text, or -1 for all of it; ``words`` int32 (k): how many words that has. Those of lines come first.
    """

    hashes: U64
    texts: I64
    lines: I64
    words: I32


def winnow(texts: Sequence[str], shingle_size: int, window: int, wholes: Flags | None = None) -> Winnowed:
    """Return what is kept of token forms: of every *window* shingles of *shingle_size* words in a line the least hash.

    A line of fewer words than make one window keeps nothing, and the same hash twice in a row is kept once. Of the
    texts that are *wholes*, bool (n), what they would keep as one line comes as well.
    """
    kept = _winnow_lines(texts, shingle_size, window)
    numbers = np.flatnonzero(np.zeros(0) if wholes is None else wholes)
    more = _winnow_lines([texts[number].replace("\n", " ") for number in numbers.tolist()], shingle_size, window)
    return Winnowed(
        np.append(kept.hashes, more.hashes),
        np.append(kept.texts, numbers[more.texts]),
        np.append(kept.lines, more.lines - 1),
        np.append(kept.words, more.words),
    )


def _winnow_lines(texts: Sequence[str], shingle_size: int, window: int) -> Winnowed:
    folded = [text.casefold().encode("utf-8", "surrogatepass") for text in texts]
    data = np.frombuffer(b"\n".join(folded), dtype=np.uint8)
    is_line_end = data == 10
    inside = (data != 32) & ~is_line_end
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]])))
    starts, ends = edges[::2], edges[1::2]
    needed = shingle_size + window - 1
    if len(starts) < needed:
        none = np.zeros(0, dtype=np.int64)
        return Winnowed(none.astype(np.uint64), none, none, none.astype(np.int32))
    line = np.cumsum(is_line_end)[starts]
    lengths = np.bincount(line)

    least = _shingle_hashes(_word_hashes(data, starts, ends), shingle_size)
    reach = 1
    while reach < window:
        step = min(reach, window - reach)
        least = np.minimum(least[:-step], least[step:])
        reach += step
    whole = np.flatnonzero(line[: len(least)] == line[needed - 1 :])
    hashes, of = least[whole], line[whole]
    new = np.append(True, (hashes[1:] != hashes[:-1]) | (of[1:] != of[:-1]))[: len(of)]
    hashes, of = hashes[new], of[new]
    first_lines = np.cumsum([0, *(text.count(b"\n") + 1 for text in folded)])
    number = np.searchsorted(first_lines, of, side="right") - 1
    return Winnowed(hashes, number, of - first_lines[number], lengths[of].astype(np.int32))


def _word_hashes(data: npt.NDArray[np.uint8], starts: I64, ends: I64) -> U64:
    """Return a hash of each word: its bytes as the digits of a number modulo 2**64, out of sums over all bytes."""
    powers, inverses = _powers(len(data).bit_length())
    sums = np.zeros(len(data) + 1, dtype=np.uint64)
    np.cumsum((data.astype(np.uint64) + np.uint64(1)) * powers[: len(data)], out=sums[1:])
    return _mixed((sums[ends] - sums[starts]) * inverses[starts])


@lru_cache(maxsize=1)
def _powers(bits: int) -> tuple[U64, U64]:
    """Return the powers of the base modulo 2**64 up to 2**bits, and those of its inverse."""
    count = 1 << bits
    return tuple(  # type: ignore[return-value]
        np.cumprod(np.append(np.uint64(1), np.full(count, base, dtype=np.uint64)))
        for base in (_BASE, pow(_BASE, -1, 1 << 64))
    )


def _shingle_hashes(words: U64, shingle_size: int) -> U64:
    count = len(words) - shingle_size + 1
    shingles = words[:count].copy()
    for place in range(1, shingle_size):
        shingles = _mixed(shingles ^ words[place : place + count])
    return shingles


def _mixed(values: U64) -> U64:
    values = (values ^ (values >> np.uint64(32))) * _MIX
    mixed: U64 = values ^ (values >> np.uint64(29))
    return mixed
