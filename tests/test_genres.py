"""Texts of many kinds whose documents are built alike: what they have in common is how they are built, no furniture."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Any

import pytest

import dedupe
from dedupe import Document

WORDS = """
the of and to in with from over under before after was is had been that which while as soon harbour archive mill lamp
ferry register map window stone river market letter printer garden tower bell winter autumn copper wool salt bread
signal cart bridge orchard chapel meadow lantern anchor rope sail barrel kettle ledger quarry
""".split()
NAMES = (
    "Anna Marsh",
    "Bert Cole",
    "Carla Ruiz",
    "Eva Lindqvist",
    "Farid Nasser",
    "Grace Obi",
    "Hans Weber",
    "Jun Sato",
)

Text = Callable[["Writer", int], str]


class Writer:
    """Writes what differs from text to text."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def some(self, least: int, most: int) -> str:
        words = self.chance.choices(WORDS, k=self.chance.randrange(least, most))
        return " ".join(words).capitalize()

    def sentence(self) -> str:
        return self.some(10, 24) + "."

    def passage(self, least: int = 2, most: int = 5) -> str:
        return " ".join(self.sentence() for _ in range(self.chance.randrange(least, most)))

    def number(self, most: int) -> int:
        return self.chance.randrange(1, most)

    def name(self) -> str:
        return self.chance.choice(NAMES)


def abstract(write: Writer, _: int) -> str:
    heads = ("Background", "Methods", "Results", "Conclusions")
    return f"{write.some(6, 11)}\n\n" + "\n\n".join(f"{head}\n{write.passage()}" for head in heads) + "\n"


def patent(write: Writer, _: int) -> str:
    heads = ("FIELD OF THE INVENTION", "BACKGROUND", "SUMMARY")
    claims = [f"{n}. A device as in claim {n - 1}, wherein {write.some(8, 16).lower()}." for n in range(2, 7)]
    text = [f"{head}\n\n{write.passage()}" for head in heads]
    return "\n\n".join([write.some(5, 9), *text, "What is claimed is:", *claims]) + "\n"


def record(write: Writer, number: int) -> str:
    return (
        f"PATIENT: {write.name()}\nBORN: 0{number % 9 + 1}/11/1970\n\nCOMPLAINT\n{write.sentence()}\n\n"
        f"HISTORY\n{write.passage()}\n\nALLERGIES\nNone known.\n\nMEDICATIONS\nNone.\n\n"
        f"ASSESSMENT AND PLAN\n{write.passage()}\n"
    )


def travel(write: Writer, _: int) -> str:
    heads = ("Getting there", "Where to stay", "Where to eat", "What to see", "Getting around")
    return f"{write.some(2, 4)}\n\n" + "\n\n".join(f"{head}\n\n{write.passage()}" for head in heads) + "\n"


def review(write: Writer, _: int) -> str:
    return (
        f"{write.some(4, 7)}\n\nPros\n{write.sentence()}\n\nCons\n{write.sentence()}\n\nDesign\n{write.passage()}\n\n"
        f"Verdict\n{write.passage()}\n\nRating: {write.number(11)}/10\n"
    )


def weather(write: Writer, _: int) -> str:
    regions = "\n\n".join(f"{region}\n{write.passage(1, 3)}" for region in ("North", "South", "Outlook"))
    return f"Forecast\n\n{regions}\n\nSunrise 5:{write.number(50) + 9}\nSunset 8:{write.number(50) + 9}\n"


def match(write: Writer, _: int) -> str:
    return (
        f"{write.some(4, 8)}\n\n{write.passage()}\n\nScorers: {write.name()}, {write.name()}\n"
        f"Attendance: {write.number(9000)}\nReferee: {write.name()}\n"
    )


def play(write: Writer, number: int) -> str:
    speakers = ("MILLER", "KEEPER", "FERRYMAN")
    lines = [f"{write.chance.choice(speakers)}.\n{write.sentence()}" for _ in range(8)]
    lines[4:4] = ["[Enter Ghost.]"]
    return f"SCENE {number}. {write.some(3, 6)}\n\n" + "\n\n".join(lines) + "\n\n[Exeunt.]\n"


def interview(write: Writer, _: int) -> str:
    turns = []
    for minute in range(12):
        turns.append(
            f"[{minute:02d}:{write.number(50):02d}] {write.chance.choice(['Host', 'Guest'])}: {write.sentence()}"
        )
        if minute % 4 == 3:
            turns.append("(both laugh)")
    turns += write.chance.choice((["[pause]"], ["[music]"], []))
    return f"{write.some(4, 7)}\n\n" + "\n".join(turns) + "\n"


