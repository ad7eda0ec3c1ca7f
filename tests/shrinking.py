"""Makes input smaller on which something fails, so that a person can read it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import TypeVar

Piece = TypeVar("Piece", str, bytes)


def fewer(pieces: list[Piece], fails: Callable[[list[Piece]], bool], until: float = math.inf) -> list[Piece]:
    """Return what is left of *pieces* when no run of them can be taken out without *fails* becoming false.

    It stops at the time *until* of the monotonic clock with what is left by then.
    """
    size = len(pieces)
    while size and time.monotonic() < until:
        at = 0
        while at < len(pieces) and time.monotonic() < until:
            rest = pieces[:at] + pieces[at + size :]
            if fails(rest):
                pieces = rest
            else:
                at += size
        size //= 2
    return pieces
