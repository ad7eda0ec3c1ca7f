"""Boilerplate findings as sentences for the log, and why findings of any kind are only reported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dedupe.model import Point, Verdict
from dedupe.text.layout import SHAPE_REASONS

_FURNITURE = {
    "ads": "an advertisement",
    "byline": "a byline or date line",
    "comments": "a comment form or count",
    "cookie": "a cookie notice",
    "copyright": "a rights notice",
    "credits": "a line of credits",
    "forum": "forum furniture",
    "frequency": "a line that comes back",
    "learned": "a line that was learned",
    "nav": "navigation",
    "neighbour": "a line among boilerplate",
    "pagination": "pagination",
    "readmore": "a read-more link",
    "related": "a head of related articles",
    "share": "a share widget",
    "skip": "a skip link",
    "subscribe": "a subscribe prompt",
    "zone": "a short line in a stretch of boilerplate",
}

#: Why whatever is found in a document that is held only waits for review.
HELD_REASON = "less of the file would be read in another encoding"
_BOILERPLATE_REASONS = {
    **SHAPE_REASONS,
    "alone": "it is short, and nothing near it is known or goes",
    "brake": "too much of the document would go",
    "credits": "it says who made the text",
    "encoding": HELD_REASON,
    "formula": "texts of its kind may say it, for all that its frequency tells",
    "figures": "what its figures say may differ from document to document",
    "legal": "rights lines are for a person to decide",
    "structure": "it belongs to how the text is built",
    "textless": "nothing around it is running text",
    "topic": "the text speaks of it",
    "unknown": "the lexicon does not know it",
    "wrapped": "it is a piece of a wrapped sentence",
}

#: How the log says why a repeat or a duplicate was only reported.
DUPLICATE_REASONS: Mapping[str, str] = {
    **SHAPE_REASONS,
    "section": "it is all that stands under its heading",
    "formula": "it may be said again on purpose",
    "introduction": "it introduces what follows",
    "short": "none of its lines is long enough to be a copy by itself",
    "sentence": "a sentence goes on across its edge",
    "differs": "the words that differ may matter",
    "figures": "other texts say the same with other figures or words",
    "damaged": "words of it have other letters there",
    "contained": "it is only a part there",
    "contains": "only a part of it stands there",
    "brake": "too much of the document would go",
    "encoding": HELD_REASON,
    "restless": "without it other passages lose what they repeat, and so on in a circle",
}


def reason(verdict: Verdict) -> str:
    """Return what the line looks like, what speaks for that, the points, and why it stays if a guard holds it.

    >>> from dedupe.model import Outcome
    >>> point = Point("phrase:strong", 3.0, '"print this"')
    >>> reason(Verdict("boilerplate/share", 3.0, (point,), Outcome.REVIEW, 3.0, guard="code"))
    'a share widget: "print this" (3 points, 3 remove); kept, since it stands in code'
    """
    sentence = _sentence(verdict.rule.partition("/")[2], verdict.points, verdict.score, verdict.limit)
    if verdict.guard:
        sentence += f"; kept, since {_BOILERPLATE_REASONS[verdict.guard]}"
    return sentence


def _sentence(kind: str, points: Sequence[Point], score: float, limit: float) -> str:
    name = _FURNITURE.get(kind, f"furniture ({kind})")
    reasons = ", ".join([point.detail for point in points if point.detail and point.value > 0])
    counted = f"({score:g} points, {limit:g} remove)"
    return f"{name}: {reasons} {counted}" if reasons else f"{name} {counted}"
