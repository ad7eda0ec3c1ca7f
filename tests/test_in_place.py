"""Files cleaned where they are: all of them or none, and from what a killed run leaves the originals come back."""

from __future__ import annotations

import errno
import gzip
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import SAMPLES, Completed, environment, nothing_left_behind, read_log, tree

from dedupe import files
from dedupe.cleaning.exchange import beside

Cli = Callable[..., Completed]

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which texts, rows and packed files change, and one file goes."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    for name in ("blog-post.txt", "forum-thread.txt", "poem.txt", "ferry-story.txt"):
        (folder / name).write_bytes((SAMPLES / "pages" / name).read_bytes())
    (folder / "again.txt").write_bytes((SAMPLES / "pages" / "poem.txt").read_bytes())
    (folder / "feed.jsonl").write_bytes((SAMPLES / "feed.jsonl").read_bytes().rstrip(b"\n"))
    (folder / "more.jsonl.gz").write_bytes(gzip.compress((SAMPLES / "feed.jsonl").read_bytes()))
    (folder / "wide.txt").write_bytes((SAMPLES / "pages" / "mojibake.txt").read_text("utf-8").encode("utf-16"))
    monkeypatch.chdir(tmp_path)
    return folder


def clean(cli: Cli, *options: str) -> Completed:
    return cli("clean", "--in-place", "corpus", "--log", "fixed.difflog.jsonl", *options)


def unpacked(folder: Path) -> dict[str, bytes]:
    return {name: gzip.decompress(data) if name.endswith(".gz") else data for name, data in tree(folder).items()}


@pytest.mark.parametrize("linked", [True, False])
@pytest.mark.parametrize("nth", [0, 1, 3, 5])
@pytest.mark.parametrize("error", [FULL, KeyboardInterrupt()])
def test_all_files_are_rewritten_or_none(
    cli: Cli, corpus: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, nth: int, linked: bool
) -> None:
    moved: list[Any] = []

    def replaced(place: Any, target: Any) -> None:
        if "partial" in str(place):
            moved.append(target)
            if len(moved) == nth + 1:
                raise error
        replace(place, target)

    def fails(*_: Any, **__: Any) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    replace = os.replace
    monkeypatch.setattr(os, "replace", replaced)
    if not linked:
        monkeypatch.setattr(os, "link", fails)
    with nothing_left_behind(corpus.parent):
        done = clean(cli)
    assert len(moved) == nth + 1
    if error is FULL:
        assert done.code == 2
        assert ": no space left on device; " in done.err
    else:
        assert done.code == 130


