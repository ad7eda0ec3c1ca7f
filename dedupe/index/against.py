"""Reference corpora of one run: each becomes a part of an index that goes when the run ends."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import groupby

from dedupe.config import Config
from dedupe.errors import ConfigError
from dedupe.index.adding import Added, Adder, Info, is_shared
from dedupe.index.fill import fingerprinted, text_digest
from dedupe.index.folder import Index, IndexWriter, writing
from dedupe.index.part import Part
from dedupe.index.part_writer import PartWriter
from dedupe.index.references import LivePart, Reference, References
from dedupe.model import Document
from dedupe.progress import Progress
from dedupe.reading.corpus import FileCorpus, FileDocuments
from dedupe.reading.files import InputFile, Inputs, file_digest
from dedupe.reading.located import find_by_location
from dedupe.text.offsets import encode
from dedupe.workfiles import WorkFolder, open_work_folder


@contextmanager
def index_of_run(config: Config, *, dry_run: bool = False) -> Iterator[Adder | None]:
    """Open the index that a run adds to, if it does; nobody else writes to it while the run lasts."""
    if not config.index or config.scope == "document" or dry_run:
        yield None
    else:
        with open_for_adding(config.index, config) as index:
            yield index


@contextmanager
def open_for_adding(place: str, config: Config) -> Iterator[Adder]:
    """Open the index at *place*, or make it: a folder, or ``redis://...``.

    Raises:
        ReadError, WriteError, ConfigError: it cannot be opened or made, or not with these settings.
    """
    if is_shared(place):
        from dedupe.index.shared import SharedIndex

        with SharedIndex(place, config, make=True).writing() as index:
            yield index
    else:
        with writing(place, config) as folder:
            yield folder


def index_info(place: str) -> Info:
    """Return what the index at *place* holds.

    Raises:
        ReadError, ConfigError: it cannot be opened.
    """
    if is_shared(place):
        from dedupe.index.shared import SharedIndex

        return SharedIndex(place).info()
    return Index(place).info()


def open_references(
    config: Config,
    folder: WorkFolder,
    inputs: Sequence[InputFile] = (),
    documents: Iterable[Document] = (),
    index: Adder | None = None,
    batch: str = "",
) -> References:
    """Return the reference texts that *config* names, and *documents*; none where documents are judged alone.

    The run's own *inputs*, or what an index knows as its *batch*, are no references to themselves. What is known
    of the texts lies in *folder*. Of an *index* that is open for writing, the state is the one that is written on.

    Raises:
        ReadError, ConfigError: a reference corpus cannot be read, or not be used.
    """
    if config.scope == "document":
        return References()
    references: list[Reference] = []
    notes: list[str] = []
    own = {key for file in inputs for key in (os.path.realpath(file.location), file.identity) if key}
    for name in config.against:
        if name == "-":
            raise ConfigError("--against -", "standard input cannot be a reference", "name a file or a folder")
        found = find_by_location([name], config, folder.path)
        files = [file for file in found.files if own.isdisjoint((os.path.realpath(file.location), file.identity))]
        digests = {file.path: file_digest(file) for file in files}
        corpus = FileDocuments(FileCorpus(Inputs(tuple(files), found.shape), config))
        texts = (document for _, document in corpus.documents())
        references.append(_written(name, texts, config, folder, digests))
        notes += corpus.errors.values()
    given = sorted(documents, key=lambda document: document.path)  # those of one file together
    if given:
        digests = {path: batch_digest(group) for path, group in groupby(given, key=lambda document: document.path)}
        references.append(_written("documents", given, config, folder, digests))
    if config.index:
        own_paths = [*map(known_as, inputs), batch]
        if is_shared(config.index):
            from dedupe.index.shared import SharedIndex

            shared = index if isinstance(index, SharedIndex) else SharedIndex(config.index, config)
            references.append(shared.reference(folder.path, own_paths))
        else:
            opened = index if isinstance(index, IndexWriter) else Index(config.index, config)
            references.append(opened.reference(own_paths))
    return References(references, near=config.near != "off", notes=notes)


def add_to_index(
    path: str, paths: Sequence[str], config: Config, *, prune: bool = False, progress: Progress | None = None
) -> Added:
    """Bring the index at *path* up to the files and folders *paths*; make it if it is not there.

    With *prune*, files below *paths* that are not there any more leave it.

    Raises:
        ReadError, WriteError, ConfigError: as their names say; the index is as it was then.
    """
    if "-" in paths:
        raise ConfigError("-", "standard input has no place to be found again", "name files or folders")
    with open_work_folder() as folder, open_for_adding(path, config) as index:
        files = {file.path: file for name in paths for file in _known_files(name, config, folder)}
        return index.add_files([files[name] for name in sorted(files)], paths if prune else (), progress)


def _known_files(path: str, config: Config, folder: WorkFolder) -> Iterator[InputFile]:
    for file in find_by_location([path], config, folder.path).files:
        yield replace(file, path=known_as(file))


def known_as(file: InputFile) -> str:
    """Return the path that an index knows a file by: where it is, or what it holds where it came out of a pipe.

    Raises:
        ReadError: it cannot be read.
    """
    return batch_path(file_digest(file)) if file.spooled else os.path.realpath(file.location)


def batch_path(digest: bytes) -> str:
    """Return the path that an index knows documents by that stand in no file."""
    return f"-#{digest.hex()}"


def batch_digest(documents: Iterable[Document]) -> bytes:
    """Return a sha256 over the ids and texts of *documents*."""
    digest = hashlib.sha256()
    for document in documents:
        digest.update(hashlib.sha256(encode(document.id, "utf-8")).digest() + text_digest(document))
    return digest.digest()


def _written(
    name: str, documents: Iterable[Document], config: Config, folder: WorkFolder, digests: Mapping[str, bytes]
) -> Reference:
    place = folder.folder("reference")
    writer = PartWriter(place, config.min_words, windowed=False)
    for batch in fingerprinted(documents, config):
        writer.add(batch, digests.__getitem__)
    writer.finish()
    return Reference(name, [LivePart(Part(place))], in_full=True)
