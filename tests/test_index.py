"""An index: what it answers does not depend on how it came about, and nothing that happens to a writer harms it."""

from __future__ import annotations

import errno
import json
import os
import random
import re
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Completed, nothing_left_behind, read_log, tree
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rereading import operations
from strategies import LONG, corpora, near_copies

import dedupe
from dedupe import Config, DedupeError
from dedupe.errors import ConfigError, ReadError, WriteError
from dedupe.index import folder as folder_module
from dedupe.index import references as references_module
from dedupe.index.against import add_to_index
from dedupe.index.folder import FORMAT_VERSION, Index, compact_index, writing
from dedupe.index.keys import Keys, KeyWriter
from dedupe.index.part_writer import PartWriter
from dedupe.matching.fingerprint import BANDS, SIGNATURE_VERSION

Cli = Callable[..., Completed]


def write(folder: Path, texts: Sequence[str]) -> list[Path]:
    """Write texts to files of their own, but for the last two, which are rows of one file; return the files."""
    folder.mkdir(exist_ok=True, parents=True)
    rows = [json.dumps({"id": f"k{number}", "text": text}) + "\n" for number, text in enumerate(texts)]
    files = [folder / f"{number:02}.jsonl" for number in range(len(texts) - 1)]
    for file, content in zip(files, [*rows[:-2], "".join(rows[-2:])], strict=False):
        file.write_text(content, "utf-8")
    return files


def answers(index: Path, queries: Sequence[str], config: Config = Config()) -> list[Any]:  # noqa: B008 - immutable
    return list(dedupe.check(queries, replace(config, index=str(index))))


def summary(index: Path) -> tuple[int, int, int]:
    info = Index(str(index)).info()
    return info.files, info.documents, info.segments


def nothing_unnamed(index: Path) -> bool:
    """Whether all that lies in the folder counts."""
    parts = json.loads((index / "manifest.json").read_bytes())["parts"]
    named = {"manifest.json", "lock", *(part["name"] for part in parts), *(part["dead"] for part in parts)}
    return {path.name for path in index.iterdir()} == named - {""}


# -- what is found by its keys


@settings(max_examples=60)
@given(st.data(), st.integers(1, 1000), st.sampled_from([None, 1, 24, 100]))
def test_a_bucket_gives_what_going_through_all_keys_gives(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, count: int, most: int | None
) -> None:
    folder = tmp_path_factory.mktemp("keys")
    chance = np.random.default_rng(data.draw(st.integers(0, 999)))
    crowded = data.draw(st.sampled_from([2, 30, 1 << 32]))  # from buckets longer than a block to none with two in it
    content = np.sort(chance.choice(1 << 20, count, replace=False)).astype(np.uint64)
    bands = chance.integers(0, crowded, (count, BANDS)).astype(np.uint32)
    writer = KeyWriter(folder, "segment")
    writer.add(content, np.arange(count), bands)
    writer.add_sizes(np.zeros((count, 2), dtype=np.int32))
    writer.finish(lambda rows: rows)
    keys = Keys(folder, "segment")
    band = data.draw(st.sampled_from([0, 7, BANDS - 1]))
    asked = np.concatenate([chance.choice(bands[:, band], 5), chance.integers(0, crowded + 1, 5)]).astype(np.uint32)
    owners, numbers = keys.met(band, asked, most)
    expected = [
        (place, number)
        for place, key in enumerate(asked.tolist())
        for number in np.flatnonzero(bands[:, band] == key)[:most].tolist()
    ]
    assert list(zip(owners.tolist(), numbers.tolist(), strict=True)) == expected
    chosen = np.append(chance.choice(content, 5), np.uint64(1 << 21))
    rows = np.searchsorted(content, chosen[:-1])
    assert keys.bands_of(chosen).tolist() == [*bands[rows].tolist(), [0] * BANDS]


# -- how it came about never shows


def some_texts(chance: random.Random) -> list[str]:
    """Texts that share paragraphs, some of them with other words here and there."""
    texts = []
    for _ in range(chance.randint(4, 9)):
        paragraphs = []
        for _ in range(chance.randint(1, 3)):
            words = chance.choice(LONG[:7]).split(" ")
            for _ in range(chance.choice((0, 0, 1, 3))):
                words[chance.randrange(len(words))] = chance.choice(("perhaps", "12", "never"))
            paragraphs.append(" ".join(words))
        texts.append("\n\n".join(paragraphs))
    return texts


