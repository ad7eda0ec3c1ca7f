"""Operations on a text: places before and after them, and how they add up, against a walk over every character."""

from __future__ import annotations

import time
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.cleaning.apply import apply_operations, apply_to_texts, compose, cut, join_seams
from dedupe.cleaning.edits import Edits
from dedupe.cleaning.ledger import Ledger
from dedupe.cleaning.places import between, deleted_counts, to_output, to_source
from dedupe.cleaning.rows import Operations, pack, told
from dedupe.model import Canonical, Operation
from dedupe.workfiles import open_work_folder


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


def in_rows(*operations: list[Operation]) -> Operations:
    """The operations on some texts, as a ledger keeps them."""
    numbers = np.arange(len(operations))
    with open_work_folder() as folder:
        ledger = Ledger(folder, "done", folder.store("said"))
        ledger.put(numbers, pack(operations))
        ledger.commit()
        found = ledger.read(numbers)
        return Operations(found.rows, found.offsets, list(found.said))


#: Operations on the texts before and behind the one that is asked about.
OTHERS = [Operation(0, 1, "delete", "r", "w"), Operation(2, 2, "insert", "r", "w", replacement="ab")]


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
    first, last = Edits.of(done).to_source(start, end)
    together = to_source(in_rows(OTHERS, done, OTHERS), np.array([1, 1]), np.array([[start, end]] * 2))
    assert together.tolist() == [[first, last]] * 2
    if start < end:
        assert (first, last) == (after[start][0], after[end - 1][1])
    else:
        assert first == last or (first, last) in {(o.start, o.end) for o in done if o.replacement}


@given(operations(), st.lists(st.integers(0, 40), min_size=2, max_size=2).map(sorted))
def test_deleted_characters(done: list[Operation], span: list[int]) -> None:
    start, end = span
    gone = {place for o in done if not o.replacement for place in range(o.start, o.end)}
    counts = deleted_counts(
        in_rows(OTHERS, done, OTHERS), np.array([2, 1, 0]), np.array([[0, 9], [start, end], [1, 9]])
    )
    assert counts.tolist() == [1, len(gone & set(range(start, end))), 0]


@given(operations(), st.integers(0, 40), st.integers(0, 40))
def test_what_stays_around_a_span(done: list[Operation], one: int, other: int) -> None:
    start, end = sorted([one, other])
    sizes, owners = np.array([40, 40, 40]), np.array([1, 0])
    around, are_intact = between(in_rows(OTHERS, done, OTHERS), sizes, owners, np.array([[start, end], [1, 1]]))
    before = max((each.end for each in done if each.end <= start), default=0)
    behind = min((each.start for each in done if each.start >= end), default=40)
    assert around.tolist() == [[before, behind], [1, 2]]
    assert are_intact.tolist() == [all(each.end <= start or each.start >= end for each in done), True]


@given(operations())
def test_operations_of_a_ledger_are_applied_as_those_in_memory(done: list[Operation]) -> None:
    text = "".join(map(chr, range(0x100, 0x100 + 40)))
    some = [each._replace(applied=at % 3 > 0) for at, each in enumerate(done)]
    with open_work_folder() as folder:
        ledger = Ledger(folder, "done", folder.store("said"))
        ledger.put([0, 1], pack([some, OTHERS]))
        ledger.commit()
        found = ledger.read(np.array([0, 1]))
        applied = found.among(found.rows["applied"] > 0)
        assert apply_to_texts([text, "abc"], applied) == [apply_operations(text, some), apply_operations("abc", OTHERS)]


def test_what_deletions_say_is_not_read_to_apply_them() -> None:
    with open_work_folder() as folder:
        said = folder.store("said")
        ledger = Ledger(folder, "done", said)
        ledger.put([0], pack([[OTHERS[0]]]))
        ledger.commit()
        found = ledger.read(np.array([0]))
        folder.remove(said)
        assert apply_to_texts(["abc"], found) == ["bc"]


@st.composite
def edits(draw: st.DrawFn, size: int) -> list[Operation]:
    found: list[Operation] = []
    at = 0
    for _ in range(draw(st.integers(0, 4))):
        start = at + draw(st.integers(0, 4))
        end = start + draw(st.integers(0, 5))
        if end > size:
            break
        new = draw(st.sampled_from(["", "", "X", "YY", "ZZZZZ"]))
        if start == end and not new:
            break
        kind = "insert" if start == end else "replace" if new else "delete"
        found.append(Operation(start, end, kind, "r", "w", replacement=new))
        at = end + 1
    return found


@given(st.data())
def test_places_move_with_the_text(data: st.DataObject) -> None:
    text = data.draw(st.text("abcdefgh", max_size=24))
    done = data.draw(edits(len(text)))
    places = np.arange(len(text) + 1)
    owners = np.ones(len(places), dtype=np.int64)
    for place, moved in enumerate(to_output(in_rows(OTHERS, done, OTHERS), owners, places).tolist()):
        inside = [operation for operation in done if operation.start < place < operation.end]
        behind = [operation for operation in done if operation.start < place and operation.end <= place]
        start = inside[0].start if inside else place
        first = len(apply_operations(text[:start], behind))
        assert first <= moved <= first + sum(len(operation.replacement) for operation in inside)
        assert inside or moved == first


