"""The benchmarks measure what they say: the planted truth is true, and every stage has its modules."""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import random
import shutil
import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import ROOT, call_cli

sys.path.insert(0, str(ROOT / "benchmarks"))
import corpora
import evaluate
import hooks
import index
import noise
import peers
import speed
import stages


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    corpus = tmp_path_factory.mktemp("planted") / "corpus.jsonl"
    return corpus, corpora.build(corpus, 800_000)


def test_planted_copies_are_where_the_truth_says(planted: tuple[Path, Path]) -> None:
    rows = map(json.loads, planted[0].read_text(encoding="utf-8").splitlines())
    paragraphs = {row["id"]: row["text"].rstrip("\n").split("\n\n") for row in rows}
    entries = speed.Truth(planted[1]).entries
    furniture = Counter(entry["id"].partition("#")[0] for entry in entries if entry["kind"] == "boiler")
    own = {name: texts[: len(texts) - furniture[name]] for name, texts in paragraphs.items()}
    for entry in entries:
        name, _, number = entry["id"].partition("#")
        source, _, which = entry.get("src", "").partition("#")
        if entry["kind"] == "boiler":
            assert paragraphs[name][int(number)] == entry["line"]
        elif entry["kind"] == "body":
            assert own[name] == own[name][: entry["size"]] * (entry["times"] + 1)
        elif entry["kind"] == "para":
            copy, original = paragraphs[name][int(number)], paragraphs[source][int(which)]
            assert (copy == original) == (not entry["rate"])
        elif not entry["rate"]:
            assert own[source][: len(own[name])] == own[name]
    assert {entry["kind"] for entry in entries} == {"boiler", "body", "para", "doc"}


def test_a_smaller_corpus_is_the_beginning_of_a_larger(planted: tuple[Path, Path], tmp_path: Path) -> None:
    corpora.build(tmp_path / "small.jsonl", 50_000)
    assert planted[0].read_bytes().startswith((tmp_path / "small.jsonl").read_bytes())


def test_what_is_planted_is_found_and_nothing_else(planted: tuple[Path, Path], tmp_path: Path) -> None:
    corpus, truth = planted
    assert call_cli("clean", corpus, "-o", tmp_path / "out.jsonl", "--source-field", "site", "-q").code == 0
    scored = speed.score(tmp_path / "out.jsonl.difflog.jsonl", truth)
    assert scored["removed"] > 0
    assert scored["removed_unplanted"] == 0
    for label in ("doc 0%", "doc 1%", "doc 5%", "para 0%", "para 1%", "para 5%", "body"):
        assert scored["recall"][label] == 1, label
    assert scored["recall"]["boiler"] > 0.9


def test_other_tools_are_judged_by_what_they_keep(planted: tuple[Path, Path]) -> None:
    corpus, truth = planted[0], speed.Truth(planted[1])
    names = {json.loads(row)["id"] for row in corpus.read_text(encoding="utf-8").splitlines()}
    copies = {entry["id"] for entry in truth.entries if entry["kind"] == "doc"}
    sources = {entry["src"] for entry in truth.entries if entry["kind"] == "doc"}
    careful = peers.judged(corpus, names - copies, truth, "documents")
    assert set(careful["recall"].values()) == {1}
    assert (careful["removed"], careful["removed_unplanted"], careful["lost"]) == (len(copies), 0, 0)
    assert peers.judged(corpus, names - copies - sources, truth, "documents")["lost"] > 0
    other = next(name for name in sorted(names) if not truth.explains(name))
    assert peers.judged(corpus, names - {other}, truth, "documents")["removed_unplanted"] == 1


def test_every_stage_names_modules_that_are_there() -> None:
    assert [name for name in stages.STAGES if importlib.util.find_spec(name) is None] == []


def test_time_goes_to_the_innermost_stage() -> None:
    def stage(*modules: str, function: str = "work") -> str:
        frame = None
        for module in modules:
            frame = SimpleNamespace(
                f_globals={"__name__": module}, f_code=SimpleNamespace(co_name=function), f_back=frame
            )
        return stages.stage(frame)

    assert stage("__main__", "dedupe.pipeline", "dedupe.matching.canonical", "dedupe.text.normalize") == "match"
    assert stage("dedupe.pipeline", "dedupe.matching.table") == "scan"
    assert stage("dedupe.pipeline", "dedupe.matching.table", function="<module>") == "start"
    assert stage("__main__", "json") == "other"


