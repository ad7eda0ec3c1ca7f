"""Operations by document, between the rounds of planning: in a work file, for there can be millions."""

from __future__ import annotations

import marshal
from array import array
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dedupe.cleaning.edits import Edits
from dedupe.matching.sets import are_in, distinct
from dedupe.model import Canonical, Operation
from dedupe.workfiles import Shelf, WorkFolder

I64 = npt.NDArray[np.int64]

#: Documents whose edits are kept at hand: many passages repeat one document.
_RECENT = 64
#: A canonical passage that an operation names.
NAMED = np.dtype([("document", "<i8"), ("start", "<i8"), ("end", "<i8")])


class Packed(NamedTuple):
    """Operations of one document as a ledger keeps them, and rows of ``NAMED``; both empty where there are none."""

    operations: bytes
    named: bytes


NOTHING = Packed(b"", b"")


class Ledger:
    """The operations of each document that has any; what is put becomes visible with :meth:`commit`."""

    def __init__(self, folder: WorkFolder, name: str) -> None:
        self.__setstate__((folder.shelf(name), folder.shelf(f"{name}-named")))

    def __getstate__(self) -> tuple[Shelf, Shelf]:
        return self._shelf, self._named

    def __setstate__(self, state: tuple[Shelf, Shelf]) -> None:
        self._shelf, self._named = state  # operations, and the rows of NAMED in them
        self._emptied: set[int] = set()
        self._recent = lru_cache(maxsize=_RECENT)(self._read_edits)

    def put(self, number: int, operations: Sequence[Operation]) -> None:
        """Set the operations of a document."""
        self.put_packed([number], [pack(operations)])

    def put_packed(self, numbers: Sequence[int], packed: Sequence[Packed]) -> None:
        """Set the operations of documents, packed already."""
        empty = []  # as most are: in pass 1 hardly any document is repaired
        for number, (operations, named) in zip(numbers, packed, strict=True):
            if not operations:
                empty.append(number)
                continue
            self._shelf.put_one(number, operations)
            if named or number in self._named:
                self._named.put_one(number, named)
            self._emptied.discard(number)
        if empty:
            here = np.array(empty, dtype=np.int64)
            self._emptied.update(here[self._shelf.lengths(here) > 0].tolist())

    def empty(self, numbers: I64) -> None:
        """Set no operations for documents."""
        self.put_packed(numbers.tolist(), [NOTHING] * len(numbers))

    def commit(self) -> None:
        """Let what was put replace what was there."""
        self._shelf.commit()
        self._named.commit()
        self._recent.cache_clear()
        self.drop(sorted(self._emptied))
        self._emptied.clear()

    def drop(self, numbers: Sequence[int]) -> None:
        """Forget documents."""
        if len(numbers):
            self._shelf.drop(np.array(numbers, dtype=np.int64))
            self._named.drop(np.array(numbers, dtype=np.int64))
            self._recent.cache_clear()

    def get(self, number: int) -> list[Operation]:
        """Return the operations of a document, in order."""
        return unpack(self.packed(number))

    def packed_all(self, numbers: Sequence[int] | I64) -> Iterator[tuple[int, bytes]]:
        """Yield those of *numbers* that have operations, with these for :func:`unpack`."""
        wanted = np.asarray(numbers, dtype=np.int64)
        lengths = self._shelf.lengths(wanted)
        wanted, lengths = wanted[lengths > 0], lengths[lengths > 0]
        if not len(wanted):
            return  # as most often: each ledger has something of few documents
        yield from zip(wanted.tolist(), self._shelf.read_many(self._shelf.place(wanted), lengths), strict=True)

    def packed(self, number: int) -> bytes:
        """Return the operations of a document for :func:`unpack`."""
        return self._shelf.get(number)

    def packed_many(self, numbers: I64) -> tuple[bytes, I64]:
        """Return the packed operations of documents, one behind the other, and the n + 1 offsets between them."""
        return self._shelf.get_many(numbers)

    def edits_of(self, numbers: I64) -> dict[int, Edits]:
        """Return the operations of documents for looking up places, read together."""
        found = dict.fromkeys(numbers.tolist(), Edits([]))  # as most are
        return found | {number: Edits(marshal.loads(packed)) for number, packed in self.packed_all(numbers)}

    def edits(self, number: int, without: str = "") -> Edits:
        """Return the operations of a document for looking up places, but for rules that begin with *without*."""
        return self._recent(number, without)

    def _read_edits(self, number: int, without: str) -> Edits:
        return Edits([o for o in self.get(number) if not without or not o.rule.startswith(without)])

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and number in self._shelf

    def numbers(self) -> I64:
        """Return the documents that have operations, ascending."""
        return self._shelf.numbers()

    def named(self) -> Iterator[tuple[I64, npt.NDArray[np.void]]]:
        """Yield all canonical passages that are named, some MB at a time: who names each, and rows of ``NAMED``."""
        return self._named.rows(NAMED)

    def naming(self, documents: I64) -> I64:
        """Return the documents with operations that name one of *documents*, ascending, as canonical, ascending."""
        found = [owners[are_in(rows["document"], documents)] for owners, rows in self.named()]
        return distinct(np.concatenate([np.zeros(0, dtype=np.int64), *found]))


def pack(operations: Sequence[Operation]) -> Packed:
    """Return the operations of one document, ready to be kept."""
    if not operations:
        return NOTHING
    named = array("q")
    rows: list[tuple[Any, ...]] = []
    for operation in operations:
        canonical = operation.canonical
        if canonical is None:
            rows.append(tuple(operation))
        else:
            named.extend(canonical[:3])
            rows.append((*operation[:-1], tuple(canonical)))
    # Evidence that several operations share is one object, and marshal keeps it one.
    return Packed(marshal.dumps(rows), named.tobytes())


def unpack(data: bytes) -> list[Operation]:
    """Return the operations that were packed."""
    if not data:
        return []
    # These rows have been operations before; made by their class, which looks at each, they take twice the time.
    new = tuple.__new__
    return [
        new(Operation, row if row[-1] is None else (*row[:-1], new(Canonical, row[-1]))) for row in marshal.loads(data)
    ]
