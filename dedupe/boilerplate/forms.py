"""Lines as learning sees them: the form that an entry of a lexicon would fit, and the frames that like lines share.

The form of a line is its normal form, in which numbers, dates, addresses and what else varies in known
ways are placeholders: "Posted on June 3, 2015" is ``posted on <DATE>``. What varies in unknown ways shows when lines
are put together that begin or end with the same two words, their *frames*.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedupe.boilerplate.dates import DATE_LINKS, DATE_WORDS, LONGEST_DATE, is_date
from dedupe.boilerplate.entries import normal_form
from dedupe.boilerplate.lexicon import MAX_LINE, Lexicon
from dedupe.text.links import shown
from dedupe.text.segment import split_lines

FRAMED_WORDS = range(3, 25)
"""Shorter lines are not worth a frame, longer ones have more in common by chance."""
MIN_LETTERS = 4
_MAX_WORDS = 40

NUM, DATE, WORD = "<NUM>", "<DATE>", "<ANY:1-1>"

_NUMBER = re.compile(r"#?\d[\d.,'’]*[km]?\+?")
_DIGIT = re.compile(r"\d")
_DAY = re.compile(r"\d+(?:[/:-]\d+)+|\d{1,2}\.\d{1,2}\.(?:\d\d){1,2}")
_JOINERS = str.maketrans("", "", "\u200c\u200d")


class TextForms(NamedTuple):
    """The lines of some texts that are not blank, in order.

    ``offsets`` int64 (n + 1): text ``i`` has the lines from ``offsets[i]`` to ``offsets[i + 1]``. ``keys`` uint64 (l):
    equal keys, equal forms; even for lines that cannot be learned. ``frames`` uint64 (l, 2): keys of the first and
    the last two words, 0 where there is no such frame. ``normals``: for each text its lines in normal form, joined by
    line feeds, an empty one for a line that has no frame.
    """

    offsets: NDArray[np.int64]
    keys: NDArray[np.uint64]
    frames: NDArray[np.uint64]
    normals: list[bytes]


def text_forms(texts: Sequence[str], known: Lexicon) -> TextForms:
    """Return the forms of the lines of *texts*.

    Texts are read as they are shown, without the targets of links. A line that *known* has an entry for has the phrase
    of that entry as its form, and no frames.

    >>> forms = text_forms(["Posted on June 3, 2015\\n\\nIt rained", "posted on 12 May 2024"], Lexicon.parse(""))
    >>> forms.offsets.tolist(), (forms.keys & np.uint64(1)).tolist(), forms.keys[0] == forms.keys[2]
    ([0, 2, 3], [1, 1, 1], np.True_)
    """
    offsets, keys, frames, normals = [0], [], [], []
    for text in texts:
        lines = []
        read = shown(text)
        for line in split_lines(read):
            content = read[line.start : line.end].strip()
            if content:
                key, pair, normal = _line(content, known) if len(content) <= MAX_LINE else _UNREAD
                keys.append(key)
                frames.append(pair)
                lines.append(normal)
        offsets.append(len(keys))
        normals.append("\n".join(lines).encode("utf-8"))
    return TextForms(
        np.array(offsets, np.int64),
        np.array(keys, np.uint64),
        np.array(frames, np.uint64).reshape(-1, 2),
        normals,
    )


_UNREAD = (0, (0, 0), "")


@lru_cache(maxsize=1 << 14)
def _line(content: str, known: Lexicon) -> tuple[int, tuple[int, int], str]:
    normal = normal_form(content)
    if known.is_kept(normal):
        return hash_of("line " + normal) & ~1, (0, 0), ""
    form = known_phrase(normal, known)
    if form is not None:
        return form_key(form), (0, 0), ""
    words = masked(normal)
    key = form_key(" ".join(words)) if is_learnable(words) else hash_of("line " + normal) & ~1
    if len(words) not in FRAMED_WORDS or not _is_printable(normal):
        return key, (0, 0), ""
    first = hash_of(f"first {words[0]} {words[1]}") | 1 if is_opening(words) else 0
    last = hash_of(f"last {words[-2]} {words[-1]}") | 1 if words[-1][0] != "<" else 0
    return key, (first, last), normal if first or last else ""


def known_phrase(normal: str, known: Lexicon) -> str | None:
    """Return the phrase of the entry that *known* has for a line in normal form, None if it has none."""
    entry = known.find_normal(normal)
    if entry is None:
        return None
    return entry.phrase if "<" in entry.phrase else normal


def form_key(form: str) -> int:
    """Return the key of a form: 64 bits, odd, and greater than 1.

    >>> form_key("posted on <DATE>") == form_key("posted on <NUM>")
    False
    """
    return hash_of("form " + form) | 3


def hash_of(text: str) -> int:
    """Return 64 bits that are the same on every machine."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def masked(normal: str) -> list[str]:
    """Return the words of a line in normal form, with placeholders for numbers, dates and addresses.

    >>> masked("posted on june 3 2015 at 5:46 gmt in news"), masked("12 comments by anna@example.org")
    (['posted', 'on', '<DATE>', 'in', 'news'], ['<NUM>', 'comments', 'by', '<ANY:1-1>'])
    """
    words = normal.split(" ")
    if "@" in normal or "://" in normal or "www." in normal:
        words = [WORD if _is_address(word) else word for word in words]
    if _DIGIT.search(normal) is None:
        return words
    found = []
    place = 0
    while place < len(words):
        stop = _date_end(words, place)
        word = words[place]
        if stop > place:
            found.append(DATE)
        else:
            stop = place + 1
            found.append(DATE if _DAY.fullmatch(word) else NUM if _NUMBER.fullmatch(word) else word)
        place = stop
    return found


