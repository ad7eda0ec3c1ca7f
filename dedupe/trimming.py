"""Boilerplate out of batches of documents, in this process or another: scored, cut, and scanned as they are then."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dedupe.boilerplate.frequency import LineFrequencies
from dedupe.boilerplate.lexicon import Lexicon
from dedupe.boilerplate.signals import score_documents
from dedupe.cleaning.apply import apply_operations, compose
from dedupe.cleaning.ledger import Packed, pack, unpack
from dedupe.cleaning.operations import boilerplate_operations, in_source
from dedupe.config import Config
from dedupe.matching.fingerprint import Signer
from dedupe.scanning import Known, scan_documents


class Untrimmed(NamedTuple):
    """A document to be scored: its source text and what was done to it so far, packed.

    ``source`` is the number of the site or folder whose furniture it may share.
    """

    text: str
    done: bytes
    encoding: str
    source: int


class Trimmed(NamedTuple):
    """What scoring n documents comes to.

    ``changed`` are the places among them of those that lost lines, ``taken`` says how many each, and ``known`` what
    is known of them now. For all n, ``reviews`` are the findings for review, and ``braked`` says which were spared
    because too much of them would have gone.
    """

    changed: list[int]
    taken: list[int]
    known: Known
    reviews: list[Packed]
    braked: list[bool]


def trim_documents(
    batch: tuple[list[Untrimmed], npt.NDArray[np.uint64]],
    lexicon: Lexicon,
    frequencies: LineFrequencies | None,
    config: Config,
    signer: Signer,
) -> Trimmed:
    """Take the boilerplate out of documents that come with the keys of all their lines, one after the other."""
    documents, keys = batch
    before = [unpack(document.done) for document in documents]
    texts = [apply_operations(document.text, done) for document, done in zip(documents, before, strict=True)]
    sources = [document.source for document in documents]
    scored = score_documents(list(zip(texts, sources, strict=True)), lexicon, frequencies, config, keys)
    changed: list[int] = []
    taken: list[int] = []
    reviews: list[Packed] = []
    braked: list[bool] = []
    rest = []
    for place, findings in enumerate(scored):
        text, done = texts[place], before[place]
        operations = boilerplate_operations(text, findings)
        reviews.append(pack(in_source(done, [o for o in operations if not o.applied])))
        braked.append(any(finding.guard == "brake" for finding in findings))
        applied = [operation for operation in operations if operation.applied]
        if applied:
            changed.append(place)
            taken.append(len(applied))
            rest.append((apply_operations(text, applied), documents[place].encoding, compose(done, applied)))
    return Trimmed(changed, taken, scan_documents(rest, config, signer), reviews, braked)
