"""Proposals: which segment or document would go, and which one it repeats; those of a corpus lie in a work file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise
from operator import attrgetter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dedupe.matching.policy import criterion
from dedupe.matching.sets import are_first, are_in, combined
from dedupe.matching.verified import FOUND, Match
from dedupe.matching.verify import read_words
from dedupe.shards import Shards
from dedupe.workfiles import Column, TextStore, WorkFolder

I64 = npt.NDArray[np.int64]
Rows = npt.NDArray[np.void]

#: Documents whose proposals are sorted together.
_SORTED_DOCUMENTS = 1 << 14
#: Rows that are read together.
_ROWS_AT_ONCE = 1 << 14


class Proposal(NamedTuple):
    """A text that repeats another one: a segment by its document and position, or a document (position -1).

    ``match`` is None for an exact duplicate (equal normal forms). ``canonical_by`` is the criterion of the policy by
    which the other one is canonical. It ``is_filled`` where other texts say the same with other figures or words.
    """

    document: int
    position: int
    canonical: int
    canonical_position: int
    words: int
    match: Match | None
    remove: bool
    canonical_by: str
    is_filled: bool = False


#: One row of Proposals; ``found`` is the comparison, of similarity 0 for an exact duplicate, and ``family`` what
#: :func:`dedupe.matching.sets.combined` makes of its family as it was.
ROW = np.dtype(
    [
        ("document", "<i8"),
        ("position", "<i4"),
        ("canonical", "<i8"),
        ("canonical_position", "<i4"),
        ("words", "<i4"),
        ("remove", "?"),
        ("by", "<i1"),
        ("filled", "?"),
        ("family", "<u8"),
        ("found", FOUND),
    ]
)

#: The fields of a row that say which segment repeats which one.
PLACES = ("document", "position", "canonical", "canonical_position")


@dataclass(slots=True)
class Proposals:
    """Proposals in rows of ``ROW``, sorted by document and position.

    ``differences`` has the words that differ, and ``keep`` is the policy.
    """

    rows: Rows
    differences: TextStore
    keep: str

    def __iter__(self) -> Iterator[Proposal]:
        """Yield them all; the words that differ are read together."""
        found = self.rows["found"]
        differences = read_words(self.differences.pieces(found["place"], found["length"].astype(np.int64)))
        for row, places in zip(self.rows.tolist(), differences, strict=True):
            document, position, canonical, there, words, remove, by, filled, _, (similarity, *_) = row
            match = Match(similarity, places) if similarity else None
            by = criterion(self.keep, by)
            yield Proposal(document, position, canonical, there, words, match, remove, by, filled)

    def by_document(self) -> Iterator[tuple[int, list[Proposal]]]:
        """Yield the documents, ascending, each with its proposals in order."""
        for document, proposals in groupby(self, attrgetter("document")):
            yield document, list(proposals)


class ProposalFile:
    """Rows of ``ROW`` in a work file; memory holds 8 bytes for each. *pieces* are the rows by document and position."""

    def __init__(self, folder: WorkFolder, name: str, pieces: Iterable[Rows]) -> None:
        self._folder = folder
        self._store = folder.store(name)
        numbers = [np.zeros(0, dtype=np.int64)]
        for rows in pieces:
            numbers.append(rows["document"].copy())
            self._store.append(rows.tobytes())
        self._documents = np.concatenate(numbers)

    def __len__(self) -> int:
        return len(self._documents)

    def memory_bytes(self) -> int:
        """Return how many bytes of memory it takes."""
        return self._documents.nbytes

    def remove(self) -> None:
        """Give the room on the disk back; nothing can be read any more."""
        self._folder.remove(self._store)

    def parts(self) -> Iterator[Rows]:
        """Yield all rows, some at a time, those of a document together."""
        low = 0
        while low < len(self._documents):
            last = self._documents[min(low + _ROWS_AT_ONCE, len(self._documents)) - 1]
            high = int(np.searchsorted(self._documents, last, side="right"))
            yield self._read(low, high)
            low = high

    def columns(self, *names: str) -> Rows:
        """Return some of the fields of all rows."""
        fields = np.dtype([(name, ROW[name]) for name in names])
        columns = np.empty(len(self), dtype=fields)
        low = 0
        for rows in self.parts():
            for name in names:
                columns[name][low : low + len(rows)] = rows[name]
            low += len(rows)
        return columns

    def among(self, batches: Iterable[I64]) -> Iterator[Rows]:
        """Yield the rows for the documents of each batch, which are ascending."""
        for numbers in batches:
            low, high = np.searchsorted(self._documents, [numbers[0], numbers[-1] + 1]).tolist()
            yield self._read(low, high)[are_in(self._documents[low:high], numbers)]

    def states(self, generation: Column) -> tuple[I64, I64]:
        """Return the documents that have proposals, ascending, and int64 numbers that change with what is proposed.

        *generation* counts by document how often its text was another one.
        """
        found, states = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
        for rows in self.parts():
            state = combined(
                *(rows[name] for name in ("position", "canonical", "canonical_position", "remove", "filled")),
                rows["found"]["place"],
                generation[rows["document"]],
                generation[rows["canonical"]],
            )
            starts = np.flatnonzero(are_first(rows["document"]))
            found.append(rows["document"][starts])
            states.append(np.add.reduceat(state, starts).astype(np.int64) | 1)
        return np.concatenate(found), np.concatenate(states)

    def _read(self, low: int, high: int) -> Rows:
        return np.frombuffer(self._store.read(low * ROW.itemsize, (high - low) * ROW.itemsize), dtype=ROW)


def in_order(folder: WorkFolder, name: str, pieces: Iterable[Rows], documents: int) -> Iterator[Rows]:
    """Yield *pieces* of rows of ``ROW`` by document and position; *documents* is how many documents there are."""
    count = documents // _SORTED_DOCUMENTS + 1
    dealt = Shards(folder, name, ROW, count)
    for piece in pieces:
        dealt.put(piece["document"] // _SORTED_DOCUMENTS, piece)
    yield from map(_sorted, map(dealt.read, range(count)))
    dealt.remove()


def merged(parts: Iterable[Rows], more: Rows) -> Iterator[Rows]:
    """Yield *parts*, rows by document and position with those of a document together, and *more* rows among them."""
    more = _sorted(more)
    low = 0
    for rows in parts:
        high = int(np.searchsorted(more["document"], rows["document"][-1], side="right"))
        yield _sorted(np.concatenate([rows, more[low:high]])) if low < high else rows
        low = high
    yield more[low:]


def _sorted(rows: Rows) -> Rows:
    return rows[np.lexsort((rows["position"], rows["document"]))]


def runs(values: I64) -> Iterator[tuple[int, int]]:
    """Yield begin and end of each run of equal values."""
    return pairwise([*np.flatnonzero(are_first(values)).tolist(), len(values)])
