"""Counting of lines over a corpus: how often, in how many documents and sources, where, and what follows them.

Lines are told apart by a 64-bit key. The keys of all lines are all that has to be kept of a
corpus; they are counted shard by shard, each in one vectorised pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from dedupe.parallel import ordered_map
from dedupe.shards import Shards
from dedupe.workfiles import WorkFolder

T = TypeVar("T", bound=np.generic)

MIN_DOCUMENTS = 3
"""Two documents that share a line prove nothing."""
EDGE_LINES = 6
MAX_SUCCESSOR_RATIO = 0.25
LEAST_USUAL_RATIO = 0.2
"""A line of furniture is followed by one line at least every fifth time, in whatever order a page has the others."""

_END = np.uint64(1)  # the successor of the last line of a document; no key is so small

#: Chunks of a corpus in whole documents: of each line the number of its document, and its key. Anew with each call.
Chunks = Callable[[], Iterable[tuple[NDArray[np.int64], NDArray[np.uint64]]]]

NO_KEYS = np.zeros(0, np.uint64)
#: A line in one source: its ``documents`` and ``lines``, those of the lines near an ``edges`` of their document, the
#: number of different lines that follow (``successors``), and the ``usual`` one of them, which ``usually`` of the lines
#: have.
ROW = np.dtype(
    [
        ("source", "<i4"),
        ("documents", "<i4"),
        ("lines", "<i4"),
        ("successors", "<i4"),
        ("edges", "<i4"),
        ("usual", "<u8"),
        ("usually", "<i4"),
    ]
)
#: A line of a document that can count: what follows it, and whether it is near an edge.
_LINE = np.dtype([("key", "<u8"), ("document", "<i4"), ("following", "<u8"), ("near_edge", "?")])
#: Lines that are counted together.
_SHARD_LINES = 1 << 17
#: A line in all sources: its ``documents`` of so many (``population``) in the ``sources`` that have it, its ``lines``,
#: those at ``edges``, and the ``others`` that follow besides the usual one, source by source.
TOTAL = np.dtype(
    [
        ("documents", "<i4"),
        ("population", "<i8"),
        ("sources", "<i4"),
        ("lines", "<i4"),
        ("edges", "<i4"),
        ("others", "<i4"),
    ]
)


class Counted(NamedTuple):
    """The k lines of a shard that stand in three documents or more, sorted by key.

    ``keys`` uint64 (k); ``totals`` (k) of ``TOTAL``; ``row_counts`` int64 (k): how many of ``rows``, of ``ROW``,
    a key has: one for each source in which it stands in three documents or more, by source.
    """

    keys: NDArray[np.uint64]
    totals: NDArray[np.void]
    row_counts: NDArray[np.int64]
    rows: NDArray[np.void]


def count_lines(
    chunks: Chunks,
    sources: NDArray[np.int32],
    countable: NDArray[np.bool_],
    documents: NDArray[np.int64],
    folder: WorkFolder,
    jobs: int = 1,
    passing: NDArray[np.uint64] = NO_KEYS,
) -> Iterator[Counted]:
    """Yield the counts of the lines of a corpus, in shards by ascending key.

    Even keys are not counted, but follow other lines. *sources* has by document number the number of the source;
    documents that are not *countable* give nothing; *documents* has the number of countable ones by source. A line
    with one of the keys *passing*, sorted, follows none: the one below it does.

    Lines are dealt out into shards in the *folder*: memory holds one chunk, and a hundred bytes for each line of a
    shard, of which each of so many *jobs* counts one.
    """
    total = sum(len(keys) for _, keys in chunks())
    bits = (total // _SHARD_LINES).bit_length()
    shards = Shards(folder, "lines", _LINE, 1 << bits)
    first = 0
    for document, keys in chunks():
        at = np.flatnonzero((keys & np.uint64(1)).astype(np.bool_) & countable[document])
        lines = _surroundings(document, keys, at, first, passing)
        shards.put((keys[at] >> np.uint64(32)) >> np.uint64(32 - bits), lines)
        first += len(keys)
    count = partial(_count, sources=sources, documents=documents)
    # Most of it is sorting, which lets other threads run.
    yield from ordered_map(count, map(shards.read, range(1 << bits)), jobs, threads=True)
    shards.remove()


class LineSample(NamedTuple):
    """Lines chosen from a corpus: their ``keys``, sorted, ``documents``, and ``lines`` (by their place in those)."""

    keys: NDArray[np.uint64]
    documents: NDArray[np.int64]
    lines: NDArray[np.int64]


NO_LINES = LineSample(NO_KEYS, np.zeros(0, np.int64), np.zeros(0, np.int64))


def sample_lines(
    chunks: Chunks, wanted: NDArray[np.uint64], order: NDArray[np.uint64], countable: NDArray[np.bool_], most: int
) -> LineSample:
    """Return of each of the *wanted* keys at most so many lines, each in another of the *countable* documents.

    *wanted* is sorted. The documents are those that come first in *order*, which has a value for each document.
    """
    chosen = NO_LINES
    for document, keys in chunks() if len(wanted) else ():
        at = np.flatnonzero(find_all(wanted, keys)[1] & countable[document])
        chosen = _chosen(chosen, document, keys, at, order, most)
    return chosen


def lines_below(
    chunks: Chunks, above: NDArray[np.uint64], wanted: NDArray[np.uint64], countable: NDArray[np.bool_]
) -> LineSample:
    """Return of each of the *wanted* keys that stands right below one of *above* the first such line.

    Both are sorted. Of the *countable* documents it is the one with the lowest number.
    """
    order = np.arange(len(countable), dtype=np.uint64)
    chosen = NO_LINES
    for document, keys in chunks() if len(above) else ():
        is_below = find_all(above, keys[:-1])[1] & (document[:-1] == document[1:]) & countable[document[1:]]
        at = np.flatnonzero(is_below) + 1
        chosen = _chosen(chosen, document, keys, at[find_all(wanted, keys[at])[1]], order, 1)
    return chosen


def _chosen(
    before: LineSample,
    document: NDArray[np.int64],
    keys: NDArray[np.uint64],
    at: NDArray[np.int64],
    order: NDArray[np.uint64],
    most: int,
) -> LineSample:
    """Return what is chosen of the lines chosen *before* and of those *at* in a chunk.

    That is the first line of a document, and the first documents of a key.
    """
    begins = np.flatnonzero(_changes(document))
    line = at - begins[np.searchsorted(begins, at, side="right") - 1]
    chosen = np.append(before.keys, keys[at])
    documents, lines = np.append(before.documents, document[at]), np.append(before.lines, line)
    by_order = np.lexsort((lines, documents, order[documents], chosen))
    chosen, documents, lines = chosen[by_order], documents[by_order], lines[by_order]
    new = _changes(chosen) | _changes(documents)
    chosen, documents, lines = chosen[new], documents[new], lines[new]
    starts = np.flatnonzero(_changes(chosen))
    rank = np.arange(len(chosen)) - np.repeat(starts, np.diff(np.append(starts, len(chosen))))
    return LineSample(chosen[rank < most], documents[rank < most], lines[rank < most])


def find_all(table: NDArray[T], wanted: NDArray[T]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return where in the sorted *table* each of *wanted* stands, and whether it does at all."""
    if not len(table):
        return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), np.bool_)
    places = np.minimum(np.searchsorted(table, wanted), len(table) - 1)
    found: NDArray[np.bool_] = table[places] == wanted
    return places, found


