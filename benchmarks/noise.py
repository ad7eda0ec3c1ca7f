"""Copies as the world makes them: read by a machine, abridged, both, printed in another edition, edited by characters.

    python benchmarks/noise.py TEXTS.jsonl                        # all kinds; rows {"text"}, or {"lines", "labels"}
    python benchmarks/noise.py TEXTS.jsonl --kind ocr --peers     # one kind, and by datasketch's signatures alone
    python benchmarks/noise.py TEXTS.jsonl --kind ocr --write OCR.jsonl    # only the corpus, for evaluate.py

Of the texts of a file two thirds get a copy with noise of one level, both drawn by a seed; the others are there to be
mixed up with. Printed is the share of copies that are found, removed or reported: at least half of the one text is
said to stand in the other, directly or through a third. Beside it, how many pairs of texts were joined that are no
copies: texts of a file may be alike, so these want to be read. A peer joins what its index returns.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parent))
from evaluate import Groups, findings, joined, rows
from measure import save, say

#: What machines read for what was printed.
_MISREAD = dict(zip("eclihonusat", "ce1lb0un5of", strict=True))
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_RIGHTS = "© 2009 Society of Letters. All rights reserved."
#: Characters of a text that is used: shorter ones are no articles, longer ones are cut.
_LEAST, _MOST = 300, 8_000


class Copy(NamedTuple):
    """A text, and the level of noise of what was made of it: "" for those without a copy."""

    text: str
    level: str
    copy: str


def texts_of(path: Path) -> Iterator[str]:
    """Yield the texts of a JSON Lines file; of labelled lines those that are content, as paragraphs."""
    for row in rows(path):
        if "lines" in row:
            kept = [line for line, label in zip(row["lines"], row["labels"], strict=True) if label]
            yield "\n\n".join(kept)
        else:
            yield row["text"]


def articles(texts: Iterable[str]) -> Iterator[str]:
    """Yield the texts that are long enough, cut at the end of a paragraph where they are too long."""
    for text in texts:
        if len(text) > _MOST:
            text = text[:_MOST].rpartition("\n\n")[0]
        if len(text) >= _LEAST:
            yield text


def abstracts(texts: Iterable[str]) -> Iterator[str]:
    """Yield of each article a title, the first words of it, and an abstract, some of what follows."""
    for text in articles(texts):
        words = text.split()
        yield f"{' '.join(words[:9])}\n\n{' '.join(words[9:150])}"


def short_paragraphs(texts: Iterable[str]) -> Iterator[str]:
    """Yield the paragraphs of 8 to 20 words that end as a sentence does."""
    for text in texts:
        for part in text.split("\n\n"):
            if 8 <= len(part.split()) <= 20 and part.rstrip()[-1:] in ".!?":
                yield part


def misread(rng: random.Random, text: str, rate: float) -> str:
    """Return a text as it comes from a scanned page: letters misread at *rate*, words split and joined, set anew."""
    words = []
    for word in text.split(" "):
        wrong = ((c, c.isalnum() and rng.random() < rate) for c in word)
        read = "".join(_MISREAD.get(c, rng.choice(_LETTERS)) if is_wrong else c for c, is_wrong in wrong)
        if len(read) > 4 and rng.random() < rate:
            cut = rng.randrange(1, len(read))
            read = f"{read[:cut]} {read[cut:]}"
        words.append(read)
        words.append("" if rng.random() < rate / 2 else " ")
    columns = rng.randrange(38, 60)
    return "\n".join(_set(rng, paragraph, columns) for paragraph in "".join(words).split("\n\n"))


def _set(rng: random.Random, text: str, columns: int) -> str:
    """Return a paragraph in lines of so many characters; half of the long words that do not fit are hyphenated."""
    lines = [""]
    for word in text.split():
        room = columns - len(lines[-1]) - 1
        if not lines[-1]:
            lines[-1] = word
        elif len(word) <= room:
            lines[-1] += f" {word}"
        elif room > 3 and len(word) > room + 2 and word.isalpha() and rng.random() < 0.5:
            lines[-1] += f" {word[: room - 1]}-"
            lines.append(word[room - 1 :])
        else:
            lines.append(word)
    return "\n".join(lines)


def abridged(rng: random.Random, text: str, level: str) -> str:
    """Return the first part of an article, or what is left when some paragraphs of it are dropped."""
    paragraphs = text.split("\n\n")
    if level == "dropped":
        return "\n\n".join(part for n, part in enumerate(paragraphs) if not n or rng.random() > 0.4)
    wanted = len(text) / {"half": 2, "third": 3}[level]
    kept, size = [], 0
    for part in paragraphs:
        if kept and size >= wanted:
            break
        kept.append(part)
        size += len(part)
    return "\n\n".join(kept)


def clipped(rng: random.Random, text: str, level: tuple[str, float]) -> str:
    """Return what another newspaper took of an article, as it comes from a scanned page."""
    part, rate = level
    return misread(rng, abridged(rng, text, part), rate)


def edition(rng: random.Random, text: str, level: str) -> str:
    """Return a title and an abstract as another library has them."""
    title, _, abstract = text.partition("\n\n")
    words = [f"$\\mathit{{{word}}}$" if rng.random() < 0.02 else word for word in abstract.split(" ")]
    abstract = " ".join(words).replace('"', "''").replace(" - ", " -- ")
    if level == "cut":
        abstract = " ".join(words[: len(words) * 6 // 10]) + "..."
    if level == "added":
        keywords = "; ".join(rng.sample(title.split() + words, 5))
        return f"{title.upper()}\n\nABSTRACT: {abstract} {_RIGHTS}\n\nKeywords: {keywords}"
    return f"{title.title()}\n\n{abstract}"


def respelled(rng: random.Random, text: str, rate: float) -> str:
    """Return a text some of whose characters are others of it, gone, or doubled by another one."""
    known = sorted(set(text) - set(" \n"))
    made = []
    for character in text:
        if character == "\n" or rng.random() >= rate:
            made.append(character)
            continue
        kind = rng.random()
        made.append(rng.choice(known) if kind < 0.6 else "" if kind < 0.8 else character + rng.choice(known))
    return "".join(made)


def reworded(rng: random.Random, text: str, count: int) -> str:
    """Return a text with so many of its words replaced."""
    words = text.split(" ")
    for at in rng.sample(range(len(words)), count):
        words[at] = "".join(rng.choices(_LETTERS, k=rng.randrange(2, 9)))
    return " ".join(words)


#: The kinds of noise: which texts get it, how, and the levels of it.
KINDS: dict[str, tuple[Callable[[Iterable[str]], Iterator[str]], Callable[..., str], dict[str, Any]]] = {
    "ocr": (articles, misread, {"1 %": 0.01, "2 %": 0.02, "4 %": 0.04, "8 %": 0.08}),
    "abridged": (articles, abridged, {"half": "half", "third": "third", "dropped": "dropped"}),
    "clipped": (
        articles,
        clipped,
        {f"{part}, {rate} %": (part, rate / 100) for part in ("half", "third", "dropped") for rate in (2, 5, 8)},
    ),
    "edition": (abstracts, edition, {"set anew": "anew", "added": "added", "cut": "cut"}),
    "characters": (articles, respelled, {"1 %": 0.01, "5 %": 0.05, "10 %": 0.1, "20 %": 0.2}),
    "short": (short_paragraphs, reworded, {"1 word": 1, "2 words": 2}),
}


def copies(texts: Sequence[str], kind: str, seed: int) -> list[Copy]:
    """Return the texts of a file that a kind of noise is for, two thirds of them with a copy."""
    choose, make, levels = KINDS[kind]
    rng = random.Random(f"{kind} {seed}")
    made = []
    for text in choose(texts):
        level = rng.choice(list(levels)) if rng.random() < 2 / 3 else ""
        made.append(Copy(text, level, make(rng, text, levels[level]) if level else ""))
    return made


def laid_out(made: Sequence[Copy]) -> tuple[list[str], list[int]]:
    """Return all texts, the copies last, and for each the number of the text that it is or is a copy of."""
    of = [n for n, one in enumerate(made) if one.level]
    return [one.text for one in made] + [made[n].copy for n in of], [*range(len(made)), *of]


def score(made: Sequence[Copy], of: Sequence[int], groups: Groups) -> dict[str, Any]:
    """Return the share of copies found by level, and how many pairs of other texts are together."""
    hits, totals = Counter[str](), Counter[str]()
    for place in range(len(made), len(of)):
        level = made[of[place]].level
        totals[level] += 1
        hits[level] += groups.of(place) == groups.of(of[place])
    together: defaultdict[int, Counter[int]] = defaultdict(Counter)
    for place, source in enumerate(of):
        together[groups.of(place)][source] += 1
    others = sum((group.total() ** 2 - sum(n * n for n in group.values())) // 2 for group in together.values())
    return {**{level: round(hits[level] / totals[level], 3) for level in sorted(totals)}, "others": others}


def by_signature(texts: Sequence[str], shingles: Callable[[str], Iterable[str]], threshold: float) -> Groups:
    """Return the groups of texts that datasketch's index makes, by its own choice of bands."""
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=threshold, num_perm=128)
    sets = [[shingle.encode() for shingle in set(shingles(text))] for text in texts]
    groups = Groups(len(texts))
    for n, signature in enumerate(MinHash.bulk(sets, num_perm=128)):
        for other in index.query(signature):
            groups.join(n, other)
        index.insert(n, signature)
    return groups


