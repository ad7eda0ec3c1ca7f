"""Copies with damage in many words, as of a page that was read by a machine: found, and left for review."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rereading import operations

import dedupe
from dedupe import Config, Document
from dedupe.matching.damaged import Told, alike_but_for_damage
from dedupe.matching.proposals import ROW

STORY = (
    "The council met on Tuesday evening to hear how the money for the harbour wall had been spent. According to the "
    "engineer, the stones that were ordered in autumn turned out to be softer than the sample, and the masons would "
    "not set them where the waves are strongest. A second quarry was asked, which wanted nearly twice the price.\n\n"
    "Fishermen in the gallery complained that their boats had been lying in the old dock since winter. The mayor "
    "promised them a decision before the herring season begins, and said that the wall would stand when his "
    "grandchildren go to sea. Nobody asked him how old they were."
)
OTHER = (
    "Swans nest on the pond behind the brewery again. The keeper counted six eggs, more than anyone remembers, and has "
    "put up a fence against dogs. Visitors may watch from the bridge until the young ones have learned to swim, which "
    "the keeper expects to take three weeks. Bread should stay at home, since it makes the birds ill.\n\n"
    "Last year a fox took every egg in one night. This time the fence goes down into the ground, and a lamp is lit."
)

WEDDING = (
    "At the wedding of the smith's daughter a fiddler played who had walked over the pass with his instrument under "
    "his coat. Nobody had invited him, and everybody danced. When the cake was cut there was a piece for him as well, "
    "and a bed in the loft. In the morning he had gone, and left a tune that is still whistled in the forge.\n\n"
    "Some say that he comes through every seventh summer. The innkeeper keeps a chair for him beside the stove."
)
MEADOW = (
    "On the meadow behind the station a circus has put up its tent. There are two camels, a dozen ponies and a bear "
    "who rides a bicycle, though he is said to be old and does it only on Sundays. Children under ten get in for half "
    "of the price, and whoever brings a bucket of apples for the ponies does not pay at all. The last show is in May."
)


def misread(text: str, rate: float, seed: int = 3) -> str:
    """*text* with letters read as others at *rate*."""
    rng = random.Random(seed)
    letters = "abcdefghijklmnopqrstuvwxyz"
    return "".join(rng.choice(letters) if c.isalpha() and rng.random() < rate else c for c in text)


def found(texts: list[str], config: Config | None = None, **options: Any) -> list[tuple[str, str, str, str]]:
    """Document, rule, guard and canonical document of what is said of whole documents; nothing may be removed."""
    documents = [Document(f"d{n}", text) for n, text in enumerate(texts)]
    log = dedupe.clean(documents, config or Config(**options)).log
    assert operations(log) == []
    return [
        (op["doc"], op["rule"], op["evidence"]["guard"], op["canonical"]["doc"])
        for op in operations(log, None)
        if op["rule"].startswith("document/")
    ]


@pytest.mark.parametrize("unit", ["both", "document"])
@pytest.mark.parametrize("rate", [0.1, 0.12])
def test_a_page_that_was_misread_is_found(rate: float, unit: Any) -> None:
    for texts in ([STORY, OTHER, misread(STORY, rate)], [misread(STORY, rate), OTHER, STORY]):
        assert found(texts, unit=unit) == [("d2", "document/near", "damaged", "d0")]


def test_lines_as_they_were_set_do_not_matter() -> None:
    words = misread(STORY, 0.1).split()
    lines = [" ".join(words[at : at + 6]) for at in range(0, len(words), 6)]
    assert found([STORY, "\n".join(lines)]) == [("d1", "document/near", "damaged", "d0")]


def test_the_log_says_what_differs_and_why_it_stays() -> None:
    texts = [Document("d0", STORY), Document("d1", misread(STORY, 0.1))]
    (op,) = operations(dedupe.clean(texts, Config(unit="document")).log, None)
    assert 0.7 <= op["evidence"]["similarity"] <= 1
    assert len(op["evidence"]["differences"]) == 8
    assert op["why"].endswith("kept, since words of it have other letters there")
    assert op["src"] == [0, len(texts[1].text.encode())]
    assert op["canonical"]["src"] == [0, len(STORY)]


def test_of_a_reference_it_is_found_as_well() -> None:
    log = dedupe.clean(
        [Document("d0", misread(STORY, 0.1))], Config(unit="document"), against=[Document("r0", STORY)]
    ).log
    (op,) = operations(log, None)
    assert (op["rule"], op["canonical"]["doc"], op["evidence"]["canonical_by"]) == ("document/near", "r0", "reference")


def reworded(text: str, every: int) -> str:
    """*text* with every so many words another one."""
    other = ["lantern", "whether", "upstairs", "quietly", "seven", "orchard"]
    return " ".join(other[n % 6] if n % every == 0 else word for n, word in enumerate(text.split(" ")))


@pytest.mark.parametrize("unit", ["both", "document"])
@pytest.mark.parametrize("place", [slice(0, 40), slice(30, 70), slice(60, None), slice(0, None, 2)])
def test_what_is_left_of_a_page_that_was_abridged_and_misread_is_found(place: slice, unit: Any) -> None:
    sentences = [f"{sentence}." for text in (STORY, OTHER, MEADOW) for sentence in text.split(".") if sentence.strip()]
    words = [word for sentence in sentences[:: place.step] for word in sentence.split()]
    part = misread(" ".join(words if place.step else words[place.start * 2 : place.stop and place.stop * 2]), 0.06)
    page = f"{STORY}\n\n{OTHER}\n\n{MEADOW}"
    assert found([page, part], unit=unit) == [("d1", "document/contained", "damaged", "d0")]
    assert found([part, page], unit=unit) == [("d0", "document/contained", "damaged", "d1")]  # whichever comes first


def test_what_has_a_reference_inside_is_not_said_to_stand_in_it() -> None:
    page, part = f"{STORY}\n\n{OTHER}", misread(STORY, 0.08)
    for own, reference, expected in ((part, page, ["document/contained"]), (page, part, [])):
        log = dedupe.clean([Document("d0", own)], Config(unit="document"), against=[Document("r0", reference)]).log
        assert [op["rule"] for op in operations(log, None)] == expected


@pytest.mark.parametrize(
    "texts",
    [
        [STORY, OTHER],
        [STORY, reworded(STORY, 2)],  # half of the words are others
        [STORY, reworded(STORY, 3)],
        [STORY, misread(STORY, 0.5)],  # nothing is left of it
        [STORY, " ".join(reversed(misread(STORY, 0.08).split()))],
        [STORY, misread(STORY, 0.08)[: len(STORY) // 6]],  # a small part
        [f"{STORY}\n\n{OTHER}", f"{misread(STORY, 0.08)[: len(STORY) // 2]} {reworded(OTHER, 1)}"],  # half of it
        [f"{STORY}\n\n{OTHER}", reworded(STORY, 3)],
        [f"{STORY}\n\n{OTHER}", " ".join(sorted(STORY.split()))],  # the same words
        [f"{STORY}\n\n{OTHER}", f"{STORY.split('.')[0]}. {' '.join(reversed(OTHER.split()))}"],  # a sentence of it
        [STORY, "".join(str(ord(c) % 10) if c.isalpha() else c for c in STORY)],
        [
            " ".join(f"Item {n} costs {n * 7} and weighs {n * 3} pounds." for n in range(1, 30)),
            " ".join(f"Item {n} costs {n * 9} and weighs {n * 5} pounds." for n in range(40, 70)),
        ],
        [" ".join([*STORY.split()[:80], *(f"A{n}0{page}" for n in range(40))]) for page in range(2)],  # as many codes
        ["", "a b c", misread("A line of a few words.", 0.08)],
    ],
)
def test_what_is_another_text_is_not_a_damaged_one(texts: list[str]) -> None:
    assert [one for one in found(texts, boilerplate=False) if one[2] == "damaged"] == []


@pytest.mark.parametrize("options", [{"unit": "paragraph"}, {"scope": "document"}, {"near": "off"}])
def test_it_is_looked_for_where_documents_are_held_against_each_other(options: Any) -> None:
    assert found([STORY, misread(STORY, 0.1)], **options) == []


def test_what_is_known_to_repeat_something_is_said_once() -> None:
    near = STORY.replace("Tuesday", "Thursday")
    assert found([STORY, near, misread(STORY, 0.1)], unit="document") == [
        ("d1", "document/near", "differs", "d0"),
        ("d2", "document/near", "damaged", "d0"),
    ]
    assert found([f"{STORY}\n\n{OTHER}", STORY], unit="document") == [
        ("d1", "document/contained", "contained", "d0"),
    ]


def test_many_prints_of_one_page_are_each_found(monkeypatch: pytest.MonkeyPatch) -> None:
    prints = [misread(f"{STORY} {OTHER}", 0.04, seed) for seed in range(12)]
    several = found([*prints, OTHER], jobs=2, unit="document")
    assert several == found([*prints, OTHER], unit="document")
    monkeypatch.setattr("dedupe.planning.contained._DOCUMENTS_AT_ONCE", 2)
    monkeypatch.setattr("dedupe.matching.damaged._COMPARED_BYTES", 1 << 12)
    assert several == found([*prints, OTHER], unit="document")
    assert "damaged" in {guard for _, _, guard, _ in several}
    assert [one[0] for one in several] == [f"d{n}" for n in range(1, 13)]
    assert [one[1] for one in several] == ["document/near"] * 11 + ["document/contained"]


@pytest.mark.parametrize(("damaged", "is_found"), [("lanterqqqq", True), ("lanteqqqqq", False)])
def test_a_damaged_word_has_six_letters_of_ten(damaged: str, is_found: bool) -> None:
    page = "one lanternist met six other lanternist at noon below the old lanternist house".split()
    texts = [" ".join(page), " ".join(page).replace("lanternist", damaged)]
    told = alike_but_for_damage([text.encode() for text in texts], np.array([[1, 0]]), 0.8)
    assert [(kind, match.similarity, is_damaged) for kind, match, is_damaged in told.values()] == (
        [("near", 1.0, True)] if is_found else []
    )


WORDS = st.sampled_from("river rivcr lantern lanterm house hovse a 1950 1951 東 of".split())


@given(st.lists(WORDS, max_size=30), st.lists(WORDS, max_size=30), st.sampled_from([0.5, 0.7, 1.0]))
@settings(max_examples=200)
def test_no_more_is_alike_than_there_is(ours: list[str], theirs: list[str], threshold: float) -> None:
    texts = [" ".join(ours).encode(), " ".join(theirs).encode()]
    told = alike_but_for_damage(texts, np.array([[0, 1]]), threshold).get(0)
    if ours and ours == theirs:
        assert told is not None
    if told is not None:
        kind, match, is_damaged = told
        assert (threshold if kind == "near" else (1 + threshold) / 2) <= match.similarity <= 1
        if kind == "near":
            shorter, longer = sorted((len(ours), len(theirs)))
            assert is_damaged or match.similarity <= round(shorter / longer, 4)
        else:
            assert len(ours) < len(theirs)
        assert kind == "contained" or (match.differences == ()) == (ours == theirs)


def told_of(*proposals: tuple[int, int, int, float]) -> Told:
    """What proposals tell: document, canonical, words and similarity (0 for an exact duplicate) of each."""
    rows = np.zeros(len(proposals), dtype=ROW)
    for name, values in zip(("document", "canonical", "words"), zip(*proposals, strict=True), strict=False):
        rows[name] = values
    rows["found"]["similarity"] = [similarity for *_, similarity in proposals]
    return Told.of(rows)


@pytest.mark.parametrize(
    ("proposals", "shared", "is_all"),
    [
        ([(7, 3, 200, 0.0)], 40, True),  # the half that is told of, and nothing else
        ([(3, 7, 200, 0.0)], 40, True),  # whichever of the two goes
        ([(7, 3, 120, 0.0), (7, 3, 80, 0.0)], 40, True),
        ([(7, 3, 200, 0.9)], 24, True),  # three fifths of the runs of a near duplicate
        ([(7, 3, 200, 0.0)], 41, False),  # a fortieth of the other half
        ([(7, 3, 200, 0.9)], 25, False),
        ([(7, 3, 200, 0.8)], 1, False),  # that may be damage
        ([(7, 3, 100, 0.0), (7, 3, 100, 0.8)], 1, False),
        ([(7, 3, 120, 0.0)], 40, False),
        ([(7, 4, 200, 0.0), (6, 3, 200, 0.0)], 40, False),  # of other documents
        ([(7, 7, 200, 0.0)], 40, False),  # repeats in itself
        ([(7, 3, 380, 0.0)], 76, False),  # too little is left
        ([(3, 7, 200, 0.0), (3, 7, 200, 0.0), (3, 7, 200, 0.0)], 40, False),  # the same one three times
        ([(1, 0, 8, 0.0), (9, 8, 8, 0.0)], 1, False),
        ([], 1, False),
    ],
)
def test_passages_that_are_told_of_say_nothing_of_the_rest(
    proposals: list[tuple[int, int, int, float]], shared: int, is_all: bool
) -> None:
    """A document of 400 words of which 80 hashes are kept."""
    one = np.array([7, 5]), np.array([3, 4]), np.array([shared, 1]), np.array([80, 80]), np.array([400, 400])
    assert told_of(*proposals).explain(*one).tolist() == [is_all, False]


def test_a_damaged_copy_with_a_sound_passage_is_found() -> None:
    other, rest = MEADOW.replace("two camels", "ten camels"), f"{STORY}\n\n{OTHER}"
    whole = f"{MEADOW}\n\n{rest}"
    for rate in (0.13, 0.14, 0.15, 0.16):
        assert found([whole, f"{other}\n\n{misread(rest, rate)}"]) == [("d1", "document/near", "damaged", "d0")]
    assert found([whole, f"{other}\n\n{WEDDING}"]) == []
