"""What all benchmarks share: the cost of a command with all its processes, the machine, and results as files."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

_SAMPLE_SECONDS = 0.05


class Failed(Exception):
    """A command that was to be measured did not end as it should."""


def timed(
    argv: Sequence[str | Path], *, codes: Sequence[int] = (0,), timeout: float = 3600, **options: Any
) -> dict[str, float]:
    """Run a command; return its CPU seconds (user and system, children too), wall seconds and peak memory in MB.

    Memory of one process is what the system says it held at most. Of several it is their sum, shared pages
    divided among those that share them, as seen twenty times a second. It is never less than what this process
    has held, some 30 MB, since a new process begins as a copy of it. *options* are those of Popen.

    Raises:
        Failed: the exit status is none of *codes*, which it is also after *timeout* seconds; the message has
            the end of standard error.
    """
    with tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(argv, **{"stderr": errors, "env": environment(), **options})
        ended = threading.Event()
        sums = [0]
        watcher = threading.Thread(target=_watch, args=(process.pid, sums, ended))
        watcher.start()
        killer = threading.Timer(timeout, process.kill)
        killer.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        killer.cancel()
        ended.set()
        watcher.join()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in codes:
            errors.seek(0)
            said = errors.read().decode("utf-8", "replace")[-2000:]
            raise Failed(f"{' '.join(map(str, argv))}: exit status {process.returncode}\n{said}")
    peak = max(usage.ru_maxrss * 1024, *sums)
    return {"cpu": round(usage.ru_utime + usage.ru_stime, 3), "wall": round(wall, 3), "peak_mb": round(peak / 1e6, 1)}


def least(argv: Sequence[str | Path], times: int, **options: Any) -> dict[str, float]:
    """Return the least of each figure of :func:`timed` over *times* runs: the one that was disturbed least."""
    (figures,) = least_by_turns([partial(timed, argv, **options)], times)
    return figures


def least_by_turns(measured: Sequence[Callable[[], dict[str, float]]], times: int) -> list[dict[str, float]]:
    """Return of each of several measurements the least of each figure over *times* turns, in which all are taken.

    What is to be compared meets the same machine like this, which may be slow for minutes when others use it.
    """
    turns = [[take() for take in measured] for _ in range(times)]
    return [{name: min(run[name] for run in runs) for name in runs[0]} for runs in zip(*turns, strict=True)]


def words_counted(files: Sequence[Path], times: int = 5) -> dict[str, float]:
    """Return the cost of ``wc -w`` on *files*, the yardstick of every speed here."""
    with tempfile.NamedTemporaryFile() as names:
        names.write(b"\0".join(map(os.fsencode, files)))
        names.flush()
        return least(["wc", "-w", f"--files0-from={names.name}"], times, stdout=subprocess.DEVNULL)


def environment() -> dict[str, str]:
    """Return the environment of what is measured: byte code is kept, as it is for users, and ``wc`` reads UTF-8."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "LC_ALL": "C.UTF-8"}


def machine() -> dict[str, Any]:
    """Return what the figures depend on besides the code."""
    about = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    fields = dict(map(str.strip, line.split(":", 1)) for line in about.splitlines() if ":" in line)
    return {
        "processor": fields.get("model name", platform.processor() or platform.machine()),
        "vectors": [name for name in ("avx2", "avx512f") if name in fields.get("flags", "").split()],
        "cores": os.cpu_count(),
        "system": platform.system() + " " + platform.release(),
        "python": platform.python_version(),
    }


def save(runs: Any, out: Path | None) -> None:
    """Write *runs*, and all that says what was measured, where and how, to *out*, else to standard output."""
    from dedupe import __version__, kernels

    here = Path(__file__).parent
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=here, capture_output=True, text=True)
    content = {
        "version": __version__,
        "commit": commit.stdout.strip(),
        "kernel": kernels.name(),
        "machine": machine(),
        "command": " ".join(["python", f"benchmarks/{Path(sys.argv[0]).name}", *sys.argv[1:]]),
        "runs": runs,
    }
    text = json.dumps(content, indent=1) + "\n"
    if out is None:
        sys.stdout.write(text)
    else:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")


def say(line: str) -> None:
    """Tell whoever waits what goes on."""
    print(line, file=sys.stderr, flush=True)


def _watch(pid: int, sums: list[int], ended: threading.Event) -> None:
    while not ended.wait(_SAMPLE_SECONDS):
        tree = list(_tree(pid))
        if len(tree) > 1:
            sums.append(sum(map(_held, tree)))


def _tree(pid: int) -> Iterator[int]:
    yield pid
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            for child in Path(f"/proc/{pid}/task/{task}/children").read_text().split():
                yield from _tree(int(child))
    except OSError:  # gone in the meantime, or another system
        return


def _held(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:"))