def lessons(write: Writer, number: int) -> str:
    return f"Lesson {number}\n\n" + "\n\n".join(write.passage() for _ in range(4)) + "\n"


def changes(write: Writer, _: int) -> str:
    versions = [
        f"## 1.{n}.0 (2020-0{n + 1}-11)\n\n### Added\n\n- {write.sentence()}\n\n### Fixed\n\n- {write.sentence()}"
        for n in range(5)
    ]
    return "\n\n".join(versions) + "\n"


def letters(write: Writer, number: int) -> str:
    date = f"{write.number(28)} May 18{number + 10}"
    text = f"{write.passage()}\n\n{write.passage()}"
    return f"{write.some(1, 3)}, {date}\n\nMy dear Friend,\n\n{text}\n\nEver yours,\n\nV. W.\n"


def biography(write: Writer, _: int) -> str:
    heads = ("Early life", "Career", "Personal life", "Legacy")
    return f"{write.name()}\n\n" + "\n\n".join(f"{head}\n\n{write.passage()}" for head in heads) + "\n"


def prayer(write: Writer, _: int) -> str:
    return f"{write.some(2, 5)}\n\n{write.passage()}\n\nLet us pray.\n\n{write.passage()}\n\nAmen.\n"


def judgment(write: Writer, number: int) -> str:
    text = "\n\n".join(f"{part}\n\n{write.passage()}" for part in ("OPINION", "I", "II"))
    return f"No. {number}-{write.number(900)}\n\n{text}\n\nIT IS SO ORDERED.\n\n{write.name()}, concurring.\n"


def novel(write: Writer, _: int) -> str:
    return f"{write.some(2, 5)}\n\n" + "\n\n".join(write.passage() for _ in range(5)) + "\n\nTHE END\n"


def minutes(write: Writer, number: int) -> str:
    return (
        f"Minutes of the meeting\n\nPresent: {write.name()}, {write.name()}\nApologies: {write.name()}\n\n"
        f"1. Apologies\nNone.\n\n2. Minutes of the last meeting\nThe minutes were approved.\n\n"
        f"3. {write.some(2, 4)}\n{write.passage()}\n\n4. Any other business\n{write.passage(1, 3)}\n\n"
        f"5. Date of next meeting\n{write.number(28)} May 20{number}\n"
    )


def exam(write: Writer, number: int) -> str:
    questions = [
        f"Question {n}\n{write.sentence()}\na) {write.some(2, 5)}\nb) {write.some(2, 5)}\nc) None of the above"
        for n in range(1, 6)
    ]
    return "\n\n".join([f"Exam {number}", "Answer all questions.", *questions, "End of examination"]) + "\n"


def program(write: Writer, number: int) -> str:
    about = f'    """{write.sentence()}\n\n    Args:\n        x: {write.some(4, 7)}\n    """'
    return f"def step_{number}(x):\n{about}\n    {write.some(1, 2).lower()} = x\n    return x\n"


def header(write: Writer, number: int) -> str:
    guard = f"{write.some(1, 2).upper()}_{number}_HPP"
    body = "\n\n".join(
        f"TREE_CLASS_T_DEC\n{write.some(1, 2).lower()}\nTREE_CLASS_C_DEC::\n{write.some(1, 2).lower()}_{n}()\n{{ }}"
        for n in range(write.number(5) + 3)
    )
    head = f"#ifndef {guard}\n#define {guard}\n\n#ifdef TREE_CLASS_C_DEC\n\n"
    return f"{head}{body}\n\ntemplate<typename _First, typename... _More>\nstruct Last;\n\n#endif\n#endif\n"


def script(write: Writer, number: int) -> str:
    rows = [f"syn match {write.some(1, 2).lower()}Name\nsyn keyword {write.some(2, 4).lower()}" for _ in range(8)]
    head = f'" {write.some(2, 4)}\n" Last Modified: May {number % 27 + 1}, 2014\n" Comment {number}\n\n'
    loaded = '" quit when this file was already loaded\nif exists("b:current_syntax")\n  finish\nendif\n\n'
    return head + loaded + "\n\n".join(f'" {write.some(1, 3)}\n{row}' for row in rows) + "\n"


