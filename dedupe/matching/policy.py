"""Which of several copies is canonical: what each policy looks at, in order.

All but ``longest`` put documents in order, not passages: of two documents that share many passages one stays whole, and
the other one loses, instead of each losing some to the other. So of passages the length does not count, unless it was
asked for. Ties end with the place in the corpus, so there is always one answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone

import numpy as np
import numpy.typing as npt

from dedupe.config import Config
from dedupe.model import Document

I64 = npt.NDArray[np.int64]

#: What every policy looks at. A word says what is better about the copy that stays, and stands in the log. Texts of
#: a reference corpus always stay.
CRITERIA: Mapping[str, tuple[str, ...]] = {
    "best": ("reference", "cleanest", "longest", "first"),
    "cleanest": ("reference", "cleanest", "longest", "first"),
    "first": ("reference", "first"),
    "longest": ("reference", "longest", "first"),
    "newest": ("reference", "newest", "cleanest", "longest", "first"),
    "source": ("reference", "source", "cleanest", "longest", "first"),
}
#: What is wrong where all documents come last, and what to try.
NOTHING_TO_GO_BY = {
    "newest": ("no document has a date in its date field", "name the field with dates like 2024-05-01: --date-field"),
    "source": ("no document is from a source that was ranked", "look at --source-rank and --source-field"),
}
#: Documents without a date, or of a source without a rank, come last.
LAST = (1 << 62) - 1

_ISO = re.compile(
    r"(\d{4})(?:-?(\d\d)(?:-?(\d\d)(?:[T ]?(\d\d):?(\d\d)(?::?(\d\d)(?:[.,]\d+)?)?)?)?)?\s*(Z|UTC|[+-]\d\d(?::?\d\d)?)?"
)


#: What is written as year, month, day and time in twelve digits is before this.
_LAST_YEAR = "3000"


def standing(document: Document, config: Config) -> int:
    """Return how a document stands by its date or its source, if the policy asks for that; lower is better."""
    if config.keep == "newest":
        moment = seconds(document.date)
        return LAST if moment is None else -moment
    if config.keep == "source":
        ranks = [n for n, name in enumerate(config.source_ranks) if (document.source + "/").startswith(name + "/")]
        return min(ranks, default=LAST)
    return 0


def seconds(date: str) -> int | None:
    """Return the seconds from 1970 to a written date, None if it is none.

    Dates are read as in ISO 8601 (``2024``, ``2024-05``, ``20240501``, with a time and a zone), in web archives (14
    digits), in mail and feeds (RFC 2822), or as seconds since 1970 (9 or 10 digits, from 1973 on) or milliseconds (12
    or 13, from 1979 on: what 12 say before that is a year, month, day and time). Without a zone it is UTC.

    >>> seconds("2024-05-01"), seconds("2024-05-01T02:00:00+02:00"), seconds("1714521600000")
    (1714521600, 1714521600, 1714521600)
    >>> seconds("961718400"), seconds("961718400000")
    (961718400, 961718400)
    >>> seconds("Wed, 01 May 2024 00:00:00 GMT"), seconds("20240501000000"), seconds("soon")
    (1714521600, 1714521600, None)
    """
    date = date.strip()
    size = len(date) if date.isdecimal() else 0
    if size in (9, 10, 13) or (size == 12 and date >= _LAST_YEAR):
        return int(date) // (1 if size <= 10 else 1000)
    found = _ISO.fullmatch(date)
    try:
        if found is None:
            from email.utils import parsedate_to_datetime  # a third of the time that a start takes

            moment = parsedate_to_datetime(date)
        else:
            year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
            moment = datetime(year, month or 1, day or 1, hour, minute, second, tzinfo=_zone(found[7] or "Z"))
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=timezone.utc)
        return int((moment - datetime(1970, 1, 1, tzinfo=timezone.utc)).total_seconds())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _zone(name: str) -> timezone:
    if name[0] not in "+-":
        return timezone.utc
    digits = name[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if name[0] == "-" else offset)


class Priority:
    """The order in which texts are canonical, by what a policy looks at.

    *stays* tells which texts are of a reference corpus, bool (n); *damage*, *words* and *standings* are int64 (n) of n
    texts in the order of the corpus.
    """

    def __init__(self, keep: str, stays: npt.NDArray[np.bool_], damage: I64, words: I64, standings: I64) -> None:
        values = {
            "reference": (~stays).astype(np.int64),
            "cleanest": damage,
            "longest": -words,
            "first": np.arange(len(words), dtype=np.int64),
        }
        self._names = CRITERIA[keep]
        self._columns = [values.get(name, standings) for name in self._names]

    def ranks(self) -> I64:
        """Return int64 (n): the rank of each text, 0 the best."""
        order = np.lexsort(self._columns[::-1])
        ranks = np.empty(len(order), dtype=np.int64)
        ranks[order] = np.arange(len(order))
        return ranks

    def decided_by(self, rows: I64, canonical: I64) -> npt.NDArray[np.int8]:
        """Return int8 (m): which of the policy's ``CRITERIA`` is the first that puts *canonical* before *rows*."""
        by = np.full(len(rows), len(self._names) - 1, dtype=np.int8)
        for number in reversed(range(len(self._names))):
            by[self._columns[number][rows] != self._columns[number][canonical]] = number
        return by


def criterion(keep: str, number: int) -> str:
    """Return the name of a criterion of a policy."""
    names: Sequence[str] = CRITERIA[keep]
    return names[number]
