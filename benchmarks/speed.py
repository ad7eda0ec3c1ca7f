"""The whole `clean` job as a process: CPU, wall, peak memory, the ratio to `wc -w`, and whether it was right.

    python benchmarks/speed.py                          # planted corpora of 20, 160 and 1,000 MB, and start-up
    python benchmarks/speed.py --mb 20 --mb 80 --jobs 2 --out benchmarks/results/name.json
    python benchmarks/speed.py --corpus FILE.jsonl --truth FILE.truth.jsonl
    python benchmarks/speed.py --tree /usr/share/doc

Each run has the cost of `clean` as a user would start it, of `verify` after it, and of `wc -w` on the same bytes
just before; several corpora are measured by turns. From a run of its own it has the CPU seconds of each stage (see
stages.py). `right` means that `verify` succeeded; with a truth there is beside it the share of the planted copies that
were found (removed or reported for review) by kind and edit rate, and how many paragraphs were removed that nobody
planted.
"""

from __future__ import annotations

import argparse
import gzip
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import orjson

sys.path.insert(0, str(Path(__file__).parent))
from corpora import build
from measure import least, least_by_turns, save, say, timed, words_counted

DEDUPE = [sys.executable, "-m", "dedupe"]
STAGES = [sys.executable, str(Path(__file__).parent / "stages.py")]
SIZES = (20.0, 160.0, 1000.0)


