"""What reads as running text: passages that are long, and dense in the small words of sentences.

Each is a *good block*. The idea is that of jusText's context-sensitive pass (Pomikálek 2011), with shorter word lists.
The kernel is built with these words, in an environment that has no NumPy.
"""

from __future__ import annotations

from collections.abc import Sequence

from dedupe.text.marks import is_terminated

GOOD_CHARS = 200
UNSPACED_CHARS = 60
MIN_DENSITY = 0.18
"""For lists of some 25 words a language; a full stop list would ask for 0.30."""

PAGE_WIDTH = 120
_FULL_LINE = 40  # narrower text is not wrapped, or is verse
_WRAPPED = range(40, PAGE_WIDTH + 1)  # the width of hard-wrapped lines

FUNCTION_WORDS = frozenset(
    """
    the a an of to and in is was were are be been it its that this which with as for on at by from or but not he she
    they we you his her their our have has had will would can could who what when there than then if so
    der die das den dem des ein eine einer eines einem einen und oder ist sind war wird werden nicht mit von zu im auf
    für sich auch als aus bei nach an es er sie wir ihr dass wie noch nur
    le la les un une des du de et ou est sont dans que qui pour par sur avec ne pas ce cette il elle nous vous se au aux
    en plus mais comme
    el los las unos unas y del que en por con para se no su al lo como más pero sus le ya este esta
    il lo gli i uno di che è non per una sono con da si come anche più ma nel della del alla dei delle questo
    o os as um uma do da dos das em no na com não se por mais para ao foi ou ser sua
    het een van en dat niet op te zijn met voor er aan ook bij naar dan nog door over hij ze
    w i na z do nie się że to jest o jak po ale za od przez są był tym jego
    и в не на что с по как это из у за от к он она они но то же для был была его так
    """.split()
)


def good_lines(contents: Sequence[str]) -> list[bool]:
    """Tell for each line whether it is part of a good block.

    A line is judged by itself; hard-wrapped lines (adjacent, of the width of a
    page, all but the last) are judged as the paragraph they make.

    >>> text = "It was the best of times, it was the worst of times, and so on. " * 4
    >>> good_lines(["Home", text, "", "Share"])
    [False, True, False, False]
    """
    flags = [False] * len(contents)
    index, size = 0, len(contents)
    while index < size:
        stop = index + 1
        if len(contents[index]) in _WRAPPED:
            while stop < size and len(contents[stop - 1]) in _WRAPPED and 0 < len(contents[stop]) <= PAGE_WIDTH:
                stop += 1
        joined = contents[index] if stop == index + 1 else " ".join(contents[index:stop])
        if len(joined) >= UNSPACED_CHARS and is_running_text(joined):
            flags[index:stop] = [True] * (stop - index)
        index = stop
    return flags


def runs_on(line: str, below: str) -> bool:
    """Tell whether a sentence that begins in *line*, of the width of a page, ends in the line *below* it.

    >>> runs_on("It was late, and the rain that had been falling", "on the town was over.")
    True
    >>> runs_on("THE AUTHORS ARE NOT LIABLE FOR ANY CLAIM, DAMAGES", "OR OTHER LIABILITY.")
    True
    >>> runs_on("Home", "about us")
    False
    """
    if len(line) < _FULL_LINE or is_terminated(line):
        return False
    return below[:1].islower() or (line.isupper() and below[:1].isupper() and len(below.split()) > 1)


def is_running_text(passage: str) -> bool:
    """Tell whether *passage* is long enough and reads like sentences.

    Languages without a word list pass by their small initial letters and full
    stops; scripts without spaces need 60 characters and a full stop.

    >>> is_running_text("Home News Sport Weather " * 20)
    False
    >>> is_running_text("Když jsme dorazili na nádraží, vlak už byl dávno pryč a pršelo. " * 4)
    True
    """
    words = passage.split()
    if len(passage) < GOOD_CHARS:
        return len(passage) >= UNSPACED_CHARS and len(passage) > 15 * len(words) and is_terminated(passage)
    small = sum(word in FUNCTION_WORDS for word in words)
    if small >= MIN_DENSITY * len(words):
        return True
    cased = [word[0] for word in words if word[0].lower() != word[0].upper()]
    terminated = is_terminated(passage)
    if 2 * len(cased) < len(words):
        return terminated
    return terminated and 5 * sum(map(str.islower, cased)) >= 3 * len(cased)
