"""What the lines of a batch of texts are by themselves: cheap facts, one pass over every line.

The facts say which lines are worth reading against the lexicon, and what has to be known of the others:
whether they are short, end a sentence, stand in running text. They decide nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedupe import kernels
from dedupe.boilerplate.entries import normal_forms
from dedupe.boilerplate.lexicon import MAX_LINE, Lexicon
from dedupe.boilerplate.running_text import good_lines, runs_on
from dedupe.text.marks import is_terminated
from dedupe.text.masks import line_keys
from dedupe.text.normalize import line_words
from dedupe.text.segment import split_lines

SHORT_WORDS = 8
SUSPECT, TERMINATED, GOOD, RUNS_ON, TALLIED, ENDS_CODE = 1, 2, 4, 8, 16, 32
"""Flags of a line: it may say something; it ends a sentence; it is part of a good block; its sentence goes on in the
line right below; a number in brackets behind its words says how many there are of something; it ends in a semicolon or
a brace."""
_TALLY = re.compile(r"[^!-~]\([0-9]{1,3}(?:[.,][0-9]{3})?\)\Z")
"""Of four figures without a mark between them it would be a year; ``read(2)`` is a page of a manual."""
MOST_WORDS = 99
"""More words are not counted, and a line too long to be read counts as this many."""


class Features(NamedTuple):
    """The features of the l lines of n texts; blank lines are left out.

    ``offsets`` int64 (n + 1): text ``i`` has the lines from ``offsets[i]`` to ``offsets[i + 1]``.
    ``numbers`` int32 (l): the number of the line in its text, blank ones counted, from 0.
    ``starts``, ``ends`` int64 (l): the span of the line, white space included, in code points of its text.
    ``lengths`` int64 (l): its code points without the white space around it; ``indents`` int32 (l): those before it.
    ``words`` uint8 (l): those of :func:`dedupe.text.normalize.line_words`, at most 99. ``flags`` uint8 (l): see above.
    ``keys`` uint64 (l): those of :func:`dedupe.text.masks.line_keys`; of length 0 unless asked for.
    """

    offsets: NDArray[np.int64]
    numbers: NDArray[np.int32]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    lengths: NDArray[np.int64]
    indents: NDArray[np.int32]
    words: NDArray[np.uint8]
    flags: NDArray[np.uint8]
    keys: NDArray[np.uint64]

    def text_of(self, lines: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the numbers of the texts that *lines* stand in."""
        return np.searchsorted(self.offsets, lines, side="right") - 1

    def only(self, texts: NDArray[np.bool_]) -> Features:
        """Return the features of those of the n *texts* that are true alone."""
        sizes = np.diff(self.offsets)
        lines = np.repeat(texts, sizes)
        columns: list[Any] = [column[lines] if len(column) else column for column in self[1:]]
        return Features(np.append(0, np.cumsum(sizes[texts])), *columns)

    @property
    def labels(self) -> NDArray[np.bool_]:
        """Which lines are short and neither a sentence nor part of running text; bool (l)."""
        labels: NDArray[np.bool_] = (self.words <= SHORT_WORDS) & (self.flags & (TERMINATED | GOOD) == 0)
        return labels


def line_features(buffer: bytes, offsets: NDArray[np.int64], lexicon: Lexicon, *, keys: bool = False) -> Features:
    """Return the features of the lines of texts that are packed for the kernel.

    A line is suspect when :meth:`Lexicon.may_know` says so. Lines of more than 240
    characters count as running text: terminated, and of as many words as are counted.

    >>> features = line_features(*kernels.pack(["It rained all day\\n\\nPrint this page\\n"]), Lexicon.load([]))
    >>> features.numbers.tolist(), features.words.tolist(), features.flags.tolist()
    ([0, 2], [4, 3], [0, 1])
    """
    if kernels.line_features is None:
        return _defined(kernels.unpack(buffer, offsets), lexicon, keys)
    return Features(*kernels.line_features(buffer, offsets, _vocabulary(lexicon), keys))


def phrase_forms(lines: Sequence[str]) -> list[str]:
    """Return the normal forms of *lines*, none of which has a line end in it, as :func:`normal_forms` does, for less.

    >>> phrase_forms(["  Print Friendly,  PDF & Email » ", "12条评论"])
    ['print friendly pdf & email', '12 条评论']
    """
    if kernels.phrase_forms is None:
        return normal_forms(lines)
    return kernels.unpack(*kernels.phrase_forms(*kernels.pack(lines)))


@lru_cache(maxsize=2)
def _vocabulary(lexicon: Lexicon) -> Any:
    """The words of *lexicon* as the native kernel looks them up."""
    roles = np.array(list(lexicon.given_roles.values()), dtype=np.uint32)
    return kernels.Vocabulary(*kernels.pack(list(lexicon.given_roles)), roles)


def _defined(texts: Sequence[str], lexicon: Lexicon, keys: bool) -> Features:
    """What :func:`line_features` returns, whichever kernel runs."""
    rows: list[tuple[int, ...]] = []
    counts = [0]
    all_keys = [np.zeros(0, dtype=np.uint64)]
    for text in texts:
        lines = split_lines(text)
        contents = [text[line.start : line.end].strip() for line in lines]
        good = good_lines(contents)
        for number, content in enumerate(contents):
            if content:
                flags = SUSPECT * lexicon.may_know(content) + GOOD * good[number] + ENDS_CODE * (content[-1] in ";{}")
                if number + 1 < len(contents):
                    flags |= RUNS_ON * runs_on(content, contents[number + 1])
                if len(content) > MAX_LINE:
                    words, flags = MOST_WORDS, flags | TERMINATED
                else:
                    words, flags = line_words(content), flags | TERMINATED * is_terminated(content)
                    flags |= TALLIED * (_TALLY.search(content) is not None)
                line = lines[number]
                indent = text.index(content, line.start) - line.start
                rows.append((number, line.start, line.end, len(content), indent, min(words, MOST_WORDS), flags))
        counts.append(len(rows))
        if keys:
            all_keys.append(line_keys(text, lines))
    table = np.array(rows, dtype=np.int64).reshape(-1, 7)
    return Features(
        offsets=np.array(counts, dtype=np.int64),
        numbers=table[:, 0].astype(np.int32),
        starts=table[:, 1].copy(),
        ends=table[:, 2].copy(),
        lengths=table[:, 3].copy(),
        indents=table[:, 4].astype(np.int32),
        words=table[:, 5].astype(np.uint8),
        flags=table[:, 6].astype(np.uint8),
        keys=np.concatenate(all_keys),
    )
