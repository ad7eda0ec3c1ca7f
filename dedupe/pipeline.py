"""The order of the stages, and the only place that knows it.

Pass 1 streams the documents and keeps fingerprints. From those the plan is made, in rounds: boilerplate
first (so that a copy is not told apart by the furniture around it), then duplicates, until
a round finds nothing more. Every round judges the text as the rounds before left it, exactly as a
second run would judge the first one's output; that is why a second run changes nothing.
Texts are read again where a decision needs them and never kept.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from dedupe.boilerplate.frequency import LineFrequencies
from dedupe.boilerplate.lexicon import Lexicon
from dedupe.cleaning.apply import apply_operations, compose, to_source
from dedupe.cleaning.decide import Piece, decide_document, decide_duplicates
from dedupe.cleaning.operations import boilerplate_operations, deleted_count, in_source, repair_operation
from dedupe.config import Config
from dedupe.errors import ConfigError
from dedupe.matching.canonical import Matcher, Proposals, SegmentProposals
from dedupe.matching.fingerprint import Signer
from dedupe.matching.table import Table, TextStore, open_store, tabulate
from dedupe.model import Canonical, Document, Operation
from dedupe.parallel import ordered_map
from dedupe.progress import Report, silent
from dedupe.scanning import Corpus, line_frequencies, scan_texts, score_texts
from dedupe.text.segment import split_lines

#: Characters of text handed to a worker at a time.
_BATCH_CHARS = 1 << 19
#: After this many rounds, a removal that had to be taken back is not tried again.
_PATIENCE = 8


@dataclass(slots=True)
class Plan:
    """What is to be done to a corpus, in offsets of the source texts.

    ``operations`` holds by document number the applied operations and the findings for
    review, sorted by place; documents without any are not in it. ``removed`` are the documents
    that leave the output as a whole. ``keys`` has the log's name for documents whose
    id another document had before. ``frequencies`` are the line frequencies that the first
    round judged by, with the numbers of their ``sources``.
    """

    config: Config
    lexicon_fingerprint: str
    operations: dict[int, list[Operation]] = field(default_factory=dict)
    removed: set[int] = field(default_factory=set)
    keys: dict[int, str] = field(default_factory=dict)
    repeated_ids: list[str] = field(default_factory=list)
    document_count: int = 0
    rounds: int = 0
    frequencies: LineFrequencies | None = None
    sources: dict[str, int] = field(default_factory=dict)

    def applied(self, number: int) -> list[Operation]:
        """The operations on document *number* that change it."""
        return [operation for operation in self.operations.get(number, ()) if operation.applied]

    def canonical_spans(self) -> Iterator[tuple[int, int, int]]:
        """Yield the canonical passages that operations name: document number, start and end; some more than once."""
        for operations in self.operations.values():
            for operation in operations:
                if operation.canonical is not None:
                    yield operation.canonical.document, operation.canonical.start, operation.canonical.end

    def key(self, number: int, document_id: str) -> str:
        """The name of document *number* in the log: its id, unless that is taken."""
        return self.keys.get(number, document_id)


def make_plan(corpus: Corpus, config: Config, progress: Report = silent) -> Plan:
    """Return the plan for *corpus*: read, repair, segment, match, score, decide, until nothing changes.

    *progress* is called with the name of a stage and the number of documents done.
    """
    with open_store("normal-forms") as store:
        return _Planner(corpus, config, store, progress).run()


#: A document to be scanned: its number, its text now, and how that came from the source.
_Item = tuple[int, str, list[Operation]]


class _Planner:
    def __init__(self, corpus: Corpus, config: Config, store: TextStore, progress: Report) -> None:
        self._corpus = corpus
        self._config = config
        self._store = store
        self._progress = progress
        self._lexicon = Lexicon.load(config.lexicons)
        self._signer = Signer.create()
        self._matcher = Matcher(config, store)
        self._table = Table.empty()
        self._line_keys: dict[int, npt.NDArray[np.uint64]] = {}
        self._sources: dict[str, int] = {}
        self._source_of: list[int] = []
        self._encodings: dict[int, str] = {}
        self._damage: dict[int, int] = {}
        self._judges_damage = True
        self._done: dict[int, list[Operation]] = {}
        self._removed: dict[int, list[Operation]] = {}
        self._reviews: dict[str, dict[int, list[Operation]]] = {"repair": {}, "boilerplate": {}, "duplicate": {}}
        self._decided: dict[int, int] = {}
        self._frequencies: LineFrequencies | None = None
        self._settled: set[int] = set()
        self._braked: set[int] = set()
        self._plan = Plan(config, self._lexicon.fingerprint())

    def run(self) -> Plan:
        self._scan(self._first_read())
        changed: set[int] | None = None
        while True:
            self._plan.rounds += 1
            trimmed = self._trim_boilerplate(changed)
            cut_out = self._take_out_duplicates()
            put_back = self._put_back_orphans(trimmed | cut_out | (changed or set()))
            changed = trimmed | cut_out | put_back
            if not changed and not self._damage:
                return self._finished()
            if not changed:
                # A second run would see repaired texts and no damage; it must find nothing either.
                self._damage = {}
                self._judges_damage = False

    # -- pass 1

    def _first_read(self) -> Iterator[_Item]:
        seen: dict[int, int] = {}
        for number, document in self._corpus.documents():
            while len(self._source_of) <= number:
                self._source_of.append(0)
            self._source_of[number] = self._sources.setdefault(document.source, len(self._sources))
            if document.encoding != "utf-8":
                self._encodings[number] = document.encoding
            self._name(number, document, seen)
            self._plan.document_count += 1
            yield number, document.text, []

    def _name(self, number: int, document: Document, seen: dict[int, int]) -> None:
        code = hash(document.id)  # only compared inside this process
        if code in seen:
            self._plan.keys[number] = f"{document.id} ({document.place}, document {number + 1})"
            if len(self._plan.repeated_ids) < 3:
                self._plan.repeated_ids.append(f"{document.place}: id {document.id!r}")
        seen[code] = number

    def _scan(self, items: Iterable[_Item]) -> set[int]:
        """Fingerprint documents (again); return their numbers. All changes land after the last is read."""
        parts: list[Table] = []
        done: dict[int, list[Operation]] = {}
        reviews: dict[int, list[Operation]] = {}
        keys: dict[int, npt.NDArray[np.uint64]] = {}
        batches = []

        def texts() -> Iterator[list[tuple[str, str]]]:
            for batch in _batched(items, lambda item: len(item[1])):
                batches.append(batch)
                yield [(text, self._encodings.get(number, "utf-8")) for number, text, _ in batch]

        work = partial(scan_texts, config=self._config, signer=self._signer)
        for scan in ordered_map(work, texts(), self._config.jobs):
            batch = batches.pop(0)
            numbers = [number for number, _, _ in batch]
            comparable = scan.passages & (scan.signed.prints.words >= self._config.min_words)
            parts.append(tabulate(numbers, scan.segments, scan.signed, comparable, self._store))
            for (number, _, before), repairs, line_key in zip(batch, scan.repairs, scan.line_keys, strict=True):
                operations = [repair_operation(repair) for repair in repairs]
                reviews[number] = in_source(before, [o for o in operations if not o.applied])
                done[number] = compose(before, [o for o in operations if o.applied])
                keys[number] = line_key
            self._progress("reading", len(done))
        self._table = Table.joined([self._table.without(list(done)), *parts])
        self._check_memory()
        self._done.update(done)
        self._reviews["repair"].update(reviews)
        self._line_keys.update(keys)
        for number, operations in done.items():
            repaired = sum(operation.rule.startswith("repair/") for operation in operations)
            if repaired and self._judges_damage:
                self._damage[number] = repaired
        return set(done)

    def _check_memory(self) -> None:
        """Stop before the fingerprints outgrow the bound that was set."""
        needed = 2 * self._table.byte_count() + sum(keys.nbytes + 128 for keys in self._line_keys.values())
        if 0 < self._config.memory < needed:
            problem = f"the fingerprints of these documents need about {needed >> 20:,} MB"
            raise ConfigError("--memory", problem, "allow more, or clean the corpus in parts")

    def _current(self, wanted: Container[int] | None) -> Iterator[tuple[int, Document, str]]:
        """Read documents that are still in, with their text as it is now."""
        for number, document in self._corpus.documents(wanted):
            if number not in self._removed:
                yield number, document, apply_operations(document.text, self._done.get(number, ()))

    # -- boilerplate

    def _trim_boilerplate(self, changed: set[int] | None) -> set[int]:
        """Score the documents that may have boilerplate and take it out; return the changed ones."""
        if not self._config.boilerplate:
            return set()
        previous = self._frequencies
        if self._config.scope == "corpus":
            self._frequencies = self._count_lines()
            if previous is None:
                self._plan.frequencies, self._plan.sources = self._frequencies, self._sources
        wanted = changed
        if wanted is not None and self._frequencies is not None and previous is not None:
            raised = self._frequencies.raised_since(previous)
            if len(raised):
                wanted = wanted | {n for n, keys in self._line_keys.items() if np.isin(keys, raised).any()}
            # A line that went elsewhere may count for less now, and let go of a brake.
            wanted = wanted | self._braked
        return self._scan(self._trimmed(wanted))

    def _trimmed(self, wanted: set[int] | None) -> Iterator[_Item]:
        batches: list[list[tuple[int, str]]] = []

        def inputs() -> Iterator[list[tuple[str, int]]]:
            current = ((number, text) for number, _, text in self._current(wanted))
            for batch in _batched(current, lambda item: len(item[1])):
                batches.append(batch)
                yield [(text, self._source_of[number]) for number, text in batch]

        work = partial(score_texts, lexicon=self._lexicon, frequencies=self._frequencies, config=self._config)
        count = 0
        for scored in ordered_map(work, inputs(), self._config.jobs):
            for (number, text), findings in zip(batches.pop(0), scored, strict=True):
                done = self._done.get(number, [])
                operations = boilerplate_operations(text, findings)
                self._reviews["boilerplate"][number] = in_source(done, [o for o in operations if not o.applied])
                applied = [operation for operation in operations if operation.applied]
                if any(operation.evidence.get("guard") == "brake" for operation in operations):
                    self._braked.add(number)
                else:
                    self._braked.discard(number)
                if applied:
                    yield number, apply_operations(text, applied), compose(done, applied)
                count += 1
            self._progress("boilerplate", count)

    def _count_lines(self) -> LineFrequencies:
        numbers = [number for number in sorted(self._line_keys) if number not in self._removed]
        copies = self._copies()
        return line_frequencies(
            [self._line_keys[number] for number in numbers],
            [self._source_of[number] for number in numbers],
            [number not in copies for number in numbers],
        )

    def _copies(self) -> set[int]:
        """Documents of which at least half the words repeat one other document.

        A story posted three times would otherwise make its own lines frequent.
        """
        table = self._table
        proposals = self._matcher.find(table, self._damage)
        copies = {int(table.doc_index[proposal.row]) for proposal in proposals.documents}
        segments = proposals.segments
        here, there = table.document[segments.rows], table.document[segments.canonicals]
        span = int(table.doc_index.max(initial=0)) + 1
        across = here != there
        pairs, at = np.unique(here[across] * span + there[across], return_inverse=True)
        shared = np.bincount(at, weights=table.words[segments.rows[across]], minlength=len(pairs))
        words = table.doc_words[np.searchsorted(table.doc_index, pairs // span)]
        copies.update((pairs[2 * shared >= words] // span).tolist())
        return copies

    # -- duplicates

    def _take_out_duplicates(self) -> set[int]:
        """Match, decide and take out; return the documents that changed or left."""
        proposals = self._matcher.find(self._table, self._damage)
        removed = self._take_out_documents(proposals)
        if removed:
            # Whole documents first: what repeats inside a copy is no concern of ours.
            return removed
        table, segments = self._table, proposals.segments
        firsts = table.first_rows()
        last = dict(
            zip(table.doc_index.tolist(), zip(firsts[:-1].tolist(), firsts[1:].tolist(), strict=True), strict=True)
        )
        with_proposals = np.unique(table.document[segments.rows]).tolist()
        for number in self._decided.keys() - set(with_proposals):
            self._reviews["duplicate"].pop(number, None)
            del self._decided[number]
        fresh = set()
        for number in with_proposals:
            state = hash(tuple(self._pieces(number, last, segments)))
            if self._decided.get(number) != state and number not in self._settled:
                fresh.add(number)
                self._decided[number] = state
        scanned = self._scan(self._without_duplicates(fresh, last, segments)) if fresh else set()
        for number in scanned:
            del self._decided[number]
        return scanned

    def _pieces(self, number: int, rows: Mapping[int, tuple[int, int]], segments: SegmentProposals) -> Iterator[Piece]:
        """The segment proposals for one document."""
        table = self._table
        for proposal in segments.between(*rows[number]):
            row, other = proposal.row, proposal.canonical
            canonical = int(table.document[other])
            yield Piece(
                row - rows[number][0], int(table.start[row]), int(table.end[row]),
                canonical, other - rows[canonical][0], int(table.start[other]), int(table.end[other]),
                int(table.words[row]), proposal.match, proposal.remove,
            )  # fmt: skip

    def _without_duplicates(
        self, wanted: set[int], rows: Mapping[int, tuple[int, int]], segments: SegmentProposals
    ) -> Iterator[_Item]:
        for number, _, text in self._current(wanted):
            pieces = list(self._pieces(number, rows, segments))
            operations = decide_duplicates(text, split_lines(text), number, pieces, self._config)
            for operation in operations:
                assert operation.canonical is not None
                operation.canonical = self._canonical(
                    operation.canonical.document, operation.canonical.start, operation.canonical.end
                )
            done = self._done.get(number, [])
            self._reviews["duplicate"][number] = in_source(done, [o for o in operations if not o.applied])
            applied = [operation for operation in operations if operation.applied]
            if applied:
                yield number, apply_operations(text, applied), compose(done, applied)

    def _take_out_documents(self, proposals: Proposals) -> set[int]:
        table = self._table
        chosen = {int(table.doc_index[p.row]): p for p in proposals.documents}
        self._reviews["document"] = {}
        if not chosen:
            return set()
        spans: dict[int, Canonical] = {}
        sizes: dict[int, int] = {}
        involved = set(chosen) | {int(table.doc_index[p.canonical]) for p in chosen.values()}
        for number, _, text in self._current(involved):
            start = len(text) - len(text.lstrip())
            spans[number] = self._canonical(number, start, max(start, len(text.rstrip())))
            sizes[number] = len(text)
        removed = set()
        for number, proposal in chosen.items():
            if number in self._settled:
                continue
            canonical = spans[int(table.doc_index[proposal.canonical])]
            operation = decide_document(sizes[number], canonical, proposal.match, remove=proposal.remove)
            done = self._done.get(number, [])
            if operation.applied:
                self._removed[number] = self._whole(number, operation)
                removed.add(number)
            else:
                self._reviews["document"][number] = in_source(done, [operation])
        self._table = table.without(sorted(removed))
        return removed

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
            for o in self._done.get(number, [])
        ]
        return compose(done, [operation])

    def _canonical(self, number: int, start: int, end: int) -> Canonical:
        """The source span of a passage of document *number* as it is now."""
        done = self._done.get(number, [])
        first, last = to_source(done, start, end)
        return Canonical(number, first, last, deleted_count(done, first, last))

    # -- promise: every removal names a survivor

    def _put_back_orphans(self, changed: set[int]) -> set[int]:
        """Take removals back whose canonical passage went in a later stage; return the documents."""
        back: dict[int, list[Operation]] = {}
        for number, operations in {**self._done, **self._removed}.items():
            kept = self._without_orphans(operations, changed)
            if len(kept) < len(operations):
                back[number] = kept
        for number in back:
            if number in self._removed:
                del self._removed[number]
                back[number] = self._without_orphans(self._done.get(number, []), changed)
            if self._plan.rounds > _PATIENCE:
                self._settled.add(number)
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
        done = self._done.get(canonical.document, ())
        if operation.rule.startswith("document/"):
            # What the canonical document lost as a repeat of itself still stands in it.
            near = operation.rule == "document/near"
            others = [o for o in done if not o.rule.startswith("repeat/exact" if near else "repeat/")]
            if near and deleted_count(done, canonical.start, canonical.end) < canonical.missing:
                return True  # something was put back there, and the two are less alike than they were
            return deleted_count(others, canonical.start, canonical.end) > canonical.missing
        return deleted_count(done, canonical.start, canonical.end) != canonical.missing

    # -- end

    def _finished(self) -> Plan:
        plan = self._plan
        for number in self._done.keys() | self._removed.keys() | {n for r in self._reviews.values() for n in r}:
            operations = [self._relabelled(o) for o in self._removed.get(number, self._done.get(number, []))]
            if number not in self._removed:
                for reviews in self._reviews.values():
                    operations += reviews.get(number, ())
            if operations:
                plan.operations[number] = sorted(operations, key=lambda o: (o.start, o.end, not o.applied))
        plan.removed = set(self._removed)
        return plan

    def _relabelled(self, operation: Operation) -> Operation:
        canonical = operation.canonical
        if canonical is None or operation.rule != "document/exact":
            return operation
        lost = deleted_count(self._done.get(canonical.document, ()), canonical.start, canonical.end)
        return operation if lost == canonical.missing else replace(operation, rule="document/contained")


T = TypeVar("T")


def _batched(items: Iterable[T], size: Callable[[T], int]) -> Iterator[list[T]]:
    batch: list[T] = []
    total = 0
    for item in items:
        batch.append(item)
        total += size(item) + 64
        if total >= _BATCH_CHARS:
            yield batch
            batch, total = [], 0
    if batch:
        yield batch
