"""What is to be done to a corpus: the operations on every document, read from work files when they are asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from dedupe.boilerplate.frequency import LineFrequencies
from dedupe.cleaning.ledger import Ledger
from dedupe.cleaning.places import deleted_counts
from dedupe.cleaning.rows import ROW, Operations
from dedupe.config import Config
from dedupe.index.references import References
from dedupe.matching.sets import are_first, are_in, distinct
from dedupe.model import Document

I64 = npt.NDArray[np.int64]

#: A canonical passage that an operation names.
NAMED = np.dtype([("document", np.int64), ("first", np.int64), ("last", np.int64)])


class Findings:
    """All operations of a plan, and its findings for review, by document number; read from work files."""

    def __init__(self, done: Ledger, removed: Ledger, reviews: Iterable[Ledger]) -> None:
        self._done = done
        self._removed = removed
        self._reviews = tuple(reviews)

    def get(self, numbers: Sequence[int]) -> Operations:
        """Return the operations on documents in offsets of their source texts, those of each sorted by place."""
        wanted = np.array(numbers, dtype=np.int64)
        return self._relabelled(self._read(wanted, (self._done, *self._reviews)), self._removed.holds(wanted))

    def applied(self, numbers: Sequence[int]) -> Operations:
        """Return those of them that change each document."""
        return self._read(np.array(numbers, dtype=np.int64), (self._done,))

    def _read(self, numbers: I64, ledgers: Sequence[Ledger]) -> Operations:
        """Return what *ledgers* have of documents that stay, and why the others leave."""
        leaving = self._removed.holds(numbers)
        found: list[bytes] = []
        owners = [np.zeros(0, dtype=np.int64)]
        for ledger, here in ((self._removed, leaving), *((ledger, ~leaving) for ledger in ledgers)):
            rows, offsets = ledger.rows(numbers[here])
            if len(rows):
                found.append(rows.tobytes())
                owners.append(np.repeat(np.flatnonzero(here), np.diff(offsets)))
        rows, owner = np.frombuffer(b"".join(found), dtype=ROW), np.concatenate(owners)
        order = np.lexsort((-rows["applied"], rows["end"], rows["start"], owner))
        return self._done.told(rows[order], np.searchsorted(owner[order], np.arange(len(numbers) + 1)))

    def __contains__(self, number: object) -> bool:
        return any(number in ledger for ledger in (self._done, self._removed, *self._reviews))

    def canonical_spans(self) -> npt.NDArray[np.void]:
        """Return the canonical passages that are named, each once, as rows of ``NAMED``, in order."""
        found = [rows for _, rows in self._removed.naming_rows()]
        removed = self._removed.numbers()
        for ledger in (self._done, *self._reviews):
            found += [rows[~are_in(owners, removed)] for owners, rows in ledger.naming_rows()]
        rows = np.concatenate([np.zeros(0, dtype=ROW), *found])
        document, first, last = (rows[name] for name in ("document", "first", "last"))
        order = np.lexsort((last, first, document))
        order = order[are_first(document[order], first[order], last[order])]
        spans = np.empty(len(order), dtype=NAMED)
        spans["document"], spans["first"], spans["last"] = document[order], first[order], last[order]
        return spans

    def _relabelled(self, operations: Operations, leaving: npt.NDArray[np.bool_]) -> Operations:
        """Say of documents that are *leaving*, and lost less than their canonical ones, that they are contained."""
        if not leaving.any():  # as most often
            return operations
        rows = operations.rows[leaving[operations.owners] & operations.whose("document/exact")]
        documents = distinct(rows["document"])
        spans = np.column_stack([rows["first"], rows["last"]])
        lost = deleted_counts(self._done.edits_of(documents), np.searchsorted(documents, rows["document"]), spans)
        for says in distinct(rows["says"][lost != rows["missing"]]).tolist():
            operations.said[says] = operations.said[says]._replace(rule="document/contained")
        return operations


#: How the name of a document ends whose id is taken.
_NAMED = re.compile(r", document \d+\)\Z")


@dataclass(slots=True)
class Plan:
    """What is to be done to a corpus, in offsets of the source texts.

    ``operations`` gives by document number the applied operations and the findings for
    review. ``removed`` are the documents that leave the output as a whole. ``repeated``
    are those whose id another document had before, ``repeated_ids`` the first few of them for
    people. ``references`` are the texts the corpus was held against. ``frequencies`` are the line
    frequencies that the first round judged by, with the numbers of their ``sources``.
    """

    config: Config
    lexicon_fingerprint: str
    operations: Findings
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
