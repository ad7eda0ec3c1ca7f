"""Quality of learned lexicons, and what learning costs.

Usage::

    python benchmarks/learn.py [--data FOLDER] [--show 10] [--only cost,halves,planted,clean] [--mb 160] [--out FILE]

FOLDER (default: ``$DEDUPE_DATA``, else ``../shared/data`` beside the repository) holds the labelled corpora.

``halves``: learned on half of the sites of ``web-pages`` (by a hash of their names), applied to every page of the
other half by itself, both ways: share of content characters lost, precision and recall, with and without what was
learned. ``planted``: the share of the places of each planted line that an entry fits. ``clean``: what is learned from
texts that hold next to no boilerplate, and what it takes from them. ``cost``: CPU of ``learn`` and of ``clean`` on a
planted corpus.
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import json
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from boilerplate import DEFAULT_DATA, read_rows
from corpora import build
from measure import least, save, say

from dedupe.boilerplate.lexicon import Lexicon
from dedupe.boilerplate.signals import score_document
from dedupe.config import Config
from dedupe.learning import learn_files
from dedupe.model import Outcome
from dedupe.text.segment import split_lines


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", default=DEFAULT_DATA)
    parser.add_argument("--show", type=int, default=10, help="wrong removals, and entries, to show")
    parser.add_argument("--only", default="cost,halves,planted,clean")
    parser.add_argument("--mb", type=int, default=160, help="size of the corpus for cost")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    parts = {"halves": halves, "planted": planted, "clean": clean}
    runs = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in options.only.split(","):
            if name == "cost":
                runs[name] = cost(Path(folder), options.mb)
            else:
                runs[name] = parts[name](Path(options.data), Path(folder), options.show)
    save(runs, options.out)


def learned(rows: Iterable[dict[str, Any]], folder: Path, source_field: str = "") -> list[str]:
    """Learn from *rows*; return the lexicon files that are used with it: the one."""
    corpus, out = folder / "corpus.jsonl", folder / "learned.txt"
    with corpus.open("w", encoding="utf-8") as stream:
        for row in rows:
            stream.write(json.dumps(row) + "\n")
    learn_files([str(corpus)], str(out), Config(source_field=source_field), force=True)
    return [str(out)]


def halves(data: Path, folder: Path, show: int) -> list[dict[str, Any]]:
    pages = list(read_rows(data / "web-pages.jsonl.xz"))
    sides: list[list[dict[str, Any]]] = [[], []]
    for page in pages:
        sides[hashlib.sha256(page["site"].encode()).digest()[0] & 1].append(page)
    runs = []
    for number, side in enumerate(sides):
        rows = ({"id": page["id"], "site": page["site"], "text": "\n".join(page["lines"])} for page in side)
        lexicons = learned(rows, folder, "site")
        for name, files in (("shipped", []), ("learned", lexicons)):
            figures = applied(sides[1 - number], Lexicon.load(files), show if files else 0)
            entries = sum(entry.sightings is not None for entry in Lexicon.load(files).phrases())
            runs.append({"half": number, "lexicon": name, "entries": entries, **figures})
            say(str(runs[-1]))
    return runs


def applied(pages: list[dict[str, Any]], lexicon: Lexicon, show: int) -> dict[str, Any]:
    """Clean each page by itself; return what was found and what was lost."""
    tally: collections.Counter[tuple[str, int]] = collections.Counter()
    content = lost = 0
    wrong: list[tuple[int, str, str]] = []
    for page in pages:
        text = "\n".join(page["lines"])
        found = score_document(text, lexicon, None, page["site"], Config())
        by_start = {finding.start: finding for finding in found if not finding.verdict.tail}
        tails = {
            finding.end: finding
            for finding in found
            if finding.verdict.tail and finding.verdict.outcome is Outcome.REMOVE
        }
        for line, label in zip(split_lines(text), page["labels"], strict=True):
            content += label * (line.end - line.start)
            finding = by_start.get(line.start)
            outcome = finding.verdict.outcome.value if finding else "keep"
            tally[outcome, label] += 1
            gone = tails[line.end].start if line.end in tails else line.start if outcome == "remove" else line.end
            lost += label * (line.end - gone)
            if label and finding is not None and outcome == "remove":
                why = " ".join(f"{point.name}{point.value:+g}" for point in finding.verdict.points)
                wrong.append((line.end - line.start, text[line.start : line.end], f"{finding.verdict.rule} {why}"))
    for size, line, rule in sorted(wrong, reverse=True)[:show]:
        say(f"  wrong {size:4} {line[:90]!r} {rule}")
    removed = tally["remove", 0] + tally["remove", 1]
    furniture = sum(count for (_, label), count in tally.items() if not label)
    return {
        "precision": round(tally["remove", 0] / max(1, removed), 4),
        "recall": round(tally["remove", 0] / furniture, 4),
        "recall_with_review": round((tally["remove", 0] + tally["review", 0]) / furniture, 4),
        "content_lost_percent": round(100 * lost / content, 4),
    }


def planted(data: Path, folder: Path, show: int) -> dict[str, Any]:
    rows = {row["id"]: row["text"].split("\n\n") for row in read_rows(data / "planted.jsonl.xz")}
    (name,) = learned(({"id": key, "text": "\n\n".join(parts)} for key, parts in rows.items()), folder)
    found = Lexicon.parse(Path(name).read_text(encoding="utf-8"))
    places: collections.Counter[int] = collections.Counter()
    fitted: collections.Counter[int] = collections.Counter()
    phrases: dict[int, str] = {}
    truths: set[str] = set()
    for truth in read_rows(data / "planted.truth.jsonl.xz"):
        if truth["kind"] == "boiler":
            document, _, place = truth["id"].partition("#")
            line = rows[document][int(place)]
            entry = found.find(line)
            places[truth["tmpl"]] += 1
            fitted[truth["tmpl"]] += entry is not None
            if entry is not None:
                phrases[truth["tmpl"]] = f"{entry.strength}: {entry.phrase}"
                truths.add(entry.phrase)
    for number in sorted(places):
        say(f"  template {number:2}: {fitted[number]} of {places[number]}  {phrases.get(number, '')}")
    others = [entry for entry in found.phrases() if entry.phrase not in truths]
    for entry in others[:show]:
        say(f"  not planted: {entry.strength}: {entry.phrase} [{entry.sightings}]")
    return {
        "templates": {number: round(fitted[number] / places[number], 4) for number in sorted(places)},
        "entries": len(list(found.phrases())),
        "others": len(others),
    }


def clean(data: Path, folder: Path, show: int) -> dict[str, Any]:
    runs = {}
    for name, texts in clean_texts(data):
        lexicons = learned(({"id": str(number), "text": text} for number, text in enumerate(texts)), folder)
        lexicon = Lexicon.load(lexicons)
        entries = [entry for entry in lexicon.phrases() if entry.sightings is not None]
        shown: collections.Counter[str] = collections.Counter()
        lines = 0
        for text in texts:
            lines += sum(line.end > line.start for line in split_lines(text))
            for finding in score_document(text, lexicon, None, "", Config()):
                if finding.verdict.outcome is Outcome.REMOVE:
                    shown[text[finding.start : finding.end].strip()] += 1
        runs[name] = {
            "lines": lines,
            "entries": collections.Counter(entry.strength for entry in entries),
            "removed": shown.total(),
        }
        say(f"{name}: {runs[name]}")
        for line, times in shown.most_common(show):
            say(f"  removed {times:5} x {line[:100]!r}")
        for entry in [entry for entry in entries if entry.strength != "weak"][:show]:
            say(f"  entry {entry.strength} {entry.kind}: {entry.phrase} [{entry.sightings}]")
    return runs


def clean_texts(data: Path) -> Iterator[tuple[str, list[str]]]:
    """Texts that hold next to no boilerplate, by name of the corpus."""
    verses: dict[str, list[str]] = collections.defaultdict(list)
    for row in read_rows(data / "verses.jsonl.xz", 60_000):
        verses[row["translation"]].append(row["text"])
    yield (
        "verses",
        ["\n".join(part[place : place + 30]) for part in verses.values() for place in range(0, len(part), 30)],
    )
    yield "laws", [row["text"] for row in read_rows(data / "laws.jsonl.xz")]
    yield "licences", [row["text"] for row in read_rows(data / "licences.jsonl.xz")]


def cost(folder: Path, mb: int) -> dict[str, Any]:
    corpus = folder / "planted.jsonl"
    build(corpus, mb * 1_000_000)
    dedupe = [sys.executable, "-m", "dedupe"]
    learn = [*dedupe, "learn", corpus, "-o", folder / "lexicon.txt", "--force"]
    return {
        "mb": mb,
        "learn": least(learn, 1),
        "learn_all": least([*learn, "--sample-per-source", "0"], 1),
        "clean": least([*dedupe, "clean", corpus, "-o", folder / "clean.jsonl", "--force"], 1),
    }


if __name__ == "__main__":
    main()
