"""Document frequency of lines: furniture that no lexicon knows shows by coming back.

Owns the table of lines that stand in three documents or more, made of what
``counting`` finds, and what a line in it is worth.

Frequency alone flags structure too: ``DESCRIPTION`` stands in nearly every manual
page. What tells the two apart is the line that follows: it differs from page to
page under a heading, and is the same, or the end of the text, in a block of
furniture. That *successor test* is made with the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dedupe.boilerplate.counting import MIN_DOCUMENTS, NO_KEYS, Chunks, block_rows, count_lines, find_all
from dedupe.model import Point
from dedupe.workfiles import WorkFolder

T = TypeVar("T", bound=np.generic)

MIN_SHARE = 0.2
"""Of its source, so many documents have to have a line, by the lower end of the interval; by the upper end, so many of
all its sources."""

COMMON, AT_ENDS = 0.9, 0.995
"""Shares of the documents of its source from which on nearly all have a line, and of its places from which on it is
always near an end. What stands in most documents alone may be one of the values of a field (``Full-time``)."""


def wilson_lower(successes: ArrayLike, trials: ArrayLike) -> NDArray[np.float64]:
    """Return the lower end of the 95% Wilson interval of a share (Wilson 1927), 0 where nothing was tried.

    Unlike the plain share it asks for more evidence when trials are few.

    >>> wilson_lower([3, 30, 28, 0], [3, 30, 100, 0]).round(2).tolist()
    [0.44, 0.89, 0.2, 0.0]
    """
    z = 1.96
    tried = np.maximum(np.asarray(trials, np.float64), 1.0)
    share = np.asarray(successes, np.float64) / tried
    centre = share + z * z / (2 * tried)
    spread = z * np.sqrt(share * (1 - share) / tried + z * z / (4 * tried * tried))
    lower: NDArray[np.float64] = np.maximum(0.0, (centre - spread) / (1 + z * z / tried))
    return np.where(np.equal(trials, 0), 0.0, lower)


def is_rare(documents: ArrayLike, population: ArrayLike) -> NDArray[np.bool_]:
    """Tell of lines whether next to none of the documents of the sources that have them has them.

    *documents* of the *population* in those sources have the line. Furniture stands on a good part of the pages of its
    sites; what stands on one page of each is a text that they have in common, as translations of a manual do.

    >>> is_rare([8, 3, 2], [112, 3, 28]).tolist()
    [True, False, False]
    """
    found: NDArray[np.bool_] = wilson_lower(np.subtract(population, documents), population) > 1 - MIN_SHARE
    return found


def _site_tier(sites: NDArray[np.int32]) -> NDArray[np.int64]:
    """How many of the thresholds of ``site_points`` a number of sources passes."""
    return np.searchsorted([2, 3, 5, 20], sites, side="right")


class Evidence(NamedTuple):
    """What is known of one line in one source.

    ``df`` documents of ``documents`` have it; ``sites`` sources have it at all.
    ``successor_ratio`` is 0 when the same line always follows and 1 when another
    one follows each time; ``is_block`` whether the line is part of a constant block
    (the successor test); ``edge_ratio`` the share of its occurrences within six
    lines of the start or end of a document. One that ``is_rare`` is content that its sources have in common.
    """

    df: int
    documents: int
    wilson: float
    successor_ratio: float
    is_block: bool
    edge_ratio: float
    sites: int
    is_rare: bool

    @property
    def speaks(self) -> bool:
        """Whether a line that says nothing itself gets any points for it, wherever it stands."""
        return bool(self.points(trusted=False, at_edge=True))

    @property
    def is_at_ends(self) -> bool:
        """Whether the line always stands near the start or the end of the documents of its source."""
        return self.edge_ratio >= AT_ENDS

    @property
    def is_common(self) -> bool:
        """Whether nearly all documents of its source have the line, and surely half of them."""
        return self.wilson >= 0.5 and self.df >= COMMON * self.documents

    @property
    def is_partial(self) -> bool:
        """Whether some documents of its source have the line and surely others have not."""
        return bool(1 - wilson_lower(self.documents - self.df, self.documents) < COMMON)

    @lru_cache(maxsize=1 << 12)  # noqa: B019 - named tuples of numbers, which equal ones share
    def points(self, *, trusted: bool, at_edge: bool) -> tuple[Point, ...]:
        """Return the points for frequency in the own source and for the number of sources."""
        both = (
            self.source_points(trusted=trusted, at_edge=at_edge),
            self.site_points(trusted=trusted, at_edge=at_edge),
        )
        return tuple([point for point in both if point is not None])

    def source_points(self, *, trusted: bool, at_edge: bool) -> Point | None:
        """Return the points for frequency in the own source, None when there are none.

        *trusted* lines (share buttons and the like) need not pass the successor test:
        what follows ``Prev`` in a navigation bar varies. In the middle of a text the
        points are capped: a heading may have the same first words under it everywhere.
        """
        if self.df < MIN_DOCUMENTS or self.wilson < MIN_SHARE or not (trusted or self.is_block):
            return None
        where = ", always at an edge" if self.is_at_ends else ""
        detail = f"in {self.df} of {self.documents} documents of its source{where}"
        return Point("source-df", 3.0 if self.wilson >= 0.5 and (at_edge or trusted) else 2.0, detail)

    def site_points(self, *, trusted: bool, at_edge: bool) -> Point | None:
        """Return the points for the number of sources, None for fewer than two.

        In the middle of a text they are capped, for headings recur across sources.
        """
        is_heading = self.df >= MIN_DOCUMENTS and not self.is_block  # in its own source, and so everywhere
        if not trusted and (self.is_rare or is_heading):
            return None
        value = next(
            (points for least, points in ((20, 3.0), (5, 2.5), (3, 2.0), (2, 1.0)) if self.sites >= least), 0.0
        )
        if not value:
            return None
        return Point("sites", value if at_edge else min(value, 1.5), f"on {self.sites} sources")


@dataclass(frozen=True)
class LineFrequencies:
    """The frequent lines of a corpus; everything else is forgotten.

    Flat arrays, so that the table is small (about 50 bytes a line), cheap to send to
    other processes, and the same whatever the order in which it was counted.
    """

    keys: NDArray[np.uint64]
    """Frequent keys, sorted."""
    sites: NDArray[np.int32]
    """Number of sources of each key."""
    rare: NDArray[np.bool_]
    """Whether the line of each key is rare in its sources."""
    documents: NDArray[np.int64]
    """Number of countable documents of each source."""
    names: tuple[str, ...] = ()
    """Names of the sources, when sources are to be asked for by name."""
    _starts: NDArray[np.int64] = field(default_factory=lambda: np.zeros(1, np.int64), repr=False)
    _source: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32), repr=False)
    _df: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32), repr=False)
    _occurrences: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32), repr=False)
    _successors: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32), repr=False)
    _block: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_), repr=False)
    _edges: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32), repr=False)

    @classmethod
    def build(
        cls,
        chunks: Chunks,
        sources: NDArray[np.int32],
        countable: NDArray[np.bool_],
        folder: WorkFolder,
        names: Sequence[str] = (),
        jobs: int = 1,
        passing: NDArray[np.uint64] = NO_KEYS,
    ) -> LineFrequencies:
        """Count the lines of a corpus, by so many *jobs* at a time, with work files in *folder*.

        *chunks* gives the corpus, anew each time it is called, in pieces of whole documents: for
        each line the number of its document, and its key. *sources* has by document number
        the number of the source. Documents that are not *countable* (copies of another) give
        neither counts nor trials: three reposts would otherwise make a whole article
        look like furniture. What follows a line is what does without the lines with one of the keys *passing*, sorted.
        """
        source_count = max(len(names), int(sources.max(initial=-1)) + 1)
        documents = np.bincount(sources[countable], minlength=source_count).astype(np.int64)
        shards = [
            (
                shard.keys,
                shard.totals["sources"],
                is_rare(shard.totals["documents"], shard.totals["population"]),
                shard.row_counts,
                shard.rows,
            )
            for shard in count_lines(chunks, sources, countable, documents, folder, jobs, passing)
        ]
        keys, sites, rare, row_counts, rows = map(np.concatenate, zip(*shards, strict=True))
        starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(row_counts)])
        return cls(
            keys=keys,
            sites=sites,
            rare=rare,
            documents=documents,
            names=tuple(names),
            _starts=starts,
            _source=rows["source"].copy(),
            _df=rows["documents"].copy(),
            _occurrences=rows["lines"].copy(),
            _successors=rows["successors"].copy(),
            _edges=rows["edges"].copy(),
            _block=block_rows(keys, starts, rows),
        )

    def __len__(self) -> int:
        return len(self.keys)

    def frequent(self, keys: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Tell for each of *keys* whether it is frequent; a document without any can be skipped."""
        return find_all(self.keys, keys)[1]

    def undecided(self) -> NDArray[np.uint64]:
        """Return the keys of lines that are frequent in a source, but not in a constant block, by what follows them."""
        undecided = np.zeros(len(self.keys), dtype=bool)
        undecided[self._slots()[(self._lower >= MIN_SHARE) & ~self._block]] = True
        return self.keys[undecided]

    def with_blocks_of(self, other: LineFrequencies) -> LineFrequencies:
        """Return this table with the constant blocks of another one, in which other lines of the same corpus follow."""
        return replace(self, _block=self._block | other._block)

    def evidence(self, source: int | str, key: int) -> Evidence | None:
        """Return what is known of the line with this *key* in *source*; None if it is not frequent.

        A source that was not counted has no documents, and its lines only the
        evidence of other sources.
        """
        wanted = np.array([key], dtype=np.uint64)
        if not self.frequent(wanted).all():
            return None
        ((found,), _) = self.look_up(np.array([self.number(source)]), wanted)
        return found

    def look_up(self, sources: NDArray[np.int64], keys: NDArray[np.uint64]) -> tuple[list[Evidence], NDArray[np.int64]]:
        """Return what is known of frequent lines, given by the numbers of their *sources* and their *keys*.

        It comes as the different pieces of evidence, and for each line which of these is about it, int64.
        """
        width = len(self.documents) + 1  # a number for all that were not counted
        places = np.searchsorted(self.keys, keys)
        sources = np.where((sources >= 0) & (sources < width - 1), sources, width - 1)
        lines, which = np.unique(places * width + sources, return_inverse=True)
        slot, source = np.divmod(lines, width)
        rows, has_row = find_all(self._slots() * width + self._source, lines)

        def of_row(column: NDArray[T], default: float) -> list[Any]:
            values = np.full(len(lines), default, dtype=column.dtype)
            values[has_row] = column[rows[has_row]]
            return list(values.tolist())

        columns = (
            of_row(self._df, 0),
            np.append(self.documents, 0)[source].tolist(),
            of_row(self._lower, 0.0),
            of_row((self._successors - 1) / np.maximum(1, self._occurrences - 1), 1.0),
            of_row(self._block, False),
            of_row(self._edges / self._occurrences, 0.0),
            self.sites[slot].tolist(),
            self.rare[slot].tolist(),
        )
        return list(map(Evidence._make, zip(*columns, strict=True))), which

    def points(self, source: int | str, key: int, *, trusted: bool = False, at_edge: bool = True) -> list[Point]:
        """Return the points of one line, as the score counts them."""
        found = self.evidence(source, key)
        return [] if found is None else list(found.points(trusted=trusted, at_edge=at_edge))

    def raised_since(self, earlier: LineFrequencies) -> NDArray[np.uint64]:
        """Return the keys for which this table has more evidence in some source than *earlier* has.

        Only documents with such a line can score higher than they did with *earlier*. More
        evidence is also a line that was a heading in its own source and is too rare there
        now: that it stands in others counts from now on.
        """
        if not len(self.keys):
            return np.zeros(0, np.uint64)
        old, known = find_all(earlier.keys, self.keys)
        raised = ~known
        raised[known] = _site_tier(self.sites[known]) > _site_tier(earlier.sites[old[known]])
        raised[known] |= earlier.rare[old[known]] & ~self.rare[known]

        width = max(len(self.documents), len(earlier.documents), 1)
        slots, old_slots = self._slots(), earlier._slots()
        before, counted = find_all(old_slots * width + earlier._source, old[slots] * width + self._source)
        counted &= known[slots]
        stronger = ~counted
        here, there = np.nonzero(counted)[0], before[counted]
        stronger[here] = (self._tier()[here] > earlier._tier()[there]) | (self._block[here] > earlier._block[there])
        stronger[here] |= self._is_at_ends[here] > earlier._is_at_ends[there]
        raised[slots[stronger]] = True

        still, kept = find_all(self.keys, earlier.keys)
        _, same_row = find_all(slots * width + self._source, still[old_slots] * width + earlier._source)
        freed = kept[old_slots] & ~same_row & ~earlier._block
        raised[still[old_slots[freed]]] = True
        return self.keys[raised]

    def _slots(self) -> NDArray[np.int64]:
        """The place in ``keys`` of each row."""
        return np.repeat(np.arange(len(self.keys)), np.diff(self._starts))

    def _tier(self) -> NDArray[np.int64]:
        """Of each row, how many of the three thresholds of frequency it passes."""
        is_common = self._df >= COMMON * self.documents[self._source]
        return (self._lower >= 0.2).astype(np.int64) + (self._lower >= 0.5) + is_common

    @property
    def _is_at_ends(self) -> NDArray[np.bool_]:
        """Of each row, whether its line always stands near the start or the end of documents."""
        at_ends: NDArray[np.bool_] = self._edges >= AT_ENDS * self._occurrences
        return at_ends

    @cached_property
    def _lower(self) -> NDArray[np.float64]:
        """Of each row, the least share of the documents of its source that surely have the line."""
        return wilson_lower(self._df, self.documents[self._source])

    def number(self, source: int | str) -> int:
        """Return the number of a source, -1 if it was not counted."""
        if isinstance(source, int):
            return source
        return self.names.index(source) if source in self.names else -1
