"""Texts that are programs, or settings of programs, by how they are built as a whole, whatever their lines say.

A script begins with a comment of several lines, and settings are keys below keys. Both show in languages of which no
line by itself is code. What is told here has to hold for no text that people write for people: comments begin with
marks that head sections and items elsewhere, and many a text has labels with a value behind.
"""

from __future__ import annotations

import re
from itertools import pairwise

#: What the first line of a script may be that says what runs it.
_INTERPRETED = ("#!/", "#! /", "%!PS")
#: Marks of comments, alone or with a space behind.
_MARK = re.compile(r"""(?:\#|"|!|dnl|%{1,2}|;{1,4})(?=\s|$)""")
#: So long a line goes on in the next one if that begins in small letters.
_WRAPPED_CHARS = 50
_ENDS = (".", "!", "?", ":", ";", ")")
#: A key, with what stands behind its colon, and what else stands in settings.
_KEY = re.compile(r"""(?:-\ +)*(["']?)[\w./$@*{}<>-]+\1\ ?:(?:\s+(?P<value>[^\s#].*)|\s*(?:\#.*)?)$""", re.VERBOSE)
_ELSE = re.compile(r"- +\S|#|---$|\.\.\.$")
#: Settings have so many lines at least, and so many keys with more below them.
_LINES, _HEADS = 8, 3
#: So many characters of a text tell.
_LOOKED_AT = 10_000
#: Of so many lines of settings one is none; of a text with a margin all but one.
_OTHERS = 5


def is_built_as_program(text: str) -> bool:
    r"""Tell whether a text begins as scripts do, or has keys below keys, as settings have.

    >>> is_built_as_program("# Which of the harbours a boat may call at, by what it\n# draws.\n#\nports\n")
    True
    >>> is_built_as_program("job:\n  steps:\n    - run: a\n    - run: b\n  after:\n    a: b\n    c: d\nnext: e\n")
    True
    >>> is_built_as_program("# The harbour\n# The quay\n# The boats\n\nIt rained all day.\n")
    False
    """
    return _begins_as_script(text) or _is_nested(text)


def _begins_as_script(text: str) -> bool:
    """Whether a text begins with a comment that goes on from line to line, and is more than that."""
    if text.startswith(_INTERPRETED):
        return True
    found = _MARK.match(text)
    if found is None:
        return False
    mark = found[0][0]
    lines = list(map(str.strip, text.splitlines()))
    marked = [line.startswith(mark) and _MARK.match(line) is not None for line in lines]
    if _OTHERS * sum(marked) > (_OTHERS - 1) * sum(map(bool, lines)):
        return False  # a text with a margin
    head = [line.lstrip(mark).removeprefix("nl").strip() for line in lines[: marked.index(False)]]
    if head[0][:1].islower():
        return False  # items of a list
    return any(len(above) >= _WRAPPED_CHARS and _goes_on(above, below) for above, below in pairwise(head))


def _goes_on(above: str, below: str) -> bool:
    """Whether a sentence goes on from one line to the next, which is no label."""
    return below[:1].islower() and not below.split()[0].endswith(":") and not above.endswith(_ENDS)


def _is_nested(text: str) -> bool:
    """Whether nearly all lines of a text are keys and items, and several keys have more below them."""
    text = text[:_LOOKED_AT]
    if text.count(":\n") < _HEADS:
        return False
    lines = list(filter(str.strip, text.expandtabs(4).splitlines()))
    if len(lines) < _LINES:
        return False
    keys = heads = others = 0
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        content = line.strip()
        key = _KEY.match(content)
        if key is not None:
            keys += 1
            heads += key["value"] is None and _is_below(line, below)
        elif _ELSE.match(content) is None:
            others += 1
            if _OTHERS * others > len(lines):
                return False
    return heads >= _HEADS and 2 * keys >= len(lines)


def _is_below(above: str, below: str) -> bool:
    """Whether a line hangs below a key; items may stand as far left as that."""
    depths = [len(line) - len(line.lstrip()) for line in (above, below)]
    return depths[1] > depths[0] or (depths[1] == depths[0] and below.lstrip().startswith("- "))
