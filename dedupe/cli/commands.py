"""The commands: options to a Config, one call, one report.

Heavy modules are imported inside the commands that need them, so that ``--help`` and
``--version`` answer at once.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

import click

from dedupe import choice
from dedupe._version import __version__
from dedupe.cli.colors import color_option, color_wish
from dedupe.cli.options import CHOOSING, make_config, reference_options, settings_options
from dedupe.cli.output import (
    JSON,
    QUIET,
    counted,
    print_json,
    report_counts,
    report_findings,
    report_summary,
    report_thresholds,
    say,
)
from dedupe.cli.progress import progress_line
from dedupe.errors import ConfigError

#: Records that could not be read are named up to this many.
_NAMED_ERRORS = 20

_FORMAT = click.option(
    "--format", "report_format", type=click.Choice(["text", "json", "sarif", "github"]), default="text", show_default=True,
    help="How findings are reported: for people, as one JSON object, as SARIF 2.1.0, as annotations of GitHub Actions.",
)  # fmt: skip
_BASELINE = click.option("--baseline", default=None, metavar="FILE", help="Accepted findings; they are not reported.")


def _version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo(f"dedupe {__version__} ({choice.name()} kernel)")
        context.exit()


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_version,
    help="Show the version and the kernel.",
)
@click.pass_context
def cli(context: click.Context) -> None:
    """Find repeated paragraphs, duplicate documents and boilerplate in text corpora.

    `dedupe check` looks and writes nothing. `dedupe clean` writes canonical documents and a diff
    log; `dedupe restore` makes the originals of them again, byte for byte.
    """
    os.getcwd()  # better known before the work than in the middle of it
    context.color = color_wish()


@cli.command()
@click.argument("paths", nargs=-1, metavar="PATH...")
@click.option(
    "--staged",
    is_flag=True,
    help="Hold what the next git commit adds against everything tracked. PATHs, if any, leave out all else.",
)
@click.option(
    "--from-ref",
    envvar="PRE_COMMIT_FROM_REF",
    default="",
    metavar="REV",
    help="With --staged and --to-ref: what was added since this revision, not what is staged.",
)
@click.option("--to-ref", envvar="PRE_COMMIT_TO_REF", default="", metavar="REV", help="The revision that was added to.")
@reference_options
@settings_options
@_BASELINE
@click.option("--fail-on", type=click.Choice(["review", "remove", "never"]), default="review", show_default=True,
              help="Which findings make the exit status 1.")  # fmt: skip
@click.option("--threshold-report", is_flag=True,
              help="Show how many pairs there are at each similarity, and those nearest to the thresholds, instead.")  # fmt: skip
@_FORMAT
@JSON
@color_option
@QUIET
def check(
    paths: tuple[str, ...], staged: bool, from_ref: str, to_ref: str, fail_on: str,
    threshold_report: bool, report_format: str, as_json: bool, quiet: bool, **options: Any,
) -> int:  # fmt: skip
    """Report findings; write nothing. Exit status 1 if there are any.

    PATH is a file, a folder, a pattern, or - for standard input.

    \b
    Example: dedupe check news/ --ext .txt
    """
    _refuse_unfit(paths, staged, from_ref, to_ref, options)
    config = make_config(options, paths[0] if paths else ".", without=CHOOSING if staged else ())
    if threshold_report:
        if staged or report_format in ("sarif", "github"):
            raise click.UsageError("--threshold-report goes with PATHs, as text or --json")
        return report_thresholds(paths, config, as_json or report_format == "json", quiet)
    report_format = "json" if as_json else report_format
    if staged:
        from dedupe.tracked.check import check_staged

        findings, summary = check_staged(paths, config, (from_ref, to_ref) if from_ref and to_ref else None)
        report_findings(findings, summary, report_format)
    else:
        from dedupe.checking import checking

        with ExitStack() as stack:
            with progress_line(quiet) as progress:
                found, summary = stack.enter_context(checking(paths, config, progress=progress))
            report_findings(found, summary, report_format)
    if not quiet:
        report_counts(summary, with_table=report_format == "text")
    failing = summary.applied or (fail_on == "review" and summary.review)
    return 1 if failing and fail_on != "never" else 0


def _refuse_unfit(paths: tuple[str, ...], staged: bool, from_ref: str, to_ref: str, options: Mapping[str, Any]) -> None:
    """Raise if what `check` is to look at is not said, or said in two ways."""
    if not (paths or staged):
        raise click.UsageError("name a PATH, or give --staged")
    if not staged and "COMMANDLINE" in {_given_by("from_ref"), _given_by("to_ref")}:
        raise click.UsageError("--from-ref and --to-ref go with --staged")
    if staged and bool(from_ref) != bool(to_ref):
        raise click.UsageError("--from-ref and --to-ref go together")
    if staged and (options["against"] or options["index"]):
        raise click.UsageError("--staged holds against what git tracks; leave out --against and --index")


def _given_by(parameter: str) -> str:
    """Return where the value of a parameter comes from: pre-commit sets some for all hooks, by variables."""
    source = click.get_current_context().get_parameter_source(parameter)
    return source.name if source else ""


@cli.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--out", "-o", metavar="OUT", default="", help="Where the canonical documents go; - is standard output.")
@click.option("--log", metavar="LOG", default="", help="Where the diff log goes [OUT.difflog.jsonl].")
@click.option(
    "--in-place",
    is_flag=True,
    help="Rewrite the files that change, instead of -o. The log goes to --log, or into the git directory.",
)
@click.option("--force", is_flag=True, help="Replace an existing OUT and log.")
@click.option("--dry-run", is_flag=True, help="Write nothing but the report.")
@reference_options
@settings_options
@JSON
@QUIET
def clean(
    paths: tuple[str, ...], out: str, log: str, in_place: bool, force: bool, dry_run: bool,
    as_json: bool, quiet: bool, **options: Any,
) -> int:  # fmt: skip
    """Write canonical documents and a diff log.

    PATH is a file, a folder, a pattern, or - for standard input. A folder gives a folder with the same relative
    paths, a JSON Lines or Parquet file gives one with the same rows and fields. With --in-place the exit status is 1
    if a file was rewritten, as pre-commit expects of a hook that fixes.

    \b
    Example: dedupe clean news/ -o news-clean/
             dedupe clean feed.jsonl.gz -o feed-clean.jsonl.gz --keep longest
             dedupe clean - -o - --log feed.difflog.jsonl < feed.jsonl > clean.jsonl
    """
    from dedupe.files import clean_files, clean_in_place

    if in_place == bool(out):
        raise click.UsageError("give either -o OUT or --in-place")
    if in_place and dry_run:
        raise click.UsageError("--in-place does not go with --dry-run; use `dedupe check` to look first")
    config = make_config(options, paths[0])
    with progress_line(quiet) as progress:
        if in_place:
            summary = clean_in_place(paths, log or _log_folder(), config, force=force, progress=progress)
        else:
            summary = clean_files(paths, out, log, config, force=force, dry_run=dry_run, progress=progress)
    report_summary(
        summary,
        as_json,
        quiet,
        to_stdout="-" not in (out, log),
        word="would be done" if dry_run else "done",
        notes_only=in_place and not summary.applied,
    )
    return 1 if in_place and summary.applied else 0


@cli.group()
def baseline() -> None:
    """Accept today's findings, so that `check` reports new ones only."""


