"""The shapes of lines: what is claimed, and what is left alone."""

from __future__ import annotations

import json
import lzma
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe import _reference, kernels
from dedupe.text.layout import Shape, line_shapes
from dedupe.text.marks import is_terminated
from dedupe.text.segment import split_lines

PROSE = "The ferry left the quay a little after seven, and by noon the island had sunk below the line of the sea."
WITHOUT_SPACES = "请在工作日上午九点到下午五点之间拨打服务电话，或者发送电子邮件到客服信箱，我们会尽快回复您的来信。"
THAI = "กรุณาโทรศัพท์ในวันทำการระหว่างเวลาเก้าโมงเช้าถึงห้าโมงเย็น หรือส่งจดหมายถึงสำนักงาน"


def shapes(text: str) -> list[Shape]:
    return line_shapes(text, split_lines(text))


CLAIMED = [
    ("call", "print(pdf, email)\n", 0, Shape.CODE),
    ("assignment", "total = price * 3\n", 0, Shape.CODE),
    ("brace", "if (ready) {\n  run();\n}\n", 1, Shape.CODE),
    ("tag line", '<div class="share">\n', 0, Shape.CODE),
    ("include", "#include <stdio.h>\n", 0, Shape.CODE),
    ("fenced", "Text.\n\n```\nShare this page\n```\n", 3, Shape.CODE),
    ("tilde fence", "~~~\nHome\n~~~\nText\n", 1, Shape.CODE),
    ("comment", "<!-- YAML\nadded: early in the year\n\nand so on -->\nText.\n", 3, Shape.CODE),
    ("indented", f"{PROSE}\n\n    Share this\n    Print\n\n{PROSE}\n", 2, Shape.CODE),
    ("prompt", ">>> menu.show()\n", 0, Shape.CODE),
    ("bars", "| Name | Price |\n| Tea | 2 |\n", 1, Shape.TABLE),
    ("tabs", "Name\tPrice\nTea\t2\n", 0, Shape.TABLE),
    ("columns", "Oslo      Bergen     12\nParis     Lyon       14\n", 1, Shape.TABLE),
    ("price list", "Espresso 2.50 €\nTea 2.20 €\nWater 1.80 €\n", 1, Shape.TABLE),
    ("prices under items", "Espresso\n$2.50\nTea\n$2.20\nWater\n$1.80\n", 3, Shape.TABLE),
    ("figures", "2021 1.204 88\n2022 1.310 91\n2023 1.399 97\n", 2, Shape.TABLE),
    ("bullet", "• Facebook\n", 0, Shape.LIST),
    ("dash bullet", "- Print\n- E-mail\n", 1, Shape.LIST),
    ("numbered", "1. Home\n2. About\n", 0, Shape.LIST),
    ("clause", "(a) the tenant\n", 0, Shape.LIST),
    ("paragraph sign", "§ 3 Geltungsbereich\n", 0, Shape.LIST),
    ("article", "Article 4 Scope\n", 0, Shape.LIST),
    ("number in brackets", "[12] Harbours and their trade\n", 0, Shape.LIST),
    ("bibliography", "Marsh, A. B. (1999). A history of the northern harbours. Mill Press.\n", 0, Shape.LIST),
    ("docket", "01/19/2012  1  ORDER granting leave\n\n01/20/2012  2  NOTICE\n\n02/01/2012  3  ORDER\n", 4, Shape.LIST),
    ("log", "[10:48] <ana> late again\n[10:49] <bob> who\n[10:51] <ana> the ferry\n", 0, Shape.LIST),
    (
        "dated lines with others between",
        "2021-03-01\nIt rained\n2021-03-02\nIt rained\n2021-03-04\nStill\n",
        2,
        Shape.LIST,
    ),
    ("German dates", "01.02.2003 Eröffnung\n03.02.2003 Umbau\n11.12.2004 Schluss\n", 1, Shape.LIST),
    ("values", "name,town,trade\nAnna,Oslo,nets\nBert,Bergen,rope and sails\n", 1, Shape.TABLE),
    ("recipe", "200 g flour\n2 eggs\n1 cup milk\n3 apples\n", 2, Shape.LIST),
    ("comma items", "apples,\npears,\nplums,\nfigs\n", 1, Shape.LIST),
    ("introduced", "The firms we looked at are:\nGoogle, Facebook, Twitter\nApple, Samsung\n", 1, Shape.LIST),
    ("quoted speech", '"Read on."\n', 0, Shape.DIALOGUE),
    ("curly speech", "“Leave a reply,” she said\n", 0, Shape.DIALOGUE),
    ("dash speech", "— Share this.\n", 0, Shape.DIALOGUE),
    ("French speech", "« Continuez », dit-il\n", 0, Shape.DIALOGUE),
    ("speaker", "ROMEO: I have forgot why I did call thee back.\n", 0, Shape.DIALOGUE),
    ("speaker with a title", "Mr. Speaker: Order. I call the member for the islands.\n", 0, Shape.DIALOGUE),
    ("speaker in a mood", "MILLER (aside): He has not seen it.\n", 0, Shape.DIALOGUE),
    (
        "litany",
        "Lord, have mercy upon us.\nChrist, have mercy upon us.\nLord, have mercy upon us.\n",
        1,
        Shape.VERSE,
    ),
    ("stanza", "The lamp is low\nThe wind goes by\nAnd all the street\nIs dark and dry\n", 2, Shape.VERSE),
    (
        "couplets",
        "We went to the sea\nWith a kite and a tea\n\nWe came back from the hill\nWith a cold and a bill\n",
        3,
        Shape.VERSE,
    ),
    ("lower case poem", "so much rain on\nthe red roof\nand a dog that\nwould not sleep\n", 1, Shape.VERSE),
    ("field", "Location: Paris\n", 0, Shape.FORM),
    ("blank to fill", "Name: ________\n", 0, Shape.FORM),
    ("check box", "[ ] I agree\n", 0, Shape.FORM),
    ("definition", "Author\n:   Jane Doe\n", 0, Shape.FORM),
    ("answer", "Is there a lift?\n\nYes\n", 2, Shape.ANSWER),
    ("Q and A", "Q: The opening hours\nNine to five\n", 1, Shape.ANSWER),
    ("title above prose", f"The island\n{PROSE}\n", 0, Shape.HEADING),
    ("title above prose without spaces", f"第一章　总则\n{WITHOUT_SPACES}\n", 0, Shape.HEADING),
    ("Thai title above prose", f"ติดต่อเรา\n{THAI}\n", 0, Shape.HEADING),
    ("markdown heading", "## Contact\n", 0, Shape.HEADING),
    ("underlined", "Contact\n=======\n", 0, Shape.HEADING),
    ("manual page", "NAME\n    ls - list directory contents\n", 0, Shape.HEADING),
]


