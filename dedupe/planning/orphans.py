"""The promise that every removal names a survivor, kept from round to round.

A canonical passage may itself go in a later stage. What was removed for its sake is then an orphan, and put back.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from dedupe.cleaning.apply import apply_operations
from dedupe.cleaning.ledger import Ledger
from dedupe.cleaning.places import deleted_counts
from dedupe.cleaning.rows import Operations
from dedupe.matching.sets import distinct, union
from dedupe.model import Operation
from dedupe.planning.state import State

I64 = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

#: A document whose removals had to be taken back this often does not name again what they had lost, nor does it go as
#: a whole again before all is still. Later on it is not tried again till then: one removal may make another one
#: possible that takes its survivor, and so on for ever.
_WARNED = 2
_PATIENCE = 8
#: Documents whose operations are looked at together.
_DOCUMENTS_AT_ONCE = 1 << 11


class Orphans:
    """Finds orphans, and has the state count how often each document had some."""

    def __init__(self, state: State) -> None:
        self._state = state

    def put_back(self, documents: I64, *, for_good: bool) -> I64:
        """Take removals back whose canonical passage went from one of *documents*, ascending, which changed.

        Returns the documents that were changed by it, ascending. With *for_good* none of them is tried again.
        """
        state = self._state
        changed = np.zeros(int(documents[-1]) + 1 if len(documents) else 0, dtype=bool)
        changed[documents] = True
        naming = union(state.done.naming(documents), state.removed.naming(documents))
        leaving = state.removed.holds(naming)
        back = dict(self._losing(state.removed, naming[leaving], changed))
        returning = list(back)
        back |= self._losing(state.done, naming[~leaving], changed)
        state.removed.drop(returning)
        kept = self._without_orphans(state.done.read(np.array(returning, dtype=np.int64)), changed)
        back |= {number: kept.of(at) for at, number in enumerate(returning)}
        state.returns.update(back.keys())
        for number in back:
            if state.returns[number] >= _WARNED:
                state.lost[number].update(self._lost(number, changed))
        state.staying.update(number for number in returning if state.returns[number] >= _WARNED)
        state.settled.update(number for number in back if for_good or state.returns[number] > _PATIENCE)
        if back:
            state.scan_again(
                (number, apply_operations(document.text, back[number]), back[number])
                for number, document in state.corpus.documents(back)
            )
        return np.array(sorted(back), dtype=np.int64)

    def give_up(self) -> I64:
        """Take back all duplicates of the documents that had orphans again and again, and leave them to review.

        Returns the documents that were changed by it, ascending. What they lose makes something else lose what it
        was a copy of, and so on in a circle: a second run would go round in it too.
        """
        state = self._state
        numbers = sorted(set(state.returns) - state.restless)
        state.restless.update(numbers)
        done = {
            number: [operation for operation in state.done.get(number) if not operation.canonical] for number in numbers
        }
        if numbers:
            state.start_anew()
            state.scan_again(
                (number, apply_operations(document.text, done[number]), done[number])
                for number, document in state.corpus.documents(done)
            )
        return np.array(numbers, dtype=np.int64)

    def _losing(self, ledger: Ledger, numbers: I64, changed: Flags) -> Iterator[tuple[int, list[Operation]]]:
        """Yield those of *numbers* that have orphans in *ledger*, each with what is left of its operations there."""
        for first in range(0, len(numbers), _DOCUMENTS_AT_ONCE):
            here = numbers[first : first + _DOCUMENTS_AT_ONCE]
            operations = ledger.read(here)
            kept = self._without_orphans(operations, changed)
            for at in np.flatnonzero(np.diff(kept.offsets) < np.diff(operations.offsets)).tolist():
                yield int(here[at]), kept.of(at)

    def _without_orphans(self, operations: Operations, changed: Flags) -> Operations:
        """Leave out the removals that lost their survivor, and those that were cut out in one piece with them.

        The separators around a run of removals were divided among them when it was cut.
        """
        rows, owners = operations.rows, operations.owners
        begins = np.ones(len(rows), dtype=bool)
        begins[1:] = (owners[1:] != owners[:-1]) | (rows["start"][1:] != rows["end"][:-1])
        runs = np.cumsum(begins)
        has_lost = np.zeros(len(rows) + 1, dtype=bool)
        has_lost[runs[self._are_orphans(operations, changed)]] = True
        return operations.among(~has_lost[runs] | (rows["document"] < 0))

    def _lost(self, number: int, changed: Flags) -> Iterator[tuple[int, int, int]]:
        """Yield what went of the passages that orphans of a document name: the document, start and end."""
        done = self._state.done
        operations = done.read(np.array([number]))
        for operation in operations.among(self._are_orphans(operations, changed)).of(0):
            canonical = operation.canonical
            assert canonical is not None
            for gone in done.get(canonical.document):
                start, end = max(gone.start, canonical.start), min(gone.end, canonical.end)
                if start < end and not gone.rule.startswith("repair/"):
                    yield canonical.document, start, end

    def _are_orphans(self, operations: Operations, changed: Flags) -> Flags:
        """Return for each operation whether the passage that it names went, of documents that are *changed*."""
        named = operations.rows["document"]
        found: Flags = (named >= 0) & (named < len(changed))
        found[found] = changed[named[found]]
        asked = operations.among(found)
        rows, named = asked.rows, asked.rows["document"]
        documents = distinct(named)
        done = self._state.done.read(documents)
        owners, spans = np.searchsorted(documents, named), np.column_stack([rows["first"], rows["last"]])
        deleted = deleted_counts(done, owners, spans)
        lost = deleted != rows["missing"]
        are_whole = asked.whose("document/")
        if are_whole.any():
            # What the canonical document lost as a repeat of itself still stands in it.
            are_near = asked.whose("document/near")
            for are_such, family in ((are_near, "repeat/exact"), (are_whole & ~are_near, "repeat/")):
                others = done.among(~done.whose(family))
                lost[are_such] = (deleted_counts(others, owners, spans) > rows["missing"])[are_such]
            # Where something was put back there, the two are less alike than they were.
            lost |= are_near & (deleted < rows["missing"])
        found[found] = lost | self._state.removed.holds(documents)[owners]
        return found
