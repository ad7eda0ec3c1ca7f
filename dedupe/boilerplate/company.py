"""The company of a line: runs of short lines, and how many around it are known as furniture.

Menus, footers and columns of links are short lines one after the other. A lexicon knows some of them, other
documents have some, and the rest belong to them. A run ends at the first line that is long or ends a sentence. The idea
of letting context decide is that of jusText's second pass (Pomikálek 2011); here it is counted, and printed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from dedupe.boilerplate.entries import normal_form, normal_forms
from dedupe.boilerplate.features import GOOD, TERMINATED, TextLines
from dedupe.boilerplate.frequency import wilson_lower

SHORT_WORDS = 8
LEAST_LINES = 5
REACH = 25
"""A column of links has some fifty lines; what stands further off is another one."""


class Company(NamedTuple):
    """How many lines stand around the one at ``place``, itself included, and how many of them are known."""

    place: int
    known: int
    lines: int

    @property
    def share(self) -> float:
        """The lower end of the 95% Wilson interval of the share of known lines: three in ten say less than 15 in 50."""
        return _lower(self.known, self.lines)

    @property
    def detail(self) -> str:
        """The figures in words."""
        return f"{self.known} of {self.lines} short lines around are known"


@lru_cache(maxsize=4096)
def _lower(known: int, lines: int) -> float:
    return float(wilson_lower(known, lines))


def is_label(words: int, flags: int) -> bool:
    """Tell whether a line, by its features, is short and neither a sentence nor part of running text."""
    return words <= SHORT_WORDS and not flags & (TERMINATED | GOOD)


def companies(lines: TextLines, known: Sequence[bool], least: int) -> Iterator[Company]:
    """Yield the company of every line in a run of five or more short lines, where at least *least* around are known.

    *known* tells of each of *lines* whether it is. At most 25 lines before and behind are looked at.

    >>> lines = TextLines([], [], [], [], words=[1, 1, 2, 1, 1, 30], flags=[0] * 6)
    >>> [tuple(company) for company in companies(lines, [True, False, True, True, False, False], 3)][:2]
    [(0, 3, 5), (1, 3, 5)]
    >>> list(companies(lines, [True, False, True, False, False, False], 3))
    []
    """
    start, size = 0, len(known)
    while start < size:
        stop = start
        while stop < size and is_label(lines.words[stop], lines.flags[stop]):
            stop += 1
        if stop - start >= LEAST_LINES:
            before = list(accumulate(known[start:stop], initial=0))
            for place in range(start, stop):
                first, last = max(start, place - REACH), min(stop, place + REACH + 1)
                count = before[last - start] - before[first - start]
                if count >= least:
                    yield Company(place, count, last - first)
        start = max(stop, start + 1)


def headings(lines: TextLines, content: Callable[[int], str]) -> frozenset[str]:
    """Return the normal forms of the labels that stand right above a passage of text, and above one passage only.

    A button stands above the next comment, again and again.

    >>> text = ["Bergen", "It rained.", "Reply", "So it did.", "Reply", "It did not."]
    >>> lines = TextLines([], [], [], [], words=[1, 20, 1, 20, 1, 20], flags=[0] * 6)
    >>> headings(lines, text.__getitem__)
    frozenset({'bergen'})
    """
    is_text = [words > SHORT_WORDS or bool(flags & GOOD) for words, flags in zip(lines.words, lines.flags, strict=True)]
    above = [place for place, below in enumerate(is_text[1:]) if below and not is_text[place]]
    found = Counter(normal_form(content(place)).lstrip("# ") for place in above)  # as Markdown marks them
    return frozenset(heading for heading, times in found.items() if times == 1)


class Topics:
    """What a text speaks of: the words of its lines, in order.

    A short line whose words stand there is as likely an entry of its table of contents, or the name of someone in it,
    as one of a menu.
    """

    def __init__(self, contents: Sequence[str]) -> None:
        self._lines = "".join([f" {normal} \n" for normal in normal_forms(contents)])
        self._words = frozenset(self._lines.split())

    def has(self, content: str) -> bool:
        """Tell whether all words of *content* stand in one line, next to each other; true if it has none.

        >>> topics = Topics(["The ferry to Bergen was late.", "Bergen"])
        >>> topics.has("To Bergen"), topics.has("Ferry Bergen"), topics.has("Berg")
        (True, False, False)
        """
        words = normal_form(content)
        return self._words.issuperset(words.split()) and (not words or f" {words} " in self._lines)
