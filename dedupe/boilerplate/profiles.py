"""How far a profile goes: what removes a line, and whose word counts."""

from __future__ import annotations

from typing import NamedTuple


class Profile(NamedTuple):
    """What one setting of ``profile`` means.

    ``limit`` points remove, half of them report. With ``known_only`` a line goes only if the lexicon knows it, the
    lines around say nothing, and an ordinary word stays if the text speaks of it. Where more than a share of ``dense``
    is running text, the text ends where it gets thin, not only with its last paragraph. With ``zones`` short lines go
    with the stretch of the page that they stand in.
    """

    limit: float
    known_only: bool = False
    dense: float = 1.0
    zones: bool = False


PROFILES = {
    "safe": Profile(4.5, known_only=True),
    "default": Profile(3.0, dense=0.4),
    "aggressive": Profile(2.0, dense=0.2, zones=True),
}
