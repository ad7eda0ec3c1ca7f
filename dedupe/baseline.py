"""Accepted findings: a file that is kept beside a corpus, and what of a check is not in it.

An entry is a line that may stand as it is: one that was found, or one that such a line repeats. It has no line
number, so it does not change when text moves. It holds for its own file; where the line is no longer found
there, or the file is gone, it follows the line to another file.

The file is JSON Lines, sorted, so that two people who accept findings on two branches can merge.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Annotated, NamedTuple, TypedDict

from dedupe.difflog.kinds import test_of
from dedupe.difflog.records import from_line, to_line
from dedupe.errors import ConfigError, system_reason
from dedupe.model import Finding, Location
from dedupe.reading.files import shown
from dedupe.reading.jsonl import BOM
from dedupe.text.segment import split_lines

_HEADER = {"dedupe_baseline": 1}
#: Characters of a line that an entry shows to people.
_SHOWN = 50
#: Stale entries that are named.
_NAMED = 5


def _is_print(value: str) -> bool:
    return re.match(r"[0-9a-f]{12} ", value) is not None


class _Record(TypedDict):
    """An entry as it stands in the file."""

    path: str
    kind: str
    line: Annotated[str, _is_print]
    count: int


_are_records = test_of(_Record)


class Entry(NamedTuple):
    """A line that may stand: in which file (relative to the baseline), as what, and its print.

    ``kind`` is ``duplicate`` for everything that repeats something, else the family of the rule.
    """

    path: str
    kind: str
    print: str


class _Line(NamedTuple):
    """A line that takes part in a finding: as what, and where it is now."""

    entry: Entry
    place: tuple[int, int]


def line_prints(passage: str, row: int, first: int) -> tuple[tuple[tuple[int, int], str], ...]:
    r"""Return ``((row, line), print)`` for each line of *passage* that is not blank, *first* being the first of them.

    A print is a hash of the line, whatever its white space, and how it begins.

    >>> line_prints("\nA line.\r\n\n  A  line.", 0, 7)
    (((0, 7), '8714ccabc8b1 A line.'), ((0, 9), '8714ccabc8b1 A line.'))
    """
    text = passage.strip()
    lines = [text[line.start : line.end].split() for line in split_lines(text)]
    return tuple(((row, first + n), _print(" ".join(words))) for n, words in enumerate(lines) if words)


def _print(line: str) -> str:
    digest = sha256(line.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{digest} {shown(line[:_SHOWN])}"


class Baseline:
    """The entries of the baseline *file*, and how many lines each of them accepts."""

    def __init__(self, file: Path, entries: Counter[Entry] | None = None) -> None:
        self.file = file
        self.entries: Counter[Entry] = Counter(entries)
        self._folder = os.path.dirname(os.path.abspath(file))

    @classmethod
    def read(cls, file: Path) -> Baseline:
        """Read a baseline.

        Raises:
            ConfigError: it is not there, cannot be read, or was not written by this tool.
        """
        try:
            return cls.parse(file, file.read_bytes())
        except OSError as error:
            advice = "`dedupe baseline update` writes one"
            raise ConfigError(shown(str(file)), f"the baseline: {system_reason(error)}", advice) from error

    @classmethod
    def parse(cls, file: Path, data: bytes) -> Baseline:
        """Return the baseline that *data* stands for.

        Raises:
            ConfigError: it was not written by this tool.
        """
        entries: Counter[Entry] = Counter()
        for number, line in enumerate(data.removeprefix(BOM).splitlines() or [b""], 1):
            try:
                record = from_line(line)
                if not (_are_records([record]) if number > 1 else record == _HEADER):
                    raise ValueError
            except ValueError:
                problem = "is no entry of a baseline" if number > 1 else "is not how a baseline of this version begins"
                advice = "take it from git again, or remove it and run `dedupe baseline update`"
                raise ConfigError(f"{shown(str(file))}:{number}", problem, advice) from None
            if number > 1:
                entries[Entry(record["path"], record["kind"], record["line"])] += record["count"]
        return cls(file, entries)

    def as_bytes(self) -> bytes:
        """Return the baseline as it stands in its file."""
        records = (
            {"path": path, "kind": kind, "line": line, "count": count}
            for (path, kind, line), count in sorted(self.entries.items())
        )
        return b"".join(map(to_line, [_HEADER, *records]))

    def sift(self, findings: Collection[Finding], is_checked: Callable[[str], bool]) -> tuple[list[Finding], list[str]]:
        """Return the findings that are not accepted, and notes on the others and on stale entries.

        A finding is accepted if its lines and those that they repeat are. *is_checked* tells of a path whether all that
        can be found in that file would be here, or it is gone; entries are only called stale if that is so of all.
        """
        found = [self._lines(finding) for finding in findings]
        # Those that are repeated first: of more copies than were accepted, the new ones are to be named.
        lines = dict.fromkeys(line for _, repeated in found for line in repeated)
        lines.update(dict.fromkeys(line for here, _ in found for line in here))
        left = self.entries.copy()
        pending = [line for line in lines if not _take(left, line.entry)]
        for entry in [entry for entry in left if is_checked(entry.path)]:
            left[_anywhere(entry)] += left.pop(entry)
        refused = {line for line in pending if not _take(left, _anywhere(line.entry))}
        fresh = [
            finding
            for finding, (here, repeated) in zip(findings, found, strict=True)
            if not refused.isdisjoint((*here, *repeated))
        ]
        notes = []
        if len(fresh) < len(findings):
            count = len(findings) - len(fresh)
            notes.append(f"{count:,} finding{'' if count == 1 else 's'} accepted by {shown(str(self.file))}")
        if all(is_checked(entry.path) for entry in self.entries):
            notes += self._stale(+left)
        return fresh, notes

    def updated(self, checks: Iterable[Sequence[Finding]], is_checked: Callable[[str], bool]) -> Baseline:
        """Return the baseline that accepts what each of several checks found; entries of other files stay."""
        entries = Counter({entry: count for entry, count in self.entries.items() if not is_checked(entry.path)})
        for findings in checks:
            lines = {line for finding in findings for part in self._lines(finding) for line in part}
            entries |= Counter(line.entry for line in lines)
        return Baseline(self.file, entries)

    def _lines(self, finding: Finding) -> tuple[list[_Line], list[_Line]]:
        """Return the lines that were found, and those that they repeat."""
        kind = "duplicate" if finding.canonical else finding.record["rule"].split("/")[0]
        return self._lines_at(kind, finding.location), self._lines_at(kind, finding.canonical)

    def _lines_at(self, kind: str, location: Location | None) -> list[_Line]:
        if location is None:
            return []
        path = Path(os.path.relpath(os.path.abspath(location.path), self._folder)).as_posix()
        return [_Line(Entry(path, kind, known_by), place) for place, known_by in location.prints]

    def _stale(self, left: Counter[Entry]) -> Iterator[str]:
        if left:
            stale = sorted({entry.print.split(" ", 1)[1] for entry in left})
            named = ", ".join(f'"{text}"' for text in stale[:_NAMED]) + (", ..." if len(stale) > _NAMED else "")
            count = f"{left.total():,} stale {'entry' if left.total() == 1 else 'entries'}"
            yield f"{shown(str(self.file))}: {count}: {named}; `dedupe baseline update` takes them out"


def _anywhere(entry: Entry) -> Entry:
    return entry._replace(path="")


def _take(left: Counter[Entry], entry: Entry) -> bool:
    """Take one of *entry* out of what is *left*, if there is one."""
    if left[entry] < 1:
        return False
    left[entry] -= 1
    return True
