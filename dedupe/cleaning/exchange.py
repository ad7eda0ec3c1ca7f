"""Files that take the place of others, all of them or none."""

from __future__ import annotations

import contextlib
import os
import platform
import secrets
import shutil
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from dedupe.cleaning.targets import explained
from dedupe.errors import WriteError
from dedupe.interrupts import undisturbed
from dedupe.reading.files import shown

#: Characters of a file's name in that of what stands beside it, which must not get too long.
NAME_CHARS = 48


class Move(NamedTuple):
    """What stands at *target* goes, and *partial* takes its place, if there is one; people know it as *place*.

    *check* raises if that must not be.
    """

    partial: Path | None
    target: Path
    place: str
    check: Callable[[], None] = lambda: None


def exchange(moves: Sequence[Move], then: Callable[[], None] = lambda: None) -> None:
    """Do all *moves* in turn, and then *then*; if one of them fails, none is done.

    Raises:
        WriteError: one cannot be done, or could neither be done nor undone.
    """
    done: list[tuple[Move, Path]] = []
    with undisturbed():
        try:
            for move in moves:
                with explained(move.place):
                    move.check()
                    old = beside(move.target, "old")
                    done.append((move, old))
                    _do(move, old)
            for folder in {move.target.parent for move in moves}:
                flush_folder(folder)
            then()
        except BaseException as error:
            left = [_undo(move, old) for move, old in reversed(done)]
            for problem in filter(None, left):
                raise problem from error
            raise
        for _, old in done:
            discard(old)


def _do(move: Move, old: Path) -> None:
    if os.path.lexists(move.target):
        _keep(move.target, old)
    if move.partial is not None:
        os.replace(move.partial, move.target)
    else:
        move.target.unlink(missing_ok=True)


def _keep(target: Path, old: Path) -> None:
    """Let what stands at *target* stand at *old* as well: by a link, or by a copy where there are none."""
    if os.link in os.supports_follow_symlinks:  # else a link to a link would be one to what that leads to
        with contextlib.suppress(OSError):
            os.link(target, old, follow_symlinks=False)
            return
    try:
        shutil.copy2(target, old, follow_symlinks=False)
    except BaseException:
        discard(old)  # what is not whole must not be put back
        raise


def _undo(move: Move, old: Path) -> WriteError | None:
    """Put back what stood there; return what is to be said if that fails."""
    try:
        if os.path.lexists(old):
            os.replace(old, move.target)
            discard(old)  # which is left where both are links to the same
        elif move.partial is not None and not move.partial.exists():
            move.target.unlink(missing_ok=True)
    except OSError:
        problem = f"was replaced, and what stood there is left at {shown(str(old))}"
        return WriteError(move.place, problem, "move that back by hand")
    return None


def beside(target: Path, suffix: str) -> Path:
    """Return a place in the folder of *target* that nobody else uses; its name says whose it is."""
    token = f"{this_machine()}-{os.getpid()}-{secrets.token_hex(4)}"
    return target.with_name(f".{target.name[:NAME_CHARS]}.{token}.{suffix}")


def this_machine() -> str:
    """Return what the names of :func:`beside` call this machine, or this container: where a process has its number."""
    numbered = ""
    with contextlib.suppress(OSError):
        numbered = os.readlink("/proc/self/ns/pid")
    return f"{zlib.crc32((platform.node() + numbered).encode()):08x}"


def discard(path: Path) -> None:
    """Remove a file or folder, if that can be done."""
    with contextlib.suppress(OSError):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def flush_folder(path: Path) -> None:
    """Make the names in a folder last; systems that cannot do that lose nothing else."""
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
