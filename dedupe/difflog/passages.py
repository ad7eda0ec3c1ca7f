"""The canonical passages that a plan names, resolved: where each stands in source and output, and its text."""

from __future__ import annotations

import hashlib
import marshal
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dedupe.cleaning.apply import apply_to_texts
from dedupe.cleaning.ledger import Ledger
from dedupe.cleaning.places import to_output
from dedupe.cleaning.rows import ROW, Operations, Rows
from dedupe.difflog.records import CanonicalRecord
from dedupe.index.references import Standing
from dedupe.matching.sets import are_first
from dedupe.model import Document
from dedupe.plan import Plan
from dedupe.scanning import Corpus, batched
from dedupe.stored import StoredTexts
from dedupe.text.offsets import encode
from dedupe.workfiles import TextStore

I64 = npt.NDArray[np.int64]

#: A canonical passage that an operation names.
NAMED = np.dtype([("document", np.int64), ("first", np.int64), ("last", np.int64)])

#: Separators at a canonical passage that are kept at hand for ``ref``.
_SEPARATORS = 64


class Passage(NamedTuple):
    """A canonical passage, resolved: where it stands in source and output, and its text.

    ``intact`` says that nothing inside was changed, so that its bytes in the output are
    those of the source. ``before`` and ``behind`` are up to 64 characters of white space
    around it that stay.
    """

    key: str
    encoding: str
    src: list[int]
    chr: list[int]
    dst: list[int]
    lines: list[int]
    intact: bool
    before: str
    text: str
    behind: str

    def record(self, before: str = "", behind: str = "") -> CanonicalRecord:
        """Return what the log says of the passage, or of it and white space around it."""
        src, chr_, dst = self.src, self.chr, self.dst
        if before or behind:
            first, last = len(encode(before, self.encoding)), len(encode(behind, self.encoding))
            src, dst = [src[0] - first, src[1] + last], [dst[0] - first, dst[1] + last]
            chr_ = [chr_[0] - len(before), chr_[1] + len(behind)]
        data = encode(f"{before}{self.text}{behind}", self.encoding)
        sha256 = hashlib.sha256(data).hexdigest()
        return {"doc": self.key, "src": src, "chr": chr_, "dst": dst, "lines": self.lines, "sha256": sha256}

    def margins(self, removed: str) -> tuple[str, str] | None:
        """Return what *removed* has before and behind the text of the passage, None if other things stand there."""
        at = removed.find(self.text)
        if at < 0:
            return None
        before, behind = removed[:at], removed[at + len(self.text) :]
        return (before, behind) if self.before.endswith(before) and self.behind.startswith(behind) else None


