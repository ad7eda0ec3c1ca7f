"""What speaks for and against a line in its place, and what that finds it as.

The same furniture stands in the same place of thousands of pages, so lines that say the same in like places share a
stance, which never changes: what the lines around add to it makes another one.
"""

from __future__ import annotations

from functools import cached_property, lru_cache

from dedupe.boilerplate.features import SHORT_WORDS
from dedupe.boilerplate.frequency import Evidence
from dedupe.boilerplate.guards import PHRASE
from dedupe.boilerplate.lexicon import MAX_LINE
from dedupe.boilerplate.points import Reading, is_address
from dedupe.model import LineFinding, Outcome, Point

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
#: Points by which a line is found that says nothing itself, and their rules; the most telling first.
_RULES = (
    ("source-df", "frequency"),
    ("sites", "frequency"),
    ("tally", "nav"),
    ("run", "nav"),
    ("neighbour", "neighbour"),
    ("zone", "zone"),
)


class Stance:
    """The *points* of a line, given what it says and what is known of it elsewhere; ``score`` is their sum.

    ``names`` are those of the points for something else than its place; a line that ``speaks`` has any.
    """

    def __init__(self, reading: Reading, evidence: Evidence | None, points: tuple[Point, ...]) -> None:
        self.reading = reading
        self.evidence = evidence
        self.points = points
        self.score = sum([point.value for point in points])
        self.names = frozenset([point.name for point in points]) - PLACE_POINTS
        self.speaks = bool(self.names)
        self.basis = reading.basis(evidence is not None)
        """What most of its points rest on, as the guards ask for it."""

    @cached_property
    def is_known(self) -> bool:
        """Whether the lexicon has the line as one that menus are made of, or other documents have it."""
        return self.reading.is_menu_word or self.has(_COUNTED)

    @cached_property
    def has_company(self) -> bool:
        """Whether the line is company to others: it is known somehow."""
        return self.reading.entry is not None or (self.evidence is not None and self.evidence.speaks)

    @cached_property
    def needs_company(self) -> bool:
        """Whether the line is as likely a heading as an entry of a menu, for all that is known of it."""
        if self.names == WEAK_ALONE:
            return True
        return self.reading.entry is None and "sites" in self.names and not self.has(_SUPPORT)

    def has(self, names: frozenset[str]) -> bool:
        """Whether it has any of the points with these *names*, none of which is for place alone."""
        return not self.names.isdisjoint(names)

    @cached_property
    def rule(self) -> str:
        """The rule that the line is found by, ``boilerplate/none`` when nothing speaks against it."""
        reading, names = self.reading, self.names
        if reading.widget is not None:
            return "boilerplate/share"
        if reading.bar:
            return "boilerplate/nav"
        if reading.entry is not None:
            return f"boilerplate/{reading.entry.kind}"
        if reading.rank or "header-pair" in names:
            return "boilerplate/forum"
        return next((f"boilerplate/{rule}" for name, rule in _RULES if name in names), "boilerplate/none")

    def finding(self, start: int, end: int, limit: float, guard: str) -> LineFinding:
        """Return the finding of a line from *start* to *end*, which *limit* points remove if no *guard* holds it."""
        return finding(start, end, self.rule, self.score, self.points, limit, guard, tail=False)

    def plus(self, name: str, value: float, detail: str) -> Stance:
        """Return the stance with one more point for something else than the place of the line."""
        return Stance(self.reading, self.evidence, (*self.points, Point(name, value, detail)))

    def doubting(self, name: str, value: float, doubt: str) -> Stance:
        """Return the stance in which the point *name* counts for no more than *value*."""
        (point,) = [point for point in self.points if point.name == name]
        if point.value <= value:
            return self
        others = tuple([other for other in self.points if other is not point])
        return Stance(self.reading, self.evidence, (*others, Point(name, value, f"{point.detail}, {doubt}")))


def finding(
    start: int, end: int, rule: str, score: float, points: tuple[Point, ...], limit: float, guard: str, *, tail: bool
) -> LineFinding:
    """Return what is found of a line, or of its *tail*: with *limit* points it goes, if no *guard* holds it back."""
    goes = score >= limit
    outcome = Outcome.REMOVE if goes and not guard else Outcome.REVIEW
    return LineFinding(start, end, rule, score, points, outcome, limit, tail, guard if goes else "")


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
    return Stance(reading, evidence, tuple(points))


#: The same for short lines that say something, which come back with the same reading.
_recalled_stance = lru_cache(maxsize=1 << 14)(_stance)
