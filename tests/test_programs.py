"""Programs and settings whose lines are no code by themselves are known by how they are built, and prose is not."""

from __future__ import annotations

import pytest

import dedupe
from dedupe.text.programs import is_built_as_program

HEAD = (
    "The tables of the harbour office are kept by hand, and whoever changes a figure in them has to say on",
    "which day it was measured, and by whom; a boat that runs aground for the sake of a wrong figure is paid",
    "for by the keeper of the lock, who has neither the money for that nor the patience.",
    "",
    "They may be copied as long as these lines stand above them, and in whatever form a copy is made whoever makes it",
    "has to hand it on with all that is said here, so that those who sail by it know that nobody promises them any,",
    "neither that the water is as deep as it says, nor that it is where it is said to be, nor that it is fit for the",
    "boat that they sail, and that they do so at their own risk, by day as by night, and in every kind of weather.",
)


def headed(mark: str, body: str) -> str:
    return "".join(f"{mark} {line}".rstrip() + "\n" for line in HEAD) + "\n" + body


YAML = "ports:\n  - {0}\n  - quay\n\nboats:\n  {0}:\n    draws: 3\n    sails: two\n  heron:\n    draws: 1\n"
CMAKE = "include({0})\nset(QUAYS {0}\n  north\n  south)\nfind_boat(HERON\n  NAMES heron {0})\nmark_as_kept(HERON)\n"
VIM = "syn case ignore\nsyn keyword quay {0} north south\nsyn match boat /heron/\nhi link quay {0}\nset wrapscan\n"
POSTSCRIPT = "/{0}[\n/north /south /east /west\n/heron /owl /mill /weir\n/bell /lamp /rope /lock\n]\n/{0} load pop\n"
SHELL = "cd quays\nexport BOAT={0}\nif test -f heron\nthen\nsail heron {0}\nfi\nshift\nexit\n"

PROGRAMS = {
    "YAML": ("#", YAML),
    "CMake": ("#", CMAKE),
    "shell": ("#", SHELL),
    "Vim": ('"', VIM),
    "PostScript": ("%", POSTSCRIPT),
    "m4": ("dnl", "define(`{0}', `north')\nquay\n{0}\nheron\n"),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_heads_the_files_of_a_program_stays_in_each(name: str) -> None:
    mark, body = PROGRAMS[name]
    files = [headed(mark, body.format(word)) for word in ("skiff", "ketch", "yawl")]
    assert dedupe.clean(files).counts == {}
    assert dedupe.clean([files[0], *files]).counts == {"document/exact": 1}  # a file goes as a whole
    assert dedupe.clean([headed("", body.format(word)) for word in ("skiff", "ketch", "yawl")]).counts


JOB = """\
  {0}:
    runs-on: quay
    needs: lock
    steps:
      - uses: heron/checkout@v3
      - name: Set the lamps of the lock and wait until the tide has come in as far as the second step
        uses: heron/lamps@v2
        with:
          colour: green
          height: 3
      - name: Ring the bell of the harbour office three times and write down who came
        run: ring --times 3 --write
"""


def test_settings_below_settings_stay() -> None:
    """Without the steps that another job has as well there is nothing that a job does."""
    texts = [
        f"on: push\njobs:\n{JOB.format(word)}{JOB.format(word + '2')}  last:\n    runs-on: {word}\n"
        for word in ("skiff", "ketch", "yawl")
    ]
    assert all(map(is_built_as_program, texts))
    assert dedupe.clean(texts).counts == {}


@pytest.mark.parametrize("first", ["#!/bin/sh\n", "#! /usr/bin/awk -f\n", "%!PS-Adobe-3.0\n"])
def test_what_says_by_what_it_is_run_is_a_program(first: str) -> None:
    assert is_built_as_program(first + "sail heron\n")


SENTENCE = (
    "It rained all day, and the keeper of the lock wrote down every boat that came by, with the hour and the weather."
)

PROSE = {
    "headings": [
        "# The lock",
        "# The quay",
        "# The boats that came by in the year of the flood and what",
        "",
        SENTENCE,
    ],
    "headings apart": [
        "# The lock and the boats that came by in the year of the flood and",
        "",
        "# the quay",
        SENTENCE,
    ],
    "items": ["# the lock", "# the boats that came by the lock in the year of the flood", "# the owls", "", SENTENCE],
    "where it came from": [
        "# source: https://example.org/the/lock/of/the/harbour/page.html",
        "# url: https://example.org/",
        "# type: text",
        "",
        SENTENCE,
    ],
    "pandoc": ["% The lock, its keeper and all of the boats", "% by nobody", "% of the harbour office", "", SENTENCE],
    "a margin": [headed("#", "")],
    "a margin with a gap": [headed("#", "") + "which is of no use to anybody.\n" + headed("#", "")],
    "quotes": [
        '" I saw the boat that came by in the night and',
        'went on to the mill, and nobody was there. "',
        SENTENCE,
    ],
    "dialogue": ["MILLER:", "  I saw nobody at all.", "OWL:", "  Nor did I.", "MILLER:", "  So it was the weir."] * 3,
    "minutes": ["Present:", "Anna Marsh, Bert Cole", "Excused:", "Cleo Marsh", "Date:", "Monday", "Place:", "the lock"],
    "recipe": ["For the dough:", "- flour", "- water", "For the jam:", "- plums", "- sugar", "To serve:", "- cream"],
    "front matter": ["---", "title: The lock", "tags:", "  - boats", "  - owls", "date: 2021", "---", *[SENTENCE] * 4],
    "glossary": ["weir: a dam over which a river runs", "lock: where boats are lifted", "quay: where they lie"] * 4,
}


@pytest.mark.parametrize("name", PROSE)
def test_prose_is_not_built_as_programs_are(name: str) -> None:
    assert not is_built_as_program("\n".join(PROSE[name]))


def test_a_page_about_settings_is_no_program() -> None:
    """Its paragraphs stand on one line each, and what repeats among them goes."""
    paragraph = f"{SENTENCE} {SENTENCE} {SENTENCE}"
    page = headed("#", f"{paragraph}\n\n{paragraph}\n")
    assert is_built_as_program(page)
    assert dedupe.clean([page]).counts == {"repeat/exact": 1}
