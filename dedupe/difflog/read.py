"""A diff log read back: proved whole before anything is made of it."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

from dedupe.cleaning.targets import is_special
from dedupe.difflog.kinds import tests_of
from dedupe.difflog.records import SCHEMA_VERSION, DocRecord, EndRecord, OpRecord, RunRecord, from_line
from dedupe.errors import LogMismatch, ReadError, system_reason
from dedupe.progress import Progress
from dedupe.reading.packed import compression_of, readable

#: Documents between two reports of progress.
_STEP = 200
#: Bytes of a log that are read, and records that are checked together.
_TOGETHER = 1 << 18
#: How the line of an operation begins.
_OPERATION = b'{"t":"op",'


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
        if is_special(path):
            raise ReadError(self.place, "is a pipe or a device, and a log is read more than once", "give a file")
        if compression_of(path.name):
            raise ReadError(self.place, "is packed, and a log is read as it is", "unpack it first")
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
        """Yield all records in order. The first time that is done to the end, each is checked.

        Raises:
            LogMismatch: one cannot be, or some have gone since the log was opened.
        """
        for records in self._batches():
            yield from records
        self._is_checked = True

    def documents(
        self, stage: str = "reading", *, operations: bool = True
    ) -> Iterator[tuple[DocRecord, list[OpRecord]]]:
        """Yield every ``doc`` record with its ``op`` records, in order, as the work of *stage*.

        Those are left out where *operations* are not wanted, which takes much less time.
        """
        size = self.path.stat().st_size
        records = self.records() if operations else chain.from_iterable(self._batches(but=(_OPERATION,)))
        for number, entry in enumerate(group_documents(records)):
            if self._progress and number % _STEP == 0:
                self._progress(stage, number, self._behind, size)
            yield entry

    def _batches(self, but: tuple[bytes, ...] = ()) -> Iterator[list[Any]]:
        """Yield the records in order, some at a time, but for those whose lines begin with one of *but*."""
        records: list[Any] = []
        numbers: list[int] = []
        size = number = 0
        for number, line in enumerate(self._lines(), start=1):
            if line.startswith(but):
                continue
            records.append(self._parsed(line, number))
            numbers.append(number)
            size += len(line)
            if size >= _TOGETHER:
                yield self._checked(records, numbers)
                records, numbers, size = [], [], 0
        if number != self.end["records"] + 1:
            raise LogMismatch(self.place, "was changed while it was read", "run again when nothing writes to it")
        yield self._checked(records, numbers)

    def _checked(self, records: list[Any], numbers: list[int]) -> list[Any]:
        if not self._is_checked:
            check(records, (f"{self.place}:{number}" for number in numbers))
        return records

    def _lines(self) -> Iterator[bytes]:
        try:
            stream: BinaryIO = self.path.open("rb", buffering=_TOGETHER)
        except OSError as error:
            raise ReadError(self.place, system_reason(error), "name the diff log (--log)") from error
        self._behind = 0
        with stream, readable(self.place):
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
    check([record], [place])
    return record


def check(records: Sequence[Any], places: Iterable[str]) -> None:
    """Check that all of some records are what the record types say; *places* are where they stand.

    Raises:
        LogMismatch: one is not, the first of them.
    """
    kinds: defaultdict[Any, list[Any]] = defaultdict(list)
    for record in records:
        kinds[_kind(record)].append(record)
    if any(_problem(kind, some) for kind, some in kinds.items()):
        for record, place in zip(records, places, strict=True):
            problem = _problem(_kind(record), [record])
            if problem:
                raise LogMismatch(place, problem)


def _kind(record: Any) -> str:
    kind = record.get("t") if isinstance(record, dict) else None
    return kind if isinstance(kind, str) else ""


def _problem(kind: str, records: Sequence[Any]) -> str:
    """Return what is wrong with one of some records of a *kind*, or ""."""
    if kind not in _KINDS:
        return "is no record of a diff log"
    for record in records:
        if not _NEEDED[kind] <= record.keys():
            return f"lacks the key {min(_NEEDED[kind] - record.keys())!r}"
    for key, are_fit in tests_of(_KINDS[kind]).items():
        if not are_fit([record[key] for record in records if key in record]):
            return f"has something under {key!r} that cannot stand there"
    for record in records if kind == "op" else ():
        if not ("text" in record or (record.get("ref") and "dst" in record.get("canonical", ()))):
            return "has neither a text nor a place where it stands"
    for record in records if kind == "doc" else ():
        if (record["status"] == "removed") != (record["output"] is None):
            return f"is of a document with the status {record['status']!r} that has something else"
        if (record["status"] == "error") != (record["encoding"] == ""):
            return "is of a document that could be read and has no encoding, or the other way round"
    return ""


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
