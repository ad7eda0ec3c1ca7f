"""Quality of the boilerplate score on labelled pages, and false alarms on text without boilerplate.

Usage::

    python benchmarks/boilerplate.py [--data FOLDER] [--pages N] [--no-brake] [--show 10] [--clean]

FOLDER (default: ``$DEDUPE_DATA``, else ``../shared/data`` beside the repository) holds
``web-pages.jsonl.xz`` with rows ``{"site", "lines", "labels"}``, 1 = content. With
``--clean`` also texts that hold next to no boilerplate are read (``verses``, ``laws``), where
every removal is a mistake until looked at, and ``planted`` pages, where boilerplate
paragraphs are known by template.

Measured per profile, once with line frequencies by site and once with each page alone:
share of removed lines that are boilerplate (precision), share of boilerplate lines
removed (recall), the same with lines for review, share of content characters lost, and
the time. Long wrong removals are shown: that is where mistakes hide.
"""

from __future__ import annotations

import argparse
import collections
import json
import lzma
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from dedupe.boilerplate.frequency import LineFrequencies
from dedupe.boilerplate.lexicon import Lexicon
from dedupe.boilerplate.signals import score_document
from dedupe.config import Config
from dedupe.model import LineFinding, Outcome
from dedupe.text.masks import line_keys
from dedupe.text.segment import split_lines

DEFAULT_DATA = os.environ.get("DEDUPE_DATA") or str(Path(__file__).resolve().parents[2] / "shared" / "data")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", default=DEFAULT_DATA)
    parser.add_argument("--pages", type=int, default=0, help="only the first N labelled pages")
    parser.add_argument("--profiles", default="safe,default,aggressive")
    parser.add_argument("--no-brake", action="store_true")
    parser.add_argument("--show", type=int, default=8, help="wrong removals to show")
    parser.add_argument("--clean", action="store_true", help="also texts without boilerplate, and planted pages")
    options = parser.parse_args()
    data = Path(options.data)
    lexicon = Lexicon.load([])
    brake = {"brake_chars_ratio": 1.0, "brake_lines_ratio": 1.0} if options.no_brake else {}
    pages = list(read_rows(data / "web-pages.jsonl.xz", options.pages))
    texts = ["\n".join(page["lines"]) for page in pages]
    names = sorted({page["site"] for page in pages})
    number = {name: index for index, name in enumerate(names)}
    frequencies = count(texts, [number[page["site"]] for page in pages], names)
    print(f"{len(pages)} pages, {len(names)} sites, {len(frequencies)} frequent lines, lexicon {lexicon.fingerprint()}")
    for profile in options.profiles.split(","):
        config = Config(profile=profile, **brake)
        for mode, table in (("corpus", frequencies), ("alone", None)):
            report_pages(profile, mode, pages, texts, lexicon, table, config, options.show)
    if options.clean:
        report_clean(data, lexicon, options.show)
        report_planted(data, lexicon)


def read_rows(path: Path, limit: int = 0) -> Iterator[dict[str, Any]]:
    with lzma.open(path, "rt", encoding="utf-8") as stream:
        for index, line in enumerate(stream):
            if limit and index >= limit:
                return
            yield json.loads(line)


def count(texts: list[str], sources: list[int], names: list[str]) -> LineFrequencies:
    keys = [line_keys(text, split_lines(text)) for text in texts]
    chunk = np.repeat(np.arange(len(texts)), [len(part) for part in keys]), np.concatenate(keys)
    return LineFrequencies.build(lambda: [chunk], np.array(sources, np.int32), np.ones(len(texts), np.bool_), names)


def report_pages(
    profile: str,
    mode: str,
    pages: list[dict[str, Any]],
    texts: list[str],
    lexicon: Lexicon,
    frequencies: LineFrequencies | None,
    config: Config,
    show: int,
) -> None:
    tally: collections.Counter[tuple[str, int]] = collections.Counter()
    rules: collections.Counter[tuple[str, int]] = collections.Counter()
    content = lost = braked = 0
    wrong: list[tuple[int, str, LineFinding]] = []
    seconds = 0.0
    for page, text in zip(pages, texts, strict=True):
        start = time.perf_counter()
        found = score_document(text, lexicon, frequencies, page["site"], config)
        seconds += time.perf_counter() - start
        braked += any(finding.guard == "brake" for finding in found)
        by_start = {finding.start: finding for finding in found if not finding.tail}
        tails = {finding.end: finding for finding in found if finding.tail and finding.outcome is Outcome.REMOVE}
        for line, label in zip(split_lines(text), page["labels"], strict=True):
            size = line.end - line.start
            content += size * label
            finding = by_start.get(line.start)
            outcome = finding.outcome.value if finding else "keep"
            tally[outcome, label] += 1
            if line.end in tails and label:
                lost += line.end - tails[line.end].start
            if finding is not None and outcome == "remove":
                rules[finding.rule, label] += 1
                if label:
                    lost += size
                    wrong.append((size, text[line.start : line.end], finding))
    removed = tally["remove", 0] + tally["remove", 1]
    total = sum(value for (_, label), value in tally.items() if not label)
    print(
        f"\n{profile:10} {mode:6} precision {tally['remove', 0] / max(1, removed):.4f}"
        f"  recall {tally['remove', 0] / total:.3f}"
        f"  with review {(tally['remove', 0] + tally['review', 0]) / total:.3f}"
        f"  content in review {tally['review', 1]}"
        f"  content characters lost {100 * lost / content:.3f}%"
        f"  braked {braked}  {1000 * seconds / len(pages):.1f} ms a page"
    )
    if show:
        print("  right/wrong by rule:", "  ".join(rule_counts(rules)))
        for size, line, finding in sorted(wrong, key=lambda item: (-item[0], item[1]))[:show]:
            points = " ".join(f"{point.name}{point.value:+g}" for point in finding.points)
            print(f"  wrong {size:4} {line[:90]!r} {finding.rule} {points}")


