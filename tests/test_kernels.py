"""The native kernel against the reference, which defines the result: equal to the bit."""

from __future__ import annotations

import os
import subprocess
import sys
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import CODE, LONG, ODD, SHORT, TABLE, VERSE

from dedupe import _reference, kernels
from dedupe.matching.fingerprint import BANDS, ROWS, SHINGLE_SIZE, Signer, permutations
from dedupe.text.masks import line_keys
from dedupe.text.normalize import token_form
from dedupe.text.segment import split_lines, split_segments

native = pytest.importorskip("dedupe._native", reason="the native kernel was not built")


# -- which kernel runs


def kernel_in(demanded: str, before: str = "") -> subprocess.CompletedProcess[str]:
    code = f"{before}\nfrom dedupe import kernels; print(kernels.name())"
    env = {**os.environ, "DEDUPE_KERNEL": demanded}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, check=False)


def test_the_native_kernel_runs_unless_another_is_demanded() -> None:
    assert kernel_in("").stdout == "native\n"
    assert kernel_in("native").stdout == "native\n"
    assert kernel_in("reference").stdout == "reference\n"
    assert "there is no kernel 'fast'; use native or reference" in kernel_in("fast").stderr


MISSING = "import sys; sys.modules['dedupe._native'] = None"


def test_the_reference_steps_in_where_the_native_kernel_is_missing() -> None:
    assert kernel_in("", MISSING).stdout == "reference\n"
    assert "DEDUPE_KERNEL: the native kernel is not there" in kernel_in("native", MISSING).stderr


# -- band keys


@given(st.integers(0, 5), st.integers(1, 6), st.integers(1, 6), st.integers(0, 3), st.integers(0, 1 << 32))
def test_band_keys(count: int, bands: int, rows: int, spare: int, seed: int) -> None:
    signatures = np.random.default_rng(seed).integers(0, 1 << 32, (count, bands * rows + spare), dtype=np.uint32)
    ours = native.band_keys(signatures, bands, rows)
    assert ours.dtype == np.uint32
    assert np.array_equal(ours, _reference.band_keys(signatures, bands, rows))


def test_band_keys_refuse_what_they_cannot_read() -> None:
    signatures = np.zeros((3, 128), dtype=np.uint32)
    with pytest.raises(ValueError, match="more bands"):
        native.band_keys(signatures, 26, 5)
    for wrong in (signatures.astype(np.int64), signatures[:, ::2], signatures[0], [[1]], None):
        with pytest.raises(TypeError):
            native.band_keys(wrong, 1, 1)
    with pytest.raises(TypeError):
        native.band_keys(signatures, -1, 1)


# -- scan


def texts_of(result: kernels.Scan, i: int) -> list[str]:
    rows = range(result.segment_offsets[i], result.segment_offsets[i + 1])
    places = [(result.text_at[row], result.text_at[row] + result.text_length[row]) for row in rows]
    return [result.tokens[start:end].decode() for start, end in places]


def scan(texts: list[str], kernel: ModuleType = _reference, **options: object) -> kernels.Scan:
    settings = {"layout": "auto", "min_words": 8, "line_keys": True, **options}
    return kernel.scan(
        *kernels.pack(texts), permutations=permutations(), shingle_size=SHINGLE_SIZE, bands=BANDS, rows=ROWS, **settings
    )  # fmt: skip


@given(
    st.lists(st.sampled_from([*LONG, *SHORT, *TABLE, *VERSE, *CODE, *ODD]).map(lambda text: text + "\n"), max_size=6)
)
def test_a_scan_is_what_its_parts_say(texts: list[str]) -> None:
    texts = ["", *texts, "\n".join(texts)]
    result = scan(texts)
    for i, text in enumerate(texts):
        lines = split_lines(text)
        parts = split_segments(text, lines)
        first, last = result.segment_offsets[i : i + 2]
        assert result.spans[first:last].tolist() == [[part.start, part.end, part.stop] for part in parts]
        pieces = [text[part.start : part.end] for part in parts]
        assert texts_of(result, i) == [token_form(piece) for piece in pieces]
        assert result.tokens[result.doc_at[i] : result.doc_at[i + 1]].decode() == "\n".join(texts_of(result, i))
        signed = Signer.create().sign(pieces)
        assert np.array_equal(result.content[first:last], signed.prints.content)
        assert np.array_equal(result.words[first:last], signed.prints.words)
        assert result.doc_words[i] == signed.prints.words.sum()
        assert np.array_equal(result.doc_bands[i : i + 1], signed.document_bands(np.array([0, len(pieces)])))
        keys = result.line_keys[result.line_offsets[i] : result.line_offsets[i + 1]]
        assert np.array_equal(keys, line_keys(text, lines))
        # All the words of a document, whatever its paragraphs.
        together = Signer.create().sign([" ".join(pieces)]).prints
        assert np.array_equal(result.doc_content[i : i + 1], together.content)
    long = [row for row in range(len(result.words)) if result.comparable[row]]
    assert len(result.bands) == len(long)
    assert all(result.words[row] >= 8 for row in long)


def test_a_scan_without_line_keys_has_none() -> None:
    result = scan([LONG[0], LONG[1]], line_keys=False)
    assert len(result.line_keys) == 0
    assert result.line_offsets.tolist() == [0, 0, 0]
