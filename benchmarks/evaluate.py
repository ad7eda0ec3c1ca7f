"""Precision, recall, F1 and adjusted Rand index on a labelled file: pairs of texts, or texts with their clusters.

    python benchmarks/evaluate.py FILE.jsonl    # rows {"id", "text", "cluster"}, or {"a", "b", "label"} with two texts
    python benchmarks/evaluate.py pairs.jsonl --texts texts.jsonl    # "a" and "b" are ids of rows {"id", "text"}
    python benchmarks/evaluate.py licences.jsonl.xz --cluster-field expression --list
    python benchmarks/evaluate.py news.jsonl --option=--unit=document --option=--near-threshold=0.6

The file may be packed (.gz, .bz2, .xz). Every text becomes a document of one corpus, and `clean` runs on it as a
user would start it. Two texts count as joined when a finding says that at least half of the one stands in the
other, or when both are joined to a third one. The figures are given twice: of all findings, and of those that
were removed. The table of bands shows by similarity how many findings are between texts of one cluster; --list
prints every near or contained passage that was removed for one of another cluster, so that it can be read.
"""

from __future__ import annotations

import argparse
import bz2
import gzip
import json
import lzma
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import comb
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parent))
from measure import environment, save, say

_OPENERS = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
#: Width of a band of similarity, in hundredths.
_BAND = 5


class Finding(NamedTuple):
    """A passage of text number ``one`` that stands in text ``other``; ``share`` is how much of ``one`` it is."""

    one: int
    other: int
    share: float
    rule: str
    similarity: float
    differences: Sequence[Sequence[str]]
    removed: bool


@dataclass
class Labelled:
    """Texts, and what a file says of them: a cluster for each (None: no word on it), and pairs that it judges."""

    texts: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    clusters: list[Hashable] = field(default_factory=list)
    pairs: list[tuple[int, int, bool]] = field(default_factory=list)


class Groups:
    """Numbers that were joined, directly or through others."""

    def __init__(self, count: int) -> None:
        self._parents = list(range(count))

    def join(self, one: int, other: int) -> None:
        """Put two numbers, and all that was joined to them, together."""
        first, second = sorted((self.of(one), self.of(other)))
        self._parents[second] = first

    def of(self, number: int) -> int:
        """Return the least number of the group."""
        while self._parents[number] != number:
            self._parents[number] = self._parents[self._parents[number]]
            number = self._parents[number]
        return number


