"""Which kernel runs: the one place that knows there is more than one, told without waiting for NumPy.

The native kernel runs where it was built, the reference everywhere else.
``DEDUPE_KERNEL=native`` or ``=reference`` demands one. ``name()`` goes into
``dedupe --version`` and into every log, though the result is the same.
"""

from __future__ import annotations

import os
import unicodedata
from importlib import import_module
from types import ModuleType

from dedupe.errors import ConfigError


def native() -> ModuleType | None:
    """Return the native kernel, or None if the reference is to run.

    Raises:
        ConfigError: the kernel that ``DEDUPE_KERNEL`` demands is not there.
    """
    demanded = os.environ.get("DEDUPE_KERNEL", "")
    if demanded not in ("", "native", "reference"):
        raise ConfigError("DEDUPE_KERNEL", f"there is no kernel {demanded!r}", "use native or reference")
    if demanded == "reference":
        return None
    try:
        kernel = import_module("dedupe._native")
        if unicodedata.unidata_version != kernel.UNIDATA_VERSION:
            raise ImportError(f"it was built for Unicode {kernel.UNIDATA_VERSION}")
    except ImportError as error:
        if not demanded:
            return None
        advice = "install again with a C++20 compiler and DEDUPE_REQUIRE_NATIVE=1, or unset DEDUPE_KERNEL"
        raise ConfigError("DEDUPE_KERNEL", f"the native kernel is not there ({error})", advice) from error
    return kernel


def name() -> str:
    """Return the name of the kernel that runs."""
    return "reference" if native() is None else "native"
