"""Looks for corpora with which a promise is broken: real text, cut up, pasted again, damaged, and odd settings.

    python tests/fuzz_promises.py --seconds 60 --seed 1 [CORPUS.jsonl ...]

The texts are the cases of the tests, the samples and those of the JSON Lines files that are named, in corpora of a few
documents each. What is held is what the tests hold: the originals come back, every record can be replayed, every
removal names a survivor that is there, every change explains itself, a second run changes nothing. A corpus that fails
is made smaller and written to a file; the exit status is then 1.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from conftest import CASES, SAMPLES, call_cli
from shrinking import fewer
from strategies import DAMAGED, FURNITURE, LONG, MEDIUM, ODD, SHORT, WORDS
from test_promises import check_all, clean_and_come_back, named

from dedupe import Config

#: Texts that are taken from each of the files that are named, and how much of each.
TEXTS_OF_A_FILE = 3000
LONGEST = 12_000
CHOICES: dict[str, tuple[Any, ...]] = {
    "scope": ("corpus", "corpus", "document"),
    "unit": ("both", "both", "paragraph", "document"),
    "near": ("safe", "safe", "all", "review", "off"),
    "keep": ("best", "best", "first", "longest", "cleanest"),
    "profile": ("default", "default", "aggressive", "safe"),
    "segment": ("auto", "auto", "line", "blank"),
    "min_words": (8, 8, 8, 3, 1),
    "min_block_chars": (200, 200, 0),
    "repair": (True, True, True, False),
    "repair_also": ((), (), ("entities", "quotes", "widths", "ligatures")),
    "boilerplate": (True, True, True, False),
}
CONTROLS = "\x00\x01\x08\x0b\x0c\x1b\x7f\x85\u200b\u2028\ufeff\ufffd"


def texts_of(path: Path) -> list[str]:
    """Return texts of a JSON Lines file: of each row the longest string, or list of strings."""
    with path.open("rb") as stream:
        rows = [json.loads(line) for line in islice(stream, TEXTS_OF_A_FILE)]
    values = [["\n".join(map(str, v)) if isinstance(v, list) else str(v) for v in row.values()] for row in rows]
    return [max(texts, key=len) for texts in values]


class Fuzzer:
    """Makes corpora and settings by chance, the same ones for the same seed."""

    def __init__(self, seed: int | str, texts: list[str]) -> None:
        self._random = random.Random(seed)
        self._texts = texts

    def config(self) -> Config:
        """Return the default settings, or some that few have tried together."""
        chosen = {name: self._random.choice(values) for name, values in CHOICES.items()}
        return Config() if self._random.random() < 0.3 else Config(**chosen)

    def corpus(self) -> list[str]:
        """Return a few documents that have much in common."""
        choose = self._random.choice
        stems = [self._some(choose(self._texts)) for _ in range(self._random.randrange(1, 4))]
        documents = []
        for _ in range(self._random.randrange(1, 8)):
            text = choose(stems)
            for _ in range(self._random.randrange(5)):
                text = choose(CHANGES)(self, text, choose(stems))[:LONGEST]
            documents.append(text)
        return documents

    def stored(self, texts: list[str], rows: bool) -> list[bytes]:
        """Return the rows of a JSON Lines file with *texts*, or the contents of text files, some with other bytes."""
        ascii_only, mark = self._random.random() < 0.5, self._random.choice((b"", b"", b"\xef\xbb\xbf", b"\xff\xfe"))
        encoding = (
            "utf-8" if rows else self._random.choice(("utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1252"))
        )
        if rows:
            dumps = partial(json.dumps, ensure_ascii=ascii_only)
            texts = [dumps({"id": number, "text": text, "n": 1.50}) + "\n" for number, text in enumerate(texts)]
        pieces = [text.encode(encoding, "replace") for text in texts]
        for _ in range(self._random.choice((0, 0, 1, 3))):
            at = self._random.randrange(len(pieces))
            place = self._random.choice((0, self._random.randrange(len(pieces[at]) + 1)))
            pieces[at] = pieces[at][:place] + (mark or self._random.randbytes(1)) + pieces[at][place + 1 :]
        return pieces

    def _some(self, text: str) -> str:
        start = self._random.randrange(max(len(text) - LONGEST, 0) // 2 + 1)
        return text[start : start + self._random.choice((500, 2000, LONGEST))]

    def _lines(self, text: str) -> tuple[list[str], int, int]:
        lines = text.splitlines(keepends=True) or [""]
        first = self._random.randrange(len(lines))
        return lines, first, min(len(lines), first + self._random.choice((1, 1, 2, 5, 20)))

    def again(self, text: str, _: str) -> str:
        """Paste some lines again, elsewhere or in the same place."""
        lines, first, last = self._lines(text)
        at = self._random.choice((last, self._random.randrange(len(lines) + 1)))
        times = self._random.choice((1, 1, 2, 7))
        return "".join(lines[:at] + lines[first:last] * times + lines[at:])

    def whole_again(self, text: str, _: str) -> str:
        """Paste the whole again."""
        gap = self._random.choice(("", "\n", "\n\n", "\r\n\r\n", " ", "\x00", *SHORT[:5]))
        return (text + gap) * self._random.choice((2, 2, 3, 9))

    def without(self, text: str, _: str) -> str:
        """Leave some lines out."""
        lines, first, last = self._lines(text)
        return "".join(lines[:first] + lines[last:])

    def moved(self, text: str, _: str) -> str:
        """Move some lines."""
        lines, first, last = self._lines(text)
        rest = lines[:first] + lines[last:]
        at = self._random.randrange(len(rest) + 1)
        return "".join(rest[:at] + lines[first:last] + rest[at:])

    def spliced(self, text: str, other: str) -> str:
        """Go on in another document, or put some of its lines in."""
        if self._random.random() < 0.3:
            return text[: self._random.randrange(len(text) + 1)] + other[self._random.randrange(len(other) + 1) :]
        lines, _, last = self._lines(text)
        theirs, first, end = self._lines(other)
        return "".join(lines[:last] + theirs[first:end] + lines[last:])

    def edited(self, text: str, _: str) -> str:
        """Change some words."""
        words = text.split(" ")
        for _ in range(self._random.choice((1, 1, 3, 10))):
            at = self._random.randrange(len(words))
            words[at] = self._random.choice((*WORDS, "", words[at] + "s", words[at].upper(), words[at - 1]))
        return " ".join(words)

    def hurt(self, text: str, _: str) -> str:
        """Put odd characters in, or read a part in the wrong encoding."""
        if self._random.random() < 0.3:
            start, end = sorted(self._random.choices(range(len(text) + 1), k=2))
            wrong = (
                text[start:end].encode("utf-8", "replace").decode(self._random.choice(("cp1252", "latin-1")), "replace")
            )
            return text[:start] + wrong + text[end:]
        for _ in range(self._random.choice((1, 3, 10))):
            at = self._random.randrange(len(text) + 1)
            text = text[:at] + self._random.choice((*CONTROLS, *DAMAGED, *ODD)) + text[at:]
        return text

    def furnished(self, text: str, _: str) -> str:
        """Put furniture, headings or sentences between the lines or around them."""
        pieces = self._random.choices(FURNITURE + SHORT + MEDIUM + LONG, k=self._random.choice((1, 2, 5)))
        if self._random.random() < 0.5:
            return "\n".join([*pieces[:1], text, *pieces[1:]])
        lines, first, _ = self._lines(text)
        return "".join(lines[:first] + [f"{piece}\n" for piece in pieces] + lines[first:])

    def laid_out(self, text: str, _: str) -> str:
        """Change line ends and blank lines."""
        old, new = self._random.choice(
            (("\n", "\r\n"), ("\n", "\n\n"), ("\n\n", "\n"), ("\n", "\r"), ("\n", " \n"), ("\n", "\n\t"), ("\n", " "))
        )
        return text.replace(old, new)

    def cut(self, text: str, _: str) -> str:
        """Break off at both ends."""
        start, end = sorted(self._random.choices(range(len(text) + 1), k=2))
        return text[start:end]


CHANGES = (
    *(Fuzzer.again, Fuzzer.again, Fuzzer.whole_again, Fuzzer.without, Fuzzer.moved, Fuzzer.spliced),
    *(Fuzzer.edited, Fuzzer.edited, Fuzzer.hurt, Fuzzer.furnished, Fuzzer.laid_out, Fuzzer.cut),
)


def broken(texts: list[str], config: Config) -> str:
    """Return what is wrong with a corpus given to the Python interface, "" if nothing is."""
    return _wrong(lambda: check_all(named(texts), config))


def broken_file(rows: list[bytes], config: Config) -> str:
    """Return what is wrong with a JSON Lines file given to the command line, "" if nothing is."""
    return _wrong(lambda: _come_back({"in.jsonl": b"".join(rows)}, "in.jsonl", config))


def broken_tree(contents: list[bytes], config: Config) -> str:
    """Return what is wrong with a tree of text files given to the command line, "" if nothing is."""
    files = {f"in/{number % 2}/{number}.txt": content for number, content in enumerate(contents)}
    return _wrong(lambda: _come_back(files, "in", config))


def _wrong(check: Callable[[], object]) -> str:
    """Return the kind of error and the line that raised it."""
    try:
        check()
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__} in {Path(place.filename).name}: {place.line}"
    return ""


def _come_back(files: dict[str, bytes], source: str, config: Config) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "in").mkdir()
        for path, content in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        settings = {name.replace("_", "-"): getattr(config, name) for name in CHOICES} | {"on-error": "skip"}
        (folder / "settings.toml").write_text(
            "".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items()), "utf-8"
        )
        out = folder / ("out" + Path(source).suffix)
        clean_and_come_back(call_cli, folder, folder / source, out, "--config", str(folder / "settings.toml"))


def smaller(texts: list[str], fails: Callable[[list[str]], bool], seconds: float) -> list[str]:
    """Take out documents, then lines, then words that have no part in the failure."""
    until = time.monotonic() + seconds
    texts = fewer(texts, fails, until)
    for pieces_of, glue in ((partial(str.splitlines, keepends=True), ""), (partial(str.split, sep=" "), " ")):
        for number in range(len(texts)):
            texts[number] = _shorter(texts, number, pieces_of, glue, fails, until)
    return texts


def _shorter(
    texts: list[str],
    number: int,
    pieces_of: Callable[[str], list[str]],
    glue: str,
    fails: Callable[[list[str]], bool],
    until: float,
) -> str:
    def still_fails(pieces: list[str]) -> bool:
        return fails([*texts[:number], glue.join(pieces), *texts[number + 1 :]])

    return glue.join(fewer(pieces_of(texts[number]), still_fails, until))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpora", nargs="*", type=Path, help="JSON Lines files with texts to cut up")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shrink", type=float, default=60, help="seconds for making one failing corpus smaller")
    options = parser.parse_args()

    paths = sorted(path for folder in (CASES, SAMPLES) for path in folder.rglob("*") if path.is_file())
    texts = [path.read_bytes().decode("utf-8", "replace") for path in paths if path.suffix != ".jsonl"]
    texts += [text for path in options.corpora for text in texts_of(path)]
    until, runs, seen = time.monotonic() + options.seconds, 0, set()
    while time.monotonic() < until:
        fuzzer = Fuzzer(f"{options.seed}-{runs}", texts)
        corpus, config = fuzzer.corpus(), fuzzer.config()
        runs += 1
        what = broken(corpus, config)
        if what and what not in seen:
            corpus = smaller(corpus, lambda some: broken(some, config) == what, options.shrink)  # noqa: B023
        elif not what and runs % 3 == 0:
            check = broken_file if runs % 2 else broken_tree
            stored = fuzzer.stored(corpus, rows=check is broken_file)
            what = check(stored, config)
            if what and what not in seen:
                until_then = time.monotonic() + options.shrink
                stored = fewer(stored, lambda some: check(some, config) == what, until_then)  # noqa: B023
                corpus = [piece.decode("latin-1") for piece in stored]
        if not what:
            continue
        print(f"corpus {options.seed}-{runs - 1}: {what}", flush=True)
        if what in seen:
            continue
        seen.add(what)
        with tempfile.NamedTemporaryFile("w", prefix="dedupe-fuzz-", suffix=".json", delete=False) as file:
            settings = {name: getattr(config, name) for name in CHOICES}
            json.dump({"what": what, "settings": settings, "texts": corpus}, file, indent=1)
        print(f"  made smaller in {file.name}", flush=True)
    print(f"{runs} corpora, {len(seen)} kinds of failure")
    return 1 if seen else 0


if __name__ == "__main__":
    sys.exit(main())
