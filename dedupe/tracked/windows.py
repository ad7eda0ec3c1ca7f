"""What passages inside longer ones are found by: hashes of twelve words in a row, of all texts that git tracks.

They are those that winnowing keeps (see ``matching.contained``). In the cache they lie beside the other fingerprints of
a part: the hashes, ascending, and the rows of the segments that have them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dedupe import kernels
from dedupe.index.keys import Mapped, count_up, save
from dedupe.index.part import Part
from dedupe.matching.contained import Texts, kept_hashes, winnowed
from dedupe.matching.sets import are_first

I64 = npt.NDArray[np.int64]

_HASHES, _ROWS = "window-hashes", "window-rows"
#: Segments with the same hash that are looked at. What more have in common is no one's passage.
_MET = 1000


class TrackedPart(Part):
    """A part of the cache: fingerprints of texts, and the windows of their segments."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._hashes = Mapped(folder / _HASHES, np.uint64)
        self._rows = Mapped(folder / _ROWS, np.int64)

    def around(self, lines: Sequence[bytes]) -> list[list[tuple[int, int]]]:
        """Return for each of *lines*, token forms, the longer segments that may have it inside, the likeliest first.

        Each is a document and the position in it.
        """
        kept = kept_hashes(Texts(np.arange(len(lines)), *kernels.joined(lines)))
        first = np.searchsorted(self._hashes.array, kept["hash"])
        counts = np.minimum(np.searchsorted(self._hashes.array, kept["hash"], side="right") - first, _MET)
        rows: I64 = self._rows.array[np.repeat(first, counts) + count_up(counts)]
        line = np.repeat(kept["segment"], counts)
        longer = self._segments.array["words"][rows] > np.repeat(kept["size"], counts)
        rows, line = rows[longer], line[longer]
        order = np.lexsort((rows, line))
        rows, line = rows[order], line[order]
        begins = np.flatnonzero(are_first(line, rows))
        rows, line, shared = rows[begins], line[begins], np.diff(np.append(begins, len(rows)))
        order = np.lexsort((rows, -shared, line))
        documents = self.owners(rows[order])
        positions = rows[order] - self._documents.array["segment_at"][documents]
        ends = np.searchsorted(line[order], np.arange(len(lines) + 1)).tolist()
        found = list(zip(documents.tolist(), positions.tolist(), strict=True))
        return [found[ends[number] : ends[number + 1]] for number in range(len(lines))]


class WindowWriter:
    """Writes the windows of a part beside what :class:`dedupe.index.part.PartWriter` writes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._hashes = [np.zeros(0, dtype=np.uint64)]
        self._rows = [np.zeros(0, dtype=np.int64)]

    def add(self, scan: kernels.Scan, first: int) -> None:
        """Add the segments of *scan*, of which the first one has the row *first*."""
        for kept in winnowed([Texts(first + scan.segment_offsets[:-1], scan.tokens, scan.doc_at)]):
            self._hashes.append(kept["hash"].copy())
            self._rows.append(kept["segment"].copy())

    def finish(self) -> None:
        """Write them."""
        hashes, rows = np.concatenate(self._hashes), np.concatenate(self._rows)
        order = np.lexsort((rows, hashes))
        save(self._folder / _HASHES, [hashes[order]])
        save(self._folder / _ROWS, [rows[order]])
