"""Boilerplate out of batches of documents, in this process or another: scored, cut, and scanned as they are then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dedupe.boilerplate.frequency import LineFrequencies
from dedupe.boilerplate.lexicon import Lexicon
from dedupe.boilerplate.signals import score_documents
from dedupe.cleaning.apply import apply_operations, compose
from dedupe.cleaning.edits import Edits
from dedupe.cleaning.ledger import Ledger
from dedupe.cleaning.operations import boilerplate_operations, in_source
from dedupe.cleaning.rows import Packed, pack
from dedupe.config import Config
from dedupe.matching.fingerprint import Signer
from dedupe.model import Encoding, LineFinding, Operation, Outcome
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

    ``changed`` are the places among them of those that lost lines, ``taken`` says how many each, and ``known`` what
    is known of them now. For all n, ``reviews`` are the findings for review, and ``held`` says which keep lines that a
    guard or the brake holds back.
    """

    changed: list[int]
    taken: list[int]
    known: Known
    reviews: Packed
    held: list[bool]


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
    before = corpus.done.read(numbers)
    changed: list[int] = []
    taken: list[int] = []
    reviews: list[list[Operation]] = []
    held: list[bool] = []
    rest = []
    for place, (text, findings) in enumerate(scored):
        if not findings:
            reviews.append([])
            held.append(False)
            continue
        if encodings[place].held:
            findings = [_held(finding) for finding in findings]
        done = before.of(place)
        operations = boilerplate_operations(text, findings)
        left = [operation for operation in operations if not operation.applied]
        reviews.append(in_source(Edits.of(done), left) if left else [])
        held.append(any(finding.guard for finding in findings))
        applied = [operation for operation in operations if operation.applied]
        if applied:
            changed.append(place)
            taken.append(len(applied))
            rest.append((apply_operations(text, applied), encodings[place], compose(done, applied)))
    return Trimmed(changed, taken, scan_documents(rest, config, signer), pack(reviews), held)


def _held(finding: LineFinding) -> LineFinding:
    """Return a finding in a document that stays as it is."""
    return finding._replace(outcome=Outcome.REVIEW, guard="encoding") if finding.outcome is Outcome.REMOVE else finding
