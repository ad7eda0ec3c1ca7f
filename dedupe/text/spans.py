"""Where two versions of a line differ, in small spans and linear time."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dedupe.text.damage import ENTITY

_ENTITY = re.compile(ENTITY)

#: Changes with fewer equal characters between them are one change.
_GAP_CHARS = 3


def changed_spans(before: str, after: str) -> Iterator[tuple[int, int, int, int]]:
    """Yield ``(start, end, start, end)`` in *before* and *after* of what differs, in order.

    Equal runs of at least three characters are found again by their first three,
    nearest first, in a window that grows: linear in the length for local changes.
    """
    stop_before, stop_after = len(before), len(after)
    i = j = _equal_chars(before, 0, stop_before, after, 0, stop_after)
    tail = _equal_chars(before[i:][::-1], 0, stop_before - i, after[j:][::-1], 0, stop_after - j)
    stop_before -= tail
    stop_after -= tail
    done = 0
    while i < stop_before or j < stop_after:
        start, fixed_start = i, j
        i, j = _meeting(before, i, stop_before, after, j, stop_after)
        entity = before.rfind("&", done, start)
        if entity >= 0 and _ENTITY.match(before, entity, i):  # the "&" of "&amp;" is not the "&" that it stands for
            fixed_start -= start - entity
            start = entity
        yield start, i, fixed_start, j
        done = i
        equal = _equal_chars(before, i, stop_before, after, j, stop_after)
        i += equal
        j += equal


def _equal_chars(one: str, i: int, stop_one: int, other: str, j: int, stop_other: int) -> int:
    """Return how far the two texts agree from *i* and *j* on."""
    length = min(stop_one - i, stop_other - j)
    done, size = 0, 16
    while done < length:
        left = one[i + done : i + min(done + size, length)]
        right = other[j + done : j + min(done + size, length)]
        if left != right:
            return done + next(place for place in range(len(left)) if left[place] != right[place])
        done += len(left)
        size *= 2
    return length


def _meeting(one: str, i: int, stop_one: int, other: str, j: int, stop_other: int) -> tuple[int, int]:
    """Return the nearest places from *i* and *j* on where the texts agree again; their ends, if nowhere."""
    window = 8
    while True:
        places: dict[str, int] = {}
        for place in range(j, min(j + window, stop_other - _GAP_CHARS + 1)):
            places.setdefault(other[place : place + _GAP_CHARS], place)
        meetings = [
            (place + places[run], place, places[run])
            for place in range(i, min(i + window, stop_one - _GAP_CHARS + 1))
            if (run := one[place : place + _GAP_CHARS]) in places
        ]
        if meetings:
            return min(meetings)[1:]
        if i + window >= stop_one and j + window >= stop_other:
            return stop_one, stop_other
        window *= 4
