"""Matches to proposals: which segment or document would go, and which one it repeats.

Greedy by priority and direct neighbours only: segments are walked in priority order, and
one is proposed for removal if a kept one matches it directly. There are no chains,
so similarity never drifts. What stands around a proposal (is it a refrain, a table
row?) is not known here; :mod:`dedupe.cleaning.decide` looks at that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dedupe.config import Config
from dedupe.matching.candidates import candidate_pairs
from dedupe.matching.differences import loses_nothing
from dedupe.matching.table import Table, TextStore
from dedupe.matching.verify import compare, similarity_bound

I64 = npt.NDArray[np.int64]

#: Differing places kept as evidence for a near duplicate.
_SHOWN = 8


class Match(NamedTuple):
    """Two texts compared in full: how alike they are, and whether the first can go without loss.

    ``differences`` holds up to eight places as (words only in the first, words only in the second).
    """

    similarity: float
    safe: bool
    differences: tuple[tuple[str, str], ...]


class Proposal(NamedTuple):
    """A row that repeats another one. For documents the rows are document rows.

    ``match`` is None for an exact duplicate (equal normal forms).
    """

    row: int
    canonical: int
    match: Match | None
    remove: bool


@dataclass(slots=True)
class Proposals:
    """What matching found: document proposals, and segment proposals in row order."""

    documents: list[Proposal] = field(default_factory=list)
    segments: list[Proposal] = field(default_factory=list)


class Matcher:
    """Finds duplicates in a table; remembers comparisons, so that planning again is cheap."""

    def __init__(self, config: Config, store: TextStore) -> None:
        self._config = config
        self._store = store
        self._known: dict[tuple[bytes, bytes], Match] = {}

    def find(self, table: Table, damage: Mapping[int, int]) -> Proposals:
        """Return the proposals for the whole table. *damage* counts repairs by document."""
        proposals = Proposals()
        gone: set[int] = set()
        if self._config.unit != "paragraph" and self._config.scope == "corpus":
            proposals.documents = list(self._documents(table, damage))
            gone = {proposal.row for proposal in proposals.documents if proposal.remove}
        if self._config.unit != "document":
            proposals.segments = self._segments(table, damage, gone)
            if proposals.documents:
                proposals.segments = _without_repeated_findings(table, proposals)
        return proposals

    # -- documents

    def _documents(self, table: Table, damage: Mapping[int, int]) -> Iterator[Proposal]:
        rows = np.flatnonzero(table.doc_words >= self._config.min_words)
        hurt = _lookup(damage, table.doc_index)
        rank = _rank([hurt, -table.doc_words.astype(np.int64)], self._config.keep)
        first = _first_of_equals(table.doc_content, rows, rank)
        for row in rows:
            if first[row] != row:
                yield Proposal(int(row), int(first[row]), None, True)
        distinct = rows[first[rows] == rows]
        yield from self._near(table, distinct, table.doc_bands[distinct], rank, self._document_match)

    def _document_match(self, table: Table, row: int, other: int) -> Match:
        return self._match(
            table.doc_content[row].tobytes(),
            table.doc_content[other].tobytes(),
            (int(table.doc_text_at[row]), int(table.doc_text_length[row])),
            (int(table.doc_text_at[other]), int(table.doc_text_length[other])),
        )

    # -- segments

    def _segments(self, table: Table, damage: Mapping[int, int], gone_documents: set[int]) -> list[Proposal]:
        doc_row = np.searchsorted(table.doc_index, table.document)
        alive = ~np.isin(doc_row, np.fromiter(gone_documents, dtype=np.int64))
        rows = np.flatnonzero((table.band_row >= 0) & alive)
        hurt = _lookup(damage, table.document)
        rank = _rank([hurt, -table.words.astype(np.int64)], self._config.keep)
        alone = self._config.scope == "document"
        first = _first_of_equals(table.content, rows, rank, table.document if alone else None)
        exact = {int(row): int(first[row]) for row in rows if first[row] != row}
        distinct = rows[first[rows] == rows]
        near: dict[int, Proposal] = {}
        for proposal in self._near(table, distinct, table.bands[table.band_row[distinct]], rank, self._segment_match):
            near[proposal.row] = proposal
        proposals: dict[int, Proposal] = {}
        for row, canonical in exact.items():
            parent = near.get(canonical)
            if parent is not None and parent.remove:
                # The same words as the near duplicate, so the comparison holds for them too.
                proposals[row] = Proposal(row, parent.canonical, parent.match, True)
            else:
                proposals[row] = Proposal(row, canonical, None, True)
        proposals.update(near)
        _take_short_lines_along(table, proposals, alive)
        return [proposals[row] for row in sorted(proposals)]

    def _segment_match(self, table: Table, row: int, other: int) -> Match | None:
        if self._config.scope == "document" and table.document[row] != table.document[other]:
            return None
        return self._match(
            table.content[row].tobytes(),
            table.content[other].tobytes(),
            (int(table.text_at[row]), int(table.text_length[row])),
            (int(table.text_at[other]), int(table.text_length[other])),
        )

    # -- both

    def _near(
        self,
        table: Table,
        rows: I64,
        bands: npt.NDArray[np.uint32],
        rank: I64,
        match: Callable[[Table, int, int], Match | None],
    ) -> Iterator[Proposal]:
        """Walk the rows in priority order; each is held against the kept ones it may be near to."""
        if self._config.near == "off":
            return
        pairs = candidate_pairs(bands, rank[rows])
        removed: set[int] = set()
        at = 0
        while at < len(pairs):
            to = at
            while to < len(pairs) and pairs[to, 1] == pairs[at, 1]:
                to += 1
            row = int(rows[pairs[at, 1]])
            best: Proposal | None = None
            for other in pairs[at:to, 0]:
                canonical = int(rows[other])
                if canonical in removed:
                    continue
                found = match(table, row, canonical)
                if found is None or found.similarity < self._config.near_threshold:
                    continue
                proposal = Proposal(row, canonical, found, self._removes(found))
                if best is None or _value(proposal) > _value(best):
                    best = proposal
            if best is not None:
                if best.remove:
                    removed.add(row)
                yield best
            at = to

    def _removes(self, match: Match) -> bool:
        if self._config.near == "all":
            return True
        if self._config.near == "review" or self._config.profile == "safe":
            return False
        return match.safe and match.similarity >= self._config.remove_threshold

    def _match(self, key: bytes, other_key: bytes, place: tuple[int, int], other_place: tuple[int, int]) -> Match:
        known = self._known.get((key, other_key))
        if known is not None:
            return known
        shorter, longer = sorted((place[1], other_place[1]))
        match = Match(0.0, False, ())
        if longer < 64 or shorter > longer * self._config.near_threshold / 3:
            # A text of a third of the bytes cannot have the words; below that nothing is read.
            ours = self._store.read(*place).decode("utf-8").split()
            theirs = self._store.read(*other_place).decode("utf-8").split()
            if similarity_bound(ours, theirs) >= self._config.near_threshold:
                found = compare(ours, theirs)
                shown = tuple((" ".join(d.ours), " ".join(d.theirs)) for d in found.differences[:_SHOWN])
                match = Match(round(found.similarity, 4), loses_nothing(found.differences), shown)
        self._known[key, other_key] = match
        return match


def _value(proposal: Proposal) -> tuple[bool, float]:
    assert proposal.match is not None
    return proposal.remove, proposal.match.similarity


def _lookup(counts: Mapping[int, int], documents: I64) -> I64:
    """Return int64 counts by document, 0 where there are none."""
    result = np.zeros(len(documents), dtype=np.int64)
    if counts:
        keys = np.array(sorted(counts), dtype=np.int64)
        values = np.array([counts[key] for key in sorted(counts)], dtype=np.int64)
        at = np.clip(np.searchsorted(keys, documents), 0, len(keys) - 1)
        result = np.where(keys[at] == documents, values[at], 0)
    return result


def _rank(columns: list[npt.NDArray[np.int64]], keep: str) -> I64:
    """Return int64 ranks, 0 the best: by policy, ties by place."""
    damage, length = columns
    count = len(damage)
    place = np.arange(count)
    chosen = {"best": [damage, length, place], "longest": [length, place], "first": [place]}[keep]
    order = np.lexsort(chosen[::-1])
    rank = np.empty(count, dtype=np.int64)
    rank[order] = place
    return rank


def _first_of_equals(content: npt.NDArray[np.uint64], rows: I64, rank: I64, group: I64 | None = None) -> I64:
    """Return int64, for each row of the table the best-ranked of *rows* with equal content.

    Rows that are not in *rows* stand for themselves. With *group*, only rows of the same
    group can be equal.
    """
    first = np.arange(len(content), dtype=np.int64)
    if len(rows) == 0:
        return first
    keys = [rank[rows], content[rows, 0], content[rows, 1]]
    if group is not None:
        keys.append(group[rows])
    order = rows[np.lexsort(keys)]
    new = np.ones(len(order), dtype=bool)
    same = (content[order[1:]] == content[order[:-1]]).all(axis=1)
    if group is not None:
        same &= group[order[1:]] == group[order[:-1]]
    new[1:] = ~same
    heads = order[new]
    first[order] = np.repeat(heads, np.diff(np.append(np.flatnonzero(new), len(order))))
    return first


def _take_short_lines_along(table: Table, proposals: dict[int, Proposal], alive: npt.NDArray[np.bool_]) -> None:
    """Add the short lines that stand inside a repeated block, and those at its ends.

    By itself a short line is never a duplicate. Between two removed segments it goes
    with them if the same line stands between their canonicals. At the head of a block it goes
    if the block has three segments or repeats its own document (a title over a
    body pasted twice); at the foot only where nothing that stays follows it,
    since there it may be the heading of what follows.
    """
    used = {proposal.canonical for proposal in proposals.values()}
    long = table.band_row >= 0

    def goes(row: int, canonical: int) -> bool:
        return (
            0 <= row < len(long)
            and 0 <= canonical < len(long)
            and not long[row]
            and alive[row]
            and alive[canonical]
            and row not in proposals
            and row not in used
            and canonical not in proposals
            and row != canonical
            and bool((table.content[row] == table.content[canonical]).all())
        )

    def take(row: int, canonical: int) -> None:
        proposals[row] = Proposal(row, canonical, None, True)
        used.add(canonical)

    seeds = [proposals[row] for row in sorted(proposals) if proposals[row].remove]
    blocks: list[list[Proposal]] = []
    for seed in seeds:
        last = blocks[-1][-1] if blocks else None
        gap = seed.row - last.row if last else 0
        if (
            last is not None
            and gap == seed.canonical - last.canonical
            and table.document[seed.row] == table.document[last.row]
            and table.document[seed.canonical] == table.document[last.canonical]
            and all(goes(last.row + k, last.canonical + k) for k in range(1, gap))
        ):
            for k in range(1, gap):
                take(last.row + k, last.canonical + k)
            blocks[-1].append(seed)
        else:
            blocks.append([seed])
    for block in blocks:
        head, tail = block[0], block[-1]
        document, other = table.document[head.row], table.document[head.canonical]
        if len(block) < 3 and document != other:
            continue

        def inside(row: int, canonical: int, document: int = document, other: int = other) -> bool:
            return goes(row, canonical) and table.document[row] == document and table.document[canonical] == other

        row, canonical = head.row - 1, head.canonical - 1
        while inside(row, canonical):
            take(row, canonical)
            row, canonical = row - 1, canonical - 1
        first_canonical = canonical + 1
        found = []
        row, canonical = tail.row + 1, tail.canonical + 1
        if not inside(row, canonical):
            canonical = first_canonical  # another copy begins and breaks off
        while inside(row, canonical):
            found.append((row, canonical))
            row, canonical = row + 1, canonical + 1
        at_end = row >= len(long) or table.document[row] != document or row in proposals
        if at_end:
            for pair in found:
                take(*pair)


def _without_repeated_findings(table: Table, proposals: Proposals) -> list[Proposal]:
    """Drop what a document finding has said already: the only paragraph of a reviewed document."""
    counts = np.diff(table.first_rows())
    single = {(proposal.row, proposal.canonical) for proposal in proposals.documents if counts[proposal.row] <= 1}
    if not single:
        return proposals.segments
    doc_row = np.searchsorted(table.doc_index, table.document)
    return [p for p in proposals.segments if (int(doc_row[p.row]), int(doc_row[p.canonical])) not in single]
