"""The boilerplate score of the lines of one document, and what comes of it.

Every line collects named points; three remove it (in the ``default`` profile), half
of that reports it. The score needs the document alone, plus two tables made
beforehand (lexicon, line frequencies), so documents can be worked on in any order
and anywhere with the same result.

Removing lines moves the edges of a text and brings other lines together. So the
score is taken again without the lines found, until nothing more is found:
cleaning the cleaned document finds nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from dedupe.boilerplate.context import edge_lines, good_lines
from dedupe.boilerplate.frequency import Evidence, LineFrequencies
from dedupe.boilerplate.guards import LEGAL_CLASSES, guard_of, is_legal_line, is_legal_text, is_wrapped
from dedupe.boilerplate.lexicon import Lexicon, TailHit
from dedupe.boilerplate.points import MARKED, PLACE_POINTS, Reading, entry_point, line_points, read_line
from dedupe.config import Config
from dedupe.model import Line, LineFinding, Outcome, Point
from dedupe.text.layout import SHAPE_REASONS, Shape, line_shapes
from dedupe.text.masks import line_keys
from dedupe.text.segment import split_lines

THRESHOLDS = {"safe": 4.0, "default": 3.0, "aggressive": 2.0}
"""Points that remove; half of them report."""

NEIGHBOURS = 3
COMPANY = 2
NEIGHBOUR_TURNS = 4
MENU_LINES = 5
MENU_REACH = 6
BRAKE_LINES = 5
"""The brake on lines takes hold above this many: one line is a large share of a short text."""


def score_document(
    text: str, lexicon: Lexicon, frequencies: LineFrequencies | None, source: int | str, config: Config
) -> list[LineFinding]:
    """Return the boilerplate findings of *text*, by place: lines to remove and lines to review.

    Place alone is never a finding: a line must say something (lexicon, widget,
    frequency), or stand among lines that do. When the lines to remove exceed the
    brake (``config.brake_chars_ratio``, ``config.brake_lines_ratio``) all of them go
    to review, with the guard ``brake``. Lines in the lexicon's ``keep`` entries are
    never findings.

    >>> lexicon = Lexicon.load([])
    >>> story = "It was late, and the rain that had been falling on the town all day was over. " * 12
    >>> page = story + "[Continue reading…]" + chr(10) + "Print Friendly, PDF & Email" + chr(10)
    >>> for finding in score_document(page, lexicon, None, "", Config()):
    ...     print(finding.rule, finding.outcome.value, finding.score)
    boilerplate/readmore remove 3.0
    boilerplate/share remove 4.5
    """
    page = _Page(text, lexicon, frequencies, source, config)
    return page.findings() if page.is_suspect() else []


def explain_line(
    text: str, number: int, lexicon: Lexicon, frequencies: LineFrequencies | None, source: int | str, config: Config
) -> LineFinding:
    """Return the points of line *number* (from 1), also when it is kept (outcome ``KEEP``).

    A line that was found, in whichever round, or by its tail, is returned as found.

    Raises:
        IndexError: the text has no such line.

    >>> explain_line("A title\\n", 1, Lexicon.load([]), None, "", Config()).outcome.value
    'keep'
    """
    if number < 1:
        raise IndexError(number)
    page = _Page(text, lexicon, frequencies, source, config)
    line = page.lines[number - 1]
    reading = page.readings[number - 1]
    for finding in page.findings():
        if line.start <= finding.start < line.stop:
            return finding
    if not reading.content:
        return LineFinding(line.start, line.end, "boilerplate/none", 0.0, (), Outcome.KEEP, "A blank line.")
    scored = next(scored for scored in _Round(page, page.lines, page.readings).scored if scored.index == number - 1)
    why = _sentence(scored.rule, scored.points, f"{page.limit / 2:g} would report it")
    guard = "keep" if reading.kept else ""
    return LineFinding(
        line.start, line.end, scored.rule, scored.score, tuple(scored.points), Outcome.KEEP, why, False, guard
    )


@dataclass(slots=True)
class _Scored:
    """One non-blank line of a round, with its points in its place."""

    index: int
    reading: Reading
    at_edge: bool
    points: list[Point]
    score: float

    @property
    def speaks(self) -> bool:
        """Whether there is anything but its place against the line."""
        return any(point.name not in PLACE_POINTS for point in self.points)

    @property
    def rule(self) -> str:
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
        for name, rule in (("source-df", "frequency"), ("sites", "frequency"), ("menu", "nav")):
            if name in names:
                return f"boilerplate/{rule}"
        return "boilerplate/neighbour" if "neighbour" in names else "boilerplate/none"

    def add(self, name: str, value: float, detail: str) -> None:
        self.points.append(Point(name, value, detail))
        self.score += value


_SUPPORT = frozenset({"source-df", "menu", "widget"})


class _Page:
    """One document while it is scored: its lines, read once, and the rounds over them."""

    def __init__(
        self, text: str, lexicon: Lexicon, frequencies: LineFrequencies | None, source: int | str, config: Config
    ) -> None:
        self.text = text
        self.lexicon = lexicon
        self.frequencies = frequencies
        self.source = source
        self.config = config
        self.limit = THRESHOLDS[config.profile]
        self.lines = split_lines(text)
        self._memo: dict[str, Reading] = {}
        self.readings = self._read(self.lines)

    def is_suspect(self) -> bool:
        """The cheap gate: most documents hold nothing that speaks against a line."""
        return any(reading.is_suspect for reading in self._memo.values()) or any(
            reading.evidence is not None for reading in self.readings
        )

    def findings(self) -> list[LineFinding]:
        """Remove, look again, until nothing more is found; then the brake."""
        lines, readings = list(self.lines), list(self.readings)
        alive = list(range(len(lines)))
        removed: list[tuple[int, LineFinding]] = []
        while True:
            found = _Round(self, [lines[index] for index in alive], [readings[index] for index in alive]).findings()
            fresh = [(alive[place], finding) for place, finding in found if finding.outcome is Outcome.REMOVE]
            if not fresh:
                break
            gone = set()
            for index, finding in fresh:
                if finding.tail:
                    lines[index] = replace(lines[index], end=finding.start)
                    (readings[index],) = self._read([lines[index]])
                else:
                    gone.add(index)
            removed += fresh
            alive = [index for index in alive if index not in gone]
        taken = self._joined(removed)
        if self._is_braked(taken):
            taken = [_braked(finding) for finding in taken]
        reviews = [finding for _, finding in found if finding.outcome is Outcome.REVIEW]
        return sorted(taken + reviews, key=lambda finding: (finding.start, finding.end))

    @cached_property
    def is_legal(self) -> bool:
        return is_legal_text(self.text)

    def _read(self, lines: Sequence[Line]) -> list[Reading]:
        contents = [self.text[line.start : line.end].strip() for line in lines]
        evidence: list[Evidence | None] = [None] * len(lines)
        if self.frequencies is not None and len(self.frequencies):
            keys = line_keys(self.text, lines)
            if self.frequencies.frequent(keys).any():
                answers = iter(self.frequencies.evidence(self.source, keys))
                evidence = [next(answers) if content else None for content in contents]
        readings = []
        for content, found in zip(contents, evidence, strict=True):
            reading = self._memo.get(content)
            if reading is None:
                reading = self._memo[content] = read_line(content, self.lexicon)
            readings.append(reading if found is None else replace(reading, evidence=found))
        return readings

    def _joined(self, removed: Sequence[tuple[int, LineFinding]]) -> list[LineFinding]:
        """Join what went from one line in several rounds: a tail, a tail before it, the rest of the line."""
        joined: dict[int, LineFinding] = {}
        for index, finding in removed:
            if index in joined:
                finding = replace(finding, end=joined[index].end)
            joined[index] = finding
        return list(joined.values())

    def _is_braked(self, taken: Sequence[LineFinding]) -> bool:
        chars = sum(len(reading.content) for reading in self.readings)
        if sum(finding.end - finding.start for finding in taken) > self.config.brake_chars_ratio * chars:
            return True
        lines = sum(not finding.tail for finding in taken)
        present = sum(bool(reading.content) for reading in self.readings)
        return lines > BRAKE_LINES and lines > self.config.brake_lines_ratio * present


class _Round:
    """The lines that are left, scored in the places they have now."""

    def __init__(self, page: _Page, lines: Sequence[Line], readings: Sequence[Reading]) -> None:
        self.page = page
        self.lines = lines
        self.contents = contents = [reading.content for reading in readings]
        present = [index for index, content in enumerate(contents) if content]
        good = good_lines(contents)
        edges = edge_lines(present, good)
        self.scored = []
        for index in present:
            at_edge = index in edges
            points = line_points(readings[index], at_edge=at_edge, good=good[index])
            score = sum([point.value for point in points])
            self.scored.append(_Scored(index, readings[index], at_edge, points, score))
        self._add_header_pair()
        self._add_menus()
        self._doubt_lone_words()

    @cached_property
    def shapes(self) -> list[Shape]:
        """Only looked at when a line may go, which in most rounds none does."""
        return line_shapes(self.page.text, self.lines)

    def findings(self) -> list[tuple[int, LineFinding]]:
        """Return the findings, each with the place of its line in this round."""
        self._raise_neighbours()
        found = []
        for scored in self.scored:
            finding = self._decide(scored)
            if finding is not None:
                found.append((scored.index, finding))
        return found

    # -- points from the lines around

    def _add_header_pair(self) -> None:
        """A user's name at the very top, right above the rank."""
        if len(self.scored) >= 2:
            name, rank = self.scored[:2]
            if rank.reading.is_rank and name.reading.is_name:
                name.add("header-pair", 1.5, "a name above a forum rank")

    def _add_menus(self) -> None:
        """Ordinary words that are menu entries together: ``Home``, ``About``, ``Contact`` on adjacent lines.

        A menu is a run of five or more short lines. Its known phrases vouch for each
        other, and at an edge four of them for a line of up to three words between
        them, but not for the last two lines of the run, where a title may stand.
        """
        scored, start = self.scored, 0
        while start < len(scored):
            stop = start
            while stop < len(scored) and scored[stop].reading.is_item:
                stop += 1
            run = scored[start:stop]
            start = max(stop, start + 1)
            known = [line.reading.is_menu_word for line in run]
            if len(run) < MENU_LINES or sum(known) < 3:
                continue
            for place, line in enumerate(run):
                around = sum(known[max(0, place - MENU_REACH) : place + MENU_REACH + 1])
                if known[place] and around >= 3:
                    line.add("menu", 1.0, f"{around} known phrases in the menu around")
                elif around >= 4 and line.at_edge and line.reading.words <= 3 and place < len(run) - 2:
                    line.add("menu", 1.5, f"{around} known phrases in the menu around")

    def _doubt_lone_words(self) -> None:
        """A word known from many sources alone is as likely a heading (``Ingredients``) as a menu entry.

        Menu entries stand in company: of the lines around, two are known somehow.
        """
        company = [line.reading.entry is not None or line.reading.evidence is not None for line in self.scored]
        for place, line in enumerate(self.scored):
            sites = [point for point in line.points if point.name == "sites"]
            if not sites or line.reading.entry is not None or any(point.name in _SUPPORT for point in line.points):
                continue
            around = sum(company[max(0, place - NEIGHBOURS) : place + NEIGHBOURS + 1]) - 1
            if around < COMPANY and sites[0].value > 1.0:
                line.points.remove(sites[0])
                line.score -= sites[0].value
                line.add("sites", 1.0, f"{sites[0].detail}, but no other known line near")

    def _raise_neighbours(self) -> None:
        """A line of some suspicion, most of whose neighbours go, goes with them.

        A line that says nothing itself must stand between lines that go, on both
        sides where there are any: a list of ingredients above a row of buttons is
        not eaten from below. The first line is as likely as not the title, and a
        long line needs more against it than its place. A few turns, so that gaps
        inside a menu close; in later ones only lines of up to three words.
        """
        limit = self.page.limit
        sure = [line.score >= limit and not line.reading.kept and not self._guard(line) for line in self.scored]
        if not any(sure):
            return
        waiting = [
            (place, line)
            for place, line in enumerate(self.scored)
            if place
            and line.at_edge
            and line.score < limit
            and line.score >= (1.0 if line.speaks else 1.5)
            and not line.reading.kept
        ]
        for turn in range(NEIGHBOUR_TURNS):
            raised = []
            for place, line in waiting:
                before = sure[max(0, place - NEIGHBOURS) : place]
                after = sure[place + 1 : place + 1 + NEIGHBOURS]
                gone, around = sum(before) + sum(after), len(before) + len(after)
                if not gone or 2 * gone < around:
                    continue
                enclosed = any(before) and (any(after) or not after)
                if line.speaks or (enclosed and (not turn or line.reading.words <= 3)):
                    line.add("neighbour", limit - line.score, f"{gone} of the {around} lines around are boilerplate")
                    raised.append(place)
            if not raised:
                return
            for place in raised:
                sure[place] = not self._guard(self.scored[place])
            waiting = [(place, line) for place, line in waiting if line.score < limit]

    # -- the decision

    def _guard(self, line: _Scored) -> str:
        """The guard that holds back a line whose score would remove it, "" for none."""
        shape, reading = self.shapes[line.index], line.reading
        if reading.entry is not None:
            legal_line = reading.entry.kind in LEGAL_CLASSES
        else:
            legal_line = reading.evidence is not None and is_legal_line(reading.content)
        before, after = (
            self.contents[place] if 0 <= place < len(self.contents) else ""
            for place in (line.index - 1, line.index + 1)
        )
        form_alone = bool(shape & Shape.FORM) and not any(
            other & Shape.FORM
            for place in (line.index - 2, line.index - 1, line.index + 1, line.index + 2)
            if 0 <= place < len(self.shapes)
            for other in (self.shapes[place],)
        )
        return guard_of(
            shape,
            reading.basis,
            at_edge=line.at_edge,
            form_alone=form_alone,
            wrapped=is_wrapped(before, reading.content, after),
            legal_text=reading.evidence is not None and self.page.is_legal,
            legal_line=legal_line,
        )

    def _decide(self, scored: _Scored) -> LineFinding | None:
        reading, limit, score = scored.reading, self.page.limit, scored.score
        if reading.kept or (score < limit / 2 and reading.tail is None):
            return None
        line = self.lines[scored.index]
        whole = None
        if score >= limit / 2 and scored.speaks:
            guard = self._guard(scored) if score >= limit else ""
            whole = _finding(line.start, line.end, scored.rule, scored.points, limit, guard, tail=False)
        if reading.tail is None or (whole is not None and whole.outcome is Outcome.REMOVE):
            return whole
        return self._decide_tail(line, reading.tail, scored.index) or whole

    def _decide_tail(self, line: Line, tail: TailHit, index: int) -> LineFinding | None:
        points = [entry_point(tail.entry)]
        if tail.entry.strength == "weak":
            points.append(MARKED if tail.marked else Point("tail", 0.5, "after a full stop"))
        if sum(point.value for point in points) < self.page.limit / 2:
            return None
        held = self.shapes[index] & (Shape.CODE | Shape.TABLE | Shape.DIALOGUE | Shape.VERSE)
        guard = next(((flag.name or "").lower() for flag in Shape if flag & held), "")
        content = self.page.text[line.start : line.end]
        start = line.start + tail.start + len(content) - len(content.lstrip())
        return _finding(start, line.end, f"boilerplate/{tail.entry.kind}", points, self.page.limit, guard, tail=True)


