"""Findings of lines in many texts, in columns: the same furniture stands on thousands of pages, and is judged alike."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dedupe.model import LineFinding, Outcome, Verdict

I64 = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class Findings(NamedTuple):
    """Findings of m lines, or tails of lines, in texts that have numbers, by text and place.

    ``owners`` int64 (m) are the texts, ``starts`` and ``ends`` int64 (m) the spans in them, and ``says`` int64 (m)
    numbers of what is ``said``, a list that findings share and add to. ``removes`` bool (m) are to be removed, and
    ``tails`` bool (m) are of the tails of lines.
    """

    owners: I64
    starts: I64
    ends: I64
    says: I64
    removes: Flags
    tails: Flags
    said: list[Verdict]

    @classmethod
    def of_verdicts(cls, said: list[Verdict], owners: I64, starts: I64, ends: I64, says: I64) -> Findings:
        """Return findings that say so."""
        goes = Outcome.REMOVE
        removes = np.array([verdict.outcome is goes for verdict in said], dtype=bool)
        tails = np.array([verdict.tail for verdict in said], dtype=bool)
        return cls(owners, starts, ends, says, removes[says], tails[says], said)

    @property
    def are_held(self) -> Flags:
        """Which are held back by a guard, bool (m)."""
        return np.array([verdict.guard != "" for verdict in self.said], dtype=bool)[self.says]

    def among(self, wanted: Flags) -> Findings:
        """Return those that are *wanted*, bool (m)."""
        columns: list[Any] = [column[wanted] for column in self[:-1]]
        return Findings._make([*columns, self.said])

    def with_others(self, *others: Findings) -> Findings:
        """Return these and *others* that share what is said, by text and place; of equal ones these come first."""
        every: Any = zip(*[each[:-1] for each in (self, *others)], strict=True)
        owners, starts, ends, *rest = map(np.concatenate, every)
        order = np.lexsort((ends, starts, owners))
        return Findings._make([*(column[order] for column in (owners, starts, ends, *rest)), self.said])

    def held_back(self, which: Flags, guard: str) -> Findings:
        """Return the same with those *which* were to be removed left for review, for this *guard*."""
        distinct, numbers = np.unique(self.says[which], return_inverse=True)
        says = self.says.copy()
        says[which] = len(self.said) + numbers
        self.said.extend([self.said[says]._replace(outcome=Outcome.REVIEW, guard=guard) for says in distinct.tolist()])
        return self._replace(says=says, removes=self.removes & ~which)

    def of(self, text: int) -> list[LineFinding]:
        """Return the findings in a text one by one."""
        here = slice(*np.searchsorted(self.owners, [text, text + 1]))
        rows = zip(*(column[here].tolist() for column in (self.starts, self.ends, self.says)), strict=True)
        return [LineFinding(start, end, self.said[says]) for start, end, says in rows]
