"""Lines that are nothing but buttons: share widgets and menu bars.

A share widget is a line that can be cut without rest into the names of services,
words of action and joiners. Templates that lose their white space print it as
one token ("Facebooktwittermail"), which is cut by dynamic programming over the
same words. A menu bar is a line of short items between separators most of which
are in the phrase lexicon.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dedupe.boilerplate.entries import LEARNED
from dedupe.boilerplate.lexicon import Lexicon

_MAX_WORDS = 24
_LONGEST_NAME = 5
_SHORTEST_JOINED, _LONGEST_JOINED = 8, 120
_SEPARATOR = re.compile(r"\s*[|·•¦]\s*|\s+[»›>/–—-]\s+|\s*[❯➔→]\s*")
_HAS_SEPARATOR = re.compile(r"[|·•¦❯➔→]|\s[»›>/–—-]")
_SHOWN, _SINGLE_WORDS = 4, 6
"""A bar without separators shows so many different phrases, and so many if all of them are single words."""
_AND = frozenset("and or und oder et ou y o e i и oraz en".split())


@dataclass(frozen=True, slots=True)
class Widget:
    """What a line of buttons is made of.

    ``listed`` tells that the names stand as in a sentence (commas, "and") with
    no word of action among them, which prose does too.
    """

    services: tuple[str, ...]
    actions: int
    joined: bool
    listed: bool


def read_widget(line: str, normal: str, lexicon: Lexicon) -> Widget | None:
    """Return what share widget *line* is, None when any of its words is something else.

    *normal* is the line in normal form. Fewer than two services, or one with a
    word of action, make no widget.

    >>> from dedupe.boilerplate.lexicon import Lexicon
    >>> lexicon = Lexicon.load([])
    >>> read_widget("Facebooktwittermail", "facebooktwittermail", lexicon).services
    ('facebook', 'twitter')
    >>> read_widget("Google, Facebook, Twitter", "google facebook twitter", lexicon).listed
    True
    >>> read_widget("Twitter banned him", "twitter banned him", lexicon) is None
    True
    """
    words = normal.split(" ")
    vocabulary = lexicon.vocabulary
    if len(words) > _MAX_WORDS or (words[0] not in lexicon.first_names and len(words[0]) < _SHORTEST_JOINED):
        return None
    named = _cut(words, vocabulary)
    if named is None:
        return None
    names, joined = named
    services = dict.fromkeys([name for name in names if vocabulary[name] == "service"])
    doubtful = dict.fromkeys([name for name in names if vocabulary[name] == "maybe"])
    actions = sum([vocabulary[name] == "action" for name in names])
    if len(services) >= 2 or (services and doubtful):
        services.update(doubtful)
    if not services or (len(services) < 2 and not (actions and len(words) <= 6)):
        return None
    listed = not actions and not joined and ("," in line or not _AND.isdisjoint(names))
    return Widget(tuple(services), actions, joined, listed)


def _cut(words: Sequence[str], vocabulary: dict[str, str]) -> tuple[list[str], bool] | None:
    """Return the names in *vocabulary* that *words* can be cut into, and whether some of them are run together.

    None if there is a rest.
    """
    names: list[str] = []
    joined, position = False, 0
    while position < len(words):
        name, width = _longest(words, position, vocabulary)
        if width:
            names.append(name)
            position += width
            continue
        pieces = split_joined(words[position], vocabulary)
        if pieces is None:
            return None
        names += pieces
        joined = True
        position += 1
    return names, joined


def _longest(words: Sequence[str], position: int, vocabulary: dict[str, str]) -> tuple[str, int]:
    """Return the longest name that begins at *position*, and how many words it has; 0 if none does."""
    for width in range(min(_LONGEST_NAME, len(words) - position), 0, -1):
        name = " ".join(words[position : position + width])
        if name in vocabulary:
            return name, width
    return "", 0


def split_joined(word: str, vocabulary: dict[str, str]) -> list[str] | None:
    """Cut a run-together *word* into two or more names of services and actions, None if there is a rest.

    Names shorter than three letters and those that are ordinary words do not
    take part. Of several ways to cut, the one with the longest first name wins.

    >>> split_joined("sharetweetpin", {"share": "action", "tweet": "action", "pin": "action"})
    ['share', 'tweet', 'pin']
    >>> split_joined("sharecropper", {"share": "action"}) is None
    True
    """
    size = len(word)
    if not _SHORTEST_JOINED <= size <= _LONGEST_JOINED or not any(word[:end] in vocabulary for end in range(3, size)):
        return None
    # rest[i] is the first name of a way to cut word[i:], "" for the end, None when there is no way
    rest: list[str | None] = [None] * size + [""]
    for start in range(size - 1, -1, -1):
        for end in range(size, start + 2, -1):
            if rest[end] is not None:
                piece = word[start:end]
                if vocabulary.get(piece) in ("service", "action"):
                    rest[start] = piece
                    break
        # most words fail at their end: no name ends there, and nothing can be cut
        if size - start > 20 and all(step is None for step in rest[start : start + 20]):
            return None
    if rest[0] is None:
        return None
    pieces, position = [], 0
    while position < size:
        piece = rest[position] or ""
        pieces.append(piece)
        position += len(piece)
    return pieces if len(pieces) >= 2 else None


def menu_items(line: str, normal: str, lexicon: Lexicon) -> int:
    """Return how many known phrases a menu bar shows, 0 when *line* is not a menu bar.

    Without separators it shows four different ones, six if all are single words, and nothing else.

    >>> from dedupe.boilerplate.entries import normal_form
    >>> from dedupe.boilerplate.lexicon import Lexicon
    >>> bar = "Home | About | Contact | Privacy Policy | Terms of Use"
    >>> menu_items(bar, normal_form(bar), Lexicon.load([]))
    5
    >>> menu_items("Ham | Eggs | Home", "ham eggs home", Lexicon.load([]))
    0
    >>> menu_items("Restores | yes | no | yes | yes", "restores yes no yes yes", Lexicon.load([]))
    0
    >>> heading = "Learn about open source AI platforms"
    >>> menu_items(heading, normal_form(heading), Lexicon.load([]))
    0
    >>> option = "--author Author Name <Author Email>"
    >>> menu_items(option, normal_form(option), Lexicon.load([]))
    0
    """
    if line[-1:] in ".!?" or "{" in line:  # an end of a sentence, or "{list | show | edit}" in a line on usage
        return 0
    pieces = [item.strip() for item in _SEPARATOR.split(line)] if _HAS_SEPARATOR.search(line) else []
    items = list(dict.fromkeys([item.casefold() for item in pieces if item]))  # "yes" in five columns is one item
    if len(items) >= 3:
        known = sum(lexicon.find(item) is not None for item in items)
        if known >= 3 and 5 * known >= 3 * len(items) and all(len(item.split()) <= 4 for item in items):
            return known
        return 0
    words = normal.split(" ")
    if not 4 <= len(words) <= _MAX_WORDS or words[0] not in lexicon.first_words:
        return 0
    shown: set[str] = set()
    entries, position = 0, 0
    while position < len(words):
        for width in range(min(4, len(words) - position), 0, -1):
            entry = lexicon.get(" ".join(words[position : position + width]))
            if entry is not None and entry.kind != LEARNED:  # nobody has said that it stands in menus
                shown.add(entry.phrase)
                entries += 1
                position += width
                break
        else:
            return 0
    small = sum(word[0].islower() for word in line.split())
    if small > len(words) - entries + 1:  # entries begin with capitals: these are words of one sentence
        return 0
    least = _SINGLE_WORDS if entries == len(words) else _SHOWN  # "Top Home Security Tools" is a heading
    return len(shown) if len(shown) >= least else 0
