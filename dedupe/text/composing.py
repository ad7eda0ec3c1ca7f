"""Unicode's normalisation forms, in time that follows the length of a text.

Python brings the marks of a letter into order by insertion, which takes it minutes where a hundred
thousand stand behind one letter. Long runs of marks are sorted here before they get there.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

#: Insertion is quick for so many.
_FEW_MARKS = 64


def normalized(form: Literal["NFC", "NFD", "NFKC"], text: str) -> str:
    r"""Return what ``unicodedata.normalize`` does.

    >>> normalized("NFC", "e\u0301") == "\u00e9"
    True
    >>> normalized("NFD", "e" + "\u0301\u0323" * 50_000) == "e" + "\u0323" * 50_000 + "\u0301" * 50_000
    True
    """
    if text.isascii() or unicodedata.is_normalized(form, text):
        return text
    if len(text) > _FEW_MARKS:
        text = _with_marks_in_order("NFKD" if form == "NFKC" else "NFD", text)
    return unicodedata.normalize(form, text)


def _with_marks_in_order(form: Literal["NFD", "NFKD"], text: str) -> str:
    """Return *text* with long runs of marks taken apart and sorted by class, those of one class as they stood."""
    parts = {char: unicodedata.normalize(form, char) for char in set(text) if not char.isascii()}
    marks = "".join(sorted(char for char, apart in parts.items() if all(map(unicodedata.combining, apart))))
    if not marks:
        return text

    def in_order(run: re.Match[str]) -> str:
        return "".join(sorted("".join(map(parts.__getitem__, run[0])), key=unicodedata.combining))

    return re.sub(f"[{marks}]{{{_FEW_MARKS},}}", in_order, text)
