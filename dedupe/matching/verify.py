"""Candidate pairs to similarities: the full texts, word by word and in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dedupe import kernels

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]

#: Stands behind the words of each side of a difference; token forms have no character of its kind.
_SEPARATOR = b"\t"


class Difference(NamedTuple):
    """A place where two texts differ: the words there, as they are capitalised.

    ``at_edge`` says that both texts begin there, or that both end there.
    """

    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    at_edge: bool


class Compared(NamedTuple):
    """Two texts, and the places where they differ, int64 (n, 4): begin and end in each of the two."""

    ours: bytes
    theirs: bytes
    places: I64

    def differences(self) -> Iterator[Difference]:
        """Yield in order what is not aligned."""
        ends = [len(self.ours), len(self.theirs)]
        for at, end, other_at, other_end in self.places.tolist():
            yield Difference(
                _words(self.ours[at:end]),
                _words(self.theirs[other_at:other_end]),
                at == other_at == 0 or [end, other_end] == ends,
            )

    def common(self) -> tuple[str, str]:
        """Return what is aligned, as it is written in each."""
        return _without(self.ours, self.places[:, :2]), _without(self.theirs, self.places[:, 2:])


@dataclass(frozen=True, slots=True)
class Comparisons:
    """Pairs of texts, compared.

    ``similarity`` float64 (pairs) is the number of tokens equal in order over those of the
    longer text (0-1), or 0 for pairs that are less alike than was asked for.
    """

    similarity: npt.NDArray[np.float64]
    _buffer: bytes
    _offsets: I64
    _pairs: I64
    _alignments: kernels.Alignments

    def among(self, pairs: I64) -> Iterator[Compared]:
        """Yield some of the pairs, by their numbers."""
        spans = self._offsets[self._pairs[pairs][:, :, None] + (0, 1)].reshape(-1, 4)
        firsts = self._alignments.firsts[pairs[:, None] + (0, 1)]
        for (start, end, other_start, other_end), (first, last) in zip(spans.tolist(), firsts.tolist(), strict=True):
            ours, theirs = self._buffer[start:end], self._buffer[other_start:other_end]
            yield Compared(ours, theirs, self._alignments.places[first:last])

    def differences(self, pair: int) -> Iterator[Difference]:
        """Yield in order what is not aligned between the two texts of *pair*."""
        for compared in self.among(np.array([pair])):
            yield from compared.differences()

    def differing_words(self, most: int) -> tuple[bytes, I64]:
        """Return what differs at the first *most* places of each pair, for :func:`read_words`.

        What there is of pair ``i`` is ``data[offsets[i]:offsets[i + 1]]``, with int64 offsets (pairs + 1).
        """
        firsts = self._alignments.firsts
        counts = np.minimum(np.diff(firsts), most)
        offsets = np.append(0, np.cumsum(counts))
        shown = np.arange(offsets[-1]) + np.repeat(firsts[:-1] - offsets[:-1], counts)
        spans = self._alignments.places[shown].reshape(-1, 2)
        lengths = np.diff(spans).ravel() + 1  # with the separator
        ends = np.append(0, np.cumsum(lengths))
        texts = np.repeat(self._pairs, counts, axis=0).ravel()
        at = np.arange(ends[-1]) + np.repeat(self._offsets[texts] + spans[:, 0] - ends[:-1], lengths)
        at[ends[1:] - 1] = len(self._buffer)
        return np.frombuffer(self._buffer + _SEPARATOR, dtype=np.uint8)[at].tobytes(), ends[2 * offsets]


def write_words(places: Iterable[tuple[str, str]]) -> bytes:
    """Return places where two texts differ, for :func:`read_words`."""
    return b"".join(word.encode("utf-8") + _SEPARATOR for place in places for word in place)


def read_words(pieces: Sequence[bytes]) -> list[tuple[tuple[str, str], ...]]:
    """Return for each of *pieces* the places where two texts differ: words only in the one, words only in the other.

    They are casefolded, unless that is all that they differ in.
    """
    separator = _SEPARATOR.decode()
    text = b"".join(pieces).decode("utf-8").replace("\n", " ")
    for spaced in ("  ", f" {separator}", f"{separator} "):
        while spaced in text:
            text = text.replace(spaced, spaced.strip(" ") or " ")
    written, folded = (words.lstrip(" ").split(separator) for words in (text, text.casefold()))
    places = [
        (ours, theirs) if one == other else (one, other)
        for ours, theirs, one, other in zip(written[::2], written[1::2], folded[::2], folded[1::2], strict=False)
    ]
    ends = accumulate((piece.count(_SEPARATOR) // 2 for piece in pieces), initial=0)
    return [tuple(places[first:last]) for first, last in pairwise(ends)]


def compare_texts(texts: Sequence[bytes], pairs: I64, threshold: float | F64) -> Comparisons:
    """Compare token forms in UTF-8 by *pairs*, int64 (n, 2), of their numbers.

    Tokens are equal when their casefolded forms are. From *threshold* on, or each from its own, float64 (n), two are
    alike.

    >>> texts = [b"The cat sat on a mat", b"the cat sat on the mat", b"a dog"]
    >>> found = compare_texts(texts, np.array([[0, 1], [0, 2]]), 0.5)
    >>> found.similarity.round(2).tolist(), list(found.differences(0))
    ([0.83, 0.0], [Difference(ours=('a',), theirs=('the',), at_edge=False)])
    >>> words, offsets = found.differing_words(8)
    >>> read_words([words[start:end] for start, end in pairwise(offsets)])
    [(('a', 'the'),), ()]
    """
    packed = kernels.joined(texts)
    alignments = kernels.align_pairs(*packed, pairs, np.full(len(pairs), threshold, dtype=np.float64))
    return Comparisons(alignments.similarity, *packed, pairs, alignments)


def _without(text: bytes, spans: I64) -> str:
    """Return *text* without what stands in *spans*, int64 (n, 2)."""
    borders = [0, *spans.ravel().tolist(), len(text)]
    return b" ".join(text[start:end] for start, end in zip(borders[::2], borders[1::2], strict=True)).decode("utf-8")


def _words(data: bytes) -> tuple[str, ...]:
    return tuple(data.decode("utf-8").split())
