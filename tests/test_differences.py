"""Which near duplicates lose nothing: what may differ, and the much longer list of what may not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import dedupe
from dedupe import Config
from dedupe.matching.differences import LEGAL, is_respelling, loses_nothing
from dedupe.matching.verify import compare_texts
from dedupe.text.normalize import token_form

STORY = (
    "the keeper of the lock wrote down every boat that came by and the hour of the day and in winter when none came he "
    "wrote down the herons and after many years the list of herons was the longer one and people came from the town to "
    "read in it"
)


def is_safe(removed: str, kept: str) -> bool:
    texts = [token_form(text).encode() for text in (removed, kept)]
    compared = compare_texts(texts, np.array([[0, 1]]), 0.0)
    return loses_nothing(compared.differences(0), *texts)


SAFE = [
    ("the boat called at noon", "the boat called at the noon"),
    ("a grey harbour with colour", "a grey harbor with color"),
    ("they recieve letters", "they receive letters"),
    ("on the web site", "on the website"),
    ("a cafe for the naive", "a café for the naïve"),
    ("it was written by monks that year", "it was written by the monks that year"),
]
UNSAFE = [
    ("the boat called at noon", "the boat never called at noon"),
    ("it costs 5", "it costs 6"),
    ("it costs 5 euros", "it costs 5 dollars"),
    ("until the 3 of June", "until the 4 of June"),
    ("it weighs 5 kg", "it weighs 5 g"),
    ("from version 2 on", "from version 2.1 on"),
    ("call get_name first", "call set_name first"),
    ("as Meier says", "as Meyer says"),
    ("it works", "it works only now"),
    ("you must pay", "you may pay"),
    ("the room with a view", "the room without a view"),
    ("the patient here", "the patent here"),
    ("a casual look", "a causal look"),
    ("people came", "people came not"),
    ("people came by train", "people came"),
    ("people came from town", "people mostly came from town"),
    ("the boat called", "the steam boat called"),
    ("the boat called", "a boat called"),
    ("the boat called in the rain", "the boat called twice in the rain"),
    ("in an hour", "in one hour"),
    ("it is kept by the people at the lock", "it is kept by people at the lock who die"),
    ("people came from hague", "people came from The hague"),
    ("a café for the naïve", "a cafe for the naive"),
    ("on Monday the boat came", "the boat came"),
    ("it is schon late", "it is schön late, café"),
    ("it is apart of it", "it is a part of it"),
    ("the man is notable", "the man is not able"),
    ("it is nowhere", "it is no where"),
    ("a cat in to it", "a cat into it"),
    ("it is therein", "it is the rein"),
]


@pytest.mark.parametrize(("removed", "kept"), SAFE)
def test_trifles_may_differ(removed: str, kept: str) -> None:
    assert is_safe(f"{STORY} {removed} {STORY}", f"{STORY} {kept} {STORY}")


@pytest.mark.parametrize(("removed", "kept"), UNSAFE)
def test_what_carries_meaning_may_not(removed: str, kept: str) -> None:
    accents = "" if removed.isascii() and kept.isascii() else " café"
    assert not is_safe(f"{STORY} {removed} {STORY}{accents}", f"{STORY} {kept} {STORY}{accents}")


@pytest.mark.parametrize(("removed", "kept"), [("ou bien", "où bien"), ("il a mange", "il a mangé"), ("pate", "pâté")])
def test_one_word_without_its_accent_is_another_word(removed: str, kept: str) -> None:
    assert not is_safe(f"{STORY} {removed} {STORY} {removed}", f"{STORY} {kept} {STORY} {kept}")


STAMPS = [
    "By Ann",
    "By Ann Lee",
    "Reporting" + " Ann" * 11,
    "Updated June 3 2021",
    "Posted on Monday at 14 00 by Ann",
    "LONDON Reuters",
    "PARIS (AP) _",
    "Updated: 3.6.2021, 14:30",
    "Last updated on June 3, 2021 at 2:30 pm",
    "Aktualisiert am 3 Mai",
]
CONTENT = [
    "On June 3",
    "By June 3",
    "By",
    "By the river",
    "By mistake Ann Lee",
    "Except on Mondays",
    "Not",
    "Updated prices",
    "Version 3",
    "Ann Lee",
    "Reporting" + " Ann" * 12,
]


@pytest.mark.parametrize("stamp", STAMPS)
def test_an_edge_may_say_who_wrote_it_and_when(stamp: str) -> None:
    assert is_safe(f"{stamp} {STORY}", STORY)
    assert is_safe(f"{STORY} {stamp}", STORY)
    assert is_safe(STORY, f"{stamp} {STORY}")
    assert not is_safe(f"{STORY} {stamp} {STORY}", f"{STORY} {STORY}")


@pytest.mark.parametrize("words", CONTENT)
def test_other_words_at_an_edge_are_content(words: str) -> None:
    assert not is_safe(f"{words} {STORY}", STORY)
    assert not is_safe(f"{STORY} {words}", STORY)


@given(st.sampled_from(sorted(LEGAL)), st.booleans())
def test_in_legal_text_every_word_counts(word: str, before: bool) -> None:
    text = f"{word} {STORY}" if before else f"{STORY} {word}"
    assert not is_safe(f"{text} came by the boat", f"{text} came by boat")


ARTICLES = frozenset("an the this that these those it its".split())


@given(st.text(st.characters(categories=["Ll", "Lu", "Nd"]), min_size=1, max_size=9), st.integers(1, 40))
def test_an_added_word_stays_visible(word: str, place: int) -> None:
    assume(word not in ARTICLES)
    words = f"{STORY} {STORY}".split()
    longer = " ".join([*words[:place], word, *words[place:]])
    assert not is_safe(" ".join(words), longer)
    assert not is_safe(longer, " ".join(words))


GERMAN = "der Wärter schrieb im Winter die Reiher auf und den Tag und die Stunde und das Wetter auf dem Wasser " * 4


def test_articles_and_spellings_are_those_of_the_language_of_the_text() -> None:
    assert is_safe(f"{GERMAN} Boote auf", f"{GERMAN} die Boote auf")
    assert not is_safe(f"{STORY} so boats {STORY}", f"{STORY} so die boats {STORY}")
    assert not is_safe(f"{GERMAN} den Betrag", f"{GERMAN} der Betrag")
    assert not is_safe(f"{GERMAN} gegen eine Gebühr", f"{GERMAN} gegen Gebühr")
    assert not is_safe(f"{GERMAN} Gebühr", f"{GERMAN} eine Gebühr")
    assert not is_safe(f"{GERMAN} sie zeihen ihn", f"{GERMAN} sie ziehen ihn")
    assert is_safe(f"{STORY} and zeihen is said", f"{STORY} and ziehen is said")


@given(st.integers(1, 49))
def test_a_short_text_may_be_a_formula(length: int) -> None:
    short = " ".join(STORY.split()[:length])
    assert not is_safe(short, f"the {short}")


def test_a_text_of_fifty_words_is_no_formula() -> None:
    story = " ".join(f"{STORY} {STORY}".split()[:50])
    assert is_safe(story, f"the {story}")


@pytest.mark.parametrize("text", ["tuuli puhalsi järven yli koko pitkän yön " * 9, "老磨坊在去年冬天重新开放了" * 9])
def test_what_turns_a_meaning_is_not_known_in_every_language(text: str) -> None:
    assert not is_safe(text, f"{text} uudestaan")


@given(st.text("aeilrou", min_size=1, max_size=9), st.text("aeilrou", min_size=1, max_size=9))
def test_respellings_are_so_both_ways(a: str, b: str) -> None:
    assert is_respelling(a, b) == is_respelling(b, a)
    assert is_respelling(a, a) == (len(a) >= 5)


def test_a_near_copy_goes_with_its_byline_and_an_amendment_stays() -> None:
    story = STORY.capitalize() + "."
    found = dedupe.clean([f"LONDON (Reuters) {story}", story], Config(unit="paragraph"))
    assert found.counts == {"duplicate/near": 1}
    law = "The keeper shall count the boats. " + story
    kept = dedupe.clean([law, law.replace("shall", "may")], Config(unit="paragraph"))
    assert kept.counts == {}
    assert [op["rule"] for op in kept.operations] == ["duplicate/near"]


@pytest.mark.parametrize(("end", "goes"), [("and the boats were counted", True), ("and no boats were counted", False)])
def test_one_word_that_matters_behind_many_that_do_not_is_seen(end: str, goes: bool) -> None:
    written = " ".join(f"{STORY} in volume {number}" for number in "abcdefghijkl") + " and the boats were counted"
    other = written.replace("down the herons", "down herons").removesuffix("and the boats were counted") + end
    found = dedupe.clean([written, other], Config(unit="paragraph"))
    assert found.counts == ({"duplicate/near": 1} if goes else {})
    assert [op["rule"] for op in found.operations] == ["duplicate/near"]
