"""Cleaning, checking and restoring files: the pipeline between reading and writing.

Everything is streamed: a row of a JSON Lines file or one text file at a time. Output and log
become visible together at the end, or not at all.
"""

from __future__ import annotations

import marshal
import os
import shutil
import sys
from array import array
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from io import BytesIO
from itertools import pairwise, product
from pathlib import Path
from typing import BinaryIO

from dedupe.baseline import Baseline, line_prints
from dedupe.cleaning.leftovers import notes_on, tidy, tidy_for
from dedupe.cleaning.targets import check_log, check_targets, is_special, real_place, refuse_index
from dedupe.cleaning.write import Output, stream_to, write_atomic, write_or_print
from dedupe.config import Config, settings_or_usual
from dedupe.difflog.passages import Passage, Passages
from dedupe.difflog.records import OpRecord, from_line
from dedupe.difflog.write import LogWriter, document_records
from dedupe.errors import ConfigError, DedupeError, WriteError
from dedupe.index.adding import Adder, is_shared
from dedupe.index.against import index_of_run, known_as, open_references
from dedupe.model import Document, Finding, Location, Summary
from dedupe.pipeline import make_plan
from dedupe.plan import Plan
from dedupe.progress import Progress, Report, silent
from dedupe.reading.corpus import FileCorpus, FileDocuments
from dedupe.reading.files import InputFile, Inputs, StrPath, bytes_of, find_inputs, listed, shown
from dedupe.reading.located import find_by_location, inside_root
from dedupe.reading.packed import compression_of
from dedupe.scanning import batched
from dedupe.workfiles import TextStore, WorkFolder, open_work_folder
from dedupe.writing import Discard, Staged, rewrite, write_documents

#: Records that were passed over are named in a summary up to this many.
_NOTED = 20
#: Extensions of files passed over that are named one by one.
_NAMED_EXTENSIONS = 8


def clean_files(
    paths: Iterable[StrPath],
    out: StrPath,
    log: StrPath = "",
    config: Config | None = None,
    *,
    force: bool = False,
    dry_run: bool = False,
    stdin: BinaryIO | None = None,
    stdout: BinaryIO | None = None,
    progress: Progress | None = None,
) -> Summary:
    """Clean files and folders into *out* and write the diff log; return what was done.

    A folder gives a folder with the same relative paths, a file a file of the same kind,
    and "-" stands for standard input and output. *log* defaults to *out* with
    ``.difflog.jsonl``. With *dry_run* nothing is written. An existing *out* is only replaced
    with *force*.

    Raises:
        ReadError, WriteError, ConfigError: as their names say; nothing has been written then.
    """
    paths, out, log = listed(paths), os.fspath(out), os.fspath(log)
    config = settings_or_usual(config)
    if not (log or dry_run) and (out == "-" or is_special(Path(out))):
        raise ConfigError(f"-o {shown(out)}", "needs a place for the diff log", "add --log FILE")
    log = "" if dry_run else log or out.rstrip("/") + ".difflog.jsonl"
    if "-" in (out, log) and not dry_run:
        stdout = stdout or bytes_of(sys.stdout)
    with ExitStack() as run:
        inputs, corpus, folder = run.enter_context(_opened(paths, config, stdin))
        if not dry_run:
            read_too = tuple(Path(name) for name in (*config.against, *config.lexicons))
            check_targets(replace(inputs, roots=inputs.roots + read_too), out, log, force)
            _keep_from_index(config, out, log)
        notes = notes_on([] if dry_run else tidy_for(out, log), _NOTED)
        index = run.enter_context(index_of_run(config, dry_run=dry_run))
        documents = FileDocuments(corpus)
        report = _report(progress, corpus)
        references = open_references(config, folder, inputs.files, index=index)
        plan = make_plan(documents, config, folder, report, references)
        passages = Passages(documents, plan, folder.store("passages"))
        if dry_run:
            writer = LogWriter()
            write_documents(plan, inputs, corpus, passages, writer, Discard(), report)
        else:
            with ExitStack() as stack:
                # What goes down a pipe cannot be read again, and an index wants to.
                copy = stack.enter_context((folder.path / "out").open("w+b")) if index and out == "-" else None
                output = stack.enter_context(Output.open(out, inputs.shape, force, copy or stdout))
                # The log and the documents are of no use without each other.
                with write_or_print(log, stdout, bits=inputs.mode, force=force, then=output.commit) as stream:
                    writer = LogWriter(stream)
                    write_documents(plan, inputs, corpus, passages, writer, output, report)
                if copy and stdout:
                    copy.seek(0)
                    shutil.copyfileobj(copy, stdout)
                    stdout.flush()
            if index:
                with _after_writing():
                    notes += _add_outputs(index, inputs, folder.path / "out" if copy else Path(out), spooled=bool(copy))
        return _summary(plan, inputs, documents, writer, "" if dry_run else out, log, notes)


