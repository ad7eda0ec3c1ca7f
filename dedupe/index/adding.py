"""What all indexes have in common: how files get in, which settings fit, what there is to say of one."""

from __future__ import annotations

import json
import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dedupe.config import Config
from dedupe.errors import ConfigError
from dedupe.model import Document
from dedupe.progress import Progress
from dedupe.reading.corpus import FileCorpus, FileDocuments
from dedupe.reading.files import InputFile, Inputs, file_digest, shown

#: Settings that change what an index holds of a text.
_SETTINGS = ("segment", "min_words", "repair", "repair_also")
#: Documents between two reports of progress.
_STEP = 200


@dataclass(frozen=True, slots=True)
class Added:
    """What adding came to, in files: new ones, changed ones, those that were known, those that left; and documents."""

    new: int = 0
    changed: int = 0
    known: int = 0
    gone: int = 0
    documents: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Info:
    """What an index holds, leaving out what has left it, and what it takes on the disk."""

    path: str
    files: int
    documents: int
    segments: int
    parts: int
    dead_files: int
    bytes: int
    signature_version: int
    settings: Mapping[str, Any]


class Adder(ABC):
    """Takes files and documents into an index; every call has happened as a whole when it returns, or not at all."""

    _config: Config

    def add_files(
        self, files: Sequence[InputFile], prune: Sequence[str] = (), progress: Progress | None = None
    ) -> Added:
        """Bring the index up to *files*, whose paths are what the index knows them by.

        A file of the same content is left alone; one with another content takes the place of what was known under its
        path. Files of the index that are in *prune* or lie under it, and are not there any more, leave it.

        Raises:
            ReadError: a file cannot be read.
            WriteError: the index cannot be written.
        """
        digests = {file.path: file_digest(file) for file in files}
        known = {path: self._digest(path) for path in digests}
        fresh = [file for file in files if known[file.path] != digests[file.path]]
        changed = {file.path for file in fresh if known[file.path] is not None}
        gone = {path for path in self._paths_under(prune) if not os.path.exists(path)}
        if not fresh and not gone:
            return Added(known=len(files))
        reading = FileCorpus(Inputs(tuple(fresh), "tree"), self._config)
        corpus = FileDocuments(reading)

        def documents() -> Iterator[Document]:
            for number, document in corpus.documents():
                if progress and number % _STEP == 0:
                    progress("reading", number, *reading.position())
                yield document

        count = self._take(documents(), digests, changed | gone)
        notes = tuple(corpus.errors.values())
        return Added(len(fresh) - len(changed), len(changed), len(files) - len(fresh), len(gone), count, notes)

    def add_documents(self, path: str, digest: bytes, documents: Iterable[Document]) -> Added:
        """Add documents that stand in no file, under a *path* and with a sha256 that are theirs alone."""
        if self._digest(path) == digest:
            return Added(known=1)
        named = (replace(document, path=path) for document in documents)
        return Added(new=1, documents=self._take(named, {path: digest}, {path}))

    def _paths_under(self, roots: Sequence[str]) -> Iterator[str]:
        places = {os.path.realpath(root) for root in roots}
        folders = tuple(os.path.join(place, "") for place in places)
        for path in self._paths() if places else ():
            if path in places or path.startswith(folders):
                yield path

    @abstractmethod
    def _digest(self, path: str) -> bytes | None:
        """Return the sha256 of the file that is known under *path*."""

    @abstractmethod
    def _paths(self) -> Iterator[str]:
        """Yield the paths of all files that are known."""

    @abstractmethod
    def _take(self, documents: Iterable[Document], digests: Mapping[str, bytes], leaving: set[str]) -> int:
        """Add documents and let the files *leaving* go, both at once; return the number of documents."""


def is_shared(place: str) -> bool:
    """Return whether *place* names an index on a server, which is another module's business: its imports take time."""
    return place.startswith(("redis://", "rediss://"))


def called(place: str) -> str:
    """Return how an index is called in messages: without the password of its server.

    >>> called("redis://:secret@localhost:6379/0?name=news"), called("news.index")
    ('redis://localhost:6379/0?name=news', 'news.index')
    """
    if not is_shared(place):
        return place
    from urllib.parse import parse_qs, urlsplit  # a hundredth of the time that a start takes

    parsed = urlsplit(place)
    name = parse_qs(parsed.query).get("name", ["dedupe"])[0]
    return f"{parsed.scheme}://{parsed.netloc.rpartition('@')[2]}{parsed.path}?name={name}"


def settings_of(config: Config) -> dict[str, Any]:
    """Return the settings that an index is made with, as JSON types."""
    values = {name: getattr(config, name) for name in _SETTINGS}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def check_settings(path: str, settings: Mapping[str, Any], config: Config) -> None:
    """Raise if an index that was made with *settings* cannot be used with those of *config*.

    Raises:
        ConfigError: what is different.
    """
    for name, value in settings_of(config).items():
        if settings.get(name) != value:
            made, now = json.dumps(settings.get(name)), json.dumps(value)
            problem = f"was made with {name.replace('_', '-')} = {made}, and now it is {now}"
            raise ConfigError(shown(path), problem, "use the settings it was made with, or another index")
