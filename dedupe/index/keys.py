"""What passages are found by: the content they have, and the bands of each content.

Most of what is looked up is not there, and lies anywhere in files of hundreds of megabytes. So the large ones are
not mapped into memory: a look would bring sixteen pages around it along, which costs more than reading the few bytes
that are wanted. Small files say where those are.
"""

from __future__ import annotations

import mmap
import os
import weakref
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from dedupe.matching.fingerprint import BANDS
from dedupe.matching.sets import are_first, distinct

I64 = npt.NDArray[np.int64]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]

_PRINT = np.dtype([("content", "<u8"), ("row", "<i8"), ("bands", "<u4", BANDS)])

_LOW = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)
#: Entries of a bucket file between two fences.
_FENCED = 64
#: Prints that are gathered together while a part is written.
_AT_ONCE = 1 << 16


class Mapped:
    """An array in a file, mapped into memory."""

    def __init__(self, path: Path, dtype: npt.DTypeLike, shape: tuple[int, ...] = (-1,)) -> None:
        with path.open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            self._map = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) if size else None
        self.array: npt.NDArray[Any] = np.frombuffer(self._map or b"", dtype=dtype).reshape(shape)

    def release(self) -> None:
        """Give the memory back that was filled by looking; the next look fills it again."""
        if self._map is not None and hasattr(mmap, "MADV_DONTNEED"):
            self._map.madvise(mmap.MADV_DONTNEED)


class Ranges:
    """An array in a file of which parts are read, here and there."""

    def __init__(self, path: Path, dtype: npt.DTypeLike) -> None:
        self._dtype = np.dtype(dtype)
        self._file = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._file)

    def read(self, first: I64, last: I64) -> npt.NDArray[Any]:
        """Return the items in ascending ranges ``[first, last)``, one after the other; ranges that touch are one."""
        gaps = first[1:] != last[:-1]
        starts = first[np.append(True, gaps)[: len(first)]] * self._dtype.itemsize
        ends = last[np.append(gaps, True)[: len(last)]] * self._dtype.itemsize
        spans = zip(starts.tolist(), ends.tolist(), strict=True)
        return np.frombuffer(b"".join([os.pread(self._file, end - start, start) for start, end in spans]), self._dtype)