class Found:
    """What a log says was removed or reported, or only what was removed, by document and line."""

    def __init__(self, log: Path, *, reported: bool) -> None:
        self.whole: set[str] = set()
        self.repeated: Counter[str] = Counter()
        self.repeats: set[str] = set()
        self.lines: dict[str, list[tuple[int, int]]] = {}
        with log.open("rb") as stream:
            for row in stream:
                record = orjson.loads(row)
                if record["t"] != "op" or not (reported or record["applied"]):
                    continue
                name, rule = record["doc"], record["rule"]
                if rule.startswith("repair/"):
                    continue  # nothing is gone
                if rule.startswith("document/"):
                    self.whole.add(name)
                elif rule.startswith("duplicate/"):
                    self.repeated[name] += record["evidence"].get("segments", 1)
                elif rule.startswith("repeat/"):
                    self.repeats.add(name)
                self.lines.setdefault(name, []).append(tuple(record["lines"]))

    def paragraph(self, place: str) -> bool:
        """Whether a paragraph, named ``document#number``, was found."""
        name, _, number = place.partition("#")
        line = 2 * int(number) + 1  # paragraphs stand on every other line
        return name in self.whole or any(first <= line <= last for first, last in self.lines.get(name, ()))

    def entry(self, entry: dict[str, Any]) -> bool:
        """Whether one side of what a truth says was found."""
        if entry["kind"] == "doc":
            return any(name in self.whole or self.repeated[name] >= 2 for name in (entry["id"], entry["src"]))
        if entry["kind"] == "body":
            return entry["id"] in self.whole or entry["id"] in self.repeats
        return any(self.paragraph(entry[side]) for side in ("id", "src") if side in entry)

    def paragraphs(self) -> set[tuple[str, int]]:
        """Return all that were found."""
        return {
            (name, line // 2)
            for name, spans in self.lines.items()
            for first, last in spans
            for line in range(first | 1, last + 1, 2)
        }


class Truth:
    """What was planted in a corpus."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as stream:
            self.entries = [orjson.loads(row) for row in stream]
        self._documents: set[str] = set()
        self._paragraphs: set[tuple[str, int]] = set()
        for entry in self.entries:
            for place in (entry["id"], entry.get("src", entry["id"])):
                name, _, number = place.partition("#")
                if number:
                    self._paragraphs.add((name, int(number)))
                else:
                    self._documents.add(name)

    def explains(self, name: str, number: int | None = None) -> bool:
        """Whether a document, or a paragraph of it, is one side of something planted."""
        return name in self._documents or (number is not None and (name, number) in self._paragraphs)

    def recall(self, is_found: Callable[[dict[str, Any]], bool]) -> dict[str, float]:
        """Return the share of entries that are found, by kind and edit rate."""
        hits: Counter[str] = Counter()
        totals: Counter[str] = Counter()
        for entry in self.entries:
            label = f"{entry['kind']} {entry['rate']:.0%}" if "rate" in entry else entry["kind"]
            totals[label] += 1
            hits[label] += is_found(entry)
        return {label: round(hits[label] / totals[label], 4) for label in sorted(totals)}


def score(log: Path, truth_path: Path) -> dict[str, Any]:
    """Return what a log found of what was planted.

    ``recall`` counts what was removed or reported, ``recall_removed`` what was removed;
    ``removed`` are paragraphs, ``removed_unplanted`` those that are no side of anything planted.
    """
    truth = Truth(truth_path)
    removed = Found(log, reported=False)
    paragraphs = removed.paragraphs()
    return {
        "recall": truth.recall(Found(log, reported=True).entry),
        "recall_removed": truth.recall(removed.entry),
        "removed": len(paragraphs),
        "removed_unplanted": sum(not truth.explains(name, number) for name, number in paragraphs),
    }


class Job:
    """`clean` of one corpus, a file or a folder of text files, written to a *folder* of its own."""

    def __init__(self, corpus: Path, truth: Path | None, folder: Path, options: list[str]) -> None:
        folder.mkdir()
        self._corpus = corpus
        self._truth = truth
        self._out, self._log = folder / "out", folder / "out.difflog.jsonl"
        self._spent = folder / "stages.json"
        self._files = sorted(path for path in corpus.rglob("*") if path.is_file()) if corpus.is_dir() else [corpus]
        self._arguments = ["clean", str(corpus), "-o", str(self._out), "--log", str(self._log), "--force", "-q"]
        self._arguments += options

    def words(self) -> dict[str, float]:
        """Return the cost of `wc -w`."""
        return words_counted(self._files)

    def clean(self) -> dict[str, float]:
        """Return the cost of the whole job."""
        return timed([*DEDUPE, *self._arguments])

    def result(self, words: dict[str, float], clean: dict[str, float]) -> dict[str, Any]:
        """Return all figures, given what is to be said of the cost; its last output is verified and scored."""
        size = sum(file.stat().st_size for file in self._files) / 1e6
        timed([*STAGES, str(self._spent), *self._arguments, "--jobs", "1"])
        verify = timed([*DEDUPE, "verify", str(self._out), "--log", str(self._log), "-q"])
        with self._log.open("rb") as stream:
            stream.seek(-min(self._log.stat().st_size, 1 << 20), os.SEEK_END)
            end = orjson.loads(stream.readlines()[-1])
        result = {
            "corpus": self._corpus.name,
            "mb": round(size, 1),
            "documents": end["documents"],
            "cpu_over_wc": round(clean["cpu"] / words["cpu"], 2),
            "mb_per_cpu_second": round(size / clean["cpu"], 2),
            "clean": clean,
            "stages": orjson.loads(self._spent.read_bytes()),
            "verify": verify,
            "wc": words,
            "log_mb": round(self._log.stat().st_size / 1e6, 1),
            "status": end["status"],
            "applied": end["applied"],
            "review": end["review"],
        }
        if self._truth is not None:
            # In another process: what this one holds would count for the commands that it starts.
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
                result.update(apart.submit(score, self._log, self._truth).result())
        say(
            f"{result['corpus']}: {result['mb']} MB, {clean['cpu']} CPU s ({result['mb_per_cpu_second']} MB/s, "
            f"{result['cpu_over_wc']} x wc -w), {clean['wall']} s, {clean['peak_mb']} MB"
        )
        return result


def start_up(folder: Path, times: int = 20) -> dict[str, dict[str, float]]:
    """Return the cost of commands that do next to nothing; Python alone beside them."""
    page = folder / "page.txt"
    page.write_text("The mill by the river opened again in spring, and the whole village came.\n\nRead more »\n" * 2)
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "dedupe --help": [*DEDUPE, "--help"],
        "dedupe --version": [*DEDUPE, "--version"],
        "dedupe check PAGE": [*DEDUPE, "check", str(page)],
    }
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return {name: least(argv, times, codes=(0, 1), **quiet) for name, argv in commands.items()}


def text_tree(source: Path, target: Path) -> Path:
    """Copy what is UTF-8 text in a folder (``.txt``, ``.md``, no extension; ``.gz`` unpacked) to ``.txt`` files."""
    for path in sorted(path for path in source.rglob("*") if path.is_file() and not path.is_symlink()):
        inner = path.with_suffix("") if path.suffix == ".gz" else path
        if inner.suffix not in ("", ".txt", ".md") and not re.fullmatch(r"\.[A-Z]\w*|\.\d+", inner.suffix):
            continue
        data = path.read_bytes()
        try:
            data = gzip.decompress(data) if path.suffix == ".gz" else data
            data.decode("utf-8")
        except (UnicodeDecodeError, OSError, EOFError):
            continue
        if data and b"\0" not in data:
            copy = target / f"{path.relative_to(source)}.txt"
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(data)
    return target


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mb", type=float, action="append", help="size of a planted corpus; may be repeated")
    parser.add_argument("--corpus", type=Path, action="append", default=[], help="a JSON Lines file")
    parser.add_argument("--truth", type=Path, help="the truth of --corpus")
    parser.add_argument("--tree", type=Path, action="append", default=[], help="a folder with text somewhere in it")
    parser.add_argument("--jobs", default="1")
    parser.add_argument("--memory", default="0")
    parser.add_argument("--option", action="append", default=[], help="passed on to dedupe clean")
    parser.add_argument("--times", type=int, default=1, help="runs of clean, of which the least counts")
    parser.add_argument("--work", type=Path, help="folder for corpora and outputs, some times as large as the corpora")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    options = ["--jobs", arguments.jobs, "--memory", arguments.memory, *arguments.option]
    everything = not (arguments.mb or arguments.corpus or arguments.tree)
    with tempfile.TemporaryDirectory(dir=arguments.work) as name:
        folder = Path(name)
        startup = start_up(folder)
        corpora: list[tuple[Path, Path | None, list[str]]] = []
        for mb in SIZES if everything else arguments.mb or ():
            corpus = folder / f"planted-{mb:g}.jsonl"
            corpora.append((corpus, build(corpus, int(mb * 1e6)), ["--source-field", "site"]))
        corpora += [(corpus, arguments.truth, []) for corpus in arguments.corpus]
        corpora += [(text_tree(tree, folder / tree.name), None, []) for tree in arguments.tree]
        jobs = [
            Job(corpus, truth, folder / f"job-{number}", [*options, *more])
            for number, (corpus, truth, more) in enumerate(corpora)
        ]
        costs = least_by_turns([take for job in jobs for take in (job.words, job.clean)], arguments.times)
        results = [job.result(*cost) for job, cost in zip(jobs, zip(costs[::2], costs[1::2], strict=True), strict=True)]
    save({"startup": startup, "clean": results}, arguments.out)


if __name__ == "__main__":
    main()
