"""What a killed run leaves where it wrote to: the next one tidies up, and never behind a run that goes on."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import SAMPLES, Completed, environment, tree

from dedupe.cleaning import leftovers
from dedupe.cleaning.exchange import Move, beside, exchange

Cli = Callable[..., Completed]

LEFT = "was left by a run that was killed; see what it is, and remove it"

#: Ends or stops itself before the n-th call of a function that it names, and goes on if it can.
STRUCK = """
import importlib, os, sys
from dedupe.cli.main import main

name, nth, number, *argv = sys.argv[1:]
module = importlib.import_module(name.rpartition(".")[0])
function, left = getattr(module, name.rpartition(".")[2]), int(nth)

def struck(*args, **options):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), int(number))
    return function(*args, **options)

setattr(module, name.rpartition(".")[2], struck)
sys.exit(main(argv))
"""


def start(name: str, nth: int, number: int, *argv: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", STRUCK, name, str(nth), str(int(number)), *argv]
    return subprocess.Popen(command, env=environment(), stderr=subprocess.PIPE)


def killed(name: str, nth: int, *argv: str) -> None:
    with start(name, nth, signal.SIGKILL, *argv) as process:
        assert process.wait(60) == -signal.SIGKILL


def hidden(folder: Path) -> list[str]:
    return sorted(path.name.split(".")[-1] for path in folder.iterdir() if path.name.startswith("."))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pages").mkdir()
    for name in ("blog-post.txt", "forum-thread.txt"):
        (tmp_path / "pages" / name).write_bytes((SAMPLES / "pages" / name).read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("source", ["pages", "pages/blog-post.txt"])
def test_the_next_run_goes_on_as_if_there_had_been_none(cli: Cli, here: Path, source: str) -> None:
    clean = ("clean", source, "-o", "out")
    killed("dedupe.files._summary", 1, *clean)
    assert hidden(here) == []  # it was done
    for path in ("out.difflog.jsonl", "out"):
        os.rename(path, f"expected-{path}")
    killed("dedupe.cleaning.write.exchange", 1, *clean)
    assert hidden(here) == ["partial", "partial"]
    done = cli(*clean)
    assert done.code == 0, done.err
    assert "left" not in done.err
    assert hidden(here) == []
    assert Path("out.difflog.jsonl").read_bytes() == Path("expected-out.difflog.jsonl").read_bytes()
    if source == "pages":
        assert tree("out") == tree("expected-out")
    else:
        assert Path("out").read_bytes() == Path("expected-out").read_bytes()


def test_a_killed_restoration_is_tidied_up_too(cli: Cli, here: Path) -> None:
    assert cli("clean", "pages", "-o", "out").code == 0
    restore = ("restore", "out", "--log", "out.difflog.jsonl", "-o", "back")
    killed("os.rename", 1, *restore)
    assert hidden(here) == ["partial"]
    assert cli(*restore).code == 0
    assert hidden(here) == []
    assert tree("back") == tree("pages")


def test_what_stood_there_is_named_and_so_is_what_was_to_take_its_place(cli: Cli, here: Path) -> None:
    """Killed between two renames, a run leaves all that it had to put there."""
    assert cli("clean", "pages", "-o", "out").code == 0
    before = tree("out")
    clean = ("clean", "pages", "-o", "out", "--force", "--no-boilerplate")
    killed("os.rename", 2, *clean)
    assert not os.path.exists("out")
    old, partial = (next(here.glob(f".out.????????-*.{suffix}")) for suffix in ("old", "partial"))
    assert tree(old) == before
    written = tree(partial)
    done = cli(*clean)
    assert done.code == 0, done.err
    assert f"{old}: {LEFT}" in done.err
    assert f"{partial}: {LEFT}" in done.err
    assert (tree(old), tree(partial), tree("out")) == (before, written, written)
    assert f"{old}: {LEFT}" in cli(*clean).err
    assert tree(old) == before
    assert not partial.exists()  # it stands there


@pytest.mark.parametrize(
    ("source", "name", "nth"), [("pages", "os.rename", 1), ("pages/blog-post.txt", "os.replace", 2)]
)
def test_killed_between_log_and_output_a_run_leaves_the_pair_that_stood_there(
    cli: Cli, here: Path, source: str, name: str, nth: int
) -> None:
    assert cli("clean", source, "-o", "out").code == 0
    clean = ("clean", source, "-o", "out", "--force", "--no-boilerplate")
    killed(name, nth, *clean)
    verified = cli("verify", "out")
    assert (verified.code, "1 mismatch" in verified.err or "2 mismatches" in verified.err) == (1, True)
    (old,) = here.glob(".out.difflog.jsonl.*.old")
    assert cli("verify", "out", "--log", str(old)).code == 0
    done = cli(*clean)
    assert done.code == 0, done.err
    assert f"{old}: {LEFT}" in done.err
    assert cli("verify", "out").code == 0


@pytest.mark.parametrize("source", ["pages", "pages/blog-post.txt"])
def test_a_run_that_goes_on_loses_nothing(cli: Cli, here: Path, source: str) -> None:
    clean = ("clean", source, "-o", "out", "--force")
    with start("dedupe.cleaning.write.exchange", 1, signal.SIGSTOP, *clean) as process:
        try:
            deadline = time.monotonic() + 60
            while len(hidden(here)) < 2 and time.monotonic() < deadline:
                time.sleep(0.02)
            os.waitpid(process.pid, os.WUNTRACED)
            assert cli(*clean).code == 0
            assert hidden(here) == ["partial", "partial"]
            log = Path("out.difflog.jsonl").read_bytes()
        finally:
            process.send_signal(signal.SIGCONT)
        assert process.wait(60) == 0
    assert hidden(here) == []
    assert Path("out.difflog.jsonl").read_bytes() == log
    assert cli("verify", "out").code == 0


def test_another_thread_loses_nothing(cli: Cli, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What has the number of this process is its own, unless it was there before."""
    partial = beside(here / "out", "partial")
    partial.write_bytes(b"A draft")
    assert cli("clean", "pages", "-o", "out").code == 0
    assert cli("clean", "pages", "-o", "out", "--force").code == 0
    assert partial.exists()
    monkeypatch.setattr(leftovers, "_BEGAN", time.time() + 3600)
    assert cli("clean", "pages", "-o", "out", "--force").code == 0
    assert not partial.exists()


