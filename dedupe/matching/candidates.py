"""Band keys to candidate pairs. A candidate pair met in a bucket; nothing more is known of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
import numpy.typing as npt

from dedupe import kernels
from dedupe.matching.sets import are_first, distinct

I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]

#: In a bucket of this many or fewer, every pair is proposed.
SMALL_BUCKET = 24
#: In a larger one each member meets this many of the first members and of its
#: predecessors: a family of thousands stays linear, and a member that has a near
#: copy in the family meets the family's best members first.
REACH = 12
#: A row that has so many pairs meets no others: a family of thousands has other buckets in every band.
ENOUGH_PAIRS = 48

#: Later rows of pairs that are made together, each with two kilobytes of them meanwhile; but in a family of very many
#: rows more, since each time all of them are sorted.
_PAIRED_ROWS = 1 << 15
_MOST_TURNS = 8
#: Pairs that are looked at together; of one row there are far fewer.
_PAIRS = 1 << 16

_SHIFT = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)
#: After so many bands, pairs that met before are left out, and rows that have enough of them.
_COLLECTED_BANDS = 5
#: Pairs that wait to be put with those of other bands; most of them met there.
_MOST_FRESH = 1 << 20


def candidate_pairs(columns: Iterable[npt.NDArray[np.uint32]], wanted: Flags | None = None) -> I64:
    """Return int64 (m, 2) distinct pairs of rows that share a band key.

    *columns* are the band keys, uint32 (n) for each band, of rows in order of priority, the
    best first. In each pair the better row comes first; pairs are sorted by the second
    row, then by the first, so that a greedy walk can go through them in order. Of the
    second rows there are only those *wanted*, bool (n), if that is given.
    """
    codes = np.zeros(0, dtype=np.uint64)
    fresh: list[U64] = []
    unwanted = np.zeros(0, dtype=bool) if wanted is None else ~wanted
    has_enough = unwanted
    for number, keys in enumerate(columns, 1):
        fresh += _pairs_in_buckets(keys, has_enough)
        if number % _COLLECTED_BANDS == 0 or sum(map(len, fresh)) > _MOST_FRESH:
            codes, fresh = distinct(np.concatenate([codes, *fresh])), []
        # Not when there are many: what a row meets must not hang on rows that it has nothing in common with.
        if number % _COLLECTED_BANDS == 0:
            has_enough = np.bincount((codes >> _SHIFT).astype(np.int64), minlength=len(keys)) >= ENOUGH_PAIRS
            has_enough[: len(unwanted)] |= unwanted
    codes = distinct(np.concatenate([codes, *fresh]))
    del fresh  # there can be millions
    pairs = np.empty((len(codes), 2), dtype=np.uint64)
    np.bitwise_and(codes, _LOW, out=pairs[:, 0])
    np.right_shift(codes, _SHIFT, out=pairs[:, 1])
    return pairs.view(np.int64)


def pairs_in_turns(columns: Callable[[], Iterable[npt.NDArray[np.uint32]]], wanted: Flags) -> Iterator[I64]:
    """Yield what :func:`candidate_pairs` returns, in parts of bounded size; those of one later row stay together.

    *columns* gives the band keys as often as it is called.
    """
    turn = np.arange(len(wanted)) // max(_PAIRED_ROWS, -(-len(wanted) // _MOST_TURNS))
    for number in range(int(turn[-1]) + 1 if len(turn) else 0):
        yield from _parts(candidate_pairs(columns(), wanted & (turn == number)))


def _parts(pairs: I64) -> Iterator[I64]:
    first = 0
    while first < len(pairs):
        last = first + _PAIRS
        if last < len(pairs):
            # A column is copied to be searched, and there can be millions of pairs.
            last = first + int(np.searchsorted(pairs[first:last, 1], pairs[last, 1]))
        yield pairs[first:last]
        first = last


def _pairs_in_buckets(keys: npt.NDArray[np.uint32], has_enough: Flags) -> list[U64]:
    """Return the pairs as codes: the later row in the upper half, the earlier in the lower.

    A later row that *has_enough* gets none; no flags mean that none has.
    """
    if len(keys) < 2:
        return []
    by_key = kernels.shared_keys((keys.astype(np.uint64) << _SHIFT) | np.arange(len(keys), dtype=np.uint64))
    members = by_key & _LOW  # inside a bucket, rows stay in order
    first = np.flatnonzero(are_first(by_key >> _SHIFT))
    sizes = np.diff(np.append(first, len(members)))
    place = np.arange(len(members)) - np.repeat(first, sizes)
    size = np.repeat(sizes, sizes)
    largest = int(sizes.max(initial=0))
    codes: list[U64] = []
    wanting = np.arange(len(members)) if not len(has_enough) else np.flatnonzero(~has_enough[members])
    at = wanting
    for back in range(1, min(SMALL_BUCKET, largest)):
        at = at[(place[at] >= back) & ((size[at] <= SMALL_BUCKET) | (back <= REACH))]
        codes.append((members[at] << _SHIFT) | members[at - back])
    if largest > SMALL_BUCKET:
        heads = np.repeat(first, sizes)
        for head in range(REACH):
            at = wanting[(size[wanting] > SMALL_BUCKET) & (place[wanting] > REACH + head)]
            codes.append((members[at] << _SHIFT) | members[heads[at] + head])
    return codes
