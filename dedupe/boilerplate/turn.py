"""One turn over the lines of one document: points, guards and findings, with each line in the place it has now.

Most lines say nothing. Only those that do are looked at one by one; of the others it matters
whether they are short, end a sentence or are running text, which their features tell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from dedupe.boilerplate.company import companies, is_label
from dedupe.boilerplate.facts import ANCHOR, TextFacts
from dedupe.boilerplate.features import SUSPECT, TextLines
from dedupe.boilerplate.frequency import Evidence
from dedupe.boilerplate.holding import line_guard, tail_guard
from dedupe.boilerplate.lexicon import Lexicon, TailHit
from dedupe.boilerplate.points import MARKED, Reading, entry_point, read_line
from dedupe.boilerplate.profiles import Profile
from dedupe.boilerplate.scored import ScoredLine
from dedupe.model import LineFinding, Outcome, Point

NEIGHBOURS = 3
COMPANY = 2
NEIGHBOUR_TURNS = 4
MENU_CHARS = 40
LABEL_WORDS = 2
DENSE_SHARE = 0.4
MENU_LINES = 10
"""A run of so many lines is no list that a text has."""
FOOTER_LINES = 120
"""Footers, with the columns of links above them, reach no further up; below a text there may also be a catalogue."""
_SUPPORT = frozenset({"source-df", "run", "widget"})


class TurnFindings(NamedTuple):
    """What a turn comes to: findings by place, and whether nothing that they leave says anything.

    Place alone is never a finding, so another turn would find nothing then.
    """

    findings: list[LineFinding]
    is_last: bool


class Turn:
    """The lines of *text* as it is now, scored in the places they have now.

    *asked* has, by their place among *lines*, those that are suspect or frequent, with what is known of the frequent
    ones.
    """

    def __init__(
        self, text: str, lines: TextLines, asked: Mapping[int, Evidence | None], lexicon: Lexicon, profile: Profile
    ) -> None:
        self.text = text
        self.lines = lines
        self._profile = profile
        self._limit = profile.limit
        self._facts = TextFacts(text, lines, profile.dense)
        self._scored: dict[int, ScoredLine] = {}
        self._in_menus: set[int] = set()
        for place, known in asked.items():
            if lines.flags[place] & SUSPECT:
                reading = read_line(self._facts.content(place), lexicon)
            else:
                reading = self._plain_reading(place)
            if known is not None or reading.is_suspect or reading.kept:
                self._scored[place] = self._score(place, reading, known)
        self._add_header_pair()
        if not profile.known_only:
            self._add_runs()
        self._doubt_lone_words()

    def weighed(self) -> list[bool]:
        """Tell which lines count for the brake: in a page with a text those of text, in any other one all."""
        passages = [not is_label(*features) for features in zip(self.lines.words, self.lines.flags, strict=True)]
        return passages if sum(passages) >= ANCHOR else [True] * len(passages)

    def line_number(self, number: int) -> ScoredLine:
        """Return line *number* of the text, counted from 0 with the blank ones, with its points."""
        return self._line(self.lines.numbers.index(number))

    def asks_for_shapes(self) -> bool:
        """Whether a line may go, so that it has to be known what it stands in. In most texts none does."""
        return any(line.score >= self._limit or line.reading.tail is not None for line in self._scored.values())

    def findings(self, shapes: list[int]) -> TurnFindings:
        """Return the findings, by place, in offsets of the text.

        *shapes* are the rough shapes of all lines, blank ones too; none are needed unless they are asked for.
        """
        self._facts.rough_shapes = shapes
        if not self._profile.known_only:
            self._raise_neighbours()
        found = []
        is_last = True
        for _, line in sorted(self._scored.items()):
            finding = self._decide(line)
            if finding is not None:
                found.append(finding)
            goes = finding is not None and finding.outcome is Outcome.REMOVE and not finding.tail
            is_last = is_last and (goes or not (line.speaks or line.reading.tail))
        return TurnFindings(found, is_last)

    def _line(self, place: int) -> ScoredLine:
        """The line at *place* with its points, whether or not it says anything."""
        scored = self._scored.get(place)
        if scored is None:
            scored = self._scored[place] = self._score(place, self._plain_reading(place), None)
        return scored

    def _score(self, place: int, reading: Reading, evidence: Evidence | None) -> ScoredLine:
        return ScoredLine(place, reading, evidence, self._facts.edges.has(place), self._facts.is_good(place))

    def _plain_reading(self, place: int) -> Reading:
        """The reading of a line that says nothing."""
        return Reading(self._facts.content(place), self.lines.words[place], self._facts.is_terminated(place))

    # -- points from the lines around

    def _add_header_pair(self) -> None:
        """A user's name at the very top, right above the rank."""
        rank = self._scored.get(1)
        if rank is not None and rank.reading.is_rank:
            name = self._scored[0].reading if 0 in self._scored else self._plain_reading(0)
            if name.is_name:
                self._line(0).add("header-pair", 1.5, "a name above a forum rank")

    def _add_runs(self) -> None:
        """Known lines in a run of short ones vouch for each other, and at an edge for those between them.

        Not right above the text, where its title and its author may stand, nor at the very top, and not for what the
        text speaks of. Headings in a table of contents say nothing about the lines around them.
        """
        known = [False] * len(self.lines.flags)
        for place, line in self._scored.items():
            known[place] = line.is_known
        profile = self._profile
        if sum(known) < profile.run_known:
            return
        for place in range(len(known)):
            known[place] = known[place] and not self._facts.is_heading(self._facts.content(place))
        for company in companies(self.lines, known, profile.run_known):
            place = company.place
            if company.share < profile.run_share:
                continue
            if company.lines >= MENU_LINES:
                self._in_menus.add(place)
            if known[place]:
                self._scored[place].add(
                    "run", 1.5 if self._facts.edges.has(place) or company.share >= DENSE_SHARE else 1.0, company.detail
                )
            elif self._may_be_in_menu(place):
                self._line(place).add("run", 1.5, company.detail)

    def _may_be_in_menu(self, place: int) -> bool:
        """Whether a line that says nothing may be an entry of a menu, for what it is and where it stands."""
        if self.lines.words[place] > self._profile.run_words or self.lines.lengths[place] > MENU_CHARS:
            return False
        if not place or not self._facts.is_anchored or not self._facts.edges.is_clear(place):
            return False
        if self._facts.edges.bottom <= place < len(self.lines.flags) - FOOTER_LINES:
            return False
        content = self._facts.content(place)
        if "\t" in content or content[-1] in ",;" or (content[-1] == ":" and self.lines.words[place] > LABEL_WORDS):
            return False  # a piece of a sentence, or what introduces one
        return not self._facts.topics.has(content)

    def _doubt_lone_words(self) -> None:
        """A word known from many sources alone is as likely a heading (``Ingredients``) as a menu entry.

        Menu entries stand in company: of the lines around, two are known somehow.
        """
        company = {
            place for place, line in self._scored.items() if line.reading.entry is not None or line.evidence is not None
        }
        for place, line in self._scored.items():
            if line.evidence is None or line.reading.entry is not None:
                continue
            sites = [point for point in line.points if point.name == "sites"]
            if not sites or line.has(_SUPPORT):
                continue
            around = sum(other in company for other in range(place - NEIGHBOURS, place + NEIGHBOURS + 1)) - 1
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
        limit, size = self._limit, len(self.lines.flags)
        sure = [False] * size
        for place, line in self._scored.items():
            sure[place] = line.score >= limit and not line.reading.kept and not self._guard(line)
        if not any(sure):
            return
        waiting = [place for place in range(1, size) if not sure[place] and self._may_be_raised(place)]
        for _ in range(NEIGHBOUR_TURNS):
            raised = []
            for place in waiting:
                before = sure[max(0, place - NEIGHBOURS) : place]
                after = sure[place + 1 : place + 1 + NEIGHBOURS]
                gone, around = sum(before) + sum(after), len(before) + len(after)
                if not gone or 2 * gone < around:
                    continue
                enclosed = any(before) and (any(after) or not after)
                speaks = place in self._scored and self._scored[place].speaks
                if speaks or (enclosed and self._may_be_in_menu(place)):
                    line = self._line(place)
                    line.add("neighbour", limit - line.score, f"{gone} of the {around} lines around are boilerplate")
                    raised.append(place)
            if not raised:
                return
            for place in raised:
                sure[place] = not self._guard(self._scored[place])
            waiting = [place for place in waiting if place not in raised]

    def _may_be_raised(self, place: int) -> bool:
        """Whether there is suspicion against a line that does not go by itself; place and form are enough."""
        if not self._facts.edges.has(place):
            return False
        line = self._scored.get(place)
        if line is None:
            return is_label(self.lines.words[place], self.lines.flags[place])
        return line.score < self._limit and line.score >= (1.0 if line.speaks else 1.5) and not line.reading.kept

    # -- the decision

    def _guard(self, line: ScoredLine) -> str:
        """The guard that holds back a line whose score would remove it, "" for none."""
        if line.guard is None:
            line.guard = line_guard(line, self._facts, self._profile, in_menu=self._is_in_menu(line))
        return line.guard

    def _is_in_menu(self, line: ScoredLine) -> bool:
        """Whether the line stands in a long run of known ones, outside of what is surely a text."""
        return line.at_edge and self._facts.is_anchored and line.place in self._in_menus

    def _decide(self, line: ScoredLine) -> LineFinding | None:
        reading, limit, score = line.reading, self._limit, line.score
        if reading.kept or (score < limit / 2 and reading.tail is None):
            return None
        start, end = self.lines.starts[line.place], self.lines.ends[line.place]
        whole = None
        if score >= limit / 2 and line.speaks:
            guard = self._guard(line) if score >= limit else ""
            whole = _finding(start, end, line.rule, line.points, limit, guard, tail=False)
        if reading.tail is None or (whole is not None and whole.outcome is Outcome.REMOVE):
            return whole
        return self._decide_tail(line.place, reading.tail) or whole

    def _decide_tail(self, place: int, tail: TailHit) -> LineFinding | None:
        points = [entry_point(tail.entry)]
        if tail.entry.strength == "weak":
            points.append(MARKED if tail.marked else Point("tail", 0.5, "after a full stop"))
        if sum(point.value for point in points) < self._limit / 2:
            return None
        start, end = self.lines.starts[place] + self._facts.indent(place) + tail.start, self.lines.ends[place]
        rule, guard = f"boilerplate/{tail.entry.kind}", tail_guard(place, self._facts)
        return _finding(start, end, rule, points, self._limit, guard, tail=True)


def _finding(
    start: int, end: int, rule: str, points: Sequence[Point], limit: float, guard: str, *, tail: bool
) -> LineFinding:
    score = sum([point.value for point in points])
    goes = score >= limit
    outcome = Outcome.REMOVE if goes and not guard else Outcome.REVIEW
    return LineFinding(start, end, rule, score, tuple(points), outcome, limit, tail, guard if goes else "")
