"""Whether an output may be written where it is asked for, found out before any work is done."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from dedupe.errors import WriteError, system_reason
from dedupe.reading.files import InputFile, Inputs, holds_rows, shown
from dedupe.reading.packed import PARQUET, compression_of, zstandard_module

_ADVICE = {
    errno.ENOSPC: "free some space; nothing half-written was left",
    errno.EDQUOT: "free some space; nothing half-written was left",
    errno.EROFS: "choose another place",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.EBUSY: "it is a mount point or in use; name a folder inside it",
}


def check_targets(inputs: Inputs, out: str, log: str, force: bool) -> None:
    """Raise if writing to *out* and *log* would destroy or mix up anything.

    "-" is standard output; an empty *log* means none is written. Links are
    followed, and places compared by what they are, not by how they are spelled.
    An existing OUT or log that is empty may be written to; one that is not, with
    *force* only. Devices and pipes are always allowed.

    Raises:
        WriteError: what is wrong with the first target that cannot be used.
    """
    if out == "-":
        if any(file.compression == PARQUET for file in inputs.files):
            raise WriteError("-", "a Parquet file cannot be written to standard output", "give a file with -o")
        if inputs.shape == "tree":
            raise WriteError("-", "a tree cannot be written to standard output", "give a folder with -o")
        if log == "-":
            raise WriteError("-", "the documents and the log cannot both go to standard output", "give --log a file")
    else:
        _check_out(inputs, out, force)
    if log not in ("", "-"):
        check_log(inputs, log, force, out)


def _check_out(inputs: Inputs, out: str, force: bool) -> None:
    place = shown(out)
    if not out:
        raise WriteError("-o", "no output was given", "name a file or folder, or - for standard output")
    target = real_place(out)
    if is_special(target):
        return
    with explained(place):
        _check_outside(inputs, target, place)
        if inputs.shape != "tree":
            if target.is_dir() or out.endswith(("/", os.sep)):
                raise WriteError(place, "is a folder, and the input a single file", "name a file in it")
            _check_kind(inputs, target, place)
        elif target.exists() and not target.is_dir():
            raise WriteError(place, "is a file, and the input a tree", "name a folder")
        if target.is_dir():
            _check_folder(inputs, target, place)
        _check_place(target, place, force)
        _keep_around(target, place)


def _check_outside(inputs: Inputs, target: Path, place: str) -> None:
    """Raise if the output would be an input, or in one: the next run would read it."""
    here, around = _identity(target), _identities(target)
    for root in inputs.roots:
        if here is not None and here == _identity(root):
            raise WriteError(place, "is the input itself", "choose another place")
        if _identity(root) in around:
            raise WriteError(place, f"lies inside the input {shown(str(root))}", "choose a place outside it")


def _check_folder(inputs: Inputs, target: Path, place: str) -> None:
    """Raise if the folder *target* cannot be replaced, or an input would go with what is in it."""
    here = _identity(target)
    # a link in the tree leads to bytes elsewhere, which must not go with the old output either
    links = (file.location for file in inputs.files if file.location.is_symlink())
    for source in (*inputs.roots, *links):
        if here in _identities(Path(os.path.realpath(source))):
            raise WriteError(place, f"holds the input {shown(str(source))}", "choose another place")
    if os.path.ismount(target):
        raise WriteError(place, "is a mount point and cannot be replaced", "name a folder inside it")


def _keep_around(target: Path, place: str) -> None:
    """Raise if replacing the folder *target* would take a repository with it, or the ground that one stands on."""
    if target.is_dir() and any(target.iterdir()):
        if (target / ".git").exists():
            raise WriteError(
                place, "is a work tree of git, and would be replaced as a whole", "name a folder inside it"
            )
        if _identity(target) in _identities(Path.cwd()):
            raise WriteError(place, "holds the working folder, and would be replaced", "name a folder inside it")


def _check_kind(inputs: Inputs, target: Path, place: str) -> None:
    """Raise if the output would not be what its name says.

    Of input and output one cannot be a table and the other not: JSON Lines have no schema to make one of.
    """
    if compression_of(target.name) == "zst" and zstandard_module()[0] is None:
        advice = "install corpus-dedupe[zstd], or use another extension"
        raise WriteError(place, "no library for Zstandard is installed", advice)
    if holds_rows(target.name) and inputs.files[0].kind == "text" and not holds_rows(inputs.files[0].path):
        raise WriteError(place, "would be no JSON Lines, and the input is a text", "end its name in .txt")
    is_table = [compression_of(target.name) == PARQUET, inputs.files[0].compression == PARQUET]
    if is_table == [True, False]:
        raise WriteError(place, "would be a Parquet file, and the input is none", "choose another extension")
    if is_table == [False, True]:
        raise WriteError(place, "would be no Parquet file, and the input is one", f"end its name in .{PARQUET}")


def check_log(inputs: Inputs, log: str, force: bool, out: str = "-") -> None:
    """Raise if writing the file *log* would destroy or mix up anything: an input, the output, another log.

    Raises:
        WriteError: what is wrong with it.
    """
    place = shown(log)
    target = real_place(log)
    if is_special(target):
        return
    if compression_of(target.name):
        advice = "end its name in .jsonl, and pack it later, or give --log a pipe"
        raise WriteError(place, "would be packed by its name, and a log is not", advice)
    with explained(place):
        here = _identity(target)
        if out != "-":
            output = real_place(out)
            if target == output or (here is not None and here == _identity(output)):
                raise WriteError(place, "is the output as well", "give --log another file")
            if output in target.parents or _identity(output) in _identities(target):
                raise WriteError(place, "lies inside the output", "put the log beside it")
        refuse_input(inputs.files, log, "give --log another file")
        for root in inputs.roots:
            # the next run would read it as a document, unless its name says what it is
            if _identity(root) in _identities(target) and not target.name.endswith(".difflog.jsonl"):
                problem = f"lies inside the input {shown(str(root))}"
                raise WriteError(place, problem, "put it outside, or end its name in .difflog.jsonl")
        if target.is_dir() or log.endswith(("/", os.sep)):
            raise WriteError(place, "is a folder", "name a file in it")
        _check_place(target, place, force)


def refuse_input(files: Sequence[InputFile], path: str, advice: str) -> None:
    """Raise if *path* is one of the *files* that are read, by whatever name.

    Raises:
        WriteError: it is.
    """
    with explained(shown(path)):
        here = _identity(Path(path))
        if here is not None and any(here == _identity(file.location) for file in files):
            raise WriteError(shown(path), "is an input", advice)


def check_original(original: str, out: str, log: str, *, in_place: bool) -> None:
    """Raise if restoring to *original* would replace the output or the log that it is made of, or what is around them.

    The output of a run *in_place* is a folder of anything, and what is restored may lie in it.

    Raises:
        WriteError: it would.
    """
    place = shown(original)
    target = real_place(original)
    if original == "-" or is_special(target):
        return
    with explained(place):
        here = _identity(target)
        for name, source in (("output", out), ("log", log)):
            with explained(shown(source)):
                around = _identities(real_place(source))
            if here is not None and here in around:
                raise WriteError(place, f"is or holds the {name} {shown(source)}", "choose another place")
        if not in_place and _identity(real_place(out)) in _identities(target):
            raise WriteError(place, f"lies inside the output {shown(out)}", "choose a place outside it")
        _keep_around(target, place)


def refuse_index(index: str, targets: Sequence[str]) -> None:
    """Raise if one of *targets* is the folder of an index, holds it or lies inside it.

    Raises:
        WriteError: one is.
    """
    folder = real_place(index)
    for name in targets:
        target = real_place(name)
        if target in (folder, *folder.parents) or folder in target.parents:
            raise WriteError(
                shown(name), f"and the index {shown(index)} are inside one another", "choose another place"
            )


def _check_place(target: Path, place: str, force: bool) -> None:
    if not target.parent.is_dir():
        raise WriteError(place, "its folder does not exist", f"make {shown(str(target.parent))} first")
    check_rewritable(target, place)
    if target.exists() and not force:
        filled = any(target.iterdir()) if target.is_dir() else target.stat().st_size > 0
        if filled:
            raise already_exists(place)


def check_rewritable(target: Path, place: str) -> None:
    """Raise if what stands at *target*, links followed, could not be replaced.

    Raises:
        WriteError: its folder is for reading only.
    """
    if not os.access(real_place(target).parent, os.W_OK | os.X_OK):
        raise WriteError(place, "its folder cannot be written to", "look at its permissions, or choose another place")


def already_exists(place: str) -> WriteError:
    """Return the error for an output at *place* where something stands."""
    return WriteError(place, "exists and is not empty", "use --force to replace it, or choose another place")


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what makes *path* the same as another spelling or link of it; None if nothing is there."""
    try:
        status = path.stat()
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG):
            return None
        raise
    return status.st_dev, status.st_ino


def _identities(path: Path) -> set[tuple[int, int]]:
    """Return the identities of the existing folders above *path*, and its own."""
    return {found for found in map(_identity, (path, *path.parents)) if found is not None}


def real_place(path: str | os.PathLike[str]) -> Path:
    """Return where the links of *path* lead; a device or pipe stays as it is named: /dev/stdout may lead nowhere."""
    named = Path(path)
    return named if is_special(named) else Path(os.path.realpath(named))


def is_special(path: Path) -> bool:
    """Say whether *path* is there and neither a file nor a folder: /dev/null must not be renamed over."""
    # those of os.path know that nothing can be there if the name is too long
    return os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)


@contextmanager
def explained(place: str) -> Iterator[None]:
    """Turn what the system says into a WriteError; a closed pipe is nobody's mistake and passes."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        advice = _ADVICE.get(error.errno or 0, "look at its permissions, or choose another place")
        raise WriteError(place, system_reason(error), advice) from error
