"""Between rounds, what is known of a document is what its source and the operations on it come to."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rereading import operations
from strategies import LONG, corpora

import dedupe
from dedupe import Config, kernels
from dedupe.api import _Memory
from dedupe.boilerplate.lexicon import Lexicon
from dedupe.cleaning.apply import apply_operations
from dedupe.index.references import References
from dedupe.matching.proposals import ROW, ProposalFile, in_order, merged
from dedupe.model import Document
from dedupe.pipeline import _read
from dedupe.planning.boilerplate import Boilerplate
from dedupe.planning.duplicates import Duplicates
from dedupe.planning.state import State
from dedupe.progress import silent
from dedupe.workfiles import Column, WorkFolder, open_work_folder


def state_of(texts: list[str], folder: WorkFolder) -> State:
    documents = [Document(str(number), text) for number, text in enumerate(texts)]
    state = State(_Memory(documents), Config(), folder, folder.store("said"), silent, References())
    _read(state)
    return state


@given(corpora())
def test_the_text_of_now_is_the_source_with_its_operations(texts: list[str]) -> None:
    with open_work_folder() as folder:
        state = state_of(texts, folder)
        boilerplate, duplicates = Boilerplate(state, Lexicon.load(())), Duplicates(state)
        for _ in range(3):
            boilerplate.trim(None)
            duplicates.take_out()
            now = dict(state.current(np.arange(len(texts))))
            assert now.keys() == {number for number in range(len(texts)) if number not in state.removed}
            for number, text in now.items():
                assert text == apply_operations(texts[number], state.done.get(number))


def test_what_was_taken_out_is_not_among_the_texts_of_now() -> None:
    with open_work_folder() as folder:
        state = state_of(["\n\n".join(LONG), LONG[0], "\n\n".join(LONG)], folder)
        assert Duplicates(state).take_out().tolist() == [2]
        assert [number for number, _ in state.current(np.array([0, 2]))] == [0]
        assert [numbers.tolist() for numbers in state.batches(None)] == [[0, 1]]


@pytest.mark.parametrize("size", [1, 500, 100_000])
def test_portions_hold_every_document_once_and_in_order(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dedupe.scanning._BATCH_CHARS", size)
    with open_work_folder() as folder:
        state = state_of([*LONG, "", "word " * 500, *LONG], folder)
        batches = state.batches(None)
        assert np.concatenate(batches).tolist() == list(range(2 * len(LONG) + 2))
        assert all(len(batch) == 1 or state.byte_count(batch[1:]) < size for batch in batches)
        assert state.batches(np.array([3, 99])) == [[3]]
        assert state.batches(np.zeros(0, dtype=np.int64)) == []


WORDS = " ".join(LONG[:4]).split()
STORY, OTHERS = LONG[:4], LONG[4:]


@pytest.mark.parametrize(
    ("copy", "looks_like_one"),
    [
        (STORY, True),
        (STORY[1:], True),
        ((*STORY, OTHERS[0]), True),
        ((OTHERS[0], *STORY[2:]), True),
        (("Printed on Monday.", *STORY, "Comments (4)"), True),
        ([" ".join([*WORDS[:90], "of", "late", *WORDS[90:]])], True),
        ([" ".join(word if at % 15 else "indeed" for at, word in enumerate(WORDS))], True),
        # A paragraph or two, headings and words in common are no copy.
        ((STORY[0], *OTHERS), False),
        ((STORY[0], STORY[1], *OTHERS), False),
        (OTHERS, False),
        ([" ".join(reversed(WORDS))], False),
        ([" ".join(word if at % 3 else "indeed" for at, word in enumerate(WORDS))], False),
        (("Notes", "The river", OTHERS[0]), False),
        (("Notes", "The river"), False),
        ((), False),
    ],
)
def test_documents_that_look_like_copies_are_told_by_their_passages_and_by_all_their_words(
    copy: tuple[str, ...], looks_like_one: bool
) -> None:
    story = "\n\n".join(("Notes", "The river", *STORY))
    with open_work_folder() as folder:
        state = state_of([story, "\n\n".join(copy)], folder)
        assert state.copies().tolist() == [1] * looks_like_one
    with open_work_folder() as folder:
        assert not state_of(["\n\n".join(copy)], folder).copies().size


def test_forms_filled_in_are_no_copies() -> None:
    """Pages of one kind share many of their words, and most of them count: their furniture is found by that."""
    tables = [", ".join(f"{n} times {m} is {n * m}" for m in range(9)) for n in range(2, 11)]
    with open_work_folder() as folder:
        texts = [f"{table}.\n\nVisit our farm shop\n" for table in tables]
        assert 2 * len(state_of(texts, folder).copies()) < len(texts)


def test_passages_of_several_documents_make_no_copy() -> None:
    with open_work_folder() as folder:
        texts = ["\n\n".join(LONG[at : at + 2]) for at in (0, 2, 4)]
        assert not state_of([*texts, "\n\n".join(LONG[at] for at in (0, 2, 4))], folder).copies().size
        assert state_of([*texts, "\n\n".join(LONG[at] for at in (0, 1, 4))], folder).copies().tolist() == [3]


@given(corpora())
def test_copies_are_those_of_the_texts_as_they_are_now(texts: list[str]) -> None:
    """A second run has other rounds behind it, and must count the same documents."""
    with open_work_folder() as folder, open_work_folder() as other:
        state = state_of(texts, folder)
        state.copies()
        boilerplate, duplicates = Boilerplate(state, Lexicon.load(())), Duplicates(state)
        for _ in range(3):
            boilerplate.trim(None)
            duplicates.take_out()
            now = dict(state.current(np.arange(len(texts))))
            fresh = state_of(list(now.values()), other)
            assert np.array(list(now))[fresh.copies()].tolist() == state.copies().tolist()


@given(corpora())
def test_packed_texts_come_back(texts: list[str]) -> None:
    assert kernels.unpack(*kernels.pack(texts)) == texts


@given(corpora(), st.lists(st.integers(0, 20)))
def test_some_of_the_packed_texts_come_back_in_the_order_asked_for(texts: list[str], asked: list[int]) -> None:
    numbers = [number % len(texts) for number in asked] if texts else []
    chosen = kernels.chosen(*kernels.pack(texts), numbers)
    assert kernels.unpack(*chosen) == [texts[number] for number in numbers]
    assert chosen[1].dtype == np.int64


@given(corpora())
def test_spans_are_those_of_the_segments(texts: list[str]) -> None:
    with open_work_folder() as folder:
        table = state_of(texts, folder).table
        places = [(number, at) for number in range(len(texts)) for at in range(len(table.rows(number)))]
        places = places[::2] + places[::-3]
        spans = table.spans(np.array(places, dtype=np.int64).reshape(-1, 2))
        found = [(row["start"], row["end"]) for row in (table.rows(number)[at] for number, at in places)]
        assert list(map(tuple, spans.tolist())) == found


@pytest.mark.parametrize("batches", [[[0, 1, 4, 9]], [[0], [1, 9]], [[4], [5, 6]], [[5]], []])
def test_proposals_are_split_by_batches_of_documents(batches: list[list[int]]) -> None:
    rows = np.zeros(6, dtype=ROW)
    rows["document"] = [0, 1, 1, 4, 4, 7]
    rows["position"] = range(6)
    with open_work_folder() as folder:
        ordered = in_order(folder, "unsorted", [rows[3:], rows[:3][::-1]], 8)
        found = list(ProposalFile(folder, "proposed", ordered).among(map(np.array, batches)))
    wanted = [[at for at in range(6) if rows["document"][at] in batch] for batch in batches]
    assert [part["position"].tolist() for part in found] == wanted


@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(0, 20)), unique_by=lambda row: row[:2]),
    st.integers(1, 9),
    st.integers(1, 9),
)
def test_proposals_come_back_in_order_whatever_is_read_at_a_time(
    given_rows: list[tuple[int, int, int]], documents_at_once: int, rows_at_once: int
) -> None:
    rows = np.zeros(len(given_rows), dtype=ROW)
    for row, (document, position, canonical) in zip(rows, given_rows, strict=True):
        row["document"], row["position"], row["canonical"] = document, position, canonical
    generation = Column(np.int32)
    generation[np.arange(21)] = np.arange(21) % 3
    with open_work_folder() as folder, pytest.MonkeyPatch.context() as patch:
        at_once = ProposalFile(folder, "at-once", in_order(folder, "unsorted", [rows], 21))
        patch.setattr("dedupe.matching.proposals._SORTED_DOCUMENTS", documents_at_once)
        patch.setattr("dedupe.matching.proposals._ROWS_AT_ONCE", rows_at_once)
        proposals = ProposalFile(folder, "proposals", in_order(folder, "unsorted", [rows[5:], rows[:5]], 21))
        assert len(proposals) == len(rows)
        assert proposals.memory_bytes() == 8 * len(rows)
        parts = list(proposals.parts())
        some = ProposalFile(folder, "some", in_order(folder, "unsorted", [rows[5:]], 21))
        others = ProposalFile(folder, "others", merged(some.parts(), rows[:5]))
        assert [row for part in others.parts() for row in part.tolist()] == [
            row for part in parts for row in part.tolist()
        ]
        columns = proposals.columns("document", "position", "canonical")
        assert [column.tolist() for column in proposals.states(generation)] == [
            column.tolist() for column in at_once.states(generation)
        ]
    assert columns.tolist() == sorted(given_rows)
    assert [row for part in parts for row in part[["document", "position", "canonical"]].tolist()] == columns.tolist()
    ends = [(part["document"][0], part["document"][-1]) for part in parts]
    assert all(last < first for (_, last), (first, _) in pairwise(ends))
    assert all(len(part) < rows_at_once + 21 for part in parts)


def test_two_texts_are_not_each_for_review_for_the_sake_of_the_other() -> None:
    story = list(LONG[:3])
    # Longer as a whole, which makes it the canonical document, but behind the other in the order of passages.
    retold = [line.replace(" the ", " the same old ", 1) for line in story]
    result = dedupe.clean([Document("story", "\n\n".join(story)), Document("retold", "\n\n".join(retold))])
    found = [(op["rule"], op["doc"], op["canonical"]["doc"]) for op in operations(result.log, None)]
    assert found == [("document/near", "story", "retold")]
