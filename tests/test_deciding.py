"""What becomes of proposals: where a repeat may be meant, and where a block of them is a copy all the same."""

from __future__ import annotations

import orjson
import pytest

from dedupe import Config, clean, kernels
from dedupe.cleaning.contained import decide_contained
from dedupe.cleaning.decide import decide_document, decide_duplicates
from dedupe.cleaning.pieces import Piece
from dedupe.cleaning.surroundings import Surroundings
from dedupe.matching.verified import Match
from dedupe.model import Canonical, Operation
from dedupe.text.layout import Shape
from dedupe.text.normalize import line_words
from dedupe.text.segment import split_lines

MILL = "The mill by the river opened again in spring, after nine years of repairs that nobody wanted to pay for."
OWLS = "Two barn owls nest in its roof, and the miller, who sleeps badly, says that he knows them by their voices."
ITEM = "- a wheel with forty paddles of larch wood"
VERSE = [
    "The wheel goes round in rain and snow,",
    "The owls above it come and go,",
    "And who is there that does not know",
    "The mill beside the water?",
]


def surroundings(text: str) -> Surroundings:
    packed = kernels.pack([text])
    return Surroundings(text, kernels.line_shapes(*packed).shapes, kernels.line_spans(*packed))


def decided(
    lines: list[str],
    repeated: range | list[int],
    elsewhere: dict[int, tuple[int, int]] | None = None,
    **settings: object,
) -> list[Operation]:
    """Decide on the text of *lines*, of which those *repeated* stand in document 1 in the same places.

    Those *elsewhere* stand in other documents or positions.
    """
    text = "\n".join(lines) + "\n"
    spans = [(line.start, line.end) for line in split_lines(text)]
    there = {n: (1, n) for n in repeated} | (elsewhere or {})
    pieces = [
        Piece(n, *spans[n], *there[n], *spans[n], line_words(lines[n]), None, True, "first")
        for n in repeated
        if lines[n]
    ]
    return decide_duplicates(text, surroundings(text), 0, pieces, Config(**settings))  # type: ignore[arg-type]


def guards(operations: list[Operation]) -> list[str]:
    """Return why each operation was only reported, "" for those that are applied."""
    found = [orjson.loads(operation.evidence).get("guard", "") for operation in operations]
    assert [not guard for guard in found] == [operation.applied for operation in operations]
    return found


def test_a_lone_paragraph_goes() -> None:
    (operation,) = decided([MILL, OWLS], [1])
    assert guards([operation]) == [""]
    assert operation.canonical == Canonical(1, len(MILL) + 1, len(MILL) + 1 + len(OWLS))


@pytest.mark.parametrize(
    ("lines", "guard"),
    [
        (["It needs", ITEM, "- a sluice that two men can lift together", "- money"], "list"),
        (
            ["def grind(wheel):", "    while wheel.turns(until=DUSK): flour += wheel.grind(corn)", "    return flour"],
            "code",
        ),
    ],
)
def test_a_lone_repeat_may_be_meant(lines: list[str], guard: str) -> None:
    assert guards(decided(lines, [1])) == [guard]


def test_three_items_together_are_a_block_but_two_are_not() -> None:
    lines = ["It needs", ITEM, "- a sluice that two men can lift together", "- a miller who sleeps well", OWLS]
    assert guards(decided(lines, [1, 2])) == ["list"]
    assert guards(decided(lines, [1, 2, 3])) == [""]
    assert guards(decided(lines, [1, 2], min_block_chars=20)) == [""]


WRAPPED = "1. a wheel with forty paddles of larch wood, each of them as long as a man's\narm, and nailed twice"
DEED = [
    "Whoever wants to grind corn at the mill by the river before the first of May has to bring the miller",
    "(1) a sack of his own that is neither torn nor mended with the thread of the mill,",
    "(2) a candle for each of the owls, which is to be lit before they are asked to leave,",
    "(3) a letter from the parish in which the priest says that he was seen on Sunday, and",
    "(4) nothing that barks.",
    "The miller may waive what he likes, and nobody may ask him why he does so, as long as the owls agree with him.",
]


