"""Proposals to outcomes, looking at what stands around them.

A repeat can be meant: a refrain, a table row, the same answer to two questions, a clause
of a form. Matching cannot see that; here the text of one document is at hand, and what
stands in such a shape goes to review. A repeated block that is large enough
is a copy whatever its shape.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from dedupe.cleaning.apply import cut
from dedupe.cleaning.evidence import to_json
from dedupe.cleaning.pieces import Piece, adjoins, runs
from dedupe.cleaning.rows import ROW, Packed
from dedupe.cleaning.surroundings import Surroundings, ends_in_colon, written_chars
from dedupe.config import Config
from dedupe.matching.proposals import Proposals
from dedupe.matching.verified import Match
from dedupe.model import Canonical, Operation
from dedupe.text.layout import Shape

I64 = npt.NDArray[np.int64]

#: Shapes in which a lone repeat is as likely to be meant as to be a copy.
_MEANT_ALONE = int(
    Shape.CODE | Shape.TABLE | Shape.LIST | Shape.DIALOGUE | Shape.VERSE | Shape.FORM | Shape.ANSWER | Shape.HEADING
)
#: Shapes in which even a repeated block can be meant: a chorus, a code sample, a table.
_MEANT_AS_BLOCK = int(Shape.CODE | Shape.TABLE | Shape.DIALOGUE | Shape.VERSE | Shape.FORM)
_NAMES = tuple((int(flag), flag.name.lower()) for flag in Shape if flag.name)
#: A lone list item or answer longer than this many times ``min_block_chars`` is a passage.
_PASSAGE = 3
#: A block in such a shape is a copy all the same if it has this many lines
#: and this share of the document: a poem pasted twice, not a chorus.
_COPY_LINES = 12
_COPY_RATIO = 0.3
_WRITTEN = re.compile(r"\S")
#: A run of this many segments is a block, however short its lines are.
_BLOCK_SEGMENTS = 3
#: What comes back so many times, with as much in between each time, is a refrain.
_REFRAIN = 3
#: Segments that a copy may have more or less than its canonical between two others.
_MOST_BETWEEN = 2


def decide_duplicates(
    text: str, around: Surroundings, document: int, pieces: Sequence[Piece], config: Config, held: str = ""
) -> list[Operation]:
    """Return the operations on *text* that the proposals to remove from one document come to.

    *around* tells what stands in the text, *pieces* are those proposals in text order, and
    *document* is the document's own number. Adjacent
    pieces whose canonicals are adjacent too make one operation; its canonical span is
    in offsets of the canonical document's current text. Findings that
    are only reported have ``applied`` false and span the passage without its separators; with
    the name of a guard in *held* all are.
    """
    guards = (
        dict.fromkeys((piece.position for piece in pieces), held) if held else _guards(text, pieces, around, config)
    )
    steps = _refrains(pieces, document)
    operations: list[Operation] = []
    for run in runs(pieces, lambda one, two: adjoins(one, two) and guards[one.position] == guards[two.position]):
        guard = guards[run[0].position]
        if not guard:
            if all(piece.words < config.min_words for piece in run):
                continue  # what these short lines would have gone with stays, and alone they are no duplicates
            guard = _guard_by_place(run, document, steps, around, config)
        if guard:
            for block in runs(run, _continues):
                operations.append(_reported(block, document, guard))
        else:
            operations += _removed(text, run, document)
    return operations


def report_differing(proposals: Proposals, documents: I64, spans: I64, passages: I64) -> Packed:
    """Return the findings, for review, on passages that are much like others, but for words that may matter.

    *documents* are all that are reported on, ascending. *spans*, int64 (n, 2), are where the passages begin and end in
    their sources, and *passages*, int64 (n, 4), are those that they repeat, as the rows of an operation have them.
    """
    rows = np.zeros(len(spans), dtype=ROW)
    rows["start"], rows["end"] = spans.T
    rows["says"] = np.arange(len(rows))
    rows["document"], rows["first"], rows["last"], rows["missing"] = passages.T
    said = []
    for proposal in proposals:
        evidence = _evidence(proposal.match)
        evidence |= {"words": proposal.words, "segments": 1, "canonical_by": proposal.canonical_by, "guard": "differs"}
        rule = _rule(proposal.canonical == proposal.document, proposal.match)
        said.append(("delete", rule, "", to_json(evidence), ""))
    offsets = np.searchsorted(proposals.rows["document"], np.append(documents, documents[-1:] + 1))
    return Packed.of(rows, offsets, said)


def decide_document(
    size: int, canonical: Canonical, match: Match | None, canonical_by: str, kind: str, *, guard: str
) -> Operation:
    """Return the operation for a document of *size* code points that repeats another one as a whole.

    Its *kind* is ``exact``, ``near`` or ``contained``. It goes if no *guard* holds that up.
    """
    evidence = _evidence(match)
    evidence["canonical_by"] = canonical_by
    if guard:
        evidence["guard"] = guard
    return Operation(
        0, size, "delete", f"document/{kind}", "", to_json(evidence), canonical=canonical, applied=not guard
    )


def _copies(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Group adjoining pieces by what they copy: what goes on in one document, and whatever stands in between.

    Of a line that many texts share the canonical may be anywhere, in the middle of a copy.
    """
    starts: list[int] = []
    last: dict[int, int] = {}  # by canonical document
    for at, piece in enumerate(pieces):
        before = last.get(piece.document)
        starts.append(at)
        if before is not None and _goes_on(pieces[before], piece, at - before):
            while starts[-1] > before:
                starts.pop()
        last[piece.document] = at
    return [list(pieces[start:end]) for start, end in pairwise([*starts, len(pieces)])]


