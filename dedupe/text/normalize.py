"""The matching view of a text: its normal form. It is compared, and never written.

A normal form is a sequence of tokens joined by single spaces. It is NFKC and
casefolded; punctuation, white space, control and format characters are out; digits
are kept as written. What stays besides words are the symbols that carry meaning
(currency, mathematics, emoji, ``%``, ``#``, and a minus sign in front of a number), so
that "C++" is not "C#" and "-5" is not "5".

Where a script is written without spaces (Han, kana, Thai, Lao, Khmer, Myanmar)
every character is a token of its own.
"""

from __future__ import annotations

import re
import unicodedata

#: Blocks whose scripts do not put spaces between words.
_UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x3007),  # iteration mark, closing mark, ideographic zero
    (0x3041, 0x30FA),  # kana
    (0x30FC, 0x30FF),
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)
UNSPACED = "".join(f"{chr(first)}-{chr(last)}" for first, last in _UNSPACED)
"""Their characters, as a class of a regular expression has them."""
_UNSPACED_CHARACTER = re.compile(f"[{UNSPACED}]")
_MINUS = re.compile(r"(?<!\w)[-\u2212](?=\d)")
_KEPT_PUNCTUATION = "%#"
#: Three of one symbol in a row draw a line and mean nothing.
_RULE = re.compile(r"([=+<>#%$^`])\1{2,}")
_ASCII_SYMBOLS = "$+<=>^`%#"


class _TokenTable(dict[int, str]):
    """Maps a code point of NFKC text to what it becomes; filled as it is asked."""

    def __missing__(self, code: int) -> str:
        self[code] = mapped = token_character(code)
        return mapped


def token_character(code: int) -> str:
    char = chr(code)
    category = unicodedata.category(char)
    if any(first <= code <= last for first, last in _UNSPACED) and category[0] in "LMN":
        return f" {char} "
    if category[0] in "LMN" or category in ("Pc", "Co", "Cn"):
        # Variation selectors change how a character looks, not which it is.
        return "" if 0xFE00 <= code <= 0xFE0F else char
    if category in ("Sc", "Sm", "So") and char not in "|~":  # drawn table rules are layout
        return f" {char} "
    if char in _KEPT_PUNCTUATION:
        return f" {char} "
    if category == "Cf":
        return ""  # soft hyphens, joiners, bidi marks
    if category == "Cs":
        return "\ufffd"
    return " "


_TABLE = _TokenTable()


def token_form(text: str) -> str:
    """Return the tokens of *text* as they are capitalised, joined by single spaces.

    >>> token_form("“Well,” said Ann — it's  5 o’clock!")
    'Well said Ann it s 5 o clock'
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    if "-" in text or "\u2212" in text:
        text = _MINUS.sub(" \u2212 ", text)
    return " ".join(_RULE.sub(" ", text).translate(_TABLE).split())


def normal_form(text: str) -> str:
    """Return the normal form of *text*: its casefolded tokens, joined by single spaces ("" where it has none).

    >>> normal_form("“Well,” said Ann — it's  5 o’clock!")
    'well said ann it s 5 o clock'
    >>> normal_form("C++ at -5 %"), normal_form("東京 2024")
    ('c + + at − 5 %', '東 京 2024')
    >>> normal_form("--- * ---")
    ''
    """
    return token_form(text).casefold()


def word_weight(normal: str) -> int:
    """Return how many words a normal form is worth; two unspaced characters are one, symbols and low lines none.

    >>> word_weight("two words"), word_weight("東 京 都 庁"), word_weight("a + b"), word_weight("name ____ on __init__")
    (2, 2, 2, 3)
    """
    if not normal:
        return 0
    if normal.isascii() and "_" not in normal:
        return normal.count(" ") + 1 - sum(map(normal.count, _ASCII_SYMBOLS))
    words = characters = 0
    for token in normal.split(" "):
        if is_unspaced(token):
            characters += 1
        elif (len(token) > 1 or token.isalnum()) and token.strip("_"):
            words += 1
    return words + (characters + 1) // 2


def line_words(line: str) -> int:
    """Return how many words *line* has: those between white space, or half its unspaced characters if they are more.

    >>> line_words("two words"), line_words("使い方を表示して終了する")
    (2, 6)
    """
    words = len(line.split())
    return words if line.isascii() else max(words, (len(_UNSPACED_CHARACTER.findall(line)) + 1) // 2)


def is_unspaced(token: str) -> bool:
    """Whether *token* is a single character of a script without spaces.

    >>> is_unspaced("東"), is_unspaced("a")
    (True, False)
    """
    return len(token) == 1 and any(first <= ord(token) <= last for first, last in _UNSPACED)
