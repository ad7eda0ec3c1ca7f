"""What of an index may stand inside something longer, or the other way around, as far as winnowed hashes tell.

They only propose: the documents that are proposed here are then compared in full, with everything else of a run. It is
what :mod:`dedupe.matching.contained` and :mod:`dedupe.matching.damaged` look at, in a corpus that is there as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from dedupe.index.keys import count_up
from dedupe.matching import damaged
from dedupe.matching.contained import TRIED, is_enough
from dedupe.matching.sets import are_first, are_in, distinct, place_in_run

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.void]

#: Contents with one hash that a text meets.
_MET = 24
#: Of a passage that may stand inside one of the texts so many times fewer hashes are enough: no other asks for more.
_BY_CHANCE = 2
_SHIFT = np.uint64(32)


class Shelf(Protocol):
    """Contents that can be looked up by the hashes that winnowing keeps of them."""

    def sharing(self, hashes: U32, most: int) -> tuple[I64, U64, I64]:
        """Return which contents have one of ascending *hashes*: its place, the content, its sizes (n, 2).

        Sizes are the words of a content and how many hashes are kept of it. Of one hash there are at least the *most*
        longest contents that live documents have, and none that no live document has.
        """
        ...


class Sharing(NamedTuple):
    """Texts and what of an index shares hashes with them: n pairs.

    ``code`` int64: the text, ``content`` uint64: the first half of the other's content hash; ``shared`` int64: how many
    hashes they share; ``size`` and ``total`` int64: the words of the text and the hashes kept of it, ``other_size`` and
    ``other_total`` those of the other one.
    """

    code: I64
    content: U64
    shared: I64
    size: I64
    total: I64
    other_size: I64
    other_total: I64

    def may_be_inside(self, threshold: float, *, whole: bool = False) -> Flags:
        """Return which texts may stand inside the other one, of whatever length if it is a *whole* that is longer.

        *threshold* is as in :func:`dedupe.matching.contained.find_contained`.
        """
        return is_enough(self.shared, self.total, threshold) & (whole | (self.size < self.other_size))

    def may_be_around(self, threshold: float) -> Flags:
        """Return which texts may have the other one inside."""
        return is_enough(_BY_CHANCE * self.shared, self.other_total, threshold) & (self.size > self.other_size)

    def may_be_damaged(self, threshold: float) -> Flags:
        """Return which texts may be damaged copies of the other one, or abridged ones."""
        return damaged.are_likely(self.shared, self.total, self.size, self.other_size, threshold)

    def likeliest(self, which: Flags) -> tuple[I64, U64]:
        """Return of those pairs texts and contents: by text, and first the content that shares most with it."""
        code, content, shared = self.code[which], self.content[which], self.shared[which]
        order = np.lexsort((content, -shared, code))
        return code[order], content[order]


#: Returns the contents of an index to be looked at for texts that share hashes with them.
Choice = Callable[[Sharing], U64]


def nested(threshold: float, *, whole: bool, known: I64) -> Choice:
    """Return the choice of passages that may have one of the texts inside, or stand inside one.

    Texts with the codes *known*, int64 ascending, are not looked for in others. *whole* and *threshold* are as in
    :meth:`Sharing.may_be_inside`.
    """

    def chosen(pairs: Sharing) -> U64:
        inside = pairs.likeliest(pairs.may_be_inside(threshold, whole=whole) & ~are_in(pairs.code, known))
        around = pairs.likeliest(pairs.may_be_around(threshold))
        return distinct(np.concatenate([_first_of_each(*found, TRIED) for found in (inside, around)]))

    return chosen


def alike(threshold: float) -> Choice:
    """Return the choice of documents of which one of the texts may be a damaged copy, or an abridged one."""

    def chosen(pairs: Sharing) -> U64:
        return distinct(_first_of_each(*pairs.likeliest(pairs.may_be_damaged(threshold)), damaged.TRIED))

    return chosen


def _first_of_each(texts: I64, contents: U64, most: int) -> U64:
    """Return of the *contents* of each text no more than the first so many."""
    return contents[place_in_run(texts) < most]


def sharing(shelves: Sequence[Shelf], kept: Rows, most: int = _MET) -> Sharing:
    """Return what on the *shelves* shares hashes with texts, of which *kept* are those that winnowing keeps.

    Of the contents that have one hash no more than so many are looked at, the longest.
    """
    hashes = (kept["hash"] >> _SHIFT).astype(np.uint32)
    order = np.lexsort((hashes, kept["segment"]))
    order = order[are_first(kept["segment"][order], hashes[order])]
    kept, hashes = kept[order], hashes[order]
    starts = np.flatnonzero(are_first(kept["segment"]))
    totals = np.diff(np.append(starts, len(kept)))
    text = np.repeat(np.arange(len(starts)), totals)

    asked = distinct(hashes)
    of, content, sizes = _met(shelves, asked, most)
    first = np.searchsorted(of, np.searchsorted(asked, hashes))
    counts = np.searchsorted(of, np.searchsorted(asked, hashes), side="right") - first
    at = np.repeat(first, counts) + count_up(counts)
    text = np.repeat(text, counts)
    order = np.lexsort((content[at], text))
    text, at = text[order], at[order]
    firsts = np.flatnonzero(are_first(text, content[at]))
    shared = np.diff(np.append(firsts, len(at)))
    text, at = text[firsts], at[firsts]
    return Sharing(
        kept["segment"][starts][text], content[at], shared,
        kept["size"][starts][text].astype(np.int64), totals[text], *sizes[at].astype(np.int64).T,
    )  # fmt: skip


def count_kept(sizes: I32, rows: I64, words: I32) -> None:
    """Count into *sizes*, int32 (n, 2), what winnowing keeps: *rows* says of which rows, and *words* has their words.

    A row that has its words there already keeps them.
    """
    sizes[rows, 0] = np.where(sizes[rows, 0] > 0, sizes[rows, 0], words)
    sizes[:, 1] += np.bincount(rows, minlength=len(sizes)).astype(np.int32)


def _met(shelves: Sequence[Shelf], hashes: U32, most: int) -> tuple[I64, U64, I64]:
    """Return the contents of which one of ascending *hashes* is kept: its place, the content, its sizes (n, 2)."""
    none = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.uint64), np.zeros((0, 2), dtype=np.int64)
    found = [none, *(shelf.sharing(hashes, most) for shelf in shelves)]
    owner, content, size = (np.concatenate(column) for column in zip(*found, strict=True))
    order = np.lexsort((content, -size[:, 0], owner))
    owner, content, size = owner[order], content[order], size[order]
    new = are_first(owner, content)
    owner, content, size = owner[new], content[new], size[new]
    few = count_up(np.bincount(owner, minlength=len(hashes))) < most
    return owner[few], content[few], size[few]
