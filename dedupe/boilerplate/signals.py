"""The boilerplate score of the lines of documents, and what comes of it.

Every line collects named points; three remove it (in the ``default`` profile), half
of that reports it. The score needs the document alone, plus two tables made
beforehand (lexicon, line frequencies), so documents can be worked on in any order
and anywhere with the same result.

Removing lines moves the edges of a text and brings other lines together. So the
score is taken again on the text as cleaning will leave it, until nothing more is found:
cleaning the cleaned document finds nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress
from operator import attrgetter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedupe import kernels
from dedupe.boilerplate.facts import Facts, Packed
from dedupe.boilerplate.features import SUSPECT, line_features
from dedupe.boilerplate.frequency import LineFrequencies
from dedupe.boilerplate.lexicon import Lexicon
from dedupe.boilerplate.points import read_line
from dedupe.boilerplate.profiles import PROFILES, Profile
from dedupe.boilerplate.turn import NOTHING_FOUND, Turn
from dedupe.cleaning.apply import apply_operations
from dedupe.cleaning.edits import Edits
from dedupe.cleaning.operations import cuts
from dedupe.config import Config
from dedupe.model import LineFinding, Operation, Outcome
from dedupe.text.links import has_links, place_in_source, shown
from dedupe.text.segment import split_lines

BRAKE_LINES = 5
"""The brake on lines takes hold above this many: one line is a large share of a short text."""
MOST_TURNS = 8
"""After so many turns the brake takes hold too: pages need two, and a text of one line over and over would lose it
from its ends for as long as there is any, each time at the cost of a look at all that is left."""


#: What findings are put in order by.
_place = attrgetter("start", "end")


class Scored(NamedTuple):
    """A text, read only where anything is found in it, and its findings by place."""

    text: str
    findings: list[LineFinding]


def score_document(
    text: str, lexicon: Lexicon, frequencies: LineFrequencies | None, source: int | str, config: Config
) -> list[LineFinding]:
    """Return the boilerplate findings of *text*, by place: lines to remove and lines to review.

    Place alone is never a finding: a line must say something (lexicon, widget,
    frequency), or stand among lines that do. When the lines to remove exceed the
    brake (``config.brake_chars_ratio``, ``config.brake_lines_ratio``), or each of
    ``MOST_TURNS`` turns finds more, all of them go to review, with the guard ``brake``.
    Lines in the lexicon's ``keep`` entries are never findings.

    >>> lexicon = Lexicon.load([])
    >>> story = "It was late, and the rain that had been falling on the town all day was over. " * 12
    >>> page = story + "[Continue reading…]" + chr(10) + "Print Friendly, PDF & Email" + chr(10)
    >>> for finding in score_document(page, lexicon, None, "", Config()):
    ...     print(finding.rule, finding.outcome.value, finding.score)
    boilerplate/readmore remove 3.0
    boilerplate/share remove 4.5
    """
    (scored,) = score_documents(kernels.pack([text]), [source], lexicon, frequencies, config)
    return scored.findings


def score_documents(
    texts: Packed,
    sources: Sequence[int | str],
    lexicon: Lexicon,
    frequencies: LineFrequencies | None,
    config: Config,
    keys: NDArray[np.uint64] | None = None,
) -> list[Scored]:
    """Return the findings of :func:`score_document` in texts that are packed for the kernel and have these *sources*.

    *keys* are the line keys of all texts, one after the other, if they are known already.

    The last turn over a text judges it exactly as it is without what is to be removed
    (:func:`dedupe.cleaning.operations.boilerplate_operations`, applied), and finds nothing
    more. So a text that was cleaned by its findings need not be scored again while lexicon, frequencies and
    configuration stay what they are.
    """
    scorer = _Scorer(lexicon, frequencies, PROFILES[config.profile])
    pages: dict[int, _Page] = {}  # those that have said anything
    scored = [Scored("", []) for _ in sources]
    waiting = list(range(len(sources)))
    while waiting:
        unfinished = []
        saying, written, turn = scorer.turn(texts, [sources[number] for number in waiting], keys)
        found_in = dict(zip(saying, enumerate(turn.findings()), strict=True))
        for place, number in enumerate(waiting):
            text, (found, is_last) = found_in.get(place, (0, NOTHING_FOUND))
            if number not in pages:
                if not found:
                    continue
                pages[number] = _Page(written[text], turn.facts, text)
            page = pages[number]
            found = page.as_written(found)
            if is_last or page.is_unending() or all(finding.outcome is not Outcome.REMOVE for finding in found):
                scored[number] = Scored(page.original, page.finish(found, config))
            else:
                page.take_out([finding for finding in found if finding.outcome is Outcome.REMOVE])
                unfinished.append(number)
        waiting = unfinished
        texts, keys = kernels.pack([pages[number].text for number in waiting]), None  # what the next turn looks at
    return scored


def explain_line(
    text: str, number: int, lexicon: Lexicon, frequencies: LineFrequencies | None, source: int | str, config: Config
) -> LineFinding:
    """Return the points of line *number* (from 1), also when it is kept (outcome ``KEEP``).

    A line that was found, in whichever turn, or by its tail, is returned as found.

    Raises:
        IndexError: the text has no such line.

    >>> explain_line("A title\\n", 1, Lexicon.load([]), None, "", Config()).outcome.value
    'keep'
    """
    if number < 1:
        raise IndexError(number)
    line = split_lines(text)[number - 1]
    for finding in score_document(text, lexicon, frequencies, source, config):
        if line.start <= finding.start < line.stop:
            return finding
    profile = PROFILES[config.profile]
    content = text[line.start : line.end].strip()
    if not content:
        return LineFinding(line.start, line.end, "boilerplate/none", 0.0, (), Outcome.KEEP, profile.limit)
    *_, turn = _Scorer(lexicon, frequencies, profile).turn(kernels.pack([text]), [source], every=True)
    rule, score, points = turn.line(0, number - 1)
    guard = "keep" if read_line(shown(content).strip(), lexicon).kept else ""
    return LineFinding(line.start, line.end, rule, score, points, Outcome.KEEP, profile.limit, guard=guard)


class _Scorer:
    """Makes turns over batches of texts, with the two tables that were made beforehand."""

    def __init__(self, lexicon: Lexicon, frequencies: LineFrequencies | None, profile: Profile) -> None:
        self._lexicon = lexicon
        self._frequencies = frequencies if frequencies is not None and len(frequencies) else None
        self._profile = profile

    def turn(
        self,
        texts: Packed,
        sources: Sequence[int | str],
        keys: NDArray[np.uint64] | None = None,
        *,
        every: bool = False,
    ) -> tuple[list[int], list[str], Turn]:
        """Return which of *texts* have a line that says anything (with *every*, all), those, and a turn over them.

        The turn reads them as they are shown, without the targets of links.
        """
        wants_keys = self._frequencies is not None and keys is None
        read = _as_shown(texts)
        if wants_keys and read is not texts:  # lines are counted as they are written
            keys, wants_keys = line_features(*texts, self._lexicon, keys=True).keys, False
        lines = line_features(*read, self._lexicon, keys=wants_keys)
        speaks = (lines.flags & SUSPECT) != 0
        counted, known = np.zeros(0, dtype=np.int64), []  # lines that are frequent, and what is known of each
        if self._frequencies is not None:
            keys = lines.keys if keys is None else keys
            counted = np.flatnonzero(self._frequencies.frequent(keys))
            numbers = np.array([self._frequencies.number(source) for source in sources], dtype=np.int64)
            found, which = self._frequencies.look_up(numbers[lines.text_of(counted)], keys[counted])
            known = [found[number] for number in which.tolist()]
            speaks[counted] |= np.array([evidence.speaks for evidence in found], dtype=bool)[which]
        saying = np.full(len(sources), every)
        saying[lines.text_of(np.flatnonzero(speaks))] = True
        is_left = np.repeat(saying, np.diff(lines.offsets))
        place = np.cumsum(is_left) - 1  # of each line that is left, among those
        there = dict(zip(place[counted[is_left[counted]]].tolist(), compress(known, is_left[counted]), strict=True))
        chosen = np.flatnonzero(saying).tolist()
        packed = kernels.chosen(*read, chosen)
        turn = Turn(packed, lines.only(saying), speaks[is_left], there, self._lexicon, self._profile)
        written = turn.facts.texts if read is texts else kernels.unpack(*kernels.chosen(*texts, chosen))
        return chosen, written, turn


def _as_shown(texts: Packed) -> Packed:
    """Return *texts* without the targets of links, line by line of the same lengths."""
    if b"](" not in texts[0]:
        return texts
    return kernels.pack(list(map(shown, kernels.unpack(*texts))))


class _Page:
    """One document while it is scored: its ``text`` as it is now, the ``original``, and what is to be taken out of it.

    *facts* are those of the first turn over it, as text *number*, which tell how much is written in it.
    """

    def __init__(self, text: str, facts: Facts, number: int) -> None:
        self.text = text
        self.original = text
        self._facts = facts
        self._number = number
        self._removed: list[LineFinding] = []
        self._done: list[Operation] = []
        self._turns = 0

    def is_unending(self) -> bool:
        """Whether something was taken out in so many turns that it is left to a person."""
        return self._turns == MOST_TURNS

    def as_written(self, found: list[LineFinding]) -> list[LineFinding]:
        """Return what was *found* in the text as it is shown, at its place in the text as it is written.

        Lines are in the same places; a tail within the words of a link cannot go without it, and is left out.
        """
        if not any(finding.tail for finding in found) or not has_links(self.text):
            return found
        return [placed for finding in found if (placed := self._placed(finding)) is not None]

    def _placed(self, finding: LineFinding) -> LineFinding | None:
        if not finding.tail:
            return finding
        line = max(self.text.rfind("\n", 0, finding.start), self.text.rfind("\r", 0, finding.start)) + 1
        place = place_in_source(self.text[line : finding.end], finding.start - line)
        return None if place is None else finding._replace(start=line + place)

    def take_out(self, found: list[LineFinding]) -> None:
        """Go on without the lines that are to be removed."""
        self._turns += 1
        self._removed = self._joined(self._in_original(found))
        spans = [(start, end) for _, start, end in cuts(self.original, self._removed)]
        self._done = [Operation(start, end, "delete", "boilerplate", "") for start, end in spans]
        self.text = apply_operations(self.original, self._done)

    def finish(self, found: list[LineFinding], config: Config) -> list[LineFinding]:
        """Return all findings, by place, given those of the last turn."""
        found = self._in_original(found)
        taken = self._joined([finding for finding in found if finding.outcome is Outcome.REMOVE])
        if self._is_braked(taken, config):
            taken = [finding._replace(outcome=Outcome.REVIEW, guard="brake") for finding in taken]
        reviews = [finding for finding in found if finding.outcome is Outcome.REVIEW]
        return sorted(taken + reviews, key=_place)

    def _in_original(self, found: list[LineFinding]) -> list[LineFinding]:
        if not self._done:
            return found
        edits = Edits.of(self._done)
        spans = [edits.to_source(finding.start, finding.end) for finding in found]
        return [finding._replace(start=start, end=end) for finding, (start, end) in zip(found, spans, strict=True)]

    def _joined(self, fresh: list[LineFinding]) -> list[LineFinding]:
        """Add *fresh* to what was removed before: what went from one line in several turns is one finding."""
        if not self._removed:
            return fresh
        tails = {finding.start: finding.end for finding in self._removed if finding.tail}
        grown = [finding._replace(end=tails.pop(finding.end, finding.end)) for finding in fresh]
        others = [finding for finding in self._removed if not finding.tail or finding.start in tails]
        return sorted(others + grown, key=_place)

    def _is_braked(self, taken: Sequence[LineFinding], config: Config) -> bool:
        """Whether so much would go that a person has to look at it."""
        if not taken:
            return False
        if self.is_unending():
            return True
        weight = self._facts.weights[self._number]

        def is_much(found: Sequence[LineFinding]) -> bool:
            if sum([finding.end - finding.start for finding in found]) > config.brake_chars_ratio * weight.chars:
                return True
            lines = sum([not finding.tail for finding in found])
            return lines > BRAKE_LINES and lines > config.brake_lines_ratio * weight.lines

        if not is_much(taken):
            return False  # so little goes from most texts that nobody needs to know what of it is weighed
        weighed = self._facts.weighed(self._number)
        return is_much([each for each in taken if each.tail or each.start in weighed])
