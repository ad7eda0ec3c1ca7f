"""Commands on a diff log that was written: shown, held against its output, undone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dedupe.cli.colors import color_option
from dedupe.cli.output import JSON, QUIET, counted, print_json, say
from dedupe.cli.progress import progress_line
from dedupe.errors import ConfigError
from dedupe.report.terminal import printable

if TYPE_CHECKING:
    from dedupe.difflog.read import LogFile
    from dedupe.difflog.records import DocRecord, OpRecord


@click.command()
@click.argument("log", metavar="LOG")
@click.option(
    "--rule", "rules", multiple=True, metavar="RULE", help="Only entries whose rule begins so; may be repeated."
)
@click.option("--document", metavar="ID", default=None, help="Only this document (its id or path).")
@click.option("--review", is_flag=True, help="Only what was left for review.")
@color_option
@JSON
def diff(log: str, rules: tuple[str, ...], document: str | None, review: bool, as_json: bool) -> int:
    """Show what a diff log says: what went, why, and what stays."""
    from dedupe.difflog.read import LogFile
    from dedupe.report.terminal import counts_table, diff_document, summary_lines

    file = LogFile(Path(log))
    chosen = _chosen(file, rules, document, review)
    if as_json:
        documents = [{**record, "operations": operations} for record, operations in chosen]
        print_json({"documents": documents, "applied": file.end["applied"], "review": file.end["review"]})
        return 0
    counts: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    for record, operations in chosen:
        for operation in operations:
            counts[operation["applied"]][operation["rule"]] += 1
        for line in diff_document(record, operations, click.style):
            click.echo(line)
        click.echo()
    if not (rules or document or review):
        for line in summary_lines(file.end["documents"], file.end["status"], file.end["bytes"]):
            click.echo(line)
    for line in counts_table(counts[True], counts[False]):
        click.echo(line)
    return 0


def _chosen(
    file: LogFile, rules: tuple[str, ...], document: str | None, review: bool
) -> Iterator[tuple[DocRecord, list[OpRecord]]]:
    """Yield the documents of a log that are to be shown, each with those of its entries that are."""
    is_there = document is None
    for record, operations in file.documents():
        if document is not None and document not in (record["doc"], record.get("id"), record["path"]):
            continue
        is_there = True
        wanted = [o for o in operations if (not rules or o["rule"].startswith(rules)) and not (review and o["applied"])]
        if wanted or (record["status"] == "error" and not (rules or review)):
            yield record, wanted
    if not is_there:
        place = f"--document {printable(str(document))}"
        raise ConfigError(place, "is not in the log", "name it by its id, or its path there")


@click.command()
@click.argument("out", metavar="OUT")
@click.option("--log", required=True, metavar="LOG", help="The diff log that was written with OUT.")
@click.option("--out", "-o", "original", required=True, metavar="ORIGINAL", help="Where the originals go.")
@click.option("--force", is_flag=True, help="Replace an existing ORIGINAL.")
@QUIET
def restore(out: str, log: str, original: str, force: bool, quiet: bool) -> int:
    """Rebuild the originals from the output and its diff log. Every sha256 is checked."""
    from dedupe.difflog.rebuild import restore_files

    with progress_line(quiet) as progress:
        done = restore_files(out, log, original, force=force, progress=progress)
    if not quiet:
        say(f"{counted(done, 'document')} restored, every sha256 as recorded")
    return 0


@click.command()
@click.argument("out", metavar="[OUT]", default="")
@click.option("--log", default="", metavar="LOG", help="The diff log that was written with OUT [OUT.difflog.jsonl].")
@JSON
@QUIET
def verify(out: str, log: str, as_json: bool, quiet: bool) -> int:
    """Check that output and diff log give the originals back. Writes nothing; exit status 1 on a mismatch.

    Without OUT, every diff log that git tracks is held against the output beside it.
    """
    with progress_line(quiet) as progress:
        if out:
            from dedupe.difflog.rebuild import verify_files

            result = verify_files(out, log or out.rstrip("/") + ".difflog.jsonl", progress=progress)
        elif log:
            raise click.UsageError("name the OUT that was written with the log")
        else:
            from dedupe.tracked.verify import verify_tracked

            result = verify_tracked(progress)
    if as_json:
        print_json({"documents": result.documents, "mismatches": result.mismatches})
    else:
        for mismatch in result.mismatches:
            click.echo(printable(mismatch))
    if not quiet:
        bad = len(result.mismatches)
        outcome = f"{bad:,} mismatch{'' if bad == 1 else 'es'}" if bad else "every sha256 as recorded"
        say(f"{counted(result.documents, 'document')} rebuilt, {outcome}")
    return 1 if result.mismatches else 0
