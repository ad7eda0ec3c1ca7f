"""Pass 1 on batches of texts, in this process or another: what is learned of a text before anything is decided."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import replace
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from dedupe.boilerplate.frequency import LineFrequencies
from dedupe.boilerplate.lexicon import Lexicon
from dedupe.boilerplate.signals import score_document
from dedupe.config import Config
from dedupe.matching.fingerprint import SignedTexts, Signer
from dedupe.model import Document, LineFinding, Repair
from dedupe.text.masks import line_keys
from dedupe.text.repair import repair_text
from dedupe.text.segment import Segment, is_passage, split_lines, split_segments


class Corpus(Protocol):
    """Documents that can be read more than once, numbered in a fixed order."""

    def documents(self, wanted: Container[int] | None = None) -> Iterator[tuple[int, Document]]:
        """Yield ``(number, document)`` in order; with *wanted*, only those numbers."""
        ...


def line_frequencies(keys: list[npt.NDArray[np.uint64]], sources: list[int], countable: list[bool]) -> LineFrequencies:
    offsets = np.zeros(len(keys) + 1, dtype=np.int64)
    np.cumsum([len(part) for part in keys], out=offsets[1:])
    return LineFrequencies.build(
        np.concatenate(keys) if keys else np.zeros(0, dtype=np.uint64),
        offsets,
        np.array(sources, dtype=np.int32),
        np.array(countable, dtype=bool),
    )


class Scan(NamedTuple):
    """What pass 1 learns of a batch of texts."""

    repairs: list[list[Repair]]
    segments: list[list[Segment]]
    signed: SignedTexts
    passages: npt.NDArray[np.bool_]
    line_keys: list[npt.NDArray[np.uint64]]


def scan_texts(texts: list[tuple[str, str]], config: Config, signer: Signer) -> Scan:
    """Scan texts that come with the encoding they are stored in."""
    repairs, segments, pieces, keys = [], [], [], []
    for text, encoding in texts:
        found: list[Repair] = []
        if config.repair:
            text, found = _repaired(text, encoding, config)
        lines = split_lines(text)
        parts = split_segments(text, lines, config.segment)
        repairs.append(found)
        segments.append(parts)
        pieces += [text[part.start : part.end] for part in parts]
        keys.append(line_keys(text, lines) if config.boilerplate else np.zeros(0, dtype=np.uint64))
    passages = np.array([is_passage(piece, config.min_words) for piece in pieces], dtype=bool)
    return Scan(repairs, segments, signer.sign(pieces), passages, keys)


def _repaired(text: str, encoding: str, config: Config) -> tuple[str, list[Repair]]:
    """Repair a text, unless the repaired characters do not exist in its encoding."""
    repaired, found = repair_text(text, extras=config.repair_also)
    if found and not encoding.startswith("utf"):
        try:
            "".join(repair.replacement for repair in found).encode(encoding)
        except UnicodeEncodeError:
            why = f"; kept, since {encoding} cannot hold the repaired text"
            return text, [replace(repair, applied=False, why=repair.why + why) for repair in found]
    return repaired, found


def score_texts(
    batch: list[tuple[str, int]], lexicon: Lexicon, frequencies: LineFrequencies | None, config: Config
) -> list[list[LineFinding]]:
    return [score_document(text, lexicon, frequencies, source, config) for text, source in batch]
