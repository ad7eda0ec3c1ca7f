"""Line frequencies of a corpus whose furniture is mixed: what stands below a line may be another button each time.

Whether a frequent line is furniture is told by what follows it. Buttons that the lexicon knows go whatever stands
around them, so what follows without them tells it as well: else the lines above them would be known as furniture only
when those are gone, and all their documents looked at again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from dedupe import kernels
from dedupe.boilerplate.counting import Chunks, LineSample, lines_below
from dedupe.boilerplate.frequency import LineFrequencies
from dedupe.boilerplate.lexicon import Lexicon
from dedupe.boilerplate.points import read_line
from dedupe.text.links import shown
from dedupe.workfiles import WorkFolder

#: Reads documents by their numbers, ascending: the number and the text of each.
Reader = Callable[[NDArray[np.int64]], Iterable[tuple[int, str]]]


def line_frequencies(
    chunks: Chunks,
    sources: NDArray[np.int32],
    countable: NDArray[np.bool_],
    read: Reader,
    lexicon: Lexicon,
    limit: float,
    folder: WorkFolder,
    names: Sequence[str] = (),
    jobs: int = 1,
) -> LineFrequencies:
    """Count the lines of a corpus as :meth:`LineFrequencies.build` does, and once more passing over what surely goes.

    A line is in a constant block if either tells so. What surely goes are lines against which their words alone speak
    with *limit* points by the *lexicon*. Only what stands below lines that depend on it is read, each key in the first
    document where it does.
    """
    frequencies = LineFrequencies.build(chunks, sources, countable, folder, names, jobs)
    below = lines_below(chunks, frequencies.undecided(), frequencies.keys, countable)
    passing = below.keys[[read_line(content, lexicon).worth >= limit for content in _contents(below, read)]]
    if not len(passing):
        return frequencies
    return frequencies.with_blocks_of(LineFrequencies.build(chunks, sources, countable, folder, names, jobs, passing))


def _contents(lines: LineSample, read: Reader) -> list[str]:
    """Return what each of *lines* says, as it is shown."""
    contents = [""] * len(lines.keys)
    for number, text in read(np.flatnonzero(np.bincount(lines.documents))):
        spans = kernels.line_spans(*kernels.pack([text]))[:, 2:]
        written = spans[spans[:, 0] < spans[:, 1]]
        at = np.flatnonzero(lines.documents == number)
        for place, (start, end) in zip(at.tolist(), written[lines.lines[at]].tolist(), strict=True):
            contents[place] = shown(text[start:end])
    return contents
