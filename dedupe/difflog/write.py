"""A plan to log records: one ``doc`` and its ``op`` records for every document."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from io import BytesIO
from itertools import chain
from typing import Any, BinaryIO, Literal, NamedTuple

import numpy as np

from dedupe import kernels
from dedupe._version import __version__
from dedupe.cleaning.apply import apply_operations, join_seams, to_output
from dedupe.cleaning.evidence import from_json
from dedupe.difflog.blocks import Block, block_numbers
from dedupe.difflog.describe import describe_duplicate
from dedupe.difflog.passages import Passage, Passages
from dedupe.difflog.records import (
    SCHEMA_VERSION,
    CanonicalRecord,
    DocRecord,
    FileRecord,
    OpRecord,
    RunRecord,
    Side,
    to_line,
)
from dedupe.index.references import Standing
from dedupe.matching.fingerprint import SIGNATURE_VERSION
from dedupe.model import Document, Operation
from dedupe.plan import Plan
from dedupe.stored import StoredTexts
from dedupe.text.offsets import line_ends

#: Bytes of the log that are hashed and written at once.
_BUFFER = 1 << 18
#: Operations whose places are held as Python numbers at a time.
_ROWS = 1 << 12


class Logged(NamedTuple):
    """What the log says of a document, and its output text (None: removed).

    ``written`` are the records of its ``operations``, in order, as they are written: a text can have a million of them,
    and as objects they take five times the room.
    """

    record: DocRecord
    written: bytes
    operations: list[Operation]
    text: str | None


def document_records(plan: Plan, documents: Sequence[tuple[int, Document]], passages: Passages) -> Iterator[Logged]:
    """Yield what is to be logged of numbered documents, a batch that was read together."""
    found = plan.operations.get([number for number, _ in documents])
    changes = [
        _changes(plan, number, document, done) for (number, document), done in zip(documents, found, strict=True)
    ]
    stored = [document for _, document in documents]
    before = StoredTexts([document.text for document in stored], stored)
    after = StoredTexts([each.output if each.applied else "" for each in changes], stored)
    named = passages.get_many([o.canonical for each in changes for o in each.operations if o.canonical is not None])
    places = _places(before, after, changes)
    for at, ((number, document), each) in enumerate(zip(documents, changes, strict=True)):
        source = _side(before, at, document.text)
        output = _side(after, at, each.output) if each.applied else source
        key = plan.key(number, document)
        record: DocRecord = {
            "t": "doc",
            "doc": key,
            "path": document.path,
            "row": document.row,
            "encoding": document.encoding,
            "bom": document.bom.hex(),
            "eol": line_ends(document.text),
            "source": source,
            "output": None if each.status == "removed" else output,
            "status": each.status,
            "ops": len(each.operations),
        }
        if key != document.id:
            record["id"] = document.id
        if not each.operations:
            yield Logged(record, b"", each.operations, each.output)
            continue
        blocks: list[Block] = []
        records = _op_records(key, document, each.operations, blocks, places, named)
        lines = BytesIO()  # many lines that are held one by one keep the room that each was encoded in
        lines.writelines(map(to_line, records))
        if blocks:
            record["blocks"] = [block.record() for block in blocks]
        yield Logged(record, lines.getvalue(), each.operations, None if each.status == "removed" else each.output)


class _Changes(NamedTuple):
    """What is done to a document: its operations, what is left ("" of one that is removed), what became of it."""

    operations: list[Operation]
    applied: list[Operation]
    output: str
    status: Literal["same", "changed", "removed"]


def _changes(plan: Plan, number: int, document: Document, found: list[Operation]) -> _Changes:
    if not found:
        return _Changes(found, [], document.text, "same")
    operations = join_seams(document.text, found)
    applied = [operation for operation in operations if operation.applied]
    removed = bool(applied) and number in plan.removed
    output = "" if removed else apply_operations(document.text, applied) if applied else document.text
    # Where every passage repeats one elsewhere, nothing is left to keep.
    removed = removed or (not output and any(operation.canonical is not None for operation in applied))
    return _Changes(operations, applied, output, "removed" if removed else "changed" if applied else "same")


def _places(before: StoredTexts, after: StoredTexts, changes: Sequence[_Changes]) -> Iterator[list[int]]:
    """Yield of all operations, in order, where they are in the source, their lines, and where in the output."""
    owners = np.repeat(np.arange(len(changes)), [len(each.operations) for each in changes])
    borders = chain.from_iterable(operation[:2] for each in changes for operation in each.operations)
    spans = np.fromiter(borders, dtype=np.int64).reshape(-1, 2)
    begins = to_output([each.applied for each in changes], owners, spans[:, 0])
    is_changed = np.array([bool(each.applied) for each in changes])[owners]
    # Of what is removed as a whole nothing is left that places could be in.
    begins = np.minimum(begins, np.array([len(each.output) for each in changes])[owners]) * is_changed
    here, there = before.locate(owners, spans), after.locate(owners, np.column_stack([begins, begins]))
    both = np.column_stack([here, np.where(is_changed, there[:, 0], here[:, 0])])
    for first in range(0, len(both), _ROWS):
        yield from both[first : first + _ROWS].tolist()


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


def _op_records(
    key: str,
    document: Document,
    operations: Sequence[Operation],
    blocks: list[Block],
    places: Iterator[list[int]],
    named: Iterator[Passage | Standing],
) -> Iterator[OpRecord]:
    """Yield the records of *operations*, and put what *blocks* they make there.

    *places* goes on with where they are, and *named* with the passages that they name.
    """
    numbers = block_numbers(document.text, operations)
    for n, (operation, block) in enumerate(zip(operations, numbers, strict=True), start=1):
        start, end, kind, rule, why, evidence, replacement, is_applied, canonical = operation
        first_byte, last_byte, first_line, last_line, dst = next(places)
        removed = document.text[start:end]
        record: OpRecord = {
            "t": "op",
            "doc": key,
            "n": n,
            "op": kind,  # type: ignore[typeddict-item]
            "src": [first_byte, last_byte],
            "chr": [start, end],
            "dst": dst,
            "lines": [first_line, last_line],
            "rule": rule,
            "why": why,
            "evidence": evidence,
        }
        if block:
            record["block"] = block
        if canonical is None:
            record["text"] = removed
        else:
            known = from_json(evidence)
            _add_canonical(record, known, removed, document, next(named))
            if block:
                if block > len(blocks):
                    blocks.append(Block(block))
                blocks[-1].add(record, known, stays=not is_applied)
        if kind != "delete":
            record["new"] = replacement
        record["applied"] = is_applied
        yield record


def _add_canonical(
    record: OpRecord, evidence: dict[str, Any], removed: str, document: Document, passage: Passage | Standing
) -> None:
    if isinstance(passage, Standing):
        same = False  # it is not in the output, from which the text would be taken
        canonical: CanonicalRecord = {
            "doc": passage.name,
            "path": passage.path,
            "row": passage.row or None,
            "src": passage.src,
            "chr": passage.chr,
            "lines": passage.lines,
            "document_sha256": passage.sha256,
        }
    else:
        # Parts of one passage name the same canonical passage, which none of them repeats alone.
        is_whole = passage.intact and passage.encoding == document.encoding and "parts" not in evidence
        margins = passage.margins(removed) if is_whole else None
        same = margins is not None
        canonical = passage.record(*margins or ())
    record["canonical"] = canonical
    record["why"] = describe_duplicate(record["rule"], record["lines"], canonical, evidence)
    if same:
        record["ref"] = True
    else:
        record["text"] = removed


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

    def write_operations(self, logged: Logged) -> None:
        """Write the records of a document's operations."""
        self.pending += logged.written
        self.records += len(logged.operations)
        self.applied.update([operation.rule for operation in logged.operations if operation.applied])
        self.review.update([operation.rule for operation in logged.operations if not operation.applied])


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