def test_an_item_is_one_however_many_lines_it_goes_on_for() -> None:
    text = f"{MILL}\n\n{WRAPPED}\n\n{OWLS}\n"
    start = text.index(WRAPPED)
    piece = Piece(1, start, start + len(WRAPPED), 1, 0, 0, len(WRAPPED), 17, None, True, "first")
    assert guards(decide_duplicates(text, surroundings(text), 0, [piece], Config())) == ["list"]


@pytest.mark.parametrize(
    "repeated",
    [
        [1, 2, 3],  # the fourth would be left alone
        [2, 3, 4],  # nothing but the first would be left
        [1, 2, 3, 4],  # the sentence above goes on in them
        [1, 2, 3, 4, 5],
        [0, 1, 2],
    ],
)
def test_a_list_does_not_lose_half_of_itself(repeated: list[int]) -> None:
    assert set(guards(decided(DEED, repeated))) <= {"list", "sentence"}


@pytest.mark.parametrize(
    ("lines", "repeated"),
    [
        (DEED, [0, 1, 2, 3, 4]),  # with the sentence that it ends
        (DEED, [0, 1, 2, 3, 4, 5]),
        (["What to bring", *DEED[1:]], [1, 2, 3, 4]),  # a heading heads other lists as well
        ([MILL, *DEED[1:]], [1, 2, 3, 4]),
    ],
)
def test_a_list_goes_as_a_whole(lines: list[str], repeated: list[int]) -> None:
    assert set(guards(decided(lines, repeated))) == {""}


def test_a_large_part_of_a_list_is_a_copy_all_the_same() -> None:
    lines = [DEED[0], *(f"({n}) {OWLS} And so on for year {n}." for n in range(1, 9))]
    assert guards(decided(lines, list(range(2, 6)))) == ["list"]  # of less than 600 characters
    assert guards(decided(lines, list(range(2, 7)))) == [""]


@pytest.mark.parametrize(("sentences", "guarded"), [(5, "answer"), (6, "")])
def test_an_answer_of_six_hundred_characters_is_a_copy_all_the_same(sentences: int, guarded: str) -> None:
    answer = " ".join([OWLS] * sentences)
    assert guards(decided([MILL, "", "Who lives in it?", "", answer, "", MILL], [4])) == [guarded]


LEAFLET = [
    "The mill is free to all; you may grind your own corn in it and",
    "take the flour home under the terms of the parish, which were,",
    "Sundays apart, written down by the miller of that year.",
    "It is run in the hope that it will be of use to the parish, but",
    "without any promise of that; without even the promise of the",
    "Miller that the stones are sharp.",
]


@pytest.mark.parametrize(
    ("repeated", "guarded"),
    [
        ([0], ["sentence"]),  # "take the flour home" would be left without its beginning
        ([1], ["sentence"]),
        ([2], ["sentence"]),
        ([0, 1], ["sentence"]),
        ([0, 1, 2], [""]),
        ([1, 2], ["sentence"]),
        ([1, 2, 3, 4, 5], ["sentence", ""]),  # whole sentences go
        ([0, 1, 2, 3, 4], ["", "sentence"]),
        ([0, 1, 2, 3, 4, 5], [""]),
    ],
)
@pytest.mark.parametrize("margin", ["", "    ", ";; "])
def test_no_sentence_is_cut_in_two(repeated: list[int], guarded: list[str], margin: str) -> None:
    assert guards(decided([margin + line for line in LEAFLET], repeated)) == guarded


@pytest.mark.parametrize(
    "lines",
    [
        [
            f"Owls of the {name} Mill Found Asleep in the Flour Again Last Night"
            for name in ("Old", "New", "Third", "Red")
        ],
        [f"12:0{n}:17 mill wheel turned by owls while nobody was looking" for n in range(6)],
        [
            f"Der Müller von {name} hat seine Eule wieder im Mehl gefunden"
            for name in ("Aarau", "Basel", "Genf", "Bern")
        ],
    ],
)
def test_lines_of_one_length_are_not_wrapped(lines: list[str]) -> None:
    for number in range(len(lines)):
        assert "sentence" not in guards(decided(lines, [number]))


