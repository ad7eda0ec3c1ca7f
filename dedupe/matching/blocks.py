"""Blocks: the short lines that go with the removed segments around them.

By itself a short line is never a duplicate: headings recur. Inside a repeated block it
goes with the block.
"""

from __future__ import annotations

from array import array

import numpy as np
import numpy.typing as npt

from dedupe.matching.proposals import PLACES, ROW
from dedupe.matching.sets import are_in
from dedupe.matching.table import Table
from dedupe.matching.wordings import Wordings

I64 = npt.NDArray[np.int64]
Rows = npt.NDArray[np.void]
Flags = npt.NDArray[np.bool_]
Places = tuple[I64, I64]

#: Lines that are looked at together.
_LINES_AT_ONCE = 1 << 14

_PROPOSED, _REMOVED, _USED, _TAKEN = 1, 2, 4, 8
_GOES = _PROPOSED | _TAKEN
_NOT_FREE = _GOES | _USED


def take_short_lines_along(proposals: Rows, table: Table, wordings: Wordings, gone: frozenset[int]) -> Rows:
    """Return proposals for the short lines that stand inside a repeated block, and for those at its ends.

    *proposals* have the places of those that there are, and ``remove``, sorted by document and position. Between two
    removed segments a short line goes with them if the same line stands between their canonicals. At the head of a
    block it goes if the block has three segments or repeats its own document (a title over a body pasted twice); at the
    foot only where nothing that stays follows it, since there it may be the heading of what follows. By their
    *wordings* both say the same. Documents that are *gone* have no part in this.
    """
    seeds = proposals[proposals["remove"]]
    if not len(seeds):
        return np.zeros(0, dtype=ROW)
    lines = _ShortLines(proposals, table, wordings, gone)
    document, position = seeds["document"], seeds["position"].astype(np.int64)
    canonical, there = seeds["canonical"], seeds["canonical_position"].astype(np.int64)
    gaps = np.diff(position)
    joined = (document[1:] == document[:-1]) & (canonical[1:] == canonical[:-1]) & (gaps == np.diff(there))
    apart = np.flatnonzero(joined & (gaps > 1))
    part = np.cumsum(gaps[apart]) // _LINES_AT_ONCE
    for some in np.split(apart, np.flatnonzero(np.diff(part)) + 1):
        rows, others = (document[some], position[some] + 1), (canonical[some], there[some] + 1)
        joined[some] = lines.take_runs(rows, others, gaps[some] - 1)
    heads = np.flatnonzero(np.append(True, ~joined))
    tails = np.append(heads[1:], len(seeds)) - 1
    wanted = (document[heads] == canonical[heads]) | (tails - heads >= 2)
    for head, tail in zip(heads[wanted].tolist(), tails[wanted].tolist(), strict=True):
        row, other = (int(document[head]), int(position[head])), (int(canonical[head]), int(there[head]))
        k = 0
        while lines.goes(row, other, k - 1):
            k -= 1
            lines.take(row, other, k)
        first = int(there[head]) + k
        row, other = (int(document[tail]), int(position[tail])), (int(canonical[tail]), int(there[tail]))
        if not lines.goes(row, other, 1):
            other = (other[0], first - 1)  # another copy begins and breaks off
        k = 0
        while lines.goes(row, other, k + 1):
            k += 1
        if lines.ends(row, k + 1):
            for step in range(1, k + 1):
                if lines.goes(row, other, step):
                    lines.take(row, other, step)
    return lines.taken()


