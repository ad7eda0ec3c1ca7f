"""Which files a run reads, and their bytes as a stream.

Owns paths: walking trees, names in the output, standard input, compression by
file name. Leaves what is in the files to its neighbours. The order in which
paths are given never matters: files come out sorted by their output path.

Left out of a tree: hidden names, links to folders (they could lead in circles),
diff logs of this tool, and files whose extension is not asked for; the last
are counted. A folder or file that should be read and cannot be is an error.
"""

from __future__ import annotations

import glob
import hashlib
import io
import os
import shutil
import stat
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from dedupe.config import Config
from dedupe.errors import ConfigError, ReadError, system_reason
from dedupe.reading.encoding import magic_name
from dedupe.reading.jsonl import is_object
from dedupe.reading.packed import (
    BUFFER_SIZE,
    COMPRESSIONS,
    FORMAT_NAMES,
    PARQUET,
    Unpacked,
    compression_of,
    decompressed,
    readable,
)
from dedupe.reading.parquet import parquet_rows

_ROWS = (".jsonl", ".ndjson", f".{PARQUET}")

_DIFF_LOG = ".difflog.jsonl"


#: A device and a file on it.
Identity = tuple[int, int]


class Link(NamedTuple):
    """A link to a file: where it is, its path as that of the file, and what is written in it."""

    location: Path
    path: str
    target: str


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file to read: where its bytes are, and its path in the output tree.

    ``path`` uses "/", may hold any character that a file name can (newlines,
    surrogates for bytes that are not UTF-8), and is "-" for standard input.
    ``links`` are those to it that were found and are not read, where each file is read once. ``origin`` is the
    identity of the file that standard input was redirected from.
    """

    location: Path
    path: str
    kind: str
    compression: str = ""
    spooled: bool = False
    links: tuple[Link, ...] = ()
    origin: Identity | None = None

    @property
    def identity(self) -> Identity | None:
        """What the file has in common with all its names: with links to it, hard ones too."""
        with suppress(OSError):  # who reads it next says so
            return self.origin or _identity(self.location.stat())
        return None

    @property
    def place(self) -> str:
        """The file in messages: where it is, or the name of what was copied from a stream."""
        return shown(self.path if self.spooled else str(self.location))


@dataclass(frozen=True, slots=True)
class Inputs:
    """The files of a run, sorted by path.

    ``shape`` is ``file``, ``tree`` or ``stdin``; ``ignored`` counts the files of
    trees that were passed over, by extension; ``roots`` are the paths as given,
    without patterns and standard input.
    """

    files: tuple[InputFile, ...]
    shape: str
    ignored: Mapping[str, int] = field(default_factory=dict)
    roots: tuple[Path, ...] = ()

    @property
    def mode(self) -> int:
        """The permission bits that all of the files have; those of what holds text of them all must be among these."""
        mode = 0o777
        for file in self.files:
            with suppress(OSError):  # who reads it next says so
                mode &= 0o777 if file.spooled else file.location.stat().st_mode
        return mode | stat.S_IRUSR | stat.S_IWUSR


#: A path as Python programs have it.
StrPath = str | os.PathLike[str]


def listed(paths: Iterable[StrPath]) -> list[str]:
    """Return *paths* as a list of strings.

    Raises:
        ConfigError: it is one path.
    """
    if isinstance(paths, (str, os.PathLike)):
        problem = "is one path, and a sequence of paths is asked for"
        raise ConfigError(shown(os.fspath(paths)), problem, "put it in a list")
    return [os.fspath(path) for path in paths]


def bytes_of(stream: Any) -> BinaryIO:
    """Return the bytes below a standard stream.

    Raises:
        ConfigError: it has none, as in notebooks, or where a program has put another one in its place.
    """
    found: BinaryIO | None = getattr(stream, "buffer", None)
    if found is None:
        raise ConfigError("-", "standard input or output takes no bytes here", "name a file")
    return found


def find_inputs(paths: Sequence[str], config: Config, spool_folder: Path, stdin: BinaryIO | None = None) -> Inputs:
    """Return the files that *paths* stand for.

    A folder stands for a tree; a file is read whatever its extension; "-" alone
    is *stdin* (default: that of the process), copied into *spool_folder* because it is read twice (so is a named
    pipe); a pattern with ``*``, ``?`` or ``[`` that is no file's name stands for
    what it matches. Of one folder the paths are relative to it; of several
    paths each keeps its base name.

    Raises:
        ReadError: a path or a folder cannot be read, or a pattern matches nothing.
        ConfigError: two inputs would be written to one place, a path is given
            twice, or "-" stands with other paths.
    """
    given = [name for path in paths for name in _expand(path)]
    if not given:
        raise ConfigError("PATH", "no input was given", "name files or folders, or - for standard input")
    if "-" in given:
        if len(given) > 1:
            raise ConfigError("-", "standard input cannot be combined with other paths", "give - alone")
        return Inputs((_spool(stdin or bytes_of(sys.stdin), spool_folder, "-", config),), "stdin")
    alone = len(given) == 1
    ignored: Counter[str] = Counter()
    files: list[InputFile] = []
    shape = "file" if alone else "tree"
    for name in given:
        mode = _stat(name).st_mode
        if stat.S_ISDIR(mode):
            prefix = "" if alone else _base_name(name)
            files.extend(_walk(name, prefix, config, ignored))
            shape = "tree"
        elif stat.S_ISREG(mode):
            files.append(_input_file(Path(name), _base_name(name), config))
        elif stat.S_ISFIFO(mode):
            with _opened(Path(name), name) as pipe:
                files.append(_spool(pipe, spool_folder, _base_name(name), config))
        else:
            raise ReadError(shown(name), "is neither a file nor a folder", "give files, folders or -")
    files.sort(key=lambda file: file.path)
    _check_distinct(files)
    return Inputs(tuple(files), shape, dict(sorted(ignored.items())), tuple(Path(name) for name in given))


def shown(path: str) -> str:
    r"""Return *path* fit for a message: one line, every character printable, and something there also if it is empty.

    >>> print(shown("new\nline \udce9"))
    new\x0aline \udce9
    """
    if path.isprintable():
        return path or "''"
    return "".join(
        char if char.isprintable() else f"\\x{ord(char):02x}" if ord(char) < 256 else f"\\u{ord(char):04x}"
        for char in path
    )


def open_input(file: InputFile, text_field: str = "") -> tuple[BinaryIO, os.stat_result]:
    """Open *file* for reading its decompressed bytes, and say what was opened (size, time).

    Raises:
        ReadError: it cannot be opened, or is not packed as its name says, or a table has no strings in *text_field*.
            Reading raises it too, where the packed data is truncated or damaged.
    """
    place = file.place
    stream = _opened(file.location, place)
    try:
        with readable(place):
            status = os.fstat(stream.fileno())
            head = stream.peek(16)[:16]
        is_table = file.compression == PARQUET
        name = FORMAT_NAMES[PARQUET] if is_table and head.startswith(b"PAR1") else magic_name(head)
        if file.compression:
            wanted = FORMAT_NAMES[file.compression]
            # a Zstandard file may begin with a frame to be skipped, which has another magic number
            if status.st_size and name != wanted and not (file.compression == "zst" and not name):
                raise ReadError(place, f"is not {wanted} data", "mend its extension, or fetch it again")
            if is_table:
                pieces = parquet_rows(stream, place, text_field)
            else:
                pieces = decompressed(stream, file.compression, place)
            return io.BufferedReader(Unpacked(stream, pieces), BUFFER_SIZE), status
        if file.kind == "jsonl" and name:
            raise ReadError(place, f"looks like a binary file ({name})", "name it as what it is, or leave it out")
    except BaseException:
        stream.close()
        raise
    return stream, status


def file_digest(file: InputFile) -> bytes:
    """Return the sha256 of a file as it lies on the disk.

    Raises:
        ReadError: it cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with file.location.open("rb") as stream:
            while piece := stream.read(BUFFER_SIZE):
                digest.update(piece)
    except OSError as error:
        raise ReadError(file.place, system_reason(error), "look at its permissions") from error
    return digest.digest()


def _expand(path: str) -> list[str]:
    if path == "-" or os.path.lexists(path) or not glob.has_magic(path):
        return [path]
    found = sorted(glob.glob(path, recursive=True))
    if not found:
        raise ReadError(shown(path), "no file matches this pattern", "look at the path and the quotes around it")
    return found


def _walk(root: str, prefix: str, config: Config, ignored: Counter[str]) -> Iterator[InputFile]:
    extensions = {"." + name.lower().lstrip(".") for name in config.extensions} | set(_ROWS)
    pending = [(root, prefix)]
    while pending:
        folder, inside = pending.pop()
        try:
            with os.scandir(folder) as entries:
                found = [entry for entry in entries if not entry.name.startswith(".")]
        except OSError as error:
            problem = f"the folder cannot be read: {system_reason(error)}"
            raise ReadError(shown(folder), problem, "look at its permissions") from error
        for entry in found:
            path = f"{inside}/{entry.name}" if inside else entry.name
            if entry.is_dir(follow_symlinks=False):
                pending.append((entry.path, path))
                continue
            inner, outer = _extensions(entry.name)
            if inner not in extensions or _is_diff_log(entry.name):
                if not os.path.isdir(entry.path):  # what leads to itself has no kind that could be asked for
                    ignored[_DIFF_LOG if _is_diff_log(entry.name) else inner + outer] += 1
                continue
            mode = _stat(entry.path).st_mode
            if stat.S_ISREG(mode):
                yield _input_file(Path(entry.path), path, config)
            elif not stat.S_ISDIR(mode):  # opening a pipe or a device found by chance could wait for ever
                ignored["(not a regular file)"] += 1


def _extensions(name: str) -> tuple[str, str]:
    """Return the extension below that of the compression, and the latter, in lower case.

    >>> _extensions("a.JSONL.gz"), _extensions("a.parquet"), _extensions("README")
    (('.jsonl', '.gz'), ('.parquet', ''), ('', ''))
    """
    stem, last = os.path.splitext(name.lower())
    if last in COMPRESSIONS:
        return os.path.splitext(stem)[1], last
    return last, ""


def holds_rows(name: str) -> bool:
    """Return whether a file of this name is JSON Lines or a table.

    >>> holds_rows("a.JSONL.gz"), holds_rows("a.parquet"), holds_rows("a.txt.gz"), holds_rows("jsonl")
    (True, True, False, False)
    """
    return _extensions(name)[0] in _ROWS


def _is_diff_log(name: str) -> bool:
    return name.lower().removesuffix(_extensions(name)[1]).endswith(_DIFF_LOG)


def _input_file(location: Path, path: str, config: Config) -> InputFile:
    inner, _ = _extensions(path)
    compression = compression_of(path)
    if config.input_format != "auto":
        return InputFile(location, path, config.input_format, compression)
    if holds_rows(path):
        return InputFile(location, path, "jsonl", compression)
    if inner == ".json":  # many corpora name JSON Lines so
        file = InputFile(location, path, "text", compression)
        return replace(file, kind=_sniff(file, is_json=True))
    return InputFile(location, path, "text", compression)


def _spool(stream: BinaryIO, folder: Path, path: str, config: Config) -> InputFile:
    try:
        # The inputs of a run and the texts that they are held against share a folder.
        with tempfile.NamedTemporaryFile(prefix="spooled", dir=folder, delete=False) as copy:
            shutil.copyfileobj(stream, copy, 1 << 20)
        location = Path(copy.name)
    except OSError as error:
        problem = f"cannot be kept for a second reading: {system_reason(error)}"
        raise ReadError(shown(path), problem, "make room for it in TMPDIR, or give a file") from error
    file = InputFile(location, path, config.input_format, spooled=True, origin=_origin(stream))
    return file if config.input_format != "auto" else replace(file, kind=_sniff(replace(file, kind="text")))


def _origin(stream: BinaryIO) -> Identity | None:
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):  # no stream of the system
        return None
    return _identity(status) if stat.S_ISREG(status.st_mode) else None


