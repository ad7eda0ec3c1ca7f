"""Texts that are written down word by word, or with the times when they are said, chats and lists of words: no menus.

Their lines are as short as those of a menu, and say what the buttons of pages say too (``more``, ``share``).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dedupe.boilerplate.company import runs
from dedupe.boilerplate.edges import sums
from dedupe.boilerplate.features import Features
from dedupe.text.offsets import places_of

VOCABULARY_LINES, SMALL_SHARE = 20, 0.9
"""A list of words has so many lines, and this share of them begin with a small letter, as entries of menus do not."""
SINGLE_SHARE, SMALL_WORDS_SHARE, STOPS_SHARE = 0.8, 0.4, 0.04
"""A text with a word on each line has this share of single words, and of them such a share that begin with a small
letter, or that are a full stop or a comma, which stand alone on no page."""
COLUMNS, COLUMNS_SHARE, TAGS_SHARE = 3, 0.8, 0.25
"""A text with a word and what is known of it on each line has this share of lines with as many columns, three at least,
and at most so many different ones are last."""
_STOPS = frozenset(".,;:!?。，、；：！？।۔،؛؟")
CHAT_REACH, CHAT_HEADS, HEAD_CHARS = 4, 5, 60
"""The next head of a chat stands less than so many lines further; so many in a row, of up to so many characters."""
_TIME = r"\d{1,2}:\d{2}(?::\d{2})?(?:\s?[AaPp][.]?[Mm][.]?)?"
#: A name and a time behind it, or a date and a time in brackets and a name.
_HEAD = re.compile(rf"^[^\W\d_]{{2}}.*\s[\[(]?{_TIME}[\])]?$|^\[[^\]]*{_TIME}\]\s+[^\W\d_][^:]*$")
_CUE, _CUE_SHARE = b" --> ", 6
"""What stands between two times of SubRip and WebVTT, and of subtitles one line in so many has it."""


def in_vocabularies(lines: Features, contents: Callable[[NDArray[np.int64]], Sequence[str]]) -> NDArray[np.bool_]:
    """Tell which of *lines*, read by *contents*, stand in a list of words, or in a text with a word on each line.

    A list of words is a long run of them without capitals. Corpora of linguists have a word on each line (vertical
    text), and marks and tags on lines of their own.
    """
    single = lines.words == 1
    starts, stops = runs(single & lines.labels, lines.offsets)
    is_long = stops - starts >= VOCABULARY_LINES
    found = np.zeros(len(single), dtype=bool)
    for start, stop in zip(starts[is_long].tolist(), stops[is_long].tolist(), strict=True):
        words = contents(np.arange(start, stop))
        found[start:stop] = _small(words) >= SMALL_SHARE * len(words)
    sizes = np.diff(lines.offsets)
    for text in np.flatnonzero((sizes >= VOCABULARY_LINES) & (sums(single, lines.offsets) >= SINGLE_SHARE * sizes)):
        start, stop = lines.offsets[text : text + 2].tolist()
        words = contents(start + np.flatnonzero(single[start:stop]))
        marks = sum(_STOPS.issuperset(word) for word in words)
        if _small(words) >= SMALL_WORDS_SHARE * len(words) or marks >= STOPS_SHARE * len(words):
            found[start:stop] = True
    return found


def are_tagged(lines: Features, contents: Callable[[NDArray[np.int64]], Sequence[str]]) -> NDArray[np.bool_]:
    """Tell which texts, with *lines* read by *contents*, have a word and its tags on each line; bool, of all texts.

    Corpora of linguists have them in columns with single spaces between (``bridge NN I-NP O``), which makes no table.
    """
    sizes = np.diff(lines.offsets)
    tagged = np.zeros(len(sizes), dtype=bool)
    short = sums((lines.words >= COLUMNS) & lines.labels, lines.offsets)
    for text in np.flatnonzero((sizes >= VOCABULARY_LINES) & (short >= COLUMNS_SHARE * sizes)):
        rows = [content.split() for content in contents(np.arange(*lines.offsets[text : text + 2]))]
        columns, count = Counter(map(len, rows)).most_common(1)[0]
        if columns >= COLUMNS and count >= COLUMNS_SHARE * len(rows):
            tagged[text] = len({row[-1] for row in rows}) <= TAGS_SHARE * len(rows)
    return tagged


def are_subtitles(buffer: bytes, ends: NDArray[np.int64], lines: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which texts are subtitles, bool (n): one line in six tells from when to when the next ones are shown.

    They stand in *buffer* between *ends*, packed for the kernel, and have the *lines* from each of these to the next.
    """
    cues = np.zeros(len(ends) - 1, dtype=np.int64)
    for places in places_of(_CUE, buffer):
        cues += np.diff(np.searchsorted(places, ends))
    subtitles: NDArray[np.bool_] = _CUE_SHARE * cues >= np.diff(lines)
    return subtitles


def in_chats(
    texts: Sequence[str], lines: Features, contents: Callable[[NDArray[np.int64]], Sequence[str]]
) -> NDArray[np.bool_]:
    """Tell which of *lines*, read by *contents*, of *texts* stand in a chat: who said something and when, and what.

    Heads with a name and a time come at least every fourth line, five in a row. Where more lines stand between two of
    them, as in a forum, buttons may be among these.
    """
    found = np.zeros(len(lines.words), dtype=bool)
    for text, (start, stop) in enumerate(pairwise(lines.offsets.tolist())):
        if CHAT_REACH * texts[text].count(":") < stop - start:
            continue  # so in nearly all texts, which need not be read
        short = start + np.flatnonzero(lines.lengths[start:stop] <= HEAD_CHARS)
        heads = short[[_HEAD.search(content) is not None for content in contents(short)]]
        for run in np.split(heads, np.flatnonzero(np.diff(heads) >= CHAT_REACH) + 1):
            if len(run) >= CHAT_HEADS:
                found[run[0] : min(run[-1] + CHAT_REACH, stop)] = True
    return found


def _small(words: Sequence[str]) -> int:
    """How many of *words* begin with a small letter."""
    return sum(word[0].islower() for word in words)
