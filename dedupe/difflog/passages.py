"""The canonical passages that a plan names, resolved: where each stands in source and output, and its text."""

from __future__ import annotations

import hashlib
import marshal
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dedupe.cleaning.apply import apply_operations, to_output
from dedupe.difflog.records import CanonicalRecord
from dedupe.index.references import Standing
from dedupe.model import Canonical, Document, Operation
from dedupe.plan import Plan
from dedupe.scanning import Corpus, batched
from dedupe.text.offsets import Places, encode
from dedupe.workfiles import TextStore

I64 = npt.NDArray[np.int64]

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
        first, last = len(encode(before, self.encoding)), len(encode(behind, self.encoding))
        data = encode(f"{before}{self.text}{behind}", self.encoding)
        return {
            "doc": self.key,
            "src": [self.src[0] - first, self.src[1] + last],
            "chr": [self.chr[0] - len(before), self.chr[1] + len(behind)],
            "dst": [self.dst[0] - first, self.dst[1] + last],
            "lines": self.lines,
            "sha256": hashlib.sha256(data).hexdigest(),
        }

    def margins(self, removed: str) -> tuple[str, str] | None:
        """Return what *removed* has before and behind the text of the passage, None if other things stand there."""
        at = removed.find(self.text)
        before, behind = removed[:at], removed[at + len(self.text) :]
        if at < 0 or not (self.before.endswith(before) and self.behind.startswith(behind)):
            return None
        return before, behind


class Passages:
    """All canonical passages that a plan names: in a work file, and 24 bytes of memory for each.

    Those in reference texts stand there and not in the output; they come as they were kept.
    """

    def __init__(self, corpus: Corpus, plan: Plan, store: TextStore) -> None:
        self._store = store
        self._first_reference = plan.references.first
        spans = plan.operations.canonical_spans()
        self._begins = _pairs(spans["document"], spans["start"])
        self._spans = self._key(spans["document"], spans["start"], spans["end"])
        self._is_named = np.bincount(spans["document"]).astype(bool).tobytes()
        places = array("q")
        for passage in self._passages(corpus, plan, spans):
            places.append(store.append(marshal.dumps(tuple(passage))))
        self._places = np.append(places, store.append(b""))
        store.flush()

    def _passages(self, corpus: Corpus, plan: Plan, spans: npt.NDArray[np.void]) -> Iterator[Passage | Standing]:
        """Yield the passages at rows of ``NAMED``, in order."""
        first = 0
        for batch in batched(corpus.documents(self), lambda item: len(item[1].text)):
            numbers = [number for number, _ in batch]
            last = int(np.searchsorted(self._begins, (numbers[-1] + 1) << 32))
            by_document = groupby(spans[first:last].tolist(), itemgetter(0))
            applied = plan.operations.applied(numbers)
            for (number, document), done, (_, here) in zip(batch, applied, by_document, strict=True):
                yield from _resolved(document, plan.key(number, document), done, [span for _, *span in here])
            first = last
        for document, start, end in spans[first:].tolist():
            yield plan.references.standing(document, start, end)

    def __contains__(self, document: object) -> bool:
        """Whether a canonical passage stands in the document with this number."""
        return isinstance(document, int) and document < len(self._is_named) and bool(self._is_named[document])

    def get_many(self, canonicals: Sequence[Canonical]) -> Iterator[Passage | Standing]:
        """Yield canonical passages of the plan; they are read together, and unpacked one after the other."""
        documents, starts, ends, _ = np.array(canonicals, dtype=np.int64).reshape(-1, 4).T
        rows = np.searchsorted(self._spans, self._key(documents, starts, ends))
        places = self._places[rows]
        data, begins = self._store.gather(places, self._places[rows + 1] - places)
        packed = memoryview(data)
        for canonical, begin in zip(canonicals, begins.tolist(), strict=True):
            kind = Passage if canonical.document < self._first_reference else Standing
            yield kind(*marshal.loads(packed[begin:]))

    def _key(self, documents: I64, starts: I64, ends: I64) -> I64:
        """Return numbers that are in the order of such passages: the first that begins there, and the end."""
        return _pairs(np.searchsorted(self._begins, _pairs(documents, starts)), ends)


def _pairs(first: I64, second: I64) -> I64:
    """Return one number for each two, in their order: no text has so many code points, and no corpus documents."""
    return (first << 32) | second


def _resolved(
    document: Document, key: str, applied: Sequence[Operation], spans: Sequence[list[int]]
) -> Iterator[Passage]:
    """Yield the passages of a document at *spans*, in this order; *key* is its name in the log."""
    text = document.text
    starts = [*(operation.start for operation in applied), len(text)]
    ends = [0, *(operation.end for operation in applied)]
    places = sorted({place for span in spans for place in span})
    in_output = dict(zip(places, to_output(applied, places), strict=True))
    src = Places(text, document.encoding, document.bom)
    dst = Places(apply_operations(text, applied), document.encoding, document.bom) if applied else src
    for start, end in spans:
        gone = bisect_right(ends, start) - 1
        before = text[max(start - _SEPARATORS, ends[gone]) : start]
        behind = text[end : min(end + _SEPARATORS, starts[bisect_left(starts, end)])]
        yield Passage(
            key=key,
            encoding=document.encoding,
            src=src.span(start, end),
            chr=[start, end],
            dst=dst.span(in_output[start], in_output[end]),
            lines=src.lines(start, end),
            intact=starts[gone] >= end,
            before=before[len(before.rstrip()) :],
            text=text[start:end],
            behind=behind[: len(behind) - len(behind.lstrip())],
        )
