"""What is looked for once the texts stay as they are, by the hashes that winnowing keeps; all of it is for review.

Passages inside longer ones, and documents that are damaged copies.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, groupby, islice

import numpy as np
import numpy.typing as npt

from dedupe.cleaning.contained import decide_contained, decide_containing
from dedupe.cleaning.decide import decide_document
from dedupe.cleaning.pieces import Piece
from dedupe.deciding import canonicals, pieces, with_canonicals
from dedupe.index.windows import alike, nested
from dedupe.matching.contained import (
    LEAST_WORDS,
    Inside,
    Texts,
    find_contained,
    find_containing,
    read_windows,
    winnowed,
)
from dedupe.matching.copies import half_repeating
from dedupe.matching.damaged import Told, find_damaged, guard_of
from dedupe.matching.proposals import PLACES, Proposal, ProposalFile
from dedupe.matching.sets import are_in, distinct, union
from dedupe.matching.table import Table
from dedupe.matching.windows import Windows
from dedupe.model import Operation
from dedupe.planning.duplicates import extents
from dedupe.planning.state import State

I64 = npt.NDArray[np.int64]

#: Documents that are in memory at a time with what was found in them, and the words that differ.
_DOCUMENTS_AT_ONCE = 1 << 10


def report_contained(state: State) -> None:
    """Find what stands inside a longer passage, and what has a passage of a reference inside."""
    if state.config.near == "off":
        return
    documents, segments = state.document_matches(), state.segment_matches()
    state.folder.flush()  # other processes read the files
    rows = segments.columns(*PLACES)
    here, there = (rows["document"], rows["position"]), (rows["canonical"], rows["canonical_position"])
    known = np.stack([(document << 32) | position for document, position in (here, there)], axis=1)
    whole_ones = documents.columns("document", "canonical")
    of_known = set(whole_ones["document"].tolist())
    whole = state.config.unit == "document"
    of_copies = _copies(state.table, documents, segments)
    if state.references.are_asked:
        _look_around(state, known, of_copies)
    alone = state.config.scope == "document"
    repeating = np.zeros(len(state.table.first_rows()) - 1, dtype=bool)
    repeating[of_copies] = True
    looks_for_damaged = state.config.unit != "paragraph" and not alone
    wholes = _may_be_damaged(state, repeating) if looks_for_damaged else np.zeros(0, dtype=np.int64)
    windows, of_wholes = read_windows(
        state.table, state.folder, wholes, state.progress, state.config.jobs, by_document=whole
    )
    found = find_contained(state.table, windows, known, state.config.near_threshold, alone=alone)
    _report(state, "contained", _decided(state, found, of_known, repeating))
    if looks_for_damaged:
        _report_damaged(
            state, of_wholes, repeating, Told.of(segments.columns("document", "canonical", "words", "found"))
        )
    if not whole:
        repeated = whole_ones["canonical"] >= state.references.first
        of_reference = set(whole_ones["document"][repeated].tolist())
        containing = find_containing(state.table, windows, known, state.config.near_threshold)
        _report(state, "containing", _decided_containing(state, containing, of_reference))


def _decided(
    state: State, found: Iterator[Inside], of_known: set[int], repeating: npt.NDArray[np.bool_]
) -> Iterator[tuple[int, list[Operation]]]:
    """Yield the documents but for *of_known*, each with what stands inside longer passages.

    Those of which nearly all does are marked in *repeating*.
    """
    inside = (
        (number, [Proposal(*item, False, "longest") for item in items])
        for number, items in groupby(found, key=lambda item: item.document)
        if number not in of_known
    )
    for number, passages in _with_pieces(state, inside):
        words = state.table.rows(number)["words"]
        long = words[words >= LEAST_WORDS]
        operations = decide_contained(number, passages, int(words.sum()), int(long.sum()), state.config.unit)
        repeating[number] |= operations[0].rule == "document/contained" if operations else False
        yield number, operations


def _copies(table: Table, documents: ProposalFile, segments: ProposalFile) -> I64:
    """Return the documents of which at least half the words repeat one other document, by number, ascending.

    These are the *documents* proposed, and those of *segments* proposed.
    """
    rows = segments.columns("document", "canonical", "words")
    rows = rows[rows["document"] != rows["canonical"]]
    found = half_repeating(table, rows["document"], rows["canonical"], rows["words"])
    return union(found, documents.columns("document")["document"])


def _look_around(state: State, known: I64, of_copies: I64) -> None:
    """Let those documents of an index arrive that may have something to do with what is left of the texts.

    What was matched is not matched again with them: what they repeat, or what repeats them, was found before.
    """
    threshold, table = state.config.near_threshold, state.table
    choice = nested(threshold, whole=state.config.unit == "document", known=known[:, 0])
    portions = state.batches(None)
    lines = (Texts(numbers << 32, *table.tokens.get_many(numbers)) for numbers in portions)
    for kept in winnowed(lines, state.config.jobs):
        state.references.look_around("segment", kept, choice)
    if state.config.unit != "paragraph":
        choice = alike(threshold)
        rest = [numbers[~are_in(numbers, of_copies)] for numbers in portions]
        wholes = (Texts(numbers << 32, *table.tokens.get_many(numbers)).as_lines() for numbers in rest)
        for kept in winnowed(wholes, state.config.jobs):
            kept["size"] = table.words(kept["segment"] >> 32)
            state.references.look_around("whole", kept, choice)
    state.commit()


def _may_be_damaged(state: State, repeating: npt.NDArray[np.bool_]) -> I64:
    """Return the documents that are looked at as damaged copies, but for those known to be *repeating* something."""
    are_left = np.diff(state.table.first_rows()) > 0
    are_texts = state.table.words(np.arange(len(repeating))) >= state.config.min_words  # and no lines of signs
    return np.flatnonzero(~repeating & are_left & are_texts)


def _report_damaged(state: State, windows: Windows, repeating: npt.NDArray[np.bool_], told: Told) -> None:
    """Report the documents with *windows* that are damaged copies of others, but for those *repeating* something.

    Of their passages it is *told* already what they repeat.
    """
    found = find_damaged(state.table, windows, state.folder, state.config.near_threshold, repeating, told)
    while some := list(islice(found, _DOCUMENTS_AT_ONCE)):
        both = distinct(np.array([pair[:2] for pair in some], dtype=np.int64).ravel())
        reach, edits = extents(state, both), state.done.edits_of(both)
        others = [pair[1] for pair in some]
        spans = np.array([reach[other][:2] for other in others], dtype=np.int64)
        named = canonicals(edits, both, np.array(others, dtype=np.int64), spans)
        left = {}
        for (number, other, kind, match, is_damaged), there in zip(some, named, strict=True):
            _, _, size = reach[number]
            by = "longest" if kind == "contained" else "first"
            by = "reference" if other >= state.references.first else by
            guard = guard_of(kind, is_damaged=is_damaged)
            left[number] = [decide_document(size, there, match, by, kind, guard=guard)]
        state.review("damaged", left)
    state.reviews["damaged"].commit()


def _decided_containing(
    state: State, found: Iterator[Inside], of_reference: set[int]
) -> Iterator[tuple[int, list[Operation]]]:
    """Yield the documents, each with its passages that have one of a reference inside.

    Documents that repeat a reference as a whole are left out.
    """
    turned = (
        (
            number,
            [
                Proposal(number, position, reference, there, words, match, False, "reference")
                for reference, there, _, position, words, match in items
            ],
        )
        for number, items in groupby(found, key=lambda item: item.canonical)
        if number not in of_reference
    )
    for number, passages in _with_pieces(state, turned):
        words = state.table.rows(number)["words"]
        yield number, [decide_containing(piece, int(words[piece.position])) for piece in passages]


def _with_pieces(state: State, proposed: Iterator[tuple[int, list[Proposal]]]) -> Iterator[tuple[int, list[Piece]]]:
    """Yield documents with what is *proposed* of each as pieces; the places of many are looked up together."""
    while some := list(islice(proposed, _DOCUMENTS_AT_ONCE)):
        places = [proposal[:4] for _, proposals in some for proposal in proposals]
        spans = iter(state.spans(np.array(places, dtype=np.int64)).tolist())
        for number, proposals in some:
            yield number, pieces(proposals, islice(spans, len(proposals)))


def _report(state: State, stage: str, found: Iterator[tuple[int, list[Operation]]]) -> None:
    """Put what is *found* of documents, in their texts as they are, on the shelf of *stage*."""
    while some := dict(islice(found, _DOCUMENTS_AT_ONCE)):
        operations = list(some.values())
        named = [each.canonical.document for each in chain.from_iterable(operations) if each.canonical is not None]
        documents = distinct(np.array(named, dtype=np.int64))
        placed = with_canonicals(operations, state.done.edits_of(documents), documents)
        state.review(stage, dict(zip(some, placed, strict=True)))
    state.reviews[stage].commit()
