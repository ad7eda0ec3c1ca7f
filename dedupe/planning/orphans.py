"""The promise that every removal names a survivor, kept from round to round.

A canonical passage may itself go in a later stage. What was removed for its sake is then an orphan, and put back.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dedupe.cleaning.apply import apply_operations
from dedupe.matching.sets import distinct
from dedupe.model import Operation
from dedupe.planning.state import State

#: A document whose removals had to be taken back this often does not name again what they had lost, nor does it go as
#: a whole again before all is still. Later on it is not tried again till then: one removal may make another one
#: possible that takes its survivor, and so on for ever.
_WARNED = 2
_PATIENCE = 8


class Orphans:
    """Finds orphans, and has the state count how often each document had some."""

    def __init__(self, state: State) -> None:
        self._state = state

    def put_back(self, changed: set[int], *, for_good: bool) -> set[int]:
        """Take removals back whose canonical passage went from one of the documents that *changed*.

        Returns the documents that were changed by it. With *for_good* none of them is tried again.
        """
        state = self._state
        back: dict[int, list[Operation]] = {}
        documents = np.fromiter(changed, dtype=np.int64)
        naming = np.concatenate([state.done.naming(documents), state.removed.naming(documents)])
        for number in distinct(naming).tolist():
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
        return set(back)

    def _without_orphans(self, operations: list[Operation], changed: set[int]) -> list[Operation]:
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

    def _lost(self, operations: list[Operation], changed: set[int]) -> Iterator[tuple[int, int, int]]:
        """Yield what went of the passages that orphans name: the document, start and end."""
        for operation in operations:
            canonical = operation.canonical
            if canonical is not None and self._is_orphan(operation, changed):
                for gone in self._state.done.get(canonical.document):
                    start, end = max(gone.start, canonical.start), min(gone.end, canonical.end)
                    if start < end and not gone.rule.startswith("repair/"):
                        yield canonical.document, start, end

    def _is_orphan(self, operation: Operation, changed: set[int]) -> bool:
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
