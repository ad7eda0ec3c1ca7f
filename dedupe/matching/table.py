"""Fingerprints of a corpus in columns, and the work file that holds the texts to compare.

Python objects for a million segments would take gigabytes; columns take 72
bytes a segment, and 100 more for each distinct one that is long enough to be compared. The texts
themselves (as tokens) go to a work file and are read back only for candidate pairs.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dedupe.errors import WriteError, system_reason
from dedupe.matching.fingerprint import BANDS, SignedTexts
from dedupe.text.segment import Segment

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]


class TextStore:
    """Texts in a work file, appended and read back by place; memory holds one buffer of them."""

    def __init__(self, path: Path) -> None:
        self._folder = path.parent
        self._file = open(path, "w+b", buffering=0)  # noqa: SIM115 - lives as long as the store
        self._pending = bytearray()
        self._written = 0

    def append(self, data: bytes) -> int:
        """Store *data* and return where it begins."""
        place = self._written + len(self._pending)
        self._pending += data
        if len(self._pending) > 1 << 20:
            self._flush()
        return place

    def read(self, place: int, length: int) -> bytes:
        """Return the *length* bytes stored at *place*."""
        if place + length > self._written:
            self._flush()
        return os.pread(self._file.fileno(), length, place)

    def close(self) -> None:
        self._file.close()

    def _flush(self) -> None:
        view = memoryview(self._pending)
        try:
            while view:
                view = view[self._file.write(view) :]
        except OSError as error:
            advice = "make room there, or name another folder in TMPDIR"
            raise WriteError(str(self._folder), f"the work file: {system_reason(error)}", advice) from error
        self._written += len(self._pending)
        self._pending = bytearray()


@contextmanager
def open_store(name: str) -> Iterator[TextStore]:
    """Open a store in a temporary folder; both go when the context ends."""
    with tempfile.TemporaryDirectory(prefix="dedupe-") as folder, closing(TextStore(Path(folder) / name)) as store:
        yield store


@dataclass(slots=True)
class Table:
    """Fingerprints of documents and of their segments, in document order.

    A document has one row in the ``doc_`` columns, a segment one in the others;
    ``band_row`` is a segment's row in ``bands``, or -1 for one too short to be compared.
    ``text_at`` and ``text_length`` are the place of the token form in the store.
    """

    doc_index: I64
    doc_content: U64
    doc_words: I32
    doc_bands: U32
    doc_text_at: I64
    doc_text_length: I64
    document: I64
    start: I64
    end: I64
    stop: I64
    content: U64
    words: I32
    text_at: I64
    text_length: I32
    band_row: I64
    bands: U32

    @classmethod
    def empty(cls) -> Table:
        """Return a table of no documents."""
        return cls(
            doc_index=np.zeros(0, dtype=np.int64),
            doc_content=np.zeros((0, 2), dtype=np.uint64),
            doc_words=np.zeros(0, dtype=np.int32),
            doc_bands=np.zeros((0, BANDS), dtype=np.uint32),
            doc_text_at=np.zeros(0, dtype=np.int64),
            doc_text_length=np.zeros(0, dtype=np.int64),
            document=np.zeros(0, dtype=np.int64),
            start=np.zeros(0, dtype=np.int64),
            end=np.zeros(0, dtype=np.int64),
            stop=np.zeros(0, dtype=np.int64),
            content=np.zeros((0, 2), dtype=np.uint64),
            words=np.zeros(0, dtype=np.int32),
            text_at=np.zeros(0, dtype=np.int64),
            text_length=np.zeros(0, dtype=np.int32),
            band_row=np.zeros(0, dtype=np.int64),
            bands=np.zeros((0, BANDS), dtype=np.uint32),
        )

    @classmethod
    def joined(cls, parts: list[Table]) -> Table:
        """Return one table with the rows of all *parts*, sorted by document; the parts are used up.

        Segments of equal content share one row of bands. A column of the parts goes when its
        joined one is there, so that no more than one is held twice.
        """
        if not parts:
            return cls.empty()
        shifts = np.cumsum([0] + [len(part.bands) for part in parts[:-1]])
        shift = np.repeat(shifts, [len(part.document) for part in parts])
        columns = {}
        for name in cls.__slots__:
            columns[name] = np.concatenate([getattr(part, name) for part in parts])
            for part in parts:
                delattr(part, name)
        parts.clear()
        columns["band_row"] = np.where(columns["band_row"] >= 0, columns["band_row"] + shift, -1)
        doc_order = np.argsort(columns["doc_index"], kind="stable")
        order = np.argsort(columns["document"], kind="stable")
        for name in cls.__slots__:
            if name.startswith("doc_"):
                columns[name] = columns[name][doc_order]
            elif name != "bands":
                columns[name] = columns[name][order]
        table = cls(**columns)
        table._share_bands()
        return table

    def _share_bands(self) -> None:
        long = np.flatnonzero(self.band_row >= 0)
        if not len(long):
            self.bands = self.bands[:0]
            return
        content = self.content[long]
        order = np.lexsort((content[:, 1], content[:, 0]))
        new = np.ones(len(long), dtype=bool)
        new[1:] = (content[order[1:]] != content[order[:-1]]).any(axis=1)
        heads = self.band_row[long[order[new]]]
        self.band_row[long[order]] = np.cumsum(new) - 1
        self.bands = self.bands[heads]

    def without(self, documents: Sequence[int]) -> Table:
        """Return the table without the rows of *documents*; all bands stay until the next join."""
        gone = np.fromiter(documents, dtype=np.int64)
        keep_doc = ~np.isin(self.doc_index, gone)
        keep = ~np.isin(self.document, gone)
        columns = {
            name: getattr(self, name)[keep_doc if name.startswith("doc_") else keep]
            for name in self.__slots__
            if name != "bands"
        }
        return Table(**columns, bands=self.bands)

    def byte_count(self) -> int:
        """Return how many bytes the columns take."""
        return sum(getattr(self, name).nbytes for name in self.__slots__)

    def first_rows(self) -> I64:
        """Return int64 (documents + 1): where each document's segments begin."""
        return np.append(np.searchsorted(self.document, self.doc_index), len(self.document))