@pytest.mark.parametrize("missing", ["links", "links to links"])
def test_what_a_failed_exchange_replaced_is_put_back_without_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    """Some file systems have no links, and some systems make none to links: what stood there is copied then."""
    text, lead = tmp_path / "text.txt", tmp_path / "lead.txt"
    text.write_text("Tide tables")
    lead.symlink_to("text.txt")
    parts = {target: target.with_suffix(".new") for target in (text, lead)}
    for part in parts.values():
        part.write_text("New tables")

    def no_links(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    if missing == "links":
        monkeypatch.setattr(os, "link", no_links)
        monkeypatch.setattr(os, "supports_follow_symlinks", {*os.supports_follow_symlinks, no_links})
    else:
        monkeypatch.setattr(os, "supports_follow_symlinks", os.supports_follow_symlinks - {os.link})

    def fail() -> None:
        assert (text.read_text(), lead.read_text(), lead.is_symlink()) == ("New tables", "New tables", False)
        raise RuntimeError("the log could not be written")

    with pytest.raises(RuntimeError, match="the log"):
        exchange([Move(part, target, str(target)) for target, part in parts.items()], fail)
    assert (text.read_text(), os.readlink(lead)) == ("Tide tables", "text.txt")
    assert sorted(place.name for place in tmp_path.iterdir()) == ["lead.txt", "text.txt"]
