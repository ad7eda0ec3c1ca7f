"""A plan to log records: one ``doc`` and its ``op`` records for every document."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from dedupe import kernels
from dedupe._version import __version__
from dedupe.cleaning.apply import apply_operations, join_seams, to_output
from dedupe.difflog.describe import describe_duplicate
from dedupe.difflog.offsets import LineNumbers, byte_offsets, encode, line_ends
from dedupe.difflog.records import SCHEMA_VERSION, DocRecord, FileRecord, OpRecord, RunRecord, Side, to_line
from dedupe.matching.fingerprint import SIGNATURE_VERSION
from dedupe.matching.table import TextStore
from dedupe.model import Document, Operation
from dedupe.pipeline import Plan
from dedupe.scanning import Corpus

#: Separators behind a canonical passage that are kept at hand for ``ref``.
_SEPARATORS = 64


@dataclass(frozen=True, slots=True)
class Passage:
    """A canonical passage, resolved: where it stands in source and output, and its text.

    ``intact`` says that nothing inside was changed, so that its bytes in the output are
    those of the source. ``place`` and ``length`` find its text in the store, with up to
    64 white-space characters that follow it and stay.
    """

    key: str
    encoding: str
    src: tuple[int, int]
    chr: tuple[int, int]
    dst: tuple[int, int]
    lines: tuple[int, int]
    intact: bool
    place: int
    length: int


class Passages:
    """All canonical passages that a plan names."""

    def __init__(self, corpus: Corpus, plan: Plan, store: TextStore) -> None:
        self._store = store
        self._passages: dict[tuple[int, int, int], Passage] = {}
        wanted: dict[int, set[tuple[int, int]]] = {}
        for number, start, end in plan.canonical_spans():
            wanted.setdefault(number, set()).add((start, end))
        if wanted:
            for number, document in corpus.documents(wanted):
                self._resolve(number, document, plan, sorted(wanted[number]))

    def get(self, operation: Operation) -> tuple[Passage, str, str]:
        """Return the operation's canonical passage, its source text, and the separators behind it."""
        canonical = operation.canonical
        assert canonical is not None
        passage = self._passages[canonical.document, canonical.start, canonical.end]
        text = self._store.read(passage.place, passage.length).decode("utf-8", "surrogatepass")
        size = canonical.end - canonical.start
        return passage, text[:size], text[size:]

    def _resolve(self, number: int, document: Document, plan: Plan, spans: Sequence[tuple[int, int]]) -> None:
        text = document.text
        applied = plan.applied(number)
        output = apply_operations(text, applied)
        numbers = LineNumbers(text)
        inside = {span: (to_output(applied, span[0]), to_output(applied, span[1])) for span in spans}
        src = byte_offsets(text, (p for span in spans for p in span), document.encoding, document.bom)
        dst = byte_offsets(output, (p for span in inside.values() for p in span), document.encoding, document.bom)
        starts = [operation.start for operation in applied]
        for start, end in spans:
            intact = not any(o.start < end and o.end > start for o in applied)
            stop = min([end + _SEPARATORS, *(s for s in starts if s >= end)])
            behind = text[end:stop]
            behind = behind[: len(behind) - len(behind.lstrip())]
            data = (text[start:end] + behind).encode("utf-8", "surrogatepass")
            first, last = numbers.span(start, end)
            self._passages[number, start, end] = Passage(
                key=plan.key(number, document.id),
                encoding=document.encoding,
                src=(src[start], src[end]),
                chr=(start, end),
                dst=(dst[inside[start, end][0]], dst[inside[start, end][1]]),
                lines=(first, last),
                intact=intact,
                place=self._store.append(data),
                length=len(data),
            )


def document_records(
    plan: Plan, number: int, document: Document, passages: Passages
) -> tuple[DocRecord, list[OpRecord], str | None]:
    """Return the ``doc`` record, the ``op`` records, and the output text (None: removed)."""
    key = plan.key(number, document.id)
    operations = join_seams(document.text, plan.operations.get(number, []))
    applied = [operation for operation in operations if operation.applied]
    output = "" if number in plan.removed else apply_operations(document.text, applied)
    # Where every passage repeats one elsewhere, nothing is left to keep.
    emptied = not output and any(operation.canonical is not None for operation in applied)
    removed = number in plan.removed or emptied
    status = "removed" if removed else "changed" if applied else "same"
    record: DocRecord = {
        "t": "doc",
        "doc": key,
        "path": document.path,
        "row": document.row,
        "encoding": document.encoding,
        "bom": document.bom.hex(),
        "eol": line_ends(document.text),
        "source": _side(document.text, document),
        "output": None if removed else _side(output, document),
        "status": status,  # type: ignore[typeddict-item]
        "ops": len(operations),
    }
    return record, list(_op_records(key, document, operations, applied, output, passages)), None if removed else output


