"""Inputs that are named as a person standing here would name them, each file once, whatever links lead to it."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from dedupe.config import Config
from dedupe.errors import ReadError, system_reason
from dedupe.reading.files import InputFile, Inputs, Link, find_inputs


def find_by_location(paths: Sequence[str], config: Config, spool_folder: Path, stdin: BinaryIO | None = None) -> Inputs:
    """Find inputs that are named as a person standing here would name them.

    A path is relative to the working directory for what is inside it, else absolute. A file is there once: links to
    one that is named itself are left out, and of several links to one file all but the first by path; the file
    knows of them.
    """
    if "-" in paths:
        return find_inputs(paths, config, spool_folder, stdin)
    here = Path.cwd()
    files: dict[str, InputFile] = {}
    ignored: Counter[str] = Counter()
    for path in paths:
        found = find_inputs([path], config, spool_folder, stdin)
        ignored.update(found.ignored)
        for file in found.files:
            location = Path(os.path.abspath(path if file.spooled else file.location))
            inside = location.is_relative_to(here)
            name = (location.relative_to(here) if inside else location).as_posix()
            files[name] = replace(file, path=name)
    return Inputs(_each_once([files[name] for name in sorted(files)]), "tree", dict(sorted(ignored.items())))


def inside_root(inputs: Inputs) -> Inputs:
    """Name what :func:`find_by_location` found by paths that can be joined to one folder.

    That is the working directory, or the root of the file system where something is outside it.
    """
    if not any(file.path.startswith("/") for file in inputs.files):
        return inputs

    def named(path: str) -> str:
        return Path(os.path.abspath(path)).as_posix().lstrip("/")

    files = [
        replace(file, path=named(file.path), links=tuple(link._replace(path=named(link.path)) for link in file.links))
        for file in inputs.files
    ]
    return replace(inputs, files=tuple(sorted(files, key=lambda file: file.path)))


def _each_once(files: Sequence[InputFile]) -> tuple[InputFile, ...]:
    """Keep of the names of one file the one that is no link, else the first: a link is no copy of what it leads to."""
    folders: dict[Path, str] = {}
    chosen: dict[str, tuple[bool, InputFile]] = {}
    links: defaultdict[str, dict[str, InputFile]] = defaultdict(dict)
    for file in files:
        parent = file.location.parent
        folders[parent] = folder = folders.get(parent) or os.path.realpath(parent)
        entry = place = os.path.join(folder, file.location.name)
        is_link = file.location.is_symlink()
        if is_link:
            place = os.path.realpath(entry)
            links[place].setdefault(entry, file)
        other = chosen.get(place)
        if other is None or (other[0] and not is_link):
            chosen[place] = (is_link, file)
    once = [
        replace(file, links=tuple(_as_link(link) for link in links[place].values() if link is not file))
        for place, (_, file) in chosen.items()
    ]
    return tuple(sorted(once, key=lambda file: file.path))


def _as_link(file: InputFile) -> Link:
    try:
        return Link(file.location, file.path, os.readlink(file.location))
    except OSError as error:
        raise ReadError(file.place, system_reason(error), "run again when nothing writes to it") from error
