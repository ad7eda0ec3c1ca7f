"""One sentence for every entry of the log: what was found, and why it went or stayed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from dedupe.cleaning.wording import DUPLICATE_REASONS
from dedupe.text.normalize import UNSPACED

#: Words are compared with spaces between them, which some scripts do not have.
_BETWEEN_UNSPACED = re.compile(f"(?<=[{UNSPACED}]) (?=[{UNSPACED}])")


def describe_duplicate(rule: str, lines: list[int], canonical: Mapping[str, Any], evidence: dict[str, Any]) -> str:
    """Return the sentence for a repeat, duplicate or document finding.

    >>> describe_duplicate("repeat/exact", [17, 30], {"doc": "a.txt", "lines": [3, 16]}, {"similarity": 1.0})
    'lines 17-30 repeat lines 3-16 word for word'
    >>> describe_duplicate("document/near", [1, 9], {"doc": "a.txt", "lines": [1, 8]},
    ...     {"similarity": 0.93, "differences": [["5", "6"]], "guard": "differs"})
    'the document repeats a.txt, 93% of the words in order; differs: "5" / "6"; kept, since the words that differ may matter'
    >>> describe_duplicate("duplicate/contained", [4, 4], {"doc": "a.txt", "lines": [2, 2]},
    ...     {"similarity": 1.0, "guard": "contained"})
    'line 4 stands inside a.txt, line 2; kept, since it is only a part there'
    >>> describe_duplicate("duplicate/contained", [4, 4], {"doc": "a.txt", "lines": [2, 2]},
    ...     {"similarity": 0.92, "differences": [["May", "June"]], "guard": "contained"})
    'of line 4, 92% of the words in order stand inside a.txt, line 2; differs: "May" / "June"; kept, since it is only a part there'
    >>> describe_duplicate("duplicate/contains", [4, 4], {"doc": "test.txt", "lines": [2, 2]},
    ...     {"similarity": 0.25, "guard": "contains"})
    'inside line 4 stands test.txt, line 2; kept, since only a part of it stands there'
    >>> describe_duplicate("repeat/near", [4, 4], {"doc": "a.txt", "lines": [2, 2]},
    ...     {"similarity": 0.96, "differences": [["五 月 3 日", "六 月 3 日"]], "guard": "differs"})
    'line 4 repeats line 2, 96% of the words in order; differs: "五月 3 日" / "六月 3 日"; kept, since the words that differ may matter'
    """  # noqa: E501
    family, kind = rule.split("/")
    name = _name(canonical)
    there = _lines(canonical["lines"]) if family == "repeat" else f"{name}, {_lines(canonical['lines'])}"
    if kind == "contained" and "guard" in evidence:
        sentence = _stands_inside(family, lines, name if family == "document" else there, evidence)
    elif kind == "contained":
        sentence = f"{_lines(lines)}: everything there stands in {name}, which the document repeats"
    elif kind == "contains":
        sentence = f"inside {_lines(lines)} stands {there}"
    else:
        sentence = _repeats(family, kind, lines, name, there, evidence)
    if evidence.get("differences"):
        shown = [f"{_quoted(ours)} / {_quoted(theirs)}" for ours, theirs in evidence["differences"][:3]]
        sentence += "; differs: " + ", ".join(shown)
    return sentence + kept_because(evidence)


def _stands_inside(family: str, lines: list[int], there: str, evidence: Mapping[str, Any]) -> str:
    if family == "document":
        return f"{evidence['similarity']:.0%} of the document's words stand in {there}"
    if "differences" in evidence:
        return f"of {_lines(lines)}, {evidence['similarity']:.0%} of the words in order stand inside {there}"
    return f"{_lines(lines)} {'stands' if lines[0] == lines[1] else 'stand'} inside {there}"


def _repeats(family: str, kind: str, lines: list[int], name: str, there: str, evidence: Mapping[str, Any]) -> str:
    if "parts" in evidence:
        # What the parts were split around went before the passage was compared.
        subject = f"part {evidence['part']} of {evidence['parts']} of a passage that repeats"
    elif family == "document":
        subject, there = "the document repeats", name
    else:
        subject = f"{_lines(lines)} {'repeats' if lines[0] == lines[1] else 'repeat'}"
    if kind == "exact":
        return f"{subject} {there}{' ' if family == 'repeat' else ', '}word for word"
    return f"{subject} {there}, {evidence['similarity']:.0%} of the words in order"


def describe_block(
    lines: list[int],
    canonical: Mapping[str, Any],
    places: Sequence[int],
    passages: Mapping[str, int],
    kept: int,
    *,
    is_repeat: bool,
) -> str:
    """Return the sentence for a block: its passages, where from, in which order, and what became of them.

    *places* say where the entries begin in the canonical document, *passages* how many there are of each kind, and
    *kept* how many of them stay.

    >>> block = [3, 9], {"doc": "a.txt", "lines": [1, 7]}
    >>> describe_block(*block, [40, 0], {"word for word": 4}, 0, is_repeat=False)
    '4 passages of lines 3-9 repeat passages of a.txt, lines 1-7, in another order: 4 word for word'
    >>> describe_block(*block, [0, 40], {"nearly": 2, "word for word": 2}, 2, is_repeat=True)
    '4 passages of lines 3-9 repeat passages of lines 1-7: 2 word for word, 2 nearly; 2 are kept'
    """
    there = _lines(canonical["lines"]) if is_repeat else f"{_name(canonical)}, {_lines(canonical['lines'])}"
    sentence = f"{sum(passages.values())} passages of {_lines(lines)} repeat passages of {there}"
    if len(set(places)) < len(places):
        sentence += ", some more than once"
    elif list(places) != sorted(places):
        sentence += ", in another order"
    sentence += ": " + ", ".join(f"{passages[kind]} {kind}" for kind in ("word for word", "nearly") if kind in passages)
    return sentence + (f"; {kept} {'is' if kept == 1 else 'are'} kept" if kept else "")


def kept_because(evidence: dict[str, Any]) -> str:
    """Return the part of the sentence that says why a finding was left for review, or ""."""
    guard = evidence.get("guard", "")
    return f"; kept, since {DUPLICATE_REASONS.get(guard, guard)}" if guard else ""


def _name(canonical: Mapping[str, Any]) -> str:
    """The document, and for a reference text the file as well where its name does not say it."""
    name, path = canonical["doc"], canonical.get("path", "")
    return name if name.startswith(path) else f"{name} in {path}"


def _lines(lines: list[int]) -> str:
    return f"line {lines[0]}" if lines[0] == lines[1] else f"lines {lines[0]}-{lines[1]}"


def _quoted(words: str) -> str:
    words = _BETWEEN_UNSPACED.sub("", words)
    if len(words) > 40:
        words = words[:39] + "…"
    return f'"{words}"' if words else "nothing"