def clean_in_place(
    paths: Sequence[str],
    log: str,
    config: Config | None = None,
    *,
    force: bool = False,
    stdout: BinaryIO | None = None,
    progress: Progress | None = None,
) -> Summary:
    """Clean files where they are; only those that change are written, all of them or none.

    The diff log at *log* is complete before the first of them is touched, so that nothing
    is lost if the run is interrupted; none is written if no file changes. Its paths are relative
    to the working directory, or to the root of the file system where a file is outside it. Where
    *log* is a folder, the log gets a name there made of its own hash; "-" is standard output. An existing log is only
    replaced with *force*: it holds text that may stand nowhere else.

    Raises:
        ReadError, WriteError, ConfigError: as for :func:`clean_files`.
    """
    config = settings_or_usual(config)
    with ExitStack() as run:
        inputs, corpus, folder = run.enter_context(_opened(paths, config, None, named_by_location=True))
        _check_in_place(inputs, log, force)
        _keep_from_index(config, log)
        left = tidy({real_place(file.location).parent for file in inputs.files})
        index = run.enter_context(index_of_run(config))
        inputs = inside_root(inputs)
        corpus = FileCorpus(inputs, config)
        documents = FileDocuments(corpus)
        report = _report(progress, corpus)
        references = open_references(config, folder, inputs.files, index=index)
        plan = make_plan(documents, config, folder, report, references)
        passages = Passages(documents, plan, folder.store("passages"))
        staged = Staged(folder.path / "staged")
        written = folder.path / "log"
        with stream_to(written, str(written), flush=False) as stream:
            writer = LogWriter(stream)
            sides = write_documents(plan, inputs, corpus, passages, writer, staged, report, in_place=True)
        if os.path.isdir(log):
            log = str(Path(log) / f"{writer.sha256()[:20]}.difflog.jsonl")
        elif log != "-":
            check_log(inputs, log, force)  # once more: another run may have written it meanwhile
        changed = [(file, after) for file, (before, after) in zip(inputs.files, sides, strict=True) if before != after]
        if changed:
            rewrite(changed, corpus, staged, written, partial(write_or_print, log, stdout, bits=inputs.mode))
        else:
            log = ""
        notes = notes_on(left, _NOTED)
        links = sum(len(file.links) for file, after in changed if after is None)
        notes += [f"links that went with the files they led to, which the log names: {links:,}"] if links else []
        if index:
            with _after_writing():
                notes += _add(index, inputs.files)
        return _summary(plan, inputs, documents, writer, "", log, notes)


def _check_in_place(inputs: Inputs, log: str, force: bool) -> None:
    """Raise if one of the inputs cannot be cleaned where it is, or the log not be written."""
    for file in inputs.files:
        if file.spooled:
            raise ConfigError(file.place, "is no file, and cannot be cleaned in place", "name files, or use -o")
    if log != "-" and not os.path.isdir(log):
        check_log(inputs, log, force)


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
    with _opened(paths, config, stdin, named_by_location=True) as (inputs, corpus, folder):
        documents = FileDocuments(corpus)
        references = open_references(config, folder, inputs.files)
        plan = make_plan(documents, config, folder, _report(progress, corpus), references)
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
        notes = _notes(plan, inputs, documents)
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


def _report(progress: Progress | None, corpus: FileCorpus) -> Report:
    """Return what the stages call: what they do not know of their bytes, the corpus knows."""
    if progress is None:
        return silent

    def report(stage: str, documents: int, done: int = 0, total: int = 0) -> None:
        progress(stage, documents, *((done, total) if total else corpus.position()))

    return report