class Keys:
    """The keys of rows of one kind, segments or whole documents.

    Contents are ascending. ``rows[first[i]:first[i + 1]]`` are the rows with content i, by the path of their file, and
    ``bands[i]`` its band keys. ``buckets[b]`` are the contents by their key in band b: the key in the
    upper half, the number of the content in the lower. ``fences[b]`` has every 64th of those keys.
    """

    def __init__(self, folder: Path, kind: str) -> None:
        self._contents = Mapped(folder / f"{kind}-contents", np.uint64)
        self._first = Mapped(folder / f"{kind}-first", np.int64)
        self._rows = Mapped(folder / f"{kind}-rows", np.int64)
        self._fences = Mapped(folder / f"{kind}-fences", np.uint32, (BANDS, -1))
        self._bands = Ranges(folder / f"{kind}-bands", np.uint32)
        self._buckets = Ranges(folder / f"{kind}-buckets", np.uint64)
        self.contents: U64 = self._contents.array

    def find(self, contents: U64) -> I64:
        """Return the number of each content, -1 where there is none."""
        if not len(self.contents):
            return np.full(len(contents), -1, dtype=np.int64)
        at = np.minimum(np.searchsorted(self.contents, contents), len(self.contents) - 1)
        return np.where(self.contents[at] == contents, at, -1)

    def bands_of(self, contents: U64) -> U32:
        """Return uint32 (n, BANDS): the band keys of each content, 0 where there is none."""
        at = self.find(contents)
        wanted = distinct(at[at >= 0])
        rows = self._bands.read(wanted * BANDS, (wanted + 1) * BANDS).reshape(-1, BANDS)
        found = np.zeros((len(contents), BANDS), dtype=np.uint32)
        found[at >= 0] = rows[np.searchsorted(wanted, at[at >= 0])]
        return found

    def met(self, band: int, keys: U32, most: int | None = None) -> tuple[I64, I64]:
        """Return what is in the buckets of *keys* in a band, as pairs: the place of the key, the number of a content.

        They are ascending. With *most* there are no more than so many to a key, those with the lowest hashes.
        """
        wanted = distinct(keys)
        first, last = self._blocks(band, wanted, most)
        total = len(self.contents)
        entries = self._buckets.read(band * total + first * _FENCED, band * total + np.minimum(last * _FENCED, total))
        begin = np.searchsorted(entries, keys.astype(np.uint64) << _SHIFT)
        counts = np.searchsorted(entries, keys.astype(np.uint64) << _SHIFT | _LOW, side="right") - begin
        counts = counts if most is None else np.minimum(counts, most)
        numbers: I64 = (entries[np.repeat(begin, counts) + count_up(counts)] & _LOW).astype(np.int64)
        return np.repeat(np.arange(len(keys)), counts), numbers

    def _blocks(self, band: int, keys: U32, most: int | None) -> tuple[I64, I64]:
        """Return ranges of blocks between fences that have the buckets of ascending *keys*, ascending and apart."""
        fences = self._fences.array[band]
        first = np.maximum(np.searchsorted(fences, keys) - 1, 0)
        last = np.searchsorted(fences, keys, side="right")
        if most is not None:  # a bucket may begin with the block after the first one
            last = np.minimum(last, first + 2 + most // _FENCED)
        first = np.maximum(first, np.append(0, last[:-1])[: len(first)])
        there = first < last
        return first[there], last[there]

    def rows_of(self, content: int) -> I64:
        """Return the rows with the content of this number, by the path of their file."""
        first, last = self._first.array[content : content + 2].tolist()
        rows: I64 = self._rows.array[first:last]
        return rows

    def first_rows(self, contents: I64) -> I64:
        """Return for each content, given by its number, the first row that has it."""
        rows: I64 = self._rows.array[self._first.array[contents]]
        return rows

    def release(self) -> None:
        """Give memory back that was filled by looking."""
        for mapped in (self._contents, self._first, self._rows, self._fences):
            mapped.release()


def prints(content: U64, rows: I64, bands: U32) -> bytes:
    """Return what :func:`write_keys` makes files of: of each row its content and band keys."""
    found = np.zeros(len(content), dtype=_PRINT)
    found["content"], found["row"], found["bands"] = content, rows, bands
    return found.tobytes()


def write_keys(folder: Path, kind: str, rank: Callable[[I64], I64]) -> None:
    """Write the files of :class:`Keys` from the file of prints, which goes. *rank* gives the order of rows."""
    source = folder / f"{kind}-prints"
    taken = Mapped(source, _PRINT)
    content = np.ascontiguousarray(taken.array["content"])
    rows = np.ascontiguousarray(taken.array["row"])
    order = np.lexsort((rows, rank(rows), content))
    first = np.flatnonzero(are_first(content[order]))
    save(folder / f"{kind}-contents", [content[order[first]]])
    save(folder / f"{kind}-first", [np.append(first, len(order))])
    save(folder / f"{kind}-rows", [rows[order]])
    heads = order[first]
    parts = range(0, len(heads), _AT_ONCE)
    save(folder / f"{kind}-bands", (taken.array["bands"][heads[at : at + _AT_ONCE]] for at in parts))
    taken.release()
    bands = Mapped(folder / f"{kind}-bands", np.uint32, (-1, BANDS))
    fences: list[U32] = []
    save(folder / f"{kind}-buckets", _bucket_columns(bands.array, fences))
    save(folder / f"{kind}-fences", fences)
    source.unlink()


def save(path: Path, arrays: Iterable[npt.NDArray[Any]]) -> None:
    """Write arrays into a file, one after the other."""
    with path.open("wb") as stream:
        for array in arrays:
            stream.write(np.ascontiguousarray(array).data)


def count_up(counts: I64) -> I64:
    """Return 0, 1, 2, ... for each of *counts*, one after the other.

    >>> count_up(np.array([2, 0, 3])).tolist()
    [0, 1, 0, 1, 2]
    """
    ends = np.cumsum(counts)
    return np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - counts, counts)


def _bucket_columns(bands: U32, fences: list[U32]) -> Iterator[U64]:
    """Yield the buckets of each band, whose fences are added to *fences*."""
    for keys in bands.T:
        column = keys.astype(np.uint64) << _SHIFT | np.arange(len(keys), dtype=np.uint64)
        column.sort()
        fences.append((column[::_FENCED] >> _SHIFT).astype(np.uint32))
        yield column
