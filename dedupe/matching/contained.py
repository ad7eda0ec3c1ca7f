"""Passages that stand inside a longer one: a teaser inside its article, a line inside the paragraph it was joined to.

Jaccard similarity is low where one text is much shorter, so bands do not find these. Winnowing does (Schleimer,
Wilkerson and Aiken, 2003): of every eight neighbouring shingles the least hash is kept, so two
texts that share twelve words in a row share a hash. The hashes lie in work files, in shards
that fit into memory one by one; what meets there is compared in full.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dedupe.matching.candidates import candidate_pairs
from dedupe.matching.sets import are_first, are_in, distinct
from dedupe.matching.table import Table
from dedupe.shards import Shards
from dedupe.workfiles import WorkFolder

I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.void]
Flags = npt.NDArray[np.bool_]

#: Words in a shingle.
SHINGLE = 5
#: Shingles in a window, of which one is kept: a power of two.
WINDOW = 8
#: Shorter passages are not looked for: whole windows of them are needed.
LEAST_WORDS = SHINGLE + WINDOW - 1

#: The least hash of a window of words; ``segment`` is a document's number and the position in it.
_KEPT = np.dtype([("hash", "<u8"), ("segment", "<i8"), ("words", "<i4")])
#: Two segments that share so many hashes.
_MET = np.dtype([("shorter", "<i8"), ("longer", "<i8"), ("hashes", "<i4")])
#: Bytes of token forms that are hashed at a time.
_BATCH_BYTES = 1 << 16
#: A longer line is not looked at: hashing takes fifty bytes a byte, and it is no paragraph.
_LONGEST_LINE = 1 << 20
#: Bytes of a shard, which takes several times as many while it is looked through.
_SHARD_BYTES = 1 << 21
#: Passages that one is looked for in, or that are looked for in one.
_TRIED = 4
_BASE = 0x9E3779B97F4A7C15
_MIX = np.uint64(0xC2B2AE3D27D4EB4F)
_SHIFT = np.uint64(32)


class Inside(NamedTuple):
    """A segment all words of which stand in a row inside a longer one."""

    document: int
    position: int
    canonical: int
    canonical_position: int
    words: int


def find_contained(table: Table, windows: Windows, known: I64, *, alone: bool) -> Iterator[Inside]:
    """Yield the segments of a table that stand inside longer ones, in order, each with one of those.

    *known*, int64 (n, 2), are codes (document << 32 | position) of segments of which more is known, ascending, and of
    what they repeat. They are not looked for, nor is in them what they repeat, and neither are segments of references.
    With *alone* only what stands in the same document is found.
    """
    firsts = table.first_rows()
    may_be_inside = _stand_in_longer(windows, firsts)
    may_be_inside[_rows(known[:, 0], firsts)] = False
    may_be_inside[_first_of_references(table, firsts) :] = False
    met = np.zeros(0, dtype=_MET)
    for kept in windows:
        inside = may_be_inside[_rows(kept["segment"], firsts)]
        kept = kept[are_in(kept["hash"], distinct(kept["hash"][inside]))]
        kept = kept[np.lexsort((kept["segment"], -kept["words"].astype(np.int64)))]
        fresh = _meetings(kept, may_be_inside[_rows(kept["segment"], firsts)])
        if alone:
            fresh = fresh[fresh["longer"] >> 32 == fresh["shorter"] >> 32]
        met = _summed(np.concatenate([met, fresh]))
    met = _without_known(met, known)
    yield from _verified(table, met[np.lexsort((met["longer"], -met["hashes"], met["shorter"]))], by="shorter")


def find_containing(table: Table, windows: Windows, known: I64) -> Iterator[Inside]:
    """Yield segments of references that stand inside longer ones of the run's own: for each of these one, in order.

    *known* are codes as in :func:`find_contained`: what an own segment repeats is not looked for in it.
    """
    firsts = table.first_rows()
    is_own = np.arange(firsts[-1]) < _first_of_references(table, firsts)
    met = np.zeros(0, dtype=_MET)
    for kept in windows if not is_own.all() else ():
        own = is_own[_rows(kept["segment"], firsts)]
        shared = are_in(kept["hash"], distinct(kept["hash"][~own])) & are_in(kept["hash"], distinct(kept["hash"][own]))
        # References first: in a bucket every one of the run's own meets the first ones.
        kept, own = kept[shared], own[shared]
        order = np.lexsort((kept["segment"], -kept["words"].astype(np.int64), own))
        fresh = _meetings(kept[order], own[order])
        met = _summed(np.concatenate([met, fresh[~is_own[_rows(fresh["shorter"], firsts)]]]))
    met = _without_known(met, known)
    yield from _verified(table, met[np.lexsort((met["shorter"], -met["hashes"], met["longer"]))], by="longer")


def _first_of_references(table: Table, firsts: I64) -> int:
    """Return the row at which the segments of references begin, where those of each document begin with *firsts*."""
    return int(firsts[min(table.references_from, len(firsts) - 1)])


def _meetings(kept: Rows, wanted: Flags) -> Rows:
    """Return which segments meet one of those *wanted*, bool (n), in a hash, and have more or fewer words than it."""
    pairs = candidate_pairs([(kept["hash"] >> _SHIFT).astype(np.uint32)], wanted)
    one, other = kept[pairs[:, 0]], kept[pairs[:, 1]]
    differ = one["words"] != other["words"]
    one, other = one[differ], other[differ]
    met = np.zeros(len(one), dtype=_MET)
    is_longer = one["words"] > other["words"]
    met["longer"] = np.where(is_longer, one["segment"], other["segment"])
    met["shorter"] = np.where(is_longer, other["segment"], one["segment"])
    met["hashes"] = 1
    return met


def _without_known(met: Rows, known: I64) -> Rows:
    """Leave out the longer ones that are known to repeat the shorter one."""
    told = np.flatnonzero(are_in(met["longer"], known[:, 0]))
    repeated = known[np.searchsorted(known[:, 0], met["longer"][told]), 1]
    left: Rows = np.delete(met, told[repeated == met["shorter"][told]])
    return left


def _stand_in_longer(windows: Windows, firsts: I64) -> Flags:
    """Return for each segment, by row, whether every hash that is kept of it is also kept of one with more words.

    That is so of whatever stands inside a longer one, and of few others.
    """
    rows = np.ones(int(firsts[-1]), dtype=bool)
    for kept in windows:
        kept = kept[np.argsort(kept["hash"])]
        first = are_first(kept["hash"])
        starts = np.flatnonzero(first)
        if len(starts):
            most = np.maximum.reduceat(kept["words"], starts)[np.cumsum(first) - 1]
            rows[_rows(kept["segment"][kept["words"] == most], firsts)] = False
    return rows


def _rows(segments: I64, firsts: I64) -> I64:
    """Return the rows of segments, given by their codes, where those of each document begin with ``firsts``."""
    rows: I64 = firsts[segments >> 32] + (segments & 0xFFFFFFFF)
    return rows


def _verified(table: Table, met: Rows, *, by: str) -> Iterator[Inside]:
    """Yield what is so of pairs of segments, the first for each one in the field *by*, which stand together."""
    lines = lru_cache(maxsize=64)(lambda number: table.tokens.get(number).decode("utf-8").casefold().split("\n"))
    last, tried = -1, 0
    for subject, segment, other in zip(*(met[name].tolist() for name in (by, "shorter", "longer")), strict=True):
        if subject != last:
            last, tried = subject, 0
        if tried == _TRIED:
            continue
        tried += 1
        document, position = segment >> 32, segment & 0xFFFFFFFF
        canonical, there = other >> 32, other & 0xFFFFFFFF
        if f" {lines(document)[position]} " in f" {lines(canonical)[there]} ":
            tried = _TRIED
            yield Inside(document, position, canonical, there, int(table.rows(document)["words"][position]))


def _summed(met: Rows) -> Rows:
    """Return each pair once, with all its hashes."""
    met = met[np.lexsort((met["longer"], met["shorter"]))]
    first = np.flatnonzero(are_first(met["shorter"], met["longer"]))
    distinct = met[first]
    if len(met):
        distinct["hashes"] = np.add.reduceat(met["hashes"], first)
    return distinct


class Windows:
    """The kept hashes of all segments, in shards by their highest bits; iterating yields them one by one."""

    def __init__(self, table: Table, folder: WorkFolder) -> None:
        numbers = np.flatnonzero(np.diff(table.first_rows()))
        lengths = table.tokens.lengths(numbers)
        # two windows of nine begin with a new least hash, and a word has six bytes or so
        expected = int(lengths.sum()) * _KEPT.itemsize // 27
        bits = (expected // _SHARD_BYTES).bit_length()
        self._count = 1 << bits
        self._shards = Shards(folder, "windows", _KEPT, self._count)
        for kept in winnowed((number << 32, table.tokens.get(number)) for number in numbers.tolist()):
            self._shards.put((kept["hash"] >> _SHIFT) >> np.uint64(32 - bits), kept)

    def __iter__(self) -> Iterator[Rows]:
        return map(self._shards.read, range(self._count))


def winnowed(texts: Iterable[tuple[int, bytes]]) -> Iterator[Rows]:
    """Yield what :func:`kept_hashes` returns for *texts*, some of them at a time and long ones in parts."""
    batch: list[tuple[int, bytes]] = []
    size = 0
    for code, text in texts:
        for first, part in _parts(text):
            batch.append((code + first, part))
            size += len(part)
            if size >= _BATCH_BYTES:
                yield kept_hashes(batch)
                batch, size = [], 0
    yield kept_hashes(batch)


def _parts(text: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield a text in parts that end with a line, with the number of their first line; but for very long lines."""
    start = line = 0
    while start <= len(text):
        end = text.find(b"\n", start + _BATCH_BYTES)
        end = len(text) if end < 0 else end
        if end - start <= _BATCH_BYTES + _LONGEST_LINE:
            yield line, text[start:end]
        line += text.count(b"\n", start, end) + 1
        start = end + 1