@contextmanager
def open_corpus(paths: Sequence[str], config: Config) -> Iterator[tuple[FileDocuments, WorkFolder]]:
    """Open files and folders, named as a person standing here would name them, as a corpus.

    With it comes a folder for work files; both are good inside the context.
    """
    with _opened(paths, config, None, named_by_location=True) as (_, corpus, folder):
        yield FileDocuments(corpus), folder


@contextmanager
def _opened(
    paths: Sequence[str], config: Config, stdin: BinaryIO | None, *, named_by_location: bool = False
) -> Iterator[tuple[Inputs, FileCorpus, WorkFolder]]:
    """Find the inputs and open a corpus over them, with a work folder that goes at the end."""
    with open_work_folder() as folder:
        find = find_by_location if named_by_location else find_inputs
        inputs = find(paths, config, folder.path, stdin)
        yield inputs, FileCorpus(inputs, config), folder


def _ignored(counts: Mapping[str, int]) -> str:
    """Say how many files have extensions that were not asked for, with the commonest of these."""
    common = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    named = [f"{extension or 'no extension'} ({count:,})" for extension, count in common[:_NAMED_EXTENSIONS]]
    more = [f"and {len(common) - _NAMED_EXTENSIONS:,} more kinds"] if len(common) > _NAMED_EXTENSIONS else []
    total = sum(counts.values())
    files = "file" if total == 1 else "files"
    return f"{total:,} {files} not read, for their extension: {', '.join(named + more)}"


def _keep_from_index(config: Config, *targets: str) -> None:
    """Raise if a target and the index of a run would take each other's place."""
    if config.index and not is_shared(config.index) and config.scope != "document":
        refuse_index(config.index, [target for target in targets if target != "-"])


@contextmanager
def _after_writing() -> Iterator[None]:
    """Let an error say that the documents are written, and only the index does not know of them."""
    try:
        yield
    except DedupeError as error:
        problem = f"{error.problem}; the documents and the log are written, and not in the index yet"
        raise WriteError(error.place, problem, "add them with `dedupe index add`") from error


def _add_outputs(index: Adder, inputs: Inputs, out: Path, *, spooled: bool) -> list[str]:
    """Add to an index what was written at *out*; return what there is to say of it."""
    if inputs.shape == "tree":
        return _add(index, [replace(file, location=out / file.path) for file in inputs.files], out)
    compression = "" if spooled else compression_of(out.name)
    return _add(index, [InputFile(out, "", inputs.files[0].kind, compression, spooled)])


def _add(index: Adder, files: Sequence[InputFile], tree: Path | None = None) -> list[str]:
    there = [replace(file, path=known_as(file)) for file in files if file.location.is_file()]
    gone = [str(file.location) for file in files if not file.location.exists()]
    added = index.add_files(there, [str(tree)] if tree else gone)
    return [f"index: {added.documents:,} documents added", *added.notes]


def _summary(
    plan: Plan, inputs: Inputs, documents: FileDocuments, writer: LogWriter, out: str, log: str, notes: Sequence[str]
) -> Summary:
    return Summary(
        documents=plan.document_count + writer.status["error"],
        status=dict(sorted(writer.status.items())),
        applied=dict(sorted(writer.applied.items())),
        review=dict(sorted(writer.review.items())),
        bytes=dict(writer.bytes),
        out=out,
        log=log,
        notes=[*_notes(plan, inputs, documents), *notes],
    )


def _notes(plan: Plan, inputs: Inputs, documents: FileDocuments) -> list[str]:
    notes = [_ignored(inputs.ignored)] if inputs.ignored else []
    errors = [*documents.errors.values(), *plan.references.notes]
    notes += errors[:_NOTED]
    if len(errors) > _NOTED:
        notes.append(f"and {len(errors) - _NOTED:,} more that were passed over")
    if plan.repeated_ids:
        more = f", and so are {len(plan.repeated) - 1:,} more" if len(plan.repeated) > 1 else ""
        notes.append(f"{plan.repeated_ids[0]}: is used before{more}; the log adds the place to tell them apart")
    return notes
