"""Code points to bytes, where bytes stand in others, and how lines end."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

#: Bytes that are searched at a time: in all of a large text there may be as many marks.
_SEARCHED = 1 << 20


def encode(text: str, encoding: str) -> bytes:
    """Return the bytes of *text*; lone surrogates, which JSON text can hold, pass in UTF-8."""
    return text.encode(encoding, "surrogatepass" if encoding == "utf-8" else "strict")


def places_of(part: bytes, data: bytes) -> Iterator[NDArray[np.int64]]:
    """Yield where *part*, which cannot overlap itself, stands in *data*, int64, ascending, some at a time.

    It is found by its last mark, which is best a rare one: ``bytes.find`` takes five times as long.

    >>> [places.tolist() for places in places_of(b"](", b"[a](b) and [c] (d)")]
    [[2]]
    """
    every, behind = np.frombuffer(data, dtype=np.uint8), len(part) - 1
    mark = len(part.rstrip()) - 1
    for start in range(0, len(every) - behind, _SEARCHED):
        here = every[start : start + _SEARCHED + behind]
        found = np.flatnonzero(here[mark : len(here) - behind + mark] == part[mark])
        for at, byte in enumerate(part):
            found = found[here[found + at] == byte]
        if len(found):
            yield found + start


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
