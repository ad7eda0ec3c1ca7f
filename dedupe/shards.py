"""Rows in a work file, dealt out by a number: what is too much for memory as a whole is read back part by part.

Everything that outgrows memory goes this way. What is to meet gets the same number: band keys by their highest
bits, rows that are matched together by their part.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from dedupe import kernels
from dedupe.workfiles import WorkFolder

#: Bytes of rows that wait to be written; sorting them takes three times as many.
_WAITING_BYTES = 1 << 21


class Shards:
    """Rows of one *dtype* in *count* shards, each in the order in which its rows were put.

    They are written in runs, sorted by shard, so a shard is one piece of each run. Memory holds the rows of one run,
    and 4 bytes for each piece.

    >>> from dedupe.workfiles import open_work_folder
    >>> with open_work_folder() as folder:
    ...     shards = Shards(folder, "numbers", np.int64, 2)
    ...     shards.put(np.array([1, 0, 1]), np.array([5, 6, 7]))
    ...     [shards.read(0).tolist(), shards.read(1).tolist()]
    [[6], [5, 7]]
    """

    def __init__(self, folder: WorkFolder, name: str, dtype: npt.DTypeLike, count: int) -> None:
        self._folder = folder
        self._store = folder.store(name)
        self._dtype = np.dtype(dtype)
        self._count = count
        self._waiting: list[tuple[npt.NDArray[Any], npt.NDArray[Any]]] = []
        self._waiting_bytes = 0
        self._runs: list[tuple[int, npt.NDArray[np.uint32]]] = []

    def __getstate__(self) -> dict[str, Any]:
        """What another process needs to read what was put by now."""
        self._write()
        return {**self.__dict__, "_folder": None}

    def put(self, shards: npt.NDArray[Any], rows: npt.NDArray[Any]) -> None:
        """Add ``rows[i]`` to the shard ``shards[i]``."""
        numbers = shards.astype(np.uint32)
        self._waiting.append((numbers, np.asarray(rows, dtype=self._dtype)))
        self._waiting_bytes += len(rows) * (self._dtype.itemsize + numbers.itemsize)
        if self._waiting_bytes >= _WAITING_BYTES:
            self._write()

    def put_sorted(self, rows: npt.NDArray[Any], ends: npt.NDArray[np.uint32]) -> None:
        """Add *rows* that are sorted by shard: *ends* tell where those of each begin, and how many there are."""
        self._write()
        self._runs.append((self._store.append(rows.view(np.uint8).data), ends))

    def read(self, shard: int) -> npt.NDArray[Any]:
        """Return the rows of a shard."""
        self._write()
        size = self._dtype.itemsize
        pieces = []
        for place, ends in self._runs:
            first, last = ends[shard : shard + 2].tolist()
            if first < last:
                pieces.append(self._store.read(place + first * size, (last - first) * size))
        return np.frombuffer(b"".join(pieces), dtype=self._dtype)

    def remove(self) -> None:
        """Give the room on the disk back; nothing can be read any more."""
        self._folder.remove(self._store)

    def _write(self) -> None:
        if not self._waiting:
            return
        shards, rows = (np.concatenate(column) for column in zip(*self._waiting, strict=True))
        self._waiting, self._waiting_bytes = [], 0
        dealt, ends = kernels.deal(shards, rows.view(np.uint8).reshape(len(rows), self._dtype.itemsize), self._count)
        self.put_sorted(dealt.ravel(), ends)
