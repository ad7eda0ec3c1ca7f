"""The canonical passages that a plan names, resolved: where each stands in source and output, and its text."""

from __future__ import annotations

import hashlib
import marshal
from array import array
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dedupe.cleaning.apply import apply_to_texts
from dedupe.cleaning.ledger import Ledger
from dedupe.cleaning.places import between, to_output
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

#: Code points around a canonical passage that are kept at hand for ``ref``.
_AROUND = 64


class Passage(NamedTuple):
    """A canonical passage, resolved: where it stands in source and output, and its text.

    ``is_intact`` says that nothing inside was changed, so that its bytes in the output are
    those of the source. ``before`` and ``behind`` are up to 64 code points around it that stay; these and the text come
    ``packed`` in UTF-8.
    """

    key: str
    encoding: str
    src: list[int]
    chr: list[int]
    dst: list[int]
    lines: list[int]
    is_intact: bool
    before: bytes
    packed: bytes
    behind: bytes

    @property
    def text(self) -> str:
        return _read(self.packed)

    def record(self, before: bytes = b"", behind: bytes = b"") -> CanonicalRecord:
        """Return what the log says of the passage, or of it and white space around it."""
        src, chr_, dst = self.src, self.chr, self.dst
        if before or behind:
            first, last = len(self._stored(before)), len(self._stored(behind))
            src, dst = [src[0] - first, src[1] + last], [dst[0] - first, dst[1] + last]
            chr_ = [chr_[0] - len(_read(before)), chr_[1] + len(_read(behind))]
        sha256 = hashlib.sha256(self._stored(before + self.packed + behind)).hexdigest()
        return {"doc": self.key, "src": src, "chr": chr_, "dst": dst, "lines": self.lines, "sha256": sha256}

    def margins(self, removed: bytes) -> tuple[bytes, bytes] | None:
        """Return what *removed* has before and behind the text of the passage, None if other things stand there.

        All of these are in UTF-8.
        """
        at = removed.find(self.packed)
        if at < 0:
            return None
        before, behind = removed[:at], removed[at + len(self.packed) :]
        is_there = self.before.endswith(before) and self.behind.startswith(behind)
        return (before, behind) if is_there and not _read(before + behind).strip() else None

    def _stored(self, packed: bytes) -> bytes:
        return packed if self.encoding == "utf-8" else encode(_read(packed), self.encoding)


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
    source = StoredTexts(texts, documents)
    staying, are_intact = between(applied, np.array([len(text) for text in texts]), owners, spans)
    reach = np.array([_AROUND, 0])
    around = np.clip(staying, spans - reach, spans + reach[::-1])
    src = source.locate(owners, spans)
    window = source.locate(owners, around)
    in_output = to_output(applied, np.repeat(owners, 2), spans.ravel()).reshape(-1, 2)
    dst = StoredTexts(apply_to_texts(texts, applied), documents).locate(owners, in_output)
    data, offsets = source.packed
    borders = np.column_stack([window.packed[:, 0], src.packed, window.packed[:, 1]]) + offsets[owners, None]
    columns = (owners, src.stored, spans, dst.stored, src.lines, are_intact, borders)
    for owner, *places, (before, start, end, behind) in zip(*(column.tolist() for column in columns), strict=True):
        encoding = documents[owner].encoding
        yield keys[owner], encoding, *places, data[before:start], data[start:end], data[end:behind]


def _read(packed: bytes) -> str:
    return packed.decode("utf-8", "surrogatepass")
