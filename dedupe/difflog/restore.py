"""Output and log to originals, with every sha256 checked on the way."""

from __future__ import annotations

import hashlib
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from dedupe.difflog.records import DocRecord, OpRecord
from dedupe.errors import LogMismatch
from dedupe.text.offsets import encode
from dedupe.workfiles import TextStore


class Passages:
    """The canonical passages that a log refers to instead of repeating their text: in a work file.

    Memory holds 40 bytes for each. First all are wanted, then collected, then used.
    """

    def __init__(self, store: TextStore) -> None:
        self._store = store
        # by document (the hash of its name, good for this process), and byte span in its output
        self._documents, self._starts, self._ends = array("q"), array("q"), array("q")
        self._places, self._lengths = array("q"), array("q")

    def want(self, operations: Iterable[OpRecord]) -> None:
        """Note the passages that *operations* refer to."""
        for operation in operations:
            if operation.get("ref") and operation["applied"]:
                canonical = operation["canonical"]
                self._documents.append(hash(canonical["doc"]))
                self._starts.append(canonical["dst"][0])
                self._ends.append(canonical["dst"][1])

    def collect(self, document: DocRecord, output: Callable[[], str]) -> None:
        """Take from a document's output the passages that are wanted of it."""
        first, last = self._rows(document["doc"])
        if first == last:
            return
        data = _encoded(output(), document)
        for row in range(first, last):
            text = _decode(data[self._starts[row] : self._ends[row]], document)
            stored = text.encode("utf-8", "surrogatepass")
            self._places[row], self._lengths[row] = self._store.append(stored), len(stored)

    def text(self, operation: OpRecord) -> str:
        """Return the text that an entry removed."""
        if not operation.get("ref"):
            return operation["text"]
        name, (start, end) = operation["canonical"]["doc"], operation["canonical"]["dst"]
        first, last = self._rows(name)
        row = bisect_left(self._starts, start, first, last)
        row = bisect_left(self._ends, end, row, bisect_right(self._starts, start, row, last))
        if row == last or self._places[row] < 0:
            raise LogMismatch(name, "is not in the output, but the log refers to it")
        return self._store.read(self._places[row], self._lengths[row]).decode("utf-8", "surrogatepass")

    def _rows(self, name: str) -> tuple[int, int]:
        if len(self._places) < len(self._documents):
            spans = np.unique(np.array([self._documents, self._starts, self._ends]), axis=1)
            self._documents, self._starts, self._ends = (array("q", column.tobytes()) for column in spans)
            self._places = array("q", [-1]) * len(self._documents)
            self._lengths = array("q", [0]) * len(self._documents)
        first = bisect_left(self._documents, hash(name))
        return first, bisect_right(self._documents, hash(name), first)


def restore_text(document: DocRecord, operations: Sequence[OpRecord], output: str | None, passages: Passages) -> str:
    """Return the source text of a document from its output text (None when it was removed).

    Raises:
        LogMismatch: the output is not what the log says it is, or what comes out is
            not the source.
    """
    place = document["doc"]
    expected = document["output"]
    if (output is None) != (expected is None):
        raise LogMismatch(place, "is missing from the output" if output is None else "was removed, but is there")
    written = "" if output is None else text_sha256(output, document)
    if expected is not None and written != expected["sha256"]:
        raise LogMismatch(place, "the output was changed after it was written", "get an unchanged copy of it")
    if document["status"] == "same":
        source, digest = output or "", written
    else:
        source = "".join(_pieces(place, operations, output or "", passages))
        digest = text_sha256(source, document)
    if digest != document["source"]["sha256"]:
        raise LogMismatch(place, "the log does not give the source text back", "get an unchanged copy of the log")
    return source


def output_text(document: DocRecord, operations: Sequence[OpRecord], source: str) -> str:
    """Return the output text of a document that stays from its source text.

    Raises:
        LogMismatch: the entries do not give the output that the log knows.
    """
    pieces, at = [], 0
    for operation in operations:
        if operation["applied"]:
            start, end = operation["chr"]
            pieces += [source[at:start], operation.get("new", "")]
            at = end
    output = "".join([*pieces, source[at:]])
    if document["output"] is None or text_sha256(output, document) != document["output"]["sha256"]:
        raise LogMismatch(document["doc"], "the log does not give the output", "get an unchanged copy of the log")
    return output


def text_sha256(text: str, document: DocRecord) -> str:
    """Return the sha256 of a text as the document stores it."""
    return hashlib.sha256(_encoded(text, document)).hexdigest()


def _encoded(text: str, document: DocRecord) -> bytes:
    try:
        return bytes.fromhex(document["bom"]) + encode(text, document["encoding"])
    except UnicodeError as error:
        problem = f"the log says that it is in {document['encoding']}, in which it cannot be written"
        raise LogMismatch(document["doc"], problem) from error


def _pieces(place: str, operations: Sequence[OpRecord], output: str, passages: Passages) -> Iterator[str]:
    at = source_at = 0
    for operation in operations:
        if not operation["applied"]:
            continue
        start, end = operation["chr"]
        stretch = start - source_at
        new = operation.get("new", "")
        if stretch < 0 or output[at + stretch : at + stretch + len(new)] != new:
            raise LogMismatch(place, f"entry {operation['n']} does not fit the output")
        yield output[at : at + stretch]
        yield passages.text(operation)
        at += stretch + len(new)
        source_at = end
    yield output[at:]


def _decode(data: bytes, document: DocRecord) -> str:
    encoding = document["encoding"]
    try:
        return data.decode(encoding, "surrogatepass" if encoding == "utf-8" else "strict")
    except UnicodeError as error:
        raise LogMismatch(document["doc"], "a passage that the log refers to is not there") from error
