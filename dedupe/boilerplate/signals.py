"""The boilerplate score of the lines of one document.

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

from dedupe.boilerplate.context import edge_lines, good_lines
from dedupe.boilerplate.frequency import Evidence, LineFrequencies, line_keys
from dedupe.boilerplate.guards import (
    COUNTED,
    LEGAL_CLASSES,
    PATTERN,
    PHRASE,
    WEAK,
    WIDGET,
    guard_of,
    is_legal_text,
)
from dedupe.boilerplate.lexicon import MAX_LINE, Entry, Lexicon, TailHit, normal_form
from dedupe.boilerplate.widgets import Widget, menu_items, read_widget
from dedupe.config import Config
from dedupe.model import Line, LineFinding, Outcome, Point
from dedupe.text.layout import Shape, is_terminated, line_shapes
from dedupe.text.segment import split_lines

THRESHOLDS = {"safe": 4.0, "default": 3.0, "aggressive": 2.0}
"""Points that remove; half of them report."""

NEIGHBOURS = 3
MENU_LINES = 5
MENU_REACH = 6
_FEW_LINES = 5
_STRENGTH_POINTS = {"strong": 3.0, "weak": 1.0, "counter": 2.0, "rank": 2.0, "byline": 2.0}
_STRENGTH_NAMES = {
    "strong": "phrase:strong",
    "weak": "phrase:weak",
    "counter": "counter",
    "rank": "forum-rank",
    "byline": "byline-date",
}


@dataclass(frozen=True, slots=True)
class _Read:
    """What a line says by itself, wherever it stands. Read once per line."""

    content: str
    normal: str
    words: int
    terminated: bool
    entry: Entry | None
    widget: Widget | None
    bar: int
    rank: bool
    tail: TailHit | None
    evidence: Evidence | None
    kept: bool

    @property
    def speaks(self) -> bool:
        """Whether anything but its place speaks against the line."""
        return bool(self.entry or self.widget or self.bar or self.rank or self.evidence)


@dataclass(slots=True)
class _Scored:
    """The points of one line in its place."""

    points: list[Point]
    shape: Shape
    at_edge: bool
    score: float

    def add(self, name: str, value: float, detail: str) -> None:
        self.points.append(Point(name, value, detail))
        self.score += value


def score_document(
    text: str, lexicon: Lexicon, frequencies: LineFrequencies | None, source: int | str, config: Config
) -> list[LineFinding]:
    """Return the boilerplate findings of *text*, by place: lines to remove and lines to review.

    Place alone is never a finding: a line must say something (lexicon, widget,
    frequency), or stand among lines that do. When the lines to remove exceed the
    brake (``config.brake_chars_ratio``, ``config.brake_lines_ratio``) all of them go
    to review, with the guard ``brake``.

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

    A line that was found in a later round, or by its tail, is returned as found.

    Raises:
        IndexError: the text has no such line.

    >>> explain_line("A title\\n", 1, Lexicon.load([]), None, "", Config()).outcome.value
    'keep'
    """
    page = _Page(text, lexicon, frequencies, source, config)
    line = page.lines[number - 1]
    if number < 1:
        raise IndexError(number)
    for finding in page.findings():
        if line.start <= finding.start and finding.end <= line.end and finding.start < line.stop:
            return finding
    return page.kept_line(number - 1)


class _Page:
    """One document while it is scored."""

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
        self._legal: bool | None = None
        self._memo: dict[str, _Read] = {}
        self.reads = self._read_all(self.lines)

    def is_suspect(self) -> bool:
        """The cheap gate: most documents hold nothing that speaks against a line."""
        return any(read.speaks or read.tail for read in self.reads)

    # -- reading the lines

    def _read_all(self, lines: Sequence[Line]) -> list[_Read]:
        contents = [self.text[line.start : line.end].strip() for line in lines]
        evidence: list[Evidence | None] = [None] * len(lines)
        if self.frequencies is not None and len(self.frequencies):
            keys = line_keys(self.text, lines)
            if self.frequencies.frequent(keys).any():
                answers = iter(self.frequencies.evidence(self.source, keys))
                evidence = [next(answers) if content else None for content in contents]
        reads = []
        for content, found in zip(contents, evidence, strict=True):
            read = self._memo.get(content)
            if read is None:
                read = self._memo[content] = self._read(content)
            reads.append(replace(read, evidence=found) if found is not None else read)
        return reads

    def _read(self, content: str) -> _Read:
        lexicon = self.lexicon
        tail = lexicon.find_tail(content) if content else None
        if not content or len(content) > MAX_LINE:
            return _Read(content, "", 99, True, None, None, 0, False, tail, None, False)
        normal = normal_form(content)
        entry = lexicon.find_normal(normal) if normal else None
        words = len(content.split())
        widget = None
        bar = 0
        if normal and (entry is None or entry.strength == "weak"):
            widget = read_widget(content, normal, lexicon.vocabulary)
            if widget is None and words >= 3:
                bar = menu_items(content, normal, lexicon)
        rank = entry is None and _is_rank(content, normal, lexicon)
        kept = normal in lexicon.keeps
        return _Read(content, normal, words, is_terminated(content), entry, widget, bar, rank, tail, None, kept)

    # -- the score

    def findings(self) -> list[LineFinding]:
        """Remove, look again, until nothing more is found; then the brake."""
        lines = list(self.lines)
        alive = list(range(len(lines)))
        removed: list[LineFinding] = []
        whole: set[int] = set()
        while True:
            found = self._judge([lines[index] for index in alive], [self.reads[index] for index in alive])
            fresh = [(alive[place], finding) for place, finding in found if finding.outcome is Outcome.REMOVE]
            if not fresh:
                break
            for index, finding in fresh:
                if finding.tail:
                    lines[index] = Line(lines[index].start, finding.start, lines[index].stop)
                    (self.reads[index],) = self._read_all([lines[index]])
                else:
                    whole.add(index)
                removed.append(finding)
            alive = [index for index in alive if index not in whole]
        removed = self._merged(removed)
        if self._is_braked(removed, len(whole)):
            removed = [_held(finding, "brake") for finding in removed]
        reviews = [finding for _, finding in found if finding.outcome is Outcome.REVIEW]
        return sorted(removed + reviews, key=lambda finding: (finding.start, finding.end))

    def kept_line(self, number: int) -> LineFinding:
        """The points of one line that is no finding, as the whole document first stands."""
        place = sum(bool(read.content) for read in self.reads[:number])
        line, read = self.lines[number], self.reads[number]
        if not read.content:
            return LineFinding(line.start, line.end, "boilerplate/none", 0.0, (), Outcome.KEEP, "A blank line.")
        scored = self._score_lines(self.lines, self.reads)[place][1]
        guard = "keep" if read.kept else ""
        why = _sentence(scored, f"kept, as {self.limit / 2:g} points would report it")
        return LineFinding(
            line.start,
            line.end,
            _rule(read, scored),
            scored.score,
            tuple(scored.points),
            Outcome.KEEP,
            why,
            False,
            guard,
        )

    def _merged(self, removed: list[LineFinding]) -> list[LineFinding]:
        """Tails found inside a line that went as a whole later are part of that line."""
        whole = {finding.start: finding for finding in removed if not finding.tail}
        tails: dict[int, LineFinding] = {}
        for finding in removed:
            if finding.tail:
                line = self._line_at(finding.start)
                if line.start in whole:
                    whole[line.start] = replace(whole[line.start], end=line.end)
                elif line.start in tails:
                    tails[line.start] = replace(finding, end=tails[line.start].end)
                else:
                    tails[line.start] = finding
        return [*whole.values(), *tails.values()]

    def _line_at(self, place: int) -> Line:
        return next(line for line in self.lines if line.start <= place < line.stop)

    def _is_braked(self, removed: Sequence[LineFinding], lines: int) -> bool:
        present = sum(bool(read.content) for read in self.reads)
        chars = sum(len(read.content) for read in self.reads)
        taken = sum(finding.end - finding.start for finding in removed)
        # a few lines are a large share of a short text without being many
        many = lines > _FEW_LINES and lines > self.config.brake_lines_ratio * present
        return many or taken > self.config.brake_chars_ratio * chars

    def _judge(self, lines: Sequence[Line], reads: Sequence[_Read]) -> list[tuple[int, LineFinding]]:
        """One round: the findings of the lines that are left, each with its place among them."""
        scored = self._score_lines(lines, reads)
        for _n in range(8): self._raise_neighbours(scored, reads, _n)
        found = []
        for index, line in scored:
            finding = self._decide(lines[index], reads[index], line, scored, index)
            if finding is not None:
                found.append((index, finding))
        return found

    def _score_lines(self, lines: Sequence[Line], reads: Sequence[_Read]) -> list[tuple[int, _Scored]]:
        contents = [read.content for read in reads]
        shapes = line_shapes(self.text, lines)
        good = good_lines(contents)
        present = [index for index, content in enumerate(contents) if content]
        edges = edge_lines(present, good)
        scored = []
        for index in present:
            at_edge = index in edges
            points = _points(reads[index], at_edge, good[index])
            scored.append((index, _Scored(points, shapes[index], at_edge, sum([point.value for point in points]))))
        if len(scored) >= 2:
            self._add_header_pair(scored, reads)
        self._add_menus(scored, reads)
        return scored

    def _add_header_pair(self, scored: list[tuple[int, _Scored]], reads: Sequence[_Read]) -> None:
        """A user's name at the very top, right above the rank."""
        (first, name), (second, _) = scored[:2]
        below = reads[second]
        if (below.rank or (below.entry is not None and below.entry.strength == "rank")) and _is_name(reads[first]):
            name.add("header-pair", 1.5, "a name above a forum rank")

    def _add_menus(self, scored: list[tuple[int, _Scored]], reads: Sequence[_Read]) -> None:
        """Ordinary words that are menu entries together: ``Home``, ``About``, ``Contact`` on adjacent lines.

        A menu is a run of five or more short lines. Its known phrases vouch for each
        other, and at an edge four of them for a line of up to three words between
        them, but not for the last two lines of the run, where a title may stand.
        """
        start = 0
        while start < len(scored):
            stop = start
            while stop < len(scored) and _is_item(reads[scored[stop][0]]):
                stop += 1
            if stop - start >= MENU_LINES:
                known = [reads[index].entry is not None for index, _ in scored[start:stop]]
                for place, (index, line) in enumerate(scored[start:stop]):
                    around = sum(known[max(0, place - MENU_REACH) : place + MENU_REACH + 1])
                    if known[place] and around >= 3:
                        line.add("menu", 1.0, f"{around} known phrases in the menu around")
                    elif around >= 4 and line.at_edge and reads[index].words <= 3 and place < len(known) - 2:
                        line.add("menu", 1.5, f"{around} known phrases in the menu around")
            start = max(stop, start + 1)

    def _raise_neighbours(self, scored: list[tuple[int, _Scored]], reads: Sequence[_Read], _n:int) -> None:
        """A line of some suspicion, most of whose neighbours go, goes with them; one pass."""
        sure = [
            line.score >= self.limit and not self._guard(reads[index], line, scored, index) for index, line in scored
        ]
        for place, (index, line) in enumerate(scored):
            score, read = line.score, reads[index]
            # the first line is as likely as not the title; a long line needs more against it than its place
            least = 1.0 if read.speaks else 1.5
            if sure[place] or place == 0 or not line.at_edge or not least <= score < self.limit or read.kept:
                continue
            before = sure[max(0, place - NEIGHBOURS) : place]
            after = sure[place + 1 : place + 1 + NEIGHBOURS]
            gone = sum(before) + sum(after)
            if not read.speaks and read.words > (5 if _n else 8): continue
            if (not any(before) and before) or (not any(after) and after): continue
            if 2 * gone >= len(before) + len(after) and gone:
                detail = f"{gone} of the {len(before) + len(after)} lines around are boilerplate"
                line.add("neighbour", self.limit - score, detail)

    # -- the decision

    def _guard(self, read: _Read, scored: _Scored, lines: list[tuple[int, _Scored]], index: int) -> str:
        if not scored.shape and not (read.entry and read.entry.kind in LEGAL_CLASSES) and not read.evidence:
            return ""
        form_alone = bool(scored.shape & Shape.FORM) and not any(
            other.shape & Shape.FORM for place, other in lines if 0 < abs(place - index) <= 2
        )
        return guard_of(
            scored.shape,
            _basis(read),
            at_edge=scored.at_edge,
            form_alone=form_alone,
            legal_text=self._is_legal(),
            legal_line=read.entry is not None and read.entry.kind in LEGAL_CLASSES,
        )

    def _is_legal(self) -> bool:
        if self._legal is None:
            self._legal = is_legal_text(self.text)
        return self._legal

    def _decide(
        self, line: Line, read: _Read, scored: _Scored, lines: list[tuple[int, _Scored]], index: int
    ) -> LineFinding | None:
        score = scored.score
        raised = scored.points[-1].name == "neighbour"
        if score >= self.limit / 2 and not read.kept and (read.speaks or raised or _has(scored, "header-pair", "menu")):
            guard = self._guard(read, scored, lines, index) if score >= self.limit else ""
            outcome = Outcome.REMOVE if score >= self.limit and not guard else Outcome.REVIEW
            why = _sentence(scored, f"{self.limit:g} remove" + (f", held back as {guard}" if guard else ""))
            points = tuple(scored.points)
            whole = LineFinding(line.start, line.end, _rule(read, scored), score, points, outcome, why, False, guard)
            if outcome is Outcome.REMOVE or read.tail is None:
                return whole
        return None if read.tail is None or read.kept else self._decide_tail(line, read.tail, scored)

    def _decide_tail(self, line: Line, tail: TailHit, scored: _Scored) -> LineFinding | None:
        entry = tail.entry
        points = [Point(_STRENGTH_NAMES[entry.strength], _STRENGTH_POINTS[entry.strength], f'"{entry.phrase}"')]
        if entry.strength == "weak":
            value, detail = (
                (2.0, "set off by brackets, an arrow or dots") if tail.marked else (0.5, "after a full stop")
            )
            points.append(Point("tail", value, detail))
        score = sum(point.value for point in points)
        if score < self.limit / 2:
            return None
        guard = next(
            ((flag.name or "").lower() for flag in (Shape.CODE, Shape.DIALOGUE, Shape.VERSE) if scored.shape & flag), ""
        )
        outcome = Outcome.REMOVE if score >= self.limit and not guard else Outcome.REVIEW
        content = self.text[line.start : line.end]
        start = line.start + tail.start + len(content) - len(content.lstrip())
        tailed = _Scored(points, scored.shape, scored.at_edge, score)
        why = _sentence(tailed, f"{self.limit:g} remove" + (f", held back as {guard}" if guard else ""))
        rule = f"boilerplate/{entry.kind}"
        return LineFinding(start, line.end, rule, score, tuple(points), outcome, why, True, guard)


