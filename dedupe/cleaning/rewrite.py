"""Files that are rewritten where they are, all of them or none."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO

from dedupe.cleaning.exchange import Move, beside, discard, exchange
from dedupe.cleaning.targets import explained, real_place
from dedupe.cleaning.write import give_to_owner, stream_to
from dedupe.errors import ReadError
from dedupe.reading.files import InputFile, Link, shown

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
        written = beside(target, "partial")
        self._moves.append(Move(written, target, place, check))
        with stream_to(written, place, path) as stream:
            yield stream
        with explained(place):
            give_to_owner(written, path)

    def remove(self, file: InputFile, check: _Check) -> None:
        """Let a file go, with the links to it that are known; at the end *check* raises if it must not.

        Where the file was found by a link, that goes, and not what it leads to.
        """
        for link in file.links:  # first, so that none of them ever leads nowhere
            self._moves.append(Move(None, link.location, shown(str(link.location)), partial(_check_link, link)))
        self._moves.append(Move(None, file.location, shown(str(file.location)), check))

    def commit(self) -> None:
        """Replace and remove the files.

        Raises:
            WriteError, or what a check raises: one could not be; all files are as they were.
        """
        exchange(self._moves)


def _check_link(link: Link) -> None:
    if os.readlink(link.location) != link.target:
        raise ReadError(shown(str(link.location)), "changed meanwhile", "run again when nothing writes to it")
