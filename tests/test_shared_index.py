"""An index on a Redis server answers as one on disk does, whoever feeds it, and whatever happens to them."""

from __future__ import annotations

import json
import os
import pickle
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import Completed, tree
from strategies import LONG
from test_index import some_texts, write
from test_index_nested import Scribe

import dedupe
from dedupe import Config
from dedupe.errors import ConfigError, ReadError, WriteError
from dedupe.index import lease
from dedupe.index.against import add_to_index, index_info, open_for_adding

Cli = Callable[..., Completed]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis server of its own, on a free port of this machine."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("there is no redis-server; install it to test the shared index")
    pytest.importorskip("redis", reason="the library for Redis is missing: corpus-dedupe[redis]")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("redis")
    arguments = ["--port", port, "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "no"]
    process = subprocess.Popen([program, *map(str, arguments)], stdout=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture
def index(server: str, request: pytest.FixtureRequest) -> str:
    """The place of an index that is not there yet."""
    return f"{server}?name={request.node.name.replace('[', '-').strip(']')}"


def client(index: str) -> Any:
    import redis

    return redis.Redis.from_url(index.partition("?")[0])


def found(index: str) -> list[int]:
    """Which of the texts the index knows."""
    return [n for n, text in enumerate(LONG[:6]) if dedupe.check([text], Config(index=index))]


def answers(index: str, queries: Sequence[str]) -> list[Any]:
    """The findings, without the machine that an index on a server names."""
    records = dedupe.check(queries, Config(index=index))
    return json.loads(json.dumps(records).replace(f"{socket.gethostname()}:/", "/"))


@pytest.mark.parametrize("seed", range(3))
def test_it_answers_as_an_index_on_disk(index: str, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    corpus = tmp_path / "corpus"
    files = write(corpus, some_texts(chance))
    contents = {file: file.read_bytes() for file in files}
    for file in chance.sample(files, 3):
        file.write_bytes(chance.choice([b"", *contents.values()]))
        add_to_index(index, [str(file)], Config())
    for file in chance.sample(files, len(files)):
        file.write_bytes(contents[file])
        add_to_index(index, [str(file)], Config())
    add_to_index(str(tmp_path / "disk"), [str(corpus)], Config())
    queries = some_texts(chance)
    expected = answers(str(tmp_path / "disk"), queries)
    assert any(finding["rule"].endswith("near") for finding in expected)
    assert answers(index, queries) == expected
    one, other = index_info(index), index_info(str(tmp_path / "disk"))
    assert (one.files, one.documents, one.segments) == (other.files, other.documents, other.segments)


@pytest.mark.parametrize("seed", range(6))
def test_it_finds_what_is_inside_of_something_as_an_index_on_disk_does(index: str, tmp_path: Path, seed: int) -> None:
    """Passages in longer ones and damaged copies too, whatever was there before and is not any more."""
    scribe, config = Scribe(seed), Config(boilerplate=False)
    corpus = tmp_path / "corpus"
    gone, old = scribe.old(), [text for _ in range(4) for text in scribe.old()]
    files = write(corpus, [*gone, *old])
    for file in files:
        add_to_index(index, [str(file)], config)
    for file in files[: len(gone)]:
        file.unlink()
    add_to_index(index, [str(corpus)], config, prune=True)
    add_to_index(str(tmp_path / "disk"), [str(corpus)], config)
    queries = [text for texts in (old, gone, old, old) for text in scribe.new(texts)]
    expected = answers(str(tmp_path / "disk"), queries)
    assert {"duplicate/contained", "duplicate/contains"} & {finding["rule"] for finding in expected}
    assert answers(index, queries) == expected


def test_it_knows_how_texts_are_written(index: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(f"{LONG[0]}\n\n{LONG[1]} Is it so?", encoding="utf-8")
    add_to_index(index, [str(tmp_path / "a.txt")], Config())
    found = answers(index, [f"{LONG[1]} Is it so?", f"{LONG[1]} Is it so."])
    assert [(finding["doc"], finding["rule"]) for finding in found] == [
        ("1", "duplicate/exact"), ("2", "duplicate/near"),
    ]  # fmt: skip


def test_many_documents_of_one_file_keep_their_order(index: str, tmp_path: Path) -> None:
    rows = [{"id": f"k{n}", "text": f"{LONG[n % 3]} {n // 40}"} for n in range(300)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    add_to_index(index, [str(tmp_path / "rows.jsonl")], Config())
    add_to_index(str(tmp_path / "disk"), [str(tmp_path / "rows.jsonl")], Config())
    queries = [f"{LONG[1]} 5", f"{LONG[2]} 17"]
    assert answers(index, queries) == answers(str(tmp_path / "disk"), queries)


def test_machines_feed_one_index_without_knowing_of_each_other(
    index: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has another file under the same path."""
    page = tmp_path / "page.txt"
    for number in range(2):
        monkeypatch.setattr(socket, "gethostname", lambda number=number: f"machine-{number}")
        page.write_text(LONG[number], "utf-8")
        add_to_index(index, [str(page)], Config())
    assert found(index) == [0, 1]
    page.write_text(LONG[2], "utf-8")
    add_to_index(index, [str(page)], Config())
    assert found(index) == [0, 2]
    page.unlink()
    assert add_to_index(index, [str(tmp_path)], Config(), prune=True).gone == 1
    assert found(index) == [0]
    (finding,) = dedupe.check([LONG[0]], Config(index=index))
    assert finding["canonical"]["path"] == f"machine-0:{page}"


def test_what_comes_later_is_cleaned_of_what_came_before(cli: Cli, index: str, tmp_path: Path) -> None:
    for month in range(3):
        new, out = tmp_path / f"in{month}.txt", tmp_path / f"out{month}.txt"
        new.write_text(f"{LONG[month]}\n\n{LONG[month + 1]}\n", "utf-8")
        assert cli("clean", new, "-o", out, "--index", index).code == 0
        assert cli("restore", out, "--log", f"{out}.difflog.jsonl", "-o", tmp_path / f"back{month}.txt").code == 0
        assert (tmp_path / f"back{month}.txt").read_bytes() == new.read_bytes()
    texts = [(tmp_path / f"out{month}.txt").read_text("utf-8") for month in range(3)]
    assert "".join(texts) == f"{LONG[0]}\n\n{LONG[1]}\n{LONG[2]}\n{LONG[3]}\n"
    assert cli("check", tmp_path / "out1.txt", "--index", index).code == 0  # 4: it is not held against itself
    first = dedupe.clean([LONG[4], "x"], Config(index=index))
    assert dedupe.clean(first.documents, Config(index=index)).documents == first.documents
    assert found(index) == [0, 1, 2, 3, 4]


def test_a_killed_writer_has_added_all_or_nothing(index: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # a killed run leaves its work folder
    chance = random.Random(3)
    files = []
    for number in range(10):
        files.append(tmp_path / f"{number}.jsonl")
        rows = [{"text": f"{LONG[n % 12]} {LONG[(n * 5) % 12]} {n} of batch {number}"} for n in range(30)]
        files[-1].write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    started = time.perf_counter()
    add_to_index(index, [str(files[0])], Config())
    duration = time.perf_counter() - started
    count = killed = 0
    for file in files[1:]:
        before = index_info(index).files
        child = os.fork()
        if child == 0:
            try:
                add_to_index(index, [str(file)], Config())
            finally:
                os._exit(0)
        time.sleep(chance.random() * duration)
        os.kill(child, signal.SIGKILL)
        killed += os.WIFSIGNALED(os.waitpid(child, 0)[1])
        after = index_info(index)
        assert after.files in (before, before + 1)
        assert after.documents == 30 * after.files
        count = after.files
        query = dedupe.check([f"{LONG[1]} {LONG[5]} 1 of batch {file.stem}"], Config(index=index, near="off"))
        assert bool(query) == (after.files > before)
    assert killed >= 2
    assert add_to_index(index, list(map(str, files)), Config()).new == 10 - count


def test_a_second_writer_is_told_who_writes(cli: Cli, index: str, tmp_path: Path) -> None:
    page, out = tmp_path / "page.txt", tmp_path / "out.txt"
    page.write_text(LONG[0], "utf-8")
    with open_for_adding(index, Config()):
        for argv in (["index", "add", index, page], ["clean", page, "-o", out, "--index", index]):
            done = cli(*argv)
            assert done.code == 2
            assert f"another process ({os.getpid()} on {socket.gethostname()}) is writing to the index; " in done.err
        assert cli("check", page, "--index", index).code == 0  # readers are not kept waiting
        assert not out.exists()
    assert cli("index", "add", index, page).code == 0
    assert found(index) == [0]


def test_a_lease_is_renewed_by_who_lives_and_ends_with_who_does_not(
    index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "SECONDS", 8.0)
    held = lease.Lease(client(index), f"{index.partition('=')[2]}:lock", "there")
    held._holder = b"elsewhere:1:x"
    held.take()
    with pytest.raises(WriteError, match=r"another process \(1 on elsewhere\) is writing to the index"):
        lease.Lease(client(index), held.key, "there").take()
    with held.renewed():
        left = client(index).pttl(held.key)
        while (now := client(index).pttl(held.key)) <= left:
            assert now > 0, "it was not renewed"
            left = now
            time.sleep(0.05)
    assert not client(index).exists(held.key)
    held.take()
    client(index).pexpire(held.key, 50)  # as if nobody had renewed it for nearly a minute
    while client(index).exists(held.key):
        time.sleep(0.05)
    with open_for_adding(index, Config()):
        pass


def test_a_process_of_another_container_of_the_same_name_is_not_taken_to_have_ended(
    index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "this_machine", lambda: "00000000")
    monkeypatch.setattr(lease.os, "getpid", lambda: 4194999)  # which no process here has
    elsewhere = lease.Lease(client(index), f"{index.partition('=')[2]}:lock", "there")
    elsewhere.take()
    monkeypatch.undo()
    with pytest.raises(WriteError, match=r"another process \(4194999 on .*\) is writing to the index"):
        lease.Lease(client(index), elsewhere.key, "there").take()
    elsewhere._holder = elsewhere._holder.replace(b":00000000-", f":{lease.this_machine()}-".encode())
    client(index).set(elsewhere.key, elsewhere._holder)
    lease.Lease(client(index), elsewhere.key, "there").take()


def test_who_has_lost_the_lease_adds_nothing(index: str, tmp_path: Path) -> None:
    page = tmp_path / "page.txt"
    page.write_text(LONG[0], "utf-8")
    with open_for_adding(index, Config()) as writer:
        client(index).set(f"{index.partition('=')[2]}:lock", "elsewhere:1:x")
        with pytest.raises(WriteError, match="another one may have written to the index; run it again"):
            writer.add_documents("-#page", bytes(32), [dedupe.Document("page", LONG[0])])
    assert found(index) == []
    assert client(index).get(f"{index.partition('=')[2]}:lock") == b"elsewhere:1:x"


def test_other_settings_are_refused(index: str, tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_text(LONG[0], "utf-8")
    add_to_index(index, [str(tmp_path / "page.txt")], Config())
    for config in (Config(min_words=5), Config(segment="line")):
        with pytest.raises(ConfigError, match=r"was made with .*; use the settings it was made with"):
            dedupe.check(["x"], replace(config, index=index))
    key = f"{index.partition('name=')[2]}:index"
    client(index).set(key, json.dumps({**json.loads(client(index).get(key)), "signature_version": 0}))
    with pytest.raises(ConfigError, match="fingerprints of another version; make the index anew"):
        dedupe.check(["x"], Config(index=index))


def test_nothing_that_lies_on_the_server_is_run(index: str, tmp_path: Path) -> None:
    """Whoever can write there must not get at who reads."""

    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.mkdir, (str(tmp_path / "sprung"),)

    (tmp_path / "page.txt").write_text(LONG[0], "utf-8")
    add_to_index(index, [str(tmp_path / "page.txt")], Config())
    (block,) = client(index).scan_iter(f"{index.partition('name=')[2]}:block:*")
    for data in (pickle.dumps(Trap()), b"", b"PK\x03\x04"):
        client(index).set(block, data)
        with pytest.raises(ReadError, match="what lies there is not of an index"):
            dedupe.check([LONG[0]], Config(index=index))
    assert "sprung" not in tree(tmp_path)
    assert not (tmp_path / "sprung").exists()


def test_a_check_makes_no_index(index: str) -> None:
    with pytest.raises(ReadError, match="there is no index; make one with `dedupe index add`"):
        dedupe.check(["x"], Config(index=index))
    assert list(client(index).scan_iter(f"{index.partition('name=')[2]}:*")) == []


def test_info_and_compact(cli: Cli, index: str, tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_text(f"{LONG[0]}\n\n{LONG[1]}", "utf-8")
    done = cli("index", "add", index.replace("//", "//default:@"), tmp_path / "page.txt")
    assert done.code == 0
    assert "1 document added to redis://127.0.0.1" in done.err  # what may be a password is not shown
    report = json.loads(cli("index", "info", index, "--json").out)
    assert (report["files"], report["documents"], report["segments"]) == (1, 1, 2)
    assert report["bytes"] > 0
    done = cli("index", "compact", index)
    assert done.code == 2
    assert "a shared index has no parts" in done.err


def test_a_server_that_does_not_answer_is_an_error_of_the_user(cli: Cli, tmp_path: Path) -> None:
    pytest.importorskip("redis")
    (tmp_path / "page.txt").write_text("x", "utf-8")
    done = cli("check", tmp_path / "page.txt", "--index", "redis://:secret@127.0.0.1:1/0")
    assert done.code == 2
    assert "redis://127.0.0.1:1/0?name=dedupe: the Redis server does not do what it should: " in done.err
    assert "secret" not in done.err


def test_without_the_library_one_is_told_what_to_install(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    done = cli("index", "info", "redis://127.0.0.1:1/0")
    assert done.code == 2
    assert "--index: the library for Redis is missing; install corpus-dedupe[redis]" in done.err
