"""What runs that were killed while they wrote files left beside these."""

from __future__ import annotations

import os
import re
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from dedupe.cleaning.exchange import NAME_CHARS, discard, this_machine
from dedupe.cleaning.targets import is_special, real_place
from dedupe.reading.files import shown

#: The names that :func:`dedupe.cleaning.exchange.beside` gives.
_NAME = re.compile(r"\.(.+)\.([0-9a-f]{8})-([0-9]+)-[0-9a-f]{8}\.(?:partial|old)", re.DOTALL)
#: Seconds after which a run on another machine is taken to be over.
_LONG = 86_400
#: When this process began, as far as leftovers go: what has its number and is older was another one's.
_BEGAN = time.time()
#: Seconds by which the clock of a disk may be behind.
_SKEW = 60
_PIECE = 1 << 20


def tidy(folders: Iterable[Path], targets: Collection[Path] = ()) -> list[Path]:
    """Remove from *folders* what killed runs left and nobody misses; return the places of the rest.

    A ``.partial`` was to replace the file whose name it has: it goes where that stands. Where it is one of *targets*,
    which are about to be written anew, it goes as well, unless what stood there is left too: then it may be all
    that its run had to put there. An ``.old`` is what the file was, and goes where it is so still. What may belong to
    a run that goes on is let alone, also to one in another thread.
    """
    return sorted(place for folder in folders for place, files in _left(folder, targets) if not _tidied(place, files))


def tidy_for(*outputs: str) -> list[Path]:
    """Do what :func:`tidy` does where *outputs* are about to be written; those that are no files leave nothing."""
    targets = [real_place(output) for output in outputs if output not in ("", "-")]
    targets = [target for target in targets if not is_special(target)]
    return tidy({target.parent for target in targets}, targets)


def notes_on(places: Sequence[Path], most: int) -> list[str]:
    """Say what is left at *places*, of which *most* are named."""
    notes = [
        f"{shown(str(place))}: was left by a run that was killed; see what it is, and remove it" for place in places
    ]
    return notes if len(notes) <= most else [*notes[:most], f"and {len(notes) - most:,} more of that kind"]


def _left(folder: Path, targets: Collection[Path]) -> Iterator[tuple[Path, list[Path]]]:
    """Yield what killed runs left in a folder, with the files there that it may belong to, or will."""
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
    replaced = {match[1] for match in found if match[0].endswith(".old")}
    for target in targets:
        if target.parent == folder and target.name[:NAME_CHARS] not in replaced:
            named[target.name[:NAME_CHARS]].append(target)
    yield from ((folder / match[0], named[match[1]]) for match in found)


def _is_over(place: Path, machine: str, process: str) -> bool:
    """Whether the run that left something is over: its process, or, on another machine, its day."""
    try:
        changed = place.lstat().st_ctime
        if machine != this_machine():
            return time.time() - changed > _LONG
        if int(process) == os.getpid():
            return changed < _BEGAN - _SKEW  # another one had that number
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        pass
    return False


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
