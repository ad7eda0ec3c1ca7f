"""Outputs that appear whole or not at all.

Everything is written beside its place under a name of its own
(``.NAME.<random>.partial``), flushed to the disk and then renamed. Whoever
looks sees the old state or the new one. Leaving the context without
``commit`` removes what was written; only a killed process or a power cut can leave
a ``.partial`` behind. Replacing a folder that is not empty takes two renames, as
no portable call exchanges two folders.

Standard output, and devices and pipes given as a path, are written to directly.
"""

from __future__ import annotations

import bz2
import contextlib
import errno
import gzip
import io
import lzma
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from dedupe.errors import WriteError
from dedupe.reading.files import Inputs, compression_of, shown, zstandard_module

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_BUFFER = 1 << 18

#: Above this many files one flush of all disks is cheaper than one a file.
_FLUSH_EACH = 256

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
        if inputs.shape == "tree":
            raise WriteError("-", "a tree cannot be written to standard output", "give a folder with -o")
        if log == "-":
            raise WriteError("-", "the documents and the log cannot both go to standard output", "give --log a file")
    else:
        _check_out(inputs, out, force)
    if log not in ("", "-"):
        _check_log(inputs, out, log, force)


class Output:
    """The canonical documents of a run: a file, a tree, or standard output.

    Use :meth:`open` and the context it gives; nothing is in its place before :meth:`commit`.
    """

    def __init__(self, out: str, shape: str, force: bool, stdout: BinaryIO) -> None:
        self._shape = shape
        self._force = force
        self._stdout = stdout
        self._shown = shown(out)
        self._target = None if out == "-" else Path(os.path.realpath(out))
        self._direct = self._target is None or _is_special(self._target)
        self._partial: Path | None = None
        self._written = 0
        self._unfinished = 0

    @classmethod
    def open(cls, out: str, shape: str, force: bool, stdout: BinaryIO) -> Output:
        """Prepare an output at *out* ("-" is *stdout*) of the shape of the inputs.

        Raises:
            WriteError: on entering the context, if the folder cannot be written to.
        """
        return cls(out, shape, force, stdout)

    def __enter__(self) -> Output:
        if self._target is not None and not self._direct:
            self._partial = _beside(self._target, "partial")
            if self._shape == "tree":
                with _explained(self._shown):
                    self._partial.mkdir()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._partial is not None:
            _discard(self._partial)
            self._partial = None

    def compression_for(self, compression: str) -> str:
        """Return how the output of a file of this *compression* is packed.

        In a tree as it was; a single file as the name of OUT says; standard output not at all.
        """
        if self._target is None:
            return ""
        return compression if self._shape == "tree" else compression_of(self._target.name)

    @contextmanager
    def stream(self, path: str, compression: str, mode_from: Path | None = None) -> Iterator[BinaryIO]:
        """Give a stream for the output of the input file *path*, packed as :meth:`compression_for` says.

        Packing is deterministic: no time, no name. The permission bits are those of
        *mode_from*, else those of any new file.

        Raises:
            WriteError: full disk, no permission and the like, where the bytes reach
                the disk. A closed pipe at standard output stays a BrokenPipeError.
        """
        if self._target is None:
            yield cast(BinaryIO, _Stdout(self._stdout))
            with _explained("-"):
                self._stdout.flush()
            return
        with self._writing(path, mode_from) as raw, packing(raw, self.compression_for(compression)) as packed:
            yield packed

    def copy(self, path: str, source: Path) -> None:
        """Put a byte for byte copy of *source*, with its permission bits, at *path*: what nothing changes in.

        Raises:
            WriteError: as :meth:`stream`.
            OSError: *source* cannot be read.
        """
        with source.open("rb") as original:
            if self._target is None:
                shutil.copyfileobj(original, _Stdout(self._stdout), 1 << 20)
                return
            with self._writing(path, source) as raw:
                shutil.copyfileobj(original, raw, 1 << 20)

    def commit(self) -> None:
        """Flush everything to the disk and move it into place.

        Raises:
            WriteError: it cannot be moved there; what stood there stands there still.
            RuntimeError: a stream is open, was left by an exception, or none was written.
        """
        if self._unfinished:
            raise RuntimeError("a stream of the output is unfinished")
        if self._partial is None or self._target is None:
            return
        old = None
        with _explained(self._shown):
            if self._shape == "tree":
                old = self._move_tree(self._partial, self._target)
            elif not self._written:
                raise RuntimeError("nothing was written to the output")
            else:
                os.replace(self._partial, self._target)
        self._partial = None
        _flush_folder(self._target.parent)
        if old is not None:
            _discard(old)
            if old.exists():
                raise WriteError(self._shown, f"is written, but what stood there is left at {shown(str(old))}")

    def _move_tree(self, partial: Path, target: Path) -> Path | None:
        """Rename *partial* to *target*; return where a replaced folder went."""
        if self._written > _FLUSH_EACH and hasattr(os, "sync"):
            os.sync()
        else:
            for folder, _, _ in os.walk(partial):
                _flush_folder(Path(folder))
        if not target.exists():
            partial.rename(target)
            return None
        if not self._force and any(target.iterdir()):
            raise _exists(self._shown)  # it was empty when the run began
        partial.chmod(stat.S_IMODE(target.stat().st_mode))
        old = _beside(target, "old")
        target.rename(old)
        try:
            partial.rename(target)
        except BaseException:
            old.rename(target)
            raise
        return old

    @contextmanager
    def _writing(self, path: str, mode_from: Path | None) -> Iterator[BinaryIO]:
        self._unfinished += 1
        place = f"{self._shown}/{shown(path)}" if self._shape == "tree" else self._shown
        location = self._location(path, place)
        if self._direct:
            with _writing(location, place, None, direct=True) as raw:
                yield raw
        else:
            with _writing(location, place, mode_from, flush=self._written < _FLUSH_EACH) as raw:
                yield raw
        self._written += 1
        self._unfinished -= 1

    def _location(self, path: str, place: str) -> Path:
        assert self._target is not None
        if self._direct:
            return self._target
        if self._partial is None:
            raise RuntimeError("the output is not open")
        if self._shape != "tree":
            return self._partial
        parts = path.split("/")
        if any(part in ("", ".", "..") for part in parts):
            raise ValueError(f"not a path inside the output: {path!r}")
        location = self._partial.joinpath(*parts)
        with _explained(place):
            location.parent.mkdir(parents=True, exist_ok=True)
        return location


