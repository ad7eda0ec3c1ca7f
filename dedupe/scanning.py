"""Pass 1 on batches of texts, in this process or another: what is learned of a text before anything is decided."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from dedupe import kernels
from dedupe.cleaning.apply import compose
from dedupe.cleaning.operations import in_source, repair_operation
from dedupe.cleaning.rows import Operations, Packed, pack
from dedupe.cleaning.wording import HELD_REASON
from dedupe.config import Config
from dedupe.matching.fingerprint import Signer
from dedupe.model import Document, Encoding, Operation, Repair
from dedupe.text.damage import knows_ftfy
from dedupe.text.repair import repair_text

T = TypeVar("T")

#: Characters (or bytes) of text handed to a worker at a time.
_BATCH_CHARS = 1 << 19
#: What a text takes besides, in characters: a batch of empty ones must end too.
_OVERHEAD = 64


class Corpus(Protocol):
    """Documents that can be read more than once, numbered in a fixed order."""

    def documents(self, wanted: Container[int] | None = None) -> Iterator[tuple[int, Document]]:
        """Yield ``(number, document)`` in order; with *wanted*, only those numbers."""
        ...


class ScannedTexts(NamedTuple):
    """What pass 1 learns of a batch of texts; ``packed`` are the texts as they are repaired, for the kernel."""

    repairs: list[list[Repair]]
    packed: tuple[bytes, npt.NDArray[np.int64]]
    prints: kernels.Scan


def scan_texts(texts: list[tuple[str, Encoding]], config: Config, signer: Signer) -> ScannedTexts:
    """Scan texts that come with the encoding they are stored in."""
    repaired, repairs, packed = _repair_texts(texts, config)
    if any(repairs):
        packed = kernels.pack(repaired)
    prints = signer.scan(*packed, config.segment, config.min_words, line_keys=config.boilerplate)
    return ScannedTexts(repairs, packed, prints)


class Known(NamedTuple):
    """What is to be kept of n documents.

    ``texts`` are their texts, packed for the kernel, and ``prints`` is the scan of them. ``done`` is what made each
    text of its source, ``reviews`` are the repairs that were left for review, both in offsets of the source;
    ``repaired`` counts the repairs that were made.
    """

    texts: tuple[bytes, npt.NDArray[np.int64]]
    prints: kernels.Scan
    done: Packed
    reviews: Packed
    repaired: list[int]


def scan_documents(texts: list[tuple[str, Encoding]], done: Operations, config: Config, signer: Signer) -> Known:
    """Scan texts that come with the encoding they are stored in, and with what was *done* to their sources."""
    scanned = scan_texts(texts, config, signer)
    now: dict[int, list[Operation]] = {}
    reviews: list[list[Operation]] = []
    repaired: list[int] = []
    for at, repairs in enumerate(scanned.repairs):
        made = [repair_operation(repair) for repair in repairs if repair.applied]
        left = [repair_operation(repair) for repair in repairs if not repair.applied]
        if made:
            now[at] = compose(done.of(at), made)
        reviews.append(in_source(done.edits(at), left) if left else [])
        repaired.append(len(made))
    return Known(scanned.packed, scanned.prints, done.exchanged(now).packed(), pack(reviews), repaired)


def repaired_texts(texts: list[tuple[str, Encoding]], config: Config) -> list[str]:
    """Return texts that come with the encoding they are stored in, repaired as cleaning would."""
    return _repair_texts(texts, config)[0]


def _repair_texts(
    texts: list[tuple[str, Encoding]], config: Config
) -> tuple[list[str], list[list[Repair]], tuple[bytes, npt.NDArray[np.int64]]]:
    """Return repaired texts, what was repaired in each, and the texts as they were, packed."""
    repairs: list[list[Repair]] = [[] for _ in texts]
    repaired = [text for text, _ in texts]
    packed = kernels.pack(repaired)
    if config.repair:
        for number in _suspects(*packed, config):
            repaired[number], repairs[number] = _repaired(*texts[number], config)
    return repaired, repairs, packed


def _suspects(buffer: bytes, offsets: npt.NDArray[np.int64], config: Config) -> Iterable[int]:
    """The numbers of the texts that repairing might change: all, where the kernel's first look is not enough."""
    if config.repair_also or not knows_ftfy():
        return range(len(offsets) - 1)
    return map(int, np.flatnonzero(kernels.suspicious(buffer, offsets)))


def _repaired(text: str, encoding: Encoding, config: Config) -> tuple[str, list[Repair]]:
    """Repair a text, unless it is held or the repaired characters do not exist in its encoding."""
    repaired, found = repair_text(text, extras=config.repair_also)
    why = f"; kept, since {HELD_REASON}" if encoding.held else ""
    if found and not encoding.name.startswith("utf"):
        try:
            "".join(repair.replacement for repair in found).encode(encoding.name)
        except UnicodeEncodeError:
            why = f"; kept, since {encoding.name} cannot hold the repaired text"
    if why:
        return text, [replace(repair, applied=False, why=repair.why + why) for repair in found]
    return repaired, found


def batched(items: Iterable[T], size: Callable[[T], int]) -> Iterator[list[T]]:
    """Yield *items* in lists that are work for one worker; *size* gives the characters of an item."""
    batch: list[T] = []
    total = 0
    for item in items:
        batch.append(item)
        total += size(item) + _OVERHEAD
        if total >= _BATCH_CHARS:
            yield batch
            batch, total = [], 0
    if batch:
        yield batch


def portions(numbers: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64]) -> list[npt.NDArray[np.int64]]:
    """Return the documents *numbers* in arrays that are work for one worker; *sizes* are the bytes of each.

    >>> [portion.tolist() for portion in portions(np.array([3, 5, 6]), np.array([400_000, 90_000, 200_000]))]
    [[3, 5], [6]]
    """
    if not len(numbers):
        return []
    ends = np.cumsum(sizes + _OVERHEAD)
    return np.split(numbers, np.flatnonzero(np.diff(ends // _BATCH_CHARS)) + 1)
