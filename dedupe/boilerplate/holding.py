"""Which guard holds back a line whose score would remove it, for what it is and for the text that it stands in."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import compress
from typing import NamedTuple

import numpy as np

from dedupe.boilerplate.edges import sums
from dedupe.boilerplate.facts import I64, Facts, Flags
from dedupe.boilerplate.guards import CLASS_GUARDS, COUNTED, PHRASE, WEAK, WIDGET, guard_of
from dedupe.boilerplate.lexicon import TailHit
from dedupe.boilerplate.menus import Menus
from dedupe.boilerplate.stances import (
    GIVES_WAY_TO_LAW,
    IS_COUNTED,
    IS_FOREIGN,
    IS_ONCE_A_PAGE,
    IS_WEAK,
    WEAK_ALONE,
    Stance,
)
from dedupe.text.layout import MAYBE_CODE, Shape, is_code, line_shape
from dedupe.text.marks import has_bullet

_OWN = frozenset({"source-df"})
_LEARNED = frozenset({"learned"})
_ZONE = frozenset({"zone"})
_MARKED = frozenset({"marked"})
_TALLY = frozenset({"tally"})
_CODE, _FORM = int(Shape.CODE), int(Shape.FORM)
_TAIL_HELD = tuple(
    (int(shape), (shape.name or "").lower()) for shape in (Shape.CODE, Shape.TABLE, Shape.DIALOGUE, Shape.VERSE)
)


class _Surroundings(NamedTuple):
    """What stands around a line; of some of it, as is said there, only where that matters."""

    at_edge: bool
    is_clear: bool
    is_indented: bool
    in_menu: bool
    in_menu_list: bool
    in_source: bool
    is_lone: bool
    is_topic: bool  # with what the lexicon knows alone
    is_heading: bool  # of what rests on little
    comes_often: bool  # of what stands once or twice on a page
    is_deep: bool  # of the same
    is_transcript: bool  # word by word, or by the times when it is shown
    in_chat: bool
    is_on_page: bool  # of what rests on a weak phrase
    heads_block: bool
    heads_list: bool  # of what rests on little
    heads_others: bool  # of what only other sources have
    is_laid_out: bool
    is_piece: bool
    is_broken: bool  # of the same
    is_wrapped: bool
    in_wrapped_text: bool
    in_legal_text: bool  # of what gives way to it
    in_program: bool
    rough_shape: int
    form_alone: bool
    is_between: bool
    is_first: bool


def line_guards(
    lines: I64,
    stances: Sequence[Stance],
    facts: Facts,
    menus: Menus,
    in_menus: Flags,
    lone: Flags,
    sure: Flags,
    *,
    known_only: bool,
) -> list[str]:
    """Return for each of *lines*, which have these *stances*, the name of the guard that holds it back, "" for none.

    *menus* are the lists of the batch. *in_menus* and *lone* tell of all its lines whether they stand in a long run of
    known ones, and whether next to none is known near them, and *sure* tells of widgets, strong phrases and what their
    own source has. With *known_only*, what the lexicon does not know stays.
    """
    marks = np.array([stance.marks for stance in stances], dtype=np.int64)
    in_menu = in_menus[lines] & facts.at_edge[lines] & facts.is_anchored[lines]  # outside of what is surely a text
    weak, foreign = ((marks & mark) > 0 for mark in (IS_WEAK, IS_FOREIGN))
    little = (marks & (IS_WEAK | IS_COUNTED)) > 0
    heads, heads_list, heads_others, is_broken = little.copy(), little.copy(), foreign.copy(), foreign.copy()
    heads[little] = facts.are_headings(lines[little], [stance.reading.normal for stance in compress(stances, little)])
    heads_list[little] = menus.head_lists(lines[little])
    if foreign.any():  # most lines that go are known in their own source
        heads_others[foreign] = menus.head_others(lines[foreign])
        is_broken[foreign] = facts.is_broken[lines[foreign]]
    once = ((marks & IS_ONCE_A_PAGE) > 0) & ~in_menu
    topics = weak & known_only
    topics[topics] = facts.are_topics(lines[topics], [stance.reading.normal for stance in compress(stances, topics)])
    columns = (  # of _Surroundings, in order
        facts.at_edge[lines],
        facts.is_clear[lines],
        facts.lines.indents[lines] > 0,
        in_menu,
        menus.have(lines),
        facts.in_source(lines),
        lone[lines],
        topics,
        heads,
        facts.come_often(lines, once),
        once & facts.is_deep[lines],
        facts.is_transcript[lines],
        facts.in_chat[lines],
        facts.has_text[lines] | (sums(sure, facts.lines.offsets) > 0)[facts.text_of[lines]],
        facts.heads_block[lines],
        heads_list,
        heads_others,
        facts.is_laid_out[lines],
        facts.is_piece[lines],
        is_broken,
        facts.is_wrapped[lines],
        facts.is_wrapped_text[lines],
        facts.are_legal(lines, (marks & GIVES_WAY_TO_LAW) > 0),
        facts.in_programs(lines),
        facts.rough_shapes(lines),
        facts.stand_alone(lines, _FORM),
        facts.is_between[lines],
        facts.place[lines] == facts.first[lines],
    )
    rows = map(_Surroundings._make, zip(*[column.tolist() for column in columns], strict=True))
    return [_line_guard(stance, around, known_only) for stance, around in zip(stances, rows, strict=True)]


@lru_cache(maxsize=1 << 12)
def _line_guard(stance: Stance, around: _Surroundings, known_only: bool) -> str:
    """What holds back a line: the same furniture stands in the same surroundings on thousands of pages."""
    reading, basis = stance.reading, stance.basis
    rests_on_little = basis in (WEAK, COUNTED)
    in_menu_list = around.in_menu_list and has_bullet(reading.content)
    is_part = around.is_indented or reading.content.endswith(":")  # of an example, or of a form
    is_menu = in_menu_list or (around.in_menu and around.in_wrapped_text and not is_part)
    if known_only and not reading.is_suspect:
        return "unknown"
    if around.is_topic:
        return "topic"
    if around.is_lone and stance.names == WEAK_ALONE and not reading.is_trusted:
        return "alone"
    in_zone = around.is_clear and stance.has(_ZONE)
    heads_others = around.heads_others or (around.heads_list and not in_zone and not reading.is_trusted)
    if heads_others and not around.in_source:
        return "structure"
    if around.is_broken:
        return "wrapped"
    if around.is_heading:
        return "heading"
    if basis == WEAK and not around.is_on_page and not stance.has(_MARKED):
        return "textless"
    if around.comes_often or around.is_deep or around.is_transcript:
        return "structure"
    if reading.is_comment:
        return "structure"
    if rests_on_little and around.in_chat:
        return "dialogue"
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
    if around.in_program and basis not in (WIDGET, PHRASE) and not in_zone:
        return "code"
    says_more = reading.entry is not None or stance.has(_TALLY)
    if stance.marks & (IS_WEAK | IS_FOREIGN) and not in_zone and not says_more and around.rough_shape & MAYBE_CODE:
        return "code"
    if reading.entry is not None and reading.entry.kind in CLASS_GUARDS:
        return CLASS_GUARDS[reading.entry.kind]
    counted = stance.evidence is not None
    shape = line_shape(around.rough_shape, reading.content)
    is_sure = around.in_menu or (around.at_edge and basis in (WIDGET, PHRASE))
    if is_sure and around.in_source and not is_code(reading.content):
        shape &= ~_CODE  # it is indented as in the source of its page
    guard = guard_of(
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
    if guard or not rests_on_little or stance.has(_LEARNED):
        return guard
    if around.in_menu:
        # right at the top a number is more likely that of the document
        is_numbered = basis == COUNTED and around.is_first and reading.has_figures and not reading.is_suspect
        return "figures" if is_numbered else ""
    if reading.is_bracketed and (reading.words == 1 or not reading.is_trusted):
        return "structure"
    if basis == COUNTED and not reading.is_suspect:
        if reading.has_figures:
            return "figures"
        if reading.is_unfinished or (around.is_between and not in_zone):
            return "structure"
    return ""


def _is_running_head(stance: Stance) -> bool:
    """Whether a person may have agreed to take the line, or it is always near an end of the documents of its source.

    A sentence that comes back in the middle of them is part of what manuals of one kind say.
    """
    if stance.has(_LEARNED):
        return True
    return stance.evidence is not None and stance.has(_OWN) and stance.evidence.is_at_ends


def tail_guard(content: str, tail: TailHit, line: int, facts: Facts) -> str:
    """Return the name of the guard that holds back the *tail* of a *line* with this *content*, "" for none."""
    if tail.entry.kind in CLASS_GUARDS:
        return CLASS_GUARDS[tail.entry.kind]
    at = np.array([line])
    if facts.in_programs(at).item():
        return "code"
    held = line_shape(facts.rough_shapes(at).item(), content)
    return next((name for flag, name in _TAIL_HELD if flag & held), "")