@contextmanager
def write_atomic(path: Path, mode_from: Path | None = None) -> Iterator[BinaryIO]:
    """Give a stream whose bytes replace *path* when the context ends without an exception.

    A link is followed, a device or pipe written to directly. The permission bits
    are those of *mode_from*, else those of any new file.

    Raises:
        WriteError: full disk, no permission and the like; *path* is as it was.
    """
    target = Path(os.path.realpath(path))
    place = shown(str(path))
    if _is_special(target):
        with _writing(target, place, None, direct=True) as stream:
            yield stream
        return
    partial = _beside(target, "partial")
    try:
        with _writing(partial, place, mode_from) as stream:
            yield stream
        with _explained(place):
            os.replace(partial, target)
    except BaseException:
        _discard(partial)
        raise
    _flush_folder(target.parent)


class _File(io.FileIO):
    """A file opened for writing whose failures are WriteErrors that name the place."""

    def __init__(self, path: Path, place: str, direct: bool) -> None:
        self._shown = place
        # exclusive: whatever has this random name already is none of ours
        flags = os.O_WRONLY if direct else os.O_WRONLY | os.O_CREAT | os.O_EXCL
        flags |= getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
        with _explained(place):
            super().__init__(path, "w", opener=lambda name, _: os.open(name, flags, 0o666))

    def write(self, data: ReadableBuffer, /) -> int:
        with _explained(self._shown):
            return super().write(data)

    def close(self) -> None:
        with _explained(self._shown):  # network file systems may tell of a full disk only here
            super().close()


class _Stdout(io.BufferedIOBase):
    """Standard output as a stream that can be closed without closing standard output."""

    def __init__(self, stdout: BinaryIO) -> None:
        self._stdout = stdout

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        with _explained("-"):
            return self._stdout.write(data)


@contextmanager
def _writing(
    location: Path, place: str, mode_from: Path | None, *, direct: bool = False, flush: bool = True
) -> Iterator[BinaryIO]:
    """Give a buffered stream to a new file (or, *direct*, to what is there); finish it unless an exception comes."""
    raw = _File(location, place, direct)
    stream = io.BufferedWriter(raw, _BUFFER)
    try:
        yield stream
        stream.flush()
        if not direct:
            with _explained(place):
                if mode_from is not None:
                    os.chmod(location, stat.S_IMODE(mode_from.stat().st_mode) & 0o777)
                if flush:
                    os.fsync(raw.fileno())
        stream.close()
    except BaseException:
        with contextlib.suppress(Exception):
            stream.close()
        raise


@contextmanager
def packing(raw: BinaryIO, compression: str) -> Iterator[BinaryIO]:
    """Give a stream that packs into *raw*; its end is written unless an exception comes."""
    if not compression:
        yield raw
        return
    # rows are short and the packers slow to call: they get their data in large pieces
    stream = io.BufferedWriter(_packer(raw, compression), _BUFFER)
    try:
        yield stream
        stream.close()
    except BaseException:
        with contextlib.suppress(Exception):
            stream.close()
        raise


