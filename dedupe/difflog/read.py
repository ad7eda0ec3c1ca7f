"""A diff log read back: proved whole before anything is made of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from dedupe.difflog.kinds import tests_of
from dedupe.difflog.records import SCHEMA_VERSION, DocRecord, EndRecord, OpRecord, RunRecord, from_line
from dedupe.errors import LogMismatch, ReadError
from dedupe.progress import Progress

#: Documents between two reports of progress.
_STEP = 200


class LogFile:
    """A diff log on disk. Opening it reads it once and checks the sha256 in its ``end`` record.

    *progress* is told how far later readings are.

    Raises:
        ReadError: there is no such file, or it is not a diff log this version reads.
        LogMismatch: it was changed or cut off after it was written.
    """

    def __init__(self, path: Path, progress: Progress | None = None) -> None:
        self.path = path
        self._progress = progress
        self._behind = 0
        self._is_checked = False
        self.place = str(path)
        run: Any = None
        end: Any = None
        digest = hashlib.sha256()
        count = 0
        held = b""
        for line in self._lines():
            if held:
                digest.update(held)
                count += 1
            held = line
            if run is None:
                run = self._parsed(line, 1)
        if run is None or not isinstance(run, dict) or run.get("t") != "run":
            raise ReadError(self.place, "is not a diff log", "name the log that `dedupe clean` wrote")
        if run.get("schema_version") != SCHEMA_VERSION:
            advice = f"this version reads {SCHEMA_VERSION}; use the one that wrote the log ({run.get('version')})"
            raise ReadError(self.place, f"has schema version {run.get('schema_version')!r}", advice)
        end = self._parsed(held, count + 1)
        if not isinstance(end, dict) or end.get("t") != "end":
            raise LogMismatch(self.place, "is cut off: it has no end record", "get a whole copy of the log")
        if end.get("sha256") != digest.hexdigest() or end.get("records") != count:
            raise LogMismatch(self.place, "was changed after it was written", "get an unchanged copy of the log")
        self.run: RunRecord = checked(run, f"{self.place}:1")
        self.end: EndRecord = checked(end, f"{self.place}:{count + 1}")

    def records(self) -> Iterator[Any]:
        """Yield all records in order. The first time that is done to the end, each is checked."""
        for number, line in enumerate(self._lines(), start=1):
            record = self._parsed(line, number)
            yield record if self._is_checked else checked(record, f"{self.place}:{number}")
        self._is_checked = True

    def documents(self, stage: str = "reading") -> Iterator[tuple[DocRecord, list[OpRecord]]]:
        """Yield every ``doc`` record with its ``op`` records, in order, as the work of *stage*."""
        size = self.path.stat().st_size
        for number, entry in enumerate(group_documents(self.records())):
            if self._progress and number % _STEP == 0:
                self._progress(stage, number, self._behind, size)
            yield entry

    def _lines(self) -> Iterator[bytes]:
        try:
            stream: BinaryIO = self.path.open("rb")
        except OSError as error:
            raise ReadError(self.place, error.strerror or "cannot be read", "name the diff log (--log)") from error
        self._behind = 0
        with stream:
            for line in stream:
                self._behind += len(line)
                yield line

    def _parsed(self, line: bytes, number: int) -> Any:
        try:
            return from_line(line)
        except ValueError as error:
            if number == 1:
                raise ReadError(self.place, "is not a diff log", "name the log that `dedupe clean` wrote") from error
            raise LogMismatch(f"{self.place}:{number}", "is not JSON", "get an unchanged copy of the log") from error


_KINDS = {"run": RunRecord, "doc": DocRecord, "op": OpRecord, "end": EndRecord}
#: Keys without which a record of each type cannot be used.
_NEEDED = {
    "run": RunRecord.__required_keys__,
    "doc": frozenset("doc path row encoding bom source output status ops".split()),
    "op": frozenset("doc n op src chr dst lines rule why evidence applied".split()),
    "end": EndRecord.__required_keys__,
}


def checked(record: Any, place: str) -> Any:
    """Return the record of a log if all of it is what the record types say; *place* is where it stands.

    Raises:
        LogMismatch: it is not.
    """
    kind = record.get("t") if isinstance(record, dict) else None
    if not isinstance(kind, str) or kind not in _KINDS:
        raise LogMismatch(place, "is no record of a diff log")
    missing = _NEEDED[kind] - record.keys()
    if missing:
        raise LogMismatch(place, f"lacks the key {min(missing)!r}")
    for key, is_fit in tests_of(_KINDS[kind]).items():
        if key in record and not is_fit(record[key]):
            raise LogMismatch(place, f"has something under {key!r} that cannot stand there")
    if kind == "op" and not ("text" in record or (record.get("ref") and "dst" in record.get("canonical", ()))):
        raise LogMismatch(place, "has neither a text nor a place where it stands")
    if kind == "doc" and (record["status"] == "removed") != (record["output"] is None):
        raise LogMismatch(place, f"is of a document with the status {record['status']!r} that has something else")
    if kind == "doc" and (record["status"] == "error") != (record["encoding"] == ""):
        raise LogMismatch(place, "is of a document that could be read and has no encoding, or the other way round")
    return record


def group_documents(records: Iterable[Any]) -> Iterator[tuple[DocRecord, list[OpRecord]]]:
    """Yield every ``doc`` record with its ``op`` records, in order."""
    document: DocRecord | None = None
    operations: list[OpRecord] = []
    for record in records:
        if record["t"] == "op":
            operations.append(record)
            continue
        if document is not None:
            yield document, operations
        document, operations = (record, []) if record["t"] == "doc" else (None, [])
    if document is not None:
        yield document, operations
