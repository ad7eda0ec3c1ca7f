"""Verse, told by the lengths of its lines, their capitals, and what they end in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dedupe.text.marks import DASHES, QUOTES, is_terminated


def stanzas(bare: Sequence[str]) -> Iterator[int]:
    """Yield the numbers of the lines of stanzas: runs of short lines that are not a menu and not wrapped prose.

    Couplets count together across single blank lines. Menus have one to three
    words a line, headline lists capitals on most words, wrapped prose small
    letters at the start of its lines.
    """
    size = len(bare)
    index = 0
    while index < size:
        if not bare[index] or len(bare[index]) >= 60:
            index += 1
            continue
        run: list[int] = []
        while index < size:
            start = index
            while index < size and bare[index] and len(bare[index]) < 60:
                index += 1
            if index - start < 2:
                break
            run.extend(range(start, index))
            if index + 1 < size and not bare[index] and bare[index + 1]:
                index += 1
            else:
                break
        index = max(index, start + 1)
        if len(run) >= 3 and _is_stanza([bare[member] for member in run]):
            yield from run


def _is_stanza(lines: list[str]) -> bool:
    size = len(lines)
    lines = [line for line in lines if any(map(str.isalpha, line))]  # "(...)" marks a refrain and counts for nothing
    turns = [line for at, line in enumerate(lines) if at == 0 or line != lines[at - 1]]
    has_refrain = len(set(turns)) < len(turns)  # a litany, whose lines may be sentences
    if len(lines) < 3 or (size < 4 and not has_refrain):
        return False
    words = [line.split() for line in lines]
    count = len(lines)
    if 5 * sum(3 <= len(line) <= 11 for line in words) < 4 * count or sum(map(len, words)) < 3.5 * count:
        return False
    if sum("|" in line or "\t" in line for line in lines):
        return False
    if not has_refrain and 2 * sum(is_terminated(line) for line in lines) >= count:
        return False
    later = [word for line in words for word in line[1:] if word[0].isalpha()]
    small = sum(word[0].islower() or not (word[0].isupper() or word[0].islower()) for word in later)
    if 2 * small < len(later):
        return False
    capitals = sum(not line.lstrip(QUOTES + DASHES + "( ")[:1].islower() for line in lines)
    if 4 * capitals >= 3 * count:
        return True
    return 4 * capitals <= count and sum(map(len, lines)) < 35 * count and max(map(len, lines)) < 45
