"""What reads as a date or a time: recognises ``<DATE>`` in lexicon entries."""

from __future__ import annotations

from dedupe.text.calendar import MONTHS, WEEKDAYS

#: Small words between the parts of a date.
DATE_LINKS = frozenset("at on of the de del do du le il la da um à a alle às om o в г года".split())
#: What else may stand inside a date: time of day, zones, "2 hours ago".
DATE_WORDS = (
    MONTHS
    | WEEKDAYS
    | DATE_LINKS
    | frozenset(
        """
        am pm a.m p.m gmt utc est edt pst pdt cst cet cest bst uhr today yesterday ago
        second seconds minute minutes hour hours day days week weeks month months year years min mins hrs
        heute gestern hier aujourd'hui hoy ayer oggi ieri hoje ontem vandaag gisteren dzisiaj wczoraj сегодня вчера
        """.split()
    )
)


def is_date(words: list[str]) -> bool:
    """Tell whether *words* (casefolded, punctuation off) read as one date or time.

    >>> is_date("june 15 2016".split()), is_date(["2", "hours", "ago"]), is_date("the army in 1943".split())
    (True, True, False)
    """
    numbers = 0
    for word in words:
        if any(map(str.isdigit, word)):
            numbers += 1
        elif word not in DATE_WORDS:
            return False
    return numbers > 0 or (len(words) == 1 and words[0] in ("today", "yesterday", "heute", "gestern", "hoy", "oggi"))
