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
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedupe import kernels
from dedupe.boilerplate.facts import I64, Facts, Flags, Packed
from dedupe.boilerplate.features import SUSPECT, line_features
from dedupe.boilerplate.frequency import LineFrequencies
from dedupe.boilerplate.lexicon import Lexicon
from dedupe.boilerplate.points import read_line
from dedupe.boilerplate.profiles import PROFILES, Profile
from dedupe.boilerplate.turn import Turn
from dedupe.cleaning.apply import apply_to_texts
from dedupe.cleaning.findings import Findings
from dedupe.cleaning.operations import cuts
from dedupe.cleaning.places import to_source
from dedupe.cleaning.rows import ROW, Operations, Said
from dedupe.config import Config
from dedupe.model import LineFinding, Outcome, Verdict
from dedupe.text.links import has_links, place_in_source, shown
from dedupe.text.offsets import places_of
from dedupe.text.segment import split_lines

BRAKE_LINES = 5
"""The brake on lines takes hold above this many: one line is a large share of a short text."""
MOST_TURNS = 8
"""After so many turns the brake takes hold too: pages need two, and a text of one line over and over would lose it
from its ends for as long as there is any, each time at the cost of a look at all that is left."""


class Scored(NamedTuple):
    """Texts, read only where they may say anything, and the findings in all of them."""

    texts: list[str]
    findings: Findings


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
    ...     print(finding.verdict.rule, finding.verdict.outcome.value, finding.verdict.score)
    boilerplate/readmore remove 3.0
    boilerplate/share remove 4.5
    """
    return score_documents(kernels.pack([text]), [source], lexicon, frequencies, config).findings.of(0)


def score_documents(
    texts: Packed,
    sources: Sequence[int | str],
    lexicon: Lexicon,
    frequencies: LineFrequencies | None,
    config: Config,
    keys: NDArray[np.uint64] | None = None,
) -> Scored:
    """Return the findings of :func:`score_document` in texts that are packed for the kernel and have these *sources*.

    *keys* are the line keys of all texts, one after the other, if they are known already.

    The last turn over a text judges it exactly as it is without what is to be removed
    (:func:`dedupe.cleaning.operations.boilerplate_operations`, applied), and finds nothing
    more. So a text that was cleaned by its findings need not be scored again while lexicon, frequencies and
    configuration stay what they are.
    """
    scorer = _Scorer(lexicon, frequencies, PROFILES[config.profile])
    pages = _Pages(len(sources), config)
    waiting = np.arange(len(sources))
    while len(waiting):
        saying, written, turn = scorer.turn(texts, [sources[number] for number in waiting.tolist()], keys)
        numbers = waiting[saying]
        if not pages.turns:
            pages.meet(numbers, written, turn.facts)
        found, is_last = turn.findings(pages.said)
        waiting = pages.take(found._replace(owners=numbers[found.owners]), numbers[~is_last])
        texts, keys = kernels.pack([pages.texts[number] for number in waiting.tolist()]), None
    return Scored(pages.originals, pages.findings)


def explain_line(
    text: str, number: int, lexicon: Lexicon, frequencies: LineFrequencies | None, source: int | str, config: Config
) -> Verdict:
    """Return what is to be said of line *number* (from 1), also when it is kept (outcome ``KEEP``).

    Of a line that was found, in whichever turn, or by its tail, it is what was found.

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
            return finding.verdict
    profile = PROFILES[config.profile]
    content = text[line.start : line.end].strip()
    if not content:
        return Verdict("boilerplate/none", 0.0, (), Outcome.KEEP, profile.limit)
    *_, turn = _Scorer(lexicon, frequencies, profile).turn(kernels.pack([text]), [source], every=True)
    rule, score, points = turn.line(0, number - 1)
    guard = "keep" if read_line(shown(content).strip(), lexicon).kept else ""
    return Verdict(rule, score, points, Outcome.KEEP, profile.limit, guard=guard)


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
        written = None if read is texts else kernels.unpack(*kernels.chosen(*texts, chosen))
        turn = Turn(packed, lines.only(saying), written, speaks[is_left], there, self._lexicon, self._profile)
        return chosen, turn.facts.written, turn


def _as_shown(texts: Packed) -> Packed:
    """Return *texts* without the targets of links, line by line of the same lengths."""
    if not any(map(len, places_of(b"](", texts[0]))):
        return texts
    return kernels.pack(list(map(shown, kernels.unpack(*texts))))


