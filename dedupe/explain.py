"""One line under the magnifying glass: its points, and what it repeats.

The whole plan is made, so that the matches are those that `clean` acts on; the points are those
of the first round, with the line in the text as it was read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from io import BytesIO
from typing import Any

from dedupe.boilerplate.lexicon import Lexicon
from dedupe.boilerplate.signals import explain_line
from dedupe.config import Config
from dedupe.difflog.passages import Passages
from dedupe.difflog.records import OpRecord, from_line
from dedupe.difflog.write import document_records
from dedupe.errors import ReadError
from dedupe.index.against import open_references
from dedupe.model import Document
from dedupe.opening import open_corpus
from dedupe.pipeline import make_plan
from dedupe.scanning import Corpus
from dedupe.text.segment import split_lines

_NUMBER = re.compile(r"\d{1,18}").fullmatch


@dataclass(slots=True)
class Explanation:
    """What is known of one line.

    ``points`` are (name, value, detail); ``score`` is their sum. ``records`` are the log records
    whose place includes the line.
    """

    place: str
    text: str
    points: list[tuple[str, float, str]]
    score: float
    sentences: list[str] = field(default_factory=list)
    records: list[OpRecord] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return the explanation as JSON types."""
        return asdict(self)


def explain_place(place: str, others: Sequence[str], config: Config) -> Explanation:
    """Explain ``FILE:LINE`` (``FILE:ROW:LINE`` for JSON Lines), judged together with *others*.

    Raises:
        ReadError: there is no such file, row or line, or it cannot be read.
    """
    path, row, line = parsed_place(place)
    paths = [path, *(other for other in others if os.path.abspath(other) != os.path.abspath(path))]
    with open_corpus(paths, config) as (corpus, folder):
        number, document = _find(corpus, path, row, place)
        lines = split_lines(document.text)
        if not 1 <= line <= len(lines):
            raise ReadError(place, f"there is no such line; the text has {len(lines)}", "count lines from 1")
        references = open_references(config, folder, corpus.files)
        lexicon = Lexicon.load(config.lexicons)  # once: its files may be pipes
        plan = make_plan(corpus, config, folder, references=references, lexicon=lexicon)
        passages = Passages(corpus, plan, folder.store("passages"))
        (logged,) = document_records(plan, [(number, document)], passages).documents
        verdict = explain_line(
            document.text,
            line,
            lexicon,
            plan.frequencies,
            plan.sources.get(document.source, -1),
            config,
        )
    here = [o for o in map(from_line, BytesIO(logged.written)) if o["lines"][0] <= line <= o["lines"][1]]
    span = lines[line - 1]
    explanation = Explanation(
        place=place,
        text=document.text[span.start : span.end],
        points=[(point.name, point.value, point.detail) for point in verdict.points],
        score=verdict.score,
        records=here,
    )
    score, limit = verdict.score, verdict.limit
    explanation.sentences.append(f"boilerplate score {score:g}: {limit:g} removes, {limit / 2:g} is reported")
    if verdict.guard:
        explanation.sentences.append(f"held back: {verdict.guard}")
    if not here:
        explanation.sentences.append("kept: no finding covers this line")
    return explanation


def parsed_place(place: str) -> tuple[str, int | None, int]:
    """Return the file that *place* names, the row in it (None for a text file) and the line.

    Raises:
        ReadError: it is no such place.
    """
    parts = place.rsplit(":", 2)
    if len(parts) == 3 and all(map(_NUMBER, parts[1:])) and not os.path.exists(place.rsplit(":", 1)[0]):
        return parts[0], int(parts[1]), int(parts[2])
    path, _, line = place.rpartition(":")
    if not path or not _NUMBER(line):
        raise ReadError(place, "is not FILE:LINE", "write for example notes.txt:12, or feed.jsonl:3:1")
    return path, None, int(line)


def _find(corpus: Corpus, path: str, row: int | None, place: str) -> tuple[int, Document]:
    wanted = os.path.realpath(path)
    for number, document in corpus.documents():
        if os.path.realpath(document.path) == wanted and row == document.row:
            return number, document
        if os.path.realpath(document.path) == wanted and row is None:
            raise ReadError(place, "is a JSON Lines file", "write FILE:ROW:LINE")
    raise ReadError(place, "there is no such document", "name a text file, or a row of a JSON Lines file")
