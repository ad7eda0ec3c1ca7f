"""Texts in the bytes that they are stored in: what these hash to, and where spans of the texts stand in them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dedupe import kernels
from dedupe.model import Document
from dedupe.text.offsets import encode

I64 = npt.NDArray[np.int64]


class Places(NamedTuple):
    """Where n spans of texts are, int64 (n, 2) each: begin and end in the bytes that are stored, first and last line
    with text, counted from 1, and begin and end in the UTF-8 of the text.
    """

    stored: I64
    lines: I64
    packed: I64


class StoredTexts:
    r"""Texts, each stored as its document is: in that encoding, behind that byte order mark.

    ``packed`` are the texts in UTF-8, for the kernel.

    >>> documents = [Document("a", "x"), Document("b", "é\r\nb\n\nc", bom=b"\xef\xbb\xbf")]
    >>> stored = StoredTexts([document.text for document in documents], documents)
    >>> places = stored.locate(np.array([1, 1]), np.array([[1, 4], [3, 7]]))
    >>> places.stored.tolist(), places.lines.tolist(), places.packed.tolist()
    ([[5, 8], [7, 11]], [[2, 2], [2, 4]], [[2, 5], [4, 8]])
    >>> stored.digest(0)[0][:8], stored.digest(1)[1]
    ('2d711642', 11)
    """

    def __init__(self, texts: Sequence[str], documents: Sequence[Document]) -> None:
        self._texts = texts
        self._documents = documents
        self.packed = kernels.pack(texts)
        self._ends = self.packed[1].tolist()

    def digest(self, number: int) -> tuple[str, int]:
        """Return the sha256 of the text *number* as it is stored, and how many bytes it takes."""
        document = self._documents[number]
        if document.encoding == "utf-8":
            data = self.packed[0][self._ends[number] : self._ends[number + 1]]
        else:
            data = encode(self._texts[number], document.encoding)
        if document.bom:
            data = document.bom + data
        return hashlib.sha256(data).hexdigest(), len(data)

    def locate(self, owners: I64, spans: I64) -> Places:
        """Return where *spans* are, int64 (n, 2) in code points of the texts with the numbers *owners*, int64 (n)."""
        found = kernels.locate(*self.packed, owners, spans)
        stored = found[:, :2].copy()
        for number, document in enumerate(self._documents):
            if document.encoding != "utf-8":
                here = owners == number
                places, at = np.unique(spans[here], return_inverse=True)
                pieces = pairwise([0, *places.tolist()])
                sizes = [len(encode(self._texts[number][start:end], document.encoding)) for start, end in pieces]
                stored[here] = np.cumsum(sizes, dtype=np.int64)[at.reshape(-1, 2)]
            if document.bom:
                stored[owners == number] += len(document.bom)
        return Places(stored, found[:, 2:], found[:, :2])
