"""What a batch of texts says of its lines, before any of them is judged, and what stands around each.

Most is told in columns, for all lines at once. What has to be read is asked for text by text or line by line, and only
where a line may go.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedupe import kernels
from dedupe.boilerplate.company import Topics
from dedupe.boilerplate.edges import and_next, find_edges, stand_between, sums
from dedupe.boilerplate.features import (
    GOOD,
    RUNS_ON,
    SHORT_WORDS,
    TALLIED,
    TERMINATED,
    Features,
    phrase_forms,
)
from dedupe.boilerplate.guards import are_legal_texts
from dedupe.boilerplate.points import Reading, plain_reading
from dedupe.boilerplate.programs import are_programs
from dedupe.boilerplate.running_text import PAGE_WIDTH
from dedupe.boilerplate.transcripts import are_subtitles, are_tagged, in_chats, in_vocabularies
from dedupe.text.layout import MAYBE_CODE, Shape
from dedupe.text.marks import has_bullet

I64 = NDArray[np.int64]
Flags = NDArray[np.bool_]
Packed = tuple[bytes, I64]

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
PIECE_CHARS = 25
"""A line of a paragraph that goes on below has so many code points; Chinese ones are two columns wide."""
FORM_REACH = 2
"""Lines above and below, blank ones too, in which the other fields of a form stand."""
FULL_RATIO = 0.7
"""A line of this share of the longest one of its block may be full: the next word was perhaps too long for it."""
SOURCE_DEPTHS = 3
"""The lines of the source of a page are indented by so many different widths."""
UNDERLINED, UNDERLINE = 2, 3
"""So many headings of a manual are underlined, by so many marks at least."""
BETWEEN = 10
"""What has text so near above and below is part of it: a section of it, or the label of one."""
SENTENCE_WORDS = 9
"""A sentence of so many words is text, though it may not be long enough to tell running text by it."""
NEIGHBOURS = 3
"""So many lines before and behind one are its neighbours."""
_DEPTHS = 4096
_FORM, _LIST, _HEADING = map(int, (Shape.FORM, Shape.LIST, Shape.HEADING))
_LENGTHS = 256
"""Lines of so many code points and more count as equally long, where it is asked which may be equal."""


class Weights(NamedTuple):
    """How much is written in each text, for the brake: its ``lines``, and their ``chars`` in code points."""

    lines: I64
    chars: I64


class Facts:
    """The *lines* of *texts*, packed for the kernel, that are not blank, and what stands around each.

    Texts are given as they are shown, and as they are *written* if that is otherwise: with the targets of links.

    ``top`` and ``bottom`` are the edges of the text of each line, told with the share *dense*, ``first`` and ``stop``
    the lines that it has, ``text_of`` is its number; where the text ``is_anchored``, it has enough running text
    to tell where that begins and ends.
    """

    def __init__(self, texts: Packed, lines: Features, written: list[str] | None, dense: float) -> None:
        self.lines = lines
        self.texts = kernels.unpack(*texts)
        self.written = self.texts if written is None else written
        self._packed = texts
        sizes = np.diff(lines.offsets)
        self.text_of = np.repeat(np.arange(len(sizes)), sizes)
        self.place = np.arange(len(self.text_of))
        self.first, self.stop = lines.offsets[:-1][self.text_of], lines.offsets[1:][self.text_of]
        self.is_good = self._flag(GOOD)
        edges = find_edges(self.is_good, lines.lengths, lines.offsets, dense)
        self.top, self.bottom = (self.first + edges[:, side][self.text_of] for side in (0, 1))
        self.at_edge = (self.place < self.top) | (self.place >= self.bottom)
        self.is_clear = (self.place < self.top - 2) | (self.place >= self.bottom)  # not right above the title either
        self.is_anchored = (sums(self.is_good, lines.offsets) >= ANCHOR)[self.text_of]
        self._topics: dict[int, Topics] = {}
        self._words_said: dict[int, Counter[str]] = {}
        self._has_headings = np.zeros(len(self.texts), dtype=bool)
        self._headings: Counter[tuple[int, str]] = Counter()
        self._has_marks_of_code: dict[int, bool] = {}
        self._is_program, self._was_asked = np.zeros((2, len(self.texts)), dtype=bool)

    # -- texts

    @cached_property
    def weights(self) -> Weights:
        """The weights of all texts."""
        columns = (self._weighed, self._weighed * self.lines.lengths)
        return Weights(*[sums(column, self.lines.offsets) for column in columns])

    def weighed(self, text: int) -> I64:
        """Return where the lines of a text start that the brake weighs."""
        lines = slice(*self.lines.offsets[text : text + 2])
        return self.lines.starts[lines][self._weighed[lines]]

    @cached_property
    def _weighed(self) -> Flags:
        """Labels and buttons are no loss to a text that is left, so that of a page with a text only that is weighed."""
        weighed = ~self.lines.labels
        return weighed | (sums(weighed, self.lines.offsets) < ANCHOR)[self.text_of]

    @cached_property
    def is_wrapped_text(self) -> Flags:
        """In which texts sentences run on from line to line, as in manuals and mail, which have no menus; by line."""
        going_on = self.is_good & self._flag(RUNS_ON) & ~self._flag(TERMINATED)
        offsets = self.lines.offsets
        wrapped: Flags = (3 * sums(going_on, offsets) > sums(self.is_good, offsets))[self.text_of]
        return wrapped

    @cached_property
    def is_laid_out(self) -> Flags:
        """Which texts were laid out line by line: they have headers and footers, but no menus; by line.

        In these sentences run on, or half of the lines are indented and none is wider than a page, as in manuals for
        terminals. Languages without small letters show by this that their sentences run on. Web pages that are indented
        as their source is have wider lines, or are mostly labels. Manuals of programs underline their headings.
        """
        by_form = (self._is_indented & self._is_of_page_width) | self._is_underlined
        laid_out: Flags = self.is_wrapped_text | by_form[self.text_of]
        return laid_out

    def in_source(self, lines: I64) -> Flags:
        """Tell which of *lines* are of a text that is indented as the source of a page is: indents make no code of it.

        Half of its lines are indented, some less and some more, and it was not laid out line by line. Nor is it a
        program, or settings: a quarter of the lines of these have a mark of code, or a value behind a colon or below.
        """
        found: Flags = self._is_varied[lines]
        for text in set(self.text_of[lines[found]].tolist()):
            if text not in self._has_marks_of_code:
                at = np.arange(self.lines.offsets[text], self.lines.offsets[text + 1])
                marked = (self.rough_shapes(at) & (MAYBE_CODE | _FORM)) > 0
                marked |= [content.endswith(":") for content in self.contents(at)]
                self._has_marks_of_code[text] = 4 * int(np.count_nonzero(marked)) >= len(at)
            if self._has_marks_of_code[text]:
                found &= self.text_of[lines] != text
        return found

    @cached_property
    def _is_varied(self) -> Flags:
        """Which lines are of texts that are not laid out, and half of which is indented, by several widths."""
        indented = ~self.is_laid_out & self._is_indented[self.text_of]
        depth = self.text_of * _DEPTHS + np.minimum(self.lines.indents, _DEPTHS - 1)
        depths = np.sort(depth[indented & (self.lines.indents > 0)])
        texts = depths[np.diff(depths, prepend=-1) > 0] // _DEPTHS
        varied: Flags = indented & (np.bincount(texts, minlength=len(self.texts)) >= SOURCE_DEPTHS)[self.text_of]
        return varied

    @cached_property
    def _is_indented(self) -> Flags:
        """In which texts half of the lines are indented; by text."""
        indented: Flags = 2 * sums(self.lines.indents > 0, self.lines.offsets) >= np.diff(self.lines.offsets)
        return indented

    @property
    def _is_of_page_width(self) -> Flags:
        """Which texts have lines of the width of a page that are not mostly labels; by text."""
        lines, offsets = self.lines, self.lines.offsets
        wide, labels = sums(lines.lengths > PAGE_WIDTH, offsets), sums(lines.labels, offsets)
        narrow: Flags = (wide == 0) & (3 * labels <= 2 * np.diff(offsets))
        return narrow

    @property
    def _is_underlined(self) -> Flags:
        """Which texts, of those whose shapes are known, have headings that are underlined by a line of one mark."""
        looked_at = np.flatnonzero((self._stop_shape > 0)[self.text_of] & self.has_below)
        heads = looked_at[(self.rough_shapes(looked_at) & _HEADING) > 0]
        heads = heads[(self.lines.words[heads + 1] == 1) & (self.lines.lengths[heads + 1] >= UNDERLINE)]
        marks = np.array([len(set(content)) == 1 for content in self.contents(heads + 1)], dtype=bool)
        underlined: Flags = np.bincount(self.text_of[heads[marks]], minlength=len(self.texts)) >= UNDERLINED
        return underlined

    @cached_property
    def is_between(self) -> Flags:
        """Which lines have sentences or running text near, above and below."""
        return stand_between(self.is_text, self.first, self.stop, BETWEEN)

    @cached_property
    def is_text(self) -> Flags:
        """Which lines are sentences or running text."""
        text: Flags = self.is_good | (self._flag(TERMINATED) & (self.lines.words >= SENTENCE_WORDS))
        return text

    @cached_property
    def has_text(self) -> Flags:
        """In which texts there is a sentence or running text; by line."""
        there: Flags = (sums(self.is_text, self.lines.offsets) > 0)[self.text_of]
        return there

    def in_programs(self, lines: I64) -> Flags:
        """Tell which of *lines* stand in a program, by how the lines of that end, or what they are."""
        texts = self.text_of[lines]
        asked = np.zeros(len(self.texts), dtype=bool)
        asked[texts] = True
        asked &= ~self._was_asked
        there = np.flatnonzero(asked[self.text_of])
        coded = there[(self.rough_shapes(there) & MAYBE_CODE) > 0]
        self._is_program |= are_programs(asked, self.texts, self.lines, coded, self.contents)
        self._was_asked |= asked
        return self._is_program[texts]

    def topics(self, line: int) -> Topics:
        """Return what the lines between the edges of the text of a line speak of, but for those with a tally."""
        text = self.text_of.item(line)
        if text not in self._topics:
            inside = np.arange(max(self.first[line], self.top[line]), min(self.bottom[line], self.stop[line]))
            self._topics[text] = Topics(self.contents(inside[~self._flag(TALLIED)[inside]]))
        return self._topics[text]

    def words_said(self, text: int) -> Counter[str]:
        """Return how often each word stands in the sentences of a text."""
        if text not in self._words_said:
            at = np.arange(self.lines.offsets[text], self.lines.offsets[text + 1])
            sentences = phrase_forms(self.contents(at[self.is_text[at]]))
            self._words_said[text] = Counter(" ".join(sentences).split())
        return self._words_said[text]

    def are_topics(self, lines: I64, normals: Sequence[str]) -> list[bool]:
        """Tell which of *lines*, also given in normal form, say what their text speaks of."""
        return [self.topics(line).has(normal) for line, normal in zip(lines.tolist(), normals, strict=True)]

    def are_legal(self, lines: I64, asking: Flags) -> Flags:
        """Tell which of *lines* are *asking* and stand in texts that are mostly legal language."""
        texts, which = np.unique(self.text_of[lines[asking]], return_inverse=True)
        legal = np.zeros(len(lines), dtype=bool)
        if len(texts):
            legal[asking] = np.array(are_legal_texts(*kernels.chosen(*self._packed, texts.tolist())), dtype=bool)[which]
        return legal

    # -- lines

    def contents(self, lines: I64) -> list[str]:
        """Return *lines* without the white space around them."""
        ends = self.lines.starts[lines] + self.lines.indents[lines] + self.lines.lengths[lines]
        return self._between(self.texts, lines, ends)

    def contents_written(self, lines: I64) -> list[str]:
        """Return *lines* as they are written, without the white space in front of them."""
        return self._between(self.written, lines, self.lines.ends[lines])

    def _between(self, texts: Sequence[str], lines: I64, ends: I64) -> list[str]:
        columns = (self.text_of[lines], self.lines.starts[lines] + self.lines.indents[lines], ends)
        spans = zip(*[column.tolist() for column in columns], strict=True)
        return [texts[text][start:end] for text, start, end in spans]

    def content(self, line: int) -> str:
        """Return one line without the white space around it."""
        start = self.lines.starts.item(line) + self.lines.indents.item(line)
        return self.texts[self.text_of.item(line)][start : start + self.lines.lengths.item(line)]

    def plain_reading(self, line: int) -> Reading:
        """Return the reading of a line that says nothing."""
        terminated = bool(self.lines.flags.item(line) & TERMINATED)
        return plain_reading(self.content(line), self.lines.words.item(line), terminated)

    def may_be_title(self, line: int) -> bool:
        """Whether a line stands near above the text, and the text speaks of what it says."""
        if not 0 < self.top[line] - line <= TITLE_REACH or self.lines.words[line] < TITLE_WORDS:
            return False
        reading = self.plain_reading(line)
        return not has_bullet(reading.content) and self.topics(line).has_most(reading.normal)

    def are_headings(self, lines: I64, normals: Sequence[str]) -> list[bool]:
        """Tell which of *lines*, also given in normal form, are headings: they may also be entries of a contents list.

        A heading is a label that stands right above a passage of its text, and above one only: a button stands above
        the next comment, again and again.
        """
        texts = self.text_of[lines]
        fresh = ~self._has_headings & (np.bincount(texts, minlength=len(self.texts)) > 0)
        self._has_headings |= fresh
        above = self.above_text[fresh[self.text_of[self.above_text]]]
        labels = [normal.lstrip("# ") for normal in phrase_forms(self.contents(above))]  # as Markdown marks them
        self._headings.update(zip(self.text_of[above].tolist(), labels, strict=True))
        return [self._headings.get(line) == 1 for line in zip(texts.tolist(), normals, strict=True)]

    @cached_property
    def above_text(self) -> I64:
        """The labels right above a passage of text."""
        is_text = (self.lines.words > SHORT_WORDS) | self.is_good
        return np.flatnonzero(is_text[1:] & ~is_text[:-1] & (self.text_of[1:] == self.text_of[:-1]))

    def come_often(self, lines: I64, asking: Flags) -> Flags:
        """Tell which of *lines* are *asking* and stand in their texts more than ten times."""
        kind = self.text_of * _LENGTHS + np.minimum(self.lines.lengths, _LENGTHS - 1)
        times = np.bincount(kind)
        often = asking & (times[kind[lines]] > MOST_TIMES)  # as far as lengths tell
        if often.any():
            wanted = np.zeros(len(times), dtype=bool)
            wanted[kind[lines[often]]] = True
            alike = np.flatnonzero(wanted[kind])
            equal = Counter(zip(self.text_of[alike].tolist(), self.contents(alike), strict=True))
            these = zip(self.text_of[lines[often]].tolist(), self.contents(lines[often]), strict=True)
            often[often] = [equal[line] > MOST_TIMES for line in these]
        return often

    @cached_property
    def is_deep(self) -> Flags:
        """Which lines are far from both ends of a long text, where pages have no menus."""
        deep: Flags = (self.place - self.first >= DEPTH) & (self.stop - self.place > DEPTH)
        return deep

    @cached_property
    def is_transcript(self) -> Flags:
        """Which lines stand in a list of words, in a text with a word on each line, tagged or not, or in subtitles."""
        of_texts = are_subtitles(*self._packed, self.lines.offsets) | are_tagged(self.lines, self.contents)
        return in_vocabularies(self.lines, self.contents) | of_texts[self.text_of]

    @cached_property
    def in_chat(self) -> Flags:
        """Which lines stand in a chat: who said something and when, and what."""
        return in_chats(self.texts, self.lines, self.contents)

    @cached_property
    def is_wrapped(self) -> Flags:
        """Which lines are a piece of a sentence that runs over several lines."""
        return and_next(self._flag(RUNS_ON))

    @cached_property
    def is_piece(self) -> Flags:
        """Which lines and the ones right above or below, indented alike, are a paragraph that was laid out."""
        goes_on = ~self._flag(TERMINATED) & (self.lines.lengths >= PIECE_CHARS) & (self._indented_below == 0)
        return and_next(goes_on & self.has_below)

    @cached_property
    def is_broken(self) -> Flags:
        """Which lines break off as full as lines of their block get, without ending a sentence, and those right below.

        A block has no blank line in it, and no line wider than a page.
        """
        lengths = self.lines.lengths
        starts = np.flatnonzero(~np.append(False, self.has_below)[: len(lengths)])
        sizes = np.diff(np.append(starts, len(lengths)))
        widths = np.repeat(np.maximum.reduceat(lengths, starts), sizes) if len(starts) else lengths
        is_full = (lengths >= FULL_RATIO * widths) & (widths <= PAGE_WIDTH)
        return and_next(is_full & ~self._flag(TERMINATED) & (lengths >= PIECE_CHARS) & self.has_below)

    @cached_property
    def heads_block(self) -> Flags:
        """Which lines stand right above one that is indented more."""
        return self.has_below & (self._indented_below > 0)

    @cached_property
    def has_below(self) -> Flags:
        """Below which lines another one stands right away."""
        numbers = self.lines.numbers
        below: Flags = np.append(numbers[1:] == numbers[:-1] + 1, False)[: len(numbers)] & (self.place + 1 < self.stop)
        return below

    @cached_property
    def _indented_below(self) -> NDArray[np.int32]:
        """How much more than each line the next one is indented."""
        indents = self.lines.indents
        return np.append(indents[1:], 0)[: len(indents)] - indents

    @property
    def is_terminated(self) -> Flags:
        """Which lines end as sentences do."""
        return self._flag(TERMINATED)

    def count_around(self, chosen: Flags, lines: I64) -> tuple[I64, I64]:
        """How many of the *chosen* lines stand right before and right behind each of *lines*, in its text."""
        count = np.append(0, np.cumsum(chosen))
        before = count[lines] - count[np.maximum(lines - NEIGHBOURS, self.first[lines])]
        after = count[np.minimum(lines + 1 + NEIGHBOURS, self.stop[lines])] - count[lines + 1]
        return before, after

    def _flag(self, flag: int) -> Flags:
        return (self.lines.flags & flag) > 0

    # -- shapes

    def look_at_shapes(self, texts: Sequence[int]) -> None:
        """Find out what the lines of *texts* stand in, in which one may go. In most texts none does."""
        found = kernels.line_shapes(*kernels.chosen(*self._packed, texts))
        self._shapes = found.shapes
        self._first_shape = np.zeros(len(self.texts), dtype=np.int64)
        self._stop_shape = np.zeros(len(self.texts), dtype=np.int64)
        self._first_shape[texts], self._stop_shape[texts] = found.offsets[:-1], found.offsets[1:]

    def rough_shapes(self, lines: I64) -> I64:
        """Return the rough shapes of *lines* of the texts that were looked at, int64."""
        rough: I64 = self._shapes[self._first_shape[self.text_of[lines]] + self.lines.numbers[lines]].astype(np.int64)
        return rough

    @cached_property
    def is_item(self) -> Flags:
        """Which lines are items of a list, in the texts that were looked at."""
        looked_at = np.flatnonzero((self._stop_shape > 0)[self.text_of])
        is_item = np.zeros(len(self.place), dtype=bool)
        is_item[looked_at] = (self.rough_shapes(looked_at) & _LIST) > 0
        return is_item

    def stand_alone(self, lines: I64, shape: int) -> Flags:
        """Tell around which of *lines* none of the two above and below, blank ones too, has the *shape*."""
        count = np.append(0, np.cumsum((self._shapes & shape) > 0))
        first, stop = (column[self.text_of[lines]] for column in (self._first_shape, self._stop_shape))
        at = first + self.lines.numbers[lines]
        low, high = np.maximum(at - FORM_REACH, first), np.minimum(at + 1 + FORM_REACH, stop)
        alone: Flags = count[high] - count[low] == count[at + 1] - count[at]
        return alone