def test_sentences_in_capitals_go_on_as_well() -> None:
    lines = [
        "THE MILL IS LENT AS IT IS, WITHOUT ANY WARRANTY THAT THE WHEEL OF",
        "IT TURNS OR THAT OWLS DO NOT NEST IN IT",
    ]
    assert guards(decided(lines, [0])) == ["sentence"]


def test_long_lines_among_labels_are_not_wrapped() -> None:
    lines = [line for n in range(4) for line in (f"{MILL[:-1]}, and {n} times it was closed again", f"Mill {n}")]
    for number in range(0, len(lines), 2):
        assert "sentence" not in guards(decided(lines, [number]))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_no_sentence_is_cut_in_two_whatever_ends_its_lines(end: str) -> None:
    text = end.join([*LEAFLET[:3], "", *LEAFLET[3:], ""])
    spans = [(line.start, line.end) for line in split_lines(text)]
    for number, guard in ((0, "sentence"), (2, "sentence"), (4, "sentence"), (6, "sentence")):
        piece = Piece(number, *spans[number], 1, number, *spans[number], 12, None, True, "first")
        assert guards(decide_duplicates(text, surroundings(text), 0, [piece], Config())) == [guard]


@pytest.mark.parametrize(
    "above",
    [
        ["The wheel of the old mill"],  # a label
        ["The mill has been open on all days since last year."],
        ["The mill has been open on all days since last year and everybody has come to see it turn", ""],
    ],
)
def test_a_line_that_begins_small_may_be_all_of_a_sentence(above: list[str]) -> None:
    assert guards(decided([*above, OWLS.lower(), MILL], [len(above)])) == [""]


def test_sentences_without_a_full_stop_one_a_line_go() -> None:
    places = [
        "mill",
        "weir",
        "ferry across the river",
        "lock",
        "old bridge of the railway to the sea",
        "inn by the wood",
    ]
    lines = [
        f"the keeper of the {place} wrote down {thing} that came by"
        for place in places
        for thing in ("every boat", "the names of all of the herons and owls", "nothing")
    ]
    for number in range(len(lines)):
        assert guards(decided(lines, [number])) == [""]


@pytest.mark.parametrize(
    ("line", "guard"),
    [
        ("How Much Does It Cost to Have Your Own Corn Ground in a Mill?", "heading"),
        ("Step 4 – Bring Home What the Miller Has Left of It", "heading"),
        ("He says that it costs a candle and nothing else.", ""),
        ("The mill by the river, open on all days but Sundays " * 3, ""),  # too long for one
    ],
)
def test_a_line_right_above_running_text_is_its_heading_whatever_else_has_it(line: str, guard: str) -> None:
    assert guards(decided(["Contents of this page", "", line.strip(), "", MILL, "", OWLS], [2])) == [guard]
    assert guards(decided(["Contents of this page", line.strip(), MILL, OWLS], [1])) == [guard]
    assert guards(decided(["Contents of this page", line.strip(), MILL, OWLS], [1, 2, 3])) == [""]  # with what it heads
    assert guards(decided([OWLS, line.strip(), "About us", "Contact", "Imprint"], [1])) == [""]  # in a menu


@pytest.mark.parametrize(
    "head", ["The mill, second edition, third of January", "On Monday, by Anna Miller of the lower mill"]
)
def test_a_line_above_what_is_indented_is_its_heading(head: str) -> None:
    under = ["  Wheel, stones:", "  dressed as they were when the mill was new and", "  nobody had counted its years."]
    log = ["The changes of the mill", "", head, *under, "", OWLS]
    assert guards(decided(log, [2])) == ["heading"]
    assert guards(decided(log, [2, 3, 4, 5])) == [""]  # with what it heads
    assert guards(decided([OWLS, MILL, *log[2:]], [0, 1, 2])) == ["", "heading"]  # at the end of a block


LIST = ["It needs", ITEM, "- a sluice that two men can lift together", "- a miller who sleeps well", OWLS]


