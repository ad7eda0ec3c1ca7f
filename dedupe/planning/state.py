"""What a run knows of its documents as they are now: fingerprints, lines, and what was done to each so far.

Owns what lies in work files while a plan is made, the texts among it, and how it is brought up to date when texts
change. What is decided, and in which order, is the business of its neighbours.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import numpy.typing as npt

from dedupe import kernels
from dedupe.cleaning.ledger import Ledger
from dedupe.cleaning.operations import in_source
from dedupe.cleaning.rows import pack, told
from dedupe.config import Config
from dedupe.index.references import References
from dedupe.matching.canonical import Matcher
from dedupe.matching.copies import find_copies
from dedupe.matching.fingerprint import Signer
from dedupe.matching.proposals import ProposalFile, Proposals
from dedupe.matching.sets import are_in
from dedupe.matching.table import Table
from dedupe.model import Encoding, Operation
from dedupe.parallel import ordered_map
from dedupe.progress import Report
from dedupe.scanning import Corpus, Known, batched, portions, scan_documents
from dedupe.workfiles import Column, TextStore, WorkFolder

I64 = npt.NDArray[np.int64]
Rows = npt.NDArray[np.void]

#: What leaves findings for review, each on a shelf of its own.
REVIEWING = ("repair", "boilerplate", "duplicate", "document", "contained", "containing", "damaged")

#: What a document takes besides shelves: counts of its words and changes, its source, a place among those that changed.
_DOCUMENT_BYTES = 80

#: A document to be scanned: its number, its text now, and how that came from the source.
Item = tuple[int, str, list[Operation]]


class State:
    """A corpus as the rounds of planning have left it.

    ``texts`` has the documents that are still in as they are now, and ``line_keys`` the keys of their lines;
    ``differences`` has the words that differ between near duplicates. ``done``
    has the operations on each document, ``removed`` those of the documents that leave as a whole, and ``reviews`` the
    findings for review of each stage, all in offsets of the source texts; what they say is in ``said``, which outlives
    them. ``damage`` counts repairs by document, and with ``--keep cleanest`` the lines of boilerplate taken as well;
    ``returns`` counts how often removals of a document were taken back, ``settled`` are the documents that are not
    tried again, those that are ``staying`` not as a whole, and ``lost`` has by document the passages that it does not
    name again: their document, start and end. All of these are forgotten once more is tried; what is ``restless`` never
    loses a duplicate after all. ``sources`` numbers the sites or folders that documents come from, and ``source_of``
    has that number of each document. A corpus ``is_unranked`` if ``--keep`` goes by something that no document has.
    ``repeated`` and ``repeated_ids`` are as in :class:`dedupe.plan.Plan`.
    """

    def __init__(
        self,
        corpus: Corpus,
        config: Config,
        folder: WorkFolder,
        said: TextStore,
        progress: Report,
        references: References,
    ) -> None:
        self.corpus = corpus
        self.config = config
        self.folder = folder
        self.progress = progress
        self.references = references
        self.signer = Signer.create()
        self.table = Table(folder, config.min_words, config.jobs, alone=config.scope == "document")
        self.standings = Column(np.int64)
        self.texts = folder.shelf("texts")
        self.differences = folder.store("differences")
        self._matcher = Matcher(
            config, self.table, self.texts, folder, self.differences, self.standings, references.wordings
        )
        # The version of the table that they were found in, none at first.
        self._copies_of, self._copies = -1, np.zeros(0, dtype=np.int64)
        self.line_keys = folder.shelf("line-keys")
        self.sources: dict[str, int] = {}
        self.source_of = Column(np.int32)
        self.document_count = 0
        self.is_unranked = False
        self.repeated: set[int] = set()
        self.repeated_ids: list[str] = []
        self.encodings: dict[int, Encoding] = {}
        self.damage: dict[int, int] = {}
        self.said = said
        self.done = Ledger(folder, "done", self.said)
        self.removed = Ledger(folder, "removed", self.said)
        self.reviews = {stage: Ledger(folder, f"review-{stage}", self.said) for stage in REVIEWING}
        self.returns: Counter[int] = Counter()
        self.settled: set[int] = set()
        self.staying: set[int] = set()
        self.lost: defaultdict[int, set[tuple[int, int, int]]] = defaultdict(set)
        self.restless: set[int] = set()

    # -- texts

    def batches(self, wanted: I64 | None) -> list[I64]:
        """Return the documents that are still in (with *wanted*, ascending: only those) in portions for a worker."""
        numbers = self.texts.numbers()
        if wanted is not None:
            numbers = numbers[are_in(numbers, wanted)]
        return portions(numbers, self.texts.lengths(numbers))

    def byte_count(self, numbers: I64) -> int:
        """Return how many bytes the texts of documents take."""
        return int(self.texts.lengths(numbers).sum())

    def current(self, wanted: I64) -> Iterator[tuple[int, str]]:
        """Read those of the documents *wanted*, ascending, that are still in, as they are now."""
        for numbers in self.batches(wanted):
            yield from zip(numbers.tolist(), kernels.unpack(*self.texts.get_many(numbers)), strict=True)

    # -- what is known of them

    def scan(self, items: Iterable[Item]) -> Iterator[tuple[list[int], list[int]]]:
        """Fingerprint documents; yield, batch by batch, their numbers and how many repairs each one took.

        What is learned of them lands after the last is read.
        """
        batches: list[list[int]] = []

        def documents() -> Iterator[list[Item]]:
            for batch in batched(items, lambda item: len(item[1])):
                batches.append([number for number, _, _ in batch])
                yield batch

        def work(batch: list[Item]) -> Known:
            texts = [(text, self.encodings.get(number, Encoding())) for number, text, _ in batch]
            return scan_documents(texts, told([done for _, _, done in batch]), self.config, self.signer)

        for known in ordered_map(work, documents(), self.config.jobs, threads=True):
            numbers = batches.pop(0)
            self.learn(numbers, known)
            yield numbers, known.repaired
        self.commit()

    def scan_again(self, items: Iterable[Item]) -> None:
        """Fingerprint documents that changed."""
        for _ in self.scan(items):
            pass

    def learn(self, numbers: list[int], known: Known) -> None:
        """Replace what is known of documents; all changes land with :meth:`commit`."""
        prints = known.prints
        self.texts.put(np.array(numbers), *known.texts)
        self.table.put(numbers, prints)
        self.references.look_up(prints, self.config.min_words)
        self.line_keys.put(np.array(numbers), prints.line_keys.tobytes(), prints.line_offsets * 8)
        self.done.put(numbers, known.done)
        self.reviews["repair"].put(numbers, known.reviews)

    def commit(self) -> None:
        """Let what was learned, and what was put on any shelf for review, replace what was there."""
        for numbers, prints in self.references.arrivals():
            self.table.put(numbers, prints)
        self.table.commit()
        self.texts.commit()
        self.line_keys.commit()
        self.done.commit()
        for reviews in self.reviews.values():
            reviews.commit()

    def forget(self, numbers: I64) -> None:
        """Drop what is known of documents that leave as a whole."""
        self.table.drop(numbers)
        self.texts.drop(numbers)
        self.line_keys.drop(numbers)

    def start_anew(self) -> bool:
        """Forget what a second run would not know: repairs, and what was given up. Returns whether there was any."""
        known = (self.damage, self.returns, self.settled, self.staying, self.lost)
        had_any = any(known)
        for each in known:
            each.clear()
        return had_any

    def copies(self) -> I64:
        """Return the documents that look like copies of others as they are now, by number, ascending."""
        if self._copies_of != self.table.version:
            self._copies_of, self._copies = self.table.version, find_copies(self.table, self.folder)
        return self._copies

    def document_matches(self) -> ProposalFile:
        """Find which documents repeat which in the texts as they are now."""
        self.progress("matching", self.document_count)
        return self._matcher.documents(self.damage, self.staying | self.restless)

    def segment_matches(self) -> ProposalFile:
        """Find which segments repeat which, in the documents that do not go as a whole."""
        self.progress("matching", self.document_count)
        return self._matcher.segments(self.damage, self.staying | self.restless)

    def proposals(self, rows: Rows) -> Proposals:
        """Return some of what was found to match, with the words that differ."""
        return Proposals(rows, self.differences, self.config.keep)

    def memory_bytes(self) -> int:
        """Return about how many bytes of memory the documents take, and what is found in them."""
        # What matching finds is sorted anew when documents change.
        return self.folder.memory_bytes() + 2 * self._matcher.memory_bytes() + _DOCUMENT_BYTES * self.document_count

    # -- from what matching finds to operations

    def spans(self, places: I64) -> npt.NDArray[np.uint32]:
        """Return where segments, and those that they repeat, begin and end, uint32 (n, 4).

        *places*, int64 (n, 4), are documents and positions of both.
        """
        return self.table.spans(places.reshape(-1, 2)).reshape(-1, 4)

    def review(self, stage: str, left: Mapping[int, list[Operation]]) -> None:
        """Put what a stage leaves for review on its shelf, by document; the operations are on the texts as they are."""
        edits = self.done.edits_of(np.array(list(left), dtype=np.int64))
        found = [in_source(edits.edits(at), operations) for at, operations in enumerate(left.values())]
        self.reviews[stage].put(list(left), pack(found))