def docket(write: Writer, number: int) -> str:
    orders = (
        "ORDER granting the motion for an extension of time to answer. Signed by Judge Obi.",
        "SUMMONS issued as to all.",
    )
    rows = [f"01/{n:02d}/2012  {n}  {write.chance.choice([*orders, write.sentence()])}" for n in range(10, 22)]
    parties = (
        f"{write.name().upper()},\n          Plaintiff,\n\n     v.\n\n{write.name().upper()},\n          Defendant."
    )
    return f"{parties}\n\nCase No. {number}-cv-{write.number(900)}\n\n" + "\n\n".join(rows) + "\n"


def chat(write: Writer, number: int) -> str:
    said = ["This message was deleted", "ok", "See you all at the harbour then", write.some(4, 9)]
    rows = [f"{number % 3 + 1}/03/21, 10:{n} - {write.name()}: {write.chance.choice(said)}" for n in range(10, 40)]
    return "\n".join(rows) + "\n"


def papers(write: Writer, _: int) -> str:
    known = (
        "Marsh, A. (1999). A history of the northern harbours and their trade. Journal of Mills, 12(3), 45-67.",
        "Cole, B. (2001). The ferry as an institution: a review of what was written. Mill Press.",
    )
    cited = [f"{name.split()[-1]}, {name[0]}. ({write.number(90) + 1909}). {write.some(5, 9)}." for name in NAMES]
    return (
        f"{write.some(4, 8)}\n\n{write.passage()}\n\n{write.passage()}\n\nReferences\n\n"
        + "\n".join([*cited, *known])
        + "\n"
    )


def values(write: Writer, _: int) -> str:
    notes = (
        "nothing was said about it at the time of the sale",
        "left with a neighbour because nobody was in",
        write.some(6, 12),
    )
    return "name,note\n" + "".join(f"{write.name()},{write.chance.choice(notes)}\n" for _ in range(30))


def worksheet(write: Writer, _: int) -> str:
    task = "Read the text again and say whether these are true or false. Put the false ones right in your notebook."
    questions = ["\n".join(f"{n}. {write.sentence()}" for n in range(1, 5)) for _ in range(5)]
    return (
        f"{write.some(3, 6)}\n\n"
        + "\n\n".join(f"Exercise {n}\n{task}\n\n{some}" for n, some in enumerate(questions))
        + "\n"
    )


def debate(write: Writer, _: int) -> str:
    turns = []
    for _ in range(8):
        turns += [f"The Minister: {write.passage()}", f"Mr. {write.name().split()[-1]}: {write.passage()}"]
        turns.append("Mr. Speaker: Order. I call the honourable member for the northern islands.")
    return f"{write.some(3, 6)}\n\n" + "\n\n".join(turns) + "\n"


def service(write: Writer, _: int) -> str:
    plea = "Lord, have mercy upon us.\nChrist, have mercy upon us.\nLord, have mercy upon us."
    return "\n\n".join(f"{write.passage()}\n\n{plea}" for _ in range(4)) + f"\n\n{write.passage()}\n"


def psalm(write: Writer, number: int) -> str:
    """A response on a line of its own, under every verse."""
    verses = [f"{n} {write.sentence()[:-1]}:\nfor the river remembers all that we ever said." for n in range(1, 12)]
    return f"PSALM {number}\n\n" + "\n".join(verses) + "\n"


def hymn(write: Writer, number: int) -> str:
    """A refrain that all hymns of a book share, under every stanza."""
    refrain = "Refrain:\nSing to the river!\nSing to the river, you mills and you towers of the valley.\nAmen."
    stanzas = ["\n".join(f"{write.some(5, 8)}" for _ in range(4)) + f"\n\n{refrain}" for _ in range(4)]
    return f"{number}. {write.some(3, 6)}\n\n" + "\n\n".join(stanzas) + "\n"


def league(write: Writer, number: int) -> str:
    clubs = ("Rovers", "Harbour City", "Mill United", "Wanderers", "Athletic")
    rows = "\n".join(f"{n}  {club:<14}{write.number(38):>4}{write.number(9):>4}" for n, club in enumerate(clubs, 1))
    return f"Results and tables\n\nPremier Division\n\n{rows}\n\nMatch report\n\n{write.passage()}\n"


