"""Files from output and log: the original tree again, or the proof that it could be had.

Both go through the same steps; verifying writes to nowhere and goes on after a mismatch.
The log is read once for the passages it refers to, which are taken from the output into a work
file, and once to put every document together.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from itertools import groupby
from pathlib import Path
from typing import Any, BinaryIO

from dedupe.cleaning.leftovers import tidy_for
from dedupe.cleaning.targets import check_original
from dedupe.cleaning.write import Output
from dedupe.config import Config
from dedupe.difflog.read import LogFile
from dedupe.difflog.records import DocRecord, FileRecord, OpRecord
from dedupe.difflog.restore import Passages, output_text, restore_text
from dedupe.errors import LogMismatch, ReadError, WriteError
from dedupe.progress import Progress
from dedupe.reading.files import InputFile, StrPath, open_input, shown
from dedupe.reading.jsonl import encode_token, exchange_text, locate_texts, parse_row
from dedupe.reading.packed import compression_of
from dedupe.text.offsets import encode
from dedupe.workfiles import open_work_folder

Entry = tuple[DocRecord, list[OpRecord]]


@dataclass(slots=True)
class Verification:
    """What verifying found: how many documents were rebuilt, and every mismatch in words."""

    documents: int = 0
    mismatches: list[str] = field(default_factory=list)


def restore_files(
    out: StrPath, log: StrPath, original: StrPath, *, force: bool = False, progress: Progress | None = None
) -> int:
    """Rebuild the input of a run at *original* from its output and diff log; return the number of documents.

    Every sha256 is checked before anything becomes visible at *original*. Compressed files come back
    with the same content, packed anew.

    Raises:
        ReadError: the output or the log cannot be read.
        LogMismatch: they do not fit each other, or were changed; nothing is written.
        WriteError: *original* exists or cannot be written.
    """
    out, log, original = os.fspath(out), os.fspath(log), os.fspath(original)
    record = LogFile(Path(log), progress)
    shape = "tree" if record.run["shape"] == "tree" else "file"
    check_original(original, out, log, in_place=record.run["settings"]["in_place"])
    if original == "-" and shape == "tree":
        raise WriteError("-", "a tree cannot be written to standard output", "give a folder with -o")
    if os.path.lexists(original) and not force and not _is_empty(Path(original)):
        raise WriteError(shown(original), "exists and is not empty", "use --force to replace it, or another place")
    tidy_for(original)
    with Output.open(original, shape, force) as target:
        done = _rebuild(Path(out), record, target, None)
        target.commit()
    return done


def verify_files(out: StrPath, log: StrPath, *, progress: Progress | None = None) -> Verification:
    """Return whether the input of a run could be rebuilt from its output and diff log; nothing is written.

    Raises:
        ReadError: the output or the log cannot be read at all.
    """
    verification = Verification()
    try:
        record = LogFile(Path(log), progress)
    except LogMismatch as mismatch:
        verification.mismatches.append(str(mismatch))
        return verification
    verification.documents = _rebuild(Path(out), record, _Nothing(), verification.mismatches)
    verification.mismatches += _extra_files(Path(out), record)
    return verification


def _rebuild(out: Path, log: LogFile, target: Any, mismatches: list[str] | None) -> int:
    """Rebuild all files into *target*; a mismatch is raised, or noted if there is a list for it."""
    if not os.path.exists(out):
        raise ReadError(shown(str(out)), "is not there", "name the output that the log was written with")
    single = log.run["shape"] != "tree"
    if single == out.is_dir():
        kind, other = ("folder", "file") if out.is_dir() else ("file", "folder")
        raise ReadError(shown(str(out)), f"is a {kind}, but the log is of a {other}", "name the output of that run")
    whole = {file["path"]: file for file in log.end["files"]}
    for path in whole:
        _check_inside(path)
    in_place = log.run["settings"]["in_place"]
    builder = _Builder(out, single, whole, log.run["settings"]["text_field"], mismatches, in_place=in_place)
    with open_work_folder() as folder:
        passages = Passages(folder.store("passages"))
        for _, operations in log.documents():
            passages.want(operations)
        for path, entries in _by_path(log.documents("collecting", operations=in_place)):
            _check_inside(path)
            # What is missing here is missed again below, where it is reported.
            with suppress(LogMismatch):
                builder.collect(path, entries, passages)
        done = 0
        for path, entries in _by_path(log.documents("rebuilding")):
            done += builder.rebuild(path, entries, passages, target)
        for path, file in whole.items():
            if path not in builder.seen and file["kind"] == "jsonl":
                builder.rebuild(path, iter(()), passages, target)
    return done


def _check_inside(path: str) -> None:
    """A log from elsewhere must not reach files outside the folders it is used with."""
    if path.startswith("/") or any(part in ("", ".", "..") for part in path.split("/")):
        raise LogMismatch(shown(path), "is a path outside the output", "use a log that `dedupe clean` wrote")


def _by_path(entries: Iterator[Entry]) -> Iterator[tuple[str, Iterator[Entry]]]:
    return groupby(entries, key=lambda entry: entry[0]["path"])


class _Builder:
    def __init__(
        self,
        out: Path,
        single: bool,
        whole: dict[str, FileRecord],
        text_field: str,
        mismatches: list[str] | None,
        *,
        in_place: bool,
    ) -> None:
        self._out = out
        self._single = single
        self._whole = whole
        self._field = text_field
        self._config = Config(text_field=text_field)
        self._mismatches = mismatches
        self._in_place = in_place
        self.seen: set[str] = set()

    def collect(self, path: str, entries: Iterator[Entry], passages: Passages) -> None:
        """Take the passages that are referred to from the output of one file."""
        if self._is_rows(path):
            is_source = self._is_source(path, self._whole[path])
            rows = self._rows(path, is_source)
            for document, operations in entries:
                if document["status"] == "removed" and not is_source:
                    continue
                row = next((row for row in rows if row.strip()), b"")
                self._collect(document, operations, partial(self._text_of, row, document), is_source, passages)
        else:
            for document, operations in entries:
                is_source = self._is_source(path, document)
                self._collect(document, operations, partial(self._file_text, document), is_source, passages)

    def _collect(
        self,
        document: DocRecord,
        operations: list[OpRecord],
        text: Callable[[], str],
        is_source: bool,
        passages: Passages,
    ) -> None:
        """Take what is wanted of a document, of which *text* gives what stands there, if that is the output."""
        if document["status"] not in ("removed", "error"):
            passages.collect(document, lambda: output_text(document, operations, text()) if is_source else text())

    def rebuild(self, path: str, entries: Iterator[Entry], passages: Passages, target: Any) -> int:
        """Rebuild one file; return the number of documents in it that came back."""
        self.seen.add(path)
        whole = self._whole.get(path)
        digest = hashlib.sha256()
        done = 0
        with ExitStack() as stack:
            compression = whole["source"]["compression"] if whole else ""
            stream: Any = stack.enter_context(target.stream(path, compression, like=self._location(path)))
            if not self._is_rows(path):
                pieces = self._file_pieces(path, entries, passages)
            elif self._is_source(path, whole):
                pieces = self._source_pieces(path, entries)
            else:
                pieces = self._row_pieces(path, entries, passages)
            for piece, is_document in pieces:
                stream.write(piece)
                digest.update(piece)
                done += is_document
        if whole and digest.hexdigest() != whole["source"]["sha256"]:
            self._mismatch(LogMismatch(shown(path), "the file does not come back as it was", "get an unchanged output"))
        elif whole and self._mismatches is not None and not self._is_as_written(path, whole):
            self._mismatch(LogMismatch(shown(path), "the output was changed after it was written"))
        elif whole and whole["source"] == whole["output"] and target.compression_for(compression) == compression != "":
            target.keep(path, self._location(path))
        return done

    def _is_as_written(self, path: str, whole: FileRecord) -> bool:
        """Whether an output has the bytes that the log knows: others may mean the same, as an escape in capitals."""
        written = whole["output"]
        return written is None or self._is_source(path, whole) or self._digest(path) == written["sha256"]

    def _is_source(self, path: str, sides: Any) -> bool:
        """Whether a file that changes, and was to be rewritten in place, is what it was before.

        Its run was ended too early, or somebody got it back. *sides* is what the log says of it.
        """
        if not self._in_place or sides["source"] == sides["output"] or not os.path.isfile(self._location(path)):
            return False
        return bool(self._digest(path) == sides["source"]["sha256"])

    def _digest(self, path: str) -> str:
        digest = hashlib.sha256()
        with self._stream(path) as stream:
            while data := stream.read(1 << 18):
                digest.update(data)
        return digest.hexdigest()

    def _source_pieces(self, path: str, entries: Iterator[Entry]) -> Iterator[tuple[bytes, bool]]:
        """Yield a file that is what it was before."""
        documents = sum(1 for _ in entries)
        if self._mismatches is not None:
            self._mismatch(LogMismatch(shown(path), "is as it was before the run", "restore the others, or clean it"))
        with self._stream(path) as stream:
            while data := stream.read(1 << 18):
                yield data, False
        for _ in range(documents):
            yield b"", True

    # -- text files

    def _file_pieces(self, path: str, entries: Iterator[Entry], passages: Passages) -> Iterator[tuple[bytes, bool]]:
        for document, operations in entries:
            if self._is_source(path, document):
                yield from self._source_pieces(path, iter([(document, operations)]))
                continue
            try:
                if document["status"] == "error":
                    data = self._read(document["path"])
                    if hashlib.sha256(data).hexdigest() != document["source"]["sha256"]:
                        raise LogMismatch(document["doc"], "the output was changed after it was written")
                else:
                    output = None if document["status"] == "removed" else self._file_text(document)
                    text = restore_text(document, operations, output, passages)
                    data = bytes.fromhex(document["bom"]) + encode(text, document["encoding"])
            except LogMismatch as mismatch:
                self._mismatch(mismatch)
            else:
                yield data, True

    def _file_text(self, document: DocRecord) -> str:
        data = self._read(document["path"])
        bom = bytes.fromhex(document["bom"])
        try:
            if not data.startswith(bom):
                raise ValueError
            return data[len(bom) :].decode(document["encoding"])
        except ValueError:
            raise LogMismatch(document["doc"], "the output was changed after it was written") from None

    def _read(self, path: str) -> bytes:
        with self._stream(path) as stream:
            return stream.read()

    # -- JSON Lines

    def _row_pieces(self, path: str, entries: Iterator[Entry], passages: Passages) -> Iterator[tuple[bytes, bool]]:
        rows = self._rows(path)
        line = 0
        try:
            for document, operations in entries:
                while line + 1 < (document["row"] or 0):
                    blank = next(rows, None)
                    if blank is None or blank.strip():
                        raise LogMismatch(shown(path), f"line {line + 1} is not as it was written")
                    yield blank, False
                    line += 1
                line += 1
                raw = None if document["status"] == "removed" else next(rows, None)
                yield self._row(document, operations, raw, passages), True
            for row in rows:
                if row.strip():
                    raise LogMismatch(shown(path), "the output has rows that the log does not know")
                yield row, False
        except LogMismatch as mismatch:
            self._mismatch(mismatch)

    def _row(self, document: DocRecord, operations: list[OpRecord], raw: bytes | None, passages: Passages) -> bytes:
        status = document["status"]
        if status == "removed":
            text = restore_text(document, operations, None, passages)
            if "frame" not in document:
                raise LogMismatch(document["doc"], "was removed, and the log does not have the rest of its row")
            before, behind = (part.encode("utf-8") for part in document["frame"])
            token = document.get("token", "").encode("utf-8") or encode_token(text, before + b'""' + behind)
            return before + token + behind
        if raw is None:
            raise LogMismatch(document["doc"], "is missing from the output")
        if status == "error":
            if hashlib.sha256(raw).hexdigest() != document["source"]["sha256"]:
                raise LogMismatch(document["doc"], "the row was changed after it was written")
            return raw
        output = self._text_of(raw, document)
        text = restore_text(document, operations, output, passages)
        if status == "same":
            return raw
        ((start, end),) = locate_texts([raw], self._field)
        if "token" in document:
            return raw[:start] + document["token"].encode("utf-8") + raw[end:]
        return exchange_text(raw, (start, end), output, text)[0]

    def _text_of(self, row: bytes, document: DocRecord) -> str:
        try:
            return parse_row(row, document["doc"], self._config)[0]
        except ReadError as error:
            raise LogMismatch(document["doc"], "the row was changed after it was written") from error

    def _rows(self, path: str, is_source: bool = False) -> Iterator[bytes]:
        """Yield the rows of an output with the line end that the last one had in the source."""
        last = b""
        with self._stream(path) as stream:
            for row in stream:
                if last:
                    yield last
                last = row
        cut = "" if is_source else self._whole[path].get("cut_eol", "")
        yield from BytesIO(last + cut.encode("ascii"))

    # -- both

    def _is_rows(self, path: str) -> bool:
        return path in self._whole and self._whole[path]["kind"] == "jsonl"

    @contextmanager
    def _stream(self, path: str) -> Iterator[BinaryIO]:
        location = self._location(path)
        whole = self._whole.get(path)
        compression = compression_of(location.name) if whole else ""
        if not os.path.isfile(location):  # nor is a name that no file can have
            raise LogMismatch(shown(path), "is missing from the output", "get a whole copy of it")
        stream, _ = open_input(InputFile(location, path, "text", compression))
        with stream:
            yield stream

    def _location(self, path: str) -> Path:
        return self._out if self._single else self._out / path

    def _mismatch(self, mismatch: LogMismatch) -> None:
        if self._mismatches is None:
            raise mismatch
        self._mismatches.append(str(mismatch))


def _extra_files(out: Path, log: LogFile) -> list[str]:
    """Files in the output tree that the log does not know, if it was written as a tree of its own."""
    if log.run["shape"] != "tree" or log.run["settings"]["in_place"]:
        return []
    known = {file["path"] for file in log.end["files"]}
    known.update(document["path"] for document, _ in log.documents(operations=False))
    found = []
    for folder, folders, names in os.walk(out):
        folders.sort()
        for name in sorted(names):
            path = (Path(folder) / name).relative_to(out).as_posix()
            if path not in known:
                found.append(str(LogMismatch(shown(path), "is in the output, but the log does not know it")))
    return found


def _is_empty(path: Path) -> bool:
    return not any(path.iterdir()) if path.is_dir() else path.stat().st_size == 0


class _Nothing:
    """A target that keeps nothing."""

    def compression_for(self, compression: str) -> str:
        return ""

    @contextmanager
    def stream(self, path: str, compression: str, *, like: Path) -> Iterator[BinaryIO]:
        with open(os.devnull, "wb") as nowhere:
            yield nowhere