@pytest.mark.parametrize(
    "elsewhere",
    [
        {1: (2, 7)},  # the first of three
        {2: (2, 7), 3: (3, 1)},
        {2: (1, 8), 3: (1, 5)},  # the same document, but not what comes next there
        {2: (1, 5), 3: (1, 6)},  # three more lines there
        {3: (1, 1)},
    ],
)
def test_what_repeats_one_text_here_and_another_there_is_no_block(elsewhere: dict[int, tuple[int, int]]) -> None:
    (operation, *_) = operations = decided(LIST, [1, 2, 3], elsewhere)
    assert set(guards(operations)) == {"list"}
    assert operation.start == len("It needs\n")


@pytest.mark.parametrize(
    "elsewhere",
    [
        {2: (2, 7)},  # many texts have this line, and one of them was read first
        {1: (1, 0), 2: (1, 1)},  # one more line there
        {2: (1, 4), 3: (1, 5)},
        {2: (2, 7), 3: (1, 4)},
    ],
)
def test_a_copy_is_one_block_whatever_texts_share_a_line_of_it(elsewhere: dict[int, tuple[int, int]]) -> None:
    assert set(guards(decided(LIST, [1, 2, 3], elsewhere))) == {""}


def test_code_stays_between_two_copied_paragraphs() -> None:
    lines = [MILL, OWLS, "    return Mill(wheel=90).grind(corn);", MILL.upper(), OWLS.upper()]
    assert guards(decided(lines, [1, 2, 3], {1: (2, 4), 3: (3, 9)})) == ["", "code", ""]
    assert set(guards(decided(lines, [1, 2, 3], {2: (3, 9)}))) == {""}


PROGRAM = [
    "/* The wheel turns while there is water, whoever asks for it, and it stops when the last owl sleeps. */",
    "int turns(struct mill *mill) {",
    "    // Nobody knows why the second owl is counted twice, but it was always done like that.",
    "    return mill->water > 0 && mill->owls != asleep;",
    "}",
    "/* What is ground here is ground for ever: no sack ever left the mill in the state that it came in. */",
    "void grind(struct sack *sack) {",
    "    // The stones are lifted once a year, in spring, and turned by the miller himself, who lets nobody help him.",
    "    sack->ground = 1;",
    "    // Whoever reads this far may ask the miller for a loaf, which he bakes from what is left over on a Saturday.",
    "    // It is good bread, and it keeps for a week if the owls are not told where in the kitchen it is put away.",
    "}",
]


@pytest.mark.parametrize("repeated", [[0], [2], [0, 1, 2], [9, 10], [5, 6, 7, 8], list(range(1, 12))])
def test_of_a_program_nothing_goes_its_comments_neither(repeated: list[int]) -> None:
    assert set(guards(decided(PROGRAM, repeated))) == {"code"}


def test_a_text_about_a_program_is_none() -> None:
    passages = [f"{MILL} {OWLS}", f"{OWLS} {MILL}"]
    assert guards(decided([*PROGRAM, *passages], [11, 12])) == [""]  # paragraphs stand on one line each
    lines = [MILL, OWLS, "    return Mill(wheel=90).grind(corn);", MILL.upper(), OWLS.upper(), *LIST]
    assert guards(decided(lines, [0, 1])) == [""]


@pytest.mark.parametrize(("others", "guarded"), [(20, "code"), (21, "")])
def test_of_a_program_a_fifth_of_the_lines_is_code(others: int, guarded: str) -> None:
    code = [f"mill.turn({n});" for n in range(5)]
    lines = [*code, *(f"Nobody knew in the year {n} why the wheel was turned." for n in range(others - 1)), MILL]
    assert guards(decided(lines, [len(lines) - 1])) == [guarded]


@pytest.mark.parametrize(("size", "guarded"), [(100, "heading"), (101, "")])
def test_a_line_of_a_hundred_characters_may_head_what_is_below(size: int, guarded: str) -> None:
    lines = [OWLS, "", "The mill, its wheel and its owls ".ljust(size, "x"), f"  {OWLS}", "", MILL]
    assert guards(decided(lines, [2])) == [guarded]


