"""The progress line is drawn on a terminal, and only there; it fits, it goes, and a corpus has no say in it."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Completed, environment

from dedupe.checking import check_files
from dedupe.cli.progress import ProgressLine
from dedupe.config import Config
from dedupe.reading.corpus import FileCorpus
from dedupe.reading.files import find_inputs

pty = pytest.importorskip("pty", reason="no pseudo-terminals here")
CLEAR = "\r\x1b[K"


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A corpus of several batches, which takes some reading."""
    path = tmp_path / "feed.jsonl"
    with path.open("w", encoding="utf-8") as stream:
        for number in range(400):
            words = " ".join(f"word{number * 7 + place}" for place in range(400))
            stream.write(json.dumps({"id": f"d{number}", "text": words}) + "\n")
    return path


def on_terminal(*argv: str, columns: int = 80, cwd: Path | None = None, **env: str) -> tuple[int, str]:
    """Run the command with standard error on a pseudo-terminal; return its exit status and what came there."""
    import fcntl
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    command = [sys.executable, "-m", "dedupe", *argv]
    settings = environment({"TERM": "xterm", **env})
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=theirs, cwd=cwd, env=settings) as process:
        os.close(theirs)
        seen = b""
        while True:
            try:
                chunk = os.read(ours, 65536)
            except OSError:  # how Linux says that nobody holds the other end
                break
            if not chunk:
                break
            seen += chunk
        process.wait()
    os.close(ours)
    return process.returncode, seen.decode("utf-8")


def drawn(seen: str) -> list[str]:
    """The states of the progress line, in order."""
    return [state for state in seen.rpartition(CLEAR)[0].split(CLEAR) if state]


def left(seen: str) -> str:
    """What stands on the terminal at the end."""
    return "\n".join(line.rpartition(CLEAR)[2] for line in seen.split("\r\n"))


def test_drawn_on_a_terminal_and_gone_at_the_end(corpus: Path, run: Callable[..., Completed], tmp_path: Path) -> None:
    code, seen = on_terminal("clean", str(corpus), "-o", str(tmp_path / "out.jsonl"))
    states = drawn(seen)
    assert code == 0
    assert states[0].startswith("reading  ")
    assert "documents" in states[0]
    plain = run("clean", corpus, "-o", tmp_path / "out.jsonl", "--force")
    assert left(seen) == plain.err
    assert "reading" not in plain.err


