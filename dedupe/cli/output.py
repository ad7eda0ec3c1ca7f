"""What commands say: reports on standard output, everything else on standard error."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import click

from dedupe._version import __version__
from dedupe.cli.progress import progress_line

if TYPE_CHECKING:
    from dedupe.config import Config
    from dedupe.model import Finding, Summary

#: ``--json`` reports carry it; raised when a reader of the older form could go wrong.
REPORT_SCHEMA_VERSION = 1

JSON = click.option("--json", "as_json", is_flag=True, help="Report as one JSON object.")
QUIET = click.option("--quiet", "-q", is_flag=True, help="Say nothing but errors on standard error.")


def report_thresholds(paths: Sequence[str], config: Config, as_json: bool, quiet: bool) -> int:
    """Print what the thresholds of *config* part, from one run that looks at pairs below them too."""
    from dataclasses import replace

    from dedupe.checking import checking
    from dedupe.report.thresholds import FLOOR, threshold_lines, thresholds

    lower = replace(config, near_threshold=min(config.near_threshold, FLOOR), baseline="")
    with ExitStack() as stack:
        with progress_line(quiet) as progress:
            findings, _ = stack.enter_context(checking(paths, lower, progress=progress))
        report = thresholds(findings, config.near_threshold, config.remove_threshold)
    if as_json:
        examples = {
            name: {side: [_as_json(finding) for finding in found] for side, found in sides.items()}
            for name, sides in report.examples.items()
        }
        print_json({**report.lines, "steps": report.steps, "examples": examples})
    else:
        for line in threshold_lines(report, click.style):
            click.echo(line)
    return 0


def report_findings(findings: Collection[Finding], summary: Summary, report_format: str) -> None:
    """Print the findings on standard output."""
    if report_format == "json":
        print_json(
            {
                "findings": map(_as_json, findings),
                "documents": summary.documents,
                "applied": summary.applied,
                "review": summary.review,
                "notes": summary.notes,
            }
        )
    elif report_format == "sarif":
        from dedupe.report.sarif import sarif_log

        _echo(sarif_log(findings, __version__))
    elif report_format == "github":
        from dedupe.report.github import annotation

        for finding in findings:
            click.echo(annotation(finding))
    else:
        from dedupe.report.terminal import finding_line

        for finding in findings:
            click.echo(finding_line(finding, click.style))


def _as_json(finding: Finding) -> dict[str, Any]:
    report: dict[str, Any] = {"path": finding.location.path, "line": finding.location.line, **finding.record}
    if finding.canonical:
        there = {"path": finding.canonical.path, "line": finding.canonical.line}
        report["canonical"] = {**there, **report["canonical"]}
    return report


def report_counts(summary: Summary, *, with_table: bool) -> None:
    """Say how many findings there are, and the notes; *with_table* also how many of each rule."""
    from dedupe.report.terminal import counts_table, printable

    for note in summary.notes:
        say(printable(note))
    if with_table:
        for line in counts_table(summary.applied, summary.review, "to remove or repair"):
            say(line)
    count = sum(summary.applied.values()) + sum(summary.review.values())
    say(f"{counted(count, 'finding')} in {counted(summary.documents, 'document')}")


def report_summary(
    summary: Any, as_json: bool, quiet: bool, *, to_stdout: bool, word: str, notes_only: bool = False
) -> None:
    from dataclasses import asdict

    from dedupe.report.terminal import counts_table, printable, summary_lines

    if as_json:
        print_json(asdict(summary), err=not to_stdout)
        return
    if quiet:
        return
    if not notes_only:
        for line in summary_lines(summary.documents, summary.status, summary.bytes):
            say(line)
        for line in counts_table(summary.applied, summary.review, word):
            say(line)
    for note in summary.notes:
        say(printable(note))
    if summary.log:
        say(f"diff log: {printable(summary.log)}")


def print_json(report: dict[str, Any], *, err: bool = False) -> None:
    """Write a report as JSON; of what is an iterator in it one item is in memory at a time."""
    _echo({"schema_version": REPORT_SCHEMA_VERSION, **report}, err=err)


def _echo(value: dict[str, Any], *, err: bool = False) -> None:
    for piece in _json_pieces(value, "\n"):
        click.echo(piece, nl=False, err=err)
    click.echo(err=err)


def _json_pieces(value: Any, margin: str) -> Iterator[str]:
    """Yield a value as JSON, its lines behind *margin*; ASCII only, so that what a corpus hides in strings is escaped.

    Iterators are written as lists; there are none in their items.

    >>> "".join(_json_pieces({"a": [1], "b": iter([{"c": "\\x07"}])}, " "))
    '{   "a": [     1   ],   "b": [     {       "c": "\\\\u0007"     }   ] }'
    """
    inner = margin + "  "
    if isinstance(value, dict) and value:
        for number, (name, item) in enumerate(value.items()):
            yield f"{',' if number else '{'}{inner}{json.dumps(name)}: "
            yield from _json_pieces(item, inner)
        yield margin + "}"
    elif isinstance(value, list) and value:
        for number, item in enumerate(value):
            yield f"{',' if number else '['}{inner}"
            yield from _json_pieces(item, inner)
        yield margin + "]"
    elif isinstance(value, Iterator):
        before = "["
        for item in value:
            yield f"{before}{inner}{_json(item, inner)}"
            before = ","
        yield "[]" if before == "[" else margin + "]"
    else:
        yield _json(value, margin)


def _json(value: Any, margin: str) -> str:
    return json.dumps(value, indent=2).replace("\n", margin)


def counted(count: int, noun: str) -> str:
    """Return a number of things in words."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def say(line: str) -> None:
    """Write a line to standard error."""
    click.echo(line, err=True)