def _surroundings(
    document: NDArray[np.int64],
    keys: NDArray[np.uint64],
    at: NDArray[np.int64],
    first: int,
    passing: NDArray[np.uint64],
) -> NDArray[np.void]:
    """Return the lines *at* in a chunk, as rows of ``_LINE``.

    *first* is the number of the chunk's first line in the corpus; lines *passing* follow none.
    """
    ends = np.append(np.flatnonzero(document[1:] != document[:-1]) + 1, len(document))
    which = np.searchsorted(ends, at, side="right")
    start, end = np.append(0, ends)[which], ends[which]
    staying = np.where(find_all(passing, keys)[1], len(keys), np.arange(len(keys)))
    next_line = np.append(np.minimum.accumulate(staying[::-1])[::-1], len(keys))[at + 1]
    below = keys[np.minimum(next_line, len(keys) - 1)]
    # under a label stands a value: a line of figures counts as another one each time
    numbered = (at + (first + 1)).astype(np.uint64) << np.uint64(1)
    following = np.where(next_line >= end, _END, np.where(below & np.uint64(1), below, numbered))
    lines = np.empty(len(at), _LINE)
    lines["key"], lines["document"], lines["following"] = keys[at], document[at], following
    lines["near_edge"] = (at - start < EDGE_LINES) | (end - at <= EDGE_LINES)
    return lines