def test_restoring_and_verifying_draw_it_too(corpus: Path, run: Callable[..., Completed], tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    run("clean", corpus, "-o", out)
    log = str(out) + ".difflog.jsonl"
    for argv in (["verify", str(out), "--log", log], ["restore", str(out), "--log", log, "-o", str(tmp_path / "back")]):
        code, seen = on_terminal(*argv)
        assert code == 0
        assert any(state.startswith("rebuilding  ") for state in drawn(seen))
        assert left(seen).startswith("400 documents re")


@pytest.mark.parametrize(
    ("argv", "env"), [(["-q"], {}), ([], {"CI": "1"}), ([], {"PRE_COMMIT": "1"}), ([], {"TERM": "dumb"})]
)
def test_nothing_where_nobody_looks(corpus: Path, argv: list[str], env: dict[str, str]) -> None:
    _, seen = on_terminal("check", str(corpus), *argv, **env)
    assert "\r\x1b" not in seen
    assert "reading" not in seen


def test_no_wider_than_the_terminal(corpus: Path) -> None:
    _, seen = on_terminal("check", str(corpus), columns=13)
    states = drawn(seen)
    assert states
    assert all(len(state) <= 12 for state in states)


def test_gone_when_the_run_fails(corpus: Path) -> None:
    with corpus.open("a", encoding="utf-8") as stream:
        stream.write("{broken\n")
    code, seen = on_terminal("check", str(corpus))
    assert code == 2
    assert drawn(seen)
    assert left(seen).startswith("dedupe: ")


def test_hostile_names_do_not_reach_the_terminal(tmp_path: Path) -> None:
    hostile = tmp_path / "\x1b]0;owned\x07\r\x1b[2Jgone\u202e.txt"
    hostile.write_text("The mill by the river opened again in spring, and nobody was there to see it.\n" * 3)
    worse = tmp_path / "\x1b[31mred.jsonl"
    worse.write_text("{broken\n")
    _, seen = on_terminal("check", ".", "--on-error", "skip", cwd=tmp_path)
    assert drawn(seen)
    rest = seen.replace(CLEAR, "").replace("\r\n", "")
    assert rest.isprintable()
    assert "\\x1b[31mred.jsonl" in rest


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_not_faster_than_ten_times_a_second() -> None:
    clock, stream = Clock(), io.StringIO()
    line = ProgressLine(stream, clock)
    for step in range(1000):
        clock.now = step / 1000
        line("reading", step, step, 1000)
    assert 2 <= stream.getvalue().count(CLEAR) <= 10
    line.clear()
    assert stream.getvalue().endswith(CLEAR)


def test_a_new_stage_is_shown_at_once_but_not_faster_than_that() -> None:
    clock, stream = Clock(), io.StringIO()
    line = ProgressLine(stream, clock)
    line("reading", 1, 0, 0)
    clock.now = 0.01
    line("matching", 1, 0, 0)
    assert line.text == "matching  1 document"
    for step in range(2, 100):
        clock.now = step / 100
        line(f"stage {step}", step, 0, 0)
    assert stream.getvalue().count(CLEAR) == 10


def test_rate_and_time_left_are_those_of_the_stage() -> None:
    clock = Clock()
    line = ProgressLine(io.StringIO(), clock)
    line("reading", 0, 0, 4_000_000)
    clock.now = 100
    line("reading", 9_000, 4_000_000, 4_000_000)
    line("writing", 0, 0, 4_000_000)
    clock.now = 102
    line("writing", 1_500, 1_000_000, 4_000_000)
    assert line.text == "writing  25%  1,500 documents  0.5 MB/s  0:06 left"
    line("matching", 9_000, 0, 0)
    clock.now = 103
    line("matching", 9_000, 0, 0)
    assert line.text == "matching  9,000 documents"


@pytest.mark.parametrize("packed", [False, True])
def test_stages_say_how_far_they_are(corpus: Path, packed: bool) -> None:
    data = corpus.read_bytes()
    if packed:
        corpus = corpus.with_suffix(".jsonl.gz")
        corpus.write_bytes(gzip.compress(data))
    size = corpus.stat().st_size
    texts = sum(len(json.loads(row)["text"]) for row in data.splitlines())
    calls: list[tuple[str, int, int, int]] = []
    check_files([str(corpus)], progress=lambda *call: calls.append(call))
    reading = [call for call in calls if call[0] == "reading"]
    assert [documents for _, documents, _, _ in reading] == sorted(documents for _, documents, _, _ in reading)
    assert reading[-1][1] == 400
    underway = [(done, total) for _, _, done, total in reading if total]
    assert underway == sorted(underway)
    assert all(0 < done <= total == size for done, total in underway)
    # Boilerplate is looked for in the texts as they lie in a work file.
    scored = [call[1:] for call in calls if call[0] == "boilerplate"]
    assert len(scored) > 1
    assert scored == sorted(scored)
    assert all(done <= total for _, done, total in scored)
    assert scored[-1] == (400, texts, texts)
    inside = [(documents, done, total) for stage, documents, done, total in calls if stage == "contained"]
    assert inside == sorted(inside)
    assert 0 < inside[0][0] < inside[-1][0]
    assert 0 < inside[-1][1] == inside[-1][2]


def test_position_counts_the_files_behind(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt", "c.txt"):
        (tmp_path / name).write_text("x" * 1000, encoding="utf-8")
    inputs = find_inputs([str(tmp_path)], Config(), tmp_path, io.BytesIO())
    files = FileCorpus(inputs, Config())
    assert files.position() == (0, 0)
    assert [files.position() for _ in files.records()] == [(1000, 3000), (2000, 3000), (3000, 3000)]
    assert files.position() == (0, 0)
    assert [files.position() for _ in files.records({2}, skip_unwanted=True)] == [(3000, 3000)]
