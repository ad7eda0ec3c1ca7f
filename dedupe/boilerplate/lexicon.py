"""The phrase lexicon: what is known of a line by its words.

What a hit is worth, and where it counts, is decided in ``signals``. Look-up goes through a dictionary of normal forms,
and through templates filed under their first, second or last word, so that the price of a line does not grow with the
lexicon.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from dedupe.boilerplate.entries import (
    MAX_PHRASE_WORDS,
    RANKS,
    Entries,
    Entry,
    Part,
    Template,
    may_end,
    normal_form,
    read_entry,
    read_lexicon,
)
from dedupe.text.marks import is_terminated

#: A longer line is running text; only its tail is looked at.
MAX_LINE = 240
MAX_TAIL = 60
_MAX_BUTTON_WORDS = 24
_MAX_MENU_ITEM = 4

#: What a phrase or word can be for a line that may say something. Every phrase begins with a ``MENU_FIRST`` word.
PHRASE, FIRST, FIRST_TWO, SECOND, LAST, TAIL, NAME, NAME_WORD, MENU_FIRST, MENU_WORD = (1 << bit for bit in range(10))

TAIL_MARKS = "[(.!?…。"
BARS, SPACED_BARS = "|·•¦❯➔→", "»›>/–—-"
_TAIL_MARK = re.compile(f"[{re.escape(TAIL_MARKS)}]")
_SEPARATOR = re.compile(rf"[{re.escape(BARS)}]|\s[{re.escape(SPACED_BARS)}]")
_SMALL = re.compile(r"[a-z]")
#: The number of a section ("41.11", "2.5.1"): comments, results and the like are counted in whole numbers, ...
_SECTION = re.compile(r"\d{1,3}(?:\.\d{1,2})+")
#: ... and a rating is out of a number, or in stars.
_RATED = frozenset("out star stars rating ratings".split())
ENDS = frozenset(".!?。\"'”’,;:")
_TAIL_START = re.compile(r"""(?:(?<=[.!?…。])|(?<=[.!?…]["'”’»)\]]))\s+|\s*(?=[\[(])""")
_DECORATED = re.compile(r"(?:…|\.\.\.|[»›>→➔➜►▶❯⟩])\s*$")


@dataclass(frozen=True, slots=True)
class TailHit:
    """A phrase at the end of a paragraph, from *start* (white space included) to the end.

    ``marked`` tells that brackets, an arrow or an ellipsis set it off.
    """

    start: int
    entry: Entry
    marked: bool


class Lexicon:
    """All entries, ready for look-up; never changed once loaded, and safe to send to other processes.

    Lexicons with equal fingerprints are equal.

    >>> lexicon = Lexicon.load([])
    >>> lexicon.find("Print Friendly, PDF & Email").strength
    'strong'
    >>> lexicon.find("12 Comments").kind
    'comments'
    >>> lexicon.find("The comments were few.") is None
    True
    """

    def __init__(self, source: Entries) -> None:
        self._rows: dict[str, str] = source.phrases
        self.vocabulary: dict[str, str] = source.vocabulary
        self.keeps = frozenset(source.keeps)
        self.first_names = {name.partition(" ")[0] for name in self.vocabulary}
        """First words of the vocabulary of share widgets."""
        self._templates: dict[tuple[int, str], list[Template]] = {}
        for parts, row in source.templates.items():
            self._templates.setdefault(_filed_under(parts), []).append(Template(parts, row))
        self.given_roles = self._given_roles()
        """What words and phrases can be for a line that may say something: a sum of the flags above, without what the
        words of phrases are for menus."""
        self._fingerprint = source.fingerprint()

    @classmethod
    def load(cls, user_files: Sequence[str]) -> Lexicon:
        """Return the shipped entries, extended by those of *user_files*.

        A phrase that a later file gives again takes its strength and kind from
        there; ``keep`` entries win over everything.

        Raises:
            ConfigError: a file cannot be read, or a line is not an entry; the place is ``file:line``.
        """
        return cls.extended([(read_lexicon(name), name) for name in user_files])

    @classmethod
    def extended(cls, user_files: Sequence[tuple[str, str]]) -> Lexicon:
        """Return what :meth:`load` does, for files of which the text and the name are given.

        Raises:
            ConfigError: a line is not an entry.
        """
        if not user_files:
            return _shipped()
        entries = _shipped_entries()
        for text, name in user_files:
            entries.add(text, name, override=True)
        return cls(entries)

    @classmethod
    def parse(cls, text: str, place: str = "lexicon") -> Lexicon:
        """Return a lexicon of the entries in *text* alone.

        >>> Lexicon.parse("strong nav == x")
        Traceback (most recent call last):
        ...
        dedupe.errors.ConfigError: lexicon:1: not an entry: 'strong nav == x'; write it like: strong nav en = go home
        """
        entries = Entries()
        entries.add(text, place, override=True)
        return cls(entries)

    @cached_property
    def first_words(self) -> Set[str]:
        """First words of plain phrases: most lines cannot be a row of phrases."""
        return {normal.partition(" ")[0] for normal in self._rows}

    @cached_property
    def roles(self) -> dict[str, int]:
        """All roles: with those that the words of phrases have in menus, which the native kernel finds by itself."""
        roles = dict(self.given_roles)
        for phrase in [text for text, role in roles.items() if role & PHRASE]:
            words = phrase.split(" ")
            roles[words[0]] = roles.get(words[0], 0) | MENU_FIRST
            for word in words if len(words) <= _MAX_MENU_ITEM else ():
                roles[word] = roles.get(word, 0) | MENU_WORD
        return roles

    def fingerprint(self) -> str:
        """Return a hash (16 hexadecimal digits) of all entries, for logs: equal hash, equal answers."""
        return self._fingerprint

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Lexicon) and self._fingerprint == other._fingerprint

    def __hash__(self) -> int:
        return hash(self._fingerprint)

    def phrases(self) -> Iterator[Entry]:
        """Yield all entries for phrases, those with placeholders last."""
        yield from map(read_entry, dict.fromkeys(self._rows.values()))
        for templates in self._templates.values():
            yield from (template.entry for template in templates)

    def get(self, normal: str) -> Entry | None:
        """Return the entry of the plain phrase that has this normal form."""
        row = self._rows.get(normal)
        return None if row is None else read_entry(row)

    def find(self, line: str) -> Entry | None:
        """Return the most telling entry that is the whole of *line*; None for ordinary and long lines."""
        if len(line) > MAX_LINE:
            return None
        return self.find_normal(normal_form(line))

    def find_normal(self, normal: str) -> Entry | None:
        """Like :meth:`find`, for a line that is in normal form already.

        >>> lexicon = Lexicon.load([])
        >>> lexicon.find_normal("12 comments").strength, lexicon.find_normal("41.11 comments")
        ('counter', None)
        """
        hit = self.get(normal)
        if hit is not None and hit.strength == "strong":
            return hit
        first, _, rest = normal.partition(" ")
        templates = self._templates.get((FIRST, first))
        if templates is None and rest and first.lstrip("#")[:1].isdigit():
            templates = self._templates.get((SECOND, rest.partition(" ")[0]))
        others = self._templates.get((LAST, rest.rpartition(" ")[2] if rest else first))
        if templates is None and others is None:
            return hit
        words = normal.split(" ")
        if len(words) > MAX_PHRASE_WORDS:
            return hit
        is_section = _SECTION.fullmatch(first) is not None and _RATED.isdisjoint(words)
        for template in [*(templates or ()), *(others or ())]:
            better = hit is None or RANKS[template.entry.strength] < RANKS[hit.strength]
            if better and template.fits(words) and not (is_section and template.entry.kind == "comments"):
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
        if not self._may_have_tail(line):
            return None
        base = max(0, len(line) - MAX_TAIL)
        tail = line[base:]
        for match in _TAIL_START.finditer(tail):
            start, phrase = base + match.start(), tail[match.end() :]
            if start == 0 or not phrase or line[:start].isspace():
                continue
            bracketed, ended = phrase[0] in "[(", phrase.rstrip()
            if bracketed and (ended[-1] not in "])" or (phrase[0] == "(" and not is_terminated(line[:start]))):
                continue  # round brackets are also part of sentences
            normal = normal_form(phrase)
            entry = self.get(normal)
            if entry is None or not entry.tail:
                words = normal.split(" ")
                entry = next(
                    (
                        template.entry
                        for template in self._templates.get((FIRST, words[0]), ())
                        if template.entry.tail and len(words) <= MAX_PHRASE_WORDS and template.fits(words)
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
            return False  # "Read on." is a sentence of its own
        tail = content[-MAX_TAIL:]
        if _TAIL_MARK.search(tail) is None:
            return False
        return any(self.given_roles.get(word, 0) & TAIL for word in normal_form(tail).split(" "))

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

    def _given_roles(self) -> dict[str, int]:
        roles = dict.fromkeys([*self._rows, *self.keeps], PHRASE)
        for role, words in self._words_by_role():
            for word in words:
                roles[word] = roles.get(word, 0) | role
        return roles

    def _words_by_role(self) -> Iterator[tuple[int, Iterable[str]]]:
        rows = self._rows.items()
        yield TAIL, {normal.partition(" ")[0] for normal, row in rows if ">" in row and may_end(row)}
        yield NAME, [name for name, kind in self.vocabulary.items() if kind in ("service", "action")]
        yield NAME_WORD, [word for name in self.vocabulary for word in name.split(" ")]
        for (place, word), templates in self._templates.items():
            if place == FIRST and any(may_end(row) for _, row in templates):
                yield TAIL, [word]
            for parts, _ in templates:
                if place == FIRST and len(parts) > 1 and isinstance(parts[1], str):
                    yield FIRST_TWO, [f"{word} {parts[1]}"]
                else:
                    yield place, [word]


def _filed_under(parts: tuple[Part, ...]) -> tuple[int, str]:
    """Return the word that a line must have to be held against a template, and where."""
    first, last = parts[0], parts[-1]
    if isinstance(first, str):
        return FIRST, first
    if first == ("NUM", 1, 1) and isinstance(parts[1], str):
        return SECOND, parts[1]
    assert isinstance(last, str)
    return LAST, last


def _shipped_entries() -> Entries:
    entries = Entries()
    for path in sorted((Path(__file__).parent / "lexicons").glob("*.txt")):
        entries.add(path.read_text(encoding="utf-8"), path.name, override=False, normal=True)
    return entries


@lru_cache(maxsize=1)
def _shipped() -> Lexicon:
    """The shipped lexicon, read once a process: it cannot change."""
    return Lexicon(_shipped_entries())


def is_marked(phrase: str) -> bool:
    """Tell whether brackets, an arrow or an ellipsis set *phrase* off as a link.

    >>> is_marked("[Read more]"), is_marked("Read more…"), is_marked("Read more")
    (True, True, False)
    """
    return (phrase[:1] in "[(" and phrase.rstrip()[-1:] in ("]", ")")) or _DECORATED.search(phrase) is not None