def read(path: Path, texts: Path | None, fields: argparse.Namespace) -> Labelled:
    """Return the labelled texts of a file.

    Raises:
        SystemExit: a row has neither a cluster nor a pair with a label, or there is no row.
    """
    labelled = Labelled()
    known: dict[str, int] = {}

    def number(name: str, text: str) -> int:
        if name not in known:
            known[name] = len(labelled.texts)
            labelled.texts.append(text)
            labelled.names.append(name)
        return known[name]

    for row in rows(texts) if texts else ():
        number(str(row[fields.id_field]), row[fields.text_field])
    for place, row in enumerate(rows(path), start=1):
        if "a" in row and "b" in row and "label" in row:
            ends = [str(row[side]) for side in ("a", "b")]
            if texts and not known.keys() >= set(ends):
                raise SystemExit(f"{path}:{place}: an id that is not in {texts}; look at --id-field")
            labelled.pairs.append((number(ends[0], ends[0]), number(ends[1], ends[1]), bool(int(row["label"]))))
        elif fields.cluster_field in row and fields.text_field in row:
            labelled.clusters.append(row[fields.cluster_field])
            number(f"{place}:{row.get(fields.id_field, '')}", row[fields.text_field])
        else:
            wanted = f"{fields.text_field!r} with {fields.cluster_field!r}, or 'a', 'b' and 'label'"
            raise SystemExit(f"{path}:{place}: has neither {wanted}; see --text-field and --cluster-field")
    if not labelled.clusters and not labelled.pairs:
        raise SystemExit(f"{path}: has no rows, so nothing can be measured")
    if labelled.pairs:
        alike = Groups(len(labelled.texts))
        for one, other, same in labelled.pairs:
            if same:
                alike.join(one, other)
        labelled.clusters = [alike.of(n) for n in range(len(labelled.texts))]
    return labelled


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a JSON Lines file, packed or not."""
    with _OPENERS.get(path.suffix, open)(path, "rt", encoding="utf-8") as stream:  # type: ignore[operator]
        for line in stream:
            if line.strip():
                yield json.loads(line)


def findings(texts: Sequence[str], options: Sequence[str]) -> Iterator[Finding]:
    """Clean *texts* as documents of one corpus and yield what the log says of two of them."""
    with tempfile.TemporaryDirectory() as folder:
        corpus, out, log = (Path(folder, name) for name in ("corpus.jsonl", "out.jsonl", "log.jsonl"))
        with corpus.open("w", encoding="utf-8") as stream:
            for n, text in enumerate(texts):
                stream.write(json.dumps({"id": str(n), "text": text}) + "\n")
        command = [sys.executable, "-m", "dedupe", "clean", corpus, "-o", out, "--log", log, "-q", *options]
        subprocess.run(command, check=True, env=environment())
        size = 1
        for record in rows(log):
            if record["t"] == "doc":
                size = max(1, record["source"]["bytes"])
            elif record["t"] == "op" and "canonical" in record and record["canonical"]["doc"] != record["doc"]:
                start, end = record["src"]
                evidence = record["evidence"]
                yield Finding(
                    int(record["doc"]),
                    int(record["canonical"]["doc"]),
                    (end - start) / size,
                    record["rule"],
                    evidence["similarity"],
                    evidence.get("differences", ()),
                    record["applied"],
                )


def joined(found: Iterable[Finding], count: int) -> Groups:
    """Return the groups of texts that findings make."""
    shares: defaultdict[tuple[int, int], float] = defaultdict(float)
    for finding in found:
        shares[finding.one, finding.other] += finding.share
    groups = Groups(count)
    for (one, other), share in shares.items():
        if share >= 0.5:
            groups.join(one, other)
    return groups


def agreement(labelled: Labelled, groups: Groups) -> dict[str, float]:
    """Return precision, recall and F1 over pairs (the judged ones, else all), and the adjusted Rand index."""
    ours = [groups.of(n) for n in range(len(labelled.texts))]
    theirs = labelled.clusters
    both, in_ours, in_theirs = (_pair_count(labels) for labels in (list(zip(ours, theirs, strict=True)), ours, theirs))
    index = adjusted_rand(both, in_ours, in_theirs, comb(len(ours), 2))
    if labelled.pairs:
        told = [(ours[one] == ours[other], same) for one, other, same in labelled.pairs]
        both, in_ours = told.count((True, True)), sum(mine for mine, _ in told)
        in_theirs = sum(same for _, same in told)
    precision = both / in_ours if in_ours else 1.0
    recall = both / in_theirs if in_theirs else 1.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    figures = {"precision": precision, "recall": recall, "f1": f1, "adjusted_rand": index}
    return {name: round(value, 4) for name, value in figures.items()}


def adjusted_rand(both: int, in_ours: int, in_theirs: int, total: int) -> float:
    """Return the index of Hubert and Arabie (1985) from counts of pairs: 1 for equal clusters, about 0 for chance."""
    expected = in_ours * in_theirs / total if total else 0.0
    most = (in_ours + in_theirs) / 2
    return (both - expected) / (most - expected) if most != expected else 1.0


def _pair_count(labels: Iterable[Hashable]) -> int:
    return sum(comb(size, 2) for size in Counter(labels).values())


def bands(found: Iterable[Finding], clusters: Sequence[Hashable]) -> list[dict[str, Any]]:
    """Return by similarity, the highest first, how many near findings there are and how many are inside a cluster.

    What is exact, or contained in something longer, has a band of its own.
    """
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for finding in found:
        low = min(int(finding.similarity * 100 + 1e-9), 99) // _BAND * _BAND
        kind = finding.rule.partition("/")[2]
        inside = clusters[finding.one] == clusters[finding.other]
        outcome = "removed" if finding.removed else "review"
        counts[f"{low / 100:.2f}" if kind == "near" else kind][
            f"{outcome}, {'same' if inside else 'other'} cluster"
        ] += 1
    return [{"from": band, **dict(sorted(counts[band].items()))} for band in sorted(counts, reverse=True)]


def across(found: Iterable[Finding], labelled: Labelled) -> list[dict[str, Any]]:
    """Return what was removed, though not word for word the same, for a text of another cluster."""
    return [
        {
            "one": labelled.names[finding.one],
            "other": labelled.names[finding.other],
            "clusters": [labelled.clusters[finding.one], labelled.clusters[finding.other]],
            **{name: value for name, value in finding._asdict().items() if name in _SHOWN},
        }
        for finding in found
        if finding.removed and not finding.rule.endswith("/exact")
        if labelled.clusters[finding.one] != labelled.clusters[finding.other]
    ]


_SHOWN = ("rule", "similarity", "differences")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--texts", type=Path, help="the texts, where a and b are ids")
    parser.add_argument("--id-field", default="id")
    parser.add_argument("--text-field", default="text")
    parser.add_argument("--cluster-field", default="cluster")
    parser.add_argument("--option", action="append", default=[], help="passed on to dedupe clean")
    parser.add_argument("--list", action="store_true", help="print what was removed for a text of another cluster")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    labelled = read(arguments.file, arguments.texts, arguments)
    found = list(findings(labelled.texts, arguments.option))
    removed = [finding for finding in found if finding.removed]
    wrong = across(found, labelled)
    figures = {
        "file": arguments.file.name,
        "texts": len(labelled.texts),
        "pairs": len(labelled.pairs),
        "found": agreement(labelled, joined(found, len(labelled.texts))),
        "removed": agreement(labelled, joined(removed, len(labelled.texts))),
        "bands": bands(found, labelled.clusters),
        "removals": len(removed),
        "removed_across_clusters": len(wrong),
    }
    for name in ("found", "removed"):
        say(f"{name}: " + ", ".join(f"{figure} {value:.4f}" for figure, value in figures[name].items()))
    for band in figures["bands"]:
        say("  " + ", ".join(f"{name} {value}" for name, value in band.items()))
    say(f"removed: {len(removed)}; not word for word, and for a text of another cluster: {len(wrong)}")
    for entry in wrong if arguments.list else ():
        say(json.dumps(entry, ensure_ascii=True))
    save({**figures, "across": wrong} if arguments.list else figures, arguments.out)


if __name__ == "__main__":
    main()
