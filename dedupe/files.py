"""Cleaning files, to another place or where they are: the pipeline between reading and writing.

Everything is streamed: a row of a JSON Lines file or one text file at a time. Output and log
become visible together at the end, or not at all.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

from dedupe.cleaning.leftovers import notes_on, tidy, tidy_for
from dedupe.cleaning.targets import check_log, check_targets, is_special, real_place, refuse_index
from dedupe.cleaning.write import Output, stream_to, write_or_print
from dedupe.config import Config, settings_or_usual
from dedupe.difflog.passages import Passages
from dedupe.difflog.write import LogWriter
from dedupe.errors import ConfigError, DedupeError, WriteError
from dedupe.index.adding import Adder, is_shared
from dedupe.index.against import index_of_run, known_as, open_references
from dedupe.model import Summary
from dedupe.opening import NOTED, notes_of, opened, report_of
from dedupe.pipeline import make_plan
from dedupe.plan import Plan
from dedupe.progress import Progress
from dedupe.reading.corpus import FileCorpus, FileDocuments
from dedupe.reading.files import InputFile, Inputs, StrPath, bytes_of, listed, shown
from dedupe.reading.located import inside_root
from dedupe.reading.packed import compression_of
from dedupe.writing import Discard, Staged, rewrite, write_documents


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
        inputs, corpus, folder = run.enter_context(opened(paths, config, stdin))
        if not dry_run:
            read_too = tuple(Path(name) for name in (*config.against, *config.lexicons))
            check_targets(replace(inputs, roots=inputs.roots + read_too), out, log, force)
            _keep_from_index(config, out, log)
        notes = notes_on([] if dry_run else tidy_for(out, log), NOTED)
        index = run.enter_context(index_of_run(config, dry_run=dry_run))
        documents = FileDocuments(corpus)
        report = report_of(progress, corpus)
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
        inputs, corpus, folder = run.enter_context(opened(paths, config, None, named_by_location=True))
        _check_in_place(inputs, log, force)
        _keep_from_index(config, log)
        left = tidy({real_place(file.location).parent for file in inputs.files})
        index = run.enter_context(index_of_run(config))
        inputs = inside_root(inputs)
        corpus = FileCorpus(inputs, config)
        documents = FileDocuments(corpus)
        report = report_of(progress, corpus)
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
        notes = notes_on(left, NOTED)
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
        notes=[*notes_of(plan, inputs, documents), *notes],
    )
