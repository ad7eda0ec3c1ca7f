"""Pairs of texts compared in full, and the memory of it: planning goes in rounds, and most pairs come again.

What was found of a pair takes 37 bytes in memory, 8 where the two are not alike; the words that differ are in a work
file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dedupe.matching.differences import loses_nothing
from dedupe.matching.verify import Comparisons, compare_texts, read_words, write_words
from dedupe.matching.written import told_apart
from dedupe.parallel import ordered_map
from dedupe.workfiles import TextStore

I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]
Found = npt.NDArray[np.void]
Flags = npt.NDArray[np.bool_]

#: Bytes of text that are compared together, but for a single pair that has more.
_COMPARED_BYTES = 1 << 18
#: Differing places kept as evidence for a near duplicate.
SHOWN = 8

#: Of words that are not in the work file yet the place is this, less their place in the file that they are in.
_BEHIND = -1

#: A comparison: how alike (0 below the threshold), whether the first can go without loss (which is looked at where they
#: are alike enough for that), where the words are that differ.
FOUND = np.dtype([("similarity", "<f8"), ("safe", "?"), ("length", "<u4"), ("place", "<i8")])


class Match(NamedTuple):
    """Two texts compared in full.

    ``differences`` holds up to eight places as (words only in the first, words only in the second).
    """

    similarity: float
    differences: tuple[tuple[str, str], ...]


class Verifier:
    """Compares pairs of texts and remembers what came of it, by the contents of the two.

    Those less alike than *threshold* are not alike, and none goes that is less alike than *remove_threshold*. So many
    *jobs* at a time compare.
    """

    def __init__(self, store: TextStore, threshold: float, remove_threshold: float, jobs: int = 1) -> None:
        self._store = store
        self._jobs = jobs
        self._threshold = threshold
        self._remove_threshold = remove_threshold
        # Of pairs that are not alike half the keys, ascending: there are many, and two of them meet once in 2**64. Of
        # the others both halves, ascending by the first, and what was found.
        self._unlike, self._first, self._second = np.zeros((3, 0), dtype=np.uint64)
        self._found = np.zeros(0, dtype=FOUND)

    def memory_bytes(self) -> int:
        """Return how many bytes of memory the comparisons take."""
        return self._unlike.nbytes + self._first.nbytes + self._second.nbytes + self._found.nbytes

    def are_unlike(self, keys: U64) -> Flags:
        """Return for each of these :func:`pair_keys` whether the two are known not to be alike."""
        if not len(self._unlike):
            return np.zeros(len(keys), dtype=bool)
        at = _places(keys[:, 0], self._unlike)
        unlike: Flags = self._unlike[at] == keys[:, 0]
        return unlike

    def recall(self, keys: U64) -> tuple[Found, Flags]:
        """Return what is known of pairs with these :func:`pair_keys` that are alike, and which are known to be."""
        if not len(self._first):
            return np.zeros(len(keys), dtype=FOUND), np.zeros(len(keys), dtype=bool)
        first, second = keys.T
        at = _places(first, self._first)
        return self._found[at], (self._first[at] == first) & (self._second[at] == second)

    def remember(self, unlike: Sequence[U64], keys: Sequence[U64], found: Sequence[Found]) -> None:
        """Remember new comparisons; for a moment this takes the memory of all that are known twice.

        Arrays of *unlike* have the first halves of the keys of pairs that are not alike, those of *keys* the keys of
        others, with what was *found*.
        """
        self._unlike = np.concatenate([self._unlike, *unlike])
        self._unlike.sort()
        self._first = np.concatenate([self._first, *(each[:, 0] for each in keys)])
        order = np.argsort(self._first, kind="stable")
        self._first = self._first[order]
        self._second = np.concatenate([self._second, *(each[:, 1] for each in keys)])[order]
        self._found = np.concatenate([self._found, *found])[order]

    def take_in(self, words: Path, *found: Found) -> None:
        """Put *words* that differ into the work file, from a file that goes, and let what was *found* say so."""
        first = self._store.take_in(words)
        for each in found:
            place = each["place"]
            each["place"] = np.where(place < 0, first + _BEHIND - place, place)

    def differences(self, found: Found) -> list[tuple[tuple[str, str], ...]]:
        """Return for each pair that something was found of the places where the two differ."""
        return read_words(self._store.pieces(found["place"], found["length"].astype(np.int64)))

    def compare(self, pairs: I64, lengths: I64, read: Callable[[I64], list[bytes]], words: TextStore) -> Found:
        """Compare *pairs*, int64 (n, 2), of texts by number; *lengths* are their bytes, *read* gives some.

        The words that differ are put into *words*, and what is found is right once :meth:`take_in` knows of them.
        """
        found = np.zeros(len(pairs), dtype=FOUND)
        shorter, longer = np.sort(lengths[pairs], axis=1).T
        # A text of a third of the bytes cannot have the words; it is not even read.
        likely = np.flatnonzero((longer < 64) | (shorter > longer * self._threshold / 3))
        part = np.cumsum((shorter + longer)[likely]) // _COMPARED_BYTES
        parts = np.split(likely, np.flatnonzero(np.diff(part)) + 1)

        def texts() -> Iterator[tuple[list[bytes], I64]]:
            for at in parts:
                wanted, numbered = np.unique(pairs[at], return_inverse=True)
                yield read(wanted), numbered.reshape(-1, 2)

        # The kernel lets other threads run: what it found is looked at here, and what it needs is read, meanwhile.
        compared = ordered_map(lambda some: compare_texts(*some, self._threshold), texts(), self._jobs, threads=True)
        for at, comparisons in zip(parts, compared, strict=True):
            found[at] = self._told(comparisons, words)
        return found

    def alike(self, differences: Sequence[Sequence[tuple[str, str]]]) -> Found:
        """Return what is to be remembered of pairs of texts that have the same words, and differ in something else."""
        found = np.zeros(len(differences), dtype=FOUND)
        found["similarity"] = 1.0
        for at, places in enumerate(differences):
            words = write_words(places[:SHOWN])
            found["length"][at], found["place"][at] = len(words), self._store.append(words)
        return found

    def _told(self, compared: Comparisons, store: TextStore) -> Found:
        """Return what is to be remembered of comparisons, and put the words that differ into *store*."""
        found = np.zeros(len(compared.similarity), dtype=FOUND)
        alike = np.flatnonzero(compared.similarity)
        rounded = np.array([round(similarity, 4) for similarity in compared.similarity[alike].tolist()])
        found["similarity"][alike] = np.where(rounded < self._threshold, 0.0, rounded)
        likely = np.flatnonzero(found["similarity"] >= self._remove_threshold)
        found["safe"][likely] = [
            loses_nothing(pair.differences(), pair.ours, pair.theirs) and not told_apart(*pair.common())
            for pair in compared.among(likely)
        ]
        words, offsets = compared.differing_words(SHOWN)
        found["length"], found["place"] = np.diff(offsets), _BEHIND - (store.append(words) + offsets[:-1])
        return found


def _places(values: U64, known: U64) -> I64:
    """Return for each of *values* the first place in *known*, ascending, of a value that is not less, or the last."""
    order = np.argsort(values)  # one after the other they are looked up three times as fast
    at = np.empty(len(values), dtype=np.int64)
    at[order] = np.searchsorted(known, values[order])
    return np.minimum(at, len(known) - 1, out=at)


def pair_keys(contents: U64, others: U64) -> U64:
    """Return uint64 (n, 2): keys of ordered pairs, from the content hashes (n, 2) of the two."""
    keys = contents * np.uint64(0x9E3779B97F4A7C15)
    keys ^= keys >> np.uint64(29)
    keys = (keys ^ others) * np.uint64(0xC2B2AE3D27D4EB4F)
    keys ^= keys >> np.uint64(29)
    return keys
