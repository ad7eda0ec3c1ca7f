"""The phrase lexicon: what page furniture says, in words.

Owns the file format, the normal form of a phrase and the look-up. What a hit is
worth, and where it counts, is decided in ``signals``.

A lexicon is a text file with one entry a line::

    # a comment
    strong share en = print friendly, pdf & email
    weak readmore en > continue reading          (may also end a paragraph)
    counter comments en = <NUM> comments
    weak nav de = startseite
    service = facebook                           (words of share widgets)
    learned nav en [documents 40/44, sources 2, lines 42, edges 42, others 4] = all our orchards
    keep = home                                  (never removed, whatever says so)

Placeholders: ``<NUM>``, ``<DATE>``, ``<ANY:1-6>`` (one to six words). Look-up
goes through a dictionary of normal forms, and through templates filed under
their first, second or last word, so that the price of a line does not grow with the
lexicon. Templates are matched word by word rather than compiled to regular
expressions: a thousand compilations would cost more than a small run.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from dedupe.boilerplate.dates import is_date
from dedupe.boilerplate.sightings import Sightings
from dedupe.errors import ConfigError
from dedupe.text.layout import is_terminated

#: From most to least telling; the order in which hits win.
STRENGTHS = ("strong", "counter", "rank", "byline", "learned", "weak")
_RANKS = {strength: rank for rank, strength in enumerate(STRENGTHS)}
VOCABULARY = ("service", "maybe", "action", "joiner")

LEARNED = "learned"
"""The class of lines of which nothing is known but where they come back."""

#: A longer line is running text; only its tail is looked at.
MAX_LINE = 240
MAX_TAIL = 60
_MAX_PHRASE_WORDS = 40
_MAX_BUTTON_WORDS = 24
_MAX_MENU_ITEM = 4

#: What a phrase or word can be for a line that may say something. Every phrase begins with a ``MENU_FIRST`` word.
PHRASE, FIRST, FIRST_TWO, SECOND, LAST, TAIL, NAME, NAME_WORD, MENU_FIRST, MENU_WORD = (1 << bit for bit in range(10))

OUTER = (
    "!\"'()*,-./:;<=>?[\\]^_`{|}~"
    "‘’‚‛“”„‟«»‹›…·•‣●○■□▪◦–—―‐‑→←↑↓↗⇒⇐➔➜➞►▶▷▸▹◄◀◂▼▾▲▴❯❮✕✖✗✓✔★☆×¡¿、。，！？：；（）「」『』【】〈〉《》"
    "\u200b\u200c\u200d\u200e\u200f\ufeff\ufe0f"
)
_NUMBER = re.compile(r"#?\d[\d.,'’]*[km]?\+?")
_HEAD = re.compile(r"(\w+)(?:\s+(\w[\w-]*)\s+(\w[\w-]*)(?:\s*\[([^\]]*)\])?)?\s*([=>])\s*(.*)")
_SLOT = re.compile(r"<(NUM|DATE|ANY:(\d+)-(\d+))>")
TAIL_MARKS = "[(.!?…。"
BARS, SPACED_BARS = "|·•¦❯➔→", "»›>/–—-"
_TAIL_MARK = re.compile(f"[{re.escape(TAIL_MARKS)}]")
_SEPARATOR = re.compile(rf"[{re.escape(BARS)}]|\s[{re.escape(SPACED_BARS)}]")
_SMALL = re.compile(r"[a-z]")
ENDS = frozenset(".!?。\"'”’,;:")
_TAIL_START = re.compile(r"""(?:(?<=[.!?…。])|(?<=[.!?…]["'”’»)\]]))\s+|\s*(?=[\[(])""")
_DECORATED = re.compile(r"(?:…|\.\.\.|[»›>→➔➜►▶❯⟩])\s*$")


@dataclass(frozen=True, slots=True)
class Entry:
    """One phrase: how telling it is, what kind of furniture, where it was written down, how often it was seen."""

    strength: str
    kind: str
    language: str
    phrase: str
    tail: bool
    place: str
    sightings: Sightings | None = None

    @property
    def answer(self) -> str:
        """All that the entry says of a line it fits, for comparison with others."""
        seen = "" if self.sightings is None else f"[{self.sightings}] "
        return f"{self.strength} {self.kind} {seen}{self.tail}"


@dataclass(frozen=True, slots=True)
class TailHit:
    """A phrase at the end of a paragraph, from *start* (white space included) to the end.

    ``marked`` tells that brackets, an arrow or an ellipsis set it off.
    """

    start: int
    entry: Entry
    marked: bool


@dataclass(frozen=True, slots=True)
class _Template:
    """A phrase with placeholders: literal words, or (lowest, highest) counts with a kind."""

    parts: tuple[str | tuple[str, int, int], ...]
    entry: Entry

    def fits(self, words: Sequence[str]) -> bool:
        return _fits(self.parts, 0, words, 0)


@dataclass(frozen=True, eq=False)
class Lexicon:
    """All entries, ready for look-up; immutable once loaded, and safe to send to other processes.

    Lexicons with equal fingerprints are equal.

    >>> lexicon = Lexicon.load([])
    >>> lexicon.find("Print Friendly, PDF & Email").strength
    'strong'
    >>> lexicon.find("12 Comments").kind
    'comments'
    >>> lexicon.find("The comments were few.") is None
    True
    """

    entries: dict[str, Entry]
    vocabulary: dict[str, str]
    keeps: frozenset[str]
    _tails: dict[str, Entry] = field(repr=False)
    _tail_words: frozenset[str] = field(repr=False)
    _by_first: dict[str, list[_Template]] = field(repr=False)
    _by_second: dict[str, list[_Template]] = field(repr=False)
    _by_last: dict[str, list[_Template]] = field(repr=False)
    _tail_templates: dict[str, list[_Template]] = field(repr=False)
    roles: dict[str, int] = field(default_factory=dict, repr=False)
    """What words and phrases can be for a line that may say something; a sum of the flags above."""
    first_words: frozenset[str] = frozenset()
    """First words of plain phrases: most lines cannot be a row of phrases."""
    first_names: frozenset[str] = frozenset()
    """First words of the vocabulary of share widgets."""
    _fingerprint: str = ""

    @classmethod
    def load(cls, user_files: Sequence[str]) -> Lexicon:
        """Return the shipped entries, extended by those of *user_files*.

        A phrase that a later file gives again takes its strength and kind from
        there; ``keep`` entries win over everything.

        Raises:
            ConfigError: a file cannot be read, or a line is not an entry; the place is ``file:line``.
        """
        if not user_files:
            return _shipped()
        builder = _shipped_builder()
        for name in user_files:
            builder.add(read_lexicon(name), name, override=True)
        return builder.finish()

    @classmethod
    def parse(cls, text: str, place: str = "lexicon") -> Lexicon:
        """Return a lexicon of the entries in *text* alone.

        >>> Lexicon.parse("strong nav == x")
        Traceback (most recent call last):
        ...
        dedupe.errors.ConfigError: lexicon:1: not an entry: 'strong nav == x'; write it like: strong nav en = go home
        """
        builder = _Builder()
        builder.add(text, place, override=True)
        return builder.finish()

    def fingerprint(self) -> str:
        """Return a hash (16 hexadecimal digits) of all entries, for logs: equal hash, equal answers."""
        return self._fingerprint

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Lexicon) and self._fingerprint == other._fingerprint

    def __hash__(self) -> int:
        return hash(self._fingerprint)

    def phrases(self) -> Iterator[Entry]:
        """Yield all entries for phrases, those with placeholders last."""
        yield from self.entries.values()
        for templates in (*self._by_first.values(), *self._by_second.values(), *self._by_last.values()):
            yield from (template.entry for template in templates)

    def find(self, line: str) -> Entry | None:
        """Return the most telling entry that is the whole of *line*; None for ordinary and long lines."""
        if len(line) > MAX_LINE:
            return None
        return self.find_normal(normal_form(line))

    def find_normal(self, normal: str) -> Entry | None:
        """Like :meth:`find`, for a line that is in normal form already."""
        hit = self.entries.get(normal)
        if hit is not None and hit.strength == "strong":
            return hit
        first, _, rest = normal.partition(" ")
        templates = self._by_first.get(first)
        if templates is None and rest and first.lstrip("#")[:1].isdigit():
            templates = self._by_second.get(rest.partition(" ")[0])
        others = self._by_last.get(rest.rpartition(" ")[2] if rest else first)
        if templates is None and others is None:
            return hit
        words = normal.split(" ")
        if len(words) > _MAX_PHRASE_WORDS:
            return hit
        for template in [*(templates or ()), *(others or ())]:
            better = hit is None or _RANKS[template.entry.strength] < _RANKS[hit.strength]
            if better and template.fits(words):
                hit = template.entry
        return hit

    def find_tail(self, line: str) -> TailHit | None:
        """Return the phrase at the end of *line* that is not the whole of it.

        It has to follow the end of a sentence, or stand in brackets. Only the
        last 60 characters are looked at.

        >>> line = "It rained all day in June. [Continue reading…]"
        >>> hit = Lexicon.load([]).find_tail(line)
        >>> line[hit.start:], hit.marked
        (' [Continue reading…]', True)
        >>> Lexicon.load([]).find_tail('"Go on," she said. "Read on."') is None
        True
        """
        last = line[-1:]
        if len(line) < 20 or (last in ENDS and not line.endswith("...")):
            return None  # "Read on." is a sentence of its own
        base = max(0, len(line) - MAX_TAIL)
        tail = line[base:]
        if self._tail_words.isdisjoint(normal_form(tail).split(" ")):
            return None
        for match in _TAIL_START.finditer(tail):
            start, phrase = base + match.start(), tail[match.end() :]
            if start == 0 or not phrase or line[:start].isspace():
                continue
            bracketed, ended = phrase[0] in "[(", phrase.rstrip()
            if bracketed and (ended[-1] not in "])" or (phrase[0] == "(" and not is_terminated(line[:start]))):
                continue  # round brackets are also part of sentences
            normal = normal_form(phrase)
            entry = self._tails.get(normal)
            if entry is None:
                words = normal.split(" ")
                entry = next(
                    (
                        template.entry
                        for template in self._tail_templates.get(words[0], ())
                        if len(words) <= _MAX_PHRASE_WORDS and template.fits(words)
                    ),
                    None,
                )
            if entry is not None:
                return TailHit(start, entry, is_marked(phrase))
        return None

    def may_know(self, content: str) -> bool:
        """Tell whether *content*, a line without white space around it, may be in the lexicon in some way.

        True for every line that has an entry, a ``keep`` entry, a tail, is a share widget, a menu bar or
        a rank in capitals, and for few others: it looks at words one by one.

        >>> lexicon = Lexicon.load([])
        >>> lexicon.may_know("Print this page"), lexicon.may_know("It rained on the town.")
        (True, False)
        """
        return self._may_have_tail(content) or (len(content) <= MAX_LINE and self._may_be_known(content))

    def _may_have_tail(self, content: str) -> bool:
        if len(content) < 20 or (content[-1] in ENDS and not content.endswith("...")):
            return False
        tail = content[-MAX_TAIL:]
        if _TAIL_MARK.search(tail) is None:
            return False
        return any(self.roles.get(word, 0) & TAIL for word in normal_form(tail).split(" "))

    def _may_be_known(self, content: str) -> bool:
        normal = normal_form(content)
        if not normal:
            return False
        if self.roles.get(normal, 0) & PHRASE:
            return True
        words = normal.split(" ")
        roles = [self.roles.get(word, 0) for word in words]
        if roles[0] & FIRST or roles[-1] & LAST:
            return True
        if len(words) > 1 and (roles[1] & SECOND or self.roles.get(f"{words[0]} {words[1]}", 0) & FIRST_TWO):
            return True
        if len(words) <= _MAX_BUTTON_WORDS:
            if all(role & NAME_WORD or self._begins_with_name(word) for word, role in zip(words, roles, strict=True)):
                return True
            if len(words) >= 4 and roles[0] & MENU_FIRST and all(role & MENU_WORD for role in roles):
                return True
        separators = len(_SEPARATOR.findall(content))
        if separators >= 2 and len(content.split()) <= (_MAX_MENU_ITEM + 1) * separators + _MAX_MENU_ITEM:
            return True
        return ":" in content and _SMALL.search(content) is None

    def _begins_with_name(self, word: str) -> bool:
        return len(word) >= 8 and any(self.roles.get(word[:end], 0) & NAME for end in range(3, len(word)))

    def is_kept(self, normal: str) -> bool:
        """Tell whether the user's ``keep`` entries name this line (given in normal form)."""
        return normal in self.keeps


def _shipped_builder() -> _Builder:
    builder = _Builder()
    for path in sorted((Path(__file__).parent / "lexicons").glob("*.txt")):
        builder.add(path.read_text(encoding="utf-8"), path.name, override=False)
    return builder


@lru_cache(maxsize=1)
def _shipped() -> Lexicon:
    """The shipped lexicon, read once a process: it cannot change and takes 60 ms."""
    return _shipped_builder().finish()


def read_lexicon(name: str) -> str:
    """Return the text of a lexicon file.

    Raises:
        ConfigError: the file cannot be read, or is not UTF-8.
    """
    try:
        return Path(name).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(name, error.strerror or "cannot be read", "check the path of the lexicon") from error
    except UnicodeDecodeError as error:
        raise ConfigError(name, "is not UTF-8", "save the lexicon as UTF-8") from error


def normal_form(line: str) -> str:
    """Return *line* as phrases are compared: NFKC, casefold, single spaces, no punctuation at the ends of words.

    >>> normal_form("  Print Friendly,  PDF & Email » ")
    'print friendly pdf & email'
    >>> normal_form("(...)")
    ''
    """
    if not line.isascii():
        line = unicodedata.normalize("NFKC", line)
    return " ".join([bare for word in line.casefold().split() if (bare := word.strip(OUTER))])


def is_marked(phrase: str) -> bool:
    """Tell whether brackets, an arrow or an ellipsis set *phrase* off as a link.

    >>> is_marked("[Read more]"), is_marked("Read more…"), is_marked("Read more")
    (True, True, False)
    """
    return (phrase[:1] in "[(" and phrase.rstrip()[-1:] in ("]", ")")) or _DECORATED.search(phrase) is not None


class _Builder:
    """Collects entries file by file."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.templates: dict[tuple[str | tuple[str, int, int], ...], Entry] = {}
        self.vocabulary: dict[str, str] = {}
        self.keeps: set[str] = set()

    def add(self, text: str, name: str, *, override: bool) -> None:
        for number, raw in enumerate(text.splitlines(), 1):
            line = raw.strip()
            if line and not line.startswith("#"):
                self._add_line(line, f"{name}:{number}", override)

    def _add_line(self, line: str, place: str, override: bool) -> None:
        match = _HEAD.fullmatch(line)
        if match is None or match.group(6).startswith("="):
            raise ConfigError(place, f"not an entry: {line!r}", "write it like: strong nav en = go home")
        strength, kind, language, counts, sign, phrase = match.groups()
        if kind is None:
            self._add_bare(strength, sign, phrase, place)
            return
        if strength not in STRENGTHS:
            raise ConfigError(place, f"unknown strength {strength!r}", f"use one of {', '.join(STRENGTHS)}")
        sightings = None if counts is None else Sightings.parse(counts, place)
        entry = Entry(strength, kind, language, phrase, sign == ">", place, sightings)
        if "<" in phrase and _SLOT.search(phrase):
            known = self.templates.get(parts := _template(phrase, place))
            if override or known is None or _RANKS[known.strength] > _RANKS[strength]:
                self.templates[parts] = entry
            return
        normal = normal_form(phrase)
        if not normal:
            raise ConfigError(place, "the phrase has no letters or digits", "give the words of the line")
        earlier = self.entries.get(normal)
        if override or earlier is None or _RANKS[earlier.strength] > _RANKS[strength]:
            self.entries[normal] = entry

    def _add_bare(self, word: str, sign: str, phrase: str, place: str) -> None:
        normal = normal_form(phrase)
        if sign == ">" or word not in (*VOCABULARY, "keep"):
            known = ", ".join(("STRENGTH CLASS LANGUAGE", "keep", *VOCABULARY))
            raise ConfigError(place, f"unknown kind of entry {word!r}", f"use one of {known}")
        if not normal and word != "joiner":
            raise ConfigError(place, "the phrase has no letters or digits", "give the words of the line")
        if word == "keep":
            if _SLOT.search(phrase):
                raise ConfigError(place, "a keep entry cannot have placeholders", "give the words of the line")
            self.keeps.add(normal)
        else:
            self.vocabulary[normal] = word

    def finish(self) -> Lexicon:
        tails = {normal: entry for normal, entry in self.entries.items() if entry.tail}
        by_first: dict[str, list[_Template]] = {}
        by_second: dict[str, list[_Template]] = {}
        by_last: dict[str, list[_Template]] = {}
        tail_templates: dict[str, list[_Template]] = {}
        for parts, entry in self.templates.items():
            template = _Template(parts, entry)
            first, last = parts[0], parts[-1]
            if isinstance(first, str):
                by_first.setdefault(first, []).append(template)
                if entry.tail:
                    tail_templates.setdefault(first, []).append(template)
            elif first == ("NUM", 1, 1) and isinstance(parts[1], str):
                by_second.setdefault(parts[1], []).append(template)
            elif isinstance(last, str):
                by_last.setdefault(last, []).append(template)
        tail_words = {normal.split(" ")[0] for normal in tails} | tail_templates.keys()
        return Lexicon(
            entries=self.entries,
            vocabulary=self.vocabulary,
            keeps=frozenset(self.keeps),
            _tails=tails,
            _tail_words=frozenset(tail_words),
            _by_first=by_first,
            _by_second=by_second,
            _by_last=by_last,
            _tail_templates=tail_templates,
            first_words=frozenset(normal.split(" ")[0] for normal in self.entries),
            first_names=frozenset(word.split(" ")[0] for word in self.vocabulary),
            roles=self._roles(),
            _fingerprint=self._hash(),
        )

    def _roles(self) -> dict[str, int]:
        roles: dict[str, int] = {}

        def add(words: Iterable[str], role: int) -> None:
            for word in words:
                roles[word] = roles.get(word, 0) | role

        add(self.entries.keys() | self.keeps, PHRASE)
        items = [normal.split(" ") for normal in self.entries]
        add((normal.split(" ")[0] for normal in (*self.entries, *self.keeps)), MENU_FIRST)
        add((word for words in items if len(words) <= _MAX_MENU_ITEM for word in words), MENU_WORD)
        add((normal.split(" ")[0] for normal, entry in self.entries.items() if entry.tail), TAIL)
        add((name for name, kind in self.vocabulary.items() if kind in ("service", "action")), NAME)
        add((word for name in self.vocabulary for word in name.split(" ")), NAME_WORD)
        for parts, entry in self.templates.items():
            first, last = parts[0], parts[-1]
            second = parts[1] if len(parts) > 1 else None
            if isinstance(first, str):
                add(
                    [f"{first} {second}"] if isinstance(second, str) else [first],
                    FIRST_TWO if isinstance(second, str) else FIRST,
                )
                add([first] if entry.tail else [], TAIL)
            elif isinstance(second, str) and first == ("NUM", 1, 1):
                add([second], SECOND)
            elif isinstance(last, str):
                add([last], LAST)
        return roles

    def _hash(self) -> str:
        rows = [f"{entry.answer} {normal}" for normal, entry in self.entries.items()]
        rows += [f"{entry.answer} {parts}" for parts, entry in self.templates.items()]
        rows += [f"{kind} = {word}" for word, kind in self.vocabulary.items()]
        rows += [f"keep = {word}" for word in self.keeps]
        return hashlib.sha256("\n".join(sorted(rows)).encode()).hexdigest()[:16]


def _template(phrase: str, place: str) -> tuple[str | tuple[str, int, int], ...]:
    parts: list[str | tuple[str, int, int]] = []
    position = 0
    for match in _SLOT.finditer(phrase):
        parts.extend(_words(phrase[position : match.start()]))
        kind = match.group(1)
        if kind.startswith("ANY"):
            low, high = int(match.group(2)), int(match.group(3))
            if not low <= high <= _MAX_PHRASE_WORDS or high == 0:
                raise ConfigError(place, f"<{kind}> is not a range of words", "write it like <ANY:1-6>")
            parts.append(("ANY", low, high))
        else:
            parts.append((kind, 1, 1 if kind == "NUM" else 7))
        position = match.end()
    parts.extend(_words(phrase[position:]))
    fixed = [isinstance(part, str) for part in parts]
    if not any(fixed):
        raise ConfigError(place, "nothing but placeholders", "give at least one word of the line")
    if not fixed[0] and not fixed[-1] and not (parts[0] == ("NUM", 1, 1) and fixed[1]):
        advice = "begin with a word, or a number and a word, or end with a word"
        raise ConfigError(place, "placeholders on both sides", advice)
    return tuple(parts)


def _words(text: str) -> Iterable[str]:
    return (word for word in normal_form(text).split(" ") if word)


def _fits(parts: Sequence[str | tuple[str, int, int]], at: int, words: Sequence[str], place: int) -> bool:
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
