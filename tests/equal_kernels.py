"""Calls both kernels on the same texts and compares all that comes back; for the tests and for the fuzzer."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import numpy as np

from dedupe import _reference
from dedupe.matching.fingerprint import BANDS, ROWS, SHINGLE_SIZE, permutations

PERMUTATIONS = permutations()
SETTINGS: dict[str, dict[str, Any]] = {
    "suspicious": {},
    "term_counts": {"terms": "licensee hereby tort the a"},
    "line_shapes": {},
    "line_spans": {},
    "winnow": {"shingle_size": 5, "window": 8},
    "fingerprint": {"permutations": PERMUTATIONS, "shingle_size": SHINGLE_SIZE},
    "scan": {
        "permutations": PERMUTATIONS,
        "shingle_size": SHINGLE_SIZE,
        "bands": BANDS,
        "rows": ROWS,
        "layout": "auto",
        "min_words": 8,
        "line_keys": True,
    },
}


def usable_instructions() -> list[str]:
    """Return the names of the instruction sets that the native kernel can use here, the plainest first."""
    if find_spec("dedupe._native") is None:
        return []
    names = ["portable", "avx2", "avx512"]
    best = import_module("dedupe._native").instructions()
    return names[: names.index(best) + 1]


INSTRUCTIONS = usable_instructions()


def call(kernel: ModuleType, function: str, buffer: bytes, offsets: Any, **options: Any) -> Any:
    """Call a function of a kernel, with the settings of the package where *options* have no others."""
    return getattr(kernel, function)(buffer, offsets, **{**SETTINGS[function], **options})


def scan(texts: list[str], kernel: ModuleType = _reference, **options: Any) -> _reference.Scan:
    """Scan texts with one of the kernels."""
    result = call(kernel, "scan", *_reference.pack(texts), **options)
    assert isinstance(result, _reference.Scan)
    return result


def differences(function: str, buffer: bytes, offsets: Any, **options: Any) -> list[str]:
    """Return the names of the parts of the result in which the native kernel differs from the reference."""
    native = import_module("dedupe._native")
    expected = parts(call(_reference, function, buffer, offsets, **options))
    found = parts(call(native, function, buffer, offsets, **options))
    assert expected.keys() == found.keys()
    return [name for name in expected if not same(found[name], expected[name])]


def parts(result: Any) -> dict[str, Any]:
    """Return the parts of a result by name; an array is a result of one."""
    return result._asdict() if hasattr(result, "_asdict") else {"the result": result}


def same(ours: Any, theirs: Any) -> bool:
    """Whether two arrays, or two runs of bytes, are equal in all that can be seen of them."""
    if isinstance(theirs, bytes):
        return bool(ours == theirs)
    return ours.dtype == theirs.dtype and ours.shape == theirs.shape and np.array_equal(ours, theirs)


def assert_equal(function: str, texts: list[str], **options: Any) -> None:
    """Fail, with the first text that shows it, unless both kernels give the same for the texts."""
    if not differences(function, *_reference.pack(texts), **options):
        return
    for text in texts:
        wrong = differences(function, *_reference.pack([text]), **options)
        assert not wrong, f"{function} differs in {wrong} for {text!r}"
    raise AssertionError(f"{function} differs for the batch, not for any one text")
