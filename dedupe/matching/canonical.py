"""Matches to proposals: which segment or document would go, and which one it repeats.

Greedy by priority and direct neighbours only: segments are walked in priority order, and
one is proposed for removal if a kept one matches it directly. There are no chains,
so similarity never drifts. What stands around a proposal (is it a refrain, a table
row?) is not known here; :mod:`dedupe.cleaning.decide` looks at that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dedupe.config import Config
from dedupe.matching.candidates import candidate_pairs
from dedupe.matching.differences import loses_nothing
from dedupe.matching.table import Table, TextStore
from dedupe.matching.verify import compare_texts

I64 = npt.NDArray[np.int64]

#: Differing places kept as evidence for a near duplicate.
_SHOWN = 8
#: After so many kept texts that a text is near to, no better one is looked for.
_ENOUGH = 4


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
class SegmentProposals:
    """Proposals for segments in columns, by row: a corpus can have millions.

    ``rows`` and ``canonicals`` int64, ``removes`` bool; ``matches`` holds the comparisons of
    the rows that are near duplicates.
    """

    rows: I64
    canonicals: I64
    removes: npt.NDArray[np.bool_]
    matches: dict[int, Match]

    def between(self, first: int, last: int) -> Iterator[Proposal]:
        """Yield the proposals for rows from *first* up to *last*, in order."""
        low, high = np.searchsorted(self.rows, [first, last])
        for at in range(low, high):
            row = int(self.rows[at])
            yield Proposal(row, int(self.canonicals[at]), self.matches.get(row), bool(self.removes[at]))


@dataclass(slots=True)
class Proposals:
    """What matching found."""

    documents: list[Proposal]
    segments: SegmentProposals


class Matcher:
    """Finds duplicates in a table; remembers comparisons, so that planning again is cheap."""

    def __init__(self, config: Config, store: TextStore) -> None:
        self._config = config
        self._store = store
        self._known: dict[bytes, Match] = {}
        self._last: tuple[Table, int, Proposals] | None = None

    def find(self, table: Table, damage: Mapping[int, int]) -> Proposals:
        """Return the proposals for the whole table. *damage* counts repairs by document."""
        if self._last is not None and self._last[0] is table and self._last[1] == len(damage):
            return self._last[2]
        documents: list[Proposal] = []
        if self._config.unit != "paragraph" and self._config.scope == "corpus":
            documents = list(self._documents(table, damage))
        if self._config.unit == "document":
            segments = _no_segments()
        else:
            gone = [proposal.row for proposal in documents if proposal.remove]
            segments = self._segments(table, damage, np.array(gone, dtype=np.int64))
            _drop_repeated_findings(table, documents, segments)
        proposals = Proposals(documents, segments)
        self._last = (table, len(damage), proposals)
        return proposals

    # -- documents

    def _documents(self, table: Table, damage: Mapping[int, int]) -> Iterator[Proposal]:
        rows = np.flatnonzero(table.doc_words >= self._config.min_words)
        hurt = _lookup(damage, table.doc_index)
        rank = _rank([hurt, -table.doc_words.astype(np.int64)], self._config.keep)
        first = _first_of_equals(table.doc_content, rows, rank)
        for row in rows[first[rows] != rows]:
            yield Proposal(int(row), int(first[row]), None, True)
        distinct = rows[first[rows] == rows]
        yield from self._near(table, distinct, table.doc_bands[distinct], rank, self._document_match, whole=True)

    def _document_match(self, table: Table, row: int, other: int) -> Match:
        return self._match(
            table.doc_content[row].tobytes() + table.doc_content[other].tobytes(),
            (int(table.doc_text_at[row]), int(table.doc_text_length[row])),
            (int(table.doc_text_at[other]), int(table.doc_text_length[other])),
        )

    # -- segments

    def _segments(self, table: Table, damage: Mapping[int, int], gone: I64) -> SegmentProposals:
        doc_row = np.searchsorted(table.doc_index, table.document)
        alive = ~np.isin(doc_row, gone)
        rows = np.flatnonzero((table.band_row >= 0) & alive)
        hurt = _lookup(damage, table.document)
        rank = _rank([hurt, -table.words.astype(np.int64)], self._config.keep)
        alone = self._config.scope == "document"
        first = _first_of_equals(table.content, rows, rank, table.document if alone else None)
        distinct = rows[first[rows] == rows]
        canonical = np.full(len(table.document), -1, dtype=np.int64)
        removes = np.zeros(len(table.document), dtype=bool)
        matches: dict[int, Match] = {}
        for proposal in self._near(
            table, distinct, table.bands[table.band_row[distinct]], rank, self._segment_match, whole=False
        ):
            assert proposal.match is not None
            canonical[proposal.row] = proposal.canonical
            removes[proposal.row] = proposal.remove
            matches[proposal.row] = proposal.match
        exact = rows[first[rows] != rows]
        heads = first[exact]
        canonical[exact] = heads
        for row in exact[removes[heads]]:
            # The same words as the near duplicate, so its comparison holds for this one too.
            head = int(first[row])
            canonical[row] = canonical[head]
            matches[int(row)] = matches[head]
        removes[exact] = True
        _take_short_lines_along(table, canonical, removes, alive)
        found = np.flatnonzero(canonical >= 0)
        return SegmentProposals(found, canonical[found], removes[found], matches)

    def _segment_match(self, table: Table, row: int, other: int) -> Match | None:
        if self._config.scope == "document" and table.document[row] != table.document[other]:
            return None
        return self._match(
            table.content[row].tobytes() + table.content[other].tobytes(),
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
        *,
        whole: bool,
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
            verified = 0
            for other in pairs[at:to, 0]:
                canonical = int(rows[other])
                if canonical in removed:
                    continue
                found = match(table, row, canonical)
                if found is None or found.similarity < self._config.near_threshold:
                    continue
                proposal = Proposal(row, canonical, found, self._removes(found, whole=whole))
                if best is None or _value(proposal) > _value(best):
                    best = proposal
                verified += 1
                if verified == _ENOUGH:
                    break
            if best is not None:
                if best.remove:
                    removed.add(row)
                yield best
            at = to

    def _removes(self, match: Match, *, whole: bool) -> bool:
        # With ``all`` a document goes paragraph by paragraph: as a whole it would take along
        # the paragraphs that have no near copy.
        if self._config.near == "all" and not whole:
            return True
        if self._config.near == "review" or self._config.profile == "safe":
            return False
        return match.safe and match.similarity >= self._config.remove_threshold

    def _match(self, key: bytes, place: tuple[int, int], other_place: tuple[int, int]) -> Match:
        known = self._known.get(key)
        if known is not None:
            return known
        shorter, longer = sorted((place[1], other_place[1]))
        match = _NO_MATCH
        if longer < 64 or shorter > longer * self._config.near_threshold / 3:
            # A text of a third of the bytes cannot have the words; below that nothing is read.
            texts = [self._store.read(*place), self._store.read(*other_place)]
            compared = compare_texts(texts, np.array([[0, 1]]), self._config.near_threshold)
            if compared.similarity[0] > 0:
                differences = compared.differences(0)
                shown = tuple((_shown(d.ours), _shown(d.theirs)) for d in differences[:_SHOWN])
                safe = loses_nothing(differences, texts[1].decode("utf-8"))
                match = Match(round(float(compared.similarity[0]), 4), safe, shown)
        self._known[key] = match
        return match


def _shown(words: tuple[str, ...]) -> str:
    return " ".join(words).casefold()


_NO_MATCH = Match(0.0, False, ())


def _no_segments() -> SegmentProposals:
    nothing = np.zeros(0, dtype=np.int64)
    return SegmentProposals(nothing, nothing, np.zeros(0, dtype=bool), {})


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


def _take_short_lines_along(
    table: Table, canonical: I64, removes: npt.NDArray[np.bool_], alive: npt.NDArray[np.bool_]
) -> None:
    """Add the short lines that stand inside a repeated block, and those at its ends.

    By itself a short line is never a duplicate. Between two removed segments it goes
    with them if the same line stands between their canonicals. At the head of a block it goes
    if the block has three segments or repeats its own document (a title over a
    body pasted twice); at the foot only where nothing that stays follows it,
    since there it may be the heading of what follows.
    """
    seeds = np.flatnonzero(removes)
    if not len(seeds):
        return
    document = table.document
    used = np.zeros(len(document), dtype=bool)
    used[canonical[canonical >= 0]] = True
    free = (table.band_row < 0) & alive

    def goes(row: int, other: int) -> bool:
        return bool(
            0 <= row < len(document)
            and 0 <= other < len(document)
            and row != other
            and free[row]
            and alive[other]
            and canonical[row] < 0
            and canonical[other] < 0
            and not used[row]
            and (table.content[row] == table.content[other]).all()
        )

    def take(row: int, other: int) -> None:
        canonical[row] = other
        removes[row] = True
        used[other] = True

    others = canonical[seeds]
    gaps = np.diff(seeds)
    joined = (
        (gaps == np.diff(others))
        & (document[seeds[1:]] == document[seeds[:-1]])
        & (document[others[1:]] == document[others[:-1]])
    )
    for at in np.flatnonzero(joined & (gaps > 1)):
        row, other = int(seeds[at]), int(others[at])
        between = range(1, int(gaps[at]))
        if all(goes(row + k, other + k) for k in between):
            for k in between:
                take(row + k, other + k)
        else:
            joined[at] = False
    heads = np.flatnonzero(np.concatenate([[True], ~joined]))
    tails = np.append(heads[1:], len(seeds)) - 1
    own = document[seeds[heads]] == document[others[heads]]
    for head, tail in zip(heads[own | (tails - heads >= 2)], tails[own | (tails - heads >= 2)], strict=True):
        here, there = document[seeds[head]], document[others[head]]

        def inside(row: int, other: int, here: int = here, there: int = there) -> bool:
            return goes(row, other) and document[row] == here and document[other] == there

        row, other = int(seeds[head]) - 1, int(others[head]) - 1
        while inside(row, other):
            take(row, other)
            row, other = row - 1, other - 1
        first = other + 1
        found = []
        row, other = int(seeds[tail]) + 1, int(others[tail]) + 1
        if not inside(row, other):
            other = first  # another copy begins and breaks off
        while inside(row, other):
            found.append((row, other))
            row, other = row + 1, other + 1
        if row >= len(document) or document[row] != here or removes[row]:
            for pair in found:
                if goes(*pair):
                    take(*pair)


def _drop_repeated_findings(table: Table, documents: list[Proposal], segments: SegmentProposals) -> None:
    """Drop what a document finding has said already: the only paragraph of a reviewed document."""
    counts = np.diff(table.first_rows())
    single = {(p.row, p.canonical) for p in documents if counts[p.row] <= 1}
    if not single:
        return
    doc_row = np.searchsorted(table.doc_index, table.document)
    pairs = zip(doc_row[segments.rows].tolist(), doc_row[segments.canonicals].tolist(), strict=True)
    keep = np.array([pair not in single for pair in pairs], dtype=bool)
    segments.rows, segments.canonicals, segments.removes = (
        segments.rows[keep], segments.canonicals[keep], segments.removes[keep],
    )  # fmt: skip
