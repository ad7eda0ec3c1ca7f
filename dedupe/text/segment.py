"""Documents into lines and segments: spans that tile the text.

The line is the unit of boilerplate, the segment (a paragraph) the unit of
matching. Which lines make a paragraph is read off the layout, block by block
(a block is a run of lines without a blank one).
"""

from __future__ import annotations

import re

from dedupe.model import Line

_LINE = re.compile(r"([^\r\n]*)(\r\n|\n|\r|\Z)")


def split_lines(text: str) -> list[Line]:
    r"""Split *text* into physical lines that tile it.

    Only LF, CRLF and CR end a line: the other characters that ``str.splitlines``
    honours (form feed, U+2028 ...) stand inside lines in real corpora. A text that
    ends in a terminator has no empty line after it; empty text has no lines.

    >>> [(line.start, line.end, line.stop) for line in split_lines("a\r\n\nb")]
    [(0, 1, 3), (3, 3, 4), (4, 5, 5)]
    """
    lines = []
    end_of_text = len(text)
    position = 0
    while position < end_of_text:
        match = _LINE.match(text, position)
        assert match is not None
        lines.append(Line(position, match.end(1), match.end()))
        position = match.end()
    return lines
