"""Files and folders opened for a run, and what there is to say of them at its end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import BinaryIO

from dedupe.config import Config
from dedupe.plan import Plan
from dedupe.progress import Progress, Report, silent
from dedupe.reading.corpus import FileCorpus, FileDocuments
from dedupe.reading.files import Inputs, find_inputs
from dedupe.reading.located import find_by_location
from dedupe.workfiles import WorkFolder, open_work_folder

#: Records that were passed over are named in a summary up to this many.
NOTED = 20
#: Extensions of files passed over that are named one by one.
_NAMED_EXTENSIONS = 8


@contextmanager
def opened(
    paths: Sequence[str], config: Config, stdin: BinaryIO | None, *, named_by_location: bool = False
) -> Iterator[tuple[Inputs, FileCorpus, WorkFolder]]:
    """Find the inputs and open a corpus over them, with a work folder that goes at the end."""
    with open_work_folder() as folder:
        find = find_by_location if named_by_location else find_inputs
        inputs = find(paths, config, folder.path, stdin)
        yield inputs, FileCorpus(inputs, config), folder


@contextmanager
def open_corpus(paths: Sequence[str], config: Config) -> Iterator[tuple[FileDocuments, WorkFolder]]:
    """Open files and folders, named as a person standing here would name them, as a corpus.

    With it comes a folder for work files; both are good inside the context.
    """
    with opened(paths, config, None, named_by_location=True) as (_, corpus, folder):
        yield FileDocuments(corpus), folder


def report_of(progress: Progress | None, corpus: FileCorpus) -> Report:
    """Return what the stages call: what they do not know of their bytes, the corpus knows."""
    if progress is None:
        return silent

    def report(stage: str, documents: int, done: int = 0, total: int = 0) -> None:
        progress(stage, documents, *((done, total) if total else corpus.position()))

    return report


def notes_of(plan: Plan, inputs: Inputs, documents: FileDocuments) -> list[str]:
    """Return what a person should know of a run besides its findings: files and records passed over, repeated ids."""
    notes = [_ignored(inputs.ignored)] if inputs.ignored else []
    errors = [*documents.errors.values(), *plan.references.notes]
    notes += errors[:NOTED]
    if len(errors) > NOTED:
        notes.append(f"and {len(errors) - NOTED:,} more that were passed over")
    if plan.repeated_ids:
        more = f", and so are {len(plan.repeated) - 1:,} more" if len(plan.repeated) > 1 else ""
        notes.append(f"{plan.repeated_ids[0]}: is used before{more}; the log adds the place to tell them apart")
    return notes


def _ignored(counts: Mapping[str, int]) -> str:
    """Say how many files have extensions that were not asked for, with the commonest of these."""
    common = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    named = [f"{extension or 'no extension'} ({count:,})" for extension, count in common[:_NAMED_EXTENSIONS]]
    more = [f"and {len(common) - _NAMED_EXTENSIONS:,} more kinds"] if len(common) > _NAMED_EXTENSIONS else []
    total = sum(counts.values())
    files = "file" if total == 1 else "files"
    return f"{total:,} {files} not read, for their extension: {', '.join(named + more)}"
