"""Where the process begins: an interrupt ends it with the same status while all else is still being loaded."""

from __future__ import annotations

import os
from typing import Any

from dedupe.interrupts import on_ending


def run() -> None:
    """The ``dedupe`` command."""
    on_ending(_leave)
    from dedupe.cli.main import run as run_command

    run_command()


def _leave(*_: Any) -> None:
    """End the process at once: nothing has been begun that would have to be cleared away."""
    os._exit(130)
