"""The matching view of a text: its normal form. It is compared, and never written.

A normal form is a sequence of tokens joined by single spaces. It is NFKC and
casefolded; punctuation, white space, control and format characters are out; digits
are kept as written. What stays besides words are the symbols that carry meaning
(currency, mathematics, emoji, ``%``, ``#``, ``&``), so that "C++" is not "C#", and punctuation
where it does: in and around numbers and as an operator, so that "-5" is not "5", "1.5" is not "1-5" and
"a != b" is not "a = b". Whether it does is told from the two characters beside it, never from those behind a space,
so that lines can be set anew.

Where a script is written without spaces (Han, kana, Thai, Lao, Khmer, Myanmar and those
that are written like them, from Yunnan to Java) every character is a token of its own. Where
words are counted, two characters of Han and kana are one, five of the others, and two syllables
of Tibetan, which are parted and words are not.
"""

from __future__ import annotations

import re
import unicodedata

from dedupe.text.composing import normalized

#: Blocks of scripts without spaces between words whose characters are letters and the marks on them: those of which
#: UAX #14 says that lines break inside (classes SA, and AK for Balinese and Javanese).
_LETTERED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x1950, 0x19FF),  # Tai Le, New Tai Lue
    (0x1A20, 0x1AAF),  # Tai Tham
    (0x1B00, 0x1B7F),  # Balinese
    (0xA980, 0xA9FF),  # Javanese, Myanmar of Shan
    (0xAA60, 0xAADF),  # Myanmar of Khamti and Aiton, Tai Viet
)
#: Blocks whose scripts do not put spaces between words.
_UNSPACED = (
    *_LETTERED,
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
LETTERED = frozenset(chr(code) for first, last in _LETTERED for code in range(first, last + 1))
_UNSPACED_CHARACTER = re.compile(f"[{UNSPACED}]")
_SYLLABLE_END = "\u0f0b"
_SYLLABLE_TENTHS = 5
#: What numbers are written with besides digits, and is another number with them: 10⁶ is not 106, 3½ not 31⁄2.
NUMBER_FORMS = "\u00b2\u00b3\u00b9\u00bc-\u00be\u2070\u2074-\u2079\u2080-\u2089\u2150-\u215e"
_POWER = re.compile(f"(?<=[0-9])(?=[{NUMBER_FORMS}])")
DASHES = "-\u2010-\u2015"
"""Hyphens and dashes, as a class of a regular expression has them; before and between digits they are one sign."""
_MINUS = "\u2212"
#: The places where punctuation is a sign.
_SIGN = re.compile(
    rf"""[{DASHES}.,:/*!?](?:
      (?<=\d[^!?])(?=\d)                     # in a number, a date, a range, a score
    | (?<=[{DASHES}])(?<!\w.)(?=\d)         # the sign of a number
    | (?<=\.)(?<![\w.].)(?=\d)              # the point of a fraction: .5
    | (?<=\d[!?]) | (?<=\d[!?][!?])         # a factorial; what is thought of a move
    | (?<=!)(?: (?==) | (?<!\w!)(?=\w) )     # a negation: a != b, !ready
    | (?<=/)(?<![/*]/)(?![/*])               # a fraction, an alternative, a path
    | (?<=\w\*)(?=\w)                        # a product
    )""",
    re.VERBOSE,
)
_KEPT_PUNCTUATION = "%#&"
#: Three of one symbol in a row draw a line and mean nothing.
_RULE = re.compile(r"([=+<>#%$^`])\1{2,}")
_ASCII_SYMBOLS = "$+<=>^`%#&.,:/*!?"


class _TokenTable(dict[int, str]):
    """Maps a code point of NFKC text to what it becomes; filled as it is asked."""

    def __missing__(self, code: int) -> str:
        self[code] = mapped = token_character(code)
        return mapped


def token_character(code: int) -> str:
    """Return what a code point of NFKC text is in a token form: itself, in a word or alone, nothing, or a space.

    >>> token_character(ord("a")), token_character(ord("€")), token_character(ord("„")), token_character(0xAD)
    ('a', ' € ', ' ', '')
    """
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
        text = normalized("NFKC", _POWER.sub(" ", text))
    tokens: list[str] = []
    done = 0
    for sign in _SIGN.finditer(text):
        tokens += _tokens(text[done : sign.start()])
        tokens.append(_MINUS if is_dash(sign[0]) else sign[0])
        done = sign.end()
    return " ".join([*tokens, *_tokens(text[done:])])


def _tokens(text: str) -> list[str]:
    return _RULE.sub(" ", text).translate(_TABLE).split()


def is_dash(char: str) -> bool:
    """Whether a character is a hyphen or a dash."""
    return char == "-" or "\u2010" <= char <= "\u2015"


def normal_form(text: str) -> str:
    """Return the normal form of *text*: its casefolded tokens, joined by single spaces ("" where it has none).

    >>> normal_form("“Well,” said Ann — it's  5 o’clock!")
    'well said ann it s 5 o clock'
    >>> normal_form("C++ at -5 %"), normal_form("東京 2024")
    ('c + + at − 5 %', '東 京 2024')
    >>> normal_form("1.5, 1–5 or 10⁶; a != b - that's all."), normal_form("--- * ---")
    ('1 . 5 1 − 5 or 10 6 a ! = b that s all', '')
    """
    return token_form(text).casefold()


def word_weight(normal: str) -> int:
    """Return how many words a normal form is worth; symbols and low lines are none.

    >>> word_weight("two words"), word_weight("東 京 都 庁"), word_weight("a + b"), word_weight("ก า ร บ น")
    (2, 2, 2, 1)
    >>> word_weight("name ____ on __init__")
    3
    """
    if not normal:
        return 0
    if normal.isascii() and "_" not in normal:
        return normal.count(" ") + 1 - sum(map(normal.count, _ASCII_SYMBOLS))
    tenths = 0
    for token in normal.split(" "):
        if is_unspaced(token):
            tenths += _tenths(token)
        elif (len(token) > 1 or token.isalnum()) and token.strip("_"):
            tenths += _SYLLABLE_TENTHS if is_syllable(token) else 10
    return (tenths + 9) // 10


def _tenths(char: str) -> int:
    """Return what a character of a script without spaces is worth, in tenths of a word."""
    return 2 if char in LETTERED else 5


def is_syllable(token: str) -> bool:
    """Whether *token* is a syllable of Tibetan, in which a mark stands between syllables and nothing between words."""
    return "\u0f00" <= token[0] <= "\u0fff"


def line_words(line: str) -> int:
    """Return how many words *line* has: those between white space, or what its unspaced characters are worth if more.

    >>> line_words("two words"), line_words("使い方を表示して終了する")
    (2, 6)
    """
    return max(len(line.split()), unspaced_words(line))


def unspaced_words(line: str) -> int:
    """Return how many words the characters of *line* are worth that belong to scripts without spaces.

    >>> unspaced_words("two words"), unspaced_words("ความคิดเห็น")
    (0, 3)
    """
    if line.isascii():
        return 0
    tenths = sum(map(_tenths, _UNSPACED_CHARACTER.findall(line))) + _SYLLABLE_TENTHS * line.count(_SYLLABLE_END)
    return (tenths + 9) // 10


def is_unspaced(token: str) -> bool:
    """Whether *token* is a single character of a script without spaces.

    >>> is_unspaced("東"), is_unspaced("a")
    (True, False)
    """
    return len(token) == 1 and any(first <= ord(token) <= last for first, last in _UNSPACED)