def kept_hashes(texts: list[tuple[int, bytes]]) -> Rows:
    r"""Return the hashes that winnowing keeps of token forms, as rows of hash, segment and its words.

    *texts* are lines of documents, each with the code of its first line; every line is a segment.

    >>> one = b"the ferry to the island was late again on monday morning in the rain"
    >>> kept = kept_hashes([(7 << 32, one), (8 << 32, b"A boat\n" + b"they say " + one.upper() + b" once more")])
    >>> short, long = (set(kept["hash"][kept["segment"] == code].tolist()) for code in (7 << 32, (8 << 32) + 1))
    >>> len(short) > 0, short <= long, len(kept) == len(short) + len(long)
    (True, True, True)
    """
    folded = [text.lower() if text.isascii() else text.decode("utf-8").casefold().encode() for _, text in texts]
    data = np.frombuffer(b"\n".join(folded), dtype=np.uint8)
    is_line_end = data == 10
    inside = (data != 32) & ~is_line_end
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]])))
    starts, ends = edges[::2], edges[1::2]
    if len(starts) < LEAST_WORDS:
        return np.zeros(0, dtype=_KEPT)
    line = np.cumsum(is_line_end)[starts]
    first_lines = np.cumsum([0, *(text.count(b"\n") + 1 for text in folded)])
    text_of = np.searchsorted(first_lines, line, side="right") - 1
    segment = np.array([code for code, _ in texts], dtype=np.int64)[text_of] + line - first_lines[text_of]

    least = _shingle_hashes(_word_hashes(data, starts, ends))
    reach = 1
    while reach < WINDOW:
        least = np.minimum(least[:-reach], least[reach:])
        reach *= 2
    whole = np.flatnonzero(segment[: len(least)] == segment[LEAST_WORDS - 1 :])
    hashes, of = least[whole], segment[whole]
    new = are_first(hashes, of)
    begins = are_first(segment)
    lengths = np.diff(np.append(np.flatnonzero(begins), len(segment)))
    number = np.cumsum(begins) - 1
    kept = np.zeros(int(new.sum()), dtype=_KEPT)
    kept["hash"], kept["segment"], kept["words"] = hashes[new], of[new], lengths[number[whole]][new]
    return kept


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


def _shingle_hashes(words: U64) -> U64:
    count = len(words) - SHINGLE + 1
    shingles = words[:count].copy()
    for place in range(1, SHINGLE):
        shingles = _mixed(shingles ^ words[place : place + count])
    return shingles


def _mixed(values: U64) -> U64:
    values = (values ^ (values >> _SHIFT)) * _MIX
    mixed: U64 = values ^ (values >> np.uint64(29))
    return mixed
