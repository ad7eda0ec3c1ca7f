"""What goes wrong, and how it is said: exit status, one line of error, and nothing left behind.

An error reads "PLACE: what is wrong; what to try" on standard error, standard output stays empty,
and neither an output nor a log nor a temporary file is left.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import hashlib
import io
import json
import lzma
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import PACKAGE_ROOT, ROOT, SAMPLES, Completed, environment, nothing_left_behind, read_log, tree
from hypothesis import given, settings
from hypothesis import strategies as st

import dedupe
from dedupe import kernels
from dedupe.cli import options
from dedupe.difflog.read import check
from dedupe.errors import LogMismatch
from dedupe.interrupts import undisturbed
from dedupe.workfiles import open_work_folder

Cli = Callable[..., Completed]

POST = (SAMPLES / "pages" / "blog-post.txt").read_bytes()
THREAD = (SAMPLES / "pages" / "forum-thread.txt").read_bytes()
FEED = (SAMPLES / "feed.jsonl").read_bytes()
ROOT_USER = hasattr(os, "geteuid") and os.geteuid() == 0


def check_error(done: Completed, place: str | Path, *says: str, code: int = 2) -> None:
    """Check the exit status and the one line "PLACE: what is wrong; what to try".

    A place in the input may be named relative to the path that was given.
    """
    assert done.code == code, (done.code, done.err)
    assert done.stdout == b""
    assert "Traceback" not in done.err
    name = str(place).rpartition("/")[2]
    line = re.compile(r"(^|[\s/])" + re.escape(name) + r"(:\d+)?: [^;]+; .+")
    lines = [text for text in done.err.splitlines() if line.search(text)]
    assert lines, f"no line '{place}: what is wrong; what to try' in: {done.err!r}"
    for text in says:
        assert text in lines[0]


def check_usage(done: Completed, *says: str) -> None:
    """Check that a mistake on the command line ends with status 2 and is named on standard error."""
    assert done.code == 2, (done.code, done.err)
    assert done.stdout == b""
    assert "Traceback" not in done.err
    for text in says:
        assert text in done.err


# -- paths


@pytest.mark.parametrize(
    "command",
    [
        "check LONG",
        "check page.txt --baseline LONG",
        "check page.txt --lexicon LONG",
        "check page.txt --against LONG",
        "check page.txt --index LONG",
        "check page.txt --config LONG",
        "clean page.txt -o LONG",
        "clean page.txt -o new --log LONG",
        "clean page.txt -o new --index LONG",
        "clean --in-place page.txt --log LONG",
        "baseline update page.txt --baseline LONG",
        "learn page.txt -o LONG",
        "learn --merge LONG -o new",
        "diff LONG",
        "explain LONG:1",
        "restore LONG --log out.difflog.jsonl -o new",
        "restore out --log out.difflog.jsonl -o LONG",
        "restore out --log LONG -o new",
        "verify LONG --log out.difflog.jsonl",
        "verify out --log LONG",
        "index add LONG page.txt",
        "index info LONG",
    ],
)
def test_a_name_that_is_too_long(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "page.txt").write_bytes(POST)
    assert cli("clean", "page.txt", "-o", "out").code == 0
    with nothing_left_behind(tmp_path):
        check_error(cli(*command.replace("LONG", "x" * 300).split()), "x" * 300)


@pytest.mark.skipif(not ROOT_USER, reason="only root can be somebody else")
@pytest.mark.parametrize(
    ("argv", "place"),
    [
        (["check", "closed"], "closed"),
        (["check", "closed/page.txt"], "page.txt"),
        (["restore", "closed/page.txt", "--log", "out.txt.difflog.jsonl", "-o", "new"], "page.txt"),
        (["clean", "--in-place", "first.txt", "fixed/page.txt", "--log", "log.jsonl"], "page.txt"),
    ],
)
def test_folders_that_may_not_be_entered_or_written(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, argv: list[str], place: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:  # those above it may be entered by everybody
        here, trial = Path(folder), Path(folder, "trial")
        for base in (trial, here):
            for name in ("closed/page.txt", "fixed/page.txt", "first.txt"):
                (base / name).parent.mkdir(parents=True, exist_ok=True)
                (base / name).write_bytes(POST)
            dedupe.clean_files([base / "first.txt"], base / "out.txt")
        monkeypatch.chdir(trial)
        cli(*argv)  # loads what nobody could load
        monkeypatch.chdir(here)
        here.chmod(0o777)
        (here / "closed").chmod(0)
        os.setresuid(65534, 65534, 0)
        try:
            done = cli(*argv)
        finally:
            os.setresuid(0, 0, 0)
        (here / "closed").chmod(0o755)
        check_error(done, place)
        assert (here / "first.txt").read_bytes() == POST
        assert not (here / "log.jsonl").exists()
        monkeypatch.undo()


@pytest.mark.skipif(not ROOT_USER, reason="only root can give files away")
def test_a_file_that_is_cleaned_in_place_keeps_its_owner(cli: Cli, tmp_path: Path) -> None:
    page = tmp_path / "page.txt"
    page.write_bytes(POST)
    page.chmod(0o640)
    os.chown(page, 65534, 65534)
    assert cli("clean", "--in-place", page, "--log", tmp_path / "log.jsonl").code == 1
    status = page.stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (65534, 65534, 0o640)


@pytest.mark.parametrize("command", ["check", "clean"])
def test_missing_path(cli: Cli, tmp_path: Path, command: str) -> None:
    (tmp_path / "here.txt").write_bytes(POST)
    out = ("-o", tmp_path / "out") if command == "clean" else ()
    for paths in ([tmp_path / "gone.txt"], [tmp_path / "here.txt", tmp_path / "gone.txt"]):
        with nothing_left_behind(tmp_path):
            check_error(cli(command, *paths, *out), tmp_path / "gone.txt")


def test_missing_log_or_output(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "out.txt").write_bytes(POST)
    with nothing_left_behind(tmp_path):
        check_error(cli("diff", tmp_path / "gone.jsonl"), tmp_path / "gone.jsonl")
        check_error(cli("verify", tmp_path / "out.txt", "--log", tmp_path / "gone.jsonl"), tmp_path / "gone.jsonl")
        back = ("-o", tmp_path / "back.txt")
        check_error(
            cli("restore", tmp_path / "out.txt", "--log", tmp_path / "gone.jsonl", *back), tmp_path / "gone.jsonl"
        )
        check_error(cli("explain", f"{tmp_path / 'gone.txt'}:3"), tmp_path / "gone.txt")


def test_what_a_log_does_not_have(cli: Cli, tmp_path: Path) -> None:
    rows = [{"id": "a", "text": "Facebooktwittermail\n\n" + line} for line in ("One thing.", "Another thing.")]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    out, log = tmp_path / "out.jsonl", tmp_path / "out.jsonl.difflog.jsonl"
    assert cli("clean", tmp_path / "in.jsonl", "-o", out).code == 0
    both = json.loads(cli("diff", log, "--json", "--document", "a").out)["documents"]
    assert [record["row"] for record in both] == [1, 2]
    assert cli("diff", log, "--document", "in.jsonl").out == cli("diff", log, "--document", "a").out
    for form in ((), ("--json",)):
        check_error(cli("diff", log, "--document", "b", *form), "b", "is not in the log")


def test_a_packed_log_is_none(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_bytes(POST)
    log, packed = tmp_path / "log.jsonl", tmp_path / "log.jsonl.gz"
    assert cli("clean", tmp_path / "page.txt", "-o", tmp_path / "out.txt", "--log", log).code == 0
    packed.write_bytes(gzip.compress(log.read_bytes()))
    for argv in (("diff", packed), ("restore", tmp_path / "out.txt", "--log", packed, "-o", tmp_path / "back.txt")):
        check_error(cli(*argv), packed, "is packed", "unpack it first")


def test_a_tree_is_not_restored_to_standard_output(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "page.txt").write_bytes(POST)
    for source, out in (("in", tmp_path / "out"), ("in/page.txt", tmp_path / "out.txt")):
        assert cli("clean", tmp_path / source, "-o", out).code == 0
        done = cli("restore", out, "--log", f"{out}.difflog.jsonl", "-o", "-")
        assert done.code == (2 if source == "in" else 0)
        assert done.stdout == (b"" if source == "in" else POST)


def test_what_is_written_is_what_its_name_says(cli: Cli, tmp_path: Path) -> None:
    page, out = tmp_path / "page.txt", tmp_path / "out.txt"
    page.write_text("The ferry was late again.\n")
    for name in ("out.jsonl", "out.NDJSON.gz"):
        check_error(cli("clean", page, "-o", tmp_path / name), tmp_path / name, "would be no JSON Lines")
    for name in ("log.jsonl.gz", "log.zst", "log.parquet"):
        check_error(cli("clean", page, "-o", out, "--log", tmp_path / name), tmp_path / name, "would be packed")
        check_error(cli("clean", "--in-place", page, "--log", tmp_path / name), tmp_path / name, "would be packed")
    assert [path.name for path in tmp_path.iterdir()] == ["page.txt"]
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"text": "read as a text"}\n')
    assert cli("clean", rows, "--input-format", "text", "-o", tmp_path / "out.jsonl").code == 0


@pytest.mark.parametrize("place", ["{}", "{}:0", "{}:999", "{}:x", "{}:", "{}:" + "9" * 5000, "{}:1:" + "9" * 5000])
def test_explain_needs_a_line_that_exists(cli: Cli, tmp_path: Path, place: str) -> None:
    (tmp_path / "a.txt").write_bytes(POST)
    check_usage(cli("explain", place.format(tmp_path / "a.txt")))


@pytest.mark.parametrize("full", [True, False])
def test_folder_as_output_of_a_file(cli: Cli, tmp_path: Path, full: bool) -> None:
    (tmp_path / "a.txt").write_bytes(POST)
    (tmp_path / "out").mkdir()
    if full:
        (tmp_path / "out" / "precious.txt").write_text("precious")
    for force in ((), ("--force",)):
        with nothing_left_behind(tmp_path):
            check_error(cli("clean", tmp_path / "a.txt", "-o", tmp_path / "out", *force), tmp_path / "out")


def test_file_as_output_of_a_folder(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_bytes(POST)
    (tmp_path / "out").write_text("precious")
    with nothing_left_behind(tmp_path):
        check_error(cli("clean", tmp_path / "in", "-o", tmp_path / "out"), tmp_path / "out")


def test_output_equal_to_input(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_bytes(POST)
    (tmp_path / "link").symlink_to(tmp_path / "in")
    with nothing_left_behind(tmp_path):
        for force in ((), ("--force",)):
            name = tmp_path / "in" / "a.txt"
            check_error(cli("clean", name, "-o", name, *force), name)
            check_error(cli("clean", tmp_path / "in", "-o", tmp_path / "in", *force), tmp_path / "in")
            around = tmp_path / "in" / ".." / "in"
            check_error(cli("clean", tmp_path / "in", "-o", around, *force), around)
            check_error(cli("clean", tmp_path / "in", "-o", tmp_path / "link", *force), tmp_path / "link")


def test_output_inside_input_and_the_other_way_round(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "deep" / "a.txt").write_bytes(POST)
    with nothing_left_behind(tmp_path):
        for force in ((), ("--force",)):
            out = tmp_path / "in" / "out"
            check_error(cli("clean", tmp_path / "in", "-o", out, *force), out)
            out = tmp_path / "in"
            check_error(cli("clean", tmp_path / "in" / "deep", "-o", out, *force), out)
            deep = tmp_path / "in" / "deep"
            check_error(cli("clean", deep / "a.txt", "-o", deep, *force), deep)


@pytest.mark.parametrize("log", ["in/a.txt", "in/log.jsonl", "out", "out/log.jsonl"])
def test_log_in_the_way_of_the_documents(cli: Cli, tmp_path: Path, log: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_bytes(POST)
    before = tree(tmp_path / "in")
    done = cli("clean", tmp_path / "in", "-o", tmp_path / "out", "--log", tmp_path / log)
    if log == "in/log.jsonl" and done.code == 0:  # not a text document, so it is in nobody's way
        assert tree(tmp_path / "in").items() >= before.items()
        return
    check_error(done, tmp_path / log)
    assert tree(tmp_path / "in") == before
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", ["clean", "restore"])
def test_an_existing_output_is_replaced_only_by_force(cli: Cli, tmp_path: Path, command: str) -> None:
    source = tmp_path / "in.jsonl"
    source.write_bytes(FEED)
    if command == "clean":
        argv: tuple[Any, ...] = ("clean", source, "-o", tmp_path / "out.jsonl")
    else:
        assert cli("clean", source, "-o", tmp_path / "clean.jsonl").code == 0
        log = tmp_path / "clean.jsonl.difflog.jsonl"
        argv = ("restore", tmp_path / "clean.jsonl", "--log", log, "-o", tmp_path / "out.jsonl")
    (tmp_path / "out.jsonl").write_text("precious")
    with nothing_left_behind(tmp_path):
        check_error(cli(*argv), tmp_path / "out.jsonl", "--force")
    assert cli(*argv, "--force").code == 0
    assert (tmp_path / "out.jsonl").read_bytes() != b"precious"


def test_an_existing_tree_or_log_is_replaced_only_by_force(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old.txt").write_text("precious")
    argv = ("clean", SAMPLES / "pages", "-o", tmp_path / "out")
    with nothing_left_behind(tmp_path):
        check_error(cli(*argv), tmp_path / "out", "--force")
    assert cli(*argv, "--force").code == 0
    assert (tmp_path / "out" / "poem.txt").is_file()
    shutil.rmtree(tmp_path / "out")
    log = tmp_path / "out.difflog.jsonl"
    log.write_text("precious")
    with nothing_left_behind(tmp_path):
        check_error(cli(*argv), log, "--force")


@pytest.mark.parametrize("original", [".", "out", "out/back", "log.jsonl", "link", "more/../out"])
@pytest.mark.parametrize("force", [[], ["--force"]])
def test_what_is_restored_does_not_replace_what_it_is_made_of(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, original: str, force: list[str]
) -> None:
    """Nor other files around it, the repository of files that were cleaned in place among them."""
    work = tmp_path / "work"
    (work / "more").mkdir(parents=True)
    (work / "link").symlink_to("out")
    monkeypatch.chdir(work)
    assert cli("clean", SAMPLES / "pages", "-o", "out", "--log", "log.jsonl").code == 0
    with nothing_left_behind(tmp_path):
        check_error(cli("restore", "out", "--log", "log.jsonl", "-o", original, *force), original)
    shutil.copytree(SAMPLES / "pages", "pages")
    assert cli("clean", "--in-place", "pages", "--log", "pages.jsonl").code == 1
    with nothing_left_behind(tmp_path):
        for place in (".", "..", "pages.jsonl"):
            check_error(cli("restore", ".", "--log", "pages.jsonl", "-o", place, *force), place)
    assert cli("restore", ".", "--log", "pages.jsonl", "-o", "originals").code == 0
    assert tree("originals/pages") == tree(SAMPLES / "pages")


@pytest.mark.parametrize("out", [".", "..", "../repository"])
def test_no_output_replaces_a_repository_or_the_working_folder(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, out: str
) -> None:
    for folder in ("here", "repository/.git"):
        (tmp_path / "work" / folder).mkdir(parents=True)
        (tmp_path / "work" / folder / "file").write_bytes(b"x")
    monkeypatch.chdir(tmp_path / "work" / "here")
    log = tmp_path / "log.jsonl"
    with nothing_left_behind(tmp_path):
        for force in ([], ["--force"]):
            check_error(cli("clean", SAMPLES / "pages", "-o", out, "--log", log, *force), out)
    assert cli("clean", SAMPLES / "pages", "-o", tmp_path / "out", "--log", log).code == 0
    with nothing_left_behind(tmp_path):
        for force in ([], ["--force"]):
            check_error(cli("restore", tmp_path / "out", "--log", log, "-o", out, *force), out)


def test_equal_names_from_two_folders_do_not_swallow_each_other(cli: Cli, tmp_path: Path) -> None:
    for name, text in (("a", POST), ("b", THREAD)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.txt").write_bytes(text)
    for paths in ((tmp_path / "a", tmp_path / "b"), (tmp_path / "a" / "x.txt", tmp_path / "b" / "x.txt")):
        out, log = tmp_path / "out", tmp_path / "out.difflog.jsonl"
        done = cli("clean", *paths, "-o", out)
        if done.code == 2:
            check_usage(done, "x.txt")
            assert not out.exists()
            continue
        assert done.code == 0
        assert len(tree(out)) == 2
        assert cli("verify", out, "--log", log).code == 0
        shutil.rmtree(out)
        log.unlink()


def test_one_file_given_twice_is_not_a_copy_of_itself(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_bytes((SAMPLES / "pages" / "ferry-story.txt").read_bytes())
    done = cli("clean", tmp_path / "in", tmp_path / "in" / "a.txt", "-o", tmp_path / "out")
    if done.code == 2:
        check_usage(done, "a.txt")
    else:
        assert done.code == 0
        assert (SAMPLES / "pages" / "ferry-story.txt").read_bytes() in tree(tmp_path / "out").values()


def test_a_folder_that_cannot_be_written(cli: Cli, tmp_path: Path) -> None:
    source = tmp_path / "in.txt"
    source.write_bytes(POST)
    if ROOT_USER:  # permissions do not stop root, a kernel's own folder does
        if not Path("/proc/self").exists():
            pytest.skip("running as root without /proc: no folder refuses to be written")
        out = Path("/proc/out.txt")
    else:
        out = tmp_path / "locked" / "out.txt"
        out.parent.mkdir()
        out.parent.chmod(0o500)
    try:
        with nothing_left_behind(tmp_path):
            for argv in (("-o", out), ("-o", tmp_path / "fine.txt", "--log", out)):
                done = cli("clean", source, *argv)
                assert done.code == 2, done.err
                assert done.stdout == b""
                assert re.search(re.escape(str(out)) + ".*: .+; .+", done.err)
    finally:
        if out.parent != Path("/proc"):
            out.parent.chmod(0o700)


@pytest.mark.skipif(ROOT_USER, reason="permissions do not stop root")
def test_a_file_that_cannot_be_read(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_bytes(POST)
    (tmp_path / "in" / "a.txt").chmod(0)
    try:
        check_error(cli("clean", tmp_path / "in", "-o", tmp_path / "out"), tmp_path / "in" / "a.txt")
        assert not (tmp_path / "out").exists()
    finally:
        (tmp_path / "in" / "a.txt").chmod(0o600)


def test_odd_things_in_a_tree_do_not_hang(run: Cli, tmp_path: Path) -> None:
    """A named pipe, a link that goes round in circles, a link to nowhere."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.txt").write_bytes(POST)
    (folder / "circle").symlink_to(folder)
    (folder / "itself").symlink_to(folder / "itself")
    (folder / "nowhere.txt").symlink_to(tmp_path / "gone.txt")
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "pipe.txt")
    done = run("clean", folder, "-o", tmp_path / "out", timeout=60)
    assert "Traceback" not in done.err
    assert done.code == 2
    assert "nowhere.txt: is a link that leads nowhere; " in done.err
    (folder / "nowhere.txt").unlink()
    done = run("clean", folder, "-o", tmp_path / "out", timeout=60)
    assert done.code == 0, done.err
    assert (tmp_path / "out" / "a.txt").is_file()


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="no /dev/stdout here")
def test_a_pipe_by_the_name_of_a_device(run: Cli, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(POST)
    log = tmp_path / "a.difflog.jsonl"
    done = run("clean", tmp_path / "a.txt", "-o", "/dev/stdout", "--log", log)
    assert done.code == 0
    assert done.stdout == run("clean", tmp_path / "a.txt", "-o", "-", "--log", log, "--force").stdout != b""
    whole = log.read_bytes()
    done = run("clean", tmp_path / "a.txt", "-o", tmp_path / "out.txt", "--log", "/dev/stdout")
    assert (done.code, done.stdout) == (0, whole)
    check_usage(run("clean", tmp_path / "a.txt", "-o", "/dev/stdout"), "--log")
    assert not Path("/dev/stdout.difflog.jsonl").exists()


# -- bytes that are not text


BINARY = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x01\x00\x00\x00\x01\x00\x08\x06" + bytes(range(256)) * 8


def test_binary_file(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(BINARY)
    with nothing_left_behind(tmp_path):
        check_error(cli("clean", tmp_path / "a.txt", "-o", tmp_path / "out.txt"), tmp_path / "a.txt")
        check_error(cli("check", tmp_path / "a.txt"), tmp_path / "a.txt")


def test_a_broken_file_among_good_ones_stops_or_is_passed_through(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "bad.txt").write_bytes(BINARY)
    (tmp_path / "in" / "good.txt").write_bytes(POST)
    out = tmp_path / "out"
    with nothing_left_behind(tmp_path):
        check_error(cli("clean", tmp_path / "in", "-o", out), tmp_path / "in" / "bad.txt")
    done = cli("clean", tmp_path / "in", "-o", out, "--on-error", "skip")
    assert done.code in (0, 2)
    assert "error" in done.err or "bad.txt" in done.err  # not silently
    assert (out / "bad.txt").read_bytes() == BINARY
    assert b"Facebooktwittermail" not in (out / "good.txt").read_bytes()
    log = tmp_path / "out.difflog.jsonl"
    statuses = {r["path"]: r["status"] for r in read_log(log) if r["t"] == "doc"}
    assert statuses["bad.txt"] == "error"
    assert cli("verify", out, "--log", log).code == 0
    assert cli("restore", out, "--log", log, "-o", tmp_path / "back").code == 0
    assert tree(tmp_path / "back") == tree(tmp_path / "in")


def test_wrong_encoding_is_never_guessed_silently(cli: Cli, tmp_path: Path) -> None:
    lines = ("Über den Fluß führt eine alte Brücke.", "Niemand weiß, wer sie gebaut hat.", "Sie trägt große Fässer.")
    data = "\n".join(lines).encode("latin-1")
    (tmp_path / "a.txt").write_bytes(data)
    done = cli("clean", tmp_path / "a.txt", "-o", tmp_path / "out.txt")
    if done.code == 0:  # an optional detector is installed: then the log must say so
        (record,) = (r for r in read_log(tmp_path / "out.txt.difflog.jsonl") if r["t"] == "doc")
        assert record["encoding"] not in ("", "utf-8")
        said = json.dumps(record) + done.err
        assert re.search("guess|detect|chardet|charset", said), "an encoding was guessed and nobody was told"
        assert (tmp_path / "out.txt").read_bytes() == data
    else:
        check_error(done, tmp_path / "a.txt", "--encoding")
        assert not (tmp_path / "out.txt").exists()
    done = cli("clean", tmp_path / "a.txt", "-o", tmp_path / "out1.txt", "--encoding", "latin-1")
    assert done.code == 0, done.err
    assert (tmp_path / "out1.txt").read_bytes() == data


@pytest.mark.parametrize(
    "data",
    [
        b"good line\n\xff\xfe\xff bad \x81\x8d\x8f\x90\x9d\n\xc3",
        b"cut in the middle of a character: \xe2\x82",
        b"\xed\xa0\x80 alone",
    ],
)
def test_not_utf8(cli: Cli, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.txt").write_bytes(data)
    with nothing_left_behind(tmp_path):
        done = cli("clean", tmp_path / "a.txt", "-o", tmp_path / "out.txt", "--encoding", "utf-8")
        check_error(done, tmp_path / "a.txt")


@pytest.mark.parametrize("data", ["\ufefftext".encode("utf-16-le")[:-1], b"\xff\xfe\x00\xd8\x41\x00"])
def test_broken_utf16(cli: Cli, tmp_path: Path, data: bytes) -> None:
    """An odd number of bytes, and half of a surrogate pair: an error, or the same bytes again."""
    (tmp_path / "a.txt").write_bytes(data)
    done = cli("clean", tmp_path / "a.txt", "-o", tmp_path / "out.txt")
    if done.code == 0:
        log = tmp_path / "out.txt.difflog.jsonl"
        assert cli("restore", tmp_path / "out.txt", "--log", log, "-o", tmp_path / "back.txt").code == 0
        assert (tmp_path / "back.txt").read_bytes() == data
    else:
        check_error(done, tmp_path / "a.txt")
        assert not (tmp_path / "out.txt").exists()


def test_unknown_or_unfit_encoding(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("déjà vu\n".encode())
    with nothing_left_behind(tmp_path):
        out = ("-o", tmp_path / "out.txt")
        check_usage(cli("clean", tmp_path / "a.txt", *out, "--encoding", "utf-9"), "utf-9")
        check_usage(cli("clean", tmp_path / "a.txt", *out, "--encoding", "ascii"), "a.txt")
        check_usage(cli("clean", tmp_path / "a.txt", *out, "--encoding", "rot13"), "rot13")
        check_usage(cli("clean", tmp_path / "a.txt", *out, "--encoding", "hex"), "hex")


def test_nul_bytes(cli: Cli, tmp_path: Path) -> None:
    """In a text file they mean a binary file; in a JSON string they are a character."""
    (tmp_path / "a.txt").write_bytes(b"one\x00two\n")
    done = cli("clean", tmp_path / "a.txt", "-o", tmp_path / "out.txt")
    if done.code == 0:
        log = tmp_path / "out.txt.difflog.jsonl"
        assert cli("restore", tmp_path / "out.txt", "--log", log, "-o", tmp_path / "back.txt").code == 0
        assert (tmp_path / "back.txt").read_bytes() == b"one\x00two\n"
    else:
        check_error(done, tmp_path / "a.txt")
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_bytes(b'{"id": "n", "text": "one\\u0000two and \\u0000\\u0000 three"}\n')
    assert cli("clean", source, "-o", out).code == 0
    assert cli("restore", out, "--log", f"{out}.difflog.jsonl", "-o", tmp_path / "back.jsonl").code == 0
    assert (tmp_path / "back.jsonl").read_bytes() == source.read_bytes()


def test_lone_surrogates(cli: Cli, tmp_path: Path) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    long = "A line that is long enough to be found again when it stands in the same text for a second time. " * 3
    rows = [
        '{"id": "a", "text": "high \\ud83d alone", "x": "\\udc00"}',
        '{"id": "b", "text": "low \\ude42 alone", "more": 1}',
        '{"id": "c\\ud800", "text": "swapped \\ude42\\ud83d and whole \\ud83d\\ude42"}',
        f'{{"id": "d", "text": "{long}\\n\\n\\udfff\\n\\n{long}"}}',
    ]
    source.write_text("\n".join(rows) + "\n", "ascii")
    done = cli("clean", source, "-o", out)
    assert done.code == 0, done.err
    log = Path(f"{out}.difflog.jsonl")
    log.read_bytes().decode("utf-8")  # the log itself is sound
    assert cli("verify", out, "--log", log).code == 0
    assert cli("restore", out, "--log", log, "-o", tmp_path / "back.jsonl").code == 0
    assert (tmp_path / "back.jsonl").read_bytes() == source.read_bytes()
    assert cli("diff", log).code == 0
    assert cli("check", source).code in (0, 1)
    assert cli("clean", out, "-o", tmp_path / "again.jsonl").code == 0
    assert (tmp_path / "again.jsonl").read_bytes() == out.read_bytes()


# -- packed files


def _packers() -> dict[str, Callable[[bytes], bytes]]:
    packers: dict[str, Callable[[bytes], bytes]] = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}
    with contextlib.suppress(ImportError):
        import zstandard

        packers["zst"] = zstandard.ZstdCompressor().compress
    return packers


@pytest.mark.parametrize("suffix", ["gz", "bz2", "xz", "zst"])
@pytest.mark.parametrize("damage", ["cut", "middle", "not packed"])
def test_damaged_packed_file(cli: Cli, tmp_path: Path, suffix: str, damage: str) -> None:
    packers = _packers()
    if suffix not in packers:
        pytest.skip("zstandard is not installed")
    noise = random.Random(5)
    rows = b"".join(
        json.dumps({"id": n, "text": f"Row {n}: {noise.random()} {noise.random()}"}).encode() + b"\n"
        for n in range(400)
    )
    packed = bytearray(packers[suffix](rows))
    if damage == "cut":
        packed = packed[: len(packed) * 2 // 3]
    elif damage == "middle":
        at = len(packed) // 2
        packed[at : at + 8] = bytes(255 - b for b in packed[at : at + 8])
    else:
        packed = bytearray(rows)
    source = tmp_path / f"in.jsonl.{suffix}"
    source.write_bytes(packed)
    with nothing_left_behind(tmp_path):
        done = cli("clean", source, "-o", tmp_path / "out.jsonl")
        if damage == "not packed" and done.code == 0:
            pytest.fail("a file named as packed that is not was taken without a word")
        if damage == "middle" and suffix == "zst":  # frames need not carry a checksum: then only the rows can tell
            assert done.code == 2, "damaged rows were taken for good"
        check_error(done, source)


# -- rows


BROKEN_ROWS = {
    "not json": b"{'id': 2}",
    "cut": b'{"id": 2, "text": "b',
    "two on a line": b'{"id": 2, "text": "b"} {"id": 3, "text": "c"}',
    "no text": b'{"id": 2, "body": "b"}',
    "null text": b'{"id": 2, "text": null}',
    "number as text": b'{"id": 2, "text": 17}',
    "list as text": b'{"id": 2, "text": ["b"]}',
    "object as text": b'{"id": 2, "text": {"b": 1}}',
    "a list": b'[1, "b"]',
    "a string": b'"b"',
    "a number": b"7",
    "bad bytes": b'{"id": 2, "text": "\xff\xfe"}',
    "bad escape": b'{"id": 2, "text": "\\ud83"}',
}


@pytest.mark.parametrize("kind", BROKEN_ROWS)
def test_a_broken_row_stops_or_is_passed_through(cli: Cli, tmp_path: Path, kind: str) -> None:
    rows = [b'{"id": 1, "text": "a", "k": 1.0}', BROKEN_ROWS[kind], b'{"id": 4,   "text": "d"}']
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_bytes(b"\n".join(rows) + b"\n")
    with nothing_left_behind(tmp_path):
        check_error(cli("clean", source, "-o", out), f"{source}:2")
        check_error(cli("check", source), f"{source}:2")
    done = cli("clean", source, "-o", out, "--on-error", "skip")
    assert done.code in (0, 2), done.err
    assert out.read_bytes() == source.read_bytes()
    log = Path(f"{out}.difflog.jsonl")
    (record,) = (r for r in read_log(log) if r["t"] == "doc" and r["status"] == "error")
    assert record["row"] == 2
    assert cli("verify", out, "--log", log).code == 0
    assert cli("restore", out, "--log", log, "-o", tmp_path / "back.jsonl").code == 0
    assert (tmp_path / "back.jsonl").read_bytes() == source.read_bytes()


def test_a_broken_row_does_not_keep_the_others_from_being_cleaned(cli: Cli, tmp_path: Path) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    lines = FEED.splitlines(keepends=True)
    source.write_bytes(b"".join([*lines[:3], b"nope\r\n", *lines[3:]]))
    assert cli("clean", source, "-o", out, "--on-error", "skip").code in (0, 2)
    assert b"nope\r\n" in out.read_bytes()
    assert cli("clean", SAMPLES / "feed.jsonl", "-o", tmp_path / "good.jsonl").code == 0
    assert out.read_bytes().replace(b"nope\r\n", b"") == (tmp_path / "good.jsonl").read_bytes()


def test_a_file_may_begin_with_a_row_that_was_passed_over(cli: Cli, tmp_path: Path) -> None:
    """Such a row can look like the byte order mark of another encoding once what stood above it is gone."""
    source, out, back, again = (tmp_path / f"{name}.jsonl" for name in ("in", "out", "back", "again"))
    rows = [json.dumps({"id": year, "d": f"{year}-05-01", "text": POST.decode()}).encode() for year in (2020, 2024)]
    source.write_bytes(b"\n".join([rows[0], b"\xff\xfe{}", rows[1], b""]))
    options = ("--keep", "newest", "--date-field", "d", "--on-error", "skip")
    assert cli("clean", source, "-o", out, *options).code == 0
    assert out.read_bytes().startswith(b"\xff\xfe{}")
    assert cli("restore", out, "--log", f"{out}.difflog.jsonl", "-o", back).code == 0
    assert back.read_bytes() == source.read_bytes()
    assert cli("clean", out, "-o", again, *options).code == 0
    assert again.read_bytes() == out.read_bytes()
    wide = tmp_path / "wide.jsonl"
    wide.write_bytes(b"\xff\xfe" + rows[0].decode().encode("utf-16-le"))
    check_error(cli("check", wide), wide)


def test_blank_lines_and_a_byte_order_mark_between_rows_stay(cli: Cli, tmp_path: Path) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_bytes(b'\xef\xbb\xbf{"id": 1, "text": "a"}\n\n  \n{"id": 2, "text": "b"}\r\n\r\n')
    done = cli("clean", source, "-o", out)
    assert done.code == 0, done.err
    assert out.read_bytes() == source.read_bytes()
    assert cli("restore", out, "--log", f"{out}.difflog.jsonl", "-o", tmp_path / "back.jsonl").code == 0
    assert (tmp_path / "back.jsonl").read_bytes() == source.read_bytes()


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("between", [b"null", b"", b"  ", b"\n{}", b"{}\n\n", b"\r"])
def test_what_is_no_document_may_stand_before_a_last_row_that_goes(
    cli: Cli, tmp_path: Path, between: bytes, end: bytes
) -> None:
    """The last row has no line end, so that of what stands before it goes too, and has to come back."""
    source, out, back = (tmp_path / f"{name}.jsonl" for name in ("in", "out", "back"))
    row = json.dumps(
        {"text": "The ferry was late again on Monday, the third time this week, and nobody asked."}
    ).encode()
    source.write_bytes(end.join([row, between, row]))
    assert cli("clean", source, "-o", out, "--on-error", "skip").code == 0
    assert out.read_bytes().count(row) == 1
    log = f"{out}.difflog.jsonl"
    assert cli("verify", out, "--log", log).code == 0
    assert cli("restore", out, "--log", log, "-o", back).code == 0
    assert back.read_bytes() == source.read_bytes()


def test_another_text_field(cli: Cli, tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_bytes(FEED.replace(b'"text"', b'"body"').replace(b'"id"', b'"key"'))
    with nothing_left_behind(tmp_path):
        check_error(cli("clean", source, "-o", tmp_path / "out.jsonl"), f"{source}:1", "--text-field")
    done = cli("clean", source, "-o", tmp_path / "out.jsonl", "--text-field", "body", "--id-field", "key")
    assert done.code == 0, done.err
    assert cli("clean", SAMPLES / "feed.jsonl", "-o", tmp_path / "same.jsonl").code == 0
    expected = (tmp_path / "same.jsonl").read_bytes().replace(b'"text"', b'"body"').replace(b'"id"', b'"key"')
    assert (tmp_path / "out.jsonl").read_bytes() == expected


def test_duplicate_ids(cli: Cli, tmp_path: Path) -> None:
    """Two documents with one id: an error that names the second, or two names in the log and a word about it."""
    body = json.dumps("A paragraph that is long enough to be a copy of the same paragraph in another row. " * 4)
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(
        "".join(f'{{"id": "same", "text": {text}}}\n' for text in (body, '"short"', body, '"short"')), "utf-8"
    )
    done = cli("clean", source, "-o", out)
    if done.code == 2:
        check_error(done, f"{source}:2", "same")
        assert not out.exists()
        return
    assert done.code == 0
    assert "same" in done.err
    log = Path(f"{out}.difflog.jsonl")
    names = [r["doc"] for r in read_log(log) if r["t"] == "doc"]
    assert len(set(names)) == 4
    assert cli("restore", out, "--log", log, "-o", tmp_path / "back.jsonl").code == 0
    assert (tmp_path / "back.jsonl").read_bytes() == source.read_bytes()


def test_a_row_may_be_called_as_a_broken_one_is(cli: Cli, tmp_path: Path) -> None:
    """The log names a row that cannot be read by its place, and passages are looked for by name."""
    owls, mice = (
        f"A paragraph about {what} that is long enough to be a copy of another. " * 4 for what in ("owls", "mice")
    )
    ends = ("The barn is old.", "Cats know it.", "There is cheese.", "Night comes early.")
    texts = [f"{post.strip()}\n\n{end}" for post, end in zip((owls, mice, mice, owls), ends, strict=True)]
    lines = [json.dumps({"id": f"in.jsonl#{n}", "text": text}) for n, text in enumerate(texts, start=2)]
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text("\n".join([lines[0], "not a row", *lines[1:]]) + "\n", "utf-8")
    assert cli("clean", source, "-o", out, "--on-error", "skip").code == 0
    entries = [record for record in read_log(Path(f"{out}.difflog.jsonl")) if record.get("ref")]
    assert {entry["canonical"]["doc"] for entry in entries} == {"in.jsonl#2", "in.jsonl#3"}
    assert cli("verify", out).code == 0


@pytest.mark.parametrize("name", ["12", "null", "true", "1.5", '""', '["a"]', '{"a": 1}'])
def test_ids_of_other_kinds(cli: Cli, tmp_path: Path, name: str) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(f'{{"id": {name}, "text": "one"}}\n{{"text": "two"}}\n', "utf-8")
    done = cli("clean", source, "-o", out)
    if done.code == 2:
        check_error(done, f"{source}:1")
        return
    assert done.code == 0, done.err
    assert out.read_bytes() == source.read_bytes()


@pytest.mark.parametrize("number", ["9" * 4300, "-" + "9" * 4300, "9" * 4301, "-" + "9" * 50_000, "1e400", "-0.0"])
def test_a_number_may_be_of_any_length(cli: Cli, tmp_path: Path, number: str) -> None:
    """Python refuses to read those of more than 4300 digits; JSON sets no bound, and what is not the text is copied."""
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    text = "The mill by the river opened again in spring, and the whole village came to see the wheel turn. " * 2
    source.write_text(f'{{"id": {number}, "n": [{number}], "text": "{text}\\n\\nFacebooktwittermail"}}\n')
    done = cli("clean", source, "-o", out)
    assert done.code == 0, done.err
    assert out.read_text() == source.read_text().replace("\\n\\nFacebooktwittermail", "")
    assert cli("restore", out, "--log", f"{out}.difflog.jsonl", "-o", tmp_path / "again.jsonl").code == 0
    assert (tmp_path / "again.jsonl").read_bytes() == source.read_bytes()


# -- sizes


def test_empty_file(cli: Cli, tmp_path: Path) -> None:
    for name in ("a.txt", "a.jsonl"):
        source, out = tmp_path / name, tmp_path / f"out-{name}"
        source.write_bytes(b"")
        assert cli("check", source).code == 0
        done = cli("clean", source, "-o", out)
        assert done.code == 0, done.err
        assert out.read_bytes() == b""
        assert cli("verify", out, "--log", f"{out}.difflog.jsonl").code == 0
        back = tmp_path / f"back-{name}"
        assert cli("restore", out, "--log", f"{out}.difflog.jsonl", "-o", back).code == 0
        assert back.read_bytes() == b""


def test_empty_corpus(cli: Cli, tmp_path: Path) -> None:
    """A folder without a document is done at once, or is an error that says which names are looked for."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "picture.png").write_bytes(BINARY)
    assert cli("check", folder).code in (0, 2)
    done = cli("clean", folder, "-o", tmp_path / "out")
    if done.code == 2:
        check_error(done, folder)
        assert not (tmp_path / "out").exists()
    else:
        assert done.code == 0
        assert cli("verify", tmp_path / "out", "--log", tmp_path / "out.difflog.jsonl").code == 0


def test_empty_standard_input(run: Cli, tmp_path: Path) -> None:
    done = run("clean", "-", "-o", "-", "--log", tmp_path / "log.jsonl")
    assert done.code == 0, done.err
    assert done.stdout == b""


@pytest.mark.parametrize("layout", ["one line", "one word"])
def test_tens_of_megabytes_on_one_line(run: Cli, tmp_path: Path, layout: str) -> None:
    """Fifty of them, or ten on the reference kernel, which takes longer for these than the native one for fifty."""
    source, out = tmp_path / "in.txt", tmp_path / "out.txt"
    megabytes = 50 if kernels.name() == "native" else 10
    if layout == "one line":
        source.write_bytes(b" ".join(b"w%d" % n for n in range(125_000 * megabytes)))
    else:
        source.write_bytes(b"x" * (1_000_000 * megabytes))
    assert source.stat().st_size >= 950_000 * megabytes
    done = run("clean", source, "-o", out, timeout=600)
    assert done.code == 0, done.err[-500:]
    assert out.stat().st_size == source.stat().st_size
    assert run("verify", out, "--log", f"{out}.difflog.jsonl").code == 0


# -- settings


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["--unknown"], "--unknown"),
        (["--scope", "world"], "world"),
        (["--unit", "word"], "word"),
        (["--keep", "newst"], "newst"),
        (["--near", "maybe"], "maybe"),
        (["--profile", "wild"], "wild"),
        (["--segment", "page"], "page"),
        (["--on-error", "ignore"], "ignore"),
        (["--jobs", "0"], "jobs"),
        (["--jobs", "many"], "many"),
        (["--memory", "lots"], "lots"),
        (["--memory", "nan"], "nan"),
        (["--memory=-1G"], "memory"),
        (["--near-threshold", "1.5"], "threshold"),
        (["--near-threshold", "nan"], "threshold"),
        (["--min-words", "0"], "min-words"),
        (["--min-words", "2147483648"], "min-words: must be a whole number of at most 2,147,483,647"),
        (["--jobs", "99999"], "jobs: must be a whole number of at most 1,024"),
        (["--memory", "1e300"], "memory"),
        (["--lexicon", "gone.txt"], "gone.txt"),
        (["--config", "gone.toml"], "gone.toml"),
        (["--text-field", ""], "text-field"),
    ],
)
@pytest.mark.parametrize("command", ["check", "clean"])
def test_unusable_options(cli: Cli, tmp_path: Path, command: str, argv: list[str], says: str) -> None:
    (tmp_path / "a.txt").write_bytes(POST)
    out = ["-o", tmp_path / "out.txt"] if command == "clean" else []
    with nothing_left_behind(tmp_path):
        check_usage(cli(command, tmp_path / "a.txt", *out, *argv), says)


def test_unusable_combinations(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(POST)
    name = tmp_path / "a.txt"
    with nothing_left_behind(tmp_path):
        check_usage(cli("clean"))
        check_usage(cli("check"))
        check_usage(cli("frobnicate", name), "frobnicate")
        check_usage(cli("clean", name))
        check_usage(cli("clean", name, "-o", "-"), "--log")
        check_usage(cli("clean", name, "-o", tmp_path / "out.txt", "--in-place"), "--in-place")
        check_usage(cli("clean", "-", "--in-place", "--log", tmp_path / "log.jsonl", input=POST))
        check_usage(cli("restore", name, "-o", tmp_path / "back.txt"), "--log")
        check_usage(cli("verify", name), "--log")
        check_usage(cli("clean", "-", name, "-o", tmp_path / "out", input=POST))


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("[tool.dedupe]\nsegmnt = 'line'\n", "segment"),
        ("[tool.dedupe]\nnear-treshold = 0.8\n", "near-threshold"),
        ("[tool.dedupe]\nscope = 'world'\n", "scope"),
        ("[tool.dedupe]\njobs = 'two'\n", "jobs"),
        ("[tool.dedupe]\nnear-threshold = 7\n", "near-threshold"),
        ("[tool.dedupe]\nextensions = '.txt'\n", "extensions"),
        ("[tool]\ndedupe = 3\n", "dedupe"),
        ("[tool.dedupe\n", "pyproject.toml"),
        (f"x = {'[' * 9999}", "pyproject.toml"),
        ("[tool.dedupe]\nmin-words = 4\nmin_words = 5\n", "min_words is given twice"),
        (f"[tool.dedupe]\nmin-block-chars = {2**63 - 1}\n", "min-block-chars"),
        ("[tool.dedupe]\nlexicons = ['gone.txt']\n", "gone.txt"),
    ],
)
def test_unusable_settings(cli: Cli, tmp_path: Path, table: str, says: str) -> None:
    (tmp_path / "pyproject.toml").write_text(table)
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "deep" / "a.txt").write_bytes(POST)
    with nothing_left_behind(tmp_path):
        for done in (
            cli("check", tmp_path / "in" / "deep" / "a.txt"),
            cli("clean", tmp_path / "in", "-o", tmp_path / "out"),
            cli("check", tmp_path / "in", "--config", tmp_path / "pyproject.toml"),
        ):
            check_usage(done, says)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("near-threshold = 7", "near-threshold: must be a number from 0 to 1, not 7.0; "),
        ("near_threshold = 7", "near_threshold: must be a number from 0 to 1, not 7.0; "),
        ("jobs = 0", "jobs: must be a whole number of at least 1, not 0; "),
        ("scope = 'world'", "scope: unknown value 'world'; "),
        ("memory = 'lots'", "memory: 'lots' is not a size; "),
        ("memory = -1", "memory: must be a whole number of at least 0, not -1; "),
        ("repair-also = ['taste']", "repair-also: unknown value 'taste'; "),
        ("ext = ['']", "ext: '' is no file name ending; "),
        ("against = ['']", "against: must not hold an empty path; "),
        ("keep = 'newst'", "keep: unknown value 'newst'; "),
        ("encoding = 'nonsense'", "encoding: unknown encoding 'nonsense'; "),
        ("fallback_encoding = 'hex'", "fallback_encoding: unknown encoding 'hex'; "),
    ],
)
def test_a_value_that_cannot_be_used_is_said_to_be_in_the_settings(
    cli: Cli, tmp_path: Path, line: str, says: str
) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[tool.dedupe]\n{line}\n")
    (tmp_path / "a.txt").write_bytes(POST)
    for more in ([], ["--keep", "first", "--jobs", "2", "--scope", "corpus"]):
        check_usage(cli("check", tmp_path / "a.txt", *more), f"dedupe: {tmp_path / 'pyproject.toml'}: {says}")


def test_the_command_line_may_give_what_a_setting_needs(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.dedupe]\nkeep = 'newest'\ndate-field = ''\n")
    (tmp_path / "a.txt").write_bytes(POST)
    check_usage(cli("check", tmp_path / "a.txt"), "keep newest: does not know what to go by; ")
    assert cli("check", tmp_path / "a.txt", "--date-field", "day").code == 1


def test_settings_are_found_upward_and_the_command_line_wins(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.dedupe]\nboilerplate = false\n")
    (tmp_path / "in" / "deep").mkdir(parents=True)
    page = tmp_path / "in" / "deep" / "a.txt"
    page.write_bytes(POST)
    assert cli("check", page).code == 0
    assert cli("check", page, "--boilerplate").code == 1
    (tmp_path / "other.toml").write_text("boilerplate = true\n")
    assert cli("check", page, "--config", tmp_path / "other.toml").code == 1
    (tmp_path / "in" / "pyproject.toml").write_text("[project]\nname = 'no table of ours'\n")
    assert cli("check", page).code == 0


def test_settings_may_begin_with_a_byte_order_mark(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"\xef\xbb\xbf[tool.dedupe]\r\nboilerplate = false\r\n")
    (tmp_path / "a.txt").write_bytes(POST)
    done = cli("check", tmp_path / "a.txt")
    assert done.code == 0, done.err


def test_settings_of_a_row_are_those_of_its_file(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.dedupe]\ntext-field = 'body'\n")
    (tmp_path / "feed.jsonl").write_text('{"body": "A line."}\n')
    done = cli("explain", tmp_path / "feed.jsonl:1:1")
    assert done.code == 0, done.err


# -- Python


STORY = "The ferry was late again on Monday, the third time this week, and nobody on the quay was surprised."


@pytest.mark.parametrize(
    "given", [STORY, {"text": STORY}, dedupe.Document("a", STORY), [STORY, 7], [None], [STORY.encode()]]
)
def test_what_is_no_iterable_of_documents(given: Any) -> None:
    """A string is an iterable of strings and a mapping one of its keys; as documents these would be nonsense."""
    for call in (dedupe.clean, dedupe.check, dedupe.learn):
        with pytest.raises(dedupe.DedupeError, match=r"^document.*: is .*; "):
            call(given)
    with pytest.raises(dedupe.DedupeError, match=r"^document.*: is .*; "):
        dedupe.clean([STORY], against=given)


def test_halves_of_a_character_are_refused_where_the_log_would_join_them() -> None:
    pair = "\ud83d" + "\ude00"
    for document in (f"a {pair}", {"id": pair, "text": "a"}, dedupe.Document("a", pair)):
        with pytest.raises(dedupe.DedupeError, match=r"^document 2: .* as two characters; join them"):
            dedupe.clean(["fine \ude00\ud83d", document])
    joined = pair.encode("utf-16", "surrogatepass").decode("utf-16")
    assert dedupe.clean([joined]).documents[0].text == joined


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (dedupe.Document("a", None), "its text is of the type NoneType; give a string"),  # type: ignore[arg-type]
        (dedupe.Document(3, "a"), "its id is of the type int; give a string"),  # type: ignore[arg-type]
        (dedupe.Document("a", "a", bom="\ufeff"), "its bom is of the type str; give bytes"),  # type: ignore[arg-type]
        (dedupe.Document("a", "a", row="7"), "its row is of the type str; give a whole number"),  # type: ignore[arg-type]
        (dedupe.Document("a", "a", encoding=8), "its encoding is of the type int; give a string"),  # type: ignore[arg-type]
        (dedupe.Document("a", "a", encoding="nope"), "cannot be written in its encoding, 'nope': "),
        (dedupe.Document("a", "a €", encoding="latin-1"), "cannot be written in its encoding, 'latin-1': "),
    ],
)
def test_a_document_that_could_not_be_logged(document: dedupe.Document, says: str) -> None:
    for call in (dedupe.clean, dedupe.check, dedupe.learn):
        with pytest.raises(dedupe.DedupeError, match=re.escape(f"document 2: {says}")):
            call([STORY, document])


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"near": "off"}, "is of the type dict"),
        ({}, "is of the type dict"),
        ("safe", "is of the type str"),
        (dedupe.Config, "is a class"),
    ],
)
def test_settings_that_are_none(tmp_path: Path, config: Any, says: str) -> None:
    page, out = SAMPLES / "pages" / "blog-post.txt", tmp_path / "out.txt"
    for call in (
        lambda: dedupe.clean([STORY], config),
        lambda: dedupe.check([STORY], config),
        lambda: dedupe.learn([STORY], config),
        lambda: dedupe.clean_files([page], out, config=config),
        lambda: dedupe.check_files([page], config),
        lambda: dedupe.learn_files([page], out, config),
    ):
        with pytest.raises(dedupe.DedupeError, match=f"^config: {says}; give a dedupe.Config, like "):
            call()
    assert not out.exists()


def test_what_cannot_be_restored_from() -> None:
    result = dedupe.clean([STORY, "A lamp went out in the north tower.", STORY])
    for documents, log, says in (
        (result.documents, result.log[:-1], "log: is not whole; "),
        (result.documents, [], "log: is not whole; "),
        (result.documents, result.log[1:], "log: is not whole; "),
        (result.documents, [*result.log[:-3], result.log[-1]], "log: is not whole; "),  # without the one that went
        (result.documents, result.log * 2, "log: is not whole; "),
        ([document.text for document in result.documents], result.log, "document 1: is of the type str; give the "),
    ):
        with pytest.raises(dedupe.DedupeError, match=says):
            dedupe.restore(documents, log)  # type: ignore[arg-type]


@pytest.mark.parametrize("stream", [io.StringIO(), None])
def test_files_need_no_standard_streams(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stream: Any) -> None:
    """As in a notebook, under ``contextlib.redirect_stdout``, and in a program without a terminal."""
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, stream)
    monkeypatch.chdir(tmp_path)
    page, out, log = SAMPLES / "pages" / "blog-post.txt", "out.txt", "out.txt.difflog.jsonl"
    assert dedupe.check_files([page])[0]
    assert dedupe.clean_files([page], out).log == log
    assert dedupe.verify_files(out, log).mismatches == []
    assert dedupe.restore_files(out, log, "back.txt") == 1
    assert dedupe.learn_files([page], "learned.txt").documents == 1
    for call in (
        lambda: dedupe.check_files(["-"]),
        lambda: dedupe.clean_files([page], "-", "log.jsonl"),
        lambda: dedupe.clean_files([page], "other.txt", "-"),
        lambda: dedupe.restore_files(out, log, "-"),
        lambda: dedupe.learn_files([page], "-"),
    ):
        with pytest.raises(dedupe.DedupeError, match=r"^-: standard input or output takes no bytes here; name a file"):
            call()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["back.txt", "learned.txt", out, log]


def test_paths_are_what_python_has_for_them(tmp_path: Path) -> None:
    page, out, log = tmp_path / "page.txt", tmp_path / "out.txt", tmp_path / "log.jsonl"
    page.write_bytes(POST)
    findings, _ = dedupe.check_files([str(page)])
    assert dedupe.check_files(path for path in [page])[0] == findings != []
    assert dedupe.clean_files((path for path in [page]), out, log).documents == 1
    assert dedupe.verify_files(out, log).mismatches == []
    assert dedupe.restore_files(out, log, tmp_path / "back.txt") == 1
    assert dedupe.learn_files((path for path in [page]), tmp_path / "learned.txt").documents == 1
    assert (tmp_path / "back.txt").read_bytes() == POST


def test_one_path_is_no_list_of_paths(tmp_path: Path) -> None:
    for call in (dedupe.check_files, lambda paths: dedupe.clean_files(paths, str(tmp_path / "out"))):
        with pytest.raises(dedupe.DedupeError, match=r"samples: is one path, .*; put it in a list"):
            call("samples")
        with pytest.raises(dedupe.DedupeError, match=r"samples: is one path, .*; put it in a list"):
            call(Path("samples"))  # type: ignore[operator]


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"lexicons": "furniture.txt"}, "lexicons: must be a sequence of strings, not 'furniture.txt'"),
        ({"extensions": (1,)}, "extensions: must be a sequence of strings"),
        ({"boilerplate": "no"}, "boilerplate: must be true or false, not 'no'"),
        ({"text_field": None}, "text-field: must be a string, not None"),
        ({"memory": "2G"}, "memory: must be a whole number"),
        (
            {"extensions": (".md,.rst",)},
            "ext: '.md,.rst' is no file name ending; write it like .txt; --ext may be repeated",
        ),
        ({"extensions": ("*.md",)}, "ext: '*.md' is no file name ending; write it like .txt; --ext may be repeated"),
        ({"extensions": None}, "extensions: must be a sequence of strings, not None"),
        ({"against": {"a": 1}}, "against: must be a sequence of strings, not {'a': 1}"),
        ({"against": ("",)}, "against: must not hold an empty path; leave it out"),
        ({"baseline": "a\0"}, "baseline: must not hold a NUL character; leave it out"),
        ({"lexicons": ("a", "\0")}, "lexicons: must not hold a NUL character; leave it out"),
    ],
)
def test_unusable_settings_in_python(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(dedupe.DedupeError, match=re.escape(says)):
        dedupe.Config(**settings)


def test_an_empty_path_is_no_folder(cli: Cli, tmp_path: Path) -> None:
    """It is what a variable of a script gives that was not set."""
    (tmp_path / "a.txt").write_bytes(POST)
    check_error(cli("check", ""), "''", "no such file")
    check_error(cli("check", tmp_path, "--lexicon", ""), "lexicons", "empty path")
    (tmp_path / "pyproject.toml").write_text('[tool.dedupe]\nagainst = [""]\n')
    check_error(cli("check", tmp_path), "against", "empty path")


def test_settings_are_kept_whatever_they_were_given_in() -> None:
    """A generator was empty after it had been looked at, and a set had no hash that two runs agree on."""
    given: Any = ([".txt", ".md"], {".txt", ".md"}, iter([".txt", ".md"]))
    kept = [dedupe.Config(extensions=each, against=iter(["a"])) for each in given]  # type: ignore[arg-type]
    assert [config.against for config in kept] == [("a",)] * 3
    assert [config.extensions for config in kept] == [(".txt", ".md"), (".md", ".txt"), (".txt", ".md")]
    assert len({hash(config) for config in kept}) == 2
    assert kept[0].fingerprint() == dedupe.Config().fingerprint()


# -- a log that does not fit


def _cleaned(cli: Cli, folder: Path) -> tuple[Path, Path]:
    out, log = folder / "out", folder / "out.difflog.jsonl"
    assert cli("clean", SAMPLES / "pages", "-o", out).code == 0
    return out, log


def _rejected(cli: Cli, folder: Path, out: Path, log: Path, codes: tuple[int, ...] = (1,)) -> None:
    with nothing_left_behind(folder):
        verified = cli("verify", out, "--log", log)
        assert verified.code in codes, (verified.code, verified.err)
        restored = cli("restore", out, "--log", log, "-o", folder / "back")
        assert restored.code in (1, 2), (restored.code, restored.err)
        assert restored.stdout == b""
        assert re.search(r": .+; .+", restored.err)
        assert "Traceback" not in verified.err + restored.err


@pytest.mark.parametrize("page", ["poem.txt", "blog-post.txt", "forum-thread.txt", "ferry-story.txt", "mojibake.txt"])
@pytest.mark.parametrize("damage", ["changed", "longer", "shorter", "empty", "gone"])
def test_tampered_output(cli: Cli, tmp_path: Path, page: str, damage: str) -> None:
    out, log = _cleaned(cli, tmp_path)
    data = (out / page).read_bytes()
    if damage == "gone":
        (out / page).unlink()
    else:
        at = len(data) // 2
        new = {
            "changed": data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :],
            "longer": data + b"\n",
            "shorter": data[:-1],
            "empty": b"",
        }[damage]
        (out / page).write_bytes(new)
    _rejected(cli, tmp_path, out, log)


def test_tampered_rows(cli: Cli, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    assert cli("clean", SAMPLES / "feed.jsonl", "-o", out).code == 0
    log = Path(f"{out}.difflog.jsonl")
    good = out.read_bytes()
    lines = good.splitlines(keepends=True)
    for bad in (
        b"".join(lines[:-1]),
        b"".join([lines[1], lines[0], *lines[2:]]),
        good.replace(b"telephone box", b"telephone fox"),
        b"".join([*lines, lines[-1]]),
        b"nonsense\n" + good,
    ):
        out.write_bytes(bad)
        _rejected(cli, tmp_path, out, log)
    out.write_bytes(good)
    assert cli("verify", out, "--log", log).code == 0


def _edit(log: Path, change: Callable[[list[dict[str, Any]]], Any]) -> None:
    records = read_log(log)
    changed = change(records)
    records = records if changed is None else changed
    log.write_bytes(b"".join(json.dumps(r, ensure_ascii=False).encode() + b"\n" for r in records))


def _first(records: list[dict[str, Any]], **wanted: Any) -> dict[str, Any]:
    return next(r for r in records if all(r.get(k) == v for k, v in wanted.items()))


TAMPERINGS: dict[str, Callable[[list[dict[str, Any]]], Any]] = {
    "text of a removal": lambda rs: _first(rs, rule="boilerplate/share").update(text="\n\nSomething else\n"),
    "place of a removal": lambda rs: _first(rs, rule="boilerplate/share").update(src=[1, 5]),
    "an operation left out": lambda rs: [r for r in rs if r is not _first(rs, rule="boilerplate/share")],
    "an operation twice": lambda rs: [*rs[:2], _first(rs, t="op"), *rs[2:]],
    "a document left out": lambda rs: [r for r in rs if r.get("doc") != "blog-post.txt"],
    "hash of a source": lambda rs: _first(rs, doc="blog-post.txt")["source"].update(sha256="0" * 64),
    "hash of an output": lambda rs: _first(rs, doc="blog-post.txt")["output"].update(sha256="0" * 64),
    "hash of the log": lambda rs: rs[-1].update(sha256="0" * 64),
    "no end": lambda rs: rs[:-1],
    "no beginning": lambda rs: rs[1:],
    "path of a document": lambda rs: _first(rs, doc="blog-post.txt").update(path="../../escaped.txt"),
    "a canonical place": lambda rs: _first(rs, rule="repeat/exact")["canonical"].update(src=[0, 3]),
    "an applied finding made a review": lambda rs: _first(rs, rule="boilerplate/share").update(applied=False),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_tampered_log(cli: Cli, tmp_path: Path, name: str) -> None:
    out, log = _cleaned(cli, tmp_path)
    _edit(log, TAMPERINGS[name])
    _rejected(cli, tmp_path, out, log, codes=(1, 2) if name == "no beginning" else (1,))
    assert not (tmp_path.parent / "escaped.txt").exists()


@pytest.mark.parametrize(
    "data", [b"", b"\n", b"not a log\n", b"[]\n", b'{"t":"run"}\n', b"\xff\xfe\x00", b'{"t":"op"}\n' * 3]
)
def test_a_log_that_is_none(cli: Cli, tmp_path: Path, data: bytes) -> None:
    out, log = _cleaned(cli, tmp_path)
    log.write_bytes(data)
    with nothing_left_behind(tmp_path):
        for argv in (
            ("verify", out, "--log", log),
            ("restore", out, "--log", log, "-o", tmp_path / "back"),
            ("diff", log),
        ):
            done = cli(*argv)
            assert done.code in (1, 2), (argv[0], done.code)
            assert "Traceback" not in done.err


def test_a_log_cut_in_the_middle_of_a_line(cli: Cli, tmp_path: Path) -> None:
    out, log = _cleaned(cli, tmp_path)
    log.write_bytes(log.read_bytes()[:-40])
    with nothing_left_behind(tmp_path):
        assert cli("verify", out, "--log", log).code in (1, 2)
        assert cli("restore", out, "--log", log, "-o", tmp_path / "back").code in (1, 2)


def test_a_log_from_the_future(cli: Cli, tmp_path: Path) -> None:
    out, log = _cleaned(cli, tmp_path)
    _edit(log, lambda rs: rs[0].update(schema_version=999))
    with nothing_left_behind(tmp_path):
        assert cli("restore", out, "--log", log, "-o", tmp_path / "back").code in (1, 2)


def test_the_log_of_another_run(cli: Cli, tmp_path: Path) -> None:
    out, _ = _cleaned(cli, tmp_path)
    assert cli("clean", SAMPLES / "feed.jsonl", "-o", tmp_path / "feed.jsonl").code == 0
    _rejected(cli, tmp_path, out, tmp_path / "feed.jsonl.difflog.jsonl", codes=(1, 2))


@pytest.mark.parametrize(
    "path", [".", "./poem.txt", "a/./poem.txt", "../poem.txt", "/poem.txt", "x" * 300, "poem.txt/x"]
)
def test_a_path_that_no_output_has_is_refused_in_words(cli: Cli, tmp_path: Path, path: str) -> None:
    out, log = tmp_path / "out", tmp_path / "log.jsonl"
    assert cli("clean", SAMPLES / "pages", "-o", out, "--log", log).code == 0
    *records, end = read_log(log)
    for record in records:
        for key in ("doc", "path"):
            if record.get(key) == "poem.txt":
                record[key] = path
    body = "".join(json.dumps(record) + "\n" for record in records).encode()
    end["sha256"] = hashlib.sha256(body).hexdigest()
    log.write_bytes(body + json.dumps(end).encode() + b"\n")
    with nothing_left_behind(tmp_path):
        done = cli("restore", out, "--log", log, "-o", tmp_path / "back")
        assert done.code == 2, done.err
        assert "Traceback" not in done.err
        done = cli("verify", out, "--log", log)
        assert done.code in (1, 2), done.err
        assert path in done.out + done.err


def test_a_log_without_a_key_is_refused_in_words(cli: Cli, tmp_path: Path) -> None:
    """Every key of every kind of record is taken out once."""
    out, log = _cleaned(cli, tmp_path)
    good = log.read_bytes()
    lines = good.splitlines(keepends=True)
    done: set[tuple[str, str]] = set()
    for number, line in enumerate(lines):
        record = json.loads(line)
        for key in record:
            if (record["t"], key) in done:
                continue
            done.add((record["t"], key))
            left = json.dumps({k: v for k, v in record.items() if k != key}, ensure_ascii=False).encode() + b"\n"
            log.write_bytes(b"".join([*lines[:number], left, *lines[number + 1 :]]))
            for argv in (("verify", out, "--log", log), ("diff", log), ("verify", out, "--log", log, "--json")):
                result = cli(*argv)  # an exception that is not meant for users would end the test here
                assert result.code in (0, 1, 2)
            restored = cli("restore", out, "--log", log, "-o", tmp_path / "back")
            if restored.code == 0:
                assert tree(tmp_path / "back") == tree(SAMPLES / "pages")
                shutil.rmtree(tmp_path / "back")
            else:
                assert not (tmp_path / "back").exists()


END_TAMPERINGS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "another compression": lambda end: end["files"][0]["source"].update(compression="rar"),
    "no compression": lambda end: end["files"][0]["source"].pop("compression"),
    "another kind": lambda end: end["files"][0].update(kind="jsonk"),
    "no side": lambda end: end["files"][0].update(source=None),
    "files that are none": lambda end: end.update(files=3),
    "a file that is none": lambda end: end["files"].append("feed.jsonl"),
    "counts that are none": lambda end: end.update(applied={"repeat/exact": "two"}),
    "a number as a line end": lambda end: end["files"][0].update(cut_eol=10),
    "a path that leads outside": lambda end: end["files"].append({**end["files"][0], "path": "../feed.jsonl"}),
    "a path from the root": lambda end: end["files"].append({**end["files"][0], "path": "/feed.jsonl"}),
}


@pytest.mark.parametrize("name", END_TAMPERINGS)
def test_an_end_that_no_version_wrote_is_refused_in_words(cli: Cli, tmp_path: Path, name: str) -> None:
    """The sha256 in the end record is over the records before it, so nothing but its own form speaks for it."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "feed.jsonl").write_bytes(FEED)
    out, log = tmp_path / "out", tmp_path / "out.difflog.jsonl"
    assert cli("clean", tmp_path / "in", "-o", out).code == 0
    _edit(log, lambda records: END_TAMPERINGS[name](records[-1]) and None)
    with nothing_left_behind(tmp_path):
        for argv in (("verify", out), ("restore", out, "--log", log, "-o", tmp_path / "back")):
            done = cli(*argv)  # an exception that is not meant for users would end the test here
            assert done.code in (1, 2)
            assert re.search(r": .+; .+", done.err + done.out)


@given(st.data())
@settings(max_examples=60)
def test_no_changed_byte_of_the_log_is_believed(cli: Cli, tmp_path_factory: pytest.TempPathFactory, data: Any) -> None:
    """Whatever byte is changed, verify says so, or what is restored is right all the same."""
    folder = tmp_path_factory.mktemp("log")
    source = folder / "in.txt"
    source.write_bytes(THREAD + b"\n\nRen\xc3\x83\xc2\xa9e\n")
    out, log = folder / "out.txt", folder / "out.txt.difflog.jsonl"
    assert cli("clean", source, "-o", out).code == 0
    good = log.read_bytes()
    at = data.draw(st.integers(0, len(good) - 1))
    byte = data.draw(st.sampled_from(sorted(set(b'0189afAZ"{}[],:\n \\-tu') - {good[at]})))
    log.write_bytes(good[:at] + bytes([byte]) + good[at + 1 :])
    verified = cli("verify", out, "--log", log)
    assert "Traceback" not in verified.err
    assert verified.code in (0, 1, 2)
    restored = cli("restore", out, "--log", log, "-o", folder / "back.txt")
    assert "Traceback" not in restored.err
    if verified.code:
        assert restored.code in (1, 2)
        assert not (folder / "back.txt").exists()
    else:
        assert restored.code == 0
        assert (folder / "back.txt").read_bytes() == source.read_bytes()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats() | st.text(max_size=5)
    | st.sampled_from(["\x00", "\ud800", "../up", "/", "hex", "idna", "removed", "\x1b[31m", "\r", 2**63, -1, 0, 1]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)  # fmt: skip


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Return every place in a JSON value: what holds it, and its key or position there."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, inner in items for place in [(value, key), *_places(inner)]]


@pytest.fixture(scope="module")
def logged(cli: Cli, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a corpus that has something of all that a log can say, its output, and the log."""
    folder = tmp_path_factory.mktemp("logged")
    (folder / "in").mkdir()
    for page in ("ferry-story.txt", "mojibake.txt", "forum-thread.txt", "reprint-of-ferry-story.txt"):
        shutil.copy(SAMPLES / "pages" / page, folder / "in")
    (folder / "in" / "wide.txt").write_bytes("\ufeff".encode("utf-16-le") + POST.decode().encode("utf-16-le"))
    (folder / "in" / "bad.txt").write_bytes(b"\xff\xfe\x00")
    escaped = b'{"text": "The caf\\u00e9 by the mill was full, and the caf\xc3\xa9 was shut. [Read more\\u2026]"}'
    (folder / "in" / "feed.jsonl").write_bytes(FEED + escaped + b"\n" + FEED.splitlines()[0])
    done = cli("clean", folder / "in", "-o", folder / "out", "--on-error", "skip")
    assert done.code == 0, done.err
    written = (folder / "out.difflog.jsonl").read_bytes()
    assert all(f'"{key}":'.encode() in written for key in ("ref", "frame", "token", "cut_eol", "block", "error"))
    return folder


def test_the_first_record_is_named_that_is_none(logged: Path) -> None:
    """Records are held to their types many at a time."""
    records = [json.loads(line) for line in (logged / "out.difflog.jsonl").read_bytes().splitlines()]
    check(records, map(str, range(len(records))))
    wrong = [number for number, record in enumerate(records) if record["t"] == "op"][1:3]
    for number, src in zip(wrong, ([7, 3], [3, "7"]), strict=True):
        records[number]["src"] = src
    with pytest.raises(LogMismatch, match=rf"^{wrong[0]}: has something under 'src'"):
        check(records, map(str, range(len(records))))
    del records[wrong[0] - 1]["doc"]
    with pytest.raises(LogMismatch, match=rf"^{wrong[0] - 1}: lacks the key 'doc'"):
        check(records, map(str, range(len(records))))


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_a_forged_log_is_refused_in_words_or_gives_the_right_text(cli: Cli, logged: Path, data: Any) -> None:
    """Any value of any record may be any other, and the hash of the log speaks for it."""
    log, back = logged / "forged.jsonl", logged / "back"
    records = read_log(logged / "out.difflog.jsonl")
    kind = data.draw(st.sampled_from(["run", "doc", "op", "end"]))
    record = data.draw(st.sampled_from([each for each in records if each["t"] == kind]))
    holder, key = data.draw(st.sampled_from(_places(record)))
    if isinstance(holder, dict) and data.draw(st.booleans()):
        del holder[key]
    else:
        holder[key] = data.draw(JSON)
    before = b"".join(json.dumps(each).encode() + b"\n" for each in records[:-1])
    if kind != "end":
        records[-1]["sha256"] = hashlib.sha256(before).hexdigest()
    log.write_bytes(before + json.dumps(records[-1]).encode() + b"\n")
    for argv in (("diff", log), ("diff", log, "--json"), ("verify", logged / "out", "--log", log)):
        done = cli(*argv)  # an exception that is not meant for users would end the test here
        assert done.code in (0, 1, 2)
        assert done.code == 0 or re.search(r": [^;]+; .+", done.err + done.out)
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", done.out + done.err)
    done = cli("restore", logged / "out", "--log", log, "-o", back)
    if done.code == 0:
        assert tree(back) == tree(logged / "in")
        shutil.rmtree(back)
    else:
        assert done.code == 2
        assert re.search(r": [^;]+; .+", done.err)
        assert not back.exists()


# -- interrupted, cut off, full


def _rows(count: int, paragraphs: int = 8) -> bytes:
    rng = random.Random(11)
    words = ["".join(rng.choices("aeioulnrstkm", k=rng.randint(2, 9))) for _ in range(4000)]
    rows = []
    for number in range(count):
        text = "\n\n".join(" ".join(rng.choices(words, k=50)) for _ in range(paragraphs))
        rows.append(json.dumps({"id": number, "text": text + "\n\n" + text}).encode())
    return b"\n".join(rows) + b"\n"


def _start(*argv: Any, temporary: Path, **streams: Any) -> subprocess.Popen[bytes]:
    env = environment({"TMPDIR": str(temporary)})
    # A shell lets what it starts in the background ignore interrupts; the command must hear them.
    streams.setdefault("preexec_fn", lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    return subprocess.Popen([sys.executable, "-m", "dedupe", *map(str, argv)], env=env, **streams)


def test_interrupted_while_reading(tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    with nothing_left_behind(tmp_path):
        process = _start(
            "clean", "-", "-o", tmp_path / "out.jsonl", "--input-format", "jsonl",
            temporary=temporary, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert process.stdin is not None
        process.stdin.write(_rows(200))  # more than a pipe holds: the child is reading by now
        process.stdin.flush()
        time.sleep(0.5)  # and by now it waits for more
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        finally:
            process.kill()
        assert process.stdout is not None
        assert process.stderr is not None
        out, err = process.stdout.read(), process.stderr.read().decode()
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        assert process.returncode == 130, err
        assert out == b""
        assert "Traceback" not in err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_while_it_is_still_loading(tmp_path: Path, number: int) -> None:
    (tmp_path / "click.py").write_text(f"import os, time\nos.kill(os.getpid(), {int(number)})\ntime.sleep(9)\n")
    paths = os.pathsep.join([str(tmp_path), str(PACKAGE_ROOT)])
    done = subprocess.run(
        [sys.executable, "-m", "dedupe", "--version"], env=environment({"PYTHONPATH": paths}),
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL), capture_output=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")
    assert 'dedupe = "dedupe.cli.start:run"' in (ROOT / "pyproject.toml").read_text("utf-8")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("jobs", [1, 2])
def test_interrupted_while_working(tmp_path: Path, jobs: int, number: int) -> None:
    """The signal is sent when a first file shows beside the output, or after a while: nothing may be left."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    source = tmp_path / "in.jsonl"
    source.write_bytes(_rows(6000))
    with nothing_left_behind(tmp_path):
        seen = set(tmp_path.rglob("*"))
        process = _start(
            "clean", source, "-o", tmp_path / "out.jsonl", "--jobs", jobs,
            temporary=temporary, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        started = time.monotonic()
        while process.poll() is None and time.monotonic() - started < 20:
            if set(tmp_path.rglob("*")) != seen and time.monotonic() - started > 0.7:
                break
            time.sleep(0.01)
        if process.poll() is not None:
            for path in set(tmp_path.rglob("*")) - seen:
                path.unlink()
            pytest.skip("the run was over before it could be interrupted")
        if number == signal.SIGTERM:
            process.terminate()  # as a scheduler does: only the one that it knows of
        else:
            os.killpg(process.pid, number)  # as a terminal does: the whole group gets it
        out, err = process.communicate(timeout=60)
        assert process.returncode == 130, err.decode()
        assert out == b""
        assert b"Traceback" not in err


def test_a_signal_waits_for_the_end_of_a_step() -> None:
    """What is made in the step is known to the one who clears up before the signal is heard, once."""
    known = []

    def step() -> None:
        with undisturbed():
            signal.raise_signal(signal.SIGINT)
            known.append("a folder")
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        step()
    assert known == ["a folder"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("step", ["mkdtemp", "rmtree"])
def test_no_folder_is_left_by_a_signal_in_the_step_that_makes_or_removes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    owner: Any = {"mkdtemp": tempfile, "rmtree": shutil}[step]
    do = getattr(owner, step)

    def interrupted(*args: Any, **options: Any) -> Any:
        if step == "rmtree":
            signal.raise_signal(signal.SIGINT)
        done = do(*args, **options)
        if step == "mkdtemp":
            signal.raise_signal(signal.SIGINT)
        return done

    monkeypatch.setattr(owner, step, interrupted)
    with pytest.raises(KeyboardInterrupt), open_work_folder() as folder:
        (folder.path / "file").write_bytes(b"x")
    assert list(tmp_path.iterdir()) == []


def _has_members(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_processes_of_a_killed_run_end_too(tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    source = tmp_path / "in.jsonl"
    source.write_bytes(_rows(6000))
    process = _start(
        "clean", source, "-o", tmp_path / "out.jsonl", "--jobs", 2, temporary=temporary, start_new_session=True
    )
    started = time.monotonic()
    while process.poll() is None and time.monotonic() - started < 1.5:
        time.sleep(0.01)
    process.kill()
    process.wait(30)
    for _ in range(300):
        if not _has_members(process.pid):
            break
        time.sleep(0.1)
    assert not _has_members(process.pid)


def test_closed_pipe(cli: Cli, tmp_path: Path) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_bytes(_rows(1500, paragraphs=1))
    assert cli("clean", source, "-o", out).code == 0
    log = f"{out}.difflog.jsonl"
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    stray = tmp_path / "stray.jsonl"
    for argv in (("diff", log), ("check", source), ("clean", source, "-o", "-", "--log", stray)):
        process = _start(*argv, temporary=temporary, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(10)
        process.stdout.close()
        err = process.stderr.read()
        assert process.wait(60) == 141, (argv[0], err.decode())
        assert b"Traceback" not in err
        assert b"Exception ignored" not in err
        assert not list(temporary.iterdir())


@pytest.mark.parametrize("name", ["rows.jsonl", "page.txt"])
@pytest.mark.parametrize("count", [1, 3])
def test_nothing_but_what_cannot_be_read_is_passed_through(cli: Cli, tmp_path: Path, name: str, count: int) -> None:
    source, out, back = (tmp_path / folder for folder in ("in", "out", "back"))
    source.mkdir()
    for number in range(count):
        (source / f"{number}{name}").write_bytes(b"{broken\n" * count if name == "rows.jsonl" else b"a\x00\xff\xfe\x01")
    done = cli("clean", source, "-o", out, "--on-error", "skip")
    assert done.code == 0, done.err
    assert "passed through with errors" in done.err
    assert tree(out) == tree(source)
    assert cli("restore", out, "--log", f"{out}.difflog.jsonl", "-o", back).code == 0
    assert tree(back) == tree(source)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_standard_output_on_a_full_disk(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_bytes(_rows(20))
    with nothing_left_behind(tmp_path), open("/dev/full", "wb") as full:
        process = _start(
            "clean", source, "-o", "-", "--log", tmp_path / "log.jsonl",
            temporary=tmp_path, stdout=full, stderr=subprocess.PIPE,
        )  # fmt: skip
        _, err = process.communicate(timeout=60)
        assert process.returncode == 2, err.decode()
        assert b"Traceback" not in err
        assert re.search(rb": .+; .+", err)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("command", ["check", "check --json", "diff", "verify"])
def test_a_report_on_a_full_disk(cli: Cli, tmp_path: Path, command: str) -> None:
    source, out = tmp_path / "in.txt", tmp_path / "out.txt"
    source.write_bytes(POST)
    assert cli("clean", source, "-o", out).code == 0
    out.write_bytes(POST)
    name, *options = command.split()
    at = {"check": source, "diff": f"{out}.difflog.jsonl", "verify": out}[name]
    with open("/dev/full", "wb") as full:
        process = _start(name, at, *options, temporary=tmp_path, stdout=full, stderr=subprocess.PIPE)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert re.search(rb"^dedupe: standard output: no space left on device; ", err, re.MULTILINE)
    assert b"Traceback" not in err
    assert b"Exception ignored" not in err


@pytest.mark.parametrize("stream", [0, 1, 2])
@pytest.mark.parametrize("command", ["check -", "check IN --json", "clean - -o - --log LOG", "clean IN -o OUT"])
def test_a_stream_that_was_closed(tmp_path: Path, command: str, stream: int) -> None:
    """What needs the stream says so, and nothing is written in its place; what does not need it is done."""
    (tmp_path / "in.txt").write_bytes(POST)
    paths = {"IN": tmp_path / "in.txt", "OUT": tmp_path / "out.txt", "LOG": tmp_path / "log.jsonl"}
    process = _start(
        *(paths.get(word, word) for word in command.split()), temporary=tmp_path, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=lambda: os.close(stream),
    )  # fmt: skip
    out, err = process.communicate(POST, timeout=60)
    needed = {"check -": (0, 1), "check IN --json": (1,), "clean - -o - --log LOG": (0, 1), "clean IN -o OUT": ()}
    if stream in needed[command]:
        assert process.returncode == 2
        assert re.search(rb": .*bad file descriptor", err)
        assert not paths["LOG"].exists()
    else:
        assert process.returncode == ("check" in command)
        assert (b"boilerplate/" in out) == ("check" in command)
        assert paths["OUT"].exists() == ("OUT" in command)
    assert b"Traceback" not in err
    assert b"Exception ignored" not in err


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
@pytest.mark.parametrize("command", ["check IN", "diff LOG", "explain IN:1"])
def test_a_terminal_that_cannot_show_all_characters(
    cli: Cli, run: Cli, tmp_path: Path, command: str, encoding: str
) -> None:
    source, out = tmp_path / "in.txt", tmp_path / "out.txt"
    source.write_text("[Continue reading → 続きを読む…]\n", "utf-8")
    assert cli("clean", source, "-o", out).code == 0
    words = [word.replace("IN", str(source)).replace("LOG", f"{out}.difflog.jsonl") for word in command.split()]
    done = run(*words, env={"PYTHONIOENCODING": encoding})
    assert done.code in (0, 1), done.err
    assert "Traceback" not in done.err


@pytest.mark.skipif(os.name == "nt", reason="a folder in use is not removed on Windows")
def test_a_working_folder_that_was_removed(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    process = _start("check", ".", temporary=tmp_path, cwd=gone, stderr=subprocess.PIPE, preexec_fn=gone.rmdir)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (2, b"dedupe: working folder: it was removed; change to one that is there\n")


def test_a_working_folder_that_is_removed_meanwhile(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    def removed(start: str) -> Path:
        (tmp_path / "here").rmdir()
        return folder_of(start)

    folder_of = options._folder_of
    monkeypatch.setattr(options, "_folder_of", removed)
    check_error(cli("check", "-", input=POST), "working folder", "it was removed")
    os.chdir(tmp_path)


def test_a_system_that_runs_are_not_made_for(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "pread")
    (tmp_path / "a.txt").write_text("A text.\n")
    done = cli("check", tmp_path)
    assert done.code == 2
    assert done.err.startswith(f"dedupe: this system ({sys.platform}): ")
    assert "subsystem for Linux" in done.err


@pytest.mark.parametrize("limit", [1_000, 100_000])
def test_a_file_that_may_not_grow_any_further(tmp_path: Path, limit: int) -> None:
    """A limit on the size of files stands for a full disk: writing fails in the middle of a file."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    source = tmp_path / "in.jsonl"
    source.write_bytes(_rows(80))

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    with nothing_left_behind(tmp_path):
        process = _start(
            "clean", source, "-o", tmp_path / "out.jsonl",
            temporary=temporary, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=limited,
        )  # fmt: skip
        out, err = process.communicate(timeout=60)
        assert process.returncode == 2, err.decode()
        assert out == b""
        assert b"Traceback" not in err
        assert re.search(rb": .+; .+", err)


def test_no_more_memory(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(*_: Any, **__: Any) -> Any:
        raise MemoryError

    (tmp_path / "in.txt").write_bytes(POST)
    monkeypatch.setattr("dedupe.files.make_plan", exhausted)
    monkeypatch.setattr("dedupe.checking.make_plan", exhausted)
    with nothing_left_behind(tmp_path):
        check_error(cli("clean", tmp_path / "in.txt", "-o", tmp_path / "out.txt"), "memory")
        check_error(cli("check", tmp_path / "in.txt"), "memory")


def test_few_open_files(tmp_path: Path) -> None:
    """Twenty-five are too few, and that is said in words."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    source = tmp_path / "in.jsonl"
    source.write_bytes(_rows(20))
    with nothing_left_behind(tmp_path):
        process = _start(
            "clean", source, "-o", tmp_path / "out.jsonl", temporary=temporary, stderr=subprocess.PIPE,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (25, 25)),
        )  # fmt: skip
        _, err = process.communicate(timeout=60)
        assert process.returncode == 2, err.decode()
        assert re.search(rb"/dedupe-\w+/planning-\w+: the work file: too many open files; .*ulimit -n", err)


def test_a_full_disk(run: Cli, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    source = tmp_path / "in.jsonl"
    source.write_bytes(_rows(80))
    mounted = ROOT_USER and shutil.which("mount") is not None
    if (
        not mounted
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(small)], check=False).returncode
    ):
        pytest.skip("a small file system can only be mounted by root, where that is allowed")
    try:
        with nothing_left_behind(tmp_path):
            done = run("clean", source, "-o", small / "out.jsonl")
            assert done.code == 2, done.err
            assert re.search(re.escape(str(small)) + ".*: .+; .+", done.err)
            log = small / "log.jsonl"
            done = run("clean", source, "-o", tmp_path / "out.jsonl", "--log", log)
            check_error(done, log)
    finally:
        subprocess.run(["umount", str(small)], check=True)


# -- what is shown on a terminal


EVIL = "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x9b31m c1 \x08\x08 back \x7f"


def _check_harmless(done: Completed) -> None:
    assert "Traceback" not in done.err
    for stream in (done.stdout, done.stderr):
        text = stream.decode("utf-8", "surrogateescape")
        raw = sorted({c for c in text if (c < " " and c not in "\n\t") or "\x7f" <= c <= "\x9f"})
        assert not raw, f"control characters reached the terminal: {raw!r}"


def test_terminal_escapes_in_texts_never_reach_the_terminal(cli: Cli, tmp_path: Path) -> None:
    long = (
        "A paragraph with a bell \x07 and \x1b[2J an escape in it, which is long enough to be found a second time. " * 4
    )
    folder = tmp_path / "in"
    folder.mkdir()
    furniture = f"Print Friendly, PDF & Email\n{EVIL} Share on Facebook\n"
    text = f"{EVIL}\n\n{long}\n\nSomething else entirely.\n\n{long}\n\n{furniture}"
    (folder / "a.txt").write_text(text, "utf-8")
    rows = [{"id": f"x{EVIL}", "text": text}, {"id": EVIL, "text": text}]
    (folder / "b.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    out, log = tmp_path / "out", tmp_path / "out.difflog.jsonl"
    _check_harmless(cli("check", folder))
    _check_harmless(cli("clean", folder, "-o", out))
    shown = cli("diff", log)
    assert shown.code == 0
    _check_harmless(shown)
    _check_harmless(cli("diff", log, "--review"))
    for line in (1, 3, 7, 10):
        _check_harmless(cli("explain", f"{folder / 'a.txt'}:{line}"))
    for option in ("--repair", "--no-repair"):
        _check_harmless(cli("check", folder, option))


def test_terminal_escapes_in_names_never_reach_the_terminal(cli: Cli, tmp_path: Path) -> None:
    name = "a\x1b[31m\x07\r\nb.txt"
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / name).write_bytes(POST)
    (folder / "other.txt").write_bytes(POST)
    out, log = tmp_path / "out", tmp_path / "out.difflog.jsonl"
    done = cli("clean", folder, "-o", out)
    assert done.code == 0, done.err
    _check_harmless(done)
    _check_harmless(cli("check", folder))
    _check_harmless(cli("diff", log))
    _check_harmless(cli("explain", f"{folder / name}:16"))
    _check_harmless(cli("check", tmp_path / f"gone{EVIL}"))
    _check_harmless(cli("clean", folder, "-o", out))
    _check_harmless(cli("verify", out, "--log", tmp_path / f"gone{EVIL}"))
    assert cli("restore", out, "--log", log, "-o", tmp_path / "back").code == 0
    assert tree(tmp_path / "back") == tree(folder)


def test_a_name_that_is_not_utf8(run: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    try:
        with open(os.fsencode(folder) + b"/caf\xe9.txt", "wb") as stream:
            stream.write(POST)
    except OSError:
        pytest.skip("this file system takes names in UTF-8 only")
    out, log = tmp_path / "out", tmp_path / "out.difflog.jsonl"
    done = run("clean", folder, "-o", out)
    assert "Traceback" not in done.err
    if done.code == 2:
        assert not out.exists()
        return
    assert done.code == 0
    assert os.listdir(os.fsencode(out)) == [b"caf\xe9.txt"]
    assert run("verify", out, "--log", log).code == 0
    assert run("restore", out, "--log", log, "-o", tmp_path / "back").code == 0
    assert os.listdir(os.fsencode(tmp_path / "back")) == [b"caf\xe9.txt"]


def test_files_of_other_kinds_are_counted(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.txt").write_bytes(POST)
    for name in ["Makefile", "b.html", "c.html", *(f"x.{letter}\x1b" for letter in "klmnopqr")]:
        (folder / name).write_bytes(b"x")
    done = cli("clean", folder, "-o", tmp_path / "out")
    assert done.code == 0
    said = [line for line in done.err.splitlines() if "not read" in line]
    assert len(said) == 1
    assert said[0].startswith("11 files not read, for their extension: .html (2), no extension (1), .k")
    assert said[0].endswith("and 2 more kinds")
    assert "\x1b" not in done.err
