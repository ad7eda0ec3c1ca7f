"""An index on disk: a folder with parts that never change, and a manifest that names those that count.

Adding writes a new part beside the others and then puts a new manifest into the place of the old one. So an index that
is read, or whose writer was killed, is the one before or the one after. What is in the folder and not
in the manifest belongs to nobody, and the next writer clears it away. Parts are merged as they come, so that
there are few: each holds at least twice as much as the next smaller one.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, astuple, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from dedupe.cleaning.targets import explained
from dedupe.cleaning.write import write_atomic
from dedupe.config import Config
from dedupe.errors import ConfigError, ReadError, WriteError, system_reason
from dedupe.index.adding import Adder, Info, check_settings, settings_of
from dedupe.index.fill import fingerprinted
from dedupe.index.part import Part, damaged, is_whole, looking_into, seal
from dedupe.index.part_writer import PartWriter
from dedupe.index.references import LivePart, Reference
from dedupe.matching.fingerprint import SIGNATURE_VERSION
from dedupe.model import Document
from dedupe.reading.files import shown

#: Raised when the files of an index are laid out in another way.
FORMAT_VERSION = 5
_MANIFEST, _LOCK, _PART, _DEAD = "manifest.json", "lock", "part-", "dead-"
#: Documents that are copied together from one part to another.
_AT_ONCE = 1024
#: How often a reader looks again when a writer took parts away while it was opening them.
_TRIES = 10


@dataclass(frozen=True, slots=True)
class PartEntry:
    """A part in the manifest. ``dead`` names the file that says which of its files left ("" for none)."""

    name: str
    files: int
    documents: int
    segments: int
    dead: str = ""
    dead_files: int = 0

    def __post_init__(self) -> None:
        """Refuse what another program wrote under these names."""
        kinds = (str, int, int, int, str, int)
        if tuple(map(type, astuple(self))) != kinds:
            raise TypeError(self)


class _Home:
    """The folder that an index lies in. Files below it are known by their path from there, so that both can move."""

    def __init__(self, index: str) -> None:
        self._folder = os.path.join(os.path.dirname(os.path.realpath(index)), "")

    def path(self, place: str) -> str:
        """Return what the index knows a file by."""
        return f"./{place.removeprefix(self._folder)}" if place.startswith(self._folder) else place

    def place(self, path: str) -> str:
        """Return where a file is that the index knows by *path*."""
        return self._folder + path.removeprefix("./") if path.startswith("./") else path


class Index:
    """An index that is there, as it was when it was opened."""

    def __init__(self, path: str, config: Config | None = None) -> None:
        """Open the index at *path*; with *config*, only if it can be used with those settings.

        Raises:
            ReadError: there is no index, or it cannot be read.
            ConfigError: it was made with other settings, or by a version whose fingerprints are not comparable.
        """
        self.path = path
        self._folder = Path(path)
        self._home = _Home(path)
        self._entries, self.settings = _read_manifest(self._folder)
        if config is not None:
            check_settings(path, self.settings, config)

    def reference(self, without: Iterable[str] = ()) -> Reference:
        """Return what the index holds as reference texts, but for the files with these paths."""
        for _ in range(_TRIES):
            try:
                parts = [_live_part(self._folder, entry, self._home) for entry in self._entries]
                break
            except FileNotFoundError:  # merged since; the manifest says what with
                self._entries, _ = _read_manifest(self._folder)
        else:
            raise damaged(self.path)
        left_out = list(map(self._home.path, without))
        with looking_into(self.path):
            for live in parts:
                live.bury(left_out)
        return Reference(self.path, parts)

    def info(self) -> Info:
        """Return what the index holds."""
        reference = self.reference()
        files = documents = segments = 0
        with looking_into(self.path):
            for live in reference.parts:
                kept = live.live_documents()
                files += len(live.live_files())
                documents += len(kept)
                segments += live.part.segment_total(kept)
        return Info(
            self.path, files, documents, segments, len(self._entries), sum(entry.dead_files for entry in self._entries),
            sum(file.stat().st_size for file in self._folder.rglob("*") if file.is_file()),
            SIGNATURE_VERSION, self.settings,
        )  # fmt: skip


@contextmanager
def writing(path: str, config: Config) -> Iterator[IndexWriter]:
    """Open the index at *path* for writing, or make one; nobody else can write to it meanwhile.

    Raises:
        WriteError: another process is writing to it, or it cannot be written.
        ReadError, ConfigError: as :class:`Index` says.
    """
    folder = Path(path)
    with explained(shown(path)):
        if folder.exists() and not folder.is_dir():
            raise WriteError(shown(path), "is a file, and an index is a folder", "name a new folder for the index")
        if folder.is_dir() and not (folder / _MANIFEST).exists() and not all(map(_is_ours, folder.iterdir())):
            raise WriteError(shown(path), "is a folder with other things in it", "name a new folder for the index")
        folder.mkdir(exist_ok=True)
        lock = (folder / _LOCK).open("a+")
    with lock:
        with explained(shown(path)):  # there are file systems without locks
            _lock(lock.fileno(), path)
        if not (folder / _MANIFEST).exists():
            _write_manifest(folder, [], settings_of(config))
        entries, settings = _read_manifest(folder)
        check_settings(path, settings, config)
        with explained(shown(path)):
            _clear_away(folder, entries)
        try:
            yield IndexWriter(path, entries, settings, config)
        finally:
            with suppress(OSError):
                _clear_away(folder, _read_manifest(folder)[0])


class IndexWriter(Adder):
    """Adds to an index and takes from it; every call has happened as a whole when it returns, or not at all."""

    def __init__(self, path: str, entries: list[PartEntry], settings: Mapping[str, Any], config: Config) -> None:
        self._path = path
        self._folder = Path(path)
        self._home = _Home(path)
        self._settings = settings
        self._config = config
        self._names = [entry.name for entry in entries]
        try:
            self._parts = [_live_part(self._folder, entry, self._home) for entry in entries]
        except FileNotFoundError:
            raise damaged(path) from None

    def reference(self, without: Iterable[str] = ()) -> Reference:
        """Return what the index holds as reference texts, but for the files with these paths."""
        left_out = list(map(self._home.path, without))
        parts = [replace(live) for live in self._parts]
        with looking_into(self._path):
            for live in parts:
                live.bury(left_out)
        return Reference(self._path, parts)

    def compact(self) -> None:
        """Make one part of all, without what has left."""
        if len(self._parts) > 1 or any(live.dead is not None for live in self._parts):
            self._merge(self._parts)
            self._commit()

    def _digest(self, path: str) -> bytes | None:
        with looking_into(self._path):
            for live in self._parts:
                file = live.part.find_file(self._home.path(path))
                if file >= 0 and live.has_file(file):
                    return live.part.digest(file)
        return None

    def _paths(self) -> Iterator[str]:
        with looking_into(self._path):
            for live in self._parts:
                yield from (self._home.place(live.part.path(file)) for file in live.live_files().tolist())

    def _take(self, documents: Iterable[Document], digests: Mapping[str, bytes], leaving: set[str]) -> int:
        """Add documents and let the files *leaving* go, both at once; return the number of documents."""
        writer = self._new_part()
        known = {self._home.path(place): digest for place, digest in digests.items()}
        named = (replace(document, path=self._home.path(document.path)) for document in documents)
        for batch in fingerprinted(named, self._config):
            writer.add(batch, known.__getitem__)
        gone = list(map(self._home.path, leaving))
        with looking_into(self._path):
            for live in self._parts:
                live.bury(gone)
        self._finish(writer)
        self._merge(_to_be_merged(self._parts))
        self._commit()
        return writer.document_count

    def _new_part(self) -> PartWriter:
        folder = self._folder / f"{_PART}{secrets.token_hex(8)}"
        with explained(shown(self._path)):
            folder.mkdir()
            return PartWriter(folder, self._config.min_words)

    def _finish(self, writer: PartWriter) -> None:
        writer.finish()
        with explained(shown(self._path)):
            if writer.document_count:
                seal(writer.folder)
                _flush(writer.folder)
                self._names.append(writer.folder.name)
                self._parts.append(LivePart(Part(writer.folder), place=self._home.place))

    def _merge(self, parts: Sequence[LivePart]) -> None:
        """Put one part in the place of several, without what has left them."""
        if not parts:
            return
        writer = self._new_part()
        with looking_into(self._path):
            for live in parts:
                self._copy(live, writer)
        kept = [(name, live) for name, live in zip(self._names, self._parts, strict=True) if live not in parts]
        self._names, self._parts = [name for name, _ in kept], [live for _, live in kept]
        self._finish(writer)

    def _copy(self, live: LivePart, writer: PartWriter) -> None:
        documents = live.live_documents()
        for at in range(0, len(documents), _AT_ONCE):
            batch = live.part.read(documents[at : at + _AT_ONCE])
            writer.add(batch, lambda path: live.part.digest(live.part.find_file(path)))
            live.part.release()

    def _commit(self) -> None:
        """Let the manifest name the parts as they are now; what it does not name any more goes."""
        with explained(shown(self._path)):
            entries = [_entry(self._folder, name, live) for name, live in zip(self._names, self._parts, strict=True)]
            _write_manifest(self._folder, entries, self._settings)
            _clear_away(self._folder, entries)


def compact_index(path: str) -> tuple[int, int]:
    """Make one part of the index at *path*, without what has left it; return its bytes before and after.

    Raises:
        ReadError: there is no index.
        WriteError: another process is writing to it, or it cannot be written.
    """
    index = Index(path)
    before = index.info().bytes
    settings: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in index.settings.items()
    }
    with writing(path, Config(**settings)) as writer:
        writer.compact()
    return before, Index(path).info().bytes


def _to_be_merged(parts: Sequence[LivePart]) -> list[LivePart]:
    """Return the small parts that come to no more than twice the next larger one, and those of which half has left."""
    chosen: list[LivePart] = []
    total = 0
    for live in sorted(parts, key=lambda live: live.part.segment_count):
        if total and live.part.segment_count >= 2 * total:
            break
        chosen.append(live)
        total += live.part.segment_count
    chosen = chosen if len(chosen) > 1 else []
    return chosen + [live for live in parts if live not in chosen and 2 * live.dead_count() > live.part.file_count]


def _live_part(folder: Path, entry: PartEntry, home: _Home) -> LivePart:
    """Open a part; one of which something is missing is as good as not there."""
    if not is_whole(folder / entry.name):
        raise FileNotFoundError(entry.name)
    part = Part(folder / entry.name)
    if not entry.dead:
        return LivePart(part, place=home.place)
    gone = np.frombuffer((folder / entry.dead).read_bytes(), dtype=np.uint8)
    if len(gone) != entry.dead_files * np.dtype(np.int64).itemsize:
        raise FileNotFoundError(entry.dead)
    dead = np.zeros(part.file_count, dtype=bool)
    dead[gone.view(np.int64)] = True
    return LivePart(part, dead, home.place)


def _entry(folder: Path, name: str, live: LivePart) -> PartEntry:
    part, dead, count = live.part, "", live.dead_count()
    if live.dead is not None:
        dead = f"{_DEAD}{secrets.token_hex(8)}"
        with (folder / dead).open("wb") as stream:
            stream.write(np.flatnonzero(live.dead).tobytes())
            stream.flush()
            os.fsync(stream.fileno())
    return PartEntry(name, part.file_count, part.document_count, part.segment_count, dead, count)


def _read_manifest(folder: Path) -> tuple[list[PartEntry], dict[str, Any]]:
    place = shown(str(folder))
    try:
        data = (folder / _MANIFEST).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise ReadError(place, "there is no index", "make one with `dedupe index add`") from None
    except OSError as error:
        raise ReadError(place, system_reason(error), "look at its permissions") from error
    try:
        manifest = json.loads(data)
        if manifest["format"] != FORMAT_VERSION or manifest["signature_version"] != SIGNATURE_VERSION:
            problem = (
                f"is of format {manifest['format']} with fingerprints {manifest['signature_version']}, "
                f"and this version has {FORMAT_VERSION} with {SIGNATURE_VERSION}"
            )
            raise ConfigError(place, problem, "make the index anew from its texts with `dedupe index add`")
        return [PartEntry(**entry) for entry in manifest["parts"]], dict(manifest["settings"])
    except (ValueError, TypeError, KeyError) as error:
        if isinstance(error, ConfigError):
            raise
        raise ReadError(place, f"{_MANIFEST} is not one of an index", "make the index anew") from error


def _write_manifest(folder: Path, entries: Sequence[PartEntry], settings: Mapping[str, Any]) -> None:
    manifest = {
        "format": FORMAT_VERSION,
        "signature_version": SIGNATURE_VERSION,
        "settings": dict(settings),
        "parts": [asdict(entry) for entry in entries],
    }
    with write_atomic(folder / _MANIFEST) as stream:
        stream.write(json.dumps(manifest, indent=1).encode("ascii") + b"\n")


def _lock(file: int, path: str) -> None:
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        writer = os.pread(file, 20, 0).decode("ascii", "replace").strip()
        problem = f"another process{f' ({writer})' if writer.isdecimal() else ''} is writing to the index"
        raise WriteError(shown(path), problem, "try again when it is done") from None
    os.ftruncate(file, 0)
    os.pwrite(file, str(os.getpid()).encode("ascii"), 0)


def _clear_away(folder: Path, entries: Sequence[PartEntry]) -> None:
    """Remove what no manifest names: old parts, and those of writers that were killed."""
    named = {_MANIFEST, _LOCK, *(entry.name for entry in entries), *(entry.dead for entry in entries)}
    for found in list(folder.iterdir()):
        if found.name not in named and _is_ours(found):
            if found.is_dir():
                shutil.rmtree(found, ignore_errors=True)
            else:
                found.unlink(missing_ok=True)


def _is_ours(path: Path) -> bool:
    return path.name in (_MANIFEST, _LOCK) or path.name.startswith((_PART, _DEAD, f".{_MANIFEST}."))


def _flush(folder: Path) -> None:
    """See to it that the files in a folder are on the disk."""
    for file in [*folder.iterdir(), folder, folder.parent]:
        handle = os.open(file, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