def test_an_index_is_measured_and_finds_what_was_changed(tmp_path: Path) -> None:
    figures = index.measure(tmp_path, 3_000, 100)
    assert figures["paragraphs"] == 3_001
    assert figures["met"] >= 0.97
    assert figures["open_ms"] > 0 < figures["look_up_ms"]


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_the_copies_of_the_hook_benchmark_are_found_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    measured = hooks.measure(tmp_path / "corpus", files=30, size=100_000, times=1)
    assert measured["right"]
    assert measured["files"] == 30
    assert all(measured[name]["cpu"] > 0 for name in ("cold", "warm", "again", "check_one_file"))


_STORIES = [
    "\n\n".join(
        f"Story {n} has paragraph {p} and says about it what no other one says: " + f"n{n}p{p} " * 9 for p in range(9)
    )
    for n in range(60)
]


@pytest.mark.parametrize("kind", noise.KINDS)
def test_noise_makes_copies_that_are_other_texts_and_the_same_ones_every_time(kind: str) -> None:
    texts = _STORIES if kind != "short" else [f"The ferry number {n} was late again on Monday." for n in range(60)]
    made = noise.copies(texts, kind, 1)
    assert made == noise.copies(texts, kind, 1) != noise.copies(texts, kind, 2)
    assert {one.level for one in made} == {"", *noise.KINDS[kind][2]}
    assert all(bool(one.copy) == bool(one.level) for one in made)
    assert all(one.copy != one.text for one in made if one.level)
    corpus, of = noise.laid_out(made)
    assert corpus[: len(made)] == [one.text for one in made]
    assert [corpus[n] for n in range(len(made), len(of))] == [made[n].copy for n in of[len(made) :]]


def test_letters_are_misread_at_the_rate_that_is_asked_for() -> None:
    rng = random.Random(3)
    text = " ".join(rng.choice(["ferry", "harbour", "monday", "lantern"]) for _ in range(5_000))
    for rate in (0.01, 0.08):
        copy = noise.misread(rng, text, rate)
        letters = [part.replace("-\n", "").replace("\n", "").replace(" ", "") for part in (text, copy)]
        assert len(letters[0]) == len(letters[1])
        wrong = sum(a != b for a, b in zip(*letters, strict=True))
        assert 0.8 * rate < wrong / len(letters[0]) < 1.2 * rate


def test_an_abridged_article_has_paragraphs_of_its_source_in_order() -> None:
    for level, most in (("half", 6), ("third", 4), ("dropped", 8)):
        for text in _STORIES:
            kept = noise.abridged(random.Random(level), text, level).split("\n\n")
            paragraphs = text.split("\n\n")
            places = [paragraphs.index(part) for part in kept]
            assert places == sorted(places)
            assert places[0] == 0
            assert len(kept) <= most


def test_noise_is_scored_by_copies_found_and_by_pairs_that_are_none() -> None:
    made = [noise.Copy("a", "1 %", "A"), noise.Copy("b", "1 %", "B"), noise.Copy("c", "", "")]
    corpus, of = noise.laid_out(made)
    groups = evaluate.Groups(len(corpus))
    groups.join(0, 3)
    assert noise.score(made, of, groups) == {"1 %": 0.5, "others": 0}
    groups.join(2, 3)
    assert noise.score(made, of, groups) == {"1 %": 0.5, "others": 2}
    by_signature = noise.by_signature(["one two three"] * 2 + ["four five six"], *noise.PEERS["3 words, 0.5"])
    assert [by_signature.of(n) for n in range(3)] == [0, 0, 2]


def test_a_labelled_file_without_rows_is_no_perfect_agreement(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("\n", encoding="utf-8")
    fields = argparse.Namespace(id_field="id", text_field="text", cluster_field="cluster")
    with pytest.raises(SystemExit, match="has no rows"):
        evaluate.read(tmp_path / "empty.jsonl", None, fields)
