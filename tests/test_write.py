"""Outputs appear whole or not at all, and never where they would destroy something."""

from __future__ import annotations

import bz2
import errno
import gzip
import io
import lzma
import os
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from dedupe.cleaning import write as write_module
from dedupe.cleaning.targets import check_targets
from dedupe.cleaning.write import Output, write_atomic
from dedupe.config import Config
from dedupe.errors import WriteError
from dedupe.files import clean_files, clean_in_place
from dedupe.reading.files import Inputs, find_inputs

zstandard = pytest.importorskip("zstandard")


def unpack_zst(data: bytes) -> bytes:
    return bytes(zstandard.ZstdDecompressor().decompressobj().decompress(data))


UNPACK: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    "gz": gzip.decompress,
    "bz2": bz2.decompress,
    "xz": lzma.decompress,
    "zst": unpack_zst,
}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a tree ``in`` and some files; at the end nothing half-written may be left in it."""
    files = {"in/a.txt": b"a", "in/sub/b.txt": b"b", "one.jsonl": b"{}", "full.txt": b"old", "empty.txt": b""}
    for name, data in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (tmp_path / "full").mkdir()
    (tmp_path / "full/old.txt").write_bytes(b"old")
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to("in")
    (tmp_path / "link.jsonl").symlink_to("one.jsonl")
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    assert leftovers(tmp_path) == []


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob(".*") if path.name.endswith((".partial", ".old"))]


def inputs_of(*paths: str) -> Inputs:
    return find_inputs(paths, Config(), Path(), io.BytesIO())


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


# -- targets


@pytest.mark.parametrize(
    ("paths", "out", "log", "force"),
    [
        (["in"], "out", "out.difflog.jsonl", False),
        (["in"], "out/", "", False),
        (["in"], "empty", "empty.txt", False),
        (["in"], "full", "full.txt", True),
        (["in", "full"], "out", "", False),
        (["in"], "in2", "in.log", False),
        (["in"], "out", "in/run.difflog.jsonl", False),
        (["one.jsonl"], "two.jsonl", "log.jsonl", False),
        (["one.jsonl"], "empty.txt", "", False),
        (["one.jsonl"], "full.txt", "", True),
        (["one.jsonl"], "in/one.jsonl", "", False),
        (["in/a.txt"], "in/c.txt", "in/log", False),
        (["one.jsonl"], "-", "log.jsonl", False),
        (["one.jsonl"], "two.jsonl", "-", False),
        (["one.jsonl"], "-", "", False),
        (["-"], "-", "log.jsonl", False),
        (["-"], "out.txt", "log.jsonl", False),
        (["in"], "/dev/null", "/dev/null", False),
        (["one.jsonl"], "/dev/null", "/dev/null", False),
    ],
)
def test_targets_allowed(place: Path, paths: list[str], out: str, log: str, force: bool) -> None:
    check_targets(inputs_of(*paths), out, log, force)


@pytest.mark.parametrize(
    ("paths", "out", "log", "message"),
    [
        (["in"], "in", "", "in: is the input itself; choose another place"),
        (["in"], "./sub/../in/", "", "is the input itself"),
        (["in"], "link", "", "link: is the input itself"),
        (["link"], "in", "", "in: is the input itself"),
        (["one.jsonl"], "one.jsonl", "", "one.jsonl: is the input itself"),
        (["link.jsonl"], "one.jsonl", "", "one.jsonl: is the input itself"),
        (["one.jsonl"], "link.jsonl", "", "link.jsonl: is the input itself"),
        (["in"], "in/out", "", "in/out: lies inside the input in; choose a place outside it"),
        (["in"], "link/sub/out", "", "lies inside the input in"),
        (["in", "full"], "full/x", "", "full/x: lies inside the input full"),
        (["in/sub"], "in", "", "in: holds the input in/sub; choose another place"),
        (["link/sub"], "in", "", "in: holds the input link/sub"),
        (["in/a.txt", "one.jsonl"], "in", "", "in: holds the input in/a.txt"),
        (["in"], ".", "", ".: holds the input in"),
        (["one.jsonl"], "full", "", "full: is a folder, and the input a single file; name a file in it"),
        (["one.jsonl"], "empty", "", "empty: is a folder, and the input a single file"),
        (["one.jsonl"], "new/", "", "new/: is a folder, and the input a single file"),
        (["-"], "empty", "", "empty: is a folder, and the input a single file"),
        (["in"], "full.txt", "", "full.txt: is a file, and the input a tree; name a folder"),
        (["in"], "empty.txt", "", "empty.txt: is a file, and the input a tree"),
        (["in"], "full", "", "full: exists and is not empty; use --force to replace it, or choose another place"),
        (["one.jsonl"], "full.txt", "", "full.txt: exists and is not empty; use --force"),
        (["in"], "no/out", "", "no/out: its folder does not exist; make "),
        (["one.jsonl"], "full.txt/x", "", "full.txt/x: its folder does not exist"),
        (["in"], "-", "", "-: a tree cannot be written to standard output; give a folder with -o"),
        (["one.jsonl"], "-", "-", "-: the documents and the log cannot both go to standard output"),
        (["one.jsonl"], "", "", "-o: no output was given"),
        (["in"], "/proc", "", "/proc: is a mount point and cannot be replaced; name a folder inside it"),
        (["in"], "new\nline/out", "", "new\\x0aline/out: its folder does not exist"),
        (["in"], "out", "out/log.jsonl", "out/log.jsonl: lies inside the output; put the log beside it"),
        (["in"], "empty", "empty/log.jsonl", "empty/log.jsonl: lies inside the output"),
        (["in"], "out", "out", "out: is the output as well; give --log another file"),
        (["one.jsonl"], "empty.txt", "./empty.txt", "./empty.txt: is the output as well"),
        (["one.jsonl"], "out", "one.jsonl", "one.jsonl: is an input; give --log another file"),
        (["one.jsonl"], "out", "link.jsonl", "link.jsonl: is an input"),
        (["in"], "out", "in/a.txt", "in/a.txt: is an input"),
        (["in"], "out", "in/log.jsonl", "in/log.jsonl: lies inside the input in; put it outside, or end its name in"),
        (["in"], "out", "full", "full: is a folder; name a file in it"),
        (["in"], "out", "full.txt", "full.txt: exists and is not empty; use --force"),
        (["in"], "out", "no/log.jsonl", "no/log.jsonl: its folder does not exist"),
        (["one.jsonl"], "-", "full.txt", "full.txt: exists and is not empty"),
    ],
)
def test_targets_refused(place: Path, paths: list[str], out: str, log: str, message: str) -> None:
    if out == "/proc" and not os.path.ismount("/proc"):
        pytest.skip("no mount point that is surely there")
    for force in (False, True):
        if force and "exists and is not empty" in message:
            continue
        with pytest.raises(WriteError) as caught:
            check_targets(inputs_of(*paths), out, log, force)
        assert message in str(caught.value)


def test_an_output_that_holds_what_a_link_in_the_input_leads_to(place: Path) -> None:
    (place / "in/linked.txt").symlink_to(place / "full/old.txt")
    with pytest.raises(WriteError, match=r"full: holds the input in/linked\.txt"):
        check_targets(inputs_of("in"), "full", "", True)


def test_a_hard_link_to_the_input(place: Path) -> None:
    os.link(place / "one.jsonl", place / "hard.jsonl")
    with pytest.raises(WriteError, match="is the input itself"):
        check_targets(inputs_of("one.jsonl"), "hard.jsonl", "", True)


def test_a_folder_that_cannot_be_written_to(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid() == 0:
        monkeypatch.setattr(write_module.os, "access", lambda *_: False)  # root may write anywhere
    (place / "empty").chmod(0o500)
    with pytest.raises(WriteError, match="empty/out: its folder cannot be written to; look at its permissions"):
        check_targets(inputs_of("in"), "empty/out", "", False)
    (place / "empty").chmod(0o700)


def test_zstandard_output_needs_its_library(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    monkeypatch.setitem(sys.modules, "compression.zstd", None)
    with pytest.raises(WriteError, match=r"out\.jsonl\.zst: no library for Zstandard is installed; install"):
        check_targets(inputs_of("one.jsonl"), "out.jsonl.zst", "", False)
    check_targets(inputs_of("in"), "out.zst", "", False)


# -- outputs


def put(output: Output, path: str, data: bytes, compression: str = "", mode_from: Path | None = None) -> None:
    with output.stream(path, compression, mode_from) as stream:
        stream.write(data)


def test_a_tree(place: Path) -> None:
    with Output.open("out", "tree", False, io.BytesIO()) as output:
        put(output, "a.txt", b"new a")
        put(output, "deep/er/b.txt", b"")
        put(output, "deep/c.jsonl", b"x" * 1_000_000)
        put(output, "full.txt", b"packed anew")
        output.keep("full.txt", place / "full.txt")
        assert not (place / "out").exists()
        output.commit()
        assert leftovers(place) == []
    assert tree(place / "out") == {
        "a.txt": b"new a",
        "deep/c.jsonl": b"x" * 1_000_000,
        "deep/er/b.txt": b"",
        "full.txt": b"old",
    }


@pytest.mark.parametrize("out", ["out", "empty", "link_to_empty", "dangling"])
def test_an_empty_tree(place: Path, out: str) -> None:
    (place / "link_to_empty").symlink_to("empty")
    (place / "dangling").symlink_to("made")
    (place / "empty").chmod(0o750)
    with Output.open(out, "tree", False, io.BytesIO()) as output:
        output.commit()
    assert tree(place / out) == {}
    assert stat.S_IMODE((place / "empty").stat().st_mode) == 0o750
    assert (place / "link_to_empty").is_symlink()


def test_many_files(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write_module, "_FLUSH_EACH", 3)
    with Output.open("out", "tree", False, io.BytesIO()) as output:
        for number in range(5):
            put(output, f"{number}/x.txt", b"%d" % number)
        output.commit()
    assert len(tree(place / "out")) == 5


def test_replacing_a_tree(place: Path) -> None:
    for force, data in ((True, {"new.txt": b"new"}), (False, {"old.txt": b"old"})):
        (place / "out").mkdir()
        with Output.open("out", "tree", force, io.BytesIO()) as output:
            put(output, "new.txt", b"new")
            (place / "out/old.txt").write_bytes(b"old")  # came while the run went on
            if force:
                output.commit()
            else:
                with pytest.raises(WriteError, match="out: exists and is not empty"):
                    output.commit()
        assert tree(place / "out") == data
        for path in (place / "out").iterdir():
            path.unlink()
        (place / "out").rmdir()


def test_a_replacement_that_fails_leaves_the_old_tree(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rename = Path.rename

    def refuse(self: Path, target: Path) -> Path:
        if self.name.endswith(".partial"):
            raise OSError(errno.EBUSY, "Device or resource busy")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with Output.open("full", "tree", True, io.BytesIO()) as output:
        put(output, "new.txt", b"new")
        with pytest.raises(WriteError, match="full: device or resource busy; it is a mount point or in use"):
            output.commit()
    assert tree(place / "full") == {"old.txt": b"old"}


@pytest.mark.parametrize("shape", ["file", "stdin"])
@pytest.mark.parametrize("out", ["out.txt", "empty.txt", "full.txt", "link.txt"])
def test_a_single_file(place: Path, shape: str, out: str) -> None:
    (place / "link.txt").symlink_to("full.txt")
    before = tree(place)
    with Output.open(out, shape, True, io.BytesIO()) as output:
        put(output, "whatever.txt", b"new")
        assert {name: data for name, data in tree(place).items() if not name.startswith(".")} == before
        output.commit()
    assert (place / out).read_bytes() == b"new"
    assert (place / "link.txt").is_symlink()


def break_off(stream: BinaryIO, error: BaseException) -> None:
    stream.write(b"half of it" * 100_000)
    raise error


@pytest.mark.parametrize("shape", ["tree", "file"])
@pytest.mark.parametrize("compression", UNPACK)
@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_leaving_without_commit(place: Path, shape: str, compression: str, error: type[BaseException]) -> None:
    before = tree(place)
    with (
        pytest.raises(error),
        Output.open("out", shape, False, io.BytesIO()) as output,
        output.stream("b.txt", compression) as stream,
    ):
        break_off(stream, error())
    assert tree(place) == before
    with Output.open("out", shape, False, io.BytesIO()) as output:
        put(output, "a.txt", b"a", compression)
    assert tree(place) == before
    assert leftovers(place) == []


def test_a_stream_left_by_an_exception_is_never_committed(place: Path) -> None:
    with Output.open("out", "tree", False, io.BytesIO()) as output:
        with pytest.raises(ValueError, match="half"), output.stream("a.txt", "") as stream:
            break_off(stream, ValueError("half"))
        with pytest.raises(RuntimeError, match="unfinished"):
            output.commit()
    assert not (place / "out").exists()


def test_commit_needs_what_it_commits(place: Path) -> None:
    with (
        Output.open("out", "tree", False, io.BytesIO()) as output,
        output.stream("a.txt", ""),
        pytest.raises(RuntimeError, match="unfinished"),
    ):
        output.commit()
    with Output.open("out", "file", False, io.BytesIO()) as output, pytest.raises(RuntimeError, match="nothing"):
        output.commit()
    with pytest.raises(RuntimeError, match="not open"):
        put(Output.open("out", "tree", False, io.BytesIO()), "a.txt", b"")


@pytest.mark.parametrize("path", ["../a.txt", "/etc/a.txt", "a/../../b", "a//b", "", ".", "a/."])
def test_paths_cannot_leave_the_output(place: Path, path: str) -> None:
    with (
        Output.open("out", "tree", False, io.BytesIO()) as output,
        pytest.raises(ValueError, match="not a path inside"),
    ):
        put(output, path, b"")


@pytest.mark.parametrize(
    "name", ["new\nline.txt", 'quo"te', "esc\x1b", os.fsdecode(b"caf\xe9.txt"), "x" * 250, "é" * 120]
)
def test_hostile_names(place: Path, name: str) -> None:
    with Output.open(name, "tree", False, io.BytesIO()) as output:
        try:
            put(output, f"{name}/{name}", b"x")
        except WriteError:
            pytest.skip("this file system does not take that name")
        output.commit()
    assert tree(place / name) == {f"{name}/{name}": b"x"}
    with write_atomic(place / (name + ".log")) as stream:
        stream.write(b"log")
    assert (place / (name + ".log")).read_bytes() == b"log"


@pytest.mark.parametrize("compression", UNPACK)
@pytest.mark.parametrize("data", [b"", b"text\n", os.urandom(600_000) + b"row\n" * 100_000])
def test_packing(place: Path, compression: str, data: bytes) -> None:
    written = set()
    for out in ("out1", "out2"):
        with Output.open(out, "tree", False, io.BytesIO()) as output:
            with output.stream(f"a-{out}", compression) as stream:
                for start in range(0, len(data), 1000):
                    stream.write(data[start : start + 1000])
            output.commit()
        packed = (place / out / f"a-{out}").read_bytes()
        assert UNPACK[compression](packed) == data
        written.add(packed)
    assert len(written) == 1  # no time and no name in it


def test_a_single_file_is_packed_as_it_is_called(place: Path) -> None:
    for out, compression in (("a.jsonl.gz", "gz"), ("b.jsonl.zst", "zst"), ("c.jsonl", "")):
        with Output.open(out, "file", False, io.BytesIO()) as output:
            put(output, "in.jsonl.bz2", b"{}", "bz2")
            output.commit()
            assert output.compression_for("bz2") == compression
        assert UNPACK[compression]((place / out).read_bytes()) == b"{}"


@pytest.mark.parametrize(
    ("bits", "expected"), [((0o644, 0o664), 0o644), ((0o644, 0o600), 0o600), ((0o400, 0o440), 0o600)]
)
def test_nobody_reads_in_the_log_who_could_not_read_the_files(
    bits: tuple[int, int], expected: int, tmp_path: Path
) -> None:
    for name, mode in zip(("a.txt", "b.txt"), bits, strict=True):
        (tmp_path / "in" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "in" / name).write_text("The mill by the river.\n\nPrint this page\n\nRead more »\n")
        (tmp_path / "in" / name).chmod(mode)
    mask = os.umask(0o022)
    try:
        clean_files([str(tmp_path / "in")], str(tmp_path / "out"))
        clean_files([str(tmp_path / "in" / "b.txt")], str(tmp_path / "b.txt"))
        for name in ("a.txt", "b.txt"):
            (tmp_path / "in" / name).chmod(bits[1] | 0o200)
        clean_in_place([str(tmp_path / "in")], str(tmp_path / "place.jsonl"))
    finally:
        os.umask(mask)
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("out.difflog.jsonl", "place.jsonl")]
    assert modes == [expected, (bits[1] | 0o200) & 0o644 | 0o600]
    assert stat.S_IMODE((tmp_path / "b.txt.difflog.jsonl").stat().st_mode) == bits[1] & 0o644 | 0o600


def test_permission_bits(place: Path) -> None:
    source = place / "full.txt"
    source.chmod(0o4640)
    mask = os.umask(0o022)
    try:
        with Output.open("out", "tree", False, io.BytesIO()) as output:
            put(output, "kept.txt", b"", mode_from=source)
            put(output, "new.txt", b"")
            output.keep("copied.txt", source)
            output.commit()
        with write_atomic(place / "log.jsonl") as stream:
            stream.write(b"")
        with write_atomic(place / "of-few.jsonl", bits=0o640) as stream:
            stream.write(b"")
        with write_atomic(source, source) as stream:
            stream.write(b"new")
    finally:
        os.umask(mask)
    modes = {
        path.name: stat.S_IMODE(path.stat().st_mode)
        for path in [*(place / "out").iterdir(), source, place / "log.jsonl", place / "of-few.jsonl"]
    }
    of_some = dict.fromkeys(("kept.txt", "copied.txt", "full.txt", "of-few.jsonl"), 0o640)
    assert modes == of_some | {"new.txt": 0o644, "log.jsonl": 0o644}
    assert stat.S_IMODE((place / "out").stat().st_mode) == 0o755


def test_standard_output(place: Path) -> None:
    stdout = io.BytesIO()
    with Output.open("-", "file", False, stdout) as output:
        put(output, "a.jsonl.gz", b"one\n", "gz")
        output.keep("a.jsonl.gz", place / "full.txt")
        output.commit()
    assert stdout.getvalue() == b"one\n"
    assert not stdout.closed


def test_a_closed_pipe_stays_one(place: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with (
        open(writing, "wb", buffering=0) as stdout,
        pytest.raises(BrokenPipeError),
        Output.open("-", "file", False, stdout) as output,
    ):
        put(output, "a.txt", b"x")


def test_devices_are_written_to_and_not_replaced(place: Path) -> None:
    for shape in ("file", "tree"):
        with Output.open("/dev/null", shape, True, io.BytesIO()) as output:
            put(output, "a.txt", b"x", mode_from=place / "full.txt")
            output.keep("a.txt", place / "full.txt")
            output.commit()
    with write_atomic(Path("/dev/null"), place / "full.txt") as stream:
        stream.write(b"x")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_a_named_pipe_as_output(place: Path) -> None:
    os.mkfifo(place / "pipe")
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append((place / "pipe").read_bytes()))
    reader.start()
    with Output.open("pipe", "file", False, io.BytesIO()) as output:
        put(output, "a.txt", b"through the pipe")
        output.commit()
    reader.join()
    assert got == [b"through the pipe"]


FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full here")
def test_a_full_device(place: Path) -> None:
    message = "/dev/full: no space left on device; free some space; nothing half-written was left"
    with pytest.raises(WriteError) as caught, Output.open("/dev/full", "file", True, io.BytesIO()) as output:
        put(output, "a.txt", b"x" * 1_000_000)
    assert str(caught.value) == message
    with pytest.raises(WriteError) as caught, write_atomic(FULL) as stream:
        stream.write(b"x")
    assert str(caught.value) == message
    with (
        FULL.open("wb", buffering=0) as stdout,
        pytest.raises(WriteError, match="-: no space left"),
        Output.open("-", "file", True, stdout) as output,
    ):
        put(output, "a.txt", b"x")


@pytest.fixture
def little_room() -> Iterator[None]:
    """A limit on the size of files, which fails in the middle of writing as a full disk does."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("compression", UNPACK)