class _Pages:
    """Documents while they are scored: their ``texts`` as they are now, the ``originals``, what is found in these.

    ``said`` is what findings say, and ``turns`` counts those that were made.
    """

    def __init__(self, count: int, config: Config) -> None:
        self.originals = [""] * count
        self.texts = self.originals
        self.said: list[Verdict] = []
        self.findings = self._removed = Findings.of_verdicts(self.said, *np.zeros((4, 0), dtype=np.int64))
        self.turns = 0
        self._config = config
        self._done = self._deletions()

    def meet(self, numbers: I64, texts: Sequence[str], facts: Facts) -> None:
        """Take in the documents that say anything, and what is known of them, which tells how much is written there."""
        self._facts = facts
        self._places = np.zeros(len(self.originals), dtype=np.int64)
        self._places[numbers] = np.arange(len(numbers))
        for number, text in zip(numbers.tolist(), texts, strict=True):
            self.originals[number] = text

    def take(self, found: Findings, unsettled: I64) -> I64:
        """Go on without the lines that are to be removed, given what was *found* in a turn, by place.

        Returns which of the *unsettled* documents have to be looked at again; with the others it is done.
        """
        goes_on = np.zeros(len(self.originals), dtype=bool)
        found = self._as_written(found)
        if not self._is_unending():
            goes_on[unsettled] = np.bincount(found.owners[found.removes], minlength=len(goes_on))[unsettled] > 0
        found = self._in_original(found)
        taken = self._joined(found.among(found.removes))
        stays = ~goes_on[taken.owners]
        reviews = found.among(~found.removes & ~goes_on[found.owners])
        self.findings = self.findings.with_others(self._braked(taken.among(stays)), reviews)
        self._removed = taken.among(~stays)
        self._done = self._deletions()
        self.texts = apply_to_texts(self.originals, self._done)
        self.turns += 1
        return np.flatnonzero(goes_on)

    def _is_unending(self) -> bool:
        """Whether something was taken out in so many turns that it is left to a person."""
        return self.turns == MOST_TURNS

    def _as_written(self, found: Findings) -> Findings:
        """Return what was *found* in the texts as they are shown, at its place in the texts as they are written.

        Lines are in the same places; a tail within the words of a link cannot go without it, and is left out.
        """
        starts, stays = found.starts.copy(), np.ones(len(found.says), dtype=bool)
        for at in np.flatnonzero(found.tails).tolist():
            text = self.texts[found.owners[at]]
            if has_links(text):
                start, end = int(starts[at]), int(found.ends[at])
                line = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
                place = place_in_source(text[line:end], start - line)
                stays[at] = place is not None
                starts[at] = line + (place or 0)
        return found._replace(starts=starts).among(stays)

    def _in_original(self, found: Findings) -> Findings:
        starts, ends = to_source(self._done, found.owners, np.stack([found.starts, found.ends], axis=1)).T
        return found._replace(starts=starts, ends=ends)

    def _joined(self, fresh: Findings) -> Findings:
        """Add *fresh* to what was removed before: what went from one line in several turns is one finding."""
        removed, ends = self._removed, fresh.ends.copy()
        places = zip(removed.owners.tolist(), removed.starts.tolist(), strict=True)
        tails = {place: at for at, place in enumerate(places) if removed.tails[at]}
        stays = np.ones(len(removed.says), dtype=bool)
        for at, place in enumerate(zip(fresh.owners.tolist(), ends.tolist(), strict=True) if tails else ()):
            if place in tails:
                stays[tails[place]] = False
                ends[at] = removed.ends[tails[place]]
        return removed.among(stays).with_others(fresh._replace(ends=ends))

    def _deletions(self) -> Operations:
        """What was taken out so far, as operations on the originals."""
        removed = cuts(self.originals, self._removed)
        rows = np.zeros(len(removed.says), dtype=ROW)
        rows["start"], rows["end"] = removed.starts, removed.ends
        offsets = np.searchsorted(removed.owners, np.arange(len(self.originals) + 1))
        return Operations(rows, offsets, [Said("delete", "boilerplate", "", b"{}", "")])

    def _braked(self, taken: Findings) -> Findings:
        """Return what is *taken* from documents; all of it is for review where so much is that a person has to look."""
        if not len(taken.says):
            return taken
        braked = np.full(len(self.originals), self._is_unending())
        if not self._is_unending():
            braked = self._are_much(taken)
            weighed = taken.tails.copy()
            # So little goes from most texts that nobody needs to know what of it is weighed.
            for number in np.flatnonzero(braked).tolist():
                here = slice(*np.searchsorted(taken.owners, [number, number + 1]))
                weighed[here] |= np.isin(taken.starts[here], self._facts.weighed(self._places[number].item()))
            braked &= self._are_much(taken.among(weighed))
        return taken.held_back(braked[taken.owners], "brake")

    def _are_much(self, found: Findings) -> Flags:
        """Of which documents what is *found* is more than the brake lets go."""
        config, count = self._config, len(self.originals)
        chars = np.bincount(found.owners, weights=found.ends - found.starts, minlength=count)
        lines = np.bincount(found.owners[~found.tails], minlength=count)
        all_lines, all_chars = (column[self._places] for column in self._facts.weights)
        much: Flags = chars > config.brake_chars_ratio * all_chars
        return much | ((lines > BRAKE_LINES) & (lines > config.brake_lines_ratio * all_lines))
