"""Zones: how sure it is of each line of a page that it stands in a stretch of furniture.

A page is text and furniture by turns, and seldom changes from the one to the other. Lines that go and lines that are
known speak for furniture, long ones and running text for text; what every line says is passed on to those around it,
and fades with distance. That is the forward-backward pass over a hidden Markov chain of two states (Rabiner 1989), in
log-odds. The weights are rounded from the counts of labelled pages, of which half or twice as much of one of them
finds a hundredth more or less of the furniture.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dedupe.boilerplate.features import GOOD, Features

GONE, KNOWN, SHORT, SENTENCE, TEXT = 3.0, 2.5, 0.25, -0.5, -2.2
"""Natural logarithms of the odds for furniture: of a line that goes, of a known one, of a short one, of a short one
that ends as a sentence does (dialogue, not a menu), of text."""
EVEN_CHARS, CHARS_A_UNIT = 45, 40
"""A line of so many code points that nobody knows says nothing; so many more, and it speaks for text with one unit."""
EDGE = 3.0
"""What it says for furniture that a line stands outside the running text."""
FREE_CHARS, LENGTH_AGAINST = 15, 5.0
"""The more text would be lost, the surer it has to be: a line of so many code points may as well be either, one of
e (2.7) times as many has to be so much surer."""
GONE_SHARE = 0.02
"""Where a smaller share of the lines goes by itself, the page is a list or a catalogue, and has no zones."""
CHANGE = 0.03
"""The share of lines after which a page goes over from text to furniture, or back."""


def line_weights(lines: Features, known: NDArray[np.bool_], gone: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return what each line says by itself: log-odds, float64, above 0 for furniture.

    *known* and *gone* tell which of *lines* are known, and which go.
    """
    most = np.where(lines.labels, SHORT, SENTENCE)
    by_length = np.clip((EVEN_CHARS - lines.lengths) / CHARS_A_UNIT, TEXT, most)
    is_text = (lines.flags & GOOD) > 0
    return np.select([gone, known, is_text], [GONE, KNOWN, TEXT], by_length)


def odds_in_texts(
    lines: Features, known: NDArray[np.bool_], gone: NDArray[np.bool_], texts: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return the log-odds (float64) that each of *lines* is furniture, given those *known* and *gone*.

    Only those *texts* that are true are looked at; in the others nothing is furniture (minus infinity).
    """
    weights = line_weights(lines, known, gone).tolist()
    odds = np.full(len(weights), -np.inf)
    for text in np.flatnonzero(texts).tolist():
        start, stop = lines.offsets[text : text + 2].tolist()
        odds[start:stop] = furniture_odds(weights[start:stop])
    return odds


def odds_needed(lengths: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the log-odds (float64) from which lines of these *lengths* go with the furniture around them.

    >>> odds_needed(np.array([8, 15, 40])).round(1).tolist()
    [0.0, 0.0, 4.9]
    """
    return LENGTH_AGAINST * np.log(np.maximum(lengths / FREE_CHARS, 1.0))


def furniture_odds(weights: Sequence[float]) -> NDArray[np.float64]:
    """Return the log-odds (float64) that each line of a page is furniture, given the *weights* of all its lines.

    >>> furniture_odds([2.5, 0.0, 2.5, 0.0, -2.2]).round(1).tolist()
    [3.1, 2.9, 2.7, 1.2, 0.4]
    """
    return np.array(weights) + _carried(weights) + _carried(weights[::-1])[::-1]


def _carried(weights: Sequence[float]) -> NDArray[np.float64]:
    """What reaches each line from those before it."""
    carried, odds = [], 0.0
    for weight in weights:
        carried.append(odds)
        ratio = math.exp(odds + weight)
        odds = math.log((ratio * (1 - CHANGE) + CHANGE) / (ratio * CHANGE + 1 - CHANGE))
    return np.array(carried)
