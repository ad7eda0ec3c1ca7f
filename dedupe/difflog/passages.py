"""The canonical passages that a plan names, resolved: where each stands in source and output, and its text."""

from __future__ import annotations

import hashlib
import marshal
from array import array
from bisect import bisect_left, bisect_right
from typing import NamedTuple

from dedupe.cleaning.apply import apply_operations, to_output
from dedupe.cleaning.ledger import NAMED
from dedupe.difflog.records import CanonicalRecord
from dedupe.index.references import Standing
from dedupe.model import Canonical, Document
from dedupe.plan import Plan
from dedupe.scanning import Corpus
from dedupe.text.offsets import Places, encode
from dedupe.workfiles import TextStore

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

    def record(self) -> CanonicalRecord:
        """Return what the log says of the passage."""
        sha256 = hashlib.sha256(encode(self.text, self.encoding)).hexdigest()
        return {
            "doc": self.key,
            "src": self.src,
            "chr": self.chr,
            "dst": self.dst,
            "lines": self.lines,
            "sha256": sha256,
        }

    def covering(self, removed: str) -> Passage:
        """Return the passage with as much white space around it as *removed* has around the same text."""
        at = removed.find(self.text) if len(removed) > len(self.text) else -1
        if at < 0:
            return self
        before, behind = removed[:at], removed[at + len(self.text) :]
        if not (self.before.endswith(before) and self.behind.startswith(behind)):
            return self
        bytes_before, bytes_behind = len(encode(before, self.encoding)), len(encode(behind, self.encoding))
        return self._replace(
            src=[self.src[0] - bytes_before, self.src[1] + bytes_behind],
            chr=[self.chr[0] - len(before), self.chr[1] + len(behind)],
            dst=[self.dst[0] - bytes_before, self.dst[1] + bytes_behind],
            text=removed,
        )


class Passages:
    """All canonical passages that a plan names: in a work file, and 32 bytes of memory for each.

    Those in reference texts stand there and not in the output; they come as they were kept.
    """

    def __init__(self, corpus: Corpus, plan: Plan, store: TextStore) -> None:
        self._store = store
        self._first_reference = plan.references.first
        spans = plan.operations.canonical_spans()
        self._documents, self._starts, self._ends = (array("q", spans[name].tobytes()) for name in NAMED.names or ())
        self._places = array("q", [store.append(b"")])
        for number, document in corpus.documents(_Numbers(self._documents)):
            self._resolve(number, document, plan)
        for document, start, end in spans[spans["document"] >= plan.references.first].tolist():
            self._keep(plan.references.standing(document, start, end))
        store.flush()

    def __contains__(self, document: object) -> bool:
        """Whether a canonical passage stands in the document with this number."""
        return document in _Numbers(self._documents)

    def get(self, canonical: Canonical) -> Passage | Standing:
        """Return a canonical passage of the plan."""
        first, last = self._rows(canonical.document)
        row = bisect_left(self._starts, canonical.start, first, last)
        row = bisect_left(self._ends, canonical.end, row, bisect_right(self._starts, canonical.start, row, last))
        place, end = self._places[row : row + 2]
        kind = Passage if canonical.document < self._first_reference else Standing
        return kind(*marshal.loads(self._store.read(place, end - place)))

    def _rows(self, document: int) -> tuple[int, int]:
        first = bisect_left(self._documents, document)
        return first, bisect_right(self._documents, document, first)

    def _resolve(self, number: int, document: Document, plan: Plan) -> None:
        text = document.text
        applied = plan.operations.applied(number)
        starts = [*(operation.start for operation in applied), len(text)]
        ends = [0, *(operation.end for operation in applied)]
        first, last = self._rows(number)
        spans = list(zip(self._starts[first:last], self._ends[first:last], strict=True))
        places = sorted({place for span in spans for place in span})
        in_output = dict(zip(places, to_output(applied, places), strict=True))
        src = Places(text, document.encoding, document.bom)
        dst = Places(apply_operations(text, applied), document.encoding, document.bom) if applied else src
        for start, end in spans:
            gone = bisect_right(ends, start) - 1
            before = text[max(start - _SEPARATORS, ends[gone]) : start]
            behind = text[end : min(end + _SEPARATORS, starts[bisect_left(starts, end)])]
            passage = Passage(
                key=plan.key(number, document),
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
            self._keep(passage)

    def _keep(self, passage: Passage | Standing) -> None:
        data = marshal.dumps(tuple(passage))
        self._places.append(self._store.append(data) + len(data))


class _Numbers:
    """Ascending numbers to look up."""

    def __init__(self, numbers: array[int]) -> None:
        self._numbers = numbers

    def __contains__(self, number: object) -> bool:
        assert isinstance(number, int)
        at = bisect_left(self._numbers, number)
        return at < len(self._numbers) and self._numbers[at] == number
