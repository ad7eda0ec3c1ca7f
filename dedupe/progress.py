"""How a run says how far it is; who shows that, and how, is the caller's business."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

#: What a stage calls: its name, and how many documents it is through with.
Report = Callable[[str, int], None]


class Progress(Protocol):
    """What a caller of a run gives to be told how far it is."""

    def __call__(self, stage: str, documents: int, done: int, total: int) -> None:
        """Take note that *stage* is through with *documents*.

        *done* of *total* bytes of the files, as they lie on disk, are behind the reading that is under
        way; 0 of 0 where nothing is read.
        """


def silent(stage: str, documents: int) -> None:
    """The report that goes nowhere."""