class _ShortLines:
    """What can still be taken along: neither row has a proposal, and the one that goes is nobody's canonical."""

    def __init__(self, proposals: Rows, table: Table, wordings: Wordings, gone: frozenset[int]) -> None:
        self._table = table
        self._wordings = wordings
        self._gone = gone
        # A byte for each segment of the corpus: what is known of it.
        self._firsts = table.first_rows()
        self._marks = np.zeros(int(self._firsts[-1]), dtype=np.uint8)
        self._marks[self._firsts[proposals["canonical"]] + proposals["canonical_position"]] = _USED
        proposed = self._firsts[proposals["document"]] + proposals["position"]
        self._marks[proposed] |= np.where(proposals["remove"], _PROPOSED | _REMOVED, _PROPOSED).astype(np.uint8)
        self._columns = array("q")

    def take_runs(self, rows: Places, others: Places, counts: I64) -> Flags:
        """Let runs of lines go that are short, repeat *others* and are free, all lines of a run; return which went.

        Places are documents and positions where runs begin, and *counts* are their lines, all of which are there.
        """
        starts = np.cumsum(counts) - counts
        step = np.arange(counts.sum()) - np.repeat(starts, counts)
        documents, canonicals = (np.repeat(places[0], counts) for places in (rows, others))
        positions, there = (np.repeat(places[1], counts) + step for places in (rows, others))
        ours, theirs = self._table.rows_at(documents, positions), self._table.rows_at(canonicals, there)
        repeats = (ours["content"] == theirs["content"]).all(axis=1) & (ours["comparable"] == 0)
        repeats &= (documents != canonicals) | (positions != there)
        unlike = np.flatnonzero(repeats & (ours["written"] != theirs["written"]))
        here, elsewhere = (np.stack(places, axis=1)[unlike] for places in ((documents, positions), (canonicals, there)))
        repeats[unlike] = self._wordings.agree(here, elsewhere)
        went = np.logical_and.reduceat(repeats, starts) if len(starts) else repeats
        gone = np.array(sorted(self._gone), dtype=np.int64)
        went &= ~are_in(rows[0], gone) & ~are_in(others[0], gone)
        firsts, other_firsts = (self._firsts[places[0]] + places[1] for places in (rows, others))
        for run in np.flatnonzero(went).tolist():
            row, other, count = int(firsts[run]), int(other_firsts[run]), int(counts[run])
            here, elsewhere = self._marks[row : row + count], self._marks[other : other + count]
            if (here & _NOT_FREE).any() or (elsewhere & _GOES).any():
                went[run] = False
            else:
                here |= _TAKEN
                elsewhere |= _USED
        chosen = np.repeat(went, counts)
        columns = (documents, positions, canonicals, there)
        self._columns.frombytes(np.stack(columns, axis=1)[chosen].tobytes())
        return went

    def goes(self, row: tuple[int, int], other: tuple[int, int], step: int) -> bool:
        """Whether the line *step* rows after *row* is short, repeats the one after *other*, and is free."""
        document, position = row[0], row[1] + step
        canonical, there = other[0], other[1] + step
        if position < 0 or there < 0 or (document, position) == (canonical, there):
            return False
        if document in self._gone or canonical in self._gone:
            return False
        rows, others = self._table.rows(document), self._table.rows(canonical)
        if position >= len(rows) or there >= len(others) or rows["comparable"][position]:
            return False
        return bool(
            not self._mark(document, position) & _NOT_FREE
            and not self._mark(canonical, there) & _GOES
            and (rows["content"][position] == others["content"][there]).all()
            and (position > 0 or self._is_written(document))
            and (there > 0 or self._is_written(canonical))
            and (
                rows["written"][position] == others["written"][there]
                or self._wordings.agree(np.array([[document, position]]), np.array([[canonical, there]])).all()
            )
        )

    def _is_written(self, document: int) -> bool:
        """Whether the first segment of a document is more than blank lines, whose words a line of asterisks has."""
        start, end = self._table.spans(np.array([[document, 0]], dtype=np.int64))[0].tolist()
        return bool(start < end)

    def take(self, row: tuple[int, int], other: tuple[int, int], step: int) -> None:
        """Let the line go with its block."""
        self._marks[self._firsts[row[0]] + row[1] + step] |= _TAKEN
        self._marks[self._firsts[other[0]] + other[1] + step] |= _USED
        self._columns.extend((row[0], row[1] + step, other[0], other[1] + step))

    def ends(self, row: tuple[int, int], step: int) -> bool:
        """Whether nothing that stays follows: the document ends there, or a removed segment begins."""
        if row[1] + step >= len(self._table.rows(row[0])):
            return True
        return self._mark(row[0], row[1] + step) & (_TAKEN | _REMOVED) > 0

    def taken(self) -> Rows:
        """Return the proposals for all lines that go."""
        columns = np.frombuffer(self._columns, dtype=np.int64).reshape(-1, len(PLACES))
        rows = np.zeros(len(columns), dtype=ROW)
        for name, column in zip(PLACES, columns.T, strict=True):
            rows[name] = column
        for first in range(0, len(rows), _LINES_AT_ONCE):
            some = columns[first : first + _LINES_AT_ONCE]
            rows["words"][first : first + len(some)] = self._table.rows_at(some[:, 0], some[:, 1])["words"]
        rows["remove"] = True
        return rows

    def _mark(self, document: int, position: int) -> int:
        return int(self._marks[self._firsts[document] + position])
