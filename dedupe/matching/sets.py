"""Arrays of integers as sets: what is in them once, what is in another one, which rows are the same.

NumPy's own functions for this hash, which takes a hundred times as long as sorting where there are a million values.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from dedupe import kernels

Integers = TypeVar("Integers", bound=np.integer[Any])
Flags = npt.NDArray[np.bool_]

#: Where there are so many values for each one that is known, most of them are not, and fall into other slots; and so
#: many slots there are for each of these.
_SIEVED, _SLOTS = 4, 4


def distinct(values: npt.NDArray[Integers]) -> npt.NDArray[Integers]:
    """Return the distinct ones of *values*, ascending.

    >>> distinct(np.array([3, 1, 3])).tolist()
    [1, 3]
    """
    if values.dtype == np.uint64:
        found: npt.NDArray[Any] = kernels.distinct(np.ascontiguousarray(values))
        return found
    ordered = np.sort(values)
    return ordered[are_first(ordered)]


def union(*sets: npt.NDArray[Integers]) -> npt.NDArray[Integers]:
    """Return the values that are in any of *sets*, ascending.

    >>> union(np.array([1, 4]), np.array([4, 9]), np.array([0])).tolist()
    [0, 1, 4, 9]
    """
    return distinct(np.concatenate(sets))


def are_first(*columns: npt.NDArray[Any]) -> Flags:
    """Return for each row of sorted *columns* whether it differs from the row before.

    >>> are_first(np.array([1, 1, 2]), np.array([5, 5, 5])).tolist()
    [True, False, True]
    """
    first = np.ones(len(columns[0]), dtype=bool)
    first[1:] = False
    for column in columns:
        first[1:] |= column[1:] != column[:-1]
    return first


def combined(*columns: npt.NDArray[Any]) -> npt.NDArray[np.uint64]:
    """Return uint64 for each row of *columns* of integers: equal for equal rows, and for others by chance only.

    >>> first, again, other = combined(np.array([1, 1, 2]), np.array([3, 3, 3]))
    >>> bool(first == again), bool(first == other)
    (True, False)
    """
    state = np.zeros(len(columns[0]), dtype=np.uint64)
    for column in columns:
        state = (state ^ column.astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        state ^= state >> np.uint64(29)
    return state


def are_in(values: npt.NDArray[Any], known: npt.NDArray[Any]) -> Flags:
    """Return for each value whether it is among *known*, which is sorted.

    >>> are_in(np.array([1, 2, 9]), np.array([2, 3])).tolist()
    [False, True, False]
    """
    if not len(known):
        return np.zeros(len(values), dtype=bool)
    if len(values) < _SIEVED * len(known):
        found: Flags = known[np.minimum(np.searchsorted(known, values), len(known) - 1)] == values
        return found
    # Looking up takes a hundred times as long as seeing that none of those known ends in the same bits.
    low = values.dtype.type((_SLOTS << len(known).bit_length()) - 1)
    slots = np.zeros(int(low) + 1, dtype=bool)
    slots[known & low] = True
    at = np.flatnonzero(slots[values & low])
    found = np.zeros(len(values), dtype=bool)
    found[at] = known[np.minimum(np.searchsorted(known, values[at]), len(known) - 1)] == values[at]
    return found


def place_in_run(values: npt.NDArray[Any], counted: Flags | None = None) -> npt.NDArray[np.int64]:
    """Return how many rows of the same run of equal *values* stand before each row; of those *counted*, if given.

    >>> place_in_run(np.array([7, 7, 7, 8])).tolist()
    [0, 1, 2, 0]
    >>> place_in_run(np.array([7, 7, 7, 8]), np.array([False, True, True, True])).tolist()
    [0, 0, 1, 0]
    """
    weight = np.ones(len(values), dtype=np.int64) if counted is None else counted.astype(np.int64)
    before = np.cumsum(weight) - weight
    starts = np.flatnonzero(are_first(values))
    place: npt.NDArray[np.int64] = before - np.repeat(before[starts], np.diff(np.append(starts, len(values))))
    return place
