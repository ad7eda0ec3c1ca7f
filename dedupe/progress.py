"""How a run says how far it is; who shows that, and how, is the caller's business."""

from __future__ import annotations

from typing import Protocol


class Report(Protocol):
    """What a stage calls to say how far it is."""

    def __call__(self, stage: str, documents: int, done: int = 0, total: int = 0) -> None:
        """Take note that *stage* is through with *documents*, and with *done* of *total* bytes if it knows."""


class Progress(Protocol):
    """What a caller of a run gives to be told how far it is."""

    def __call__(self, stage: str, documents: int, done: int, total: int) -> None:
        """Take note that *stage* is through with *documents*.

        *done* of *total* bytes are behind it: of the files, as they lie on disk, where these are read, else of the
        texts; 0 of 0 where neither is gone through.
        """


def silent(stage: str, documents: int, done: int = 0, total: int = 0) -> None:
    """The report that goes nowhere."""
