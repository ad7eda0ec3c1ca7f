"""Reference corpora of one run: each becomes a part of an index that goes when the run ends."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from dedupe.config import Config
from dedupe.errors import ConfigError, ReadError, system_reason
from dedupe.index.fill import fingerprinted, text_digest
from dedupe.index.part import Part, PartWriter
from dedupe.index.references import LivePart, Reference, References
from dedupe.model import Document
from dedupe.reading.corpus import FileCorpus, FileDocuments
from dedupe.reading.files import InputFile, Inputs, find_by_location
from dedupe.workfiles import WorkFolder

#: Bytes of a file that are hashed at once.
_BUFFER = 1 << 20


def open_references(
    config: Config, folder: WorkFolder, inputs: Sequence[InputFile] = (), documents: Iterable[Document] = ()
) -> References:
    """Return the reference texts that *config* names, and *documents*.

    The run's own *inputs* are no references to themselves. What is known of the texts lies in *folder*.

    Raises:
        ReadError, ConfigError: a reference corpus cannot be read, or not be used.
    """
    references: list[Reference] = []
    notes: list[str] = []
    own = {os.path.realpath(file.location) for file in inputs}
    for name in config.against:
        if name == "-":
            raise ConfigError("--against -", "standard input cannot be a reference", "name a file or a folder")
        found = find_by_location([name], config, folder.path)
        files = [file for file in found.files if os.path.realpath(file.location) not in own]
        digests = {file.path: file_digest(file) for file in files}
        corpus = FileDocuments(FileCorpus(Inputs(tuple(files), found.shape), config))
        texts = (document for _, document in corpus.documents())
        references.append(_written(name, texts, config, folder, digests))
        notes += corpus.errors.values()
    given = sorted(documents, key=lambda document: document.path)
    if given:
        digests = {path: _digest_of_texts(group) for path, group in groupby(given, key=lambda document: document.path)}
        references.append(_written("documents", given, config, folder, digests))
    if references and config.scope == "document":
        problem = "with --scope document nothing is compared with other texts"
        raise ConfigError("--against", problem, "leave one of the two out")
    return References(references, near=config.near != "off", notes=notes)


def file_digest(file: InputFile) -> bytes:
    """Return the sha256 of a file as it lies on the disk.

    Raises:
        ReadError: it cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with file.location.open("rb") as stream:
            while piece := stream.read(_BUFFER):
                digest.update(piece)
    except OSError as error:
        raise ReadError(file.place, system_reason(error), "look at its permissions") from error
    return digest.digest()


def _written(
    name: str, documents: Iterable[Document], config: Config, folder: WorkFolder, digests: Mapping[str, bytes]
) -> Reference:
    place = folder.folder("reference")
    writer = PartWriter(place, config.min_words, digests)
    for batch in fingerprinted(documents, config):
        writer.add(batch)
    writer.finish()
    return Reference(name, [LivePart(Part(place))])


def _digest_of_texts(documents: Iterable[Document]) -> bytes:
    return hashlib.sha256(b"".join(map(text_digest, documents))).digest()