def finding_aid(write: Writer, number: int) -> str:
    access = write.chance.choice(["Open.", "Closed until 2040.", "Open to readers of the library."])
    fields = f"Reference: MS {number}\nExtent: {write.number(40)} boxes"
    return (
        f"Papers of {write.name()}\n\n{fields}\n\nScope and content\n\n{write.passage()}\n\n"
        f"Arrangement\n\nThe papers are in {write.number(9)} series.\n\n"
        f"Access conditions\n\n{access}\n\nCopyright\n\nAsk the archivist.\n\nRelated material\n\nNone.\n"
    )


def report(write: Writer, number: int) -> str:
    """The text of a PDF: a title page, and a table of contents with dots."""
    heads = ("Introduction", "Methods", "Results", "Discussion", "Conclusions", "References")
    contents = [f"{n}. {head} {'.' * (40 - len(head))} {2 * n}" for n, head in enumerate(heads, 1)]
    sections = [f"{n}. {head}\n\n{write.passage()}" for n, head in enumerate(heads, 1)]
    title = f"{write.some(3, 6).upper()}\n\nTechnical Report {number}\n\nCONTENTS\n\n"
    return title + "\n".join(contents) + "\n\n\f\n" + "\n\n".join(sections) + "\n"


ENDS = (
    "because nobody had told them about the new rules",
    "although the weather was getting worse every day",
    "while the rest of the village was still asleep",
    "before the first snow fell in the north",
    "if the court does not rule against it",
    "in the hope that somebody would see them",
)


def tagged(write: Writer, _: int) -> str:
    said = [f"{write.some(4, 9)} {end} ." for end in write.chance.sample(ENDS, 4)]
    sentences = ["\n".join(f"{word} NN I-NP O" for word in sentence.split()) for sentence in said]
    return "-DOCSTART- -X- O O\n\n" + "\n\n".join(sentences) + "\n"


def catalogue(write: Writer, number: int) -> str:
    texts = [
        f'#: src/{word}.c:{write.number(900)}\nmsgid "{word}"\nmsgstr "{word.upper()}"'
        for word in write.chance.sample(WORDS[20:], 8)
    ]
    return 'msgid ""\nmsgstr ""\n"Language: de\\n"\n' + f'"Revision: {number}\\n"\n\n' + "\n\n".join(texts) + "\n"


def plant(write: Writer, _: int) -> str:
    """Fields with their values below them, of which two plants may have the same."""
    values = "Light\n{}\nSoil\n{}\nHardiness\n{}\nFlowering\n{}".format(
        *(write.chance.choice(some) for some in (("Sun", "Shade"), ("Clay", "Sand"), ("Hardy", "Tender"), ("Spring",)))
    )
    return f"{write.some(2, 4)}\n\n{write.passage()}\n\n{values}\n\n{write.passage()}\n"


def signed(write: Writer, _: int) -> str:
    """Letters by a few people."""
    name = write.chance.choice(NAMES)
    end = f"Yours sincerely,\n{name}\nKeeper of the {name.split()[1]} Mill and Ferry"
    return f"{write.some(1, 3)}\n\nDear Friend,\n\n{write.passage()}\n\n{write.passage()}\n\n{end}\n"


def telegraphed(write: Writer, _: int) -> str:
    """Columns of an old newspaper, where the same head may stand above other news."""
    place = write.chance.choice(("MILLBROOK", "ASHFORD", "KINGSPORT"))
    news = [f"NEWS FROM {place}.\nBy Telegraph.\n(From our own Correspondent.)\n\n{write.passage()}" for _ in "ab"]
    return f"{write.some(2, 5)}\n\n" + "\n\n".join(news) + "\n"


SAID = ("ok", "yes", "no", "thanks", "done", "on my way", "+1")


def messages(write: Writer, head: Callable[[], str]) -> str:
    said = [write.sentence() if write.number(4) == 1 else write.chance.choice(SAID) for _ in range(20)]
    return "\n".join(f"{head()}\n{what}" for what in said) + "\n"


def channel(write: Writer, _: int) -> str:
    return messages(write, lambda: f"{write.name()}  {write.number(12)}:{write.number(40) + 10} PM")


def channel_with_dates(write: Writer, _: int) -> str:
    return messages(write, lambda: f"[{write.number(28)}-Mar-22 {write.number(12)}:{write.number(40) + 10}] mill#0012")


def channel_with_gaps(write: Writer, _: int) -> str:
    return messages(write, lambda: f"\n{write.name()} — {write.number(28)}/3/2022 9:{write.number(40) + 10}")


