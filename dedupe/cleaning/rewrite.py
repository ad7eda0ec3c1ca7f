"""Files that are rewritten where they are, all of them or none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from dedupe.cleaning.exchange import Move, beside, discard, exchange
from dedupe.cleaning.targets import explained, real_place
from dedupe.cleaning.write import give_to_owner, stream_to
from dedupe.reading.files import shown

_Check = Callable[[], None]


class Rewriting:
    """New contents of files, each beside its place; leaving the context without :meth:`commit` changes nothing."""

    def __init__(self) -> None:
        self._moves: list[Move] = []

    def __enter__(self) -> Rewriting:
        return self

    def __exit__(self, *_: object) -> None:
        for move in self._moves:
            if move.partial is not None:
                discard(move.partial)

    @contextmanager
    def stream(self, path: Path, check: _Check) -> Iterator[BinaryIO]:
        """Give a stream for the new content of a file; at the end *check* raises if it must not be replaced.

        Links are followed. The permission bits stay, and so does the owner, if the system lets us.

        Raises:
            WriteError: full disk, no permission and the like.
        """
        place, target = shown(str(path)), real_place(path)
        partial = beside(target, "partial")
        self._moves.append(Move(partial, target, place, check))
        with stream_to(partial, place, path) as stream:
            yield stream
        with explained(place):
            give_to_owner(partial, path)

    def remove(self, path: Path, check: _Check) -> None:
        """Let a file go, of links the link itself; at the end *check* raises if it must not."""
        self._moves.append(Move(None, path, shown(str(path)), check))

    def commit(self) -> None:
        """Replace and remove the files.

        Raises:
            WriteError, or what a check raises: one could not be; all files are as they were.
        """
        exchange(self._moves)
