"""How much of a text stands inside a longer one: in a row, or with small edits in one stretch of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from dedupe.matching.verified import SHOWN, Match
from dedupe.matching.verify import compare_texts

#: Words in a row that the two have to share.
_RUN = 5


def standing_inside(ours: bytes, theirs: bytes, threshold: float) -> Match | None:
    """Return how much of the token form *ours* stands in *theirs*, None where that is less than :func:`_needed`.

    ``similarity`` is the share of the words of the one that stand, in order, in a stretch of the other of about its
    length. What stands around that is no difference, and there is none where all words stand there in a row.

    >>> page = b"As was said the mill by the river opened again in spring and then it rained until the end of May"
    >>> standing_inside(b"The mill by the river opened again", page, 1.0)
    Match(similarity=1.0, differences=())
    >>> standing_inside(b"The mill by the river has opened again in the spring", page, 0.6)
    Match(similarity=0.8182, differences=(('has', ''), ('the', '')))
    >>> standing_inside(b"The mill by the river has opened again in the spring", page, 0.7)
    >>> standing_inside(b"The spring opened again by the mill in the river", page, 0.7)
    """
    folded, around = (text.decode("utf-8").casefold() for text in (ours, theirs))
    if f" {folded} " in f" {around} ":
        return Match(1.0, ())
    words, others = folded.split(), around.split()
    threshold = _needed(len(words), len(others), threshold)
    if sum(map(set(others).__contains__, words)) < threshold * len(words):
        return None  # most of those that meet share a phrase and nothing else
    stretch = _stretch(words, others, int((1 - threshold) * len(words)))
    if not stretch:
        return None
    texts = [" ".join(part).encode("utf-8") for part in (words, stretch)]
    scale = max(len(words), len(stretch)) / len(words)
    compared = compare_texts(texts, np.array([[0, 1]]), threshold / scale)
    similarity = round(float(compared.similarity[0]) * scale, 4)
    if similarity < threshold:
        return None
    places = ((" ".join(one), "" if at_edge else " ".join(other)) for one, other, at_edge in compared.differences(0))
    return Match(similarity, tuple([place for place in places if any(place)][:SHOWN]))


def _needed(words: int, others: int, threshold: float) -> float:
    """Return which share of so many *words* must stand in so many *others*, where near duplicates share *threshold*.

    That is what makes the two near duplicates. But half of what may differ there is enough for the longest of others:
    in a long text some stretch has many of the words without being a copy of them.

    >>> [round(_needed(20, others, 0.7), 2) for others in (10, 20, 22, 200)]
    [0.7, 0.7, 0.77, 0.85]
    """
    return min(threshold * max(1.0, others / words), (1 + threshold) / 2)


def _stretch(words: Sequence[str], others: Sequence[str], moved: int) -> Sequence[str]:
    """Return the part of *others* where *words* may stand: nothing if they share no run.

    Each run that they share says where the words would begin. The one in the middle is believed, and those that
    differ from it by no more words than may have *moved* it.
    """
    runs = {run: at for at, run in enumerate(_runs(words))}
    begins = sorted(at - runs[run] for at, run in enumerate(_runs(others)) if run in runs)
    middle = begins[len(begins) // 2] if begins else 0
    begins = [begin for begin in begins if abs(begin - middle) <= moved]
    return others[max(0, begins[0]) : begins[-1] + len(words)] if begins else ()


def _runs(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return zip(*(words[at:] for at in range(_RUN)), strict=False)
