"""Texts of one normal form, read once more: whether what it leaves out makes them say something else.

The normal form folds case and drops most punctuation, since copies differ in these: a heading in capitals, typographic
quotes, a full stop that was lost. Now and then they carry meaning all the same: "5 mW" is not "5 MW", "[0, 1)" not
"(0, 1]", and a question not a statement. What tells the one from the other is how much of it there is. Who sets a
text anew does so throughout; a difference in one place is what is written there.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from functools import cache

from dedupe.text.normalize import UNSPACED, token_form

#: Marks of what stands behind a word and in front of the next one; token forms keep these characters, no text has them.
_QUESTION, _SUPER, _SUB, _NEGATIVE, _STAR, _RULE, _OPTION, _LONG_OPTION = map(chr, range(0xFDD0, 0xFDD8))
_ROUND, _SQUARE, _CURLED, _ROUND_END, _SQUARE_END, _CURLED_END = map(chr, range(0xFDD8, 0xFDDE))
_STOP, _LINE_END, _PAUSE = map(chr, range(0xFDE0, 0xFDE3))
_CARET, _BAR, _STARRED, _PRIME, _DOUBLE_PRIME = map(chr, range(0xFDE3, 0xFDE8))
_MARKS = "\ufdd0-\ufdef"
_SHOWN = {
    _QUESTION: "?", _SUPER: "^", _SUB: "_", _NEGATIVE: "-", _STAR: "*", _RULE: "-", _OPTION: "-", _LONG_OPTION: "--",
    _ROUND: "(", _SQUARE: "[", _CURLED: "{", _ROUND_END: ")", _SQUARE_END: "]", _CURLED_END: "}",
    _CARET: "^", _BAR: "|", _STARRED: "*", _PRIME: "'", _DOUBLE_PRIME: '"',
}  # fmt: skip
_SIGNS = frozenset(_SHOWN)
_BEFORE = frozenset((_NEGATIVE, _STAR, _RULE, _CARET, _BAR, _OPTION, _LONG_OPTION, _ROUND, _SQUARE, _CURLED, _STARRED))
#: Signs that mean something by being there.
_MEANT = frozenset((_QUESTION, _SUPER, _SUB, _NEGATIVE, _STARRED))
#: Signs that mean something if another one of their kind stands in the same place.
_KINDS = tuple(
    map(
        frozenset,
        (
            (_STAR, _RULE, _CARET),
            (_STAR, _BAR, _CARET),
            (_OPTION, _LONG_OPTION, _NEGATIVE),
            (_ROUND, _SQUARE, _CURLED),
            (_ROUND_END, _SQUARE_END, _CURLED_END),
            (_PRIME, _DOUBLE_PRIME),
        ),
    )
)
#: Of these, a text that was made plain has lost all.
_RAISED = frozenset((_SUPER, _SUB))
_SHARP = frozenset("ßẞ")
#: Where a sentence may begin, and where what begins may be one.
_STOPS = frozenset((_STOP, _QUESTION))
_PAUSES = frozenset((_PAUSE, _ROUND, _SQUARE, _STAR, _RULE, _BAR))
_BRACKETS = dict(zip("([{)]}", (_ROUND, _SQUARE, _CURLED, _ROUND_END, _SQUARE_END, _CURLED_END), strict=True))
_MARKED: dict[str, Callable[[str], str]] = {
    "question": lambda sign: f"{sign} {_QUESTION} ",
    "bracket": lambda sign: f"{sign} {_BRACKETS[sign]} ",
    "negative": lambda sign: f" {_NEGATIVE} {sign}",
    "option": lambda sign: f" {_OPTION if len(sign) == 1 else _LONG_OPTION} {sign}",
    "starred": lambda sign: f"{sign} {_STARRED} ",
    "prime": lambda sign: f"{sign} {_PRIME} ",
    "primes": lambda sign: f"{sign} {_DOUBLE_PRIME}{_PAUSE} ",
    "star": lambda sign: f"{sign} {_STAR} ",
    "rule": lambda sign: f"{sign} {_RULE} ",
    "caret": lambda sign: f"{sign} {_CARET} ",
    "bar": lambda sign: f"{sign} {_BAR} ",
    "raised": lambda sign: sign + _SUPER,
    "lowered": lambda sign: sign + _SUB,
    "stop": lambda sign: f"{sign} {_STOP} ",
    "line": lambda sign: f"{sign} {_LINE_END} ",
    "pause": lambda sign: f"{sign} {_PAUSE} ",
}
_BEFORE_MARK = re.compile(f" +(?=[{_MARKS}])")
_MARK = re.compile(f"[{_MARKS}]+")
#: Words that somebody who changes the case of a passage changes at least, and how many have to stand together.
_RECASED, _TOGETHER = 2, 3
_LEAST_WORD = 3
_ENDS = frozenset((_STOP, _LINE_END))

#: From a place to where the run of words that it is in ends, and whether that is set in another case on purpose.
_IsSet = Callable[["_Reading", int, list[int]], tuple[int, bool]]


@cache
def _written() -> re.Pattern[str]:
    """What is written behind or before a word and says something; few runs ask for it, and compiling takes a while."""
    signs = (
        r"?\u061f\u055e\u1367\u2047-\u2049\uff1f\u037e;(\[{)\]}*\-\u2013\u00b2\u00b3\u00b9\u2070\u2074-\u2079\u2080-\u2089"
        r".!\u2026\u3002\uff01\n:\"\u201c-\u201e\u00ab\u00bb\u2014\u2022\u00b7|^'\u2019\u2032\u2033"
    )
    return re.compile(
        f"[{signs}]"
        r"""(?:
          (?P<question>(?<=[\u061f\u055e\u1367\u2047-\u2049\uff1f\u037e]) | (?<=\?)(?![^\WUNSPACED]) | (?<!\S\?)(?<=\?)
            | (?<=[\u0370-\u03ff\u1f00-\u1fff];)(?!\w))
        | (?P<bracket>(?<=[(\[{)\]}]))
        | (?P<negative>(?<=[(\[{=<>+*/^,]-)(?=[^\W\d]))
        | (?P<option>(?<=-)(?<![\w-]-)-?(?=[^\W\d_]))
        | (?P<star>(?<=\S[ ]\*)(?=[ ]\S))
        | (?P<starred>(?<!\S\*)(?<=\*)(?=\w)(?![^*\n]*\*))
        | (?P<prime>(?<=\d['\u2019\u2032])(?![\w'\u2019\u2032]))
        | (?P<primes>(?<=\d["\u201d\u2033]) | (?<=\d['\u2019\u2032]['\u2019\u2032]))
        | (?P<rule>(?<=\S[ ][-\u2013])(?=[ ]\S))
        | (?P<caret>(?<=\^))
        | (?P<bar>(?<=\|))
        | (?P<raised>(?<=[\u00b2\u00b3\u00b9\u2070\u2074-\u2079]))
        | (?P<lowered>(?<=[\u2080-\u2089]))
        | (?P<stop>(?<=[.!\u2026])(?![^\WUNSPACED]) | (?<=[\u3002\uff01]) | (?<=\n)[^\S\n]*(?=\n))
        | (?P<line>(?<=\n))
        | (?P<pause>(?<=[:"\u201c-\u201e\u00ab\u00bb\u2014\u2013\u2022\u00b7]))
        )""".replace("UNSPACED", UNSPACED),
        re.VERBOSE,
    )


class _Reading:
    """The words of a text as they are capitalised, and the marks that stand behind each; the first word is empty."""

    def __init__(self, text: str) -> None:
        marked = _written().sub(lambda found: _MARKED[found.lastgroup or ""](found[0]), text)
        self.tokens = _BEFORE_MARK.sub("", f"{_STOP} {token_form(marked)}").rstrip(" ").split(" ")

    def word(self, at: int) -> str:
        token = self.tokens[at]
        return token if token.isascii() else _MARK.sub("", token)

    def words(self) -> list[str]:
        return list(map(self.word, range(len(self.tokens))))

    def marks(self, at: int) -> frozenset[str]:
        return frozenset("".join(_MARK.findall(self.tokens[at])))

    def has(self, marks: frozenset[str]) -> bool:
        return any(mark in token for token in self.tokens for mark in marks)

    def shown(self, at: int, signs: frozenset[str]) -> str:
        """What stands at a place: the word and those of *signs* that do, with the next word if they are before it."""
        signs &= self.marks(at)
        word = self.word(at) + "".join(_SHOWN[sign] for sign in sorted(signs - _BEFORE))
        before = "".join(_SHOWN[sign] for sign in sorted(signs & _BEFORE))
        return f"{word} {before}{self.word(at + 1)}".strip() if before and at + 1 < len(self.tokens) else word


def told_apart(ours: str, theirs: str) -> list[tuple[str, str]]:
    """Return the places where two texts of one normal form say something else: what stands there in each, as written.

    There is none if *theirs* can stand for *ours*.

    >>> told_apart("A transmitter of 5 mW", "A transmitter of 5 MW"), told_apart("You can go.", "You can go?")
    ([('mW', 'MW')], [('go', 'go?')])
    >>> told_apart("in [0, 1) only", "in (0, 1] only"), told_apart("pass --force twice", "pass -force twice")
    ([('in [0', 'in (0'), ('1)', '1]')], [('pass --force', 'pass -force')])
    >>> told_apart("HOW TO POLISH SHOES", "How to polish shoes"), told_apart("“Well”, he said", '"Well," he said.')
    ([], [])
    """
    if ours == theirs or ours.split() == theirs.split():
        return []
    one, other = _Reading(ours), _Reading(theirs)
    if len(one.tokens) != len(other.tokens):
        return [(ours.split(maxsplit=1)[0], theirs.split(maxsplit=1)[0])]
    unlike = [at for at, (mine, others) in enumerate(zip(one.tokens, other.tokens, strict=True)) if mine != others]
    places = _signs(one, other, unlike) + _letters(one, other, unlike) + _cases(one, other, unlike)
    differing = {at: (one.marks(at) ^ other.marks(at)) & _SIGNS for at in places}
    return [(one.shown(at, signs), other.shown(at, signs)) for at, signs in sorted(differing.items())]


def _signs(ours: _Reading, theirs: _Reading, unlike: Iterable[int]) -> list[int]:
    """Places with other signs behind the word."""
    places, lost = [], []
    for at in unlike:
        mine, others = ours.marks(at), theirs.marks(at)
        differing = (mine ^ others) & _SIGNS
        if differing and differing <= _RAISED:
            lost.append(at)
        elif differing & _MEANT or any(differing & kind and mine & kind and others & kind for kind in _KINDS):
            places.append(at)
    plain = len(lost) >= _RECASED and not ours.has(_RAISED)
    return places if plain else places + lost


def _letters(ours: _Reading, theirs: _Reading, unlike: Iterable[int]) -> list[int]:
    """Places of words that have other letters, which fold to the same ones: "Maße", "Masse"."""
    words = [(at, ours.word(at), theirs.word(at)) for at in unlike]
    places = [
        at for at, mine, other in words if _lowered(mine) != _lowered(other) and not (_is_loud(mine) or _is_loud(other))
    ]
    plain = len(places) >= _RECASED and not ours.has(_SHARP)
    return [] if plain else places


def _cases(ours: _Reading, theirs: _Reading, unlike: Iterable[int]) -> list[int]:
    """Places of words that differ in case, where neither text is set in another case there than the other."""
    words = [(at, ours.word(at), theirs.word(at)) for at in unlike]
    places = [
        at
        for at, mine, other in words
        if mine != other and _lowered(mine) == _lowered(other) and not _may_begin(ours, theirs, at)
    ]
    if not places:
        return []
    if len(places) >= _RECASED and any(all(map(_is_low, reading.words())) for reading in (ours, theirs)):
        return []
    for reading in (ours, theirs):
        places = list(_outside(reading, places, _in_capitals))
        # All that a title changes: it makes no MW of mW.
        initials = [at for at in places if all(_is_low(each.word(at)[1:]) for each in (ours, theirs))]
        explained = set(initials).difference(_outside(reading, initials, _in_title))
        places = [at for at in places if at not in explained]
    return places


def _lowered(word: str) -> str:
    return word.lower().replace("ς", "σ").replace("ſ", "s")


def _is_low(word: str) -> bool:
    return word == word.lower()


def _is_loud(word: str) -> bool:
    """Whether *word* is in capitals; one without letters is as well, for those beside it decide."""
    return word == word.upper() and word.upper() != word.lower()


def _may_begin(ours: _Reading, theirs: _Reading, at: int) -> bool:
    """Whether the word is like any other, and has or has not the capital that begins a sentence."""
    mine, other = ours.word(at), theirs.word(at)
    if mine[1:] != other[1:] or not mine.isalpha() or mine[1:] != mine[1:].lower():
        return False
    before = ours.marks(at - 1) | theirs.marks(at - 1)
    return bool(before & _STOPS) or (len(mine) >= _LEAST_WORD and bool(before & _PAUSES))


def _outside(reading: _Reading, places: list[int], is_set: _IsSet) -> Iterator[int]:
    """Yield those of *places* that stand in no run of words for which *is_set* holds."""
    stop, holds = 0, False
    for number, at in enumerate(places):
        if at >= stop:
            stop, holds = is_set(reading, at, places[number:])
        if not holds:
            yield at


def _run(reading: _Reading, at: int, goes_on: Callable[[str], bool]) -> tuple[int, int]:
    """Return where the run of words begins and ends that *at* is in: *at* and the next, if it is in none."""
    first = last = at
    if not goes_on(reading.word(at)):
        return at, at + 1
    while first > 1 and goes_on(reading.word(first - 1)):
        first -= 1
    while last + 1 < len(reading.tokens) and goes_on(reading.word(last + 1)):
        last += 1
    return first, last + 1


def _in_capitals(reading: _Reading, at: int, recased: list[int]) -> tuple[int, bool]:
    """Return where the run in capitals that *at* is in ends, and whether it is a passage or a line of its own."""
    first, stop = _run(reading, at, _is_high)
    loud = [word for word in map(reading.word, range(first, stop)) if len(word) > 1 and _is_loud(word)]
    is_line = bool(reading.marks(first - 1) & _ENDS) and (
        stop == len(reading.tokens) or bool(reading.marks(stop - 1) & _ENDS)
    )
    return stop, any(len(word) > _LEAST_WORD for word in loud) and (is_line or len(loud) >= _TOGETHER)


def _in_title(reading: _Reading, at: int, recased: list[int]) -> tuple[int, bool]:
    """Return where the run of words with a capital, and of short ones, that *at* is in ends, and whether it is a title.

    *recased* are the places, from *at* on, where case differs. Who sets a title anew changes longer words in it; short
    ones alone are pronouns and units: "us" and "US", "sie" and "Sie".
    """
    first, stop = _run(reading, at, _is_titled)
    titled = sum(map(_has_capital, map(reading.word, range(first, stop))))
    longer = sum(len(reading.word(place)) > _LEAST_WORD for place in recased[: bisect_left(recased, stop)])
    return stop, titled >= _TOGETHER and longer >= _RECASED


def _is_high(word: str) -> bool:
    return word == word.upper()


def _is_titled(word: str) -> bool:
    return _has_capital(word) or len(word) <= _LEAST_WORD


def _has_capital(word: str) -> bool:
    return word[:1].isupper() and word[1:] == word[1:].lower()
