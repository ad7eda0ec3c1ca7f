"""The promise that a second run reads what the first one wrote, where an encoding was guessed.

A guess goes by the bytes that are there: a file is not UTF-8 for one byte in a line of furniture, and without that
line it is. A document of which less would be read otherwise is held: it stays as it is, and what was found in it
waits for review.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from dedupe.planning.state import State
from dedupe.reading.encoding import reads_back

I64 = npt.NDArray[np.int64]


class Misread:
    """Holds documents that would be misread, and lets them go."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._released: set[int] = set()
        self._sound: dict[int, int] = {}  # texts that would be read as they are: a hash that this process compares

    def hold(self) -> I64:
        """Hold the documents that changed and would not be read as they are now; return them, ascending."""
        state = self._state
        guessed = [number for number, encoding in state.encodings.items() if encoding.guessed]
        changed = np.array(sorted(number for number in guessed if number in state.done), dtype=np.int64)
        return self._set(
            (number for number, text in state.current(changed) if self._is_misread(number, text)), held=True
        )

    def release(self) -> I64:
        """Let go of the documents that are held, unless they are those that were let go before; return them, ascending.

        A second run would try them again, in a corpus that is clean but for them.
        """
        held = {number for number, encoding in self._state.encodings.items() if encoding.held}
        if held == self._released:
            return np.zeros(0, dtype=np.int64)
        self._released = held
        return self._set(sorted(held), held=False)

    def _is_misread(self, number: int, text: str) -> bool:
        known = hash(text)
        if self._sound.get(number) == known:
            return False
        if not reads_back(text, self._state.encodings[number].name, self._state.config):
            return True
        self._sound[number] = known
        return False

    def _set(self, documents: Iterable[int], *, held: bool) -> I64:
        """Hold documents, or let them go, and begin with them anew."""
        state = self._state
        numbers = list(documents)
        for number in numbers:
            state.encodings[number] = state.encodings[number]._replace(held=held)
            state.damage.pop(number, None)
        if numbers:
            state.scan_again((number, document.text, []) for number, document in state.corpus.documents(set(numbers)))
        return np.array(numbers, dtype=np.int64)
