"""Input of odd shapes: that CPU grows with the size and no faster, and memory stays near the size of the text.

    python benchmarks/corners.py                              # every shape, at half its size and whole
    python benchmarks/corners.py --shape one-line --scale 0.1
    python benchmarks/corners.py --out benchmarks/results/corners.json

Each shape is made at half of its size and at the whole, and cleaned as a user would do it. `growth` is the CPU of the
whole over that of the half, start-up taken off: 2 where cost follows the size, 4 where it follows its square.
`bytes_a_byte` is the memory above that of an empty run, by bytes of input. `right` means that `verify` succeeded.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parent))
from corpora import Writer
from measure import Failed, save, say, timed
from speed import DEDUPE

_SENTENCE = "The ferry to the island was late again on Monday, and nobody at the pier could say why."


def one_line(count: int) -> Iterator[str]:
    """One line of so many bytes, of words."""
    writer = Writer(1)
    while count > 0:
        piece = writer.paragraph() + " "
        yield piece[:count]
        count -= len(piece)


def one_document(count: int) -> Iterator[str]:
    """One text of so many bytes, of paragraphs that are all different."""
    writer = Writer(2)
    while count > 0:
        piece = writer.paragraph() + "\n\n"
        yield piece
        count -= len(piece)


def same_line(count: int) -> Iterator[str]:
    """The same line so many times."""
    yield from (_SENTENCE + "\n" for _ in range(count))


def same_short_line(count: int) -> Iterator[str]:
    """A line too short to be a duplicate by itself, so many times."""
    yield from ("Read more\n" for _ in range(count))


def empty_lines(count: int) -> Iterator[str]:
    """A line of text, so many empty ones, and another one."""
    yield _SENTENCE
    yield from ("\n" * 1000 for _ in range(count // 1000))
    yield _SENTENCE[::-1]


def word_lines(count: int) -> Iterator[str]:
    """So many lines of one word each."""
    words = Writer(3).words(1 << 16)
    yield from (words[number * 40503 % len(words)] + "\n" for number in range(count))


def same_documents(count: int) -> Iterator[str]:
    """So many documents with the same line in them."""
    yield from (_row(number, _SENTENCE) for number in range(count))


def templated(count: int) -> Iterator[str]:
    """So many documents of some seven kilobytes that differ in a name and a number here and there."""
    writer, chance = Writer(4), random.Random(4)
    frame = [writer.paragraph() for _ in range(24)]
    names = writer.words(5000)
    for number in range(count):
        fields = (f"{chance.choice(names)} {chance.randrange(10**6)}" for _ in frame)
        yield _row(number, "\n\n".join(f"{part} {field}" for part, field in zip(frame, fields, strict=True)))


def same_ending(count: int) -> Iterator[str]:
    """So many documents that have a paragraph of their own and the same fifty lines after it."""
    writer = Writer(5)
    ending = "\n".join(writer.paragraph() for _ in range(50))
    yield from (_row(number, writer.paragraph() + "\n\n" + ending) for number in range(count))


def hot_buckets(count: int) -> Iterator[str]:
    """So many documents of one paragraph, each of which is near to all others by most of its words."""
    writer, chance = Writer(6), random.Random(6)
    common, rare = writer.words(60), writer.words(5000)
    for number in range(count):
        words = list(common)
        for at in chance.sample(range(len(words)), 4):
            words[at] = chance.choice(rare)
        yield _row(number, " ".join(words))


def _row(number: int, text: str) -> str:
    return json.dumps({"id": str(number), "text": text}) + "\n"


class Shape(NamedTuple):
    """How a corpus is made, of how much, and as what kind of file."""

    make: Callable[[int], Iterator[str]]
    size: int
    kind: str


SHAPES = {
    "one-line": Shape(one_line, 50_000_000, ".txt"),
    "one-document": Shape(one_document, 200_000_000, ".txt"),
    "same-line": Shape(same_line, 1_000_000, ".txt"),
    "same-short-line": Shape(same_short_line, 1_000_000, ".txt"),
    "empty-lines": Shape(empty_lines, 10_000_000, ".txt"),
    "word-lines": Shape(word_lines, 1_000_000, ".txt"),
    "same-documents": Shape(same_documents, 1_000_000, ".jsonl"),
    "templated": Shape(templated, 100_000, ".jsonl"),
    "same-ending": Shape(same_ending, 20_000, ".jsonl"),
    "hot-buckets": Shape(hot_buckets, 50_000, ".jsonl"),
}


def cleaned(source: Path, options: list[str]) -> dict[str, Any]:
    """Return the cost of cleaning a file, and whether its original comes out again."""
    out = source.with_name("cleaned" + source.suffix)
    log = out.with_name(out.name + ".difflog.jsonl")
    cost: dict[str, Any] = timed([*DEDUPE, "clean", source, "-o", out, "-q", "--force", *options])
    try:
        timed([*DEDUPE, "verify", out, "--log", log, "-q"])
    except Failed:
        return cost | {"right": False}
    return cost | {"right": True}


def measured(name: str, scale: float, folder: Path, options: list[str]) -> dict[str, Any]:
    """Return the figures of one shape."""
    shape = SHAPES[name]
    source = folder / f"corner{shape.kind}"
    source.write_text("" if shape.kind == ".jsonl" else "\n", encoding="utf-8")
    empty = cleaned(source, options)
    figures: dict[str, Any] = {"shape": name, "is": (shape.make.__doc__ or "").strip()}
    runs = []
    for part in (scale / 2, scale):
        count = int(shape.size * part)
        with source.open("w", encoding="utf-8", newline="") as stream:
            stream.writelines(shape.make(count))
        size = source.stat().st_size
        run = cleaned(source, options)
        run |= {"count": count, "mb": round(size / 1e6, 2)}
        run["bytes_a_byte"] = round((run["peak_mb"] - empty["peak_mb"]) * 1e6 / size, 1)
        runs.append(run)
    half, whole = (run["cpu"] - empty["cpu"] for run in runs)
    return figures | {"growth": round(whole / max(half, 0.01), 2), "runs": runs}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", action="append", choices=SHAPES, help="only these; may be repeated")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the usual size")
    parser.add_argument("--option", action="append", default=[], help="passed on to clean; may be repeated")
    parser.add_argument("--work", type=Path, help="folder for corpora and outputs")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    rows = []
    for name in arguments.shape or SHAPES:
        with tempfile.TemporaryDirectory(dir=arguments.work) as folder:
            try:
                row = measured(name, arguments.scale, Path(folder), arguments.option)
            except Failed as error:
                row = {"shape": name, "failed": str(error)[-500:]}
        rows.append(row)
        for run in row.get("runs", []):
            say(f"{name}: " + " ".join(f"{key}={value}" for key, value in run.items()))
        say(f"{name}: {row.get('failed') or 'growth=' + str(row['growth'])}")
    save(rows, arguments.out)


if __name__ == "__main__":
    main()
