"""Fingerprints of a corpus, in work files, and the rows of them that matter, in memory.

A corpus has millions of paragraphs, and most of them are like no other. So all
fingerprints go to disk, and memory holds a :class:`Pool`: the rows that share their
content or a band with another one. Only they can have a duplicate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dedupe import kernels
from dedupe.matching.fingerprint import BANDS
from dedupe.matching.sets import Flags, are_first, are_in, distinct
from dedupe.workfiles import Column, TextStore, WorkFolder

I64 = npt.NDArray[np.int64]
I32 = npt.NDArray[np.int32]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.void]

#: A segment: its span in code points of the document, separators up to ``stop``.
SEGMENT = np.dtype([("content", "<u8", 2), ("start", "<u4"), ("end", "<u4"), ("words", "<i4"), ("comparable", "<i4")])
#: A text that can be compared: a segment (by its position in the document) or a document (position -1).
#: ``text_at`` and ``text_length`` are where its token form is among those of the document.
PLACE = np.dtype(
    [("content", "<u8", 2), ("position", "<i4"), ("words", "<i4"), ("text_at", "<u4"), ("text_length", "<u4")]
)
PRINT = np.dtype([*PLACE.descr, ("bands", "<u4", BANDS)])

_LOW = np.uint64(0xFFFFFFFF)
#: Bytes of band columns that are at most in memory together while a pool is built.
_COLUMN_BYTES = 8 << 20
#: Rows that are sorted together.
_SORTED_ROWS = 1 << 18
#: Rows that are matched together, if there are so many in small families.
_PART_ROWS = 1 << 17
#: Documents whose prints are read together.
_AT_ONCE = 1024


class Table:
    """Fingerprints of documents and of their segments, by document number, in work files.

    ``tokens`` has the token forms of each document, and ``generation`` counts how often it was
    put; ``segments`` and ``documents`` are pools of what can be compared. With *alone*
    nothing is comparable with what stands in another document.
    """

    def __init__(self, folder: WorkFolder, min_words: int, *, alone: bool, memory: int = 0) -> None:
        column_bytes = min(_COLUMN_BYTES, memory // 8) if memory else _COLUMN_BYTES
        self._min_words = min_words
        self._alone = alone
        self.tokens = folder.shelf("tokens")
        self._rows = folder.shelf("segments")
        self._words = Column(np.int32)
        self.generation = Column(np.int32)
        self.segments = Pool(folder, "segment-prints", column_bytes)
        self.documents = Pool(folder, "document-prints", column_bytes)
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
        rows["content"] = scan.content
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
            _set_apart(prints, documents[of[long]])
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

    def drop(self, numbers: Sequence[int]) -> None:
        """Forget documents."""
        documents = np.array(numbers, dtype=np.int64)
        self._rows.drop(documents)
        self.segments.drop(documents)
        self.documents.drop(documents)
        self._changed()

    def rows(self, document: int) -> Rows:
        """Return the segments of a document as rows of ``SEGMENT``."""
        return self._recent(document)

    def first_rows(self) -> I64:
        """Return where each document's segments begin, int64 by number, if all stand in one row; last the total."""
        counts = self._rows.lengths(np.arange(len(self._words.values))) // SEGMENT.itemsize
        return np.append(0, np.cumsum(counts))

    def words(self, documents: I64) -> I64:
        """Return how many words documents have."""
        return self._words[documents].astype(np.int64)

    def byte_count(self) -> int:
        """Return how many bytes of memory the table takes."""
        columns = (self.tokens, self._rows, self._words, self.generation, self.segments, self.documents)
        return sum(column.byte_count() for column in columns)

    def _read_rows(self, document: int) -> Rows:
        return np.frombuffer(self._rows.get(document), dtype=SEGMENT)

    def _changed(self) -> None:
        self.version += 1
        self._is_changed = False
        self._recent.cache_clear()


class PoolRows(NamedTuple):
    """The rows that can have a duplicate, sorted by document and position.

    ``prints`` are rows of ``PLACE``; ``band_row`` is a row's place in the columns of
    ``bands``, which equal contents share.
    """

    document: I64
    prints: Rows
    band_row: I32
    bands: BandColumns

    def at(self, rows: I64 | Flags) -> PoolRows:
        """Return some of the rows."""
        return PoolRows(self.document[rows], self.prints[rows], self.band_row[rows], self.bands)


