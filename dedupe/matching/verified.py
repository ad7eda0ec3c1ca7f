"""Pairs of texts compared in full, and the memory of it: planning goes in rounds, and most pairs come again.

What was found of a pair takes 37 bytes in memory; the words that differ are in a work file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import orjson

from dedupe.matching.differences import loses_nothing
from dedupe.matching.verify import compare_texts
from dedupe.workfiles import TextStore

I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]
Found = npt.NDArray[np.void]

#: Bytes of text that are compared together, but for a single pair that has more.
_COMPARED_BYTES = 1 << 20
#: Differing places kept as evidence for a near duplicate.
_SHOWN = 8

#: A comparison: how alike (0 below the threshold), whether the first can go without loss, where the words are.
FOUND = np.dtype([("similarity", "<f8"), ("safe", "?"), ("length", "<u4"), ("place", "<i8")])


class Match(NamedTuple):
    """Two texts compared in full: how alike they are, and whether the first can go without loss.

    ``differences`` holds up to eight places as (words only in the first, words only in the second).
    """

    similarity: float
    safe: bool
    differences: tuple[tuple[str, str], ...]


class Verifier:
    """Compares pairs of texts and remembers what came of it, by the contents of the two."""

    def __init__(self, store: TextStore, threshold: float) -> None:
        self._store = store
        self._threshold = threshold
        # The halves of the keys, ascending by the first, and what was found.
        self._first, self._second = np.zeros((2, 0), dtype=np.uint64)
        self._found = np.zeros(0, dtype=FOUND)

    def recall(self, keys: U64) -> tuple[Found, npt.NDArray[np.bool_]]:
        """Return what is known of pairs with these :func:`pair_keys`, and for which there is anything."""
        if not len(self._first):
            return np.zeros(len(keys), dtype=FOUND), np.zeros(len(keys), dtype=bool)
        first, second = keys.T
        order = np.argsort(first)  # one after the other they are looked up three times as fast
        at = np.empty(len(keys), dtype=np.int64)
        at[order] = np.searchsorted(self._first, first[order])
        np.minimum(at, len(self._first) - 1, out=at)
        return self._found[at], (self._first[at] == first) & (self._second[at] == second)

    def remember(self, keys: U64, found: Found) -> None:
        """Remember new comparisons."""
        if not len(keys):
            return
        order = np.argsort(keys[:, 0], kind="stable")
        first, second = keys[order].T
        at = np.searchsorted(self._first, first)
        self._first = np.insert(self._first, at, first)
        self._second = np.insert(self._second, at, second)
        self._found = np.insert(self._found, at, found[order])

    def compare(self, pairs: I64, lengths: I64, read: Callable[[int], bytes]) -> Found:
        """Compare *pairs*, int64 (n, 2), of texts by number; *lengths* are their bytes, *read* gives one."""
        found = np.zeros(len(pairs), dtype=FOUND)
        shorter, longer = np.sort(lengths[pairs], axis=1).T
        # A text of a third of the bytes cannot have the words; it is not even read.
        likely = np.flatnonzero((longer < 64) | (shorter > longer * self._threshold / 3))
        part = np.cumsum((shorter + longer)[likely]) // _COMPARED_BYTES
        for at in np.split(likely, np.flatnonzero(np.diff(part)) + 1):
            found[at] = self._compare(pairs[at], read)
        return found

    def _compare(self, pairs: I64, read: Callable[[int], bytes]) -> Found:
        found = np.zeros(len(pairs), dtype=FOUND)
        wanted, numbered = np.unique(pairs, return_inverse=True)
        texts = [read(number) for number in wanted.tolist()]
        numbered = numbered.reshape(-1, 2)
        compared = compare_texts(texts, numbered, self._threshold)
        decoded = [text.decode("utf-8") for text in texts]
        for at in np.flatnonzero(compared.similarity > 0).tolist():
            differences = compared.differences(at, _SHOWN)
            data = orjson.dumps([(_shown(d.ours), _shown(d.theirs)) for d in differences])
            ours, theirs = (decoded[number] for number in numbered[at].tolist())
            safe = loses_nothing(differences, ours, theirs)
            if safe and len(differences) == _SHOWN:  # in most pairs one of the first few is no trifle
                safe = loses_nothing(compared.differences(at), ours, theirs)
            similarity = round(float(compared.similarity[at]), 4)
            found[at] = (similarity, safe, len(data), self._store.append(data))
        return found

    def match(self, found: np.void) -> Match:
        """Return one comparison with the words that differ."""
        data = self._store.read(int(found["place"]), int(found["length"]))
        shown = tuple((ours, theirs) for ours, theirs in orjson.loads(data))
        return Match(float(found["similarity"]), bool(found["safe"]), shown)


def _shown(words: tuple[str, ...]) -> str:
    return " ".join(words).casefold()


def pair_keys(contents: U64, others: U64) -> U64:
    """Return uint64 (n, 2): keys of ordered pairs, from the content hashes (n, 2) of the two."""
    keys = contents * np.uint64(0x9E3779B97F4A7C15)
    keys ^= keys >> np.uint64(29)
    keys = (keys ^ others) * np.uint64(0xC2B2AE3D27D4EB4F)
    keys ^= keys >> np.uint64(29)
    return keys
