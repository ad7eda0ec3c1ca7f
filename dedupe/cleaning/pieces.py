"""Segments with a proposal, and what stands together of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from dedupe.matching.verified import Match


class Piece(NamedTuple):
    """A segment with a proposal: its place, and the place of its canonical in that document's text.

    ``position`` counts the segments of a document from 0. ``canonical_by`` is what the canonical is before it in. It
    ``is_filled`` where other texts say the same with other figures or words.
    """

    position: int
    start: int
    end: int
    document: int
    canonical_position: int
    canonical_start: int
    canonical_end: int
    words: int
    match: Match | None
    remove: bool
    canonical_by: str
    is_filled: bool = False


def runs(pieces: Sequence[Piece], joined: Callable[[Piece, Piece], bool]) -> list[list[Piece]]:
    """Return pieces in runs in which each one is *joined* to the next."""
    found: list[list[Piece]] = []
    for piece in pieces:
        if found and joined(found[-1][-1], piece):
            found[-1].append(piece)
        else:
            found.append([piece])
    return found


def adjoins(first: Piece, second: Piece) -> bool:
    """Whether the second piece is the next segment behind the first."""
    return first.position + 1 == second.position
