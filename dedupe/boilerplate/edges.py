"""Where a line stands: inside the running text, or at an edge, where furniture lives."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

EDGE_LINES = 3
_THIN, _MOST_WEIGHT = 20, 600


class Edges(NamedTuple):
    """Which of the non-blank lines of a text are at an edge: those before ``top`` and those from ``bottom`` on."""

    top: int
    bottom: int

    def has(self, place: int) -> bool:
        """Whether the line at *place* is at an edge."""
        return place < self.top or place >= self.bottom


def find_edges(
    good: NDArray[np.bool_], lengths: NDArray[np.int64], offsets: NDArray[np.int64], dense: float = 1.0
) -> NDArray[np.int64]:
    """Return the edges of n texts, int64 (n, 2), of lines that are *good* or not, blank ones left out.

    The lines of text ``i`` are those from ``offsets[i]`` to ``offsets[i + 1]``.
    Lines are at an edge before the first good line, except the one right above it (its
    title), and after the last; without any good line, the first and last three are. Where more than a share of
    *dense* of the code points is running text, by the *lengths* of the lines, teasers between menus do not count,
    but only the densest stretch of text: the run of lines with the largest sum, a good line counting its length and
    any other one -20 (maximum subsequence segmentation, Pasternack and Roth 2009). Of a page with less, as those of
    shops are, nobody can tell where its goods end.

    >>> good, lengths = np.array([False, False, False, True, False]), np.full(5, 40)
    >>> find_edges(good, lengths, np.array([0, 5])).tolist()
    [[2, 4]]
    >>> good, lengths = np.array([True, *[False] * 30, True, True]), np.full(33, 300)
    >>> find_edges(good, lengths, np.array([0, 33]), dense=0.0).tolist()
    [[30, 33]]
    """
    edges = np.stack([np.full(len(offsets) - 1, EDGE_LINES), np.diff(offsets) - EDGE_LINES], axis=1)
    places = np.flatnonzero(good)
    reached = np.searchsorted(places, offsets)
    texts = np.flatnonzero(np.diff(reached))  # those with a good line
    first, last = places[reached[texts]], places[reached[texts + 1] - 1]
    edges[texts] = np.stack([first - 1, last + 1], axis=1) - offsets[texts, None]
    is_thin = last + 1 - first > np.diff(reached)[texts]
    is_text = sums(lengths * good, offsets)[texts] > dense * sums(lengths, offsets)[texts]
    dense_texts = texts[is_thin & is_text]
    if len(dense_texts):
        edges[dense_texts] = _densest(good, lengths, offsets)[dense_texts]
    return edges


def sums(values: NDArray[np.int64] | NDArray[np.bool_], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the sum of the *values* from each of *offsets* to the next, int64; those of no lines are 0."""
    return np.diff(np.append(0, np.cumsum(values))[offsets])


def stand_between(
    chosen: NDArray[np.bool_], first: NDArray[np.int64], stop: NDArray[np.int64], reach: int
) -> NDArray[np.bool_]:
    """Return which lines have some that are *chosen* within *reach* above and below, bool (l).

    The text of each line has those from *first* to *stop*.

    >>> chosen, zeros = np.array([True, False, True, False, False]), np.zeros(5, dtype=np.int64)
    >>> stand_between(chosen, zeros, zeros + 5, 1).tolist()
    [False, True, False, False, False]
    """
    place, last = np.arange(len(chosen)), len(chosen)
    above = np.append(-1, np.maximum.accumulate(np.where(chosen, place, -1)))[:-1]
    below = np.append(np.minimum.accumulate(np.where(chosen, place, last)[::-1])[::-1], last)[1:]
    in_text = (above >= first) & (below < stop)
    between: NDArray[np.bool_] = in_text & (place - above <= reach) & (below - place <= reach)
    return between


def and_next(flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which lines are true in *flags*, or right behind one that is, bool (l)."""
    both: NDArray[np.bool_] = flags | np.append(False, flags[:-1])[: len(flags)]
    return both


def _densest(good: NDArray[np.bool_], lengths: NDArray[np.int64], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """The edges of texts around their densest stretches."""
    texts = np.arange(len(offsets) - 1)
    total = np.append(0, np.cumsum(np.where(good, np.minimum(lengths, _MOST_WEIGHT), -_THIN)))
    # In front of each line and behind the last; each text lower than all before it, so that none reaches into the next.
    of = np.repeat(texts, np.diff(offsets) + 1)
    place = np.arange(len(of))
    level = total[place - of] - of * (np.ptp(total) + 1)
    lowest = np.minimum.accumulate(level)
    start = np.maximum.accumulate(np.where(level == lowest, place, 0))
    begins = offsets[:-1] + texts
    best = np.maximum.reduceat(level - lowest, begins)
    reaches = np.flatnonzero(level - lowest == best[of])
    stop = reaches[np.searchsorted(reaches, begins)]
    edges: NDArray[np.int64] = np.stack([start[stop] - 1, stop], axis=1) - begins[:, None]
    return edges
