"""What speaks for and against a line in its place, and what that finds it as.

The same furniture stands in the same place of thousands of pages, so lines that say the same in like places share a
stance, which never changes: a line to which those around add something takes another one.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from dedupe.boilerplate.features import SHORT_WORDS
from dedupe.boilerplate.frequency import Evidence
from dedupe.boilerplate.guards import COUNTED, LEGAL_BASES, PHRASE, WEAK, WIDGET
from dedupe.boilerplate.lexicon import MAX_LINE
from dedupe.boilerplate.points import Reading, is_address
from dedupe.model import Outcome, Point, Verdict

LONG_WORDS = 12

_AT_EDGE = Point("edge", 1.0, "outside the running text")
_INSIDE = Point("edge", -0.5, "inside the text")
_SHORT = Point("shape", 0.5, "short, no full stop")
_PROSE = Point("prose", -3.0, "part of running text")
_SENTENCE = Point("prose", -1.5, "a long sentence")
#: Points for place and form alone; a finding needs others.
PLACE_POINTS = frozenset({"edge", "shape", "prose"})

WEAK_ALONE = frozenset({"phrase:weak"})
"""The names of the points of a line that nothing but a weak phrase speaks against."""
_SUPPORT = frozenset({"source-df", "run", "widget"})
_COUNTED = frozenset({"source-df", "sites"})
_KNOWN_HERE = frozenset({"source-df", "learned"})
#: Points by which a line is found that says nothing itself, and their rules; the most telling first.
_RULES = (
    ("source-df", "frequency"),
    ("sites", "frequency"),
    ("tally", "nav"),
    ("run", "nav"),
    ("neighbour", "neighbour"),
    ("zone", "zone"),
)


#: Rules of what stands once or twice on a page; buttons and bylines may stand at every post.
_ONCE_A_PAGE = frozenset(f"boilerplate/{kind}" for kind in ("frequency", "nav", "related", "neighbour", "none"))

SPEAKS, KEPT, HAS_TAIL, IS_RANK, IS_MENU_WORD = 1, 2, 4, 8, 16
IS_KNOWN, HAS_COMPANY, NEEDS_COMPANY, ON_SITES = 32, 64, 128, 256
IS_WEAK, IS_COUNTED, IS_FOREIGN, IS_ONCE_A_PAGE, GIVES_WAY_TO_LAW = 512, 1024, 2048, 4096, 8192
ONLY_COUNTED, IS_SURE, MAY_BE_SAID, IS_COMMON, IS_PARTIAL = 16384, 32768, 65536, 131072, 262144
IS_PHRASE, IS_STRONG = 524288, 1048576
"""Marks of stances, by which lines are found in columns: something else than its place speaks against the line; its
reading is to be kept, has a tail, is a rank, is a word of menus; it is known, it is company to others since it is known
somehow, it needs company itself, other sites have it; what most of its points rest on is a weak phrase, or frequency
alone, and of these that only other sources have it; furniture of its rule stands once or twice on a page; it gives way
to a text that is mostly legal language; nothing but its frequency speaks against it; a widget or a strong phrase does,
or its own source has it; nothing but its frequency and perhaps a weak phrase speaks against it; nearly all documents
of its source have it, or some of them alone; most of its points rest on a strong phrase, or on that or a widget."""


class Stance:
    """What speaks for and against a line by what it says, where it stands and what is known of it elsewhere.

    ``points`` are those for that, and ``score`` is their sum. ``names`` are those of all points of the line, also of
    those that the lines around add, but not of those for its place alone. ``marks`` are as above.
    """

    def __init__(
        self, reading: Reading, evidence: Evidence | None, points: tuple[Point, ...], names: frozenset[str]
    ) -> None:
        self.reading = reading
        self.evidence = evidence
        self.points = points
        self.names = names
        self.score = sum([point.value for point in points])
        self.basis = reading.basis(evidence is not None)
        """What most of its points rest on, as the guards ask for it."""
        self.rule = _rule(reading, names)
        self.is_known = reading.is_menu_word or not names.isdisjoint(_COUNTED)
        """Whether the lexicon has the line as one that menus are made of, or other documents have it."""
        self.marks = self._marks()
        self._grown: dict[str, Stance] = {}

    def has(self, names: frozenset[str]) -> bool:
        """Whether it has any of the points with these *names*, none of which is for place alone."""
        return not self.names.isdisjoint(names)

    def plus(self, name: str) -> Stance:
        """Return the stance of a line with a point *name* more, for something else than its place."""
        if name not in self._grown:
            self._grown[name] = Stance(self.reading, self.evidence, self.points, self.names | {name})
        return self._grown[name]

    def without(self, name: str) -> tuple[Stance, Point]:
        """Return the stance of a line whose point *name* is counted otherwise, and that point as it is here."""
        (point,) = [point for point in self.points if point.name == name]
        others = tuple([other for other in self.points if other is not point])
        return Stance(self.reading, self.evidence, others, self.names), point

    def _marks(self) -> int:
        reading, names, basis = self.reading, self.names, self.basis
        counted = self.evidence is not None
        in_lexicon = reading.entry is not None
        only_counted = basis == COUNTED and not reading.is_suspect and "learned" not in names
        # As likely a heading as an entry of a menu, for all that is known of it.
        is_doubtful = not in_lexicon and "sites" in names and names.isdisjoint(_SUPPORT)
        return (
            SPEAKS * bool(names)
            | KEPT * reading.kept
            | HAS_TAIL * (reading.tail is not None)
            | IS_RANK * reading.is_rank
            | IS_MENU_WORD * reading.is_menu_word
            | IS_KNOWN * self.is_known
            | HAS_COMPANY * (in_lexicon or (self.evidence is not None and self.evidence.speaks))
            | NEEDS_COMPANY * (is_doubtful or names == WEAK_ALONE)
            | ON_SITES * ("sites" in names)
            | IS_WEAK * (basis == WEAK)
            | IS_COUNTED * (basis == COUNTED)
            | ONLY_COUNTED * only_counted
            | MAY_BE_SAID * (only_counted or (basis == WEAK and not names.isdisjoint(_COUNTED)))
            | IS_FOREIGN * (basis in (WEAK, COUNTED) and counted and names.isdisjoint(_KNOWN_HERE))
            | IS_COMMON * (self.evidence is not None and self.evidence.is_common)
            | IS_PARTIAL * ("source-df" in names and self.evidence is not None and self.evidence.is_partial)
            | IS_ONCE_A_PAGE * (self.rule in _ONCE_A_PAGE)
            | IS_PHRASE * (basis == PHRASE)
            | IS_STRONG * (basis in (WIDGET, PHRASE))
            | IS_SURE * (basis in (WIDGET, PHRASE) or "source-df" in names)
            | GIVES_WAY_TO_LAW * (basis in LEGAL_BASES and (counted or basis == COUNTED))
        )


def _rule(reading: Reading, names: frozenset[str]) -> str:
    """The rule that a line is found by, ``boilerplate/none`` when nothing speaks against it."""
    if reading.widget is not None:
        return "boilerplate/share"
    if reading.bar:
        return "boilerplate/nav"
    if reading.entry is not None:
        return f"boilerplate/{reading.entry.kind}"
    if reading.rank or "header-pair" in names:
        return "boilerplate/forum"
    for name, rule in _RULES:
        if name in names:
            return f"boilerplate/{rule}"
    return "boilerplate/none"


class Stances:
    """The stances that *count* lines have taken, and the points that the lines around have added to them.

    ``scores`` float64 (count): the sum of all points of a line, not a number for those without a stance.
    ``forms`` int64 (count): one number for all lines with a stance that say the same, 0 for those without one.
    """

    def __init__(self, count: int) -> None:
        self.scores = np.full(count, np.nan)
        self.forms = np.zeros(count, dtype=np.int64)
        self._numbers: dict[str, int] = {}
        self._marks = np.zeros(count, dtype=np.int64)
        self._taken: dict[int, Stance] = {}
        self._added: dict[int, tuple[Point, ...]] = {}

    def take(self, stances: Mapping[int, Stance]) -> None:
        """Let lines take *stances*, with the points that these have."""
        self._taken.update(stances)
        lines, numbers = list(stances), self._numbers
        self.scores[lines] = [stance.score for stance in stances.values()]
        self.forms[lines] = [numbers.setdefault(stance.reading.normal, len(numbers) + 1) for stance in stances.values()]
        self._marks[lines] = [stance.marks for stance in stances.values()]

    def add(self, points: Mapping[int, Point]) -> None:
        """Add to each of some lines that have taken a stance a point for something else than its place."""
        grown = {line: self._taken[line].plus(point.name) for line, point in points.items()}
        self._taken.update(grown)
        self._added.update({line: (*self._added.get(line, ()), point) for line, point in points.items()})
        lines = list(points)
        self.scores[lines] += [point.value for point in points.values()]
        self._marks[lines] = [stance.marks for stance in grown.values()]

    def doubt(self, line: int, name: str, value: float, doubt: str) -> None:
        """Let the point *name* of a line count for no more than *value*."""
        stance, point = self._taken[line].without(name)
        if point.value > value:
            self._taken[line] = stance
            self._marks[line] = stance.marks
            self._added[line] = (*self._added.get(line, ()), Point(name, value, f"{point.detail}, {doubt}"))
            self.scores[line] += value - point.value

    def get(self, line: int) -> Stance | None:
        """Return the stance of a line, None if it has taken none."""
        return self._taken.get(line)

    def of(self, lines: NDArray[np.int64]) -> list[Stance]:
        """Return the stances of *lines*, all of which have taken one."""
        return [self._taken[line] for line in lines.tolist()]

    def said(self, lines: NDArray[np.int64], texts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return one number for all of *lines*, which have a stance and stand in *texts*, that say the same in one."""
        return texts * (len(self._numbers) + 1) + self.forms[lines]

    def added(self, line: int) -> tuple[Point, ...]:
        """Return the points that the lines around have added to a line."""
        return self._added.get(line, ())

    def points(self, line: int) -> tuple[Point, ...]:
        """Return all points of a line that has taken a stance."""
        return (*self._taken[line].points, *self.added(line))

    def where(self, mark: int) -> NDArray[np.bool_]:
        """Tell which lines have a stance with one of the bits of *mark*, bool (count)."""
        found: NDArray[np.bool_] = (self._marks & mark) > 0
        return found


