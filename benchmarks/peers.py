"""Other tools on the same planted corpus: CPU, wall, memory, recall of what was planted, wrong removals.

    python benchmarks/peers.py --mb 20 --out benchmarks/results/peers.json
    python benchmarks/peers.py --mb 160 --peer rensa --peer gaoya --environments FOLDER

Each tool gets an environment of its own, made with `uv` (which is installed into one too) in the folder
`--environments`, and kept there for the next time. It is run on documents and on paragraphs (one record each), with the
settings that most people use, five words and 0.7, and with two words and 0.5, which find about what we find.
Recall counts a planted pair as found if one of its two sides is gone. The tools remove what they find and compare
nothing; ours reports most of it, so it has `recall` (removed or reported) and `recall_removed`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parent))
from corpora import build
from measure import Failed, environment, save, say, timed, words_counted
from speed import DEDUPE, Truth, score

RUNS = Path(__file__).parent / "peer_runs.py"
SETTINGS = ((5, 0.7), (2, 0.5))
LEVELS = {"documents": ("doc",), "paragraphs": ("para", "body", "boiler")}


class Peer(NamedTuple):
    """How a tool is installed, and what it can do."""

    requirements: tuple[str, ...]
    levels: tuple[str, ...] = tuple(LEVELS)
    python: str = f"{sys.version_info.major}.{sys.version_info.minor}"


PEERS = {
    "datasketch": Peer(("datasketch", "xxhash", "orjson")),
    "rensa": Peer(("rensa", "orjson")),
    "gaoya": Peer(("gaoya", "orjson")),
    "text-dedup": Peer(("text-dedup",), python="3.12"),
    "datatrove": Peer(("datatrove[io,processing]", "orjson", "spacy")),
    "dolma": Peer(("dolma",), levels=("paragraphs",)),
}


def installed(name: str, peer: Peer, environments: Path) -> Path:
    """Return the Python of a tool's environment, made if it is not there yet."""
    home = environments / name
    python = home / "bin" / "python"
    if not (home / "complete").exists():
        uv = environments / "uv" / "bin" / "uv"
        if not uv.exists():
            _call([sys.executable, "-m", "venv", str(environments / "uv")])
            _call([str(uv.with_name("python")), "-m", "pip", "install", "--quiet", "uv"])
        _call([str(uv), "venv", "--quiet", "--clear", "--python", peer.python, str(home)])
        _call([str(uv), "pip", "install", "--quiet", "--python", str(python), *peer.requirements])
        (home / "complete").touch()
    return python


def version(name: str, python: Path) -> str:
    code = f"import importlib.metadata; print(importlib.metadata.version({name!r}))"
    return _call([str(python), "-c", code]).strip()


def paragraphs_of(corpus: Path, target: Path) -> Path:
    """Write each paragraph of a corpus as a record of its own, named as the truth names it."""
    with corpus.open("rb") as source, target.open("w", encoding="utf-8") as records:
        for row in map(json.loads, source):
            for number, text in enumerate(row["text"].rstrip("\n").split("\n\n")):
                records.write(json.dumps({"id": f"{row['id']}#{number}", "text": text}, ensure_ascii=False) + "\n")
    return target


def judged(records: Path, kept: set[str], truth: Truth, level: str) -> dict[str, Any]:
    """Return what a tool that keeps these records found, and where it went wrong.

    ``removed_unplanted`` are records that are no side of anything planted, ``lost`` the
    documents of which, with all their exact copies, nothing was kept.
    """

    def gone(place: str) -> bool:
        return place not in kept

    def is_found(entry: dict[str, Any]) -> bool:
        if entry["kind"] == "body":  # one of the paragraphs that came twice
            name, size = entry["id"], entry["size"]
            return any(gone(f"{name}#{number}") for number in range((1 + entry["times"]) * size))
        return any(gone(entry[side]) for side in ("id", "src") if side in entry)

    with records.open("rb") as stream:
        removed = [name for name in (json.loads(row)["id"] for row in stream) if gone(name)]
    places = (name.partition("#") for name in removed)
    copies: dict[str, list[str]] = {}
    for entry in truth.entries:
        if entry["kind"] == "doc" and not entry["rate"]:
            copies.setdefault(entry["src"], [entry["src"]]).append(entry["id"])
    recall = truth.recall(lambda entry: entry["kind"] in LEVELS[level] and is_found(entry))
    return {
        "recall": _of(level, recall),
        "removed": len(removed),
        "removed_unplanted": sum(not truth.explains(name, int(number or 0)) for name, _, number in places),
        "lost": sum(all(map(gone, names)) for names in copies.values()) if level == "documents" else 0,
    }


