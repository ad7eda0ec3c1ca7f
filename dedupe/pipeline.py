"""The order of the stages, and the only place that knows it.

Pass 1 streams the documents and keeps fingerprints. From those the plan is made, in rounds: boilerplate
first (so that a copy is not told apart by the furniture around it), then duplicates, until
a round finds nothing more. Every round judges the text as the rounds before left it, exactly as a
second run would judge the first one's output; that is why a second run changes nothing.
Texts are read again where a decision needs them and never kept.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Container, Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import groupby

import numpy as np
import numpy.typing as npt

from dedupe.boilerplate.frequency import LineFrequencies
from dedupe.boilerplate.lexicon import Lexicon
from dedupe.cleaning.apply import apply_operations, compose
from dedupe.cleaning.decide import Piece, decide_contained, decide_containing, decide_document, decide_duplicates
from dedupe.cleaning.ledger import Ledger
from dedupe.cleaning.operations import in_source
from dedupe.config import Config
from dedupe.errors import ConfigError
from dedupe.index.references import References
from dedupe.matching.canonical import Matcher, Proposal, Proposals
from dedupe.matching.contained import Inside, Windows, find_contained, find_containing
from dedupe.matching.fingerprint import Signer
from dedupe.matching.policy import LAST, NOTHING_TO_GO_BY, standing
from dedupe.matching.sets import are_in, distinct
from dedupe.matching.table import Table
from dedupe.model import Canonical, Document, Operation
from dedupe.parallel import ordered_map
from dedupe.plan import Findings, Plan
from dedupe.progress import Report, silent
from dedupe.scanning import Corpus, Known, batched, scan_documents
from dedupe.trimming import Untrimmed, trim_documents
from dedupe.workfiles import Column, WorkFolder

I64 = npt.NDArray[np.int64]

#: A document whose removals had to be taken back this often is not tried again, and none is after so many rounds.
_PATIENCE = 8
_MOST_ROUNDS = 64
#: What the program takes whatever the corpus: modules, lexicon, a batch of texts.
_PROGRAM_BYTES = 80 << 20
#: Repeated ids that are named to the user.
_NAMED_IDS = 3


def make_plan(
    corpus: Corpus,
    config: Config,
    folder: WorkFolder,
    progress: Report = silent,
    references: References | None = None,
) -> Plan:
    """Return the plan for *corpus*: read, repair, segment, match, score, decide, until nothing changes.

    What the plan knows lies in *folder*, so it is good as long as that is open. What stands in *references* is a
    duplicate, and they stay as they are.
    *progress* is called with the name of a stage and the number of documents done.
    """
    return _Planner(corpus, config, folder, progress, references or References()).run()


def find_copies(corpus: Corpus, config: Config, folder: WorkFolder, progress: Report = silent) -> I64:
    """Return the documents of *corpus* of which at least half repeats another one, by number, ascending.

    Whoever counts over a corpus leaves them out: a story posted three times would otherwise count three times.
    """
    return _Planner(corpus, config, folder, progress, References()).copies()


#: A document to be scanned: its number, its text now, and how that came from the source.
_Item = tuple[int, str, list[Operation]]


class _Planner:
    def __init__(
        self, corpus: Corpus, config: Config, folder: WorkFolder, progress: Report, references: References
    ) -> None:
        self._corpus = corpus
        self._config = config
        self._progress = progress
        self._references = references
        self._lexicon = Lexicon.load(config.lexicons)
        self._signer = Signer.create()
        self._table = Table(folder, config.min_words, alone=config.scope == "document", memory=config.memory)
        self._folder = folder
        self._standings = Column(np.int64)
        self._matcher = Matcher(config, self._table, folder.store("differences"), self._standings)
        self._line_keys = folder.shelf("line-keys")
        self._sources: dict[str, int] = {}
        self._source_of = Column(np.int32)
        self._encodings: dict[int, str] = {}
        self._damage: dict[int, int] = {}
        self._done = Ledger(folder, "done")
        self._removed = Ledger(folder, "removed")
        stages = ("repair", "boilerplate", "duplicate", "document", "contained", "containing")
        self._reviews = {stage: Ledger(folder, f"review-{stage}") for stage in stages}
        self._decided = {stage: Column(np.int64) for stage in ("duplicate", "document")}
        self._frequencies: LineFrequencies | None = None
        self._returns: Counter[int] = Counter()
        self._settled: set[int] = set()
        self._braked: set[int] = set()
        findings = Findings(self._done, self._removed, self._reviews.values())
        self._plan = Plan(config, self._lexicon.fingerprint(), findings, references=references)

    def run(self) -> Plan:
        self._scan(self._first_read())
        unscored: set[int] | None = None
        changed: set[int] = set()
        while True:
            self._plan.rounds += 1
            trimmed = self._trim_boilerplate(unscored)
            cut_out = self._take_out_duplicates()
            self._check_memory()
            put_back = self._put_back_orphans(trimmed | cut_out | changed)
            # Scoring goes on until it finds nothing in what it leaves, so what it trimmed itself is done with.
            unscored = cut_out | put_back
            changed = trimmed | unscored
            if not changed and not self._damage:
                self._plan.removed = set(self._removed.numbers().tolist())
                self._report_contained()
                self._folder.flush()
                return self._plan
            if not changed:
                # A second run would see repaired texts and no damage; it must find nothing either.
                self._damage = {}

    def copies(self) -> I64:
        """Read the corpus, and return the documents that mostly repeat another one."""
        self._scan(self._first_read())
        self._check_memory()
        return self._copies()

    def _check_memory(self) -> None:
        """Stop before what cannot be left in work files outgrows the bound that was set.

        When documents changed, the pool is made anew beside the old one, on top of what the program itself takes.
        """
        needed = _PROGRAM_BYTES + 5 * self._table.byte_count() // 2
        if 0 < self._config.memory < needed:
            problem = f"these documents and what repeats in them need about {needed >> 20:,} MB"
            raise ConfigError("--memory", problem, "allow more, or clean the corpus in parts")

    # -- pass 1

    def _first_read(self) -> Iterator[_Item]:
        seen = array("q")  # number, source, and a hash of the id that is only compared inside this process
        for number, document in self._corpus.documents():
            source = self._sources.setdefault(document.source, len(self._sources))
            seen.extend((number, source, hash(document.id)))
            if document.encoding != "utf-8":
                self._encodings[number] = document.encoding
            place = standing(document, self._config)
            if place:
                self._standings[number] = place
            yield number, document.text, []
        numbers, sources, ids = np.frombuffer(seen, dtype=np.int64).reshape(-1, 3).T
        self._source_of[numbers] = sources
        if len(numbers) and (self._standings[numbers] == LAST).all():
            raise ConfigError(f"--keep {self._config.keep}", *NOTHING_TO_GO_BY[self._config.keep])
        self._plan.document_count = len(numbers)
        self._references.first = self._table.references_from = len(self._source_of.values)
        order = np.lexsort((numbers, ids))
        repeated = np.sort(numbers[order[1:]][ids[order[1:]] == ids[order[:-1]]]).tolist()
        self._plan.repeated = set(repeated)
        for _, document in self._corpus.documents(set(repeated[:_NAMED_IDS])) if repeated else ():
            self._plan.repeated_ids.append(f"{document.place}: id {document.id!r}")

    def _scan(self, items: Iterable[_Item]) -> set[int]:
        """Fingerprint documents (again); return their numbers. All changes land after the last is read."""
        scanned: set[int] = set()
        batches = []

        def documents() -> Iterator[list[tuple[str, str, list[Operation]]]]:
            for batch in batched(items, lambda item: len(item[1])):
                batches.append(batch)
                yield [(text, self._encodings.get(number, "utf-8"), done) for number, text, done in batch]

        work = partial(scan_documents, config=self._config, signer=self._signer)
        count = 0
        for known in ordered_map(work, documents(), self._config.jobs, threads=True):
            numbers = [number for number, _, _ in batches.pop(0)]
            self._learn(numbers, known)
            count += len(numbers)
            if self._plan.rounds:
                scanned.update(numbers)
            else:
                self._damage.update((n, made) for n, made in zip(numbers, known.repaired, strict=True) if made)
                self._progress("reading", count)
        self._commit()
        return scanned

    def _learn(self, numbers: list[int], known: Known) -> None:
        """Replace what is known of documents; all changes land with :meth:`_commit`."""
        prints = known.prints
        self._table.put(numbers, prints)
        self._references.look_up(prints, self._config.min_words)
        self._line_keys.put(np.array(numbers), prints.line_keys.tobytes(), prints.line_offsets * 8)
        for number, done, reviews in zip(numbers, known.done, known.reviews, strict=True):
            self._done.put_packed(number, done)
            self._reviews["repair"].put_packed(number, reviews)

    def _commit(self) -> None:
        for numbers, prints in self._references.arrivals():
            self._table.put(numbers, prints)
        self._table.commit()
        self._line_keys.commit()
        self._done.commit()
        for reviews in self._reviews.values():
            reviews.commit()

    def _staying(self, wanted: Container[int] | None) -> Iterator[tuple[int, Document]]:
        """Read documents that are still in."""
        return (item for item in self._corpus.documents(wanted) if item[0] not in self._removed)

    def _current(self, wanted: Container[int] | None) -> Iterator[tuple[int, str]]:
        """Read documents that are still in, as they are now."""
        for number, document in self._staying(wanted):
            yield number, apply_operations(document.text, self._done.get(number))

    # -- boilerplate

    def _trim_boilerplate(self, unscored: set[int] | None) -> set[int]:
        """Score documents (None: all), and others that may have boilerplate by now; return those that lost some."""
        if not self._config.boilerplate:
            return set()
        previous = self._frequencies
        if self._config.scope == "corpus":
            self._frequencies = self._count_lines()
            if previous is None:
                self._plan.frequencies, self._plan.sources = self._frequencies, self._sources
        wanted = unscored
        if wanted is not None and self._frequencies is not None and previous is not None:
            raised = self._frequencies.raised_since(previous)
            if len(raised):
                rows = self._line_keys.rows(np.uint64)
                wanted = wanted.union(*(owner[np.isin(keys, raised)].tolist() for owner, keys in rows))
            # A line that went elsewhere may count for less now, and let go of a brake.
            wanted = wanted | self._braked
        return self._trim(wanted)

    def _trim(self, wanted: Container[int] | None) -> set[int]:
        batches: list[list[int]] = []

        def inputs() -> Iterator[tuple[list[Untrimmed], npt.NDArray[np.uint64]]]:
            for batch in batched(self._staying(wanted), lambda item: len(item[1].text)):
                batches.append([number for number, _ in batch])
                keys = b"".join([self._line_keys.get(number) for number, _ in batch])
                documents = [
                    Untrimmed(d.text, self._done.packed(number), d.encoding, self._source_of.get(number))
                    for number, d in batch
                ]
                yield documents, np.frombuffer(keys, dtype=np.uint64)

        work = partial(
            trim_documents,
            lexicon=self._lexicon,
            frequencies=self._frequencies,
            config=self._config,
            signer=self._signer,
        )
        count = 0
        changed: set[int] = set()
        for trimmed in ordered_map(work, inputs(), self._config.jobs):
            numbers = batches.pop(0)
            for number, reviews, is_braked in zip(numbers, trimmed.reviews, trimmed.braked, strict=True):
                self._reviews["boilerplate"].put_packed(number, reviews)
                (self._braked.add if is_braked else self._braked.discard)(number)
            if self._config.keep == "cleanest":
                for place, taken in zip(trimmed.changed, trimmed.taken, strict=True):
                    self._damage[numbers[place]] = self._damage.get(numbers[place], 0) + taken
            now = [numbers[place] for place in trimmed.changed]
            if now:
                self._learn(now, trimmed.known)
            changed.update(now)
            count += len(numbers)
            self._progress("boilerplate", count)
        self._commit()
        return changed

    def _matches(self) -> tuple[Proposals, Proposals]:
        """Find what repeats what in the texts as they are now."""
        self._progress("matching", self._plan.document_count)
        return self._matcher.find(self._damage)

    def _count_lines(self) -> LineFrequencies:
        numbers = self._line_keys.numbers()
        # A document all of which repeats others will not be there for a second run.
        blank = numbers[self._line_keys.lengths(numbers) == 0].tolist()
        emptied = [number for number in blank if any(o.canonical for o in self._done.get(number))]
        countable = np.zeros(len(self._source_of.values), dtype=bool)
        countable[numbers] = True
        countable[emptied] = False
        countable[self._copies()] = False
        return LineFrequencies.build(lambda: self._line_keys.rows(np.uint64), self._source_of.values, countable)

    def _copies(self) -> I64:
        """Documents of which at least half the words repeat one other document.

        A story posted three times would otherwise make its own lines frequent.
        """
        documents, segments = self._matches()
        rows = segments.rows[segments.rows["document"] != segments.rows["canonical"]]
        order = np.lexsort((rows["canonical"], rows["document"]))
        here, there, words = rows["document"][order], rows["canonical"][order], rows["words"][order].astype(np.int64)
        starts = np.flatnonzero(np.append(True, (here[1:] != here[:-1]) | (there[1:] != there[:-1]))[: len(here)])
        shared = np.add.reduceat(words, starts) if len(starts) else words
        copies = here[starts][2 * shared >= self._table.words(here[starts])]
        return distinct(np.concatenate([copies, documents.rows["document"]]))

    # -- duplicates

    def _take_out_duplicates(self) -> set[int]:
        """Match, decide and take out; return the documents that changed or left."""
        documents, segments = self._matches()
        removed = self._take_out_documents(documents)
        if removed:
            # Whole documents first: what repeats inside a copy is no concern of ours.
            return removed
        scanned = self._scan(self._without_duplicates(self._undecided("duplicate", segments), segments))
        for number in scanned:
            self._decided["duplicate"][number] = 0
        return scanned

    def _undecided(self, stage: str, proposals: Proposals) -> set[int]:
        """The documents for which something else is proposed than what *stage* last decided on, or in another text."""
        decided = self._decided[stage]
        with_proposals, states = proposals.states(self._table.generation)
        before = np.flatnonzero(decided.values)
        for number in before[~are_in(before, with_proposals)].tolist():
            self._reviews[stage].put(number, [])
            decided[number] = 0
        settled = np.array(sorted(self._settled), dtype=np.int64)
        is_fresh = (decided[with_proposals] != states) & ~are_in(with_proposals, settled)
        decided[with_proposals[is_fresh]] = states[is_fresh]
        return set(with_proposals[is_fresh].tolist())

    def _pieces(self, number: int, proposals: Iterable[Proposal]) -> Iterator[Piece]:
        """The segment proposals for one document."""
        rows = self._table.rows(number)
        for _, position, canonical, there, words, match, remove, canonical_by in proposals:
            others = self._table.rows(canonical)
            yield Piece(
                position, int(rows["start"][position]), int(rows["end"][position]),
                canonical, there, int(others["start"][there]), int(others["end"][there]),
                words, match, remove, canonical_by,
            )  # fmt: skip

    def _without_duplicates(self, wanted: set[int], segments: Proposals) -> Iterator[_Item]:
        proposed = segments.by_document(wanted)
        for number, text in self._current(wanted):
            of, proposals = next(proposed)
            assert of == number
            pieces = list(self._pieces(number, proposals))
            operations = decide_duplicates(text, number, pieces, self._config)
            for operation in operations:
                assert operation.canonical is not None
                operation.canonical = self._canonical(
                    operation.canonical.document, operation.canonical.start, operation.canonical.end
                )
            done = self._done.get(number)
            self._reviews["duplicate"].put(number, in_source(done, [o for o in operations if not o.applied]))
            applied = [operation for operation in operations if operation.applied]
            if applied:
                yield number, apply_operations(text, applied), compose(done, applied)

    def _take_out_documents(self, proposals: Proposals) -> set[int]:
        for number in self._settled:
            self._reviews["document"].put(number, [])
        undecided = self._undecided("document", proposals)
        rows = proposals.rows[are_in(proposals.rows["document"], np.array(sorted(undecided), dtype=np.int64))]
        extents = self._extents(distinct(np.concatenate([rows["document"], rows["canonical"]])))
        removed = set()
        for number, (proposal,) in proposals.by_document(undecided):
            _, _, size = extents[number]
            start, end, _ = extents[proposal.canonical]
            canonical = self._canonical(proposal.canonical, start, end)
            operation = decide_document(size, canonical, proposal.match, proposal.canonical_by, remove=proposal.remove)
            if operation.applied:
                self._removed.put(number, self._whole(number, operation))
                removed.add(number)
            else:
                self._reviews["document"].put(number, in_source(self._done.get(number), [operation]))
        self._removed.commit()
        self._reviews["document"].commit()
        if removed:
            self._table.drop(sorted(removed))
            self._line_keys.drop(np.array(sorted(removed)))
        return removed

    def _extents(self, documents: I64) -> dict[int, tuple[int, int, int]]:
        """Where what is written in documents begins and ends as they are now, and how long they are."""
        extents = {}
        for number, text in self._current(set(documents.tolist())):
            start = len(text) - len(text.lstrip())
            extents[number] = start, max(start, len(text.rstrip())), len(text)
        for number in documents[documents >= self._references.first].tolist():
            rows = self._table.rows(number)
            extents[number] = int(rows["start"][0]), int(rows["end"][-1]), 0
        return extents

    def _report_contained(self) -> None:
        """Find what stands inside a longer passage, in the texts as they stay; all of it is for review."""
        if self._config.near == "off":
            return
        documents, segments = self._matches()
        rows = segments.rows
        here, there = (rows["document"], rows["position"]), (rows["canonical"], rows["canonical_position"])
        known = np.stack([(document << 32) | position for document, position in (here, there)], axis=1)
        of_known = set(documents.rows["document"].tolist())
        windows = Windows(self._table, self._folder)
        alone = self._config.scope == "document"
        found = find_contained(self._table, windows, known, alone=alone)
        for number, inside in groupby(found, key=lambda item: item.document):
            if number not in of_known:
                pieces = self._pieces(number, (Proposal(*item, None, False, "longest") for item in inside))
                words = int(self._table.words(np.array([number]))[0])
                operations = decide_contained(number, list(pieces), words, self._config.unit)
                self._report("contained", number, operations)
        self._reviews["contained"].commit()
        if self._config.unit != "document":
            repeated = documents.rows["canonical"] >= self._references.first
            of_reference = set(documents.rows["document"][repeated].tolist())
            self._report_containing(find_containing(self._table, windows, known), of_reference)

    def _report_containing(self, found: Iterator[Inside], of_reference: set[int]) -> None:
        """Report the passages with one of a reference inside, but for documents that repeat a reference as a whole."""
        for number, containing in groupby(found, key=lambda item: item.canonical):
            if number not in of_reference:
                turned = (
                    Proposal(number, position, reference, there, words, None, False, "reference")
                    for reference, there, _, position, words in containing
                )
                rows = self._table.rows(number)
                pieces = self._pieces(number, turned)
                operations = [decide_containing(piece, int(rows["words"][piece.position])) for piece in pieces]
                self._report("containing", number, operations)
        self._reviews["containing"].commit()

    def _report(self, stage: str, number: int, operations: list[Operation]) -> None:
        """Put what a stage leaves for review on its shelf; canonical spans are in texts as they are now."""
        for operation in operations:
            assert operation.canonical is not None
            operation.canonical = self._canonical(
                operation.canonical.document, operation.canonical.start, operation.canonical.end
            )
        self._reviews[stage].put(number, in_source(self._done.get(number), operations))

    def _whole(self, number: int, operation: Operation) -> list[Operation]:
        """The operations of a document that goes as a whole, *operation* on its text as it is now.

        A passage that was removed because it repeats one of the same document cannot
        name that as its survivor any more. Like the one that it repeats, it stands in the
        canonical document.
        """
        done = [
            replace(o, rule="document/contained", canonical=operation.canonical)
            if o.canonical and o.canonical.document == number
            else o
            for o in self._done.get(number)
        ]
        return compose(done, [operation])

    def _canonical(self, number: int, start: int, end: int) -> Canonical:
        """The source span of a passage of document *number* as it is now."""
        edits = self._done.edits(number)
        first, last = edits.to_source(start, end)
        return Canonical(number, first, last, edits.deleted_count(first, last))

    # -- promise: every removal names a survivor

    def _put_back_orphans(self, changed: set[int]) -> set[int]:
        """Take removals back whose canonical passage went in a later stage; return the documents."""
        back: dict[int, list[Operation]] = {}
        documents = np.fromiter(changed, dtype=np.int64)
        naming = np.concatenate([self._done.naming(documents), self._removed.naming(documents)])
        for number in distinct(naming).tolist():
            operations = self._removed.get(number) or self._done.get(number)
            kept = self._without_orphans(operations, changed)
            if len(kept) < len(operations):
                back[number] = kept
        returning = [number for number in back if number in self._removed]
        self._removed.drop(returning)
        for number in returning:
            back[number] = self._without_orphans(self._done.get(number), changed)
        self._returns.update(back.keys())
        out_of_time = self._plan.rounds > _MOST_ROUNDS
        self._settled.update(number for number in back if out_of_time or self._returns[number] > _PATIENCE)
        if back:
            self._scan(
                (number, apply_operations(document.text, back[number]), back[number])
                for number, document in self._corpus.documents(back)
            )
        return set(back)

    def _without_orphans(self, operations: list[Operation], changed: set[int]) -> list[Operation]:
        """Leave out the removals that lost their survivor, and those that were cut out in one piece with them.

        The separators around a run of removals were divided among them when it was cut.
        """
        runs: list[list[Operation]] = []
        for operation in operations:
            if runs and runs[-1][-1].end == operation.start:
                runs[-1].append(operation)
            else:
                runs.append([operation])
        kept = []
        for run in runs:
            lost = any(self._is_orphan(operation, changed) for operation in run)
            kept += [operation for operation in run if not lost or operation.canonical is None]
        return kept

    def _is_orphan(self, operation: Operation, changed: set[int]) -> bool:
        canonical = operation.canonical
        if canonical is None or canonical.document not in changed:
            return False
        if canonical.document in self._removed:
            return True
        deleted = self._done.edits(canonical.document).deleted_count(canonical.start, canonical.end)
        if operation.rule.startswith("document/"):
            # What the canonical document lost as a repeat of itself still stands in it.
            near = operation.rule == "document/near"
            others = self._done.edits(canonical.document, without="repeat/exact" if near else "repeat/")
            if near and deleted < canonical.missing:
                return True  # something was put back there, and the two are less alike than they were
            return others.deleted_count(canonical.start, canonical.end) > canonical.missing
        return deleted != canonical.missing
