"""The scripts that judge the tool: figures on labelled files, and the check of every removal by other means."""

from __future__ import annotations

import copy
import json
import random
import subprocess
import sys
from collections.abc import Callable
from difflib import SequenceMatcher
from math import comb
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, SAMPLES, environment, read_log, run_cli, tree
from hypothesis import given, settings
from hypothesis import strategies as st
from rereading import aligned, raw
from strategies import corpora

import dedupe
from dedupe import Config, Document

sys.path.insert(0, str(ROOT / "benchmarks"))
import evaluate
import recheck

WORDS = (
    "river mill owl winter letter bread window garden harbour lantern market ladder copper orchard saddle meadow "
    "kettle basket anchor thimble velvet pepper bridge candle marble parcel"
).split()


def sentence(seed: int, length: int = 30) -> str:
    rng = random.Random(seed)
    return " ".join(rng.choice(WORDS) for _ in range(length)).capitalize() + "."


def script(name: str, *arguments: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, ROOT / "benchmarks" / name, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=environment())


# -- every removal, checked again


def rechecked(documents: list[Document], config: Config) -> recheck.Report:
    result = dedupe.clean(documents, config)
    return recheck.recheck(
        result.log, {d.id: raw(d.text) for d in documents}, {d.id: raw(d.text) for d in result.documents}
    )


CONFIGS = [
    *(Config(near=near, unit=unit) for near in ("safe", "all") for unit in ("both", "document")),
    Config(scope="document"),
]


@given(corpora(), st.sampled_from(CONFIGS))
@settings(max_examples=40)
def test_every_removal_has_a_survivor_that_is_as_alike_as_the_log_says(texts: list[str], config: Config) -> None:
    documents = [Document(id=f"d{number}", text=text) for number, text in enumerate(texts)]
    assert rechecked(documents, config).problems == []


def test_samples_are_rechecked_from_files(tmp_path: Path) -> None:
    assert run_cli("clean", SAMPLES / "pages", "-o", tmp_path / "out", "--near", "all", "-q").code == 0
    log = tmp_path / "out.difflog.jsonl"
    told = script("recheck.py", SAMPLES / "pages", tmp_path / "out", log)
    assert told.returncode == 0, told.stdout
    removals = [r for r in read_log(log) if r["t"] == "op" and r["applied"] and "canonical" in r]
    assert f"{len(removals)} removals checked, 0 wrong" in told.stdout
    assert "repeat/near" in told.stdout or "duplicate/near" in told.stdout


def _without_survivor(log: list[Any], outputs: dict[str, bytes]) -> None:
    outputs.clear()


def _with_other_bytes(log: list[Any], outputs: dict[str, bytes]) -> None:
    removal(log)["canonical"]["sha256"] = "0" * 64


def _with_more_similarity(log: list[Any], outputs: dict[str, bytes]) -> None:
    removal(log)["evidence"]["similarity"] = 1.0


def _as_exact(log: list[Any], outputs: dict[str, bytes]) -> None:
    removal(log)["rule"] = "duplicate/exact"


def _as_repeat(log: list[Any], outputs: dict[str, bytes]) -> None:
    removal(log)["rule"] = "repeat/near"


def _elsewhere(log: list[Any], outputs: dict[str, bytes]) -> None:
    removal(log)["canonical"]["dst"] = [0, 40]


def _nowhere(log: list[Any], outputs: dict[str, bytes]) -> None:
    removal(log)["canonical"]["dst"] = [0, 1 << 20]


def removal(log: list[Any]) -> Any:
    return next(r for r in log if r["t"] == "op" and r["applied"] and r["rule"].startswith("duplicate/near"))


@pytest.mark.parametrize(
    "spoil",
    [_without_survivor, _with_other_bytes, _with_more_similarity, _as_exact, _as_repeat, _elsewhere, _nowhere],
)
def test_a_log_that_says_what_is_not_so_is_found_out(spoil: Callable[..., None]) -> None:
    story = [sentence(n) for n in range(3)]
    changed = story[1].replace(".", "").split()
    changed[4:7] = ["thunder", "saffron", "quarry"]
    texts = {"a": "\n\n".join(story), "b": " ".join(changed) + ".\n\n" + sentence(7) + "\n\n" + sentence(8)}
    result = dedupe.clean([Document(name, text) for name, text in texts.items()], Config(near="all"))
    sources = {name: raw(text) for name, text in texts.items()}
    outputs = {d.id: raw(d.text) for d in result.documents}
    log = copy.deepcopy(result.log)
    assert recheck.recheck(log, sources, outputs).problems == []
    spoil(log, outputs)
    assert recheck.recheck(log, sources, outputs).problems != []


@given(st.lists(st.sampled_from("abcd"), max_size=14), st.lists(st.sampled_from("abcd"), max_size=14))
def test_the_second_alignment_is_one_and_the_longest(ours: list[str], theirs: list[str]) -> None:
    runs = aligned(ours, theirs)
    at = other = 0
    for i, j, length in runs:
        assert i >= at
        assert j >= other
        assert ours[i : i + length] == theirs[j : j + length]
        at, other = i + length, j + length
    row = [0] * (len(theirs) + 1)
    for word in ours:
        above, row = row, [0]
        for place, there in enumerate(theirs):
            row.append(above[place] + 1 if word == there else max(above[place + 1], row[place]))
    assert sum(length for _, _, length in runs) == row[-1]
    blocks = SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks()
    assert row[-1] >= sum(block.size for block in blocks)


