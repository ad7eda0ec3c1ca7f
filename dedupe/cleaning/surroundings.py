"""What passages of a text stand in: what they are part of, and what stands right above and below them.

A repeat that is a part of something else cannot be spared: an item of a list, the rest of a sentence, a heading,
a line of a program.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence, Set
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from dedupe.text.layout import MAYBE_CODE, Shape, count_comments, line_shape
from dedupe.text.marks import CLOSERS, is_terminated
from dedupe.text.normalize import line_words
from dedupe.text.programs import is_built_as_program
from dedupe.text.segment import LONGEST_WRAPPED, SENTENCE_END, SURELY_UNWRAPPED

I64 = npt.NDArray[np.int64]
U16 = npt.NDArray[np.uint16]

_SHAPES = tuple(map(int, Shape))
#: Those that are in bits of several together.
_SHAPES_IN = tuple(tuple(shape for shape in _SHAPES if shapes & shape) for shapes in range(2 * _SHAPES[-1]))
_CODE, _HEADING, _LIST = int(Shape.CODE), int(Shape.HEADING), int(Shape.LIST)
_REFRAINS = int(Shape.DIALOGUE | Shape.VERSE)
#: Of a program so many lines at least, and one of so many, are code by themselves or like what only programs have, ...
_PROGRAM_LINES, _PROGRAM_SHARE = 5, 5
#: ... and at most one of so many is too long to be wrapped.
_PARAGRAPHS_SHARE = 8
#: What begins a piece of a patch, and how many lines of the old and of the new text it has, if not one.
_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")
_ENDS_IN_PROGRAM = ("{", "}", ");", "),", "):")
#: A line of so many characters may break off within a sentence; the marks that may stand at the head of the next one.
_WRAPPED_CHARS = 40
_MARGIN = " \t#*/;%>|"
#: Where the next word would have filled a line to this share of the longest one, it was perhaps too much for that.
_FULL_RATIO = 0.8
#: So much beside a passage shows whether a blank line is there.
_GAP_CHARS = 4
#: A heading is no longer, and ends in none of these; it may ask something.
_HEADING_CHARS = 100
_FULL_STOPS = (".", "!", "…", "。", ":", ";", ",")
#: Lines of this many characters on average are paragraphs.
_PARAGRAPH_CHARS = 200


class Surroundings:
    """What passages of a text stand in, worked out when first asked for.

    *rough* are the shapes of its lines, uint16 (l), and *spans* where they are, int64 (l, 4), both as the kernel tells.
    """

    def __init__(self, text: str, rough: U16, spans: I64) -> None:
        self._text = text
        self._rough: list[int] = rough.tolist()
        columns: list[list[int]] = spans.T.tolist()
        self._starts, self._ends, self._first, self._last = columns
        self._written: list[int] = np.flatnonzero(spans[:, 2] < spans[:, 3]).tolist()

    def _shape(self, number: int) -> int:
        rough = self._rough[number] | (_CODE if number in self._patched else 0)
        return line_shape(rough, self._content(number)) if rough & MAYBE_CODE else rough

    def _within(self, start: int, end: int) -> tuple[int, int]:
        """Where among the written lines those of ``[start, end)`` begin and end."""
        first, stop = (bisect_left(self._written, bisect_left(self._starts, place)) for place in (start, end))
        return first, stop

    def is_section(self, start: int, end: int) -> bool:
        """Whether ``[start, end)`` is all that stands under a heading, so that the heading would head nothing."""
        written = self._written
        first, behind = self._within(start, end)
        if first == behind:
            return False
        headed = self._is_heading(written[first]) and behind - first > 1
        headed = headed or (first > 0 and self._heads(written[first - 1], written[first:behind]))
        return headed and (behind == len(written) or self._may_head(written[behind]))

    def is_paragraph(self, start: int, end: int) -> bool:
        """Whether ``[start, end)`` has a blank line, or nothing, above and below."""
        first, behind = self._within(start, end)
        if first == behind or not self._begins_paragraph(self._written[first]):
            return False
        return behind == len(self._written) or self._begins_paragraph(self._written[behind])

    def are_parted(self, one: int, other: int) -> bool:
        """Whether what begins at these two places stands in two sections; what is above all headings is one."""
        return bisect_right(self._section_starts, one) != bisect_right(self._section_starts, other)

    @cached_property
    def _section_starts(self) -> list[int]:
        """Where sections begin: with a heading, or a short line that begins a paragraph, right above running text."""
        return [
            self._starts[above]
            for above, below in pairwise(self._written)
            if self._begins_paragraph(above)
            and (self._is_heading(above) or (self._may_head(above) and not self._may_head(below)))
        ]

    def _begins_paragraph(self, number: int) -> bool:
        return number == 0 or not self._is_written(number - 1)

    def goes_on_into(self, start: int) -> bool:
        """Whether a sentence goes on from the line above *start*, where a line begins, to that line."""
        return not _has_gap(self._text[max(0, start - _GAP_CHARS) : start]) and self._goes_on(
            bisect_left(self._starts, start)
        )

    def goes_on_behind(self, end: int) -> bool:
        """Whether a sentence goes on from *end*, where a line ends, to the line below."""
        return not _has_gap(self._text[end : end + _GAP_CHARS]) and self._goes_on(bisect_right(self._starts, end))

    def _goes_on(self, number: int) -> bool:
        """Whether a sentence goes on from the line above to that with this number."""
        if not 0 < number < len(self._starts):
            return False
        above, below = self._content(number - 1), self._content(number)
        width = self._wrapped.get(number, 0) if below and _breaks_off(above) else 0
        if not width:
            return False
        return above[-1] == "," or below.lstrip(_MARGIN)[:1].islower() or _is_full(above, below, width)

    @cached_property
    def _wrapped(self) -> dict[int, int]:
        """How wide hard-wrapped blocks are, by line: half of what ends no sentence there is full, and goes on below.

        Sentences without a full stop, one a line, end anywhere, and headlines are followed by others.
        """
        widths: dict[int, int] = {}
        for block in np.split(self._written, np.flatnonzero(np.diff(self._written) > 1) + 1):
            lines = block.tolist()
            contents = list(map(self._content, lines))
            width = max(map(len, contents), default=0)
            if width > LONGEST_WRAPPED:
                continue
            wrapped = [
                _is_full(above, below, width) and _is_amid(above, below)
                for above, below in pairwise(contents)
                if not above.endswith(SENTENCE_END)
            ]
            if wrapped and 2 * sum(wrapped) >= len(wrapped):
                widths |= dict.fromkeys(lines, width)
        return widths

    def is_of_list(self, start: int, end: int) -> bool:
        """Whether ``[start, end)`` is items of a list of which others stay, or half of a sentence that a list ends."""
        written = self._written
        first, behind = self._within(start, end)
        if first == behind:
            return False
        if self._is_item(written[first]) and first > 0:
            above = self._top_of_paragraph(written[first - 1])
            if self._is_item(above) or self._runs_on(written[first - 1]):
                return True
        if behind == len(written) or not self._is_item(written[behind]):
            return False
        last = written[behind - 1]
        return self._is_item(self._top_of_paragraph(last)) or self._runs_on(last)

    def heads_more(self, start: int, end: int) -> bool:
        """Whether ``[start, end)`` begins with a heading under which more stands than is in it."""
        first, behind = self._within(start, end)
        if behind - first < 2 or behind == len(self._written):
            return False
        head = self._written[first]
        if _breaks_off(self._content(head)) or not self._may_head(head):
            return False
        return self._is_item(self._written[behind]) or not self._may_head(self._written[behind])

    def has_short_lines(self, start: int, end: int, words: int) -> bool:
        """Whether ``[start, end)`` is several lines, each of fewer than so many *words*, that are no sentence together.

        So are heads, fields and their values, and who wrote a letter: it takes little for two texts to agree in them.
        """
        first, behind = self._within(start, end)
        lines = self._written[first:behind]
        contents = [self._content(number) for number in lines]
        if len(lines) < 2 or any(content[0].islower() for content in contents[1:]):
            return False
        return max(map(line_words, contents)) < words and self._wrapped.keys().isdisjoint(lines)

    def _is_item(self, number: int) -> bool:
        return bool(self._rough[number] & _LIST)

    def _runs_on(self, number: int) -> bool:
        """Whether the sentence of a line that is no heading does not end there."""
        return not is_terminated(self._content(number)) and not self._may_head(number)

    def _top_of_paragraph(self, number: int) -> int:
        """The first line of the paragraph, or of the item of a list, that a line stands in."""
        while not self._is_item(number) and number > 0 and self._is_written(number - 1):
            number -= 1
        return number

    def heads_text(self, start: int, end: int) -> bool:
        """Whether ``[start, end)`` is a line like a heading, right above running text."""
        content = self._text[start:end].strip()
        _, behind = self._within(start, end)
        below = self._content(self._written[behind]) if behind < len(self._written) else ""
        return _is_like_heading(content) and len(below) > max(_WRAPPED_CHARS, len(content)) and is_terminated(below)

    def heads_indented(self, start: int, end: int) -> bool:
        """Whether ``[start, end)`` is a line like a heading, above one that is indented more, as in change logs."""
        first, behind = self._within(start, end)
        if first == behind or behind == len(self._written) or not _is_like_heading(self._text[start:end].strip()):
            return False
        return self._indent(self._written[behind]) > self._indent(self._written[first])

    def _indent(self, number: int) -> int:
        return self._first[number] - self._starts[number]

    def _heads(self, number: int, below: Sequence[int]) -> bool:
        """Whether a line heads those *below*: as a heading, or as the label of a field, or beside a cell of a table."""
        if self._is_heading(number) or ends_in_colon(self._content(number)):
            return True
        return len(below) == 1 and self._may_head(number) and not is_terminated(self._content(below[0]))

    def _content(self, number: int) -> str:
        return self._text[self._first[number] : self._last[number]]

    def _is_written(self, number: int) -> bool:
        return self._first[number] < self._last[number]

    def _is_heading(self, number: int) -> bool:
        return bool(self._rough[number] & _HEADING)

    def _may_head(self, number: int) -> bool:
        content = self._content(number)
        return self._is_heading(number) or (line_words(content) <= 8 and not is_terminated(content))

    @cached_property
    def is_program(self) -> bool:
        """Whether the text is a program, of which nothing can be spared, its comments neither.

        Where paragraphs stand on one line each it is a text about one.
        """
        is_built = is_built_as_program(self._text)
        if not is_built and not any(rough & (_CODE | MAYBE_CODE) for rough in self._rough):
            return False
        paragraphs = sum(self._ends[n] - self._starts[n] > SURELY_UNWRAPPED for n in self._written)
        if _PARAGRAPHS_SHARE * paragraphs > len(self._written):
            return False  # that is told by far sooner than what the lines say
        if is_built:
            return True
        comments = count_comments(self._text)
        if comments == len(self._written) and len({self._text[self._first[n]] for n in self._written}) == 1:
            return False  # a text with a margin
        code = comments + sum(map(self._is_code, self._written))
        return code >= _PROGRAM_LINES and _PROGRAM_SHARE * code >= len(self._written)

    def _is_code(self, number: int) -> bool:
        content = self._content(number)
        if not content.endswith(_ENDS_IN_PROGRAM) and not line_shape(self._rough[number], content) & _CODE:
            return False
        return count_comments(content) == 0  # those are counted already

    def of(self, start: int, end: int) -> int:
        """The shapes, as bits, that at least half of the characters of ``[start, end)`` stand in."""
        lines = self._between(start, end)
        if not self._patched and not any(self._rough[lines.start : lines.stop]):
            return 0
        weights = dict.fromkeys(_SHAPES, 0)
        total = in_item = 0
        for number in lines:
            shapes = self._shape(number)
            in_item = _LIST if shapes & _LIST or (in_item and self._is_written(number)) else 0
            weight = self._ends[number] - self._starts[number]
            total += weight
            for shape in _SHAPES_IN[shapes | in_item]:
                weights[shape] += weight
        common = sum([shape for shape, weight in weights.items() if 0 < 2 * weight >= total])
        if total >= _PARAGRAPH_CHARS * len(lines):
            common &= ~_REFRAINS  # nobody repeats a paragraph as a refrain
        return common

    @cached_property
    def _patched(self) -> Set[int]:
        """The numbers of the lines of patches: one that lacks lines cannot be applied, whatever the lines say."""
        patched: set[int] = set()
        if "@@ -" not in self._text:
            return patched
        for number in self._written:
            found = _HUNK.match(self._line(number))
            if found is None:
                continue
            old, new = (int(count or 1) for count in found.groups())
            patched.add(number)
            for below in range(number + 1, len(self._starts)):
                sign = self._line(below)[:1]
                if (old, new) == (0, 0) or sign not in ("", " ", "-", "+"):
                    break
                patched.add(below)
                old, new = max(0, old - (sign != "+")), max(0, new - (sign != "-"))
        return patched

    def _line(self, number: int) -> str:
        return self._text[self._starts[number] : self._ends[number]]

    def line_count(self, start: int, end: int) -> int:
        """How many lines ``[start, end)`` touches."""
        return len(self._between(start, end))

    @cached_property
    def written_chars(self) -> int:
        """How many characters of the text are not white space."""
        return written_chars(self._text)

    def _between(self, start: int, end: int) -> range:
        return range(max(0, bisect_right(self._starts, start) - 1), bisect_left(self._starts, end))


def _is_like_heading(content: str) -> bool:
    return "\n" not in content and len(content) <= _HEADING_CHARS and not content.endswith(_FULL_STOPS)


def ends_in_colon(text: str) -> bool:
    """Tell whether *text* ends in a colon, whatever closes behind it."""
    return text.rstrip().rstrip(CLOSERS).endswith((":", "："))


def written_chars(text: str) -> int:
    """Return how many characters of *text* are not white space."""
    return sum(map(len, text.split()))


def _has_gap(text: str) -> bool:
    """Whether there are two line ends in *text*, which is so short that a line between them says next to nothing."""
    return text.count("\n") > 1 or text.count("\r") > 1


def _breaks_off(line: str) -> bool:
    return len(line) >= _WRAPPED_CHARS and not line.endswith(SENTENCE_END)


def _is_full(above: str, below: str, width: int) -> bool:
    """Whether the line above another one ends where the next word was too much for it, or nearly so."""
    return len(above) + 1 + len(below.split(maxsplit=1)[0]) > _FULL_RATIO * width


def _is_amid(above: str, below: str) -> bool:
    """Whether a line begins as the next word of a sentence does, where that is not in capitals throughout."""
    first = below.lstrip(_MARGIN)[:1]
    return (first.isalpha() and not first.isupper()) or above.isupper()
