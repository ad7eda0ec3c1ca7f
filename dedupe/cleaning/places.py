"""Where places of many texts are before and after the operations on them, found together.

In all of these, *done* are applied operations, and *owners*, int64 (n), the numbers of texts among theirs; both texts
and places may come in any order.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dedupe.cleaning.rows import Operations

I64 = npt.NDArray[np.int64]

_NOWHERE = np.iinfo(np.int64).max


def to_output(done: Operations, owners: I64, places: I64) -> I64:
    """Return where places in source texts, int64 (n), are in the texts after what is *done* to each."""
    starts, ends, sizes = (done.rows[name] for name in ("start", "end", "written"))
    texts = _keys(done.owners, 0)
    wanted = _keys(owners, places)
    # What lies before each place, that in the texts before included; the next operation may be around it.
    before = np.minimum(np.searchsorted(texts + starts, wanted), np.searchsorted(texts + ends, wanted, side="right"))
    shifts = np.cumsum(np.append(0, sizes - (ends - starts)))
    found: I64 = places + shifts[before] - shifts[done.offsets[owners]]
    is_inside = np.append(texts + starts, _NOWHERE)[before] < wanted
    behind = np.append(texts + starts + sizes, 0)[before]
    found -= np.where(is_inside, np.maximum(wanted - behind, 0), 0)
    return found


def to_source(done: Operations, owners: I64, spans: I64) -> I64:
    """Return the source spans, int64 (n, 2), of *spans* of the texts after what is *done*, as :class:`Edits` does."""
    starts, ends, sizes = (done.rows[name] for name in ("start", "end", "written"))
    shifts = np.append(0, np.cumsum(ends - starts - sizes))
    texts = done.owners
    here = _keys(texts, starts - (shifts[:-1] - shifts[done.offsets[texts]]))
    found = np.empty(spans.shape, dtype=np.int64)
    for column, edges in enumerate((starts, ends)):
        wanted = _keys(owners, spans[:, column])
        reached = np.searchsorted(here, wanted, side="left" if column else "right")
        behind = np.maximum(reached, done.offsets[owners])
        found[:, column] = spans[:, column] + shifts[behind] - shifts[done.offsets[owners]]
        is_written = (behind > done.offsets[owners]) & (wanted < np.append(-1, here + sizes)[behind])
        found[is_written, column] = edges[behind[is_written] - 1]
    found[:, 1] = np.maximum(found[:, 0], found[:, 1])
    return found


def deleted_counts(done: Operations, owners: I64, spans: I64) -> I64:
    """Return how many code points of the source spans *spans*, int64 (n, 2), were deleted, int64 (n)."""
    is_deletion = done.rows["written"] == 0
    starts, ends = done.rows["start"][is_deletion], done.rows["end"][is_deletion]
    texts = done.owners[is_deletion]
    deleted = np.append(0, np.cumsum(ends - starts))

    def up_to(places: I64) -> I64:
        wanted = _keys(owners, places)
        before = np.searchsorted(_keys(texts, ends), wanted, side="right")
        begins = np.append(_keys(texts, starts), _NOWHERE)[before]
        found: I64 = deleted[before] + np.maximum(wanted - begins, 0)
        return found

    return up_to(spans[:, 1]) - up_to(spans[:, 0])


def between(done: Operations, sizes: I64, owners: I64, spans: I64) -> tuple[I64, npt.NDArray[np.bool_]]:
    """Return between which places in source texts with *sizes* nothing is done around *spans*, int64 (n, 2) each.

    With them comes whether nothing is done inside the spans either.
    """
    texts = done.owners
    begins, ends = _keys(texts, done.rows["start"]), _keys(texts, done.rows["end"])
    before = np.searchsorted(ends, _keys(owners, spans[:, 0]), side="right")
    behind = np.searchsorted(begins, _keys(owners, spans[:, 1]))
    found = np.column_stack([np.zeros(len(owners), dtype=np.int64), sizes[owners]])
    has_before, has_behind = before > done.offsets[owners], behind < done.offsets[owners + 1]
    found[has_before, 0] = done.rows["end"][before[has_before] - 1]
    found[has_behind, 1] = done.rows["start"][behind[has_behind]]
    return found, behind <= before


def _keys(owners: I64, places: I64 | int) -> I64:
    """Return one number for each text and place in it, in their order: no text has so many code points."""
    return (owners << 32) + places
