"""Entries of a log to blocks: what repeats one other document, with gaps or in another order, is one thing to a reader.

An entry is a span that goes, and a body that was pasted in another order, or with lines between that stay, has many.
They stay as they are, since a text is rebuilt from them; a block says which of them belong together.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dedupe.difflog.describe import describe_block
from dedupe.difflog.records import BlockRecord, CanonicalRecord

#: Lines that stay between two passages of one block, at most.
_BETWEEN = 5
#: One or two entries are as easily read by themselves.
LEAST_ENTRIES = 3
BLOCK_RULES = frozenset({"repeat/exact", "repeat/near", "duplicate/exact", "duplicate/near"})


def block_numbers(text: str, entries: Iterable[tuple[int, int, bool, int]]) -> list[int]:
    r"""Return for each of the *entries* of *text*, in order, the number of its block from 1, or 0 where it has none.

    An entry is where it begins and ends, whether it is applied, and the document that it repeats a passage of, -1 if
    its rule is none of ``BLOCK_RULES``. Passages that follow each other are in one block if they repeat passages of
    one document, wherever those stand in it, and no more than five lines that stay are between. Three make a block, of
    which one at least goes.

    >>> passages = [(0, 4, True, 7), (4, 8, True, 7), (12, 16, True, 7), (16, 20, True, 8)]
    >>> block_numbers("one\ntwo\nnew\nsix\nten\n", passages)
    [1, 1, 1, 0]
    """
    numbers: list[int] = []
    groups: list[list[int]] = []
    goes: list[bool] = []
    document = -1
    at = between = 0
    for start, end, applied, other in entries:
        numbers.append(0)
        goes.append(applied)
        between += sum(1 for line in text[at:start].splitlines() if line.strip())
        at = max(at, start)
        if other >= 0:
            is_near = bool(groups) and between <= _BETWEEN
            if other != document and is_near and not applied:
                continue  # it stays, between the passages of a block
            if other != document or not is_near:
                groups.append([])
            groups[-1].append(len(numbers) - 1)
            document, between = other, 0
        elif not applied:
            continue
        at = max(at, end)
    blocks = [group for group in groups if len(group) >= LEAST_ENTRIES and any(goes[n] for n in group)]
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
