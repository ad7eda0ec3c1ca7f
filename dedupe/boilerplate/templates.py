"""Near-duplicate lines to templates: what they all have stays, what varies becomes a placeholder.

The lines of a frame (those that begin, or end, with the same two words) are few enough to be looked at together. Words
that most of them have are part of a template, the others fill its gaps. The idea is that of SLCT
(Vaarandi 2003), which finds the formats of log lines by their frequent words.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from dedupe.boilerplate.forms import DATE, NUM, WORD, is_learnable

MIN_VARIANTS = 3
"""Two like lines may be two lines."""
MIN_LITERALS = 2
MIN_LETTERS = 6
MAX_GAP = 6
FIXED_SHARES = (0.9, 0.5)
"""Words that nearly all lines have make a template, if they say enough; else a frame has several, and half will do."""

_GAP = "<>"


class Template(NamedTuple):
    """A phrase with placeholders, and the lines that it was made of.

    ``literals`` words of it are fixed, and its gaps took ``gap_words`` words on average; it fits ``variants`` different
    ones of ``lines`` lines.
    """

    phrase: str
    literals: int
    gap_words: float
    variants: int
    lines: int

    @property
    def rank(self) -> tuple[bool, int, str]:
        """The order in which templates are tried: those that say enough first, and of them the most general."""
        return not self.says_enough, self.literals, self.phrase

    @property
    def says_enough(self) -> bool:
        """Whether what it fits is surely one kind of line."""
        return self.is_closed or self.is_specific

    @property
    def is_closed(self) -> bool:
        """Whether the same few words fill the gaps again and again: names of sections do, those of things do not."""
        return self.lines >= 4 * self.variants

    @property
    def is_specific(self) -> bool:
        """Whether more of it is fixed than varies, and enough for a sentence."""
        return self.literals >= 3 and self.literals >= self.gap_words


def find_templates(lines: Iterable[Sequence[str]]) -> list[Template]:
    """Return the templates of lines of one frame, given as words and placeholders, by phrase.

    >>> lines = [
    ...     ["posted", "by", "anna", "smith", "in", "news"],
    ...     ["posted", "by", "bert", "in", "sport"],
    ...     ["posted", "by", "cleo", "in", "science"],
    ...     ["posted", "by", "the", "river"],
    ... ]
    >>> [template.phrase for template in find_templates(lines)]
    ['posted by <ANY:1-3> in <ANY:1-2>']
    """
    counted = Counter(map(tuple, lines))
    for share in FIXED_SHARES:
        found = _templates(counted, share)
        if any(template.says_enough for template in found):
            break
    return sorted(found)


def _templates(counted: Counter[tuple[str, ...]], share: float) -> list[Template]:
    """The templates whose fixed words are those in more than this share of the different lines."""
    spread = Counter(word for line in counted for word in set(line))
    fixed = {word for word, times in spread.items() if times > share * len(counted) and word != WORD} | {NUM, DATE}
    groups: dict[tuple[str, ...], list[tuple[str, ...]]] = defaultdict(list)
    for line in counted:
        groups[tuple(word for word, _ in _pieces(line, fixed))].append(line)
    found = []
    for parts, members in groups.items():
        template = _template(parts, members, fixed, sum(counted[line] for line in members))
        if template is not None:
            found.append(template)
    return found


def _pieces(line: Sequence[str], fixed: set[str]) -> Iterable[tuple[str, int]]:
    """The fixed words of a line, and its gaps with the number of words in them."""
    for is_fixed, run in groupby(line, fixed.__contains__):
        words = list(run)
        if is_fixed:
            yield from ((word, 1) for word in words)
        else:
            yield _GAP, len(words)


def _template(parts: tuple[str, ...], members: Sequence[Sequence[str]], fixed: set[str], lines: int) -> Template | None:
    literals = [part for part in parts if part[0] != "<"]
    if _GAP not in parts or len(members) < MIN_VARIANTS or len(literals) < MIN_LITERALS:
        return None
    if sum(map(len, literals)) < MIN_LETTERS:
        return None
    widths = list(zip(*([width for _, width in _pieces(line, fixed)] for line in members), strict=True))
    phrase = []
    gap_words = 0.0
    for part, width in zip(parts, widths, strict=True):
        if part != _GAP:
            phrase.append(part)
        elif max(width) > MAX_GAP:
            return None
        else:
            phrase.append(f"<ANY:{min(width)}-{max(width) + 1}>")
            gap_words += sum(width) / len(width)
    if not is_learnable(phrase):
        return None
    return Template(" ".join(phrase), len(literals), gap_words, len(members), lines)
