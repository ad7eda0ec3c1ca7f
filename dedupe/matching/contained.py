"""Passages that stand inside a longer one: a teaser inside its article, a line inside the paragraph it was joined to.

Jaccard similarity is low where one text is much shorter, so bands do not find these. Winnowing does
(:mod:`dedupe.text.winnow`): two texts that share twelve words in a row share a hash. The hashes lie in work files, in
shards that fit into memory one by one; what meets there is compared in full (:mod:`dedupe.matching.inside`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache, partial
from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dedupe import kernels
from dedupe.matching.candidates import candidate_pairs
from dedupe.matching.inside import standing_inside
from dedupe.matching.sets import are_first, are_in, place_in_run
from dedupe.matching.table import Table
from dedupe.matching.verified import Match
from dedupe.matching.windows import Shared, Windows
from dedupe.parallel import ordered_map
from dedupe.progress import Report
from dedupe.workfiles import Shelf, WorkFolder

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.void]
Flags = npt.NDArray[np.bool_]

#: Words in a shingle.
SHINGLE = 5
#: Shingles in a window, of which one is kept.
WINDOW = 8
#: Shorter passages are not looked for: whole windows of them are needed.
LEAST_WORDS = SHINGLE + WINDOW - 1

#: The least hash of a window of words; ``segment`` is a document's number and the position in it, ``size`` its words.
_KEPT = np.dtype([("hash", "<u8"), ("segment", "<i8"), ("size", "<i4")])
#: Two segments that share so many hashes.
_MET = np.dtype([("shorter", "<i8"), ("longer", "<i8"), ("hashes", "<i4")])
#: Bytes of token forms that are hashed at a time, for which the reference kernel takes fifty times as many.
_BATCH_BYTES = 1 << 18
#: A longer line is not looked at: it is no paragraph.
_LONGEST_LINE = 1 << 20
#: Parts of one, in which shares of hashes are counted.
_WHOLE = 1000
#: Passages that one is looked for in, or that are looked for in one.
TRIED = 4
#: Pairs that are compared together.
_COMPARED = 1 << 8


class Texts(NamedTuple):
    """Token forms, ``data[offsets[i]:offsets[i + 1]]``; each has in ``codes``, int64, the code of its first line.

    Of those that are ``wholes``, if any are, :func:`read_windows` keeps what they have as one segment as well.
    """

    codes: I64
    data: bytes
    offsets: I64
    wholes: Flags | None = None

    def as_lines(self) -> Texts:
        """Return the texts with their lines joined, so that each is one segment as a whole."""
        return self._replace(data=self.data.replace(b"\n", b" "))


class Inside(NamedTuple):
    """A segment that stands inside a longer one; ``match`` is None where all its words do, in a row."""

    document: int
    position: int
    canonical: int
    canonical_position: int
    words: int
    match: Match | None


def find_contained(table: Table, windows: Windows, known: I64, threshold: float, *, alone: bool) -> Iterator[Inside]:
    """Yield the segments of a table that stand inside longer ones, in order, each with one of those.

    *threshold* is the share of the words of a segment that stand there, in order, in a stretch of about its length.
    *known*, int64 (n, 2), are codes (document << 32 | position) of segments of which more is known, ascending, and of
    what they repeat. They are not looked for, nor is in them what they repeat, and neither are segments of references.
    With *alone* only what stands in the same document is found; with windows of whole documents what stands in longer
    documents, in segments of whatever length.
    """
    firsts = table.first_rows()
    may_be_inside = _stand_in_longer(windows, threshold)
    may_be_inside[_rows(known[:, 0], firsts)] = False
    may_be_inside[_first_of_references(table, firsts) :] = False

    def meetings(kept: Shared) -> Rows:
        of_use = are_in(kept.hashes, kept.hashes[may_be_inside[kept.rows]])
        hashes, rows = kept.hashes[of_use], kept.rows[of_use]
        order = np.lexsort((rows, -windows.sizes[rows]))
        met = _meetings(hashes[order], rows[order], windows.sizes, may_be_inside[rows[order]], firsts)
        return met[met["longer"] >> 32 == met["shorter"] >> 32] if alone else met

    met = _without_known(table, _summed(windows.each(meetings)), known)
    met = met[np.lexsort((met["longer"], -met["hashes"], -_shared_by_documents(met), met["shorter"]))]
    yield from _verified(table, met, threshold, windows.jobs, by="shorter")


def find_containing(table: Table, windows: Windows, known: I64, threshold: float) -> Iterator[Inside]:
    """Yield segments of references that stand inside longer ones of the run's own: for each of these one, in order.

    *known* and *threshold* are as in :func:`find_contained`: what an own segment repeats is not looked for in it.
    """
    firsts = table.first_rows()
    is_own = np.arange(firsts[-1]) < _first_of_references(table, firsts)
    if is_own.all():
        return

    def meetings(kept: Shared) -> Rows:
        own = is_own[kept.rows]
        of_use = are_in(kept.hashes, kept.hashes[~own]) & are_in(kept.hashes, kept.hashes[own])
        hashes, rows, own = kept.hashes[of_use], kept.rows[of_use], own[of_use]
        # References first: in a bucket every one of the run's own meets the first ones.
        order = np.lexsort((rows, -windows.sizes[rows], own))
        met = _meetings(hashes[order], rows[order], windows.sizes, own[order], firsts)
        return met[~is_own[_rows(met["shorter"], firsts)]]

    met = _without_known(table, _summed(windows.each(meetings)), known)
    met = met[np.lexsort((met["shorter"], -met["hashes"], met["longer"]))]
    yield from _verified(table, met, threshold, windows.jobs, by="longer")


def _first_of_references(table: Table, firsts: I64) -> int:
    """Return the row at which the segments of references begin, where those of each document begin with *firsts*."""
    return int(firsts[min(table.references_from, len(firsts) - 1)])


def _meetings(hashes: U32, rows: U32, sizes: I32, wanted: Flags, firsts: I64) -> Rows:
    """Return which segments meet one of those *wanted*, bool (n), in a hash, and are longer or shorter than it.

    *sizes* are those of all segments by row; those of each document begin with *firsts*.
    """
    pairs = candidate_pairs([hashes], wanted)
    one, other = rows[pairs[:, 0]], rows[pairs[:, 1]]
    differ = sizes[one] != sizes[other]
    one, other = one[differ], other[differ]
    met = np.zeros(len(one), dtype=_MET)
    is_longer = sizes[one] > sizes[other]
    met["longer"] = _codes(np.where(is_longer, one, other), firsts)
    met["shorter"] = _codes(np.where(is_longer, other, one), firsts)
    met["hashes"] = 1
    return met


def _shared_by_documents(met: Rows) -> I64:
    """Return for each pair of segments how many hashes their two documents share, in all such pairs."""
    order = np.lexsort((met["longer"] >> 32, met["shorter"] >> 32))
    starts = np.flatnonzero(are_first(met["shorter"][order] >> 32, met["longer"][order] >> 32))
    sums = np.add.reduceat(met["hashes"][order].astype(np.int64), starts) if len(starts) else starts
    shared = np.empty(len(met), dtype=np.int64)
    shared[order] = np.repeat(sums, np.diff(np.append(starts, len(met))))
    return shared


def _without_known(table: Table, met: Rows, known: I64) -> Rows:
    """Leave out the longer ones that are known to repeat the shorter one, or another one with its words."""
    told = np.flatnonzero(are_in(met["longer"], known[:, 0]))
    repeated = known[np.searchsorted(known[:, 0], met["longer"][told]), 1]
    contents = [table.rows_at(codes >> 32, codes & 0xFFFFFFFF)["content"] for codes in (repeated, met["shorter"][told])]
    left: Rows = np.delete(met, told[(contents[0] == contents[1]).all(axis=1)])
    return left


def _stand_in_longer(windows: Windows, threshold: float) -> Flags:
    """Return for each segment, by row, whether enough hashes that are kept of it are also kept of a longer one.

    That is so of few that do not stand there.
    """

    def in_longer(kept: Shared) -> U32:
        sizes = windows.sizes[kept.rows]
        starts = np.flatnonzero(are_first(kept.hashes))
        most = np.maximum.reduceat(sizes, starts) if len(starts) else sizes
        return kept.rows[sizes < np.repeat(most, np.diff(np.append(starts, len(sizes))))]

    surplus = np.int32(-_needed(threshold)) * windows.counts
    for rows in windows.each(in_longer):
        np.add.at(surplus, rows, np.int32(_WHOLE))
    return surplus >= 0


def is_enough(shared: I64, kept: I64, threshold: float) -> Flags:
    """Return whether of texts, of which so many hashes are *kept*, enough are *shared* for *threshold* of their words.

    >>> is_enough(np.array([1, 2]), np.array([10, 10]), 0.7).tolist()
    [False, True]
    """
    return shared * _WHOLE >= _needed(threshold) * kept


def _needed(threshold: float) -> int:
    """Return how many of ``_WHOLE`` hashes of a text are in another one in which *threshold* of its words stand.

    As many of its shingles are whole as this to the power of their words; and all are, if all words stand there.
    """
    return round(_WHOLE * threshold**SHINGLE)


def _rows(segments: I64, firsts: I64) -> I64:
    """Return the rows of segments, given by their codes, where those of each document begin with ``firsts``."""
    rows: I64 = firsts[segments >> 32] + (segments & 0xFFFFFFFF)
    return rows


def _codes(rows: U32, firsts: I64) -> I64:
    """Return the codes of segments, given by their rows."""
    documents = np.searchsorted(firsts, rows, side="right") - 1
    codes: I64 = documents << 32 | (rows - firsts[documents])
    return codes


def _verified(table: Table, met: Rows, threshold: float, jobs: int, *, by: str) -> Iterator[Inside]:
    """Yield what is so of pairs of segments, the first for each one in the field *by*, which stand together."""
    met = met[place_in_run(met[by]) < TRIED]
    starts = np.flatnonzero(are_first(met[by]))
    parts = np.split(met, starts[1:][np.diff(starts // _COMPARED) > 0])
    for found in ordered_map(partial(_standing, tokens=table.tokens, threshold=threshold, by=by), parts, jobs):
        for segment, other, match in found:
            document, position = segment >> 32, segment & 0xFFFFFFFF
            row = table.rows(document)[position]
            if row["comparable"]:  # others, lines of signs among them, are not told of in any way
                differing = match if match.differences else None
                yield Inside(document, position, other >> 32, other & 0xFFFFFFFF, int(row["words"]), differing)


def _standing(met: Rows, tokens: Shelf, threshold: float, by: str) -> list[tuple[int, int, Match]]:
    """Return what :func:`_verified` finds: the two segments, and how much of the one stands in the other."""
    lines = lru_cache(maxsize=64)(lambda number: tokens.get(number).split(b"\n"))
    found: list[tuple[int, int, Match]] = []
    last = -1
    for subject, segment, other in zip(*(met[name].tolist() for name in (by, "shorter", "longer")), strict=True):
        if subject != last:
            ours, theirs = (lines(code >> 32)[code & 0xFFFFFFFF] for code in (segment, other))
            match = standing_inside(ours, theirs, threshold)
            if match:
                found.append((segment, other, match))
                last = subject
    return found


def _summed(parts: Iterable[Rows]) -> Rows:
    """Return each pair once, with all its hashes."""
    summed = [np.zeros(0, dtype=_MET)]
    for part in parts:
        summed.append(part)
        # Not with every part: what is summed already would be sorted again and again.
        if sum(map(len, summed[1:])) > len(summed[0]):
            summed = [_sum(summed)]
    return _sum(summed)


def _sum(parts: list[Rows]) -> Rows:
    met = np.concatenate(parts)
    met = met[np.lexsort((met["longer"], met["shorter"]))]
    first = np.flatnonzero(are_first(met["shorter"], met["longer"]))
    summed: Rows = met[first]
    if len(met):
        summed["hashes"] = np.add.reduceat(met["hashes"], first)
    return summed


def read_windows(
    table: Table, folder: WorkFolder, wholes: I64, progress: Report, jobs: int, *, by_document: bool
) -> tuple[Windows, Windows]:
    """Return the kept hashes of all segments of a table, by row, and those of *wholes*, by number.

    The latter are documents, int64 ascending, each of which is one segment. The size of a segment is its words, but
    with *by_document* its document tells: those of a longer one count as longer, and of two with as many words those of
    the first.
    """
    firsts = table.first_rows()
    numbers = np.flatnonzero(np.diff(firsts))
    sizes = np.cumsum(table.tokens.lengths(numbers))
    total = int(sizes[-1]) if len(sizes) else 0
    of_segments = Windows(folder, "windows", total, int(firsts[-1]), jobs)
    whole_bytes = int(table.tokens.lengths(wholes).sum())
    of_wholes = Windows(folder, "windows-of-documents", whole_bytes, len(firsts) - 1, jobs)
    places = _places_by_length(table.words(np.arange(len(firsts) - 1))) if by_document else None

    def texts() -> Iterator[Texts]:
        count = done = 0
        for portion in np.split(numbers, np.flatnonzero(np.diff(sizes // _BATCH_BYTES)) + 1):
            data, offsets = table.tokens.get_many(portion)
            yield from _batches(Texts(portion << 32, data, offsets, are_in(portion, wholes)))
            count += len(portion)
            done += len(data)
            progress("contained", count, done, total)

    def kept(texts: Texts) -> tuple[tuple[U64, I64, I32 | I64], tuple[U64, I64, I32]]:
        """Return what is put with that of other segments, and with that of other whole documents."""
        found = kernels.winnow(texts.data, texts.offsets, SHINGLE, WINDOW, texts.wholes)
        codes = texts.codes[found.texts]
        documents = codes >> 32
        end = int(np.count_nonzero(found.lines >= 0))
        sizes = found.words[:end] if places is None else places[documents[:end]]
        segments = _rows(codes[:end] + found.lines[:end], firsts)
        return (found.hashes[:end], segments, sizes), (found.hashes[end:], documents[end:], found.words[end:])

    for segments, documents in ordered_map(kept, texts(), jobs, threads=True):
        of_segments.put(*segments)
        of_wholes.put(*documents)
    return of_segments, of_wholes


def _places_by_length(words: I64) -> I64:
    """Return the place of each document among all, by how many *words* it has; of equals the first comes last.

    >>> _places_by_length(np.array([7, 9, 7])).tolist()
    [1, 2, 0]
    """
    places = np.empty(len(words), dtype=np.int64)
    places[np.lexsort((-np.arange(len(words)), words))] = np.arange(len(words))
    return places


def winnowed(texts: Iterable[Texts], jobs: int = 1) -> Iterator[Rows]:
    """Yield what :func:`kept_hashes` returns for *texts*, some of them at a time and long ones in parts."""
    # Nearly all of it is the kernel's work, which lets other threads run.
    yield from ordered_map(kept_hashes, chain.from_iterable(map(_batches, texts)), jobs, threads=True)


def _batches(texts: Texts) -> Iterator[Texts]:
    """Yield *texts*, some of them at a time and long ones in parts."""
    codes, data, offsets, wholes = texts
    is_long = np.diff(offsets) > _BATCH_BYTES
    longer = np.cumsum(is_long)
    # A long text is alone, and in parts if it is longer than a line may be; as a whole that is not looked at.
    firsts = np.flatnonzero(are_first(offsets[:-1] // _BATCH_BYTES, longer, longer - is_long))
    for first, last in pairwise([*firsts.tolist(), len(codes)]):
        some = data[offsets[first] : offsets[last]]
        if len(some) > _BATCH_BYTES + _LONGEST_LINE:
            for line, part in _parts(some):
                yield Texts(codes[first:last] + line, *kernels.joined([part]))
        else:
            ends = offsets[first : last + 1] - offsets[first]
            yield Texts(codes[first:last], some, ends, None if wholes is None else wholes[first:last])


def _parts(text: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield a text in parts that end with a line, with the number of their first line; but for very long lines."""
    start = line = 0
    while start <= len(text):
        end = text.find(b"\n", start + _BATCH_BYTES)
        end = len(text) if end < 0 else end
        if end - start <= _BATCH_BYTES + _LONGEST_LINE:
            yield line, text[start:end]
        line += text.count(b"\n", start, end) + 1
        start = end + 1


def kept_hashes(texts: Texts) -> Rows:
    r"""Return the hashes that winnowing keeps of token forms, as rows of hash, segment and its words.

    Every line is a segment.

    >>> one = b"the ferry to the island was late again on monday morning in the rain"
    >>> pages = kernels.joined([one, b"A boat\n" + b"they say " + one.upper() + b" once more"])
    >>> kept = kept_hashes(Texts(np.array([7 << 32, 8 << 32]), *pages))
    >>> short, long = (set(kept["hash"][kept["segment"] == code].tolist()) for code in (7 << 32, (8 << 32) + 1))
    >>> len(short) > 0, short <= long, len(kept) == len(short) + len(long)
    (True, True, True)
    """
    found = kernels.winnow(texts.data, texts.offsets, SHINGLE, WINDOW)
    kept = np.empty(len(found.hashes), dtype=_KEPT)
    kept["hash"], kept["size"] = found.hashes, found.words
    kept["segment"] = texts.codes[found.texts] + found.lines
    return kept
