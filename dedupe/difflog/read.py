"""A diff log read back: proved whole before anything is made of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import UnionType
from typing import Any, BinaryIO, Literal, cast, get_args, get_origin, get_type_hints, is_typeddict

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
        for record, kind, number in ((run, RunRecord, 1), (end, EndRecord, count + 1)):
            _check_keys(self.place, record, number)
            if not _is_of(record, kind):
                raise LogMismatch(f"{self.place}:{number}", "has a value that cannot stand there")
        self.run = cast(RunRecord, run)
        self.end = cast(EndRecord, end)

    def records(self) -> Iterator[Any]:
        """Yield all records in order."""
        for number, line in enumerate(self._lines(), start=1):
            record = self._parsed(line, number)
            _check_keys(self.place, record, number)
            yield record

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


#: Keys without which a record of each type cannot be used.
_NEEDED = {
    "run": RunRecord.__required_keys__,
    "doc": frozenset("doc path row encoding bom source output status ops".split()),
    "op": frozenset("doc n op src chr dst lines rule why evidence applied".split()),
    "end": EndRecord.__required_keys__,
}


def _check_keys(place: str, record: Any, number: int) -> None:
    kind = record.get("t") if isinstance(record, dict) else None
    if kind not in _NEEDED:
        raise LogMismatch(f"{place}:{number}", "is no record of a diff log")
    missing = _NEEDED[kind] - record.keys()
    if kind == "op" and not ("text" in record or (record.get("ref") and "canonical" in record)):
        missing = missing | {"text"}
    if missing:
        raise LogMismatch(f"{place}:{number}", f"lacks the key {min(missing)!r}")


def _is_of(value: Any, kind: Any) -> bool:
    """Whether a value from JSON is of a kind as the record types are annotated.

    Only for the two records that no sha256 in the log speaks for in full: it takes too long for all of them.
    """
    if kind is Any:
        return True
    if is_typeddict(kind):
        kinds = get_type_hints(kind)
        return (
            isinstance(value, dict)
            and kind.__required_keys__ <= value.keys()
            and all(_is_of(value[key], kinds[key]) for key in kinds.keys() & value.keys())
        )
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        return value in arguments
    if origin is UnionType:
        return any(_is_of(value, each) for each in arguments)
    if origin is list:
        return isinstance(value, list) and all(_is_of(each, arguments[0]) for each in value)
    if origin is dict:
        return isinstance(value, dict) and all(_is_of(each, arguments[1]) for each in value.values())
    return type(value) is kind


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
