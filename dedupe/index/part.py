"""A part of an index: what is known of some documents, in files that never change once they are written.

Every file of a part is one array (or text), mapped into memory when the part is opened. The documents of a file
stand together; of several that have the same content the one whose path comes first is found first, however an
index was put together.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dedupe import kernels
from dedupe.cleaning.targets import explained
from dedupe.errors import DedupeError, ReadError
from dedupe.index.keys import Keys, KeyWriter, Mapped, save
from dedupe.index.windows import count_kept
from dedupe.matching.contained import Texts, winnowed
from dedupe.reading.files import shown

I32 = npt.NDArray[np.int32]
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
        ends = _running_sum(self.segments_of(document)["wording_length"]).tolist()
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
        doc_at = _running_sum([len(text) for text in texts])
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
        offsets = _running_sum(last - first)
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


class PartWriter:
    """Writes a part into an empty folder. The documents of a file come one after the other.

    In a part of which it is not asked what stands inside something longer, and whose documents are not held against
    damaged copies, *windowed* may be false.
    """

    def __init__(self, folder: Path, min_words: int, *, windowed: bool = True) -> None:
        self.folder = folder
        self._min_words = min_words
        self._is_windowed = windowed
        self._stack = ExitStack()
        names = ("files", "documents", "segments", "names", "tokens", "wordings")
        self._streams = {name: self._stack.enter_context((folder / name).open("wb")) for name in names}
        self._segments, self._wholes = KeyWriter(folder, "segment"), KeyWriter(folder, "whole")
        for keys in (self._segments, self._wholes):
            self._stack.callback(keys.close)
        self._paths: list[str] = []
        self.file_count = self.document_count = self.segment_count = 0

    def add(self, batch: Batch, digest_of: Callable[[str], bytes]) -> None:
        """Add documents; *digest_of* gives the sha256 of a file by its path.

        Raises:
            WriteError: there is no room for them, or the like.
        """
        with explained(shown(str(self.folder))):
            self._add(batch, digest_of)

    def _add(self, batch: Batch, digest_of: Callable[[str], bytes]) -> None:
        scan = batch.scan
        documents = np.zeros(len(batch.names), dtype=DOCUMENT)
        for number, path in enumerate(batch.paths):
            if not self._paths or path != self._paths[-1]:
                self._begin_file(path, digest_of(path), self.document_count + number)
            documents["file"][number] = self.file_count - 1
        names = [_encoded(name) for name in batch.names]
        lengths = np.array([len(name) for name in names], dtype=np.int64)
        documents["row"], documents["words"] = batch.rows, scan.doc_words
        documents["name_at"] = self._streams["names"].tell() + _running_sum(lengths)[:-1]
        documents["name_length"] = lengths
        documents["sha256"] = np.frombuffer(b"".join(batch.digests), dtype=np.uint8).reshape(-1, 32)
        documents["content"] = scan.doc_content
        documents["segment_at"] = self.segment_count + scan.segment_offsets[:-1]
        documents["text_at"] = self._streams["tokens"].tell() + scan.doc_at[:-1]
        segments = np.zeros(len(scan.words), dtype=SEGMENT)
        segments["content"], segments["written"] = scan.content, scan.written
        segments["words"], segments["comparable"] = scan.words, scan.comparable
        segments["chr"], segments["src"], segments["lines"] = scan.spans[:, :2], batch.src, batch.lines
        segments["text_at"] = scan.text_at - np.repeat(scan.doc_at[:-1], np.diff(scan.segment_offsets))
        segments["text_length"], segments["wording_length"] = scan.text_length, batch.wording_length
        ends = _running_sum(batch.wording_length)[scan.segment_offsets]
        documents["wording_at"] = self._streams["wordings"].tell() + ends[:-1]
        self._write("names", b"".join(names))
        self._write("documents", documents.tobytes())
        self._write("segments", segments.tobytes())
        self._write("tokens", scan.tokens)
        self._write("wordings", batch.wordings)
        at = np.flatnonzero(scan.comparable)
        self._segments.add(scan.content[at, 0], self.segment_count + at, scan.bands)
        at = np.flatnonzero(scan.doc_words >= self._min_words)
        self._wholes.add(scan.doc_content[at, 0], self.document_count + at, scan.doc_bands[at])
        lines = Texts(self.segment_count + scan.segment_offsets[:-1], scan.tokens, scan.doc_at)
        self._add_windows(self._segments, lines, np.zeros(len(segments), dtype=np.int32))
        wholes = Texts(self.document_count + np.arange(len(documents)), scan.tokens, scan.doc_at)
        self._add_windows(self._wholes, wholes.as_lines(), scan.doc_words)
        self.document_count += len(documents)
        self.segment_count += len(segments)

    def _add_windows(self, keys: KeyWriter, texts: Texts, words: I32) -> None:
        """Add what winnowing keeps of the next rows, and their *words*; where these are 0, as winnowing counts them."""
        sizes = np.stack([words, np.zeros_like(words)], axis=1)
        for kept in winnowed([texts]) if self._is_windowed else ():
            keys.add_windows(kept)
            count_kept(sizes, kept["segment"] - texts.codes[0], kept["size"])
        keys.add_sizes(sizes)

    def finish(self) -> None:
        """Write what rows are found by; the part is complete then, but not yet flushed to the disk.

        Raises:
            WriteError: there is no room for that, or the like.
        """
        with explained(shown(str(self.folder))):
            self._finish()

    def _finish(self) -> None:
        last_file, last_document = np.zeros(1, dtype=FILE), np.zeros(1, dtype=DOCUMENT)
        last_file["document_at"] = self.document_count
        last_document["segment_at"] = self.segment_count
        for column, name in (("text_at", "tokens"), ("wording_at", "wordings")):
            last_document[column] = self._streams[name].tell()
        self._write("files", last_file.tobytes())
        self._write("documents", last_document.tobytes())
        self._stack.close()
        order = np.array(sorted(range(self.file_count), key=self._paths.__getitem__), dtype=np.int64)
        rank = np.empty(self.file_count, dtype=np.int64)
        rank[order] = np.arange(self.file_count)
        save(self.folder / "file-order", [order])
        documents = Mapped(self.folder / "documents", DOCUMENT).array[:-1]
        rank = rank[documents["file"]]
        owners = documents["segment_at"]
        self._segments.finish(lambda rows: rank[np.searchsorted(owners, rows, side="right") - 1])
        self._wholes.finish(lambda rows: rank[rows])

    def close(self) -> None:
        """Let go of the files, of which nothing comes if the part is not finished."""
        self._stack.close()

    def _begin_file(self, path: str, digest: bytes, document: int) -> None:
        self._paths.append(path)
        entry, data = np.zeros(1, dtype=FILE), _encoded(path)
        entry["path_at"], entry["path_length"] = self._streams["names"].tell(), len(data)
        entry["sha256"] = np.frombuffer(digest, dtype=np.uint8)
        entry["document_at"] = document
        self._write("names", data)
        self._write("files", entry.tobytes())
        self.file_count += 1

    def _write(self, name: str, data: bytes) -> None:
        self._streams[name].write(data)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _running_sum(counts: Any) -> I64:
    return np.concatenate([[0], np.cumsum(np.asarray(counts, dtype=np.int64))]).astype(np.int64)