@baseline.command()
@click.argument("paths", nargs=-1, metavar="[PATH...]")
@settings_options
@_BASELINE
@QUIET
def update(paths: tuple[str, ...], quiet: bool, **options: Any) -> int:
    """Write what a check of PATH (default: this folder) finds now into the baseline.

    It is the FILE of --baseline or of the settings, else .dedupe-baseline.jsonl in this folder. Entries of
    files elsewhere stay. Keep it in git beside the corpus.
    """
    from dataclasses import replace

    from dedupe.checking import update_baseline
    from dedupe.report.terminal import printable

    paths = paths or (".",)
    config = make_config(options, paths[0])
    config = replace(config, baseline=config.baseline or ".dedupe-baseline.jsonl")
    with progress_line(quiet) as progress:
        added, dropped = update_baseline(paths, config, progress=progress)
    if not quiet:
        say(f"{printable(config.baseline)}: {counted(added, 'new line')} accepted, {dropped:,} taken out")
    return 0


@cli.command()
@click.argument("place", metavar="FILE:LINE")
@click.option(
    "--with", "others", multiple=True, metavar="PATH", help="Judge the file as part of this corpus; may be repeated."
)
@reference_options
@settings_options
@JSON
def explain(place: str, others: tuple[str, ...], as_json: bool, **options: Any) -> int:
    """Show the points and the matches of one line. It may be one that is kept.

    For JSON Lines the place is FILE:ROW:LINE, the line counted inside the text.
    """
    from dedupe.explain import explain_place, parsed_place
    from dedupe.report.terminal import points_table, printable, record_words

    explained = explain_place(place, others, make_config(options, parsed_place(place)[0]))
    if as_json:
        print_json(explained.as_dict())
        return 0
    click.echo(f"{printable(explained.place)}: {printable(explained.text)}")
    for line in explained.sentences:
        click.echo(f"  {printable(line)}")
    if explained.points:
        for line in points_table(explained.points, explained.score, click.style):
            click.echo(line)
    for record in explained.records:
        click.echo(f"  {printable(explained.place)}: {record_words(record, click.style)}")
    return 0


