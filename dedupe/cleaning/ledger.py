"""Operations by document, between the rounds of planning: in a work file, for there can be millions."""

from __future__ import annotations

import pickle
from array import array
from collections.abc import Container, Iterator, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from dedupe.cleaning.edits import Edits
from dedupe.model import Canonical, Operation
from dedupe.workfiles import Shelf

#: Documents whose edits are kept at hand: many passages repeat one document.
_RECENT = 64


class Ledger:
    """The operations of each document that has any; what is put becomes visible with :meth:`commit`."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._emptied: list[int] = []
        self._recent = lru_cache(maxsize=_RECENT)(self._read_edits)
        # who names whom as canonical, also in operations that are gone since
        self._owners, self._named = array("q"), array("q")

    def put(self, number: int, operations: Sequence[Operation]) -> None:
        """Set the operations of a document."""
        if operations:
            self._shelf.put_one(number, _packed(operations))
            for document in {o.canonical.document for o in operations if o.canonical is not None}:
                self._owners.append(number)
                self._named.append(document)
        elif number in self._shelf:
            self._emptied.append(number)

    def commit(self) -> None:
        """Let what was put replace what was there."""
        self._shelf.commit()
        self._recent.cache_clear()
        self.drop(self._emptied)
        self._emptied = []

    def drop(self, numbers: Sequence[int]) -> None:
        """Forget documents."""
        if len(numbers):
            self._shelf.drop(np.array(numbers, dtype=np.int64))
            self._recent.cache_clear()

    def clear(self) -> None:
        """Forget all documents."""
        self.drop(self.numbers().tolist())

    def get(self, number: int) -> list[Operation]:
        """Return the operations of a document, in order."""
        data = self._shelf.get(number)
        return _unpacked(data) if data else []

    def edits(self, number: int, without: str = "") -> Edits:
        """Return the operations of a document for looking up places, but for rules that begin with *without*."""
        return self._recent(number, without)

    def _read_edits(self, number: int, without: str) -> Edits:
        return Edits([o for o in self.get(number) if not without or not o.rule.startswith(without)])

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and number in self._shelf

    def numbers(self) -> npt.NDArray[np.int64]:
        """Return the documents that have operations, ascending."""
        return self._shelf.numbers()

    def naming(self, documents: Container[int]) -> Iterator[int]:
        """Yield the documents with operations that name one of *documents* as canonical, and some that did once."""
        pairs = zip(self._owners, self._named, strict=True)
        yield from sorted({owner for owner, named in pairs if named in documents and owner in self._shelf})

    def owners(self) -> Iterator[int]:
        """Yield the documents with operations that name a canonical, and some that did once."""
        yield from sorted({owner for owner in self._owners if owner in self._shelf})


def _packed(operations: Sequence[Operation]) -> bytes:
    # Evidence that several operations share is one object, and pickle keeps it one.
    return pickle.dumps(
        [
            (o.start, o.end, o.kind, o.rule, o.why, o.evidence, o.replacement, _span(o.canonical), o.applied)
            for o in operations
        ],
        protocol=5,
    )


def _span(canonical: Canonical | None) -> tuple[int, int, int, int] | None:
    if canonical is None:
        return None
    return canonical.document, canonical.start, canonical.end, canonical.missing


def _unpacked(data: bytes) -> list[Operation]:
    return [
        Operation(start, end, kind, rule, why, evidence, replacement, span and Canonical(*span), applied)
        for start, end, kind, rule, why, evidence, replacement, span, applied in pickle.loads(data)
    ]
