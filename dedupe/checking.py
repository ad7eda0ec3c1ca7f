"""Checking files: the findings in them, those of them that somebody accepted, and what is accepted from now on.

Nothing is written but the baseline. Findings are read when they are asked for: a large corpus has millions.
"""

from __future__ import annotations

import marshal
import os
from array import array
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from itertools import pairwise, product
from pathlib import Path
from typing import BinaryIO

from dedupe.baseline import Baseline, line_prints
from dedupe.cleaning.targets import is_special
from dedupe.cleaning.write import write_atomic
from dedupe.config import Config, settings_or_usual
from dedupe.difflog.passages import Passage, Passages
from dedupe.difflog.records import OpRecord, from_line
from dedupe.difflog.write import document_records
from dedupe.errors import ConfigError
from dedupe.index.against import open_references
from dedupe.model import Document, Finding, Location, Summary
from dedupe.opening import notes_of, opened, report_of
from dedupe.pipeline import make_plan
from dedupe.progress import Progress
from dedupe.reading.corpus import FileDocuments
from dedupe.reading.files import StrPath, listed, shown
from dedupe.scanning import batched
from dedupe.workfiles import TextStore


def check_files(
    paths: Iterable[StrPath],
    config: Config | None = None,
    *,
    stdin: BinaryIO | None = None,
    progress: Progress | None = None,
) -> tuple[list[Finding], Summary]:
    """Return the findings in files and folders, in order, and a summary; nothing is written.

    Raises:
        ReadError, ConfigError: as their names say.
    """
    with checking(paths, config, stdin=stdin, progress=progress) as (findings, summary):
        return list(findings), summary


@contextmanager
def checking(
    paths: Iterable[StrPath],
    config: Config | None = None,
    *,
    stdin: BinaryIO | None = None,
    progress: Progress | None = None,
) -> Iterator[tuple[Collection[Finding], Summary]]:
    """Check files and folders as :func:`check_files` does, with findings that are read when they are asked for.

    They are good inside the context, and do not have to fit into memory.
    """
    paths, config = listed(paths), settings_or_usual(config)
    with opened(paths, config, stdin, named_by_location=True) as (inputs, corpus, folder):
        documents = FileDocuments(corpus)
        references = open_references(config, folder, inputs.files)
        plan = make_plan(documents, config, folder, report_of(progress, corpus), references)
        passages = Passages(documents, plan, folder.store("passages"))
        named: dict[str, Document] = {}
        found = _Findings(folder.store("findings"), named)
        wanted = documents.documents(_Either(plan.operations, passages))
        for batch in batched(wanted, lambda item: len(item[1].text)):
            records = document_records(plan, batch, passages).documents
            for (number, document), logged in zip(batch, records, strict=True):
                bare = replace(document, text="")
                if number in passages:
                    named[plan.key(number, document)] = bare
                there_of = passages.get_many(logged.rows[logged.rows["document"] >= 0])
                for row, line in zip(logged.rows, BytesIO(logged.written), strict=True):
                    here = document.text[row["start"] : row["end"]]
                    passage = next(there_of) if row["document"] >= 0 else None
                    there = passage.text if isinstance(passage, Passage) else ""
                    found.add(_location(bare, from_line(line)["lines"], here), line, there)
        findings: Collection[Finding] = found
        notes = notes_of(plan, inputs, documents)
        if config.baseline:
            # What a file has in common with others is not seen where each is judged by itself.
            is_checked = _covered_by(paths if config.scope == "corpus" else (), config.baseline)
            findings, more = Baseline.read(Path(config.baseline)).sift(findings, is_checked)
            notes += more
        yield findings, Summary.of_findings(findings, plan.document_count + len(documents.errors), notes)


def update_baseline(paths: Sequence[str], config: Config, *, progress: Progress | None = None) -> tuple[int, int]:
    """Accept what a check of *paths* finds now; rewrite ``config.baseline``.

    The checks are over all files and file by file, with the profile of the settings and with ``safe``, as hooks are:
    what one of them takes out, another one leaves to be found. Entries of
    files that were not looked at stay, as long as the files are there. Returns how many entries are new and how many
    went; the file is only written if there are any, or if it is not there yet.

    Raises:
        ReadError, WriteError, ConfigError: as their names say.
    """
    for path in (*paths, *config.against, *config.lexicons):
        if path == "-" or is_special(Path(path)):
            raise ConfigError(shown(path), "cannot be read more than once", "name files or folders")
    file = Path(config.baseline)
    before = Baseline.read(file) if os.path.exists(file) else Baseline(file)
    ways = product(sorted({config.scope, "document"}), sorted({config.profile, "safe"}))
    checks = [replace(config, baseline="", scope=scope, profile=profile) for scope, profile in ways]
    found = [check_files(paths, check, progress=progress)[0] for check in checks]
    after = before.updated(found, _covered_by(paths, config.baseline))
    if after.entries != before.entries or not os.path.exists(file):
        with write_atomic(file) as stream:
            stream.write(after.as_bytes())
    return (after.entries - before.entries).total(), (before.entries - after.entries).total()


def _covered_by(paths: Sequence[str], baseline: str) -> Callable[[str], bool]:
    """Return what tells of a path in *baseline* whether *paths* lead to that file, or it is not there."""
    folder = os.path.dirname(os.path.abspath(baseline))
    roots = [os.path.abspath(path) for path in paths]

    def is_covered(path: str) -> bool:
        file = os.path.normpath(os.path.join(folder, path))
        return not os.path.exists(file) or any(os.path.commonpath([root, file]) == root for root in roots)

    return is_covered


class _Either:
    """What is in one of two containers."""

    def __init__(self, one: Container[int], other: Container[int]) -> None:
        self._one = one
        self._other = other

    def __contains__(self, number: object) -> bool:
        return number in self._one or number in self._other


class _Findings(Collection[Finding]):
    """Findings in order, in a work file: a large corpus has millions. *named* has the documents of what is repeated."""

    def __init__(self, store: TextStore, named: Mapping[str, Document]) -> None:
        self._store = store
        self._named = named
        self._ends = array("q", [0])

    def add(self, location: Location, line: bytes, there: str) -> None:
        """Add one by the line of the log that tells of it; *there* is the text of its canonical passage."""
        data = marshal.dumps((tuple(location), line, there))
        self._store.append(data)
        self._ends.append(self._ends[-1] + len(data))

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __iter__(self) -> Iterator[Finding]:
        for start, end in pairwise(self._ends):
            location, line, there = marshal.loads(self._store.read(start, end - start))
            yield _finding(Location(*location), from_line(line), there, self._named)

    def __contains__(self, finding: object) -> bool:
        return any(one == finding for one in self)


def _finding(location: Location, record: OpRecord, there: str, named: Mapping[str, Document]) -> Finding:
    """Return the finding of *record*; *there* is the text of its canonical passage, in one of the *named* documents."""
    canonical = record.get("canonical")
    place = None
    if canonical and "path" in canonical:  # in a reference text, of which only the place is known
        place = _location(Document("", "", path=canonical["path"], row=canonical["row"]), canonical["lines"], "")
    elif canonical:
        place = _location(named[canonical["doc"]], canonical["lines"], there)
    return Finding(location, record, place)


def _location(document: Document, lines: Sequence[int], passage: str) -> Location:
    row = document.row or 0
    first, last = (row, row) if row else lines
    return Location(document.path, first, last, line_prints(passage, row, lines[0]))
