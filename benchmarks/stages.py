"""Where the CPU time of a run goes: `dedupe ARGUMENTS` in this process, its stack looked at as it runs.

    python benchmarks/stages.py OUT.json clean corpus.jsonl -o clean.jsonl -q

writes a JSON object of stage to CPU seconds, children not counted, so leave --jobs at 1. Every 4 ms of CPU time the
time since the last look goes to the stage of the innermost module of the package that belongs to one. What all
stages use (text, kernels, work files) so counts for the stage that called it; native code is seen as it
returns. Looking costs under a hundredth of the run.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from types import FrameType

SECONDS = 0.004
#: The stage of a module is that of its longest beginning.
STAGES = {
    "dedupe.reading": "read",
    "dedupe.scanning": "scan",
    "dedupe.trimming": "decide",
    "dedupe.deciding": "decide",
    "dedupe.matching": "match",
    "dedupe.matching.fingerprint": "scan",
    "dedupe.matching.table": "scan",
    "dedupe.boilerplate": "boilerplate",
    "dedupe.pipeline": "decide",
    "dedupe.planning": "decide",
    "dedupe.cleaning.decide": "decide",
    "dedupe.cleaning.operations": "decide",
    "dedupe.cleaning.write": "write",
    "dedupe.difflog": "write",
    "dedupe.writing": "write",
    "dedupe.cli": "other",
}


def stage(frame: FrameType | None) -> str:
    """Return the stage at work: of the innermost module that belongs to one, or ``start`` inside an import."""
    found = ""
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if frame.f_code.co_name == "<module>" and module != "__main__":
            return "start"
        while not found and module:
            found = STAGES.get(module, "")
            module = module.rpartition(".")[0]
        frame = frame.f_back
    return found or "other"


def main() -> str | int | None:
    """Run the command as users do, its settings of the process included; return its exit status."""
    spent: Counter[str] = Counter()
    last = 0.0

    def look(_: int, frame: FrameType | None) -> None:
        nonlocal last
        now = time.process_time()
        spent[stage(frame)] += now - last
        last = now

    signal.signal(signal.SIGPROF, look)
    signal.setitimer(signal.ITIMER_PROF, SECONDS, SECONDS)
    from dedupe.cli.main import run

    out = sys.argv[1]
    sys.argv = ["dedupe", *sys.argv[2:]]
    try:
        run()
    except SystemExit as ending:
        status = ending.code
    signal.setitimer(signal.ITIMER_PROF, 0)
    total = time.process_time()
    spent["other"] += total - last
    figures = {name: round(seconds, 3) for name, seconds in sorted(spent.items())}
    Path(out).write_text(json.dumps({**figures, "total": round(total, 3)}), encoding="utf-8")
    return status


if __name__ == "__main__":
    sys.exit(main())