class Passages:
    """All canonical passages that a plan names: in a work file, and 24 bytes of memory for each.

    Those in reference texts stand there and not in the output; they come as they were kept.
    """

    def __init__(self, corpus: Corpus, plan: Plan, store: TextStore) -> None:
        self._store = store
        self._first_reference = plan.references.first
        spans = _named(plan.operations)
        self._begins = _pairs(spans["document"], spans["first"])
        self._spans = self._key(spans["document"], spans["first"], spans["last"])
        self._is_named = np.bincount(spans["document"]).astype(bool).tobytes()
        sizes = array("q", [store.append(b"")])
        for packed in self._packed(corpus, plan, spans):
            sizes.extend(map(len, packed))
            store.append(b"".join(packed))
        self._places = np.cumsum(sizes)
        store.flush()

    def _packed(self, corpus: Corpus, plan: Plan, spans: npt.NDArray[np.void]) -> Iterator[list[bytes]]:
        """Yield the passages at rows of ``NAMED``, in order, as they are kept, some at a time."""
        first = 0
        for batch in batched(corpus.documents(self), lambda item: len(item[1].text)):
            numbers = [number for number, _ in batch]
            operations = plan.operations.read(np.array(numbers))
            last = int(np.searchsorted(self._begins, (numbers[-1] + 1) << 32))
            passages = _resolved(
                [document for _, document in batch],
                [plan.key(number, document) for number, document in batch],
                operations.among(operations.rows["applied"] > 0),
                np.searchsorted(numbers, spans["document"][first:last]),
                np.column_stack([spans["first"][first:last], spans["last"][first:last]]),
            )
            yield [marshal.dumps(fields) for fields in passages]
            first = last
        for document, start, end in spans[first:].tolist():
            yield [marshal.dumps(tuple(plan.references.standing(document, start, end)))]

    def __contains__(self, document: object) -> bool:
        """Whether a canonical passage stands in the document with this number."""
        return isinstance(document, int) and document < len(self._is_named) and bool(self._is_named[document])

    def get_many(self, naming: Rows) -> Iterator[Passage | Standing]:
        """Yield the canonical passages that rows of ``ROW`` name; they are read together, and unpacked one by one."""
        rows = np.searchsorted(self._spans, self._key(naming["document"], naming["first"], naming["last"]))
        places = self._places[rows]
        data, begins = self._store.gather(places, self._places[rows + 1] - places)
        packed = memoryview(data)
        for document, begin in zip(naming["document"].tolist(), begins.tolist(), strict=True):
            kind = Passage if document < self._first_reference else Standing
            yield kind(*marshal.loads(packed[begin:]))

    def _key(self, documents: I64, starts: I64, ends: I64) -> I64:
        """Return numbers that are in the order of such passages: the first that begins there, and the end."""
        return _pairs(np.searchsorted(self._begins, _pairs(documents, starts)), ends)


def _named(operations: Ledger) -> npt.NDArray[np.void]:
    """Return the canonical passages that *operations* name, each once, as rows of ``NAMED``, in order."""
    rows = np.concatenate([np.zeros(0, dtype=ROW), *(rows for _, rows in operations.naming_rows())])
    document, first, last = (rows[name] for name in ("document", "first", "last"))
    order = np.lexsort((last, first, document))
    order = order[are_first(document[order], first[order], last[order])]
    spans = np.empty(len(order), dtype=NAMED)
    spans["document"], spans["first"], spans["last"] = document[order], first[order], last[order]
    return spans


def _pairs(first: I64, second: I64) -> I64:
    """Return one number for each two, in their order: no text has so many code points, and no corpus documents."""
    return (first << 32) | second


def _resolved(
    documents: Sequence[Document], keys: Sequence[str], applied: Operations, owners: I64, spans: I64
) -> Iterator[tuple[Any, ...]]:
    """Yield the passages at *spans*, int64 (n, 2), of the documents with the numbers *owners*, which are in order.

    They come as the fields of :class:`Passage`.

    *keys* are the names of the documents in the log, and *applied* is what is done to them.
    """
    texts = [document.text for document in documents]
    borders = np.searchsorted(owners, np.arange(len(documents) + 1)).tolist()
    in_output = to_output(applied, np.repeat(owners, 2), spans.ravel()).reshape(-1, 2)
    src = StoredTexts(texts, documents).locate(owners, spans)
    dst = StoredTexts(apply_to_texts(texts, applied), documents).locate(owners, in_output)
    rows = iter(np.column_stack([spans, src.stored, src.lines, dst.stored]).tolist())
    done = pairwise(applied.offsets.tolist())
    begins, stops = applied.rows["start"].tolist(), applied.rows["end"].tolist()
    for document, key, here, (first, last) in zip(documents, keys, done, pairwise(borders), strict=True):
        text, encoding = document.text, document.encoding
        starts = [*begins[slice(*here)], len(text)]
        ends = [0, *stops[slice(*here)]]
        for row in islice(rows, last - first):
            start, end = chr_ = row[:2]
            gone = bisect_right(ends, start) - 1
            before = text[max(start - _SEPARATORS, ends[gone]) : start]
            behind = text[end : min(end + _SEPARATORS, starts[bisect_left(starts, end)])]
            before, behind = before[len(before.rstrip()) :], behind[: len(behind) - len(behind.lstrip())]
            is_intact = starts[gone] >= end
            yield key, encoding, row[2:4], chr_, row[6:], row[4:6], is_intact, before, text[start:end], behind
