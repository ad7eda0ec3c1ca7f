"""What a text says of its lines, before any of them is judged: asked for line by line, and only where one may go."""

from __future__ import annotations

import re
from collections import Counter
from functools import cached_property
from typing import NamedTuple

import numpy as np

from dedupe.boilerplate.company import Topics, headings
from dedupe.boilerplate.edges import Edges, sums
from dedupe.boilerplate.features import GOOD, TERMINATED, Features, TextLines
from dedupe.boilerplate.guards import is_wrapped, runs_on
from dedupe.boilerplate.points import Reading, plain_reading
from dedupe.boilerplate.running_text import PAGE_WIDTH
from dedupe.text.layout import MAYBE_CODE, line_shape

ANCHOR = 2
"""A page with fewer lines of running text may be anything: its text begins with one and ends with another."""
DEPTH = 200
"""Lines from either end within which a text has the menus of its page: manuals, specifications and catalogues are
longer."""
TITLE_REACH, TITLE_WORDS = 10, 3
"""So near above its text a title stands, with author, date and a teaser or two between; of so many words it can be told
from an entry of a menu."""
MOST_TIMES = 10
"""What comes more often in one text is how that text is built."""

#: An opened comment; directives and fields of reStructuredText; options of a program; code within a line; the path of a
#: file; a branch of a drawn tree.
_MARKUP = re.compile(
    r"""
    <!--(?!.*-->) | [.][.][ ] | :[\w-]+:(?:\s|$) | --[a-z] | -[A-Za-z?](?:[, =\[]|$) | .*`[^`]+`
    | ~?(?:/[\w.+-]+)+/?$ | [│├└╰]
    """,
    re.VERBOSE,
)
#: Blanks at least in a line that ends in a colon and introduces what follows.
_INTRODUCTION = 3
PIECE_CHARS = 25
"""A line of a paragraph that goes on below has so many code points; Chinese ones are two columns wide."""


class Weight(NamedTuple):
    """How much is written in a text, for the brake: its ``lines``, and their ``chars`` in code points.

    Labels and buttons are no loss to a text that is left, so that of a page with a text only that is weighed.
    """

    lines: int
    chars: int

    @classmethod
    def of_texts(cls, lines: Features) -> list[Weight]:
        """Return the weights of texts by their *lines*."""
        weighed = ~lines.labels
        weighed |= np.repeat(sums(weighed, lines.offsets) < ANCHOR, np.diff(lines.offsets))
        counts, chars = sums(weighed, lines.offsets), sums(weighed * lines.lengths, lines.offsets)
        return list(map(cls, counts.tolist(), chars.tolist()))


