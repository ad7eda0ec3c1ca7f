"""What is to be done to a corpus: the operations on every document, read from work files when they are asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from dedupe.boilerplate.frequency import LineFrequencies
from dedupe.cleaning.ledger import Ledger
from dedupe.cleaning.places import deleted_counts
from dedupe.cleaning.rows import Operations
from dedupe.config import Config
from dedupe.index.references import References
from dedupe.matching.sets import are_in, distinct, union
from dedupe.model import Document
from dedupe.workfiles import TextStore, WorkFolder

I64 = npt.NDArray[np.int64]

#: Operations that are put in order at a time, by how many bytes their rows take.
_PORTION_BYTES = 1 << 20
#: Stages that leave whole documents for review, and those that leave their passages.
_OF_DOCUMENTS, _OF_PASSAGES = ("document", "damaged"), ("duplicate", "contained")


def settle(folder: WorkFolder, said: TextStore, done: Ledger, removed: Ledger, reviews: Mapping[str, Ledger]) -> Ledger:
    """Return all operations of a plan and its findings for review, by stage, those of a document by place.

    They are in offsets of the source texts, and what they say is in *said*. Of documents that leave the output there is
    only why they leave. Where a document is for review as a copy of another, that one's passages are not for review for
    the sake of the copy: who went by both would lose both.
    """
    settled = Ledger(folder, "settled", said)
    staying = (done, *reviews.values())
    passages = {ledger for stage, ledger in reviews.items() if stage in _OF_PASSAGES}
    copied = _copied(*(reviews[stage] for stage in _OF_DOCUMENTS))
    numbers = union(*(ledger.numbers() for ledger in (removed, *staying)))
    sizes = np.sum([ledger.sizes(numbers) for ledger in (removed, *staying)], axis=0)
    for portion in np.split(numbers, np.flatnonzero(np.diff(np.cumsum(sizes) // _PORTION_BYTES)) + 1):
        leaves = removed.holds(portion)
        if leaves.any():
            settled.put(portion[leaves], _relabelled(removed.read(portion[leaves]), done).packed())
        here = portion[~leaves]
        found = [ledger.rows(here) for ledger in staying]
        rows = np.concatenate([each for each, _ in found])
        owners = np.concatenate([np.repeat(np.arange(len(here)), np.diff(offsets)) for _, offsets in found])
        are_passages = np.repeat([ledger in passages for ledger in staying], [len(each) for each, _ in found])
        stays = ~(are_passages & are_in(_pairs(here[owners], rows["document"]), copied))
        rows, owners = rows[stays], owners[stays]
        order = np.lexsort((-rows["applied"], rows["end"], rows["start"], owners))
        settled.put_rows(here, rows[order], np.searchsorted(owners[order], np.arange(len(here) + 1)))
    settled.commit()
    return settled


def has_chosen(settled: Ledger, references: int) -> bool:
    """Return whether a document loses something to another one, which has not come with the *references* behind."""
    return any(
        ((rows["applied"] > 0) & (rows["document"] != owners) & (rows["document"] < references)).any()
        for owners, rows in settled.naming_rows()
    )


def _copied(*whole: Ledger) -> I64:
    """Return pairs, ascending: what a document for review as a whole repeats, and that document."""
    found = [_pairs(rows["document"], owners) for ledger in whole for owners, rows in ledger.naming_rows()]
    return np.sort(np.concatenate([np.zeros(0, dtype=np.int64), *found]))


def _pairs(documents: I64, canonicals: I64) -> I64:
    return (documents << 32) | canonicals


def _relabelled(removed: Operations, done: Ledger) -> Operations:
    """Say of documents that leave, and lost less than their canonical ones, that they are contained."""
    rows = removed.rows[removed.whose("document/exact")]
    documents = distinct(rows["document"])
    spans = np.column_stack([rows["first"], rows["last"]])
    lost = deleted_counts(done.edits_of(documents), np.searchsorted(documents, rows["document"]), spans)
    said = list(removed.said)
    for says in distinct(rows["says"][lost != rows["missing"]]).tolist():
        said[says] = said[says]._replace(rule="document/contained")
    return Operations(removed.rows, removed.offsets, said)


#: How the name of a document ends whose id is taken.
_NAMED = re.compile(r", document \d+\)\Z")


@dataclass(slots=True)
class Plan:
    """What is to be done to a corpus, in offsets of the source texts.

    ``operations`` has by document number the applied operations and the findings for
    review, by place. ``removed`` are the documents that leave the output as a whole. ``repeated``
    are those whose id another document had before, ``repeated_ids`` the first few of them for
    people. ``references`` are the texts the corpus was held against. ``frequencies`` are the line
    frequencies that the first round judged by, with the numbers of their ``sources``.
    """

    config: Config
    lexicon_fingerprint: str
    operations: Ledger
    removed: set[int] = field(default_factory=set)
    repeated: set[int] = field(default_factory=set)
    repeated_ids: list[str] = field(default_factory=list)
    document_count: int = 0
    rounds: int = 0
    references: References = field(default_factory=References)
    frequencies: LineFrequencies | None = None
    sources: dict[str, int] = field(default_factory=dict)

    def alone(self) -> Plan:
        """Return what writing takes of the plan, which can be handed to another process."""
        return replace(self, references=References(), frequencies=None, sources={})

    def key(self, number: int, document: Document) -> str:
        """The name of document *number* in the log: its id, unless that is taken, or made like a name given here."""
        if number in self.repeated or _NAMED.search(document.id):
            return f"{document.id} ({document.place}, document {number + 1})"
        return document.id
