"""Disks, folders and processes that fail in the middle of a run: it is said in words, and nothing is left."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import SAMPLES, Completed, nothing_left_behind

import dedupe
from dedupe import files
from dedupe.errors import ReadError, WriteError
from dedupe.workfiles import open_work_folder

Cli = Callable[..., Completed]
BROKEN = OSError(errno.EIO, "Input/output error")


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def _fails(*_: Any, **__: Any) -> Any:
    raise BROKEN


def _fails_at(part: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return *function*, but for paths with *part* in them, on which it fails as the system does."""

    def failing(path: Any, *args: Any, **options: Any) -> Any:
        if part in str(path):
            raise OSError(errno.EIO, "Input/output error", str(path))
        return function(path, *args, **options)

    return failing


def _said(done: Completed, place: str) -> None:
    assert (done.code, done.stdout) == (2, b""), done.err
    assert len(done.err.splitlines()) == 1
    said, problem, advice = done.err.partition("input/output error; ")
    assert said.startswith("dedupe: "), done.err
    assert place in said
    assert problem
    assert advice


@pytest.mark.parametrize(
    "command", ["check IN", "clean IN -o OUT", "verify OLD --log LOG", "restore OLD --log LOG -o OUT"]
)
def test_a_work_folder_that_cannot_be_made_or_read(
    cli: Cli, tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    paths = {"IN": SAMPLES, "OUT": tmp_path / "out", "OLD": tmp_path / "old", "LOG": tmp_path / "old.difflog.jsonl"}
    assert cli("clean", SAMPLES, "-o", paths["OLD"]).code == 0
    words = [paths.get(word, word) for word in command.split()]
    with nothing_left_behind(tmp_path):
        with monkeypatch.context() as patch:
            patch.setattr(os, "pread", _fails)
            _said(cli(*words), f"{temporary}/dedupe-")
        with monkeypatch.context() as patch:
            patch.setattr(tempfile, "mkdtemp", _fails)
            _said(cli(*words), "TMPDIR")


def test_a_work_file_that_cannot_be_removed(
    cli: Cli, tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", _fails_at("dedupe-", Path.unlink))
        _said(cli("check", SAMPLES), f"{temporary}/dedupe-")
    with pytest.raises(WriteError, match="cannot be removed: input/output error"), open_work_folder():
        monkeypatch.setattr(os, "rmdir", _fails_at("dedupe-", os.rmdir))


def test_what_failed_first_is_said_and_not_that_its_folder_is_there_still(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "rmdir", _fails_at("dedupe-", os.rmdir))
    with pytest.raises(ReadError, match="no such place"), open_work_folder():
        raise ReadError("a.txt", "no such place", "look again")


def test_a_file_that_opens_and_cannot_be_read(tmp_path: Path) -> None:
    """As those of a process do that has ended: /proc/self/mem is a file, and its first byte belongs to nobody."""
    memory = Path("/proc/self/mem")
    if not memory.is_file():
        pytest.skip("no file that cannot be read")
    with pytest.raises(ReadError, match=r"^/proc/self/mem: input/output error; "):
        dedupe.check_files([memory])
    with pytest.raises(ReadError, match=r"^/proc/self/mem: input/output error; "):
        dedupe.verify_files(tmp_path, memory)


def test_a_folder_that_cannot_even_be_looked_at(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "stat", _fails_at("broken", os.stat))
    _said(cli("check", tmp_path / "broken"), "broken")


def test_files_that_cannot_be_kept_for_cleaning_in_place(
    cli: Cli, tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "blog-post.txt").write_bytes((SAMPLES / "pages" / "blog-post.txt").read_bytes())
    monkeypatch.setattr(os, "open", _fails_at("staged/", os.open))
    with nothing_left_behind(tmp_path):
        _said(cli("clean", tmp_path, "--in-place", "--log", tmp_path / "l.difflog.jsonl"), f"{temporary}/dedupe-")


@pytest.mark.parametrize("linked", [True, False])
@pytest.mark.parametrize("old", [True, False])
@pytest.mark.parametrize("source", ["feed.jsonl", "pages"])
def test_an_output_that_cannot_be_moved_into_place_leaves_no_log_and_takes_none(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, old: bool, linked: bool
) -> None:
    """A log that fits no output is of no use, and the output that was there needs the one that was there."""
    out = tmp_path / "out.jsonl"
    if old:
        assert cli("clean", SAMPLES / source, "-o", out, "--no-boilerplate").code == 0

    def moved(place: Any, target: Any) -> None:
        if Path(target) == out and "partial" in str(place):
            raise BROKEN
        replace(place, target)

    replace = os.replace
    monkeypatch.setattr(os, "replace", moved)
    monkeypatch.setattr(Path, "rename", moved)
    if not linked:
        monkeypatch.setattr(os, "link", _fails)
    with nothing_left_behind(tmp_path):
        _said(cli("clean", SAMPLES / source, "-o", out, "--force"), "out.jsonl")


@pytest.mark.parametrize("target", ["out.txt", "out.txt.difflog.jsonl", "tree", "tree.difflog.jsonl"])
def test_what_another_run_wrote_meanwhile_is_not_replaced(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    source = SAMPLES / "pages" / "blog-post.txt" if target.startswith("out") else SAMPLES
    out = tmp_path / target.removesuffix(".difflog.jsonl")
    theirs = tmp_path / target

    def written_meanwhile(*args: Any) -> None:
        write_documents(*args)
        if target == "tree":
            theirs.mkdir()
        (theirs / "a.txt" if target == "tree" else theirs).write_text("Somebody else's.\n")

    write_documents = files.write_documents
    monkeypatch.setattr(files, "write_documents", written_meanwhile)
    done = cli("clean", source, "-o", out)
    assert done.code == 2
    assert f"{target}: exists and is not empty; " in done.err
    assert {path.name for path in tmp_path.iterdir()} == {target}


def test_a_log_that_another_run_wrote_meanwhile_stays_when_files_are_cleaned_in_place(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    post, log = tmp_path / "post.txt", tmp_path / "l.difflog.jsonl"
    post.write_bytes((SAMPLES / "pages" / "blog-post.txt").read_bytes())

    def written_meanwhile(*args: Any, **options: Any) -> Any:
        log.write_text("Somebody else's.\n")
        return write_documents(*args, **options)

    write_documents = files.write_documents
    monkeypatch.setattr(files, "write_documents", written_meanwhile)
    done = cli("clean", post, "--in-place", "--log", log)
    assert done.code == 2
    assert "l.difflog.jsonl: exists and is not empty; " in done.err
    assert log.read_text() == "Somebody else's.\n"
    assert post.read_bytes() == (SAMPLES / "pages" / "blog-post.txt").read_bytes()


@pytest.mark.parametrize("step", ["fcntl.flock", "os.ftruncate", "os.pwrite"])
def test_an_index_that_cannot_be_locked(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """As on file systems without locks, or full ones."""
    monkeypatch.setattr(step, _fails)
    _said(cli("index", "add", tmp_path / "index", SAMPLES), "index")


@pytest.mark.parametrize("threads", [False, True])
@pytest.mark.parametrize("given", [0, 1])
def test_a_system_that_gives_no_more_processes(threads: bool, given: int) -> None:
    """Those that it gave must not be waited for, either."""
    owner, name, error = "os", "fork", "BlockingIOError(11, 'Resource temporarily unavailable')"
    if threads:
        owner, name, error = "threading", "_start_new_thread", "RuntimeError('no more')"
    program = (
        "import multiprocessing, os, threading\n"
        "from dedupe.parallel import ordered_map\n"
        "multiprocessing.set_start_method('fork')\n"
        f"real, left = {owner}.{name}, [{given}]\n"
        "def some(*args, **options):\n"
        "    if not left[0]:\n"
        f"        raise {error}\n"
        "    left[0] -= 1\n"
        "    return real(*args, **options)\n"
        f"{owner}.{name} = some\n"
        "try:\n"
        f"    print(list(ordered_map(abs, range(9), 2, threads={threads})))\n"
        "except MemoryError:\n"
        "    print('no more')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert (done.stdout, done.stderr) == ("no more\n", "")
