"""Where things are before and after the operations on a text, found without going through all of them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Any


class Edits:
    """Applied operations on a source text, sorted and free of overlap, ready to be asked for places.

    >>> from dedupe.model import Operation
    >>> edits = Edits([Operation(2, 5, "delete", "x", ""), Operation(8, 9, "replace", "x", "", b"{}", "abc")])
    >>> edits.to_source(0, 2), edits.to_source(2, 6), edits.deleted_count(0, 4)
    ((0, 2), (5, 9), 2)
    """

    def __init__(self, done: Sequence[tuple[Any, ...]]) -> None:
        """Take *done* as operations, or as tuples with the same fields."""
        self._done = done
        self._here = []  # where each operation is in the text after all of them
        self._shifts = [0]  # source minus that text, in front of each operation and at the end
        # Deletions: where each begins and ends, and code points deleted in front of each and at the end.
        self._deletion_starts: list[int] = []
        self._deletion_ends: list[int] = []
        self._deleted = [0]
        shift = 0
        for start, end, _, _, _, _, replacement, _, _ in done:
            self._here.append(start - shift)
            shift += end - start - len(replacement)
            self._shifts.append(shift)
            if not replacement:
                self._deletion_starts.append(start)
                self._deletion_ends.append(end)
                self._deleted.append(self._deleted[-1] + end - start)

    def to_source(self, start: int, end: int) -> tuple[int, int]:
        """Return the source span of ``[start, end)`` of the text after the operations.

        Where a deletion touches the span it stays outside; a replaced place that the span
        touches in part is taken in whole.
        """
        first = self._source(start, bisect_right(self._here, start) - 1, at_end=False)
        last = self._source(end, bisect_left(self._here, end) - 1, at_end=True)
        return first, max(last, first)

    def deleted_count(self, start: int, end: int) -> int:
        """Return how many code points of the source span ``[start, end)`` were deleted."""
        first = bisect_right(self._deletion_ends, start)
        last = bisect_left(self._deletion_starts, end, lo=first)
        if first >= last:
            return 0
        outside = max(0, start - self._deletion_starts[first]) + max(0, self._deletion_ends[last - 1] - end)
        return self._deleted[last] - self._deleted[first] - outside

    def _source(self, position: int, before: int, *, at_end: bool) -> int:
        """The source offset of *position*, which the operation *before* is the last to stand in front of."""
        if before >= 0:
            begin, end, _, _, _, _, replacement, _, _ = self._done[before]
            if position < self._here[before] + len(replacement):
                found: int = end if at_end else begin
                return found
        return position + self._shifts[before + 1]
