"""The rows of a corpus that can have a duplicate: those that share their content or a band with another one.

A corpus has millions of paragraphs, and most of them are like no other. So all prints go to a work file, those that
share something go to another one, family by family, and memory holds the families that are matched at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dedupe import kernels
from dedupe.matching.families import Families
from dedupe.matching.fingerprint import BANDS
from dedupe.matching.prints import PLACE, PRINT
from dedupe.matching.sets import Flags, are_first, are_in, combined, distinct
from dedupe.parallel import ordered_map
from dedupe.shards import Shards
from dedupe.workfiles import TextStore, WorkFolder

I64 = npt.NDArray[np.int64]
I32 = npt.NDArray[np.int32]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.void]

#: A row of the pool: where it stands, and the family of what shares something with it.
POOLED = np.dtype([*PLACE.descr, ("document", "<i8"), ("family", "<i4")])
#: A row of ``PRINT`` with its document.
_OWNED = np.dtype([*PRINT.descr, ("document", "<i8")])

_LOW = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)
#: What the band keys of a row are multiplied by to be told apart by their sum.
_MULTIPLIERS = combined(np.arange(1, BANDS + 1)) | np.uint64(1)
#: Which words of a row tell that it shares something: half of the content, which is enough here, and the bands.
_BAND_WORDS = list(range(PLACE.itemsize // 4, PRINT.itemsize // 4))
_SIEVED = [0, *_BAND_WORDS]
#: Rows that are sorted together.
_SORTED_ROWS = 1 << 19
#: Rows that are matched together, if there are so many in small families.
_PART_ROWS = 1 << 13
#: Rows that are looked at together, and new rows that are looked for in one walk over all.
_ROWS_AT_ONCE = 1 << 12
_FRESH_AT_ONCE = 1 << 16
#: Instead of more such walks, each with others that are new, the pool is worked out anew, which takes as long as six.
_MOST_WALKS = 3
#: Documents whose prints are read together.
_DOCUMENTS_AT_ONCE = 1024


class PoolRows(NamedTuple):
    """Rows that can have a duplicate, sorted by document and position.

    ``prints`` are rows of ``POOLED``; ``band_row`` is a row's place in the columns of ``bands``.
    """

    document: I64
    prints: Rows
    band_row: I64
    bands: BandColumns

    def at(self, rows: I64 | Flags) -> PoolRows:
        """Return some of the rows."""
        return PoolRows(self.document[rows], self.prints[rows], self.band_row[rows], self.bands)


class BandColumns(NamedTuple):
    """The band keys of one part of a pool, of which one column at a time is wanted."""

    shards: Shards
    part: int

    def columns(self, rows: I64) -> Iterator[U32]:
        """Yield the columns, uint32 (n), of the rows with these places."""
        for band in range(BANDS):
            yield self.shards.read(self.part * BANDS + band)[rows]


class _Source(NamedTuple):
    """Rows of prints that are gone through more than once; ``walk`` gives the document of each row, and the rows."""

    row_count: int
    walk: Callable[[], Iterable[tuple[I64, Rows]]]

    def pieces(self) -> Iterator[tuple[int, I64, Rows]]:
        """Yield the rows, some at a time: how many were before them, their documents, the rows."""
        done = 0
        for owners, rows in self.walk():
            for first in range(0, len(rows), _ROWS_AT_ONCE):
                last = min(first + _ROWS_AT_ONCE, len(rows))
                yield done + first, owners[first:last], rows[first:last]
            done += len(rows)

    def among(self, wanted: Flags) -> Iterator[tuple[I64, Rows]]:
        """Yield the rows that are *wanted*, some at a time: their documents, the rows."""
        for done, owners, rows in self.pieces():
            here = np.flatnonzero(wanted[done : done + len(rows)])
            yield owners[here], rows[here]


class _PartFile:
    """The parts of a pool that were worked out together: rows, and the columns of their bands."""

    def __init__(self, folder: WorkFolder, name: str, count: int) -> None:
        self._rows = Shards(folder, name, POOLED, count)
        self._bands = Shards(folder, f"{name}-bands", np.uint32, count * BANDS)
        self.sizes = np.zeros(count, dtype=np.int64)

    def put(self, parts: I64, rows: Rows, columns: Iterable[U32]) -> None:
        """Add rows of ``POOLED``, each to its part, with their bands column by column."""
        self.sizes += np.bincount(parts, minlength=len(self.sizes))
        self._rows.put(parts, rows)
        for band, column in enumerate(columns):
            self._bands.put(parts * BANDS + band, column)

    def rows(self, part: int) -> Rows:
        return self._rows.read(part)

    def bands(self, part: int) -> BandColumns:
        return BandColumns(self._bands, part)

    def remove(self) -> None:
        self._rows.remove()
        self._bands.remove()


class _Part(NamedTuple):
    """One part of a file: whole families, the rows in no order, some of them twice."""

    file: _PartFile
    number: int

    def stored(self) -> Rows:
        return self.file.rows(self.number)

    def bands(self) -> BandColumns:
        return self.file.bands(self.number)

    def rows(self) -> PoolRows:
        rows = self.stored()
        order = np.lexsort((rows["position"], rows["document"]))
        order = order[are_first(rows["document"][order], rows["position"][order])]
        rows = rows[order]
        return PoolRows(np.ascontiguousarray(rows["document"]), rows, order, self.bands())


class Pool:
    """All prints of one kind on a shelf, and in parts those that share content or a band with another.

    What a document loses or gains moves few rows. So the pool is worked out once for the whole
    corpus, and then only what is new in changed documents is looked for in the rest, unless that is much. It
    may hold rows that have lost their partner; they find nothing. So many *jobs* at a time look for partners.
    """

    def __init__(self, folder: WorkFolder, name: str, jobs: int = 1) -> None:
        self._folder = folder
        self._name = name
        self._jobs = jobs
        self._shelf = folder.shelf(name)
        self._stale: list[I64] = []
        self._fresh = folder.store(f"{name}-fresh")
        self._fresh_bytes = 0
        self._is_built = False
        self._parts: list[_Part] = []
        self._family_count = 0
        self._file_count = 0

    def put(self, documents: I64, prints: Rows, offsets: I64) -> None:
        """Put ``prints[offsets[i]:offsets[i + 1]]``, rows of ``PRINT``, as those of ``documents[i]``."""
        if self._is_built:
            owners, before = self._read(documents)
            # Fresh is what the document did not have, and what it has more than once.
            mine = _own(prints, np.repeat(documents, np.diff(offsets))) ^ _mixed_bands(prints)
            theirs = _own(before, owners) ^ _mixed_bands(before)
            fresh = prints[~are_in(mine, np.sort(theirs)) | kernels.repeated(mine)].tobytes()
            self._fresh_bytes = self._fresh.append(fresh) + len(fresh)
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

    def parts(self) -> Iterator[PoolRows]:
        """Yield the rows that can have a duplicate now, in parts: whole families, of which only one may be larger."""
        if not self._is_built or self._fresh_bytes > _MOST_WALKS * _FRESH_AT_ONCE * PRINT.itemsize:
            self._build()
        elif self._stale:
            found = self._like_fresh()
            self._take_in(found.source(), distinct(np.concatenate(self._stale)))
            self._folder.remove(found.store)
        self._stale.clear()
        if self._fresh_bytes:
            self._folder.remove(self._fresh)
            self._fresh, self._fresh_bytes = self._folder.store(f"{self._name}-fresh"), 0
        yield from (part.rows() for part in self._parts)

    def _build(self) -> None:
        """Work the pool out for the whole corpus."""
        for file in {part.file for part in self._parts}:
            file.remove()
        self._parts, self._family_count, self._is_built = [], 0, True
        count = int(self._shelf.lengths(self._shelf.numbers()).sum()) // PRINT.itemsize
        self._take_in(_Source(count, partial(self._shelf.rows, PRINT)), np.zeros(0, dtype=np.int64))

    def _like_fresh(self) -> _Found:
        """Return the rows on the shelf that share something with what is new in changed documents, itself among them.

        A row may be among them more than once, where there is much that is new.
        """
        found = _Found(self._folder.store(f"{self._name}-found"))
        step = _FRESH_AT_ONCE * PRINT.itemsize
        for first in range(0, self._fresh_bytes, step):
            fresh = self._fresh.read(first, min(step, self._fresh_bytes - first))
            sieve = kernels.Sieve(_words(np.frombuffer(fresh, dtype=PRINT)), _SIEVED)
            # The kernel lets other threads run: what it found is put away here, and what comes next is read, meanwhile.
            passing = partial(_passing, sieve=sieve)
            for owners, rows in ordered_map(passing, self._shelf.rows(PRINT), self._jobs, threads=True):
                found.put(owners, rows)
        return found

    def _take_in(self, source: _Source, stale: I64) -> None:
        """Take in what shares something with another row of *source*, as parts of their own.

        Families of the pool that have a row like that go there, and rows of *stale* documents go to where they are now.
        """
        shared, group = self._sharing(source)
        new = self._family_count + int(group.max(initial=-1)) + 1
        families, sizes = Families(new), np.zeros(new, dtype=np.int64)
        sizes[self._family_count :] = np.bincount(group)
        self._link(families, sizes, source.among(shared), group)
        family = families.of(np.arange(new))
        moves = np.zeros(new, dtype=bool)
        moves[family[self._family_count :]] = True
        moves = moves[family]
        together = np.bincount(family[moves], sizes[moves], minlength=new).astype(np.int64)
        part = ((np.cumsum(together) - together) // _PART_ROWS)[family]

        first = int(part[moves].max(initial=-1)) + 1
        file = _PartFile(self._folder, f"{self._name}-parts-{self._file_count}", first + len(self._parts))
        self._file_count += 1

        def put(rows: Rows, columns: Iterable[U32], otherwise: int = -1) -> None:
            parts = np.where(moves[rows["family"]], part[rows["family"]], otherwise)
            rows["family"] = family[rows["family"]]
            file.put(parts, rows, columns)

        kept = []
        for number, old in enumerate(self._parts, first):
            rows = old.stored()
            is_stale = are_in(rows["document"], stale)
            if not (is_stale | moves[rows["family"]]).any():
                kept.append(old)
                continue
            stays = np.flatnonzero(~is_stale)
            put(rows[stays], old.bands().columns(stays), number)
            for now, columns in self._where_now(rows[is_stale]):
                put(now, columns, number)
        done = 0
        for owners, rows in source.among(shared):
            put(_pooled(rows, owners, self._family_count + group[done : done + len(rows)]), rows["bands"].T)
            done += len(rows)
        before = {old.file for old in self._parts}
        self._parts = kept + [_Part(file, number) for number in np.flatnonzero(file.sizes).tolist()]
        for unused in before - {part.file for part in self._parts}:
            unused.remove()
        self._family_count = new

    def _sharing(self, source: _Source) -> tuple[Flags, I32]:
        """Return which rows share content or a band with another one of *source*, and numbers of their families.

        Memory holds 9 bytes for each row meanwhile.
        """
        families = Families(source.row_count)
        shared = np.zeros(source.row_count, dtype=bool)
        # Half a hash is enough here: a row too many finds nothing.
        repeats = np.zeros((2, source.row_count), dtype=bool)
        wholes = ((done, _half_hashes(rows), np.arange(len(rows))) for done, _, rows in source.pieces())
        for column, one, other in self._meetings(wholes, source.row_count, [0, 1]):
            shared[one] = shared[other] = repeats[column, other] = True
            families.join(one, other)
        # What repeats one row's contents and one's bands is in their families: it need not meet others band by band.
        # One of the two would not do, for halves of hashes collide, and documents of equal words can have other bands.
        rest = ~(repeats[0] & repeats[1])
        bands = ((at, _words(rows), np.flatnonzero(rest[at : at + len(rows)])) for at, _, rows in source.pieces())
        for _, one, other in self._meetings(bands, int(rest.sum()), _BAND_WORDS):
            shared[one] = shared[other] = True
            families.join(one, other)
        family = families.of(np.flatnonzero(shared))
        is_least = np.zeros(source.row_count, dtype=bool)
        is_least[family] = True
        return shared, (np.cumsum(is_least, dtype=np.int32) - np.int32(1))[family]

    def _meetings(
        self, pieces: Iterable[tuple[int, U32, I64]], row_count: int, columns: list[int]
    ) -> Iterator[tuple[int, I64, I64]]:
        """Yield in parts the rows that have the same key in one of the *columns*: that column, each row and the next.

        *pieces* of the rows are the place of the first, their keys among words, uint32 (n, width), and the numbers of
        those that are wanted, of which there are *row_count*.
        """
        bits = (row_count // _SORTED_ROWS).bit_length()
        shards = Shards(self._folder, f"{self._name}-keys", np.uint64, len(columns) << bits)
        for place, words, wanted in pieces:
            shards.put_sorted(*kernels.deal_keys(words, columns, wanted, place, bits))
        # Most of it is done by the kernel, which lets other threads run.
        met = ordered_map(_met, map(shards.read, range(len(columns) << bits)), self._jobs, threads=True)
        yield from ((shard >> bits, one, other) for shard, (one, other) in enumerate(met))
        shards.remove()

    def _link(self, families: Families, sizes: I64, taken: Iterable[tuple[I64, Rows]], group: I32) -> None:
        """Join the families of the pool with those of rows that are *taken* in and have the same contents.

        Counts the rows of the former as well.
        """
        if not self._parts:
            return
        walked = (rows["content"][:, 0] for _, rows in taken)
        contents = np.concatenate([np.zeros(0, dtype=np.uint64), *walked])
        order = np.argsort(contents)
        contents, numbers = contents[order], self._family_count + group[order].astype(np.int64)
        for part in self._parts:
            rows = part.stored()
            found, counts = np.unique(rows["family"], return_counts=True)
            sizes[found] += counts
            linked = np.flatnonzero(are_in(rows["content"][:, 0], contents))
            at = np.searchsorted(contents, rows["content"][linked, 0])
            families.join(rows["family"][linked].astype(np.int64), numbers[at])

    def _where_now(self, rows: Rows) -> Iterator[tuple[Rows, Iterable[U32]]]:
        """Yield the rows of these contents that the documents of *rows* have now, and the columns of their bands."""
        keys = _own(rows, rows["document"])
        order = np.argsort(keys)
        keys, family = keys[order], rows["family"][order]
        documents = distinct(rows["document"])
        for first in range(0, len(documents), _DOCUMENTS_AT_ONCE):
            owners, now = self._read(documents[first : first + _DOCUMENTS_AT_ONCE])
            mine = _own(now, owners)
            same = np.flatnonzero(are_in(mine, keys))
            yield (
                _pooled(now[same], owners[same], family[np.searchsorted(keys, mine[same])]),
                now["bands"][same].T,
            )

    def _read(self, documents: I64) -> tuple[I64, Rows]:
        """Return what is on the shelf for *documents*: the owner of each row, and the rows."""
        data, offsets = self._shelf.get_many(documents)
        return np.repeat(documents, np.diff(offsets) // PRINT.itemsize), np.frombuffer(data, dtype=PRINT)


class _Found:
    """Rows of prints with their documents in a work file."""

    def __init__(self, store: TextStore) -> None:
        self.store = store
        self._count = 0

    def put(self, documents: I64, prints: Rows) -> None:
        """Add rows of ``PRINT``."""
        rows = np.empty(len(prints), dtype=_OWNED)
        rows["document"] = documents
        for name in PRINT.names or ():
            rows[name] = prints[name]
        self.store.append(rows.tobytes())
        self._count += len(rows)

    def source(self) -> _Source:
        """Return the rows that were put so far."""
        return _Source(self._count, self._walk)

    def _walk(self) -> Iterator[tuple[I64, Rows]]:
        for first in range(0, self._count, _ROWS_AT_ONCE):
            count = min(_ROWS_AT_ONCE, self._count - first)
            data = self.store.read(first * _OWNED.itemsize, count * _OWNED.itemsize)
            rows = np.frombuffer(data, dtype=_OWNED)
            yield rows["document"], rows


def _passing(walked: tuple[I64, Rows], sieve: kernels.Sieve) -> tuple[I64, Rows]:
    """Return the rows that pass, and their owners."""
    owners, rows = walked
    here = np.flatnonzero(sieve.passes(_words(rows)))
    return owners[here], rows[here]


def _words(prints: Rows) -> U32:
    """Return rows of ``PRINT``, or ``_OWNED``, as they lie in memory, four bytes each."""
    return prints.view(np.uint32).reshape(len(prints), prints.itemsize // 4)


def _met(codes: U64) -> tuple[I64, I64]:
    """Return the rows that have the same key, each with the next that has it; *codes* have keys above rows."""
    codes = kernels.shared_keys(codes)
    met = np.flatnonzero((codes[1:] ^ codes[:-1]) < np.uint64(1 << 32))
    return (codes[met] & _LOW).astype(np.int64), (codes[met + 1] & _LOW).astype(np.int64)


def _pooled(prints: Rows, documents: I64, families: npt.NDArray[np.integer[Any]]) -> Rows:
    """Return prints as rows of ``POOLED``."""
    rows = np.empty(len(prints), dtype=POOLED)
    for name in PLACE.names or ():
        rows[name] = prints[name]
    rows["document"], rows["family"] = documents, families
    return rows


def _half_hashes(rows: Rows) -> U32:
    """Return half a hash of the contents of rows and half a hash of all their bands, uint32 (n, 2)."""
    halves = np.empty((len(rows), 2), dtype=np.uint32)
    halves[:, 0], halves[:, 1] = rows["content"][:, 0] & _LOW, _mixed_bands(rows)
    return halves


def _mixed_bands(rows: Rows) -> U64:
    """Return half a hash of all the bands of rows, uint64 (n)."""
    # Multilinear: the upper half of a sum of products with numbers that are drawn once.
    return (rows["bands"].astype(np.uint64) @ _MULTIPLIERS) >> _SHIFT


def _own(rows: Rows, documents: I64) -> U64:
    """Return keys of the contents of rows, another one for the same content in each of the *documents*."""
    return combined(documents, rows["content"][:, 0])
