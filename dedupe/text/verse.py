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
    has_refrain = _has_refrain(lines)
    if len(lines) < 3 or (size < 4 and not has_refrain):
        return False
    words = [line.split() for line in lines]
    return (
        _are_lines_of_verse(words)
        and not any("|" in line or "\t" in line for line in lines)
        and (has_refrain or 2 * sum(map(is_terminated, lines)) < len(lines))
        and not _are_headlines(words)
        and _begin_alike(lines)
    )


def _has_refrain(lines: list[str]) -> bool:
    """Whether a line comes back after others, as in a litany, whose lines may be sentences."""
    turns = [line for at, line in enumerate(lines) if at == 0 or line != lines[at - 1]]
    return len(set(turns)) < len(turns)


def _are_lines_of_verse(words: list[list[str]]) -> bool:
    """Whether the lines, as *words*, have as many of them as those of verse, which those of menus have not."""
    of_verse = sum(3 <= len(line) <= 11 for line in words)
    return 5 * of_verse >= 4 * len(words) and sum(map(len, words)) >= 3.5 * len(words)


def _are_headlines(words: list[list[str]]) -> bool:
    """Whether most words but the first of each line have capitals."""
    later = [word for line in words for word in line[1:] if word[0].isalpha()]
    small = sum(word[0].islower() or not (word[0].isupper() or word[0].islower()) for word in later)
    return 2 * small < len(later)


def _begin_alike(lines: list[str]) -> bool:
    """Whether lines begin with capitals as those of most verse do, or are as short as those that begin without."""
    count = len(lines)
    capitals = sum(not line.lstrip(QUOTES + DASHES + "( ")[:1].islower() for line in lines)
    if 4 * capitals >= 3 * count:
        return True
    return 4 * capitals <= count and sum(map(len, lines)) < 35 * count and max(map(len, lines)) < 45
