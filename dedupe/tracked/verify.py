"""Outputs that are kept in git with their diff logs: whether each still gives its originals back."""

from __future__ import annotations

import os
from pathlib import Path

from dedupe.difflog.read import LogFile
from dedupe.difflog.rebuild import Verification, verify_files
from dedupe.errors import LogMismatch, ReadError
from dedupe.progress import Progress
from dedupe.reading.files import shown
from dedupe.tracked.git import Repository

_LOG = ".difflog.jsonl"


def verify_tracked(progress: Progress | None = None) -> Verification:
    """Verify every diff log that git tracks against the output beside it; what does not fit is named with its log.

    A log of files that were rewritten in place is held against the work tree.

    Raises:
        ConfigError: the working folder is in no repository.
    """
    repository = Repository.find()
    found = Verification()
    for name in sorted(repository.staged().blobs):
        if not name.endswith(_LOG):
            continue
        log = Path(os.path.relpath(repository.top / name))
        try:
            in_place = LogFile(log).run["settings"]["in_place"]
            out = os.path.relpath(repository.top) if in_place else str(log).removesuffix(_LOG)
            one = verify_files(out, str(log), progress=progress)
        except (ReadError, LogMismatch) as error:
            one = Verification(mismatches=[str(error)])
        found.documents += one.documents
        found.mismatches += [f"{shown(str(log))}: {mismatch}" for mismatch in one.mismatches]
    return found
