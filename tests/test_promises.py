"""The eight promises, each as tests that can fail.

They go through the Python API and the command line, over random corpora and over the samples. What the log says is
re-read by ``rereading``, which shares no code with the tool.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from conftest import SAMPLES, Completed, digest, environment, read_log, tree
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rereading import (
    check_explanations,
    check_replay,
    check_survivors,
    operations,
    raw,
    text_of,
    words,
)
from strategies import LONG, TABLE, corpora, near_copies, records

import dedupe
from dedupe import Config, Document

Cli = Callable[..., Completed]

CONFIGS = st.sampled_from(
    (
        Config(),
        Config(),
        Config(),
        Config(scope="document"),
        Config(unit="paragraph"),
        Config(unit="document"),
        Config(near="all"),
        Config(near="off"),
        Config(keep="first"),
        Config(keep="longest"),
        Config(keep="cleanest"),
        Config(profile="aggressive"),
        Config(profile="safe"),
        Config(segment="line"),
        Config(segment="blank"),
        Config(boilerplate=False),
        Config(repair=False),
        Config(repair_also=("entities", "quotes", "widths", "ligatures")),
        Config(min_words=1, min_block_chars=0),
    )
)


def named(texts: Sequence[str]) -> list[Document]:
    return [Document(id=f"d{number}", text=text) for number, text in enumerate(texts)]


def identified(documents: Sequence[Document]) -> list[tuple[str, str]]:
    return [(d.id, d.text) for d in documents]


def sample_documents() -> list[Document]:
    pages = sorted((SAMPLES / "pages").iterdir())
    documents = [Document(id=p.name, text=p.read_bytes().decode("utf-8"), source="pages") for p in pages]
    for line in (SAMPLES / "feed.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        documents.append(Document(id=row["id"], text=row["text"], source=row["url"].split("/")[2]))
    return documents


def check_all(documents: Sequence[Document], config: Config) -> dedupe.Result:
    """Clean, and hold the result to promises 1, 2, 4 and 6."""
    result = dedupe.clean(documents, config)
    sources = {d.id: raw(d.text) for d in documents}
    outputs = {d.id: raw(d.text) for d in result.documents}
    # input order, removed ones left out
    assert [d.id for d in result.documents] == [d.id for d in documents if d.id in outputs]
    # 1: nothing is lost
    assert identified(dedupe.restore(result.documents, result.log)) == identified(documents)
    check_replay(result.log, sources, outputs)
    # 2: every removal names its survivor
    check_survivors(result.log, sources, outputs, config.min_words)
    # 6: every change explains itself
    check_explanations(result.log)
    assert list(result.operations) == operations(result.log, applied=None)
    # 4: a second run changes nothing
    again = dedupe.clean(result.documents, config)
    assert again.documents == result.documents
    assert operations(again.log) == []
    return result


# -- 1, 2, 4 and 6 through the Python API


_STORY = (
    "The ferryman kept a list of everybody who had ever crossed without paying, and on the last day of each year he "
    "read it aloud to the river, slowly, with the dates, so that the water at least should know what it had carried."
)
_FOOT = "Sign up for the letter of the valley\nBack to the list of walks\n"
_LONG_PAGE = f"\ufeff{_STORY}" + f"\r\n\r\n{_STORY}" * 11 + f"\r\n\r\n\n{_FOOT}"
_HURT = "The owner, RenÃ©e, says that itâ€™s a small cafÃ©."
_DAMAGED_PAGE = f"{_STORY}\r\n\r\n" * 4 + f"{_HURT}\r\n\r\n\n{_FOOT}"
_TABLE = (
    "| name | where | amount |\n| --- | --- | --- |\n| spade with the long handle | north wall, left side | 12 |\n"
    "| spade with the short handle | north wall, left side | 12 |"
)
_VERSE = "Row away over the bay,\r\nand bring us the morning home, my dear,\r\nand bring us home."

STUBBORN = {
    "removals lose their survivor one after the other, down a chain of documents": [
        _LONG_PAGE,
        f"\ufeff{_STORY}" + f"\n\n{_STORY}" * 5 + f"\n{_FOOT}",
        f"\ufeff\n{_FOOT}",
        _LONG_PAGE,
        *[f"\ufeff\n{_FOOT}"] * 3,
    ],
    "the less damaged of two near copies loses damage with what is removed from it": [
        f"very \ufeff{_DAMAGED_PAGE}",
        _DAMAGED_PAGE,
    ],
    "documents that are emptied are not there to be counted by a second run": [
        f"\ufeff{_STORY}" + "\n\nPrint Friendly, PDF & Email" * 2 + f"\n{_FOOT}",
        *[f"\ufeff\n{_FOOT}"] * 2,
        f"\ufeffThe cat of the customs house has never been counted.\n\n\n{_FOOT}",
        f"\ufeff{_STORY}\r\n\r\n\n{_FOOT}",
        f"\ufeff{_STORY}\n\n\n{_FOOT}",
    ],
    "what stood once stands there twice when the text around it is gone": [
        f"{_STORY}\r\n\r\n{_VERSE}\r\n" * 2,
    ],
    "the survivor of a document loses lines to a third one, each time that it is the survivor": [
        "\n".join(LONG[:6]),
        f"{LONG[1]}\n{_STORY} Nobody else did.\n{LONG[4]}",
        "\n".join(LONG[:6]).replace("children", "chil dren"),
    ],
    "copies that come back twice for want of their survivor go once that is still": [
        *[f"\ufeff{_STORY}\n\n{_TABLE}\n\n{_FOOT}"] * 3,
        f"{_STORY}\n\n\n{_FOOT}",
    ],
    "a removal makes another one possible that takes its survivor": [
        "Notes\r\n\r\n".join(
            [
                "",
                *[f"{_STORY}\r\n\r\n{_STORY}{gap}{_VERSE}\r\n\r\n{_HURT}\r\n\r\n" for gap in ("\r\n\r\n", "\r\n")],
                _FOOT,
            ]
        ),
        f"{_STORY}\r\n\r\n{_FOOT}",
    ],
}


@pytest.mark.parametrize("segment", ["auto", "line"])
@pytest.mark.parametrize("texts", STUBBORN.values(), ids=STUBBORN.keys())
def test_one_run_is_enough(texts: list[str], segment: str) -> None:
    check_all(named(texts), Config(segment=segment))


def test_one_run_is_enough_where_each_survivor_in_turn_goes_as_boilerplate() -> None:
    """The removals of such a page are taken back more often than it has patience for; the page is tried again later."""
    menu = "Live\nGaza war\nEconomy\nOpinion\nInvestigations\nInteractives\nLive\nClick search\n" + "Live\n" * 5
    first = "on increased aid delivery to the valley, conflict, news of the lake\n"
    again = "UN increased aid delivery to the valley | conflict of the lake\nLive\nThe valley\n"
    text = f"{first}{menu}{again}UN aid delivery to the valley, conflict, news | of the lake\nLive\nLive\n"
    check_all(named([text]), Config(unit="paragraph", near="all", segment="line", min_words=1, min_block_chars=0))


def test_a_short_line_stays_with_what_it_would_have_gone_with() -> None:
    grammar = "Clients MUST\nrecord = ref peeled ref\tref = LINE(id SP name LF)\tpeeled = LINE(id SP name LF)\n"
    result = check_all(named([f"{grammar * 2}Clients MUST"]), Config(segment="line", min_words=3))
    assert [document.text for document in result.documents] == [f"{grammar * 2}Clients MUST"]
    assert {operation["evidence"]["guard"] for operation in result.operations} == {"heading"}


def test_a_rule_goes_for_a_rule_and_not_for_the_blank_lines_above_it() -> None:
    """Neither has any words."""
    block = "\n\n".join(["* * *", *LONG[:3]])
    result = check_all(named([f"\n\n{block}\n\n{block}\n\n{LONG[3]}", f"\n\n{block}\n\n{LONG[4]}"]), Config())
    spans = [operation["canonical"]["chr"] for operation in result.operations if operation["applied"]]
    assert spans == [[2, 4 + len(block)]] * 2


@pytest.mark.parametrize("blanks", [" ", "\t ", "\u3000"])
@pytest.mark.parametrize("end", ["", "\n"])
def test_a_copy_goes_though_what_stays_ends_in_blanks(blanks: str, end: str) -> None:
    """The blanks belong to the line that stays: it would not stand whole if they went with what follows it."""
    result = check_all(named([f"{LONG[0]}{blanks}\n{LONG[0]}{end}"]), Config())
    assert [document.text for document in result.documents] == [f"{LONG[0]}{blanks}{end}"]


def test_repairs_and_findings_are_logged_in_the_order_of_their_places() -> None:
    """A vertical tab that goes is white space that goes, in front of lines that stay for the brake."""
    furniture = "\n\nRelated articles\nHome\nRead more"
    texts = [LONG[0] + furniture, LONG[1] + furniture, "The cat of the customs house.\x0b" + furniture]
    result = check_all(named(texts), Config())
    assert {(o["rule"], o["applied"]) for o in result.operations if o["doc"] == "d2"} >= {
        ("repair/control", True),
        ("boilerplate/nav", False),
    }


@given(corpora(), CONFIGS)
@settings(max_examples=100)
def test_random_corpora_keep_the_promises(texts: list[str], config: Config) -> None:
    check_all(named(texts), config)


@given(st.lists(st.sampled_from(LONG).flatmap(near_copies), min_size=2, max_size=8), st.sampled_from(("all", "safe")))
@settings(max_examples=60)
def test_clouds_of_near_copies_keep_the_promises(texts: list[str], near: str) -> None:
    check_all(named(["\n\n".join(texts)]), Config(near=near))
    check_all(named(texts), Config(near=near))


@pytest.mark.parametrize("scope", ["corpus", "document"])
@pytest.mark.parametrize("near", ["safe", "all", "review", "off"])
def test_samples_keep_the_promises(scope: str, near: str) -> None:
    result = check_all(sample_documents(), Config(scope=scope, near=near))
    assert len(operations(result.log)) > 10


def test_a_chain_of_near_copies_is_never_judged_through_a_third() -> None:
    """Each text is close to the next one, the first and the last are far apart: both ends must be answered for."""
    chain = [LONG[0].split(" ")]
    for step in range(1, 12):
        chain.append([w if i not in (2 * step, 2 * step + 1) else f"zig{step}{i}" for i, w in enumerate(chain[-1])])
    texts = [" ".join(text) for text in chain]
    result = check_all(named(texts), Config(near="all"))
    assert len(result.documents) >= 2
    check_all(named(["\n\n".join(texts)]), Config(near="all"))


def test_what_the_brake_holds_back_is_held_back_in_the_second_run_too() -> None:
    """Furniture that two of three pages lose makes the third page's share of furniture smaller."""
    tail = "\nSign up for the letter of the valley\nBack to the list of walks\n"
    bare, long = f"\ufeff{tail}", f"{LONG[0]}\n\n{tail}"
    check_all(named([bare, long, f"{TABLE[0]}\n\nPrint Friendly, PDF & Email\n\n{tail}"]), Config())
    check_all(named([bare, long, f"{LONG[1]}\n\nHome\n\nTHINK TANK: SENIOR\n\nShare on Facebook\n\n{tail}"]), Config())


