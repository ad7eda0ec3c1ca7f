"""The shape of lines: code, table, list, dialogue, verse, form, answer, heading.

Owns the question "what kind of layout does this line stand in?", read off the
text alone: there is no mark-up to ask. The answer is used to hold back: a line
with a shape is reported rather than removed, so where a rule is in doubt it
claims the shape. What a shape means for an outcome is the caller's business.

The rules are heuristics of our own. Where they are approximate: verse that is
neither capitalised nor short in its lines looks like wrapped prose and is not
claimed, and a list of headlines set in sentence case can look like verse.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence
from itertools import pairwise

from dedupe.model import Line
from dedupe.text.marks import CLOSERS, DASHES, QUOTES, TERMINAL, has_bullet, is_terminated
from dedupe.text.normalize import line_words, unspaced_words
from dedupe.text.verse import stanzas


class Shape(enum.IntFlag):
    """What a line is part of; a line can have several shapes, plain prose has none (0)."""

    CODE = 1
    TABLE = 2
    LIST = 4
    DIALOGUE = 8
    VERSE = 16
    FORM = 32
    ANSWER = 64
    HEADING = 128


#: How a report says that a line was held back for its shape.
SHAPE_REASONS = {
    "code": "it stands in code",
    "table": "it stands in a table",
    "list": "it is an item of a list",
    "dialogue": "it stands in a dialogue",
    "verse": "it stands in verse, where lines return",
    "form": "it is a field of a form",
    "answer": "it answers a question",
    "heading": "it is a heading",
}

# ``|`` on an IntFlag costs a fraction of a microsecond each; lines collect plain
# integers and get their Shape from this table at the end.
_SHAPES = tuple(Shape(value) for value in range(256))
MAYBE_CODE = 256
"""In rough shapes: the line by itself may be code, which :func:`line_shape` finds out."""
_CODE, _TABLE, _LIST, _DIALOGUE, _VERSE, _FORM, _ANSWER, _HEADING = (1 << bit for bit in range(8))

_CODE_LINE = re.compile(
    r"""(?:[a-z_$][\w.$:>-]*\([^()]*[,="'(\[].*\)\s*[;:{]?$   # a call: print(pdf, email)
         | [\w.$:>-]+\(.*\)[;:{]$ | [a-z_]\w*\(\w+\.\w+\)$ | [a-z_$][\w.]*\(\)$)
      | (?:\w[\w.\[\]"']*\s*(?:[:+*/|-]?=|=>|<-)\s*\S[^.!?]*$) # an assignment
      | (?:(?:def|class|fn|func|function|sub|public|private|static|void|int|const|let|var|struct|enum|typedef|template)
           \s+[\w:<>*&]+[^.!?]*[({:;=])
      | (?:(?:if|for|while|switch|catch|elseif|elif)\s*\(.*\)\s*[{:]?$)
      | (?:from\s+[\w.]+\s+import\s|import\s+[\w.{}*, "']+;?$|\#include\s*[<"]|\#define\s|\#!/|using\s+namespace\s)
      | (?:return\b[^.!?]*;$)
      | (?:[$%]\s+[a-z.~/]|>>>\s|\.\.\.\s{2,})
      | (?:</?[A-Za-z!?][^<>]*>.*>?\s*$(?<=>))  # <tag> ... >
      | (?:[{}\[\]();,]+$)
    """,
    re.VERBOSE,
)
_CODE_MARK = re.compile(r"[(=;{}<#]")
_COMMENT = re.compile(  # behind a line end, which is found far sooner than the beginning of a line
    r"""\n[ \t]*(?: // | /\* | \*/ | ["%!\\][ \t] | ;{1,4}[ \t]
                | \#[ \t]*(?:if|ifdef|ifndef|else|elif|endif|define|undef|include|pragma|error)\b )""",
    re.VERBOSE,
)
_NUMBERED = re.compile(
    r"""(?:\d{1,3}(?:\.\d{1,3})*[.)]\s+\S)
      | (?:\(?(?:[a-zA-Z]{1,2}|[ivxlcIVXLC]{1,6}|\d{1,3})\)\s+\S)
      | (?:(?:[a-zA-Z]|[ivxlcIVXLC]{1,6})\.\s+\S)
      | (?:§+\s*\d)
      | (?:(?:Articles?|Art\.|Artikel|Artículo|Articolo|Artigo|Section|Sec\.|Clause|Rule|Chapter|Part|Step|Schritt|
           Abschnitt|Kapitel|Chapitre|Annex|Appendix|Figure|Table|Статья)\s+(?:\d|[IVXLC]+\b))
    """,
    re.VERBOSE,
)
_QUANTITY = re.compile(r"(?:\d+(?:[.,/]\d+)?|[½¼¾⅓⅔⅛])\s*[^\W\d]")
_SPEAKER = re.compile(r"[^\W\d_][\w .'’()-]{0,30}:\s+\S")
_LABEL = re.compile(r"([^\W\d_][^:!?,;]{0,38}?)\s*:(?:\s+|(?=_)|$)")
_BRACKETED_NUMBER = re.compile(r"\[\d{1,3}\]\s+\S")
#: An entry of a bibliography: Marsh, A. (1999) ...
_REFERENCE = re.compile(r"[^\W\d_][\w'’-]+,\s[^\W\d_]\..*(?<![0-9])(?:1[5-9]|20)[0-9]{2}(?![0-9])")
#: A date or a time.
_STAMP = re.compile(r"[\[(]?(?:\d{1,3}:\d{1,2}|\d{1,4}([-/])\d{1,2}\1\d{1,4}|\d{1,4}\.\d{1,2}\.\d{2,4})(?!\d)")
#: Without a space behind, and not between figures.
_BARE_COMMA = re.compile(r"(?<![0-9]),(?=\S)|,(?=[^\s0-9])")
_GAP_FIELD = re.compile(r"_{3,}|\.{6,}|…{3,}|\[[ xX]?\]\s")
_COLUMN_GAP = re.compile(r"(?<=\S) {3,}(?=\S)")
_PRICE = re.compile(r"(?:[€$£¥₽]\s?\d|\d(?:[.,]\d\d)?\s?(?:[€$£¥₽]|(?:EUR|USD|GBP|CHF|PLN|zł|kr)\b)|\d[.,]\d\d$)")
_UNDERLINE = re.compile(r"([=\-~^*#+])\1{2,}$")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")


def line_shapes(text: str, lines: Sequence[Line]) -> list[Shape]:
    r"""Return the shape of each of *lines*, in order; 0 for prose, blank and unclaimed lines.

    *lines* are those of *text*, whole and in order (as ``split_lines`` gives them),
    because a shape often shows only in the lines around: two rows make a table.

    >>> from dedupe.text.segment import split_lines
    >>> poem = "The rain came down\nUpon the town,\nAnd all the lamps went out;\nA dog ran by\n"
    >>> {shape.name for shape in line_shapes(poem, split_lines(poem))}
    {'VERSE'}
    >>> menu = "Home\nAbout us\nContact\nImprint\n"
    >>> {int(shape) for shape in line_shapes(menu, split_lines(menu))}
    {0}
    >>> talk = "Do you ship abroad?\n\nYes\n"
    >>> line_shapes(talk, split_lines(talk))[2].name
    'ANSWER'
    """
    rough = rough_shapes(text, lines)
    return [_SHAPES[line_shape(shape, text[line.start : line.end])] for line, shape in zip(lines, rough, strict=True)]


def line_shape(rough: int, line: str) -> int:
    """Return the shape of *line* as an integer, given its rough one.

    >>> Shape(line_shape(MAYBE_CODE, "  print(pdf, email)")), Shape(line_shape(MAYBE_CODE, "Print (PDF)"))
    (<Shape.CODE: 1>, <Shape: 0>)
    """
    if rough & MAYBE_CODE:
        return rough ^ MAYBE_CODE | (_CODE if is_code(line.strip()) else 0)
    return rough


def rough_shapes(text: str, lines: Sequence[Line]) -> list[int]:
    """Return the shapes of :func:`line_shapes` as integers, without a look at lines that are code by themselves.

    Those are only marked as ``MAYBE_CODE``, and some others too: the rules are slow, and few lines are asked for.
    """
    raw = [text[line.start : line.end] for line in lines]
    bare = [line.strip() for line in raw]
    shapes = [0] * len(bare)
    present = [index for index, line in enumerate(bare) if line]
    if not present:
        return shapes
    for index in present:
        shapes[index] |= _shapes_alone(bare[index])
    _mark_code_blocks(raw, bare, present, shapes)
    _mark_comments(bare, present, shapes)
    _mark_tables(raw, bare, present, shapes)
    _mark_numbers(bare, present, shapes)
    _mark_values(bare, present, shapes)
    _mark_entries(bare, present, shapes)
    _mark_lists(bare, present, shapes)
    for index in stanzas(bare):
        shapes[index] |= _VERSE
    _mark_by_neighbour(raw, bare, present, shapes)
    return shapes


def _shapes_alone(line: str) -> int:
    """Return the shapes that one line shows by itself."""
    shapes = _shapes_by_head(line)
    if ("__" in line or "......" in line or "……" in line or line[0] == "[") and _GAP_FIELD.search(line):
        shapes |= _FORM
    return shapes | MAYBE_CODE if _may_be_code(line) else shapes


def _shapes_by_head(line: str) -> int:
    """Return the shapes that a line shows by how it begins; dispatched on its first character, for speed."""
    first = line[0]
    if first.isalnum():
        shapes = _labelled(line) if ":" in line[:42] else 0
        may_be_numbered = first.isdigit() or line[1:2] in ".)" or line[:5].isalnum()
        if (may_be_numbered and _NUMBERED.match(line)) or (first.isupper() and _REFERENCE.match(line)):
            shapes |= _LIST
        return shapes
    if first in DASHES:
        return _DIALOGUE
    if first in QUOTES:
        # «, » and ‹ also point to pages: "« Older posts" says nothing and closes nothing
        return _DIALOGUE if is_terminated(line) or any(mark in line[1:] for mark in QUOTES) else 0
    if first == ">" and line[1:2] in (" ", ">"):
        return _DIALOGUE if is_terminated(line) else 0
    if first == "#" and line.lstrip("#")[:1] == " " and len(line) - len(line.lstrip("#")) <= 6:
        return _HEADING
    if (first in "§(" and _NUMBERED.match(line)) or (first == "[" and _BRACKETED_NUMBER.match(line)):
        return _LIST
    if has_bullet(line):
        return _LIST | (_DIALOGUE if first == "-" and is_terminated(line) else 0)
    return 0


def _labelled(line: str) -> int:
    """``Label: value`` is a form, ``NAME: a sentence.`` is speech."""
    label = _LABEL.match(line)
    if label is None or len(label.group(1).split()) > 4:
        return 0
    value = line[label.end() :]
    if is_terminated(value) and _SPEAKER.match(line):
        return _DIALOGUE
    return _FORM if value and "." not in label.group(1) and len(value.split()) <= 8 else 0


def _may_be_code(line: str) -> bool:
    if len(line) > 400 or (line[-1] in TERMINAL and not line.startswith((">>> ", "$ ", "% "))):
        return False
    return _CODE_MARK.search(line) is not None or line.startswith((">>> ", "$ ", "import ", "from "))


def is_code(line: str) -> bool:
    """Tell whether *line*, without white space around it, is one of a program or of mark-up, wherever it stands.

    >>> is_code("print(pdf, email)"), is_code("Print (PDF)")
    (True, False)
    """
    if not _may_be_code(line):
        return False
    if _CODE_MARK.search(line) is None:
        return _CODE_LINE.match(line) is not None
    kinds = ("=" in line) + (";" in line) + ("{" in line or "}" in line) + ("(" in line and ")" in line)
    if kinds >= 2:
        marks = sum(map(line.count, "={};()"))
        if marks >= 4 and marks * 12 >= len(line):
            return True
    return _CODE_LINE.match(line) is not None


def count_comments(text: str) -> int:
    """Return how many lines of *text* begin as comments of programs do, or are for the preprocessor of C.

    Not those behind ``#`` or ``--``, which head sections and turns of a dialogue as well.

    >>> count_comments("// C\\n#ifdef X\\n  ; Lisp\\n% TeX\\n\\" Vim\\n# Markdown\\n-- Who is there?\\n")
    5
    """
    return len(_COMMENT.findall("\n" + text))


def _mark_code_blocks(raw: list[str], bare: list[str], present: list[int], shapes: list[int]) -> None:
    """Fenced blocks, and blocks indented by four more than the text around them."""
    _mark_fenced(raw, bare, present, shapes)
    _mark_indented(raw, bare, present, shapes)


def _mark_fenced(raw: list[str], bare: list[str], present: list[int], shapes: list[int]) -> None:
    fence = ""
    opened = 0
    for index in present:
        match = _FENCE.match(raw[index]) if bare[index][0] in "`~" else None
        if match is None:
            continue
        mark = match.group(1)
        if not fence:
            fence, opened = mark, index
        elif mark[0] == fence[0] and len(mark) >= len(fence) and bare[index] == mark:
            _mark_code(bare, shapes, opened, index + 1)
            fence = ""
    if fence.startswith("`"):  # never closed: to the end, as CommonMark has it; ~~~ may be an underline
        _mark_code(bare, shapes, opened, len(bare))


def _mark_code(bare: list[str], shapes: list[int], start: int, end: int) -> None:
    for index in range(start, end):
        shapes[index] |= _CODE if bare[index] else 0


def _mark_indented(raw: list[str], bare: list[str], present: list[int], shapes: list[int]) -> None:
    """Blocks behind a blank line, but for items of lists, sentences, and paragraphs of which only the first line is."""
    indents = [len(raw[index].expandtabs(4)) - len(raw[index].expandtabs(4).lstrip()) for index in present]
    if not any(indent >= 4 for indent in indents):
        return
    base = sorted(indents)[len(indents) // 4]  # a manual page is indented as a whole, its headings aside
    previous_indented, previous_index, in_list = False, -2, False
    for position, index in enumerate(present):
        indented = indents[position] >= base + 4
        if shapes[index] & _LIST:
            in_list = True
        elif not indented:
            in_list = False
        after_blank = index != previous_index + 1
        if indented and not in_list and (after_blank or previous_indented):
            follower = position + 1 < len(present) and present[position + 1] == index + 1
            first_line_indent = follower and indents[position + 1] < base + 4
            sentence = len(bare[index].split()) >= 12 and is_terminated(bare[index])
            if not first_line_indent and not sentence:
                shapes[index] |= _CODE
        previous_indented, previous_index = indented, index


def _mark_comments(bare: list[str], present: list[int], shapes: list[int]) -> None:
    """Comments of mark-up, which may have many lines."""
    opened = -1
    for index in present:
        if opened < 0 and bare[index].startswith("<!--"):
            opened = index
        if opened >= 0 and "-->" in bare[index]:
            _mark_code(bare, shapes, opened, index + 1)
            opened = -1


def _mark_tables(raw: list[str], bare: list[str], present: list[int], shapes: list[int]) -> None:
    """Two rows or more with as many bars, with tabs, or with gaps in the same place."""
    pipes = {index: bare[index].count("|") for index in present if "|" in bare[index]}
    tabs = {index for index in present if "\t" in bare[index]}
    gaps = {
        index: {place for match in _COLUMN_GAP.finditer(raw[index]) for place in (match.start(), -match.end())}
        for index in present
        if "   " in bare[index]
    }
    for above, below in pairwise(present):
        if below != above + 1:
            continue
        if (
            (above in pipes and below in pipes and (pipes[above] == pipes[below] or pipes[above] > 1 < pipes[below]))
            or (above in tabs and below in tabs)
            or (above in gaps and below in gaps and not gaps[above].isdisjoint(gaps[below]))
        ):
            shapes[above] |= _TABLE
            shapes[below] |= _TABLE


def _mark_numbers(bare: list[str], present: list[int], shapes: list[int]) -> None:
    """Three rows or more of prices or numbers."""
    run: list[int] = []
    for index in present:
        line = bare[index]
        if len(line) <= 120 and not line.isalpha() and (_PRICE.search(line) or _is_numeric(line)):
            run.append(index)
            _mark_if_three(run, shapes)
        # a price often stands on the line under its item: one other line does not end the run
        elif not run or index - run[-1] > 2 or len(line) > 80:
            run = []


def _mark_values(bare: list[str], present: list[int], shapes: list[int]) -> None:
    """Three rows or more of values that are separated by as many commas without a space."""
    run: list[int] = []
    commas = 0
    for index in present:
        count = len(_BARE_COMMA.findall(bare[index])) if "," in bare[index] else 0
        if run and (count != commas or index != run[-1] + 1):
            run = []
        if count:
            run.append(index)
            _mark_if_three(run, shapes)
        commas = count


def _mark_if_three(run: list[int], shapes: list[int]) -> None:
    """Make table rows of the last lines of a run that has three or more: those before are marked by then."""
    if len(run) >= 3:
        for row in run[-3:]:
            shapes[row] |= _TABLE


def _mark_entries(bare: list[str], present: list[int], shapes: list[int]) -> None:
    """Three lines or more that begin with a date or a time, two others between at most: a log, a chat, a docket."""
    run: list[int] = []  # places among those present
    for place, index in enumerate(present):
        if bare[index][0] not in "[(" and not bare[index][0].isdigit():
            continue
        if _STAMP.match(bare[index]) is None:
            continue
        if run and place - run[-1] > 3:
            run = []
        run.append(place)
        if len(run) >= 3:
            for entry in run[-3:]:
                shapes[present[entry]] |= _LIST


def _is_numeric(line: str) -> bool:
    digits = sum(map(str.isdigit, line))
    return digits >= 3 and 2 * digits >= sum(not char.isspace() for char in line)


def _mark_lists(bare: list[str], present: list[int], shapes: list[int]) -> None:
    """Four or more short parallel items without a bullet.

    A menu is also a run of short lines, so parallel must show in more than
    length: items that all end in a comma or semicolon, all open with a quantity
    (a recipe), or that stand under a line that ends in a colon.
    """
    for run in _runs(present, [len(line) <= 80 and len(line.split()) <= 9 for line in bare]):
        items = [bare[index] for index in run]
        if len(items) >= 4:
            listed = sum(item[-1] in ",;" for item in items)
            measured = sum(_QUANTITY.match(item) is not None for item in items)
            if 4 * max(listed, measured) >= 3 * len(items):
                for index in run:
                    shapes[index] |= _LIST
        above = next((bare[index] for index in range(run[0] - 1, max(run[0] - 3, -1), -1) if bare[index]), "")
        introduced = 0 if len(above) > 20 and above.endswith(":") else -1
        for place, item in enumerate(items):  # the colon may also be inside the run, on a line of a few words
            if introduced < 0 and item.endswith(":") and len(item.split()) >= 3:
                introduced = place + 1
        if 0 <= introduced <= len(items) - 2:
            for index in run[introduced:]:
                shapes[index] |= _LIST


def _mark_by_neighbour(raw: list[str], bare: list[str], present: list[int], shapes: list[int]) -> None:
    """Answers (under a question) and headings (above prose, or underlined)."""
    for above, below in pairwise(present):
        question, line = bare[above], bare[below]
        if question.rstrip(CLOSERS)[-1:] in ("?", "？", "؟") or question.startswith("Q:"):
            shapes[below] |= _ANSWER
        if line[0] == ":" and line[1:2].isspace() and below == above + 1:  # a definition list: term, then ": value"
            shapes[above] |= _FORM
            shapes[below] |= _FORM
        if len(question) > 80 or question[-1] in ",;" or is_terminated(question) or line_words(question) > 10:
            continue
        if below == above + 1 and len(line) >= 3 and _UNDERLINE.match(line) and 2 * len(line) >= len(question):
            shapes[above] |= _HEADING
            shapes[below] |= _HEADING
        elif not question[0].islower() and any(map(str.isalpha, question)):
            prose = (len(line) >= 60 and len(line.split()) >= 9) or unspaced_words(line) >= 12
            hanging = raw[below][0].isspace() and not raw[above][0].isspace() and len(line.split()) >= 3
            if prose or hanging:
                shapes[above] |= _HEADING


def _runs(present: list[int], wanted: list[bool]) -> list[list[int]]:
    """Group adjacent lines of *present* that are wanted."""
    runs: list[list[int]] = []
    previous = -2
    for index in present:
        if wanted[index]:
            if index == previous + 1:
                runs[-1].append(index)
            else:
                runs.append([index])
            previous = index
    return runs
