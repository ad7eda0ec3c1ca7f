"""A line with its points in its place, and what finds it."""

from __future__ import annotations

from dedupe.boilerplate.facts import TextFacts
from dedupe.boilerplate.frequency import Evidence
from dedupe.boilerplate.points import Reading, Stance
from dedupe.model import Point

_COUNTED = frozenset({"source-df", "sites"})
#: Points by which a line is found that says nothing itself, and their rules; the most telling first.
_RULES = (
    ("source-df", "frequency"),
    ("sites", "frequency"),
    ("run", "nav"),
    ("neighbour", "neighbour"),
    ("zone", "zone"),
)


class ScoredLine:
    """A line with its points in its place among the lines of its text.

    ``names`` are those of the points for something else than its place. A line that ``is_lone`` has fewer than two
    known lines near; that is asked only where it matters.
    """

    __slots__ = ("at_edge", "evidence", "facts", "guard", "is_lone", "names", "place", "points", "reading", "score")

    def __init__(
        self, facts: TextFacts, place: int, reading: Reading, evidence: Evidence | None, at_edge: bool, stance: Stance
    ) -> None:
        self.facts = facts
        self.place = place
        self.reading = reading
        self.evidence = evidence
        self.at_edge = at_edge
        self.points, self.score, self.names = stance
        self.guard: str | None = None  # not asked for yet
        self.is_lone = False

    @property
    def speaks(self) -> bool:
        """Whether there is anything but its place against the line."""
        return bool(self.names)

    @property
    def is_known(self) -> bool:
        """Whether the lexicon has the line as one that menus are made of, or other documents have it."""
        return self.reading.is_menu_word or self.has(_COUNTED)

    @property
    def basis(self) -> str:
        """What most of its points rest on, as the guards ask for it."""
        return self.reading.basis(self.evidence is not None)

    def has(self, names: frozenset[str]) -> bool:
        """Whether it has any of the points with these *names*, none of which is for place alone."""
        return not self.names.isdisjoint(names)

    @property
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

    def add(self, name: str, value: float, detail: str) -> None:
        """Add a point for something else than its place."""
        self.points = (*self.points, Point(name, value, detail))
        self.score += value
        self.names |= {name}

    def lower(self, name: str, value: float, doubt: str) -> None:
        """Let the point *name* count for no more than *value*."""
        (point,) = [point for point in self.points if point.name == name]
        if point.value > value:
            self.points = tuple([other for other in self.points if other is not point])
            self.score -= point.value
            self.add(name, value, f"{point.detail}, {doubt}")
