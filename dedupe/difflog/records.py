"""The record types of the diff log, and how they are put on a line.

A log is JSON Lines in UTF-8: one ``run``, then for every document a ``doc`` with
its ``op`` records, then one ``end``. Keys come in the order given here, and there
are no time stamps, so that two equal runs write equal logs.
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict

import orjson

from dedupe.cleaning.evidence import from_json, to_json

#: Raised when a reader of the older form could go wrong.
SCHEMA_VERSION = 1


class Side(TypedDict):
    """One side of a document: as it was read, or as it was written."""

    sha256: str
    bytes: int
    chars: int


class _RunRecord(TypedDict):
    t: Literal["run"]
    schema_version: int
    tool: str
    version: str
    kernel: str
    signature_version: int
    config: str
    lexicon: str
    shape: str
    settings: dict[str, Any]


class RunRecord(_RunRecord, total=False):
    """What was run: the tool, its kernel and tables, the shape of the input.

    ``settings`` holds what reading the log needs: the text field of JSON Lines, and whether
    files were rewritten in place (the output is then no folder of its own). ``references``, where there were
    any, says what the corpus was held against: name, number of files and documents, a sha256 over them.
    """

    references: list[dict[str, Any]]


class CanonicalRecord(TypedDict, total=False):
    """The surviving passage: ``src`` and ``sha256`` of its source bytes, ``dst`` where it stands in the output.

    One in a reference text has the ``path`` and ``row`` of its file and the ``document_sha256`` of the whole text
    instead of ``dst`` and ``sha256``.
    """

    doc: str
    path: str
    row: int | None
    src: list[int]
    chr: list[int]
    dst: list[int]
    lines: list[int]
    sha256: str
    document_sha256: str


class BlockRecord(TypedDict):
    """Entries of one document that belong together: what they repeat is all in one document.

    ``lines`` and the ``lines`` of ``canonical`` are from the first to the last; ``ops`` counts the entries.
    """

    block: int
    lines: list[int]
    ops: int
    why: str
    canonical: CanonicalRecord


class DocRecord(TypedDict, total=False):
    """A document: where it came from and what it was before and after.

    ``row`` is the line of a JSON Lines file, null for a file of its own. ``output`` is null
    for a removed document. ``frame`` (removed rows only) holds the row before and
    behind its text; ``token`` the text as the row spelt it, where the rest of the row
    does not show how to spell it again. ``blocks`` has the blocks of its entries, if there are any.
    """

    t: Literal["doc"]
    doc: str
    path: str
    row: int | None
    encoding: str
    detector: str
    confidence: float | None
    bom: str
    eol: str
    source: Side
    output: Side | None
    status: Literal["same", "changed", "removed", "error"]
    ops: int
    blocks: list[BlockRecord]
    error: str
    frame: list[str]
    token: str


class OpRecord(TypedDict, total=False):
    """One change, or with ``applied`` false one finding left for review; ``block`` is the one it belongs to.

    ``evidence`` is a mapping, and JSON as long as the record has not been written.
    """

    t: Literal["op"]
    doc: str
    n: int
    op: Literal["delete", "replace", "insert"]
    src: list[int]
    chr: list[int]
    dst: int
    lines: list[int]
    rule: str
    why: str
    evidence: Any
    block: int
    canonical: CanonicalRecord
    text: str
    ref: bool
    new: str
    applied: bool


class FileSide(TypedDict):
    """One side of a file: sha256 and size of its unpacked bytes, and how it is packed ("" if it is not)."""

    sha256: str
    bytes: int
    compression: Literal["", "gz", "bz2", "xz", "zst"]


class _FileRecord(TypedDict):
    path: str
    kind: Literal["text", "jsonl"]
    source: FileSide
    output: FileSide | None


class FileRecord(_FileRecord, total=False):
    """A JSON Lines or compressed file as a whole; ``output`` is null where nothing of it is left.

    ``cut_eol`` is the line end that the last row lost because the source had none at its end.
    """

    cut_eol: str


class EndRecord(TypedDict):
    """Totals, and the sha256 over the bytes of all records before."""

    t: Literal["end"]
    documents: int
    status: dict[str, int]
    applied: dict[str, int]
    review: dict[str, int]
    bytes: dict[str, int]
    files: list[FileRecord]
    records: int
    sha256: str


def to_line(record: Any) -> bytes:
    """Return the record as one line of JSON.

    >>> to_line({"t": "op", "text": "é"}).decode()
    '{"t":"op","text":"é"}\\n'
    """
    try:
        return orjson.dumps(record, default=orjson.Fragment, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:  # lone surrogates
        return to_json(record) + b"\n"


def as_read(record: OpRecord) -> OpRecord:
    """Return a record that is to be written as :func:`from_line` gives it."""
    read: OpRecord = from_line(to_line(record))
    return read


def from_line(line: bytes) -> Any:
    """Return the record on a line written by :func:`to_line`.

    Raises:
        ValueError: the line is not JSON.
    """
    return from_json(line)
