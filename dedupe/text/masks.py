"""Lines to keys: a stable 64-bit hash of what is left of a line when its variable parts are masked.

"Posted on June 3, 2015" and "posted on May 12, 2024" are one line of furniture. Keys are the same
on every machine, odd, and 0 for lines that can never count as frequent.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dedupe.model import Line
from dedupe.text.calendar import MONTHS, WEEKDAYS
from dedupe.text.composing import normalized

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
    0, all others odd.

    >>> from dedupe.text.segment import split_lines
    >>> text = "Posted on June 3, 2015\\n\\nposted on May 12, 2024\\n12.50\\n"
    >>> keys = line_keys(text, split_lines(text))
    >>> keys[0] == keys[1], (keys > 0).tolist()
    (np.True_, [True, True, False])
    """
    folded = "\n".join([text[line.start : line.end] for line in lines])
    if not folded.isascii():
        folded = normalized("NFKC", folded)
    folded = folded.casefold()
    if "://" in folded or "www." in folded:
        folded = _URL.sub("://", folded)
    if "@" in folded:
        folded = _MAIL.sub("@", folded)
    masked = [line for line in _DIGITS.sub("0", folded).split("\n") if line and not line.isspace()]
    keys = {line: _key(line) for line in set(masked)}
    return np.array([keys[line] for line in masked], dtype=np.uint64)


def _key(masked: str) -> int:
    """The key of a line that is masked but for dates."""
    words = masked.split()
    if "0" in masked and len(masked) <= MAX_COUNTED:
        words = [_DATE_NAMES.get(word.strip(".,()|-–"), word) for word in words]
    bare = " ".join(words)
    if len(bare) > MAX_COUNTED or _FOUR_LETTERS.search(bare) is None:
        return 0
    digest = hashlib.blake2b(bare.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little") | 3
