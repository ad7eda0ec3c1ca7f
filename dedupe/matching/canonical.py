"""Matches to proposals: which segment or document would go, and which one it repeats.

Greedy by priority and direct neighbours only: texts are walked in priority order, and
one is proposed for removal if a kept one matches it directly. There are no chains,
so similarity never drifts. What stands around a proposal (is it a refrain, a table
row?) is not known here; :mod:`dedupe.cleaning.decide` looks at that.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from functools import partial
from itertools import chain
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dedupe.config import Config
from dedupe.matching.blocks import take_short_lines_along
from dedupe.matching.differences import are_exchanged, has_figures
from dedupe.matching.policy import Priority
from dedupe.matching.pool import PoolRows
from dedupe.matching.proposals import PLACES, ROW, ProposalFile, in_order, merged
from dedupe.matching.sets import are_first, are_in, combined, distinct
from dedupe.matching.table import Table
from dedupe.matching.verified import FOUND, Verifier
from dedupe.matching.walk import Unwalked, Walked, removes, walk_all
from dedupe.matching.wordings import Wordings
from dedupe.parallel import ordered_map
from dedupe.workfiles import Column, Shelf, TextStore, WorkFolder

I64 = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
U64 = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.void]
Found = npt.NDArray[np.void]

#: A passage that so many others are most like, but for words exchanged for others, is a formula that is filled in.
_FILLED_OTHERWISE = 3


#: Rows that are walked together: to begin a process for few of them takes longer than to walk them.
_ROWS_AT_ONCE = 3 << 12


class _Ranked(NamedTuple):
    """Rows of a pool: where they are, what changes with their families, which stay, and how they stand by the policy.

    ``first`` has for each row the ``best`` one of equal content, by ``rank``; those are in order.
    """

    document: I64
    position: I64
    words: I64
    families: U64
    stays: Flags
    priority: Priority
    rank: I64
    first: I64
    best: I64


class Matcher:
    """Finds duplicates in a table; remembers comparisons, so that planning again is cheap.

    *texts* are the documents of the table as they are now, *differences* is where words that differ are to be put, and
    *standings* has by document how it stands by the policy (:func:`dedupe.matching.policy.standing`), and *reference*
    gives the segments of a reference text as they are written.
    """

    def __init__(
        self,
        config: Config,
        table: Table,
        texts: Shelf,
        folder: WorkFolder,
        differences: TextStore,
        standings: Column,
        reference: Callable[[int], Sequence[str]],
    ) -> None:
        self._config = config
        self._standings = standings
        self._table = table
        self._folder = folder
        self._verifier = Verifier(differences, config.near_threshold, config.remove_threshold, config.jobs)
        self._wordings = Wordings(texts, table, reference, are_read=config.near != "all")
        # By whether whole documents are matched: families as they were the last time, and what was proposed for them.
        self._families = {whole: np.zeros(0, dtype=np.uint64) for whole in (False, True)}
        self._proposed: dict[bool, ProposalFile] = {}
        self._file_count = 0
        # What was found last, and for which state of all that it hangs on.
        self._found_for: tuple[int, int, int] | None = None
        self._last: dict[bool, ProposalFile] = {}

    def documents(self, damage: Mapping[int, int], staying: Set[int] = frozenset()) -> ProposalFile:
        """Return the proposals for whole documents; when something has changed they may be gone.

        *damage* counts repairs by document. Those that are *staying* do not go as a whole; their segments may.
        """
        state = (self._table.version, len(damage), len(staying))
        if self._found_for != state:
            for proposals in self._last.values():
                proposals.remove()
            self._found_for, self._last = state, {}
        if True not in self._last:
            self._last[True] = self._documents(damage, staying)
        return self._last[True]

    def segments(self, damage: Mapping[int, int], staying: Set[int] = frozenset()) -> ProposalFile:
        """Return the proposals for segments of the documents that do not go as a whole, as :meth:`documents` does."""
        documents = self.documents(damage, staying)
        if False not in self._last:
            self._last[False] = self._segments(damage, documents)
        return self._last[False]

    def memory_bytes(self) -> int:
        """Return how many bytes of memory comparisons and the last proposals take."""
        files = [*self._proposed.values(), *self._last.values()]
        families = sum(array.nbytes for array in self._families.values())
        proposed: int = sum(file.memory_bytes() for file in files)
        return self._verifier.memory_bytes() + families + proposed

    def _documents(self, damage: Mapping[int, int], staying: Set[int]) -> ProposalFile:
        if self._config.unit == "paragraph" or self._config.scope == "document":
            return self._listed(())
        remaining = np.array(sorted(staying), dtype=np.int64)

        def proposed() -> Iterator[Rows]:
            for rows in self._matched(self._table.documents.parts(), damage, whole=True).parts():
                rows = rows.copy()
                rows["remove"] &= ~are_in(rows["document"], remaining)
                yield rows

        return self._listed(proposed())

    def _segments(self, damage: Mapping[int, int], documents: ProposalFile) -> ProposalFile:
        if self._config.unit == "document":
            return self._listed(())
        going = documents.columns("document", "remove")
        gone = going["document"][going["remove"]]
        parts = (part.at(~are_in(part.document, gone)) for part in self._table.segments.parts())
        proposed = self._matched(parts, damage, whole=False)
        seeds, left = proposed.columns(*PLACES, "remove"), frozenset(gone.tolist())
        more = take_short_lines_along(seeds, self._table, self._wordings, left)
        found = merged(proposed.parts(), more)
        return self._listed(found if self._config.near == "all" else self._without_told(found, documents))

    def _listed(self, pieces: Iterable[Rows]) -> ProposalFile:
        self._file_count += 1
        return ProposalFile(self._folder, f"proposed-{self._file_count}", pieces)

    def _matched(self, parts: Iterable[PoolRows], damage: Mapping[int, int], *, whole: bool) -> ProposalFile:
        """Return the proposals for a pool. A family in which nothing changed since the last time keeps its own."""
        last = self._proposed.pop(whole, None)
        pieces = self._found(parts, damage, last, whole=whole)
        ordered = in_order(self._folder, "proposed-unsorted", pieces, len(self._table.generation.values))
        self._proposed[whole] = found = self._listed(ordered)
        if last:
            last.remove()
        return found

    def _found(
        self, parts: Iterable[PoolRows], damage: Mapping[int, int], last: ProposalFile | None, *, whole: bool
    ) -> Iterator[Rows]:
        """Yield the proposals for a pool, those of the *last* time among them that are still right."""
        before = self._families[whole]
        now = [np.zeros(0, dtype=np.uint64)]
        waiting: deque[_Ranked] = deque()

        def unwalked() -> Iterator[list[Unwalked]]:
            together, count = list[Unwalked](), 0
            for number, part in enumerate(parts):
                hurt = _lookup(damage, part.document)
                families = families_as_they_are(part, hurt)
                changed = ~are_in(families, before)
                now.append(distinct(families))
                if changed.any():
                    pool = part.at(changed)
                    ranked = self._ranked(pool, hurt[changed], families[changed], whole=whole)
                    waiting.append(ranked)
                    together.append(Unwalked(pool.at(ranked.best), self._folder.path / f"words-{number}"))
                    count += len(ranked.rank)
                    if count >= _ROWS_AT_ONCE:
                        self._folder.flush()  # other processes read the files
                        yield together
                        together, count = [], 0
            if together:
                yield together

        walk = partial(
            walk_all,
            tokens=self._table.tokens,
            references_from=self._table.references_from,
            verifier=self._verifier,
            config=self._config,
            whole=whole,
        )
        unlike, keys, alike = list[U64](), list[U64](), list[Found]()
        for walked in chain.from_iterable(ordered_map(walk, unwalked(), self._config.jobs)):
            self._verifier.take_in(walked.words, walked.found, walked.alike)
            unlike.append(walked.unlike)
            keys.append(walked.keys)
            alike.append(walked.alike)
            yield self._proposals(waiting.popleft(), walked, whole=whole)
        if unlike:  # of no use before the next time: equal texts are in one part
            self._verifier.remember(unlike, keys, alike)
        after = self._families[whole] = distinct(np.concatenate(now))
        for rows in last.parts() if last else ():
            yield rows[are_in(rows["family"], after)]

    def _ranked(self, pool: PoolRows, hurt: I64, families: U64, *, whole: bool) -> _Ranked:
        stays = pool.document >= self._table.references_from
        position, words = (pool.prints[name].astype(np.int64) for name in ("position", "words"))
        # By their own lengths two documents would each lose passages to the other.
        lengths = words if whole or self._config.keep == "longest" else np.zeros_like(words)
        priority = Priority(self._config.keep, stays, hurt, lengths, self._standings[pool.document])
        rank = priority.ranks()
        first = _first_of_equals(pool.prints["content"], rank)
        best = np.flatnonzero(first == np.arange(len(first)))
        best = best[np.argsort(rank[best], kind="stable")]
        return _Ranked(pool.document, position, words, families, stays, priority, rank, first, best)

    def _proposals(self, ranked: _Ranked, walked: Walked, *, whole: bool) -> Rows:
        """Exact duplicates go to the best of their group; the best of the groups were held against each other."""
        document, position, words, families, stays, priority, rank, first, best = ranked
        canonical = np.full(len(first), -1, dtype=np.int64)
        remove = np.zeros(len(first), dtype=bool)
        found = np.zeros(len(first), dtype=FOUND)
        pairs, compared = walked.pairs, walked.found
        near = best[pairs[:, 1]]
        canonical[near], found[near] = best[pairs[:, 0]], compared
        remove[near] = removes(compared, self._config, whole=whole)
        heads, told = self._wordings.heads(document, position, rank, first)
        apart = np.array([row for row in sorted(told) if not stays[row]], dtype=np.int64)
        canonical[apart] = first[apart]
        found[apart] = self._verifier.alike([told[row] for row in apart.tolist()])
        exact = np.flatnonzero((heads != np.arange(len(first))) & ~stays)
        canonical[exact], remove[exact] = heads[exact], True
        # The same words as a near duplicate that goes, so its comparison holds for these too.
        same = np.concatenate([exact, apart])
        passed_on = same[remove[canonical[same]] & (canonical[same] == first[same])]
        canonical[passed_on], found[passed_on] = canonical[first[passed_on]], found[first[passed_on]]
        filled = np.zeros(len(first), dtype=bool)
        if not whole:
            of_use = are_in(families[near], distinct(families[exact]))
            copies = np.bincount(first, minlength=len(first))
            filled = self._are_filled(best[pairs[of_use]], compared[of_use], copies)[first]
        if self._config.near == "off":
            canonical[apart] = -1
        at = np.flatnonzero(canonical >= 0)
        rows = np.zeros(len(at), dtype=ROW)
        rows["document"], rows["position"] = document[at], position[at]
        rows["canonical"], rows["canonical_position"] = document[canonical[at]], position[canonical[at]]
        rows["words"], rows["remove"], rows["found"] = words[at], remove[at], found[at]
        rows["filled"] = filled[at]
        rows["by"] = priority.decided_by(at, canonical[at])
        rows["family"] = families[at]
        return rows

    def _are_filled(self, pairs: I64, compared: Found, copies: I64) -> Flags:
        """Tell which rows are formulas, that near ones fill in with other figures, or in other words.

        In other words three have to do that, and as many as the row has *copies*: the notice of a site has more.
        What was found of *pairs* is in *compared*. One may differ from the row most like it in a name alone, and that
        from a third in a figure.
        """
        differences = self._verifier.differences(compared)
        exchanged = np.array([are_exchanged(places) for places in differences], dtype=bool)
        with_figures = exchanged & np.array([has_figures(places) for places in differences], dtype=bool)
        filled = np.zeros(len(copies), dtype=bool)
        filled[pairs[with_figures]] = True
        fillings = np.bincount(pairs[exchanged].ravel(), minlength=len(copies))
        filled |= fillings >= np.maximum(copies, _FILLED_OTHERWISE)
        filled[pairs[exchanged & filled[pairs].any(axis=1)]] = True
        return filled

    def _without_told(self, segments: Iterable[Rows], documents: ProposalFile) -> Iterator[Rows]:
        """Leave out what a document finding has said already: the only paragraph of a reviewed document."""
        told = documents.columns("document", "canonical")
        told = told[np.diff(self._table.first_rows())[told["document"]] <= 1]
        pairs = np.sort(_document_pairs(told))
        for rows in segments:
            yield rows[~are_in(_document_pairs(rows), pairs)]


def _document_pairs(rows: Rows) -> I64:
    pairs: I64 = (rows["document"] << 32) | rows["canonical"]
    return pairs


def families_as_they_are(pool: PoolRows, hurt: I64) -> U64:
    """Return for each row a number that changes with anything in its family that a proposal hangs on."""
    rows = combined(pool.prints["content"][:, 0], pool.document, pool.prints["position"], hurt)
    order = np.argsort(pool.prints["family"], kind="stable")
    starts = np.flatnonzero(are_first(pool.prints["family"][order]))
    sums = np.add.reduceat(rows[order], starts) if len(starts) else rows
    rows[order] = np.repeat(sums, np.diff(np.append(starts, len(order))))
    return rows


def _lookup(counts: Mapping[int, int], documents: I64) -> I64:
    """Return int64 counts by document, 0 where there are none."""
    result = np.zeros(len(documents), dtype=np.int64)
    if counts:
        keys = np.array(sorted(counts), dtype=np.int64)
        values = np.array([counts[key] for key in sorted(counts)], dtype=np.int64)
        at = np.clip(np.searchsorted(keys, documents), 0, len(keys) - 1)
        result = np.where(keys[at] == documents, values[at], 0)
    return result


def _first_of_equals(content: npt.NDArray[np.uint64], rank: I64) -> I64:
    """Return int64, for each row the best-ranked one with equal content."""
    first = np.arange(len(content), dtype=np.int64)
    if len(first) == 0:
        return first
    order = np.lexsort((rank, content[:, 0], content[:, 1]))
    new = np.flatnonzero(are_first(content[order, 0], content[order, 1]))
    first[order] = np.repeat(order[new], np.diff(np.append(new, len(order))))
    return first
