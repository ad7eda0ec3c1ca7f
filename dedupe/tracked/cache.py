"""Fingerprints of the texts that git tracks, kept between runs under the git directory.

They are parts of an index in which a blob stands for a file, so a text is read once in its life, whatever its
name and its branch. The folder is named by everything that decides over fingerprints. All of it can be deleted at
any time: a part appears whole and never changes, and what is missing or damaged is made again. Hooks that run at once
may write the same part twice, and one of them goes unused.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath

from dedupe._version import __version__
from dedupe.config import Config
from dedupe.errors import ReadError, WriteError, system_reason
from dedupe.index.fill import fingerprinted
from dedupe.index.part import Part, is_whole, seal
from dedupe.index.part_writer import PartWriter
from dedupe.matching.fingerprint import SIGNATURE_VERSION
from dedupe.model import Document
from dedupe.reading.encoding import decode
from dedupe.reading.files import shown
from dedupe.reading.jsonl import parse_row
from dedupe.tracked.git import Repository

#: More parts than this are made fewer, by reading the texts of the small ones again.
_MOST_PARTS = 8
#: What git-lfs leaves in place of a text: not the text.
_POINTER = b"version https://git-lfs.github.com/spec/"
#: Seconds after which an unfinished part is taken for one whose writer was killed.
_ABANDONED = 24 * 3600
_ROWS = (".jsonl", ".ndjson")


class Blobs:
    """What is known of blobs, by their keys."""

    def __init__(self, parts: list[Part]) -> None:
        self.parts = parts
        self._files = {part.path(file): (n, file) for n, part in enumerate(parts) for file in range(part.file_count)}

    def __contains__(self, key: object) -> bool:
        return key in self._files

    def documents(self, key: str) -> list[tuple[int, int]]:
        """Return the documents in a blob: the number of their part, and theirs in it."""
        part, file = self._files[key]
        return [(part, document) for document in self.parts[part].documents_of(file)]


def blob_key(blob: str, path: str, config: Config) -> str:
    """Return the key of a blob in the cache, "" where *path* is no text: a run over its folder would pass it over.

    >>> [blob_key("ab", path, Config()) for path in ("news/a.txt", "feed.jsonl", "a.py", ".hidden/a.txt")]
    ['ab text', 'ab jsonl', '', '']
    """
    name = PurePosixPath(path)
    if any(part.startswith(".") for part in name.parts) or name.name.lower().endswith(".difflog.jsonl"):
        return ""
    ending = name.suffix.lower()
    is_rows = ending in _ROWS
    if not is_rows and ending not in {"." + wanted.lower().lstrip(".") for wanted in config.extensions}:
        return ""
    kind = config.input_format if config.input_format != "auto" else "jsonl" if is_rows else "text"
    return f"{blob} {kind}"


def open_blobs(repository: Repository, keys: set[str], config: Config) -> Blobs:
    """Return what is known of the blobs with these *keys*; those that the cache has not are read and added to it.

    Raises:
        ReadError: a blob is missing from the repository.
        WriteError: the cache cannot be written.
    """
    decisive = f"{config.fingerprint()} {SIGNATURE_VERSION} {__version__}"
    folder = repository.common / "dedupe" / f"tracked-{hashlib.sha256(decisive.encode()).hexdigest()[:16]}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        parts = dict(_opened(folder))
        folded = _to_fold(parts)
        known = Blobs([part for path, part in parts.items() if path not in folded])
        missing = sorted(key for key in keys if key not in known)
        if missing:
            known = Blobs([*known.parts, _add(folder, repository, missing, config)])
        for path in folded:
            shutil.rmtree(path, ignore_errors=True)
    except OSError as error:
        raise WriteError(shown(str(folder)), f"the cache: {system_reason(error)}", "make room, or delete it") from error
    return known


def read_documents(repository: Repository, keys: list[str], config: Config) -> Iterator[Document]:
    """Yield the documents in blobs, in order; the path of each is the key of its blob.

    A text that cannot be read is an empty one: whoever commits it hears of that from a check of the file.
    """
    blobs = repository.read(key.partition(" ")[0] for key in keys)
    for key, (_, data) in zip(keys, blobs, strict=True):
        yield from _documents(key, data, config)


def _documents(key: str, data: bytes, config: Config) -> list[Document]:
    found = []
    if key.endswith(" jsonl"):
        for number, row in enumerate(data.split(b"\n"), 1):
            with suppress(ReadError):
                found.append(Document(f"#{number}", parse_row(row, key, config)[0], path=key, row=number))
    elif not data.startswith(_POINTER):
        with suppress(ReadError):
            decoded = decode(data, key, config)
            found.append(Document(key, decoded.text, path=key, encoding=decoded.encoding, bom=decoded.bom))
    return found or [Document(key, "", path=key)]


def _opened(folder: Path) -> Iterator[tuple[Path, Part]]:
    """Open the parts in *folder*; those that are damaged go."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith("part-"):
            try:
                if not is_whole(path):
                    raise ValueError(path)
                yield path, Part(path)
            except (OSError, ValueError):
                shutil.rmtree(path, ignore_errors=True)
        elif _is_abandoned(path):
            shutil.rmtree(path, ignore_errors=True)


def _is_abandoned(unfinished: Path) -> bool:
    try:
        return time.time() - unfinished.stat().st_mtime > _ABANDONED
    except FileNotFoundError:  # its writer has just finished it
        return False


def _to_fold(parts: Mapping[Path, Part]) -> list[Path]:
    """Return the parts to be made one: of too many all but the largest, and that too if the others outweigh it."""
    if len(parts) <= _MOST_PARTS:
        return []
    *small, largest = sorted(parts, key=lambda path: parts[path].document_count)
    is_largest = sum(parts[path].document_count for path in small) <= parts[largest].document_count
    return small if is_largest else [*small, largest]


def _add(folder: Path, repository: Repository, keys: list[str], config: Config) -> Part:
    """Write a part with the blobs of sorted *keys*."""
    place = Path(tempfile.mkdtemp(prefix="new-", dir=folder))
    try:
        writer = PartWriter(place, config.min_words)
        try:
            for batch in fingerprinted(read_documents(repository, keys, config), config):
                writer.add(batch, lambda key: hashlib.sha256(key.encode()).digest())
            writer.finish()
        finally:
            writer.close()
        seal(place)
        part = Part(place)
        with suppress(OSError):  # another run has just put the same part there
            place.rename(folder / f"part-{hashlib.sha256(' '.join(keys).encode()).hexdigest()[:20]}")
        return part
    finally:
        shutil.rmtree(place, ignore_errors=True)
