"""Families: numbers that were joined, by any chain."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

I64 = npt.NDArray[np.int64]
I32 = npt.NDArray[np.int32]


class Families:
    """Numbers from 0 in families, int32 by number: each is known by its least one.

    >>> families = Families(5)
    >>> families.join(np.array([4, 2]), np.array([2, 1]))
    >>> families.of(np.arange(5)).tolist()
    [0, 1, 1, 3, 1]
    """

    def __init__(self, count: int) -> None:
        self._least = np.arange(count, dtype=np.int32)

    def of(self, numbers: I64) -> I32:
        """Return the families of *numbers*."""
        # All at once go to where the next one has got to, so that a chain gets half as long with each turn.
        family = self._least[numbers]
        while ((further := self._least[family]) != family).any():
            self._least[numbers] = family = further
        return family

    def join(self, one: I64, other: I64) -> None:
        """Make one family of those of ``one[i]`` and ``other[i]``."""
        while len(one):
            families = np.sort(np.stack([self.of(one), self.of(other)]), axis=0)
            differ = families[0] != families[1]
            one, other = one[differ], other[differ]
            # Where a family is to go to several others it goes to one of them, and the next turn joins the rest.
            joined = families[1, differ]
            self._least[joined] = families[0, differ]
            self.of(joined)
