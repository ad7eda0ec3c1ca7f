"""The report that thresholds are set by: what is counted where, and what is next to a line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Completed
from hypothesis import given
from hypothesis import strategies as st

from dedupe.model import Finding, Location
from dedupe.report.thresholds import FLOOR, threshold_lines, thresholds

Cli = Callable[..., Completed]


def finding(rule: str, similarity: float, *, applied: bool = False, number: int = 1) -> Finding:
    here, there = Location(f"a{number}.txt", 1, 1), Location("b.txt", 1, 1)
    record = {"rule": rule, "applied": applied, "why": "w", "evidence": {"similarity": similarity, "segments": 1}}
    return Finding(here, record, there)


near_rules = st.sampled_from(["duplicate/near", "repeat/near", "document/near"])
findings = st.lists(st.tuples(near_rules, st.integers(5_000, 10_000), st.booleans()), max_size=30)


@given(findings, st.sampled_from([0.5, 0.7, 0.75, 0.93]), st.sampled_from([0.8, 0.9, 1.0]))
def test_every_pair_is_counted_once_in_its_step(pairs: list[Any], near: float, remove: float) -> None:
    found = [finding(rule, value / 10_000, applied=applied, number=n) for n, (rule, value, applied) in enumerate(pairs)]
    report = thresholds(found, near, remove)
    total = 0
    lows = [step["from"] for step in report.steps]
    assert lows == sorted(lows, reverse=True)
    for step in report.steps:
        low = step["from"]
        for unit in ("documents", "paragraphs"):
            counted: Any = step.get(unit, {})
            members = [
                value / 10_000 < near
                for rule, value, _ in pairs
                if (rule == "document/near") == (unit == "documents")
                if round(low * 100) == min(value // 500 * 5, 95)  # type: ignore[operator]
            ]
            assert sum(counted.values()) == len(members)
            assert counted.get("below", 0) == sum(members)
            total += len(members)
    assert total == len(pairs)
    for name, line in report.lines.items():
        values = [
            [f.record["evidence"]["similarity"] for f in report.examples[name][side]] for side in ("above", "below")
        ]
        above, below = values
        ordered = sorted((value / 10_000 for _, value, _ in pairs), reverse=True)
        assert above == [value for value in ordered if value >= line][-3:]
        assert below == [value for value in ordered if value < line][:3]


def test_exact_copies_stand_apart_and_other_findings_are_left_out() -> None:
    others = [
        finding("duplicate/contained", 1.0),
        Finding(Location("a.txt", 1, 1), {"rule": "boilerplate/nav", "applied": True, "why": "w", "evidence": {}}),
    ]
    report = thresholds(
        [finding("duplicate/exact", 1.0, applied=True), finding("duplicate/near", 1.0), *others], 0.7, 0.9
    )
    assert report.steps == [{"from": 1.0, "paragraphs": {"remove": 1}}, {"from": 0.95, "paragraphs": {"review": 1}}]
    assert [f.record["rule"] for f in report.examples["near_threshold"]["above"]] == ["duplicate/near"]


def test_hostile_names_are_made_visible() -> None:
    hostile = Finding(
        Location("a\x1b[31m.txt", 1, 1), finding("duplicate/near", 0.8).record, Location("b\u202e.txt", 1, 1)
    )
    lines = "\n".join(threshold_lines(thresholds([hostile], 0.7, 0.9), lambda text, **_: text))
    assert "\x1b" not in lines
    assert "\u202e" not in lines
    assert "a\\x1b[31m.txt" in lines


STORY = (
    "the keeper wrote down every boat that came by and the hour and the day and what it carried and for whom and in "
    "winter when none came he wrote down the herons until the list of herons was the longer one"
)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    changed = STORY.split()[:27] + ["thunder"] * 13  # two thirds of it
    rows = [{"id": "a", "text": STORY}, {"id": "b", "text": " ".join(changed)}]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def test_what_another_line_would_do_is_seen_without_another_run(cli: Cli, corpus: Path) -> None:
    assert cli("check", corpus).code == 0
    done = cli("check", corpus, "--threshold-report", "--json")
    assert done.code == 0
    report = json.loads(done.out)
    (step,) = report["steps"]
    assert FLOOR <= step["from"] < 0.7
    assert step["documents"] == {"below": 1}
    (example,) = report["examples"]["near_threshold"]["below"]
    assert example["evidence"]["differences"]
    lower = json.loads(cli("check", corpus, "--threshold-report", "--json", "--near-threshold", step["from"]).out)
    assert lower["steps"] == [{**step, "documents": {"review": 1}}]
    told = cli("check", corpus, "--threshold-report", "-q").out
    assert "1 below" in told


def test_it_goes_with_paths_and_text_or_json(cli: Cli, corpus: Path) -> None:
    for wrong in (["--format", "sarif"], ["--format", "github"], ["--staged"]):
        done = cli("check", corpus, "--threshold-report", *wrong)
        assert done.code == 2
        assert "--threshold-report goes with PATHs" in done.err
