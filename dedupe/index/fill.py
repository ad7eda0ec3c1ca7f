"""Documents to what an index keeps of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from dedupe import kernels
from dedupe.cleaning.edits import Edits
from dedupe.cleaning.operations import repair_operation
from dedupe.config import Config
from dedupe.index.part import Batch
from dedupe.matching.fingerprint import Signer
from dedupe.model import Document, Encoding
from dedupe.parallel import ordered_map
from dedupe.scanning import ScannedTexts, batched, scan_texts
from dedupe.stored import StoredTexts
from dedupe.text.offsets import encode

I64 = npt.NDArray[np.int64]


def fingerprinted(documents: Iterable[Document], config: Config) -> Iterator[Batch]:
    """Yield what is known of *documents*, in order.

    A damaged text is compared as it would be repaired; its places are those in the text as it is.
    """
    work = partial(scan_texts, config=replace(config, boilerplate=False), signer=Signer.create())
    waiting: list[list[Document]] = []

    def texts() -> Iterator[list[tuple[str, Encoding]]]:
        for batch in batched(documents, lambda document: len(document.text)):
            waiting.append(batch)
            yield [(document.text, Encoding(document.encoding)) for document in batch]

    for found in ordered_map(work, texts(), config.jobs, threads=True):
        batch, scan = waiting.pop(0), found.prints
        spans = scan.spans[:, :2].copy()
        runs = pairwise(scan.segment_offsets.tolist())
        for repairs, (first, last) in zip(found.repairs, runs, strict=True):
            done = [repair_operation(repair) for repair in repairs if repair.applied]
            if done and first < last:
                edits = Edits.of(done)
                spans[first:last] = [edits.to_source(start, end) for start, end in spans[first:last].tolist()]
        owners = np.repeat(np.arange(len(batch)), np.diff(scan.segment_offsets))
        stored = StoredTexts([document.text for document in batch], batch)
        places = stored.locate(owners, spans.astype(np.int64))
        wordings, wording_length = _wordings(found, owners)
        yield Batch(
            [document.path for document in batch],
            [document.id for document in batch],
            np.array([document.row or 0 for document in batch], dtype=np.int64),
            [text_digest(document) for document in batch],
            places.stored,
            places.lines,
            wordings,
            wording_length,
            scan._replace(spans=spans[:, [0, 1, 1]]),
        )


def _wordings(found: ScannedTexts, owners: I64) -> tuple[bytes, I64]:
    """Return the segments of all texts one behind the other, as they are repaired, and the bytes of each."""
    data, offsets = found.packed
    places = kernels.locate(data, offsets, owners, found.prints.spans[:, :2].astype(np.int64))[:, :2]
    spans = (places + offsets[owners][:, None]).tolist()
    return b"".join([data[start:end] for start, end in spans]), np.diff(places, axis=1).ravel()


def text_digest(document: Document) -> bytes:
    """Return the sha256 of the text of a document as it is stored."""
    return hashlib.sha256(document.bom + encode(document.text, document.encoding)).digest()