def _goes_on(first: Piece, second: Piece, step: int) -> bool:
    """Whether the second piece is the one *step* behind the first, and so is its canonical but for a line or two."""
    there = second.canonical_position - first.canonical_position
    return second.position - first.position == step and there > 0 and abs(there - step) <= _MOST_BETWEEN


def _continues(first: Piece, second: Piece) -> bool:
    return (
        adjoins(first, second)
        and first.document == second.document
        and first.canonical_position + 1 == second.canonical_position
        and (first.match is None) == (second.match is None)
    )


def _guards(text: str, pieces: Sequence[Piece], around: Surroundings, config: Config) -> dict[int, str]:
    """What holds each piece up, or "", by its position."""
    guards: dict[int, str] = {}
    for block in _copies(pieces):
        # What stands beside a copy and repeats something else is no more of a copy for that.
        guards |= dict.fromkeys((piece.position for piece in block), _guard(text, block, around, config))
    for run in runs(pieces, adjoins):
        stays = True  # what stands above
        for piece in run:
            if not guards[piece.position] and stays and around.goes_on_into(piece.start):
                guards[piece.position] = "sentence"
            stays = bool(guards[piece.position])
        stays, is_held = _WRITTEN.search(text, run[-1].end) is not None, False  # what stands behind
        for piece in reversed(run):
            # A short line goes along with others, but it may be the heading of what is held.
            if is_held and piece.words < config.min_words:
                guards[piece.position] = guards[piece.position] or "introduction"
            elif stays:
                guards[piece.position] = guards[piece.position] or _guard_above(text, piece, around)
            stays = is_held = bool(guards[piece.position])
    return guards


def _guard_above(text: str, piece: Piece, around: Surroundings) -> str:
    """What holds a piece up by which something begins that goes on in what stays below it, or ""."""
    if _introduces(text, piece):
        return "introduction"
    if around.heads_indented(piece.start, piece.end):
        return "heading"
    return "sentence" if around.goes_on_behind(piece.end) else ""


def _guard_by_place(
    run: Sequence[Piece],
    document: int,
    steps: Mapping[tuple[int, int], int],
    around: Surroundings,
    config: Config,
) -> str:
    """What holds a run up that goes by its shape and by the lines beside it, or ""."""
    start, end = run[0].start, run[-1].end
    # Lone repeats of this text and of that one make no block.
    if not any(_is_block(block, config) for block in _copies(run)):
        if around.is_section(start, end):
            return "section"
        if around.heads_more(start, end):
            return "introduction"
        if around.has_short_lines(start, end, config.min_words):
            return "short"
        if _is_formula(run, document, steps, around):
            return "formula"
        if any(piece.is_filled for piece in run):
            return "figures"
    is_passage = _chars(run) >= _PASSAGE * config.min_block_chars
    return "list" if not is_passage and around.is_of_list(start, end) else ""


def _introduces(text: str, piece: Piece) -> bool:
    return ends_in_colon(text[piece.start : piece.end])


