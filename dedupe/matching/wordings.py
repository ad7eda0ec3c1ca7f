"""Which of the rows with equal contents stand for which: those that say the same as they are written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from dedupe.matching.sets import are_first
from dedupe.matching.table import Table
from dedupe.matching.written import told_apart
from dedupe.workfiles import Shelf

I64 = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

#: Documents that are in memory at a time.
_DOCUMENTS = 2
#: So many wordings of one content others are held against; what is like none of them stands for itself alone.
_WORDINGS = 4

#: Where a text says something else than another one of equal content: what stands there in each of them.
Places = list[tuple[str, str]]


class Wordings:
    """Reads passages of equal contents, if they are to be read at all.

    *texts* are the documents of *table* as they are now; *reference* gives the segments of a reference text by its
    number, as they are written.
    """

    def __init__(
        self, texts: Shelf, table: Table, reference: Callable[[int], Sequence[str]], *, are_read: bool
    ) -> None:
        self._texts = texts
        self._table = table
        self._reference = reference
        self._are_read = are_read

    def heads(self, document: I64, position: I64, rank: I64, first: I64) -> tuple[I64, dict[int, Places]]:
        """Return for each row the one that can stand for it, int64, and by row what tells some from their first.

        *document* and *position*, -1 for a whole document, are where the rows stand, *rank* tells which are better, and
        *first* has for each row the best-ranked one of equal content. That can stand for a row unless the two are told
        apart; a row that is told apart stands for itself, and for others like it that have a lower rank.
        """
        heads, apart = first.copy(), dict[int, Places]()
        is_own = document < self._table.references_from
        # Of equal references only the first is read, since an index gives no other.
        is_read = is_own | (first == np.arange(len(first)))
        rows = np.flatnonzero(is_read & (np.bincount(first[is_read], minlength=len(first))[first] > 1))
        if not (len(rows) and self._are_read):
            return heads, apart
        key = self._written(document[rows], position[rows])
        order = np.lexsort((rank[rows], key, first[rows]))
        rows, key = rows[order], key[order]
        is_new = are_first(first[rows], key)
        wordings = rows[is_new]
        stands = first[wordings]
        count = np.bincount(stands, minlength=len(first))
        text = self._reader(document, position, wordings[count[stands] > 1])
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

    def agree(self, rows: I64, others: I64) -> Flags:
        """Return which segments say the same as others of equal content, bool (n).

        Both are documents and positions, int64 (n, 2); those of one document are best given together.
        """
        if not (len(rows) and self._are_read):
            return np.ones(len(rows), dtype=bool)
        documents, positions = np.concatenate([rows, others]).T
        text = self._reader(documents, positions, np.arange(len(documents)))
        return np.array([not told_apart(text(at), text(at + len(rows))) for at in range(len(rows))], dtype=bool)

    def _written(self, documents: I64, positions: I64) -> I64:
        """Return numbers that are the same for segments, or whole documents, that are the same to the byte."""
        written = np.empty(len(documents), dtype=np.int64)
        inside = positions >= 0
        written[inside] = self._table.rows_at(documents[inside], positions[inside])["written"].view(np.int64)
        wholes = documents[~inside].tolist()
        written[~inside] = [hash(self._table.rows(number)["written"].tobytes()) for number in wholes]
        return written

    def _reader(self, documents: I64, positions: I64, wanted: I64) -> Callable[[int], str]:
        """Return what gives the texts of rows by their places in *documents* and *positions*, -1 for a whole document.

        Only those *wanted* may be asked for. Documents are kept for a while, so it is best asked in their order.
        """
        is_own = documents < self._table.references_from
        inside = wanted[is_own[wanted] & (positions[wanted] >= 0)]
        spans = np.zeros((len(documents), 2), dtype=np.int64)
        spans[inside] = self._table.spans(np.stack([documents[inside], positions[inside]], axis=1))

        @lru_cache(_DOCUMENTS)
        def own(number: int) -> str:
            return self._texts.get(number).decode("utf-8", "surrogatepass")

        reference = lru_cache(_DOCUMENTS)(self._reference)

        def text(row: int) -> str:
            number, position = documents.item(row), positions.item(row)
            if not is_own[row]:
                return passage(reference(number), position)
            whole = own(number)
            start, end = spans[row].tolist()
            return whole[start:end] if position >= 0 else whole.strip()

        return text


def passage(segments: Sequence[str], position: int) -> str:
    """Return one of the *segments* of a document by its *position*, or all of them for -1."""
    return segments[position] if position >= 0 else "\n\n".join(segments)
