"""Which of the rows with equal contents stand for which: those that say the same as they are written."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from dedupe.matching.pool import PoolRows
from dedupe.matching.sets import are_first
from dedupe.matching.table import Table
from dedupe.matching.written import told_apart
from dedupe.workfiles import Shelf

I64 = npt.NDArray[np.int64]

#: Documents that are in memory at a time.
_DOCUMENTS = 2
#: So many wordings of one content others are held against; what is like none of them stands for itself alone.
_WORDINGS = 4

#: Where a text says something else than another one of equal content: what stands there in each of them.
Places = list[tuple[str, str]]


class Wordings:
    """Reads rows of equal contents; *texts* are the documents of *table* as they are now.

    Those that have the content of a reference are not read: of references only words are known, and of an index
    only the first text of each content arrives.
    """

    def __init__(self, texts: Shelf, table: Table) -> None:
        self._texts = texts
        self._table = table

    def heads(self, pool: PoolRows, rank: I64, first: I64) -> tuple[I64, dict[int, Places]]:
        """Return for each row the one that can stand for it, int64, and by row what tells some from their first.

        *first* has for each row the best-ranked one of equal content. That can stand for a row unless the two are told
        apart; a row that is told apart stands for itself, and for others like it that have a lower rank.
        """
        heads, apart = first.copy(), dict[int, Places]()
        is_own = pool.document[first] < self._table.references_from  # a reference is the first of equal ones
        rows = np.flatnonzero((np.bincount(first, minlength=len(first))[first] > 1) & is_own)
        if not len(rows):
            return heads, apart
        text = self._reader(pool, rows)
        # Equal texts need not be read twice; the hash is only compared inside this process.
        key = np.fromiter((hash(text(row)) for row in rows.tolist()), dtype=np.int64, count=len(rows))
        order = np.lexsort((rank[rows], key, first[rows]))
        rows, key = rows[order], key[order]
        is_new = are_first(first[rows], key)
        wordings = rows[is_new]
        stands = first[wordings]
        count = np.bincount(stands, minlength=len(first))
        known: list[tuple[int, str]] = []
        for at in np.lexsort((rank[wordings], stands)).tolist():
            row = int(wordings[at])
            if stands[at] == row:
                known = [(row, text(row))] if count[row] > 1 else []
                continue
            ours, told = text(row), Places()
            for head, wording in known:
                places = told_apart(ours, wording)
                if not places:
                    stands[at] = head
                    break
                told = told or places
            else:
                apart[row], stands[at] = told, row
                if len(known) < _WORDINGS:
                    known.append((row, ours))
        heads[rows] = stands[np.cumsum(is_new) - 1]
        return heads, apart

    def _reader(self, pool: PoolRows, rows: I64) -> Callable[[int], str]:
        """Return what gives the texts of *rows*; documents are kept for a while, so it is best asked in their order."""
        position = pool.prints["position"].astype(np.int64)
        inside = rows[position[rows] >= 0]
        spans = np.zeros((len(position), 2), dtype=np.int64)
        spans[inside] = self._table.spans(np.stack([pool.document[inside], position[inside]], axis=1))

        @lru_cache(_DOCUMENTS)
        def document(number: int) -> str:
            return self._texts.get(number).decode("utf-8", "surrogatepass")

        def text(row: int) -> str:
            whole = document(pool.document.item(row))
            start, end = spans[row].tolist()
            return whole[start:end] if position[row] >= 0 else whole.strip()

        return text
