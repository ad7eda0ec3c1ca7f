"""The company of a line: runs of short lines, and how many around it are known as furniture.

Menus, footers and columns of links are short lines one after the other. A lexicon knows some of them, other
documents have some, and the rest belong to them. A run ends at the first line that is long or ends a sentence. The idea
of letting context decide is that of jusText's second pass (Pomikálek 2011); here it is counted, and printed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedupe.boilerplate.features import Features, phrase_forms
from dedupe.boilerplate.frequency import wilson_lower

LEAST_LINES = 5
REACH = 50
"""A footer, or a menu with those below it, has some hundred lines; what stands further off is another one."""
BESIDE = 3
"""Lines before and behind that stand right beside a line."""
MOST_ALIKE = 3
"""A menu stands on a page for wide screens, for narrow ones and in the footer; what comes more often within the reach
is the button of every product or post."""
_LONGER = 4
"""Words of so many characters say what a line is about."""


class Companies(NamedTuple):
    """The company of k lines, by their ``places`` among those of a batch.

    ``lines`` int64 (k): how many stand around, each itself included; ``known`` int64 (k): how many of them are known;
    ``shares`` float64 (k): the lower end of the 95% Wilson interval of the share of known lines: three in ten say less
    than 15 in 50. ``beside`` int64 (k): how many are known of the three before and the three behind.
    """

    places: NDArray[np.int64]
    known: NDArray[np.int64]
    lines: NDArray[np.int64]
    shares: NDArray[np.float64]
    beside: NDArray[np.int64]


def runs(chosen: NDArray[np.bool_], offsets: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where runs of *chosen* lines begin and end, int64 each; none goes on from a text to the next.

    >>> [ends.tolist() for ends in runs(np.array([True, True, False, True, True]), np.array([0, 4, 5]))]
    [[0, 3, 4], [2, 4, 5]]
    """
    breaks = np.zeros(len(chosen) + 1, dtype=bool)
    breaks[offsets] = True
    goes_on = np.append(False, chosen) & np.append(chosen, False) & ~breaks
    return np.flatnonzero(chosen & ~goes_on[:-1]), np.flatnonzero(chosen & ~goes_on[1:]) + 1


def companies(lines: Features, known: NDArray[np.bool_], forms: NDArray[np.int64], least: int) -> Companies:
    """Return the company of every line in a run of five or more short lines, where at least *least* around are known.

    *known* tells of each of *lines* whether it is, and *forms* has one number for all of these that say the same: two
    at least have to say different things, since a program is short lines as well, and its ``next`` or ``auto`` comes
    again and again. At most 50 lines before and behind are looked at.

    >>> from dedupe import kernels
    >>> from dedupe.boilerplate.features import line_features
    >>> from dedupe.boilerplate.lexicon import Lexicon
    >>> packed = kernels.pack(["Home\\nNews\\nAbout us\\nSport\\nHelp\\nIt rained."])
    >>> lines = line_features(*packed, Lexicon.load([]))
    >>> found = companies(lines, np.array([True, False, True, True, False, False]), np.arange(6), 3)
    >>> found.places.tolist(), found.known.tolist(), found.lines.tolist()
    ([0, 1, 2, 3, 4], [3, 3, 3, 3, 3], [5, 5, 5, 5, 5])
    >>> len(companies(lines, np.array([True, False, True, True, False, False]), np.array([7, 0, 7, 7, 0, 0]), 3).places)
    0
    """
    starts, stops = runs(lines.labels, lines.offsets)
    is_run = stops - starts >= LEAST_LINES
    starts, sizes = starts[is_run], (stops - starts)[is_run]
    first, stop = np.repeat(starts, sizes), np.repeat(starts + sizes, sizes)
    places = first + np.arange(len(first)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    before = np.append(0, np.cumsum(known))

    def within(reach: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        low, high = np.maximum(first, places - reach), np.minimum(stop, places + reach + 1)
        return before[high] - before[low], high - low

    found, around = within(REACH)
    enough = (found >= least) & (_different(places, first, stop, known, forms) > 1)
    found, around, beside = found[enough], around[enough], (within(BESIDE)[0] - known[places])[enough]
    return Companies(places[enough], found, around, wilson_lower(found, around), beside)


def _different(
    places: NDArray[np.int64],
    first: NDArray[np.int64],
    stop: NDArray[np.int64],
    known: NDArray[np.bool_],
    forms: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return how many different things known lines say around each of *places*, which are in runs [first, stop)."""
    at = np.flatnonzero(known[places])
    line, start, end = places[at], first[at], np.minimum(stop[at], places[at] + REACH + 1)
    order = np.argsort(forms[line], kind="stable")
    again = np.flatnonzero(np.diff(forms[line][order]) == 0) + 1
    before = np.full(len(line), -1, dtype=np.int64)  # the line before that says the same
    before[order[again]] = line[order[again - 1]]
    # A line counts around those in whose reach it is, and the one before is not.
    begin = np.maximum(np.maximum(start, line - REACH), np.where(before < start, 0, before + REACH + 1))
    counts = begin < end
    change = np.bincount(begin[counts], minlength=len(known) + 1) - np.bincount(end[counts], minlength=len(known) + 1)
    different: NDArray[np.int64] = np.cumsum(change)[places]
    return different


def is_crowd(places: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell of each of the *places* of equal lines, in order, whether more than three are within its reach, itself one.

    >>> is_crowd(np.array([0, 100, 110, 120, 130, 200])).tolist()
    [False, True, True, True, True, False]
    """
    around = np.searchsorted(places, places + REACH, side="right") - np.searchsorted(places, places - REACH)
    crowd: NDArray[np.bool_] = around > MOST_ALIKE
    return crowd


class Topics:
    """What a text speaks of: the words of its lines, in order.

    A short line whose words stand there is as likely an entry of its table of contents, or the name of someone in it,
    as one of a menu.
    """

    def __init__(self, contents: Sequence[str]) -> None:
        self._lines = "".join([f" {normal} \n" for normal in phrase_forms(contents)])
        self._words = frozenset(self._lines.split())

    def has(self, words: str) -> bool:
        """Tell whether *words*, in normal form, stand in one line, next to each other; true of none.

        >>> topics = Topics(["The ferry to Bergen was late.", "Bergen"])
        >>> topics.has("to bergen"), topics.has("ferry bergen"), topics.has("berg")
        (True, False, False)
        """
        return self._words.issuperset(words.split()) and (not words or f" {words} " in self._lines)

    def has_most(self, words: str) -> bool:
        """Tell whether half of the longer ones of *words*, in normal form, stand somewhere.

        >>> topics = Topics(["The ferry to Bergen was late.", "It rained on the town."])
        >>> topics.has_most("bergen ferry stops"), topics.has_most("the ship was lost")
        (True, False)
        """
        longer = [word for word in words.split() if len(word) >= _LONGER]
        return 2 * len(self._words.intersection(longer)) >= len(longer) > 0
