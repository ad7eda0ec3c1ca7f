"""Looks for input on which the native kernel and the reference differ, or the native one reads what it must not.

    python tests/fuzz_kernels.py --seconds 60 --seed 1

The texts are pieces that parsers get wrong, characters from everywhere, bytes of any kind, and the cases of the tests
with a few changes. What differs is made smaller before it is shown; the exit status is then 1. To see
reads and writes out of bounds, run it on a build with sanitizers: CONTRIBUTING.md says how.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from equal_kernels import INSTRUCTIONS, call, differences, same
from shrinking import fewer
from strategies import LONG, PIECES

from dedupe import _native, _reference
from dedupe.boilerplate import entries, features
from dedupe.boilerplate.lexicon import Lexicon

CASES = Path(__file__).parent / "cases"
SAMPLES = [path.read_bytes().decode("utf-8", "replace") for path in sorted(CASES.rglob("*")) if path.is_file()]
LEXICON = Lexicon.load([])


class Fuzzer:
    """Makes texts by chance, the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def text(self) -> str:
        """Return one text of some kind."""
        return self._random.choice((self._of_pieces, self._of_pieces, self._of_characters, self._changed))()

    def _of_pieces(self) -> str:
        separators = self._random.choice((("",), (" ",), ("", " ", "\n"), (" ", " ", " ", "\n", "\r\n", "\n\n", ". ")))
        pieces = self._random.choices(PIECES + LONG, k=self._random.randrange(1, 80))
        return "".join(piece + self._random.choice(separators) for piece in pieces)

    def _of_characters(self) -> str:
        limit = self._random.choice((0x80, 0x100, 0x3000, 0x110000))
        return "".join(map(chr, (self._random.randrange(limit) for _ in range(self._random.randrange(40)))))

    def _changed(self) -> str:
        text = self._random.choice(SAMPLES)
        for _ in range(self._random.randrange(8)):
            at, length = self._random.randrange(len(text) + 1), self._random.choice((0, 0, 1, 1, 5, 40))
            text = text[:at] + self._random.choice((self._of_characters(), "", "\n")) + text[at + length :]
        return text

    def options(self) -> dict[str, Any]:
        """Return options of a scan."""
        choose = self._random.choice
        return {
            "layout": choose(("auto", "auto", "line", "blank")),
            "min_words": choose((-1, 0, 1, 3, 8, 8)),
            "line_keys": choose((True, True, False)),
            "shingle_size": choose((1, 2, 2, 3, 100)),
        }

    def windows(self) -> dict[str, int]:
        """Return options of winnowing."""
        return {"shingle_size": self._random.choice((1, 2, 5)), "window": self._random.choice((1, 3, 8))}

    def pairs(self, count: int) -> Any:
        """Return int64 (p, 2): numbers of texts."""
        return np.array([self._random.choices(range(count), k=2) for _ in range(6)], dtype=np.int64)

    def spans(self, texts: list[str]) -> tuple[Any, Any]:
        """Return spans of texts: int64 (n) whose they are, and int64 (n, 2) where they begin and end."""
        owners = self._random.choices(range(len(texts)), k=30)
        spans = [sorted(self._random.choices(range(len(texts[owner]) + 1), k=2)) for owner in owners]
        return np.array(owners, dtype=np.int64), np.array(spans, dtype=np.int64)

    def log_rows(self, texts: list[str], owners: Any, spans: Any) -> Any:
        """Return int64 (n, 15): rows of a log that write such spans of texts."""
        rows = np.array([self._random.choices(range(len(texts)), k=15) for _ in owners], dtype=np.int64)
        rows[:, 0] = owners
        rows[:, 12:14] = _reference.locate(*_reference.pack(texts), owners, spans)[:, :2]
        return rows

    def objects(self, texts: list[str]) -> tuple[list[str], str]:
        """Return JSON objects that have texts as keys and as values, and one of the keys."""
        keys, choose = ["text", "\ud83d\ude00", "é\n", *(text[:3] for text in texts[:4])], self._random.choice
        values: list[Any] = [*texts, 7, None, [{"text": "no"}, "text"], dict.fromkeys(keys, "no")]
        found = []
        for _ in texts:
            pairs = [(json.dumps(choose(keys), ensure_ascii=choose((True, False))), choose(values)) for _ in range(5)]
            body = ",".join(f"{key}{choose(('', ' '))}: {json.dumps(value)}" for key, value in pairs)
            found.append(f"{{{body}}}")
        return found, choose(keys)

    def threshold(self) -> float:
        return self._random.choice((0.0, 0.3, 0.7, 1.0))

    def damaged(self, buffer: bytes, offsets: Any) -> tuple[bytes, Any]:
        """Return the same with bytes changed and offsets moved: mostly what has to be refused."""
        data, moved = bytearray(buffer), offsets.copy()
        for _ in range(self._random.randrange(1, 4)):
            if data and self._random.random() < 0.8:
                data[self._random.randrange(len(data))] = self._random.randrange(256)
            if self._random.random() < 0.4:
                at = self._random.randrange(len(moved))
                moved[at] = self._random.choice((moved[at] + 1, moved[at] - 1, moved[at] + 7, -(1 << 40), 1 << 62))
        return bytes(data), moved