def test_signs_that_mean_something_are_compared_like_words() -> None:
    text = "e of this License.p><p><strong>3\na f this License.p><p><strong>8"
    result = check_all(named([text]), Config(near="all"))
    assert [operation["rule"] for operation in result.operations] == ["repeat/near"]


@given(st.randoms(use_true_random=False), st.sampled_from(("auto", "line")))
@settings(max_examples=25)
def test_no_sentence_is_cut_in_two(rng: random.Random, segment: str) -> None:
    """Wrapped texts that have lines in common, as notices have, wherever in a sentence these begin and end."""
    syllables = "ba ko mi ru sel tan vor lin dra pem".split()

    def sentence() -> str:
        words = ["".join(rng.choices(syllables, k=rng.randrange(1, 4))) for _ in range(rng.randrange(6, 30))]
        return " ".join(words).capitalize() + "."

    def wrapped(width: int) -> list[str]:
        return textwrap.wrap(" ".join(sentence() for _ in range(rng.randrange(2, 8))), width)

    notice, width = wrapped(72), rng.randrange(60, 80)
    texts = ["\n".join(notice)]
    for _ in range(rng.randrange(1, 4)):
        start = rng.randrange(len(notice))
        part = notice[start : start + rng.randrange(1, 6)]
        texts.append("\n".join([*wrapped(width), *part, *wrapped(width)]))
    result = check_all(named(texts), Config(segment=segment, boilerplate=False, min_words=3))
    for document in result.documents:
        before = texts[int(document.id.removeprefix("d"))].split("\n")
        left = document.text.split("\n")
        below, below_left = (dict(pairwise(lines)) for lines in (before, left))
        for line, after in below.items():
            if len(line) >= 40 and line[-1] != "." and after[0].islower() and {line, after} & {*left}:
                assert below_left.get(line) == after


