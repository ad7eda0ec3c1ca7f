"""Documents into lines and segments: spans that tile the text.

The line is the unit of boilerplate, the segment (a paragraph) the unit of
matching. Which lines make a paragraph is read off the layout, block by block
(a block is a run of lines without a blank one).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from dedupe.model import Line

_LINE_END = re.compile(r"\r\n?|\n")


def split_lines(text: str) -> list[Line]:
    r"""Split *text* into physical lines that tile it.

    Only LF, CRLF and CR end a line: the other characters that ``str.splitlines``
    honours (form feed, U+2028 ...) stand inside lines in real corpora. A text that
    ends in a terminator has no empty line after it; empty text has no lines.

    >>> [(line.start, line.end, line.stop) for line in split_lines("a\r\n\nb")]
    [(0, 1, 3), (3, 3, 4), (4, 5, 5)]
    """
    ends = [match.span() for match in _LINE_END.finditer(text)]
    if text and (not ends or ends[-1][1] < len(text)):
        ends.append((len(text), len(text)))
    starts = [0, *(stop for _, stop in ends)]
    return [Line(start, end, stop) for start, (end, stop) in zip(starts, ends, strict=False)]


@dataclass(frozen=True, slots=True)
class Segment:
    """A paragraph: content ``[start, end)``, then its separators ``[end, stop)``.

    Segments tile the text. Only the first segment of a text can have no content
    (the blank lines before the first paragraph).
    """

    start: int
    end: int
    stop: int


def split_segments(text: str, lines: Sequence[Line], layout: str = "auto") -> list[Segment]:
    r"""Return the segments of *text*, which tile it.

    ``line`` makes every line that is not blank a segment, ``blank`` every block.
    ``auto`` reads the layout off each block: hard-wrapped lines join into one
    paragraph, a block with lines too long to be wrapped (or one of whole sentences, one a
    line) has a paragraph on each line (with what hangs under it, indented), other short lines (stanzas, addresses)
    stay together. A text without any blank line between blocks
    has a paragraph on each line unless it is hard-wrapped, where a line
    that stops short ends the paragraph.

    >>> text = "Title\n\nOne line\nof wrapped text.\n"
    >>> [text[s.start:s.end] for s in split_segments(text, split_lines(text))]
    ['Title', 'One line\nof wrapped text.']
    >>> text = "Alpha was here first.\nBeta came later.\n"
    >>> [text[s.start:s.end] for s in split_segments(text, split_lines(text))]
    ['Alpha was here first.', 'Beta came later.']
    >>> text = "- Alpha was here before all the\n  others came.\n- Beta came later than all the others did.\n"
    >>> [text[s.start:s.end] for s in split_segments(text, split_lines(text))]
    ['- Alpha was here before all the\n  others came.', '- Beta came later than all the others did.']
    """
    blocks = _blocks(text, lines)
    starts: list[tuple[int, int]] = []
    for block in blocks:
        for part in _paragraphs(text, block, layout, alone=len(blocks) == 1):
            starts.append((part[0].start, part[-1].end))
    segments: list[Segment] = []
    if not starts:
        return [Segment(0, 0, len(text))] if text else []
    if starts[0][0] > 0:
        segments.append(Segment(0, 0, starts[0][0]))
    for (start, end), following in zip(starts, [*starts[1:], (len(text), 0)], strict=True):
        segments.append(Segment(start, end, following[0]))
    return segments


def is_blank(text: str, line: Line) -> bool:
    """Whether *line* holds nothing but white space."""
    return line.start == line.end or text[line.start : line.end].isspace()


def is_passage(text: str, min_words: int) -> bool:
    r"""Whether a segment can repeat by itself, if it has the words: not if it is two short lines.

    Three lines are a block, and so are two with a line that could stand alone.

    >>> is_passage("The harbour is open\nfrom the first of May", 8)
    False
    >>> is_passage("The harbour is open", 8), is_passage("a\nb\nc", 8)
    (True, True)
    """
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) != 2 or len(text) >= 200:
        return True
    return any(len(line.split()) >= min_words or len(line) >= 10 * min_words for line in lines)


def _blocks(text: str, lines: Sequence[Line]) -> list[list[Line]]:
    blocks: list[list[Line]] = []
    previous_blank = True
    for line in lines:
        blank = is_blank(text, line)
        if not blank:
            if previous_blank:
                blocks.append([line])
            else:
                blocks[-1].append(line)
        previous_blank = blank
    return blocks


# A line of this many characters was not wrapped by hand or by a mail program.
LONGEST_WRAPPED = 120
SURELY_UNWRAPPED = 160
SENTENCE_END = tuple(".!?…。！？।؟:;”\"'’)]»")


def _paragraphs(text: str, block: list[Line], layout: str, *, alone: bool) -> list[list[Line]]:
    if len(block) == 1 or layout == "blank":
        return [block]
    if layout == "line":
        return [[line] for line in block]
    lengths = [line.end - line.start for line in block]
    if max(lengths) > SURELY_UNWRAPPED:
        return _each_line(text, block)
    sentences = sum(
        text[line.start : line.end].rstrip().endswith(SENTENCE_END) and text.count(" ", line.start, line.end) >= 7
        for line in block
    )
    if sentences >= 0.7 * len(block):
        return _each_line(text, block)
    if not alone:
        return [block]
    forced = _forced_breaks(text, block, lengths)
    if len(block) < 4 or sum(forced) < 0.7 * len(forced):
        return _each_line(text, block)
    paragraphs = [[block[0]]]
    for line, was_forced in zip(block[1:], forced, strict=True):
        if was_forced:
            paragraphs[-1].append(line)
        else:
            paragraphs.append([line])
    return paragraphs


def _each_line(text: str, block: list[Line]) -> list[list[Line]]:
    """Make a paragraph of each line, with what hangs under it where it breaks off: items of lists may be wrapped."""
    paragraphs = [[block[0]]]
    for above, line in pairwise(block):
        breaks_off = not text[above.start : above.end].rstrip().endswith(SENTENCE_END)
        if breaks_off and _indent(text, line) > _indent(text, paragraphs[-1][0]):
            paragraphs[-1].append(line)
        else:
            paragraphs.append([line])
    return paragraphs


def _indent(text: str, line: Line) -> int:
    content = text[line.start : line.end]
    return len(content) - len(content.lstrip())


def _forced_breaks(text: str, block: list[Line], lengths: list[int]) -> list[bool]:
    """For each line break in the block: was the next word too long for the line?"""
    width = max(lengths)
    if not 40 <= width <= LONGEST_WRAPPED:
        return [False] * (len(block) - 1)
    forced = []
    for length, line in zip(lengths, block[1:], strict=False):
        first_word = text[line.start : line.end].split(None, 1)[0]
        forced.append(length + 1 + len(first_word) > width)
    return forced
