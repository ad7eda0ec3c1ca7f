"""Operations to the lines of a log, those of a batch of documents together."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dedupe import kernels
from dedupe.cleaning.apply import column
from dedupe.cleaning.evidence import from_json, to_utf8
from dedupe.difflog.blocks import Block, block_numbers
from dedupe.difflog.describe import describe_duplicate
from dedupe.difflog.passages import Passages
from dedupe.difflog.records import CanonicalRecord
from dedupe.index.references import Standing
from dedupe.model import Document, Operation
from dedupe.stored import Places, StoredTexts

I64 = npt.NDArray[np.int64]

#: Lines whose pieces are held at a time.
_ROWS = 1 << 12


class Entries(NamedTuple):
    """The ``op`` records of n documents as they are written.

    Those of document i are ``lines[ends[i]:ends[i + 1]]``, and ``blocks[i]`` are the blocks that they make. A text can
    have a million of them, and as objects they take five times the room.
    """

    lines: bytes
    ends: list[int]
    blocks: list[list[Block]]


class Placed(NamedTuple):
    """Where the operations on n documents are, one after the other: int64 (m) whose each is, int64 (m, 2) its place in
    code points, the same in bytes and lines, and int64 (m) where it is in the bytes of the output.
    """

    owners: I64
    spans: I64
    places: Places
    begins: I64


class _Pieces:
    """Pieces of JSON that lines are made of, each of them once, by number."""

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}

    def number(self, piece: bytes) -> int:
        return self._numbers.setdefault(piece, len(self._numbers))

    def packed(self) -> tuple[bytes, I64]:
        return kernels.joined(list(self._numbers))


def write_entries(
    keys: Sequence[str],
    documents: Sequence[Document],
    operations: Sequence[Sequence[Operation]],
    texts: StoredTexts,
    placed: Placed,
    passages: Passages,
) -> Entries:
    """Return the entries for the *operations* on documents with these *texts*, which the log knows by *keys*."""
    owners, spans, places, begins = placed
    borders = np.searchsorted(owners, np.arange(len(documents) + 1))
    numbers = np.arange(1, len(owners) + 1) - borders[owners]
    flat = list(chain.from_iterable(operations))
    entries = _Entries(keys, documents, operations, passages)
    lines = BytesIO()  # a list of bytes would be held twice when it is joined
    ends = np.zeros(len(flat) + 1, dtype=np.int64)
    for first in range(0, len(flat), _ROWS):
        here = slice(first, first + _ROWS)
        pieces = _Pieces()
        kind, ending = _changes(pieces, flat[here])
        reason, is_written = entries.reasons(pieces, owners[here], flat[here], places.lines[here])
        packed = np.where(is_written[:, None], places.packed[here], -1)
        head = entries.heads(pieces, owners[here])
        rows = np.column_stack([
            owners[here], head, numbers[here], kind, places.stored[here], spans[here], begins[here], places.lines[here],
            reason, packed, ending,
        ])  # fmt: skip
        written, stops = kernels.log_lines(*texts.packed, *pieces.packed(), rows)
        ends[first + 1 : first + len(stops)] = stops[1:] + ends[first]
        lines.write(written)
    return Entries(lines.getvalue(), ends[borders].tolist(), entries.blocks)


class _Entries:
    """What operations on documents say, one after the other; the blocks that they make gather in ``blocks``."""

    def __init__(
        self,
        keys: Sequence[str],
        documents: Sequence[Document],
        operations: Sequence[Sequence[Operation]],
        passages: Passages,
    ) -> None:
        self.blocks: list[list[Block]] = [[] for _ in documents]
        self._keys = keys
        self._documents = documents
        self._in_blocks = chain.from_iterable(
            block_numbers(document.text, each) for document, each in zip(documents, operations, strict=True)
        )
        canonicals = [o.canonical for each in operations for o in each if o.canonical is not None]
        self._named = passages.get_many(canonicals)

    def heads(self, pieces: _Pieces, owners: I64) -> I64:
        """Return for the operations on documents, by the numbers of those, how their lines begin."""
        named, at = np.unique(owners, return_inverse=True)
        heads = [to_utf8({"t": "op", "doc": self._keys[owner]})[:-1] + b',"n":' for owner in named.tolist()]
        return np.array([pieces.number(head) for head in heads])[at]

    def reasons(
        self, pieces: _Pieces, owners: I64, operations: Sequence[Operation], lines: I64
    ) -> tuple[I64, npt.NDArray[np.bool_]]:
        """Return what the next operations say, and whether the texts of these are written.

        *owners* are the numbers of their documents, and *lines* say where they are.
        """
        # What names no passage is said by thousands of others.
        known: dict[tuple[str, str, bytes], int] = {}
        numbers = []
        is_written = np.ones(len(operations), dtype=bool)
        for at, (operation, block) in enumerate(zip(operations, self._in_blocks, strict=False)):
            said = operation[3:6]
            if operation.canonical is not None:
                fields, is_written[at] = self._repeating(int(owners[at]), operation, lines[at].tolist(), block)
                numbers.append(pieces.number(_fields(fields)))
            elif said in known:
                numbers.append(known[said])
            else:
                number = pieces.number(_fields(dict(zip(("rule", "why", "evidence"), said, strict=True))))
                known[said] = number
                numbers.append(number)
        return np.array(numbers), is_written

    def _repeating(self, owner: int, operation: Operation, lines: list[int], block: int) -> tuple[dict[str, Any], bool]:
        """Return what an operation says that names a passage, and whether its text is written."""
        document, passage = self._documents[owner], next(self._named)
        evidence = from_json(operation.evidence)
        is_written = True
        if isinstance(passage, Standing):  # it is not in the output, from which the text would be taken
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
            margins = passage.margins(document.text[operation.start : operation.end]) if is_whole else None
            is_written = margins is None
            canonical = passage.record(*margins or ())
        fields: dict[str, Any] = {
            "rule": operation.rule,
            "why": describe_duplicate(operation.rule, lines, canonical, evidence),
            "evidence": operation.evidence,
        }
        if block:
            fields["block"] = block
            blocks = self.blocks[owner]
            if block > len(blocks):
                blocks.append(Block(block))
            blocks[-1].add(operation.rule, lines, canonical, evidence, stays=not operation.applied)
        fields["canonical"] = canonical
        if not is_written:
            fields["ref"] = True
        return fields, is_written


def _changes(pieces: _Pieces, operations: Sequence[Operation]) -> tuple[I64, I64]:
    """Return of what kind operations are, and how their lines end."""
    deleted, *endings = (
        pieces.number(piece) for piece in (_fields({"op": "delete"}), b',"applied":false}', b',"applied":true}')
    )
    kinds = np.full(len(operations), deleted)
    ends = np.array(endings)[column(operations, "applied")]
    for at, operation in enumerate(operations):
        if operation.kind != "delete":
            kinds[at] = pieces.number(_fields({"op": operation.kind}))
            ends[at] = pieces.number(_fields({"new": operation.replacement, "applied": operation.applied}) + b"}")
    return kinds, ends


def _fields(fields: dict[str, Any]) -> bytes:
    return b"," + to_utf8(fields)[1:-1]
