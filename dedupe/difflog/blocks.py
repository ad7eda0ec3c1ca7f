"""Entries of a log to blocks: what repeats one other document, with gaps or in another order, is one thing to a reader.

An entry is a span that goes, and a body that was pasted in another order, or with lines between that stay, has many.
They stay as they are, since a text is rebuilt from them; a block says which of them belong together.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from dedupe.difflog.describe import describe_block
from dedupe.difflog.records import BlockRecord, CanonicalRecord, OpRecord, from_line
from dedupe.model import Operation

#: Lines that stay between two passages of one block, at most.
_BETWEEN = 5
#: One or two entries are as easily read by themselves.
_ENTRIES = 3
_RULES = frozenset({"repeat/exact", "repeat/near", "duplicate/exact", "duplicate/near"})


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
    if sum([operation.rule in _RULES for operation in operations]) < _ENTRIES:
        return numbers
    groups: list[list[int]] = []
    document = -1
    at = between = 0
    for n, operation in enumerate(operations):
        between += sum(1 for line in text[at : operation.start].splitlines() if line.strip())
        at = max(at, operation.start)
        canonical = operation.canonical
        if canonical is not None and operation.rule in _RULES:
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
    blocks = [group for group in groups if len(group) >= _ENTRIES and any(operations[n].applied for n in group)]
    for number, block in enumerate(blocks, start=1):
        for n in block:
            numbers[n] = number
    return numbers


def block_records(numbers: Sequence[int], written: bytes) -> list[BlockRecord]:
    """Return a record for each block; *written* are the records of a document's operations, *numbers* their blocks."""
    blocks: dict[int, list[bytes]] = {}
    for number, line in zip(numbers, BytesIO(written), strict=True):
        if number:
            blocks.setdefault(number, []).append(line)
    return [_record(number, block) for number, block in blocks.items()]


def _record(number: int, block: Sequence[bytes]) -> BlockRecord:
    head: OpRecord = from_line(block[0])
    tail: OpRecord = from_line(block[-1])
    first, last = head["canonical"]["lines"]
    for line in block:  # one at a time: there can be a million
        start, end = from_line(line)["canonical"]["lines"]
        first, last = min(first, start), max(last, end)
    there: CanonicalRecord = {"doc": head["canonical"]["doc"], "lines": [first, last]}
    if "path" in head["canonical"]:
        there["path"] = head["canonical"]["path"]
    lines = [head["lines"][0], tail["lines"][1]]
    why = describe_block(lines, there, map(from_line, block))
    return {"block": number, "lines": lines, "ops": len(block), "why": why, "canonical": there}