def _identity(status: os.stat_result) -> Identity | None:
    return (status.st_dev, status.st_ino) if status.st_ino else None  # some file systems number nothing


def _sniff(file: InputFile, *, is_json: bool = False) -> str:
    """Return "jsonl" if the first line that is not blank is a JSON object, else "text".

    Raises:
        ReadError: with *is_json*, it is another piece of JSON, of which to take lines out breaks it.
    """
    stream, _ = open_input(file)
    with stream:
        for line in stream:
            line = line.removeprefix(b"\xef\xbb\xbf")
            if line.isspace():
                continue
            if is_object(line):
                return "jsonl"
            if is_json and line.lstrip()[:1] in (b"[", b"{"):
                advice = "write its objects one a line (jq -c '.[]'), or read it as it is with --input-format text"
                raise ReadError(file.place, "is one piece of JSON, not one object a line", advice)
            return "text"
    return "text"


def _check_distinct(files: list[InputFile]) -> None:
    seen: dict[str, InputFile] = {}
    places: set[str] = set()
    for file in files:
        place = os.path.abspath(file.location)
        if place in places:
            raise ConfigError(shown(str(file.location)), "is given twice", "name it, or its folder, once")
        places.add(place)
        other = seen.setdefault(file.path, file)
        if other is not file:
            both = " and ".join(shown(str(one.location)) for one in (other, file))
            advice = "give the folder that holds both, or rename one"
            raise ConfigError(shown(file.path), f"would be the output of both {both}", advice)
    for file in files:
        folder = file.path.rpartition("/")[0]
        while folder:
            if folder in seen:
                raise ConfigError(
                    shown(folder), "would be both a file and a folder in the output", "rename one of them"
                )
            folder = folder.rpartition("/")[0]


def _base_name(name: str) -> str:
    return os.path.basename(os.path.abspath(name))


def _stat(name: str) -> os.stat_result:
    try:
        return os.stat(name)
    except FileNotFoundError as error:
        if os.path.islink(name):
            raise ReadError(shown(name), "is a link that leads nowhere", "mend or remove it") from error
        raise ReadError(shown(name), "no such file or folder", "look at the path") from error
    except OSError as error:
        raise ReadError(shown(name), system_reason(error), "look at the path and its permissions") from error
    except ValueError as error:
        raise ReadError(shown(name), "is no path, a NUL stands in it", "look at the path") from error


def _opened(location: Path, place: str) -> io.BufferedReader:
    try:
        return io.BufferedReader(io.FileIO(location), BUFFER_SIZE)
    except OSError as error:
        raise ReadError(place, system_reason(error), "look at its permissions") from error
