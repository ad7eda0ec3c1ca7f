"""Lines looked up where they stand: what would hold them back there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dedupe import kernels
from dedupe.boilerplate.edges import Edges, find_edges
from dedupe.boilerplate.entries import normal_form
from dedupe.boilerplate.forms import is_pattern, masked
from dedupe.boilerplate.guards import COUNTED, PATTERN, are_legal_texts, guard_of
from dedupe.boilerplate.learn import Sample
from dedupe.boilerplate.running_text import good_lines, runs_on
from dedupe.text.layout import line_shape
from dedupe.text.links import shown
from dedupe.text.segment import split_lines


def look_up(text: str, wanted: Sequence[int], place: str) -> list[Sample]:
    """Return samples of the *wanted* lines of *text*, counted from 0 without the blank ones.

    *place* names the text, which is looked at as it is shown, without the targets of links. The guards are those of a
    line that has nothing but its frequency against it.

    >>> (sample,) = look_up("The mill\\n\\nprint(pdf, email)\\n", [1], "notes.txt")
    >>> sample.place, sample.guard, sample.is_title
    ('notes.txt:3', 'code', False)
    """
    text = shown(text)
    contents = [text[line.start : line.end].strip() for line in split_lines(text)]
    present = [number for number, content in enumerate(contents) if content]
    good = good_lines(contents)
    lengths = np.array([len(contents[number]) for number in present], dtype=np.int64)
    edges = Edges(*find_edges(np.array(good)[present], lengths, np.array([0, len(present)]))[0].tolist())
    packed = kernels.pack([text])
    shapes = kernels.line_shapes(*packed).shapes
    (legal,) = are_legal_texts(*packed)
    samples = []
    for line in wanted:
        number = present[line]
        content = contents[number]
        shape = line_shape(int(shapes[number]), content)
        before, after = (contents[other] if 0 <= other < len(contents) else "" for other in (number - 1, number + 1))
        basis = PATTERN if is_pattern(masked(normal_form(content))) else COUNTED
        wrapped = runs_on(content, after) or runs_on(before, content)
        guard = guard_of(shape, basis, wrapped=wrapped, legal_text=legal)
        samples.append(Sample(f"{place}:{number + 1}", content, guard, not line, edges.has(line), good[number]))
    return samples
