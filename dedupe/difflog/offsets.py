"""Code points to bytes and to line numbers, for a few places of one text."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable

_BREAK = re.compile(r"\r\n|\n|\r")


def encode(text: str, encoding: str) -> bytes:
    """Return the bytes of *text*; lone surrogates, which JSON text can hold, pass in UTF-8."""
    return text.encode(encoding, "surrogatepass" if encoding == "utf-8" else "strict")


def byte_offsets(text: str, places: Iterable[int], encoding: str = "utf-8", bom: bytes = b"") -> dict[int, int]:
    """Return for each code point offset in *places* the byte offset in the stored text.

    >>> byte_offsets("é!", [0, 1, 2], "utf-8", b"\\xef\\xbb\\xbf")
    {0: 3, 1: 5, 2: 6}
    """
    offsets = {}
    at, total = 0, len(bom)
    ascii_text = encoding == "utf-8" and text.isascii()
    for place in sorted(set(places)):
        total += place - at if ascii_text else len(encode(text[at:place], encoding))
        offsets[place] = total
        at = place
    return offsets


class LineNumbers:
    r"""Line numbers, counted from 1, of places in a text.

    >>> LineNumbers("a\r\nb\n\nc").span(3, 7)
    [2, 4]
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0, *(match.end() for match in _BREAK.finditer(text))]

    def at(self, place: int) -> int:
        """The number of the line that the code point at *place* stands on."""
        return bisect_right(self._starts, place)

    def span(self, start: int, end: int) -> list[int]:
        """The first and the last line with text of ``[start, end)``; separators at its ends do not count."""
        piece = self._text[start:end]
        first = start + len(piece) - len(piece.lstrip())
        last = max(start + len(piece.rstrip()) - 1, first)
        if first >= end:  # nothing but separators
            first = last = start
        return [self.at(first), self.at(last)]


def line_ends(text: str) -> str:
    r"""Return the style of line ends: ``lf``, ``crlf``, ``cr``, ``mixed`` or ``none``.

    >>> line_ends("a\r\nb\n"), line_ends("a")
    ('mixed', 'none')
    """
    crlf = text.count("\r\n")
    found = {"crlf": crlf, "lf": text.count("\n") - crlf, "cr": text.count("\r") - crlf}
    used = [name for name, count in found.items() if count]
    return "none" if not used else used[0] if len(used) == 1 else "mixed"
