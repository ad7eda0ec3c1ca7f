"""What looks alike and is not the same stays, whatever the words that differ and wherever they stand."""

from __future__ import annotations

from itertools import permutations

import pytest
from lookalikes import COPIES, LANGUAGES, PLAIN, Language

import dedupe
from dedupe import Config


def in_context(language: Language, words: str) -> list[str]:
    """The words alone, at both ends of running text, and in the middle of it."""
    orders = set(permutations((language.story, language.story, words)))
    return [words, *(language.joint.join(parts) for parts in sorted(orders))]


@pytest.mark.parametrize("unit", ["paragraph", "document", "both"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_lookalike_goes(language: str, unit: str) -> None:
    known = LANGUAGES[language]
    texts = dict.fromkeys(text for pair in known.pairs for words in pair for text in in_context(known, words))
    result = dedupe.clean(list(texts), Config(unit=unit, boilerplate=False))
    assert result.counts == {}
    assert [op["rule"] for op in result.operations if op["rule"].endswith("/exact")] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_lookalikes_of_running_text_are_reported_with_what_differs(language: str) -> None:
    known = LANGUAGES[language]
    for pair in known.pairs:
        texts = [in_context(known, words)[-1] for words in pair]
        found = dedupe.clean(texts, Config(unit="paragraph", boilerplate=False)).operations
        assert [(op["rule"], op["applied"], op["evidence"]["guard"]) for op in found] == [
            ("duplicate/near", False, "differs")
        ]
        assert found[0]["evidence"]["differences"]


@pytest.mark.parametrize("pair", [*COPIES, *(pair[::-1] for pair in COPIES), *(pair[::-1] for pair in PLAIN)])
def test_what_is_only_set_in_another_way_goes(pair: tuple[str, str]) -> None:
    found = dedupe.clean(list(pair), Config(unit="document", boilerplate=False)).operations
    assert [(op["rule"], op["applied"]) for op in found] == [("document/exact", True)]


@pytest.mark.parametrize("pair", PLAIN)
def test_what_a_plain_text_has_lost_does_not_go_for_it(pair: tuple[str, str]) -> None:
    found = dedupe.clean(list(pair), Config(unit="paragraph", boilerplate=False)).operations
    assert [(op["rule"], op["applied"], op["evidence"]["guard"]) for op in found] == [
        ("duplicate/near", False, "differs")
    ]


def test_each_copy_goes_for_the_one_that_is_written_like_it() -> None:
    texts = [
        f"In the year of the flood the mill by the river gave {power} at noon" for power in ("5 mW", "5 MW", "5 MW")
    ]
    result = dedupe.clean(texts, Config(boilerplate=False))
    applied = [op for op in result.operations if op["applied"]]
    assert [(op["doc"], op["canonical"]["doc"], op["rule"]) for op in applied] == [("3", "2", "document/exact")]
    left = [op for op in result.operations if not op["applied"]]
    assert [(op["doc"], op["canonical"]["doc"], op["evidence"]["differences"]) for op in left] == [
        ("2", "1", [["MW", "mW"]])
    ]


@pytest.mark.parametrize(
    ("theirs", "ours", "stays"),
    [
        ("Power: 5 mW", "Power: 5 MW", "Power: 5 MW\n"),
        ("You can go?", "You can go.", "You can go.\n"),
        ("In [0, 1)", "In (0, 1]", "In (0, 1]\n"),
        ("On the mill", "ON THE MILL", ""),
        ("On the mill", "“On the mill”:", ""),
        ("* * *", "·", ""),
        (".", "*", ""),
    ],
)
@pytest.mark.parametrize("place", ["between", "head", "foot"])
@pytest.mark.parametrize("is_reference", [False, True])
def test_a_short_line_goes_with_its_block_if_it_says_the_same(
    theirs: str, ours: str, stays: str, place: str, is_reference: bool
) -> None:
    at = {"head": 0, "between": 2, "foot": 3}[place]
    story = [f"Of the {n} boats on the river {n} were painted and the rest of them were left as they had been" for n in
             ("seven", "eleven", "nineteen")]  # fmt: skip
    kept, copy = ("\n\n".join([*story[:at], line, *story[at:]]) for line in (theirs, ours))
    config = Config(unit="paragraph", boilerplate=False)
    other = "What is said of the heron in winter was not known to any of those who wrote of the mill"
    copy = f"{other}\n\n{copy}\n" if place == "foot" else f"{copy}\n\n{other}\n"
    texts, against = ([copy], [kept]) if is_reference else ([kept, copy], [])
    *_, left = dedupe.clean(texts, config, against=against).documents
    assert left.text.split("\n\n") == (
        [other, stays] if stays and place == "foot" else [stays.strip(), f"{other}\n"] if stays else [f"{other}\n"]
    )
