"""Picks the kernel: the one place that knows there can be more than one.

``DEDUPE_KERNEL=reference`` demands the NumPy kernel. ``name()`` goes into
``dedupe --version`` and into every log, though the result is the same.
"""

from __future__ import annotations

import os

from dedupe import _reference as _kernel
from dedupe.errors import ConfigError

_demanded = os.environ.get("DEDUPE_KERNEL", "")
if _demanded not in ("", _kernel.NAME):
    raise ConfigError("DEDUPE_KERNEL", f"there is no kernel {_demanded!r}", f"use {_kernel.NAME}")

Fingerprints = _kernel.Fingerprints
band_keys = _kernel.band_keys
fingerprint = _kernel.fingerprint
pack = _kernel.pack


def name() -> str:
    """Return the name of the kernel in use."""
    return _kernel.NAME
