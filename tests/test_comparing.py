"""Pairs of texts compared in batches: what the kernel's functions promise, whichever kernel runs."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dedupe import kernels

tokens = st.sampled_from(["a", "A", "b", "ß", "SS", "ﬁ", "Ωμέγας", "ωμέγασ", "東", "\U0001f600"])
texts = st.lists(tokens, max_size=12)


def longest_common(ours: list[str], theirs: list[str]) -> int:
    row = [0] * (len(theirs) + 1)
    for word in ours:
        above, row = row, [0]
        for place, other in enumerate(theirs):
            row.append(above[place] + 1 if word == other else max(above[place + 1], row[place]))
    return row[-1]


def outside(text: bytes, spans: list[list[int]]) -> list[str]:
    """The casefolded tokens of *text* that are in none of the *spans*."""
    edges = [0, *(edge for span in spans for edge in span), len(text)]
    assert edges == sorted(edges)
    left = " ".join(text[start:end].decode() for start, end in zip(edges[::2], edges[1::2], strict=True))
    return left.casefold().split()


@given(st.lists(texts, min_size=2, max_size=5), st.sampled_from([0.0, 0.3, 0.7, 1.0]), st.sampled_from(" \n"))
def test_pairs_are_aligned(batch: list[list[str]], threshold: float, space: str) -> None:
    data = [space.join(text).encode() for text in batch]
    folded = [text.decode().casefold().split() for text in data]
    pairs = np.array([[0, n] for n in range(1, len(data))])
    found = kernels.align_pairs(*kernels.joined(data), pairs, threshold)
    assert len(found.firsts) == len(pairs) + 1
    for (one, other), similarity, (first, last) in zip(
        pairs.tolist(), found.similarity.tolist(), pairwise(found.firsts.tolist()), strict=True
    ):
        equal = longest_common(folded[one], folded[other])
        longer = max(len(folded[one]), len(folded[other]), 1)
        if equal / longer < threshold:
            assert (similarity, first) == (0, last)
            continue
        assert similarity == equal / longer
        places = found.places[first:last]
        ours, theirs = outside(data[one], places[:, :2].tolist()), outside(data[other], places[:, 2:].tolist())
        assert ours == theirs
        assert len(ours) == equal


def test_long_texts_are_aligned_at_anchors() -> None:
    rng = np.random.default_rng(3)
    ours = [str(n) for n in rng.integers(0, 500, 40_000)]
    theirs = [word for word, keep in zip(ours, rng.random(40_000) > 0.03, strict=True) if keep]
    data = [" ".join(text).encode() for text in (ours, theirs)]
    found = kernels.align_pairs(*kernels.joined(data), np.array([[0, 1]]), 0.5)
    assert found.similarity[0] > 0.99 * len(theirs) / len(ours)
