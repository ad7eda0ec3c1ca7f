"""Segments to fingerprints; owns the definition of the signature and its version.

A signature is the MinHash of a segment's shingles with datasketch's ``affine32``
permutations. The signature of a document is the minimum over its segments', which is the
MinHash of all their shingles together.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dedupe import kernels

#: Raised whenever the same text would get another content hash, signature or band key.
SIGNATURE_VERSION = 4

NUM_PERM = 128
SEED = 1
#: Two words; on real paragraphs with planted edits this proposes more true pairs, and
#: fewer false ones, than longer shingles do.
SHINGLE_SIZE = 2
#: What datasketch's optimiser gives for a Jaccard similarity of 0.4 and 128 permutations, which is about that of two
#: texts of which every fifth word differs. Of real paragraphs edited like that, 25 bands of 5 lose three tenths, these
#: one tenth, for three hundredths more time; 42 bands of 3 lose less still, and compare five times as many pairs.
BANDS, ROWS = 32, 4


def permutations(num_perm: int = NUM_PERM, seed: int = SEED) -> npt.NDArray[np.uint32]:
    """Return uint32 (2, num_perm): multipliers and increments of the permutations.

    They are those of ``datasketch.MinHash(num_perm, seed, scheme="affine32")``, drawn
    here because importing datasketch takes half a second; a test holds the two equal. Nor is ``numpy.random``
    waited for: its old generator is the Mersenne twister that Python has too, begun in another way (Matsumoto and
    Nishimura's ``init_genrand``).
    """
    state = [seed]
    for place in range(1, 624):
        state.append((1812433253 * (state[-1] ^ state[-1] >> 30) + place) & 0xFFFFFFFF)
    twister = random.Random()
    twister.setstate((3, (*state, 624), None))
    draws = np.array([twister.getrandbits(32) for _ in range(2 * num_perm)], dtype=np.uint32).reshape(2, num_perm)
    draws[0] = draws[0] << np.uint32(1) | np.uint32(1)  # odd, as the scheme wants its multipliers
    return draws


@dataclass(frozen=True, slots=True)
class Signer:
    """Computes fingerprints with one fixed set of permutations."""

    permutations: npt.NDArray[np.uint32]

    @classmethod
    def create(cls) -> Signer:
        """Return the one whose fingerprints are comparable with all others of this ``SIGNATURE_VERSION``."""
        return cls(permutations())

    def scan(
        self, buffer: bytes, offsets: npt.NDArray[np.int64], layout: str, min_words: int, *, line_keys: bool
    ) -> kernels.Scan:
        """Return what the kernel learns of whole documents: segments, fingerprints, keys of lines."""
        return kernels.scan(
            buffer,
            offsets,
            permutations=self.permutations,
            shingle_size=SHINGLE_SIZE,
            bands=BANDS,
            rows=ROWS,
            layout=layout,
            min_words=min_words,
            line_keys=line_keys,
        )

    def sign(self, texts: list[str]) -> SignedTexts:
        """Return the fingerprints of *texts*, the segments of one document or more."""
        buffer, offsets = kernels.pack(texts)
        prints = kernels.fingerprint(buffer, offsets, self.permutations, SHINGLE_SIZE)
        return SignedTexts(prints, kernels.band_keys(prints.signatures, BANDS, ROWS))


class SignedTexts(NamedTuple):
    """Fingerprints of n texts and their band keys, uint32 (n, BANDS)."""

    prints: kernels.Fingerprints
    bands: npt.NDArray[np.uint32]
