"""Picks the kernel: the one place that knows there is more than one.

The native kernel runs where it was built, the reference everywhere else.
``DEDUPE_KERNEL=native`` or ``=reference`` demands one. ``name()`` goes into
``dedupe --version`` and into every log, though the result is the same.
"""

from __future__ import annotations

import os
import unicodedata
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from dedupe import _reference
from dedupe.errors import ConfigError


def _chosen(demanded: str) -> ModuleType:
    if demanded not in ("", "native", "reference"):
        raise ConfigError("DEDUPE_KERNEL", f"there is no kernel {demanded!r}", "use native or reference")
    if demanded == "reference":
        return _reference
    try:
        native = import_module("dedupe._native")
        if unicodedata.unidata_version != native.UNIDATA_VERSION:
            raise ImportError(f"it was built for Unicode {native.UNIDATA_VERSION}")
    except ImportError as error:
        if not demanded:
            return _reference
        advice = "install again with a C++20 compiler and DEDUPE_REQUIRE_NATIVE=1, or unset DEDUPE_KERNEL"
        raise ConfigError("DEDUPE_KERNEL", f"the native kernel is not there ({error})", advice) from error
    return native


if TYPE_CHECKING:  # what the functions are and promise is said there
    from dedupe import _reference as _kernel
else:
    _kernel = _chosen(os.environ.get("DEDUPE_KERNEL", ""))

Alignments = _reference.Alignments
Fingerprints = _reference.Fingerprints
Scan = _reference.Scan
joined = _reference.joined
pack = _reference.pack
align_pairs = _kernel.align_pairs
band_keys = _kernel.band_keys
fingerprint = _kernel.fingerprint
scan = _kernel.scan


def name() -> str:
    """Return the name of the kernel in use."""
    return _kernel.NAME
