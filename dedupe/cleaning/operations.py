"""Findings and repairs to operations on a text."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from dedupe.cleaning.apply import cut
from dedupe.cleaning.edits import Edits
from dedupe.cleaning.evidence import to_json
from dedupe.cleaning.findings import Findings
from dedupe.cleaning.rows import ROW, Operations, Said
from dedupe.cleaning.wording import reason
from dedupe.model import Operation, Repair, Verdict


def boilerplate_operations(texts: Sequence[str], findings: Findings) -> Operations:
    """Return the operations on *texts* for the findings in them, by their numbers among these."""
    findings = cuts(texts, findings)
    rows = np.zeros(len(findings.says), dtype=ROW)
    rows["start"], rows["end"], rows["applied"], rows["document"] = findings.starts, findings.ends, findings.removes, -1
    numbers: dict[Said, int] = {}
    distinct, which = np.unique(findings.says, return_inverse=True)
    says = [numbers.setdefault(_explained(findings.said[number]), len(numbers)) for number in distinct.tolist()]
    rows["says"] = np.array(says, dtype=np.int64)[which]
    return Operations(rows, np.searchsorted(findings.owners, np.arange(len(texts) + 1)), list(numbers))


def cuts(texts: Sequence[str], findings: Findings) -> Findings:
    """Return *findings* in *texts* with the spans that go if they do.

    Lines that stand together are cut out together, so that no blank lines are left.
    """
    owners, starts, ends = findings.owners, findings.starts.copy(), findings.ends.copy()
    whole = findings.removes & ~findings.tails
    goes_on = np.append(False, whole[:-1] & whole[1:] & (owners[:-1] == owners[1:]))[: len(whole)]
    at = np.flatnonzero(goes_on)
    between = zip(owners[at].tolist(), ends[at - 1].tolist(), starts[at].tolist(), strict=True)
    goes_on[at] = [not texts[owner][start:end].strip() for owner, start, end in between]
    firsts = np.flatnonzero(whole & ~goes_on)
    lasts = np.flatnonzero(whole & ~np.append(goes_on[1:], False)[: len(whole)])
    ends[np.flatnonzero(goes_on) - 1] = starts[goes_on]
    runs = zip(owners[firsts].tolist(), starts[firsts].tolist(), ends[lasts].tolist(), strict=True)
    spans = np.array([cut(texts[owner], start, end) for owner, start, end in runs], dtype=np.int64).reshape(-1, 2)
    starts[firsts], ends[lasts] = spans.T
    return findings._replace(starts=starts, ends=ends)


@lru_cache(maxsize=1 << 10)
def _explained(verdict: Verdict) -> Said:
    """Return what the operation for a finding says: the same furniture stands in thousands of documents."""
    evidence: dict[str, Any] = {
        "score": verdict.score,
        "points": {point.name: point.value for point in verdict.points},
    }
    details = {point.name: point.detail for point in verdict.points if point.detail}
    if details:
        evidence["details"] = details
    if verdict.guard:
        evidence["guard"] = verdict.guard
    return Said("delete", verdict.rule, reason(verdict), to_json(evidence), "")


def repair_operation(repair: Repair) -> Operation:
    """Return the operation for a repair."""
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
