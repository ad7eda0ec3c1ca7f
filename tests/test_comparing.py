"""Pairs of texts compared in batches: what the kernels promise, and that they agree to the bit."""

from __future__ import annotations

import random
from importlib import import_module
from importlib.util import find_spec
from itertools import pairwise
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from equal_kernels import same
from hypothesis import given
from hypothesis import strategies as st
from strategies import odd_texts

from dedupe import _reference, kernels
from dedupe.matching.verify import compare_texts, read_words
from dedupe.text.normalize import token_form

KERNELS = [_reference, *([import_module("dedupe._native")] if find_spec("dedupe._native") else [])]
all_kernels = pytest.mark.parametrize("kernel", KERNELS, ids=[kernel.__name__ for kernel in KERNELS])

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
    found = kernels.align_pairs(*kernels.joined(data), pairs, np.full(len(pairs), threshold))
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


@given(st.lists(texts, min_size=2, max_size=5), st.sampled_from([0.0, 0.3, 0.7]), st.integers(1, 3))
def test_differing_words_are_those_of_the_first_differences(
    batch: list[list[str]], threshold: float, most: int
) -> None:
    data = ["\n".join(text).encode() for text in batch]
    pairs = np.array([[0, n] for n in range(1, len(data))])
    compared = compare_texts(data, pairs, threshold)
    words, offsets = compared.differing_words(most)
    assert (offsets[0], offsets[-1]) == (0, len(words))
    told = []
    for pair in range(len(pairs)):
        differences = list(compared.differences(pair))[:most]
        told.append(tuple((" ".join(d.ours).casefold(), " ".join(d.theirs).casefold()) for d in differences))
    assert read_words([words[start:end] for start, end in pairwise(offsets.tolist())]) == told


@given(odd_texts())
def test_no_token_form_has_what_separates_differing_words(text: str) -> None:
    words, _ = compare_texts([token_form(text).encode(), b""], np.array([[0, 1]]), 0.0).differing_words(8)
    assert len(read_words([words])[0]) <= 1


def assert_kernels_agree(data: list[bytes], pairs: Any, threshold: float) -> kernels.Alignments:
    thresholds = np.full(len(pairs), threshold)
    expected, *others = (kernel.align_pairs(*kernels.joined(data), pairs, thresholds) for kernel in KERNELS)
    for found in others:
        assert all(map(same, found, expected))
    assert isinstance(expected, kernels.Alignments)
    return expected


@given(st.lists(texts.map(" ".join) | odd_texts(), min_size=2, max_size=5), st.sampled_from([0.0, 0.5, 1.0]))
def test_kernels_agree(batch: list[str], threshold: float) -> None:
    data = [text.encode("utf-8", "surrogatepass") for text in batch]
    pairs = np.array([[one, other] for one in range(len(data)) for other in range(len(data))])
    assert_kernels_agree(data, pairs, threshold)
    assert_kernels_agree([token_form(text).encode() for text in batch], pairs, threshold)


@pytest.mark.parametrize("vocabulary", [3, 40, 500, 6_000, 1 << 30])
def test_kernels_agree_on_long_texts(vocabulary: int) -> None:
    """So long that the alignment is cut at anchors, of one, three or eight words, or of none."""
    rng = random.Random(vocabulary)
    ours = [str(rng.randrange(vocabulary)) for _ in range(7_000)]
    theirs = [word for word in ours if rng.random() > 0.03]
    theirs[3_000:3_000] = ours[4_000:6_000]
    unlike = [str(rng.randrange(vocabulary)) for _ in range(7_000)]
    data = [" ".join(words).encode() for words in (ours, theirs, unlike)]
    found = assert_kernels_agree(data, np.array([[0, 1], [1, 2], [2, 0]]), 0.0)
    assert found.similarity[0] > 0.6


def test_long_texts_are_aligned_at_anchors() -> None:
    rng = np.random.default_rng(3)
    ours = [str(n) for n in rng.integers(0, 500, 40_000)]
    theirs = [word for word, keep in zip(ours, rng.random(40_000) > 0.03, strict=True) if keep]
    data = [" ".join(text).encode() for text in (ours, theirs)]
    found = kernels.align_pairs(*kernels.joined(data), np.array([[0, 1]]), np.array([0.5]))
    assert found.similarity[0] > 0.99 * len(theirs) / len(ours)


@all_kernels
@pytest.mark.parametrize("pairs", [[[0, 2]], [[-1, 0]], [[0, 1, 1]], [[0]], [[1 << 40, 0]]])
def test_pairs_of_no_texts_are_refused(kernel: ModuleType, pairs: list[list[int]]) -> None:
    with pytest.raises(ValueError, match="two numbers of texts"):
        kernel.align_pairs(b"ab", np.array([0, 1, 2]), np.array(pairs), np.full(len(pairs), 0.5))


@all_kernels
def test_what_is_no_array_of_pairs_is_refused(kernel: ModuleType) -> None:
    for wrong in (np.array([0, 1]), np.array([[0, 1]], dtype=np.int32), np.array([[0.0, 1.0]])):
        with pytest.raises(TypeError):
            kernel.align_pairs(b"ab", np.array([0, 1, 2]), wrong, np.array([0.5]))
    with pytest.raises(ValueError, match="offsets"):
        kernel.align_pairs(b"ab", np.array([0, 3]), np.zeros((0, 2), dtype=np.int64), np.zeros(0))


@all_kernels
def test_each_pair_has_a_threshold(kernel: ModuleType) -> None:
    packed, pairs = kernels.joined([b"a b c d", b"a b x y"]), np.array([[0, 1], [1, 0], [0, 1]])
    found = kernel.align_pairs(*packed, pairs, np.array([0.5, 0.6, 0.4]))
    assert (found.similarity.tolist(), found.firsts.tolist()) == ([0.5, 0.0, 0.5], [0, 1, 1, 2])
    with pytest.raises(ValueError, match="one threshold for each pair"):
        kernel.align_pairs(*packed, pairs, np.array([0.5]))
    for wrong in (0.5, np.array([1, 1, 1]), np.full((3, 1), 0.5), np.full(3, 0.5, dtype=np.float32)):
        with pytest.raises(TypeError):
            kernel.align_pairs(*packed, pairs, wrong)
