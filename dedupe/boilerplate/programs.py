"""Texts that are programs: their lines are as short as those of a menu, and what their comments say is no furniture."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from dedupe.boilerplate.edges import sums
from dedupe.boilerplate.features import ENDS_CODE, Features
from dedupe.boilerplate.running_text import PAGE_WIDTH
from dedupe.text.layout import count_comments, is_code
from dedupe.text.programs import is_built_as_program

CODE_SHARE = 8
"""Of a program one line in so many ends in a semicolon or a brace; of one with comments no more are wide."""
SCRIPT_SHARE = 6
"""Of a script one line in so many is code, or a comment."""


def are_programs(
    asked: NDArray[np.bool_],
    texts: Sequence[str],
    lines: Features,
    coded: NDArray[np.int64],
    contents: Callable[[NDArray[np.int64]], Sequence[str]],
) -> NDArray[np.bool_]:
    """Tell which of *texts* are programs, bool (n), of those that are *asked*.

    They have these *lines*, read by *contents*; *coded* are those that may be code by themselves.
    """
    sizes, text_of = np.diff(lines.offsets), lines.text_of(coded)
    programs: NDArray[np.bool_] = CODE_SHARE * sums((lines.flags & ENDS_CODE) > 0, lines.offsets) >= sizes
    most = np.bincount(text_of, minlength=len(sizes))
    is_narrow = CODE_SHARE * sums(lines.lengths > PAGE_WIDTH, lines.offsets) <= sizes
    may_be = asked & ~programs & (is_narrow | (SCRIPT_SHARE * most >= sizes))
    for text in np.flatnonzero(may_be).tolist():  # in most of them no line need be read
        code = count_comments(texts[text]) if is_narrow[text] else 0
        if is_narrow[text] and is_built_as_program(texts[text]):
            programs[text] = True
        elif SCRIPT_SHARE * (code + most[text]) >= sizes[text]:
            code += sum(map(is_code, contents(coded[text_of == text])))
            programs[text] = SCRIPT_SHARE * code >= sizes[text]
    return programs & asked
