"""The record types of the diff log, and how they are put on a line.

A log is JSON Lines in UTF-8: one ``run``, then for every document a ``doc`` with
its ``op`` records, then one ``end``. Keys come in the order given here, and there
are no time stamps, so that two equal runs write equal logs.

A log may come from anywhere. The types say all that a reader relies on, and :mod:`dedupe.difflog.kinds` holds what was
read to them: numbers are not negative, and what ``Annotated`` adds to a type is a test that the value passes.
"""

from __future__ import annotations

import codecs
import os
from functools import cache
from typing import Annotated, Any, Literal, TypedDict

import orjson

from dedupe.cleaning.evidence import from_json, to_json

#: Raised when a reader of the older form could go wrong.
SCHEMA_VERSION = 1


def _is_span(value: list[int]) -> bool:
    return len(value) == 2 and value[0] <= value[1]


def _is_pair(value: list[str]) -> bool:
    return len(value) == 2


def is_unicode(value: str) -> bool:
    """Whether a string has no lone surrogates, so that UTF-8 can hold it."""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _is_hexadecimal(value: str) -> bool:
    try:
        bytes.fromhex(value)
    except ValueError:
        return False
    return True


@cache
def _is_codec(value: str) -> bool:
    try:
        "".encode(codecs.lookup(value).name)
    except (LookupError, ValueError):
        return value == ""  # of a document that could not be read
    return True


def _is_path(value: str) -> bool:
    try:
        return b"\0" not in os.fsencode(value)
    except UnicodeEncodeError:
        return False


def _has_sides(value: dict[str, int]) -> bool:
    return {"source", "output"} <= value.keys()


def _is_line_end(value: str) -> bool:
    return not value.strip("\r\n")


#: ``[start, end)``, or the first and the last line.
Span = Annotated[list[int], _is_span]
#: A rule is printed as it is.
Rule = Annotated[str, str.isprintable]
Utf8 = Annotated[str, is_unicode]


class Side(TypedDict):
    """One side of a document: as it was read, or as it was written."""

    sha256: str
    bytes: int
    chars: int


class Settings(TypedDict):
    """What reading the log needs: the text field of JSON Lines, and whether files were rewritten in place."""

    text_field: Annotated[str, bool]
    in_place: bool


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
    settings: Settings


class RunRecord(_RunRecord, total=False):
    """What was run: the tool, its kernel and tables, the shape of the input.

    Where files were rewritten in place, the output is no folder of its own. ``references``, where there were
    any, says what the corpus was held against: name, number of files and documents, a sha256 over them.
    """

    references: list[dict[str, Any]]


class _CanonicalRecord(TypedDict):
    doc: str
    lines: Span


class CanonicalRecord(_CanonicalRecord, total=False):
    """The surviving passage: ``src`` and ``sha256`` of its source bytes, ``dst`` where it stands in the output.

    One in a reference text has the ``path`` and ``row`` of its file and the ``document_sha256`` of the whole text
    instead of ``dst`` and ``sha256``.
    """

    path: str
    row: int | None
    src: Span
    chr: Span
    dst: Span
    sha256: str
    document_sha256: str


class BlockRecord(TypedDict):
    """Entries of one document that belong together: what they repeat is all in one document.

    ``lines`` and the ``lines`` of ``canonical`` are from the first to the last; ``ops`` counts the entries.
    """

    block: int
    lines: Span
    ops: int
    why: str
    canonical: CanonicalRecord


class DocRecord(TypedDict, total=False):
    """A document: where it came from and what it was before and after.

    ``row`` is the line of a JSON Lines file, null for a file of its own. ``output`` is null
    for a removed document. ``frame`` (removed rows only) holds the row before and
    behind its text; ``token`` the text as the row spelt it, where the rest of the row
    does not show how to spell it again. ``links`` (files removed in place only) has the links that went with the file:
    the path of each, and what was written in it. ``id`` is there where ``doc`` is another name, since an earlier
    document has that id. ``blocks`` has the blocks of its entries, if there are any.
    """

    t: Literal["doc"]
    doc: str
    path: Annotated[str, _is_path]
    row: int | None
    encoding: Annotated[str, _is_codec]
    detector: str
    confidence: float | None
    bom: Annotated[str, _is_hexadecimal]
    eol: str
    source: Side
    output: Side | None
    status: Literal["same", "changed", "removed", "error"]
    ops: int
    id: str
    blocks: list[BlockRecord]
    error: str
    frame: Annotated[list[Utf8], _is_pair]
    token: Utf8
    links: list[Annotated[list[str], _is_pair]]


class Evidence(TypedDict, total=False):
    """What speaks for an entry, as far as a reader makes something of it; there may be more."""

    points: dict[str, float]


class OpRecord(TypedDict, total=False):
    """One change, or with ``applied`` false one finding left for review; ``block`` is the one it belongs to.

    ``evidence`` is a mapping, and JSON as long as the record has not been written.
    """

    t: Literal["op"]
    doc: str
    n: int
    op: Literal["delete", "replace", "insert"]
    src: Span
    chr: Span
    dst: int
    lines: Span
    rule: Rule
    why: str
    evidence: Evidence | bytes
    block: int
    canonical: CanonicalRecord
    text: str
    ref: bool
    new: str
    applied: bool


class FileSide(TypedDict):
    """One side of a file: sha256 and size of its unpacked bytes, and how it is packed ("" if it is not).

    Those of a Parquet file are the bytes of JSON Lines that it is read as.
    """

    sha256: str
    bytes: int
    compression: Literal["", "gz", "bz2", "xz", "zst", "parquet"]


class _FileRecord(TypedDict):
    path: Annotated[str, _is_path]
    kind: Literal["text", "jsonl"]
    source: FileSide
    output: FileSide | None


class FileRecord(_FileRecord, total=False):
    """A JSON Lines, Parquet or compressed file as a whole; ``output`` is null where nothing of it is left.

    ``cut_eol`` is the line end that the last row lost because the source had none at its end.
    """

    cut_eol: Annotated[str, _is_line_end]


class EndRecord(TypedDict):
    """Totals, and the sha256 over the bytes of all records before."""

    t: Literal["end"]
    documents: int
    status: dict[str, int]
    applied: dict[str, int]
    review: dict[str, int]
    bytes: Annotated[dict[str, int], _has_sides]
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


def from_line(line: bytes) -> Any:
    """Return the record on a line written by :func:`to_line`.

    Raises:
        ValueError: the line is not JSON.
    """
    return from_json(line)
