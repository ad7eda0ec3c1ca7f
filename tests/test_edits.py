"""Places before and after operations, against a walk over every character."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from dedupe.cleaning.edits import Edits
from dedupe.model import Operation


@st.composite
def operations(draw: st.DrawFn) -> list[Operation]:
    """Operations on a text of 40 characters; insertions stand clear of others, as those of the tool do."""
    borders = sorted(draw(st.sets(st.integers(0, 40), max_size=12)))
    done = []
    for n, (start, end) in enumerate(pairwise(borders)):
        replacement = draw(st.sampled_from(["", "", "x", "yyy", "zzzzzzzz"]))
        if draw(st.booleans()):
            done.append(Operation(start, end, "replace" if replacement else "delete", "r", "", b"%d" % n, replacement))
    return done


def origins(done: list[Operation]) -> list[tuple[int, int]]:
    """The source span of every character of the text after the operations."""
    found = []
    at = 0
    for operation in done:
        found += [(place, place + 1) for place in range(at, operation.start)]
        found += [(operation.start, operation.end)] * len(operation.replacement)
        at = operation.end
    return found + [(place, place + 1) for place in range(at, 40)]


@given(operations(), st.data())
def test_source_spans(done: list[Operation], data: st.DataObject) -> None:
    after = origins(done)
    start, end = sorted(data.draw(st.tuples(st.integers(0, len(after)), st.integers(0, len(after)))))
    first, last = Edits(done).to_source(start, end)
    if start < end:
        assert (first, last) == (after[start][0], after[end - 1][1])
    else:
        assert first == last or (first, last) in {(o.start, o.end) for o in done if o.replacement}


@given(operations(), st.lists(st.integers(0, 40), min_size=2, max_size=2).map(sorted))
def test_deleted_characters(done: list[Operation], span: list[int]) -> None:
    start, end = span
    gone = {place for o in done if not o.replacement for place in range(o.start, o.end)}
    assert Edits(done).deleted_count(start, end) == len(gone & set(range(start, end)))