_EDGE = Point("edge", 1.0, "outside the running text")
_INSIDE = Point("edge", -0.5, "inside the text")
_SHORT = Point("shape", 0.5, "short, no full stop")
_PROSE = Point("prose", -3.0, "part of running text")
_SENTENCE = Point("prose", -1.5, "a long sentence")


def _is_item(read: _Read) -> bool:
    return read.words <= 5 and not read.terminated


def _points(read: _Read, at_edge: bool, good: bool) -> list[Point]:
    """The points of a line for what it says and where it stands, neighbours aside."""
    points = []
    entry, widget = read.entry, read.widget
    widget_point = _widget_point(widget) if widget is not None else None
    if widget_point is not None:
        points.append(widget_point)
    elif read.bar:
        points.append(Point("widget", 3.0, f"a menu bar of {read.bar} known phrases"))
    elif entry is not None:
        strength = entry.strength
        points.append(Point(_STRENGTH_NAMES[strength], _STRENGTH_POINTS[strength], f'"{entry.phrase}"'))
    elif read.rank:
        points.append(Point("forum-rank", 2.0, "a rank in capitals"))
    if read.evidence is not None:
        trusted = entry is not None or widget is not None
        counted = read.evidence
        for point in (
            counted.source_points(trusted=trusted),
            counted.site_points(trusted=trusted, at_edge=at_edge),
        ):
            if point is not None:
                points.append(point)
    points.append(_EDGE if at_edge else _INSIDE)
    if read.words <= 8 and not read.terminated:
        points.append(_SHORT)
    if good:
        points.append(_PROSE)
    elif read.words >= 12 and read.terminated and not (entry is not None and entry.strength == "strong"):
        points.append(_SENTENCE)
    return points