def test_a_list_keeps_the_line_that_introduces_it() -> None:
    lines = [MILL, "When you come to see it, please do bring the following things:", ITEM, "- a lamp"]
    assert guards(decided(lines, [1])) == ["introduction"]
    assert guards(decided(lines, [0, 1])) == ["", "introduction"]
    assert guards(decided(lines, [0, 1, 2, 3])) == [""]
    assert guards(decided(lines[:2], [0, 1])) == [""]  # nothing follows
    headed = [lines[0], "What to bring", *lines[1:]]
    assert guards(decided(headed, [0, 1, 2])) == ["", "introduction"]  # with its heading
    assert guards(decided(headed, [0, 1, 2, 3, 4])) == [""]
    assert guards(decided([lines[0], lines[1] + "**", *lines[2:]], [1])) == ["introduction"]
    assert guards(decided([lines[0], lines[1][:-1] + ".", *lines[2:]], [1])) == [""]


def test_a_heading_with_its_first_sentence_stays_if_more_stands_below() -> None:
    """The rest would have no heading."""
    task = ["Exercise 1", "Read it again, and put right what is false."]
    assert guards(decided([OWLS, *task, f"1. {MILL}"], [1, 2])) == ["introduction"]
    assert guards(decided([OWLS, *task, MILL], [1, 2])) == ["introduction"]
    assert guards(decided([OWLS, *task, MILL], [1, 2, 3])) == [""]
    assert guards(decided([OWLS, *task, MILL], [2])) == [""]  # the heading stays
    assert guards(decided([MILL, *task, OWLS], [0, 1, 2])) == [""]  # the end of a block
    assert guards(decided([OWLS, "It was read.", task[1], MILL], [1, 2])) == [""]
    wrapped = [
        "Responsibilities of the harbourmaster notwithstanding,",
        "nobody knew what was to be done on a day like that.",
    ]
    assert guards(decided([OWLS, *wrapped, MILL], [1, 2])) == [""]


def test_what_alone_stands_under_a_heading_stays_with_it() -> None:
    under = ["THE MILL", MILL, "THE OWLS", OWLS]
    assert guards(decided(under, [1])) == ["section"]
    assert guards(decided(under, [3])) == ["section"]
    assert guards(decided([*under, MILL], [3])) == [""]  # something stays under the heading
    assert guards(decided(["THE MILL", MILL, MILL.upper(), "THE OWLS"], [1])) == [""]
    assert guards(decided([OWLS, MILL, "THE OWLS", OWLS], [1])) == [""]  # no heading above
    assert guards(decided(under, [0, 1])) == ["heading"]


WITHOUT_SPACES = [
    ("联系方式", "请在工作日上午九点到下午五点之间拨打服务电话，或者发送电子邮件到客服信箱，我们会尽快回复您的来信。"),
    ("はじめに", "この文書は新しく参加する人のために書かれたもので、作業の流れと大切な約束ごとをまとめています。"),
    ("ติดต่อเรา", "กรุณาโทรศัพท์ในวันทำการระหว่างเวลาเก้าโมงเช้าถึงห้าโมงเย็น หรือส่งจดหมายอิเล็กทรอนิกส์ถึงสำนักงานของเรา"),
]


@pytest.mark.parametrize(("head", "said"), WITHOUT_SPACES, ids=["Chinese", "Japanese", "Thai"])
def test_so_it_does_in_scripts_without_spaces(head: str, said: str) -> None:
    assert guards(decided([head, said, "THE MILL", MILL], [1])) == ["section"]
    assert guards(decided([said, MILL, head, said], [3])) == ["section"]
    assert guards(decided([head, said, MILL], [1])) == [""]  # something stays under the heading


@pytest.mark.parametrize(("head", "said"), WITHOUT_SPACES, ids=["Chinese", "Japanese", "Thai"])
def test_a_paragraph_without_spaces_or_full_stop_heads_nothing(head: str, said: str) -> None:
    """Thai has no full stops, and few spaces, so a long line is as few words as a heading by these."""
    above, below = said.rstrip("。") * 2, said[::-1].lstrip("。")
    assert guards(decided([above, "", below, "", above[::-1]], [2])) == [""]


