"""What work files keep of a text that can be compared: rows of fingerprints, and where the text stands."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dedupe.matching.fingerprint import BANDS
from dedupe.matching.sets import combined

I64 = npt.NDArray[np.int64]
Rows = npt.NDArray[np.void]

#: A segment: its span in code points of the document; ``written`` is a hash of it as it is written.
SEGMENT = np.dtype(
    [
        ("content", "<u8", 2), ("written", "<u8"), ("start", "<u4"), ("end", "<u4"),
        ("words", "<i4"), ("comparable", "<i4"),
    ]
)  # fmt: skip
#: A text that can be compared: a segment (by its position in the document) or a document (position -1).
#: ``text_at`` and ``text_length`` are where its token form is among those of the document.
PLACE = np.dtype(
    [("content", "<u8", 2), ("position", "<i4"), ("words", "<i4"), ("text_at", "<u4"), ("text_length", "<u4")]
)
PRINT = np.dtype([*PLACE.descr, ("bands", "<u4", BANDS)])


def set_apart(prints: Rows, documents: I64) -> None:
    """Make contents and bands differ between documents."""
    # Not combined(documents): keys that combine the document with the content would take that out again.
    salt = combined(documents, documents)
    prints["content"] ^= salt[:, None]
    prints["bands"] ^= (salt >> np.uint64(32)).astype(np.uint32)[:, None]