@pytest.mark.parametrize("shape", ["file", "tree"])
@pytest.mark.parametrize("size", [1_000_000, 60_000])
def test_a_disk_that_fills_up(place: Path, little_room: None, compression: str, shape: str, size: int) -> None:
    before = tree(place)
    out = "out" + (f".{compression}" if compression else "")

    with pytest.raises(WriteError) as caught, Output.open(out, shape, False, io.BytesIO()) as output:
        put(output, "a/b.txt", os.urandom(size), compression)
    assert str(caught.value).startswith(f"{out}{'/a/b.txt' if shape == 'tree' else ''}: file too large; ")
    assert tree(place) == before


def test_a_log_for_which_there_is_no_room(place: Path, little_room: None) -> None:
    with pytest.raises(WriteError, match=r"full\.txt: file too large"), write_atomic(Path("full.txt")) as stream:
        stream.write(bytes(60_000))
    assert (place / "full.txt").read_bytes() == b"old"


def test_an_output_whose_folder_went_away(place: Path) -> None:
    with pytest.raises(WriteError, match="no/out: no such file or directory"):
        Output.open("no/out", "tree", False, io.BytesIO()).__enter__()
    with pytest.raises(WriteError, match="no/log: no such file or directory"), write_atomic(Path("no/log")):
        pass


# -- single files


def test_write_atomic(place: Path) -> None:
    for path in (place / "full.txt", place / "new.txt"):
        before = tree(place)
        with pytest.raises(KeyboardInterrupt), write_atomic(path) as stream:
            break_off(stream, KeyboardInterrupt())
        assert tree(place) == before
        with write_atomic(path) as stream:
            stream.write(b"whole")
            assert path.name == "new.txt" or path.read_bytes() == b"old"
        assert path.read_bytes() == b"whole"
    with write_atomic(place / "link.jsonl", place / "link.jsonl") as stream:
        stream.write(b"[]")
    assert (place / "link.jsonl").is_symlink()
    assert (place / "one.jsonl").read_bytes() == b"[]"


def test_write_atomic_refuses_a_folder(place: Path) -> None:
    with pytest.raises(WriteError, match="full: is a directory"), write_atomic(Path("full")) as stream:
        stream.write(b"x")
    assert tree(place / "full") == {"old.txt": b"old"}
