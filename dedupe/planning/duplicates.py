"""Duplicates in a plan: which documents are decided on (again), and what is taken out of the corpus."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from functools import partial

import numpy as np
import numpy.typing as npt

from dedupe.cleaning.apply import compose
from dedupe.cleaning.decide import decide_document
from dedupe.cleaning.rows import pack
from dedupe.deciding import Undecided, canonicals, decide_documents
from dedupe.matching.proposals import PLACES, ProposalFile, Proposals
from dedupe.matching.sets import are_in, distinct
from dedupe.model import Operation
from dedupe.parallel import ordered_map
from dedupe.planning.state import State
from dedupe.workfiles import Column

I64 = npt.NDArray[np.int64]

#: Documents of which it is decided together whether they go as a whole.
_DOCUMENTS_AT_ONCE = 1 << 11


def extents(state: State, documents: I64) -> dict[int, tuple[int, int, int]]:
    """Return where what is written in documents begins and ends as they are now, and how long they are."""
    found = {}
    for number, text in state.current(documents):
        start = len(text) - len(text.lstrip())
        found[number] = start, max(start, len(text.rstrip())), len(text)
    for number in documents[documents >= state.references.first].tolist():
        rows = state.table.rows(number)
        found[number] = int(rows["start"][0]), int(rows["end"][-1]), 0
    return found


class Duplicates:
    """Takes duplicates out, round by round; remembers what it decided on, and decides on nothing twice."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._decided = {stage: Column(np.int64) for stage in ("duplicate", "document")}

    def take_out(self) -> I64:
        """Match, decide and take out; return the documents that changed or left, ascending."""
        removed = self._take_out_documents(self._state.document_matches())
        if len(removed):
            # Whole documents first: what repeats inside a copy is no concern of ours.
            return removed
        segments = self._state.segment_matches()
        changed = self._take_out_segments(self._undecided("duplicate", segments), segments)
        self._decided["duplicate"][changed] = 0
        return changed

    def _undecided(self, stage: str, proposals: ProposalFile) -> I64:
        """The documents for which something else is proposed than what *stage* last decided on, or in another text."""
        decided = self._decided[stage]
        with_proposals, states = proposals.states(self._state.table.generation)
        # What a document may not name is part of what is decided on.
        lost = np.array(sorted(self._state.lost), dtype=np.int64)
        for at in np.flatnonzero(are_in(with_proposals, lost)).tolist():
            states[at] += 2 * len(self._state.lost[int(with_proposals[at])])
        before = np.flatnonzero(decided.values)
        gone = before[~are_in(before, with_proposals)]
        self._state.reviews[stage].empty(gone)
        decided[gone] = 0
        settled = np.array(sorted(self._state.settled), dtype=np.int64)
        is_fresh = (decided[with_proposals] != states) & ~are_in(with_proposals, settled)
        decided[with_proposals[is_fresh]] = states[is_fresh]
        fresh: I64 = with_proposals[is_fresh]
        return fresh

    def _take_out_segments(self, wanted: I64, proposals: ProposalFile) -> I64:
        state = self._state

        def undecided(rows: npt.NDArray[np.void]) -> Undecided:
            places = np.stack([rows[name] for name in PLACES], 1)
            spans = state.spans(places)
            named = self._may_name(rows, spans)
            if not named.all():
                state.reviews["duplicate"].empty(distinct(rows["document"]))  # for those that have nothing left
                rows, spans = rows[named], spans[named]
            return Undecided(rows, spans)

        work = partial(
            decide_documents,
            differences=state.differences,
            texts=state.texts,
            encodings=state.encodings,
            done=state.done,
            restless=state.restless,
            config=state.config,
            signer=state.signer,
        )
        state.folder.flush()  # other processes read the files
        changed = array("q")
        batches = map(undecided, proposals.among(state.batches(wanted)))
        for decided in ordered_map(work, batches, state.config.jobs):
            state.reviews["duplicate"].put(decided.decided, decided.reviews)
            if decided.changed:
                state.learn(decided.changed, decided.known)
            changed.extend(decided.changed)
        state.commit()
        return np.array(changed, dtype=np.int64)

    def _may_name(self, rows: npt.NDArray[np.void], spans: npt.NDArray[np.uint32]) -> npt.NDArray[np.bool_]:
        """Which proposals do not rest on a passage that their document does not name again."""
        state = self._state
        named = np.ones(len(rows), dtype=bool)
        for at in np.flatnonzero(are_in(rows["document"], np.array(sorted(state.lost), dtype=np.int64))).tolist():
            canonical = int(rows["canonical"][at])
            start, end = state.done.edits(canonical).to_source(*spans[at, 2:].tolist())
            named[at] = not any(
                document == canonical and first < end and start < last
                for document, first, last in state.lost[int(rows["document"][at])]
            )
        return named

    def _take_out_documents(self, proposals: ProposalFile) -> I64:
        state = self._state
        state.reviews["document"].empty(np.array(sorted(state.settled), dtype=np.int64))
        undecided = self._undecided("document", proposals)
        portions = np.split(undecided, range(_DOCUMENTS_AT_ONCE, len(undecided), _DOCUMENTS_AT_ONCE))
        leaving = array("q")
        for rows in proposals.among(portions) if len(undecided) else ():
            left, going = {}, {}
            for number, operation in self._decide_documents(state.proposals(rows)):
                if operation.applied:
                    going[number] = operation
                else:
                    left[number] = [operation]
            before = state.done.read(np.array(list(going), dtype=np.int64))
            whole = [_whole(*item, before.of(at)) for at, item in enumerate(going.items())]
            state.removed.put(list(going), pack(whole))
            leaving.extend(going)
            state.review("document", left)
        state.removed.commit()
        state.reviews["document"].commit()
        removed = np.array(leaving, dtype=np.int64)
        if len(removed):
            state.forget(removed)
        return removed

    def _decide_documents(self, proposals: Proposals) -> Iterator[tuple[int, Operation]]:
        """Yield the documents of *proposals*, each with what is decided on it."""
        rows = proposals.rows
        reach = extents(self._state, distinct(np.concatenate([rows["document"], rows["canonical"]])))
        documents = distinct(rows["canonical"])
        spans = np.array([reach[number][:2] for number in rows["canonical"].tolist()], dtype=np.int64)
        named = canonicals(self._state.done.edits_of(documents), documents, rows["canonical"], spans)
        for proposal, there in zip(proposals, named, strict=True):
            _, _, size = reach[proposal.document]
            guard = "" if proposal.remove else "differs"
            kind = "near" if proposal.match else "exact"
            yield (
                proposal.document,
                decide_document(size, there, proposal.match, proposal.canonical_by, kind, guard=guard),
            )


def _whole(number: int, operation: Operation, before: list[Operation]) -> list[Operation]:
    """The operations of a document that goes as a whole, *operation* on its text as it is after those *before*.

    A passage that was removed because it repeats one of the same document cannot
    name that as its survivor any more. Like the one that it repeats, it stands in the
    canonical document.
    """
    done = [
        o._replace(rule="document/contained", canonical=operation.canonical)
        if o.canonical and o.canonical.document == number
        else o
        for o in before
    ]
    return compose(done, [operation])
