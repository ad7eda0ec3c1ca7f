"""The entries of lexicon files: what page furniture says, in words.

Owns the file format and the normal form of a phrase. A lexicon is a text file with one entry a line::

    # a comment
    strong share en = print friendly, pdf & email
    weak readmore en > continue reading          (may also end a paragraph)
    counter comments en = <NUM> comments
    weak nav de = startseite
    service = facebook                           (words of share widgets)
    learned nav en [documents 40/44, sources 2, lines 42, edges 42, others 4] = all our orchards
    keep = home                                  (never removed, whatever says so)

Placeholders: ``<NUM>``, ``<DATE>``, ``<ANY:1-6>`` (one to six words). Templates are matched word by word rather than
compiled to regular expressions: a thousand compilations would cost more than a small run. Nor may reading the
shipped files, so the phrases of a file are brought into normal form together.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Hashable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, TypeVar

from dedupe.boilerplate.dates import LONGEST_DATE, is_date
from dedupe.boilerplate.sightings import Sightings
from dedupe.errors import ConfigError, system_reason
from dedupe.text.composing import normalized
from dedupe.text.normalize import UNSPACED

#: From most to least telling; the order in which hits win.
STRENGTHS = ("strong", "counter", "rank", "byline", "learned", "weak")
RANKS = {strength: rank for rank, strength in enumerate(STRENGTHS)}
VOCABULARY = ("service", "maybe", "action", "joiner")

LEARNED = "learned"
"""The class of lines of which nothing is known but where they come back."""

MAX_PHRASE_WORDS = 40

OUTER = (
    "!\"'()*,-./:;<=>?[\\]^_`{|}~"
    "‘’‚‛“”„‟«»‹›…·•‣●○■□▪◦–—―‐‑→←↑↓↗⇒⇐➔➜➞►▶▷▸▹◄◀◂▼▾▲▴❯❮✕✖✗✓✔★☆×¡¿、。，！？：；（）「」『』【】〈〉《》،؛؟۔।"
    "\u200b\u200c\u200d\u200e\u200f\ufeff\ufe0f"
)
_MARKED = re.compile(rf"[{re.escape(OUTER)}+]|[^\S ]|  |^ | $")
"""What a text has none of whose words have nothing around them but single spaces."""
_NO_WORDS = ("", "+")
"""What is left of bullets; a plus is one of them, and part of a name where it stands in a word."""
_NUMBER = re.compile(r"#?\d[\d.,'’]*[km]?\+?(?:[-–]\d[\d.,'’]*)?")
"""A number, or from one to another."""
_GLUED = re.compile(rf"[\d{UNSPACED}](?:(?<=\d)(?:-(?=[^\W\d])|(?=[{UNSPACED}]))|(?<=[{UNSPACED}]):?(?=\d))")
"""Where a number is written in one with a word: "8-minute", "12件のコメント", "阅读:12". It begins with one class,
so that text without any of it is passed over quickly."""
_DOTTED = frozenset({"tr", "az"})
"""Languages with two letters I, each with a capital of its own, which casefolding takes for other letters."""
_CAPITALS = str.maketrans({"i": "i\u0307", "ı": "i"})
_ROW = re.compile(r"([^=>]*[=>])(?!\s*=)\s*(.*)")
_HEAD = re.compile(r"(\w+)(?:\s+(\w[\w-]*)\s+(\w[\w-]*)(?:\s*\[([^\]]*)\])?)?\s*([=>])")
_SLOT = re.compile(r"<(NUM|DATE|ANY:(\d+)-(\d+))>")

Part = str | tuple[str, int, int]
"""A part of a template: a word in normal form; or the kind of a placeholder, and how many words it may take."""


Key = TypeVar("Key", bound=Hashable)


class _Head(NamedTuple):
    """What stands before the phrase of an entry; without a ``kind`` where that is a single word."""

    strength: str
    kind: str
    language: str
    sightings: Sightings | None
    tail: bool


class Entry(NamedTuple):
    """One phrase: how telling it is, what kind of furniture, how often it was seen, whether it may end a paragraph."""

    strength: str
    kind: str
    language: str
    sightings: Sightings | None
    tail: bool
    phrase: str


class Template(NamedTuple):
    """A phrase with placeholders, and the row that it was written in."""

    parts: tuple[Part, ...]
    row: str

    @property
    def entry(self) -> Entry:
        """What the row says."""
        return read_entry(self.row)

    def fits(self, words: Sequence[str]) -> bool:
        """Tell whether a line of these words, in normal form, is the phrase."""
        return _fits(self.parts, 0, words, 0)


class Entries:
    """The entries of lexicon files, added file by file.

    ``phrases`` and ``vocabulary`` go by normal form, ``templates`` by their parts; ``keeps`` are normal forms. Phrases
    and templates are held as the rows that they were written in, for :func:`read_entry`: there are tens of thousands,
    and a run asks for few.
    """

    def __init__(self) -> None:
        self.phrases: dict[str, str] = {}
        self.templates: dict[tuple[Part, ...], str] = {}
        self.vocabulary: dict[str, str] = {}
        self.keeps: set[str] = set()
        self._digest = hashlib.sha256()

    def add(self, text: str, name: str, *, override: bool, normal: bool = False) -> None:
        """Add the entries in *text*, which stands in the file *name*.

        A phrase that is known keeps the entry that tells more; with *override* it gets the new one. ``normal`` tells
        that all phrases are written in normal form, with single spaces around placeholders.

        Raises:
            ConfigError: a line is not an entry; the place is ``name:line``.
        """
        rows = [row for row in map(str.strip, text.splitlines()) if row and row[0] != "#"]
        self._digest.update("\n".join([f"override {override}", *rows, ""]).encode())
        split = [_split(row) for row in rows]
        forms = [phrase for _, phrase in split]
        heads: dict[str, _Head] = {}
        known = self.phrases
        for row, (start, phrase), form in zip(rows, split, forms if normal else normal_forms(forms), strict=True):
            try:
                if start not in heads:
                    heads[start] = _read_head(start)
                if not heads[start].kind:
                    self._add_bare(start, phrase, form)
                elif "<" in phrase and _SLOT.search(phrase):
                    _put(self.templates, _template(phrase if normal else _spaced(phrase)), row, override)
                elif not form:
                    raise _wordless(start)
                else:
                    if known.setdefault(form, row) is not row:
                        _put(known, form, row, override)
                    if heads[start].language in _DOTTED:
                        _put(known, _in_capitals(form), row, override)
            except ConfigError as error:
                number = next(at for at, line in enumerate(text.splitlines(), 1) if line.strip() == row)
                raise ConfigError(f"{name}:{number}", error.problem, error.advice) from None

    def fingerprint(self) -> str:
        """Return a hash (16 hexadecimal digits) of all that was added: equal hash, equal entries."""
        return self._digest.hexdigest()[:16]

    def _add_bare(self, start: str, phrase: str, normal: str) -> None:
        word, *_, tail = _read_head(start)
        if tail or word not in (*VOCABULARY, "keep"):
            known = ", ".join(("STRENGTH CLASS LANGUAGE", "keep", *VOCABULARY))
            raise ConfigError(start, f"unknown kind of entry {word!r}", f"use one of {known}")
        if not normal and word != "joiner":
            raise _wordless(start)
        if word == "keep":
            if _SLOT.search(phrase):
                raise ConfigError(start, "a keep entry cannot have placeholders", "give the words of the line")
            self.keeps.add(normal)
        else:
            self.vocabulary[normal] = word


@lru_cache(maxsize=4096)
def read_entry(row: str) -> Entry:
    """Return what a row of :class:`Entries` says.

    >>> read_entry("weak nav en = go home").phrase
    'go home'
    """
    start, phrase = _split(row)
    return Entry(*_read_head(start), phrase)


def may_end(row: str) -> bool:
    """Tell whether the phrase of a row may also end a paragraph, as :func:`read_entry` does, for less."""
    return ">" in row.partition("=")[0]


def read_lexicon(name: str) -> str:
    """Return the text of a lexicon file.

    Raises:
        ConfigError: the file cannot be read, or is not UTF-8.
    """
    try:
        return Path(name).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(name, system_reason(error), "check the path of the lexicon") from error
    except UnicodeDecodeError as error:
        raise ConfigError(name, "is not UTF-8", "save the lexicon as UTF-8") from error


def normal_form(line: str) -> str:
    """Return *line* as phrases are compared: NFKC, casefold, single spaces, no punctuation at the ends of words.

    A number that is written in one with a word is a word of its own.

    >>> normal_form("  Print Friendly,  PDF & Email » ")
    'print friendly pdf & email'
    >>> normal_form("12条评论"), normal_form("8-minute read"), normal_form("2024年5月12日")
    ('12 条评论', '8 minute read', '2024 年 5 月 12 日')
    >>> normal_form("(...)"), normal_form("+ Google+"), normal_form("نسيت كلمة المرور؟")
    ('', 'google+', 'نسيت كلمة المرور')
    """
    return _bare(_folded(line))


def normal_forms(lines: Sequence[str]) -> list[str]:
    """Return the normal forms of *lines*, none of which has a line end in it."""
    return list(map(_bare, _folded("\n".join(lines)).split("\n"))) if lines else []


def _folded(text: str) -> str:
    folded = (text if text.isascii() else normalized("NFKC", text)).casefold()
    return _GLUED.sub(lambda match: match[0].rstrip("-:") + " ", folded)


def _bare(folded: str) -> str:
    return folded if _MARKED.search(folded) is None else " ".join(_bare_words(folded))


def _bare_words(folded: str) -> list[str]:
    return [bare for word in folded.split() if (bare := word.strip(OUTER)) not in _NO_WORDS]


def _split(row: str) -> tuple[str, str]:
    """Return a row up to its sign, and the phrase behind that; all of it and nothing where there is no such sign."""
    head, sign, phrase = row.partition(" = ")
    if sign and ">" not in head and phrase[:1] != "=":
        return head + " =", phrase
    match = _ROW.fullmatch(row)
    return (row, "") if match is None else (match[1], match[2])


@lru_cache(maxsize=4096)
def _read_head(start: str) -> _Head:
    match = _HEAD.fullmatch(start)
    if match is None:
        raise ConfigError(start, f"not an entry: {start!r}", "write it like: strong nav en = go home")
    strength, kind, language, counts, sign = match.groups()
    if kind is not None and strength not in STRENGTHS:
        raise ConfigError(start, f"unknown strength {strength!r}", f"use one of {', '.join(STRENGTHS)}")
    sightings = None if counts is None else Sightings.parse(counts, start)
    return _Head(strength, kind or "", language or "", sightings, sign == ">")


def _put(entries: dict[Key, str], key: Key, row: str, override: bool) -> None:
    known = entries.setdefault(key, row)
    if known is not row and (override or RANKS[read_entry(known).strength] > RANKS[read_entry(row).strength]):
        entries[key] = row


def _in_capitals(form: str) -> str:
    """Return the normal form of a phrase in capitals of a language with two letters I, given its normal form.

    >>> _in_capitals("yazdır") == normal_form("YAZDIR"), _in_capitals("giriş yap") == normal_form("GİRİŞ YAP")
    (True, True)
    """
    return form.replace("i\u0307", "i").translate(_CAPITALS)


def _wordless(place: str) -> ConfigError:
    return ConfigError(place, "the phrase has no letters or digits", "give the words of the line")


def _spaced(phrase: str) -> str:
    """Return a phrase with placeholders in normal form, with single spaces around these."""
    words: list[str] = []
    position = 0
    for match in _SLOT.finditer(phrase):
        words += [*_bare_words(_folded(phrase[position : match.start()])), match[0]]
        position = match.end()
    return " ".join([*words, *_bare_words(_folded(phrase[position:]))])


def _template(spaced: str) -> tuple[Part, ...]:
    parts = tuple([_slot(word) if word[0] == "<" else word for word in spaced.split(" ")])
    fixed = [isinstance(part, str) for part in parts]
    if not any(fixed):
        raise ConfigError(spaced, "nothing but placeholders", "give at least one word of the line")
    if not fixed[0] and not fixed[-1] and not (parts[0] == ("NUM", 1, 1) and fixed[1]):
        advice = "begin with a word, or a number and a word, or end with a word"
        raise ConfigError(spaced, "placeholders on both sides", advice)
    return parts


def _slot(word: str) -> Part:
    match = _SLOT.fullmatch(word)
    if match is None:
        return word
    kind, low, high = match.groups()
    if low is None:
        return kind, 1, 1 if kind == "NUM" else LONGEST_DATE
    if not int(low) <= int(high) <= MAX_PHRASE_WORDS or int(high) == 0:
        raise ConfigError(word, f"<{kind}> is not a range of words", "write it like <ANY:1-6>")
    return "ANY", int(low), int(high)


def _fits(parts: Sequence[Part], at: int, words: Sequence[str], place: int) -> bool:
    """Match *parts* from *at* against *words* from *place*, to the end of both."""
    while at < len(parts):
        part = parts[at]
        if isinstance(part, str):
            if place >= len(words) or words[place] != part:
                return False
            at, place = at + 1, place + 1
            continue
        kind, low, high = part
        if kind == "NUM":
            if place >= len(words) or not _NUMBER.fullmatch(words[place]):
                return False
            at, place = at + 1, place + 1
            continue
        for stop in range(place + low, min(place + high, len(words)) + 1):
            if (kind == "ANY" or is_date(list(words[place:stop]))) and _fits(parts, at + 1, words, stop):
                return True
        return False
    return place == len(words)
