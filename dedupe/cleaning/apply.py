"""Outcomes to text: where to cut, how edits add up, and what the text is after them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import islice

import numpy as np
import numpy.typing as npt

from dedupe.cleaning.edits import Edits
from dedupe.cleaning.evidence import from_json, to_json
from dedupe.cleaning.rows import Operations
from dedupe.model import Operation

I64 = npt.NDArray[np.int64]

_SPACE_AFTER = re.compile(r"\s*")
_LINE_END = re.compile(r"\r\n|\n|\r")


def cut(text: str, start: int, end: int) -> tuple[int, int]:
    r"""Return the span to delete so that the lines whose content is ``[start, end)`` leave no seam.

    Blank lines go with what is deleted, so that the wider of the two gaps around it
    stays as it was. Behind the last text, no blank line is left, and the text ends with a
    line end exactly if it did before.

    >>> text = "One.\n\nTwo.\n\n\nThree.\n"
    >>> a, b = cut(text, 6, 10); text[:a] + text[b:]
    'One.\n\n\nThree.\n'
    >>> a, b = cut(text, 13, 19); text[:a] + text[b:]
    'One.\n\nTwo.\n'
    """
    before = start
    while before and text[before - 1].isspace():
        before -= 1
    match = _SPACE_AFTER.match(text, end)
    assert match is not None
    after = match.end()
    last_break = max(text.rfind("\n", end, after), text.rfind("\r", end, after)) + 1
    if after < len(text) and last_break:
        after = last_break  # the indentation of the next line is its own
    first_break = _LINE_END.search(text, before, start)
    if before == 0:
        return (0, after) if after == len(text) else (start, after)
    if after == len(text):
        if first_break is None:
            return before, after
        return first_break.end() if text.endswith(("\n", "\r")) else first_break.start(), after
    if first_break is None:
        return start, after
    gap_before = len(_LINE_END.findall(text, before, start))
    gap_after = len(_LINE_END.findall(text, end, after))
    if gap_before >= gap_after:
        return start, after
    # Trailing blanks of the line before stay with it.
    return first_break.start(), _LINE_END.search(text, end, after).start()  # type: ignore[union-attr]


def apply_operations(text: str, operations: Iterable[Operation]) -> str:
    """Return *text* with the applied ones of *operations* done (sorted, not overlapping)."""
    return _replaced(text, ((each.start, each.end, each.replacement) for each in operations if each.applied))


def apply_to_texts(texts: Sequence[str], applied: Operations) -> list[str]:
    """Return *texts* with applied operations done; what those say that write nothing is not looked at."""
    names = ("start", "end", "written", "says")
    done = zip(*(applied.rows[name].tolist() for name in names), strict=True)
    replaced = ((start, end, applied.said[says].replacement if size else "") for start, end, size, says in done)
    counts = np.diff(applied.offsets).tolist()
    return [
        _replaced(text, islice(replaced, count)) if count else text for text, count in zip(texts, counts, strict=True)
    ]


def _replaced(text: str, done: Iterable[tuple[int, int, str]]) -> str:
    pieces = []
    at = 0
    for start, end, replacement in done:
        pieces.append(text[at:start])
        pieces.append(replacement)
        at = end
    pieces.append(text[at:])
    return "".join(pieces)


def compose(done: Sequence[Operation], following: Sequence[Operation]) -> list[Operation]:
    """Return *done* followed by *following* as operations on the source text.

    *done* are applied operations in offsets of the source; *following* are applied
    operations in offsets of the text after *done*. Both are sorted and free of overlap, and so
    is the result. A deletion is split around what was deleted before it, so that
    every byte goes by one operation; a replaced place that is then deleted is
    one deletion of what stood there in the source, and one of which an end is deleted keeps the rest.
    """
    if not done:
        return [operation for operation in following if operation.replacement or operation.start < operation.end]
    result: list[Operation] = []
    at = shift = 0  # the next of *done*, and source minus current in front of it
    new = 0
    while new < len(following):
        while at < len(done) and _lies_before(done[at], shift, following[new].start):
            result.append(done[at])
            shift += _shrinkage(done[at])
            at += 1
        # What touches the same operations of *done* is composed with those, and with no others.
        first, first_new, first_shift = at, new, shift
        reached = -1
        while new == first_new or (new < len(following) and reached > following[new].start):
            while at < len(done) and done[at].start - shift < following[new].end:
                reached = done[at].start - shift + len(done[at].replacement)
                shift += _shrinkage(done[at])
                at += 1
            new += 1
        touched = list(done[first:at])
        for operation in reversed(following[first_new:new]):
            touched = _compose_one(touched, operation, first_shift)
        result += touched
    return [*result, *done[at:]]


def _lies_before(operation: Operation, shift: int, start: int) -> bool:
    """Whether a done operation lies before what begins at *start* in the text after it."""
    here = operation.start - shift
    there = here + len(operation.replacement)
    return (there <= start and here < start) or here == there == start


def _shrinkage(operation: Operation) -> int:
    return operation.end - operation.start - len(operation.replacement)


def join_seams(texts: Sequence[str], operations: Operations) -> Operations:
    """Return *operations* on *texts* with deletions of nothing but white space joined to a neighbour.

    They are left over where a deletion was split around an earlier one, and say nothing
    by themselves. Parts of one that was split are counted in their evidence.
    """
    rows, owners = operations.rows.copy(), operations.owners
    stays = np.ones(len(rows), dtype=bool)
    applied = np.flatnonzero(rows["applied"])
    first, second = applied[:-1], applied[1:]
    touch = (owners[first] == owners[second]) & (rows["end"][first] == rows["start"][second])
    touch &= (rows["written"][first] == 0) & (rows["written"][second] == 0)
    starts, ends = rows["start"].tolist(), rows["end"].tolist()
    joined = -1  # what the last one was joined to
    for one, two in zip(first[touch].tolist(), second[touch].tolist(), strict=True):
        one = one if stays[one] else joined
        text = texts[owners[one]]
        if text[starts[one] : ends[one]].isspace():
            rows[one] = rows[two]
            rows["start"][one] = starts[one]
        elif not text[starts[two] : ends[two]].isspace():
            continue
        rows["end"][one] = ends[one] = ends[two]
        stays[two] = False
        joined = one
    return _numbered_parts(Operations(rows, operations.offsets, operations.said).among(stays))


def _numbered_parts(operations: Operations) -> Operations:
    """Say in the evidence which deletions are parts of one that was split around others.

    Such parts share what they say; only together are they what the evidence speaks of.
    """
    rows = operations.rows
    naming = np.flatnonzero(rows["document"] >= 0)
    saying = (operations.owners[naming] << 32) + rows["says"][naming]
    _, at, counts = np.unique(saying, return_inverse=True, return_counts=True)
    if (counts == 1).all():
        return operations
    said = list(operations.said)
    together = naming[np.argsort(at, kind="stable")]
    for end, total in zip(np.cumsum(counts)[counts > 1].tolist(), counts[counts > 1].tolist(), strict=True):
        for part, row in enumerate(together[end - total : end].tolist(), 1):
            whole = said[rows["says"][row]]
            evidence = to_json({**from_json(whole.evidence), "part": part, "parts": total})
            rows["says"][row] = len(said)
            said.append(whole._replace(evidence=evidence))
    return Operations(rows, operations.offsets, said)


def _compose_one(done: list[Operation], new: Operation, shift: int) -> list[Operation]:
    """Compose *new* with operations; *shift* is source minus current in front of the first of them."""
    before: list[Operation] = []
    inside: list[tuple[int, Operation]] = []
    after: list[Operation] = []
    first, last = new.start + shift, new.end + shift
    start, end = Edits.of(done).to_source(first, last)
    shrunk = 0
    for operation in done:
        here = operation.start - shrunk
        if _lies_before(operation, shrunk, first):
            before.append(operation)
        elif here >= last:
            after.append(operation)
        else:
            inside.append((here, operation))
        shrunk += _shrinkage(operation)
    # What is left of each replacement; where none is, what was repaired is now deleted.
    left = [(old.replacement[: max(0, first - here)] + old.replacement[last - here :], old) for here, old in inside]
    kept = [(text, old) for text, old in left if text or (old.start < old.end and not old.replacement)]
    if new.kind != "delete" or sum(old.end - old.start for _, old in kept) == end - start:
        # One with what it touches: something is written here, or all that is deleted was written before.
        prefix = suffix = ""
        for here, old in inside:
            start, end = min(start, old.start), max(end, old.end)
            if here < first:
                prefix = old.replacement[: first - here]
            suffix = old.replacement[last - here :]
        text = prefix + new.replacement + suffix
        kind = new.kind if new.kind == "insert" and start == end else ("replace" if text else "delete")
        return [*before, new._replace(start=start, end=end, replacement=text, kind=kind), *after]
    pieces: list[Operation] = []
    at = start
    for text, old in kept:
        if at < old.start:
            pieces.append(new.over(at, old.start))
        pieces.append(old._replace(replacement=text))
        at = old.end
    if at < end:
        pieces.append(new.over(at, end))
    return [*before, *pieces, *after]
