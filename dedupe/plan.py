"""What is to be done to a corpus: the operations on every document, read from work files when they are asked for."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from dedupe.boilerplate.frequency import LineFrequencies
from dedupe.cleaning.ledger import NAMED, Ledger, unpack
from dedupe.config import Config
from dedupe.index.references import References
from dedupe.matching.sets import distinct
from dedupe.model import Document, Operation


class Findings:
    """All operations of a plan, and its findings for review, by document number; read from work files."""

    def __init__(self, done: Ledger, removed: Ledger, reviews: Iterable[Ledger]) -> None:
        self._done = done
        self._removed = removed
        self._reviews = tuple(reviews)

    def get(self, numbers: Sequence[int]) -> Iterator[list[Operation]]:
        """Yield the operations on documents in offsets of their source texts, those of each sorted by place.

        They are read together.
        """
        wanted = np.array(numbers, dtype=np.int64)
        removed = dict(self._removed.packed_all(wanted))
        found: defaultdict[int, list[bytes]] = defaultdict(list)
        for ledger in (self._done, *self._reviews):
            for number, packed in ledger.packed_all(wanted):
                found[number].append(packed)
        for number in numbers:
            if number in removed:
                operations = [self._relabelled(operation) for operation in unpack(removed[number])]
            else:
                operations = [operation for packed in found[number] for operation in unpack(packed)]
            operations.sort(key=lambda o: (o.start, o.end, not o.applied))
            yield operations

    def applied(self, numbers: Sequence[int]) -> Iterator[list[Operation]]:
        """Yield those of them that change each document."""
        found = dict(self._done.packed_all(numbers)) | dict(self._removed.packed_all(numbers))
        for number in numbers:
            yield unpack(found.get(number, b""))

    def __contains__(self, number: object) -> bool:
        return any(number in ledger for ledger in (self._done, self._removed, *self._reviews))

    def canonical_spans(self) -> npt.NDArray[np.void]:
        """Return the canonical passages that are named, each once, as rows of ``NAMED``, in order."""
        found = [np.zeros(0, dtype=NAMED), *(rows for _, rows in self._removed.named())]
        removed = self._removed.numbers()
        for ledger in (self._done, *self._reviews):
            found += [rows[~np.isin(owners, removed)] for owners, rows in ledger.named()]
        return distinct(np.concatenate(found))

    def _relabelled(self, operation: Operation) -> Operation:
        canonical = operation.canonical
        if canonical is None or operation.rule != "document/exact":
            return operation
        lost = self._done.edits(canonical.document).deleted_count(canonical.start, canonical.end)
        return operation if lost == canonical.missing else operation._replace(rule="document/contained")


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
