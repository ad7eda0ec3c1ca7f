"""Where a line stands: inside the running text, or before or after it.

A *good block* is a passage that reads as running text: long, and dense in the
small words of sentences. The idea is that of jusText's context-sensitive pass
(Pomikálek 2011), with shorter word lists. Lines before the first good block and
after the last are at an *edge*, where furniture lives.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedupe.text.layout import is_terminated

GOOD_CHARS = 200
UNSPACED_CHARS = 60
EDGE_LINES = 3
_THIN, _MOST_WEIGHT = 20, 600
MIN_DENSITY = 0.18
"""For lists of some 25 words a language; a full stop list would ask for 0.30."""

PAGE_WIDTH = 120
_WRAPPED = range(40, PAGE_WIDTH + 1)  # the width of hard-wrapped lines

FUNCTION_WORDS = frozenset(
    """
    the a an of to and in is was were are be been it its that this which with as for on at by from or but not he she
    they we you his her their our have has had will would can could who what when there than then if so
    der die das den dem des ein eine einer eines einem einen und oder ist sind war wird werden nicht mit von zu im auf
    für sich auch als aus bei nach an es er sie wir ihr dass wie noch nur
    le la les un une des du de et ou est sont dans que qui pour par sur avec ne pas ce cette il elle nous vous se au aux
    en plus mais comme
    el los las unos unas y del que en por con para se no su al lo como más pero sus le ya este esta
    il lo gli i uno di che è non per una sono con da si come anche più ma nel della del alla dei delle questo
    o os as um uma do da dos das em no na com não se por mais para ao foi ou ser sua
    het een van en dat niet op te zijn met voor er aan ook bij naar dan nog door over hij ze
    w i na z do nie się że to jest o jak po ale za od przez są był tym jego
    и в не на что с по как это из у за от к он она они но то же для был была его так
    """.split()
)


def good_lines(contents: Sequence[str]) -> list[bool]:
    """Tell for each line whether it is part of a good block.

    A line is judged by itself; hard-wrapped lines (adjacent, of the width of a
    page, all but the last) are judged as the paragraph they make.

    >>> text = "It was the best of times, it was the worst of times, and so on. " * 4
    >>> good_lines(["Home", text, "", "Share"])
    [False, True, False, False]
    """
    flags = [False] * len(contents)
    index, size = 0, len(contents)
    while index < size:
        stop = index + 1
        if len(contents[index]) in _WRAPPED:
            while stop < size and len(contents[stop - 1]) in _WRAPPED and 0 < len(contents[stop]) <= PAGE_WIDTH:
                stop += 1
        joined = contents[index] if stop == index + 1 else " ".join(contents[index:stop])
        if len(joined) >= UNSPACED_CHARS and is_running_text(joined):
            flags[index:stop] = [True] * (stop - index)
        index = stop
    return flags


def is_running_text(passage: str) -> bool:
    """Tell whether *passage* is long enough and reads like sentences.

    Languages without a word list pass by their small initial letters and full
    stops; scripts without spaces need 60 characters and a full stop.

    >>> is_running_text("Home News Sport Weather " * 20)
    False
    >>> is_running_text("Když jsme dorazili na nádraží, vlak už byl dávno pryč a pršelo. " * 4)
    True
    """
    words = passage.split()
    if len(passage) < GOOD_CHARS:
        return len(passage) >= UNSPACED_CHARS and len(passage) > 15 * len(words) and is_terminated(passage)
    small = sum(word in FUNCTION_WORDS for word in words)
    if small >= MIN_DENSITY * len(words):
        return True
    cased = [word[0] for word in words if word[0].lower() != word[0].upper()]
    terminated = is_terminated(passage)
    if 2 * len(cased) < len(words):
        return terminated
    return terminated and 5 * sum(map(str.islower, cased)) >= 3 * len(cased)


class Edges(NamedTuple):
    """Which of the non-blank lines of a text are at an edge: those before ``top`` and those from ``bottom`` on."""

    top: int
    bottom: int

    def has(self, place: int) -> bool:
        """Whether the line at *place* is at an edge."""
        return place < self.top or place >= self.bottom

    def is_clear(self, place: int) -> bool:
        """Whether the line at *place* is at an edge, and none of the last two there, above the title."""
        return place < self.top - 2 or place >= self.bottom


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
    for text in texts[is_thin & is_text].tolist():
        lines = slice(offsets[text], offsets[text + 1])
        edges[text] = _densest(good[lines].tolist(), lengths[lines].tolist())
    return edges


def sums(values: NDArray[np.int64] | NDArray[np.bool_], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the sum of the *values* from each of *offsets* to the next, int64; those of no lines are 0."""
    return np.diff(np.append(0, np.cumsum(values))[offsets])


def _densest(good: Sequence[bool], lengths: Sequence[int]) -> tuple[int, int]:
    """The edges of one text around its densest stretch."""
    best, first, stop, total, start = 0, 0, 0, 0, 0
    for place, (is_good, length) in enumerate(zip(good, lengths, strict=True)):
        if total <= 0:
            total, start = 0, place
        total += min(length, _MOST_WEIGHT) if is_good else -_THIN
        if total > best:
            best, first, stop = total, start, place + 1
    return first - 1, stop