def test_the_parts_of_a_passage_name_one_survivor() -> None:
    """The second part has the bytes of the canonical line with its line end, the first has not."""
    texts = [f"   {LONG[0]}\n", f"k\x0b   {LONG[0]}\n"]
    result = check_all(named(texts), Config(near="all"))
    parts = [operation for operation in result.operations if operation["evidence"].get("parts")]
    assert len(parts) == 2
    assert parts[0]["canonical"] == parts[1]["canonical"]


def test_what_a_guard_holds_for_being_frequent_goes_in_the_same_run_when_it_is_not() -> None:
    """In legal language lines that many sources have stay; here one of three sources loses the line."""
    terms = "Licensor hereby grants a royalty-free, perpetual licence; no warranty of merchantability, no liability."
    foot = "Posted by admin on 12 May 2014"
    texts = [f"{terms}\n{foot}\n", f"{foot}\n", f"{LONG[0]}\n{foot}\n"]
    result = check_all([Document(id=f"d{n}", text=text, source=f"s{n}") for n, text in enumerate(texts)], Config())
    assert [document.text for document in result.documents] == [f"{terms}\n", f"{foot}\n", f"{LONG[0]}\n"]


def test_a_guard_lets_go_of_a_line_of_which_something_else_is_said() -> None:
    """All of the line is furniture once it is not frequent any more; its end alone may be."""
    foot = "Share on Facebook All rights reserved. Read more"
    texts = [f"{text}\n{foot}" for text in LONG[:3]]
    documents = [Document(id=f"d{n}", text=text, source=f"s{n}") for n, text in enumerate(texts)]
    result = check_all(documents, Config())
    assert [document.text for document in result.documents] == list(LONG[:3])


def test_a_document_that_shrinks_to_a_near_copy_goes_in_the_same_run() -> None:
    """Only when their inner repeats are gone are these two documents alike."""
    first = "\n\n".join(["not" + TABLE[0][1:]] + [TABLE[0]] * 3) + "\n\n"
    second = "\ufeff" + "\n\n".join([TABLE[0]] * 4) + "\n\n"
    for near in ("all", "safe"):
        check_all(named([first, second]), Config(near=near))
        check_all(named([second, first]), Config(near=near))


def test_the_documents_may_be_strings_mappings_or_documents() -> None:
    texts = [LONG[0] + "\n\n" + LONG[1], LONG[2], LONG[0] + "\n\n" + LONG[1]]
    kept = [
        [d.text for d in dedupe.clean(form).documents]
        for form in (
            texts,
            iter(texts),
            [{"id": f"k{n}", "text": t, "more": [n]} for n, t in enumerate(texts)],
            [Document(id=f"k{n}", text=t) for n, t in enumerate(texts)],
        )
    ]
    assert kept == [texts[:2]] * 4


def test_counts_agree_with_the_log() -> None:
    result = dedupe.clean(sample_documents())
    done = Counter(op["rule"] for op in operations(result.log))
    found = Counter(op["rule"] for op in operations(result.log, applied=None))
    for rule, count in result.counts.items():
        assert done[rule] <= count <= found[rule]
    assert set(done) <= set(result.counts)


def test_nothing_in_nothing_out() -> None:
    result = dedupe.clean([])
    assert result.documents == []
    assert result.operations == []
    assert dedupe.restore(result.documents, result.log) == []


@pytest.mark.parametrize(
    "names",
    [
        ["a"] * 4,
        ["a", "a", "a (a, document 2)", "b"],
        ["x", ", document 1)", "x", "x (x, document 3)"],
        ["", "", "1", "1"],
    ],
)
def test_documents_come_back_under_their_ids_whatever_those_are(names: list[str]) -> None:
    """The log needs a name for each, and the third document leaves: all of it stands in the first two."""
    texts = [LONG[0], f"{LONG[1]}\n\n{LONG[0]}", LONG[1], LONG[2]]
    documents = [
        Document(name, text, "site", encoding="utf-16-le", bom=b"\xff\xfe", date="2024-05-01")
        for name, text in zip(names, texts, strict=True)
    ]
    result = dedupe.clean(documents)
    logged = [record for record in result.log if record["t"] == "doc"]
    assert len({record["doc"] for record in logged}) == len(documents)
    assert [record.get("id", record["doc"]) for record in logged] == names
    assert [record["status"] for record in logged] == ["same", "changed", "removed", "same"]
    restored = dedupe.restore(result.documents, result.log)
    assert [replace(document, source="site", date="2024-05-01") for document in restored] == documents
    assert [document.source for document in restored] == ["site", "site", "", "site"]


def test_cleaned_documents_keep_what_is_known_of_them() -> None:
    """What a second run goes by is not only the text."""
    dates = ["2020-01-01", "2024-05-01"]
    texts = [f"{LONG[0]}\n\nPrint Friendly, PDF & Email\n{end}" for end in ("", LONG[1])]
    documents = [Document(date, text, date=date) for date, text in zip(dates, texts, strict=True)]
    result = dedupe.clean(documents, Config(keep="newest", date_field="date"))
    assert [document.date for document in result.documents] == dates[1:]


def test_a_changed_document_is_not_restored() -> None:
    result = dedupe.clean(sample_documents())
    first = result.documents[0]
    changed = [Document(id=first.id, text=first.text + "!", source=first.source), *result.documents[1:]]
    with pytest.raises(dedupe.DedupeError):
        dedupe.restore(changed, result.log)


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [("doc", "encoding", "hex"), ("doc", "bom", "zz"), ("op", "chr", [3, 1]), ("op", "t", "run"), ("op", "text", None)],
)
def test_a_log_of_other_types_is_not_followed(name: str, key: str, value: Any) -> None:
    result = dedupe.clean(sample_documents())
    log = [dict(record) for record in result.log]
    next(record for record in log if record["t"] == name and "canonical" not in record)[key] = value
    with pytest.raises(dedupe.DedupeError, match=r"^log: \S.*; \S"):
        dedupe.restore(result.documents, log)


def test_the_log_is_json_and_survives_it() -> None:
    documents = sample_documents()
    result = dedupe.clean(documents)
    copied = [json.loads(json.dumps(record)) for record in result.log]
    assert identified(dedupe.restore(result.documents, copied)) == identified(documents)


# -- the same through the command line


def write_tree(folder: Path, texts: Sequence[str], encodings: Sequence[str]) -> None:
    for number, text in enumerate(texts):
        path = folder / ("even" if number % 2 == 0 else "odd/deeper") / f"{number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = text.replace("\x00", "")  # a text file with NUL bytes is a binary file
        path.write_bytes(text.encode(encodings[number % len(encodings)]))