@cli.command()
@click.argument("paths", nargs=-1, metavar="[PATH...]")
@click.option("--out", "-o", required=True, metavar="LEXICON", help="Where the lexicon goes; - is standard output.")
@click.option(
    "--min-documents",
    type=int,
    default=3,
    show_default=True,
    metavar="N",
    help="Documents in which a line has to stand, 3 or more.",
)
@click.option(
    "--sample-per-source",
    type=int,
    default=10_000,
    show_default=True,
    metavar="N",
    help="Read no more documents of a source than so many; 0 reads all.",
)
@click.option(
    "--merge",
    "merge_with",
    multiple=True,
    metavar="FILE",
    help="Add the counts of a lexicon that was learned before; may be repeated.",
)
@click.option("--force", is_flag=True, help="Replace an existing LEXICON.")
@settings_options
@JSON
@QUIET
def learn(
    paths: tuple[str, ...], out: str, min_documents: int, sample_per_source: int, merge_with: tuple[str, ...],
    force: bool, as_json: bool, quiet: bool, **options: Any,
) -> int:  # fmt: skip
    """Learn a boilerplate lexicon from a corpus. A person prunes it, and --lexicon uses it.

    Each entry has its counts and three places. Without PATH, learned lexicons are merged.

    \b
    Example: dedupe learn feed.jsonl --source-field url -o learned.txt
             dedupe learn --merge monday.txt --merge tuesday.txt -o both.txt
    """
    from dedupe.learning import learn_files
    from dedupe.report.terminal import counts_table, printable

    if not paths and not merge_with:
        raise click.UsageError("give a PATH to learn from, or --merge FILE")
    config = make_config(options, paths[0] if paths else ".", without=CHOOSING)
    with progress_line(quiet) as progress:
        lesson = learn_files(
            paths, out, config,
            min_documents=min_documents, sample_per_source=sample_per_source, merge_with=merge_with,
            force=force, progress=progress,
        )  # fmt: skip
    for error in () if quiet else lesson.errors[:_NAMED_ERRORS]:
        say(printable(error))
    strengths = Counter(entry.strength for entry in lesson.lexicon.entries)
    if as_json:
        report = {"documents": lesson.documents, "sources": lesson.sources, "entries": dict(strengths), "out": out}
        print_json(report, err=out == "-")
    elif not quiet:
        for line in counts_table(strengths, {}, "written"):
            say(line)
        where = f"learned from {counted(lesson.documents, 'document')} of {counted(lesson.sources, 'source')}"
        merged = f"merged from {counted(len(merge_with), 'lexicon')}"
        say(f"{where if paths else merged}: {printable(out)}")
    return 0


def _log_folder() -> str:
    """A folder under the git directory, where logs of rewritten files are neither lost nor committed."""
    from dedupe.errors import DedupeError, system_reason
    from dedupe.tracked.git import git_directory

    try:
        folder = git_directory() / "dedupe"
        folder.mkdir(exist_ok=True)
    except DedupeError as error:
        problem = f"needs a place for the diff log, and here is no git directory for it: {error.problem}"
        raise ConfigError("--in-place", problem, "add --log FILE") from None
    except OSError as error:
        raise ConfigError(
            "--in-place", f"the place for the diff log, {folder}: {system_reason(error)}", "add --log FILE"
        ) from None
    return str(folder)