def tabulate(
    documents: Sequence[int],
    segments: Sequence[Sequence[Segment]],
    signed: SignedTexts,
    comparable: npt.NDArray[np.bool_],
    store: TextStore,
) -> Table:
    """Return the table of a batch of documents, whose token forms go into *store*.

    *segments* lists each document's segments; *signed* holds the fingerprints of all of
    them in the same order, and *comparable* says which are long enough to be compared.
    """
    prints = signed.prints
    counts = np.fromiter((len(part) for part in segments), dtype=np.int64, count=len(segments))
    firsts = np.append(0, np.cumsum(counts))
    total = int(firsts[-1])
    flat = np.array([(s.start, s.end, s.stop) for part in segments for s in part], dtype=np.int64).reshape(total, 3)
    lengths = np.diff(prints.offsets)
    text_at = np.zeros(total, dtype=np.int64)
    doc_at = np.zeros(len(documents), dtype=np.int64)
    doc_length = np.zeros(len(documents), dtype=np.int64)
    doc_content = np.zeros((len(documents), 2), dtype=np.uint64)
    doc_bands = np.zeros((len(documents), BANDS), dtype=np.uint32)
    doc_words = np.zeros(len(documents), dtype=np.int32)
    for i, (first, last) in enumerate(pairwise(firsts)):
        pieces = [prints.tokens[prints.offsets[row] : prints.offsets[row + 1]] for row in range(first, last)]
        joined = b"\n".join(pieces)
        doc_at[i] = store.append(joined)
        doc_length[i] = len(joined)
        text_at[first:last] = doc_at[i] + np.append(0, np.cumsum(lengths[first:last] + 1))[: last - first]
        # The same words in other paragraphs are the same document.
        normal = b" ".join(piece for piece in pieces if piece).decode("utf-8").casefold()
        digest = hashlib.blake2b(normal.encode("utf-8"), digest_size=16).digest()
        doc_content[i] = np.frombuffer(digest, dtype="<u8")
        doc_words[i] = prints.words[first:last].sum()
    if total:
        doc_bands = signed.document_bands(firsts)
    long = comparable
    band_row = np.full(total, -1, dtype=np.int64)
    band_row[long] = np.arange(int(long.sum()))
    return Table(
        doc_index=np.array(documents, dtype=np.int64),
        doc_content=doc_content,
        doc_words=doc_words,
        doc_bands=doc_bands,
        doc_text_at=doc_at,
        doc_text_length=doc_length,
        document=np.repeat(np.array(documents, dtype=np.int64), counts),
        start=flat[:, 0],
        end=flat[:, 1],
        stop=flat[:, 2],
        content=prints.content,
        words=prints.words,
        text_at=text_at,
        text_length=lengths.astype(np.int32),
        band_row=band_row,
        bands=signed.bands[long],
    )