FORMULA = "The proposal was put to the vote and was carried without any dissenting voice."
SAID = (
    "The treasurer reported that the slates would cost more than had been foreseen in the spring.",
    "Mrs. Cole asked that the path be closed in winter, since two people had fallen there.",
    "It was asked whether the band should be paid this year, as it had been the year before.",
)


@pytest.mark.parametrize(
    "heads",
    [("Item 1: The roof", "Item 2: The path"), ("§ 1", "§ 2"), ("Adults", "Children")],
)
def test_a_section_that_says_what_another_one_said_keeps_it(heads: tuple[str, str]) -> None:
    """What the children are to take is not told by what the adults are."""
    sections = [f"{head}\n\n{said}\n\n{FORMULA}\n" for head, said in zip(heads, SAID, strict=False)]
    (found,) = clean(["\n".join(sections)]).operations
    assert (found["applied"], found["evidence"]["guard"]) == (False, "formula")
    assert found["why"].endswith("; kept, since it may be said again on purpose")
    (found,) = clean(["\n".join(sections).replace(heads[1] + "\n\n", "")]).operations
    assert found["applied"]  # in one section once is enough
    lines = [*heads, SAID[0], FORMULA, SAID[1], FORMULA]
    assert [found["applied"] for found in clean(["\n".join(lines)]).operations] == [True]  # no paragraphs, no sections


def test_a_heading_may_be_underlined() -> None:
    sections = [f"{head}\n=====\n\n{said}\n\n{FORMULA}\n" for head, said in zip(("Roof", "Path"), SAID, strict=False)]
    assert [found["evidence"].get("guard") for found in clean(["\n".join(sections)]).operations] == ["formula"]


def test_a_section_may_begin_with_a_short_sentence() -> None:
    gate = "Close the lower gate and make sure that nobody stands on it."
    text = f"To open the lock\n\n{gate}\n\nOpen the paddles.\n\nTo close the lock\n\nClose the paddles.\n\n{gate}\n"
    assert [found["evidence"].get("guard") for found in clean([text]).operations] == ["formula"]


def test_no_line_of_a_patch_goes() -> None:
    """Its head says how many there are."""
    patch = [f" {MILL}", f" {SAID[0]}", f" {SAID[1]}", f"+{OWLS}", f" {SAID[2]}"]
    for head in ("@@ -3,4 +3,5 @@", "@@ here @@"):
        page = "\n".join([head, *patch, ""])
        letter = (
            f"On Monday the parson wrote this to all of us here:\n\n{page.replace('their', 'four')}\nAnd he did so.\n"
        )
        found = clean([page, letter]).operations
        assert any(op["applied"] for op in found) == (head == "@@ here @@")
    text = f"{SAID[0]}\n@@ -1,3 +1,2 @@\n {MILL}\n-It is shut.\n {OWLS}\n{SAID[1]}\n"
    around = surroundings(text)
    shapes = [around.of(line.start, line.end) & Shape.CODE for line in split_lines(text)]
    assert shapes == [0, *4 * [Shape.CODE], 0]


def test_a_section_goes_with_its_heading_and_so_does_a_page_that_was_pasted_twice() -> None:
    page = f"The roof\n\n{SAID[0]}\n\n{FORMULA}\n\nThe path\n\n{SAID[1]}\n"
    assert [document.text for document in clean([f"{page}\n{page}"]).documents] == [page]


def test_what_returns_every_so_many_paragraphs_is_a_refrain() -> None:
    couplet = "The salt is in the barrel and the barrel's on the quay,\nand nobody will carry it across the bay for me."
    for refrain in (FORMULA, couplet):
        text = "".join(f"{said}\n\n{refrain}\n\n" for said in SAID)
        assert [found["evidence"].get("guard") for found in clean([text]).operations] == ["formula"] * 2
        once_more = f"{text}{refrain}\n"  # side by side, or at any other place, it is none
        assert [document.text for document in clean([once_more]).documents] != [once_more]


