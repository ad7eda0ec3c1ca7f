"""Work files: what a run has to keep of a corpus and does not hold in memory.

All of them lie in one temporary folder that goes when the run ends. Nothing in them
outlives a run, so their form is nobody else's business.
"""

from __future__ import annotations

import errno
import os
import shutil
import sys
import tempfile
from array import array
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from dedupe.errors import ConfigError, WriteError, system_reason
from dedupe.interrupts import undisturbed

I64 = npt.NDArray[np.int64]

#: Bytes that wait to be written: a run has dozens of work files.
_PENDING_BYTES = 1 << 17
#: Bytes that are read when reading goes on near where it ended: twice as many each time, for most of it jumps about.
_LEAST_AHEAD_BYTES, _MOST_AHEAD_BYTES = 1 << 12, 1 << 16
#: Bytes between two pieces that are read along with them, which costs less than another reading.
_GAP_BYTES = 1 << 10
#: Bytes that a walk over a work file holds at a time.
_CHUNK_BYTES = 1 << 20


@contextmanager
def explained(folder: Path | str) -> Iterator[None]:
    """Turn what the system says of files in the work folder *folder* into a WriteError."""
    try:
        yield
    except OSError as error:
        advice = "make room there, or name another folder in TMPDIR"
        if error.errno in (errno.EMFILE, errno.ENFILE):
            advice = "allow some more (ulimit -n); a run needs fifty"
        raise WriteError(str(folder), f"the work file: {system_reason(error)}", advice) from error


class TextStore:
    """Bytes in a work file, appended and read back by place; memory holds one buffer of them."""

    def __init__(self, path: Path) -> None:
        self._open(path, "w+b", 0)

    def _open(self, path: Path, mode: str, written: int) -> None:
        self.path, self._folder = path, path.parent
        with explained(self._folder):
            self._file = open(path, mode, buffering=0)  # noqa: SIM115 - lives as long as the store
        self._pending = bytearray()
        self._written = written
        # What was read ahead, where it begins, how much that may be, and where the last reading ended.
        self._ahead, self._ahead_at, self._reach, self._last = b"", 0, _LEAST_AHEAD_BYTES, 0

    def __getstate__(self) -> tuple[Path, int]:
        """What another process needs to read what is stored by now."""
        self.flush()
        return self.path, self._written

    def __setstate__(self, state: tuple[Path, int]) -> None:
        path, written = state
        self._open(path, "rb", written)

    def append(self, data: bytes | memoryview) -> int:
        """Store *data* and return where it begins."""
        place = self._written + len(self._pending)
        if len(self._pending) + len(data) > _PENDING_BYTES:
            self.flush()
        if len(data) > _PENDING_BYTES:  # a text of many megabytes is not held twice
            self._write(data)
        else:
            self._pending += data
        return place

    def take_in(self, path: Path) -> int:
        """Store what is in the file at *path*, which goes, and return where it begins."""
        place = self._written + len(self._pending)
        with explained(self._folder):
            with path.open("rb") as file:
                while data := file.read(_CHUNK_BYTES):
                    self.append(data)
            path.unlink()
        return place

    def read(self, place: int, length: int) -> bytes:
        """Return the *length* bytes stored at *place*."""
        # Most readers go through the documents in order, and one large reading is cheaper than many small ones.
        goes_on = 0 <= place - self._last < self._reach
        self._last = place + length
        at = place - self._ahead_at
        if 0 <= at <= len(self._ahead) - length:
            return self._ahead[at : at + length]
        self._reach = min(2 * self._reach, _MOST_AHEAD_BYTES) if goes_on else _LEAST_AHEAD_BYTES
        (data,) = self._read([(place, max(length, self._reach) if goes_on else length)], place + length)
        if len(data) > length:
            self._ahead, self._ahead_at = data, place
        return data[:length]

    def gather(self, places: I64, lengths: I64) -> tuple[bytes, I64]:
        """Return bytes that hold what is stored at *places*, and int64 (n) where in them each of these pieces begins.

        What lies close together is read together.
        """
        order = np.argsort(places)
        begins, ends = places[order], (places + lengths)[order]
        reached = np.maximum.accumulate(ends)
        firsts = np.flatnonzero(np.append(True, begins[1:] > reached[:-1] + _GAP_BYTES)[: len(begins)])
        begins = begins[firsts]
        sizes = np.append(reached[firsts[1:] - 1], reached[-1:]) - begins
        pieces = zip(begins.tolist(), sizes.tolist(), strict=True)
        data = b"".join(self._read(pieces, int(reached[-1]) if len(reached) else 0))
        at = np.empty(len(places), dtype=np.int64)
        at[order] = np.repeat(np.cumsum(sizes) - sizes - begins, np.diff(np.append(firsts, len(places))))
        return data, places + at

    def pieces(self, places: I64, lengths: I64) -> list[bytes]:
        """Return what is stored at *places*, read as :meth:`gather` does."""
        data, at = self.gather(places, lengths)
        return [data[start:end] for start, end in zip(at.tolist(), (at + lengths).tolist(), strict=True)]

    def close(self) -> None:
        with suppress(OSError):  # what did not reach the disk by now is read by nobody
            self._file.close()

    def flush(self) -> None:
        """Write what waits to be written. Before this process forks, or each half would write it."""
        self._write(self._pending)
        self._pending = bytearray()

    def _read(self, pieces: Iterable[tuple[int, int]], end: int) -> list[bytes]:
        """Return *pieces* of the file, by place and length, of which those up to *end* are there."""
        if end > self._written:
            self.flush()
        file = self._file.fileno()
        with explained(self._folder):
            return [os.pread(file, length, place) for place, length in pieces]

    def _write(self, data: bytes | bytearray | memoryview) -> None:
        view = memoryview(data)
        with explained(self._folder):
            while view:
                view = view[self._file.write(view) :]
        self._written += len(data)