@pytest.mark.parametrize(("text", "line", "shape"), [case[1:] for case in CLAIMED], ids=[case[0] for case in CLAIMED])
def test_shape_is_claimed(text: str, line: int, shape: Shape) -> None:
    assert shape in shapes(text)[line]


NOT_CLAIMED = [
    ("prose is nothing", f"{PROSE}\n{PROSE}\n", Shape(255)),
    ("prose in paragraphs", f"{PROSE}\n\n{PROSE}\n", Shape(255)),
    ("menu is no verse", "Home\nAbout us\nContact\nImprint\nLog in\n", Shape.VERSE | Shape.LIST),
    (
        "headlines are no verse",
        "Storm Hits Northern Coast Again\nMayor Calls For New Bridge\nFive Ways To Cook Rice\nTeam Wins Third Match\n",
        Shape.VERSE,
    ),
    (
        "wrapped prose is no verse",
        "The ferry left the quay a little after seven and by\nnoon the island had sunk below the line of\n"
        "the sea, so that nobody on deck could tell where it\nhad been or whether it would be there again.\n",
        Shape.VERSE,
    ),
    (
        "one paragraph a line is no verse",
        "It rained.\nWe left early.\nNobody spoke on the way.\nIt was over.\n",
        Shape.VERSE,
    ),
    (
        "one sentence over and over is no verse",
        "You have to be signed in for that.\n" * 5 + "Please sign in to read it.\n",
        Shape.VERSE,
    ),
    ("three sentences are no verse", "We left it there.\nNobody had seen it.\nIt was over now.\n", Shape.VERSE),
    ("two dated lines are no log", "10:48 The ferry leaves\n11:30 It comes back\nAll are well\n", Shape.LIST),
    ("dates far apart are no log", ("2021-03-01\n" + "It rained\n" * 3) * 4, Shape.LIST),
    ("versions are no dates", "1.2.3 came first\n1.2.4 was next\n1.3.0 is the last\n", Shape.LIST),
    ("a dateline is no entry", "Bergen, Norway - May 5, 2023 - The ferry was late.\n", Shape.LIST),
    ("a weekday is no entry", "Thursday, March 5, 2020\n", Shape.LIST),
    ("a name and a place are no entry", "Marsh, Anna lives here since 1999\n", Shape.LIST),
    ("an initial without a year is no entry", "Marsh, A. is the one to ask\n", Shape.LIST),
    ("words in brackets are no item", "[pause] and so on\n", Shape.LIST),
    ("commas of sentences are no values", "red, green\nblue, white\ngrey, black\n", Shape.TABLE),
    ("commas of figures are no values", "1,204 of them\n3,310 of these\n9,007 of those\n", Shape.TABLE),
    ("as many commas have to be there", "a,b of it\na,b,c of it\na,b of it\n", Shape.TABLE),
    ("two rows are no table of values", "Anna,Oslo\nBert,Bergen\nnobody else\n", Shape.TABLE),
    ("a part of a number is no field", "e.g. this: that\n", Shape.FORM | Shape.DIALOGUE),
    ("file(s) is no code", "Choose the file(s) to send\n", Shape.CODE),
    ("a field name is no code", "Email(Required)\n", Shape.CODE),
    ("semicolons are no code", "We came; we saw; we went home again; and nobody had noticed.\n", Shape.CODE),
    ("older posts is no speech", "« Older posts\n", Shape.DIALOGUE),
    ("time is no field", "10:30 start of the meeting\n", Shape.FORM),
    ("address is no field", "https://example.org/page\n", Shape.FORM),
    ("one bar is no table", "News | The Example\n", Shape.TABLE),
    ("first line indent is no code", f"    {PROSE[:60]}\n{PROSE[60:]}\n", Shape.CODE),
    ("sentence is no heading", f"It rained.\n{PROSE}\n", Shape.HEADING),
    ("a paragraph without spaces is no heading", f"{WITHOUT_SPACES[:-1]}\n{WITHOUT_SPACES}\n", Shape.HEADING),
    ("a Thai paragraph is no heading", f"{THAI}\n{THAI}\n", Shape.HEADING),
    ("nothing heads a short line without spaces", "联系方式\n请在工作日拨打服务电话\n", Shape.HEADING),
    ("menu is no heading", "Home\nAbout us\nContact\n", Shape.HEADING),
]