@given(st.data())
@settings(max_examples=300)
def test_edits_add_up(data: st.DataObject) -> None:
    text = data.draw(st.text("abcdefgh", max_size=24))
    done = data.draw(edits(len(text)))
    between = apply_operations(text, done)
    assert apply_to_texts([text, "", text], in_rows(done, [], done)) == [between, "", between]
    following = [operation._replace(rule="later") for operation in data.draw(edits(len(between)))]
    both = compose(done, following)
    assert apply_operations(text, both) == apply_operations(between, following)
    assert all(a.end <= b.start for a, b in pairwise(both))
    # What neither touches stays out of both, and what goes goes by the rule that took it.
    places = [place for place in range(len(text)) if not any(o.start <= place < o.end for o in done)]
    for place, here in zip(places, (p for p, origin in enumerate(sources(done, text)) if origin), strict=True):
        by = {o.rule for o in both if o.start <= place < o.end}
        taken = [o for o in following if o.start <= here < o.end]
        assert by <= {"later"}
        assert bool(by) >= bool(taken)
        if not any(o.replacement for o in (*done, *following)):
            assert bool(by) == bool(taken)


def sources(done: list[Operation], text: str) -> list[bool]:
    """Whether each character of the text after the operations is one of the source."""
    found: list[bool] = []
    at = 0
    for operation in done:
        found += [True] * (operation.start - at) + [False] * len(operation.replacement)
        at = operation.end
    return found + [True] * (len(text) - at)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (3, 5, [("cut", 3, 4, ""), ("repair", 4, 6, "bcd")]),  # its beginning
        (5, 7, [("cut", 4, 6, "ad")]),  # its middle
        (7, 9, [("repair", 4, 6, "abc"), ("cut", 6, 7, "")]),  # its end
        (3, 9, [("cut", 3, 7, "")]),  # all of it, and more
        (4, 8, [("cut", 4, 6, "")]),  # just it
        (8, 9, [("repair", 4, 6, "abcd"), ("cut", 6, 7, "")]),  # what is behind it
        (2, 4, [("cut", 2, 4, ""), ("repair", 4, 6, "abcd")]),  # what is before it
    ],
)
def test_a_deletion_and_a_place_that_was_repaired(
    start: int, end: int, expected: list[tuple[str, int, int, str]]
) -> None:
    """Two characters, from the fourth on, became "abcd"."""
    done = [Operation(4, 6, "replace", "repair", "", replacement="abcd")]
    both = compose(done, [Operation(start, end, "delete", "cut", "")])
    assert [(o.rule, o.start, o.end, o.replacement) for o in both] == expected
    assert all(o.kind == ("replace" if o.replacement else "delete") for o in both)


def test_a_deletion_leaves_the_rest_of_a_repair_to_the_repair() -> None:
    """What is deleted for one reason must not take along what was only repaired there, nor be taken for a repair."""
    repair = Operation(4, 6, "replace", "repair/mojibake", "", replacement="é ")
    trimmed = Operation(5, 9, "delete", "boilerplate/readmore", "")
    both = compose([repair], [trimmed])
    assert both == [repair._replace(replacement="é"), trimmed.over(6, 9)]
    assert compose(both, [Operation(2, 5, "delete", "duplicate/exact", "")]) == [
        Operation(2, 6, "delete", "duplicate/exact", ""),
        trimmed.over(6, 9),
    ]


@given(st.lists(st.sampled_from(["One.", "Two two.", "", " ", "Three"]), min_size=1, max_size=8), st.data())
def test_a_cut_leaves_no_seam(lines: list[str], data: st.DataObject) -> None:
    eol = data.draw(st.sampled_from(["\n", "\r\n", "\r"]))
    text = eol.join(lines) + data.draw(st.sampled_from(["", eol]))
    written = [n for n, line in enumerate(lines) if line.strip()]
    if not written:
        return
    chosen = data.draw(st.sampled_from(written))
    start = sum(len(line) + len(eol) for line in lines[:chosen])
    first, last = cut(text, start, start + len(lines[chosen]))
    left = text[:first] + text[last:]
    assert first <= start < start + len(lines[chosen]) <= last
    kept = [line.strip() for n, line in enumerate(lines) if line.strip() and n != chosen]
    assert [line.strip() for line in left.replace("\r\n", "\n").replace("\r", "\n").split("\n") if line.strip()] == kept
    if kept and text.rstrip() == text:
        assert left.rstrip() == left


