"""Findings, summaries and diffs as text for people.

Text from a corpus is hostile: nothing of it reaches a terminal before control characters, escape
sequences and characters that reorder text have been made visible.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from dedupe.model import Finding

Styler = Callable[..., str]

#: How much of a removed text a diff shows at each end before it leaves the middle out.
_HEAD_LINES, _TAIL_LINES = 6, 2
_LINE_CHARS = 160
#: Passages of a block that are named.
_PLACES = 12


def printable(text: str) -> str:
    r"""Return *text* with everything that could act on a terminal made visible.

    >>> print(printable("a\x1b[31mb\u202ec\n"))
    a\x1b[31mb\u202ec\x0a
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char == "\u00a0" else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    if unicodedata.category(char) in ("Zs", "Mn"):
        return char
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def finding_line(finding: Finding, style: Styler) -> str:
    """Return ``path:line: rule: sentence (canonical path:line, similarity)`` for one finding."""
    line = f"{style(printable(str(finding.location)), bold=True)}: {record_words(finding.record, style)}"
    if finding.canonical:
        there, similarity = printable(str(finding.canonical)), finding.record["evidence"]["similarity"]
        line += f" (canonical {style(there, bold=True)}, similarity {similarity:g})"
    return line


def record_words(record: Mapping[str, Any], style: Styler) -> str:
    """Return ``rule: sentence`` for the log record of a finding."""
    mark = "" if record["applied"] else style(" (review)", fg="yellow")
    rule = style(record["rule"], fg="red" if record["applied"] else "yellow")
    return f"{rule}{mark}: {printable(record['why'])}"


def counts_table(applied: Mapping[str, int], review: Mapping[str, int], word: str = "done") -> Iterator[str]:
    """Yield one line a rule: how often it removed or changed (said by *word*), how often it left for review."""
    rules = sorted(applied.keys() | review.keys())
    width = max((len(rule) for rule in rules), default=0)
    for rule in rules:
        parts = []
        if applied.get(rule):
            parts.append(f"{applied[rule]:>7,} {word}")
        if review.get(rule):
            parts.append(f"{review[rule]:>7,} for review")
        yield f"  {rule:<{width}} {', '.join(parts)}"


def summary_lines(documents: int, status: Mapping[str, int], sizes: Mapping[str, int]) -> Iterator[str]:
    """Yield what became of the documents, what was kept first."""
    parts = [f"{status[name]:,} {word}" for name, word in _STATUS_WORDS.items() if status.get(name)]
    yield f"{documents:,} document{'s' if documents != 1 else ''}: {', '.join(parts) or 'none'}"
    if sizes.get("source"):
        kept = sizes["output"] / sizes["source"]
        yield f"{sizes['source']:,} bytes read, {sizes['output']:,} written ({kept:.1%} kept)"


_STATUS_WORDS = {"same": "unchanged", "changed": "changed", "removed": "removed", "error": "passed through with errors"}


def diff_document(document: Mapping[str, Any], operations: list[Any], style: Styler) -> Iterator[str]:
    """Yield the lines of a diff for one document: every entry with its place, reason and text.

    *operations* are those of its entries that are to be shown. A block stands before the first of them.
    """
    yield style(f"{printable(_document_place(document))}  {printable(_change(document))}", bold=True)
    blocks = {block["block"]: block for block in document.get("blocks", ())}
    for operation in operations:
        block = blocks.pop(operation.get("block"), None)
        if block is not None:
            yield from _diff_block(block, operations, style)
        if not ("block" in operation and _is_plain(operation)):  # else its block has said all
            yield from _diff_operation(operation, style)


def _document_place(document: Mapping[str, Any]) -> str:
    place: str = document["path"] or document["doc"]
    return place if document["row"] is None else f"{place}:{document['row']} ({document['doc']})"


def _change(document: Mapping[str, Any]) -> str:
    """What became of a document."""
    if document["status"] == "removed":
        links = "".join(f", with the link {path}" for path, _ in document.get("links", ()))
        return f"removed, {document['source']['bytes']:,} bytes{links}"
    if document["status"] == "error":
        return f"passed through: {document.get('error', '')}"
    return f"{document['source']['bytes']:,} -> {document['output']['bytes']:,} bytes"


def _diff_block(block: Mapping[str, Any], operations: list[Any], style: Styler) -> Iterator[str]:
    """Yield what a block is, and which of its passages go word for word."""
    yield f"  {_places(block['lines'])}  {style('block', bold=True)}  {printable(block['why'])}"
    gone = [_places(o["lines"]) for o in operations if o.get("block") == block["block"] and _is_plain(o)]
    if len(gone) > _PLACES:
        gone[_PLACES - 1 : -1] = [f"{len(gone) - _PLACES} more"]
    if gone:
        yield style(f"    - {', '.join(gone)}", fg="red")


def _diff_operation(operation: Mapping[str, Any], style: Styler) -> Iterator[str]:
    """Yield one entry: where and why, its points if it has any, what goes, and what comes in its place."""
    applied = operation["applied"]
    kind = style(operation["rule"], fg="red" if applied else "yellow")
    mark = "" if applied else style(" kept for review", fg="yellow")
    yield f"  {_places(operation['lines'])}  {kind}{mark}  {printable(operation['why'])}"
    points = operation["evidence"].get("points")
    if points:
        yield "    " + ", ".join(f"{printable(name)} {value:+g}" for name, value in points.items())
    if operation.get("ref"):
        canonical = operation["canonical"]
        there = f"{_places(canonical['lines'])} of {printable(canonical['doc'])}"
        yield style(f"    - (the same bytes as {there})", fg="red")
    else:
        for line in _excerpt(operation["text"]):
            yield style(f"    - {line}" if applied else f"      {line}", fg="red" if applied else None)
    for line in _excerpt(operation.get("new", "")):
        yield style(f"    + {line}" if applied else f"    ? {line}", fg="green" if applied else None)


def _is_plain(operation: Mapping[str, Any]) -> bool:
    """Whether a passage goes and is word for word what stays."""
    return bool(operation["applied"]) and operation["rule"].endswith("/exact")


def _places(lines: Sequence[int]) -> str:
    first, last = lines
    return f"line {first}" if first == last else f"lines {first}-{last}"


def _excerpt(text: str) -> Iterator[str]:
    lines = [line for line in text.replace("\r\n", "\n").replace("\r", "\n").strip("\n").split("\n") if line.strip()]
    if len(lines) > _HEAD_LINES + _TAIL_LINES + 1:
        left_out = len(lines) - _HEAD_LINES - _TAIL_LINES
        lines = [*lines[:_HEAD_LINES], f"... {left_out} lines ...", *lines[-_TAIL_LINES:]]
    for line in lines:
        if len(line) > _LINE_CHARS:
            line = line[: _LINE_CHARS - 40] + " … " + line[-37:]
        yield printable(line)


def points_table(points: list[tuple[str, float, str]], score: float, style: Styler) -> Iterator[str]:
    """Yield the points table of a line: name, value, detail, and the sum."""
    width = max((len(name) for name, _, _ in points), default=5)
    for name, value, detail in points:
        yield f"  {name:<{width}} {value:+5.2f}  {printable(detail)}"
    yield style(f"  {'total':<{width}} {score:+5.2f}", bold=True)