def announcement(write: Writer, _: int) -> str:
    """Signed, with an office that pages of towns have in their menus."""
    text = f"{write.some(4, 9)}\n\n{write.passage()}\n\n{write.passage()}"
    return f"Bekanntmachung\n\n{text}\n\n{write.name()}\nBürgermeister\n"


#: Lines of these return, and mean something else where they return.
RETURNING = (docket, chat, papers, values, worksheet, debate, service, psalm, hymn, plant, signed, telegraphed)

GENRES = (
    abstract,
    patent,
    record,
    travel,
    review,
    weather,
    match,
    play,
    interview,
    lessons,
    changes,
    letters,
    biography,
    prayer,
    judgment,
    novel,
    minutes,
    exam,
    program,
    header,
    script,
    league,
    finding_aid,
    report,
    tagged,
    catalogue,
    announcement,
    channel,
    channel_with_dates,
    channel_with_gaps,
)


def applied(genre: Text, sources: int) -> list[dict[str, Any]]:
    """What is done to forty texts of a kind, of so many sources."""
    write = Writer(7)
    documents = [Document(f"{n}", genre(write, n), source=f"s{n % sources}") for n in range(1, 41)]
    return [op for op in dedupe.clean(documents).operations if op["applied"]]


@pytest.mark.parametrize("sources", [1, 5])
@pytest.mark.parametrize("genre", GENRES)
def test_how_texts_of_a_kind_are_built_stays(genre: Text, sources: int) -> None:
    assert [op["text"] for op in applied(genre, sources) if "boilerplate/" in op["rule"]] == []


@pytest.mark.parametrize("sources", [1, 5])
@pytest.mark.parametrize("genre", RETURNING)
def test_lines_that_return_in_texts_of_a_kind_stay(genre: Text, sources: int) -> None:
    assert [op["text"] for op in applied(genre, sources)] == []


@pytest.mark.parametrize("profile", ["default", "aggressive", "safe"])
@pytest.mark.parametrize("sources", [1, 12])
def test_a_number_in_a_title_is_that_of_its_document(profile: str, sources: int) -> None:
    """All lines above the text are short and stand in all documents, figures aside: a menu, but for the first."""
    write = Writer(5)
    head = (
        "Serves 4\nPrep time: 20 minutes\nCook time: 40 minutes\n\nIngredients\n\n250 g flour\n2 eggs\n1 ounce of salt"
    )
    texts = [
        f"Cake number {n}\n\n{head}\n{n * 10 + 100} g sugar\n\nMethod\n\n{write.passage()}\n\n{write.passage()}\n"
        for n in range(12)
    ]
    documents = [Document(f"d{n}", text, source=f"s{n % sources}") for n, text in enumerate(texts)]
    result = dedupe.clean(documents, dedupe.Config(profile=profile))
    assert [document.text.split("\n", 1)[0] for document in result.documents] == [f"Cake number {n}" for n in range(12)]


@pytest.mark.parametrize("genre", RETURNING)
def test_copies_of_them_go(genre: Text) -> None:
    write = Writer(7)
    texts = [genre(write, n) for n in range(1, 9)]
    documents = [Document(f"{n}", text, source="s") for n, text in enumerate([*texts, *texts])]
    result = dedupe.clean(documents)
    assert [document.id for document in result.documents] == [f"{n}" for n in range(8)]


FURNITURE = ("Letters that reach us late are not printed", "Help the mill along", "The valley from end to end")


def test_a_phrase_of_menus_that_ends_a_text_goes() -> None:
    write = Writer(7)
    texts = [f"{write.some(4, 9)}\n\n{write.passage()}\n\n{write.passage()}\n\nBürgermeister\n" for _ in range(40)]
    documents = dedupe.clean([Document(f"{n}", text, source="s") for n, text in enumerate(texts)]).documents
    assert not any("Bürgermeister" in document.text for document in documents)


@pytest.mark.parametrize("genre", [abstract, travel, lessons, biography])
def test_furniture_below_them_goes(genre: Text) -> None:
    write = Writer(7)
    feet = "\n\n".join(FURNITURE)
    documents = [Document(f"{n}", f"{genre(write, n)}\n{feet}\n", source="s") for n in range(1, 41)]
    texts = "\n".join(document.text for document in dedupe.clean(documents).documents)
    assert not any(line in texts for line in FURNITURE)