def _is_formula(
    run: Sequence[Piece], document: int, steps: Mapping[tuple[int, int], int], around: Surroundings
) -> bool:
    """Whether a text says something again where it is needed: every so many segments, or in another section."""
    first = run[0]
    if steps.get((first.document, first.canonical_position), 0) > len(run):
        return True
    if any(piece.document != document for piece in run) or not around.is_paragraph(first.start, run[-1].end):
        return False
    return around.are_parted(first.start, first.canonical_start)


def _refrains(pieces: Sequence[Piece], document: int) -> dict[tuple[int, int], int]:
    """Return how many segments it is from each refrain of a document to the next time, by the place of its canonical.

    A refrain is one whether that stands in the document itself or, as in hymns that share theirs, in another one.
    """
    positions: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for piece in pieces:
        positions[piece.document, piece.canonical_position].append(piece.position)
    refrains = {}
    for canonical, times in positions.items():
        if canonical[0] == document:
            times.append(canonical[1])
        steps = {below - above for above, below in pairwise(sorted(times))}
        if len(times) >= _REFRAIN and len(steps) == 1:
            refrains[canonical] = steps.pop()
    return refrains


def _is_block(run: Sequence[Piece], config: Config) -> bool:
    return len(run) >= _BLOCK_SEGMENTS or _chars(run) >= config.min_block_chars


def _chars(run: Sequence[Piece]) -> int:
    return sum(piece.end - piece.start for piece in run)


def _guard(text: str, run: Sequence[Piece], around: Surroundings, config: Config) -> str:
    """The name of the shape that holds the removal of *run* up, or ""."""
    if around.is_program:
        return "code"
    chars, is_block = _chars(run), _is_block(run, config)
    if not is_block or (len(run) == 1 and chars < _PASSAGE * config.min_block_chars):
        for piece in run:
            shape = around.of(piece.start, piece.end) & _MEANT_ALONE
            if shape:
                return _name(shape)
    if not is_block:
        return "heading" if len(run) == 1 and around.heads_text(run[0].start, run[0].end) else ""
    meant: Counter[str] = Counter()
    for piece in run:
        shape = around.of(piece.start, piece.end) & _MEANT_AS_BLOCK
        if shape:
            meant[_name(shape)] += piece.end - piece.start
    if 2 * sum(meant.values()) <= chars:
        return ""
    taken = sum(written_chars(text[piece.start : piece.end]) for piece in run)
    lines = around.line_count(run[0].start, run[-1].end)
    if lines >= _COPY_LINES and taken >= _COPY_RATIO * around.written_chars:
        return ""
    return meant.most_common(1)[0][0]


def _name(shapes: int) -> str:
    return next(name for flag, name in _NAMES if shapes & flag)


def _removed(text: str, run: Sequence[Piece], document: int) -> list[Operation]:
    """Operations that take the whole run out, without a seam."""
    start, end = cut(text, run[0].start, run[-1].end)
    blocks = runs(run, _continues)
    borders = [start, *(block[0].start for block in blocks[1:]), end]
    operations = []
    for block, first, last in zip(blocks, borders, borders[1:], strict=False):
        operations.append(_operation(block, document, first, last))
    return operations


def _reported(block: Sequence[Piece], document: int, guard: str) -> Operation:
    return _operation(block, document, block[0].start, block[-1].end, guard)


def _operation(block: Sequence[Piece], document: int, start: int, end: int, guard: str = "") -> Operation:
    first, last = block[0], block[-1]
    matches = [piece.match for piece in block if piece.match]
    evidence = _evidence(min(matches, key=lambda match: match.similarity, default=None))
    if matches and len(block) > 1:
        evidence["differences"] = [pair for match in matches for pair in match.differences]
    evidence["words"] = sum([piece.words for piece in block])
    evidence["segments"] = len(block)
    evidence["canonical_by"] = max(block, key=lambda piece: piece.words).canonical_by
    if guard:
        evidence["guard"] = guard
    return Operation(
        start,
        end,
        "delete",
        _rule(first.document == document, first.match),
        "",
        to_json(evidence),
        canonical=Canonical(first.document, first.canonical_start, last.canonical_end),
        applied=not guard,
    )


def _rule(is_repeat: bool, match: Match | None) -> str:
    return f"{'repeat' if is_repeat else 'duplicate'}/{'exact' if match is None else 'near'}"


def _evidence(match: Match | None) -> dict[str, Any]:
    if match is None:
        return {"similarity": 1.0}
    return {"similarity": match.similarity, "differences": match.differences}
