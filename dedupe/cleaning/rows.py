"""Operations of many documents as rows: so a ledger keeps them, and so they are written and logged together."""

from __future__ import annotations

import marshal
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from dedupe.cleaning.edits import Edits
from dedupe.model import Canonical, Operation

I64 = npt.NDArray[np.int64]
Rows = npt.NDArray[np.void]

_NAMES = ("start", "end", "written", "applied", "says", "size", "document", "first", "last", "missing")
#: An operation: its place, how many code points it writes there, and whether it is applied. What it ``says`` has a
#: number; as a ledger keeps it, a place in a work file, and a ``size`` in bytes. ``document``, ``first``, ``last`` and
#: ``missing`` are the canonical passage that it names; the document is -1 where it names none.
ROW = np.dtype([(name, np.int64) for name in _NAMES])

_NO_CANONICAL = (-1, 0, 0, 0)


class Said(NamedTuple):
    """What an operation says, as :class:`dedupe.model.Operation` has it; the same furniture is said of thousands."""

    kind: str
    rule: str
    why: str
    evidence: bytes
    replacement: str


class Sayings(Protocol):
    """What operations say, by number: a list of it, or what reads it when it is asked for."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Said]: ...

    def __getitem__(self, number: int, /) -> Said: ...


class Packed(NamedTuple):
    """Operations of n documents, ready to be kept: rows of ``ROW``, int64 (n + 1) where those of each begin and end.

    ``said`` has what they say; the rows tell where.
    """

    rows: Rows
    offsets: I64
    said: bytes

    @classmethod
    def of(cls, rows: Rows, offsets: I64, said: Sequence[tuple[Any, ...]]) -> Packed:
        """Return operations as *rows* that have in ``says`` a number of *said*, each with the fields of ``Said``."""
        written = [marshal.dumps(each) for each in said]
        sizes = np.array([len(each) for each in written], dtype=np.int64)
        rows["size"] = sizes[rows["says"]]
        rows["says"] = (np.cumsum(sizes) - sizes)[rows["says"]]
        return cls(rows, offsets, b"".join(written))

    def followed_by(self, other: Packed) -> Packed:
        """Return for each document its operations and, behind them, those in *other*."""
        rows = np.concatenate([self.rows, other.rows])
        rows["says"][len(self.rows) :] += len(self.said)
        owners = [np.repeat(np.arange(len(each.offsets) - 1), np.diff(each.offsets)) for each in (self, other)]
        order = np.argsort(np.concatenate(owners), kind="stable")
        return Packed(rows[order], self.offsets + other.offsets, self.said + other.said)


@dataclass(slots=True, eq=False)
class Operations:
    """Operations on n documents by place: rows of ``ROW``, int64 (n + 1) where those of each begin and end.

    ``said`` is what they say, by number.
    """

    rows: Rows
    offsets: I64
    said: Sayings

    @property
    def owners(self) -> I64:
        """The number of its document for each row, int64 (m)."""
        return np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))

    def of(self, number: int) -> list[Operation]:
        """Return the operations on document *number* one by one."""
        found = []
        for start, end, _, applied, says, _, *canonical in self._rows_of(number).tolist():
            kind, rule, why, evidence, replacement = self.said[says]
            named = Canonical(*canonical) if canonical[0] >= 0 else None
            found.append(Operation(start, end, kind, rule, why, evidence, replacement, applied > 0, named))
        return found

    def edits(self, number: int) -> Edits:
        """Return the operations on document *number*, applied ones, for looking up places."""
        rows = self._rows_of(number)
        return Edits(list(zip(*(rows[name].tolist() for name in ("start", "end", "written")), strict=True)))

    def _rows_of(self, number: int) -> Rows:
        return self.rows[self.offsets[number] : self.offsets[number + 1]]

    def among(self, wanted: npt.NDArray[np.bool_]) -> Operations:
        """Return those that are *wanted*, bool (m)."""
        return Operations(self.rows[wanted], np.append(0, np.cumsum(wanted))[self.offsets], self.said)

    def chosen(self, documents: I64) -> Operations:
        """Return those on some *documents*, ascending; none of the others has any."""
        return Operations(self.rows, np.append(self.offsets[documents], self.offsets[-1]), self.said)

    def packed(self) -> Packed:
        """Return them ready to be kept, with what they say alone."""
        used, says = np.unique(self.rows["says"], return_inverse=True)
        rows = self.rows.copy()
        rows["says"] = says
        return Packed.of(rows, self.offsets, [tuple(self.said[number]) for number in used.tolist()])

    def exchanged(self, others: Mapping[int, Sequence[Operation]]) -> Operations:
        """Return them with *others* in place of those of some documents."""
        if not others:
            return self
        kept = self.among(~np.isin(self.owners, list(others)))
        fresh = told([others.get(at, ()) for at in range(len(self.offsets) - 1)])
        rows = np.concatenate([kept.rows, fresh.rows])
        rows["says"][len(kept.rows) :] += len(kept.said)
        order = np.argsort(np.concatenate([kept.owners, fresh.owners]), kind="stable")
        return Operations(rows[order], kept.offsets + fresh.offsets, [*kept.said, *fresh.said])

    def whose(self, *rules: str) -> npt.NDArray[np.bool_]:
        """Return for each whether its rule begins with one of *rules*, bool (m)."""
        used, says = np.unique(self.rows["says"], return_inverse=True)
        are_meant = np.array([self.said[number].rule.startswith(rules) for number in used.tolist()], dtype=bool)
        found: npt.NDArray[np.bool_] = are_meant[says]
        return found


def pack(operations: Sequence[Sequence[Operation]]) -> Packed:
    """Return the *operations* of documents, ready to be kept."""
    return told(operations).packed()


def told(operations: Sequence[Sequence[Operation]]) -> Operations:
    """Return the *operations* of documents together.

    What is said of a canonical passage is said once for each evidence that was found, though another may be equal:
    the parts of one deletion are known by sharing it.
    """
    counts = [len(each) for each in operations]
    offsets = np.append(0, np.cumsum(counts, dtype=np.int64))
    flat = list(chain.from_iterable(operations))
    rows = np.zeros(len(flat), dtype=ROW)
    if not flat:
        return Operations(rows, offsets, [])
    starts, ends, _, _, _, _, replacements, applied, canonicals = zip(*flat, strict=True)
    numbers: dict[tuple[object, ...], int] = {}
    says = [
        numbers.setdefault((kind, rule, why, id(evidence) if canonical else evidence, replacement), len(numbers))
        for _, _, kind, rule, why, evidence, replacement, _, canonical in flat
    ]
    _, firsts = np.unique(says, return_index=True)
    rows["start"], rows["end"], rows["written"], rows["applied"] = starts, ends, [*map(len, replacements)], applied
    rows["says"] = says
    passages = np.array([canonical or _NO_CANONICAL for canonical in canonicals], dtype=np.int64)
    rows["document"], rows["first"], rows["last"], rows["missing"] = passages.T
    return Operations(rows, offsets, [Said(*flat[first][2:7]) for first in firsts.tolist()])
