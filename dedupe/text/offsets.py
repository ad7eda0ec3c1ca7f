"""Code points to bytes, and how lines end."""

from __future__ import annotations


def encode(text: str, encoding: str) -> bytes:
    """Return the bytes of *text*; lone surrogates, which JSON text can hold, pass in UTF-8."""
    return text.encode(encoding, "surrogatepass" if encoding == "utf-8" else "strict")


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
