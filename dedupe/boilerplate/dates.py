"""What reads as a date or a time: recognises ``<DATE>`` in lexicon entries."""

from __future__ import annotations

from dedupe.text.calendar import MONTHS, WEEKDAYS

LONGEST_DATE = 12
"""Words that a date with a time may have: 2024 年 5 月 12 日 10 時 30 分."""
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
        年 月 日 号 號 時 时 点 點 分 秒 前 年前 个月前 個月前 ヶ月前 か月前 週間前 周前 週前 天前 日前
        時間前 小时前 小時前 分前 分钟前 分鐘前 秒前 今天 昨天 今日 昨日
        heute gestern hier aujourd'hui hoy ayer oggi ieri hoje ontem vandaag gisteren dzisiaj wczoraj сегодня вчера
        """.split()
    )
    | frozenset(f"日({weekday}" for weekday in "月火水木金土日一二三四五六")
)


def is_date(words: list[str]) -> bool:
    """Tell whether *words* (casefolded, punctuation off) read as one date or time.

    >>> is_date("june 15 2016".split()), is_date(["2", "小时前"]), is_date("the army in 1943".split())
    (True, True, False)
    """
    numbers = 0
    for word in words:
        if any(map(str.isdigit, word)):
            numbers += 1
        elif word not in DATE_WORDS:
            return False
    return numbers > 0 or (len(words) == 1 and words[0] in ("today", "yesterday", "heute", "gestern", "hoy", "oggi"))