def clean_and_come_back(cli: Cli, folder: Path, source: Path, out: Path, *options: str) -> tuple[Path, Path]:
    """Clean, verify, restore and clean again; return output and log."""
    log = folder / "log.jsonl"
    done = cli("clean", source, "-o", out, "--log", log, *options)
    assert done.code == 0, done.err
    assert done.stdout == b""
    verified = cli("verify", out, "--log", log)
    assert verified.code == 0, verified.err
    back = folder / ("back" + out.suffix)
    restored = cli("restore", out, "--log", log, "-o", back)
    assert restored.code == 0, restored.err
    if source.is_dir():
        assert tree(back) == tree(source)
    else:
        assert back.read_bytes() == source.read_bytes()
    lines = log.read_bytes().splitlines(keepends=True)
    end = json.loads(lines[-1])
    assert end["t"] == "end"
    assert end["records"] in (len(lines), len(lines) - 1)
    assert end["sha256"] == digest(b"".join(lines[:-1]))
    again = folder / ("again" + out.suffix)
    log_again = folder / "again.log"
    second = cli("clean", out, "-o", again, "--log", log_again, *options)
    assert second.code == 0, second.err
    if out.is_dir():
        assert tree(again) == tree(out)
    else:
        assert again.read_bytes() == out.read_bytes()
    assert operations(read_log(log_again)) == []
    return out, log


ENCODINGS = st.lists(st.sampled_from(("utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-be")), min_size=1, max_size=3)


@given(corpora(surrogates=False), ENCODINGS)
@settings(max_examples=30)
def test_trees_of_text_come_back(cli: Cli, texts: list[str], encodings: list[str]) -> None:
    marked = [("\ufeff" + t if "utf-16-be" in encodings else t) for t in texts]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_tree(folder / "in", marked, encodings)
        out, log = clean_and_come_back(cli, folder, folder / "in", folder / "out")
        before, after = tree(folder / "in"), tree(out)
        for record in read_log(log):
            if record["t"] == "doc":
                assert record["source"]["sha256"] == digest(before[record["path"]])
                if record["status"] == "removed":
                    assert record["output"] is None
                    assert record["path"] not in after
                else:
                    assert record["output"]["sha256"] == digest(after[record["path"]])
                if record["status"] == "same":
                    assert before[record["path"]] == after[record["path"]]


