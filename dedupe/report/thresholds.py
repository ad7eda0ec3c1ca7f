"""How many pairs there are at each similarity, and which are nearest to the two lines: what a threshold is set by.

One run looks lower than the line at which pairs are reported, so another line needs no other run.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from dedupe.model import Finding
from dedupe.report.terminal import Styler, finding_line

#: Pairs from this similarity on are looked at, wherever the line is. Below it few candidates are proposed.
FLOOR = 0.5
#: Width of a step, in hundredths.
_STEP = 5
#: Examples on each side of a line.
_EXAMPLES = 3
#: What the lines are about.
_LINES = {
    "remove_threshold": "a near duplicate that loses nothing goes",
    "near_threshold": "a near duplicate is reported",
}


@dataclass(slots=True)
class Thresholds:
    """Pairs by similarity, and examples at the lines ``near_threshold`` and ``remove_threshold``.

    ``steps`` are [low, low + 0.05), the highest first, exact duplicates with 1 before all. In each, ``documents``
    and ``paragraphs`` count pairs by outcome: ``remove``, ``review``, ``below`` (not reported). ``examples`` are the
    near pairs nearest to each line, on both sides, the most alike first.
    """

    lines: dict[str, float]
    steps: list[dict[str, object]] = field(default_factory=list)
    examples: dict[str, dict[str, list[Finding]]] = field(default_factory=dict)


def thresholds(findings: Collection[Finding], near: float, remove: float) -> Thresholds:
    """Return what findings say of the lines *near* and *remove*; pairs below *near* should be among them."""
    counts: defaultdict[int, defaultdict[str, defaultdict[str, int]]]
    counts = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
    pairs: list[tuple[float, int]] = []  # which findings are pairs; they may be too many to hold them all
    for at, finding in enumerate(findings):
        family, _, kind = finding.record["rule"].partition("/")
        if kind not in ("exact", "near") or finding.canonical is None:
            continue
        similarity = _similarity(finding)
        step = 100 if kind == "exact" else min(int(similarity * 100 + 1e-9), 99) // _STEP * _STEP
        unit = "documents" if family == "document" else "paragraphs"
        outcome = "below" if similarity < near else "remove" if finding.record["applied"] else "review"
        counts[step][unit][outcome] += finding.record["evidence"].get("segments", 1)
        if kind == "near":
            pairs.append((-similarity, at))
    pairs.sort()
    report = Thresholds({"remove_threshold": remove, "near_threshold": near})
    for step in sorted(counts, reverse=True):
        units = {unit: dict(sorted(outcomes.items())) for unit, outcomes in sorted(counts[step].items())}
        report.steps.append({"from": step / 100, **units})
    sides: dict[str, dict[str, list[int]]] = {}
    for name, line in report.lines.items():
        above = bisect_right(pairs, (-line, len(findings)))
        beside = {"above": pairs[max(0, above - _EXAMPLES) : above], "below": pairs[above : above + _EXAMPLES]}
        sides[name] = {side: [at for _, at in chosen] for side, chosen in beside.items()}
    wanted = {at for beside in sides.values() for chosen in beside.values() for at in chosen}
    shown = {at: finding for at, finding in enumerate(findings) if at in wanted}
    for name, chosen in sides.items():
        report.examples[name] = {side: [shown[at] for at in places] for side, places in chosen.items()}
    return report


def _similarity(finding: Finding) -> float:
    similarity: float = finding.record["evidence"]["similarity"]
    return similarity


def threshold_lines(report: Thresholds, style: Styler) -> Iterator[str]:
    """Yield a report as lines for people: a table, and under it the examples at each line."""
    yield f"{'similarity':<14}{'documents':<30}paragraphs"
    for step in report.steps:
        low = step["from"]
        assert isinstance(low, float)
        label = "exact" if low == 1 else f"{low:.2f} - {low + _STEP / 100:.2f}"
        yield f"{label:<14}{_cell(step.get('documents')):<30}{_cell(step.get('paragraphs'))}".rstrip()
    for name, line in report.lines.items():
        yield ""
        yield style(f"From {line:g} on {_LINES[name]} (--{name.replace('_', '-')}).", bold=True)
        for finding in report.examples[name]["above"]:
            yield "  " + finding_line(finding, style)
        yield f"  {'-' * 20} {line:g}"
        for finding in report.examples[name]["below"]:
            yield "  " + finding_line(finding, style)


def _cell(outcomes: object) -> str:
    if not isinstance(outcomes, dict):
        return ""
    return ", ".join(f"{outcomes[name]:,} {name}" for name in ("remove", "review", "below") if name in outcomes)
