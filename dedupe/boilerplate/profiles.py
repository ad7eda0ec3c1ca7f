"""How far a profile goes: what removes a line, and whose word counts."""

from __future__ import annotations

from typing import NamedTuple


class Profile(NamedTuple):
    """What one setting of ``profile`` means.

    ``limit`` points remove, half of them report. With ``known_only`` a line goes only if the lexicon knows it, the
    lines around say nothing, and an ordinary word stays if the text speaks of it. In a run of short lines, of which at
    least ``run_known`` and for certain a share of ``run_share`` are known, an unknown line of up to ``run_words`` words
    belongs to them. Where more than a share of ``dense`` is running text, the text ends where it gets thin, not only
    with its last paragraph.
    """

    limit: float
    known_only: bool = False
    run_known: int = 3
    run_share: float = 0.05
    run_words: int = 5
    dense: float = 1.0


PROFILES = {
    "safe": Profile(4.5, known_only=True),
    "default": Profile(3.0, dense=0.4),
    "aggressive": Profile(2.0, run_known=1, run_share=0.0, run_words=8, dense=0.0),
}