# -- figures on labelled files


def write_rows(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def figures(file: Path, *arguments: Any) -> dict[str, Any]:
    out = file.with_suffix(".figures.json")
    done = script("evaluate.py", file, "--out", out, *arguments)
    assert done.returncode == 0, done.stderr
    runs: dict[str, Any] = json.loads(out.read_text("utf-8"))["runs"]
    return runs


def test_clusters_are_scored(tmp_path: Path) -> None:
    rows = [{"id": f"{n}-{copy}", "text": sentence(n), "cluster": n} for n in range(4) for copy in range(3)]
    rows.append({"id": "stray", "text": sentence(0), "cluster": 9})
    scored = figures(write_rows(tmp_path / "clusters.jsonl", rows))
    # four groups are found, one of them with the stray: 3 of 15 pairs are wrong
    assert scored["found"]["precision"] == round(12 / 15, 4)
    assert scored["found"]["recall"] == 1
    assert scored["found"] == scored["removed"]
    assert 0.8 < scored["found"]["adjusted_rand"] < 1
    assert scored["bands"] == [{"from": "exact", "removed, other cluster": 1, "removed, same cluster": 8}]
    assert scored["removed_across_clusters"] == 0  # word for word


def test_judged_pairs_are_scored(tmp_path: Path) -> None:
    texts = {str(n): sentence(n) for n in range(4)}
    texts["copy"] = texts["0"]
    file = write_rows(
        tmp_path / "pairs.jsonl",
        [
            {"a": "0", "b": "copy", "label": 1},
            {"a": "1", "b": "2", "label": 1},  # nothing alike: a pair that is missed
            {"a": "2", "b": "3", "label": 0},
        ],
    )
    known = write_rows(tmp_path / "texts.jsonl", [{"id": name, "text": text} for name, text in texts.items()])
    scored = figures(file, "--texts", known)
    assert scored["found"] | {"adjusted_rand": 0} == {
        "precision": 1, "recall": 0.5, "f1": round(2 / 3, 4), "adjusted_rand": 0,
    }  # fmt: skip
    direct = [{"a": texts["0"], "b": texts["0"] + " ", "label": 1}, {"a": texts["1"], "b": texts["2"], "label": 0}]
    assert figures(write_rows(tmp_path / "texts-in-pairs.jsonl", direct))["found"]["f1"] == 1


def test_removals_across_clusters_are_listed(tmp_path: Path) -> None:
    changed = sentence(1).replace(".", "").split()
    changed[9] = "thunder"
    rows = [
        {"name": "one", "body": sentence(1), "kind": "x"},
        {"name": "other", "body": " ".join(changed), "kind": "y"},
    ]
    fields = ("--cluster-field", "kind", "--text-field", "body", "--id-field", "name")
    file = write_rows(tmp_path / "kinds.jsonl", rows)
    scored = figures(file, *fields, "--option=--near=all", "--option=--unit=paragraph", "--list")
    assert scored["removed_across_clusters"] == 1
    (entry,) = scored["across"]
    assert sorted(entry["clusters"]) == ["x", "y"]
    assert entry["differences"] != []
    assert figures(file, *fields)["removed_across_clusters"] == 0


def test_a_row_without_a_label_is_an_error(tmp_path: Path) -> None:
    done = script("evaluate.py", write_rows(tmp_path / "bare.jsonl", [{"id": "1", "text": "x"}]))
    assert done.returncode == 1
    assert "bare.jsonl:1: has neither" in done.stderr


@given(st.lists(st.integers(0, 3), min_size=2, max_size=12), st.data())
def test_adjusted_rand_is_that_of_its_definition(ours: list[int], data: st.DataObject) -> None:
    theirs = data.draw(st.lists(st.integers(0, 3), min_size=len(ours), max_size=len(ours)))
    pairs = [(i, j) for j in range(len(ours)) for i in range(j)]
    both = sum(ours[i] == ours[j] and theirs[i] == theirs[j] for i, j in pairs)
    in_ours, in_theirs = (sum(labels[i] == labels[j] for i, j in pairs) for labels in (ours, theirs))
    found = evaluate.adjusted_rand(both, in_ours, in_theirs, comb(len(ours), 2))
    neither = len(pairs) - in_ours - in_theirs + both
    one, other = in_ours - both, in_theirs - both
    # Hubert and Arabie's index from the four counts of pairs (Warrens, 2008)
    below = (both + one) * (one + neither) + (both + other) * (other + neither)
    assert found == pytest.approx(2 * (both * neither - one * other) / below if below else 1.0)


def test_trees_are_read_as_the_log_names_them() -> None:
    assert recheck.read_texts(SAMPLES / "pages", "text", "id") == tree(SAMPLES / "pages")
