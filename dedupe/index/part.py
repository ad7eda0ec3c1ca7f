"""A part of an index: what is known of some documents, in files that never change once they are written.

Every file of a part is one array (or text), mapped into memory when the part is opened. The documents of a file
stand together; of several that have the same content the one whose path comes first is found first, however an
index was put together.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dedupe import kernels
from dedupe.errors import DedupeError, ReadError
from dedupe.index.keys import Keys, Mapped
from dedupe.reading.files import shown

I64 = npt.NDArray[np.int64]
Rows = npt.NDArray[np.void]

_SIZES = "sizes"

FILE = np.dtype([("path_at", "<i8"), ("path_length", "<i8"), ("sha256", "u1", 32), ("document_at", "<i8")])
#: ``row`` is the line of a JSON Lines file, 0 in others; ``sha256`` is that of the text as it is stored.
DOCUMENT = np.dtype(
    [
        ("file", "<i8"), ("row", "<i8"), ("name_at", "<i8"), ("name_length", "<i4"), ("words", "<i4"),
        ("sha256", "u1", 32), ("content", "<u8", 2), ("segment_at", "<i8"), ("text_at", "<i8"), ("wording_at", "<i8"),
    ]
)  # fmt: skip
#: A segment and its place in the original: code points, bytes, first and last line. ``text_at`` and ``text_length``
#: are where its token form is among those of the document; as it is written it takes ``wording_length`` bytes, and
#: ``written`` is a hash of these.
SEGMENT = np.dtype(
    [
        ("content", "<u8", 2), ("written", "<u8"), ("chr", "<u4", 2), ("src", "<u4", 2), ("lines", "<u4", 2),
        ("words", "<i4"), ("comparable", "<i4"), ("text_at", "<u4"), ("text_length", "<u4"), ("wording_length", "<u4"),
    ]
)  # fmt: skip


class Batch(NamedTuple):
    """Documents on their way into an index or out of it.

    For each of n documents its file, its name in there, its row (0 where the file is the document) and the sha256 of
    its stored text. ``scan`` has its segments, with spans in code points of the original; ``src`` and
    ``lines``, int64 (m, 2), are the same in bytes and lines. ``wordings`` are the m segments as they are compared but
    with all that the token form leaves out, one behind the other, and ``wording_length``, int64 (m), the bytes of each.
    """

    paths: list[str]
    names: list[str]
    rows: I64
    digests: list[bytes]
    src: I64
    lines: I64
    wordings: bytes
    wording_length: I64
    scan: kernels.Scan


class Part:
    """A part that was written, open for reading. ``segments`` and ``wholes`` are what its rows are found by."""

    def __init__(self, folder: Path) -> None:
        self._files = Mapped(folder / "files", FILE)
        self._order = Mapped(folder / "file-order", np.int64)
        self._documents = Mapped(folder / "documents", DOCUMENT)
        self._segments = Mapped(folder / "segments", SEGMENT)
        self._names = Mapped(folder / "names", np.uint8)
        self._tokens = Mapped(folder / "tokens", np.uint8)
        self._wordings = Mapped(folder / "wordings", np.uint8)
        self.segments = Keys(folder, "segment")
        self.wholes = Keys(folder, "whole")
        # One row more than there are, so that each row ends where the next begins.
        self.file_count = len(self._files.array) - 1
        self.document_count = len(self._documents.array) - 1
        self.segment_count = len(self._segments.array)

    def path(self, file: int) -> str:
        """Return the path of a file."""
        entry = self._files.array[file]
        return self._text(int(entry["path_at"]), int(entry["path_length"]))

    def digest(self, file: int) -> bytes:
        """Return the sha256 that a file had."""
        digest: bytes = self._files.array["sha256"][file].tobytes()
        return digest

    def find_file(self, path: str) -> int:
        """Return the number of the file with this path, -1 if there is none."""
        at = bisect_left(range(self.file_count), path, key=lambda place: self.path(int(self._order.array[place])))
        file = int(self._order.array[at]) if at < self.file_count else -1
        return file if file >= 0 and self.path(file) == path else -1

    def documents_of(self, file: int) -> range:
        """Return the numbers of the documents in a file."""
        first, last = self._files.array["document_at"][file : file + 2].tolist()
        return range(first, last)

    def files_of(self, documents: I64) -> I64:
        """Return the numbers of the files that documents are in."""
        files: I64 = self._documents.array["file"][documents]
        return files

    def path_of(self, document: int) -> str:
        """Return the path of the file that a document is in."""
        return self.path(int(self._documents.array["file"][document]))

    def owners(self, rows: I64) -> I64:
        """Return the documents that rows of segments belong to."""
        found: I64 = np.searchsorted(self._documents.array["segment_at"], rows, side="right") - 1
        return found

    def name(self, document: int) -> tuple[str, int, bytes]:
        """Return the name of a document, its row, and the sha256 of its text."""
        entry = self._documents.array[document]
        return (
            self._text(int(entry["name_at"]), int(entry["name_length"])),
            int(entry["row"]),
            entry["sha256"].tobytes(),
        )

    def segments_of(self, document: int) -> Rows:
        """Return the segments of a document as rows of ``SEGMENT``."""
        first, last = self._documents.array["segment_at"][document : document + 2].tolist()
        rows: Rows = self._segments.array[first:last]
        return rows

    def wordings(self, document: int) -> list[str]:
        """Return the segments of a document as they are written."""
        data = self._wordings_of(document)
        ends = running_sum(self.segments_of(document)["wording_length"]).tolist()
        if ends[-1] != len(data):
            raise ValueError("segments are not as long as their texts")
        return [data[start:end].decode("utf-8", "surrogatepass") for start, end in pairwise(ends)]

    def segment_total(self, documents: I64) -> int:
        """Return how many segments some documents have together."""
        ends = self._documents.array["segment_at"]
        return int((ends[documents + 1] - ends[documents]).sum())

    def read(self, documents: I64) -> Batch:
        """Return all that is known of some documents.

        Raises:
            ValueError: their token forms are not those of their segments.
        """
        segments, offsets = self._rows_of(documents)
        names = [self.name(document) for document in documents.tolist()]
        return Batch(
            [self.path(file) for file in self.files_of(documents).tolist()],
            [name for name, _, _ in names],
            np.array([row for _, row, _ in names], dtype=np.int64),
            [digest for _, _, digest in names],
            segments["src"].astype(np.int64),
            segments["lines"].astype(np.int64),
            b"".join(map(self._wordings_of, documents.tolist())),
            segments["wording_length"].astype(np.int64),
            self._scan(documents, segments, offsets),
        )

    def scan(self, documents: I64) -> kernels.Scan:
        """Return the fingerprints of some documents.

        Raises:
            ValueError: their token forms are not those of their segments.
        """
        return self._scan(documents, *self._rows_of(documents))

    def _scan(self, documents: I64, segments: Rows, offsets: I64) -> kernels.Scan:
        table = self._documents.array
        counts = np.diff(offsets)
        texts = [
            self._tokens.array[first:last].tobytes()
            for first, last in zip(
                table["text_at"][documents].tolist(), table["text_at"][documents + 1].tolist(), strict=True
            )
        ]
        _check(texts, segments, counts)
        doc_at = running_sum([len(text) for text in texts])
        comparable = segments["comparable"].astype(bool)
        content = table["content"][documents]
        return kernels.Scan(
            segment_offsets=offsets,
            spans=segments["chr"][:, [0, 1, 1]].astype(np.int64),
            content=segments["content"],
            written=segments["written"],
            words=segments["words"],
            comparable=comparable,
            bands=self.segments.bands_of(segments["content"][comparable, 0]),
            tokens=b"".join(texts),
            text_at=segments["text_at"] + np.repeat(doc_at[:-1], counts),
            text_length=segments["text_length"].astype(np.int32),
            doc_at=doc_at,
            doc_content=content,
            doc_words=table["words"][documents],
            doc_bands=self.wholes.bands_of(content[:, 0]),
            line_keys=np.zeros(0, dtype=np.uint64),
            line_offsets=np.zeros(len(documents) + 1, dtype=np.int64),
        )

    def release(self) -> None:
        """Give memory back that was filled by looking."""
        rows = (self._files, self._order, self._documents, self._segments)
        for mapped in (*rows, self._names, self._tokens, self._wordings):
            mapped.release()
        self.segments.release()
        self.wholes.release()

    def _rows_of(self, documents: I64) -> tuple[Rows, I64]:
        """Return the segments of some documents as rows of ``SEGMENT``, and the n + 1 offsets between documents."""
        first, last = (self._documents.array["segment_at"][numbers] for numbers in (documents, documents + 1))
        offsets = running_sum(last - first)
        rows = np.repeat(first - offsets[:-1], last - first) + np.arange(offsets[-1])
        return self._segments.array[rows], offsets

    def _wordings_of(self, document: int) -> bytes:
        first, last = self._documents.array["wording_at"][document : document + 2].tolist()
        wordings: bytes = self._wordings.array[first:last].tobytes()
        return wordings

    def _text(self, at: int, length: int) -> str:
        text: bytes = self._names.array[at : at + length].tobytes()
        return text.decode("utf-8", "surrogatepass")


def damaged(index: str) -> ReadError:
    """Return the error for an *index* of which something is missing or was changed."""
    return ReadError(shown(index), "parts of the index are missing or damaged", "make it anew with `dedupe index add`")


@contextmanager
def looking_into(index: str) -> Iterator[None]:
    """Say in words what it means where the files of a part do not fit together: a disk or a copy changed bytes.

    Raises:
        ReadError: they do not.
    """
    try:
        yield
    except DedupeError:
        raise
    except (IndexError, ValueError, OverflowError, MemoryError) as error:
        raise damaged(index) from error


def _check(texts: Sequence[bytes], segments: Rows, counts: I64) -> None:
    """Raise ValueError where token forms are not lines of UTF-8, one for each segment and as long as that says."""
    lines = [line for text, count in zip(texts, counts.tolist(), strict=True) if count for line in text.split(b"\n")]
    b"".join(lines).decode("utf-8", "surrogatepass")
    if [len(line) for line in lines] != segments["text_length"].tolist():
        raise ValueError("token forms are not those of their segments")


def seal(folder: Path) -> None:
    """Say in the folder of a part how large its files are, which is done last.

    After a crash of the machine, or where a copy of the folder broke off, they may not be.
    """
    (folder / _SIZES).write_text(_sizes(folder), "ascii")


def is_whole(folder: Path) -> bool:
    """Whether the files of a part are as large as they were when it was sealed."""
    sizes = folder / _SIZES
    return sizes.is_file() and sizes.read_bytes() == _sizes(folder).encode("ascii")


def _sizes(folder: Path) -> str:
    entries = sorted((entry.name, entry.stat().st_size) for entry in os.scandir(folder) if entry.name != _SIZES)
    return "".join(f"{name} {size}\n" for name, size in entries)


def running_sum(counts: Any) -> I64:
    """Return the n + 1 places before, between and behind things of which *counts* says how large each is."""
    return np.concatenate([[0], np.cumsum(np.asarray(counts, dtype=np.int64))]).astype(np.int64)
