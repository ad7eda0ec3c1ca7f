"""Which of the frequent lines of a corpus are furniture, and how sure that is.

What recurs is furniture or structure. The tests are those of cleaning: what follows a heading differs each time, and
code, tables, verse and the like are held back by their guards. What passes becomes an entry of a lexicon: ``learned``
where a large part of a source or several sources have it, ``weak`` where it is only known to come back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedupe.boilerplate.counting import MAX_SUCCESSOR_RATIO
from dedupe.boilerplate.entries import LEARNED, STRENGTHS
from dedupe.boilerplate.forms import DATE, is_pattern
from dedupe.boilerplate.frequency import wilson_lower
from dedupe.boilerplate.guards import is_legal_line
from dedupe.boilerplate.lexicon import Lexicon
from dedupe.boilerplate.points import Reading, read_line
from dedupe.boilerplate.sightings import Sightings
from dedupe.boilerplate.templates import Template

MIN_SHARE = 0.2
"""Lower end of the share of documents in which a line of furniture stands; as in cleaning."""
MIN_SOURCES = 3
MENU_WORDS = 2
"""So few words that several sites share are as likely a heading as an entry of a menu: alone they do not go."""
MOSTLY = 0.8
"""The share of the places where a line has to be at an edge, or of its documents where it is part of a block."""
WEAK_DOCUMENTS = 10
"""A line that is rare in its source has to be seen more often before it is written down at all."""
SENTENCE_WORDS = 6
"""Headings are shorter, or do not end like a sentence."""
PLACES = 3


class Sample(NamedTuple):
    """One of the lines that an entry was made of: where it stands, what it says, and what would hold it back there.

    ``is_title`` says that nothing stands above it, ``at_edge`` that the running text is before or after it, and
    ``is_running`` that it is part of that.
    """

    place: str
    content: str
    guard: str
    is_title: bool
    at_edge: bool
    is_running: bool


class Candidate(NamedTuple):
    """A frequent line: its form, how often it was seen, whether it is part of a constant block wherever it is frequent.

    ``is_block`` is None if it is not frequent in any one source; ``template`` is what it was found as,
    if it was found by putting like lines together.
    """

    form: str
    sightings: Sightings
    is_block: bool | None
    template: Template | None
    samples: Sequence[Sample]


class Learned(NamedTuple):
    """An entry to be written: strength, class, phrase, counts, and places with the lines that stand there."""

    strength: str
    kind: str
    phrase: str
    sightings: Sightings
    places: tuple[str, ...]

    @property
    def value(self) -> int:
        """Characters it would take, more or less."""
        return self.sightings.lines * len(self.phrase)


def may_be_learned(totals: NDArray[np.void], min_documents: int) -> NDArray[np.bool_]:
    """Tell which lines, given by rows of ``counting.TOTAL``, were seen often enough for an entry."""
    documents = totals["documents"]
    is_frequent = (wilson_lower(documents, totals["population"]) >= MIN_SHARE) | (totals["sources"] >= MIN_SOURCES)
    found: NDArray[np.bool_] = (documents >= min_documents) & (is_frequent | (documents >= WEAK_DOCUMENTS))
    return found


def judge(candidate: Candidate, known: Lexicon) -> Learned | None:
    """Return the entry for a frequent line, None if it is not furniture or cannot be told from content.

    A line that *known* has an entry for keeps its class, and its strength if that is not ``weak``.
    """
    reading = read_line(candidate.samples[0].content, known)
    strength = _strength(candidate, reading)
    if strength is None:
        return None
    if strength == "learned" and is_pattern(candidate.form.split(" ")):
        strength = "byline" if DATE in candidate.form else "counter"
    places = tuple(f"{sample.place}: {sample.content}" for sample in candidate.samples[:PLACES])
    return Learned(strength, _kind(reading), candidate.form, candidate.sightings, places)


def strength_of(sightings: Sightings) -> str | None:
    """Return how much a line counts that is not a heading, None if it was not seen often enough."""
    share = float(wilson_lower(sightings.documents, sightings.population))
    if sightings.successor_ratio <= MAX_SUCCESSOR_RATIO and (share >= MIN_SHARE or sightings.sources >= MIN_SOURCES):
        return "learned"
    return "weak" if sightings.documents >= WEAK_DOCUMENTS else None


def merge(entries: Iterable[Learned]) -> list[Learned]:
    """Return one entry for each phrase, most valuable first.

    Counts add up. Of the strengths of a phrase the most telling one stays, unless the counts together give a
    better one.
    """
    by_phrase: dict[str, list[Learned]] = {}
    for entry in entries:
        by_phrase.setdefault(entry.phrase, []).append(entry)
    return sorted(map(_merged, by_phrase.values()), key=lambda entry: (-entry.value, entry.phrase))


def _merged(parts: list[Learned]) -> Learned:
    if len(parts) == 1:
        return parts[0]
    # All at once: by the counts of some of them a phrase may seem more telling than it is by those of all.
    sightings = reduce(Sightings.plus, (part.sightings for part in parts))
    strengths = [*(part.strength for part in parts), strength_of(sightings)]
    return Learned(
        min((strength for strength in strengths if strength), key=STRENGTHS.index),
        parts[0].kind,
        parts[0].phrase,
        sightings,
        tuple(place for part in parts for place in part.places)[:PLACES],
    )


def _strength(candidate: Candidate, reading: Reading) -> str | None:
    """How much the entry counts; None where it may be content that recurs, or was seen too rarely."""
    entry = reading.entry
    if reading.bar or (reading.widget is not None and not reading.widget.listed):
        return "strong"
    if entry is not None and (entry.strength != "weak" or "<" in entry.phrase):
        return entry.strength
    return None if _is_held(candidate) else _counted_strength(candidate, reading)


def _counted_strength(candidate: Candidate, reading: Reading) -> str | None:
    """How much a line counts of which nothing is known but where it comes back."""
    sightings = candidate.sightings
    if _is_title(candidate):
        return None
    is_shared = sightings.sources >= MIN_SOURCES
    if candidate.is_block or (candidate.is_block is None and is_shared and _is_at_edges(candidate)):
        return "weak" if is_shared and reading.words <= MENU_WORDS else strength_of(sightings)
    if candidate.is_block is None:
        return None
    if _is_dated(candidate):
        return strength_of(sightings._replace(others=0))
    return "weak" if sightings.documents >= WEAK_DOCUMENTS and _is_no_heading(candidate, reading) else None


def _is_held(candidate: Candidate) -> bool:
    """Whether in half of its places a guard holds the line back, or it is running text."""
    guarded = sum(bool(sample.guard) for sample in candidate.samples)
    running = sum(sample.is_running for sample in candidate.samples)
    return 2 * max(guarded, running) >= len(candidate.samples)


def _is_title(candidate: Candidate) -> bool:
    """Whether the line varies and is mostly the first of its text: "Chapter 3" over a chapter."""
    titles = sum(sample.is_title for sample in candidate.samples)
    return "<" in candidate.form and 2 * titles >= len(candidate.samples)


def _is_dated(candidate: Candidate) -> bool:
    """Whether the line says when something was posted: a date beside fixed words, at an edge.

    The text that follows a byline differs as much as the text under a heading.
    """
    return DATE in candidate.form and _is_at_edges(candidate)


def _is_at_edges(candidate: Candidate) -> bool:
    return sum(sample.at_edge for sample in candidate.samples) >= MOSTLY * len(candidate.samples)


def _is_no_heading(candidate: Candidate, reading: Reading) -> bool:
    if candidate.template is not None:
        return candidate.template.says_enough
    return reading.words >= SENTENCE_WORDS and reading.terminated


def _kind(reading: Reading) -> str:
    if reading.entry is not None:
        return reading.entry.kind
    if reading.widget is not None:
        return "share"
    if reading.bar:
        return "nav"
    return "copyright" if is_legal_line(reading.content) else LEARNED