@given(corpora(surrogates=False), st.lists(st.integers(0, 4000), min_size=1, max_size=4))
@settings(max_examples=30)
def test_trees_come_back_whose_encoding_hangs_on_a_byte(cli: Cli, texts: list[str], places: list[int]) -> None:
    """One byte that UTF-8 has not, perhaps in a line that goes, and the others are read as two or three each."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_tree(folder / "in", [text.replace("\ufeff", "") for text in texts], ["utf-8"])
        for path, place in zip(sorted(folder.rglob("*.txt")), places, strict=False):
            content = path.read_bytes()
            at = place % (len(content) + 1)
            path.write_bytes(content[:at] + b"\xff" + content[at:])
        clean_and_come_back(cli, folder, folder / "in", folder / "out", "--fallback-encoding", "latin-1")


@given(records())
@settings(max_examples=30)
def test_rows_come_back(cli: Cli, rows: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "in.jsonl"
        source.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        out, log = clean_and_come_back(cli, folder, source, folder / "out.jsonl")
        written = read_log(log)
        ids = [r["doc"] for r in written if r["t"] == "doc"]
        assert len(ids) == len(rows)
        sources = {doc: raw(row["text"]) for doc, row in zip(ids, rows, strict=True)}
        kept = [(d, row) for d, row in zip(ids, rows, strict=True) if _status(written, d) != "removed"]
        left = [json.loads(line) for line in out.read_bytes().splitlines()]
        assert len(left) == len(kept)
        outputs = {}
        for (doc, row), now in zip(kept, left, strict=True):
            assert list(now) == list(row)  # the order of the fields too
            assert {**now, "text": ""} == {**row, "text": ""}
            outputs[doc] = raw(now["text"])
        check_replay(written, sources, outputs)
        check_survivors(written, sources, outputs)
        check_explanations(written)


def _status(log: list[dict[str, Any]], name: str) -> str:
    return next(r["status"] for r in log if r["t"] == "doc" and r["doc"] == name)


@pytest.mark.parametrize("form", ["pages", "feed.jsonl"])
def test_samples_come_back(cli: Cli, tmp_path: Path, form: str) -> None:
    source = SAMPLES / form
    _, log = clean_and_come_back(cli, tmp_path, source, tmp_path / f"out{source.suffix}")
    assert operations(read_log(log))


@pytest.mark.parametrize("suffix", ["gz", "bz2", "xz", "zst"])
def test_compressed_rows_come_back(cli: Cli, tmp_path: Path, suffix: str) -> None:
    import bz2
    import gzip
    import lzma

    if suffix == "zst":
        zstandard = pytest.importorskip("zstandard")
        pack: Callable[[bytes], bytes] = zstandard.ZstdCompressor().compress
        unpack: Callable[[bytes], bytes] = lambda b: zstandard.ZstdDecompressor().stream_reader(b).read()  # noqa: E731
    else:
        module = {"gz": gzip, "bz2": bz2, "xz": lzma}[suffix]
        pack, unpack = module.compress, module.decompress
    plain = (SAMPLES / "feed.jsonl").read_bytes()
    source, out, back = (tmp_path / f"{n}.jsonl.{suffix}" for n in ("in", "out", "back"))
    source.write_bytes(pack(plain))
    assert cli("clean", source, "-o", out).code == 0
    log = tmp_path / f"out.jsonl.{suffix}.difflog.jsonl"
    assert cli("verify", out, "--log", log).code == 0
    assert cli("restore", out, "--log", log, "-o", back).code == 0
    assert unpack(back.read_bytes()) == plain
    assert cli("clean", SAMPLES / "feed.jsonl", "-o", tmp_path / "plain.jsonl").code == 0
    assert unpack(out.read_bytes()) == (tmp_path / "plain.jsonl").read_bytes()


def test_standard_input_and_output_carry_the_documents(run: Cli, tmp_path: Path) -> None:
    plain = (SAMPLES / "feed.jsonl").read_bytes()
    log = tmp_path / "log.jsonl"
    done = run("clean", "-", "-o", "-", "--log", log, "--input-format", "jsonl", input=plain)
    assert done.code == 0, done.err
    assert run("clean", SAMPLES / "feed.jsonl", "-o", tmp_path / "out.jsonl").code == 0
    assert done.stdout == (tmp_path / "out.jsonl").read_bytes()
    page = (SAMPLES / "pages" / "blog-post.txt").read_bytes()
    done = run("clean", "-", "-o", "-", "--log", log, "--force", input=page)
    assert done.code == 0, done.err
    assert run("clean", SAMPLES / "pages" / "blog-post.txt", "-o", tmp_path / "post.txt").code == 0
    assert done.stdout == (tmp_path / "post.txt").read_bytes()
    assert done.stdout != page


# -- 3: same input, same output


def test_order_of_files_jobs_and_hash_seed_change_nothing(run: Cli, tmp_path: Path) -> None:
    rng = random.Random(3)
    files = []
    for number in range(60):
        parts = [rng.choice(LONG) if rng.random() < 0.3 else _paragraph(rng, 40) for _ in range(6)]
        parts += [parts[0]] * (rng.random() < 0.3) + ["Print Friendly, PDF & Email"] * (rng.random() < 0.5)
        path = tmp_path / f"{number:02}.txt"
        path.write_text("\n\n".join(parts) + "\n", "utf-8")
        files.append(path)
    results = []
    variants = (
        (files, "1", "0"),
        (files, "2", "1"),
        (files[::-1], "1", "4242"),
        (rng.sample(files, len(files)), "2", "7"),
    )
    for number, (given_files, jobs, seed) in enumerate(variants):
        out = tmp_path / f"out{number}" / "clean"
        out.parent.mkdir()
        done = run("clean", *given_files, "-o", out, "--jobs", jobs, env={"PYTHONHASHSEED": seed})
        assert done.code == 0, done.err
        results.append((tree(out), Path(f"{out}.difflog.jsonl").read_bytes()))
    assert results[0] == results[1] == results[2] == results[3]
    assert operations([json.loads(line) for line in results[0][1].splitlines()])


@given(corpora(surrogates=False), st.randoms(use_true_random=False))
@settings(max_examples=15)
def test_order_of_files_changes_nothing(cli: Cli, texts: list[str], rng: random.Random) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = []
        for number, text in enumerate(texts):
            paths.append(folder / f"{number}.txt")
            paths[-1].write_bytes(text.replace("\x00", "").encode())
        shuffled = list(paths)
        rng.shuffle(shuffled)
        found = []
        for number, order in enumerate((paths, shuffled)):
            out = folder / f"out{number}" / "clean"
            out.parent.mkdir()
            done = cli("clean", *order, "-o", out)
            assert done.code == 0, done.err
            written = tree(out) if out.is_dir() else out.read_bytes()
            found.append((written, Path(f"{out}.difflog.jsonl").read_bytes()))
        assert found[0] == found[1]


@given(corpora())
@settings(max_examples=20)
def test_two_runs_agree(texts: list[str]) -> None:
    first, second = dedupe.clean(named(texts)), dedupe.clean(named(texts))
    assert first.log == second.log
    assert first.documents == second.documents


def test_the_place_of_the_corpus_changes_nothing(run: Cli, tmp_path: Path) -> None:
    for name in ("a", "much longer name"):
        shutil.copytree(SAMPLES / "pages", tmp_path / name / "pages")
        assert run("clean", "pages", "-o", "out", cwd=tmp_path / name).code == 0
    logs = [(tmp_path / name / "out.difflog.jsonl").read_bytes() for name in ("a", "much longer name")]
    assert logs[0] == logs[1]


def test_it_does_not_matter_where_a_lexicon_lies(cli: Cli, tmp_path: Path) -> None:
    """Another machine has it somewhere else; the log says what is in it."""
    page = tmp_path / "page.txt"
    page.write_text(f"{LONG[0]}\n\nVisit our farm shop\n", "utf-8")
    written = []
    for name in ("here.txt", "there/farm.txt"):
        lexicon = tmp_path / name
        lexicon.parent.mkdir(exist_ok=True)
        lexicon.write_text("strong ads en = visit our farm shop\n", "utf-8")
        log = tmp_path / "log.jsonl"
        done = cli("clean", page, "-o", tmp_path / "out.txt", "--log", log, "--force", "--lexicon", lexicon)
        assert done.code == 0, done.err
        written.append(log.read_bytes())
    assert written[0] == written[1]
    assert written[0].count(b'"boilerplate/ads"') > 0


# -- 5: what is not changed is not touched


ROWS = (
    b'{"id": 1, "text": "A text that stands alone.", "n": 1.50, "big": 12345678901234567890123, "s": "\\u00e9\\/"}',
    b'{"text":"Another one, on its own.","id":"\\u0032" , "x" :  null , "dup": 1e5}  ',
    b'\t{"id":3,"text":"","deep":{"b":[1, 2 ,{"a":"\xc3\xa9"}],"a":-0.0}}',
    b'{"id":4,"text":"caf\\u00e9 \\ud83d\\ude42 and a line\\nand another \\u2028 one"}',
    b'{"id":5,"z":true,"text":"The last one has no extra fields."}',
)


@pytest.mark.parametrize("eol", [b"\n", b"\r\n"])
@pytest.mark.parametrize("final", [True, False])
def test_untouched_rows_are_copied_byte_for_byte(cli: Cli, tmp_path: Path, eol: bytes, final: bool) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_bytes(eol.join(ROWS) + (eol if final else b""))
    assert cli("clean", source, "-o", out).code == 0
    assert out.read_bytes() == source.read_bytes()


@pytest.mark.parametrize("eol", [b"\n", b"\r\n"])
def test_rows_around_a_changed_one_are_copied_byte_for_byte(cli: Cli, tmp_path: Path, eol: bytes) -> None:
    body = LONG[0] + "\n\n" + LONG[1]
    changed = (
        b'{"a":  1.0,"id":"six", "text": '
        + json.dumps(body + "\n\n" + body).encode()
        + b', "big": 10000000000000000000000}'
    )
    again = b'{"id":"seven","text":' + json.dumps(body + "\n\n" + body).encode() + b"}"
    rows = [ROWS[0], changed, *ROWS[1:4], again, ROWS[4]]
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_bytes(eol.join(rows) + eol)
    done = cli("clean", source, "-o", out)
    assert done.code == 0, done.err
    lines = out.read_bytes().split(eol)
    assert [lines[0], *lines[2:5], lines[5], lines[6]] == [ROWS[0], *ROWS[1:4], ROWS[4], b""]
    row = json.loads(lines[1])
    assert list(row) == ["a", "id", "text", "big"]
    assert row["text"] == body
    assert b"10000000000000000000000" in lines[1]
    assert b"1.0" in lines[1]


TEXT_FORMS = {
    "lf": LONG[0] + "\n\n" + LONG[1] + "\n",
    "crlf": LONG[0] + "\r\n\r\n" + LONG[1] + "\r\n",
    "cr": LONG[0] + "\r\r" + LONG[1] + "\r",
    "mixed": LONG[0] + "\r\n\n" + LONG[1] + "\r",
    "no final newline": LONG[0] + "\n" + LONG[1],
    "many final newlines": LONG[0] + "\n" + LONG[1] + "\n\n\n",
    "trailing blanks": LONG[0] + "  \t\n" + LONG[1] + " ",
    "form feed": LONG[0] + "\n\x0c\n" + LONG[1] + "\n",
    "blank": " \n\t\n",
    "nothing": "",
}


@pytest.mark.parametrize("form", TEXT_FORMS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be-bom"])
def test_untouched_files_are_copied_byte_for_byte(cli: Cli, tmp_path: Path, form: str, encoding: str) -> None:
    text = TEXT_FORMS[form]
    data = ("\ufeff" + text).encode("utf-16-be") if encoding == "utf-16-be-bom" else text.encode(encoding)
    (tmp_path / "in.txt").write_bytes(data)
    done = cli("clean", tmp_path / "in.txt", "-o", tmp_path / "out.txt")
    assert done.code == 0, done.err
    assert (tmp_path / "out.txt").read_bytes() == data
    assert operations(read_log(tmp_path / "out.txt.difflog.jsonl")) == []


@pytest.mark.parametrize("eol", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("final", [True, False])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_a_changed_file_keeps_its_encoding_and_line_ends(
    cli: Cli, tmp_path: Path, eol: str, final: bool, encoding: str
) -> None:
    body = [LONG[4], LONG[5].replace("’", "'"), LONG[0]]
    once = (eol * 2).join(body) + (eol if final else "")
    twice = (eol * 2).join(body + body) + (eol if final else "")
    source, out = tmp_path / "in.txt", tmp_path / "out.txt"
    source.write_bytes(twice.encode(encoding))
    options = ("--encoding", "latin-1") if encoding == "latin-1" else ()
    done = cli("clean", source, "-o", out, *options)
    assert done.code == 0, done.err
    assert out.read_bytes() == once.encode(encoding)
    log = tmp_path / "out.txt.difflog.jsonl"
    assert cli("restore", out, "--log", log, "-o", tmp_path / "back.txt").code == 0
    assert (tmp_path / "back.txt").read_bytes() == source.read_bytes()
    again = cli("clean", out, "-o", tmp_path / "again.txt", *options)
    assert again.code == 0
    assert (tmp_path / "again.txt").read_bytes() == out.read_bytes()


def test_offsets_of_other_encodings_are_bytes_of_the_stored_file(cli: Cli, tmp_path: Path) -> None:
    body = "\n\n".join((LONG[5], LONG[6]))
    data = (body + "\n\n" + body + "\n").encode("utf-16")
    (tmp_path / "in.txt").write_bytes(data)
    assert cli("clean", tmp_path / "in.txt", "-o", tmp_path / "out.txt").code == 0
    out = (tmp_path / "out.txt").read_bytes()
    ops = operations(read_log(tmp_path / "out.txt.difflog.jsonl"))
    assert ops
    rebuilt, at = b"", 0
    for op in ops:
        rebuilt += data[at : op["src"][0]]
        at = op["src"][1]
    assert rebuilt + data[at:] == out


def test_file_names_and_folders_stay(cli: Cli, tmp_path: Path) -> None:
    names = ["a b.txt", "ünï.txt", "deep/er/x.md", "deep/.hidden-not.txt", "中文/文.txt", "-dash.txt"]
    for number, name in enumerate(names):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(LONG[number] + "\n", "utf-8")
    (tmp_path / "in" / "picture.png").write_bytes(b"\x89PNG\x00")
    assert cli("clean", tmp_path / "in", "-o", tmp_path / "out").code == 0
    visible = {n for n in names if ".hidden" not in n}
    assert visible <= set(tree(tmp_path / "out")) <= set(names) | {"picture.png"}


def test_clean_in_place_rewrites_only_what_changes(cli: Cli, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.txt", tmp_path / "bad.txt"
    good.write_bytes((SAMPLES / "pages" / "poem.txt").read_bytes())
    bad.write_bytes((SAMPLES / "pages" / "blog-post.txt").read_bytes())
    os.utime(good, ns=(10**18, 10**18))
    done = cli("clean", "--in-place", good, bad, "--log", tmp_path / "log.jsonl")
    assert done.code == 1, done.err  # a file was rewritten
    assert good.stat().st_mtime_ns == 10**18
    assert good.read_bytes() == (SAMPLES / "pages" / "poem.txt").read_bytes()
    assert b"Facebooktwittermail" not in bad.read_bytes()
    assert (tmp_path / "log.jsonl").is_file()
    once = bad.read_bytes()
    done = cli("clean", "--in-place", good, bad, "--log", tmp_path / "log2.jsonl")
    assert done.code == 0, done.err
    assert bad.read_bytes() == once
    assert sorted(p.name for p in tmp_path.iterdir() if not p.name.startswith("log")) == ["bad.txt", "good.txt"]


@pytest.mark.parametrize("link", ["before.txt", "zz.txt", "folder"])
def test_a_link_to_a_file_is_no_copy_of_it(cli: Cli, tmp_path: Path, link: str) -> None:
    """Else the file goes for the sake of a link that leads to it, and its text is nowhere."""
    texts = tmp_path / "texts"
    texts.mkdir()
    page = texts / "page.txt"
    page.write_bytes((SAMPLES / "pages" / "poem.txt").read_bytes())
    if link == "folder":
        (tmp_path / link).symlink_to(texts)
        paths = [tmp_path / link, texts]
    else:
        (texts / link).symlink_to("page.txt")
        paths = [texts]
    assert cli("check", *paths).code == 0
    done = cli("clean", "--in-place", *paths, "--log", tmp_path / "log.jsonl")
    assert done.code == 0, done.err
    assert page.read_bytes() == (SAMPLES / "pages" / "poem.txt").read_bytes()
    assert not (tmp_path / "log.jsonl").exists()


def test_links_to_one_file_elsewhere_are_one_document(cli: Cli, tmp_path: Path) -> None:
    texts = tmp_path / "texts"
    texts.mkdir()
    page = tmp_path / "page.txt"
    page.write_bytes((SAMPLES / "pages" / "blog-post.txt").read_bytes())
    for name in ("one.txt", "two.txt"):
        (texts / name).symlink_to(page)
    done = cli("clean", "--in-place", texts, "--log", tmp_path / "log.jsonl")
    assert done.code == 1, done.err
    assert "1 document: 1 changed" in done.err
    assert (texts / "one.txt").is_symlink()
    assert (texts / "two.txt").is_symlink()
    assert b"Facebooktwittermail" not in page.read_bytes()
    shutil.copyfile(page, tmp_path / "copy.txt")
    assert cli("check", texts, tmp_path / "copy.txt").code == 1  # a copy is one, whatever leads to the other


# -- 6: every change explains itself, to people too


def test_diff_and_check_show_every_finding(run: Cli, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run("clean", SAMPLES / "pages", "-o", out).code == 0
    log = Path(f"{out}.difflog.jsonl")
    shown = run("diff", log)
    assert shown.code == 0
    checked = run("check", SAMPLES / "pages")
    assert checked.code == 1
    for op in operations(read_log(log)):
        assert op["rule"] in shown.out
        assert op["rule"] in checked.out
        assert op["doc"] in shown.out
        assert op["doc"] in checked.out
    for text in ("Facebooktwittermail", "[Continue reading…]", "SENIOR MEMBER"):
        assert text in shown.out
    assert "\x1b" not in shown.out  # not a terminal
    assert "\x1b" in run("diff", log, "--color").out


def test_reports_as_json_say_their_schema(run: Cli, tmp_path: Path) -> None:
    out = tmp_path / "out"
    cleaned = run("clean", SAMPLES / "pages", "-o", out, "--json")
    log = Path(f"{out}.difflog.jsonl")
    reports = [
        cleaned,
        run("check", SAMPLES / "pages", "--json"),
        run("diff", log, "--json"),
        run("verify", out, "--log", log, "--json"),
        run("explain", f"{SAMPLES / 'pages' / 'blog-post.txt'}:16", "--json"),
    ]
    for report in reports:
        value = json.loads(report.stdout)
        assert isinstance(value["schema_version"], int | str)


def test_explain_shows_points_and_matches(run: Cli) -> None:
    post = SAMPLES / "pages" / "blog-post.txt"
    shown = run("explain", f"{post}:16")
    assert shown.code == 0, shown.err
    assert "widget" in shown.out
    kept = run("explain", f"{post}:3")
    assert kept.code == 0, kept.err
    assert kept.out.strip()
    thread = run("explain", f"{SAMPLES / 'pages' / 'forum-thread.txt'}:11")
    assert thread.code == 0, thread.err
    assert "repeat/exact" in thread.out


def test_check_writes_nothing_and_tells_by_its_status(run: Cli, tmp_path: Path) -> None:
    shutil.copytree(SAMPLES / "pages", tmp_path / "pages")
    before = tree(tmp_path)
    assert run("check", tmp_path / "pages").code == 1
    assert run("check", tmp_path / "pages" / "poem.txt").code == 0
    assert run("check", tmp_path / "pages" / "ferry-story.txt").code == 0
    assert run("clean", tmp_path / "pages", "-o", tmp_path / "out", "--dry-run").code == 0
    assert tree(tmp_path) == before


# -- 7: when in doubt, it stays (the negative cases are in test_cases.py)

NUMBERS_AND_NEGATIONS = ("7", "1,250", "2024", "not", "never", "no")
NAMES = (("Anna", "Bertha"), ("Monday", "Thursday"), ("north", "south"), ("buy", "sell"), ("version 2", "version 3"))


def _pairs_stay(first: str, second: str) -> None:
    for texts in ([first, second], [second, first]):
        apart = dedupe.clean(texts)
        assert [d.text for d in apart.documents] == texts
        assert operations(apart.log) == []
        together = "\n\n".join(texts) + "\n"
        assert [d.text for d in dedupe.clean([together]).documents] == [together]


@given(st.sampled_from(LONG[:4]), st.sampled_from(NUMBERS_AND_NEGATIONS), st.integers(1, 35))
@settings(max_examples=30)
@example(LONG[0], "not", 3)
def test_a_number_or_a_negation_is_never_lost(text: str, word: str, at: int) -> None:
    longer = text.split(" ")
    longer.insert(min(at, len(longer) - 1), word)
    _pairs_stay(text, " ".join(longer))


@pytest.mark.parametrize(
    ("text", "negation"),
    [
        (LONG[4], "nicht"),
        (LONG[4], "nie"),
        (LONG[5], "pas"),
        (LONG[5], "jamais"),
        (LONG[6], "не"),
        (LONG[6], "никогда"),
    ],
)
def test_a_negation_in_another_language_is_never_lost(text: str, negation: str) -> None:
    longer = text.split(" ")
    longer.insert(9, negation)
    _pairs_stay(text, " ".join(longer))


def test_a_negation_in_a_text_without_spaces_is_never_lost() -> None:
    assert "才把水轮修好" in LONG[8]
    _pairs_stay(LONG[8], LONG[8].replace("才把水轮修好", "也没把水轮修好"))
    _pairs_stay(LONG[8], LONG[8].replace("是从旧桥上", "不是从旧桥上"))


@given(st.sampled_from(LONG[:4]), st.sampled_from(NAMES), st.integers(0, 35))
@settings(max_examples=20)
def test_a_name_is_never_lost(text: str, names: tuple[str, str], at: int) -> None:
    pair = []
    for name in names:
        changed = text.split(" ")
        changed.insert(min(at, len(changed) - 1), name)
        pair.append(" ".join(changed))
    _pairs_stay(*pair)


@pytest.mark.parametrize(
    ("mine", "other"),
    [
        ("5 €", "5 $"),
        ("£40", "$40"),
        ("+3 degrees", "−3 degrees"),
        ("3 degrees", "-3 degrees"),
        ("1.5 kilograms", "15 kilograms"),
        ("10.000 people", "10,0 people"),
        ("don't", "do"),
        ("can't", "can"),
        ("C++", "C"),
        ("C#", "C"),
        ("< 4", "> 4"),
        ("50 %", "50"),
        ("½ litre", "12 litre"),
        ("👍", "👎"),
        ("✓", "✗"),
    ],
)
def test_signs_that_carry_meaning_are_never_lost(mine: str, other: str) -> None:
    frame = (
        "In the notice that was put up beside the harbour office in the spring of that year the answer was given as {} "
        "and nothing else was said, although everybody who read it went away with an opinion of their own on it."
    )
    _pairs_stay(frame.format(mine), frame.format(other))


def test_short_lines_are_not_copies_of_each_other() -> None:
    pairs = zip(LONG[::2], LONG[1::2], strict=True)
    texts = [f"Notes\n\n{first}\n\nSee the second chapter.\n\n{second}\n" for first, second in pairs]
    result = dedupe.clean(texts)
    assert [d.text for d in result.documents] == texts


def test_equal_blank_or_tiny_documents_stay() -> None:
    texts = ["", "", "\n", "\n", " ", "a", "a", "Yes.", "Yes.", "好", "好", "42", "42", "—", "—"]
    result = dedupe.clean(texts)
    assert [d.text for d in result.documents] == texts


def test_review_findings_change_nothing() -> None:
    documents = sample_documents()
    result = dedupe.clean(documents, Config(near="review"))
    assert operations(result.log, applied=False)
    assert not [op for op in operations(result.log) if op["rule"].endswith("/near")]


def test_the_brake_stops_at_a_page_of_furniture() -> None:
    furniture = ["Share on Facebook", "Print Friendly, PDF & Email", "Facebooktwittermail", "Leave a reply"]
    text = "A short note on the weather of the week.\n\n" + "\n".join(furniture) + "\n"
    result = dedupe.clean([text])
    assert result.documents[0].text == text
    assert operations(result.log, applied=False)


# -- 8: memory has a bound

MEASURE = """
import sys
from dedupe.cli.main import main
code = main(sys.argv[1:])
with open("/proc/self/status") as status:
    print([line.split()[1] for line in status if line.startswith("VmHWM")][0])
