"""Band keys to candidate pairs. A candidate pair met in a bucket; nothing more is known of it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

I64 = npt.NDArray[np.int64]

#: In a bucket of this many or fewer, every pair is proposed.
SMALL_BUCKET = 24
#: In a larger one each member meets this many of the first members and of its
#: predecessors: a family of thousands stays linear, and a member that has a near
#: copy in the family meets the family's best members first.
REACH = 12


def candidate_pairs(bands: npt.NDArray[np.uint32], rank: I64) -> I64:
    """Return int64 (m, 2) distinct pairs of rows that share a band key.

    *bands* is uint32 (n, bands), *rank* int64 (n) the rows' priority, smaller first. In
    each pair the row of better rank comes first; pairs are sorted by the rank of the
    second row, then of the first, so that a greedy walk can go through them in order.
    """
    count = len(bands)
    if count < 2:
        return np.zeros((0, 2), dtype=np.int64)
    order = np.argsort(rank, kind="stable")
    codes = np.zeros(0, dtype=np.int64)
    for band in range(bands.shape[1]):
        keys = bands[order, band]
        by_key = np.argsort(keys, kind="stable")  # inside a bucket, ranks stay in order
        codes = np.union1d(codes, _pairs_in_buckets(keys[by_key], by_key.astype(np.int64), count))
    later, earlier = codes // count, codes % count
    return np.stack([order[earlier], order[later]], axis=1).astype(np.int64)


def _pairs_in_buckets(keys: npt.NDArray[np.uint32], members: I64, count: int) -> I64:
    """Return the pairs as codes ``later * count + earlier`` of positions by rank."""
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    sizes = np.diff(np.append(starts, len(keys)))
    first = np.repeat(starts, sizes)
    size = np.repeat(sizes, sizes)
    place = np.arange(len(keys)) - first
    codes: list[I64] = []
    for back in range(1, min(SMALL_BUCKET, int(sizes.max()))):
        near = (place >= back) & ((size <= SMALL_BUCKET) | (back <= REACH))
        at = np.flatnonzero(near)
        codes.append(members[at] * count + members[at - back])
    for head in range(min(REACH, int(sizes.max()))):
        at = np.flatnonzero((size > SMALL_BUCKET) & (place > REACH + head))
        codes.append(members[at] * count + members[first[at] + head])
    return np.unique(np.concatenate(codes)) if codes else np.zeros(0, dtype=np.int64)
