"""Quality of the boilerplate score on labelled pages and on planted furniture.

Usage::

    python benchmarks/boilerplate.py [--data FOLDER] [--pages N] [--no-brake] [--show 10] [--planted] [--out FILE]
    python benchmarks/boilerplate.py --written bullets|links --profiles default --out FILE

FOLDER (default: ``$DEDUPE_DATA``, else ``../shared/data`` beside the repository) holds
``web-pages.jsonl.xz`` with rows ``{"id", "site", "lines", "labels"}``, 1 = content, and ``planted.jsonl.xz`` with its
truth, where boilerplate paragraphs are known by template. Text without boilerplate is the subject of
``false_alarms.py``.

Measured per profile, once with line frequencies by site and once with each page alone, for all pages and for articles
(ids that begin with ``ARTICLES``): share of removed lines that are boilerplate (precision), share of boilerplate lines
removed (recall), the same with lines for review, and share of content characters lost. Labels are by the text of a
line: an entry of a menu that is also a heading of the article counts as content in both places. So of what is lost by
the labels it is also told how much still stands on the page. Long wrong removals are shown: mistakes hide there. The
same figures follow with the labels that were read and found wrong (``data/judged.txt``) put right.

The labelled pages have no marks before their lines. With ``--written`` they get such as programs write that turn pages
into plain text or Markdown: where three and more short lines that end no sentence stand in a row, menus and lists of
the text alike, each is an item of a list, and with ``links`` a link to another page.
"""

from __future__ import annotations

import argparse
import collections
import itertools
import json
import lzma
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from measure import save

from dedupe.boilerplate.frequency import LineFrequencies
from dedupe.boilerplate.lexicon import Lexicon
from dedupe.boilerplate.passing import line_frequencies
from dedupe.boilerplate.profiles import PROFILES
from dedupe.boilerplate.signals import score_document
from dedupe.config import Config
from dedupe.model import LineFinding, Outcome
from dedupe.text.marks import has_bullet
from dedupe.text.masks import line_keys
from dedupe.text.segment import split_lines
from dedupe.workfiles import open_work_folder

DEFAULT_DATA = os.environ.get("DEDUPE_DATA") or str(Path(__file__).resolve().parents[2] / "shared" / "data")


JUDGED = Path(__file__).parent / "data" / "judged.txt"
ARTICLES = ("scrapinghub_articles/", "article_extraction_424/")
LIST_LINES, LABEL_WORDS = 3, 8
ENDS_SENTENCE = re.compile(r"[.!?:…][\"”’)]*$")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", default=DEFAULT_DATA)
    parser.add_argument("--pages", type=int, default=0, help="only the first N labelled pages")
    parser.add_argument("--profiles", default="safe,default,aggressive")
    parser.add_argument("--no-brake", action="store_true")
    parser.add_argument("--show", type=int, default=8, help="wrong removals to show")
    parser.add_argument("--written", choices=("plain", "bullets", "links"), default="plain", help="how lists look")
    parser.add_argument("--planted", action="store_true", help="also planted pages")
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    options = parser.parse_args()
    data = Path(options.data)
    lexicon = Lexicon.load([])
    brake = {"brake_chars_ratio": 1.0, "brake_lines_ratio": 1.0} if options.no_brake else {}
    pages = list(read_rows(data / "web-pages.jsonl.xz", options.pages))
    texts = ["\n".join(written(page["lines"], options.written)) for page in pages]
    names = sorted({page["site"] for page in pages})
    number = {name: index for index, name in enumerate(names)}
    print(f"{len(pages)} pages, {len(names)} sites, lexicon {lexicon.fingerprint()}")
    figures = []
    for profile in options.profiles.split(","):
        config = Config(profile=profile, **brake)
        frequencies = count(texts, [number[page["site"]] for page in pages], names, lexicon, profile)
        print(f"{profile}: {len(frequencies)} frequent lines")
        for mode, table in (("corpus", frequencies), ("alone", None)):
            print()
            found = [
                score_document(text, lexicon, table, page["site"], config)
                for page, text in zip(pages, texts, strict=True)
            ]
            for labels in ("given", "judged"):
                judged = judge(pages, texts, found, read_judged() if labels == "judged" else {})
                for group, chosen in (("all", judged), ("articles", [page for page in judged if page.is_article])):
                    row = {"profile": profile, "mode": mode, "pages": group, "labels": labels} | summary(chosen)
                    print(
                        "  ".join(
                            f"{value}" if isinstance(value, str) else f"{key} {value}" for key, value in row.items()
                        )
                    )
                    figures.append(row)
            show_wrong(judged, options.show)
    if options.planted:
        report_planted(data, lexicon)
    if options.out:
        save(figures, options.out)


def read_rows(path: Path, limit: int = 0) -> Iterator[dict[str, Any]]:
    with lzma.open(path, "rt", encoding="utf-8") as stream:
        for index, line in enumerate(stream):
            if limit and index >= limit:
                return
            yield json.loads(line)


def written(lines: list[str], how: str) -> list[str]:
    """Return *lines* with a bullet before each of three and more short ones in a row, or as links behind bullets."""
    if how == "plain":
        return lines
    result: list[str] = []
    for is_short, group in itertools.groupby(lines, is_label):
        row = list(group)
        is_list = is_short and len(row) >= LIST_LINES
        result += [as_item(line, how) for line in row] if is_list else row
    return result


def is_label(line: str) -> bool:
    return 0 < len(line.split()) <= LABEL_WORDS and not ENDS_SENTENCE.search(line) and not has_bullet(line)


def as_item(line: str, how: str) -> str:
    return f"* [{line}](/elsewhere)" if how == "links" and not set("[]") & set(line) else f"* {line}"


