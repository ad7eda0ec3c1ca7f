"""The native kernel against the reference, which defines the result: equal to the bit."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupe import _reference

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