class BandColumns:
    """Band keys in a work file, in columns, of which one at a time is wanted."""

    def __init__(self, store: TextStore) -> None:
        self._store = store
        self._chunks: list[tuple[int, int]] = []
        self._count = 0

    def append(self, bands: U32) -> I32:
        """Add uint32 (n, BANDS) rows and return their numbers, int32 (n)."""
        if len(bands):
            self._chunks.append((self._store.append(np.ascontiguousarray(bands.T).tobytes()), len(bands)))
        self._count += len(bands)
        return np.arange(self._count - len(bands), self._count, dtype=np.int32)

    def columns(self, rows: I32) -> Iterator[U32]:
        """Yield the columns, uint32 (n), of the rows with these numbers."""
        for band in range(BANDS):
            parts = [self._store.read(place + 4 * band * size, 4 * size) for place, size in self._chunks]
            yield np.frombuffer(b"".join(parts), dtype=np.uint32)[rows]


class Pool:
    """All prints of one kind on a shelf, and in memory those that share content or a band with another.

    What a document loses or gains moves few rows. So the pool is worked out once for the whole
    corpus, and then only what is new in changed documents is looked for in the rest. It
    may hold rows that have lost their partner; they find nothing.
    """

    def __init__(self, folder: WorkFolder, name: str, column_bytes: int = _COLUMN_BYTES) -> None:
        self._shelf = folder.shelf(name)
        self._column_bytes = column_bytes
        self._stale: list[I64] = []
        self._fresh: list[Rows] = []
        self._is_built = False
        self._document = np.zeros(0, dtype=np.int64)
        self._prints = np.zeros(0, dtype=PLACE)
        # the contents that ever were in the pool, by their first half; where their bands are, and their families
        self._contents = np.zeros(0, dtype=np.uint64)
        self._band_rows = np.zeros(0, dtype=np.int32)
        self._families = np.zeros(0, dtype=np.int32)
        self._bands = BandColumns(folder.store(f"{name}-bands"))

    def put(self, documents: I64, prints: Rows, offsets: I64) -> None:
        """Put ``prints[offsets[i]:offsets[i + 1]]``, rows of ``PRINT``, as those of ``documents[i]``."""
        if self._is_built:
            owners, before = self._read(documents)
            # Fresh is what the document did not have, and what it has more than once.
            mine = prints["content"][:, 0] ^ _salt(np.repeat(documents, np.diff(offsets)))
            theirs = np.sort(before["content"][:, 0] ^ _salt(owners))
            self._fresh.append(prints[~are_in(mine, theirs) | _shared_values(mine)])
            self._stale.append(documents)
        self._shelf.put(documents, prints.tobytes(), offsets * PRINT.itemsize)

    def commit(self) -> None:
        """Let what was put replace what was there."""
        self._shelf.commit()

    def drop(self, documents: I64) -> None:
        """Forget documents."""
        self._shelf.drop(documents)
        if self._is_built:
            self._stale.append(documents)

    def byte_count(self) -> int:
        """Return how many bytes of memory the pool takes."""
        columns = (self._document, self._prints, self._contents, self._band_rows, self._families)
        return self._shelf.byte_count() + sum(column.nbytes for column in columns)

    def parts(self) -> Iterator[PoolRows]:
        """Yield the rows that can have a duplicate now, in parts: whole families, of which only one may be larger."""
        if not self._is_built:
            self._build()
        elif self._stale:
            self._renew()
        content = np.searchsorted(self._contents, self._prints["content"][:, 0]).astype(np.int32)
        family = self._families[content]
        sizes = np.bincount(family)
        part = ((np.cumsum(sizes) - sizes) // _PART_ROWS).astype(np.int32)[family]
        for number in range(int(part.max(initial=-1)) + 1):
            rows = np.flatnonzero(part == number)
            if len(rows):
                yield PoolRows(self._document[rows], self._prints[rows], self._band_rows[content[rows]], self._bands)

    def _build(self) -> None:
        """Work out the pool of the whole corpus; memory holds some 18 bytes a row meanwhile."""
        # Half a hash is enough here: a row too many finds nothing.
        content = self._columns(lambda rows: rows["content"][:, :1].astype(np.uint32))[0]
        shared = np.zeros(len(content), dtype=bool)
        families = _Families(len(content))
        for one, other in _neighbours(content):
            shared[one] = True
            shared[other] = True
            families.join(one, other)
        at_once = max(1, self._column_bytes // max(1, 4 * len(content)))
        for first in range(0, BANDS, at_once):
            for keys in self._columns(lambda rows, first=first: rows["bands"][:, first : first + at_once]):  # type: ignore[misc]
                for one, other in _neighbours(keys):
                    differ = content[one] != content[other]
                    shared[one[differ]] = True
                    shared[other[differ]] = True
                    families.join(one, other)
        self._is_built = True
        self._take_in(self._chosen(shared, families))
        self._families = 1 + np.unique(self._families, return_inverse=True)[1].astype(np.int32)

    def _chosen(self, shared: Flags, families: _Families) -> Iterator[tuple[I64, Rows, I32]]:
        done = 0
        for document, rows in self._shelf.rows(PRINT):
            here = np.flatnonzero(shared[done : done + len(rows)])
            yield document[here], rows[here], families.of(done + here)
            done += len(rows)

    def _columns(self, of: Callable[[Rows], npt.NDArray[Any]]) -> npt.NDArray[Any]:
        """Return columns of all rows on the shelf, each in one piece."""
        total = int(self._shelf.lengths(self._shelf.numbers()).sum()) // PRINT.itemsize
        one = of(np.zeros(1, dtype=PRINT))
        columns = np.empty((one.shape[1], total), dtype=one.dtype)
        done = 0
        for _, rows in self._shelf.rows(PRINT):
            columns[:, done : done + len(rows)] = of(rows).T
            done += len(rows)
        return columns

    def _renew(self) -> None:
        """Take out the rows of changed documents, and take in what they have now and what that could match."""
        stale = distinct(np.concatenate(self._stale))
        fresh = _in_one_piece(self._fresh) if self._fresh else np.zeros(0, dtype=PRINT)
        self._stale = []
        keep = ~are_in(self._document, stale)
        self._document = self._document[keep]
        self._prints = self._prints[keep]
        self._take_in(self._matching(stale, fresh))

    def _matching(self, stale: I64, fresh: Rows) -> Iterator[tuple[I64, Rows, I32]]:
        for first in range(0, len(stale), _AT_ONCE):
            owners, rows = self._read(stale[first : first + _AT_ONCE])
            pooled = are_in(rows["content"][:, 0], self._contents)
            yield owners[pooled], rows[pooled], np.zeros(int(pooled.sum()), dtype=np.int32)
        if len(fresh):
            wanted = _Sieve(fresh)
            for owners, rows in self._shelf.rows(PRINT):
                here = np.flatnonzero(wanted.passes(rows))
                self._join_changed(rows["content"][here, 0])
                yield owners[here], rows[here], np.zeros(len(here), dtype=np.int32)

    def _join_changed(self, contents: U64) -> None:
        """Let the families of these contents be one with what changed, which is family 0."""
        changed = np.zeros(int(self._families.max(initial=0)) + 1, dtype=bool)
        changed[self._families[are_in(self._contents, distinct(contents))]] = True
        self._families[changed[self._families]] = 0

    def _read(self, documents: I64) -> tuple[I64, Rows]:
        """Return what is on the shelf for *documents*: the owner of each row, and the rows."""
        rows = np.frombuffer(b"".join([self._shelf.get(document) for document in documents.tolist()]), dtype=PRINT)
        return np.repeat(documents, self._shelf.lengths(documents) // PRINT.itemsize), rows

    def _take_in(self, chosen: Iterable[tuple[I64, Rows, I32]]) -> None:
        """Add rows, some of which may be there already, with the families of those that are not."""
        owners, places = [self._document], [self._prints]
        self._document, self._prints = self._document[:0].copy(), self._prints[:0].copy()
        contents, band_rows, families = [self._contents], [self._band_rows], []
        for owner, rows, family in chosen:
            found, first = np.unique(rows["content"][:, 0], return_index=True)
            is_new = ~are_in(found, self._contents)
            contents.append(found[is_new])
            band_rows.append(self._bands.append(rows["bands"][first[is_new]]))
            families.append(family[first[is_new]])
            owners.append(owner)
            places.append(_without_bands(rows))
        merged, first = np.unique(_in_one_piece(contents), return_index=True)
        self._contents, self._band_rows = merged, _in_one_piece(band_rows)[first]
        self._families = _in_one_piece([self._families, *families])[first]

        self._document, self._prints = _in_one_piece(owners), _in_one_piece(places)
        order = np.lexsort((self._prints["position"], self._document))
        if len(order) and (order[1:] < order[:-1]).any():
            self._document, self._prints = self._document[order], self._prints[order]
        is_new = are_first(self._document, self._prints["position"])
        if not is_new.all():
            self._document, self._prints = self._document[is_new], self._prints[is_new]


def _in_one_piece(parts: list[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """Return *parts* one after the other, and let each go when it is copied: a pool is most of a run's memory."""
    joined = np.empty(sum(map(len, parts)), dtype=parts[0].dtype)
    end = len(joined)
    while parts:
        part = parts.pop()
        joined[end - len(part) : end] = part
        end -= len(part)
    return joined


def _without_bands(rows: Rows) -> Rows:
    prints = np.empty(len(rows), dtype=PLACE)
    for name in PLACE.names or ():
        prints[name] = rows[name]
    return prints


class _Families:
    """Numbers from 0 in families, int32 by number: each is known by its least one."""

    def __init__(self, count: int) -> None:
        self._least = np.arange(count, dtype=np.int32)

    def of(self, numbers: I64) -> I32:
        """Return the families of *numbers*."""
        # All at once go to where the next one has got to, so that a chain gets half as long with each turn.
        family = self._least[numbers]
        while ((further := self._least[family]) != family).any():
            self._least[numbers] = family = further
        return family

    def join(self, one: I64, other: I64) -> None:
        """Make one family of those of ``one[i]`` and ``other[i]``."""
        while len(one):
            families = np.sort(np.stack([self.of(one), self.of(other)]), axis=0)
            differ = families[0] != families[1]
            one, other = one[differ], other[differ]
            # Where a family is to go to several others it goes to one of them, and the next turn joins the rest.
            joined = families[1, differ]
            self._least[joined] = families[0, differ]
            self.of(joined)


class _Sieve:
    """Tells which rows share content or a band with given ones."""

    def __init__(self, prints: Rows) -> None:
        self._contents = distinct(prints["content"][:, 0])
        self._keys = [distinct(prints["bands"][:, band]) for band in range(BANDS)]
        # A key is in the table of its band by its upper 16 bits; only what passes is looked up.
        self._tables = np.zeros((BANDS, 1 << 16), dtype=bool)
        for band, keys in enumerate(self._keys):
            self._tables[band, keys >> np.uint32(16)] = True

    def passes(self, rows: Rows) -> npt.NDArray[np.bool_]:
        chosen = are_in(rows["content"][:, 0], self._contents)
        for band, keys in enumerate(self._keys):
            column = rows["bands"][:, band]
            maybe = np.flatnonzero(self._tables[band][column >> np.uint32(16)])
            chosen[maybe[are_in(column[maybe], keys)]] = True
        return chosen


def _neighbours(keys: U32) -> Iterator[tuple[I64, I64]]:
    """Yield in parts the rows that have the same key, each with the next one that has it."""
    bits = (len(keys) // _SORTED_ROWS).bit_length()
    shard = keys >> np.uint32(32 - bits) if bits else np.zeros(len(keys), dtype=np.uint32)
    for number in range(1 << bits):
        rows = np.flatnonzero(shard == number)
        at = (keys[rows].astype(np.uint64) << np.uint64(32)) | rows.astype(np.uint64)
        at.sort()
        met = np.flatnonzero((at[1:] ^ at[:-1]) < np.uint64(1 << 32))
        yield (at[met] & _LOW).astype(np.int64), (at[met + 1] & _LOW).astype(np.int64)


def _shared_values(values: U64) -> Flags:
    """Return for each value whether it is there more than once."""
    ordered = np.sort(values)
    again = distinct(ordered[1:][ordered[1:] == ordered[:-1]])
    parts = range(0, len(values), _SORTED_ROWS)
    return np.concatenate([are_in(values[at : at + _SORTED_ROWS], again) for at in parts] or [np.zeros(0, dtype=bool)])


def _set_apart(prints: Rows, documents: I64) -> None:
    """Make contents and bands differ between documents."""
    salt = _salt(documents)
    prints["content"] ^= salt[:, None]
    prints["bands"] ^= (salt >> np.uint64(32)).astype(np.uint32)[:, None]


def _salt(documents: I64) -> U64:
    salt = (documents.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    return salt ^ (salt >> np.uint64(29))
