"""A plan to log records: one ``doc`` and its ``op`` records for every document."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, BinaryIO, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from dedupe import kernels
from dedupe._version import __version__
from dedupe.cleaning.apply import apply_to_texts, join_seams
from dedupe.cleaning.places import to_output
from dedupe.cleaning.rows import Operations, Rows
from dedupe.difflog.entries import Entries, Placed, write_entries
from dedupe.difflog.passages import Passages
from dedupe.difflog.records import SCHEMA_VERSION, DocRecord, FileRecord, RunRecord, Side, to_line
from dedupe.matching.fingerprint import SIGNATURE_VERSION
from dedupe.model import Document
from dedupe.plan import Plan
from dedupe.stored import StoredTexts
from dedupe.text.offsets import line_ends

#: Bytes of the log that are hashed and written at once.
_BUFFER = 1 << 18


class Logged(NamedTuple):
    """What the log says of a document, and its output text (None: removed).

    ``written`` are the records of its operations, in order, as they are written: a text can have a million of them,
    and as objects they take five times the room. ``rows`` are these operations, rows of ``ROW``.
    """

    record: DocRecord
    written: bytes
    rows: Rows
    text: str | None


class LoggedBatch(NamedTuple):
    """What is to be logged of documents: all operations on them, and one after the other what is said of each.

    ``is_same`` tells of each whether it stays as it is.
    """

    operations: Operations
    is_same: list[bool]
    documents: Iterator[Logged]


def document_records(plan: Plan, documents: Sequence[tuple[int, Document]], passages: Passages) -> LoggedBatch:
    """Return what is to be logged of numbered documents, a batch that was read together."""
    stored = [document for _, document in documents]
    texts = [document.text for document in stored]
    keys = [plan.key(number, document) for number, document in documents]
    changes = _changes(plan, [number for number, _ in documents], texts)
    is_changed = np.diff(changes.applied.offsets) > 0
    before = StoredTexts(texts, stored)
    after = StoredTexts(
        [text if changed else "" for text, changed in zip(changes.outputs, is_changed, strict=True)], stored
    )
    placed = _placed(before, after, changes, is_changed)
    entries = write_entries(keys, stored, changes.operations, before, placed, passages)
    is_same = [status == "same" for status in changes.status]
    return LoggedBatch(changes.operations, is_same, _logged(keys, stored, changes, before, after, entries))


def _logged(
    keys: Sequence[str],
    documents: Sequence[Document],
    changes: _Changes,
    before: StoredTexts,
    after: StoredTexts,
    entries: Entries,
) -> Iterator[Logged]:
    """Yield what is to be logged of each document: of its texts *before* and *after*, and its *entries*."""
    operations = changes.operations
    each = zip(keys, documents, changes.outputs, changes.status, pairwise(operations.offsets.tolist()), strict=True)
    for at, (key, document, output, status, (first, last)) in enumerate(each):
        source = _side(before, at, document.text)
        record: DocRecord = {
            "t": "doc",
            "doc": key,
            "path": document.path,
            "row": document.row,
            "encoding": document.encoding,
            "bom": document.bom.hex(),
            "eol": line_ends(document.text),
            "source": source,
            "output": None if status == "removed" else source if status == "same" else _side(after, at, output),
            "status": status,
            "ops": last - first,
        }
        if key != document.id:
            record["id"] = document.id
        if entries.blocks[at]:
            record["blocks"] = [block.record() for block in entries.blocks[at]]
        written = entries.lines[entries.ends[at] : entries.ends[at + 1]]
        yield Logged(record, written, operations.rows[first:last], None if status == "removed" else output)


class _Changes(NamedTuple):
    """What is done to n documents: all operations, those that are applied, what is left of each, what became of it.

    Nothing is left of those that are removed.
    """

    operations: Operations
    applied: Operations
    outputs: list[str]
    status: list[Literal["same", "changed", "removed"]]


def _changes(plan: Plan, numbers: Sequence[int], texts: Sequence[str]) -> _Changes:
    operations = join_seams(texts, plan.operations.read(np.array(numbers, dtype=np.int64)))
    applied = operations.among(operations.rows["applied"] > 0)
    changes = _Changes(operations, applied, apply_to_texts(texts, applied), ["same"] * len(texts))
    naming = set(applied.owners[applied.rows["document"] >= 0].tolist())
    for at in np.flatnonzero(np.diff(applied.offsets)).tolist():
        # Where every passage repeats one elsewhere, nothing is left to keep.
        if numbers[at] in plan.removed or (not changes.outputs[at] and at in naming):
            changes.status[at], changes.outputs[at] = "removed", ""
        else:
            changes.status[at] = "changed"
    return changes


def _placed(before: StoredTexts, after: StoredTexts, changes: _Changes, is_changed: npt.NDArray[np.bool_]) -> Placed:
    """Return where all operations are in the sources, and in the outputs."""
    rows, owners = changes.operations.rows, changes.operations.owners
    spans = np.column_stack([rows["start"], rows["end"]])
    begins = to_output(changes.applied, owners, spans[:, 0])
    # Of what is removed as a whole nothing is left that places could be in.
    sizes = np.array([len(output) for output in changes.outputs], dtype=np.int64)
    begins = np.minimum(begins, sizes[owners]) * is_changed[owners]
    here, there = before.locate(owners, spans), after.locate(owners, np.column_stack([begins, begins]))
    return Placed(owners, spans, here, np.where(is_changed[owners], there.stored[:, 0], here.stored[:, 0]))


def error_record(key: str, path: str, row: int | None, raw: bytes, error: str) -> DocRecord:
    """Return the ``doc`` record of a document that could not be read and is passed through."""
    side: Side = {"sha256": hashlib.sha256(raw).hexdigest(), "bytes": len(raw), "chars": 0}
    return {
        "t": "doc", "doc": key, "path": path, "row": row, "encoding": "", "bom": "", "eol": "",
        "source": side, "output": side, "status": "error", "ops": 0, "error": error,
    }  # fmt: skip


def _side(texts: StoredTexts, number: int, text: str) -> Side:
    sha256, size = texts.digest(number)
    return {"sha256": sha256, "bytes": size, "chars": len(text)}


class LogLines:
    """Lines of a log, and what their records count up to for the ``end`` record."""

    def __init__(self) -> None:
        self.pending = bytearray()
        self.records = 0
        self.status: Counter[str] = Counter()
        self.applied: Counter[str] = Counter()
        self.review: Counter[str] = Counter()
        self.bytes: Counter[str] = Counter({"source": 0, "output": 0})

    def write(self, record: Any) -> None:
        """Write one record."""
        self.pending += to_line(record)
        self.records += 1
        if record["t"] == "doc":
            self.status[record["status"]] += 1
            self.bytes["source"] += record["source"]["bytes"]
            self.bytes["output"] += record["output"]["bytes"] if record["output"] else 0
        elif record["t"] == "op":
            (self.applied if record["applied"] else self.review)[record["rule"]] += 1

    def count_operations(self, operations: Operations) -> None:
        """Count operations, the records of which are written to ``pending``."""
        rows, said = operations.rows, operations.said
        self.records += len(rows)
        is_applied = rows["applied"] > 0
        for counts, says in ((self.applied, rows["says"][is_applied]), (self.review, rows["says"][~is_applied])):
            for each, count in zip(said, np.bincount(says, minlength=len(said)).tolist(), strict=True):
                if count:
                    counts[each.rule] += count


class LogWriter(LogLines):
    """Writes records to a stream and hashes them; without one it only counts."""

    def __init__(self, stream: BinaryIO | None = None) -> None:
        super().__init__()
        self._stream = stream
        self._hash = hashlib.sha256()

    def write(self, record: Any) -> None:
        super().write(record)
        if len(self.pending) > _BUFFER:
            self._flush()

    def extend(self, lines: LogLines) -> None:
        """Write records that were put on lines elsewhere."""
        self._flush()
        self.pending = lines.pending
        self._flush()
        self.records += lines.records
        for name in ("status", "applied", "review", "bytes"):
            getattr(self, name).update(getattr(lines, name))

    def sha256(self) -> str:
        """Return the sha256 over the records so far."""
        self._flush()
        return self._hash.hexdigest()

    def end(self, files: list[FileRecord]) -> dict[str, Any]:
        """Write the ``end`` record and return it."""
        record = {
            "t": "end",
            "documents": self.status.total(),
            "status": dict(sorted(self.status.items())),
            "applied": dict(sorted(self.applied.items())),
            "review": dict(sorted(self.review.items())),
            "bytes": dict(self.bytes),
            "files": files,
            "records": self.records,
            "sha256": self.sha256(),
        }
        self._put(to_line(record))
        return record

    def _flush(self) -> None:
        if self.pending:  # the stream may be closed when all has been written
            self._hash.update(self.pending)
            self._put(self.pending)
            self.pending = bytearray()

    def _put(self, data: bytes | bytearray) -> None:
        if self._stream is not None:
            self._stream.write(data)


def run_record(plan: Plan, shape: str, *, in_place: bool = False) -> RunRecord:
    """Return the ``run`` record; *shape* is ``file``, ``tree``, ``stdin`` or ``documents``."""
    record: RunRecord = {
        "t": "run",
        "schema_version": SCHEMA_VERSION,
        "tool": "dedupe",
        "version": __version__,
        "kernel": kernels.name(),
        "signature_version": SIGNATURE_VERSION,
        "config": plan.config.fingerprint(),
        "lexicon": plan.lexicon_fingerprint,
        "shape": shape,
        "settings": {"text_field": plan.config.text_field, "in_place": in_place},
    }
    references = plan.references.describe()
    if references:
        record["references"] = references
    return record
