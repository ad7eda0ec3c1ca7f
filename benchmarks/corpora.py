"""Seeded corpora with planted copies, so that the truth is known and the size is free.

    python benchmarks/corpora.py OUT.jsonl --mb 20 --seed 7

writes OUT.jsonl (``id``, ``site``, ``text``) and OUT.truth.jsonl, about thirty megabytes a second. Words are drawn
from a vocabulary with Zipf frequencies; no two paragraphs are alike by chance. Most sites write plain ASCII, four
of twenty write typographic quotes, accents or Cyrillic. Planted are copies of documents and of paragraphs at
word-edit rates of 0, 1, 5, 10 and 20 %, bodies pasted twice or three times, and in two documents of three furniture:
four lines, two of them the site's own. Truth kinds: ``doc`` and ``para`` (``id`` is an edited copy of ``src``),
``body`` (repeated in its own document), ``boiler`` (a line of furniture). One seed gives one corpus: a smaller one is
the beginning of a larger.
"""

from __future__ import annotations

import argparse
import bisect
import itertools
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

RATES = (0, 0.01, 0.05, 0.1, 0.2)
_SYLLABLES = [onset + vowel for onset in "b d f g k l m n p r s t v st tr".split() for vowel in "aeiou"]
_FURNITURE = (
    "Share this on Facebook",
    "Print Friendly, PDF & Email",
    "Subscribe to our newsletter",
    "Read more »",
    "Leave a reply",
    "Facebooktwittermail",
)
_CYRILLIC = str.maketrans("abdefgiklmnoprstuvABDEFGIKLMNOPRSTUV", "абдефгиклмнопрстувАБДЕФГИКЛМНОПРСТУВ")
_ACCENTS = str.maketrans("eou", "éöü")
#: How a site spells what it writes; all others write ASCII.
_SPELLINGS: dict[str, Callable[[str], str]] = {
    "site16.example": lambda text: f"“{text}”",
    "site17.example": lambda text: text.replace(". ", "… – "),
    "site18.example": lambda text: text.translate(_ACCENTS),
    "site19.example": lambda text: text.translate(_CYRILLIC),
}
#: Documents that wait to be copied. Each is copied from once: how often a text comes does not grow with the corpus.
_POOL = 5_000


class Writer:
    """Draws words two random bytes at a time, which is what makes a gigabyte a matter of a minute."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        vocabulary = sorted(
            {"".join(self.random.choices(_SYLLABLES, k=self.random.randint(1, 4))) for _ in range(30_000)}
        )
        vocabulary.sort(
            key=lambda word: len(word) + 10 * self.random.random()
        )  # frequent words are short, as in English
        weights = list(itertools.accumulate(1 / (rank + 2) for rank in range(len(vocabulary))))
        steps = ((slot + 0.5) / (1 << 16) * weights[-1] for slot in range(1 << 16))
        self._word_of = [vocabulary[bisect.bisect(weights, step)] for step in steps].__getitem__

    def words(self, count: int) -> list[str]:
        return list(map(self._word_of, memoryview(self.random.randbytes(2 * count)).cast("H")))

    def paragraph(self) -> str:
        lengths = [10 + byte % 16 for byte in self.random.randbytes(1 + int(6 * self.random.random()))]
        words = iter(self.words(sum(lengths)))
        return " ".join([" ".join(itertools.islice(words, length)).capitalize() + "." for length in lengths])

    def edited(self, text: str, rate: float) -> str:
        """Replace, drop and add words at *rate*, at least one."""
        if not rate:
            return text
        words = text.split(" ")
        for _ in range(max(1, round(rate * len(words)))):
            at = self.random.randrange(len(words))
            kind = self.random.random()
            if kind < 0.6:
                words[at : at + 1] = self.words(1)
            elif kind < 0.8 and len(words) > 4:
                del words[at]
            else:
                words[at:at] = self.words(1)
        return " ".join(words)


def documents(seed: int) -> Iterator[tuple[dict[str, str], list[dict[str, Any]]]]:
    """Yield rows without end, each with its truths."""
    writer = Writer(seed)
    rng = writer.random
    sites = [f"site{n}.example" for n in range(20)]
    slogans = {site: [" ".join(writer.words(6)).capitalize() for _ in range(2)] for site in sites}
    pool: list[tuple[str, list[str]]] = []

    def source_of_copy() -> tuple[str, list[str]]:
        at = rng.randrange(len(pool))
        pool[at], pool[-1] = pool[-1], pool[at]
        return pool.pop()

    for number in itertools.count():
        name = f"d{number:07d}"
        site = rng.choice(sites)
        truths: list[dict[str, Any]] = []
        if pool and rng.random() < 0.1:
            source, body = source_of_copy()
            rate = rng.choice(RATES)
            paragraphs = [writer.edited(paragraph, rate) for paragraph in body]
            truths.append({"kind": "doc", "id": name, "src": source, "rate": rate})
        else:
            spelled = _SPELLINGS.get(site, str)
            paragraphs = [spelled(writer.paragraph()) for _ in range(rng.randint(3, 12))]
            for at in range(len(paragraphs)):
                if pool and rng.random() < 0.06:
                    source, body = source_of_copy()
                    which = rng.randrange(len(body))
                    rate = rng.choice(RATES)
                    paragraphs[at] = writer.edited(body[which], rate)
                    truths.append({"kind": "para", "id": f"{name}#{at}", "src": f"{source}#{which}", "rate": rate})
            if len(pool) < _POOL:
                pool.append((name, list(paragraphs)))
            if rng.random() < 0.02:
                times = rng.choice((1, 2))
                truths.append({"kind": "body", "id": name, "times": times, "size": len(paragraphs)})
                paragraphs += paragraphs * times
        for line in [*slogans[site], *rng.sample(_FURNITURE, 2)] if rng.random() < 2 / 3 else ():
            truths.append({"kind": "boiler", "id": f"{name}#{len(paragraphs)}", "line": line})
            paragraphs.append(line)
        yield {"id": name, "site": site, "text": "\n\n".join(paragraphs) + "\n"}, truths


def build(out: Path, size: int, seed: int = 7) -> Path:
    """Write a corpus of at least *size* bytes and its truth; return the truth's path."""
    truth_path = out.with_suffix(".truth.jsonl")
    encode = json.JSONEncoder(ensure_ascii=False).encode
    written = 0
    with out.open("wb") as corpus, truth_path.open("w", encoding="utf-8") as truth:
        for row, truths in documents(seed):
            written += corpus.write(encode(row).encode("utf-8") + b"\n")
            truth.writelines(encode(entry) + "\n" for entry in truths)
            if written >= size:
                break
    return truth_path


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--mb", type=float, default=20)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    build(arguments.out, int(arguments.mb * 1e6), arguments.seed)
