"""Entries of a log to blocks: what repeats one other document, with gaps or in another order, is one thing to a reader.

An entry is a span that goes, and a body that was pasted in another order, or with lines between that stay, has many.
They stay as they are, since a text is rebuilt from them; a block says which of them belong together.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from dedupe.difflog.describe import describe_block
from dedupe.difflog.records import BlockRecord, CanonicalRecord
from dedupe.model import Operation

#: Lines that stay between two passages of one block, at most.
_BETWEEN = 5
#: One or two entries are as easily read by themselves.
LEAST_ENTRIES = 3
BLOCK_RULES = frozenset({"repeat/exact", "repeat/near", "duplicate/exact", "duplicate/near"})


def block_numbers(text: str, operations: Sequence[Operation]) -> list[int]:
    r"""Return for each of the *operations* on *text*, in order, the number of its block from 1, or 0 where it has none.

    Passages that follow each other are in one block if they repeat passages of one document, wherever those stand
    in it, and no more than five lines that stay are between. Three make a block, of which one at least goes.

    >>> from dedupe.model import Canonical
    >>> def repeat(start, end, document):
    ...     return Operation(start, end, "delete", "duplicate/exact", "", canonical=Canonical(document, 0, 3))
    >>> passages = [repeat(0, 4, 7), repeat(4, 8, 7), repeat(12, 16, 7), repeat(16, 20, 8)]
    >>> block_numbers("one\ntwo\nnew\nsix\nten\n", passages)
    [1, 1, 1, 0]
    """
    numbers = [0] * len(operations)
    groups: list[list[int]] = []
    document = -1
    at = between = 0
    for n, operation in enumerate(operations):
        between += sum(1 for line in text[at : operation.start].splitlines() if line.strip())
        at = max(at, operation.start)
        canonical = operation.canonical
        if canonical is not None and operation.rule in BLOCK_RULES:
            is_near = bool(groups) and between <= _BETWEEN
            if canonical.document != document and is_near and not operation.applied:
                continue  # it stays, between the passages of a block
            if canonical.document != document or not is_near:
                groups.append([])
            groups[-1].append(n)
            document, between = canonical.document, 0
        elif not operation.applied:
            continue
        at = max(at, operation.end)
    blocks = [group for group in groups if len(group) >= LEAST_ENTRIES and any(operations[n].applied for n in group)]
    for number, block in enumerate(blocks, start=1):
        for n in block:
            numbers[n] = number
    return numbers


class Block:
    """A block while its entries are written one after the other: there can be a million, and none is held."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._entries = 0
        self._lines = [0, 0]
        self._there: CanonicalRecord = {"doc": "", "lines": [0, 0]}
        self._rule = ""
        self._places = array("q")
        self._passages: Counter[str] = Counter()
        self._kept = 0

    def add(
        self, rule: str, lines: Sequence[int], canonical: CanonicalRecord, evidence: Mapping[str, Any], *, stays: bool
    ) -> None:
        """Count the next entry in."""
        if not self._entries:
            self._lines = [*lines]
            self._there = {"doc": canonical["doc"], "lines": [*canonical["lines"]]}
            if "path" in canonical:
                self._there["path"] = canonical["path"]
        self._entries += 1
        self._lines[1] = lines[1]
        first, last = self._there["lines"]
        start, end = canonical["lines"]
        self._there["lines"] = [min(first, start), max(last, end)]
        self._rule = rule
        self._places.append(canonical["src"][0])
        if evidence.get("part", 1) == 1:  # with its first part a passage has been counted
            self._passages["word for word" if self._rule.endswith("/exact") else "nearly"] += evidence["segments"]
            self._kept += evidence["segments"] if stays else 0

    def record(self) -> BlockRecord:
        """Return the record of the block."""
        is_repeat = self._rule.startswith("repeat/")
        why = describe_block(self._lines, self._there, self._places, self._passages, self._kept, is_repeat=is_repeat)
        return {
            "block": self._number,
            "lines": self._lines,
            "ops": self._entries,
            "why": why,
            "canonical": self._there,
        }
