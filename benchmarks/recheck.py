"""Check every removal in a diff log by other means than the tool's own: nothing of the package is imported.

    python benchmarks/recheck.py INPUT OUTPUT LOG [--text-field text] [--words 20]

INPUT and OUTPUT are JSON Lines files, or folders of text files in UTF-8. For every repeat, duplicate and
document that was removed, the passage that the log names as canonical must stand in the output, its bytes must be
those of the log, and the two are compared again, word by word, by a different algorithm: an exact copy has
the same words, a near one is at least as alike as the log says, of a contained one the words stand in the
canonical passage in order. Prints counts by rule, the least similarity of each, and the words that removed near
copies had and their survivors have not (--words of each kind); exit status 1 if anything is wrong.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from rereading import aligned, repaired, same_normal_form, text_of, whole_passages, words_and_signs

#: A name with low lines is one word: this letter looks like one.
_LOW_LINE = str.maketrans("_", "\u02cd")
_SLACK = 0.05

Texts = Mapping[str, bytes]


@dataclass
class Report:
    """What was checked: problems as sentences, removals and least similarity by rule, words only on one side."""

    problems: list[str] = field(default_factory=list)
    removals: Counter[str] = field(default_factory=Counter)
    least: dict[str, float] = field(default_factory=dict)
    lost: Counter[str] = field(default_factory=Counter)
    gained: Counter[str] = field(default_factory=Counter)


def recheck(log: Iterable[Mapping[str, Any]], sources: Texts, outputs: Texts) -> Report:
    """Check all removals of a log; *sources* and *outputs* are texts in UTF-8 by document id."""
    report = Report()
    applied = [record for record in log if record["t"] == "op" and record["applied"]]
    for op, passage in whole_passages(applied, sources):
        rule = op["rule"]
        report.removals[rule] += 1
        problem, similarity = _judged(op, text_of(passage), sources, outputs, report)
        report.least[rule] = min(report.least.get(rule, 1.0), similarity)
        if problem:
            report.problems.append(f"{op['doc']}, bytes {op['src']}: {rule}: {problem}")
    return report


def _judged(op: Mapping[str, Any], removed: str, sources: Texts, outputs: Texts, report: Report) -> tuple[str, float]:
    canonical = op["canonical"]
    if canonical["doc"] not in outputs:
        return f"its canonical document {canonical['doc']} is not in the output", 0.0
    low, high = canonical["src"]
    source = sources[canonical["doc"]][low:high]
    if hashlib.sha256(source).hexdigest() != canonical["sha256"]:
        return "the canonical passage has another sha256", 0.0
    family, kind = op["rule"].split("/")
    if (family == "repeat") != (canonical["doc"] == op["doc"]):
        return f"a {family} whose canonical passage is in {canonical['doc']}", 0.0
    output = outputs[canonical["doc"]]
    if family != "document":  # a document's own repeats and furniture may be gone from the survivor
        left, right = canonical["dst"]
        if not 0 <= left < right <= len(output):
            return "the canonical passage has no place in the output", 0.0
        output = output[left:right]
    standing = [text_of(output), *([text_of(source)] if family == "document" else [])]
    if kind == "exact":
        return ("", 1.0) if any(same_normal_form(removed, text) for text in standing) else ("is not the same text", 0.0)
    mine = _tokens(removed)
    others = list(map(_tokens, standing))
    best, theirs = max(((_similarity(kind, mine, tokens), tokens) for tokens in others), key=lambda it: it[0])
    if kind == "near":
        _note_differences(mine, theirs, report)
    said = op["evidence"]["similarity"]
    return (f"{best:.3f} alike, not {said}" if best < said - _SLACK else ""), best


def _tokens(text: str) -> list[str]:
    """The words and signs of a text."""
    return words_and_signs(repaired(text).translate(_LOW_LINE))


def _similarity(kind: str, mine: list[str], theirs: list[str]) -> float:
    common = sum(length for _, _, length in aligned(mine, theirs))
    return common / max(1, len(mine) if kind == "contained" else max(len(mine), len(theirs)))


def _note_differences(mine: list[str], theirs: list[str], report: Report) -> None:
    at = other = 0
    for i, j, length in [*aligned(mine, theirs), (len(mine), len(theirs), 0)]:
        report.lost.update(mine[at:i])
        report.gained.update(theirs[other:j])
        at, other = i + length, j + length


def read_texts(path: Path, text_field: str, id_field: str) -> dict[str, bytes]:
    """Return the texts of a JSON Lines file or a folder by document id."""
    if path.is_dir():
        return {str(p.relative_to(path)): p.read_bytes() for p in sorted(path.rglob("*")) if p.is_file()}
    texts: dict[str, bytes] = {}
    with path.open(encoding="utf-8", newline="\n") as stream:
        for number, line in enumerate(stream, start=1):
            if line.strip():
                row = json.loads(line)
                name = str(row.get(id_field, f"{path.name}#{number}"))
                texts[name] = row[text_field].encode("utf-8", "surrogatepass")
    return texts


def show(report: Report, count: int, stream: TextIO) -> None:
    """Print a report."""
    for rule in sorted(report.removals):
        stream.write(f"{rule}: {report.removals[rule]:,} removed, at least {report.least[rule]:.3f} alike\n")
    for name, found in (("only in what was removed", report.lost), ("only in what stays", report.gained)):
        stream.writelines(_most_common(name, found, count))
    stream.writelines(f"WRONG {problem}\n" for problem in report.problems)
    stream.write(f"{report.removals.total():,} removals checked, {len(report.problems):,} wrong\n")


def _most_common(name: str, found: Counter[str], count: int) -> Iterator[str]:
    numbers = sum(times for word, times in found.items() if any(char.isdigit() for char in word))
    yield f"words of near copies that stand {name}: {found.total():,}, {numbers:,} of them with a digit\n"
    shown = sorted(found.items(), key=lambda item: (-item[1], item[0]))[:count]
    yield "  " + ", ".join(f"{times} {ascii(word)[1:-1]}" for word, times in shown) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("input", "output", "log"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--text-field", default="text")
    parser.add_argument("--id-field", default="id")
    parser.add_argument("--words", type=int, default=20, help="how many differing words to show")
    arguments = parser.parse_args()
    sources, outputs = (
        read_texts(path, arguments.text_field, arguments.id_field) for path in (arguments.input, arguments.output)
    )
    with arguments.log.open(encoding="utf-8") as stream:
        report = recheck(map(json.loads, stream), sources, outputs)
    show(report, arguments.words, sys.stdout)
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