def test_a_disk_that_fills_up_before_all_is_written_beside_its_place(
    cli: Cli, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def copied(self: Any, file: Any, target: Any) -> None:
        copy(self, file, target)
        if file.path.endswith("wide.txt"):
            raise FULL

    copy = files.Staged.copy
    monkeypatch.setattr(files.Staged, "copy", copied)
    with nothing_left_behind(corpus.parent):
        assert clean(cli).code == 2


def test_what_stood_there_is_named_where_it_cannot_be_put_back(
    cli: Cli, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def replaced(place: Any, target: Any) -> None:
        if (Path(target).name, Path(place).suffix) in {("wide.txt", ".partial"), ("feed.jsonl", ".old")}:
            raise FULL
        replace(place, target)

    before = tree(corpus)
    replace = os.replace
    monkeypatch.setattr(os, "replace", replaced)
    done = clean(cli)
    assert done.code == 2
    assert f"corpus/feed.jsonl: was replaced, and what stood there is left at {corpus}/.feed.jsonl." in done.err
    after = tree(corpus)
    (old,) = set(after) - set(before)
    after["feed.jsonl"] = after.pop(old)
    assert after == before


@pytest.mark.parametrize("first", range(7))
def test_originals_come_back_from_what_a_killed_run_left(cli: Cli, corpus: Path, first: int) -> None:
    """Some files are rewritten then, and the others are not."""
    before, contents = tree(corpus), unpacked(corpus)
    assert clean(cli).code == 1
    after = tree(corpus)
    changed = [name for name in sorted(before) if before[name] != after.get(name)]
    assert len(changed) == 6
    assert len(after) == len(before) - 1
    left = changed[first:]
    for name in left:
        (corpus / name).write_bytes(before[name])

    done = cli("verify", ".", "--log", "fixed.difflog.jsonl")
    assert done.code == (1 if left else 0)
    for name in left:
        assert f"corpus/{name}: is as it was before the run; restore the others, or clean it" in done.out
    assert len(done.out.splitlines()) == len(left)
    done = cli("restore", ".", "--log", "fixed.difflog.jsonl", "-o", "originals")
    assert done.code == 0, done.err
    assert unpacked(corpus.parent / "originals" / "corpus") == contents


def test_the_log_of_a_run_is_not_replaced_by_that_of_the_next(cli: Cli, corpus: Path) -> None:
    before = (corpus / "blog-post.txt").read_bytes()
    assert clean(cli).code == 1
    log = read_log("fixed.difflog.jsonl")
    (corpus / "blog-post.txt").write_bytes(before)
    done = clean(cli)
    assert done.code == 2
    assert "fixed.difflog.jsonl: exists and is not empty; " in done.err
    assert read_log("fixed.difflog.jsonl") == log
    assert (corpus / "blog-post.txt").read_bytes() == before


def test_the_links_to_a_file_that_goes_go_with_it(cli: Cli, corpus: Path) -> None:
    """A link that leads nowhere would stop the next run; the log knows where each of them was and what it said."""
    text = (corpus / "poem.txt").read_bytes()
    (corpus / "again.txt").rename(corpus / "zz.txt")
    (corpus / "more").mkdir()
    kept = corpus / "more" / "kept.txt"
    kept.symlink_to("../poem.txt")
    (corpus / "more" / "link.txt").symlink_to("../zz.txt")
    (corpus / "aa.txt").symlink_to("more/link.txt")  # the first by path of all names of the poem
    (corpus.parent / "same").symlink_to("corpus")  # by which there is every file and link once more
    done = clean(cli, "same")
    assert done.code == 1, done.err
    assert "links that went with the files they led to, which the log names: 2\n" in done.err
    assert not {"zz.txt", "aa.txt", "more/link.txt"} & set(tree(corpus))
    assert not any(os.path.lexists(corpus / name) for name in ("zz.txt", "aa.txt", "more/link.txt"))
    assert kept.read_bytes() == text
    (record,) = (r for r in read_log("fixed.difflog.jsonl") if r.get("status") == "removed" and r["row"] is None)
    assert record["path"] == "corpus/zz.txt"
    assert record["links"] == [["corpus/aa.txt", "more/link.txt"], ["corpus/more/link.txt", "../zz.txt"]]
    done = cli("diff", "fixed.difflog.jsonl", "--document", "corpus/zz.txt")
    assert "removed, 1,054 bytes, with the link corpus/aa.txt, with the link corpus/more/link.txt" in done.out
    done = cli("clean", "--in-place", "corpus", "--log", "second.difflog.jsonl")
    assert done.code == 0, done.err
    done = cli("restore", ".", "--log", "fixed.difflog.jsonl", "-o", "originals")
    assert done.code == 0, done.err
    assert (corpus.parent / "originals" / "corpus" / "zz.txt").read_bytes() == text


def test_of_links_to_a_file_elsewhere_all_go_and_the_file_stays(cli: Cli, corpus: Path) -> None:
    elsewhere = corpus.parent / "elsewhere.txt"
    (corpus / "again.txt").rename(elsewhere)
    for name in ("x.txt", "y.txt"):
        (corpus / name).symlink_to("../elsewhere.txt")
    assert clean(cli).code == 1
    assert not any(os.path.lexists(corpus / name) for name in ("x.txt", "y.txt"))
    assert elsewhere.read_bytes() == (corpus / "poem.txt").read_bytes()
    assert cli("clean", "--in-place", "corpus", "--log", "second.difflog.jsonl").code == 0


def test_a_link_that_was_changed_meanwhile_does_not_go(cli: Cli, corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def copied(self: Any, file: Any, target: Any) -> None:
        copy(self, file, target)
        if not link.samefile(corpus / "poem.txt"):
            link.unlink()
            link.symlink_to("poem.txt")

    (corpus / "again.txt").rename(corpus / "zz.txt")
    link = corpus / "link.txt"
    link.symlink_to("zz.txt")
    before = tree(corpus)
    copy = files.Staged.copy
    monkeypatch.setattr(files.Staged, "copy", copied)
    done = clean(cli)
    assert done.code == 2
    assert "link.txt: changed meanwhile; " in done.err
    assert tree(corpus) == before
    assert os.readlink(link) == "poem.txt"


KILLED = """
import os, signal, sys
from dedupe.cli.main import main

count, replace = 0, os.replace

def replaced(place, target):
    global count
    count += "partial" in str(place)
    if count == int(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGKILL)
    replace(place, target)

os.replace = replaced
main(["clean", "--in-place", "corpus", "--log", sys.argv[2]])
"""


def hidden(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("."))


@pytest.mark.parametrize(("nth", "done_before"), [(1, 0), (2, 0), (4, 2), (6, 5)])
def test_the_next_run_tidies_up_behind_one_that_was_killed(cli: Cli, corpus: Path, nth: int, done_before: int) -> None:
    """What was not written goes; what a file was before is named, unless the file is so still."""
    before = tree(corpus)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(nth), "one.difflog.jsonl"], env=environment(), check=False
    )
    assert killed.returncode == -signal.SIGKILL
    assert len(hidden(corpus)) >= 5
    now = {name: data for name, data in tree(corpus).items() if not name.startswith(".")}
    rewritten = [name for name in before if now.get(name) != before[name]]
    assert len(rewritten) == done_before  # the first that is moved is the log
    done = cli("clean", "--in-place", "corpus", "--log", "two.difflog.jsonl")
    assert done.code == 1, done.err
    left = hidden(corpus)
    assert [name.rsplit(".", 2)[0][1:] for name in left] == rewritten
    for name, original in zip(left, rewritten, strict=True):
        assert (corpus / name).read_bytes() == before[original]
        assert f"corpus/{name}: was left by a run that was killed; see what it is, and remove it" in done.err
    done = cli("clean", "--in-place", "corpus", "--log", "three.difflog.jsonl")
    assert done.code == 0
    assert done.err.count("was left by a run that was killed") == len(left)
    assert "documents: " not in done.err  # there is nothing to be counted
    assert hidden(corpus) == left


def test_what_may_belong_to_a_run_that_goes_on_is_let_alone(cli: Cli, corpus: Path) -> None:
    ours = beside(corpus / "again.txt", "partial").name
    machine, _, token = ours.split(".")[-2].split("-")
    over = corpus / ours.replace(str(os.getpid()), "4194999")
    on = [
        corpus / f".again.txt.{machine}-{os.getppid()}-{token}.partial",
        corpus / f".again.txt.00000000-17-{token}.partial",
        corpus / f".again.txt.{token}.partial",
    ]
    for place in (over, *on):
        place.write_bytes(b"A draft")
    assert clean(cli).code == 1
    assert not over.exists()
    assert all(place.exists() for place in on)


def test_what_is_left_of_a_file_that_is_gone_is_named(cli: Cli, corpus: Path) -> None:
    left, link = (
        path.with_name(path.name.replace(f"-{os.getpid()}-", "-4194999-"))
        for path in (beside(corpus / "gone.txt", "partial"), beside(corpus / "link.txt", "old"))
    )
    left.write_bytes(b"A draft")
    link.symlink_to("again.txt")
    done = clean(cli)
    assert done.code == 1
    for place in (left, link):
        assert f"corpus/{place.name}: was left by a run that was killed; " in done.err
        assert os.path.lexists(place)
    (corpus / "link.txt").symlink_to("again.txt")
    done = cli("clean", "--in-place", "corpus", "--log", "second.difflog.jsonl")
    assert not os.path.lexists(link)
    assert left.exists()


def test_what_is_passed_over_is_said_also_where_nothing_changes(cli: Cli, corpus: Path) -> None:
    (corpus / "broken.jsonl").write_text('{"text": 3}\n')
    assert clean(cli, "--on-error", "skip").code == 1
    done = cli("clean", "--in-place", "corpus", "--on-error", "skip", "--log", "second.difflog.jsonl")
    assert done.code == 0
    assert "corpus/broken.jsonl:1: passed over: " in done.err
    done = cli("clean", "--in-place", "corpus", "--on-error", "skip", "--log", "third.difflog.jsonl", "--quiet")
    assert (done.code, done.err) == (0, "")
