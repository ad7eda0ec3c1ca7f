"""Outputs that appear whole or not at all.

Everything is written beside its place under a name of its own
(``.NAME.<whose>.partial``), flushed to the disk and then renamed. Whoever
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
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from dedupe.cleaning.exchange import Move, beside, discard, exchange, flush_folder
from dedupe.cleaning.targets import already_exists, explained, is_special, real_place
from dedupe.errors import WriteError
from dedupe.interrupts import undisturbed
from dedupe.reading.files import bytes_of, shown
from dedupe.reading.packed import PARQUET, compression_of, zstandard_module
from dedupe.reading.parquet import ParquetPacker

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_BUFFER = 1 << 18
#: The permission bits of a file that anybody may read and write.
_ANY = 0o666
_Then = Callable[[], None] | None

#: Above this many files one flush of all disks is cheaper than one a file.
_FLUSH_EACH = 256


class Output:
    """The canonical documents of a run: a file, a tree, or standard output.

    Use :meth:`open` and the context it gives; nothing is in its place before :meth:`commit`.
    """

    def __init__(self, out: str, shape: str, force: bool, stdout: BinaryIO | None) -> None:
        self._shape = shape
        self._force = force
        self._stdout = stdout or bytes_of(sys.stdout) if out == "-" else None
        self._shown = shown(out)
        self._target = None if out == "-" else real_place(out)
        self._direct = self._target is None or is_special(self._target)
        self._partial: Path | None = None
        self._written = 0
        self._unfinished = 0

    @classmethod
    def open(cls, out: str, shape: str, force: bool, stdout: BinaryIO | None = None) -> Output:
        """Prepare an output at *out* ("-" is *stdout*, or that of the process) of the shape of the inputs.

        Raises:
            WriteError: on entering the context, if the folder cannot be written to.
        """
        return cls(out, shape, force, stdout)

    def __enter__(self) -> Output:
        if self._target is not None and not self._direct:
            self._partial = beside(self._target, "partial")
            if self._shape == "tree":
                try:
                    with undisturbed(), explained(self._shown):
                        self._partial.mkdir()
                except BaseException:
                    discard(self._partial)
                    raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._partial is not None:
            discard(self._partial)
            self._partial = None

    def compression_for(self, compression: str) -> str:
        """Return how the output of a file of this *compression* is packed.

        In a tree as it was; a single file as the name of OUT says; standard output not at all.
        """
        if self._target is None:
            return ""
        return compression if self._shape == "tree" else compression_of(self._target.name)

    @contextmanager
    def stream(
        self, path: str, compression: str, mode_from: Path | None = None, *, like: Path | None = None
    ) -> Iterator[BinaryIO]:
        """Give a stream for the output of the input file *path*, packed as :meth:`compression_for` says.

        Packing is deterministic: no time, no name. The permission bits are those of
        *mode_from*, else those of any new file. A table gets the schema of that in *like*, or else in *mode_from*.

        Raises:
            WriteError: full disk, no permission and the like, where the bytes reach
                the disk. A closed pipe at standard output stays a BrokenPipeError.
        """
        if self._stdout is not None:
            yield cast(BinaryIO, _Stdout(self._stdout))
            with explained("-"):
                self._stdout.flush()
            return
        compression = self.compression_for(compression)
        with self._writing(path, mode_from) as raw, packing(raw, compression, like or mode_from) as packed:
            yield packed

    def keep(self, path: str, source: Path) -> None:
        """Put a byte for byte copy of *source*, with its permission bits, in the place of what was written at *path*.

        For a packed file in which nothing changed: one content can be packed in many ways. What went to standard
        output, a device or a pipe cannot be taken back and stays.

        Raises:
            WriteError: as :meth:`stream`.
            OSError: *source* cannot be read.
        """
        if self._direct:
            return
        location = self._location(path, self._shown)
        location.unlink(missing_ok=True)
        with source.open("rb") as original, self._writing(path, source) as raw:
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
        with explained(self._shown):
            if self._shape == "tree":
                old = self._move_tree(self._partial, self._target)
            elif not self._written:
                raise RuntimeError("nothing was written to the output")
            else:
                if not self._force:
                    _check_free(self._target, self._shown)
                os.replace(self._partial, self._target)
        self._partial = None
        flush_folder(self._target.parent)
        if old is not None:
            discard(old)
            if old.exists():
                raise WriteError(
                    self._shown, f"is written, but what stood there is left at {shown(str(old))}", "remove that by hand"
                )

    def _move_tree(self, partial: Path, target: Path) -> Path | None:
        """Rename *partial* to *target*; return where a replaced folder went."""
        if self._written > _FLUSH_EACH and hasattr(os, "sync"):
            os.sync()
        else:
            for folder, _, _ in os.walk(partial):
                flush_folder(Path(folder))
        if not target.exists():
            partial.rename(target)
            return None
        if not self._force and any(target.iterdir()):
            raise already_exists(self._shown)  # it was empty when the run began
        partial.chmod(stat.S_IMODE(target.stat().st_mode))
        old = beside(target, "old")
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
            with stream_to(location, place, None, direct=True) as raw:
                yield raw
        else:
            with stream_to(location, place, mode_from, flush=self._written < _FLUSH_EACH) as raw:
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
        with explained(place):
            location.parent.mkdir(parents=True, exist_ok=True)
        return location


@contextmanager
def write_atomic(
    path: Path, mode_from: Path | None = None, *, bits: int = _ANY, force: bool = True, then: _Then = None
) -> Iterator[BinaryIO]:
    """Give a stream whose bytes replace *path* when the context ends without an exception.

    A link is followed, a device or pipe written to directly. The permission bits and the owner, if the system lets us,
    are those of *mode_from*, else those of any new file that are among *bits*. What goes with the file is done by
    *then*, at once; if that fails, what stood at *path* stands there again. Without *force* nothing is replaced that
    is not empty.

    Raises:
        WriteError: full disk, no permission and the like; *path* is as it was.
    """
    target = real_place(path)
    place = shown(str(path))
    if is_special(target):
        with stream_to(target, place, None, direct=True) as stream:
            yield stream
        if then:
            then()
        return
    partial = beside(target, "partial")
    try:
        with stream_to(partial, place, mode_from, bits=bits) as stream:
            yield stream
        with explained(place):
            if mode_from is not None:
                give_to_owner(partial, mode_from)
            if not force:
                _check_free(target, place)
            if then is None:
                os.replace(partial, target)
            else:
                exchange([Move(partial, target, place)], then)
    except BaseException:
        discard(partial)
        raise
    flush_folder(target.parent)


def _check_free(target: Path, place: str) -> None:
    """Raise if something stands at *target*, which was free when the run began: another run has written it."""
    if target.exists() and target.stat().st_size > 0:
        raise already_exists(place)


@contextmanager
def write_or_print(
    path: str, stdout: BinaryIO | None, *, bits: int = _ANY, force: bool = True, then: _Then = None
) -> Iterator[BinaryIO]:
    """Give a stream as :func:`write_atomic` does, or to *stdout* (default: that of the process) where *path* is "-".

    Raises:
        WriteError: as :func:`write_atomic`.
    """
    if path != "-":
        with write_atomic(Path(path), bits=bits, force=force, then=then) as stream:
            yield stream
        return
    stdout = stdout or bytes_of(sys.stdout)
    yield cast(BinaryIO, _Stdout(stdout))
    with explained("-"):
        stdout.flush()
    if then:
        then()


class _File(io.FileIO):
    """A file opened for writing whose failures are WriteErrors that name the place."""

    def __init__(self, path: Path, place: str, direct: bool, bits: int) -> None:
        self._shown = place
        # exclusive: whatever has this random name already is none of ours
        flags = os.O_WRONLY if direct else os.O_WRONLY | os.O_CREAT | os.O_EXCL
        flags |= getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
        with explained(place):
            super().__init__(path, "w", opener=lambda name, _: os.open(name, flags, bits))

    def write(self, data: ReadableBuffer, /) -> int:
        with explained(self._shown):
            return super().write(data)

    def close(self) -> None:
        with explained(self._shown):  # network file systems may tell of a full disk only here
            super().close()


class _Stdout(io.BufferedIOBase):
    """Standard output as a stream that can be closed without closing standard output."""

    def __init__(self, stdout: BinaryIO) -> None:
        self._stdout = stdout

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        left = memoryview(data).cast("B")
        with explained("-"):
            while left:  # without a buffer it takes what there is room for, and says no more
                written: int | None = self._stdout.write(left)
                if written is None:
                    raise BlockingIOError(errno.EAGAIN, "cannot take it all, and is not to be waited for")
                left = left[written:]
        return memoryview(data).nbytes


@contextmanager
def stream_to(
    path: Path, place: str, mode_from: Path | None = None, *, bits: int = _ANY, direct: bool = False, flush: bool = True
) -> Iterator[BinaryIO]:
    """Give a buffered stream to a new file (or, *direct*, to what is there); finish it unless an exception comes.

    The permission bits are those of *mode_from*, else those of any new file that are among *bits*.
    """
    if mode_from is not None:
        with explained(place):  # for as long as it is written, too
            bits = stat.S_IMODE(mode_from.stat().st_mode) | stat.S_IWUSR
    raw = _File(path, place, direct, bits & _ANY)
    stream = io.BufferedWriter(raw, _BUFFER)
    try:
        yield stream
        stream.flush()
        if not direct:
            with explained(place):
                if mode_from is not None:
                    os.chmod(path, stat.S_IMODE(mode_from.stat().st_mode) & 0o777)
                if flush:
                    os.fsync(raw.fileno())
        stream.close()
    except BaseException:
        with contextlib.suppress(Exception):
            stream.close()
        raise


@contextmanager
def packing(raw: BinaryIO, compression: str, like: Path | None = None) -> Iterator[BinaryIO]:
    """Give a stream that packs into *raw*; its end is written unless an exception comes.

    A table gets the schema of that in the file *like*.
    """
    if not compression:
        yield raw
        return
    # rows are short and the packers slow to call: they get their data in large pieces
    stream = io.BufferedWriter(_packer(raw, compression, like), _BUFFER)
    try:
        yield stream
        stream.close()
    except BaseException:
        with contextlib.suppress(Exception):
            stream.close()
        raise


def _packer(raw: BinaryIO, compression: str, like: Path | None) -> Any:
    if compression == PARQUET:
        return ParquetPacker(raw, like, shown(str(like)))
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


def give_to_owner(path: Path, owner_from: Path) -> None:
    """Give a file the owner and group of another one: a run of the superuser, who may, takes nobody's files away."""
    ours, theirs = path.stat(), owner_from.stat()
    if (ours.st_uid, ours.st_gid) != (theirs.st_uid, theirs.st_gid):
        with contextlib.suppress(OSError):
            os.chown(path, theirs.st_uid, theirs.st_gid)
            os.chmod(path, stat.S_IMODE(theirs.st_mode) & 0o777)  # which a change of owner may take bits of
