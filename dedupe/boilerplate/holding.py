"""Which guard holds back a line whose score would remove it, for what it is and for the text that it stands in."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import compress
from typing import NamedTuple

import numpy as np

from dedupe.boilerplate.belonging import are_subjects, may_be_said, on_cards
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
    IS_PHRASE,
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
_CODE, _FORM, _VERSE = map(int, (Shape.CODE, Shape.FORM, Shape.VERSE))
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
    is_subject: bool  # of phrases inside the text
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
    on_card: bool  # of what rests on little
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
    on_card = little.copy()
    on_card[little] = on_cards(lines[little], facts)
    once = ((marks & IS_ONCE_A_PAGE) > 0) & ~in_menu
    topics = weak & known_only
    topics[topics] = facts.are_topics(lines[topics], [stance.reading.normal for stance in compress(stances, topics)])
    subjects = ((marks & (IS_WEAK | IS_PHRASE)) > 0) & may_be_said(facts)[lines]
    subjects[subjects] = are_subjects(
        lines[subjects], [stance.reading.normal for stance in compress(stances, subjects)], facts
    )
    columns = (  # of _Surroundings, in order
        facts.at_edge[lines],
        facts.is_clear[lines],
        facts.lines.indents[lines] > 0,
        in_menu,
        menus.have(lines),
        facts.in_source(lines),
        lone[lines],
        topics,
        subjects,
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
        on_card,
        facts.is_between[lines],
        facts.place[lines] == facts.first[lines],
    )
    rows = map(_Surroundings._make, zip(*[column.tolist() for column in columns], strict=True))
    return [_line_guard(stance, around, known_only) for stance, around in zip(stances, rows, strict=True)]


@lru_cache(maxsize=1 << 12)
def _line_guard(stance: Stance, around: _Surroundings, known_only: bool) -> str:
    """What holds back a line: the same furniture stands in the same surroundings on thousands of pages.

    The first that has something against it is named.
    """
    in_zone = around.is_clear and stance.has(_ZONE)
    return (
        _for_want_of_evidence(stance, around, known_only)
        or _for_its_text(stance, around)
        or _for_how_texts_are_built(stance, around, in_zone)
        or _for_code(stance, around, in_zone)
        or _for_its_entry(stance)
        or _for_its_shape(stance, around, in_zone)
        or _for_what_it_says(stance, around, in_zone)
    )


def _for_want_of_evidence(stance: Stance, around: _Surroundings, known_only: bool) -> str:
    if known_only and not stance.reading.is_suspect:
        return "unknown"
    if around.is_topic or around.is_subject:
        return "topic"
    if around.is_lone and stance.names == WEAK_ALONE and not stance.reading.is_trusted:
        return "alone"
    return ""


def _for_its_text(stance: Stance, around: _Surroundings) -> str:
    """The guard of a line for where it stands, and for how often."""
    if around.heads_others and not around.in_source:
        return "structure"
    if around.is_broken:
        return "wrapped"
    if around.is_heading:
        return "heading"
    if stance.basis == WEAK and not around.is_on_page and not stance.has(_MARKED):
        return "textless"
    if around.comes_often or around.is_deep or around.is_transcript or stance.reading.is_comment:
        return "structure"
    if around.in_chat and _rests_on_little(stance):
        return "dialogue"
    return ""


def _for_how_texts_are_built(stance: Stance, around: _Surroundings, in_zone: bool) -> str:
    """The guard of a line that belongs to how texts of a kind are laid out, and to what is below it."""
    reading = stance.reading
    heads_block = around.heads_block and reading.may_head and not (around.in_menu and around.in_source)
    is_part = around.is_indented or reading.content.endswith(":")  # of an example, or of a form
    is_menu = _is_in_menu_list(stance, around) or (around.in_menu and around.in_wrapped_text and not is_part)
    is_laid_out = around.is_laid_out and not is_menu and not _is_running_head(stance)
    heads_list = around.heads_list and not (in_zone or around.in_source or reading.is_trusted)
    if _rests_on_little(stance) and (reading.is_mark_up or heads_block or heads_list or is_laid_out):
        return "structure"
    if stance.basis != COUNTED:
        return ""
    if around.is_laid_out and around.is_piece and not stance.has(_LEARNED):
        return "wrapped"
    return "structure" if reading.is_introduction and not in_zone else ""


def _for_code(stance: Stance, around: _Surroundings, in_zone: bool) -> str:
    if in_zone:
        return ""
    if around.in_program and stance.basis not in (WIDGET, PHRASE):
        return "code"
    says_more = stance.reading.entry is not None or stance.has(_TALLY)
    is_doubtful = stance.marks & (IS_WEAK | IS_FOREIGN) and not says_more
    return "code" if is_doubtful and around.rough_shape & MAYBE_CODE else ""


def _for_its_entry(stance: Stance) -> str:
    entry = stance.reading.entry
    return "" if entry is None else CLASS_GUARDS.get(entry.kind, "")


def _for_its_shape(stance: Stance, around: _Surroundings, in_zone: bool) -> str:
    reading, basis = stance.reading, stance.basis
    shape = line_shape(around.rough_shape, reading.content)
    if around.on_card:
        shape |= _FORM
    is_sure = around.in_menu or (around.at_edge and basis in (WIDGET, PHRASE))
    if is_sure and around.in_source and not is_code(reading.content):
        shape &= ~_CODE  # it is indented as in the source of its page
    in_menu_list = _is_in_menu_list(stance, around)
    if in_menu_list:
        shape &= ~_VERSE  # whose lines have no bullets
    is_known_item = around.in_menu and stance.is_known and reading.content[0].isalpha()
    may_be_legal = reading.entry is None and (stance.evidence is not None or "©" in reading.content)
    return guard_of(
        shape,
        basis,
        at_edge=around.at_edge,
        form_alone=around.form_alone,
        in_menu=in_menu_list or is_known_item,
        in_zone=in_zone,
        wrapped=around.is_wrapped,
        in_wrapped_text=around.is_wrapped and around.in_wrapped_text,
        legal_text=around.in_legal_text,
        legal_line=may_be_legal and reading.is_legal,
    )


def _for_what_it_says(stance: Stance, around: _Surroundings, in_zone: bool) -> str:
    """The guard of a line that rests on little, and that no person has seen, for its words and figures."""
    reading = stance.reading
    if not _rests_on_little(stance) or stance.has(_LEARNED):
        return ""
    is_only_counted = stance.basis == COUNTED and not reading.is_suspect
    if around.in_menu:
        # right at the top a number is more likely that of the document
        return "figures" if is_only_counted and around.is_first and reading.has_figures else ""
    if reading.is_bracketed and (reading.words == 1 or not reading.is_trusted):
        return "structure"
    if is_only_counted and reading.has_figures:
        return "figures"
    if is_only_counted and (reading.is_unfinished or (around.is_between and not in_zone)):
        return "structure"
    return ""


def _rests_on_little(stance: Stance) -> bool:
    return stance.basis in (WEAK, COUNTED)


def _is_in_menu_list(stance: Stance, around: _Surroundings) -> bool:
    return around.in_menu_list and has_bullet(stance.reading.content)


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