def _packer(raw: BinaryIO, compression: str) -> Any:
    if compression == "gz":
        return gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0, compresslevel=6)
    if compression == "bz2":
        return bz2.BZ2File(raw, "wb")
    if compression == "xz":
        return lzma.LZMAFile(raw, "wb")
    library, standard = zstandard_module()
    if standard:
        return library.ZstdFile(raw, "wb", level=3)
    return library.ZstdCompressor(level=3).stream_writer(raw, closefd=False)


def _check_out(inputs: Inputs, out: str, force: bool) -> None:
    place = shown(out)
    if not out:
        raise WriteError("-o", "no output was given", "name a file or folder, or - for standard output")
    target = Path(os.path.realpath(out))
    if _is_special(target):
        return
    with _explained(place):
        here = _identity(target)
        for root in inputs.roots:
            if here is not None and here == _identity(root):
                raise WriteError(place, "is the input itself", "choose another place")
            if _identity(root) in _identities(target):
                raise WriteError(place, f"lies inside the input {shown(str(root))}", "choose a place outside it")
        if inputs.shape != "tree" and (target.is_dir() or out.endswith(("/", os.sep))):
            raise WriteError(place, "is a folder, and the input a single file", "name a file in it")
        if inputs.shape == "tree" and target.exists() and not target.is_dir():
            raise WriteError(place, "is a file, and the input a tree", "name a folder")
        if inputs.shape != "tree" and compression_of(target.name) == "zst" and zstandard_module()[0] is None:
            advice = "install corpus-dedupe[zstd], or use another extension"
            raise WriteError(place, "no library for Zstandard is installed", advice)
        if target.is_dir():
            # a link in the tree leads to bytes elsewhere, which must not go with the old output either
            links = (file.location for file in inputs.files if file.location.is_symlink())
            for source in (*inputs.roots, *links):
                if here in _identities(Path(os.path.realpath(source))):
                    raise WriteError(place, f"holds the input {shown(str(source))}", "choose another place")
            if os.path.ismount(target):
                raise WriteError(place, "is a mount point and cannot be replaced", "name a folder inside it")
        _check_place(target, place, force)


def _check_log(inputs: Inputs, out: str, log: str, force: bool) -> None:
    place = shown(log)
    target = Path(os.path.realpath(log))
    if _is_special(target):
        return
    with _explained(place):
        here = _identity(target)
        if out != "-":
            output = Path(os.path.realpath(out))
            if target == output or (here is not None and here == _identity(output)):
                raise WriteError(place, "is the output as well", "give --log another file")
            if output in target.parents or _identity(output) in _identities(target):
                raise WriteError(place, "lies inside the output", "put the log beside it")
        if any(here == _identity(file.location) for file in inputs.files if here is not None):
            raise WriteError(place, "is an input", "give --log another file")
        for root in inputs.roots:
            # the next run would read it as a document, unless its name says what it is
            if _identity(root) in _identities(target) and not target.name.endswith(".difflog.jsonl"):
                problem = f"lies inside the input {shown(str(root))}"
                raise WriteError(place, problem, "put it outside, or end its name in .difflog.jsonl")
        if target.is_dir() or log.endswith(("/", os.sep)):
            raise WriteError(place, "is a folder", "name a file in it")
        _check_place(target, place, force)


def _check_place(target: Path, place: str, force: bool) -> None:
    if not target.parent.is_dir():
        raise WriteError(place, "its folder does not exist", f"make {shown(str(target.parent))} first")
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise WriteError(place, "its folder cannot be written to", "look at its permissions, or choose another place")
    if target.exists() and not force:
        filled = any(target.iterdir()) if target.is_dir() else target.stat().st_size > 0
        if filled:
            raise _exists(place)


def _exists(place: str) -> WriteError:
    return WriteError(place, "exists and is not empty", "use --force to replace it, or choose another place")


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what makes *path* the same as another spelling or link of it; None if nothing is there."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return status.st_dev, status.st_ino


def _identities(path: Path) -> set[tuple[int, int]]:
    """Return the identities of the existing folders above *path*, and its own."""
    return {found for found in map(_identity, (path, *path.parents)) if found is not None}


def _is_special(path: Path) -> bool:
    """Say whether *path* is there and neither a file nor a folder: /dev/null must not be renamed over."""
    return path.exists() and not path.is_file() and not path.is_dir()


def _beside(target: Path, suffix: str) -> Path:
    # cut, so that a long name does not get too long
    return target.with_name(f".{target.name[:48]}.{secrets.token_hex(4)}.{suffix}")


def _discard(path: Path) -> None:
    with contextlib.suppress(OSError):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _flush_folder(path: Path) -> None:
    """Make the names in a folder last; systems that cannot do that lose nothing else."""
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def _explained(place: str) -> Iterator[None]:
    """Turn what the system says into a WriteError; a closed pipe is nobody's mistake and passes."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        text = error.strerror or str(error)
        advice = _ADVICE.get(error.errno or 0, "look at its permissions, or choose another place")
        raise WriteError(place, text[:1].lower() + text[1:], advice) from error
