"""Which copy stays: every policy, the reasons in the log, and dates as they are written."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Completed
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rereading import DUPLICATE_RULES, operations
from strategies import LONG, near_copies

import dedupe
from dedupe import Config, Document
from dedupe.errors import ConfigError
from dedupe.matching.policy import CRITERIA, Priority, criterion, seconds
from dedupe.reading.jsonl import written_date

KEEPS = st.sampled_from(["best", "cleanest", "first"])

STORY = (
    "The miller kept a list of everybody who had ever borrowed a sack, and at the end of the year he read it out in "
    "the inn, slowly, with the dates, so that the village at least should know what had been carried away."
)
OTHER = "The school by the green has a new roof, and the old slates went to the baker, who wanted them for his oven."
FEED = [
    {"id": "old", "date": "2023-11-05", "site": "b.example", "text": STORY + "\n\n" + OTHER},
    {"id": "new", "date": "2024-05-01T09:00:00Z", "site": "a.example", "text": STORY},
    {"id": "bare", "site": "c.example", "text": STORY},
]


def kept(documents: Any, config: Config) -> tuple[set[str], set[str]]:
    """The documents that still have the story, and the criteria in the log."""
    result = dedupe.clean(documents, config)
    copies = [op for op in operations(result.log) if op["rule"] in DUPLICATE_RULES]
    return {d.id for d in result.documents if STORY in d.text}, {op["evidence"]["canonical_by"] for op in copies}


@pytest.mark.parametrize(
    ("settings", "stays", "by"),
    [
        ({}, "old", {"first"}),  # the longest *passage*, and all are as long
        ({"keep": "first"}, "old", {"first"}),
        ({"keep": "longest"}, "old", {"first"}),
        ({"keep": "newest", "date_field": "date"}, "new", {"newest"}),
        ({"keep": "source", "source_field": "site", "source_ranks": ("c.example", "a.example")}, "bare", {"source"}),
        ({"keep": "source", "source_field": "site", "source_ranks": ("a.example",)}, "new", {"source"}),
    ],
)
def test_policies(settings: dict[str, Any], stays: str, by: set[str]) -> None:
    assert kept(FEED, Config(unit="paragraph", **settings)) == ({stays}, by)
    assert kept(FEED[::-1], Config(unit="paragraph", **settings))[0] == (
        {stays} if settings and settings["keep"] in ("newest", "source") else {"bare"}
    )


def test_the_cleanest_copy_has_the_least_boilerplate() -> None:
    furnished = f"{STORY}\n\nPrint Friendly, PDF & Email\n\nFacebooktwittermail\n"
    pages = [Document("furnished", furnished), Document("plain", STORY + "\n")]
    assert kept(pages, Config(keep="cleanest")) == ({"plain"}, {"cleanest"})
    assert kept(pages, Config())[0] == {"furnished"}


def test_the_least_damaged_copy_stays_by_default() -> None:
    damaged = STORY.replace("the inn", "the cafÃ©")
    pages = [Document("damaged", damaged), Document("sound", STORY.replace("the inn", "the café"))]
    result = dedupe.clean(pages)
    assert [d.id for d in result.documents] == ["sound"]
    (removal,) = [op for op in operations(result.log) if op["rule"] == "document/exact"]
    assert removal["evidence"]["canonical_by"] == "cleanest"


@given(st.permutations(range(4)), st.sampled_from(["newest", "source"]))
@settings(max_examples=20)
def test_dates_and_ranks_win_over_the_order_of_documents(order: list[int], keep: str) -> None:
    pages = [Document(str(n), STORY, source=f"s{n}", date=f"202{n}-01-01") for n in order]
    ranks = tuple(f"s{n}" for n in (3, 1, 0))
    config = Config(keep=keep, date_field="date", source_ranks=ranks)
    assert kept(pages, config) == ({"3"}, {keep})


def test_folders_are_sources_with_what_is_in_them() -> None:
    pages = [Document(name, STORY, source=name) for name in ("web", "newspaper", "news/2024")]
    assert kept(pages, Config(keep="source", source_ranks=("news",)))[0] == {"news/2024"}


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(8, 11), st.integers(-2, 2)), min_size=1, max_size=9),
    st.sampled_from(sorted(CRITERIA)),
)
def test_the_reason_is_the_first_criterion_that_tells(texts: list[tuple[int, int, int]], keep: str) -> None:
    damage, words, standings = (np.array(column, dtype=np.int64) for column in zip(*texts, strict=True))
    stays = damage == 2
    priority = Priority(keep, stays, damage, words, standings)
    ranks = priority.ranks()
    assert sorted(ranks.tolist()) == list(range(len(texts)))
    best = int(np.argmin(ranks))
    others = np.array([n for n in range(len(texts)) if n != best], dtype=np.int64)
    by = priority.decided_by(others, np.full(len(others), best))
    for row, number in zip(others.tolist(), by.tolist(), strict=True):
        worse = {
            "reference": int(stays[best]) - int(stays[row]),
            "cleanest": damage[row] - damage[best], "longest": words[best] - words[row], "first": row - best,
            "newest": standings[row] - standings[best], "source": standings[row] - standings[best],
        }  # fmt: skip
        names = CRITERIA[keep]
        assert worse[criterion(keep, number)] > 0
        assert all(worse[name] == 0 for name in names[:number])


@given(st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1)), st.integers(-12, 14))
def test_dates_are_read_as_they_are_commonly_written(moment: datetime, zone: int) -> None:
    moment = moment.replace(microsecond=0, tzinfo=timezone.utc)
    expected = int(moment.timestamp())
    local = moment.timestamp() + zone * 3600
    shifted = datetime.fromtimestamp(local, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S") + f"{zone:+03d}:00"
    for written in (
        moment.isoformat(),
        moment.strftime("%Y%m%d%H%M%S"),
        moment.strftime("%Y-%m-%d %H:%M:%SZ"),
        shifted,
    ):
        assert seconds(written) == expected, written
    assert seconds(moment.strftime("%a, %d %b %Y %H:%M:%S +0000")) == expected
    day = int(moment.replace(hour=0, minute=0, second=0).timestamp())
    assert seconds(moment.strftime("%Y-%m-%d")) == seconds(moment.strftime("%Y%m%d")) == day


@given(st.datetimes(datetime(1980, 1, 1), datetime(2200, 1, 1)))
@example(datetime(2000, 6, 23))
@example(datetime(2001, 9, 9, 1, 46, 40))
def test_dates_may_be_seconds_or_milliseconds_since_1970(moment: datetime) -> None:
    """Before September 2001 these have a digit less."""
    expected = int(moment.replace(tzinfo=timezone.utc).timestamp())
    for value in (expected, float(expected), expected + 0.25, str(expected), expected * 1000, expected * 1000 + 250):
        assert seconds(written_date(value)) == expected, value
    assert written_date(float("inf")) == written_date(float("nan")) == ""
    assert seconds("202405011030") == seconds("2024-05-01T10:30")


@pytest.mark.parametrize(
    "written",
    [
        "",
        "yesterday",
        "2024-13-01",
        "2024-02-30",
        "12",
        "1 May",
        "20240501T",
        "２０２４年",
        "2024-05-01+99:99",
        "9" * 40,
    ],
)
def test_what_is_no_date_is_none(written: str) -> None:
    assert seconds(written) is None


@given(st.text(max_size=20))
def test_anything_may_stand_in_a_date_field(written: str) -> None:
    found = seconds(written)
    assert found is None or isinstance(found, int)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"keep": "newest"}, "keep newest: does not know what to go by; give date-field"),
        ({"keep": "source"}, "keep source: does not know what to go by; give source-rank"),
    ],
)
def test_a_policy_needs_what_it_goes_by(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as error:
        Config(**settings)
    assert str(error.value) == message


def test_a_field_without_dates_is_an_error(cli: Callable[..., Completed], tmp_path: Path) -> None:
    source = tmp_path / "feed.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in FEED), "utf-8")
    done = cli("clean", source, "-o", tmp_path / "out.jsonl", "--keep", "newest", "--date-field", "day")
    assert done.code == 2
    assert "--keep newest: no document has a date in its date field; name the field" in done.err
    done = cli("clean", source, "-o", tmp_path / "out.jsonl", "--keep", "source", "--source-rank", "nobody")
    assert done.code == 2
    assert "no document is from a source that was ranked" in done.err
    assert not (tmp_path / "out.jsonl").exists()
    done = cli(
        "clean", source, "-o", tmp_path / "out.jsonl", "--keep", "newest", "--date-field", "date", "--unit", "paragraph"
    )
    assert done.code == 0
    left = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    assert [row["id"] for row in left if STORY in row["text"]] == ["new"]


@pytest.mark.parametrize(
    "options",
    [
        ("--keep", "newest", "--date-field", "date"),
        ("--keep", "source", "--source-field", "site", "--source-rank", "a.example", "--source-rank", "b.example"),
    ],
)
def test_a_second_run_does_not_need_what_went_in_the_first(
    cli: Callable[..., Completed], tmp_path: Path, options: tuple[str, ...]
) -> None:
    rows = [*FEED[:2], {"id": "odd", "site": "c.example", "text": "A word on owls.\n\n" + OTHER + " Or so they say."}]
    (tmp_path / "feed.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    (tmp_path / "known.jsonl").write_text(json.dumps(FEED[0]) + "\n", "utf-8")
    for source, out in (("feed", "once"), ("once", "twice")):
        argv = (tmp_path / f"{source}.jsonl", "-o", tmp_path / f"{out}.jsonl", *options)
        done = cli("clean", *argv, "--against", tmp_path / "known.jsonl")
        assert done.code == 0, done.err
    once = (tmp_path / "once.jsonl").read_text("utf-8")
    assert [json.loads(line)["id"] for line in once.splitlines()] == ["odd"]
    assert (tmp_path / "twice.jsonl").read_text("utf-8") == once


def test_what_chooses_no_copy_needs_nothing_to_go_by(cli: Callable[..., Completed], tmp_path: Path) -> None:
    source = tmp_path / "feed.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in FEED), "utf-8")
    (tmp_path / "pyproject.toml").write_text('[tool.dedupe]\nkeep = "newest"\n', "utf-8")
    assert "give date-field" in cli("check", source).err
    for command in (("index", "add", tmp_path / "feed.index", source), ("learn", source, "-o", tmp_path / "phrases")):
        done = cli(*command)
        assert done.code == 0, done.err


def test_ranks_come_from_the_settings_file(cli: Callable[..., Completed], tmp_path: Path) -> None:
    source = tmp_path / "feed.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in FEED), "utf-8")
    (tmp_path / "pyproject.toml").write_text(
        '[tool.dedupe]\nkeep = "source"\nsource-rank = ["c.example"]\nsource-field = "site"\n', "utf-8"
    )
    assert cli("clean", source, "-o", tmp_path / "out.jsonl").code == 0
    left = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    assert [row["id"] for row in left if STORY in row["text"]] == ["bare"]


@given(st.lists(st.lists(st.sampled_from(LONG[:6]).flatmap(near_copies), min_size=1, max_size=6), max_size=5), KEEPS)
@settings(max_examples=60)
def test_no_two_documents_lose_passages_to_each_other(pages: list[list[str]], keep: str) -> None:
    result = dedupe.clean(
        [Document(str(n), "\n\n".join(page)) for n, page in enumerate(pages)], Config(near="all", keep=keep)
    )
    losses = {(op["doc"], op["canonical"]["doc"]) for op in operations(result.log) if op["rule"] in DUPLICATE_RULES}
    assert all((there, here) not in losses for here, there in losses if here != there)


def test_of_two_versions_one_stays_whole() -> None:
    ours, theirs = [STORY, OTHER + " He said so."], [STORY.replace("slowly", "very slowly"), OTHER]
    pages = [Document("ours", "\n\n".join(ours)), Document("theirs", "\n\n".join(theirs))]
    result = dedupe.clean(pages, Config(near="all"))
    assert [d for d in result.documents if d.id == "ours"] == pages[:1]
    assert {op["canonical"]["doc"] for op in operations(result.log)} == {"ours"}
