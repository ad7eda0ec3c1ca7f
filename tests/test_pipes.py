"""Named pipes as inputs, which can be read once and have no place of their own, and "-" for what goes out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from conftest import SAMPLES, Completed, call_cli, nothing_left_behind, tree
from test_bad_input import check_error, check_usage

import dedupe
from dedupe import clean_files
from dedupe.cleaning.write import write_or_print
from dedupe.difflog.read import LogFile
from dedupe.errors import LogMismatch

Cli = Callable[..., Completed]

POST = (SAMPLES / "pages" / "blog-post.txt").read_bytes()
STORY = (SAMPLES / "pages" / "ferry-story.txt").read_bytes()

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")


@contextmanager
def pipe(path: Path, data: bytes) -> Iterator[Path]:
    """A named pipe at *path* out of which *data* comes, once."""
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(data,), daemon=True)
    writer.start()
    yield path
    writer.join(30)
    path.unlink()


def test_what_is_held_against_a_pipe_is_not_replaced_by_it(cli: Cli, tmp_path: Path) -> None:
    out = tmp_path / "out.txt"
    with pipe(tmp_path / "one", STORY) as one, pipe(tmp_path / "two", POST) as two:
        done = cli("clean", one, "-o", out, "--against", two)
    assert done.code == 0, done.err
    assert out.read_bytes() == STORY


def test_pipes_are_read_one_by_one_and_named_as_they_were_given(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pipe(tmp_path / "one", POST), pipe(tmp_path / "two", STORY + b"\n" + STORY):
        done = cli("check", "one", "two")
    assert done.code == 1, done.err
    assert {line.partition(":")[0] for line in done.out.splitlines() if line[0] != " "} == {"one", "two"}
    assert "findings in 2 documents" in done.err


def test_a_line_out_of_a_pipe_is_explained(cli: Cli, tmp_path: Path) -> None:
    with pipe(tmp_path / "page", POST) as page:
        done = cli("explain", f"{page}:15")
    assert done.code == 0, done.err
    assert done.out.startswith(f"{page}:15: Print Friendly, PDF & Email\n")


def test_a_pipe_cannot_be_cleaned_in_place(cli: Cli, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    with pipe(tmp_path / "page", POST) as page:
        check_error(cli("clean", "--in-place", page, "--log", log), page)
    check_error(cli("clean", "--in-place", "-", "--log", log, input=POST), "-")
    assert not log.exists()


@pytest.mark.parametrize("table", [b"", b"[tool.dedupe]\n"])
def test_settings_lexicons_and_baselines_may_come_out_of_pipes(cli: Cli, tmp_path: Path, table: bytes) -> None:
    (tmp_path / "page.txt").write_bytes(POST)
    check = ("check", tmp_path / "page.txt")
    with pipe(tmp_path / "settings", table + b"boilerplate = false\n") as settings:
        assert cli(*check, "--config", settings).code == 0
    with pipe(tmp_path / "lexicon", b"keep = facebooktwittermail\n") as lexicon:
        done = cli("clean", tmp_path / "page.txt", "-o", "-", "--log", "/dev/null", "--lexicon", lexicon, "--jobs", "2")
    assert b"Facebooktwittermail" in done.stdout
    with pipe(tmp_path / "lexicon", b"keep = facebooktwittermail\n") as lexicon:
        done = cli("explain", f"{tmp_path / 'page.txt'}:16", "--lexicon", lexicon)
    assert done.out.startswith(f"{tmp_path / 'page.txt'}:16: Facebooktwittermail\n")
    assert "held back: keep\n  kept: no finding covers this line\n" in done.out
    with pipe(tmp_path / "accepted", b'{"dedupe_baseline":1}\n') as accepted:
        assert cli(*check, "--baseline", accepted).code == 1


def test_what_can_be_read_once_is_no_log(cli: Cli, tmp_path: Path) -> None:
    """What was read first would be all there is, and all of the nothing behind it would fit."""
    (tmp_path / "page.txt").write_bytes(POST)
    out, log = tmp_path / "out.txt", tmp_path / "log.jsonl"
    assert cli("clean", tmp_path / "page.txt", "-o", out, "--log", log).code == 0
    os.mkfifo(tmp_path / "pipe")
    for argv in (("verify", out, "--log"), ("restore", out, "-o", tmp_path / "back", "--log"), ("diff",)):
        check_error(cli(*argv, tmp_path / "pipe"), "pipe")
    assert not (tmp_path / "back").exists()


def test_a_log_that_is_cut_off_while_it_is_read_is_no_log(tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_bytes(POST)
    log = tmp_path / "log.jsonl"
    dedupe.clean_files([tmp_path / "page.txt"], tmp_path / "out.txt", log)
    opened = LogFile(log)
    log.write_bytes(b"")
    with pytest.raises(LogMismatch, match="was changed while it was read"):
        list(opened.documents())


def test_what_can_be_read_once_has_no_baseline(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("page")
    for path in ("page", "-"):
        check_error(cli("baseline", "update", path, input=POST), path)
    Path("page.txt").write_bytes(POST)
    check_error(cli("baseline", "update", "page.txt", "--lexicon", "page"), "page")


def test_a_learned_lexicon_that_is_merged_may_come_out_of_a_pipe(cli: Cli, tmp_path: Path) -> None:
    learned = (
        b"strong nav und [documents 5/9, sources 2, lines 5, edges 4, others 1] = back to the mill\n"
        b"keep = back to the river\n"
    )
    (tmp_path / "learned.txt").write_bytes(learned)
    with pipe(tmp_path / "pipe", learned) as merged:
        done = cli("learn", "--merge", merged, "-o", "-")
    assert done.code == 0, done.err
    assert done.stdout == cli("learn", "--merge", tmp_path / "learned.txt", "-o", "-").stdout
    assert b"= back to the mill" in done.stdout


def test_the_log_may_go_to_standard_output(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("page.txt").write_bytes(POST)
    assert cli("clean", "page.txt", "-o", "one.txt").code == 0
    done = cli("clean", "page.txt", "-o", "two.txt", "--log", "-")
    assert (done.code, done.stdout) == (0, Path("one.txt.difflog.jsonl").read_bytes())
    assert cli("clean", "--in-place", "page.txt", "--log", "log.jsonl").code == 1
    done = cli("clean", "--in-place", "two.txt", "--log", "-")
    assert (done.code, done.stdout) == (0, b"")  # nothing changes
    Path("page.txt").write_bytes(POST)
    done = cli("clean", "--in-place", "page.txt", "--log", "-")
    assert (done.code, done.stdout) == (1, Path("log.jsonl").read_bytes())
    assert not Path("-").exists()
    check_usage(cli("clean", "page.txt", "-o", "-", "--log", "-"), "standard output")


@pytest.mark.parametrize("link", ["", "hard", "soft"])
def test_no_log_and_no_lexicon_takes_the_place_of_an_input(cli: Cli, tmp_path: Path, link: str) -> None:
    page, other = tmp_path / "page.txt", tmp_path / "other"
    page.write_bytes(POST)
    if link == "hard":
        os.link(page, other)
    elif link == "soft":
        other.symlink_to(page)
    else:
        other = page
    with nothing_left_behind(tmp_path):
        check_error(cli("clean", "--in-place", page, "--log", other, "--force"), other, "is an input")
        check_error(cli("learn", page, "-o", other, "--force"), other, "is an input")


@pytest.mark.parametrize("change", ["edited", "removed"])
def test_what_is_written_to_a_file_while_it_is_cleaned_in_place_is_kept(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    for name in ("one.txt", "two.txt"):
        (tmp_path / name).write_bytes(POST)

    def edit_first(*argv: Any, **options: Any) -> Any:
        """Open the log, with which the rewriting begins."""
        if change == "edited":
            (tmp_path / "one.txt").write_bytes(POST + b"\nMore.\n")
        else:
            (tmp_path / "one.txt").unlink()
        return write_or_print(*argv, **options)

    monkeypatch.setattr("dedupe.files.write_or_print", edit_first)
    paths, log = (tmp_path / "one.txt", tmp_path / "two.txt"), tmp_path / "log.jsonl"
    check_error(cli("clean", "--in-place", *paths, "--scope", "document", "--log", log), "one.txt")
    left = {"one.txt": POST + b"\nMore.\n"} if change == "edited" else {}
    assert tree(tmp_path) == left | {"two.txt": POST}


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("stream", ["stdin", "stdout"])
def test_a_pipe_that_is_not_to_be_waited_for_loses_nothing(tmp_path: Path, stream: str, unbuffered: str) -> None:
    """Programs that start others often have such pipes: what did not fit was lost, and input ended where it paused."""
    rows = [{"text": f"Row {n} is about the mill on the river and its wheel, number {n}. " * 40} for n in range(90)]
    given = "".join(json.dumps(row) + "\n" for row in rows).encode()
    source = tmp_path / "in.jsonl"
    source.write_bytes(given)
    process = subprocess.Popen(
        [sys.executable, "-c", f"import os, sys; os.set_blocking(sys.{stream}.fileno(), False); "
         "os.execv(sys.executable, [sys.executable, '-m', 'dedupe', *sys.argv[1:]])",
         "clean", "-", "-o", "-", "--log", tmp_path / "log.jsonl", "--quiet"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(given[:70_000])
    process.stdin.flush()
    time.sleep(1)  # long enough to read all that is there
    process.stdin.write(given[70_000:])
    process.stdin.close()
    time.sleep(1)  # and to write all that fits
    written, said = process.stdout.read(), process.stderr.read()  # type: ignore[union-attr]
    assert (process.wait(60), said) == (0, b"")
    out = tmp_path / "out.jsonl"
    assert call_cli("clean", source, "-o", out).code == 0
    assert written == out.read_bytes()
    assert len(written) > 100_000


@pytest.mark.parametrize(
    ("arguments", "status"), [(("clean", "post.txt", "-o", "out.txt"), 0), (("clean", "none.txt", "-o", "out.txt"), 2)]
)
def test_whether_what_is_said_is_heard_changes_nothing(tmp_path: Path, arguments: tuple[str, ...], status: int) -> None:
    (tmp_path / "post.txt").write_bytes(POST)
    ours, theirs = os.pipe()
    os.close(ours)
    done = subprocess.run([sys.executable, "-m", "dedupe", *arguments], cwd=tmp_path, stderr=theirs, check=False)
    os.close(theirs)
    assert done.returncode == status
    assert (tmp_path / "out.txt").exists() == (status == 0)


def test_a_stream_that_takes_what_there_is_room_for(tmp_path: Path) -> None:
    """As standard output without a buffer does."""

    class Narrow(BytesIO):
        def write(self, data: Any, /) -> int:
            return super().write(bytes(data)[:10])

    narrow, source = Narrow(), tmp_path / "in.jsonl"
    source.write_text(json.dumps({"text": "A text that nobody wrote twice."}) + "\n")
    clean_files([source], "-", tmp_path / "log.jsonl", stdout=narrow)
    assert narrow.getvalue() == source.read_bytes()
