"""Options that several commands share, and how they and the settings file make one Config."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

import click

from dedupe.config import CHOICES, REPAIR_EXTRAS, Config, find_settings, load_settings, parse_size
from dedupe.errors import ConfigError

F = TypeVar("F", bound=Callable[..., Any])

_USUAL = Config()


def _choice(name: str, help_text: str, *flags: str) -> Callable[[F], F]:
    flag = "--" + name.replace("_", "-")
    shown = f"{help_text.removesuffix('.')} [{getattr(_USUAL, name)}]."
    return click.option(*flags, flag, name, type=click.Choice(CHOICES[name]), default=None, help=shown)


_OPTIONS = [
    click.option("--config", "config_file", metavar="FILE", help="Read settings from this file, not from a pyproject.toml above the input."),
    _choice("scope", "Compare with the whole corpus, or inside each document only."),
    _choice("unit", "Look for repeated paragraphs, whole documents, or both."),
    _choice("keep", "Which copy stays: of the least damaged document, then of the first (best); or first, longest, newest (--date-field), by --source-rank (source), with least damage and boilerplate (cleanest)."),
    click.option("--date-field", default=None, metavar="NAME", help="JSON Lines field with the date of a document, for --keep newest."),
    click.option("--source-rank", "source_ranks", multiple=True, metavar="SOURCE", help="For --keep source: a source whose copies stay, the most trusted first; may be repeated."),
    _choice("near", "Near duplicates: remove those that lose nothing (safe), all, none (review), or do not look (off)."),
    click.option("--near-threshold", type=float, default=None, metavar="0-1", help="Share of words equal in order from which a near duplicate is reported [0.7]."),
    click.option("--remove-threshold", type=float, default=None, metavar="0-1", help="The same share from which --near safe removes [0.9]."),
    click.option("--min-words", type=int, default=None, metavar="N", help="A shorter line is never a duplicate by itself [8]."),
    _choice("segment", "Paragraphs: by layout (auto), one a line, or parted by blank lines."),
    _choice("profile", "How readily boilerplate goes."),
    click.option("--boilerplate/--no-boilerplate", "boilerplate", default=None, help="Look for boilerplate [yes]."),
    click.option("--lexicon", "lexicons", multiple=True, metavar="FILE", help="Add a boilerplate lexicon; may be repeated."),
    click.option("--repair/--no-repair", "repair", default=None, help="Repair damaged characters [yes]."),
    click.option("--repair-also", multiple=True, type=click.Choice(REPAIR_EXTRAS), help="Also change what is a matter of taste; may be repeated."),
    click.option("--ext", "extensions", multiple=True, metavar=".EXT", help="File name endings of text documents in folders; may be repeated [.txt .md]."),
    _choice("input_format", "Read text or JSON Lines, whatever the file names say."),
    click.option("--text-field", default=None, metavar="NAME", help="JSON Lines field with the text [text]."),
    click.option("--id-field", default=None, metavar="NAME", help="JSON Lines field with the document id [id]."),
    click.option("--source-field", default=None, metavar="NAME", help="JSON Lines field that names the site or feed, or holds its URL."),
    click.option("--encoding", default=None, metavar="NAME", help="Encoding of text files without a byte order mark."),
    click.option("--fallback-encoding", default=None, metavar="NAME", help="Encoding to try for files that are not UTF-8."),
    _choice("on_error", "Stop at a broken row or file, or pass it through unchanged."),
    click.option("--jobs", "-j", type=int, default=None, metavar="N", help="Processes to use; the result is the same [1]."),
    click.option("--memory", default=None, metavar="SIZE", help="Memory that the run may take, like 2G; it stops where that is not enough [no bound]."),
]  # fmt: skip


#: Settings that say which copy stays, for commands that choose none.
CHOOSING = ("keep",)

_REFERENCES = [
    click.option(
        "--against",
        multiple=True,
        metavar="CORPUS",
        help="Take out what stands in this corpus too, without changing it; may be repeated.",
    ),
    click.option(
        "--index",
        default=None,
        metavar="INDEX",
        help="The same for all that this index holds; clean then adds what it wrote.",
    ),
]


def reference_options(command: F) -> F:
    """Add the options that name texts to hold the input against."""
    for option in reversed(_REFERENCES):
        command = option(command)
    return command


def settings_options(command: F) -> F:
    """Add every option that changes a setting of any command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def make_config(options: dict[str, Any], start: str, *, without: Sequence[str] = ()) -> Config:
    """Return the Config of a command line, over the settings file that holds for *start*.

    Settings that mean nothing to a command are those *without* which it goes.

    Raises:
        ConfigError: a setting is unknown or has a value that cannot be used.
    """
    file = options.pop("config_file", None)
    found = Path(file) if file else find_settings(_folder_of(start))
    settings = load_settings(found) if found else {}
    given_here = [name for name in ("against", "index") if options.get(name)]
    for name in [f.name for f in fields(Config)]:
        given = options.pop(name, None)
        if given is None or given == ():
            continue
        if name == "memory":
            given = parse_size(given)
        elif name in ("lexicons", "against"):
            given = (*settings.get(name, ()), *given)
        elif name == "extensions":
            given = tuple(ending if ending.startswith(".") else "." + ending for ending in given)
        settings[name] = given
    if given_here and settings.get("scope") == "document":
        problem = "with --scope document nothing is compared with other texts"
        raise ConfigError(f"--{given_here[0]}", problem, "leave one of the two out")
    if options:
        raise AssertionError(f"options without a setting: {sorted(options)}")
    for name in without:
        settings.pop(name, None)
    return Config(**settings)


def _folder_of(start: str) -> Path:
    if start == "-" or not os.path.exists(start):
        return Path.cwd()
    path = Path(start).absolute()
    return path if path.is_dir() else path.parent


__all__ = ["ConfigError", "make_config", "reference_options", "settings_options"]