def count(texts: list[str], sources: list[int], names: list[str], lexicon: Lexicon, profile: str) -> LineFrequencies:
    keys = [line_keys(text, split_lines(text)) for text in texts]
    chunk = np.repeat(np.arange(len(texts)), [len(part) for part in keys]), np.concatenate(keys)
    with open_work_folder() as folder:
        return line_frequencies(
            lambda: [chunk],
            np.array(sources, np.int32),
            np.ones(len(texts), np.bool_),
            lambda wanted: [(number, texts[number]) for number in wanted.tolist()],
            lexicon,
            PROFILES[profile].limit,
            folder,
            names,
        )


@dataclass(slots=True)
class Judged:
    """One page: its lines by outcome and label, content characters in all and lost, and what went wrongly."""

    is_article: bool
    lines: collections.Counter[tuple[str, int]]
    content: int = 0
    lost: int = 0
    still_there: int = 0
    is_braked: bool = False
    wrong: list[tuple[int, str, LineFinding]] = field(default_factory=list)


def read_judged() -> dict[str, set[int]]:
    """The lines of pages, by their id, that are furniture whatever their label says."""
    lines: dict[str, set[int]] = collections.defaultdict(set)
    for row in JUDGED.read_text(encoding="utf-8").splitlines():
        if not row.startswith("#"):
            page, numbers, _ = row.split(" ", 2)
            for part in numbers.split(","):
                first, _, last = part.partition("-")
                lines[page].update(range(int(first), int(last or first) + 1))
    return lines


def judge(
    pages: list[dict[str, Any]], texts: list[str], found_in: list[list[LineFinding]], furniture: dict[str, set[int]]
) -> list[Judged]:
    """Hold the findings on every page against its labels, and against the lines known to be *furniture*."""
    judged = []
    for page, text, found in zip(pages, texts, found_in, strict=True):
        wrong_labels = furniture.get(page["id"], set())
        labels = [label and number not in wrong_labels for number, label in enumerate(page["labels"])]
        by_start = {finding.start: finding for finding in found if not finding.verdict.tail}
        tails = {
            finding.end: finding
            for finding in found
            if finding.verdict.tail and finding.verdict.outcome is Outcome.REMOVE
        }
        result = Judged(page["id"].startswith(ARTICLES), collections.Counter())
        result.is_braked = any(finding.verdict.guard == "brake" for finding in found)
        kept = set()
        sizes = map(len, page["lines"])  # without what links add
        for line, size, label in zip(split_lines(text), sizes, map(int, labels), strict=True):
            finding = by_start.get(line.start)
            outcome = finding.verdict.outcome.value if finding else "keep"
            result.lines[outcome, label] += 1
            result.content += size * label
            if outcome != "remove":
                kept.add(text[line.start : line.end].strip().casefold())
            if label and line.end in tails:
                result.lost += line.end - tails[line.end].start
            if label and finding is not None and outcome == "remove":
                result.lost += size
                result.wrong.append((size, text[line.start : line.end], finding))
        result.still_there = sum(size for size, line, _ in result.wrong if line.strip().casefold() in kept)
        judged.append(result)
    return judged


def summary(judged: list[Judged]) -> dict[str, float]:
    """The figures of a set of pages; shares of content characters are in percent."""
    lines = sum((page.lines for page in judged), collections.Counter[tuple[str, int]]())
    removed = lines["remove", 0] + lines["remove", 1]
    boilerplate = max(1, sum(value for (_, label), value in lines.items() if not label))
    content = max(1, sum(page.content for page in judged))
    return {
        "precision": round(lines["remove", 0] / max(1, removed), 4),
        "recall": round(lines["remove", 0] / boilerplate, 3),
        "recall_with_review": round((lines["remove", 0] + lines["review", 0]) / boilerplate, 3),
        "content_lines_in_review": lines["review", 1],
        "content_lost": round(100 * sum(page.lost for page in judged) / content, 3),
        "of_it_still_there": round(100 * sum(page.still_there for page in judged) / content, 3),
        "braked_pages": sum(page.is_braked for page in judged),
    }


def show_wrong(judged: list[Judged], show: int) -> None:
    """The longest lines that went and are labelled as content."""
    wrong = [entry for page in judged for entry in page.wrong]
    for size, line, finding in sorted(wrong, key=lambda entry: (-entry[0], entry[1]))[:show]:
        points = " ".join(f"{point.name}{point.value:+g}" for point in finding.verdict.points)
        print(f"  wrong {size:4} {line[:90]!r} {finding.verdict.rule} {points}")


def report_planted(data: Path, lexicon: Lexicon) -> None:
    """Share of planted boilerplate paragraphs found, by template."""
    truth: dict[str, dict[int, int]] = collections.defaultdict(dict)
    for row in read_rows(data / "planted.truth.jsonl.xz"):
        if row["kind"] == "boiler":
            document, _, place = row["id"].partition("#")
            truth[document][int(place)] = row["tmpl"]
    rows = list(read_rows(data / "planted.jsonl.xz", 4_000))
    texts = [row["text"] for row in rows]
    table = count(texts, [0] * len(texts), ["planted"], lexicon, "default")
    for mode, frequencies in (("corpus", table), ("alone", None)):
        planted: collections.Counter[int] = collections.Counter()
        hits: collections.Counter[tuple[int, str]] = collections.Counter()
        others: collections.Counter[str] = collections.Counter()
        start = time.perf_counter()
        for row, text in zip(rows, texts, strict=True):
            outcomes = {
                f.start: f.verdict.outcome.value
                for f in score_document(text, lexicon, frequencies, 0, Config())
                if not f.verdict.tail
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
