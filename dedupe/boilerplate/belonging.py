"""What belongs to a text for all that it looks like the furniture around it: cards, subjects, titles, postscripts."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from dedupe.boilerplate.facts import I64, Facts, Flags
from dedupe.text.marks import has_bullet

MEASURE_CHARS = 24
"""A measure is no longer than this."""
CARD_LINES = 4
"""A card has so many lines: two labels and two measures."""
SUBJECT_CHARS, SUBJECT_TIMES = 6, 3
"""A word of so many characters that the sentences of a text have so often says what the text is about."""
POSTSCRIPT_LINES = 3
"""So many lines may stand below a text that belong to it."""

_MEASURE = re.compile(r"(?:[^\W\d_]+:? )?(?:\d{1,3}(?:[.,/–-]\d{1,3})?\s?[^\W\d_]{1,12}[.*]?\s?){1,3}$")
"""Numbers with their units: "20 minutes", "1 Std. 20 Min.", "45 to 55 mins", "20分"."""


def on_cards(lines: I64, facts: Facts) -> Flags:
    """Tell which of *lines* are labels and measures by turns, two of each at least, as on the card of a recipe."""
    reach = CARD_LINES - 1
    near = np.unique(np.add.outer(lines, np.arange(-reach, reach + 1)))
    near = near[(near >= 0) & (near < len(facts.place))]
    near = near[facts.lines.labels[near]]
    short = near[facts.lines.lengths[near] <= MEASURE_CHARS]
    is_label, is_measure, on_card = np.zeros((3, len(facts.place) + CARD_LINES), dtype=bool)
    is_measure[short] = [_MEASURE.match(content) is not None for content in facts.contents(short)]
    is_label[near] = ~is_measure[near]
    starts = near[is_label[near] & is_measure[near + 1] & is_label[near + 2] & is_measure[near + 3]]
    starts = starts[starts + reach < facts.stop[starts]]
    on_card[np.add.outer(starts, np.arange(CARD_LINES))] = True
    found: Flags = on_card[lines]
    return found


def are_subjects(lines: I64, normals: Sequence[str], facts: Facts) -> list[bool]:
    """Tell which of *lines*, also given in normal form, say what the other sentences of their text speak of."""
    columns = zip(facts.text_of[lines].tolist(), normals, facts.is_text[lines].tolist(), strict=True)
    return [
        any(
            facts.words_said(text)[word] >= SUBJECT_TIMES + is_one
            for word in normal.split()
            if len(word) >= SUBJECT_CHARS
        )
        for text, normal, is_one in columns
    ]


def may_be_said(facts: Facts) -> Flags:
    """Tell which lines are sentences, or labels right above a passage, with text near above and below."""
    said = facts.is_terminated.copy()
    said[facts.above_text] = True
    said &= facts.is_between
    return said


def are_set_off(lines: I64, known: Flags, facts: Facts) -> Flags:
    """Tell which of *lines* stand between a menu with bullets and the text, have none, and are no part of the menu.

    The last line above that is *known* has a bullet, and none below is, down to the text: the title stands there, with
    what a manual says above its text.
    """
    top = np.clip(facts.top, facts.first, facts.stop)[lines]
    last = np.maximum.accumulate(np.where(known, facts.place, -1))[lines]
    count = np.append(0, np.cumsum(known))
    set_off: Flags = (lines < top) & (last >= facts.first[lines]) & (count[top] == count[lines])
    pairs = zip(facts.contents(last[set_off]), facts.contents(lines[set_off]), strict=True)
    set_off[set_off] = [has_bullet(above) and not has_bullet(content) for above, content in pairs]
    return set_off


def are_postscripts(facts: Facts) -> Flags:
    """Tell which lines stand right below the text, a few and no more before a blank line: who wrote it, a rating."""
    last = np.where(facts.has_below, len(facts.place), facts.place)
    last_of_block = np.append(np.minimum.accumulate(last[::-1])[::-1], 0)[facts.bottom]
    found: Flags = (facts.place >= facts.bottom) & (facts.place <= last_of_block)
    found &= last_of_block < facts.bottom + POSTSCRIPT_LINES
    return found
