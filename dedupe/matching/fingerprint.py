"""Segments to fingerprints; owns the definition of the signature and its version.

A signature is the MinHash of a segment's shingles with datasketch's ``affine32``
permutations. The signature of a document is the minimum over its segments', which is the
MinHash of all their shingles together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dedupe import kernels

#: Raised whenever the same text would get another content hash, signature or band key.
SIGNATURE_VERSION = 1

NUM_PERM = 128
SEED = 1
#: Two words; on real paragraphs with planted edits this proposes more true pairs, and
#: fewer false ones, than longer shingles do.
SHINGLE_SIZE = 2
#: What datasketch's optimiser gives for a Jaccard similarity of 0.5 and 128 permutations.
BANDS, ROWS = 25, 5


def permutations(num_perm: int = NUM_PERM, seed: int = SEED) -> npt.NDArray[np.uint32]:
    """Return uint32 (2, num_perm): multipliers and increments of the permutations.

    They are those of ``datasketch.MinHash(num_perm, seed, scheme="affine32")``, drawn
    here because importing datasketch takes half a second; a test holds the two equal.
    """
    generator = np.random.RandomState(seed)
    multipliers = generator.randint(0, 1 << 31, num_perm, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    increments = generator.randint(0, 1 << 32, num_perm, dtype=np.uint32)
    return np.array([multipliers, increments])


@dataclass(frozen=True, slots=True)
class Signer:
    """Computes fingerprints with one fixed set of permutations."""

    permutations: npt.NDArray[np.uint32]

    @classmethod
    def create(cls) -> Signer:
        return cls(permutations())

    def sign(self, texts: list[str]) -> SignedTexts:
        """Return the fingerprints of *texts*, the segments of one document or more."""
        buffer, offsets = kernels.pack(texts)
        prints = kernels.fingerprint(buffer, offsets, self.permutations, SHINGLE_SIZE)
        return SignedTexts(prints, kernels.band_keys(prints.signatures, BANDS, ROWS))


class SignedTexts(NamedTuple):
    """Fingerprints of n texts and their band keys, uint32 (n, BANDS)."""

    prints: kernels.Fingerprints
    bands: npt.NDArray[np.uint32]

    def document_bands(self, firsts: npt.NDArray[np.int64]) -> npt.NDArray[np.uint32]:
        """Return the band keys of documents whose texts begin at *firsts* (the end included).

        A document's signature is the minimum over its segments': the MinHash of all
        their shingles together. One without segments has the signature of blank text.
        """
        signatures = self.prints.signatures
        blank = np.full((1, signatures.shape[1]), 0xFFFFFFFF, dtype=np.uint32)
        # reduceat returns the element itself for an empty run, so those are set apart.
        minima = np.minimum.reduceat(np.concatenate([signatures, blank]), firsts[:-1], axis=0)
        minima[firsts[:-1] == firsts[1:]] = blank
        return kernels.band_keys(minima, BANDS, ROWS)