def test_verse_is_said_again_but_not_a_poem_of_twelve_lines() -> None:
    stanza = [*VERSE, ""]
    chorus = [*stanza, *[line.replace("wheel", "stone") for line in stanza], *stanza]
    assert guards(decided(chorus, range(10, 14))) == ["verse"]
    poem = 3 * VERSE
    assert guards(decided([MILL, "", *poem], range(2, 14))) == [""]
    assert guards(decided([MILL, "", *poem[:11]], range(2, 13))) == ["verse"]
    assert guards(decided([*9 * [MILL, OWLS], "", *poem], range(19, 31))) == ["verse"]  # a small part of its document
    poem_chars, other_chars = (len("".join("".join(lines).split())) for lines in (poem, [MILL]))
    for share, guarded in ((0.32, ""), (0.28, "verse")):
        rest = round(poem_chars / share - poem_chars) - other_chars
        assert guards(decided([MILL, "", *poem, "", "x" * rest], range(2, 14))) == [guarded]


def test_a_block_is_what_most_of_it_is() -> None:
    code = ["    wheel.turn(90);", "    flour += grind(corn);", "    if (dry) return flour;", "    owl.call(2);"]
    assert guards(decided([OWLS, *code], range(1, 5))) == ["code"]
    assert guards(decided([OWLS, *code, MILL, MILL], range(1, 7))) == [""]


@pytest.mark.parametrize(
    ("inside", "words", "long_words", "whole"),
    [
        (80, 100, 100, True),  # nearly all of what is looked for
        (79, 100, 100, False),
        (50, 100, 50, True),  # and half of all
        (50, 101, 50, False),
    ],
)
def test_a_document_is_contained_with_nearly_all_of_it(inside: int, words: int, long_words: int, whole: bool) -> None:
    piece = Piece(0, 0, 90, 1, 3, 5, 400, inside, None, False, "longest")
    for unit, passage in (("both", ["duplicate/contained"]), ("document", [])):
        found = decide_contained(0, [piece], words, long_words, unit)
        assert [operation.rule for operation in found] == (["document/contained"] if whole else passage)
        assert not any(operation.applied for operation in found)


def test_a_document_that_differs_stays() -> None:
    there = Canonical(1, 0, 90)
    exact = decide_document(100, there, None, "first", "exact", guard="")
    near = decide_document(100, there, Match(0.93, (("May", "June"),)), "longest", "near", guard="differs")
    assert (exact.rule, exact.applied, near.rule, near.applied) == ("document/exact", True, "document/near", False)
    assert guards([exact, near]) == ["", "differs"]
    assert (near.start, near.end, near.canonical) == (0, 100, there)


def test_a_run_that_repeats_two_documents_is_two_entries_that_meet() -> None:
    lines = [MILL, "", OWLS, "", MILL.lower(), "", OWLS.lower(), "", "The end."]
    text = "\n".join(lines) + "\n"
    spans = [(line.start, line.end) for line, written in zip(split_lines(text), lines, strict=True) if written]
    near = Match(0.95, (("the", "a"),)), Match(0.92, (("", "very"),))
    pieces = [
        Piece(0, *spans[0], 1, 4, 40, 50, 20, None, True, "first"),
        Piece(1, *spans[1], 2, 0, 0, 10, 21, near[0], True, "longest"),
        Piece(2, *spans[2], 2, 1, 11, 30, 22, near[1], True, "first"),
        Piece(3, *spans[3], 2, 3, 60, 80, 21, near[1], True, "first"),  # not what comes next there
    ]
    first, second, third = decide_duplicates(text, surroundings(text), 0, pieces, Config())
    assert [(o.start, o.end) for o in (first, second, third)] == [
        (0, spans[1][0]),
        (spans[1][0], spans[3][0]),
        (spans[3][0], spans[3][1] + 2),
    ]
    assert [o.rule for o in (first, second, third)] == ["duplicate/exact", "duplicate/near", "duplicate/near"]
    assert [o.canonical for o in (first, second, third)] == [
        Canonical(1, 40, 50),
        Canonical(2, 0, 30),
        Canonical(2, 60, 80),
    ]
    assert orjson.loads(second.evidence) == {
        "similarity": 0.92,
        "differences": [["the", "a"], ["", "very"]],
        "words": 43,
        "segments": 2,
        "canonical_by": "first",
    }
