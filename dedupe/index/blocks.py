"""Blocks: some documents of one file as an index on a server keeps them, as bytes, and what they are found by there."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dedupe import kernels
from dedupe.index.part import Batch
from dedupe.index.windows import count_kept
from dedupe.matching.contained import Texts, winnowed
from dedupe.matching.fingerprint import NUM_PERM, SHINGLE_SIZE, permutations

U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]

#: What a batch holds in arrays of its own.
_COLUMNS = ("rows", "src", "lines", "wording_length")
#: Documents of one block.
_BLOCK = 64
#: What stands for a content where it is found by a hash: those of one length come in the order of their bytes.
ENTRY = np.dtype([("content", ">u8"), ("kept", ">u4")])


class Window(NamedTuple):
    """A hash that winnowing keeps of a content, the content, the words of it, and what stands for it on the server."""

    hash: int
    content: int
    words: int
    entry: bytes


def blocks_of(batches: Iterable[Batch]) -> Iterator[Batch]:
    """Yield the documents of *batches* in blocks."""
    for batch in batches:
        for first in range(0, len(batch.names), _BLOCK):
            yield _cut(batch, first, min(first + _BLOCK, len(batch.names)))


def _cut(batch: Batch, first: int, last: int) -> Batch:
    """Return the documents *first* to *last* of a batch."""
    scan = batch.scan
    low, high = scan.segment_offsets[[first, last]].tolist()
    bands_low, bands_high = (int(np.count_nonzero(scan.comparable[:at])) for at in (low, high))
    begin, end = scan.doc_at[[first, last]].tolist()
    cut = scan._replace(
        segment_offsets=scan.segment_offsets[first : last + 1] - low,
        spans=scan.spans[low:high],
        content=scan.content[low:high],
        written=scan.written[low:high],
        words=scan.words[low:high],
        comparable=scan.comparable[low:high],
        bands=scan.bands[bands_low:bands_high],
        tokens=scan.tokens[begin:end],
        text_at=scan.text_at[low:high] - begin,
        text_length=scan.text_length[low:high],
        doc_at=scan.doc_at[first : last + 1] - begin,
        doc_content=scan.doc_content[first:last],
        doc_words=scan.doc_words[first:last],
        doc_bands=scan.doc_bands[first:last],
    )
    ends = np.append(0, np.cumsum(batch.wording_length))
    return Batch(
        batch.paths[first:last], batch.names[first:last], batch.rows[first:last], batch.digests[first:last],
        batch.src[low:high], batch.lines[low:high],
        batch.wordings[ends[low] : ends[high]], batch.wording_length[low:high], cut,
    )  # fmt: skip


def packed(batch: Batch) -> bytes:
    """Return a batch as bytes that hold arrays and nothing that could be run."""
    scan = {name: value for name, value in batch.scan._asdict().items() if name != "tokens"}
    texts = json.dumps([batch.paths, batch.names, [digest.hex() for digest in batch.digests]]).encode("ascii")
    stream = io.BytesIO()
    arrays: dict[str, Any] = {name: getattr(batch, name) for name in _COLUMNS} | scan
    raw = {"texts": texts, "tokens": batch.scan.tokens, "wordings": batch.wordings}
    arrays |= {name: np.frombuffer(data, dtype=np.uint8) for name, data in raw.items()}
    np.savez(stream, **arrays)
    return stream.getvalue()


def unpacked(data: bytes) -> Batch:
    """Return the batch that was packed.

    Raises:
        ValueError, KeyError, TypeError, EOFError, BadZipFile: the bytes are none of :func:`packed`.
    """
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        found = {name: arrays[name] for name in arrays.files}
    paths, names, digests = json.loads(found.pop("texts").tobytes())
    rows, src, lines, wording_length = (found.pop(name) for name in _COLUMNS)
    wordings = found.pop("wordings").tobytes()
    scan = kernels.Scan(**{**found, "tokens": found["tokens"].tobytes()})
    hashes = [bytes.fromhex(digest) for digest in digests]
    return Batch(paths, names, rows, hashes, src, lines, wordings, wording_length, scan)


def signed(scan: kernels.Scan, min_words: int) -> Iterator[tuple[str, U64, U32]]:
    """Yield for segments and whole documents the contents of those that can match, and their signatures.

    They are made of the token forms, which have the same normal form as the texts.
    """
    offsets = np.append(scan.text_at, len(scan.tokens)).astype(np.int64)
    signatures = kernels.fingerprint(scan.tokens, offsets, permutations(), SHINGLE_SIZE).signatures
    yield "segment", scan.content[scan.comparable, 0], signatures[scan.comparable]
    long = np.flatnonzero(scan.doc_words >= min_words)
    firsts = scan.segment_offsets[:-1][long]
    lasts = scan.segment_offsets[1:][long]
    wholes = [signatures[first:last].min(axis=0) for first, last in zip(firsts, lasts, strict=True)]
    yield "whole", scan.doc_content[long, 0], np.array(wholes, dtype=np.uint32).reshape(-1, NUM_PERM)


def windows_of(scan: kernels.Scan, kind: str, min_words: int) -> Iterator[Window]:
    """Yield what winnowing keeps of those segments, or whole documents, that can match."""
    texts = Texts(scan.segment_offsets[:-1], scan.tokens, scan.doc_at)
    contents, can_match, words = scan.content[:, 0], scan.comparable, np.zeros(len(scan.words), dtype=np.int32)
    if kind == "whole":
        texts = texts._replace(codes=np.arange(len(scan.doc_words))).as_lines()
        contents, can_match, words = scan.doc_content[:, 0], scan.doc_words >= min_words, scan.doc_words
    sizes = np.stack([words, np.zeros_like(words)], axis=1)
    found = list(winnowed([texts]))
    for kept in found:
        count_kept(sizes, kept["segment"], kept["size"])
    entries = np.zeros(len(contents), dtype=ENTRY)
    entries["content"], entries["kept"] = contents, sizes[:, 1]
    for kept in found:
        kept = kept[can_match[kept["segment"]]]
        for value, row in zip((kept["hash"] >> np.uint64(32)).tolist(), kept["segment"].tolist(), strict=True):
            yield Window(value, int(contents[row]), int(sizes[row, 0]), entries[row].tobytes())
