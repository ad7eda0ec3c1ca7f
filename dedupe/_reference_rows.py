"""What of the kernel in NumPy works on rows and keys, whatever these are of: dealing out, repeats, what is known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_SHIFT_32 = np.uint64(32)


def deal(numbers: U32, rows: U8, count: int) -> tuple[U8, U32]:
    """Return *rows*, uint8 (n, size), sorted by *numbers*, uint32 (n) below *count*; of one number they stay in order.

    With them comes uint32 (count + 1): where the rows of each number begin, and how many rows there are.
    """
    if numbers.dtype != np.uint32 or numbers.ndim != 1 or rows.dtype != np.uint8 or rows.ndim != 2:
        raise TypeError("numbers are not uint32 in one dimension, or rows are not bytes in two")
    if len(numbers) != len(rows):
        raise ValueError("not one number for each row")
    if len(numbers) and int(numbers.max()) >= count:
        raise ValueError("a number that is too high")
    # NumPy sorts small integers by their digits, which takes a tenth of the time.
    order = np.argsort(numbers.astype(np.uint16) if count <= 1 << 16 else numbers, kind="stable")
    ends = np.append(0, np.cumsum(np.bincount(numbers, minlength=count)))
    return rows[order], ends.astype(np.uint32)


def deal_keys(words: U32, columns: Sequence[int], rows: I64, place: int, bits: int) -> tuple[U64, U32]:
    """Return the keys that *rows*, int64 (m), of *words*, uint32 (n, width), have in some of the *columns*, as codes.

    A code is the key in the upper half and *place* and the number of the row in the lower half. They are sorted by
    column and by the highest *bits* bits of the key, up to 16; of the same of these they stay in the order of *rows*.
    With them comes uint32: where those of each column and highest bits begin, and how many there are.
    """
    if words.dtype != np.uint32 or words.ndim != 2 or rows.dtype != np.int64 or rows.ndim != 1:
        raise TypeError("words are not uint32 in two dimensions, or rows not int64 in one")
    if any(column >= words.shape[1] for column in columns):
        raise ValueError("a column that is not there")
    if not 0 <= bits <= 16:
        raise ValueError("more bits than keys are dealt out by")
    if place + len(words) > 0xFFFFFFFF or len(rows) * len(columns) > 0xFFFFFFFF:
        raise ValueError("more rows than can be dealt out together")
    if len(rows) and not 0 <= int(rows.min()) <= int(rows.max()) < len(words):
        raise ValueError("a row that is not there")
    keys = words[rows][:, columns].T.astype(np.uint64)
    shards = np.arange(len(columns), dtype=np.uint32)[:, None] << np.uint32(bits)
    shards = shards | (keys >> np.uint64(32 - bits)).astype(np.uint32)
    codes = (keys << _SHIFT_32) | (rows + place).astype(np.uint64)
    dealt, ends = deal(shards.ravel(), codes.reshape(-1, 1).view(np.uint8), len(columns) << bits)
    return dealt.view(np.uint64).ravel(), ends


def repeated(values: U64) -> Flags:
    """Return for each of *values*, uint64 (n), whether it is there more than once.

    >>> repeated(np.array([3, 1, 3], dtype=np.uint64)).tolist()
    [True, False, True]
    """
    if values.dtype != np.uint64 or values.ndim != 1:
        raise TypeError("values are not uint64 in one dimension")
    ordered = np.sort(values)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    if not len(twice):
        return np.zeros(len(values), dtype=bool)
    found: Flags = twice[np.minimum(np.searchsorted(twice, values), len(twice) - 1)] == values
    return found


def distinct(values: U64) -> U64:
    """Return the distinct ones of *values*, uint64 (n), ascending.

    >>> distinct(np.array([3, 1, 3], dtype=np.uint64)).tolist()
    [1, 3]
    """
    if values.dtype != np.uint64 or values.ndim != 1:
        raise TypeError("values are not uint64 in one dimension")
    ordered = np.sort(values)
    is_first = np.ones(len(values), dtype=bool)
    is_first[1:] = ordered[1:] != ordered[:-1]
    return ordered[is_first]


def shared_keys(codes: U64) -> U64:
    """Return, sorted, those of *codes*, uint64 (n), whose upper half, a key, another one has too.

    >>> shared_keys(np.array([3 << 32 | 1, 7 << 32, 3 << 32], dtype=np.uint64)).tolist() == [3 << 32, 3 << 32 | 1]
    True
    """
    if codes.dtype != np.uint64 or codes.ndim != 1:
        raise TypeError("codes are not uint64 in one dimension")
    ordered = np.sort(codes)
    same = (ordered[1:] ^ ordered[:-1]) < np.uint64(1 << 32)
    shared: U64 = ordered[np.append(False, same) | np.append(same, False)] if len(codes) else ordered
    return shared


class Sieve:
    """Tells which rows share a key with *known* ones, uint32 (k, width), in one of the *columns*."""

    def __init__(self, known: U32, columns: Sequence[int]) -> None:
        _check_keys(known)
        self._width = known.shape[1]
        if any(column >= self._width for column in columns):
            raise ValueError("a column that is not there")
        self._keys = {column: np.unique(known[:, column]) for column in columns if len(known)}

    def passes(self, rows: U32) -> Flags:
        """Return for each of *rows*, uint32 (n, width), whether it has in a column a key that a known one has there."""
        _check_keys(rows)
        if rows.shape[1] != self._width:
            raise ValueError("rows of another width")
        passing = np.zeros(len(rows), dtype=bool)
        for column, keys in self._keys.items():
            at = np.minimum(np.searchsorted(keys, rows[:, column]), len(keys) - 1)
            passing |= keys[at] == rows[:, column]
        return passing


def _check_keys(rows: U32) -> None:
    if rows.dtype != np.uint32 or rows.ndim != 2:
        raise TypeError("keys are not uint32 in two dimensions")
