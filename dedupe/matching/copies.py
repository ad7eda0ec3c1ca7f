"""Documents that look like copies of others, for whoever counts over a corpus: told by their fingerprints alone.

A story posted three times would otherwise make its own lines frequent. Nothing is taken out by what is found here, so
no texts are compared for it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dedupe import kernels
from dedupe.matching.candidates import pairs_in_turns
from dedupe.matching.pool import PoolRows
from dedupe.matching.sets import are_first, distinct, union
from dedupe.matching.table import Table
from dedupe.shards import Shards
from dedupe.workfiles import WorkFolder

I64 = npt.NDArray[np.int64]

#: So many bands have two documents in common in which two of three pairs of neighbouring words, or so, are the same.
_LIKE = 5
#: A passage that can be compared; shards of them are looked through one after the other.
_PASSAGE = np.dtype([("content", "<u8"), ("document", "<u4"), ("words", "<u4")])
_SHARD_ROWS = 1 << 16


def find_copies(table: Table, folder: WorkFolder) -> I64:
    """Return the documents of a table that look like copies of earlier ones, or of references, by number, ascending.

    The signatures of the two are much alike, or at least half of the words of the one stand in the other one in equal
    passages.
    """
    alike = [_alike(part, table.references_from) for part in table.documents.parts()]
    return union(_repeating(table, folder), *alike)


def _alike(pool: PoolRows, references_from: int) -> I64:
    """Return the documents of a pool of these that have much the same signature as one before them, or a reference."""
    is_own = pool.document < references_from
    rows = np.argsort(is_own, kind="stable")
    found = [np.zeros(0, dtype=np.int64)]
    for pairs in pairs_in_turns(lambda: pool.bands.columns(pool.band_row[rows]), is_own[rows]):
        common = np.zeros(len(pairs), dtype=np.int8)
        for keys in pool.bands.columns(pool.band_row[rows]):
            common += keys[pairs[:, 0]] == keys[pairs[:, 1]]
        found.append(pool.document[rows[pairs[common >= _LIKE, 1]]])
    return np.concatenate(found)


def _repeating(table: Table, folder: WorkFolder) -> I64:
    """Return the documents at least half of whose words stand in one other document, in equal passages."""
    bits = (int(table.first_rows()[-1]) // _SHARD_ROWS).bit_length()
    shards = Shards(folder, "passages", _PASSAGE, 1 << bits)
    for documents, rows in table.passages():
        passages = np.empty(len(rows), dtype=_PASSAGE)
        passages["content"], passages["document"], passages["words"] = rows["content"][:, 0], documents, rows["words"]
        shards.put((passages["content"] >> np.uint64(32)) >> np.uint64(32 - bits), passages)
    # Each document that has a passage, the first one that has it, and the words of that.
    found = [np.zeros((0, 3), dtype=np.int64)]
    for number in range(1 << bits):
        rows = shards.read(number)
        rows = rows[kernels.repeated(np.ascontiguousarray(rows["content"]))]
        documents = rows["document"].astype(np.int64)
        is_own = documents < table.references_from
        order = np.lexsort((documents, is_own, rows["content"]))
        starts = np.flatnonzero(are_first(rows["content"][order]))
        firsts = np.repeat(documents[order[starts]], np.diff(np.append(starts, len(order))))
        here = np.flatnonzero((documents[order] != firsts) & is_own[order])
        found.append(np.column_stack([documents[order[here]], firsts[here], rows["words"][order[here]]]))
    shards.remove()
    return half_repeating(table, *np.concatenate(found).T)


def half_repeating(table: Table, documents: I64, others: I64, words: I64) -> I64:
    """Return which of *documents* have at least half of their words in common with one of *others*, ascending.

    These are pairs, any number of times, each with so many *words* of a passage that the document repeats.
    """
    order = np.lexsort((others, documents))
    documents, others, words = documents[order], others[order], words[order]
    starts = np.flatnonzero(are_first(documents, others))
    repeated = np.add.reduceat(words, starts, dtype=np.int64) if len(starts) else words
    return distinct(documents[starts][2 * repeated >= table.words(documents[starts])])
