"""Fingerprints of the documents of a corpus and of their segments, in work files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from dedupe import kernels
from dedupe.matching.pool import Pool
from dedupe.matching.prints import PRINT, SEGMENT, set_apart
from dedupe.workfiles import Column, WorkFolder

I64 = npt.NDArray[np.int64]
U32 = npt.NDArray[np.uint32]
Rows = npt.NDArray[np.void]


class Table:
    """Fingerprints of documents and of their segments, by document number, in work files.

    ``tokens`` has the token forms of each document, and ``generation`` counts how often it was
    put; ``segments`` and ``documents`` are pools of what can be compared. With *alone*
    nothing is comparable with what stands in another document. So many *jobs* at a time look for that.
    """

    def __init__(self, folder: WorkFolder, min_words: int, jobs: int = 1, *, alone: bool) -> None:
        self._min_words = min_words
        self._alone = alone
        self.tokens = folder.shelf("tokens")
        self._rows = folder.shelf("segments")
        self._words = Column(np.int32)
        self.generation = Column(np.int32)
        self.segments = Pool(folder, "segment-prints", jobs)
        self.documents = Pool(folder, "document-prints", jobs)
        self.references_from = np.iinfo(np.int64).max
        """Documents with this number or a higher one always stay: they are reference texts."""
        self.version = 0
        """Raised with every change, so that what was found for one state can be kept."""
        self._is_changed = False
        self._recent = lru_cache(maxsize=256)(self._read_rows)

    def put(self, numbers: Sequence[int], scan: kernels.Scan) -> None:
        """Add documents, or replace what is known of them; visible after :meth:`commit`."""
        documents = np.array(numbers, dtype=np.int64)
        total = len(scan.words)
        rows = np.zeros(total, dtype=SEGMENT)
        rows["content"], rows["written"] = scan.content, scan.written
        rows["start"], rows["end"] = scan.spans[:, 0], scan.spans[:, 1]
        rows["words"] = scan.words
        rows["comparable"] = scan.comparable
        self._is_changed = True
        self._rows.put(documents, rows.tobytes(), scan.segment_offsets * SEGMENT.itemsize)
        self.tokens.put(documents, scan.tokens, scan.doc_at)
        self._words[documents] = scan.doc_words
        self.generation[documents] = self.generation[documents] + 1

        counts = np.diff(scan.segment_offsets)
        of = np.repeat(np.arange(len(documents)), counts)
        long = np.flatnonzero(scan.comparable)
        prints = np.zeros(len(long), dtype=PRINT)
        prints["content"] = scan.content[long]
        prints["position"] = long - scan.segment_offsets[of[long]]
        prints["words"] = scan.words[long]
        prints["text_at"] = scan.text_at[long] - scan.doc_at[of[long]]
        prints["text_length"] = scan.text_length[long]
        prints["bands"] = scan.bands
        if self._alone:
            set_apart(prints, documents[of[long]])
        self.segments.put(documents, prints, np.searchsorted(long, scan.segment_offsets))

        whole = np.flatnonzero(scan.doc_words >= self._min_words)
        prints = np.zeros(len(whole), dtype=PRINT)
        prints["content"] = scan.doc_content[whole]
        prints["position"] = -1
        prints["words"] = scan.doc_words[whole]
        prints["text_length"] = np.diff(scan.doc_at)[whole]
        prints["bands"] = scan.doc_bands[whole]
        self.documents.put(documents, prints, np.searchsorted(whole, np.arange(len(documents) + 1)))

    def commit(self) -> None:
        """Let what was put replace what was there."""
        self._rows.commit()
        self.tokens.commit()
        self.segments.commit()
        self.documents.commit()
        if self._is_changed:
            self._changed()

    def drop(self, documents: I64) -> None:
        """Forget documents."""
        self._rows.drop(documents)
        self.segments.drop(documents)
        self.documents.drop(documents)
        self._changed()

    def rows(self, document: int) -> Rows:
        """Return the segments of a document as rows of ``SEGMENT``."""
        return self._recent(document)

    def rows_at(self, documents: I64, positions: I64) -> Rows:
        """Return segments as rows of ``SEGMENT``, by their documents and positions."""
        return self._rows.rows_at(SEGMENT, documents, positions)

    def spans(self, places: I64) -> U32:
        """Return where segments begin and end, uint32 (n, 2); *places*, int64 (n, 2), are documents and positions."""
        rows = self.rows_at(*places.T)
        return np.stack([rows["start"], rows["end"]], axis=1)

    def first_rows(self) -> I64:
        """Return where each document's segments begin, int64 by number, if all stand in one row; last the total."""
        counts = self._rows.lengths(np.arange(len(self._words.values))) // SEGMENT.itemsize
        return np.append(0, np.cumsum(counts))

    def passages(self) -> Iterator[tuple[I64, Rows]]:
        """Yield all segments that can be compared, some at a time: their documents, and rows of ``SEGMENT``."""
        for documents, rows in self._rows.rows(SEGMENT):
            long = np.flatnonzero(rows["comparable"])
            yield documents[long], rows[long]

    def words(self, documents: I64) -> I64:
        """Return how many words documents have."""
        return self._words[documents].astype(np.int64)

    def _read_rows(self, document: int) -> Rows:
        return np.frombuffer(self._rows.get(document), dtype=SEGMENT)

    def _changed(self) -> None:
        self.version += 1
        self._is_changed = False
        self._recent.cache_clear()