def _words(size: int) -> Callable[[str], Iterable[str]]:
    def shingles(text: str) -> Iterable[str]:
        words = re.findall(r"\w+", text.lower())
        return (" ".join(words[at : at + size]) for at in range(max(1, len(words) - size + 1)))

    return shingles


def _characters(size: int) -> Callable[[str], Iterable[str]]:
    def shingles(text: str) -> Iterable[str]:
        text = " ".join(text.lower().split())
        return (text[at : at + size] for at in range(max(1, len(text) - size + 1)))

    return shingles


#: Settings that people use.
PEERS = {
    "5 words, 0.7": (_words(5), 0.7),
    "3 words, 0.5": (_words(3), 0.5),
    "5 characters, 0.7": (_characters(5), 0.7),
    "5 characters, 0.5": (_characters(5), 0.5),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", type=Path)
    parser.add_argument("--kind", choices=[*KINDS], action="append")
    parser.add_argument("--peers", action="store_true", help="the same by datasketch")
    parser.add_argument("--most", type=int, default=100_000, help="texts to take")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--option", action="append", default=[], help="passed on to dedupe clean")
    parser.add_argument("--write", type=Path, help="write the corpus of the kind there, and nothing else")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    texts = list(texts_of(arguments.texts))
    results: dict[str, dict[str, Any]] = {}
    for kind in arguments.kind or KINDS:
        made = copies(texts, kind, arguments.seed)[: arguments.most]
        corpus, of = laid_out(made)
        if arguments.write:
            with arguments.write.open("w", encoding="utf-8") as stream:
                for n, (text, cluster) in enumerate(zip(corpus, of, strict=True)):
                    stream.write(json.dumps({"id": str(n), "text": text, "cluster": cluster}) + "\n")
            return
        options = ["--no-boilerplate", *arguments.option]
        found = {"corpus-dedupe": joined(findings(corpus, options), len(corpus))}
        for name, (shingles, threshold) in PEERS.items() if arguments.peers else ():
            found[name] = by_signature(corpus, shingles, threshold)
        results[kind] = {name: score(made, of, groups) for name, groups in found.items()}
        for name, figures in results[kind].items():
            shown = ", ".join(f"{key} {value}" for key, value in figures.items())
            say(f"{kind} ({len(corpus)} texts), {name}: {shown}")
    save(results, arguments.out)


if __name__ == "__main__":
    main()