@pytest.mark.parametrize(("text", "shape"), [case[1:] for case in NOT_CLAIMED], ids=[case[0] for case in NOT_CLAIMED])
def test_shape_is_not_claimed(text: str, shape: Shape) -> None:
    assert not any(found & shape for found in shapes(text))


def test_manual_page_indented_as_a_whole_is_not_code() -> None:
    text = "".join(f"       {PROSE[:60]}\n" for _ in range(6))
    assert not any(found & Shape.CODE for found in shapes(text))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Yes.", True),
        ('"Yes."', True),
        ("Yes!)", True),
        ("終わり。", True),
        ("Yes", False),
        ("", False),
        ("a:", False),
        (")", False),
    ],
)
def test_is_terminated(line: str, expected: bool) -> None:
    assert is_terminated(line) is expected


PIECES = (
    *(
        "",
        "Home",
        "# Head",
        "===",
        "```",
        "~~~",
        "- item",
        "1. one",
        "a | b | c",
        "x\ty",
        "Name: value",
        "    deep",
        "\t",
    ),
    *("Why?", "“Go.”", "$2.50", "foo();", "{", ":  x", "The rain came down", "«", "[", "(", "§", ">", "#", "…", PROSE),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=40), max_size=30))
def test_one_shape_a_line_whatever_the_text(pieces: list[str]) -> None:
    text = "\n".join(pieces)
    lines = split_lines(text)
    found = line_shapes(text, lines)
    assert len(found) == len(lines)
    for line, shape in zip(lines, found, strict=True):
        assert isinstance(shape, Shape)
        if not text[line.start : line.end].strip():
            assert not shape


