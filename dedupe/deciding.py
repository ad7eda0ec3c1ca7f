"""Duplicates out of batches of documents, in this process or another: decided on, cut, and scanned as they are then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from itertools import islice, pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dedupe import kernels
from dedupe.cleaning.apply import apply_operations, compose
from dedupe.cleaning.decide import Piece, decide_duplicates, report_differing
from dedupe.cleaning.edits import Edits
from dedupe.cleaning.ledger import Ledger, Packed, pack
from dedupe.cleaning.operations import in_source
from dedupe.cleaning.surroundings import Surroundings
from dedupe.config import Config
from dedupe.matching.fingerprint import Signer
from dedupe.matching.proposals import Proposal, Proposals
from dedupe.matching.sets import distinct
from dedupe.model import Canonical, Encoding, Operation
from dedupe.scanning import Known, scan_documents
from dedupe.workfiles import Shelf, TextStore

U32 = npt.NDArray[np.uint32]


class Undecided(NamedTuple):
    """Documents that have passages of which something is proposed.

    ``proposals`` are rows of ``ROW``, and ``spans``, uint32 (n, 4), tell where the passages begin and end, and where
    those that they repeat do.
    """

    proposals: npt.NDArray[np.void]
    spans: U32


class Decided(NamedTuple):
    """What comes of it.

    The documents that ``changed``, what is ``known`` of them now, and, for all that were ``decided`` on, the findings
    for review.
    """

    changed: list[int]
    known: Known
    decided: list[int]
    reviews: list[Packed]


def decide_documents(
    batch: Undecided,
    differences: TextStore,
    texts: Shelf,
    encodings: Mapping[int, Encoding],
    done: Ledger,
    restless: Set[int],
    config: Config,
    signer: Signer,
) -> Decided:
    """Decide on proposals, and take out what goes.

    *differences* are those of :class:`dedupe.matching.proposals.Proposals`. *texts* has the documents as they are now,
    *encodings* those that are not stored in UTF-8, and *done* what was done to each before. The *restless* ones lose
    nothing.
    """
    losing = distinct(batch.proposals["document"][batch.proposals["remove"]])
    packed = texts.get_many(losing)
    text_of = dict(zip(losing.tolist(), kernels.unpack(*packed), strict=True))
    offsets, shapes = kernels.line_shapes(*packed)
    line_spans = kernels.line_spans(*packed)
    lines_of = dict(zip(losing.tolist(), pairwise(offsets.tolist()), strict=True))
    edits = done.edits_of(distinct(np.concatenate([batch.proposals["document"], batch.proposals["canonical"]])))
    changed: list[int] = []
    rest = []
    decided: list[int] = []
    reviews: list[Packed] = []
    spans = iter(batch.spans.tolist())
    for number, proposals in Proposals(batch.proposals, differences, config.keep).by_document():
        here = edits[number]
        left: list[Operation] = []
        losses: list[Proposal] = []
        losing_spans: list[list[int]] = []
        for proposal, span in zip(proposals, islice(spans, len(proposals)), strict=True):
            if proposal.remove:
                losses.append(proposal)
                losing_spans.append(span)
            else:
                start, end, first, last = span
                there = canonical(edits[proposal.canonical], proposal.canonical, first, last)
                left.append(report_differing(proposal, *here.to_source(start, end), there))
        if losses:
            found = pieces(losses, losing_spans)
            lines = slice(*lines_of[number])
            around = Surroundings(text_of[number], shapes[lines], line_spans[lines])
            encoding = encodings.get(number, Encoding())
            held = "encoding" if encoding.held else "restless" if number in restless else ""
            operations = decide_duplicates(text_of[number], around, number, found, config, held)
            operations = with_canonicals(operations, edits)
            left += in_source(here, [operation for operation in operations if not operation.applied])
            applied = [operation for operation in operations if operation.applied]
            if applied:
                changed.append(number)
                rest.append((apply_operations(text_of[number], applied), encoding, compose(done.get(number), applied)))
        decided.append(number)
        reviews.append(pack(left))
    return Decided(changed, scan_documents(rest, config, signer), decided, reviews)


def pieces(proposals: Iterable[Proposal], spans: Iterable[list[int]]) -> list[Piece]:
    """Return proposals on segments as pieces; *spans* are where each of them, and what it repeats, begins and ends."""
    return [
        Piece(
            proposal.position, start, end,
            proposal.canonical, proposal.canonical_position, canonical_start, canonical_end,
            proposal.words, proposal.match, proposal.remove, proposal.canonical_by,
        )
        for proposal, (start, end, canonical_start, canonical_end) in zip(proposals, spans, strict=True)
    ]  # fmt: skip


def canonical(edits: Edits, number: int, start: int, end: int) -> Canonical:
    """Return the source span of a passage of document *number* as it is now; *edits* tell what was done to it."""
    first, last = edits.to_source(start, end)
    return Canonical(number, first, last, edits.deleted_count(first, last))


def with_canonicals(operations: Iterable[Operation], edits: Mapping[int, Edits]) -> list[Operation]:
    """Return operations that name passages as they are now with the source spans of those, by the *edits* of each."""
    named = []
    for operation in operations:
        assert operation.canonical is not None
        document, start, end, _ = operation.canonical
        named.append(Operation(*operation[:-1], canonical(edits[document], document, start, end)))
    return named