def test_buttons_below_the_posts_of_a_forum_go() -> None:
    write = Writer(7)
    buttons = "Reply\nQuote\nLike\nShare\nReport abuse\n"
    heads = [f"{write.name()}  {n}:{write.number(40) + 10} PM" for n in range(1, 9)]
    posts = [f"{head}\n\n{write.passage()}\n\n{write.passage()}\n\n{buttons}" for head in heads]
    (page,) = dedupe.clean([Document("thread", "\n".join(posts))]).documents
    assert not any(line in page.text for line in buttons.split())


def notice(write: Writer, _: int) -> str:
    day, chapel = (write.chance.choice(words.split()) for words in ("Monday Tuesday Friday", "Marsh Mill Harbour"))
    service = (
        f"Funeral service {day} at {write.number(5)} p.m. at {chapel} Chapel, and all who knew the miller may come."
    )
    return f"{write.name()}\n\n{write.passage()}\n\n{service}\n\n{write.passage()}\n"


def answer(write: Writer, _: int) -> str:
    thanks = f"Thank you for your letter of {write.number(6)} March concerning the above matter."
    return f"Dear Sir,\n\n{thanks}\n\n{write.passage()}\n\nYours faithfully,\n\n{write.name()}\n"


def gifts(write: Writer, _: int) -> str:
    """A formula that is filled in with names alone."""
    place = write.chance.choice([word.title() for word in WORDS[20:]])
    gift = f"Instead of flowers the family asks for gifts to the friends of {place} Hospital."
    return f"{write.name()}\n\n{write.passage()}\n\n{gift}\n\n{write.passage()}\n"


def obituary(write: Writer, number: int) -> str:
    """Two formulas, one below the other, and a sentence that all have."""
    service, gift = (kind(write, number).split("\n\n")[2] for kind in (notice, gifts))
    book = "Whoever wishes to may write a few lines in the book at the chapel."
    return f"{write.name()}\n\n{write.passage()}\n\n{service}\n\n{gift}\n\n{book}\n"


def test_a_sentence_in_a_narrow_column_goes() -> None:
    write = Writer(7)
    narrow = "The ferry stopped below the mill,\nand all who were on it had to walk\nback to the town in the rain."
    texts = [f"{write.passage()}\n\n{write.passage()}\n\n{narrow}\n" for _ in range(2)]
    assert removed_passages(texts) == [narrow]


def removed_passages(texts: list[str]) -> list[str]:
    result = dedupe.clean([Document(f"{n}", text) for n, text in enumerate(texts)])
    places = [(op["doc"], *op["chr"]) for op in result.log if op["t"] == "op" and op["applied"]]
    return [texts[int(doc)][start:end].strip() for doc, start, end in places]


@pytest.mark.parametrize("genre", [notice, answer, gifts])
def test_formulas_that_agree_by_chance_stay(genre: Text) -> None:
    write = Writer(7)
    texts = [genre(write, n) for n in range(40)]
    formulas = [text.split("\n\n")[1 if genre is answer else 2] for text in texts]
    assert len(set(formulas)) < 30  # some agree
    assert removed_passages(texts) == []


def test_formulas_side_by_side_stay() -> None:
    """Each of them repeats another text, and together they are no copy of any."""
    write = Writer(7)
    removed = removed_passages([obituary(write, n) for n in range(20)])
    assert [text for text in removed if not text.startswith("Whoever")] == []


def test_notices_of_sites_go_for_all_their_names() -> None:
    write = Writer(7)
    notice = "The views expressed in this article are not always those of the editors of the {} Herald."
    names = ("Marsh", "Stone", "Copper", "Bridge", "Harbour")
    texts = [f"{write.passage()}\n\n{write.passage()}\n\n{notice.format(names[n % 5])}\n" for n in range(40)]
    assert len(removed_passages(texts)) == 35


def test_two_wordings_of_a_sentence_make_no_formula_of_it() -> None:
    write = Writer(7)
    one, two, three = (
        f"The ferry stops at the pier below {mill} Mill whenever a lamp is put out there by the miller."
        for mill in ("Marsh", "Stone", "Copper")
    )
    texts = [f"{write.passage()}\n\n{text}\n\n{write.passage()}\n" for text in (one, two, three, one, two)]
    assert removed_passages(texts) == [one, two]


