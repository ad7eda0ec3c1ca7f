"""The promise that every removal names a survivor, kept from round to round.

A canonical passage may itself go in a later stage. What was removed for its sake is then an orphan, and put back.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from dedupe.cleaning.apply import apply_operations
from dedupe.matching.sets import union
from dedupe.model import Operation
from dedupe.planning.state import State

I64 = npt.NDArray[np.int64]

#: A document whose removals had to be taken back this often does not name again what they had lost, nor does it go as
#: a whole again before all is still. Later on it is not tried again till then: one removal may make another one
#: possible that takes its survivor, and so on for ever.
_WARNED = 2
_PATIENCE = 8


class Orphans:
    """Finds orphans, and has the state count how often each document had some."""

    def __init__(self, state: State) -> None:
        self._state = state

    def put_back(self, documents: I64, *, for_good: bool) -> I64:
        """Take removals back whose canonical passage went from one of *documents*, ascending, which changed.

        Returns the documents that were changed by it, ascending. With *for_good* none of them is tried again.
        """
        state = self._state
        back: dict[int, list[Operation]] = {}
        changed = _Marked(documents)
        for number in union(state.done.naming(documents), state.removed.naming(documents)).tolist():
            operations = state.removed.get(number) or state.done.get(number)
            kept = self._without_orphans(operations, changed)
            if len(kept) < len(operations):
                back[number] = kept
        returning = [number for number in back if number in state.removed]
        state.removed.drop(returning)
        for number in returning:
            back[number] = self._without_orphans(state.done.get(number), changed)
        state.returns.update(back.keys())
        for number in back:
            if state.returns[number] >= _WARNED:
                state.lost[number].update(self._lost(state.done.get(number), changed))
        state.staying.update(number for number in returning if state.returns[number] >= _WARNED)
        state.settled.update(number for number in back if for_good or state.returns[number] > _PATIENCE)
        if back:
            state.scan_again(
                (number, apply_operations(document.text, back[number]), back[number])
                for number, document in state.corpus.documents(back)
            )
        return np.array(list(back), dtype=np.int64)

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

    def _without_orphans(self, operations: list[Operation], changed: _Marked) -> list[Operation]:
        """Leave out the removals that lost their survivor, and those that were cut out in one piece with them.

        The separators around a run of removals were divided among them when it was cut.
        """
        runs: list[list[Operation]] = []
        for operation in operations:
            if runs and runs[-1][-1].end == operation.start:
                runs[-1].append(operation)
            else:
                runs.append([operation])
        kept = []
        for run in runs:
            lost = any(self._is_orphan(operation, changed) for operation in run)
            kept += [operation for operation in run if not lost or operation.canonical is None]
        return kept

    def _lost(self, operations: list[Operation], changed: _Marked) -> Iterator[tuple[int, int, int]]:
        """Yield what went of the passages that orphans name: the document, start and end."""
        for operation in operations:
            canonical = operation.canonical
            if canonical is not None and self._is_orphan(operation, changed):
                for gone in self._state.done.get(canonical.document):
                    start, end = max(gone.start, canonical.start), min(gone.end, canonical.end)
                    if start < end and not gone.rule.startswith("repair/"):
                        yield canonical.document, start, end

    def _is_orphan(self, operation: Operation, changed: _Marked) -> bool:
        canonical = operation.canonical
        if canonical is None or canonical.document not in changed:
            return False
        if canonical.document in self._state.removed:
            return True
        done = self._state.done
        deleted = done.edits(canonical.document).deleted_count(canonical.start, canonical.end)
        if operation.rule.startswith("document/"):
            # What the canonical document lost as a repeat of itself still stands in it.
            near = operation.rule == "document/near"
            others = done.edits(canonical.document, without="repeat/exact" if near else "repeat/")
            if near and deleted < canonical.missing:
                return True  # something was put back there, and the two are less alike than they were
            return others.deleted_count(canonical.start, canonical.end) > canonical.missing
        return deleted != canonical.missing


class _Marked:
    """A set of documents, ascending, that is asked for many of them; a byte for each up to the last."""

    def __init__(self, documents: I64) -> None:
        marks = np.zeros(int(documents[-1]) + 1 if len(documents) else 0, dtype=bool)
        marks[documents] = True
        self._marks = marks.tobytes()

    def __contains__(self, document: int) -> bool:
        return document < len(self._marks) and bool(self._marks[document])