def verdict(rule: str, score: float, points: tuple[Point, ...], limit: float, guard: str, *, tail: bool) -> Verdict:
    """Return what is found of a line, or of its *tail*: with *limit* points it goes, if no *guard* holds it back."""
    goes = score >= limit
    outcome = Outcome.REMOVE if goes and not guard else Outcome.REVIEW
    return Verdict(rule, score, points, outcome, limit, tail, guard if goes else "")


def take_stance(reading: Reading, evidence: Evidence | None, at_edge: bool, good: bool) -> Stance:
    """Return the stance of a line for what it says and where it stands; its neighbours are not looked at.

    >>> from dedupe.boilerplate.lexicon import Lexicon
    >>> from dedupe.boilerplate.points import read_line
    >>> reading = read_line("Facebooktwittermail", Lexicon.load([]))
    >>> [(point.name, point.value) for point in take_stance(reading, None, True, False).points]
    [('widget', 3.0), ('edge', 1.0), ('shape', 0.5)]
    """
    if len(reading.content) <= MAX_LINE and (reading.said or evidence is not None):
        return _recalled_stance(reading, evidence, at_edge, good)
    return _stance(reading, evidence, at_edge, good)


def _stance(reading: Reading, evidence: Evidence | None, at_edge: bool, good: bool) -> Stance:
    points = [*reading.said, _AT_EDGE if at_edge else _INSIDE]
    if evidence is not None:
        counted = evidence.points(trusted=reading.is_trusted, at_edge=at_edge)
        # lines are counted without their numbers: what other sites have is another address
        is_own = reading.entry is None and is_address(reading.content)
        points += [point for point in counted if point.name != "sites" or not is_own]
    if reading.words <= SHORT_WORDS and not reading.terminated:
        points.append(_SHORT)
    if good:
        points.append(_PROSE)
    elif reading.words >= LONG_WORDS and reading.terminated and reading.basis(evidence is not None) != PHRASE:
        points.append(_SENTENCE)
    names = frozenset([point.name for point in points]) - PLACE_POINTS
    return Stance(reading, evidence, tuple(points), names)


#: The same for short lines that say something, which come back with the same reading.
_recalled_stance = lru_cache(maxsize=1 << 14)(_stance)
