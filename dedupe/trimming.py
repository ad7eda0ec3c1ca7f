"""Boilerplate out of batches of documents, in this process or another: scored, cut, and scanned as they are then."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dedupe import kernels
from dedupe.boilerplate.frequency import LineFrequencies
from dedupe.boilerplate.lexicon import Lexicon
from dedupe.boilerplate.signals import score_documents
from dedupe.cleaning.apply import apply_operations, compose
from dedupe.cleaning.edits import Edits
from dedupe.cleaning.ledger import NOTHING, Packed, pack, unpack
from dedupe.cleaning.operations import boilerplate_operations, in_source
from dedupe.config import Config
from dedupe.matching.fingerprint import Signer
from dedupe.scanning import Known, scan_documents


class Untrimmed(NamedTuple):
    """n documents to be scored.

    ``texts`` are their texts as they are now, packed for the kernel, and ``done`` is what made each of its source:
    packed operations, one behind the other, and the n + 1 offsets between them. ``sources`` are the numbers of the
    sites or folders whose furniture they may share, ``keys`` those of all their lines, one after the other.
    """

    texts: tuple[bytes, npt.NDArray[np.int64]]
    done: tuple[bytes, npt.NDArray[np.int64]]
    encodings: list[str]
    sources: list[int]
    keys: npt.NDArray[np.uint64]


class Trimmed(NamedTuple):
    """What scoring n documents comes to.

    ``changed`` are the places among them of those that lost lines, ``taken`` says how many each, and ``known`` what
    is known of them now. For all n, ``reviews`` are the findings for review, and ``held`` says which keep lines that a
    guard or the brake holds back.
    """

    changed: list[int]
    taken: list[int]
    known: Known
    reviews: list[Packed]
    held: list[bool]


def trim_documents(
    batch: Untrimmed,
    lexicon: Lexicon,
    frequencies: LineFrequencies | None,
    config: Config,
    signer: Signer,
) -> Trimmed:
    """Take the boilerplate out of documents."""
    scored = score_documents(batch.texts, batch.sources, lexicon, frequencies, config, batch.keys)
    found = [place for place, findings in enumerate(scored) if findings]
    texts = iter(kernels.unpack(*kernels.chosen(*batch.texts, found)))
    operations_before, offsets = batch.done[0], batch.done[1].tolist()
    changed: list[int] = []
    taken: list[int] = []
    reviews: list[Packed] = []
    held: list[bool] = []
    rest = []
    for place, findings in enumerate(scored):
        if not findings:
            reviews.append(NOTHING)
            held.append(False)
            continue
        text, done = next(texts), unpack(operations_before[offsets[place] : offsets[place + 1]])
        operations = boilerplate_operations(text, findings)
        left = [operation for operation in operations if not operation.applied]
        reviews.append(pack(in_source(Edits(done), left)) if left else NOTHING)
        held.append(any(finding.guard for finding in findings))
        applied = [operation for operation in operations if operation.applied]
        if applied:
            changed.append(place)
            taken.append(len(applied))
            rest.append((apply_operations(text, applied), batch.encodings[place], compose(done, applied)))
    return Trimmed(changed, taken, scan_documents(rest, config, signer), reviews, held)