sys.exit(code)
"""


def _paragraph(rng: random.Random, count: int) -> str:
    return " ".join("".join(rng.choices("aeioulnrstkm", k=rng.randint(2, 8))) for _ in range(count)).capitalize() + "."


def _write_corpus(path: Path, megabytes: float) -> None:
    rng = random.Random(8)
    vocabulary = ["".join(rng.choices("aeioulnrstkmbd", k=rng.randint(2, 9))) for _ in range(8000)]
    written, old = 0, [" ".join(rng.choices(vocabulary, k=70))]
    with path.open("w", encoding="utf-8") as stream:
        number = 0
        while written < megabytes * 1e6:
            parts = [" ".join(rng.choices(vocabulary, k=70)) for _ in range(12)]
            if rng.random() < 0.3:
                parts.append(rng.choice(old))
            if number % 50 == 0:
                old.append(parts[3])
            number += 1
            written += stream.write(json.dumps({"id": number, "text": "\n\n".join(parts) + "\n"}) + "\n")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc, which is not here")
def test_memory_does_not_follow_the_corpus(tmp_path: Path) -> None:
    """Ten times the text may cost some bytes a document, and what repeats.

    The larger corpus has 18 MB and some 37,000 paragraphs more, of which one in a hundred repeats. Fingerprints alone
    (128 values of 4 bytes, hashes, spans and buckets, about one kilobyte a paragraph) would take some 40 MB, the texts
    as strings several hundred. What may grow are buffers that the small corpus does not fill.
    """
    peaks = []
    for megabytes in (2, 20):
        source = tmp_path / f"{megabytes}.jsonl"
        _write_corpus(source, megabytes)
        done = subprocess.run(
            [sys.executable, "-c", MEASURE, "clean", str(source), "-o", str(tmp_path / f"out-{megabytes}.jsonl"), "-q"],
            capture_output=True,
            env=environment(),
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        peaks.append(int(done.stdout.split()[-1]) / 1024)
    assert peaks[1] - peaks[0] < 30, f"peak memory grew from {peaks[0]:.0f} to {peaks[1]:.0f} MiB"


def test_a_tight_bound_changes_nothing_but_the_memory(cli: Cli, tmp_path: Path) -> None:
    source = tmp_path / "corpus.jsonl"
    _write_corpus(source, 1)
    written = []
    for bound in ("0", "4G", "100M"):
        out, log = tmp_path / f"{bound}.jsonl", tmp_path / f"{bound}.log"
        assert cli("clean", source, "-o", out, "--log", log, "--memory", bound).code == 0
        written.append((out.read_bytes(), log.read_bytes()))
    assert written[0] == written[1] == written[2]
    refused = cli("clean", source, "-o", tmp_path / "none.jsonl", "--memory", "1M")
    assert refused.code == 2
    assert "--memory: these documents and what is found in them need about" in refused.err
    assert not (tmp_path / "none.jsonl").exists()


@pytest.mark.parametrize("rows", [1, 50])
def test_how_much_is_held_at_a_time_changes_nothing(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    """Shards of a few rows, and parts of the pool of a family each: what a corpus of any size comes to."""
    source = tmp_path / "corpus.jsonl"
    _write_corpus(source, 0.3)

    def written(name: str) -> tuple[bytes, bytes]:
        out, log = tmp_path / f"{name}.jsonl", tmp_path / f"{name}.log"
        assert cli("clean", source, "-o", out, "--log", log).code == 0
        return out.read_bytes(), log.read_bytes()

    usual = written("usual")
    assert usual[0] != source.read_bytes()
    monkeypatch.setattr("dedupe.matching.pool._MOST_WALKS", 1 << 20)
    for name in ("_SORTED_ROWS", "_PART_ROWS", "_ROWS_AT_ONCE", "_FRESH_AT_ONCE", "_DOCUMENTS_AT_ONCE"):
        monkeypatch.setattr(f"dedupe.matching.pool.{name}", rows)
    monkeypatch.setattr("dedupe.matching.windows._SHARD_BYTES", 1 << 12)
    monkeypatch.setattr("dedupe.shards._WAITING_BYTES", 100 * rows)
    assert written("little") == usual


def test_words_in_a_script_for_private_use_are_words() -> None:
    """Klingon and medieval letters are written in private use; what nobody knows is not nothing."""
    line = " ".join("".join(map(chr, range(0xE000 + 4 * at, 0xE004 + 4 * at))) for at in range(20))
    assert len(words(line)) == 20
    assert words("\u0378\u0379") == ["\u0378\u0379"]  # not given to any character yet
    for config in (Config(), Config(near="all")):
        result = check_all(named([f"{line}\n{line}"]), config)
        assert [document.text for document in result.documents] == [line]


def test_words_and_texts_of_the_rereading_are_right() -> None:
    """The second implementation is held to a few facts, so that it cannot agree with everything."""
    assert words("Ｈｅｌｌｏ, WORLD—it's ﬁne") == ["hello", "world", "it", "s", "fine"]
    assert words("两只船，two") == ["两", "只", "船", "two"]
    assert text_of(raw("\ud83d")) == "\ud83d"
    canonical = {"doc": "b", "src": [0, 5], "dst": [0, 5], "sha256": digest(b"other")}
    removal = {"t": "op", "doc": "a", "n": 1, "op": "delete", "rule": "duplicate/exact", "src": [0, 5], "applied": True}
    broken = [{"t": "run"}, {**removal, "evidence": {}, "canonical": canonical}]
    with pytest.raises(AssertionError):
        check_survivors(broken, {"a": b"texts", "b": b"other"}, {"a": b"", "b": b"other"})