def peer_rows(
    name: str, files: dict[str, Path], truth: Truth, arguments: argparse.Namespace
) -> Iterator[dict[str, Any]]:
    """Run one tool at all levels and settings; what fails becomes a row that says so."""
    peer = PEERS[name]
    try:
        python = installed(name, peer, arguments.environments)
    except Failed as error:
        yield {"tool": name, "failed": str(error)[-500:]}
        return
    for level in peer.levels:
        records = files[level]
        for size, threshold in SETTINGS:
            row: dict[str, Any] = {"tool": name, "version": version(name, python), "level": level}
            row |= {"shingle": size, "threshold": threshold}
            with tempfile.TemporaryDirectory(dir=arguments.work) as folder:
                common = [name, str(records), folder, "--shingle", str(size), "--threshold", str(threshold)]
                try:
                    argv = [python, RUNS, "run", *common]
                    row |= timed(argv, timeout=arguments.timeout, stdout=subprocess.DEVNULL)
                    kept = set(_call([str(python), str(RUNS), "kept", *common]).split("\n"))
                    row |= judged(records, kept, truth, level)
                except Failed as error:
                    row["failed"] = str(error)[-500:]
            yield row


def our_rows(corpus: Path, truth: Path, folder: Path) -> Iterator[dict[str, Any]]:
    """The same for ours: the whole job, and only what the others do."""
    from dedupe import __version__

    only = ["--no-boilerplate", "--no-repair", "--unit"]
    for what, options in {
        "whole job": ["--source-field", "site"],
        "documents": [*only, "document"],
        "paragraphs": [*only, "paragraph"],
    }.items():
        out = folder / f"cleaned-{what.partition(' ')[0]}.jsonl"
        row: dict[str, Any] = {"tool": "corpus-dedupe", "version": __version__, "level": what}
        row |= timed([*DEDUPE, "clean", str(corpus), "-o", str(out), "-q", *options])
        row |= score(out.with_name(out.name + ".difflog.jsonl"), truth)
        if what in LEVELS:
            row |= {name: _of(what, row[name]) for name in ("recall", "recall_removed")}
        yield row


def _of(level: str, recall: dict[str, float]) -> dict[str, float]:
    return {label: share for label, share in recall.items() if label.partition(" ")[0] in LEVELS[level]}


def _call(argv: list[str]) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, env=environment())
    if done.returncode:
        raise Failed(f"{' '.join(argv)}: {done.stderr[-2000:]}")
    return done.stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mb", type=float, default=20)
    parser.add_argument("--peer", action="append", choices=PEERS, help="only these; may be repeated")
    parser.add_argument("--environments", type=Path, default=Path.home() / ".cache" / "dedupe-peers")
    parser.add_argument("--timeout", type=float, default=900, help="seconds that one run may take")
    parser.add_argument("--work", type=Path, help="folder for corpora and outputs")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    arguments.environments.mkdir(parents=True, exist_ok=True)
    rows = []
    with tempfile.TemporaryDirectory(dir=arguments.work) as name:
        folder = Path(name)
        corpus = folder / "planted.jsonl"
        truth = build(corpus, int(arguments.mb * 1e6))
        files = {"documents": corpus, "paragraphs": paragraphs_of(corpus, folder / "paragraphs.jsonl")}
        size = corpus.stat().st_size / 1e6
        words = words_counted([corpus])
        planted = Truth(truth)
        sources = [our_rows(corpus, truth, folder)]
        sources += [peer_rows(peer, files, planted, arguments) for peer in arguments.peer or PEERS]
        for row in (row for source in sources for row in source):
            if "cpu" in row:
                row |= {
                    "mb_per_cpu_second": round(size / row["cpu"], 2),
                    "cpu_over_wc": round(row["cpu"] / words["cpu"], 1),
                }
            rows.append(row)
            say(" ".join(f"{key}={value}" for key, value in row.items() if not isinstance(value, dict)))
    save({"corpus": corpus.name, "mb": round(size, 1), "wc": words, "tools": rows}, arguments.out)


if __name__ == "__main__":
    main()
