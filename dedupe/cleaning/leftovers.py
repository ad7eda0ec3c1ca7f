"""What runs that were killed while they rewrote files left beside these."""

from __future__ import annotations

import os
import re
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from dedupe.cleaning.exchange import NAME_CHARS, discard, this_machine
from dedupe.reading.files import shown

#: The names that :func:`dedupe.cleaning.exchange.beside` gives.
_NAME = re.compile(r"\.(.+)\.([0-9a-f]{8})-([0-9]+)-[0-9a-f]{8}\.(?:partial|old)", re.DOTALL)
#: Seconds after which a run on another machine is taken to be over.
_LONG = 86_400
_PIECE = 1 << 20


def tidy(folders: Iterable[Path]) -> list[Path]:
    """Remove from *folders* what killed runs left and nobody misses; return the places of the rest.

    A ``.partial`` was to replace the file whose name it has: it goes where that stands. An ``.old`` is what the file
    was, and goes where it is so still. What may belong to a run that goes on is let alone. To be called before this
    process leaves anything itself.
    """
    return sorted(place for folder in folders for place, files in _left(folder) if not _tidied(place, files))


def notes_on(places: Sequence[Path], most: int) -> list[str]:
    """Say what is left at *places*, of which *most* are named."""
    notes = [
        f"{shown(str(place))}: was left by a run that was killed; see what it is, and remove it" for place in places
    ]
    return notes if len(notes) <= most else [*notes[:most], f"and {len(notes) - most:,} more of that kind"]


def _left(folder: Path) -> Iterator[tuple[Path, list[Path]]]:
    """Yield what killed runs left in a folder, with the files there that it may belong to."""
    try:
        names = os.listdir(folder)
    except OSError:
        return
    found = [
        match for match in map(_NAME.fullmatch, names) if match and _is_over(folder / match[0], *match.groups()[1:])
    ]
    named: defaultdict[str, list[Path]] = defaultdict(list)
    for name in names if found else ():
        named[name[:NAME_CHARS]].append(folder / name)
    yield from ((folder / match[0], named[match[1]]) for match in found)


def _is_over(place: Path, machine: str, process: str) -> bool:
    """Whether the run that left something is over: its process, or, on another machine, its day."""
    try:
        if machine != this_machine():
            return time.time() - place.lstat().st_ctime > _LONG
        if int(process) != os.getpid():  # else another one had that number
            os.kill(int(process), 0)
            return False
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return True


def _tidied(place: Path, files: list[Path]) -> bool:
    """Remove what nobody misses; return whether it is gone."""
    if place.suffix == ".old":
        files = [file for file in files if _are_same(place, file)]
    if files:
        discard(place)
    return not os.path.lexists(place)


def _are_same(one: Path, other: Path) -> bool:
    try:
        if one.is_symlink() or other.is_symlink():
            return os.readlink(one) == os.readlink(other)
        with one.open("rb") as first, other.open("rb") as second:
            while piece := first.read(_PIECE):
                if second.read(len(piece)) != piece:
                    return False
            return not second.read(1)
    except OSError:
        return False
