"""Pass 2: every document read once more, written as the plan says, and logged.

One row or one text file is in memory at a time. Where the bytes go is the caller's business: any
output will do that gives a stream for a path.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from dedupe.cleaning.write import packing
from dedupe.difflog.records import DocRecord, FileRecord
from dedupe.difflog.write import LogWriter, Passages, document_records, error_record, run_record
from dedupe.plan import Plan
from dedupe.progress import Report
from dedupe.reading.corpus import FileCorpus, Record, stored_document
from dedupe.reading.files import InputFile, Inputs
from dedupe.reading.jsonl import encode_token, exchange_text, locate_text

#: Bytes of a file that are hashed and written at once.
_BUFFER = 1 << 18


def write_documents(
    plan: Plan,
    inputs: Inputs,
    corpus: FileCorpus,
    passages: Passages,
    writer: LogWriter,
    output: Any,
    progress: Report,
    *,
    in_place: bool = False,
) -> list[tuple[str, str | None]]:
    """Write every document and its records, file by file; return both sides' sha256 of each file (None: gone)."""
    writer.write(run_record(plan, inputs.shape, in_place=in_place))
    files: list[FileRecord] = []
    sides = []
    records = corpus.records()
    held = next(records, None)
    done = 0
    for file in inputs.files:
        compression = output.compression_for(file.compression)
        with _Target(output, file, compression) as target:
            while held is not None and held[1] is file:
                _write_record(plan, held[0], file, held[2], passages, writer, target)
                done += held[0] >= 0
                if not done % 1000:
                    progress("writing", done)
                held = next(records, None)
        if file.kind == "jsonl" or file.compression or compression:
            files.append(target.record())
        sides.append(target.hashes())
    writer.end(files)
    return sides


def _write_record(
    plan: Plan, number: int, file: InputFile, row: Record, passages: Passages, writer: LogWriter, target: _Target
) -> None:
    target.read(row.raw)
    document = stored_document(row)
    if row.blank:
        target.put(row.raw)
        return
    is_row = file.kind == "jsonl"
    if document is None:
        key = f"{file.path}#{row.number}" if is_row else file.path
        writer.write(error_record(key, file.path, row.number if is_row else None, row.raw, row.error))
        target.put(row.raw)
        return
    record, operations, text = document_records(plan, number, document, passages)
    decoded = row.decoded
    if decoded is not None and decoded.detector not in ("utf-8", "bom"):
        record["detector"] = decoded.detector
        record["confidence"] = decoded.confidence
    if text is None:
        if is_row:
            _frame(record, row.raw, document.text, plan.config.text_field)
    elif record["status"] == "same":
        target.put(row.raw)
    elif is_row:
        changed, token = exchange_text(row.raw, plan.config.text_field, document.text, text)
        if token:
            record["token"] = token.decode("utf-8")
        target.put(changed)
    else:
        target.put(document.bom + text.encode(document.encoding))
    writer.write(record)
    for operation in operations:
        writer.write(operation)


def _frame(record: DocRecord, raw: bytes, text: str, field_name: str) -> None:
    """Put into the record of a removed row what is needed to write the row again."""
    start, end = locate_text(raw, field_name)
    before, behind = raw[:start], raw[end:]
    record["frame"] = [before.decode("utf-8"), behind.decode("utf-8")]
    if encode_token(text, before + b'""' + behind) != raw[start:end]:
        record["token"] = raw[start:end].decode("utf-8")


class _Target:
    """One output file while it is written: opened at the first byte, both sides hashed.

    A last line without a line end stays one: when the rows behind a row are gone, its
    line end goes too and is kept in the file's record.
    """

    def __init__(self, output: Any, file: InputFile, compression: str) -> None:
        self._output = output
        self._file = file
        self._compression = compression
        self._stack = ExitStack()
        self._stream: BinaryIO | None = None
        self._pending = bytearray()
        self._line_end = 0  # the size of the line end that pending data ends with
        self._source = hashlib.sha256()
        self._written = hashlib.sha256()
        self._sizes = [0, 0]
        self._last_read = b""
        self._cut = b""

    def __enter__(self) -> _Target:
        self._stack.__enter__()
        return self

    def __exit__(self, *exc_info: Any) -> None:
        if exc_info[0] is None:
            if self._stream is None and self._file.kind == "jsonl":
                self._open()  # a file without rows is still a file
            if self._last_read.endswith(b"\n"):
                self._line_end = 0
            self._cut = bytes(self._pending[len(self._pending) - self._line_end :])
            if self._stream is not None:
                self._flush()
        self._stack.__exit__(*exc_info)

    def read(self, raw: bytes) -> None:
        """Note bytes of the source."""
        self._source.update(raw)
        self._sizes[0] += len(raw)
        self._last_read = raw

    def put(self, data: bytes) -> None:
        """Write bytes of the output."""
        if self._stream is None:
            self._open()
        self._pending += data
        if self._file.kind == "jsonl":
            self._line_end = len(data) - len(data.rstrip(b"\r\n"))
        if len(self._pending) > _BUFFER:
            self._flush()

    def hashes(self) -> tuple[str, str | None]:
        """Return the sha256 of the source and of the output, None if nothing was written."""
        return self._source.hexdigest(), self._written.hexdigest() if self._stream is not None else None

    def record(self) -> FileRecord:
        """Return what the log says of the file as a whole."""
        written = None
        if self._stream is not None:
            written = {"sha256": self._written.hexdigest(), "bytes": self._sizes[1], "compression": self._compression}
        source = {"sha256": self._source.hexdigest(), "bytes": self._sizes[0], "compression": self._file.compression}
        record: FileRecord = {"path": self._file.path, "kind": self._file.kind, "source": source, "output": written}
        if self._cut:
            record["cut_eol"] = self._cut.decode("ascii")
        return record

    def _open(self) -> None:
        self._stream = self._stack.enter_context(
            self._output.stream(self._file.path, self._compression, self._file.location)
        )

    def _flush(self) -> None:
        """Write what is pending, but for the line end of the last row."""
        assert self._stream is not None
        end = len(self._pending) - self._line_end
        data = bytes(self._pending[:end])
        del self._pending[:end]
        self._stream.write(data)
        self._written.update(data)
        self._sizes[1] += end


class Discard:
    """An output that keeps nothing."""

    def compression_for(self, compression: str) -> str:
        return ""

    @contextmanager
    def stream(self, path: str, compression: str, mode_from: Path) -> Iterator[BinaryIO]:
        with open(os.devnull, "wb") as nowhere:
            yield nowhere


class Staged:
    """New contents of files, unpacked, side by side in a work folder under numbers."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._folder.mkdir()
        self._places: dict[str, Path] = {}

    def compression_for(self, compression: str) -> str:
        return compression

    @contextmanager
    def stream(self, path: str, compression: str, mode_from: Path) -> Iterator[BinaryIO]:
        place = self._places[path] = self._folder / str(len(self._places))
        with place.open("wb") as stream:
            yield stream

    def copy(self, file: InputFile, target: BinaryIO) -> None:
        """Copy the new content of *file* to *target*, packed as the file is."""
        with self._places[file.path].open("rb") as source, packing(target, file.compression) as packed:
            shutil.copyfileobj(source, packed, 1 << 20)
