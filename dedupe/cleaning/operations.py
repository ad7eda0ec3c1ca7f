"""Findings and repairs to operations on a text."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from dedupe.cleaning.apply import cut
from dedupe.cleaning.edits import Edits
from dedupe.cleaning.evidence import to_json
from dedupe.cleaning.wording import reason
from dedupe.model import LineFinding, Operation, Outcome, Repair


def boilerplate_operations(text: str, findings: list[LineFinding]) -> list[Operation]:
    """Return the operations on *text* for the findings of :func:`score_document`."""
    return [_line_operation(finding, start, end) for finding, start, end in cuts(text, findings)]


def cuts(text: str, findings: list[LineFinding]) -> Iterator[tuple[LineFinding, int, int]]:
    """Yield each of *findings* with the span of *text* that goes if it does.

    Lines that stand together are cut out together, so that no blank lines are left.
    """
    run: list[LineFinding] = []
    for finding in findings:
        if finding.outcome is Outcome.REMOVE and not finding.tail:
            if run and text[run[-1].end : finding.start].strip():
                yield from _cut_run(text, run)
                run = []
            run.append(finding)
        else:
            yield from _cut_run(text, run)
            run = []
            yield finding, finding.start, finding.end
    yield from _cut_run(text, run)


def _cut_run(text: str, run: list[LineFinding]) -> Iterator[tuple[LineFinding, int, int]]:
    if run:
        start, end = cut(text, run[0].start, run[-1].end)
        borders = [start, *(finding.start for finding in run[1:]), end]
        yield from zip(run, borders, borders[1:], strict=False)


def _line_operation(finding: LineFinding, start: int, end: int) -> Operation:
    # The same furniture stands in thousands of documents.
    why, evidence = _explained(finding[2:])
    return Operation(start, end, "delete", finding.rule, why, evidence, applied=finding.outcome is Outcome.REMOVE)


@lru_cache(maxsize=1 << 10)
def _explained(said: tuple[Any, ...]) -> tuple[str, bytes]:
    """Return the sentence for a finding, and its evidence, from all that it says but for where it stands."""
    finding = LineFinding(0, 0, *said)
    evidence: dict[str, Any] = {
        "score": finding.score,
        "points": {point.name: point.value for point in finding.points},
    }
    details = {point.name: point.detail for point in finding.points if point.detail}
    if details:
        evidence["details"] = details
    if finding.guard:
        evidence["guard"] = finding.guard
    return reason(finding), to_json(evidence)


def repair_operation(repair: Repair) -> Operation:
    kind = "insert" if repair.start == repair.end else "replace" if repair.replacement else "delete"
    return Operation(
        repair.start,
        repair.end,
        kind,
        repair.rule,
        repair.why,
        to_json({"steps": repair.steps}),
        replacement=repair.replacement,
        applied=repair.applied,
    )


def in_source(edits: Edits, reviews: list[Operation]) -> list[Operation]:
    """Findings in offsets of the text after *edits*, as findings in offsets of the source."""
    return [operation.over(*edits.to_source(operation.start, operation.end)) for operation in reviews]