class TextFacts:
    """The *lines* of *text* that are not blank, by their place among them, and what stands around each.

    *edges* are those of the text, and *weight* is how much is written in it; a text that ``is_anchored`` has enough
    running text to tell where it begins and ends. ``rough_shapes`` are the rough shapes of all lines, blank ones too,
    and a text that ``is_legal`` is mostly legal language; both are set before somebody asks for them.
    """

    def __init__(self, text: str, lines: TextLines, edges: Edges, weight: Weight, *, is_anchored: bool) -> None:
        self.text = text
        self.lines = lines
        self.edges = edges
        self.weight = weight
        self.is_anchored = is_anchored
        self.rough_shapes = np.zeros(0, dtype=np.uint16)
        self.is_legal = False

    @cached_property
    def contents(self) -> list[str]:
        """The lines without the white space around them."""
        text = self.text
        return [text[start:end].strip() for start, end in zip(self.lines.starts, self.lines.ends, strict=True)]

    def span(self, place: int) -> tuple[int, int]:
        """Return where the line begins and ends in the text."""
        return self.lines.starts[place], self.lines.ends[place]

    def plain_reading(self, place: int) -> Reading:
        """Return the reading of a line that says nothing."""
        terminated = bool(self.lines.flags[place] & TERMINATED)
        return plain_reading(self.contents[place], self.lines.words[place], terminated)

    @cached_property
    def weighed(self) -> frozenset[int]:
        """Where the lines start that the brake weighs."""
        lines = self.lines
        if self.weight.lines == len(lines.starts):
            return frozenset(lines.starts)
        return frozenset(start for start, is_label in zip(lines.starts, lines.labels, strict=True) if not is_label)

    @cached_property
    def topics(self) -> Topics:
        """What the lines between the edges speak of."""
        inside = slice(max(0, self.edges.top), max(0, self.edges.bottom))
        return Topics(self.contents[inside])

    def may_be_title(self, place: int) -> bool:
        """Whether a line stands near above the text, and the text speaks of what it says."""
        if not 0 < self.edges.top - place <= TITLE_REACH or self.lines.words[place] < TITLE_WORDS:
            return False
        return self.topics.has_most(self.plain_reading(place).normal)

    @cached_property
    def _headings(self) -> frozenset[str]:
        return headings(self.lines, self.contents)

    def is_heading(self, normal: str) -> bool:
        """Whether a line, in normal form, is a heading of the text: it may also be an entry of its contents."""
        return normal in self._headings

    @cached_property
    def _times(self) -> Counter[str]:
        return Counter(self.contents)

    def comes_often(self, content: str) -> bool:
        """Whether the text has the line more than ten times."""
        return self._times[content] > MOST_TIMES

    def is_deep(self, place: int) -> bool:
        """Whether a line is far from both ends of a long text, where pages have no menus."""
        return DEPTH <= place < len(self.lines.numbers) - DEPTH

    def is_wrapped(self, place: int) -> bool:
        """Whether the line is a piece of a sentence that runs over several lines."""
        return is_wrapped(self._adjoining(place, -1), self.contents[place], self._adjoining(place, 1))

    def is_piece(self, place: int) -> bool:
        """Whether the line and the one right above or below, indented alike, are a paragraph that was laid out."""
        return self._goes_on(place) or (bool(self._adjoining(place, -1)) and self._goes_on(place - 1))

    def _goes_on(self, place: int) -> bool:
        if self.lines.flags[place] & TERMINATED or not self._adjoining(place, 1):
            return False
        return self.lines.lengths[place] >= PIECE_CHARS and self.indent(place) == self.indent(place + 1)

    @cached_property
    def is_wrapped_text(self) -> bool:
        """Whether sentences run on from line to line, as in manuals and mail, which have no menus."""
        good = sum(flags & GOOD > 0 for flags in self.lines.flags)
        going_on = (place for place, flags in enumerate(self.lines.flags) if flags & GOOD and not flags & TERMINATED)
        return 3 * sum(runs_on(self.contents[place], self._adjoining(place, 1)) for place in going_on) > good

    @cached_property
    def is_indented(self) -> bool:
        """Whether half of the lines are indented and none is wider than a page, as in manuals for terminals.

        Languages without small letters show by this that their sentences run on. Web pages that are indented as their
        source is have wider lines, or are mostly labels.
        """
        lines = self.lines
        if max(lines.lengths, default=0) > PAGE_WIDTH or 3 * sum(lines.labels) > 2 * len(lines.labels):
            return False
        return 2 * sum(self.text[start].isspace() for start in lines.starts) >= len(lines.starts)

    def is_mark_up(self, place: int) -> bool:
        """Whether the line is mark-up, an option of a program, or a key or head above indented lines.

        A head is in capitals, if its script has any.
        """
        content = self.contents[place]
        if _MARKUP.match(content):
            return True
        heads = content.endswith(":") or content == content.upper()
        return heads and bool(self._adjoining(place, 1)) and self.indent(place + 1) > self.indent(place)

    def is_introduction(self, place: int) -> bool:
        """Whether the line introduces what follows; a few words before a colon head tags, or links to share a page."""
        content = self.contents[place]
        return content.endswith((":", "：")) and content.count(" ") >= _INTRODUCTION

    def indent(self, place: int) -> int:
        """Return how many code points of white space the line begins with."""
        line = self.text[self.lines.starts[place] : self.lines.ends[place]]
        return len(line) - len(line.lstrip())

    def _adjoining(self, place: int, step: int) -> str:
        """The line right above (-1) or below (1), "" where that is blank."""
        numbers, other = self.lines.numbers, place + step
        if 0 <= other < len(numbers) and numbers[other] == numbers[place] + step:
            return self.contents[other]
        return ""

    def may_be_code(self, place: int) -> bool:
        """Whether the line by itself looks like code at a first look."""
        return bool(self.rough_shapes[self.lines.numbers[place]] & MAYBE_CODE)

    def shape(self, place: int) -> int:
        """Return the :class:`dedupe.text.layout.Shape` of a line, as an integer."""
        return line_shape(int(self.rough_shapes[self.lines.numbers[place]]), self.contents[place])

    def stands_alone(self, place: int, shape: int) -> bool:
        """Whether none of the two lines above and below, blank ones too, has the *shape*."""
        number, shapes = self.lines.numbers[place], self.rough_shapes
        return not any(
            other & shape for other in (*shapes[max(0, number - 2) : number], *shapes[number + 1 : number + 3])
        )
