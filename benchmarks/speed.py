"""The whole `clean` job as a process: CPU, wall, peak memory, the ratio to `wc -w`, and whether it was right.

    python benchmarks/speed.py --mb 20 --mb 80            # planted corpora made on the spot
    python benchmarks/speed.py --corpus FILE.jsonl --truth FILE.truth.jsonl --out benchmarks/results/name.json

`right` means: `dedupe verify` succeeds, and with a truth, the share of planted copies that were found
(removed or reported for review) by kind and edit rate.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from corpora import build


def timed(argv: list[str], **options: Any) -> dict[str, float]:
    """Run a command; return its CPU seconds, wall seconds and peak memory in MB."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:  # a process of its own, so that only this command's children are counted
        import time

        started = time.perf_counter()
        code = subprocess.run(argv, **options).returncode
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        figures = {
            "cpu": usage.ru_utime + usage.ru_stime,
            "wall": time.perf_counter() - started,
            "peak_mb": usage.ru_maxrss / 1024,
            "code": code,
        }
        os.write(writer, json.dumps(figures).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as stream:
        figures = json.load(stream)
    os.waitpid(child, 0)
    return {name: round(value, 3) for name, value in figures.items()}


def recall(log: Path, truth: Path) -> dict[str, float]:
    """Share of planted copies of which at least one side was removed or reported, by kind and rate."""
    repeated: Counter[str] = Counter()  # segments that repeat another document
    whole: set[str] = set()
    lines: dict[str, list[tuple[int, int]]] = {}
    repeats: Counter[str] = Counter()
    with log.open(encoding="utf-8") as stream:
        for line in stream:
            record = json.loads(line)
            if record["t"] != "op":
                continue
            if record["rule"].startswith("duplicate/"):
                repeated[record["doc"]] += record["evidence"].get("segments", 1)
            if record["rule"].startswith("document/"):
                whole.add(record["doc"])
            if record["rule"].startswith("repeat/"):
                repeats[record["doc"]] += record["evidence"].get("segments", 1)
            lines.setdefault(record["doc"], []).append((record["lines"][0], record["lines"][1]))

    def found(place: str) -> bool:
        name, _, which = place.partition("#")
        line = 2 * int(which) + 1  # paragraphs stand on every other line
        return name in whole or any(first <= line <= last for first, last in lines.get(name, ()))

    hits: Counter[str] = Counter()
    totals: Counter[str] = Counter()
    with truth.open(encoding="utf-8") as stream:
        for row in stream:
            entry = json.loads(row)
            kind = entry["kind"]
            label = f"{kind} {entry['rate']:.0%}" if "rate" in entry else kind
            totals[label] += 1
            if kind == "doc":
                hits[label] += any(name in whole or repeated[name] >= 2 for name in (entry["id"], entry["src"]))
            elif kind == "body":
                hits[label] += entry["id"] in whole or entry["id"] in repeats
            elif kind == "para":
                hits[label] += found(entry["id"]) or found(entry["src"])
            elif "line" in entry or "tmpl" in entry:
                hits[label] += found(entry["id"])
    return {label: round(hits[label] / totals[label], 4) for label in sorted(totals)}


def measure(corpus: Path, truth: Path | None, folder: Path, options: list[str]) -> dict[str, Any]:
    out, log = folder / "out.jsonl", folder / "out.difflog.jsonl"
    dedupe = [sys.executable, "-m", "dedupe"]
    words = timed(["wc", "-w", str(corpus)], stdout=subprocess.DEVNULL)
    argv = [*dedupe, "clean", str(corpus), "-o", str(out), "--log", str(log), "--force", "-q", *options]
    clean = timed(argv)
    verify = timed([*dedupe, "verify", str(out), "--log", str(log), "-q"])
    size = corpus.stat().st_size
    with log.open("rb") as stream:
        end = json.loads(stream.readlines()[-1])
    result = {
        "corpus": corpus.name,
        "mb": round(size / 1e6, 1),
        "mb_per_cpu_second": round(size / 1e6 / clean["cpu"], 2),
        "cpu_over_wc": round(clean["cpu"] / max(words["cpu"], 1e-3), 1),
        "clean": clean,
        "wc": words,
        "verified": clean["code"] == 0 and verify["code"] == 0,
        "log_mb": round(log.stat().st_size / 1e6, 1),
        "status": end["status"],
        "applied": end["applied"],
        "review": end["review"],
    }
    if truth is not None:
        result["recall"] = recall(log, truth)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mb", type=float, action="append", default=[])
    parser.add_argument("--corpus", type=Path, action="append", default=[])
    parser.add_argument("--truth", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--option", action="append", default=[], help="passed on to dedupe clean")
    arguments = parser.parse_args()
    from dedupe import __version__, kernels

    machine = {
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }
    report: dict[str, Any] = {
        "version": __version__,
        "kernel": kernels.name(),
        "machine": machine,
        "command": " ".join(["python benchmarks/speed.py", *(argument for argument in sys.argv[1:])]),
        "runs": [],
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for mb in arguments.mb:
            corpus = folder / f"planted-{mb:g}.jsonl"
            truth = build(corpus, int(mb * 1e6), seed=7)
            report["runs"].append(measure(corpus, truth, folder, ["--source-field", "site", *arguments.option]))
        for corpus in arguments.corpus:
            report["runs"].append(measure(corpus, arguments.truth, folder, arguments.option))
    text = json.dumps(report, indent=2)
    print(text)
    if arguments.out:
        arguments.out.parent.mkdir(exist_ok=True)
        arguments.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
