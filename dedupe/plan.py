"""What is to be done to a corpus: the operations on every document, read from work files when they are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from dedupe.boilerplate.frequency import LineFrequencies
from dedupe.cleaning.ledger import Ledger
from dedupe.config import Config
from dedupe.index.references import References
from dedupe.model import Document, Operation


class Findings:
    """All operations of a plan, and its findings for review, by document number; read from work files."""

    def __init__(self, done: Ledger, removed: Ledger, reviews: Iterable[Ledger]) -> None:
        self._done = done
        self._removed = removed
        self._reviews = tuple(reviews)

    def get(self, number: int) -> list[Operation]:
        """Return the operations on a document in offsets of its source text, sorted by place."""
        if number in self._removed:
            operations = [self._relabelled(operation) for operation in self._removed.get(number)]
        else:
            operations = self._done.get(number)
            for reviews in self._reviews:
                operations += reviews.get(number)
        return sorted(operations, key=lambda o: (o.start, o.end, not o.applied))

    def __contains__(self, number: object) -> bool:
        return any(number in ledger for ledger in (self._done, self._removed, *self._reviews))

    def canonical_spans(self) -> Iterator[tuple[int, int, int]]:
        """Yield the document and the span of every canonical passage that is named, some of them more than once."""
        for ledger in (self._done, self._removed, *self._reviews):
            for number in ledger.owners():
                if ledger is not self._removed and number in self._removed:
                    continue
                for operation in ledger.get(number):
                    if operation.canonical is not None:
                        yield operation.canonical.document, operation.canonical.start, operation.canonical.end

    def _relabelled(self, operation: Operation) -> Operation:
        canonical = operation.canonical
        if canonical is None or operation.rule != "document/exact":
            return operation
        lost = self._done.edits(canonical.document).deleted_count(canonical.start, canonical.end)
        return operation if lost == canonical.missing else replace(operation, rule="document/contained")


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

    def applied(self, number: int) -> list[Operation]:
        """The operations on document *number* that change it."""
        return [operation for operation in self.operations.get(number) if operation.applied]

    def key(self, number: int, document: Document) -> str:
        """The name of document *number* in the log: its id, unless that is taken."""
        if number in self.repeated:
            return f"{document.id} ({document.place}, document {number + 1})"
        return document.id

    def canonical_spans(self) -> Iterator[tuple[int, int, int]]:
        """Yield the document and the span of every canonical passage that is named, some of them more than once."""
        return self.operations.canonical_spans()
