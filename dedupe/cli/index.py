"""The commands for an index: what is kept of a corpus between runs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from dedupe.cli.options import CHOOSING, make_config, settings_options
from dedupe.cli.output import JSON, QUIET, counted, print_json, say
from dedupe.cli.progress import progress_line


@click.group()
def index() -> None:
    """Keep the fingerprints of a corpus on disk. New texts are held against them with --index.

    `dedupe check` and `dedupe clean` take it with --index.
    """


@index.command()
@click.argument("path", metavar="INDEX")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--prune", is_flag=True, help="Files below PATH that are not there any more leave the index.")
@settings_options
@JSON
@QUIET
def add(path: str, paths: tuple[str, ...], prune: bool, as_json: bool, quiet: bool, **options: Any) -> int:
    """Bring INDEX up to the files of PATH; make it if it is not there.

    New files are added, changed ones take the place of what they were, and what is known already is left alone.

    \b
    Example: dedupe index add crawl.index crawl-2026-10/ crawl-2026-11/
    """
    from dedupe.index.adding import called
    from dedupe.index.against import add_to_index
    from dedupe.report.terminal import printable

    config = make_config(options, paths[0], without=CHOOSING)
    with progress_line(quiet) as progress:
        added = add_to_index(path, paths, config, prune=prune, progress=progress)
    if as_json:
        print_json(asdict(added))
    elif not quiet:
        left = f", {added.gone:,} gone" if prune else ""
        say(f"{counted(added.new, 'new file')}, {added.changed:,} changed, {added.known:,} known{left}")
        say(f"{counted(added.documents, 'document')} added to {printable(called(path))}")
    if not quiet:
        for note in added.notes:
            say(printable(note))
    return 0


@index.command()
@click.argument("path", metavar="INDEX")
@JSON
def info(path: str, as_json: bool) -> int:
    """Show what INDEX holds, and what it takes on the disk."""
    from dedupe.index.against import index_info
    from dedupe.report.terminal import printable

    found = asdict(index_info(path))
    if as_json:
        print_json(found)
        return 0
    settings = found.pop("settings")
    for name, value in found.items():
        shown = f"{value:,}" if isinstance(value, int) else printable(value)
        click.echo(f"{name.replace('_', ' '):18}{shown}")
    for name, value in settings.items():
        click.echo(f"{name.replace('_', ' '):18}{printable(str(value))}")
    return 0


@index.command()
@click.argument("path", metavar="INDEX")
@QUIET
def compact(path: str, quiet: bool) -> int:
    """Make INDEX as small and fast as it can be: one part, without what has left it."""
    from dedupe.index.adding import is_shared
    from dedupe.index.folder import compact_index
    from dedupe.report.terminal import printable

    if is_shared(path):
        raise click.UsageError("a shared index has no parts to make one of")
    before, after = compact_index(path)
    if not quiet:
        say(f"{printable(path)}: {before:,} bytes, now {after:,}")
    return 0