def _widget_point(widget: Widget) -> Point | None:
    count = len(widget.services)
    names = ", ".join(widget.services)
    if not widget.listed and (count >= 3 or (count >= 2 and (widget.joined or widget.actions))):
        return Point("widget", 3.0, f"nothing but {names}")
    if count >= 2 or (count and widget.actions):
        return Point("widget2", 1.5, f"nothing but {names}")
    return None


def _basis(read: _Read) -> str:
    """What most of the points of a line rest on, for the guards."""
    if read.bar or (read.widget is not None and not read.widget.listed):
        return WIDGET
    if read.entry is not None:
        return {"strong": PHRASE, "weak": WEAK}.get(read.entry.strength, PATTERN)
    if read.rank:
        return PATTERN
    return COUNTED if read.evidence is not None else WEAK


_RANK_WORDS = frozenset(
    "senior junior member moderator administrator admin veteran newbie regular contributor elite expert".split()
)


def _is_rank(content: str, normal: str, lexicon: Lexicon) -> bool:
    """``THINK TANK: SENIOR``: a group and a rank, all in capitals.

    >>> _is_rank("THINK TANK: SENIOR", "think tank senior", Lexicon.parse(""))
    True
    >>> _is_rank("Position: Senior", "position senior", Lexicon.parse(""))
    False
    """
    if not content.isupper() or ":" not in content:
        return False
    group, _, rank = content.partition(":")
    words = rank.split()
    return 1 <= len(words) <= 2 and len(group.split()) <= 3 and all(word.lower() in _RANK_WORDS for word in words)


