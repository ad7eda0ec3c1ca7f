"""Two token sequences to their alignment: what they have in common, in order.

Of several longest alignments one is chosen, always the same, since what differs
between two texts depends on it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence

#: Tables of more cells than this are first cut at words that stand once in both texts.
CELLS = 1 << 25

Match = tuple[int, int, int]
"""A run that both sequences have: where it begins in the one and in the other, and its length."""


def align(ours: Sequence[str], theirs: Sequence[str]) -> list[Match]:
    """Return the runs of equal tokens of an alignment with the most of them, in order.

    A longest common subsequence, found bit-parallel (Hyyrö, 2004: one big-integer
    operation a token) after the common ends are taken off. Where both texts
    are very long, words that stand once in each anchor the alignment first
    (patience), which can only lower the number of equal tokens.

    >>> align("a b c d".split(), "a x c d".split())
    [(0, 0, 1), (2, 2, 2)]
    """
    return _align(ours, theirs, 0, len(ours), 0, len(theirs))


def common_count(ours: Sequence[str], theirs: Sequence[str]) -> int:
    """Return how many tokens two sequences have in common, whatever their order.

    >>> common_count(["a", "b"], ["b", "a", "a"])
    2
    """
    return (Counter(ours) & Counter(theirs)).total()


def _align(a: Sequence[str], b: Sequence[str], a0: int, a1: int, b0: int, b1: int) -> list[Match]:
    """Matching runs ``(i, j, length)`` of ``a[a0:a1]`` and ``b[b0:b1]``, in order and maximal."""
    runs: list[Match] = []
    head = 0
    while a0 + head < a1 and b0 + head < b1 and a[a0 + head] == b[b0 + head]:
        head += 1
    tail = 0
    while a1 - tail > a0 + head and b1 - tail > b0 + head and a[a1 - tail - 1] == b[b1 - tail - 1]:
        tail += 1
    if head:
        runs.append((a0, b0, head))
    left, right, other_left, other_right = a0 + head, a1 - tail, b0 + head, b1 - tail
    if left < right and other_left < other_right:
        if (right - left) * (other_right - other_left) <= CELLS:
            middle = _longest_common(a, b, left, right, other_left, other_right)
        else:
            middle = _align_at_anchors(a, b, left, right, other_left, other_right)
        for run in middle:
            _append(runs, run)
    if tail:
        _append(runs, (a1 - tail, b1 - tail, tail))
    return runs


def _append(runs: list[Match], run: Match) -> None:
    if runs:
        i, j, length = runs[-1]
        if i + length == run[0] and j + length == run[1]:
            runs[-1] = (i, j, length + run[2])
            return
    runs.append(run)


def _longest_common(a: Sequence[str], b: Sequence[str], a0: int, a1: int, b0: int, b1: int) -> list[Match]:
    width = a1 - a0
    ones = (1 << width) - 1
    positions: dict[str, int] = {}
    for i in range(width):
        positions[a[a0 + i]] = positions.get(a[a0 + i], 0) | (1 << i)
    state = ones
    states = []
    for j in range(b0, b1):
        overlap = state & positions.get(b[j], 0)
        state = ((state + overlap) | (state - overlap)) & ones
        states.append(state)
    runs: list[Match] = []
    i, j = width, len(states)
    while i and j:
        if (states[j - 1] >> (i - 1)) & 1:
            i -= 1
        else:
            j -= 1
            if j == 0 or (states[j - 1] >> (i - 1)) & 1:
                i -= 1
                runs.append((a0 + i, b0 + j, 1))
    merged: list[Match] = []
    for run in reversed(runs):
        _append(merged, run)
    return merged


def _align_at_anchors(a: Sequence[str], b: Sequence[str], a0: int, a1: int, b0: int, b1: int) -> list[Match]:
    anchors = _anchors(a, b, a0, a1, b0, b1)
    runs: list[Match] = []
    if not anchors:
        return runs
    for i, j in [*anchors, (a1, b1)]:
        for run in _align(a, b, a0, i, b0, j):
            _append(runs, run)
        if i < a1:
            _append(runs, (i, j, 1))
        a0, b0 = i + 1, j + 1
    return runs


def _anchors(a: Sequence[str], b: Sequence[str], a0: int, a1: int, b0: int, b1: int) -> list[tuple[int, int]]:
    """Pairs of places that surely belong together, longest increasing run of them.

    They are words that stand once in each text, or, where there are none (a text of
    few different words), runs of three or eight words that do.
    """
    for length in (1, 3, 8):
        ours = _unique_runs(a, a0, a1, length)
        theirs = _unique_runs(b, b0, b1, length)
        pairs = sorted((i, theirs[run]) for run, i in ours.items() if run in theirs)
        if pairs:
            return _longest_increasing(pairs)
    return []


def _unique_runs(tokens: Sequence[str], start: int, end: int, length: int) -> dict[tuple[str, ...], int]:
    """Where each run of *length* tokens that stands only once begins."""
    places: dict[tuple[str, ...], int] = {}
    again: set[tuple[str, ...]] = set()
    for i in range(start, end - length + 1):
        run = tuple(tokens[i : i + length])
        if run in places:
            again.add(run)
        else:
            places[run] = i
    return {run: i for run, i in places.items() if run not in again}


def _longest_increasing(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    ends: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for n, (_, j) in enumerate(pairs):
        k = bisect_left(ends, j)
        before.append(last[k - 1] if k else -1)
        if k == len(ends):
            ends.append(j)
            last.append(n)
        else:
            ends[k] = j
            last[k] = n
    chain = []
    n = last[-1] if last else -1
    while n >= 0:
        chain.append(pairs[n])
        n = before[n]
    return chain[::-1]


def token_spans(text: bytes) -> list[tuple[int, int]]:
    """Return the byte spans of the tokens of a token form, and an empty one at its end.

    >>> token_spans(b"one two")
    [(0, 3), (4, 7), (7, 7)]
    """
    return [*(match.span() for match in re.finditer(rb"[^ \n]+", text)), (len(text), len(text))]


def differing_spans(
    matches: list[Match], ours: list[tuple[int, int]], theirs: list[tuple[int, int]]
) -> Iterator[tuple[int, int, int, int]]:
    """Yield where two texts differ, in bytes of each: what stands between *matches* of tokens with these spans.

    Where a text has nothing there, both ends are where it goes on.
    """
    at = other = 0
    for i, j, length in [*matches, (len(ours) - 1, len(theirs) - 1, 0)]:
        if at < i or other < j:
            yield (*_covered(ours, at, i), *_covered(theirs, other, j))
        at, other = i + length, j + length


def _covered(spans: list[tuple[int, int]], first: int, stop: int) -> tuple[int, int]:
    return spans[first][0], spans[stop - 1][1] if first < stop else spans[first][0]
