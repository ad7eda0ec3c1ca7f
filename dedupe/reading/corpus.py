"""Files into records, in one order, any number of times.

Owns the numbering of documents and the promise that a second reading sees what
the first one saw. Memory holds one row of JSON Lines, or one text file, at a time.
Joined together, the ``raw`` of a file's records are its decompressed bytes.
"""

from __future__ import annotations

import os
from collections.abc import Container, Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

from dedupe.config import Config
from dedupe.errors import ReadError, system_reason
from dedupe.model import Document
from dedupe.reading.encoding import Decoded, decode
from dedupe.reading.files import InputFile, Inputs, open_input, shown
from dedupe.reading.jsonl import BOM, parse_row
from dedupe.reading.packed import readable


@dataclass(slots=True)
class Record:
    """A row of a JSON Lines file with its terminator, or a whole text file.

    ``number`` is the 1-based line of a row, 0 for a text file. A ``blank`` row is
    no document. ``error`` says what is wrong with a broken record that ``on_error
    = skip`` passes through. ``document`` is None for those, and where it was not wanted.
    """

    raw: bytes
    number: int = 0
    blank: bool = False
    document: Document | None = None
    error: str = ""
    decoded: Decoded | None = None


class FileCorpus:
    """The documents in *inputs*, numbered from 0 over all files in their order."""

    def __init__(self, inputs: Inputs, config: Config) -> None:
        self.files = inputs.files
        self._config = config
        # what the first complete reading of a file saw: size and time, and its number of documents
        self._stamps: dict[str, tuple[int, int]] = {}
        self._counts: dict[str, int] = {}
        self._stream: BinaryIO | None = None
        self._behind = 0
        self._size: int | None = None

    def position(self) -> tuple[int, int]:
        """Return how far the last reading is that was begun: bytes of the files, as they lie on disk, and of how many.

        Once it is over this is 0 of 0.
        """
        if self._stream is None or self._stream.closed:
            return 0, 0
        if self._size is None:
            self._size = sum(os.stat(file.location).st_size for file in self.files)
        return self._behind + os.lseek(self._stream.fileno(), 0, os.SEEK_CUR), self._size

    def records(
        self, wanted: Container[int] | None = None, *, skip_unwanted: bool = False
    ) -> Iterator[tuple[int, InputFile, Record]]:
        """Yield every record with its ordinal and file; blank rows have the ordinal -1.

        The ordinal counts all records that are not blank, broken ones too. With
        *wanted*, only records whose ordinal it holds are parsed; the others come
        with their bytes alone or, with *skip_unwanted*, do not come at all (nor do
        blank rows), and a file is opened only if it is needed.

        Raises:
            ReadError: a file cannot be read, is truncated, or is not what it was at
                its first reading; with ``on_error = stop`` also a broken record.
        """
        ordinal = 0
        self._behind = 0
        for file in self.files:
            known = 1 if file.kind == "text" else self._counts.get(file.path)
            if (
                skip_unwanted
                and wanted is not None
                and known is not None
                and not any(number in wanted for number in range(ordinal, ordinal + known))
            ):
                ordinal += known
                self._behind += self._stamps.get(file.path, (0, 0))[0]
                continue
            stream, status = open_input(file, self._config.text_field)
            self._stream = stream
            with stream:
                self._check_unchanged(file, status)
                with readable(file.place):
                    if file.kind == "text":
                        yield ordinal, file, self._text(file, stream, wanted is None or ordinal in wanted)
                        ordinal += 1
                    else:
                        for number, record in self._rows(file, stream, ordinal, wanted, skip_unwanted):
                            yield number, file, record
                        ordinal += self._counts[file.path]
                    status = os.fstat(stream.fileno())
                self._check_unchanged(file, status)
                self._behind += status.st_size

    def _text(self, file: InputFile, stream: BinaryIO, wanted: bool) -> Record:
        record = Record(stream.read())
        if wanted:
            Parser(file, self._config).parse(record)
        return record

    def _rows(
        self, file: InputFile, stream: BinaryIO, first: int, wanted: Container[int] | None, skip_unwanted: bool
    ) -> Iterator[tuple[int, Record]]:
        parser = Parser(file, self._config)
        ordinal = first
        for number, row in enumerate(stream, 1):
            # Without a NUL it is only a row like that, which was passed over when what stood above it went.
            if number == 1 and row.startswith((b"\xff\xfe", b"\xfe\xff")) and b"\0" in row:
                raise ReadError(file.place, "is UTF-16, and JSON Lines must be UTF-8", "convert it first (iconv does)")
            if row.isspace() or (number == 1 and row.removeprefix(BOM).strip() == b""):
                if not skip_unwanted:
                    yield -1, Record(row, number, blank=True)
                continue
            if wanted is None or ordinal in wanted:
                record = Record(row, number)
                parser.parse(record)
                yield ordinal, record
            elif not skip_unwanted:
                yield ordinal, Record(row, number)
            ordinal += 1
        self._counts[file.path] = ordinal - first

    def check_unchanged(self, file: InputFile) -> None:
        """Raise if a file is not what it was at its first reading.

        Raises:
            ReadError: as its name says.
        """
        try:
            self._check_unchanged(file, os.stat(file.location))
        except OSError as error:
            raise ReadError(file.place, system_reason(error), "run again when nothing writes to it") from error

    def _check_unchanged(self, file: InputFile, status: os.stat_result) -> None:
        stamp = (status.st_size, status.st_mtime_ns)
        if self._stamps.setdefault(file.path, stamp) != stamp:
            raise ReadError(file.place, "changed while it was read", "run again when nothing writes to it")


