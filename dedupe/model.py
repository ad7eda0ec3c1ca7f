"""The nouns that the stages hand to each other.

Offsets are half-open ``[start, end)`` and count code points of the text they
belong to, unless a name says bytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple


class Outcome(str, Enum):
    """What becomes of a finding: taken out, reported but kept, or not reported."""

    REMOVE = "remove"
    REVIEW = "review"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class Document:
    """A text with an id and its provenance.

    ``id`` is unique within a run. ``source`` is the site, feed or folder whose
    furniture the document may share ("" when unknown). ``path`` is the file it
    came from, relative to the output tree; ``row`` the 1-based line in a JSON
    Lines file, or None when the file is the document. ``encoding`` and ``bom`` say how the
    text is stored. ``date`` is when it was written or changed, as its row says it ("" when unknown).
    """

    id: str
    text: str
    source: str = ""
    path: str = ""
    row: int | None = None
    encoding: str = "utf-8"
    bom: bytes = b""
    date: str = ""

    @property
    def place(self) -> str:
        """Where a person finds it: ``path``, ``path:row``, or the id."""
        if not self.path:
            return self.id
        return self.path if self.row is None else f"{self.path}:{self.row}"


class Encoding(NamedTuple):
    """The encoding that a text is stored in, by *name*.

    It is *guessed* where nothing but the text itself tells it, and *held* where less of the text would tell another
    one: such a document stays as it is.
    """

    name: str = "utf-8"
    guessed: bool = False
    held: bool = False


class Line(NamedTuple):
    """A physical line: content ``[start, end)``, its terminator ``[end, stop)``.

    Lines tile the text; the terminator is LF, CRLF, CR or, at the end of the
    text, nothing.
    """

    start: int
    end: int
    stop: int


@dataclass(frozen=True, slots=True)
class Repair:
    """One repaired place: ``[start, end)`` of the text as read becomes *replacement*.

    ``rule`` is ``repair/...``; ``steps`` names what was done, in order. With
    ``applied`` false the damage is only reported (a text may quote mojibake as
    an example).
    """

    start: int
    end: int
    replacement: str
    rule: str
    steps: tuple[str, ...]
    why: str
    applied: bool = True


class Point(NamedTuple):
    """One named contribution to a boilerplate score, with its evidence in words."""

    name: str
    value: float
    detail: str = ""


class Verdict(NamedTuple):
    """What is found of a line, or of the ``tail`` of one, wherever it stands.

    ``limit`` is the score that removes. ``guard`` names the reason why a score that would remove was capped at
    review ("" when none was).
    """

    rule: str
    score: float
    points: tuple[Point, ...]
    outcome: Outcome
    limit: float
    tail: bool = False
    guard: str = ""


class LineFinding(NamedTuple):
    """A line, or the tail of one, that looks like boilerplate.

    ``[start, end)`` is the whole content of a line, or of a ``tail`` its span with the white space before it.
    """

    start: int
    end: int
    verdict: Verdict


class Canonical(NamedTuple):
    """The surviving passage that a removed one repeats: a span of document number *document*.

    ``missing`` counts the code points of the span that were already deleted when the
    two were compared (a boilerplate tail, say); they were not part of the comparison.
    """

    document: int
    start: int
    end: int
    missing: int = 0


class Operation(NamedTuple):
    """One change to a document, in code points of its source text.

    ``kind`` is delete, replace or insert; ``replacement`` is "" for a delete. ``evidence`` is a
    JSON object. ``applied`` is false for findings that were left for review.
    """

    start: int
    end: int
    kind: str
    rule: str
    why: str
    evidence: bytes = b"{}"
    replacement: str = ""
    applied: bool = True
    canonical: Canonical | None = None

    def over(self, start: int, end: int) -> Operation:
        """Return the same change to ``[start, end)``; evidence and canonical are shared with this one."""
        return Operation(start, end, *self[2:])


class Location(NamedTuple):
    """Lines *line* to *last* of the file *path*, as a person finds them; of JSON Lines both are the row.

    ``prints`` has for each line of the passage that is not blank where it is (row, 0 in text files, and line of the
    text) and what it is known by, wherever it moves.
    """

    path: str
    line: int
    last: int
    prints: tuple[tuple[tuple[int, int], str], ...] = ()

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding of a check: where it is, its log record, and where the passage is that it repeats, if it does."""

    location: Location
    record: Mapping[str, Any]
    canonical: Location | None = None


@dataclass(slots=True)
class Summary:
    """What a run did. ``applied`` and ``review`` count operations by rule, ``status`` documents.

    ``notes`` are remarks for a person (files passed over, repeated ids).
    """

    documents: int = 0
    status: dict[str, int] = field(default_factory=dict)
    applied: dict[str, int] = field(default_factory=dict)
    review: dict[str, int] = field(default_factory=dict)
    bytes: dict[str, int] = field(default_factory=dict)
    out: str = ""
    log: str = ""
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of_findings(cls, findings: Iterable[Finding], documents: int, notes: list[str]) -> Summary:
        """Return the summary of a check: what `clean` would do, and what it would leave for review."""
        applied, review = Counter[str](), Counter[str]()
        for finding in findings:
            (applied if finding.record["applied"] else review)[finding.record["rule"]] += 1
        return cls(documents, applied=dict(sorted(applied.items())), review=dict(sorted(review.items())), notes=notes)
