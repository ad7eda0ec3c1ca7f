"""One turn over the lines of a batch of texts: points, guards and findings, with each line in the place it has now.

Most lines say nothing. Only those that do are looked at one by one; of the others it matters
whether they are short, end a sentence or are running text, which their features tell. What stands around a line is
counted in columns, for all lines of the batch at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import cached_property, lru_cache
from itertools import compress

import numpy as np

from dedupe.boilerplate.belonging import are_postscripts, are_set_off
from dedupe.boilerplate.company import MOST_ALIKE, Companies, companies, is_crowd, runs
from dedupe.boilerplate.edges import sums
from dedupe.boilerplate.facts import DEPTH, I64, Facts, Flags, Packed
from dedupe.boilerplate.features import TALLIED, Features, phrase_forms
from dedupe.boilerplate.formulas import formula_guards
from dedupe.boilerplate.frequency import Evidence
from dedupe.boilerplate.holding import line_guards, tail_guard
from dedupe.boilerplate.lexicon import Lexicon
from dedupe.boilerplate.menus import Menus
from dedupe.boilerplate.points import MARKED, Reading, entry_point, is_address, is_code_name, read_line
from dedupe.boilerplate.profiles import Profile
from dedupe.boilerplate.stances import (
    HAS_COMPANY,
    HAS_TAIL,
    IS_KNOWN,
    IS_MENU_WORD,
    IS_RANK,
    IS_STRONG,
    IS_SURE,
    KEPT,
    NEEDS_COMPANY,
    ON_SITES,
    SPEAKS,
    Stance,
    Stances,
    take_stance,
    verdict,
)
from dedupe.boilerplate.zones import EDGE, GONE_SHARE, odds_in_texts, odds_needed
from dedupe.cleaning.findings import Findings
from dedupe.model import Outcome, Point, Verdict

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
TALLIES, TALLIES_INSIDE = 4, 10
"""So many lines in a row with a tally are a list of tags: at an edge, and inside the text."""
MENU_LINES = 10
"""A run of so many lines is no list that a text has."""


class _Verdicts(dict[tuple[Stance, tuple[Point, ...], str, float], int]):
    """The numbers, among what is *said*, of what is found of lines that go from *limit* points on.

    A line is given by its stance, the points that those around have added, its guard and the score.
    """

    def __init__(self, said: list[Verdict], limit: float) -> None:
        self._said = said
        self._limit = limit

    def __missing__(self, line: tuple[Stance, tuple[Point, ...], str, float]) -> int:
        stance, added, guard, score = line
        self[line] = number = len(self._said)
        self._said.append(verdict(stance.rule, score, (*stance.points, *added), self._limit, guard, tail=False))
        return number


class Turn:
    """The *lines* of *texts* as they are now, packed for the kernel, scored in the places they have now.

    The texts are given as they are shown, and as they are *written* if that is otherwise.

    *speaks* tells which of *lines* may have something against them, and *known* has, by their place among them, what is
    known of those that are frequent.
    """

    def __init__(
        self,
        texts: Packed,
        lines: Features,
        written: list[str] | None,
        speaks: Flags,
        known: Mapping[int, Evidence],
        lexicon: Lexicon,
        profile: Profile,
    ) -> None:
        self.facts = Facts(texts, lines, written, profile.dense)
        self._lines = lines
        self._known = known
        self._profile = profile
        self._limit = profile.limit
        self._in_menus, self._is_known, self._is_tally, self._is_lone = np.zeros((4, len(lines.flags)), dtype=bool)
        self._guards: dict[int, str] = {}
        self._is_judged, self._goes = np.zeros((2, len(lines.flags)), dtype=bool)
        self._stances = Stances(len(lines.flags))
        asked = np.flatnonzero(speaks)
        readings = [read_line(content, lexicon) for content in self.facts.contents(asked)]
        says = [
            reading.is_suspect or reading.kept or line in known
            for line, reading in zip(asked.tolist(), readings, strict=True)
        ]
        self._take_stances(asked[says], compress(readings, says))
        self._add_header_pairs()
        if not profile.known_only:
            self._add_tallies()
            self._add_runs()
        self._doubt_lone_words()

    def line(self, text: int, number: int) -> tuple[str, float, tuple[Point, ...]]:
        """Return the rule, the score and the points of line *number* of a text, counted from 0 with the blank ones."""
        first, stop = self._lines.offsets[text : text + 2]
        line = int(first + np.searchsorted(self._lines.numbers[first:stop], number))
        self._take_all([line])
        (stance,) = self._stances.of(np.array([line]))
        return stance.rule, self._stances.scores.item(line), self._stances.points(line)

    def findings(self, said: list[Verdict]) -> tuple[Findings, Flags]:
        """Return the findings of all texts, and whether nothing that they leave in each says anything, bool (n).

        Place alone is never a finding, so another turn would find nothing then. What findings say is added to *said*.
        """
        self._look_at_shapes()
        if not self._profile.known_only:
            self._raise_neighbours()
        if self._profile.zones:
            self._add_zones()
        self._guards.update(formula_guards(self._unheld(), self._guards, self._stances, self.facts))
        speaking = self._stances.where(SPEAKS | HAS_TAIL)
        says = np.full(len(speaking), -1)
        lines = np.flatnonzero(self._is_found())
        numbers = lines.tolist()
        guards = [self._guards.get(line, "") for line in numbers]
        added, scores = map(self._stances.added, numbers), self._stances.scores[lines].tolist()
        told = zip(self._stances.of(lines), added, guards, scores, strict=True)
        says[lines] = list(map(_Verdicts(said, self._limit).__getitem__, told))
        starts = self._lines.starts.copy()
        for line in np.flatnonzero(self._stances.where(HAS_TAIL)).tolist():
            whole = said[says[line]].outcome if says[line] >= 0 else None
            tail = None if whole is Outcome.REMOVE else self._tail(line)
            # Of two findings for review the larger one counts: its guard may let go of it later.
            if tail is not None and (whole is None or tail[1].outcome is Outcome.REMOVE):
                starts[line] += tail[0]
                says[line] = len(said)
                said.append(tail[1])
        lines, silent = np.flatnonzero(says >= 0), np.flatnonzero(speaking & (says < 0))
        found = Findings.of_verdicts(
            said, self.facts.text_of[lines], starts[lines], self._lines.ends[lines], says[lines]
        )
        is_last = np.ones(len(self.facts.texts), dtype=bool)
        is_last[self.facts.text_of[silent]] = is_last[found.owners[~found.removes | found.tails]] = False
        return found, is_last

    def _is_found(self) -> Flags:
        """Which lines go, or are reported with half of the points that they need to."""
        found: Flags = self._stances.where(SPEAKS) & ~self._stances.where(KEPT)
        return found & (self._stances.scores >= self._limit / 2)

    def _take_stances(self, lines: I64, readings: Iterable[Reading]) -> None:
        places = (column[lines].tolist() for column in (self.facts.at_edge, self.facts.is_good))
        known = self._known.get
        rows = zip(lines.tolist(), readings, *places, strict=True)
        self._stances.take({line: take_stance(reading, known(line), *place) for line, reading, *place in rows})

    def _take_all(self, lines: Iterable[int]) -> None:
        """Let those of *lines* that say nothing take a stance as well."""
        silent = [line for line in lines if self._stances.get(line) is None]
        self._take_stances(np.array(silent, dtype=np.int64), map(self.facts.plain_reading, silent))

    def _add(self, points: Mapping[int, Point]) -> None:
        """Add a point to each of some lines, whether or not they say anything."""
        self._take_all(points)
        self._stances.add(points)

    def _raise(self, name: str, details: Mapping[int, str]) -> None:
        """Add to some lines the points that they lack to go, whether or not they say anything, by these *details*."""
        self._take_all(details)
        lacking = (self._limit - self._stances.scores[list(details)]).tolist()
        raised = zip(details.items(), lacking, strict=True)
        self._stances.add({line: Point(name, value, detail) for (line, detail), value in raised})

    def _would_go(self) -> Flags:
        """Which lines go by the points that they have by now, if nothing holds them back."""
        would_go: Flags = self._stances.scores >= self._limit
        return would_go

    def _look_at_shapes(self) -> None:
        """Find out what the lines stand in, in texts of which one may go. In most texts none does."""
        asking = self._would_go() | self._stances.where(HAS_TAIL)
        self.facts.look_at_shapes(np.flatnonzero(sums(asking, self._lines.offsets)).tolist())

    # -- points from the lines around

    def _add_header_pairs(self) -> None:
        """A user's name at the very top, right above the rank."""
        is_second = self.facts.place == self.facts.first + 1
        for line in np.flatnonzero(is_second & self._stances.where(IS_RANK)).tolist():
            above = self._stances.get(line - 1)
            if (self.facts.plain_reading(line - 1) if above is None else above.reading).is_name:
                self._add({line - 1: Point("header-pair", 1.5, "a name above a forum rank")})

    def _add_tallies(self) -> None:
        """Lines one below the other that say how much there is under each word are the tags or the months of a blog.

        Unless the text speaks of half of them, as of results. Inside the text more of them have to stand together.
        """
        facts = self.facts
        tallied = self._lines.labels & ((self._lines.flags & TALLIED) > 0) & facts.is_anchored
        for run in map(np.arange, *runs(tallied, self._lines.offsets)):
            if len(run) < TALLIES or (len(run) < TALLIES_INSIDE and not facts.at_edge[run].all()):
                continue
            names = phrase_forms([content.rpartition("(")[0] for content in facts.contents(run)])
            if 2 * sum(map(facts.topics(run.item(0)).has, names)) < len(run):
                self._is_tally[run] = True
                self._in_menus[run] |= len(run) >= MENU_LINES
                point = Point("tally", 3.0, f"{len(run)} lines in a row say how much there is of something")
                self._add(dict.fromkeys(run.tolist(), point))

    def _add_runs(self) -> None:
        """Known lines in a run of short ones vouch for each other; words of menus, at an edge, for those between them.

        Not right above the text, where its title and its author may stand, nor at the very top, and not for what the
        text speaks of. Headings in a table of contents say nothing about the lines around them.
        """
        known = self._stances.where(IS_KNOWN)
        known &= (sums(known, self._lines.offsets) >= RUN_KNOWN)[self.facts.text_of]
        lines = np.flatnonzero(known)
        normals = [stance.reading.normal for stance in self._stances.of(lines)]
        known[lines] = np.logical_not(self.facts.are_headings(lines, normals))
        self._is_known = known
        forms = self._stances.forms
        of_known = companies(self._lines, known, forms, RUN_KNOWN)
        self._in_menus[of_known.places[of_known.lines >= MENU_LINES]] = True
        of_menus = companies(self._lines, self._menu_words(known), forms, RUN_KNOWN)
        for company, chosen in ((of_known, known), (of_menus, self._fits_run(of_menus, known))):
            of_these = chosen[company.places]
            columns = [column[of_these].tolist() for column in (*company, self.facts.at_edge[company.places])]
            self._add(
                {
                    line: _run_point(count, lines, beside, at_edge or share >= DENSE_SHARE)
                    for line, count, lines, share, beside, at_edge in zip(*columns, strict=True)
                    if known[line] or self._reads_as_entry(line)
                }
            )

    def _menu_words(self, known: Flags) -> Flags:
        """Which of the *known* lines speak for lines that nobody knows: words of menus, unless they crowd.

        What comes again and again stands with every product or post of a list. What other documents have may be an
        entry of such lists in all of them.
        """
        speak: Flags = known & self._stances.where(IS_MENU_WORD)
        lines = np.flatnonzero(speak)
        _, said, counts = np.unique(
            self._stances.said(lines, self.facts.text_of[lines]), return_inverse=True, return_counts=True
        )
        often = np.flatnonzero(counts[said] > MOST_ALIKE)
        often = often[np.argsort(said[often], kind="stable")]
        for same in np.split(lines[often], np.flatnonzero(np.diff(said[often])) + 1):
            speak[same] = ~is_crowd(same)
        return speak

    def _fits_run(self, company: Companies, known: Flags) -> Flags:
        """Which lines that say nothing may go with the lines around them, given their *company*.

        The longer they are, the more of that has to be known: a list of goods is not much of a menu.
        """
        fits = np.zeros(len(known), dtype=bool)
        most = np.minimum(MENU_CHARS + CHARS_A_SHARE * company.known / company.lines, MOST_CHARS)
        fits[company.places] = self._lines.lengths[company.places] <= most
        fits &= self._may_be_entry & ~known
        at = np.flatnonzero(fits)
        fits[at] = ~are_set_off(at, known, self.facts)
        return fits

    @cached_property
    def _may_be_entry(self) -> Flags:
        """Which lines may be entries of a menu, for their words and where they stand, if they say nothing."""
        facts = self.facts
        is_clear = facts.is_clear & ((facts.place < facts.top - 2) | (facts.place >= facts.stop - DEPTH))
        fits: Flags = (self._lines.words <= RUN_WORDS) & is_clear
        fits &= facts.is_anchored & (facts.place != facts.first) & ~are_postscripts(facts)
        return fits

    def _reads_as_entry(self, line: int) -> bool:
        """Whether the words of a line that says nothing may be an entry of a menu."""
        content = self.facts.content(line)
        if "\t" in content or content[-1] in ",;" or (content[-1] == ":" and self._lines.words[line] > LABEL_WORDS):
            return False  # a piece of a sentence, or what introduces one
        if len(content) >= FIGURE_CHARS and any(map(str.isdigit, content)):
            return False  # "24.2MP Full-Frame CMOS Sensor" is what a list of goods is read for
        reading = self.facts.plain_reading(line)
        if is_address(content) or is_code_name(content) or reading.is_mark_up or self.facts.may_be_title(line):
            return False
        normal = reading.normal
        return not normal or not self.facts.topics(line).has(normal)  # marks alone part the entries of menus

    def _doubt_lone_words(self) -> None:
        """A word known from many sources alone is as likely a heading (``Ingredients``) as a menu entry.

        So is a weak phrase (``Music`` in a play). Menu entries stand in company: of the lines around, two are known
        somehow.
        """
        company = self._stances.where(HAS_COMPANY)
        asked = np.flatnonzero(self._stances.where(NEEDS_COMPANY))
        before, after = self.facts.count_around(company, asked)
        lone = asked[before + after < COMPANY]
        self._is_lone[lone] = True
        for line in lone[self._stances.where(ON_SITES)[lone]].tolist():
            self._stances.doubt(line, "sites", 1.0, "but no other known line near")

    def _raise_neighbours(self) -> None:
        """A line of some suspicion, most of whose neighbours go, goes with them.

        A line that says nothing itself must stand between lines that go, on both
        sides where there are any: a list of ingredients above a row of buttons is
        not eaten from below. The first line is as likely as not the title, and a
        long line needs more against it than its place. A few turns, so that gaps
        inside a menu close; in later ones only lines of up to three words.
        """
        sure = self._going()
        if not sure.any():
            return
        speaks = self._stances.where(SPEAKS)
        waiting = np.flatnonzero(self._may_be_raised() & ~sure)
        everything = np.ones(len(sure), dtype=bool)
        fits = self._may_be_entry & (self._lines.lengths <= MENU_CHARS)
        for _ in range(NEIGHBOUR_TURNS):
            before, after = self.facts.count_around(sure, waiting)
            all_before, all_after = self.facts.count_around(everything, waiting)
            gone, around = before + after, all_before + all_after
            near = (gone > 0) & (2 * gone >= around)
            enclosed = (before > 0) & ((after > 0) | (all_after == 0))
            near &= speaks[waiting] | (enclosed & fits[waiting])
            raised = {}
            for line, is_gone, all_around in zip(*(c[near].tolist() for c in (waiting, gone, around)), strict=True):
                if speaks[line] or self._reads_as_entry(line):
                    raised[line] = f"{is_gone} of the {all_around} lines around are boilerplate"
            if not raised:
                return
            self._raise("neighbour", raised)
            sure = self._going()
            waiting = waiting[~np.isin(waiting, list(raised))]

    def _going(self) -> Flags:
        """Which lines go by the points that they have by now."""
        going = self._unheld().copy()
        going[list(formula_guards(going, self._guards, self._stances, self.facts, bare_only=True))] = False
        return going

    def _unheld(self) -> Flags:
        """Which lines would go by the points that they have by now, whether or not they may be formulas."""
        self._hold_back()
        return self._goes

    def _hold_back(self) -> None:
        """Find the guards of the lines that would go by the points that they have by now."""
        lines = np.flatnonzero(self._would_go() & ~self._stances.where(KEPT) & ~self._is_judged)
        if len(lines):
            guards = line_guards(
                lines,
                self._stances.of(lines),
                self.facts,
                self._menus,
                self._in_menus,
                self._is_lone,
                self._stances.where(IS_SURE),
                known_only=self._profile.known_only,
            )
            self._guards.update(zip(lines.tolist(), guards, strict=True))
            self._is_judged[lines] = True
            self._goes[lines] = [not guard for guard in guards]

    @cached_property
    def _menus(self) -> Menus:
        words, strong = self._stances.where(IS_MENU_WORD), self._stances.where(IS_STRONG)
        return Menus(self.facts, self._is_known | self._is_tally, words & self._is_known, self._in_menus, strong)

    def _add_zones(self) -> None:
        """A short line in a stretch of its page that is furniture goes with it; the longer, the surer that has to be.

        Not the first line, nor what stands right above the text, nor what may be its title.
        """
        gone = self._unheld()
        known = self._stances.where(IS_KNOWN)
        facts = self.facts
        share = sums(gone, self._lines.offsets) / np.diff(self._lines.offsets)
        odds = odds_in_texts(self._lines, known, gone, share >= GONE_SHARE) + EDGE * facts.at_edge
        fits = self._lines.labels & (facts.place != facts.first) & ~gone
        fits &= (facts.place < facts.top - 2) | (facts.place > facts.top)
        fits &= odds >= odds_needed(self._lines.lengths)
        fits &= ~self._would_go() & ~self._stances.where(KEPT)
        details = {
            line: f"the lines around are furniture at odds of {math.exp(odds[line]):.0f} to 1"
            for line in np.flatnonzero(fits).tolist()
            if not facts.may_be_title(line)
        }
        self._raise("zone", details)

    def _may_be_raised(self) -> Flags:
        """Which lines there is suspicion against that do not go by themselves; place and form are enough."""
        scores, speaks = self._stances.scores, self._stances.where(SPEAKS)
        raisable = np.where(np.isnan(scores), self._lines.labels, scores >= np.where(speaks, 1.0, 1.5))
        raisable &= ~self._would_go() & ~self._stances.where(KEPT)
        raisable &= self.facts.at_edge
        raisable[self._lines.offsets[:-1]] = False
        return raisable

    def _tail(self, line: int) -> tuple[int, Verdict] | None:
        """What is found of the tail of a line that has taken a stance, and where in the line it begins."""
        (stance,) = self._stances.of(np.array([line]))
        reading, tail = stance.reading, stance.reading.tail
        if tail is None or reading.kept:
            return None
        points = [entry_point(tail.entry)]
        if tail.entry.strength == "weak":
            points.append(MARKED if tail.marked else Point("tail", 0.5, "after a full stop"))
        score = sum([point.value for point in points])
        if score < self._limit / 2:
            return None
        guard = tail_guard(reading.content, tail, line, self.facts)
        found = verdict(f"boilerplate/{tail.entry.kind}", score, tuple(points), self._limit, guard, tail=True)
        return self._lines.indents.item(line) + tail.start, found


@lru_cache(maxsize=1 << 12)
def _run_point(count: int, lines: int, beside: int, is_likely: bool) -> Point:
    """The point of a line of a run: *count* of so many short *lines* around are known, *beside* of those next to it."""
    value = 2.0 if beside >= MOST_BESIDE else 1.5 if is_likely else 1.0
    return Point("run", value, f"{count} of {lines} short lines around are known")