@pytest.mark.parametrize("met", [1, 2, 24])
@pytest.mark.parametrize("seed", range(4))
def test_batches_in_any_order_come_to_the_same_as_all_at_once(
    tmp_path: Path, seed: int, met: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when files were something else before, or were there and left."""
    monkeypatch.setattr(references_module, "_MET", met)
    chance = random.Random(seed)
    config, corpus, once, often = Config(), tmp_path / "corpus", tmp_path / "once", tmp_path / "often"
    files = write(corpus, some_texts(chance))
    contents = {file: file.read_bytes() for file in files}
    add_to_index(str(once), [str(corpus)], config)
    for file in chance.sample(files, 3):
        file.write_bytes(chance.choice([b"", *contents.values()]))
        add_to_index(str(often), [str(file)], config)
    extra = corpus / "gone.jsonl"
    extra.write_bytes(contents[files[0]])
    add_to_index(str(often), [str(extra)], config)
    extra.unlink()
    for file in chance.sample(files, len(files)):
        file.write_bytes(contents[file])
        add_to_index(str(often), [str(file)], config)
    assert add_to_index(str(often), [str(corpus)], config, prune=True).gone == 1
    assert summary(often) == summary(once)
    queries = some_texts(chance)
    expected = answers(once, queries)
    assert expected
    assert answers(often, queries) == expected
    compact_index(str(often))
    assert answers(often, queries) == expected
    assert summary(often) == summary(once)


@given(st.lists(st.sampled_from(LONG[:2]).flatmap(near_copies), min_size=8, max_size=16), st.integers(1, 3))
@settings(max_examples=10)
def test_families_of_near_copies_answer_the_same_in_any_parts(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], met: int
) -> None:
    """More share a bucket than a text meets of it."""
    base = tmp_path_factory.mktemp("index")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(references_module, "_MET", met)
        files = write(base / "corpus", texts)
        add_to_index(str(base / "once"), [str(base / "corpus")], Config())
        patch.setattr(folder_module, "_to_be_merged", lambda parts: [])
        for file in files:
            add_to_index(str(base / "often"), [str(file)], Config())
        assert Index(str(base / "often")).info().parts == len(files)
        assert answers(base / "often", LONG[:2]) == answers(base / "once", LONG[:2])


@given(corpora(), corpora())
@example([LONG[0].upper(), LONG[0]], [f"{LONG[0]} "])  # of one normal form, and the second is written like the query
@example([f"{LONG[0]} 5 mW", f"{LONG[0]} 5 MW"], [f"{LONG[0]} 5 MW", f"{LONG[0]} 5 mW", f"{LONG[0]} 5 mW?"])
@example(["\\_" * 30 + "\r" + "\\_" * 30], ["\\_" * 30 + "\r" + "\\_" * 30 + "\r"])  # no words at all
@settings(max_examples=25)
def test_an_index_answers_as_the_corpus_itself_would(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], queries: list[str]
) -> None:
    base = tmp_path_factory.mktemp("index")
    write(base / "corpus", texts)
    add_to_index(str(base / "index"), [str(base / "corpus")], Config())
    against = dedupe.check(queries, Config(against=(str(base / "corpus"),)))
    expected, found = (
        [{**finding, "n": 0} for finding in findings] for findings in (against, answers(base / "index", queries))
    )
    assert found == expected


def test_there_are_few_parts_however_many_batches(tmp_path: Path) -> None:
    for number in range(20):
        (tmp_path / f"{number}.txt").write_text(f"{LONG[number % 6]} {number}", "utf-8")
        add_to_index(str(tmp_path / "index"), [str(tmp_path / f"{number}.txt")], Config())
        assert Index(str(tmp_path / "index")).info().parts <= 6
    assert summary(tmp_path / "index") == (20, 20, 20)


@pytest.mark.skipif(os.environ.get("DEDUPE_KERNEL") == "reference", reason="there is nothing to compare with")
def test_both_kernels_write_the_same_index(run: Callable[..., Completed], tmp_path: Path) -> None:
    write(tmp_path / "corpus", [*LONG, f"{LONG[0]} Ã©", "x"])
    parts = []
    for kernel in ("native", "reference"):
        index = tmp_path / kernel
        done = run("index", "add", index, tmp_path / "corpus", env={"DEDUPE_KERNEL": kernel})
        assert done.code == 0, done.err
        (part,) = index.glob("part-*")
        parts.append(tree(part))
    assert parts[0] == parts[1]


# -- what enters, and what leaves


@pytest.fixture
def known(tmp_path: Path) -> tuple[Path, Path]:
    """A corpus of three files, and an index of it."""
    corpus, index = tmp_path / "corpus", tmp_path / "index"
    corpus.mkdir()
    (corpus / "00.txt").write_text(LONG[0], "utf-8")
    (corpus / "01.txt").write_text(LONG[1], "utf-8")
    rows = [{"id": f"k{number}", "text": LONG[2 + number]} for number in range(2)]
    (corpus / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    add_to_index(str(index), [str(corpus)], Config())
    return corpus, index


def found(index: Path) -> list[int]:
    """Which of the texts the index knows."""
    return [number for number, text in enumerate(LONG[:6]) if answers(index, [text])]


def test_known_files_are_left_alone(known: tuple[Path, Path]) -> None:
    corpus, index = known
    with nothing_left_behind(index):
        added = add_to_index(str(index), [str(corpus)], Config())
    assert (added.new, added.changed, added.known, added.documents) == (0, 0, 3, 0)


def test_changed_files_take_the_place_of_what_they_were(known: tuple[Path, Path]) -> None:
    corpus, index = known
    (corpus / "00.txt").write_text(LONG[4], "utf-8")
    (corpus / "rows.jsonl").write_text(json.dumps({"text": LONG[3]}), "utf-8")
    added = add_to_index(str(index), [str(corpus)], Config())
    assert (added.new, added.changed, added.known, added.documents) == (0, 2, 1, 2)
    assert found(index) == [1, 3, 4]


def test_files_that_are_gone_stay_until_they_are_pruned(known: tuple[Path, Path], tmp_path: Path) -> None:
    """What was shipped and deleted is still known, unless one says that the folder is all there is."""
    corpus, index = known
    (corpus / "00.txt").unlink()
    (corpus / "01.txt").rename(corpus / "new.txt")
    assert add_to_index(str(index), [str(corpus)], Config()).gone == 0
    assert found(index) == [0, 1, 2, 3]
    elsewhere = tmp_path / "corpus-2"
    write(elsewhere, [LONG[5], "x"])
    add_to_index(str(index), [str(elsewhere)], Config(), prune=True)
    assert found(index) == [0, 1, 2, 3, 5]
    assert add_to_index(str(index), [str(corpus)], Config(), prune=True).gone == 2
    assert found(index) == [1, 2, 3, 5]


def test_a_file_leaves_when_nothing_is_left_in_it(known: tuple[Path, Path]) -> None:
    corpus, index = known
    (corpus / "rows.jsonl").write_bytes(b"")
    add_to_index(str(index), [str(corpus)], Config())
    assert found(index) == [0, 1]


def test_a_corpus_and_the_index_beside_it_can_move_together(tmp_path: Path) -> None:
    corpus, outside, index = tmp_path / "here" / "corpus", tmp_path / "outside", tmp_path / "here" / "index"
    write(corpus, LONG[:3])
    write(outside, LONG[3:5])
    add_to_index(str(index), [str(corpus), str(outside)], Config())
    (tmp_path / "here").rename(tmp_path / "there")
    corpus, index = tmp_path / "there" / "corpus", tmp_path / "there" / "index"
    places = {finding["canonical"]["path"] for finding in dedupe.check([LONG[0], LONG[3]], Config(index=str(index)))}
    assert places == {str(corpus / "00.jsonl"), str(outside / "00.jsonl")}
    added = add_to_index(str(index), [str(corpus), str(outside)], Config(), prune=True)
    assert (added.new, added.changed, added.known, added.gone) == (0, 0, 3, 0)
    assert dedupe.check_files([str(corpus)], Config(index=str(index)))[0] == []
    (corpus / "00.jsonl").unlink()
    assert add_to_index(str(index), [str(corpus)], Config(), prune=True).gone == 1
    assert summary(index) == (2, 4, 4)


def test_a_file_out_of_the_index_is_held_against_the_rest(cli: Cli, known: tuple[Path, Path]) -> None:
    corpus, index = known
    assert cli("check", corpus / "00.txt", "--index", index).code == 0
    assert cli("check", corpus, "--index", index).code == 0
    (corpus / "00.txt").write_text(f"{LONG[5]}\n\n{LONG[3]}\n", "utf-8")
    done = cli("check", corpus / "00.txt", "--index", index)
    assert f"{corpus}/00.txt:3: duplicate/exact: line 3 repeats k1 in {corpus}/rows.jsonl, line 1" in done.out
    assert f"(canonical {corpus}/rows.jsonl:2, similarity 1)" in done.out


# -- clean


def test_what_comes_later_is_cleaned_of_all_that_came_before(cli: Cli, tmp_path: Path) -> None:
    index = tmp_path / "index"
    kept: list[str] = []
    for month in range(3):
        new = tmp_path / f"in{month}"
        new.mkdir()
        (new / "page.txt").write_text(f"{LONG[month]}\n\n{LONG[month + 1]}\n", "utf-8")
        (new / "gone.txt").write_text(f"{LONG[0]}\n", "utf-8")
        out = tmp_path / f"out{month}"
        assert cli("clean", new, "-o", out, "--index", index).code == 0
        kept += [text for page in tree(out).values() for text in page.decode("utf-8").split("\n\n")]
        assert cli("verify", out, "--log", f"{out}.difflog.jsonl").code == 0
        assert cli("restore", out, "--log", f"{out}.difflog.jsonl", "-o", tmp_path / f"back{month}").code == 0
        assert tree(tmp_path / f"back{month}") == tree(new)
    assert sorted(text.strip() for text in kept) == sorted(LONG[:4])
    for month in range(3):  # 4: a second run changes nothing
        out = tmp_path / f"out{month}"
        shutil.copytree(index, tmp_path / f"copy{month}")
        assert cli("clean", out, "-o", tmp_path / f"again{month}", "--index", tmp_path / f"copy{month}").code == 0
        assert cli("check", out, "--index", index).code == 0
        assert tree(tmp_path / f"again{month}") == tree(out)
    log = read_log(tmp_path / "out1.difflog.jsonl")
    assert [(r["name"], r["files"]) for r in log[0]["references"]] == [(str(index), 2)]
    assert {op["canonical"]["path"] for op in operations(log)} == {f"{tmp_path}/out0/{n}.txt" for n in ("page", "gone")}


def test_a_pipe_is_remembered_too(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    def piped(texts: Sequence[str]) -> list[str]:
        rows = "".join(json.dumps({"text": text}) + "\n" for text in texts).encode()
        done = cli("clean", "-", "-o", "-", "--log", "x.difflog.jsonl", "--force", "--index", "index", input=rows)
        assert done.code == 0
        return [json.loads(line)["text"] for line in done.stdout.splitlines()]

    assert piped([LONG[0], LONG[0], LONG[1]]) == [LONG[0], LONG[1]]
    assert piped([LONG[2], LONG[1]]) == [LONG[2]]
    assert piped([LONG[0], LONG[1]]) == [LONG[0], LONG[1]]  # the first output again
    assert summary(tmp_path / "index")[1] == 3


def test_python_callers_and_files_in_place_are_remembered(cli: Cli, tmp_path: Path) -> None:
    config = Config(index=str(tmp_path / "index"))
    first = dedupe.clean([LONG[0], LONG[1]], config)
    assert dedupe.check([LONG[1], LONG[2]], config) != []
    assert dedupe.clean(first.documents, config).documents == first.documents
    page = tmp_path / "page.txt"
    page.write_text(f"{LONG[1]}\n\n{LONG[2]}\n", "utf-8")
    done = cli("clean", "--in-place", page, "--log", tmp_path / "log.difflog.jsonl", "--index", tmp_path / "index")
    assert done.code == 1
    assert page.read_text("utf-8") == f"{LONG[2]}\n"
    assert found(tmp_path / "index") == [0, 1, 2]
    page.write_text(f"{LONG[0]}\n", "utf-8")
    done = cli("clean", "--in-place", page, "--log", tmp_path / "log2.difflog.jsonl", "--index", tmp_path / "index")
    assert not page.exists()
    assert found(tmp_path / "index") == [0, 1]


def test_looking_adds_nothing(cli: Cli, known: tuple[Path, Path], tmp_path: Path) -> None:
    _, index = known
    (tmp_path / "page.txt").write_text(f"{LONG[0]}\n\n{LONG[5]}", "utf-8")
    with nothing_left_behind(tmp_path):
        assert cli("check", tmp_path / "page.txt", "--index", index).code == 1
        assert cli("clean", tmp_path / "page.txt", "-o", tmp_path / "o", "--dry-run", "--index", index).code == 0
        assert cli("explain", f"{tmp_path}/page.txt:1", "--index", index).code == 0
        dedupe.check([LONG[5]], Config(index=str(index)))
        dedupe.clean([LONG[5]], Config(index=str(index), scope="document"))


# -- one writer, many readers


def test_a_second_writer_is_told_who_writes(cli: Cli, known: tuple[Path, Path]) -> None:
    corpus, index = known
    with writing(str(index), Config()):
        done = cli("index", "add", index, corpus)
        assert done.code == 2
        assert f"another process ({os.getpid()}) is writing to the index; try again when it is done" in done.err
        assert found(index) == [0, 1, 2, 3]  # readers are not kept waiting
    assert cli("index", "add", index, corpus).code == 0


def test_a_reader_keeps_what_it_opened(known: tuple[Path, Path]) -> None:
    corpus, index = known
    (corpus / "more.txt").write_text(LONG[4], "utf-8")
    before = Index(str(index))
    reference = before.reference()
    add_to_index(str(index), [str(corpus / "more.txt")], Config())
    compact_index(str(index))
    assert sum(live.part.document_count for live in reference.parts) == 4
    assert reference.parts[0].part.path(0).endswith("00.txt")
    assert sum(live.part.document_count for live in before.reference().parts) == 5  # opened when its parts were gone


# -- whatever happens to the writer


def killed_after(seconds: float, work: Callable[[], object]) -> bool:
    """Do *work* in a process of its own that is killed after *seconds*; return whether it ended before."""
    child = os.fork()
    if child == 0:  # the child ends without a word, so that nothing of the test run is done twice
        try:
            work()
        finally:
            os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WIFEXITED(status)


def test_killed_at_any_moment_the_index_is_the_one_before_or_the_one_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # a killed run leaves its work folder
    chance = random.Random(7)
    index = str(tmp_path / "index")
    texts = [f"{LONG[n % len(LONG)]} {LONG[(n * 7 + 3) % len(LONG)]} {n}" for n in range(40)]
    files = []
    for number in range(50):
        files.append(tmp_path / f"{number}.jsonl")
        rows = [{"text": f"{text} of batch {number}"} for text in texts]
        files[-1].write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    started = time.perf_counter()
    add_to_index(index, [str(files[0])], Config())
    duration = time.perf_counter() - started
    count, moments = 1, 0
    for file in files[1:]:
        ended = killed_after(chance.random() * duration, lambda file=file: add_to_index(index, [str(file)], Config()))
        moments += not ended
        info = Index(index).info()
        assert info.files in ((count, count + 1) if not ended else (count + 1,))
        assert info.documents == 40 * info.files
        count = info.files
    assert moments >= 10, "it was hardly ever killed at work"
    assert found_batch(index, texts[3], 0)
    add_to_index(index, list(map(str, files)), Config())
    assert Index(index).info().files == 50
    assert all(found_batch(index, texts[5], number) for number in (0, 17, 49))
    assert nothing_unnamed(tmp_path / "index")


def found_batch(index: str, text: str, number: int) -> bool:
    return bool(dedupe.check([f"{text} of batch {number}"], Config(index=index, near="off")))


@pytest.mark.parametrize("moment", range(40))
def test_no_step_of_adding_leaves_anything_between(
    known: tuple[Path, Path], moment: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped before every single thing that it asks of the file system, with no chance to clear up."""
    corpus, index = known
    monkeypatch.setattr(tempfile, "tempdir", str(corpus.parent))
    (corpus / "00.txt").write_text(LONG[4], "utf-8")
    steps = iter(range(moment))

    def stopping(name: str, module: Any) -> None:
        original = getattr(module, name)

        def step(*arguments: Any, **more: Any) -> Any:
            if next(steps, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)
            return original(*arguments, **more)

        monkeypatch.setattr(module, name, step)

    child = os.fork()
    if child == 0:
        for name in ("fsync", "replace", "rename", "mkdir", "unlink", "rmdir"):
            stopping(name, os)
        try:
            add_to_index(str(index), [str(corpus)], Config())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert found(index) in ([0, 1, 2, 3], [1, 2, 3, 4])
    add_to_index(str(index), [str(corpus)], Config())
    assert found(index) == [1, 2, 3, 4]
    assert nothing_unnamed(index)


def test_a_batch_that_cannot_be_read_leaves_the_index_as_it_was(cli: Cli, known: tuple[Path, Path]) -> None:
    corpus, index = known
    (corpus / "00.txt").write_text(LONG[4], "utf-8")
    (corpus / "z.jsonl").write_text(json.dumps({"text": LONG[5]}) + "\n{no", "utf-8")
    with nothing_left_behind(index):
        done = cli("index", "add", index, corpus)
    assert done.code == 2
    assert "z.jsonl:2: " in done.err
    assert found(index) == [0, 1, 2, 3]
    done = cli("index", "add", index, corpus, "--on-error", "skip")
    assert done.code == 0
    assert "z.jsonl:2: passed over: " in done.err
    assert found(index) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("out", ["index", ".", "index/out"])
@pytest.mark.parametrize("force", [[], ["--force"]])
def test_no_output_takes_the_place_of_the_index(
    cli: Cli, known: tuple[Path, Path], tmp_path: Path, out: str, force: list[str]
) -> None:
    corpus, index = known
    log = tmp_path.parent / f"{tmp_path.name}.log"
    with nothing_left_behind(tmp_path):
        done = cli("clean", corpus, "-o", tmp_path / out, "--log", log, "--index", index, *force)
        assert done.code == 2, done.err
        done = cli("clean", corpus / "00.txt", "-o", log, "--log", index / "manifest.json", "--index", index, *force)
        assert done.code == 2, done.err
        done = cli("clean", "--in-place", corpus, "--log", index / "manifest.json", "--index", index, *force)
        assert done.code == 2, done.err


def test_a_run_that_is_refused_makes_no_index(cli: Cli, known: tuple[Path, Path], tmp_path: Path) -> None:
    with nothing_left_behind(tmp_path):
        assert cli("clean", known[0], "-o", known[0], "--index", tmp_path / "new").code == 2
        assert cli("clean", known[0], "-o", tmp_path / "new", "--index", tmp_path / "new").code == 2


def test_an_output_that_the_index_could_not_take_is_said_to_be_there(
    cli: Cli, known: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus, index = known

    def lost(*_: Any, **__: Any) -> Any:
        raise ReadError("index", "the server is gone", "start it")

    monkeypatch.setattr("dedupe.files._add", lost)
    done = cli("clean", corpus, "-o", tmp_path / "out", "--index", index)
    assert done.code == 2
    assert "documents and the log are written" in done.err
    assert cli("verify", tmp_path / "out").code == 0


# -- what does not fit


@pytest.mark.parametrize(
    ("config", "named"),
    [
        (Config(min_words=5), "min-words = 8, and now it is 5"),
        (Config(segment="line"), 'segment = "auto", and now it is "line"'),
        (Config(repair=False), "repair = true, and now it is false"),
        (Config(repair_also=("quotes",)), r"repair-also = \[\], and now it is \[\"quotes\"\]"),
    ],
)
def test_other_settings_are_refused_with_advice(known: tuple[Path, Path], config: Config, named: str) -> None:
    corpus, index = known
    with nothing_left_behind(index):
        for attempt in (
            lambda: add_to_index(str(index), [str(corpus)], config),
            lambda: dedupe.check(["x"], replace(config, index=str(index))),
        ):
            with pytest.raises(ConfigError, match=f"{named}; use the settings it was made with"):
                attempt()
    dedupe.check(["x"], Config(index=str(index), near="all", profile="aggressive"))  # these are nothing to an index


@pytest.mark.parametrize("key", ["signature_version", "format"])
def test_fingerprints_of_another_version_are_refused_with_advice(known: tuple[Path, Path], key: str) -> None:
    _, index = known
    manifest = json.loads((index / "manifest.json").read_bytes())
    manifest[key] += 1
    (index / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(ConfigError, match=r"and this version has .*; make the index anew from its texts"):
        Index(str(index))


_NO_PARTS = json.dumps({"format": FORMAT_VERSION, "signature_version": SIGNATURE_VERSION}).encode()


_NO_PART = json.dumps(
    {**json.loads(_NO_PARTS), "settings": {}, "parts": [dict.fromkeys(("name", "files", "documents", "segments"), 1)]}
).encode()


@pytest.mark.parametrize("data", [b"", b"{", b"[]", _NO_PARTS, _NO_PART, b"\xff"])
def test_a_manifest_that_is_none_is_an_error_of_the_user(known: tuple[Path, Path], data: bytes) -> None:
    corpus, index = known
    (index / "manifest.json").write_bytes(data)
    with pytest.raises(ReadError, match=r"manifest.json is not one of an index; make the index anew"):
        Index(str(index))
    with pytest.raises(DedupeError):
        add_to_index(str(index), [str(corpus)], Config())


@pytest.mark.parametrize("damage", ["gone", "empty", "cut", "longer"])
def test_an_index_with_something_missing_is_refused_with_advice(known: tuple[Path, Path], damage: str) -> None:
    corpus, index = known
    (corpus / "00.txt").write_text(LONG[4], "utf-8")
    add_to_index(str(index), [str(corpus)], Config())  # of one part a file has left
    files = [path for path in index.rglob("*") if path.is_file() and path.name not in ("lock", "manifest.json")]
    assert any(path.name.startswith("dead-") for path in files)
    for path in files:
        data = path.read_bytes()
        path.unlink()
        if damage != "gone":
            path.write_bytes({"empty": b"", "cut": data[:-1], "longer": data + b"\0"}[damage])
        if damage == "gone" or path.read_bytes() != data:
            for attempt in (
                lambda: dedupe.check(["x"], Config(index=str(index))),
                lambda: add_to_index(str(index), [str(corpus)], Config()),
                lambda: compact_index(str(index)),
            ):
                with pytest.raises(ReadError, match=r"are missing or damaged; make it anew with `dedupe index add`"):
                    attempt()
        path.write_bytes(data)
    assert add_to_index(str(index), [str(corpus)], Config()).documents == 0


@pytest.mark.parametrize("damage", [b"\xff", b"\x00", b"\x01"])
def test_an_index_with_other_bytes_in_it_is_refused_with_advice_or_does(
    known: tuple[Path, Path], damage: bytes
) -> None:
    corpus, index = known
    new = corpus.parent / "new.txt"
    new.write_text("\n\n".join(LONG), "utf-8")
    attempts = (
        lambda: dedupe.check_files([str(new)], Config(index=str(index))),
        lambda: Index(str(index)).info(),
        lambda: add_to_index(str(index), [str(new)], Config()),
        lambda: compact_index(str(index)),
    )
    refused = set()
    copy = corpus.parent / "sound"
    shutil.copytree(index, copy)
    for path in (path for path in copy.glob("part-*/*") if path.name != "sizes" and path.stat().st_size):
        for attempt in attempts:
            shutil.rmtree(index)
            shutil.copytree(copy, index)
            data = bytearray(path.read_bytes())
            for at in range(len(data) // 3, min(len(data), len(data) // 3 + 24)):
                data[at : at + 1] = damage
            (index / path.relative_to(copy)).write_bytes(data)
            try:
                attempt()
            except ReadError as error:
                refused.add((path.name, error.problem))
    assert {problem for _, problem in refused} == {"parts of the index are missing or damaged"}
    assert "documents" in {name for name, _ in refused}


def test_an_index_is_not_made_in_a_folder_of_other_things(tmp_path: Path) -> None:
    write(tmp_path / "corpus", [LONG[0], "x"])
    with nothing_left_behind(tmp_path):
        with pytest.raises(WriteError, match="is a folder with other things in it; name a new folder"):
            add_to_index(str(tmp_path / "corpus"), [str(tmp_path / "corpus")], Config())
        with pytest.raises(WriteError, match="is a file, and an index is a folder; name a new folder"):
            add_to_index(str(next((tmp_path / "corpus").iterdir())), [str(tmp_path / "corpus")], Config())
        with pytest.raises(WriteError):
            add_to_index(str(tmp_path / "corpus" / "00.txt" / "x"), [str(tmp_path / "corpus")], Config())


def test_other_things_in_the_folder_of_an_index_are_left_alone(known: tuple[Path, Path]) -> None:
    corpus, index = known
    (index / "README").write_text("ours", "utf-8")
    (corpus / "00.txt").write_text(LONG[4], "utf-8")
    add_to_index(str(index), [str(corpus)], Config())
    assert (index / "README").read_text("utf-8") == "ours"


@pytest.mark.parametrize(
    ("argv", "problem"),
    [
        (["check", "{page}", "--index", "{tmp}/none"], "none: there is no index; make one with `dedupe index add`"),
        (["index", "info", "{tmp}/none"], "none: there is no index; "),
        (["index", "compact", "{tmp}/none"], "none: there is no index; "),
        (["index", "add", "{tmp}/new", "-"], "-: standard input has no place to be found again; "),
        (["index", "add", "{tmp}/new", "{tmp}/nowhere"], "nowhere: no such file or folder; "),
        (["check", "{page}", "--index", "{tmp}/none", "--scope", "document"], "--index: with --scope document "),
    ],
)
def test_errors_say_what_to_do(cli: Cli, tmp_path: Path, argv: list[str], problem: str) -> None:
    page = tmp_path / "page.txt"
    page.write_text("x", "utf-8")
    done = cli(*[argument.format(page=page, tmp=tmp_path) for argument in argv])
    assert done.code == 2
    assert problem in done.err
    assert not (tmp_path / "none").exists()


# -- reports


def test_info_and_compact(cli: Cli, known: tuple[Path, Path]) -> None:
    corpus, index = known
    (corpus / "00.txt").write_text(LONG[4], "utf-8")
    assert cli("index", "add", index, corpus, "--quiet").stderr == b""
    before = json.loads(cli("index", "info", index, "--json").out)
    assert (before["files"], before["documents"], before["segments"], before["dead_files"]) == (3, 4, 4, 1)
    assert before["settings"] == {"segment": "auto", "min_words": 8, "repair": True, "repair_also": []}
    assert before["schema_version"] == 1
    assert "documents         4\n" in cli("index", "info", index).out
    assert cli("index", "compact", index).code == 0
    after = json.loads(cli("index", "info", index, "--json").out)
    assert (after["files"], after["documents"], after["dead_files"], after["parts"]) == (3, 4, 0, 1)
    assert after["bytes"] == sum(len(data) for data in tree(index).values()) < before["bytes"]
    assert found(index) == [1, 2, 3, 4]


def test_adding_says_what_was_done(cli: Cli, known: tuple[Path, Path]) -> None:
    corpus, index = known
    (corpus / "00.txt").unlink()
    (corpus / "01.txt").write_text(LONG[5], "utf-8")
    (corpus / "new.txt").write_text(LONG[4], "utf-8")
    report = json.loads(cli("index", "add", index, corpus, "--prune", "--json").out)
    del report["schema_version"]
    assert report == {"new": 1, "changed": 1, "known": 1, "gone": 1, "documents": 2, "notes": []}
    done = cli("index", "add", index, corpus)
    assert done.err.splitlines() == ["0 new files, 0 changed, 3 known", f"0 documents added to {index}"]


def test_a_full_disk_is_said_of_the_index(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody wrote to standard output."""
    files = write(tmp_path / "texts", LONG)
    assert cli("index", "add", tmp_path / "index", files[0]).code == 0
    before = tree(tmp_path / "index")

    def refuse(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(PartWriter, "_write", refuse)
    for command in (["index", "add", tmp_path / "index", *files], ["check", files[0], "--against", files[1]]):
        done = cli(*command)
        assert done.code == 2
        assert re.search(r": no space left on device; free some space", done.err), done.err
        assert "standard output" not in done.err
    assert {name: data for name, data in tree(tmp_path / "index").items() if name != "lock"} == {
        name: data for name, data in before.items() if name != "lock"
    }
