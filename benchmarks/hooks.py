"""What the hooks cost: a commit of ten files in a corpus of 5,000 kept in git, and a check of one small file.

    python benchmarks/hooks.py                       # 5,000 files, 20 MB
    python benchmarks/hooks.py --files 20000 --mb 80 --times 3 --out benchmarks/results/hooks.json

The corpus is made by corpora.py, with its planted copies, and committed. Then ten files get a paragraph more that
nobody wrote before, and a copy of a paragraph of another file with one word exchanged. `cold` is the first run, without
a cache; `warm` finds the tracked texts in it, but not the staged ones; `again` is the same commit a second time.
`right` means that the ten copies were named at the lines where they stand, and nothing else was.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from corpora import build
from measure import least, save, say, timed

DEDUPE = [sys.executable, "-m", "dedupe"]
CHECK = [*DEDUPE, "check", "--staged", "--quiet"]
CHANGED = 10


def git(folder: Path, *argv: str) -> None:
    identity = ("-c", "user.name=Benchmark", "-c", "user.email=benchmark@example.org", "-c", "gc.auto=0")
    subprocess.run(["git", *identity, *argv], cwd=folder, check=True, stdout=subprocess.DEVNULL)


def commit_corpus(folder: Path, files: int, size: int) -> list[Path]:
    """Make a repository with so many texts in it, *size* bytes together; return them."""
    rows = folder.with_suffix(".jsonl")
    build(rows, size)
    texts = [""] * files
    with rows.open(encoding="utf-8") as stream:
        for number, row in enumerate(stream):
            texts[number % files] += json.loads(row)["text"].rstrip("\n") + "\n\n"
    paths = [folder / f"{number % 50:02}" / f"{number:05}.txt" for number in range(files)]
    for path, text in zip(paths, texts, strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "corpus")
    return paths


def stage_copies(folder: Path, paths: list[Path], seed: int) -> set[str]:
    """Stage ten files with new text in each; return the places of the copies."""
    chosen = random.Random(seed).sample(paths, 2 * CHANGED)
    places = set()
    for number, (path, source) in enumerate(zip(chosen[:CHANGED], chosen[CHANGED:], strict=True)):
        words = max(source.read_text(encoding="utf-8").split("\n\n"), key=len).split(" ")
        words[len(words) // 2] = "otherwise"
        new = " ".join(f"neu{seed}x{number}x{word}" for word in range(60))
        before = path.read_text(encoding="utf-8")
        path.write_text(f"{before}{new}\n\n{' '.join(words)}\n", encoding="utf-8")
        places.add(f"{path.relative_to(folder)}:{before.count(chr(10)) + 3}")
    git(folder, "add", "-A")
    return places


def found(folder: Path) -> set[str]:
    """Return the places that the hook names."""
    done = subprocess.run([*CHECK, "--format", "json"], cwd=folder, capture_output=True, check=False)
    return {f"{finding['path']}:{finding['line']}" for finding in json.loads(done.stdout)["findings"]}


def measure(folder: Path, files: int, size: int, times: int) -> dict[str, Any]:
    say(f"{files:,} files, {size / 1e6:g} MB: making them")
    paths = commit_corpus(folder, files, size)
    options: dict[str, Any] = {"cwd": folder, "stdout": subprocess.DEVNULL}
    runs: dict[str, list[dict[str, float]]] = {"cold": [], "warm": [], "again": []}
    right = True
    for seed in range(times):
        say(f"commit {seed + 1} of {times}")
        shutil.rmtree(folder / ".git" / "dedupe", ignore_errors=True)
        runs["cold"].append(timed(CHECK, codes=(0,), **options))
        places = stage_copies(folder, paths, seed)
        runs["warm"].append(timed(CHECK, codes=(1,), **options))
        runs["again"].append(timed(CHECK, codes=(1,), **options))
        right = right and found(folder) == places
        git(folder, "commit", "-q", "-m", "more")
    cache = sum(path.stat().st_size for path in (folder / ".git" / "dedupe").rglob("*") if path.is_file())
    small = folder.with_suffix(".txt")
    small.write_text("A page of one line, which nobody wrote twice.\n", encoding="utf-8")
    per_file = [*DEDUPE, "check", "--scope", "document", "--profile", "safe", "--quiet", small]
    return {
        "files": files,
        "mb": round(sum(path.stat().st_size for path in paths) / 1e6, 1),
        "right": right,
        "cache_mb": round(cache / 1e6, 1),
        **{name: {key: min(run[key] for run in of) for key in of[0]} for name, of in runs.items()},
        "git_ls_files": least(["git", "ls-files", "-s", "-z"], times, **options),
        "check_one_file": least(per_file, max(times, 5), **options),
        "python_alone": least([sys.executable, "-c", "import numpy"], max(times, 5), **options),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--mb", type=float, default=20)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    for name in [name for name in os.environ if name.startswith(("GIT_", "PRE_COMMIT"))]:
        del os.environ[name]
    with tempfile.TemporaryDirectory() as folder:
        save([measure(Path(folder) / "corpus", given.files, int(given.mb * 1e6), given.times)], given.out)


if __name__ == "__main__":
    main()