def error_record(key: str, path: str, row: int | None, raw: bytes, error: str) -> DocRecord:
    """Return the ``doc`` record of a document that could not be read and is passed through."""
    side: Side = {"sha256": hashlib.sha256(raw).hexdigest(), "bytes": len(raw), "chars": 0}
    return {
        "t": "doc", "doc": key, "path": path, "row": row, "encoding": "", "bom": "", "eol": "",
        "source": side, "output": side, "status": "error", "ops": 0, "error": error,
    }  # fmt: skip


def _side(text: str, document: Document) -> Side:
    data = document.bom + encode(text, document.encoding)
    return {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data), "chars": len(text)}


def _op_records(
    key: str,
    document: Document,
    operations: Sequence[Operation],
    applied: Sequence[Operation],
    output: str,
    passages: Passages,
) -> Iterator[OpRecord]:
    if not operations:
        return
    text = document.text
    numbers = LineNumbers(text)
    out_places = [min(to_output(applied, operation.start), len(output)) for operation in operations]
    src = byte_offsets(text, (p for o in operations for p in (o.start, o.end)), document.encoding, document.bom)
    dst = byte_offsets(output, out_places, document.encoding, document.bom)
    for n, (operation, place) in enumerate(zip(operations, out_places, strict=True), start=1):
        removed = text[operation.start : operation.end]
        lines = numbers.span(operation.start, operation.end)
        record: OpRecord = {
            "t": "op",
            "doc": key,
            "n": n,
            "op": operation.kind,  # type: ignore[typeddict-item]
            "src": [src[operation.start], src[operation.end]],
            "chr": [operation.start, operation.end],
            "dst": dst[place],
            "lines": lines,
            "rule": operation.rule,
            "why": operation.why,
            "evidence": operation.evidence,
        }
        if operation.canonical is None:
            record["text"] = removed
        else:
            _add_canonical(record, operation, removed, document, passages)
        if operation.kind != "delete":
            record["new"] = operation.replacement
        record["applied"] = operation.applied
        yield record


def _add_canonical(
    record: OpRecord, operation: Operation, removed: str, document: Document, passages: Passages
) -> None:
    passage, text, behind = passages.get(operation)
    chars, src, dst = list(passage.chr), list(passage.src), list(passage.dst)
    same = passage.intact and passage.encoding == document.encoding
    rest = removed[len(text) :]
    if same and rest and removed.startswith(text) and behind.startswith(rest) and rest.isspace():
        # The separators behind the passage are repeated as well.
        grown = len(encode(rest, document.encoding))
        chars[1], src[1], dst[1] = chars[1] + len(rest), src[1] + grown, dst[1] + grown
        text += rest
    record["canonical"] = {
        "doc": passage.key,
        "src": src,
        "chr": chars,
        "dst": dst,
        "lines": list(passage.lines),
        "sha256": hashlib.sha256(encode(text, passage.encoding)).hexdigest(),
    }
    record["why"] = describe_duplicate(operation.rule, record["lines"], dict(record["canonical"]), operation.evidence)
    if same and removed == text:
        record["ref"] = True
    else:
        record["text"] = removed


class LogWriter:
    """Writes records to a stream, counting and hashing them for the ``end`` record."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._hash = hashlib.sha256()
        self._records = 0
        self.status: Counter[str] = Counter()
        self.applied: Counter[str] = Counter()
        self.review: Counter[str] = Counter()
        self.bytes: Counter[str] = Counter({"source": 0, "output": 0})

    def write(self, record: Any) -> None:
        """Write one record."""
        line = to_line(record)
        self._stream.write(line)
        self._hash.update(line)
        self._records += 1
        if record["t"] == "doc":
            self.status[record["status"]] += 1
            self.bytes["source"] += record["source"]["bytes"]
            self.bytes["output"] += record["output"]["bytes"] if record["output"] else 0
        elif record["t"] == "op":
            (self.applied if record["applied"] else self.review)[record["rule"]] += 1

    def sha256(self) -> str:
        """Return the sha256 over the records so far."""
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
            "records": self._records,
            "sha256": self.sha256(),
        }
        self._stream.write(to_line(record))
        return record


def run_record(plan: Plan, shape: str, *, in_place: bool = False) -> RunRecord:
    """Return the ``run`` record; *shape* is ``file``, ``tree``, ``stdin`` or ``documents``."""
    return {
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
