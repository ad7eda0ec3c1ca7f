"""Marks at the ends of lines: those that end a sentence, quotes, dashes and bullets."""

from __future__ import annotations

import re

TERMINAL = ".!?…。！？।؟" + "｡．॥۔։።፧។။"
"""Full stops, wide and narrow, of Hindi, Urdu, Armenian, Amharic, Khmer and Burmese too; Thai has none."""
CLOSERS = "\"'”’»›“)]』」*_"
QUOTES = "\"“”„«»‘’‚›‹「『'"
DASHES = "—–―"
BULLETS = "-*•‣▪◦●○■□◆➢✓✔☐☑·+"

_BULLET = re.compile(rf"[{BULLETS}]\s+\S")


def is_terminated(line: str) -> bool:
    """Tell whether *line* ends like a sentence: a full stop of any script, ! ? or …, quotes and brackets aside.

    >>> is_terminated('"Read on."'), is_terminated("Read on"), is_terminated("(...)"), is_terminated("شکریہ۔")
    (True, False, True, True)
    """
    tail = line.rstrip()
    if not tail:
        return False
    return tail[-1] in TERMINAL or (tail[-1] in CLOSERS and tail.rstrip(CLOSERS)[-1:] in tuple(TERMINAL))


def has_bullet(line: str) -> bool:
    """Tell whether *line*, without white space around it, is an item of a list with a bullet in front.

    >>> has_bullet("* one of several"), has_bullet("*one* of several")
    (True, False)
    """
    return _BULLET.match(line) is not None