def _is_name(read: _Read) -> bool:
    """One to three words that could be a user's name."""
    return (
        read.words <= 3
        and len(read.content) <= 30
        and not read.terminated
        and read.content[0].isalnum()
        and read.content[-1].isalnum()
    )


def _has(scored: _Scored, *names: str) -> bool:
    return any(point.name in names for point in scored.points)


def _rule(read: _Read, scored: _Scored) -> str:
    if read.widget is not None:
        return "boilerplate/share"
    if read.bar:
        return "boilerplate/nav"
    if read.entry is not None:
        return f"boilerplate/{read.entry.kind}"
    if read.rank or _has(scored, "header-pair"):
        return "boilerplate/forum"
    if read.evidence is not None:
        return "boilerplate/frequency"
    if _has(scored, "menu"):
        return "boilerplate/nav"
    return "boilerplate/neighbour" if _has(scored, "neighbour") else "boilerplate/none"


def _sentence(scored: _Scored, limit: str) -> str:
    parts = [f"{point.name} {point.value:+g} ({point.detail})" for point in scored.points]
    return f"{scored.score:g} points, {limit}: {'; '.join(parts)}."


def _held(finding: LineFinding, guard: str) -> LineFinding:
    why = finding.why.rstrip(".") + ". Too much of the document would go, so all of it is left for review."
    return replace(finding, outcome=Outcome.REVIEW, guard=guard, why=why)