def _count(lines: NDArray[np.void], sources: NDArray[np.int32], documents: NDArray[np.int64]) -> Counted:
    """Count one shard, given as rows of ``_LINE``.

    *sources* has the source of each document, *documents* the number of documents of each source. Rows of fewer than
    three documents are left out, and so are keys of fewer than three in all.
    """
    lines = lines[_may_be_kept(lines["key"])]
    lines = lines[np.lexsort((lines["document"], sources[lines["document"]], lines["key"]))]
    keys, document, following, near_edge = (lines[name] for name in _LINE.names or ())
    source = sources[document]
    size = len(keys)
    new_key = _changes(keys)
    new_row = new_key | _changes(source)
    new_document = new_row | _changes(document)
    row_starts, key_starts = np.nonzero(new_row)[0], np.nonzero(new_key)[0]

    by_following = np.lexsort((following, np.cumsum(new_row)))
    sorted_following = following[by_following]
    new_following = new_row | _changes(sorted_following)  # sorted within rows, so that rows still begin where they did
    run_starts = np.nonzero(new_following)[0]
    run_rows = np.searchsorted(row_starts, run_starts, side="right") - 1
    run_order = np.lexsort((np.diff(np.append(run_starts, size)), run_rows))
    longest = run_order[np.append(run_rows[1:] != run_rows[:-1], True)[: len(run_rows)]]  # the last run of each row

    rows = np.zeros(len(row_starts), ROW)
    rows["source"] = source[row_starts]
    rows["documents"] = np.add.reduceat(new_document, row_starts, dtype=np.int32)
    rows["lines"] = np.diff(np.append(row_starts, size))
    rows["successors"] = np.add.reduceat(new_following, row_starts, dtype=np.int32)
    rows["edges"] = np.add.reduceat(near_edge, row_starts, dtype=np.int32)
    rows["usual"] = sorted_following[run_starts[longest]]
    rows["usually"] = np.diff(np.append(run_starts, size))[longest]

    first_rows = np.nonzero(new_key[row_starts])[0]
    totals = np.zeros(len(key_starts), TOTAL)
    for name in ("documents", "lines", "edges"):
        totals[name] = np.add.reduceat(rows[name], first_rows)
    totals["population"] = np.add.reduceat(documents[rows["source"]], first_rows)
    totals["others"] = np.add.reduceat(rows["successors"] - 1, first_rows)
    totals["sources"] = np.diff(np.append(first_rows, len(rows)))

    kept_keys = totals["documents"] >= MIN_DOCUMENTS
    key_of_row = np.cumsum(new_key[row_starts]) - 1
    kept_rows = (rows["documents"] >= MIN_DOCUMENTS) & kept_keys[key_of_row]
    row_counts = np.bincount(key_of_row[kept_rows], minlength=len(key_starts))[kept_keys].astype(np.int64)
    return Counted(keys[key_starts][kept_keys], totals[kept_keys], row_counts, rows[kept_rows])


def _may_be_kept(keys: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Tell which of the *keys* of lines come three times or more: most stand once, and are not worth sorting."""
    ordered = np.sort(keys)
    again = ordered[MIN_DOCUMENTS - 1 :]
    return find_all(again[again == ordered[: len(again)]], keys)[1]


def _changes(values: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Tell for each value whether another one, or nothing, stands before it."""
    changes = np.ones(len(values), np.bool_)
    changes[1:] = values[1:] != values[:-1]
    return changes


def block_rows(keys: NDArray[np.uint64], starts: NDArray[np.int64], rows: NDArray[np.void]) -> NDArray[np.bool_]:
    """Tell which of the *rows* are in a constant block; those of ``keys[i]`` are ``starts[i]`` to ``starts[i + 1]``.

    In such a block the same line follows nearly each time: few different ones, and one of them often (``Parameters``
    stands above the same names in all functions of a manual, now one and now another). One constant line below is not
    enough: under ``Author`` may always stand ``Written by``, and a different name under that. A block reaches the end
    of the text or has at least three lines, the last of which is not known as one (another text follows each time).
    """
    if not len(rows):
        return np.zeros(0, np.bool_)
    source, usual = rows["source"], rows["usual"]
    constant = (rows["successors"] - 1) <= MAX_SUCCESSOR_RATIO * (rows["lines"] - 1)
    constant &= rows["usually"] >= LEAST_USUAL_RATIO * rows["lines"]
    slot = np.repeat(np.arange(len(keys)), np.diff(starts))
    width = int(source.max()) + 1
    known_rows = slot * width + source
    wanted = np.minimum(np.searchsorted(keys, usual), len(keys) - 1)
    place = wanted * width + source
    target = np.minimum(np.searchsorted(known_rows, place), len(rows) - 1)
    known = (keys[wanted] == usual) & (known_rows[target] == place)
    followed = np.zeros(len(rows), np.bool_)
    followed[target[known & constant]] = True
    block: NDArray[np.bool_] = constant & ((usual == _END) | (known & constant[target]) | followed)
    return block
