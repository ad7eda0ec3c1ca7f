"""Where things are before and after the operations on a text, found without going through all of them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from dedupe.model import Operation


class Edits:
    """Applied operations on a source text, sorted and free of overlap, ready to be asked for places.

    >>> edits = Edits([(2, 5, 0), (8, 9, 3)])
    >>> edits.to_source(0, 2), edits.to_source(2, 6)
    ((0, 2), (5, 9))
    """

    def __init__(self, done: Sequence[tuple[int, int, int]]) -> None:
        """Take of each operation that is *done* where it begins and ends, and how many code points it writes."""
        self._done = done
        self._here = []  # where each operation is in the text after all of them
        self._shifts = [0]  # source minus that text, in front of each operation and at the end
        shift = 0
        for start, end, written in done:
            self._here.append(start - shift)
            shift += end - start - written
            self._shifts.append(shift)

    @classmethod
    def of(cls, done: Sequence[Operation]) -> Edits:
        """Return the operations that are *done* for looking up places."""
        return cls([(operation.start, operation.end, len(operation.replacement)) for operation in done])

    def to_source(self, start: int, end: int) -> tuple[int, int]:
        """Return the source span of ``[start, end)`` of the text after the operations.

        Where a deletion touches the span it stays outside; a replaced place that the span
        touches in part is taken in whole.
        """
        first = self._source(start, bisect_right(self._here, start) - 1, at_end=False)
        last = self._source(end, bisect_left(self._here, end) - 1, at_end=True)
        return first, max(last, first)

    def _source(self, position: int, before: int, *, at_end: bool) -> int:
        """The source offset of *position*, which the operation *before* is the last to stand in front of."""
        if before >= 0:
            begin, end, written = self._done[before]
            if position < self._here[before] + written:
                return end if at_end else begin
        return position + self._shifts[before + 1]
