"""Duplicates out of batches of documents, in this process or another: decided on, cut, and scanned as they are then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from itertools import islice, pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dedupe import kernels
from dedupe.cleaning.apply import apply_operations, compose
from dedupe.cleaning.decide import decide_duplicates, report_differing
from dedupe.cleaning.ledger import Ledger
from dedupe.cleaning.operations import in_source
from dedupe.cleaning.pieces import Piece
from dedupe.cleaning.places import deleted_counts, to_source
from dedupe.cleaning.rows import Operations, Packed, pack, told
from dedupe.cleaning.surroundings import Surroundings
from dedupe.config import Config
from dedupe.matching.fingerprint import Signer
from dedupe.matching.proposals import Proposal, Proposals
from dedupe.matching.sets import distinct
from dedupe.model import Canonical, Encoding, Operation
from dedupe.scanning import Known, scan_documents
from dedupe.workfiles import Shelf, TextStore

U32 = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]


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
    decided: I64
    reviews: Packed


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
    rows, remove = batch.proposals, batch.proposals["remove"]
    documents = distinct(np.concatenate([rows["document"], rows["canonical"]]))
    edits = done.edits_of(documents)
    decided, losing = distinct(rows["document"]), distinct(rows["document"][remove])
    staying, spans = rows[~remove], batch.spans[~remove].astype(np.int64)
    reviews = report_differing(
        Proposals(staying, differences, config.keep),
        decided,
        to_source(edits, np.searchsorted(documents, staying["document"]), spans[:, :2]),
        passages(edits, documents, staying["canonical"], spans[:, 2:]),
    )
    held = {number: "restless" for number in losing.tolist() if number in restless}
    held |= {number: "encoding" for number in losing.tolist() if encodings.get(number, Encoding()).held}
    text_of, found = _losses(Undecided(rows[remove], batch.spans[remove]), losing, differences, texts, held, config)
    changed: list[int] = []
    held_up: list[list[Operation]] = [[] for _ in decided]
    rest: list[tuple[str, Encoding]] = []
    composed: list[list[Operation]] = []
    before = done.read(losing)
    for at, (number, operations) in enumerate(
        zip(losing.tolist(), with_canonicals(found, edits, documents), strict=True)
    ):
        applied = [operation for operation in operations if operation.applied]
        left = [operation for operation in operations if not operation.applied]
        if left:
            held_up[np.searchsorted(decided, number)] = in_source(before.edits(at), left)
        if applied:
            changed.append(number)
            rest.append((apply_operations(text_of[number], applied), encodings.get(number, Encoding())))
            composed.append(compose(before.of(at), applied))
    known = scan_documents(rest, told(composed), config, signer)
    return Decided(changed, known, decided, reviews.followed_by(pack(held_up)))


def _losses(
    batch: Undecided, losing: I64, differences: TextStore, texts: Shelf, held: Mapping[int, str], config: Config
) -> tuple[dict[int, str], list[list[Operation]]]:
    """Return the texts of the documents that are *losing* something, and what becomes of their passages.

    *losing* are the documents of the proposals, ascending, and *held* names the guard of those that lose nothing.
    """
    packed = texts.get_many(losing)
    text_of = dict(zip(losing.tolist(), kernels.unpack(*packed), strict=True))
    offsets, shapes = kernels.line_shapes(*packed)
    line_spans = kernels.line_spans(*packed)
    lines_of = dict(zip(losing.tolist(), pairwise(offsets.tolist()), strict=True))
    places = iter(batch.spans.tolist())
    found = []
    for number, proposals in Proposals(batch.proposals, differences, config.keep).by_document():
        lines = slice(*lines_of[number])
        around = Surroundings(text_of[number], shapes[lines], line_spans[lines])
        losses = pieces(proposals, islice(places, len(proposals)))
        found.append(decide_duplicates(text_of[number], around, number, losses, config, held.get(number, "")))
    return text_of, found


def pieces(proposals: Iterable[Proposal], spans: Iterable[list[int]]) -> list[Piece]:
    """Return proposals on segments as pieces; *spans* are where each of them, and what it repeats, begins and ends."""
    return [
        Piece(
            proposal.position, start, end,
            proposal.canonical, proposal.canonical_position, canonical_start, canonical_end,
            proposal.words, proposal.match, proposal.remove, proposal.canonical_by, proposal.is_filled,
        )
        for proposal, (start, end, canonical_start, canonical_end) in zip(proposals, spans, strict=True)
    ]  # fmt: skip


def canonicals(edits: Operations, documents: I64, numbers: I64, spans: I64) -> list[Canonical]:
    """Return what :func:`passages` does one by one."""
    return [Canonical(*row) for row in passages(edits, documents, numbers, spans).tolist()]


def passages(edits: Operations, documents: I64, numbers: I64, spans: I64) -> I64:
    """Return int64 (n, 4): passages of the documents *numbers*, which are int64 (n, 2) of them as they are now.

    Each is what :class:`dedupe.model.Canonical` has. *edits* tell what was done to *documents*, ascending, those among
    them.
    """
    owners = np.searchsorted(documents, numbers)
    sources = to_source(edits, owners, spans)
    return np.column_stack([numbers, sources, deleted_counts(edits, owners, sources)])


def with_canonicals(found: Sequence[list[Operation]], edits: Operations, documents: I64) -> Iterator[list[Operation]]:
    """Yield operations that name passages as they are now with the source spans of those.

    *edits* tell what was done to *documents*, ascending, that have these passages.
    """
    named = [operation.canonical for operations in found for operation in operations]
    places = np.array(named, dtype=np.int64).reshape(-1, 4)
    sources = iter(canonicals(edits, documents, places[:, 0], places[:, 1:3]))
    for operations in found:
        yield [Operation(*operation[:-1], next(sources)) for operation in operations]
