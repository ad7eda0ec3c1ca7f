"""Seeded corpora with planted copies, so that the truth is known and the size is free.

    python benchmarks/corpora.py OUT.jsonl --mb 20 --seed 7

writes OUT.jsonl (``id``, ``site``, ``text``) and OUT.truth.jsonl. Paragraphs are drawn from a vocabulary with
Zipf frequencies; no two are alike by chance. Planted are copies of documents and of paragraphs at
word-edit rates of 0, 1, 5, 10 and 20 %, bodies pasted twice or three times, and furniture lines of each site.
Truth kinds: ``doc`` and ``para`` (``id`` is an edited copy of ``src``), ``body`` (repeated in its own
document), ``boiler`` (a line of furniture).
"""

from __future__ import annotations

import argparse
import bisect
import itertools
import json
import random
from collections.abc import Iterator
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


class _Writer:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        words = {"".join(self.random.choices(_SYLLABLES, k=self.random.randint(1, 4))) for _ in range(30_000)}
        self._words = sorted(words)
        self.random.shuffle(self._words)
        weights = [1 / (rank + 2) for rank in range(len(self._words))]
        self._cumulative = list(itertools.accumulate(weights))

    def word(self) -> str:
        at = bisect.bisect(self._cumulative, self.random.random() * self._cumulative[-1])
        return self._words[min(at, len(self._words) - 1)]

    def sentence(self) -> str:
        return " ".join(self.word() for _ in range(self.random.randint(6, 24))).capitalize() + "."

    def paragraph(self) -> str:
        return " ".join(self.sentence() for _ in range(self.random.randint(1, 6)))

    def edited(self, text: str, rate: float) -> str:
        """Replace, drop and add words at *rate*, at least one."""
        if not rate:
            return text
        words = text.split(" ")
        for _ in range(max(1, round(rate * len(words)))):
            at = self.random.randrange(len(words))
            kind = self.random.random()
            if kind < 0.6:
                words[at] = self.word()
            elif kind < 0.8 and len(words) > 4:
                del words[at]
            else:
                words.insert(at, self.word())
        return " ".join(words)


def documents(size: int, seed: int) -> Iterator[tuple[dict[str, str], list[dict[str, Any]]]]:
    """Yield rows of about *size* bytes in all, each with its truths."""
    writer = _Writer(seed)
    rng = writer.random
    sites = [f"site{n}.example" for n in range(20)]
    slogans = {site: [writer.sentence()[:40] for _ in range(2)] for site in sites}
    pool: list[tuple[str, list[str]]] = []
    written = number = 0
    while written < size:
        name = f"d{number:07d}"
        site = rng.choice(sites)
        truths: list[dict[str, Any]] = []
        if pool and rng.random() < 0.1:
            source, body = rng.choice(pool)
            rate = rng.choice(RATES)
            paragraphs = [writer.edited(paragraph, rate) for paragraph in body]
            truths.append({"kind": "doc", "id": name, "src": source, "rate": rate})
        else:
            paragraphs = [writer.paragraph() for _ in range(rng.randint(3, 12))]
            if len(pool) < 2_000 or rng.random() < 0.1:
                pool.append((name, list(paragraphs)))
                if len(pool) > 2_000:
                    pool.pop(rng.randrange(1_000))
            for at in range(len(paragraphs)):
                if pool and rng.random() < 0.06:
                    source, body = rng.choice(pool)
                    if source != name:
                        which = rng.randrange(len(body))
                        rate = rng.choice(RATES)
                        paragraphs[at] = writer.edited(body[which], rate)
                        truths.append({"kind": "para", "id": f"{name}#{at}", "src": f"{source}#{which}", "rate": rate})
            if rng.random() < 0.02:
                times = rng.choice((1, 2))
                truths.append({"kind": "body", "id": name, "times": times, "size": len(paragraphs)})
                paragraphs += paragraphs * times
        for line in [*slogans[site], *rng.sample(_FURNITURE, 2)]:
            truths.append({"kind": "boiler", "id": f"{name}#{len(paragraphs)}", "line": line})
            paragraphs.append(line)
        text = "\n\n".join(paragraphs) + "\n"
        written += len(text) + 60
        number += 1
        yield {"id": name, "site": site, "text": text}, truths


def build(out: Path, size: int, seed: int) -> Path:
    """Write the corpus and its truth; return the truth's path."""
    truth_path = out.with_suffix(".truth.jsonl")
    with out.open("w", encoding="utf-8") as corpus, truth_path.open("w", encoding="utf-8") as truth:
        for row, truths in documents(size, seed):
            corpus.write(json.dumps(row, ensure_ascii=False) + "\n")
            for entry in truths:
                truth.write(json.dumps(entry) + "\n")
    return truth_path


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--mb", type=float, default=20)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    build(arguments.out, int(arguments.mb * 1e6), arguments.seed)
