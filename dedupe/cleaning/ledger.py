"""Operations by document, between the rounds of planning: in a work file, for there can be millions."""

from __future__ import annotations

import marshal
from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from dedupe.cleaning.edits import Edits
from dedupe.cleaning.rows import ROW, Operations, Packed, Rows, Said
from dedupe.matching.sets import are_in, distinct
from dedupe.model import Operation
from dedupe.workfiles import Shelf, TextStore, WorkFolder

I64 = npt.NDArray[np.int64]


class _Told:
    """What operations say, by number, given where that begins in a work file and how many bytes it takes.

    Most of those who read operations ask where they are, and what few of them say.
    """

    def __init__(self, said: TextStore, places: I64, sizes: I64) -> None:
        self._said = said
        self._places = places
        self._sizes = sizes
        self._known: list[Said | None] = [None] * len(places)

    def __len__(self) -> int:
        return len(self._known)

    def __iter__(self) -> Iterator[Said]:
        return map(self.__getitem__, range(len(self)))

    def __getitem__(self, number: int) -> Said:
        said = self._known[number]
        if said is None:
            data, begins = self._written
            self._known[number] = said = Said(*marshal.loads(data[begins[number] :]))
        return said

    @cached_property
    def _written(self) -> tuple[memoryview, list[int]]:
        data, begins = self._said.gather(self._places, self._sizes)
        return memoryview(data), begins.tolist()


class Ledger:
    """The operations of each document that has any; what is put becomes visible with :meth:`commit`.

    What they say lies in the work file *said*, which ledgers can share.
    """

    def __init__(self, folder: WorkFolder, name: str, said: TextStore) -> None:
        self.__setstate__((folder.shelf(name), said))

    def __getstate__(self) -> tuple[Shelf, TextStore]:
        return self._shelf, self._said

    def __setstate__(self, state: tuple[Shelf, TextStore]) -> None:
        self._shelf, self._said = state
        self._emptied: set[int] = set()

    def put(self, numbers: Sequence[int] | I64, operations: Packed) -> None:
        """Set the operations of documents."""
        rows = operations.rows
        if len(rows):
            rows = rows.copy()
            rows["says"] += self._said.append(operations.said)
        self.put_rows(np.asarray(numbers, dtype=np.int64), rows, operations.offsets)

    def put_rows(self, here: I64, rows: Rows, offsets: I64) -> None:
        """Set the operations of documents to rows as :meth:`rows` has them, of any ledger with the same work file."""
        counts = np.diff(offsets)
        if len(rows):
            there = here[counts > 0]
            self._shelf.put(there, rows.tobytes(), np.append(0, np.cumsum(counts[counts > 0])) * ROW.itemsize)
            self._emptied.difference_update(there.tolist())
        self.empty(here[counts == 0])  # as most are: in pass 1 hardly any document is repaired

    def empty(self, numbers: I64) -> None:
        """Set no operations for documents."""
        self._emptied.update(numbers[self._shelf.lengths(numbers) > 0].tolist())

    def commit(self) -> None:
        """Let what was put replace what was there."""
        self._shelf.commit()
        self.drop(sorted(self._emptied))
        self._emptied.clear()

    def drop(self, numbers: Sequence[int]) -> None:
        """Forget documents."""
        if len(numbers):
            self._shelf.drop(np.array(numbers, dtype=np.int64))

    def get(self, number: int) -> list[Operation]:
        """Return the operations of a document, in order."""
        return self.read(np.array([number])).of(0) if number in self._shelf else []

    def read(self, numbers: I64) -> Operations:
        """Return the operations of documents."""
        return self._told(*self.rows(numbers))

    def rows(self, numbers: I64) -> tuple[Rows, I64]:
        """Return rows of ``ROW`` as they are kept, and int64 (n + 1): where those of each document begin and end."""
        if not self.holds(numbers).any():  # as most often: each ledger has something of few documents
            return np.zeros(0, dtype=ROW), np.zeros(len(numbers) + 1, dtype=np.int64)
        data, offsets = self._shelf.get_many(numbers)
        return np.frombuffer(data, dtype=ROW), offsets // ROW.itemsize

    def _told(self, rows: Rows, offsets: I64) -> Operations:
        """Return rows with what they say."""
        if not len(rows):
            return Operations(rows, offsets, [])
        places, first, says = np.unique(rows["says"], return_index=True, return_inverse=True)
        sizes = rows["size"][first]
        rows = rows.copy()
        rows["says"] = says
        return Operations(rows, offsets, _Told(self._said, places, sizes))

    def edits_of(self, numbers: I64) -> Operations:
        """Return the operations of documents for looking up places; what they say is not read."""
        return Operations(*self.rows(numbers), [])

    def edits(self, number: int) -> Edits:
        """Return the operations of a document for looking up places."""
        return self.edits_of(np.array([number])).edits(0)

    def sizes(self, numbers: I64) -> I64:
        """Return how many bytes the rows of each document take, 0 if it has no operations."""
        return self._shelf.lengths(numbers)

    def holds(self, numbers: I64) -> npt.NDArray[np.bool_]:
        """Return for each document whether it has operations."""
        held: npt.NDArray[np.bool_] = self.sizes(numbers) > 0
        return held

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and number in self._shelf

    def numbers(self) -> I64:
        """Return the documents that have operations, ascending."""
        return self._shelf.numbers()

    def naming_rows(self) -> Iterator[tuple[I64, Rows]]:
        """Yield all rows that name a canonical passage, some MB at a time: the document of each, and the rows."""
        for owners, rows in self._shelf.rows(ROW):
            is_naming = rows["document"] >= 0
            yield owners[is_naming], rows[is_naming]

    def naming(self, documents: I64) -> I64:
        """Return the documents with operations that name one of *documents*, ascending, as canonical, ascending."""
        found = [owners[are_in(rows["document"], documents)] for owners, rows in self.naming_rows()]
        return distinct(np.concatenate([np.zeros(0, dtype=np.int64), *found]))