def rule_counts(rules: collections.Counter[tuple[str, int]]) -> list[str]:
    names = sorted({rule for rule, _ in rules})
    return [f"{name.partition('/')[2]} {rules[name, 0]}/{rules[name, 1]}" for name in names]


def report_clean(data: Path, lexicon: Lexicon, show: int) -> None:
    """Texts without boilerplate, with frequencies over each as one source: what goes is a mistake."""
    verses: dict[str, list[str]] = collections.defaultdict(list)
    for row in read_rows(data / "verses.jsonl.xz", 60_000):
        verses[row["translation"]].append(row["text"])
    chapters = ["\n".join(part[place : place + 30]) for part in verses.values() for place in range(0, len(part), 30)]
    laws: dict[str, str] = {}
    for row in read_rows(data / "laws.jsonl.xz", 2_500):
        laws.setdefault(row["path"], row["text"])
    for name, texts in (("verses", chapters), ("laws", list(laws.values()))):
        table = count(texts, [0] * len(texts), [name])
        for mode, frequencies in (("corpus", table), ("alone", None)):
            lines = removed = reviewed = 0
            shown: collections.Counter[str] = collections.Counter()
            for text in texts:
                lines += sum(line.end > line.start for line in split_lines(text))
                for finding in score_document(text, lexicon, frequencies, 0, Config()):
                    if finding.outcome is Outcome.REMOVE:
                        removed += 1
                        shown[f"{text[finding.start : finding.end][:70]!r} {finding.rule}"] += 1
                    else:
                        reviewed += 1
            print(f"\n{name} {mode}: {len(texts)} texts, {lines} lines, {removed} removed, {reviewed} for review")
            for line, times in shown.most_common(show):
                print(f"  {times} x {line}")


def report_planted(data: Path, lexicon: Lexicon) -> None:
    """Share of planted boilerplate paragraphs found, by template."""
    truth: dict[str, dict[int, int]] = collections.defaultdict(dict)
    for row in read_rows(data / "planted.truth.jsonl.xz"):
        if row["kind"] == "boiler":
            document, _, place = row["id"].partition("#")
            truth[document][int(place)] = row["tmpl"]
    rows = list(read_rows(data / "planted.jsonl.xz", 4_000))
    texts = [row["text"] for row in rows]
    table = count(texts, [0] * len(texts), ["planted"])
    for mode, frequencies in (("corpus", table), ("alone", None)):
        planted: collections.Counter[int] = collections.Counter()
        hits: collections.Counter[tuple[int, str]] = collections.Counter()
        others: collections.Counter[str] = collections.Counter()
        start = time.perf_counter()
        for row, text in zip(rows, texts, strict=True):
            outcomes = {
                f.start: f.outcome.value for f in score_document(text, lexicon, frequencies, 0, Config()) if not f.tail
            }
            place = 0
            for number, paragraph in enumerate(text.split("\n\n")):
                template = truth[row["id"]].get(number) if row["id"] in truth else None
                if template is not None:
                    planted[template] += 1
                    hits[template, outcomes.get(place, "keep")] += 1
                elif outcomes.get(place) == "remove":
                    others[paragraph[:80]] += 1
                place += len(paragraph) + 2
        seconds = time.perf_counter() - start
        total = sum(planted.values())
        removed = sum(value for (_, outcome), value in hits.items() if outcome == "remove")
        review = sum(value for (_, outcome), value in hits.items() if outcome == "review")
        print(
            f"\nplanted {mode}: {len(rows)} pages in {seconds:.1f} s, {total} boilerplate paragraphs, "
            f"{removed / total:.3f} removed, {review / total:.3f} for review, {sum(others.values())} others removed"
        )
        for template in sorted(planted):
            shares = (hits[template, outcome] / planted[template] for outcome in ("remove", "review"))
            print(f"  template {template:2}: {planted[template]:5}  " + "  ".join(f"{share:.2f}" for share in shares))
        for line, times in others.most_common(12):
            print(f"  not planted: {times} x {line!r}")


if __name__ == "__main__":
    main()
