"""What stands inside something longer, as findings for review."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from dedupe.cleaning.evidence import to_json
from dedupe.cleaning.pieces import Piece, adjoins, runs
from dedupe.model import Canonical, Operation

#: A document of which these shares of the words in long passages, and of all its words, stand inside passages of
#: another one is contained in it. Short lines are not looked for: they are furniture more often than not.
_NEARLY_ALL, _MOST = 0.8, 0.5


def decide_contained(document: int, pieces: Sequence[Piece], words: int, long_words: int, unit: str) -> list[Operation]:
    """Return the findings, for review, on the passages of a document of *words* that stand inside longer ones.

    *pieces* are in text order; *long_words* are in passages that were looked for. Where nearly all of the document
    stands in another one, that is the finding; with the *unit* ``document`` nothing else is.
    """
    shared: defaultdict[int, float] = defaultdict(float)
    for piece in pieces:
        if piece.document != document:
            shared[piece.document] += _standing([piece])
    other, inside = max(shared.items(), key=lambda item: (item[1], -item[0]), default=(document, 0))
    if unit != "paragraph" and inside >= max(_NEARLY_ALL * long_words, _MOST * words):
        block = [piece for piece in pieces if piece.document == other]
        return [_inside(block, "document/contained", words)]
    if unit == "document":
        return []
    return [
        _inside(
            block,
            f"{'repeat' if block[0].document == document else 'duplicate'}/contained",
            sum(piece.words for piece in block),
        )
        for block in runs(pieces, _continues_inside)
    ]


def decide_containing(piece: Piece, words: int) -> Operation:
    """Return the finding, for review, on a passage of *words* in which a passage of a reference text stands."""
    return _inside([piece], "duplicate/contains", words)


def _standing(block: Sequence[Piece]) -> float:
    """How many words of a block stand in the longer passages."""
    return sum(piece.words * (piece.match.similarity if piece.match else 1) for piece in block)


def _continues_inside(first: Piece, second: Piece) -> bool:
    step = second.canonical_position - first.canonical_position
    return adjoins(first, second) and first.document == second.document and step in (0, 1)


def _inside(block: Sequence[Piece], rule: str, words: int) -> Operation:
    """A block of which one side stands inside the other; *words* are those that this is a share of."""
    evidence: dict[str, Any] = {"similarity": round(_standing(block) / words, 4)}
    differences = [pair for piece in block if piece.match for pair in piece.match.differences]
    if differences:
        evidence["differences"] = differences
    evidence |= {
        "words": sum(piece.words for piece in block),
        "segments": len(block),
        "canonical_by": block[0].canonical_by,
        "guard": rule.partition("/")[2],
    }
    there = min(piece.canonical_start for piece in block), max(piece.canonical_end for piece in block)
    canonical = Canonical(block[0].document, *there)
    start, end = block[0].start, block[-1].end
    return Operation(start, end, "delete", rule, "", to_json(evidence), canonical=canonical, applied=False)
