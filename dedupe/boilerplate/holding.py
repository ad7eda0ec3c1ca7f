"""Which guard holds back a line whose score would remove it, for what it is and for the text that it stands in."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress
from typing import NamedTuple

import numpy as np

from dedupe.boilerplate.facts import I64, Facts, Flags
from dedupe.boilerplate.guards import CLASS_GUARDS, COUNTED, LEGAL_BASES, PHRASE, WEAK, WIDGET, guard_of
from dedupe.boilerplate.lexicon import TailHit
from dedupe.boilerplate.stances import WEAK_ALONE, Stance
from dedupe.text.layout import MAYBE_CODE, Shape, has_bullet, is_code, line_shape

#: Rules of what stands once or twice on a page; buttons and bylines may stand at every post.
_ONCE_A_PAGE = frozenset(f"boilerplate/{kind}" for kind in ("frequency", "nav", "related", "neighbour", "none"))
_OWN = frozenset({"source-df"})
_LEARNED = frozenset({"learned"})
_KNOWN_HERE = _OWN | _LEARNED
_ZONE = frozenset({"zone"})
_TALLY = frozenset({"tally"})
_CODE, _FORM = int(Shape.CODE), int(Shape.FORM)
_TAIL_HELD = tuple(
    (int(shape), (shape.name or "").lower()) for shape in (Shape.CODE, Shape.TABLE, Shape.DIALOGUE, Shape.VERSE)
)


class _Surroundings(NamedTuple):
    """What stands around a line; is it a heading, often, deep or in a legal text: only where that matters."""

    at_edge: bool
    is_clear: bool
    in_menu: bool
    in_menu_list: bool
    in_source: bool
    is_lone: bool
    is_heading: bool
    comes_often: bool
    is_deep: bool
    heads_block: bool
    heads_others: bool
    is_laid_out: bool
    is_piece: bool
    is_broken: bool
    is_wrapped: bool
    in_wrapped_text: bool
    in_legal_text: bool
    rough_shape: int
    form_alone: bool


def line_guards(
    lines: I64, stances: Sequence[Stance], facts: Facts, in_menus: Flags, known: Flags, lone: Flags, *, known_only: bool
) -> list[str]:
    """Return for each of *lines*, which have these *stances*, the name of the guard that holds it back, "" for none.

    *in_menus*, *known* and *lone* tell of all lines of the batch whether they stand in a long run of known ones,
    whether they are known ones of a run, and whether next to none is known near them. With *known_only*, what the
    lexicon does not know stays.
    """
    in_menu = in_menus[lines] & facts.at_edge[lines] & facts.is_anchored[lines]  # outside of what is surely a text
    heads = np.array([stance.basis in (WEAK, COUNTED) for stance in stances], dtype=bool)
    normals = [stance.reading.normal for stance in compress(stances, heads)]
    heads[heads] = facts.are_headings(lines[heads], normals)
    in_menu_list = in_menu.copy()
    if in_menu.any():
        in_menu_list[in_menu] = facts.in_menu_lists(lines[in_menu], known)
    once = np.array([stance.rule in _ONCE_A_PAGE for stance in stances], dtype=bool) & ~in_menu
    legal = np.array([_gives_way_to_law(stance) for stance in stances], dtype=bool)
    columns = (  # of _Surroundings, in order
        facts.at_edge[lines],
        facts.is_clear[lines],
        in_menu,
        in_menu_list,
        facts.in_source(lines),
        lone[lines],
        heads,
        facts.come_often(lines, once),
        once & facts.is_deep[lines],
        facts.heads_block[lines],
        facts.head_others(lines, known),
        facts.is_laid_out[lines],
        facts.is_piece[lines],
        facts.is_broken[lines],
        facts.is_wrapped[lines],
        facts.is_wrapped_text[lines],
        facts.are_legal(lines, legal),
        facts.rough_shapes(lines),
        facts.stand_alone(lines, _FORM),
    )
    rows = map(_Surroundings._make, zip(*[column.tolist() for column in columns], strict=True))
    return [
        _line_guard(line, stance, around, facts, known_only=known_only)
        for line, stance, around in zip(lines.tolist(), stances, rows, strict=True)
    ]


def _gives_way_to_law(stance: Stance) -> bool:
    return stance.basis in LEGAL_BASES and (stance.evidence is not None or stance.basis == COUNTED)


def _line_guard(line: int, stance: Stance, around: _Surroundings, facts: Facts, *, known_only: bool) -> str:
    reading, basis = stance.reading, stance.basis
    rests_on_little = basis in (WEAK, COUNTED)
    in_menu_list = around.in_menu_list and has_bullet(reading.content)
    is_part = facts.lines.indents.item(line) > 0 or reading.content.endswith(":")  # of an example, or of a form
    is_menu = in_menu_list or (around.in_menu and around.in_wrapped_text and not is_part)
    if known_only and not reading.is_suspect:
        return "unknown"
    if known_only and basis == WEAK and facts.topics(line).has(reading.normal):
        return "topic"
    if around.is_lone and stance.names == WEAK_ALONE and not reading.is_trusted:
        return "alone"
    in_zone = around.is_clear and stance.has(_ZONE)
    is_foreign = rests_on_little and stance.evidence is not None and not stance.has(_KNOWN_HERE)
    if is_foreign and around.heads_others and not around.in_source:
        return "structure"
    if is_foreign and around.is_broken:
        return "wrapped"
    if around.is_heading:
        return "heading"
    if around.comes_often or around.is_deep:
        return "structure"
    if reading.is_comment:
        return "structure"
    if rests_on_little and (
        reading.is_mark_up
        or (around.heads_block and reading.may_head and not (around.in_menu and around.in_source))
        or (around.is_laid_out and not is_menu and not _is_running_head(stance))
    ):
        return "structure"
    if basis == COUNTED and around.is_laid_out and around.is_piece and not stance.has(_LEARNED):
        return "wrapped"
    if basis == COUNTED and not in_zone and reading.is_introduction:
        return "structure"
    if (basis == WEAK or is_foreign) and not in_zone:
        says_more = reading.entry is not None or stance.has(_TALLY)
        if facts.in_program(line) or (not says_more and around.rough_shape & MAYBE_CODE):
            return "code"
    if reading.entry is not None and reading.entry.kind in CLASS_GUARDS:
        return CLASS_GUARDS[reading.entry.kind]
    counted = stance.evidence is not None
    shape = line_shape(around.rough_shape, reading.content)
    is_sure = around.in_menu or (around.at_edge and basis in (WIDGET, PHRASE))
    if is_sure and around.in_source and not is_code(reading.content):
        shape &= ~_CODE  # it is indented as in the source of its page
    return guard_of(
        shape,
        basis,
        at_edge=around.at_edge,
        form_alone=around.form_alone,
        in_menu=in_menu_list or (around.in_menu and stance.is_known and reading.content[0].isalpha()),
        in_zone=in_zone,
        wrapped=around.is_wrapped,
        in_wrapped_text=around.is_wrapped and around.in_wrapped_text,
        legal_text=around.in_legal_text,
        legal_line=reading.entry is None and (counted or "©" in reading.content) and reading.is_legal,
    )


def _is_running_head(stance: Stance) -> bool:
    """Whether a person may have agreed to take the line, or it is always near an end of the documents of its source.

    A sentence that comes back in the middle of them is part of what manuals of one kind say.
    """
    if stance.has(_LEARNED):
        return True
    return stance.evidence is not None and stance.has(_OWN) and stance.evidence.is_at_ends


def tail_guard(content: str, rough_shape: int, tail: TailHit) -> str:
    """Return the name of the guard that holds back the *tail* of a line, "" for none."""
    if tail.entry.kind in CLASS_GUARDS:
        return CLASS_GUARDS[tail.entry.kind]
    held = line_shape(rough_shape, content)
    return next((name for flag, name in _TAIL_HELD if flag & held), "")
