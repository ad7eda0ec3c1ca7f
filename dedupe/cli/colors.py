"""Whether the output is coloured: as it was asked for, else on a terminal."""

from __future__ import annotations

import os

import click


def color_wish() -> bool | None:
    """Return what the environment says about colours; None leaves it to the terminal.

    ``NO_COLOR`` wins over ``PRE_COMMIT_COLOR``, by which pre-commit is told ``always``, ``never`` or ``auto``.
    """
    if os.environ.get("NO_COLOR"):
        return False
    return {"always": True, "never": False}.get(os.environ.get("PRE_COMMIT_COLOR", ""))


def _ask(context: click.Context, _: click.Parameter, asked: bool | None) -> None:
    if asked is not None:
        context.color = asked


#: ``--color`` and ``--no-color`` win over the environment.
color_option = click.option(
    "--color/--no-color",
    default=None,
    expose_value=False,
    callback=_ask,
    help="Colours; by default on a terminal.",
)
