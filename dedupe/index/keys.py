"""What passages are found by: the content they have, and the bands and winnowed hashes of each content.

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

from dedupe import kernels
from dedupe.matching.fingerprint import BANDS
from dedupe.matching.sets import are_first, distinct

I64 = npt.NDArray[np.int64]
I32 = npt.NDArray[np.int32]
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
        self.count = os.fstat(self._file).st_size // self._dtype.itemsize
        weakref.finalize(self, os.close, self._file)

    def read(self, first: I64, last: I64) -> npt.NDArray[Any]:
        """Return the items in ascending ranges ``[first, last)``, one after the other; ranges that touch are one."""
        gaps = first[1:] != last[:-1]
        starts = first[np.append(True, gaps)[: len(first)]] * self._dtype.itemsize
        ends = last[np.append(gaps, True)[: len(last)]] * self._dtype.itemsize
        spans = zip(starts.tolist(), ends.tolist(), strict=True)
        return np.frombuffer(b"".join([os.pread(self._file, end - start, start) for start, end in spans]), self._dtype)


class Buckets:
    """Numbers by keys, in several columns.

    Of each column the entries are ascending by key, which is their upper half; the lower one is the number. ``fences``
    have every 64th of the keys.
    """

    def __init__(self, folder: Path, name: str, columns: int = 1) -> None:
        self._fences = Mapped(folder / f"{name}-fences", np.uint32, (columns, -1))
        self._entries = Ranges(folder / f"{name}-buckets", np.uint64)
        self._count = self._entries.count // columns

    def met(self, keys: U32, most: int | None = None, column: int = 0) -> tuple[I64, I64]:
        """Return what is in the buckets of *keys* in a column, as pairs: the place of the key, a number.

        They are in order. With *most* there are no more than the first so many to a key.
        """
        wanted = distinct(keys)
        first, last = self._blocks(column, wanted, most)
        begins = column * self._count
        entries = self._entries.read(begins + first * _FENCED, begins + np.minimum(last * _FENCED, self._count))
        begin = np.searchsorted(entries, keys.astype(np.uint64) << _SHIFT)
        counts = np.searchsorted(entries, keys.astype(np.uint64) << _SHIFT | _LOW, side="right") - begin
        counts = counts if most is None else np.minimum(counts, most)
        numbers: I64 = (entries[np.repeat(begin, counts) + count_up(counts)] & _LOW).astype(np.int64)
        return np.repeat(np.arange(len(keys)), counts), numbers

    def release(self) -> None:
        """Give memory back that was filled by looking."""
        self._fences.release()

    def _blocks(self, column: int, keys: U32, most: int | None) -> tuple[I64, I64]:
        """Return ranges of blocks between fences that have the buckets of ascending *keys*, ascending and apart."""
        fences = self._fences.array[column]
        first = np.maximum(np.searchsorted(fences, keys) - 1, 0)
        last = np.searchsorted(fences, keys, side="right")
        if most is not None:  # a bucket may begin with the block after the first one
            last = np.minimum(last, first + 2 + most // _FENCED)
        first = np.maximum(first, np.append(0, last[:-1])[: len(first)])
        there = first < last
        return first[there], last[there]


class Keys:
    """The keys of rows of one kind, segments or whole documents.

    Contents are ascending. ``rows[first[i]:first[i + 1]]`` are the rows with content i, by the path of their file, and
    ``bands[i]`` its band keys. The columns of ``bands`` and ``windows`` have the numbers of the contents, by their key
    in each band and by the upper halves of the hashes that winnowing keeps; with one hash the longest come first.
    ``sizes[i]`` are the words of a content and how many hashes are kept of it.
    """

    def __init__(self, folder: Path, kind: str) -> None:
        self._contents = Mapped(folder / f"{kind}-contents", np.uint64)
        self._first = Mapped(folder / f"{kind}-first", np.int64)
        self._rows = Mapped(folder / f"{kind}-rows", np.int64)
        self._sizes = Mapped(folder / f"{kind}-sizes", np.int32, (-1, 2))
        self._bands = Ranges(folder / f"{kind}-bands", np.uint32)
        self._buckets = Buckets(folder, kind, BANDS)
        self._windows = Buckets(folder, f"{kind}-window")
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
        return self._buckets.met(keys, most, band)

    def sharing(self, hashes: U32, most: int | None = None) -> tuple[I64, I64]:
        """Return which contents winnowing keeps one of *hashes* of, as pairs: its place, the number of a content.

        *hashes* are the upper halves. With *most* there are no more than so many to a hash, the longest.
        """
        return self._windows.met(hashes, most)

    def sizes(self, contents: I64) -> I32:
        """Return int32 (n, 2): the words of each content, given by its number, and how many hashes are kept of it."""
        found: I32 = self._sizes.array[contents]
        return found

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
        for mapped in (self._contents, self._first, self._rows, self._sizes, self._buckets, self._windows):
            mapped.release()


class KeyWriter:
    """Writes the files of :class:`Keys`. What is taken lies in files of its own until all is there."""

    def __init__(self, folder: Path, kind: str) -> None:
        self._folder = folder
        self._kind = kind
        self._streams = {name: self._place(name).open("wb") for name in ("prints", "taken-windows", "taken-sizes")}

    def add(self, content: U64, rows: I64, bands: U32) -> None:
        """Add rows by their contents and band keys, uint32 (n, BANDS)."""
        found = np.zeros(len(content), dtype=_PRINT)
        found["content"], found["row"], found["bands"] = content, rows, bands
        self._streams["prints"].write(found.tobytes())

    def add_windows(self, kept: npt.NDArray[np.void]) -> None:
        """Add hashes that winnowing keeps of rows, as :func:`dedupe.matching.contained.kept_hashes` has them."""
        codes: U64 = (kept["hash"] & ~_LOW) | kept["segment"].astype(np.uint64)
        self._streams["taken-windows"].write(codes.tobytes())

    def add_sizes(self, sizes: I32) -> None:
        """Add the sizes of the next rows, all of them: int32 (n, 2), their words and how many hashes are kept."""
        self._streams["taken-sizes"].write(sizes.tobytes())

    def finish(self, rank: Callable[[I64], I64]) -> None:
        """Write the files; *rank* gives the order of rows."""
        self.close()
        taken = Mapped(self._place("prints"), _PRINT)
        content = np.ascontiguousarray(taken.array["content"])
        rows = np.ascontiguousarray(taken.array["row"])
        order = np.lexsort((rows, rank(rows), content))
        first = np.flatnonzero(are_first(content[order]))
        heads = order[first]
        self._save("contents", [content[heads]])
        self._save("first", [np.append(first, len(order))])
        self._save("rows", [rows[order]])
        parts = range(0, len(heads), _AT_ONCE)
        self._save("bands", (taken.array["bands"][heads[at : at + _AT_ONCE]] for at in parts))
        taken.release()
        bands = Mapped(self._place("bands"), np.uint32, (-1, BANDS))
        fences: list[U32] = []
        self._save("buckets", _bucket_columns(bands.array, fences))
        self._save("fences", fences)
        self._save_windows(rows[heads])
        for name in self._streams:
            self._place(name).unlink()

    def close(self) -> None:
        """Let go of the files, of which nothing comes if this is not finished."""
        for stream in self._streams.values():
            stream.close()

    def _save_windows(self, rows: I64) -> None:
        """Write the buckets of windows, and the sizes, of contents that stand in *rows*, int64 by number."""
        taken = Mapped(self._place("taken-sizes"), np.int32, (-1, 2)).array
        number_of = np.full(len(taken), -1, dtype=np.int64)
        number_of[rows] = np.arange(len(rows))
        sizes = taken[rows]
        self._save("sizes", [sizes])
        place = self._place("taken-windows")
        if place.stat().st_size:
            np.memmap(place, dtype=np.uint64, mode="r+").sort()  # what does not fit into memory goes back to the file
        fences: list[U32] = []
        self._save("window-buckets", _window_parts(Mapped(place, np.uint64).array, number_of, sizes, fences))
        self._save("window-fences", fences)

    def _place(self, name: str) -> Path:
        return self._folder / f"{self._kind}-{name}"

    def _save(self, name: str, arrays: Iterable[npt.NDArray[Any]]) -> None:
        save(self._place(name), arrays)


def _window_parts(codes: U64, number_of: I64, sizes: I32, fences: list[U32]) -> Iterator[U64]:
    """Yield the entries of windows, out of sorted *codes*; their fences are added to *fences*."""
    start = written = 0
    while start < len(codes):
        stop = min(start + _AT_ONCE, len(codes)) - 1
        stop = int(np.searchsorted(codes, codes[stop] | _LOW, side="right"))
        hashes, numbers = codes[start:stop] >> _SHIFT, number_of[(codes[start:stop] & _LOW).astype(np.int64)]
        hashes, numbers = hashes[numbers >= 0], numbers[numbers >= 0]
        order = np.arange(len(hashes))
        crowded = np.flatnonzero(kernels.repeated(hashes))  # few are
        size = -sizes[numbers[crowded], 0].astype(np.int64)
        order[crowded] = crowded[np.lexsort((numbers[crowded], size, hashes[crowded]))]
        order = order[are_first(hashes[order], numbers[order])]
        entries = hashes[order] << _SHIFT | numbers[order].astype(np.uint64)
        fences.append((entries[-written % _FENCED :: _FENCED] >> _SHIFT).astype(np.uint32))
        written += len(entries)
        yield entries
        start = stop


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
