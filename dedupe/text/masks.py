"""Lines to keys: a stable 64-bit hash of what is left of a line when its variable parts are masked.

"Posted on June 3, 2015" and "posted on May 12, 2024" are one line of furniture. Keys are the same
on every machine, and those of lines that can count as frequent are odd.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dedupe.model import Line
from dedupe.text.calendar import MONTHS, WEEKDAYS

MAX_COUNTED = 240

_URL = re.compile(r"(?:https?://|www\.)\S+")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_DIGITS = re.compile(r"\d+(?:[.,:]\d+)*(?:(?:st|nd|rd|th)\b)?")
_FOUR_LETTERS = re.compile(r"(?:[^\W\d_][\W\d_]*){4}")
_DATE_NAMES = dict.fromkeys(MONTHS, "M") | dict.fromkeys(WEEKDAYS, "D")


def line_keys(text: str, lines: Sequence[Line]) -> NDArray[np.uint64]:
    """Return the key of each non-blank line, in order: equal keys, equal masked lines.

    Masked are letter case and width (NFKC, casefold), white space, numbers and
    times, the names of months and weekdays beside a number, URLs and mail
    addresses. Keys are the same on every machine. Those of lines that can never
    count as frequent (longer than 240 characters, or fewer than four letters) are
    even, all others odd.

    >>> from dedupe.text.segment import split_lines
    >>> text = "Posted on June 3, 2015\\n\\nposted on May 12, 2024\\n12.50\\n"
    >>> keys = line_keys(text, split_lines(text))
    >>> len(keys), keys[0] == keys[1], (keys & np.uint64(1)).tolist()
    (3, np.True_, [1, 1, 0])
    """
    folded = "\n".join([text[line.start : line.end] for line in lines])
    if not folded.isascii():
        folded = unicodedata.normalize("NFKC", folded)
    folded = folded.casefold()
    if "://" in folded or "www." in folded:
        folded = _URL.sub("://", folded)
    if "@" in folded:
        folded = _MAIL.sub("@", folded)
    folded = _DIGITS.sub("0", folded)
    memo: dict[str, int] = {}
    keys = []
    for line in folded.split("\n"):
        key = memo.get(line)
        if key is None:
            key = memo[line] = _key(line)
        if key:
            keys.append(key)
    return np.array(keys, dtype=np.uint64)


def _key(masked: str) -> int:
    """The key of a line that is masked but for dates; 0 for a blank line."""
    words = masked.split()
    if not words:
        return 0
    if "0" in masked and len(masked) <= MAX_COUNTED:
        words = [_DATE_NAMES.get(word.strip(".,()|-–"), word) for word in words]
    bare = " ".join(words)
    digest = int.from_bytes(hashlib.blake2b(bare.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")
    counted = len(bare) <= MAX_COUNTED and _FOUR_LETTERS.search(bare) is not None
    return digest | 3 if counted else (digest | 2) & ~1
