"""Proposals: which segment or document would go, and which one it repeats."""

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
from dedupe.workfiles import Column, TextStore

I64 = npt.NDArray[np.int64]
Rows = npt.NDArray[np.void]


class Proposal(NamedTuple):
    """A text that repeats another one: a segment by its document and position, or a document (position -1).

    ``match`` is None for an exact duplicate (equal normal forms). ``canonical_by`` is the criterion of the policy by
    which the other one is canonical.
    """

    document: int
    position: int
    canonical: int
    canonical_position: int
    words: int
    match: Match | None
    remove: bool
    canonical_by: str


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
        ("family", "<u8"),
        ("found", FOUND),
    ]
)


@dataclass(slots=True)
class Proposals:
    """Proposals in rows of ``ROW``, sorted by document and position: a corpus can have millions.

    ``differences`` has the words that differ, and ``keep`` is the policy.
    """

    rows: Rows
    differences: TextStore
    keep: str

    def __iter__(self) -> Iterator[Proposal]:
        """Yield them all; the words that differ are read together."""
        found = self.rows["found"]
        data, begins = self.differences.gather(found["place"], found["length"].astype(np.int64))
        for row, begin in zip(self.rows.tolist(), begins.tolist(), strict=True):
            document, position, canonical, there, words, remove, by, _, (similarity, _, length, _) = row
            match = Match(similarity, read_words(data[begin : begin + length])) if similarity else None
            yield Proposal(document, position, canonical, there, words, match, remove, criterion(self.keep, by))

    def states(self, generation: Column) -> tuple[I64, I64]:
        """Return the documents that have proposals, ascending, and int64 numbers that change with what is proposed.

        *generation* counts by document how often its text was another one.
        """
        rows = self.rows
        state = combined(
            *(rows[name] for name in ("position", "canonical", "canonical_position", "remove")),
            rows["found"]["place"],
            generation[rows["document"]],
            generation[rows["canonical"]],
        )
        starts = np.flatnonzero(are_first(rows["document"]))
        sums = np.add.reduceat(state, starts) if len(starts) else state
        return rows["document"][starts], sums.astype(np.int64) | 1

    def among(self, batches: Iterable[I64]) -> Iterator[Rows]:
        """Yield the rows for the documents of each batch, which are ascending."""
        documents = np.ascontiguousarray(self.rows["document"])
        for numbers in batches:
            low, high = np.searchsorted(documents, [numbers[0], numbers[-1] + 1]).tolist()
            yield self.rows[low:high][are_in(documents[low:high], numbers)]

    def by_document(self) -> Iterator[tuple[int, list[Proposal]]]:
        """Yield the documents, ascending, each with its proposals in order."""
        for document, proposals in groupby(self, attrgetter("document")):
            yield document, list(proposals)


def runs(values: I64) -> Iterator[tuple[int, int]]:
    """Yield begin and end of each run of equal values."""
    return pairwise([*np.flatnonzero(are_first(values)).tolist(), len(values)])