@pytest.mark.parametrize(
    ("text", "gone", "left"),
    [
        ("One.\n\nTwo.\n\nSix.\n", "Two.", "One.\n\nSix.\n"),
        ("One.\n\n\nTwo.\nSix.\n", "Two.", "One.\n\n\nSix.\n"),  # the wider gap stays, whichever it is
        ("One.\nTwo.\n\n\nSix.\n", "Two.", "One.\n\n\nSix.\n"),
        ("\n\nOne.\n\nTwo.\n", "One.", "\n\nTwo.\n"),  # what stood above the text stands there still
        ("\n\nOne.\n", "One.", ""),
        ("One.\n\nTwo.\n\n\n", "Two.", "One.\n"),  # and below it nothing is left
        ("One.\n\nTwo.", "Two.", "One."),  # nor a line end where there was none
        ("One. Two. Six.", "Two.", "One. Six."),
        ("One. Two.", "Two.", "One."),
        ("One.  \nTwo.\n\n   Six.\n", "Two.", "One.  \n\n   Six.\n"),  # blanks and indentation are those of the others
        ("One.\r\n\r\nTwo.\r\n", "Two.", "One.\r\n"),
    ],
)
def test_where_to_cut(text: str, gone: str, left: str) -> None:
    start = text.index(gone)
    first, last = cut(text, start, start + len(gone))
    assert text[:first] + text[last:] == left


def test_of_gaps_that_are_alike_the_one_behind_goes() -> None:
    assert cut("One.\n\nTwo.\n\nSix.\n", 6, 10) == (6, 12)


def test_a_cut_looks_no_farther_than_the_lines_around_it() -> None:
    """A long text has thousands of cuts, and each that looked at all in front of it would take seconds here."""
    text = "A line of some words.\n\n" * 200_000
    started = time.process_time()
    for start in range(23 * 190_000, len(text), 23):
        assert cut(text, start, start + 21)[0] in (start, start - 1)
    assert time.process_time() - started < 1


def _gone(start: int, end: int, rule: str = "r", *, applied: bool = True) -> Operation:
    return Operation(start, end, "delete", rule, "", applied=applied)


def joined(text: str, operations: list[Operation]) -> list[Operation]:
    """The operations joined, with as many on texts before and behind."""
    found = join_seams([text, text, text], in_rows([_gone(0, 2)], operations, operations))
    assert found.of(0) == [_gone(0, 2)]
    assert found.of(1) == found.of(2)
    return found.of(1)


def test_deletions_of_white_space_join_a_neighbour() -> None:
    text = "one\n\ntwo\n\nsix\n\nten\n"
    space, two, six = _gone(3, 5, "space"), _gone(5, 8, "two"), _gone(10, 13, "six")
    assert joined(text, [space, two]) == [two.over(3, 8)]
    assert joined(text, [two, _gone(8, 10, "space")]) == [two.over(5, 10)]
    assert joined(text, [_gone(0, 2), space]) == [_gone(0, 2), space]  # they do not touch
    assert joined(text, [space]) == [space]
    assert joined(text, [two, _gone(8, 10, "space"), six]) == [two.over(5, 10), six]
    assert joined(text, [_gone(0, 3), two, six]) == [_gone(0, 3), two, six]
    put = Operation(8, 8, "insert", "r", "", replacement="x")
    assert joined(text, [two, put, _gone(8, 10, "space")]) == [two, put, _gone(8, 10, "space")]
    left = _gone(5, 8, applied=False)
    assert joined(text, [space, left]) == [space, left]
    assert joined(text, [two, left, _gone(8, 10, "space")]) == [two.over(5, 10), left]


def test_parts_of_a_deletion_that_was_split_are_counted() -> None:
    named = Operation(0, 9, "delete", "repeat/exact", "", b'{"words":3}', canonical=Canonical(1, 0, 9))
    other = named._replace(start=20, end=25, evidence=b'{"words":9}')
    lone = _gone(12, 14)
    parts = joined("x" * 30, [named.over(0, 4), named.over(6, 9), lone, other])
    assert [o.evidence for o in parts] == [
        b'{"words":3,"part":1,"parts":2}',
        b'{"words":3,"part":2,"parts":2}',
        b"{}",
        b'{"words":9}',
    ]
    same = [_gone(0, 2), _gone(4, 6)]  # nothing that they repeat: no parts, though they share their evidence
    assert joined("x" * 30, same) == same
    chain = [_gone(0, 1), _gone(1, 2), _gone(2, 4, "last"), _gone(4, 5)]
    assert joined("a  b ", chain) == [_gone(0, 2), _gone(2, 5, "last")]


def test_operations_of_some_documents_are_exchanged_for_others() -> None:
    """What the others say stays as it is, and no more than what is said is kept."""
    one, two, other = (Operation(1, 3, "delete", "x", why) for why in ("one", "two", "other"))
    operations = told([[one, two], [], [two], [one]])
    exchanged = operations.exchanged({1: [other], 2: [], 3: [other, two]})
    assert [exchanged.of(number) for number in range(4)] == [[one, two], [other], [], [other, two]]
    assert operations.exchanged({}) is operations
    without_one = operations.among(operations.owners == 2)
    assert without_one.packed().said == pack([[], [], [two], []]).said
    assert without_one.chosen(np.array([2])).of(0) == [two]
