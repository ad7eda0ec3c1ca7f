"""Document frequency of lines: furniture that no lexicon knows shows by coming back.

Owns the table of lines that stand in three documents or more. The keys of all lines
(:func:`dedupe.text.masks.line_keys`) are all that has to be kept of a corpus; the table is made
from them in one vectorised pass.

Frequency alone flags structure too: ``DESCRIPTION`` stands in nearly every manual
page. What tells the two apart is the line that follows: it differs from page to
page under a heading, and is the same, or the end of the text, in a block of
furniture. That *successor test* is made with the table.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dedupe.model import Point

MIN_DOCUMENTS = 3
"""Two documents that share a line prove nothing."""
EDGE_LINES = 6
MAX_SUCCESSOR_RATIO = 0.25

_SHARDS = 16
_END = np.uint64(1)  # the successor of the last line of a document; no key is so small


def wilson_lower(successes: int, trials: int) -> float:
    """Return the lower end of the 95% Wilson interval of a share (Wilson 1927).

    Unlike the plain share it asks for more evidence when trials are few.

    >>> [round(wilson_lower(*pair), 2) for pair in ((3, 3), (30, 30), (28, 100), (0, 0))]
    [0.44, 0.89, 0.2, 0.0]
    """
    if not trials:
        return 0.0
    z = 1.96
    share = successes / trials
    centre = share + z * z / (2 * trials)
    spread = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    return max(0.0, (centre - spread) / (1 + z * z / trials))


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one line in one source.

    ``df`` documents of ``documents`` have it; ``sites`` sources have it at all.
    ``successor_ratio`` is 0 when the same line always follows and 1 when another
    one follows each time; ``is_block`` whether the line is part of a constant block
    (the successor test); ``edge_ratio`` the share of its occurrences within six
    lines of the start or end of a document.
    """

    df: int
    documents: int
    wilson: float
    successor_ratio: float
    is_block: bool
    edge_ratio: float
    sites: int

    def source_points(self, *, trusted: bool, at_edge: bool) -> Point | None:
        """Return the points for frequency in the own source, None when there are none.

        *trusted* lines (share buttons and the like) need not pass the successor test:
        what follows ``Prev`` in a navigation bar varies. In the middle of a text the
        points are capped: a heading may have the same first words under it everywhere.
        """
        if self.df < MIN_DOCUMENTS or self.wilson < 0.2 or not (trusted or self.is_block):
            return None
        where = ", always at an edge" if self.edge_ratio >= 0.995 else ""
        detail = f"in {self.df} of {self.documents} documents of its source{where}"
        return Point("source-df", 3.0 if self.wilson >= 0.5 and (at_edge or trusted) else 2.0, detail)

    def site_points(self, *, trusted: bool, at_edge: bool) -> Point | None:
        """Return the points for the number of sources, None for fewer than two.

        In the middle of a text they are capped, for headings recur across sources.
        """
        if self.df >= MIN_DOCUMENTS and not self.is_block and not trusted:
            return None  # a heading in its own source is one everywhere
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
        keys: NDArray[np.uint64],
        offsets: NDArray[np.int64],
        sources: NDArray[np.int32],
        countable: NDArray[np.bool_] | None = None,
        names: Sequence[str] = (),
    ) -> LineFrequencies:
        """Count the lines of a corpus.

        *keys* are those of all documents one after the other, document ``d`` having
        ``keys[offsets[d]:offsets[d + 1]]``; *sources* numbers the source of each
        document from 0. Documents that are not *countable* (copies of another) give
        neither counts nor trials: three reposts would otherwise make a whole article
        look like furniture.

        The lines are worked off in sixteen shards by key, so the memory needed above
        that of *keys* is about 13 bytes a line plus a sixteenth of 60.
        """
        size = len(offsets) - 1
        counted = np.ones(size, np.bool_) if countable is None else countable
        lengths = np.diff(offsets)
        source_count = max(len(names), int(sources.max()) + 1 if size else 0)
        documents = np.bincount(sources[counted], minlength=source_count).astype(np.int64)

        # under a label stands a value: a line of figures counts as another one each time
        following = np.empty_like(keys)
        following[:-1] = np.where(
            keys[1:] & np.uint64(1), keys[1:], np.arange(1, len(keys), dtype=np.uint64) << np.uint64(1)
        )
        if len(keys):
            following[offsets[1:][lengths > 0] - 1] = _END
        of_document = np.repeat(np.arange(size, dtype=np.int32), lengths)
        usable = ((keys & np.uint64(1)) == 1) & counted[of_document]

        shards = []
        for number in range(_SHARDS):
            inside = usable & ((keys >> np.uint64(60)) == np.uint64(number))
            index = np.nonzero(inside)[0]
            document = of_document[index]
            position = index - offsets[:-1][document]
            near_edge = (position < EDGE_LINES) | (position >= lengths[document] - EDGE_LINES)
            shards.append(_count(keys[index], document, sources[document], following[index], near_edge))
        parts = [np.concatenate(column) for column in zip(*shards, strict=True)]
        all_keys, sites, rows = parts[0], parts[1], parts[2]
        starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(rows)])
        block = _blocks(all_keys, starts, parts[3], parts[8], (parts[6] - 1) <= MAX_SUCCESSOR_RATIO * (parts[5] - 1))
        return cls(
            keys=all_keys,
            sites=sites,
            documents=documents,
            names=tuple(names),
            _starts=starts,
            _source=parts[3],
            _df=parts[4],
            _occurrences=parts[5],
            _successors=parts[6],
            _edges=parts[7],
            _block=block,
        )

    def __len__(self) -> int:
        return len(self.keys)

    def frequent(self, keys: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Tell for each of *keys* whether it is frequent; a document without any can be skipped."""
        if not len(self.keys) or not len(keys):
            return np.zeros(len(keys), np.bool_)
        found = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        same: NDArray[np.bool_] = self.keys[found] == keys
        return same

    def evidence(self, source: int | str, keys: NDArray[np.uint64]) -> list[Evidence | None]:
        """Return what is known of each of *keys* in *source*; None for lines that are not frequent.

        A source that was not counted has no documents, and its lines only the
        evidence of other sources.
        """
        number = self._number(source)
        documents = int(self.documents[number]) if 0 <= number < len(self.documents) else 0
        answers: list[Evidence | None] = [None] * len(keys)
        for place in np.nonzero(self.frequent(keys))[0].tolist():
            slot = int(np.searchsorted(self.keys, keys[place]))
            low, high = int(self._starts[slot]), int(self._starts[slot + 1])
            row = low + int(np.searchsorted(self._source[low:high], number))
            sites = int(self.sites[slot])
            if row >= high or self._source[row] != number:
                answers[place] = Evidence(0, documents, 0.0, 1.0, False, 0.0, sites)
                continue
            df, occurrences = int(self._df[row]), int(self._occurrences[row])
            answers[place] = Evidence(
                df=df,
                documents=documents,
                wilson=wilson_lower(df, documents),
                successor_ratio=(int(self._successors[row]) - 1) / max(1, occurrences - 1),
                is_block=bool(self._block[row]),
                edge_ratio=int(self._edges[row]) / occurrences,
                sites=sites,
            )
        return answers

    def points(self, source: int | str, key: int, *, trusted: bool = False, at_edge: bool = True) -> list[Point]:
        """Return the points of one line, as the score counts them."""
        (found,) = self.evidence(source, np.array([key], np.uint64))
        if found is None:
            return []
        both = (
            found.source_points(trusted=trusted, at_edge=at_edge),
            found.site_points(trusted=trusted, at_edge=at_edge),
        )
        return [point for point in both if point is not None]

    def raised_since(self, earlier: LineFrequencies) -> NDArray[np.uint64]:
        """Return the keys for which this table has more evidence in some source than *earlier* has.

        Only documents with such a line can score higher than they did with *earlier*.
        """
        before = earlier._strengths()
        raised = [
            key
            for key, strength in self._strengths().items()
            if any(a > b for a, b in zip(strength, before.get(key, (-1,) * 3), strict=True))
        ]
        return np.unique(np.array([key for key, _ in raised], dtype=np.uint64))

    def _strengths(self) -> dict[tuple[int, int], tuple[int, int, int]]:
        """By key and source: tier of frequency, whether it passes the successor test, tier of sites."""
        strengths = {}
        for slot, key in enumerate(self.keys.tolist()):
            sites = sum(int(self.sites[slot]) >= least for least in (2, 3, 5, 20))
            strengths[key, -1] = (0, 0, sites)
            for row in range(int(self._starts[slot]), int(self._starts[slot + 1])):
                source = int(self._source[row])
                lower = wilson_lower(int(self._df[row]), int(self.documents[source]))
                ratio = (int(self._successors[row]) - 1) / max(1, int(self._occurrences[row]) - 1)
                strengths[key, source] = ((lower >= 0.2) + (lower >= 0.5), int(ratio <= MAX_SUCCESSOR_RATIO), sites)
        return strengths

    def _number(self, source: int | str) -> int:
        if isinstance(source, int):
            return source
        return self.names.index(source) if source in self.names else -1


def _count(
    keys: NDArray[np.uint64],
    document: NDArray[np.int32],
    source: NDArray[np.int32],
    following: NDArray[np.uint64],
    near_edge: NDArray[np.bool_],
) -> tuple[NDArray[np.generic], ...]:
    """Count one shard: per key, sites and number of rows; per row (key, source) its four counts and usual successor.

    Rows of fewer than three documents are left out, keys of fewer than three in all too.
    """
    order = np.lexsort((document, source, keys))
    keys, document, source = keys[order], document[order], source[order]
    following, near_edge = following[order], near_edge[order]
    size = len(keys)
    if not size:
        ints = np.zeros(0, np.int32)
        return (
            np.zeros(0, np.uint64),
            ints,
            np.zeros(0, np.int64),
            ints,
            ints,
            ints,
            ints,
            ints,
            np.zeros(0, np.uint64),
        )
    new_key = np.concatenate([[True], keys[1:] != keys[:-1]])
    new_row = new_key | np.concatenate([[True], source[1:] != source[:-1]])
    new_document = new_row | np.concatenate([[True], document[1:] != document[:-1]])
    row_starts, key_starts = np.nonzero(new_row)[0], np.nonzero(new_key)[0]

    by_following = np.lexsort((following, np.cumsum(new_row)))
    sorted_following = following[by_following]
    new_following = new_row.copy()  # sorted within rows, so that rows still begin where they did
    new_following[1:] |= sorted_following[1:] != sorted_following[:-1]

    run_starts = np.nonzero(new_following)[0]
    run_rows = np.searchsorted(row_starts, run_starts, side="right") - 1
    run_order = np.lexsort((np.diff(np.append(run_starts, size)), run_rows))
    longest = run_order[np.append(run_rows[1:] != run_rows[:-1], True)]  # the last, so longest, run of each row
    usual = sorted_following[run_starts[longest]]

    df = np.add.reduceat(new_document, row_starts, dtype=np.int32)
    occurrences = np.diff(np.append(row_starts, size)).astype(np.int32)
    successors = np.add.reduceat(new_following, row_starts, dtype=np.int32)
    edges = np.add.reduceat(near_edge, row_starts, dtype=np.int32)

    key_of_row = np.cumsum(new_key[row_starts]) - 1
    sites = np.bincount(key_of_row).astype(np.int32)
    kept_keys = np.bincount(key_of_row, weights=df) >= MIN_DOCUMENTS
    kept_rows = (df >= MIN_DOCUMENTS) & kept_keys[key_of_row]
    rows = np.bincount(key_of_row[kept_rows], minlength=len(key_starts))[kept_keys].astype(np.int64)
    row_source = source[row_starts]
    return (
        keys[key_starts][kept_keys],
        sites[kept_keys],
        rows,
        row_source[kept_rows],
        df[kept_rows],
        occurrences[kept_rows],
        successors[kept_rows],
        edges[kept_rows],
        usual[kept_rows],
    )


def _blocks(
    keys: NDArray[np.uint64],
    starts: NDArray[np.int64],
    source: NDArray[np.int32],
    usual: NDArray[np.uint64],
    constant: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Tell which rows are part of a constant block, given the *usual* line after each and whether it is *constant*.

    One constant line below is not enough: under ``Author`` may always stand
    ``Written by``, and a different name under that. A block reaches the end of the
    text or has at least three lines, the last of which is not known as one (another
    text follows each time).
    """
    if not len(source):
        return np.zeros(0, np.bool_)
    slot = np.repeat(np.arange(len(keys)), np.diff(starts))
    width = int(source.max()) + 1
    rows = slot * width + source
    wanted = np.minimum(np.searchsorted(keys, usual), len(keys) - 1)
    place = wanted * width + source
    target = np.minimum(np.searchsorted(rows, place), len(rows) - 1)
    known = (keys[wanted] == usual) & (rows[target] == place)
    followed = np.zeros(len(rows), np.bool_)
    followed[target[known & constant]] = True
    block: NDArray[np.bool_] = constant & ((usual == _END) | (known & constant[target]) | followed)
    return block
