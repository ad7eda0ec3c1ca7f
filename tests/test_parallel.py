"""Work on batches comes back in order, whoever does it."""

from __future__ import annotations

import json
import multiprocessing
import os
import pickle
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import tree
from strategies import LONG, MEDIUM

from dedupe import Config, clean_files, parallel, restore_files, scanning
from dedupe.boilerplate import counting
from dedupe.difflog.passages import Passages
from dedupe.difflog.write import document_records
from dedupe.errors import ReadError
from dedupe.matching import canonical, contained, damaged, pool
from dedupe.opening import open_corpus
from dedupe.parallel import ordered_map
from dedupe.pipeline import make_plan


def _square(number: int) -> int:
    if number == 13:
        raise ValueError("unlucky")
    return number * number


@pytest.mark.parametrize("threads", [False, True])
@pytest.mark.parametrize("jobs", [1, 2, 3])
@pytest.mark.parametrize("count", [0, 1, 2, 12])
def test_results_come_in_the_order_of_the_items(count: int, jobs: int, threads: bool) -> None:
    found = list(ordered_map(_square, range(count), jobs, threads=threads))
    assert found == [number * number for number in range(count)]


def _doubled(data: bytes) -> bytes:
    return data + data


@pytest.mark.parametrize("forks", [False, True])
def test_what_has_no_room_in_common_memory_arrives_as_well(forks: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Items, results or neither of them fit in; nothing lies where something else is still to be read."""
    monkeypatch.setattr(parallel, "_PLACE_BYTES", 1 << 12)
    if not forks:
        monkeypatch.setattr(parallel, "_can_fork", lambda: False)
    items = [bytes([number]) * (1 + (number * 397) % 6000) for number in range(60)]
    assert list(ordered_map(_doubled, items, 2)) == [_doubled(item) for item in items]


@pytest.mark.parametrize("threads", [False, True])
def test_few_items_are_under_way(threads: bool) -> None:
    asked = 0

    def items() -> Iterator[int]:
        nonlocal asked
        while asked < 12:
            asked += 1
            yield asked

    for got, _ in enumerate(ordered_map(_square, items(), 2, threads=threads), 1):
        assert asked <= got + 2 * 2 + 1


def test_no_more_processes_are_begun_than_there_is_work_for(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = []

    def counted(function: Any, jobs: int, **options: Any) -> Any:
        begun.append(jobs)
        return executor(function, jobs, **options)

    executor = parallel._executor
    monkeypatch.setattr(parallel, "_executor", counted)
    for count in (1, 2, 3, 9):
        list(ordered_map(_square, range(count), 4))
    assert begun == [2, 3, 4]


@pytest.mark.parametrize("threads", [False, True])
def test_an_error_arrives_here(threads: bool) -> None:
    with pytest.raises(ValueError, match="unlucky"):
        list(ordered_map(_square, range(20), 2, threads=threads))


def _unreadable(number: int) -> int:
    raise ReadError(f"rows.jsonl:{number}", "not JSON", "use --on-error skip")


@pytest.mark.parametrize("threads", [False, True])
def test_an_error_that_a_user_can_act_on_arrives_as_it_is(threads: bool) -> None:
    with pytest.raises(ReadError) as raised:
        list(ordered_map(_unreadable, range(3), 2, threads=threads))
    assert raised.value.place == "rows.jsonl:0"
    assert str(raised.value) == "rows.jsonl:0: not JSON; use --on-error skip"


def _story(seed: int) -> list[str]:
    rng = random.Random(seed)
    return ["".join(rng.choices("aeioumnrst", k=rng.randint(4, 9))) for _ in range(150)]


def _misread(seed: int) -> str:
    """The story with other letters in four words of ten, in runs with whole ones between."""
    return " ".join(f"x{word[1:]}" if n % 20 < 8 else word for n, word in enumerate(_story(seed)))


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Rows and text files in which something is cut, repaired, left for review, taken out, blank or broken."""
    folder = tmp_path / "in"
    folder.mkdir()
    texts = [
        f"Story {n} has a beginning of its own.\n\n{LONG[n % 3]}\n\nPrint Friendly, PDF & Email\n" for n in range(60)
    ]
    texts += [text for n, story in enumerate(LONG) for text in (" ".join(_story(n)), _misread(n), story[:120])]
    texts += [f"Le cafÃ© numéro {n} est fermÃ©.\n\n{MEDIUM[n % 2]}\n" for n in range(20)]
    rows = [json.dumps({"id": f"d{n}", "text": text}) for n, text in enumerate([*texts, *texts[:9]])]
    rows[3:3] = ["", "{broken"]
    (folder / "rows.jsonl").write_text("\n".join(rows), encoding="utf-8")
    for number, text in enumerate(texts[40:70]):
        (folder / f"{number:02}.txt").write_bytes(text.encode("utf-8-sig" if number % 3 else "utf-8"))
    return folder


def test_jobs_do_not_show_in_what_is_written(tmp_path: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here no file fits in one batch, so that with jobs every stage is done by other processes."""
    against = tmp_path / "known.txt"
    against.write_text(LONG[0], encoding="utf-8")
    config = Config(on_error="skip", against=(str(against),))
    written = {}
    for jobs, batch_chars in ((1, 1 << 19), (1, 900), (3, 900)):
        monkeypatch.setattr(scanning, "_BATCH_CHARS", batch_chars)
        monkeypatch.setattr(counting, "_SHARD_LINES", batch_chars // 9)
        monkeypatch.setattr(contained, "_COMPARED", 1 + batch_chars // 1000)
        monkeypatch.setattr(damaged, "_COMPARED_BYTES", batch_chars)
        monkeypatch.setattr(pool, "_PART_ROWS", batch_chars // 90)
        monkeypatch.setattr(canonical, "_ROWS_AT_ONCE", batch_chars // 90)
        out = tmp_path / f"out-{jobs}-{batch_chars}"
        clean_files([str(corpus)], str(out), config=replace(config, jobs=jobs))
        log = out.with_name(f"{out.name}.difflog.jsonl")
        written[jobs, batch_chars] = tree(out), log.read_bytes()
        restore_files(str(out), str(log), str(tmp_path / f"back-{jobs}-{batch_chars}"))
        assert tree(tmp_path / f"back-{jobs}-{batch_chars}") == tree(corpus)
    first, *others = written.values()
    assert first[0] != tree(corpus)
    assert all(other == first for other in others)
    for found in (b'/contained"', b'"guard":"damaged"'):
        assert first[1].count(found) > 3


@pytest.fixture
def spawning() -> Iterator[None]:
    """Processes begin anew here, as they do on macOS and Windows, and know nothing but what they are handed."""
    before = multiprocessing.get_start_method()
    multiprocessing.set_start_method("spawn", force=True)
    yield
    multiprocessing.set_start_method(before, force=True)


def test_processes_need_not_be_forked(
    tmp_path: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch, spawning: None
) -> None:
    monkeypatch.setattr(scanning, "_BATCH_CHARS", 4000)
    monkeypatch.setattr(contained, "_COMPARED", 4)
    monkeypatch.setattr(damaged, "_COMPARED_BYTES", 4000)
    monkeypatch.setattr(pool, "_PART_ROWS", 10)
    monkeypatch.setattr(canonical, "_ROWS_AT_ONCE", 10)
    for jobs in (1, 2):
        clean_files([str(corpus)], str(tmp_path / f"out-{jobs}"), config=Config(on_error="skip", jobs=jobs))
    assert tree(tmp_path / "out-2") == tree(tmp_path / "out-1") != tree(corpus)
    logs = [(tmp_path / f"out-{jobs}.difflog.jsonl").read_bytes() for jobs in (1, 2)]
    assert logs[0] == logs[1]


def test_a_plan_says_the_same_in_another_process(corpus: Path) -> None:
    """Where processes do not fork, what they need is pickled."""
    config = Config(on_error="skip")
    with open_corpus([str(corpus)], config) as (documents, folder):
        plan = make_plan(documents, config, folder)
        passages = Passages(documents, plan, folder.store("passages"))
        there_plan, there_passages = pickle.loads(pickle.dumps((plan.alone(), passages)))
        here, there = (
            [(logged.record, logged.written, logged.text) for logged in document_records(*arguments).documents]
            for arguments in (
                (plan, list(documents.documents()), passages),
                (there_plan, list(documents.documents()), there_passages),
            )
        )
        assert there == here
    assert sum(written.count(b"\n") for _, written, _ in here) > 100


def _is_killed(_: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def test_a_process_that_the_system_ends_is_want_of_memory() -> None:
    with pytest.raises(MemoryError):
        list(ordered_map(_is_killed, range(4), 2))


@pytest.mark.skipif(not hasattr(os, "register_at_fork"), reason="processes are not forked here")
def test_a_signal_that_comes_while_a_process_is_made_is_heard() -> None:
    """Python drops what a hook of the fork raises, and a handler may run in one."""
    program = (
        "import multiprocessing, os, signal\n"
        "from dedupe.parallel import ordered_map\n"
        "multiprocessing.set_start_method('fork')\n"
        "came = []\n"
        "os.register_at_fork(before=lambda: came or came.append(signal.raise_signal(signal.SIGINT)))\n"
        "try:\n"
        "    print(list(ordered_map(abs, range(4), 2)))\n"
        "except KeyboardInterrupt:\n"
        "    print('interrupted')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert (done.stdout, done.stderr) == ("interrupted\n", "")


def _map_in_worker(count: int) -> list[int]:
    return list(ordered_map(abs, range(count), 2))


def test_a_worker_of_a_pool_does_the_work_itself() -> None:
    """Python lets such a process start no others."""
    with multiprocessing.Pool(1) as pool:
        assert pool.map(_map_in_worker, [9]) == [list(range(9))]
