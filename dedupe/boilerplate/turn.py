"""One turn over the lines of a batch of texts: points, guards and findings, with each line in the place it has now.

Most lines say nothing. Only those that do are looked at one by one; of the others it matters
whether they are short, end a sentence or are running text, which their features tell. What stands around a line is
counted in columns, for all lines of the batch at once.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedupe import kernels
from dedupe.boilerplate.company import Companies, companies, is_crowd
from dedupe.boilerplate.edges import Edges, find_edges, sums
from dedupe.boilerplate.facts import ANCHOR, DEPTH, TextFacts, Weight
from dedupe.boilerplate.features import GOOD, Features
from dedupe.boilerplate.frequency import Evidence
from dedupe.boilerplate.guards import are_legal_texts
from dedupe.boilerplate.holding import WEAK_ALONE, line_guard, tail_guard
from dedupe.boilerplate.lexicon import Lexicon, TailHit
from dedupe.boilerplate.points import MARKED, Reading, entry_point, is_address, read_line, take_stance
from dedupe.boilerplate.profiles import Profile
from dedupe.boilerplate.scored import ScoredLine
from dedupe.boilerplate.zones import EDGE, GONE_SHARE, odds_in_texts, odds_needed
from dedupe.model import LineFinding, Outcome, Point

I64 = NDArray[np.int64]
Flags = NDArray[np.bool_]
Packed = tuple[bytes, I64]

NEIGHBOURS = 3
COMPANY = 2
NEIGHBOUR_TURNS = 4
RUN_KNOWN = 3
"""So many lines of a run have to be known."""
RUN_WORDS, MENU_CHARS, MOST_CHARS = 5, 26, 40
CHARS_A_SHARE = 50
"""Above ``MENU_CHARS`` an entry of a menu may have so many code points more for a share of 1 of known lines around."""
LABEL_WORDS = 2
FIGURE_CHARS = 24
"""A line of so many code points with a figure in it is no entry of a menu."""
DENSE_SHARE = 0.4
MOST_BESIDE = 3
"""Of the six lines right beside it, so many are known: the line stands in the middle of a menu, wherever that is."""
MENU_LINES = 10
"""A run of so many lines is no list that a text has."""
_SUPPORT = frozenset({"source-df", "run", "widget"})


class TurnFindings(NamedTuple):
    """What a turn comes to for a text: findings by place, and whether nothing that they leave says anything.

    Place alone is never a finding, so another turn would find nothing then.
    """

    findings: list[LineFinding]
    is_last: bool


class Turn:
    """The *lines* of *texts* as they are now, packed for the kernel, scored in the places they have now.

    *speaks* tells which of *lines* may have something against them, and *known* has, by their place among them, what is
    known of those that are frequent. ``facts`` are those of each text.
    """

    def __init__(
        self,
        texts: Packed,
        lines: Features,
        speaks: Flags,
        known: Mapping[int, Evidence],
        lexicon: Lexicon,
        profile: Profile,
    ) -> None:
        self._texts = texts
        self._lines = lines
        self._known = known
        self._profile = profile
        self._limit = profile.limit
        sizes = np.diff(lines.offsets)
        self._text = np.repeat(np.arange(len(sizes)), sizes)
        self._first, self._stop = np.repeat(lines.offsets[:-1], sizes), np.repeat(lines.offsets[1:], sizes)
        self._starts, self._text_of = lines.offsets.tolist(), self._text.tolist()
        self._is_good = (lines.flags & GOOD) > 0
        edges = find_edges(self._is_good, lines.lengths, lines.offsets, profile.dense)
        self._top, self._bottom = (self._first + edges[:, side][self._text] for side in (0, 1))
        self._place = np.arange(len(self._text))
        self._at_edge = (self._place < self._top) | (self._place >= self._bottom)
        self._is_anchored = sums(self._is_good, lines.offsets) >= ANCHOR
        columns = (kernels.unpack(*texts), lines.by_text(), edges.tolist(), Weight.of_texts(lines))
        self.facts = [
            TextFacts(text, of, Edges(*at), weight, is_anchored=is_anchored)
            for text, of, at, weight, is_anchored in zip(*columns, self._is_anchored.tolist(), strict=True)
        ]
        self._in_menus = np.zeros(len(self._text), dtype=bool)
        self._scored: dict[int, ScoredLine] = {}
        for number in np.flatnonzero(speaks).tolist():
            facts, place = self._where(number)
            reading = read_line(facts.contents[place], lexicon)
            if reading.is_suspect or reading.kept or number in known:
                self._scored[number] = self._with_points(number, reading)
        self._add_header_pairs()
        if not profile.known_only:
            self._add_runs()
        self._doubt_lone_words()

    def line(self, text: int, number: int) -> ScoredLine:
        """Return line *number* of a text, counted from 0 with the blank ones, with its points."""
        first, stop = self._lines.offsets[text : text + 2]
        return self._line(int(first + np.searchsorted(self._lines.numbers[first:stop], number)))

    def findings(self) -> list[TurnFindings]:
        """Return the findings of each text, by place, in offsets of the text."""
        self._look_at_shapes()
        if not self._profile.known_only:
            self._raise_neighbours()
        if self._profile.zones:
            self._add_zones()
        found: list[list[LineFinding]] = [[] for _ in self.facts]
        is_last = [True] * len(self.facts)
        for number, line in sorted(self._scored.items()):
            text = self._text_of[number]
            finding = self._decide(number, line)
            if finding is not None:
                found[text].append(finding)
            if line.speaks or line.reading.tail:
                goes = finding is not None and finding.outcome is Outcome.REMOVE and not finding.tail
                is_last[text] = is_last[text] and goes
        return list(map(TurnFindings, found, is_last))

    def _where(self, line: int) -> tuple[TextFacts, int]:
        """The text of a line, and the place of the line in it."""
        text = self._text_of[line]
        return self.facts[text], line - self._starts[text]

    def _line(self, line: int) -> ScoredLine:
        """A line with its points, whether or not it says anything."""
        scored = self._scored.get(line)
        if scored is None:
            facts, place = self._where(line)
            scored = self._scored[line] = self._with_points(line, facts.plain_reading(place))
        return scored

    def _with_points(self, line: int, reading: Reading) -> ScoredLine:
        """A line with its points, given what it says."""
        facts, place = self._where(line)
        known, at_edge = self._known.get(line), self._at_edge.item(line)
        stance = take_stance(reading, known, at_edge, self._is_good.item(line))
        return ScoredLine(facts, place, reading, known, at_edge, stance)

    def _those(self, lines: Iterable[int]) -> Flags:
        """Lines, given one by one, as a column."""
        column = np.zeros(len(self._text), dtype=bool)
        column[list(lines)] = True
        return column

    def _look_at_shapes(self) -> None:
        """Find out what the lines stand in, in texts of which one may go. In most texts none does."""
        asking = sorted(
            {
                self._text_of[number]
                for number, line in self._scored.items()
                if line.score >= self._limit or line.reading.tail is not None
            }
        )
        packed = kernels.chosen(*self._texts, asking)
        found = kernels.line_shapes(*packed)
        spans = pairwise(found.offsets.tolist())
        for text, (start, end), is_legal in zip(asking, spans, are_legal_texts(*packed), strict=True):
            self.facts[text].rough_shapes = found.shapes[start:end]
            self.facts[text].is_legal = is_legal

    # -- points from the lines around

    def _add_header_pairs(self) -> None:
        """A user's name at the very top, right above the rank."""
        for number, rank in list(self._scored.items()):
            if rank.place == 1 and rank.reading.is_rank:
                above = self._scored.get(number - 1)
                if (above.reading if above is not None else rank.facts.plain_reading(0)).is_name:
                    self._line(number - 1).add("header-pair", 1.5, "a name above a forum rank")

    def _add_runs(self) -> None:
        """Known lines in a run of short ones vouch for each other; words of menus, at an edge, for those between them.

        Not right above the text, where its title and its author may stand, nor at the very top, and not for what the
        text speaks of. Headings in a table of contents say nothing about the lines around them.
        """
        known = self._those(number for number, line in self._scored.items() if line.is_known)
        known &= (np.bincount(self._text[known], minlength=len(self.facts)) >= RUN_KNOWN)[self._text]
        for number in np.flatnonzero(known).tolist():
            line = self._scored[number]
            known[number] = not line.facts.is_heading(line.reading.normal)
        of_known = companies(self._lines, known, RUN_KNOWN)
        self._in_menus[of_known.places[of_known.lines >= MENU_LINES]] = True
        of_menus = companies(self._lines, self._menu_words(known), RUN_KNOWN)
        for company, chosen in ((of_known, known), (of_menus, self._fits_run(of_menus, known))):
            of_these = chosen[company.places]
            columns = [column[of_these].tolist() for column in company]
            for number, count, lines, share, beside in zip(*columns, strict=True):
                if known[number] or self._reads_as_entry(number):
                    line = self._line(number)
                    is_likely = line.at_edge or share >= DENSE_SHARE
                    value = 2.0 if beside >= MOST_BESIDE else 1.5 if is_likely else 1.0
                    line.add("run", value, f"{count} of {lines} short lines around are known")

    def _menu_words(self, known: Flags) -> Flags:
        """Which of the *known* lines speak for lines that nobody knows: words of menus, unless they crowd.

        What comes again and again stands with every product or post of a list. What other documents have may be an
        entry of such lists in all of them.
        """
        places: dict[tuple[int, str], list[int]] = defaultdict(list)
        for number in np.flatnonzero(known).tolist():
            reading = self._scored[number].reading
            if reading.is_menu_word:
                places[self._text_of[number], reading.normal].append(number)
        speak = np.zeros(len(known), dtype=bool)
        for same in map(np.array, places.values()):
            speak[same[~is_crowd(same)]] = True
        return speak

    def _fits_run(self, company: Companies, known: Flags) -> Flags:
        """Which lines that say nothing may go with the lines around them, given their *company*.

        The longer they are, the more of that has to be known: a list of goods is not much of a menu.
        """
        fits = np.zeros(len(known), dtype=bool)
        most = np.minimum(MENU_CHARS + CHARS_A_SHARE * company.known / company.lines, MOST_CHARS)
        fits[company.places] = self._lines.lengths[company.places] <= most
        fits &= self._may_be_entry & ~known
        return fits

    @cached_property
    def _may_be_entry(self) -> Flags:
        """Which lines may be entries of a menu, for their words and where they stand, if they say nothing."""
        place = self._place
        is_clear = (place < self._top - 2) | (place >= np.maximum(self._bottom, self._stop - DEPTH))
        fits: Flags = (self._lines.words <= RUN_WORDS) & is_clear
        fits &= self._is_anchored[self._text] & (place != self._first)
        return fits

    def _reads_as_entry(self, line: int) -> bool:
        """Whether the words of a line that says nothing may be an entry of a menu."""
        facts, place = self._where(line)
        content = facts.contents[place]
        if "\t" in content or content[-1] in ",;" or (content[-1] == ":" and facts.lines.words[place] > LABEL_WORDS):
            return False  # a piece of a sentence, or what introduces one
        if len(content) >= FIGURE_CHARS and any(map(str.isdigit, content)):
            return False  # "24.2MP Full-Frame CMOS Sensor" is what a list of goods is read for
        if is_address(content) or facts.may_be_title(place):
            return False
        return not facts.topics.has(facts.plain_reading(place).normal)

    def _doubt_lone_words(self) -> None:
        """A word known from many sources alone is as likely a heading (``Ingredients``) as a menu entry.

        So is a weak phrase (``Music`` in a play). Menu entries stand in company: of the lines around, two are known
        somehow.
        """
        company = self._those(
            number
            for number, line in self._scored.items()
            if line.reading.entry is not None or (line.evidence is not None and line.evidence.speaks)
        )
        lone = [
            number
            for number, line in self._scored.items()
            if line.names == WEAK_ALONE
            or (line.reading.entry is None and "sites" in line.names and not line.has(_SUPPORT))
        ]
        before, after = self._count_around(company, np.array(lone, dtype=np.int64))
        for number, around in zip(lone, (before + after).tolist(), strict=True):
            line = self._scored[number]
            line.is_lone = around < COMPANY
            if line.is_lone and "sites" in line.names:
                line.lower("sites", 1.0, "but no other known line near")

    def _count_around(self, chosen: Flags, lines: I64) -> tuple[I64, I64]:
        """How many of the *chosen* lines stand right before and right behind each of *lines*, in its text."""
        count = np.append(0, np.cumsum(chosen))
        before = count[lines] - count[np.maximum(lines - NEIGHBOURS, self._first[lines])]
        after = count[np.minimum(lines + 1 + NEIGHBOURS, self._stop[lines])] - count[lines + 1]
        return before, after

    def _raise_neighbours(self) -> None:
        """A line of some suspicion, most of whose neighbours go, goes with them.

        A line that says nothing itself must stand between lines that go, on both
        sides where there are any: a list of ingredients above a row of buttons is
        not eaten from below. The first line is as likely as not the title, and a
        long line needs more against it than its place. A few turns, so that gaps
        inside a menu close; in later ones only lines of up to three words.
        """
        limit = self._limit
        sure = self._going()
        if not sure.any():
            return
        speaks = self._those(number for number, line in self._scored.items() if line.speaks)
        waiting = np.flatnonzero(self._may_be_raised() & ~sure)
        everything = np.ones(len(sure), dtype=bool)
        fits = self._may_be_entry & (self._lines.lengths <= MENU_CHARS)
        for _ in range(NEIGHBOUR_TURNS):
            before, after = self._count_around(sure, waiting)
            all_before, all_after = self._count_around(everything, waiting)
            gone, around = before + after, all_before + all_after
            near = (gone > 0) & (2 * gone >= around)
            enclosed = (before > 0) & ((after > 0) | (all_after == 0))
            near &= speaks[waiting] | (enclosed & fits[waiting])
            raised = []
            for number, is_gone, all_around in zip(*(c[near].tolist() for c in (waiting, gone, around)), strict=True):
                if speaks[number] or self._reads_as_entry(number):
                    line = self._line(number)
                    detail = f"{is_gone} of the {all_around} lines around are boilerplate"
                    line.add("neighbour", limit - line.score, detail)
                    raised.append(number)
            if not raised:
                return
            for number in raised:
                sure[number] = not self._guard(number, self._scored[number])
            waiting = waiting[~self._those(raised)[waiting]]

    def _going(self) -> Flags:
        """Which lines go by the points that they have by now."""
        return self._those(
            number
            for number, line in self._scored.items()
            if line.score >= self._limit and not line.reading.kept and not self._guard(number, line)
        )

    def _add_zones(self) -> None:
        """A short line in a stretch of its page that is furniture goes with it; the longer, the surer that has to be.

        Not the first line, nor what stands right above the text, nor what may be its title.
        """
        gone = self._going()
        known = self._those(number for number, line in self._scored.items() if line.is_known)
        share = np.bincount(self._text[gone], minlength=len(self.facts)) / np.diff(self._lines.offsets)
        odds = odds_in_texts(self._lines, known, gone, share >= GONE_SHARE) + EDGE * self._at_edge
        place = self._place
        fits = self._lines.labels & (place != self._first) & ~gone
        fits &= (place < self._top - 2) | (place > self._top)
        fits &= odds >= odds_needed(self._lines.lengths)
        for number in np.flatnonzero(fits).tolist():
            line = self._line(number)
            if line.score < self._limit and not line.reading.kept and not line.facts.may_be_title(line.place):
                detail = f"the lines around are furniture at odds of {math.exp(odds[number]):.0f} to 1"
                line.add("zone", self._limit - line.score, detail)

    def _may_be_raised(self) -> Flags:
        """Which lines there is suspicion against that do not go by themselves; place and form are enough."""
        raisable = self._lines.labels & self._at_edge
        for number, line in self._scored.items():
            least = 1.0 if line.speaks else 1.5
            raisable[number] = line.at_edge and least <= line.score < self._limit and not line.reading.kept
        raisable[self._first] = False
        return raisable

    # -- the decision

    def _guard(self, number: int, line: ScoredLine) -> str:
        """The guard that holds back a line whose score would remove it, "" for none."""
        if line.guard is None:
            # in a long run of known lines, outside of what is surely a text
            in_menu = line.at_edge and line.facts.is_anchored and bool(self._in_menus[number])
            line.guard = line_guard(line, self._profile, in_menu=in_menu)
        return line.guard

    def _decide(self, number: int, line: ScoredLine) -> LineFinding | None:
        reading, limit, score = line.reading, self._limit, line.score
        if reading.kept or (score < limit / 2 and reading.tail is None):
            return None
        whole = None
        if score >= limit / 2 and line.speaks:
            guard = self._guard(number, line) if score >= limit else ""
            start, end = line.facts.span(line.place)
            whole = _finding(start, end, line.rule, line.points, limit, guard, tail=False)
        if reading.tail is None or (whole is not None and whole.outcome is Outcome.REMOVE):
            return whole
        tail = self._decide_tail(line, reading.tail)
        # Of two findings for review the larger one counts: its guard may let go of it later.
        return tail if tail is not None and (whole is None or tail.outcome is Outcome.REMOVE) else whole

    def _decide_tail(self, line: ScoredLine, tail: TailHit) -> LineFinding | None:
        points = [entry_point(tail.entry)]
        if tail.entry.strength == "weak":
            points.append(MARKED if tail.marked else Point("tail", 0.5, "after a full stop"))
        if sum(point.value for point in points) < self._limit / 2:
            return None
        start, end = line.facts.span(line.place)
        start += line.facts.indent(line.place) + tail.start
        rule, guard = f"boilerplate/{tail.entry.kind}", tail_guard(line, tail)
        return _finding(start, end, rule, tuple(points), self._limit, guard, tail=True)


def _finding(
    start: int, end: int, rule: str, points: tuple[Point, ...], limit: float, guard: str, *, tail: bool
) -> LineFinding:
    score = sum([point.value for point in points])
    goes = score >= limit
    outcome = Outcome.REMOVE if goes and not guard else Outcome.REVIEW
    return LineFinding(start, end, rule, score, points, outcome, limit, tail, guard if goes else "")