def same_features(texts: list[str]) -> list[str]:
    """The parts in which the features of lines differ."""
    ours = features.Features(*_native.line_features(*_reference.pack(texts), features._vocabulary(LEXICON), True))
    theirs = features._defined(texts, LEXICON, True)
    return [name for name in ours._fields if not same(getattr(ours, name), getattr(theirs, name))]


def same_forms(texts: list[str]) -> list[str]:
    """The lines of the texts whose normal forms as phrases differ."""
    lines = [line for text in texts for line in text.split("\n")]
    ours, theirs = features.phrase_forms(lines), entries.normal_forms(lines)
    return [line for line, one, other in zip(lines, ours, theirs, strict=True) if one != other]


def check(fuzzer: Fuzzer) -> str:
    """Compare the kernels on a batch of texts; return what is wrong, "" if nothing is."""
    texts = [fuzzer.text() for _ in range(12)]
    packed = _reference.pack(texts)
    options, windows = fuzzer.options(), fuzzer.windows()
    checks: dict[str, Callable[[list[str]], list[str]]] = {
        "scan": lambda some: differences("scan", *_reference.pack(some), **options),
        "fingerprint": lambda some: differences("fingerprint", *_reference.pack(some)),
        "suspicious": lambda some: differences("suspicious", *_reference.pack(some)),
        "term_counts": lambda some: differences("term_counts", *_reference.pack(some)),
        "line_features": same_features,
        "phrase_forms": same_forms,
        "line_shapes": lambda some: differences("line_shapes", *_reference.pack(some)),
        "line_spans": lambda some: differences("line_spans", *_reference.pack(some)),
        "winnow": lambda some: differences(
            "winnow", *_reference.pack(some), **windows, wholes=np.arange(len(some)) % 3 > 0
        ),
    }
    for name, differing in checks.items():
        if differing(texts):
            for text in texts:
                if differing([text]):
                    least = "".join(fewer(list(text), lambda some: bool(differing(["".join(some)]))))  # noqa: B023
                    return f"{name} differs in {differing([least])} with {options} and {windows} for {least!a}"
            return f"{name} differs with {options} for the batch {texts!a}"
    prints = call(_native, "fingerprint", *packed)
    pairs = fuzzer.pairs(len(texts))
    thresholds = np.array([fuzzer.threshold() for _ in pairs], dtype=np.float64)
    ours = _native.align_pairs(prints.tokens, prints.offsets, pairs, thresholds)
    theirs = _reference.align_pairs(prints.tokens, prints.offsets, pairs, thresholds)
    if not all(map(same, ours, theirs)):
        return f"align_pairs differs at {thresholds.tolist()} for {pairs.tolist()} of {texts!a}"
    spans = fuzzer.spans(texts)
    if not same(_native.locate(*packed, *spans), _reference.locate(*packed, *spans)):
        return f"locate differs at {spans} of {texts!a}"
    rows = fuzzer.log_rows(texts, *spans)
    pieces = _reference.pack(["{", "}", "é", "\ud800", *texts])
    if not all(map(same, *(kernel.log_lines(*packed, *pieces, rows) for kernel in (_native, _reference)))):
        return f"log_lines differs at {rows.tolist()} of {texts!a}"
    objects, name = fuzzer.objects(texts)
    fields = _reference.pack(objects)
    if not same(
        *(kernel.locate_field(*fields, name.encode("utf-8", "surrogatepass")) for kernel in (_native, _reference))
    ):
        return f"locate_field differs for {name!a} in {objects!a}"
    with suppress(ValueError):
        _native.locate_field(*fuzzer.damaged(*fields), name.encode("utf-8", "surrogatepass"))
    return refusal(fuzzer, *packed)


def refusal(fuzzer: Fuzzer, buffer: bytes, offsets: Any) -> str:
    """What one kernel refuses, the other must refuse too."""
    buffer, offsets = fuzzer.damaged(buffer, offsets)
    taken = []
    for kernel in (_native, _reference):
        try:
            call(kernel, "suspicious", buffer, offsets)
            taken.append(True)
        except ValueError:
            taken.append(False)
    if taken[0] != taken[1]:
        return f"one kernel takes what the other refuses: {buffer!r}, {offsets.tolist()}"
    for function in ("scan", "fingerprint"):
        try:
            call(_native, function, buffer, offsets)
        except ValueError:
            continue
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    fuzzer = Fuzzer(arguments.seed)
    end = time.monotonic() + arguments.seconds
    rounds = 0
    while time.monotonic() < end:
        _native.limit_instructions(INSTRUCTIONS[rounds % len(INSTRUCTIONS)])
        if wrong := check(fuzzer):
            print(f"seed {arguments.seed}, round {rounds}, {_native.instructions()}: {wrong}")
            return 1
        rounds += 1
    print(f"seed {arguments.seed}: {rounds} rounds, no difference")
    return 0


if __name__ == "__main__":
    sys.exit(main())
