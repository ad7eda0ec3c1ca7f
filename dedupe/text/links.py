"""Links as Markdown writes them, and lines as they are read: with the words of links, and without their targets.

A menu whose entries are links (``* [About us](/about)``) says what one without them says. Of program text
(``handlers[name](event)``) nothing is a link, and links to places in the same text (``[Install](#install)``), of which
its table of contents is made, stay as they are written.
"""

from __future__ import annotations

import re

from dedupe.text.marks import BULLETS

_TARGET = r"""(?!#\w)(?:<[^<>\r\n]*>|(?:[^()\s<>]|\([^()\s]*\))*)(?:[ ]+"[^"\r\n]*")?"""
_IMAGE = rf"!\[([^\[\]\r\n]*)\]\({_TARGET}\)"
#: Behind a letter, a digit or a bracket a link needs a target that looks like an address: else it may be a call in a
#: program.
_LINK = re.compile(
    rf"(?:(?<![\w)\]])|(?=!?\[[^\[\]\r\n]*\]\([^()\s]*[/:?#]))(?:{_IMAGE}|\[((?:{_IMAGE}|[^\[\]\r\n])*)\]\({_TARGET}\))"
)
_LINKED_ITEM = re.compile(rf"[{BULLETS}]\s+(?:{_LINK.pattern})")
_IMAGES = re.compile(_IMAGE)
_LINE_ENDS = re.compile(r"([\r\n]+)")
_APART = " · "


def has_links(text: str) -> bool:
    """Tell whether *text* may have a link."""
    return "](" in text


def shown(text: str) -> str:
    r"""Return *text* as it is read: lines of the same lengths, with blanks at their ends for what is not shown.

    Of a link its words are shown, of an image what is said instead of it. Links side by side are shown as the entries
    of a bar. A line of which nothing would be shown stays as it is.

    >>> shown("* [About us](/about)\n[Home](/) [News](/news)\n").splitlines()
    ['* About us          ', 'Home · News            ']
    >>> shown("handlers[name](event)\n[](/)\n[![a map](map.png)](/map)").splitlines()
    ['handlers[name](event)', '[](/)', 'a map                    ']
    """
    if not has_links(text):
        return text
    return "".join([_shown_line(line) if has_links(line) else line for line in _LINE_ENDS.split(text)])


def is_linked_item(item: str) -> bool:
    """Tell whether an *item* of a list, without white space around it, is a link and nothing else.

    >>> is_linked_item("* [About us](/about)"), is_linked_item("* see [the map](/map)"), is_linked_item("- [Use](#use)")
    (True, False, False)
    """
    return _LINKED_ITEM.fullmatch(item) is not None


def place_in_source(line: str, place: int) -> int | None:
    """Return where in *line* stands what is at a *place* of the line as it is shown; None within the words of a link.

    >>> line = "See [the map](/map). [More](/more)"
    >>> [line[place_in_source(line, place) :] for place in (1, 4, 12)], place_in_source(line, 5)
    (['ee [the map](/map). [More](/more)', '[the map](/map). [More](/more)', ' [More](/more)'], None)
    """
    end = 0
    for match, words in _links(line):
        gap = match.start() - end
        if place <= gap:
            break
        place, end = place - gap - len(words), match.end()
        if place < 0:
            return None
    return end + place


def _shown_line(line: str) -> str:
    pieces, end = [], 0
    for match, words in _links(line):
        pieces += [line[end : match.start()], words]
        end = match.end()
    read = "".join([*pieces, line[end:]])
    return read.ljust(len(line)) if read.strip() else line


def _links(line: str) -> list[tuple[re.Match[str], str]]:
    """The links of a line, and what is shown of each."""
    found: list[tuple[re.Match[str], str]] = []
    for match in _LINK.finditer(line):
        words = match[1] if match[1] is not None else _IMAGES.sub(r"\1", match[2])
        between = line[found[-1][0].end() : match.start()] if found else "-"
        beside = found and not between.strip() and found[-1][1].strip() and words.strip()
        found.append((match, (_APART.lstrip() if between else _APART) + words if beside else words))
    return found