def is_opening(words: Sequence[str]) -> bool:
    """Tell whether an entry of these words could be looked up by the first two of them."""
    return words[1][0] != "<" and words[0] not in (DATE, WORD)


def is_pattern(words: Sequence[str]) -> bool:
    """Tell whether a number or a date is among *words*, as in counters and bylines."""
    return NUM in words or DATE in words


def is_learnable(words: Sequence[str]) -> bool:
    """Tell whether *words*, of which placeholders are some, make an entry of a lexicon that says enough.

    Four letters, a literal word where entries are looked up by it, and nothing that an editor does not show.

    >>> is_learnable(["<NUM>", "comments"]), is_learnable(["<NUM>", "<DATE>", "views", "<NUM>"])
    (True, False)
    """
    literal = [word for word in words if word[0:1] != "<"]
    if not literal or len(words) > _MAX_WORDS or not _is_printable("".join(literal)):
        return False
    if sum(map(str.isalpha, "".join(literal))) < MIN_LETTERS:
        return False
    return words[0][0] != "<" or words[-1][0] != "<" or (words[0] == NUM and len(words) > 1 and words[1][0] != "<")


def _date_end(words: Sequence[str], start: int) -> int:
    """Return where the date that begins at *start* ends, *start* if none of at least two words does."""
    if words[start] in DATE_LINKS or not _may_be_date(words[start]):
        return start
    stop = start + 1
    while stop < min(start + LONGEST_DATE, len(words)) and _may_be_date(words[stop]):
        stop += 1
    while words[stop - 1] in DATE_LINKS:
        stop -= 1
    run = list(words[start:stop])
    named = any(word in DATE_WORDS and word not in DATE_LINKS for word in run)
    return stop if len(run) > 1 and named and is_date(run) else start


def _may_be_date(word: str) -> bool:
    return word in DATE_WORDS or (word != WORD and _DIGIT.search(word) is not None)


def _is_address(word: str) -> bool:
    return "://" in word or word.startswith("www.") or ("@" in word and "." in word)


def _is_printable(text: str) -> bool:
    return text.replace(" ", "").translate(_JOINERS).isprintable()