class Column:
    """Integers by document number, 0 where none was set; grows as numbers do.

    >>> column = Column(np.int32)
    >>> column[np.array([1, 4])] = [7, 9]
    >>> column.get(4), column.get(8), column.values.tolist()
    (9, 0, [0, 7, 0, 0, 9])
    """

    def __init__(self, dtype: npt.DTypeLike) -> None:
        self._array = np.zeros(0, dtype=dtype)
        self._size = 0

    def memory_bytes(self) -> int:
        """Return how many bytes of memory it takes."""
        return self._array.nbytes

    @property
    def values(self) -> npt.NDArray[Any]:
        """All values, up to the highest number that was set."""
        return self._array[: self._size]

    def get(self, number: int) -> int:
        """Return the value of *number*."""
        value: int = self._array.item(number) if number < self._size else 0
        return value

    def __getitem__(self, numbers: I64) -> npt.NDArray[Any]:
        found = np.zeros(len(numbers), dtype=self._array.dtype)
        known = numbers < self._size
        found[known] = self._array[numbers[known]]
        return found

    def __setitem__(self, number: int | I64, value: object) -> None:
        top = int(np.max(number, initial=-1)) + 1
        if top > len(self._array):
            grown = np.zeros(max(top, len(self._array) * 3 // 2, 1024), dtype=self._array.dtype)
            grown[: len(self._array)] = self._array
            self._array = grown
        self._size = max(self._size, top)
        self._array[number] = value


class Shelf:
    """One piece of bytes for each document, in a work file; memory holds 4 bytes a document, and 12 if it is there.

    What is put becomes visible with :meth:`commit`, so that a stage that goes through
    all documents sees them as they were when it began.
    """

    def __init__(self, store: TextStore) -> None:
        self._store = store
        # Many shelves have something of few documents only, and a number tells where that is said.
        self._numbered = Column(np.int32)  # 0 where there is nothing
        self._places = Column(np.int64)
        self._lengths = Column(np.uint32)
        self._places[0], self._lengths[0] = -1, 0
        self._pending: list[tuple[I64, I64, I64]] = []
        self._singles = array("q")  # number, place, length of what came alone

    def put(self, numbers: I64, data: bytes, offsets: I64) -> None:
        """Put ``data[offsets[i]:offsets[i + 1]]`` on the shelf as document ``numbers[i]``."""
        place = self._store.append(data)
        self._pending.append((numbers, offsets[:-1] + place, np.diff(offsets)))

    def put_one(self, number: int, data: bytes) -> None:
        """Put *data* on the shelf as document *number*."""
        self._singles.extend((number, self._store.append(data), len(data)))

    def commit(self) -> None:
        """Let what was put replace what was there."""
        if self._singles:
            numbers, places, lengths = np.array(self._singles, dtype=np.int64).reshape(-1, 3).T
            self._pending.append((numbers, places, lengths))
            self._singles = array("q")
        for numbers, places, lengths in self._pending:
            numbered = self._numbered[numbers]
            is_new = numbered == 0
            first = len(self._places.values)
            numbered[is_new] = np.arange(first, first + int(is_new.sum()))
            self._numbered[numbers] = numbered
            self._places[numbered] = places
            self._lengths[numbered] = lengths
        self._pending.clear()

    def drop(self, numbers: I64) -> None:
        """Take documents off the shelf."""
        self._numbered[numbers] = 0

    def __contains__(self, number: int) -> bool:
        return self._numbered.get(number) > 0

    def get(self, number: int) -> bytes:
        """Return what is there of document *number*, nothing if it has no place."""
        at = self._numbered.get(number)
        return self._store.read(self._places.get(at), self._lengths.get(at)) if at else b""

    def get_many(self, numbers: I64) -> tuple[bytes, I64]:
        """Return what is there of documents, one behind the other, and the n + 1 offsets between them."""
        lengths = self.lengths(numbers)
        offsets = np.append(0, np.cumsum(lengths))
        there = np.flatnonzero(lengths)
        data, at = self._store.gather(self.place(numbers[there]), lengths[there])
        # Documents that stand behind each other there stay together; most often that is all of them.
        firsts = np.flatnonzero(np.append(True, np.diff(at) != lengths[there][:-1])[: len(at)])
        sizes = np.diff(np.append(offsets[there][firsts], offsets[-1]))
        if len(firsts) == 1 and sizes[0] == len(data):
            return data, offsets
        view, begins = memoryview(data), at[firsts]
        pieces = zip(begins.tolist(), (begins + sizes).tolist(), strict=True)
        return b"".join([view[begin:end] for begin, end in pieces]), offsets

    def rows_at(self, dtype: npt.DTypeLike, numbers: I64, positions: I64) -> npt.NDArray[Any]:
        """Return rows of *dtype* by their documents and their positions among the rows of those.

        Nothing but such rows must ever have been put on the shelf.
        """
        size = np.dtype(dtype).itemsize
        data, at = self._store.gather(self.place(numbers) + positions * size, np.full(len(numbers), size))
        return np.frombuffer(data, dtype=dtype)[at // size]

    def place(self, numbers: I64) -> I64:
        """Return where in the work file documents begin, -1 for those that are not there."""
        return self._places[self._numbered[numbers]]

    def lengths(self, numbers: I64) -> I64:
        """Return how many bytes documents have."""
        return self._lengths[self._numbered[numbers]].astype(np.int64)

    def memory_bytes(self) -> int:
        """Return how many bytes of memory it takes."""
        return sum(column.memory_bytes() for column in (self._numbered, self._places, self._lengths))

    def read_many(self, places: I64, lengths: I64) -> list[bytes]:
        """Return pieces of bytes by their places in the work file."""
        return self._store.pieces(places, lengths)

    def numbers(self) -> I64:
        """Return the documents on the shelf, ascending."""
        return np.flatnonzero(self._numbered.values)

    def rows(self, dtype: npt.DTypeLike) -> Iterator[tuple[I64, npt.NDArray[Any]]]:
        """Yield all documents as rows of *dtype*, some MB at a time: the document of each row, and the rows.

        Nothing but such rows must ever have been put on the shelf. The order is that of the
        work file, in which documents that were put again come later.
        """
        size = np.dtype(dtype).itemsize
        numbers = self.numbers()
        numbers = numbers[self.lengths(numbers) > 0]
        places, lengths = self.place(numbers), self.lengths(numbers)
        order = np.argsort(places, kind="stable")
        numbers, places, lengths = numbers[order], places[order], lengths[order]
        first = 0
        while first < len(numbers):
            last = int(np.searchsorted(places, places[first] + _CHUNK_BYTES, side="right"))
            begin, end = int(places[first]), int(places[last - 1] + lengths[last - 1])
            found = np.frombuffer(self._store.read(begin, end - begin), dtype=dtype)
            counts = lengths[first:last] // size
            total = int(counts.sum())
            if total != len(found):  # some of what lies between was put again since
                jumps = (places[first:last] - begin) // size - np.append(0, np.cumsum(counts)[:-1])
                found = found[np.repeat(jumps, counts) + np.arange(total)]
            yield np.repeat(numbers[first:last], counts), found
            first = last


class WorkFolder:
    """The temporary folder of a run, and the files in it; or a part of one, which goes earlier."""

    def __init__(self, path: Path, stack: ExitStack, whole: WorkFolder | None = None) -> None:
        self.path = path
        self._stack = stack
        self._whole = whole
        self._stores: list[TextStore] = []
        self._shelves: list[Shelf] = []

    @contextmanager
    def part(self, name: str) -> Iterator[WorkFolder]:
        """Make a folder in this one, whose files go when the context ends: what comes after has their room on the disk.

        Nothing may read them after that, in any process.
        """
        with ExitStack() as stack:
            part = WorkFolder(self.folder(name), stack, self)
            yield part
        with undisturbed(), explained(self.path):
            shutil.rmtree(part.path)

    def store(self, name: str) -> TextStore:
        """Open an empty work file."""
        self._stores.append(self._stack.enter_context(closing(TextStore(self.path / name))))
        return self._stores[-1]

    def remove(self, store: TextStore) -> None:
        """Close a work file that is needed no more, and give its room on the disk back."""
        self._stores.remove(store)
        store.close()
        with explained(self.path):
            store.path.unlink()

    def flush(self) -> None:
        """Write what waits to be written to any of the files, here and in what this is a part of."""
        for store in self._stores:
            store.flush()
        if self._whole:
            self._whole.flush()

    def shelf(self, name: str) -> Shelf:
        """Open an empty shelf."""
        self._shelves.append(Shelf(self.store(name)))
        return self._shelves[-1]

    def memory_bytes(self) -> int:
        """Return how many bytes of memory the shelves take, here and in what this is a part of."""
        there = self._whole.memory_bytes() if self._whole else 0
        return there + sum(shelf.memory_bytes() for shelf in self._shelves)

    def folder(self, name: str) -> Path:
        """Make a folder for files of a form of their own; *name* is how its name begins."""
        with explained(self.path):
            return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.path))


@contextmanager
def open_work_folder() -> Iterator[WorkFolder]:
    """Make a temporary folder for work files; all of it goes when the context ends.

    Raises:
        ConfigError: the system is one on which work files cannot be read as they have to be: Windows.
        WriteError: the folder cannot be made, or not be removed.
    """
    if not hasattr(os, "pread"):
        problem = "a run needs Linux or macOS, whose files can be read in several places at once"
        raise ConfigError(f"this system ({sys.platform})", problem, "on Windows use the subsystem for Linux")
    with ExitStack() as stack:
        with undisturbed(), explained("TMPDIR"):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dedupe-")))
        try:
            yield WorkFolder(folder, stack)
        except BaseException:
            with undisturbed(), suppress(OSError):  # what went wrong before is what there is to say
                stack.close()
            raise
        try:
            with undisturbed():
                stack.close()
        except OSError as error:
            problem = f"the work folder cannot be removed: {system_reason(error)}"
            raise WriteError(str(folder), problem, "all else was done; remove it by hand") from error
