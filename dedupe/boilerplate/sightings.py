"""How often a learned line was seen, and where: the numbers that travel with a lexicon entry."""

from __future__ import annotations

import re
from typing import NamedTuple

from dedupe.errors import ConfigError

_WRITTEN = re.compile(r"documents (\d+)/(\d+), sources (\d+), lines (\d+), edges (\d+), others (\d+)")


class Sightings(NamedTuple):
    """Counts of a line over a corpus; those of two corpora without a common source add up to those of both.

    ``documents`` of the ``population`` in its ``sources`` have the line, which stands there ``lines`` times, ``edges``
    of them near the start or end of the document. ``others`` are the different lines that follow it in a source
    besides the usual one, summed over the sources.

    >>> seen = Sightings.parse("documents 40/44, sources 2, lines 42, edges 42, others 4", "here")
    >>> seen.edge_ratio, seen.successor_ratio
    (1.0, 0.1)
    >>> str(seen.plus(seen))
    'documents 80/88, sources 4, lines 84, edges 84, others 8'
    >>> seen.sentence
    'in 40 of 44 documents of 2 sources, always near an edge'
    """

    documents: int
    population: int
    sources: int
    lines: int
    edges: int
    others: int

    @classmethod
    def parse(cls, text: str, place: str) -> Sightings:
        """Return what :meth:`__str__` wrote.

        Raises:
            ConfigError: at *place* stands something else.
        """
        match = _WRITTEN.fullmatch(text.strip())
        if match is None:
            advice = "write it like [documents 40/44, sources 2, lines 42, edges 42, others 4], or leave it out"
            raise ConfigError(place, f"not the counts of a line: {text!r}", advice)
        return cls(*map(int, match.groups()))

    def __str__(self) -> str:
        return (
            f"documents {self.documents}/{self.population}, sources {self.sources}, "
            f"lines {self.lines}, edges {self.edges}, others {self.others}"
        )

    def plus(self, other: Sightings) -> Sightings:
        """Return the counts over both corpora."""
        return Sightings(*[one + two for one, two in zip(self, other, strict=True)])

    @property
    def edge_ratio(self) -> float:
        """The share of the lines that stand near an edge of their document."""
        return self.edges / max(1, self.lines)

    @property
    def successor_ratio(self) -> float:
        """0 if inside a source the same line always follows, 1 if another one follows each time."""
        return self.others / max(1, self.lines - self.sources)

    @property
    def sentence(self) -> str:
        """The counts in words."""
        sources = f"of {self.sources:,} sources" if self.sources > 1 else "of one source"
        edge = "always" if self.edges == self.lines else f"{100 * self.edge_ratio:.0f}%"
        return f"in {self.documents:,} of {self.population:,} documents {sources}, {edge} near an edge"
