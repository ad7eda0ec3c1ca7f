"""Boilerplate out of batches of documents, in this process or another: scored, cut, and scanned as they are then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dedupe.boilerplate.frequency import LineFrequencies
from dedupe.boilerplate.lexicon import Lexicon
from dedupe.boilerplate.signals import score_documents
from dedupe.cleaning.apply import apply_to_texts, compose
from dedupe.cleaning.ledger import Ledger
from dedupe.cleaning.operations import boilerplate_operations
from dedupe.cleaning.places import to_source
from dedupe.cleaning.rows import Operations, Packed
from dedupe.config import Config
from dedupe.matching.fingerprint import Signer
from dedupe.model import Encoding
from dedupe.scanning import Known, scan_documents
from dedupe.workfiles import Column, Shelf


class Untrimmed(NamedTuple):
    """A corpus to be scored, in work files: texts that other processes read by themselves need not be handed to them.

    ``texts`` are those of the documents as they are now, ``done`` is what made each of its source, and ``line_keys``
    are those of all its lines, uint64; ``encodings`` has those that are not UTF-8. ``source_of`` has the number of the
    site or folder whose furniture each may share.
    """

    texts: Shelf
    done: Ledger
    line_keys: Shelf
    encodings: Mapping[int, Encoding]
    source_of: Column


class Trimmed(NamedTuple):
    """What scoring n documents comes to.

    ``changed``, int64, are the places among them of those that lost lines, ``taken``, int64, says how many each, and
    ``known`` what is known of them now. For all n, ``reviews`` are the findings for review, and ``held``, bool (n),
    says which keep lines that a guard or the brake holds back.
    """

    changed: npt.NDArray[np.int64]
    taken: npt.NDArray[np.int64]
    known: Known
    reviews: Packed
    held: npt.NDArray[np.bool_]


def trim_documents(
    numbers: npt.NDArray[np.int64],
    corpus: Untrimmed,
    lexicon: Lexicon,
    frequencies: LineFrequencies | None,
    config: Config,
    signer: Signer,
) -> Trimmed:
    """Take the boilerplate out of the documents *numbers* of a corpus."""
    packed = corpus.texts.get_many(numbers)
    keys = np.frombuffer(corpus.line_keys.get_many(numbers)[0], dtype=np.uint64)
    scored = score_documents(packed, corpus.source_of[numbers].tolist(), lexicon, frequencies, config, keys)
    encodings = [corpus.encodings.get(number, Encoding()) for number in numbers.tolist()]
    findings = scored.findings
    if any(encoding.held for encoding in encodings):
        stays = np.array([encoding.held for encoding in encodings], dtype=bool)
        findings = findings.held_back(findings.removes & stays[findings.owners], "encoding")
    operations = boilerplate_operations(scored.texts, findings)
    goes = operations.rows["applied"] > 0
    reviews = _in_source(operations.among(~goes), corpus.done.edits_of(numbers))
    taken = np.diff(operations.among(goes).offsets)
    changed = np.flatnonzero(taken)
    applied = operations.among(goes).chosen(changed)
    before = corpus.done.read(numbers[changed])
    composed = {at: compose(before.of(at), applied.of(at)) for at in np.flatnonzero(np.diff(before.offsets)).tolist()}
    texts = apply_to_texts([scored.texts[place] for place in changed.tolist()], applied)
    stored = [(text, encodings[place]) for text, place in zip(texts, changed.tolist(), strict=True)]
    known = scan_documents(stored, applied.exchanged(composed), config, signer)
    held = np.bincount(findings.owners[findings.are_held], minlength=len(numbers)) > 0
    return Trimmed(changed, taken[changed], known, reviews.packed(), held)


def _in_source(reviews: Operations, done: Operations) -> Operations:
    """Findings in offsets of texts after what is *done*, as findings in offsets of their sources."""
    rows = reviews.rows.copy()
    spans = to_source(done, reviews.owners, np.stack([rows["start"], rows["end"]], axis=1))
    rows["start"], rows["end"] = spans.T
    return Operations(rows, reviews.offsets, reviews.said)
