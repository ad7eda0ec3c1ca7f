"""Operations to the lines of a log, those of a batch of documents together."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dedupe import kernels
from dedupe.cleaning.evidence import from_json, to_utf8
from dedupe.cleaning.rows import Operations
from dedupe.difflog.blocks import BLOCK_RULES, LEAST_ENTRIES, Block, block_numbers
from dedupe.difflog.describe import describe_duplicate
from dedupe.difflog.passages import Passage, Passages
from dedupe.difflog.records import CanonicalRecord
from dedupe.index.references import Standing
from dedupe.model import Document
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
    """Pieces of JSON that lines are made of, by number."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def number(self, piece: bytes) -> int:
        self._pieces.append(piece)
        return len(self._pieces) - 1

    def packed(self) -> tuple[bytes, I64]:
        return kernels.joined(self._pieces)


def write_entries(
    keys: Sequence[str],
    documents: Sequence[Document],
    operations: Operations,
    texts: StoredTexts,
    placed: Placed,
    passages: Passages,
) -> Entries:
    """Return the entries for the *operations* on documents with these *texts*, which the log knows by *keys*."""
    owners, spans, places, begins = placed
    borders = np.searchsorted(owners, np.arange(len(documents) + 1))
    numbers = np.arange(1, len(owners) + 1) - borders[owners]
    entries = _Entries(keys, documents, operations, texts, placed, passages)
    lines = BytesIO()  # a list of bytes would be held twice when it is joined
    ends = np.zeros(len(owners) + 1, dtype=np.int64)
    for first in range(0, len(owners), _ROWS):
        here = slice(first, first + _ROWS)
        pieces = _Pieces()
        kind, ending = _changes(pieces, operations, here)
        reason, is_written = entries.reasons(pieces, here)
        packed = np.where(is_written[:, None], places.packed[here], -1)
        head = entries.heads(pieces, here)
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
        operations: Operations,
        texts: StoredTexts,
        placed: Placed,
        passages: Passages,
    ) -> None:
        self.blocks: list[list[Block]] = [[] for _ in documents]
        self._keys = keys
        self._documents = documents
        self._operations = operations
        self._texts = texts
        self._placed = placed
        self._passages = passages
        self._in_blocks = _in_blocks(documents, operations)

    def heads(self, pieces: _Pieces, here: slice) -> I64:
        """Return how the lines of the operations *here* begin."""
        named, at = np.unique(self._placed.owners[here], return_inverse=True)
        heads = [to_utf8({"t": "op", "doc": self._keys[owner]})[:-1] + b',"n":' for owner in named.tolist()]
        return np.array([pieces.number(head) for head in heads])[at]

    def reasons(self, pieces: _Pieces, here: slice) -> tuple[I64, npt.NDArray[np.bool_]]:
        """Return what the operations *here* say, and whether the texts of these are written."""
        rows = self._operations.rows[here]
        is_naming = rows["document"] >= 0
        reasons = np.empty(len(rows), dtype=np.int64)
        is_written = np.ones(len(rows), dtype=bool)
        # What names no passage is said by thousands of others.
        says, at = np.unique(rows["says"][~is_naming], return_inverse=True)
        known = [self._operations.said[number] for number in says.tolist()]
        fields = [{"rule": each.rule, "why": each.why, "evidence": each.evidence} for each in known]
        reasons[~is_naming] = np.array([pieces.number(_fields(each)) for each in fields], dtype=np.int64)[at]
        naming = np.flatnonzero(is_naming)
        owners, places = self._placed.owners[here][naming], self._placed.places
        texts = places.packed[here][naming] + self._texts.packed[1][owners, None]
        columns = (owners, rows["says"][naming], rows["applied"][naming], self._in_blocks[here][naming])
        entries = np.column_stack([*columns, places.lines[here][naming], texts]).tolist()
        for number, entry, passage in zip(naming.tolist(), entries, self._passages.get_many(rows[naming]), strict=True):
            said, is_written[number] = self._repeating(passage, *entry)
            reasons[number] = pieces.number(_fields(said))
        return reasons, is_written

    def _repeating(
        self, passage: Passage | Standing, owner: int, says: int, applied: int, block: int, *places: int
    ) -> tuple[dict[str, Any], bool]:
        """Return what an operation says that names a passage, and whether its text is written.

        Its *places* are its first and last line, and where in the packed texts it begins and ends.
        """
        lines, (start, end) = [*places[:2]], places[2:]
        _, rule, _, packed, _ = self._operations.said[says]
        evidence = from_json(packed)
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
            is_like = passage.is_intact and passage.encoding == self._documents[owner].encoding
            is_whole = is_like and "parts" not in evidence
            margins = passage.margins(self._texts.packed[0][start:end]) if is_whole else None
            is_written = margins is None
            canonical = passage.record(*margins or ())
        fields: dict[str, Any] = {
            "rule": rule,
            "why": describe_duplicate(rule, lines, canonical, evidence),
            "evidence": packed,
        }
        if block:
            fields["block"] = block
            blocks = self.blocks[owner]
            if block > len(blocks):
                blocks.append(Block(block))
            blocks[-1].add(rule, lines, canonical, evidence, stays=not applied)
        fields["canonical"] = canonical
        if not is_written:
            fields["ref"] = True
        return fields, is_written


def _in_blocks(documents: Sequence[Document], operations: Operations) -> I64:
    """Return for each operation the number of its block in its document, 0 where it has none."""
    rows = operations.rows
    numbers = np.zeros(len(rows), dtype=np.int64)
    repeated = np.where(operations.whose(*BLOCK_RULES), rows["document"], -1)
    owners = operations.owners
    counts, going = (
        np.bincount(owners[wanted], minlength=len(documents))
        for wanted in (repeated >= 0, (repeated >= 0) & (rows["applied"] > 0))
    )
    for at in np.flatnonzero((counts >= LEAST_ENTRIES) & (going > 0)).tolist():  # of each block something goes
        here = slice(*operations.offsets[at : at + 2])
        columns = (rows["start"][here], rows["end"][here], rows["applied"][here] > 0, repeated[here])
        numbers[here] = block_numbers(documents[at].text, zip(*(each.tolist() for each in columns), strict=True))
    return numbers


def _changes(pieces: _Pieces, operations: Operations, here: slice) -> tuple[I64, I64]:
    """Return of what kind the operations *here* are, and how their lines end."""
    rows = operations.rows[here]
    deleted, *endings = (
        pieces.number(piece) for piece in (_fields({"op": "delete"}), b',"applied":false}', b',"applied":true}')
    )
    kinds = np.full(len(rows), deleted)
    ends = np.array(endings)[rows["applied"]]
    for at in np.flatnonzero(rows["written"]).tolist():
        said, applied = operations.said[rows["says"][at]], bool(rows["applied"][at])
        kinds[at] = pieces.number(_fields({"op": said.kind}))
        ends[at] = pieces.number(_fields({"new": said.replacement, "applied": applied}) + b"}")
    return kinds, ends


def _fields(fields: dict[str, Any]) -> bytes:
    return b"," + to_utf8(fields)[1:-1]
