"""Pass 2: every document read once more, written as the plan says, and logged.

Batches of records are written and logged in this process or another. Where the bytes go is the caller's business:
any output will do that gives a stream for a path.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from dedupe.cleaning.rewrite import Rewriting
from dedupe.cleaning.targets import check_rewritable, explained
from dedupe.cleaning.write import packing, stream_to
from dedupe.difflog.passages import Passages
from dedupe.difflog.records import DocRecord, FileRecord, FileSide
from dedupe.difflog.write import Logged, LogLines, LogWriter, document_records, error_record, run_record
from dedupe.model import Document
from dedupe.parallel import ordered_map
from dedupe.plan import Plan
from dedupe.progress import Report
from dedupe.reading.corpus import FileCorpus, Parser, Record, stored_document
from dedupe.reading.files import InputFile, Inputs
from dedupe.reading.jsonl import encode_token, exchange_text, locate_texts
from dedupe.reading.packed import readable
from dedupe.scanning import batched

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
    records = _written(plan, inputs.files, corpus, passages, writer, progress)
    held = next(records, None)
    for at, file in enumerate(inputs.files):
        compression = output.compression_for(file.compression)
        with _Target(output, file, compression, is_alone=inputs.shape != "tree") as target:
            while held is not None and held[0] == at:
                _, read, put = held
                target.read(read)
                if put:
                    target.put(put)
                held = next(records, None)
        if file.kind == "jsonl" or file.compression or compression:
            files.append(target.record())
        before, after = target.hashes()
        if compression == file.compression != "" and before == after:
            output.keep(file.path, file.location)
        sides.append((before, after))
    writer.end(files)
    return sides


class Unwritten(NamedTuple):
    """A record as it was read: the number of its document (-1 for a blank row), its file among those of the run.

    ``row`` is its line, 0 for a text file.
    """

    number: int
    file: int
    row: int
    raw: bytes


class Written(NamedTuple):
    """What is to be written of n records: new bytes of those that change, by place, None if they go; and the log."""

    changed: dict[int, bytes | None]
    log: LogLines


def _written(
    plan: Plan,
    files: Sequence[InputFile],
    corpus: FileCorpus,
    passages: Passages,
    writer: LogWriter,
    progress: Report,
) -> Iterator[tuple[int, bytes, list[bytes]]]:
    """Yield of records of one file its number among *files*, their bytes, and the records to be written; log them."""
    batches: list[list[Unwritten]] = []

    def unwritten() -> Iterator[Unwritten]:
        at = 0
        for number, file, record in corpus.records(()):
            while files[at] is not file:
                at += 1
            yield Unwritten(number, at, record.number, record.raw)

    def inputs() -> Iterator[list[Unwritten]]:
        for batch in batched(unwritten(), lambda record: len(record.raw)):
            batches.append(batch)
            yield batch

    work = partial(write_records, plan=plan.alone(), files=files, passages=passages)
    done = 0
    for written in ordered_map(work, inputs(), plan.config.jobs):
        batch = batches.pop(0)
        writer.extend(written.log)
        for at, records in groupby(enumerate(batch), lambda item: item[1].file):
            here = list(records)
            put = [written.changed.get(place, record.raw) for place, record in here]
            yield at, b"".join([record.raw for _, record in here]), [data for data in put if data is not None]
        done += sum(record.number >= 0 for record in batch)
        progress("writing", done)


def write_records(batch: list[Unwritten], plan: Plan, files: Sequence[InputFile], passages: Passages) -> Written:
    """Return what is to be written of records, as the plan says."""
    written = Written({}, LogLines())
    parsers = {at: Parser(files[at], plan.config) for at in {record.file for record in batch}}
    read: list[tuple[int, InputFile, Record, Document | None]] = []
    for place, (number, at, row, raw) in enumerate(batch):
        if number >= 0:
            record = Record(raw, row)
            parsers[at].parse(record)
            read.append((place, files[at], record, stored_document(record)))
    documents = [(batch[place].number, document) for place, _, _, document in read if document is not None]
    operations, is_same, logged = document_records(plan, documents, passages)
    written.log.count_operations(operations)
    rows = [(file, record.raw) for _, file, record, document in read if document is not None]
    changing = [raw for (file, raw), same in zip(rows, is_same, strict=True) if file.kind == "jsonl" and not same]
    tokens = iter(locate_texts(changing, plan.config.text_field))
    for place, file, record, document in read:
        if document is None:
            written.log.write(_error_record(file, record))
        else:
            data = _write_record(file, record, document, next(logged), tokens, written.log)
            if data is not record.raw:
                written.changed[place] = data
    return written


def _error_record(file: InputFile, row: Record) -> DocRecord:
    if file.kind == "jsonl":
        return error_record(f"{file.path}#{row.number}", file.path, row.number, row.raw, row.error)
    return error_record(file.path, file.path, None, row.raw, row.error)


def _write_record(
    file: InputFile, row: Record, document: Document, logged: Logged, tokens: Iterator[tuple[int, int]], log: LogLines
) -> bytes | None:
    """Return the new bytes of a record, the old object if it does not change; log it.

    The next of *tokens* says where the text is in a row that changes.
    """
    is_row = file.kind == "jsonl"
    record, text = logged.record, logged.text
    decoded = row.decoded
    if decoded is not None and decoded.detector not in ("utf-8", "bom"):
        record["detector"] = decoded.detector
        record["confidence"] = decoded.confidence
    data: bytes | None = row.raw
    if text is None:
        data = None
        if is_row:
            _frame(record, row.raw, next(tokens), document.text)
        if file.links:
            record["links"] = [[link.path, link.target] for link in file.links]
    elif record["status"] != "same":
        if is_row:
            data, token = exchange_text(row.raw, next(tokens), document.text, text)
            if token:
                record["token"] = token.decode("utf-8")
        else:
            data = document.bom + text.encode(document.encoding)
    log.write(record)
    log.pending += logged.written
    return data


def _frame(record: DocRecord, raw: bytes, token: tuple[int, int], text: str) -> None:
    """Put into the record of a removed row what is needed to write the row again; *token* is where its text is."""
    start, end = token
    before, behind = raw[:start], raw[end:]
    record["frame"] = [before.decode("utf-8"), behind.decode("utf-8")]
    if encode_token(text, before + b'""' + behind) != raw[start:end]:
        record["token"] = raw[start:end].decode("utf-8")


class _Target:
    """One output file while it is written: opened at the first byte, both sides hashed.

    A file that ``is_alone`` the output of a run is there if nothing of it stays, too; in a tree a text is not.
    A last line without a line end stays one: when the rows behind a row are gone, its
    line end goes too and is kept in the file's record.
    """

    def __init__(self, output: Any, file: InputFile, compression: str, *, is_alone: bool) -> None:
        self._output = output
        self._file = file
        self._compression = compression
        self._stays = is_alone or file.kind == "jsonl"  # without rows, too
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
            if self._stream is None and self._stays:
                self._open()
            if self._last_read.endswith(b"\n"):
                self._line_end = 0
            self._cut = bytes(self._pending[len(self._pending) - self._line_end :])
            if self._stream is not None:
                self._flush()
        self._stack.__exit__(*exc_info)

    def read(self, data: bytes) -> None:
        """Note bytes of the source."""
        self._source.update(data)
        self._sizes[0] += len(data)
        self._last_read = data[-1:]

    def put(self, records: Sequence[bytes]) -> None:
        """Write records of the output."""
        if self._stream is None:
            self._open()
        self._pending += b"".join(records)
        if self._file.kind == "jsonl":
            self._line_end = len(records[-1]) - len(records[-1].rstrip(b"\r\n"))
        if len(self._pending) > _BUFFER:
            self._flush()

    def hashes(self) -> tuple[str, str | None]:
        """Return the sha256 of the source and of the output, None if nothing was written."""
        return self._source.hexdigest(), self._written.hexdigest() if self._stream is not None else None

    def record(self) -> FileRecord:
        """Return what the log says of the file as a whole."""
        (read, written), (size, size_written) = self.hashes(), self._sizes
        output = None if written is None else _side(written, size_written, self._compression)
        source = _side(read, size, self._file.compression)
        record: FileRecord = {
            "path": self._file.path,
            "kind": self._file.kind,  # type: ignore[typeddict-item]
            "source": source,
            "output": output,
        }
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
        with memoryview(self._pending) as pending, pending[:end] as data:
            self._stream.write(data)
            self._written.update(data)
        del self._pending[:end]
        self._sizes[1] += end


def _side(sha256: str, size: int, compression: str) -> FileSide:
    return {"sha256": sha256, "bytes": size, "compression": compression}  # type: ignore[typeddict-item]


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
        with explained(str(folder)):
            self._folder.mkdir()
        self._places: dict[str, Path] = {}

    def compression_for(self, compression: str) -> str:
        return compression

    @contextmanager
    def stream(self, path: str, compression: str, mode_from: Path) -> Iterator[BinaryIO]:
        place = self._places[path] = self._folder / str(len(self._places))
        with stream_to(place, str(place), flush=False) as stream:
            yield stream

    def keep(self, path: str, source: Path) -> None:
        """Nothing is copied to a file that does not change."""

    def copy(self, file: InputFile, target: BinaryIO) -> None:
        """Copy the new content of *file* to *target*, packed as the file is."""
        place = self._places[file.path]
        with (
            readable(str(place)),
            place.open("rb") as source,
            packing(target, file.compression, file.location) as packed,
        ):
            shutil.copyfileobj(source, packed, 1 << 20)


def rewrite(
    changed: Sequence[tuple[InputFile, str | None]],
    corpus: FileCorpus,
    staged: Staged,
    written: Path,
    open_log: Callable[..., AbstractContextManager[BinaryIO]],
) -> None:
    """Put what is *staged* in the place of files that change, and the log that is *written* in its own: all or nothing.

    With each file comes the sha256 of what is staged for it, None where it goes. The log is complete before the first
    of them is touched: *open_log* gives a stream for it, and takes what happens at its end (``then``).

    Raises:
        ReadError, WriteError: a file was changed since it was read, or cannot be replaced.
    """
    for file, _ in changed:
        check_rewritable(file.location, file.place)
        corpus.check_unchanged(file)
    with Rewriting() as rewriting:
        for file, after in changed:
            check = partial(corpus.check_unchanged, file)  # what somebody wrote there meanwhile stands nowhere else
            if after is None:
                rewriting.remove(file, check)
            else:
                with rewriting.stream(file.location, check) as target:
                    staged.copy(file, target)
        with open_log(then=rewriting.commit) as target, written.open("rb") as source:
            shutil.copyfileobj(source, target, 1 << 20)
