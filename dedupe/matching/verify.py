"""Candidate pairs to similarities: the full texts, word by word and in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dedupe import kernels


class Difference(NamedTuple):
    """A place where two texts differ: the words there, as they are capitalised.

    ``at_edge`` says that both texts begin there, or that both end there.
    """

    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    at_edge: bool


@dataclass(frozen=True, slots=True)
class Comparisons:
    """Pairs of texts, compared.

    ``similarity`` float64 (pairs) is the number of tokens equal in order over those of the
    longer text (0-1), or 0 for pairs that are less alike than was asked for.
    """

    similarity: npt.NDArray[np.float64]
    _texts: Sequence[bytes]
    _pairs: npt.NDArray[np.int64]
    _alignments: kernels.Alignments

    def differences(self, pair: int, most: int | None = None) -> tuple[Difference, ...]:
        """Return in order what is not aligned between the two texts of *pair*, all of it or the first *most* places."""
        ours, theirs = (self._texts[text] for text in self._pairs[pair].tolist())
        first, last = self._alignments.firsts[pair : pair + 2].tolist()
        ends = (len(ours), len(theirs))
        return tuple(
            Difference(
                _words(ours[at:end]),
                _words(theirs[other_at:other_end]),
                at == other_at == 0 or (end, other_end) == ends,
            )
            for at, end, other_at, other_end in self._alignments.places[first:last][:most].tolist()
        )


def compare_texts(texts: Sequence[bytes], pairs: npt.NDArray[np.int64], threshold: float) -> Comparisons:
    """Compare token forms in UTF-8 by *pairs*, int64 (n, 2), of their numbers.

    Tokens are equal when their casefolded forms are.

    >>> texts = [b"The cat sat on a mat", b"the cat sat on the mat", b"a dog"]
    >>> found = compare_texts(texts, np.array([[0, 1], [0, 2]]), 0.5)
    >>> found.similarity.round(2).tolist(), found.differences(0)
    ([0.83, 0.0], (Difference(ours=('a',), theirs=('the',), at_edge=False),))
    """
    alignments = kernels.align_pairs(*kernels.joined(texts), pairs, threshold)
    return Comparisons(alignments.similarity, texts, pairs, alignments)


def _words(data: bytes) -> tuple[str, ...]:
    return tuple(data.decode("utf-8").split())
