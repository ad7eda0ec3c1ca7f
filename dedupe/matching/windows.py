"""Hashes that winnowing keeps of the texts of a run, in work files, and which texts share them.

Most are kept of one text only, and are done with after one look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from dedupe import kernels
from dedupe.parallel import ordered_map
from dedupe.shards import Shards
from dedupe.workfiles import WorkFolder

R = TypeVar("R")
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]

#: Bytes of a shard, which takes several times as many while it is looked through.
_SHARD_BYTES = 1 << 20
_SHIFT = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)


class Shared(NamedTuple):
    """Hashes that are kept more than once, each with the row of a text that it is kept of, sorted by both."""

    hashes: U32
    rows: U32


class Windows:
    """Kept hashes of texts, which have rows from 0 to *row_count*, in shards; its length is how many shards there are.

    ``sizes`` int32 and ``counts`` int32 have by row how large a text is, and how many hashes are kept of it.
    *byte_count* is about how many bytes the texts have. So many *jobs* at a time work on the shards.
    """

    def __init__(self, folder: WorkFolder, name: str, byte_count: int, row_count: int, jobs: int) -> None:
        self.jobs = jobs
        self.sizes = np.zeros(row_count, dtype=np.int32)
        self.counts = np.zeros(row_count, dtype=np.int32)
        # two windows of nine begin with a new least hash, and a word has six bytes or so
        self._bits = (byte_count * 8 // 27 // _SHARD_BYTES).bit_length()
        self._folder = folder
        self._name = name
        self._shards = Shards(folder, name, np.uint64, len(self))
        self._is_sieved = False

    def __len__(self) -> int:
        return 1 << self._bits

    def put(self, hashes: U64, rows: I64, sizes: I32 | I64) -> None:
        """Add hashes that are kept of the texts with these *rows* and *sizes*."""
        self.sizes[rows] = sizes
        np.add.at(self.counts, rows, np.int32(1))
        # The bits by which a shard is chosen need not be kept, nor those behind the next 32: two hashes that differ
        # there only meet once in a great while, and what meets is compared.
        codes = (hashes << np.uint64(self._bits)) & ~_LOW | rows.astype(np.uint64)
        self._shards.put((hashes >> _SHIFT) >> np.uint64(32 - self._bits), codes)

    def each(self, function: Callable[[Shared], R]) -> Iterator[R]:
        """Yield ``function(shared)`` for every shard, in order; nothing can be put any more."""
        if not self._is_sieved:
            self._sieve()
        # Most of such a function is sorting, which lets other threads run.
        return ordered_map(lambda codes: function(_split(codes)), self._read(), self.jobs, threads=True)

    def _read(self) -> Iterator[U64]:
        return map(self._shards.read, range(len(self)))

    def _sieve(self) -> None:
        """Leave out what is there once."""
        shared = Shards(self._folder, f"{self._name}-shared", np.uint64, len(self))
        for number, codes in enumerate(ordered_map(kernels.shared_keys, self._read(), self.jobs, threads=True)):
            shared.put(np.full(len(codes), number), codes)
        self._shards.remove()
        self._shards, self._is_sieved = shared, True


def _split(codes: U64) -> Shared:
    return Shared((codes >> _SHIFT).astype(np.uint32), codes.astype(np.uint32))
