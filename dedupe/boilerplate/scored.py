"""A line with its points in its place, and what finds it."""

from __future__ import annotations

from dedupe.boilerplate.frequency import Evidence
from dedupe.boilerplate.points import PLACE_POINTS, Reading, line_points
from dedupe.model import Point

_COUNTED = frozenset({"source-df", "sites"})


class ScoredLine:
    """A line with its points in its place."""

    __slots__ = ("at_edge", "evidence", "guard", "place", "points", "reading", "score", "speaks")

    def __init__(self, place: int, reading: Reading, evidence: Evidence | None, at_edge: bool, good: bool) -> None:
        self.place = place
        self.reading = reading
        self.evidence = evidence
        self.at_edge = at_edge
        self.points = line_points(reading, evidence, at_edge=at_edge, good=good)
        self.score = sum([point.value for point in self.points])
        # Whether there is anything but its place against the line.
        self.speaks = not all(point.name in PLACE_POINTS for point in self.points)
        self.guard: str | None = None  # not asked for yet

    @property
    def is_known(self) -> bool:
        """Whether the lexicon has the line as one that menus are made of, or other documents have it."""
        return self.reading.is_menu_word or self.has(_COUNTED)

    @property
    def basis(self) -> str:
        """What most of its points rest on, as the guards ask for it."""
        return self.reading.basis(self.evidence is not None)

    def has(self, names: frozenset[str]) -> bool:
        """Whether it has any of the points with these *names*."""
        return any(point.name in names for point in self.points)

    @property
    def rule(self) -> str:
        """The rule that the line is found by, ``boilerplate/none`` when nothing speaks against it."""
        reading = self.reading
        if reading.widget is not None:
            return "boilerplate/share"
        if reading.bar:
            return "boilerplate/nav"
        if reading.entry is not None:
            return f"boilerplate/{reading.entry.kind}"
        names = {point.name for point in self.points}
        if reading.rank or "header-pair" in names:
            return "boilerplate/forum"
        for name, rule in (("source-df", "frequency"), ("sites", "frequency"), ("run", "nav")):
            if name in names:
                return f"boilerplate/{rule}"
        return "boilerplate/neighbour" if "neighbour" in names else "boilerplate/none"

    def add(self, name: str, value: float, detail: str) -> None:
        """Add a point for something else than its place."""
        self.points.append(Point(name, value, detail))
        self.score += value
        self.speaks = True
