"""Code points to bytes, where bytes stand in others, and how lines end."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def encode(text: str, encoding: str) -> bytes:
    """Return the bytes of *text*; lone surrogates, which JSON text can hold, pass in UTF-8."""
    return text.encode(encoding, "surrogatepass" if encoding == "utf-8" else "strict")


def places_of(part: bytes, data: bytes) -> NDArray[np.int64]:
    """Return where *part*, which cannot overlap itself, stands in *data*, int64, ascending.

    It is found by its last mark, which is best a rare one: ``bytes.find`` takes five times as long.

    >>> places_of(b"](", b"[a](b) and [c] (d)").tolist()
    [2]
    """
    every = np.frombuffer(data, dtype=np.uint8)
    mark = len(part.rstrip()) - 1
    found = np.flatnonzero(every[: len(every) - len(part) + mark + 1] == part[mark]) - mark
    found = found[found >= 0]
    for at, byte in enumerate(part):
        found = found[every[found + at] == byte]
    return found


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