def _finding(
    start: int, end: int, rule: str, points: Sequence[Point], limit: float, guard: str, *, tail: bool
) -> LineFinding:
    score = sum(point.value for point in points)
    goes = score >= limit
    why = _sentence(rule, points, f"{limit:g} remove")
    if goes and guard:
        why += f"; kept, since {_GUARD_REASONS.get(guard, guard)}"
    outcome = Outcome.REMOVE if goes and not guard else Outcome.REVIEW
    return LineFinding(start, end, rule, score, tuple(points), outcome, why, tail, guard if goes else "")


_FURNITURE = {
    "ads": "an advertisement",
    "byline": "a byline or date line",
    "comments": "a comment form or count",
    "cookie": "a cookie notice",
    "copyright": "a rights notice",
    "forum": "forum furniture",
    "frequency": "a line that comes back",
    "nav": "navigation",
    "neighbour": "a line among boilerplate",
    "pagination": "pagination",
    "readmore": "a read-more link",
    "related": "a head of related articles",
    "share": "a share widget",
    "skip": "a skip link",
    "subscribe": "a subscribe prompt",
}

_GUARD_REASONS = {
    **SHAPE_REASONS,
    "legal": "rights lines are for a person to decide",
    "wrapped": "it is a piece of a wrapped sentence",
    "keep": "the lexicon keeps it",
}


def _sentence(rule: str, points: Sequence[Point], verdict: str) -> str:
    """What the line looks like, what speaks for that, and the points."""
    kind = rule.partition("/")[2]
    reasons = ", ".join(point.detail for point in points if point.detail and point.value > 0)
    name = _FURNITURE.get(kind, "an ordinary line" if kind == "none" else f"furniture ({kind})")
    score = f"{sum(point.value for point in points):g} points, {verdict}"
    return f"{name}: {reasons} ({score})" if reasons else f"{name} ({score})"


def _braked(finding: LineFinding) -> LineFinding:
    why = f"{finding.why}; kept, since too much of the document would go"
    return replace(finding, outcome=Outcome.REVIEW, guard="brake", why=why)