@pytest.mark.parametrize("genre", [notice, answer])
def test_what_is_pasted_with_a_formula_goes(genre: Text) -> None:
    write = Writer(7)
    texts = [genre(write, n) for n in range(20)]
    pasted = "\n\n".join(texts[3].split("\n\n")[1:])
    assert "".join(removed_passages([*texts, f"{write.passage()}\n\n{pasted}"])).startswith(pasted[:60])


def test_a_sentence_that_no_text_has_with_other_figures_goes() -> None:
    write = Writer(7)
    fare = "The ferry leaves the pier at 7 in the morning and is back by 11 at night."
    other = "The ferry leaves the pier at dawn in the morning and is back by dusk at night."
    texts = [f"{write.passage()}\n\n{fare if n % 2 else other}\n\n{write.passage()}\n" for n in range(10)]
    assert set(removed_passages(texts)) == {fare, other}


LICENCE = """\
# These words are those that a search of the archive leaves out, and they are kept in the order of the alphabet, so
# that a word is found soon. Whoever adds one should read the notes of the library on it first, and tell the others.
# The list was begun in the winter of the great flood, and it has been with the library since that time.
"""
COMMON = """
about add archive blog cancel close comment contact copy download edit email home login menu more next print reset share
"""


@pytest.mark.parametrize("head", ["", LICENCE])
@pytest.mark.parametrize("listed", [str, str.upper, str.capitalize])
def test_lists_of_words_stay(head: str, listed: Callable[[str], str]) -> None:
    words = sorted({*WORDS, *COMMON.split()})
    if head and listed is not str:
        pytest.skip("with text above them, words with capitals look like the menu of a page")
    text = head + "".join(f"{listed(word)}\n" for word in words)
    assert dedupe.clean([Document("words", text, source="s")]).documents[0].text == text


def vertical(text: str, tagged: bool) -> str:
    tokens = re.findall(r"\w+|[.,]", text)
    return "\n".join(["<p>", "<s>", *tokens, "</s>", "</p>"] if tagged else tokens) + "\n"


def spoken(write: Writer, lines: int) -> list[str]:
    chance, common = write.chance, COMMON.split()
    return [", ".join([*chance.choices(common, k=3), write.some(2, 5), chance.choice(common)]) for _ in range(lines)]


@pytest.mark.parametrize("tagged", [True, False])
def test_vertical_texts_stay(tagged: bool) -> None:
    write = Writer(5)
    texts = [vertical(". ".join(spoken(write, 40)), tagged) for _ in range(12)]
    documents = [Document(f"{n}", text, source="s") for n, text in enumerate(texts)]
    assert [document.text for document in dedupe.clean(documents).documents] == texts


def test_chinese_vertical_texts_stay() -> None:
    chance = random.Random(5)
    words = (
        "首页 新闻 我们 在 河边 的 磨坊 联系 分享 更多 生活 手机 下载 了 是 电影 登录 收藏 春天 老人 打开 窗户".split()
    )
    sentences = [[*chance.choices(words, k=9), "，", *chance.choices(words, k=6), "。"] for _ in range(30)]
    text = "".join(f"{word}\n" for sentence in sentences for word in sentence)
    assert dedupe.clean([Document("zh", text)]).documents[0].text == text


def test_subtitles_stay() -> None:
    lines = [line for said in spoken(Writer(5), 30) for line in (*said.split(", "), "Share on Facebook", "Read more")]
    cues = [
        f"{n}\n00:{n // 60:02}:{n % 60:02},000 --> 00:{n // 60:02}:{n % 60:02},900\n{line}"
        for n, line in enumerate(lines)
    ]
    text = "\n\n".join(cues) + "\n"
    assert dedupe.clean([Document("film", text)]).documents[0].text == text


def test_offices_stay() -> None:
    offices = [f"{word} {place}" for word in WORDS[20:32] for place in ("Office", "Board", "Trust")]
    text = "\n".join([*offices[:18], *"Contact News Events Sport Weather Jobs".split(), *offices[18:]]) + "\n"
    assert dedupe.clean([Document("offices", text)]).documents[0].text == text


def test_a_menu_with_capitals_above_a_text_goes() -> None:
    menu = "Home\nNews\nSport\nContact us\nPrivacy policy\nTerms of use\nLog in\nSubscribe\n"
    write = Writer(3)
    text = f"{menu}\n{write.passage(3, 5)}\n\n{write.passage(3, 5)}\n\n{write.passage(3, 5)}\n"
    assert "Privacy policy" not in dedupe.clean([Document("page", text)]).documents[0].text
