r"""Repair of damaged text: what was written is put right, and every change is a small, explained span.

Damage is mojibake (UTF-8 read in another encoding), C1 controls, halves of UTF-16
pairs, terminal escapes, control characters, and letters parted from their combining
marks. Curly quotes, wide characters, ligatures and HTML entities are taste, not
damage, and stay as written unless asked for. Line ends are never touched; a lone
U+0085, though, is read as the windows-1252 ellipsis that it nearly always was.

The work is that of ftfy (https://ftfy.readthedocs.io), line by line without the line
end, so that no line's result depends on another. Two steps are ours:
:func:`separate_words`, because ftfy glues the words that a vertical tab stood between,
and :func:`compose_marks`, because NFC would also rewrite letters that nobody damaged.
:mod:`dedupe.text.damage` says cheaply which lines need any of this.

Approximate: where a change begins and ends is found by comparing the two texts, since
ftfy tells what it did, not where. Applying the spans gives the repaired text exactly.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from dedupe.model import Repair
from dedupe.text.composing import normalized
from dedupe.text.damage import UNSEEN, composing_marks, needs_composing, needs_ftfy, needs_repair
from dedupe.text.diagnosis import Steps, kind_of_change, steps_of, why_changed
from dedupe.text.layout import is_code
from dedupe.text.segment import split_lines
from dedupe.text.spans import changed_spans

if TYPE_CHECKING:
    from ftfy import ExplainedText, TextFixerConfig

#: ftfy repairs a line in pieces of this size (its ``max_decode_length``).
_PIECE_CHARS = 1_000_000

#: Few enough to look at each line where one is suspicious, enough to pass over the others quickly.
_BLOCK_CHARS = 4096

#: A line that has not come to rest by then is left as it was; none is known.
_MOST_ROUNDS = 10


_SEPARATORS = re.compile(r"[\x00\x0b\x1c-\x1f]")
_WORD_BEFORE = re.compile(r"\w+\Z")
_WORD_AFTER = re.compile(r"\w{1,20}")
_LINE_BREAK = re.compile(r"\r\n|\r|\n")


def repair_text(text: str, *, extras: Collection[str] = ()) -> tuple[str, list[Repair]]:
    r"""Return the repaired text, and the repairs in order of place.

    Replacing ``[start, end)`` of every applied repair by its replacement gives the
    returned text; repairs that are not applied are for review and change nothing.
    Sound text comes back as the same object. Repairing twice is repairing once.

    *extras* are matters of taste to change too, any of ``entities``, ``quotes``,
    ``widths`` and ``ligatures``.

    >>> text, repairs = repair_text("Le cafÃ© est fermÃ©.\r\n")
    >>> text
    'Le café est fermé.\r\n'
    >>> repairs[0]  # doctest: +NORMALIZE_WHITESPACE
    Repair(start=6, end=8, replacement='é', rule='repair/mojibake',
           steps=('encode latin-1', 'decode utf-8'),
           why='UTF-8 text had been read as windows-1252: "cafÃ©" was "café"', applied=True)

    A single piece of mojibake in quotation marks or code is probably an example of it.

    >>> text, repairs = repair_text("The browser shows “Ã©” instead.")
    >>> text, repairs[0].replacement, repairs[0].applied
    ('The browser shows “Ã©” instead.', 'é', False)

    >>> repair_text("“Curly”, ﬁne, ＡＢＣ, AT&amp;T")
    ('“Curly”, ﬁne, ＡＢＣ, AT&amp;T', [])
    >>> repair_text("“Curly”, ﬁne, ＡＢＣ, AT&amp;T", extras=["quotes", "entities"])[0]
    '"Curly", ﬁne, ＡＢＣ, AT&T'
    """
    wanted = frozenset(extras)
    if not needs_repair(text, wanted):
        return text, []
    pieces: list[str] = []
    repairs: list[Repair] = []
    done = 0
    for start, content in _suspicious_lines(text, wanted):
        rest = _come_to_rest(content, wanted)
        repairs.extend(_repairs(content, start, rest))
        if rest.text != content:
            pieces += text[done:start], rest.text
            done = start + len(content)
    return ("".join([*pieces, text[done:]]) if pieces else text), repairs


def _suspicious_lines(text: str, extras: frozenset[str]) -> Iterator[tuple[int, str]]:
    """Yield start and content of the lines that may need repair; sound blocks of lines are passed over whole."""
    start = 0
    while start < len(text):
        stop = text.find("\n", start + _BLOCK_CHARS) + 1 or len(text)
        block = text[start:stop]
        if needs_repair(block, extras):
            for line in split_lines(block):
                content = block[line.start : line.end]
                if needs_repair(content, extras):
                    yield start + line.start, content
        start = stop


def separate_words(line: str) -> str:
    r"""Put a space where NUL, a vertical tab or a separator (U+001C to U+001F) stands between two words.

    Elsewhere, beside a space or at an end of the line, they go; so do the control
    characters and terminal escapes that stand with them. Others are left to ftfy.

    >>> separate_words("one\x0btwo \x0bthree\x00"), separate_words("one\x01two")
    ('one two three', 'one\x01two')
    """
    if not _SEPARATORS.search(line):
        return line

    def replacement(run: re.Match[str]) -> str:
        if not _SEPARATORS.search(run[0]):
            return run[0]
        before, after = line[: run.start()][-1:], line[run.end() : run.end() + 1]
        glued = before and after and not before.isspace() and not after.isspace()
        return " " if glued else ""

    return UNSEEN.sub(replacement, line)


def compose_marks(line: str) -> str:
    r"""Join letters with the combining marks after them, and Hangul written in its parts.

    This is NFC, but only for a letter with its marks, and only where that makes it
    shorter: characters that NFC merely exchanges (U+212B, CJK compatibility
    ideographs, Devanagari U+0958) and orders of marks (Hebrew points) stay as written.

    >>> compose_marks("cafe\u0301 \u212b"), compose_marks("\u1112\u1161\u11ab")
    ('caf\xe9 \u212b', '\ud55c')
    """
    if not needs_composing(line):
        return line
    composing = composing_marks()

    def attaches(place: int) -> bool:
        return unicodedata.combining(line[place]) != 0 or composing.match(line, place) is not None

    pieces: list[str] = []
    done = seen = 0
    for mark in composing.finditer(line):
        if mark.start() < seen:
            continue
        start, end = mark.span()
        while start > seen and attaches(start):
            start -= 1
        while end < len(line) and attaches(end):
            end += 1
        seen = end
        written = line[start:end]
        composed = normalized("NFC", written)
        if len(composed) < len(written) and all(unicodedata.is_normalized("NFC", char) for char in written):
            pieces += line[done:start], composed
            done = end
    return "".join([*pieces, line[done:]])


# -- a line until nothing changes any more


class _Held(NamedTuple):
    """Mojibake that stays for review, what it would become, by which steps, and why it stays."""

    start: int
    end: int
    replacement: str
    steps: tuple[Steps, ...]
    reason: str


class _Rest(NamedTuple):
    """A line at rest, the steps that led there, and what in it waits for review."""

    text: str
    steps: tuple[Steps, ...]
    held: list[_Held]


def _come_to_rest(line: str, extras: frozenset[str]) -> _Rest:
    steps: tuple[Steps, ...] = ()
    text = line
    for _ in range(_MOST_ROUNDS):
        changed, held, taken = _one_round(text, extras)
        steps += tuple(step for step in taken if step not in steps)
        if changed == text:
            return _Rest(text, steps, held)
        text = changed
        if _LINE_BREAK.search(text):  # from an entity; the next run would read two lines
            return _rest_of_lines(text, extras, steps)
    return _Rest(line, (), [])


def _rest_of_lines(text: str, extras: frozenset[str], steps: tuple[Steps, ...]) -> _Rest:
    pieces: list[str] = []
    held = []
    for line in split_lines(text):
        rest = _come_to_rest(text[line.start : line.end], extras)
        shift = sum(map(len, pieces))
        held += [mark._replace(start=mark.start + shift, end=mark.end + shift) for mark in rest.held]
        steps += tuple(step for step in rest.steps if step not in steps)
        pieces += rest.text, text[line.end : line.stop]
    return _Rest("".join(pieces), steps, held)


def _one_round(line: str, extras: frozenset[str]) -> tuple[str, list[_Held], tuple[Steps, ...]]:
    """Return *line* changed once, but for mojibake that is better held back."""
    repaired, steps = _changed(line)
    if repaired != line:
        held = _held_back(line, repaired, steps)
        if held:
            return _changed_around(line, held, extras)
    if extras:
        repaired, steps = _changed(line, extras)
    return repaired, [], steps


def _changed_around(line: str, held: list[_Held], extras: frozenset[str]) -> tuple[str, list[_Held], tuple[Steps, ...]]:
    pieces: list[str] = []
    shifted: list[_Held] = []
    steps: tuple[Steps, ...] = ()
    done = length = 0
    for mark in [*held, None]:
        piece, taken = _changed(line[done : mark.start if mark else len(line)], extras, encoding=False)
        steps += taken
        length += len(piece)
        pieces.append(piece)
        if mark:
            pieces.append(line[mark.start : mark.end])
            shifted.append(mark._replace(start=length, end=length + mark.end - mark.start))
            done = mark.end
            length += done - mark.start
    return "".join(pieces), shifted, steps


def _changed(
    line: str, extras: frozenset[str] = frozenset(), *, encoding: bool = True
) -> tuple[str, tuple[Steps, ...]]:
    steps: list[Steps] = []
    text = separate_words(line)
    if text != line:
        steps.append(("apply separate_words",))
    if needs_ftfy(text, extras):
        import ftfy  # 50 ms, and most texts never need it

        config = _ftfy_config(extras, encoding)
        fixed = [ftfy.fix_and_explain(text[i : i + _PIECE_CHARS], config) for i in range(0, len(text), _PIECE_CHARS)]
        text = "".join(piece.text for piece in fixed)
        steps += dict.fromkeys(group for piece in fixed for group in _grouped(piece))
    composed = compose_marks(text)
    if composed != text:
        steps.append(("apply compose_marks",))
    return composed, tuple(steps)


@lru_cache(maxsize=64)
def _ftfy_config(extras: frozenset[str], encoding: bool) -> TextFixerConfig:
    from ftfy import TextFixerConfig

    # A config object with explain left on: without it ftfy 6.3 forgets the other settings in fix_encoding.
    return TextFixerConfig(
        unescape_html="entities" in extras,
        uncurl_quotes="quotes" in extras,
        fix_character_width="widths" in extras,
        fix_latin_ligatures="ligatures" in extras,
        fix_encoding=encoding,
        fix_c1_controls=encoding,
        fix_line_breaks=False,
        normalization=None,
    )


def _grouped(explained: ExplainedText) -> Iterator[Steps]:
    group: Steps = ()
    for action, parameter in explained.explanation or ():
        group += (f"{action} {parameter}",)
        if action in ("decode", "apply") or parameter == "fix_c1_controls":
            yield group
            group = ()


def _repairs(line: str, offset: int, rest: _Rest) -> list[Repair]:
    """Return the repairs that lead from *line*, which starts at *offset*, to *rest*."""
    repairs: list[Repair] = []
    done = fixed_done = 0
    for mark in [*rest.held, None]:
        place, fixed_place = len(line), len(rest.text)
        if mark:
            fixed_place = mark.start
            place = _place_before(line, rest.text, mark, done)
            if place < 0:  # its own text came out of a repair: nothing of the original to show
                continue
        changes = [
            (start + done, end + done, rest.text[fixed_done + fixed_start : fixed_done + fixed_end])
            for start, end, fixed_start, fixed_end in changed_spans(line[done:place], rest.text[fixed_done:fixed_place])
        ]
        nexts = [start for start, _, _ in changes[1:]] + [place]
        for (start, end, replacement), following in zip(changes, nexts, strict=False):
            repairs.append(_repair(line, offset, (start, end), replacement, rest.steps, (done, following)))
            done = end
        if mark:
            span = place, place + mark.end - mark.start
            repair = _repair(line, offset, span, mark.replacement, mark.steps, (done, len(line)))
            repairs.append(replace(repair, why=f"{repair.why}; {mark.reason}", applied=False))
            done, fixed_done = span[1], mark.end
    return repairs


def _place_before(line: str, fixed: str, mark: _Held, done: int) -> int:
    """Return where what stands at *mark* in *fixed* stood in *line*, from *done* on; -1 if it did not."""
    written = fixed[mark.start : mark.end]
    expected = mark.start
    for start, end, fixed_start, fixed_end in changed_spans(line, fixed):
        if fixed_start > mark.start:
            break
        expected = max(start, mark.start - fixed_end + end)
    places = (line.rfind(written, done, expected + len(written)), line.find(written, max(done, expected)))
    return min(places, key=lambda place: abs(place - expected) if place >= 0 else len(line) + 1)


def _repair(
    line: str, offset: int, span: tuple[int, int], replacement: str, steps: tuple[Steps, ...], room: tuple[int, int]
) -> Repair:
    """Describe one change; *room* is the unchanged text around it, from which its word is quoted."""
    written = line[slice(*span)]
    kind = kind_of_change(written, replacement, steps)
    before, after = (
        _WORD_BEFORE.search(line, max(room[0], span[0] - 20), span[0]),
        _WORD_AFTER.match(line, span[1], room[1]),
    )
    why = why_changed(kind, written, replacement, steps, before[0] if before else "", after[0] if after else "")
    return Repair(span[0] + offset, span[1] + offset, replacement, f"repair/{kind}", steps_of(kind, steps), why)


# -- is it better held back?


def _held_back(line: str, repaired: str, steps: tuple[Steps, ...]) -> list[_Held]:
    """Return what was decoded but may have been meant: quoted examples, or all of it in a line of guesses."""
    decoded = (
        (_Held(i, j, repaired[k:m], steps, _GUESS), kind)
        for i, j, k, m in changed_spans(line, repaired)
        if (kind := kind_of_change(line[i:j], repaired[k:m], steps)) in ("mojibake", "c1")
    )
    if _in_other_encoding(repaired):
        return [mark for mark, _ in decoded]
    few = list(islice(decoded, _MOST_EXAMPLES + 1))
    is_example = _is_quoted if len(few) == 1 else _is_all_quoted
    if len(few) <= _MOST_EXAMPLES and all(
        kind == "mojibake" and is_example(line, mark.start, mark.end) for mark, kind in few
    ):
        return [mark._replace(reason=_EXAMPLE) for mark, _ in few]
    return []


_EXAMPLE = "it stands in quotation marks or code, so it may be meant as an example, and stays"
_GUESS = "the line seems to be in another encoding still, so this would be a guess, and it stays"

#: Opening quotation marks and what closes them in the languages that open so.
_QUOTES = dict(zip("“„”‘‚’«»‹›「『\"'`", ("”", "“”", "”", "’", "‘’", "’", *"»«›‹」』\"''"), strict=True))
#: These also stand inside words, and open and close alike; their neighbours must tell.
_AMBIGUOUS = frozenset("\"'`’‘”")
_CODE = re.compile(r"<(/?)(?:code|kbd|pre|samp|tt)\b[^<>]*>", re.IGNORECASE)
#: A line with more pieces of mojibake than these is damaged, whatever stands around each.
_MOST_EXAMPLES = 4
#: More words than these in quotation marks are speech, and damage there is damage.
_EXAMPLE_WORDS = 4
_EXAMPLE_CHARS = 80


#: No language writes five different enough accented letters in a row; KOI8 or Greek read as Latin-1 does.
_ACCENTED = re.compile("[À-ÿ]{5,}")


def _in_other_encoding(line: str) -> bool:
    """Tell whether *line* holds words of accented letters only: Russian in KOI8-R, say, read as Latin-1.

    ftfy knows UTF-8 misread, and here and there two such letters look like it.
    """
    return any(len(set(word[0])) >= 4 for word in _ACCENTED.finditer(line))


def _is_quoted(line: str, start: int, end: int) -> bool:
    """Tell whether ``line[start:end]`` stands in code, or in quotation marks with few words around it.

    Real texts on encodings do this in nearly every language they are translated to:
    "it shows “Ã©”". Quotation marks inside the span itself are part of the damage. Manuals say what a line
    of a program prints in a comment: "// tÃ©st".
    """
    bare = line.strip()
    if bare.startswith("//") or is_code(bare):
        return True
    ticks = len(re.findall("`+", line[:start]))
    if ticks % 2 and "`" in line[end:]:
        return True
    tags = [*_CODE.finditer(line, 0, start)]
    closing = _CODE.search(line, end)
    if tags and not tags[-1][1] and closing and closing[1]:
        return True
    return any(
        _encloses(line, start, end, place)
        for place in range(start - 1, max(-1, start - 1 - _EXAMPLE_CHARS), -1)
        if line[place] in _QUOTES
    )


def _is_all_quoted(line: str, start: int, end: int) -> bool:
    """Tell whether ``line[start:end]`` is all that stands in its quotation marks, with or without blanks beside it."""
    before, behind = line[:start].rstrip(), line[end:].lstrip()
    return bool(before and behind) and before[-1] in _QUOTES and behind[0] in _QUOTES[before[-1]]


def _encloses(line: str, start: int, end: int, opening: int) -> bool:
    mark = line[opening]
    if mark in _AMBIGUOUS and line[:opening][-1:].isalnum():
        return False
    if mark == '"' and line.count('"', 0, start) % 2 == 0:
        return False
    for closing in range(end, min(len(line), end + _EXAMPLE_CHARS)):
        if line[closing] in _QUOTES[mark] and not (mark in _AMBIGUOUS and line[closing + 1 : closing + 2].isalnum()):
            closed_before = any(line.find(close, opening + 1, start) >= 0 for close in _QUOTES[mark])
            return len(line[opening + 1 : closing].split()) <= _EXAMPLE_WORDS and not closed_before
    return False


# -- where it changed
