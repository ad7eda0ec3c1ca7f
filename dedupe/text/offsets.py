"""Code points to bytes and to line numbers, for a few places of one text."""

from __future__ import annotations


def encode(text: str, encoding: str) -> bytes:
    """Return the bytes of *text*; lone surrogates, which JSON text can hold, pass in UTF-8."""
    return text.encode(encoding, "surrogatepass" if encoding == "utf-8" else "strict")


class Places:
    r"""Where code points of a text stand in its stored bytes, and on which lines, counted from 1.

    Each answer goes on from the one before, so that places in order cost one walk through the text.

    >>> places = Places("é\r\nb\n\nc", "utf-8", b"\xef\xbb\xbf")
    >>> places.byte(1), places.span(4, 5), places.lines(3, 7)
    (5, [8, 9], [2, 4])
    """

    def __init__(self, text: str, encoding: str = "utf-8", bom: bytes = b"") -> None:
        self._text = text
        self._encoding = encoding
        self._bom_size = len(bom)
        self._one_byte = encoding == "utf-8" and text.isascii()
        self._has_returns = "\r" in text
        self._at, self._byte = 0, self._bom_size
        self._line_at, self._line = 0, 1

    def byte(self, place: int) -> int:
        """Return the byte offset of the code point at *place*."""
        if self._one_byte:
            return self._bom_size + place
        if place >= self._at:
            self._byte += len(encode(self._text[self._at : place], self._encoding))
        else:
            self._byte -= len(encode(self._text[place : self._at], self._encoding))
        self._at = place
        return self._byte

    def span(self, start: int, end: int) -> list[int]:
        """Return the byte offsets of the code points ``[start, end)``."""
        if self._one_byte:
            return [self._bom_size + start, self._bom_size + end]
        return [self.byte(start), self.byte(end)]

    def lines(self, start: int, end: int) -> list[int]:
        """Return the first and the last line with text of ``[start, end)``; separators at its ends do not count."""
        piece = self._text[start:end]
        first = end - len(piece.lstrip())
        if first >= end:  # nothing but separators
            return [self._line_of(start)] * 2
        line = self._line_of(first)
        return [line, line + self._breaks(first, start + len(piece.rstrip()) - 1)]

    def _line_of(self, place: int) -> int:
        if place >= self._line_at:
            self._line += self._breaks(self._line_at, place)
        else:
            self._line -= self._breaks(place, self._line_at)
        self._line_at = place
        return self._line

    def _breaks(self, start: int, end: int) -> int:
        count = self._text.count("\n", start, end)
        if self._has_returns:  # one before a line feed is not the end of the break
            count += self._text.count("\r", start, end) - self._text.count("\r\n", start, end + 1)
        return count


def line_ends(text: str) -> str:
    r"""Return the style of line ends: ``lf``, ``crlf``, ``cr``, ``mixed`` or ``none``.

    >>> line_ends("a\r\nb\n"), line_ends("a")
    ('mixed', 'none')
    """
    if "\r" not in text:
        return "lf" if "\n" in text else "none"
    crlf = text.count("\r\n")
    found = {"crlf": crlf, "lf": text.count("\n") - crlf, "cr": text.count("\r") - crlf}
    used = [name for name, count in found.items() if count]
    return used[0] if len(used) == 1 else "mixed"
