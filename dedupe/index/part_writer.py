"""How a part of an index is written: batch by batch, each file of it from its begin to its end."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dedupe.cleaning.targets import explained
from dedupe.index.keys import KeyWriter, Mapped, save
from dedupe.index.part import DOCUMENT, FILE, SEGMENT, Batch, running_sum
from dedupe.index.windows import count_kept
from dedupe.matching.contained import Texts, winnowed
from dedupe.reading.files import shown

I32 = npt.NDArray[np.int32]


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
        documents["name_at"] = self._streams["names"].tell() + running_sum(lengths)[:-1]
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
        ends = running_sum(batch.wording_length)[scan.segment_offsets]
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