class Parser:
    """Finds the documents in the records of one file."""

    def __init__(self, file: InputFile, config: Config) -> None:
        self._config = config
        self._is_text = file.kind == "text"
        self._path, self._place, self._folder = file.path, file.place, _folder(file.path)

    def parse(self, record: Record) -> None:
        """Put into a record that is not blank its document, or what is wrong with it.

        Raises:
            ReadError: the record is broken, with ``on_error = stop``.
        """
        try:
            if self._is_text:
                self._decode(record)
            else:
                self._parse_row(record)
        except ReadError as error:
            if self._config.on_error == "stop":
                raise
            record.error = error.problem

    def _decode(self, record: Record) -> None:
        decoded = decode(record.raw, self._place, self._config)
        record.decoded = decoded
        record.document = Document(
            self._path, decoded.text, self._folder, self._path, encoding=decoded.encoding, bom=decoded.bom
        )

    def _parse_row(self, record: Record) -> None:
        number = record.number
        found = parse_row(record.raw, f"{self._place}:{number}", self._config)
        record.document = Document(
            f"{self._path}#{number}" if found.key is None else found.key,
            found.text,
            self._folder if found.source is None else found.source,
            self._path,
            number,
            date=found.date,
        )


class FileDocuments:
    """The documents of a corpus as the pipeline reads them."""

    def __init__(self, corpus: FileCorpus) -> None:
        self._corpus = corpus
        self.files = corpus.files
        self.errors: dict[int, str] = {}
        """What is wrong with the records that could not be read, by number."""

    def documents(self, wanted: Container[int] | None = None) -> Iterator[tuple[int, Document]]:
        for number, file, record in self._corpus.records(wanted, skip_unwanted=True):
            document = stored_document(record)
            if document is not None:
                yield number, document
            elif record.error:
                place = f"{file.path}:{record.number}" if record.number else file.path
                self.errors[number] = f"{shown(place)}: passed over: {record.error}"


def stored_document(record: Record) -> Document | None:
    """Return the document of a record, with how it is stored; None if it has none."""
    document, decoded = record.document, record.decoded
    if document is None or decoded is None or (decoded.encoding == "utf-8" and not decoded.bom):
        return document
    return replace(document, encoding=decoded.encoding, bom=decoded.bom)


def _folder(path: str) -> str:
    """Return the folder of an output path, "" at the top of the tree.

    >>> _folder("news/2024/a.txt"), _folder("a.txt")
    ('news/2024', '')
    """
    return path.rpartition("/")[0]
