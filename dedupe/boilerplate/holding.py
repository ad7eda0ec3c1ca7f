"""Which guard holds back a line whose score would remove it, for what it is and for the text that it stands in."""

from __future__ import annotations

from dedupe.boilerplate.facts import TextFacts
from dedupe.boilerplate.guards import CLASS_GUARDS, COUNTED, LEGAL_BASES, WEAK, guard_of, is_legal_line
from dedupe.boilerplate.lexicon import TailHit
from dedupe.boilerplate.profiles import Profile
from dedupe.boilerplate.scored import ScoredLine
from dedupe.text.layout import Shape

#: Rules of what stands once or twice on a page; buttons and bylines may stand at every post.
_ONCE_A_PAGE = frozenset(f"boilerplate/{kind}" for kind in ("frequency", "nav", "related", "neighbour", "none"))
_OWN = frozenset({"source-df"})
_LEARNED = frozenset({"learned"})
_ZONE = frozenset({"zone"})
WEAK_ALONE = frozenset({"phrase:weak"})
"""The names of the points of a line that nothing but a weak phrase speaks against."""
_FORM = int(Shape.FORM)
_TAIL_HELD = tuple(
    (int(shape), (shape.name or "").lower()) for shape in (Shape.CODE, Shape.TABLE, Shape.DIALOGUE, Shape.VERSE)
)


def line_guard(line: ScoredLine, profile: Profile, *, in_menu: bool) -> str:
    """Return the name of the guard that holds *line* back in its text, "" for none.

    With *in_menu* it stands in a long run of known lines, outside of what is surely a text.
    """
    reading, facts, place, basis = line.reading, line.facts, line.place, line.basis
    counted = line.evidence is not None
    if profile.known_only and not reading.is_suspect:
        return "unknown"
    if profile.known_only and basis == WEAK and facts.topics.has(reading.normal):
        return "topic"
    if line.is_lone and line.names == WEAK_ALONE and not reading.is_trusted:
        return "alone"
    in_zone = line.has(_ZONE) and facts.edges.is_clear(place)
    if basis in (WEAK, COUNTED) and facts.is_heading(reading.normal):
        return "heading"
    if line.rule in _ONCE_A_PAGE and not in_menu and (facts.comes_often(reading.content) or facts.is_deep(place)):
        return "structure"
    if basis in (WEAK, COUNTED) and (facts.is_mark_up(place) or (_is_laid_out(facts) and not _is_running_head(line))):
        return "structure"
    if basis == COUNTED and not line.has(_LEARNED) and _is_laid_out(facts) and facts.is_piece(place):
        return "wrapped"
    if basis == COUNTED and not in_zone and facts.is_introduction(place):
        return "structure"
    if basis == WEAK and reading.entry is None and not in_zone and facts.may_be_code(place):
        return "code"
    if reading.entry is not None and reading.entry.kind in CLASS_GUARDS:
        return CLASS_GUARDS[reading.entry.kind]
    shape = facts.shape(place)
    wrapped = facts.is_wrapped(place)
    return guard_of(
        shape,
        basis,
        at_edge=line.at_edge,
        form_alone=bool(shape & _FORM) and facts.stands_alone(place, _FORM),
        in_menu=in_menu and line.is_known and reading.content[0].isalpha(),
        in_zone=in_zone,
        wrapped=wrapped,
        in_wrapped_text=wrapped and facts.is_wrapped_text,
        legal_text=(counted or basis == COUNTED) and basis in LEGAL_BASES and facts.is_legal,
        legal_line=reading.entry is None and (counted or "©" in reading.content) and is_legal_line(reading.content),
    )


def _is_laid_out(facts: TextFacts) -> bool:
    """Whether the text was laid out line by line, as manuals and mail are: it has headers and footers, but no menus."""
    return facts.is_wrapped_text or facts.is_indented


def _is_running_head(line: ScoredLine) -> bool:
    """Whether a person may have agreed to take the line, or it is always near an end of the documents of its source.

    A sentence that comes back in the middle of them is part of what manuals of one kind say.
    """
    if line.has(_LEARNED):
        return True
    return line.evidence is not None and line.has(_OWN) and line.evidence.is_at_ends


def tail_guard(line: ScoredLine, tail: TailHit) -> str:
    """Return the name of the guard that holds back the *tail* of a line, "" for none."""
    if tail.entry.kind in CLASS_GUARDS:
        return CLASS_GUARDS[tail.entry.kind]
    held = line.facts.shape(line.place)
    return next((name for flag, name in _TAIL_HELD if flag & held), "")
