"""Boilerplate in a plan: which lines are frequent now, and which documents are scored for it (again)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
import numpy.typing as npt

from dedupe.boilerplate.frequency import LineFrequencies
from dedupe.boilerplate.lexicon import Lexicon
from dedupe.boilerplate.passing import line_frequencies
from dedupe.boilerplate.profiles import PROFILES
from dedupe.matching.sets import are_in, distinct, union
from dedupe.parallel import ordered_map
from dedupe.planning.state import State
from dedupe.trimming import Untrimmed, trim_documents
from dedupe.workfiles import Column

I64 = npt.NDArray[np.int64]


class Boilerplate:
    """Takes boilerplate out, round by round; ``frequencies`` are those that the last round judged by, if any."""

    def __init__(self, state: State, lexicon: Lexicon) -> None:
        self._state = state
        self._lexicon = lexicon
        self.frequencies: LineFrequencies | None = None
        self._held = Column(np.bool_)

    def trim(self, unscored: I64 | None) -> I64:
        """Score documents, ascending (None: all), and others that may have boilerplate by now.

        Returns those that lost some, ascending.
        """
        state = self._state
        if not state.config.boilerplate:
            return np.zeros(0, dtype=np.int64)
        previous = self.frequencies
        if state.config.scope == "corpus":
            self.frequencies = self._count_lines()
        wanted = unscored
        if wanted is not None and self.frequencies is not None and previous is not None:
            wanted = union(wanted, *self._judged_otherwise(previous, self.frequencies))
        return self._trim(wanted)

    def _judged_otherwise(self, before: LineFrequencies, now: LineFrequencies) -> Iterator[I64]:
        """Yield the documents of which more may go than by the frequencies *before*.

        These are those with a line that is more frequent. A line that is less so, since it went elsewhere, can let go
        of a brake or of a guard against frequent lines, where there is one.
        """
        raised, lowered = now.raised_since(before), before.raised_since(now)
        if len(raised) or len(lowered):
            for owner, keys in self._line_keys():
                yield distinct(owner[are_in(keys, raised) | (are_in(keys, lowered) & self._held[owner])])

    def _count_lines(self) -> LineFrequencies:
        state = self._state
        numbers = state.line_keys.numbers()
        # A document all of which repeats others will not be there for a second run.
        blank = numbers[state.line_keys.lengths(numbers) == 0]
        done, offsets = state.done.rows(blank)
        emptied = np.repeat(blank, np.diff(offsets))[done["document"] >= 0]
        countable = np.zeros(len(state.source_of.values), dtype=bool)
        countable[numbers] = True
        countable[emptied] = False
        countable[state.copies()] = False
        return line_frequencies(
            self._line_keys,
            state.source_of.values,
            countable,
            state.current,
            self._lexicon,
            PROFILES[state.config.profile].limit,
            state.folder,
            jobs=state.config.jobs,
        )

    def _line_keys(self) -> Iterator[tuple[I64, npt.NDArray[np.uint64]]]:
        return self._state.line_keys.rows(np.uint64)

    def _trim(self, wanted: I64 | None) -> I64:
        state = self._state
        batches = state.batches(wanted)

        work = partial(
            trim_documents,
            corpus=Untrimmed(state.texts, state.done, state.line_keys, state.encodings, state.source_of),
            lexicon=self._lexicon,
            frequencies=self.frequencies,
            config=state.config,
            signer=state.signer,
        )
        state.folder.flush()  # other processes read the files
        total = sum(map(state.byte_count, batches))
        count = size = 0
        changed = [np.zeros(0, dtype=np.int64)]
        for batch, trimmed in zip(batches, ordered_map(work, batches, state.config.jobs), strict=True):
            now = batch[trimmed.changed]
            state.reviews["boilerplate"].put(batch, trimmed.reviews)
            self._held[batch] = trimmed.held
            if state.config.keep == "cleanest":
                for number, taken in zip(now.tolist(), trimmed.taken.tolist(), strict=True):
                    state.damage[number] = state.damage.get(number, 0) + taken
            if len(now):
                state.learn(now.tolist(), trimmed.known)
            changed.append(now)
            count += len(batch)
            size += state.byte_count(batch)
            state.progress("boilerplate", count, size, total)
        state.commit()
        return np.concatenate(changed)