SHAPED = (
    "A day at sea¦The lamp is low¦And all the street¦Is dark and dry¦200 g flour¦½ cup milk¦1.5 kg of salt, fine¦"
    "Espresso 2.50 €¦Tea EUR 3¦Water £ 4,20¦12.50¦1,204 300¦3 kr¦3 krona¦| a | b |¦a | b¦x\ty¦col a    col b¦"
    "one      two¦```¦~~~~¦def f(x):¦    return x;¦- item¦* item:¦1. Open the menu¦1.2) on¦1234. no¦iv) four¦"
    "(b) or¦§ 5¦Article 7 says¦Step 3¦Steps:¦The buttons are these ones here:¦Is it free?¦Q: free¦Yes¦: a value¦"
    "=====¦---¦# Heading¦####### no¦#tag¦Name: ____¦[x] done¦[ ] to do¦a......b¦ROE: Leave a comment.¦"
    "Mr. Roe: Order.¦ROE (aside): No.¦e.g. x: y¦[12] Marsh¦[1234] no¦Marsh, A. (1999) x¦"
    "O'Neil, Á. 20 2001¦marsh, A. 1999¦Lord, hear us now.¦Go on. Go on.¦"
    "10:48 - x¦[10:49] y¦2021-03-04¦1/2/03 z¦01.02.2003¦1.2.3¦123:4¦a,b,c¦d,e,f¦g,1,2¦1,2¦,,x¦"
    "Label :  value¦Köln: ja¦a:b¦“Go on,” she said.¦« Older¦— So?¦> quoted.¦print(pdf, email)¦x = 1¦<b>bold</b>¦"
    ">>> run¦$ ls¦import os¦Stop here.¦Go;¦a,¦b,¦c,¦d;¦...¦(...)¦12 3 4¦２３¦²³¦Ⅳ. x¦IVX. x¦IVX) x"
).split("¦")
pieces = st.one_of(
    st.sampled_from(SHAPED),
    st.text(st.sampled_from("ab AB12.:;,?!()[]_#>-*`~\"'“—…€£½²٣ \t\u00a0\u2003ſßЖ§|=\ud800"), max_size=24),
    st.sampled_from(["word " * 14 + "end.", "It rained on the town, and " * 6, "x" * 130, ""]),
    st.text(max_size=12),
)
indented = st.tuples(st.sampled_from(["", "", " ", "    ", "\t", "  \t"]), pieces).map("".join)


@settings(max_examples=500, deadline=None)
@given(st.lists(st.lists(indented, max_size=14), max_size=3))
def test_native_shapes_are_those_of_the_reference(parts: list[list[str]]) -> None:
    packed = kernels.pack(["\n".join(part) for part in parts])
    found, expected = kernels.line_shapes(*packed), _reference.line_shapes(*packed)
    assert found.offsets.tolist() == expected.offsets.tolist()
    assert found.shapes.tolist() == expected.shapes.tolist()
    assert kernels.line_spans(*packed).tolist() == _reference.line_spans(*packed).tolist()


@pytest.mark.parametrize("name", ["web-pages", "laws", "verses", "licences"])
def test_native_shapes_of_real_lines(name: str) -> None:
    folder = os.environ.get("DEDUPE_TEST_DATA")
    if not folder:
        pytest.skip(f"set DEDUPE_TEST_DATA to a folder with {name}.jsonl.xz")
    with lzma.open(Path(folder) / f"{name}.jsonl.xz", "rt", encoding="utf-8") as stream:
        rows = [json.loads(row) for _, row in zip(range(400), stream, strict=False)]
    texts = ["\n".join(row["lines"]) if "lines" in row else row["text"] for row in rows]
    packed = kernels.pack(texts if name != "verses" else ["\n".join(texts)])
    assert kernels.line_shapes(*packed).shapes.tolist() == _reference.line_shapes(*packed).shapes.tolist()
