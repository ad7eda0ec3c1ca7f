"""Boilerplate: what goes, and above all what stays.

Every negative is a line that a careless rule would take: one that reads like
furniture and is content. They outnumber the positives.
"""

from __future__ import annotations

import os
import pickle
import random
import re
import sys
import textwrap
from collections.abc import Callable
from itertools import pairwise, product, starmap
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dedupe
from dedupe import kernels
from dedupe.boilerplate import lexicon, signals
from dedupe.boilerplate.edges import Edges, find_edges
from dedupe.boilerplate.entries import STRENGTHS, Entries, normal_form
from dedupe.boilerplate.facts import Facts
from dedupe.boilerplate.features import line_features
from dedupe.boilerplate.frequency import LineFrequencies, wilson_lower
from dedupe.boilerplate.guards import is_legal_line
from dedupe.boilerplate.lexicon import Lexicon
from dedupe.boilerplate.passing import line_frequencies
from dedupe.boilerplate.points import plain_reading, read_line
from dedupe.boilerplate.running_text import good_lines
from dedupe.boilerplate.signals import explain_line, score_document, score_documents
from dedupe.boilerplate.stances import take_stance
from dedupe.boilerplate.turn import Turn
from dedupe.boilerplate.widgets import menu_items, read_widget, split_joined
from dedupe.boilerplate.zones import furniture_odds
from dedupe.cleaning.apply import apply_operations
from dedupe.cleaning.findings import Findings
from dedupe.cleaning.operations import boilerplate_operations
from dedupe.cleaning.wording import reason
from dedupe.config import Config
from dedupe.errors import ConfigError
from dedupe.model import Document, LineFinding, Outcome, Verdict
from dedupe.text.masks import line_keys
from dedupe.text.segment import split_lines
from dedupe.workfiles import open_work_folder

LEXICON = Lexicon.load([])
REAL = Path(os.environ.get("DEDUPE_TEST_REAL") or Path(__file__).resolve().parents[1] / ".." / "shared" / "real")

STORY = [
    "The ferry left the quay a little after seven, and by noon the island had sunk below the line of the sea, so that "
    "nobody on deck could have told where it had been. There was a smell of tar and of coffee, and the gulls that had "
    "followed us out of the harbour gave up one after another and went home.",
    "My uncle had the charts on his knees and pretended to read them. He had sailed these waters for thirty years in "
    "boats that were not his, and he knew, as all of us did, that the captain would not ask him for anything; but he "
    "had brought the charts, and it would have been a pity not to look at them.",
    "Towards evening the wind went round to the north and it grew cold. We ate what was left of the bread, and the "
    "children were put to bed under the oilskins, and somebody who had been silent all day began to talk about the "
    "price of herring in a voice that made it plain he would not stop before we were in.",
]
BODY = "\n\n".join(STORY)


def findings(text: str, profile: str = "default", frequencies: LineFrequencies | None = None) -> list[LineFinding]:
    return score_document(text, LEXICON, frequencies, 0, Config(profile=profile))


def removed(text: str, profile: str = "default", frequencies: LineFrequencies | None = None) -> list[str]:
    found = findings(text, profile, frequencies)
    return [text[f.start : f.end] for f in found if f.verdict.outcome is Outcome.REMOVE]


def without(text: str, found: list[LineFinding]) -> str:
    """The text as cleaning leaves it."""
    columns = [np.array([0, finding.start, finding.end, at], dtype=np.int64) for at, finding in enumerate(found)]
    said = [finding.verdict for finding in found]
    owners, starts, ends, says = np.array(columns, dtype=np.int64).reshape(-1, 4).T
    operations = boilerplate_operations([text], Findings.of_verdicts(said, owners, starts, ends, says))
    return apply_operations(text, operations.of(0))


def scored(*arguments: Any) -> list[tuple[str, list[LineFinding]]]:
    """What :func:`score_documents` returns, text by text."""
    texts, found = score_documents(*arguments)
    return [(text, found.of(number)) for number, text in enumerate(texts)]


def count(texts: list[str], sources: list[int] | None = None, countable: list[bool] | None = None) -> LineFrequencies:
    keys = [line_keys(text, split_lines(text)) for text in texts]
    half = len(texts) // 2
    chunks = [
        (np.repeat(numbers, [len(keys[number]) for number in numbers]), np.concatenate([keys[n] for n in numbers]))
        for numbers in (range(half, len(texts)), range(half))
        if numbers
    ]
    flags = np.array(countable or [True] * len(texts), np.bool_)
    with open_work_folder() as folder:
        return LineFrequencies.build(lambda: chunks, np.array(sources or [0] * len(texts), np.int32), flags, folder)


# -- what goes

FURNITURE = [
    "Print Friendly, PDF & Email",
    "Facebooktwittermail",
    "FacebookTwitterLinkedIn",
    "Facebook Twitter Pinterest",
    "Share on Facebook Tweet on Twitter",
    "Tweet Share Pin Email LinkedIn Reddit",
    "Home | About | Contact | Privacy Policy | Terms of Use",
    "Home » News » Contact » Search",
    "Leave a Reply",
    "You must be logged in to post a comment.",
    "Your email address will not be published. Required fields are marked *",
    "Subscribe to our newsletter",
    "Sign up for our newsletter!",
    "Skip to content",
    "Back to top ↑",
    "Page 2 of 14",
    "« Older posts",
    "12 Comments",
    "1,204 views",
    "3 min read",
    "Senior Member",
    "Posts: 1,234",
    "Join Date: Jan 2009",
    "Last edited by Scorpion; 12-03-2014 at 10:12 PM",
    "Related posts",
    "You may also like",
    "This website uses cookies to ensure you get the best experience on our website.",
    "Accept all cookies",
    "[Continue reading…]",
    "Read more »",
    "Posted on June 15, 2016 by Jane Doe in Technology",
    "Artikel drucken",
    "Diesen Artikel teilen",
    "Zum Inhalt springen",
    "Laisser un commentaire",
    "Partager sur Facebook",
    "Deja un comentario",
    "Saltar al contenido",
    "Lascia un commento",
    "Vai al contenuto",
    "Deixe um comentário",
    "Laat een reactie achter",
    "Dodaj komentarz",
    "Добавить комментарий",
    "Κοινοποίηση στο Facebook",
    "Αφήστε ένα σχόλιο",
    "Μετάβαση στο περιεχόμενο",
    "分享到微信",
    "发表评论",
    "返回顶部",
    "このページを印刷する",
    "コメントを残す",
    "ページの先頭へ戻る",
    "شارك هذا المقال",
    "اترك تعليقاً",
    "تخطى إلى المحتوى",
    "Diese Website verwendet Akismet, um Spam zu reduzieren.",
    "La suite après cette publicité",
    "Este sitio usa Akismet para reducir el spam.",
    "Questo articolo ti è stato utile?",
    "Continua após a publicidade",
    "Wees de eerste die reageert",
    "Ciąg dalszy pod reklamą",
    "Была ли эта статья полезной?",
    "Δείτε όλα τα σχόλια",
    "这篇文章对您有帮助吗？",
    "この記事は役に立ちましたか？",
    "هل كان هذا المقال مفيدا؟",
]


@pytest.mark.parametrize("line", FURNITURE)
def test_furniture_below_a_text_goes(line: str) -> None:
    text = f"A day at sea\n\n{BODY}\n\n{line}\n"
    assert removed(text) == [line]


@pytest.mark.parametrize(
    "tail",
    [
        " [Continue reading…]",
        " [Read more]",
        " Read more…",
        " Continue reading →",
        " (more…)",
        " [Weiterlesen]",
        " Lire la suite »",
    ],
)
def test_tail_of_a_paragraph_goes_alone(tail: str) -> None:
    text = f"A day at sea\n\n{STORY[0]}{tail}\n\n{STORY[1]}\n"
    (finding,) = findings(text)
    assert finding.verdict.tail
    assert finding.verdict.outcome is Outcome.REMOVE
    assert text[finding.start : finding.end] == tail


def test_two_tails_go_as_one_span() -> None:
    text = f"{STORY[0]} [more] [Continue reading…]\n{STORY[1]}\n"
    (finding,) = findings(text)
    assert text[finding.start : finding.end] == " [more] [Continue reading…]"


def test_menu_of_ordinary_words_goes_as_a_menu() -> None:
    menu = ["Home", "About", "Products", "Blog", "Tasting Room", "Contact", "Log in"]
    text = "\n".join([*menu, "A day at sea", BODY])
    found = score_document(text, LEXICON, None, 0, Config(brake_lines_ratio=1.0))
    assert [text[f.start : f.end] for f in found if f.verdict.outcome is Outcome.REMOVE] == menu


def test_header_pair_of_a_forum() -> None:
    text = f"Barnacle\nTHINK TANK: SENIOR\nA day at sea\n{BODY}\n"
    assert removed(text) == ["Barnacle", "THINK TANK: SENIOR"]


# -- what stays

KEPT_ANYWHERE = [
    ("refrain mark", "(...)"),
    ("rights as a joke", "She kissed him on the nose and said: all rights reserved."),
    ("ordinary word", "Home"),
    ("ordinary word with a full stop", "Accept."),
    ("speech", "“Read on.”"),
    ("speech with a dash", "— Read more, said the clerk."),
    ("code", "print(pdf, email)"),
    ("code with a phrase", 'button.label = "Share this article"'),
    ("names in a sentence", "Google, Facebook, Twitter"),
    ("names in a sentence, joined", "Facebook, Twitter and YouTube"),
    ("field", "Location: Paris"),
    ("field of a form", "Position: Senior"),
    ("commented sentence", "He had read all the comments before he left a reply."),
    ("sentence about cookies", "We use butter for the cookies."),
    ("sentence about print", "Print was dead, they said, and e-mail would follow."),
    ("sentence with a number", "12 comments were enough to make him stop."),
    ("posts", "The posts were 1,234 metres apart."),
    ("joined up", "He joined the army in 1943"),
    ("last edited", "She last edited it in the spring, and never again."),
    ("question", "Do you want to subscribe?"),
    ("one service", "Twitter"),
    ("line of words that are services too", "Line, signal, medium"),
    ("compound", "Facebookgruppe"),
    ("compound of an action", "Sharecroppers"),
    ("heading", "Conclusion"),
    ("heading in German", "Fazit"),
    ("salutation", "Dear Sir,"),
    ("signature", "Yours sincerely, Jane Doe"),
    ("signature name", "Jane Doe"),
    ("date", "June 15, 2016"),
    ("price", "$12.50"),
    ("chapter", "Page 12"),
    ("menu of a restaurant", "Soup | Fish | Cheese | Coffee"),
    ("round brackets in a sentence", "It cost five or ten (more)"),
    ("copyright", "Copyright 2014 Jane Doe"),
    ("rights reserved", "© 2014 The Example. All rights reserved."),
    ("home in Greek", "Αρχική"),
    ("comments in Greek", "Τα σχόλια του θείου μου ήταν λίγα."),
    ("more in Chinese", "更多"),
    ("share in Chinese", "他把面包分享给孩子们。"),
    ("print in Japanese", "印刷"),
    ("link in Japanese", "次のページには何も書かれていなかった。"),
    ("politics in Arabic", "سياسة"),
    ("comment in Arabic", "كتب تعليقا طويلا ثم مزقه."),
    ("stay tuned", "Stay tuned"),
    ("question", "What do you think?"),
    ("members", "12 members"),
    ("option of a program", "--author Author Name <Author Email>"),
    ("heading of a manual in Polish", "ZOBACZ TAKŻE"),
    ("heading of a manual in German", "FEHLER MELDEN"),
    ("page of a book in Chinese", "第12页"),
    ("comments in German", "Die Kommentare wurden vom Vater geladen vorgetragen."),
    ("an article in German", "Artikel dieser Art sind teuer."),
    ("an error in German", "Fehler gefunden"),
    ("a basket in French", "Le panier de ma tante est vide."),
    ("more in French", "Voir moins"),
    ("an error in Italian", "Segnala un errore"),
    ("an error in Polish", "Zgłoś błąd"),
    ("an error in Spanish", "Reportar un error"),
    ("advice in Spanish", "Te recomendamos"),
    ("he reads on, in Spanish", "No contesta, mira la carta y sigue leyendo"),
    ("a climb in Spanish", "Subir"),
    ("publicity in Portuguese", "Continua a publicidade do costume, ano após ano."),
    ("the first in Dutch", "Hij was de eerste die reageert op elk schot."),
    ("a password in Polish", "Nie pamiętasz hasła"),
    ("a path in Russian", "Свернуть"),
    ("an account in Russian", "Нет аккаунта"),
    ("a search in Greek", "Αναζήτηση για"),
    ("an article in Chinese", "这篇文章对他有帮助。"),
    ("a record in Japanese", "この記事は叔父の役に立った。"),
    ("a basket in Arabic", "سلة التسوق فارغة"),
    ("a section", "41.11 Comments"),
    ("a section of a section", "2.5.1. Notes"),
    ("results of an experiment", "3.2 Results"),
    ("what was added to an article in German", "Update 5. Mai 2020"),
]


@pytest.mark.parametrize("line", [line for _, line in KEPT_ANYWHERE], ids=[name for name, _ in KEPT_ANYWHERE])
@pytest.mark.parametrize("place", ["above", "inside", "below"])
def test_content_stays_wherever_it_stands(line: str, place: str) -> None:
    parts = list(STORY)
    parts.insert({"above": 0, "inside": 1, "below": 3}[place], line)
    for joint in ("\n", "\n\n"):
        assert removed(joint.join(["A day at sea", *parts])) == []


POEM = "The lamp is low\nThe wind goes by\nAnd all the street\nIs dark and dry\n"
KEPT_TEXTS = [
    ("verse", POEM * 3),
    ("song with a marked refrain", f"{POEM}(...)\n\n{POEM}(...)\n\n{POEM}"),
    ("verse that says home", "We turned for home\nSearch where you will\nShare what you have\nPrint it and be still\n"),
    ("dialogue", '"Print it."\n"Share it?"\n"Leave a comment."\n"Read on."\n'),
    ("table of services", "Facebook | 120 | 4\nTwitter | 80 | 2\nReddit | 11 | 1\n"),
    ("recipe", "Pancakes\n200 g flour\n2 eggs\n1 cup milk\n1 pinch salt\nStir. Fry. Serve hot.\n"),
    ("recipe above buttons", f"{BODY}\nIngredients\nFlour\nEggs\nMilk\nSalt\nPrint this page\nShare this article\n"),
    ("list with an introduction", "The buttons are:\nPrint\nE-mail\nShare\nSave\n"),
    ("bulleted list", "We looked at these firms.\n- Facebook\n- Twitter\n- Reddit\n- LinkedIn\n"),
    ("steps", "1. Open the menu\n2. Click on Share\n3. Copy link\n4. Close\n"),
    ("fenced code", "Use it so.\n\n```\nShare this article\nPrint this page\n```\n"),
    ("interview", "Is there a newsletter?\nSubscribe\nIs it free?\nYes\n"),
    ("minutes", "PRESENT: Doe, Roe.\nCHAIR: We begin.\nROE: Leave a comment.\nCHAIR: No comments.\n"),
    ("price list", "Espresso 2.50 €\nTea 2.20 €\nWater 1.80 €\nMilk 1.20 €\n"),
    ("form", "Name: ________\nEmail: ________\nComment: ________\n"),
    ("contents", "Contents\nHome\nTravel\nFood\n"),
    ("manual page", "NAME\n    ls - list directory contents\n\nDESCRIPTION\n    List information about the files.\n"),
    ("one word", "Home"),
    ("blank", "\n\n  \n"),
    ("empty", ""),
]


@pytest.mark.parametrize("text", [text for _, text in KEPT_TEXTS], ids=[name for name, _ in KEPT_TEXTS])
@pytest.mark.parametrize("around", [False, True], ids=["alone", "in a story"])
def test_text_without_furniture_stays(text: str, around: bool) -> None:
    whole = f"{BODY}\n\n{text}\n{BODY}\n" if around else text
    gone = removed(whole)
    assert gone == (
        ["Print this page", "Share this article"] if "Print this page\nShare" in text and "```" not in text else []
    )


@pytest.mark.parametrize(
    "tail", [' "Read on."', " Read on.", " (more)", " [sic]", " And so we read more.", " See more at the end."]
)
def test_tail_that_is_content_stays(tail: str) -> None:
    assert removed(f"{STORY[0][:-1]},{tail}\n\n{STORY[1]}{tail}\n") in ([], [" (more)"])


@pytest.mark.parametrize("profile", ["safe", "default", "aggressive"])
@pytest.mark.parametrize(
    ("before", "credits"),
    [
        (" ", "(Reporting by Anna Marsh; Editing by Bert Cole)"),
        ("\n\n", "(Reporting by Anna Marsh; Editing by Bert Cole)"),
        (
            "\n\n",
            "(Reporting by Anna Marsh in Bergen and Bert Cole in Oslo; Writing by Cleo Wood; Editing by Dora Mill)",
        ),
        (" ", "(Additional reporting by Anna Marsh)"),
    ],
)
def test_credits_are_for_review(profile: str, before: str, credits: str) -> None:
    text = f"A day at sea\n\n{STORY[0]}\n\n{STORY[1]}{before}{credits}\n"
    (finding,) = score_document(text, LEXICON, None, 0, Config(profile=profile))
    assert text[finding.start : finding.end].strip() == credits
    assert (finding.verdict.outcome, finding.verdict.rule) == (Outcome.REVIEW, "boilerplate/credits")


@pytest.mark.parametrize("line", ["Writing by hand", "Editing by committee", "He stayed, reporting by phone."])
def test_work_is_no_credit(line: str) -> None:
    assert not findings(f"{line}\n\n{STORY[0]}\n\n{STORY[1]} {line}\n")


def test_guards_are_named() -> None:
    text = f"{BODY}\n\n```\nShare this article\n```\n"
    (finding,) = findings(text)
    assert (finding.verdict.outcome, finding.verdict.guard) == (Outcome.REVIEW, "code")
    assert reason(finding.verdict).endswith("kept, since it stands in code")


def test_brake_leaves_all_for_review() -> None:
    text = "It rained.\nPrint Friendly, PDF & Email\nFacebooktwittermail\nShare this article\n"
    found = findings(text)
    assert {finding.verdict.outcome for finding in found} == {Outcome.REVIEW}
    assert {finding.verdict.guard for finding in found} == {"brake"}


SENTENCES = [line for line in FURNITURE if line.endswith(("website.", "comment.", "*"))] + [
    "Please enable JavaScript to view this page.",
    "You must be logged in to post a reply.",
    "You must be logged in to post a review.",
    "You must be logged in to view this content.",
]


@pytest.mark.parametrize(("repeated", "is_kept"), [(1, True), (9, False)])
def test_of_lines_that_were_read_only_short_ones_are_remembered(repeated: int, is_kept: bool) -> None:
    """A corpus can have a paragraph of many kilobytes with a link behind it in every document."""
    content = "The ferry was late again, and the harbour empty. " * repeated + "[Continue reading…]"
    before = sys.getrefcount(content)
    for reading in (read_line(content, LEXICON), plain_reading(content, 9 * repeated, False)):
        take_stance(reading, None, True, False)
        del reading
    assert (sys.getrefcount(content) > before) == is_kept
    assert read_line(content, LEXICON).tail is not None


def test_brake_on_lines_of_text() -> None:
    text = "\n\n".join([*STORY, *SENTENCES])
    config = Config(brake_chars_ratio=1.0)
    assert {f.verdict.guard for f in score_document(text, LEXICON, None, 0, config)} == {"brake"}
    config = Config(brake_chars_ratio=1.0, brake_lines_ratio=1.0)
    assert all(f.verdict.outcome is Outcome.REMOVE for f in score_document(text, LEXICON, None, 0, config))


@pytest.mark.parametrize("count", [200, 2000])
def test_lines_over_and_over_are_looked_at_a_few_times_and_stay(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    turns = []
    monkeypatch.setattr(signals, "Turn", lambda *parts: turns.append(parts) or Turn(*parts))
    found = findings("Read more\nContinue reading\nShare\n" * count)
    assert 0 < len(turns) <= signals.MOST_TURNS + 1
    assert len(found) == 3 * count
    assert {finding.verdict.outcome for finding in found} == {Outcome.REVIEW}
    assert removed("Read more\n" * count) == []


@pytest.mark.parametrize("word", ["next;", "=back", "auto", "sort"])
def test_a_word_that_a_program_has_over_and_over_is_no_menu(word: str) -> None:
    """However short its lines are, and though menus have that word."""
    code = [
        line for name in ("bow", "mast", "stern", "keel", "rudder", "sail") for line in (f"seen {name}", word, "done")
    ]
    assert removed("\n".join(["By the quay", *STORY, *code])) == []
    entry = word.lstrip("=")  # what menus have; the word of Pod is built into its text
    assert entry in removed("\n".join([*MENU[:3], entry, *MENU[3:], "By the quay", "A day at sea", *STORY]))


def test_furniture_that_shows_turn_by_turn_still_goes() -> None:
    assert removed(BODY + "\n" + "Read more\n" * 6 + "Print Friendly, PDF & Email\n") != []


def test_brake_does_not_weigh_buttons_beside_a_text() -> None:
    buttons = [line for line in FURNITURE[:20] if not line.endswith((".", "!", "*"))]
    assert removed("\n".join([*STORY, *buttons])) == buttons
    assert removed("\n".join(["It rained.", *buttons])) == []


# -- runs of short lines

MENU = ["Home", "Salt House", "About us", "Old Harbour", "Contact", "Rope Walk", "News", "Search"]


def test_a_short_figure_does_not_keep_an_entry_of_a_menu() -> None:
    assert removed("\n".join([*STORY, *MENU, "Pier 40", "Tarred Rope, plain or dyed", *MENU])) == [
        *MENU,
        "Pier 40",
        "Tarred Rope, plain or dyed",
        *MENU,
    ]


def test_a_column_of_links_goes_with_the_menu_below() -> None:
    columns = [f"{word} {number}" for number in range(1, 7) for word in ("Quay", "Pier", "Lock", "Yard")]
    assert removed("\n".join([*STORY, *columns, *MENU])) == [*columns, *MENU]


def test_unknown_lines_of_a_menu_go_with_it() -> None:
    for text in ("\n".join([*MENU, "By the quay", "A day at sea", *STORY]), "\n".join([*STORY, *MENU])):
        assert removed(text) == MENU
    (point,) = (point for point in findings("\n".join([*STORY, *MENU]))[1].verdict.points if point.name == "run")
    assert point.detail == "5 of 8 short lines around are known"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (["Salt House", "Old Harbour", "Rope Walk", "Quay Side", "Home", *STORY], "Salt House"),  # one is known
        ([*MENU[:5], "Day at Sea", *STORY], "Day at Sea"),  # a title stands above the text
        ([*MENU[:5], "Jane Doe", "Day at Sea", *STORY], "Jane Doe"),  # and its author
        ([*MENU, STORY[0]], "Salt House"),  # one paragraph is no text to have edges
        ([STORY[0], *MENU, *STORY[1:]], "Salt House"),  # inside the text
        ([*(f"{line}." for line in MENU), "A day at sea", *STORY], "Salt House."),  # sentences
        (["Home", "Salt and Tar and Rope and Oil", *MENU, "By the quay", *STORY], "Salt and Tar and Rope and Oil"),
        ([*MENU, "Tarred Rope, 24mm by 200m", *STORY], "Tarred Rope, 24mm by 200m"),  # what a list of goods says
        ([*STORY, *MENU, "Holds 40 Casks Below Deck", *MENU], "Holds 40 Casks Below Deck"),
    ],
)
def test_unknown_lines_that_are_in_no_menu_stay(text: list[str], kept: str) -> None:
    assert kept not in removed("\n".join(text))


BYLINE = ["Anna Marsh", "It was a day like any other.", "More to read", "By the quay", "Jane Doe", "Ships in port"]


@pytest.mark.parametrize(
    ("title", "between", "kept"),
    [
        ("Whole harbour said nothing", BYLINE, True),  # the text has most of its words
        ("Whole harbour said nothing", BYLINE * 2, False),  # as far off as the menu
        ("Salt trade unions strike", BYLINE, False),
        ("Whole harbour", BYLINE, False),  # two words are as likely an entry
    ],
)
def test_a_title_stands_near_above_its_text(title: str, between: list[str], kept: bool) -> None:
    story = [*STORY, "The whole of the harbour was quiet, and nobody said a word for the rest of it. " * 4]
    text = "\n".join([*MENU, title, "Home", "News", *between, *story])
    for profile in ("default", "aggressive"):
        assert (title not in removed(text, profile)) == kept


def test_what_stands_in_the_middle_of_a_menu_goes_inside_the_text_as_well() -> None:
    dense = [*MENU[:4:2], "Search", "Contact", "Log in", "News"]
    thin = [line for word in dense for line in (word, f"{word} of ours", f"{word} of theirs", f"{word} of old")]
    for menu, gone in ((dense, dense[:-1]), (thin, [])):  # the last one stands above a passage, as a heading would
        text = "\n".join(["A day at sea", *STORY, *menu, *STORY])
        assert removed(text) == gone


def test_table_of_contents_is_not_a_menu() -> None:
    text = "\n".join(
        [*MENU, "By the quay", "A day at sea", STORY[0], "Old Harbour", STORY[1], "The rope walk.", STORY[2]]
    )
    assert "Old Harbour" not in removed(text)
    assert "Rope Walk" not in removed(text)
    assert "Salt House" in removed(text)


HEADS = ["Search", "Download", "Features", "Support", "Contact", "Related", "Help"]


@pytest.mark.parametrize("mark", ["", "## "])
def test_headings_and_their_table_of_contents_stay(mark: str) -> None:
    sections = [line for number, head in enumerate(HEADS) for line in (mark + head, STORY[number % 3])]
    text = "\n\n".join(["The rope walk", *HEADS, *sections])
    table = count([text.replace("The rope walk", f"The {word} walk") for word in HEADS])
    for profile in ("default", "safe"):
        assert removed(text, profile, table) == []
    menu = "\n\n".join([*HEADS, "By the quay", "The rope walk", *STORY])
    assert removed(menu) == HEADS


# -- pages whose text is not all of their running text

QUAYS = ["North Quay", "Old Harbour", "Rope Walk", "Salt House", "Tar Yard", "Eel Pie", "Net Loft", "Sail Maker"]
TEASER = f"{STORY[0][:160]} and so it went on for as long as anybody of those on board could remember."


def test_text_ends_where_it_gets_thin() -> None:
    words = ["Home", "About us", "Contact", "Search", "Privacy Policy", "Terms of Use", "Sitemap", "Log in"]
    menu = [line for pair in zip(QUAYS, words, strict=True) for line in pair]
    text = "\n".join(["A day at sea", *STORY, *menu, TEASER, *menu, TEASER])
    assert removed(text) == [*menu[:-1], *menu[:-1]]  # the last one stands above a passage, as a heading would
    assert removed(text, "safe") == []


def test_goods_of_a_shop_are_no_menu() -> None:
    """Where running text is the lesser part of a page, a paragraph below the goods may end it."""
    goods = [line for number in range(40) for line in (f"{QUAYS[number % 8]} {number}", "Add to cart")]
    text = "\n".join(["Nautical goods", *STORY[:2], *goods, STORY[2]])
    assert removed(text) == []


def test_catalogue_below_a_text_is_no_footer() -> None:
    goods = [line for number in range(100) for line in (f"Lantern of brass {number}", "Add to cart")]
    gone = removed("\n".join(["Nautical goods", *STORY, *goods, *MENU]))
    assert set(MENU) <= set(gone)
    assert "Lantern of brass 3" not in gone


def test_button_of_a_list_makes_no_menu_of_its_entries() -> None:
    """What comes with every product or post says nothing of those, wherever the list stands."""
    goods = [f"{quay} {colour}" for quay in QUAYS for colour in ("red", "blue", "green", "grey", "black")]
    sold = [
        line for number, line in enumerate(goods) for line in ([line, "Add to cart"] if number % 5 == 4 else [line])
    ]
    for text in ([*STORY, *sold], [*sold, "By the quay", "A day at sea", *STORY]):
        assert set(goods).isdisjoint(removed("\n".join(text)))
    thrice = [*goods[:9], "Home", "Contact", "Search"] * 3
    assert removed("\n".join([*STORY, *thrice])) == thrice


def test_the_longer_a_line_the_more_of_a_menu_has_to_be_known() -> None:
    """Three known words among thirty lines say little of those that read as what a catalogue is read for."""
    long = [f"{quay} galvanised {metal} lanterns" for quay in QUAYS for metal in ("brass", "pewter", "copper")]
    short = QUAYS[:3]
    few = "\n".join([*STORY, *long[:10], "Home", *short, "Contact", *long[10:], "Search"])
    assert {few[f.start : f.end] for f in findings(few)} == {*short, "Home", "Contact", "Search"}
    words = "Home Contact Search Sitemap Careers Newsletter Subscribe Login FAQ Help Shop Advertise".split()
    many = "\n".join([*STORY, *(line for pair in zip(words * 2, long, strict=True) for line in pair)])
    assert {many[f.start : f.end] for f in findings(many)} > set(long)


def test_what_other_documents_have_makes_no_menu_of_what_nobody_knows() -> None:
    """It may be a table that several of them have, with other values."""
    rows = ["Bread knife", "Butter knife", "Carving fork", "Soup ladle"]
    texts = [
        "\n".join([*STORY, *(line for row in rows for line in (row, *(f"{row} {word} {n}" for n in "abcd")))])
        for word in ("Pine", "Oak", "Elm", "Ash", "Yew")
    ]
    found = findings(texts[0], "default", count(texts, list(range(5))))
    assert [texts[0][f.start : f.end] for f in found if f.verdict.score >= 3.0] == rows


def test_large_menus_go_whole() -> None:
    """Far from both ends of the page, below a line with a colon, and with an entry in every part of it."""
    parts = [["Shop All", "Home", "Contact", "Search", *QUAYS[number % 5 : number % 5 + 3]] for number in range(70)]
    parts[60].append("Ask one of our shops:")
    menu = [line for part in parts for line in part]
    gone = removed("\n".join([*menu, "By the quay", "A day at sea", *STORY * 20]))
    assert [line for line in menu if line not in gone] == ["Ask one of our shops:"]
    assert gone.count("Search") == 70  # those below the colon too


@pytest.mark.parametrize(
    "lines",
    [
        ["The shops have three rooms:", "Home", "Search", "Contact", "News", "Help"],  # a short list
        ["The buttons of it are these:", *(f"- {line}" for line in [*MENU, *MENU[:4]])],  # items of their own
    ],
)
def test_lists_below_a_text_stay(lines: list[str]) -> None:
    assert removed("\n".join([*STORY, *lines])) == []


def wrapped(paragraph: str) -> str:
    return textwrap.fill(paragraph, 68)


def test_short_lines_of_a_wrapped_text_belong_to_it() -> None:
    """Manuals, specifications and mail have title pages and tables of contents, and no menus."""
    pages = ["\n".join([*MENU, "", "A day at sea", "", *map(wrapped, STORY)]) for _ in range(3)]
    shared = count([f"{page}\n{number}" for number, page in enumerate(pages)], [0, 1, 2])
    assert removed(pages[0], "default", shared) == []
    assert removed("\n".join([*MENU, "", "A day at sea", "", *STORY])) == MENU
    buttons = "\n".join([*map(wrapped, STORY), "", "Print Friendly, PDF & Email"])
    assert removed(buttons) == ["Print Friendly, PDF & Email"]


BULLETED = [f"  * {line}" for line in ("Home", "Mussel Bank", "Lower Lock", *MENU[1:])]


@pytest.mark.parametrize("mark", ["*", "-", "+", "•"])
@pytest.mark.parametrize("told", [lambda paragraph: paragraph, lambda paragraph: textwrap.fill(paragraph, 68)])
def test_a_menu_whose_entries_have_bullets_goes(mark: str, told: Callable[[str], str]) -> None:
    """As pages look when they were turned into plain text, their sentences wrapped or not."""
    menu = [line.replace("*", mark) for line in BULLETED]
    text = "\n\n".join(["\n".join(menu), "By the quay", "A day at sea", *map(told, STORY), "\n".join(menu)])
    assert removed(text) == menu * 2


@pytest.mark.parametrize(
    "lines",
    [
        ["What there is to see on the pier:", *BULLETED],  # the text introduces it
        ["  * Tarred rope", "  * Salt", "  * Two oars", "", *MENU],  # one list, and a menu below it
        ["  * Home", "  * Salt", "  * Oars", "  * Rope", "  * Contact", "  * Nets", "  * Buoys", "", *MENU],
        [f"  {number}. {line}" for number, line in enumerate(MENU * 2, 1)],  # numbers say that the order counts
        [f"  * {line}" for line in ("Salt House", "Old Harbour", "Rope Walk", "Mussel Bank", "Lower Lock") * 3],
        [f"  * {line}." for line in MENU * 2],  # sentences
        BULLETED[:4],  # too short to be more than a list
    ],
)
def test_lists_that_are_no_menus_stay(lines: list[str]) -> None:
    for told in (lambda paragraph: paragraph, wrapped):
        text = "\n".join([*map(told, STORY), "", *lines])
        assert not [line for line in removed(text) if line in lines and line not in MENU]


def linked(line: str, target: str = "/pier/") -> str:
    """A line whose words are a link in Markdown; what stands in front of them stays there."""
    mark = line[: len(line) - len(line.lstrip(" *"))]
    words = line[len(mark) :]
    return f"{mark}[{words}]({target}{words.replace(' ', '-').lower()})"


def test_a_menu_whose_entries_are_links_goes() -> None:
    bar = "[Home](/) | [News](/news) | [About us](/about) | [Contact](/contact)"
    row = "[Home](/)[News](/news)[About us](/about)[Contact](/contact)"
    for menu in (list(map(linked, BULLETED)), [linked(line) for line in MENU * 2], [bar], [row]):
        text = "\n\n".join([*STORY, "\n".join(menu)])
        assert removed(text) == menu


def test_the_end_of_a_paragraph_that_is_a_link_goes_with_its_mark() -> None:
    assert removed(f"{STORY[0]} [Continue reading…](/sea)\n\n{STORY[1]}") == [" [Continue reading…](/sea)"]
    told = f"See [the chart](/charts). {STORY[0]} [[Continue reading…](/sea)]\n\n{STORY[1]}"
    assert removed(told) == [" [[Continue reading…](/sea)]"]
    assert removed(f"[{STORY[0]} Continue reading…](/sea)\n\n{STORY[1]}") == []  # the link is the paragraph


@pytest.mark.parametrize(
    "lines",
    [
        [
            "See also:",
            "",
            linked("  * Old harbours"),
            linked("  * News of the tides"),
            linked("  * Contact lenses at sea"),
        ],
        [linked(f"* {line}", "#") for line in MENU * 2],  # a table of contents
        [linked(f"* {line}", "https://example.org/") + " - it is about the sea." for line in MENU * 2],
        [linked("* The tide tables of 1904"), linked("* A history of tar"), linked("* Ropes and how to mend them")] * 3,
        [f"{number}. {linked(line)}" for number, line in enumerate(MENU * 2, 1)],
        [linked(f"* {line}") for line in ("Salt House", "Old Harbour", "Rope Walk", "Mussel Bank", "Lower Lock") * 3],
        ["Read [the news](/news) of the day, [about us](/about) and [how to get in contact](/contact)."],
        ["![Home](home.png)"],
        [linked("* Home"), linked("* Search")],
        ["The links of the club:", *map(linked, BULLETED)],
        [f"[{line.lower()}]: https://example.org/{number}" for number, line in enumerate(MENU)],
    ],
)
def test_lists_of_links_that_are_no_menus_stay(lines: list[str]) -> None:
    for told in (lambda paragraph: paragraph, wrapped):
        assert removed("\n".join([*map(told, STORY), "", *lines])) == []
        assert removed("\n\n".join([*map(told, STORY[:2]), "\n".join(lines), told(STORY[2])])) == []


def test_counted_lines_are_counted_as_they_are_written() -> None:
    """A link to another page is another line, and the keys that are known already are those of the texts."""
    words = ("tar", "rope", "salt", "net", "eel", "oar")
    pages = [f"[Tide](/{word})\n\n{STORY[n % 3]}\n\n[The Quay Gazette](/quay)" for n, word in enumerate(words)]
    frequencies = count(pages)
    packed = kernels.pack(pages)
    keys = line_features(*packed, LEXICON, keys=True).keys
    found = scored(packed, [0] * 6, LEXICON, frequencies, Config())
    assert found == scored(packed, [0] * 6, LEXICON, frequencies, Config(), keys)
    assert [pages[0][f.start : f.end] for f in found[0][1]] == ["[The Quay Gazette](/quay)"]


TAGS = [f"{name} ({number})" for number, name in enumerate(("Ropes", "Tar", "Nets and traps", "Eels", "Salt"), 3)]
MONTHS = [
    f"{month} 2015 ({number})" for number, month in enumerate(("March", "April", "May", "June", "July", "August"))
]


def test_lists_of_tags_and_months_go() -> None:
    assert removed("\n".join([*STORY, "", *TAGS, "Reply"])) == [*TAGS, "Reply"]
    assert removed("\n".join([*MENU, "By the quay", "A day at sea", *STORY, *MONTHS])) == [*MENU, *MONTHS]
    assert removed("\n".join([*STORY[:2], *TAGS, *MONTHS, "At sea", STORY[2], "Reply"])) == [*TAGS, *MONTHS]
    bulleted = [f"* {line}" for line in [*TAGS, *MONTHS]]
    assert removed("\n".join([*STORY, "", *bulleted, "Reply"])) == [*bulleted, "Reply"]


@pytest.mark.parametrize(
    "lines",
    [
        TAGS[:3],  # too few
        [
            f"{name} ({year})"
            for year, name in enumerate(("The Tide", "Tar", "Night on the Mole", "Salt", "Eels"), 1951)
        ],
        [f"{name}(2)" for name in ("open", "read", "write", "close", "fork")],
        [f"{name} ({number})" for number, name in enumerate(("The charts", "The captain", "My uncle", "The wind"))],
        ["Boats that came in, and how many:", *(f"* {line}" for line in [*TAGS, *MONTHS])],
        ["Goals were scored by", *TAGS[:2], "in the first half, and by", *TAGS[2:]],
        [f"* {line}" for line in TAGS],  # as short as lists are
        [f"{line}: all of them old" for line in TAGS],
        [f"There were {line}." for line in TAGS],
    ],
)
def test_lines_with_a_number_in_brackets_that_are_no_tags_stay(lines: list[str]) -> None:
    assert removed("\n".join([*STORY, "", *lines, "Reply"])) == []
    assert removed("\n".join([*STORY[:2], *lines, STORY[2], "Reply"])) == []


def test_a_few_lines_with_a_number_stay_inside_the_text() -> None:
    assert removed("\n".join([*STORY[:2], *TAGS, STORY[2], "Reply"])) == []


SCRIPT = ["for tide in $tides", "do", "if old", "then", "continue", "fi", "done", "sort", "print tides", "exit"]


def test_short_lines_of_a_program_stay() -> None:
    """Its words are words of menus, and a comment in it is running text."""
    code = ["my $tide;", "while (old) {", "}"]
    for menu in (SCRIPT, MENU * 2, [*SCRIPT, "Next", "Home"]):
        for line_end in ("\n", "\r\n"):
            assert removed(line_end.join([f"# {line}" for line in STORY] + code + menu)) == []
    page = "\n".join([*STORY, *code, *(f"{story} And so on." for story in STORY * 6), *MENU * 2])
    assert removed(page) == MENU * 2  # an example is no program


@pytest.mark.parametrize(
    "menu",
    [
        ["Úvod", "O nás", "Lodní provaz", "Kontakt", "Mapa stránek", "Stará síť", "Přihlášení"],
        ["Startsida", "Om oss", "Gamla rep", "Kontakta oss", "Logga in", "Tjära", "Mina sidor"],
        ["Etusivu", "Yhteystiedot", "Vanha köysi", "Kirjaudu sisään", "Uutiset", "Terva", "Tietosuojaseloste"],
        ["Главная", "Про нас", "Канати", "Контакти", "Новини", "Смола", "Особистий кабінет"],
        ["Ana sayfa", "Hakkımızda", "Eski halat", "İletişim", "Haberler", "Katran", "Site haritası"],
        ["홈", "회사소개", "낡은 밧줄", "고객센터", "로그인", "타르", "개인정보처리방침"],
        ["Trang chủ", "Giới thiệu", "Dây thừng", "Liên hệ", "Đăng nhập", "Nhựa", "Chính sách bảo mật"],
    ],
)
def test_menus_in_more_languages_go_and_their_words_stay_in_a_text(menu: list[str]) -> None:
    assert removed("\n".join([*STORY, *menu])) == menu
    for line in menu:
        assert removed("\n".join([STORY[0], line, *STORY[1:]])) == []


def test_a_switch_between_languages_goes() -> None:
    switch = ["Català", "Čeština", "Dansk", "Français", "Suomi", "Українська", "日本語"]
    assert removed("\n".join([*STORY, *switch])) == switch
    for lines in (
        switch[:2],
        [f"{line}: spoken on the pier" for line in switch],
        [f"{number}. {line}" for number, line in enumerate(switch)],
        ["The captain spoke all of these:", *(f"* {line}" for line in switch)],
        ["Catalan", "Czech", "Danish", "French", "Finnish", "Ukrainian", "Japanese"],
    ):
        assert removed("\n".join([*STORY, *lines])) == []
        assert removed("\n".join([STORY[0], *lines, *STORY[1:]])) == []


def test_marks_between_entries_go_with_them() -> None:
    menu = [line for entry in MENU for line in (entry, "|")][:-1]
    assert removed("\n".join([*STORY, "* * *", *menu, "* * *", "He sold ropes and tar on the pier."])) == menu


def test_menus_in_blank_lines_below_a_wrapped_text_go() -> None:
    menu = ["Home", "Mussel Bank", "Lower Lock", *MENU[1:]]
    text = "\n\n".join([*map(wrapped, STORY), *menu])
    assert removed(text) == menu
    for lines in (MENU, [f"    {line}" for line in menu], [line.upper() + ":" for line in menu]):
        assert removed("\n\n".join([*map(wrapped, STORY), *lines])) == []


def test_headings_of_a_wrapped_manual_and_its_contents_stay() -> None:
    heads = ["Overview", "Download", "Help", "Contact", "Search", "Support", "Features", "News", "About us", "Login"]
    contents = "\n".join(f"* {head}" for head in heads)
    parts = [part for head in heads for part in (f"## {head}", wrapped(STORY[len(head) % 3]))]
    assert removed("\n\n".join(["# The tide tables", wrapped(STORY[0]), contents, *parts])) == []
    assert removed("\n\n".join(["# The tide tables", contents, wrapped(STORY[0]), *parts])) == []


def test_what_a_wrapped_source_repeats_goes() -> None:
    pages = [
        f"{word}\n\n{wrapped(STORY[0])}\n\nThe Quay Gazette\nFor sailors" for word in ("Tar", "Rope", "Salt", "Net")
    ]
    assert removed(pages[0], "default", count(pages)) == ["The Quay Gazette", "For sailors"]


@pytest.mark.parametrize(
    "story", [STORY, ["渡し船は七時過ぎに埠頭を離れ、昼には島が水平線の下に沈み、誰も戻る道を知らなかった。" * 2] * 3]
)
def test_what_manuals_repeat_in_the_middle_stays_and_their_footers_go(story: list[str]) -> None:
    """In a script without small letters too, where words alone do not show that sentences run on."""
    pages = []
    for word in ("tar", "rope", "salt", "net", "eel"):
        told = "\n".join(textwrap.fill(line, 60 if line.isascii() else 30) for line in story)
        ends = [
            f"See the {word} of the {place} pier." for place in ("first", "next", "last", "old", "new", "far", "low")
        ]
        manual = [word, *told.split("\n"), "Ask the harbour master.", "He is at the quay.", "He knows.", *ends]
        pages.append("\n".join([*(f"    {line}" for line in manual), "PRINTED AT THE QUAY GAZETTE"]))
    assert removed(pages[0], "default", count(pages)) == ["PRINTED AT THE QUAY GAZETTE"]


@pytest.mark.parametrize("wide", [False, True])
def test_a_page_indented_as_its_source_is_keeps_no_menu(wide: bool) -> None:
    """Its lines are mostly labels, or wider than those of a terminal."""
    stories = STORY if wide else []
    pages = ["\n".join(f"      {line}" for line in [word, *stories, *MENU, *MENU]) for word in ("Tar", "Rope", "Salt")]
    found = findings(pages[0], "default", count(pages))
    assert [
        pages[0][f.start : f.end].strip() for f in found if f.verdict.score >= 3.0 and f.verdict.guard in ("", "brake")
    ] == MENU * 2


@pytest.mark.parametrize(
    "foot",
    [
        "This page is one of those of the Harbour project, whose own page at\nHarbour House tells more of it.",
        "この手引書は港湾協会の案内書の一部である。協会の説明と不具合の報告に関する情報は\n港の家にある。",
    ],
)
def test_paragraph_that_a_laid_out_source_repeats_is_not_taken_in_pieces(foot: str) -> None:
    pages = [f"{word}\n\n{wrapped(STORY[number % 3])}\n\n{foot}" for number, word in enumerate(QUAYS)]
    assert all(removed(page, frequencies=count(pages)) == [] for page in pages)


@pytest.mark.parametrize(("mark", "upper"), [("=", False), ("-", False), ("~", True)])
def test_manuals_with_underlined_headings_keep_what_looks_like_a_menu(mark: str, upper: bool) -> None:
    """They list the menus of a program, or the parts of a manual; what is a phrase of its own goes there too."""

    def heading(words: str) -> list[str]:
        words = words.upper() if upper else words
        return ["", words, mark * len(words), ""]

    menu = ["  New File", "  Open", "  Recent Files", "  Print", "  Close", "  Exit", "  Copy", "  Paste", "  Help"]
    parts = ["    changelog", "    download", "    search", "    contact"]
    manual = [*heading("The harbour editor"), STORY[0], STORY[1], *heading("Menus"), "File", *menu]
    text = "\n".join([*manual, *heading("Parts"), *parts, "", "Print Friendly, PDF & Email"])
    assert removed(text) == ["Print Friendly, PDF & Email"]


def test_what_only_other_sources_have_stays_above_a_list() -> None:
    """Each of them has one document, so that nothing tells their heads from their furniture but what they head."""
    done = [
        "* Mend the lock",
        "* Mend the bell",
        "  * Trim the sails",
        "* Ring the bell again",
        "* Rename all",
        "* Add lamps",
    ]

    def changes(number: int, word: str) -> str:
        lines = [f"The changes of {word} in all of its versions, told by those who made them.", ""]
        for version in range(6):
            what = [f"* {QUAYS[(number + version) % 8]} is mended now", done[(number + version) % 6]]
            lines += [f"Version {version}.{number}", *what, ""]
        return "\n".join(lines)

    texts = [changes(number, word) for number, word in enumerate(QUAYS)]
    frequencies = count(texts, list(range(len(texts))))
    assert [removed(text, frequencies=frequencies) for text in texts] == [[]] * len(texts)
    texts = [
        f"{word} (1.{n})\n\n  [ Harbour Team ]\n  * Trim the sails.\n  * Ring the bell.\n  * Mend the lock.\n\n{BODY}\n"
        for n, word in enumerate(QUAYS)
    ]
    frequencies = count(texts, list(range(len(texts))))
    assert all("Harbour Team" not in "".join(removed(text, frequencies=frequencies)) for text in texts)
    menus = ["\n".join([word, *STORY, "Elsewhere", *(f"* {line}" for line in [*MENU, *MENU])]) for word in QUAYS]
    frequencies = count(menus, list(range(len(menus))))
    assert all("Elsewhere" in removed(menu, frequencies=frequencies) for menu in menus)


def test_a_sentence_that_only_other_sources_have_is_not_cut_in_two() -> None:
    ends = ["Apache-2.0 licence in the folder of licences.", "Public Licence in the office, on the second floor."]
    cut = "On the machines of the harbour you find the complete text of the"
    pages = [f"{word}\n\n{BODY}\n\n{cut}\n{ends[n % 2]}\n\nSearch\nHelp\nContact\n" for n, word in enumerate(QUAYS)]
    frequencies = count(pages, list(range(len(pages))))
    assert [removed(page, frequencies=frequencies) for page in pages] == [["Search", "Help", "Contact"]] * len(pages)


@pytest.mark.parametrize(
    "line", ["4.8 star rating", "4.6 out of 5 stars", "1.204 comments", "1.2k comments", "12 comments"]
)
def test_ratings_and_large_counts_are_no_sections(line: str) -> None:
    assert removed(f"{BODY}\n\n{line}\n") == [line]


def test_programs_lose_nothing_that_only_other_sources_have() -> None:
    """A script for a shell has neither semicolons nor braces at the ends of its lines."""
    loop = 'if test "$1" = {0}\nthen\nsail {0}\nfi\nfor file in {0} "$@"\ndo\nshift\ndone\nexit\n'
    told = "\n".join(f"name{{0}}{number}=$( {{0}} {number} )" for number in range(20))
    scripts = [f"{told}\n{loop}".format(word.split()[0].lower()) for word in QUAYS]
    frequencies = count(scripts, list(range(len(scripts))))
    assert [removed(text, frequencies=frequencies) for text in scripts] == [[]] * len(scripts)


@pytest.mark.parametrize("head", ["この文書について", "حول هذا المستند", "ABOUT"])
def test_head_above_indented_lines_stays_in_every_script(head: str) -> None:
    pages = [f"{word}\n\n{BODY}\n\n{head}\n    {word} is here.\n    Ask." for word in QUAYS]
    assert all(head not in removed(page, frequencies=count(pages)) for page in pages)


@pytest.mark.parametrize("line", ["=head1 SEE ALSO", "=over 4", ".SH NAME", ".Pp", "@node Quays", "\\section{Quays}"])
def test_commands_of_markup_are_built_into_a_text(line: str) -> None:
    pages = [f"{word}\n{STORY[0]}\nSearch\nHelp\nContact\n{line}\nHome" for word in QUAYS]
    assert all(line not in map(str.strip, removed(page, frequencies=count(pages))) for page in pages)


@pytest.mark.parametrize("line", ["/etc/harbour/tides", "~/.harbourrc/", "    ╰── Harbour", "├── quay"])
def test_paths_and_trees_are_built_into_a_text(line: str) -> None:
    pages = [f"{word}\n{STORY[0]}\nSearch\nHelp\nContact\n{line}\nHome" for word in QUAYS]
    assert all(line.strip() not in map(str.strip, removed(page, frequencies=count(pages))) for page in pages)


def test_usage_of_a_program_is_no_menu_bar() -> None:
    for line in ("[-a] {search | list | edit | help | show}", "tide {login | search | help}"):
        assert menu_items(line, normal_form(line), LEXICON) == 0


def test_label_with_few_different_lines_below_is_a_heading() -> None:
    """Of four hundred lines that follow it only thirty differ, but none of them is the usual one."""
    names = [f"{quay} {word}" for quay in QUAYS for word in ("light", "bell", "buoy", "mark")][:30]
    pages = [
        "\n".join(
            [QUAYS[page % 8], *(line for name in names[page:] + names[:page] for line in (STORY[1], "Marks", name))]
        )
        for page in range(14)
    ]
    (key,) = line_keys("Marks", split_lines("Marks"))
    evidence = count(pages).evidence(0, int(key))
    assert evidence is not None
    assert evidence.successor_ratio < 0.25
    assert not evidence.is_block


MIXED = [
    "Leave a reply",
    "Facebooktwittermail",
    "Read more »",
    "Subscribe to our newsletter",
    "Print Friendly, PDF & Email",
    "Follow us on Facebook",
]


def followed(lines: list[str], below: list[list[str]], lexicon: Lexicon = LEXICON) -> bool:
    """Whether the first of *lines* is in a constant block, on eighteen pages with one of *below* each, in turn."""
    pages = ["\n".join([STORY[page % len(STORY)], *lines, *below[page % len(below)]]) for page in range(18)]
    keys = [line_keys(page, split_lines(page)) for page in pages]
    with open_work_folder() as folder:
        frequencies = line_frequencies(
            lambda: [(np.repeat(np.arange(len(pages)), list(map(len, keys))), np.concatenate(keys))],
            np.zeros(len(pages), np.int32),
            np.ones(len(pages), np.bool_),
            lambda wanted: [(number, pages[number]) for number in wanted.tolist()],
            lexicon,
            3.0,
            folder,
        )
    found = frequencies.evidence(0, int(line_keys(lines[0], split_lines(lines[0]))[0]))
    assert found is not None
    return found.is_block


def test_furniture_above_mixed_furniture_is_known_at_once() -> None:
    """Now this button follows and now that; each of them goes by itself, and the end is what follows then."""
    for lines in (["The quay office"], ["The quay office", "Open all year"]):
        assert followed(lines, [[button] for button in MIXED])
        assert followed(lines, [[button, MIXED[0]] for button in MIXED])
    stories = [f"{quay} {STORY[1]}" for quay in QUAYS]
    assert followed(["The quay office"], [["Facebooktwittermail", "Open all year", story] for story in stories])


def test_what_only_buttons_part_from_other_texts_is_a_heading() -> None:
    stories = [[f"{quay} {STORY[1]}"] for quay in QUAYS]
    assert not followed(["The quay office"], stories)
    assert not followed(["The quay office"], [["Facebooktwittermail", *story] for story in stories])
    assert not followed(["The quay office"], [[button, *story] for button, story in zip(MIXED, stories, strict=False)])


def test_what_may_stay_is_not_passed_over(tmp_path: Path) -> None:
    names = [f"{quay} light" for quay in QUAYS[:6]]
    held = [f"© {year} The quay office" for year in ("North", "South", "East", "West", "Upper", "Lower")]
    weak = ["Home", "Search", "Overview", "Contact", "Help", "News"]
    for below in (names, held, weak):
        assert not followed(["The quay office"], [[line] for line in below])
    mine = tmp_path / "mine.txt"
    mine.write_text("".join(f"keep = {button}\n" for button in MIXED), encoding="utf-8")
    assert not followed(["The quay office"], [[button] for button in MIXED], Lexicon.load([str(mine)]))


def test_piece_of_a_sentence_of_a_wrapped_text_stays() -> None:
    text = "The release that was made on Monday has, since it was not\ntagged with a lightweight tag.\n"
    assert removed(f"{chr(10).join(map(wrapped, STORY))}\n\n{text}") == []


def test_addresses_of_other_sites_are_others() -> None:
    pages = [
        f"Home\nSearch\nSpringfield, AB 2000{digit}\nContact\nNews\n\n{word}\n\n{BODY}"
        for digit, word in enumerate(("Tar", "Rope", "Salt", "Net", "Eel"))
    ]
    assert removed(pages[0], "default", count(pages, list(range(5)))) == ["Home", "Search", "Contact", "News"]


@pytest.mark.parametrize("line", ["anna@example.org", "@anna_example"])
def test_an_address_in_a_menu_stays(line: str) -> None:
    text = f"Home\nAbout\nProducts\n{line}\nBlog\nContact\nLog in\nA day at sea\n{BODY}"
    gone = removed(text)
    assert "Products" in gone
    assert line not in gone


@pytest.mark.parametrize(
    ("line", "goes"),
    [
        ("java.lang.Object", False),
        ("module Data.Char", False),
        ("std::vector", False),
        ("~Iterator::at", False),
        ("main()", False),
        ("-A", False),
        ("--queue", False),
        ("St. Agnes", True),
        ("salthouse.example", True),
        ("U.S. Harbours", True),
        ("www.SaltHouse.example", True),
        ("expand_more Rope Walk", True),
        ("SaltHouse", True),
        ("Rope Walk", True),
    ],
)
def test_names_and_options_of_programs_are_no_entries_of_a_menu(line: str, goes: bool) -> None:
    """A manual has the names of what it is about between its menu and its text."""
    text = f"Home\nAbout\nProducts\n{line}\nBlog\nContact\nLog in\nBy the quay\nA day at sea\n{BODY}"
    gone = removed(text)
    assert "Products" in gone
    assert (line in gone) == goes


BULLETS = [f"* {line}" for line in MENU]


@pytest.mark.parametrize(
    ("above", "kept"),
    [
        ([*BULLETS, "Salt trade"], True),
        ([*BULLETS, "Handel mit Salz"], True),
        ([*BULLETS, "塩の取引"], True),
        ([*BULLETS[:-1], "* Rope Walk", "Salt trade"], True),  # below entries of the menu that nobody knows
        ([*MENU, "Salt trade"], False),  # that may be the last entry
        ([*BULLETS, "* Salt trade"], False),
        (["Salt trade", *BULLETS], True),  # the first line
        (["Skip to content", "Salt trade", *BULLETS], False),  # above the menu
        ([*BULLETS, "Salt trade", "Follow us", "Log in"], False),  # and in the middle of it
    ],
)
def test_what_a_menu_with_bullets_ends_above_is_no_part_of_it(above: list[str], kept: bool) -> None:
    """A page of a manual has its title there, the part that it belongs to above that, and more below."""
    gone = removed("\n".join([*above, "For masters", "Third edition", "By the quay", *STORY]))
    assert MENU[0] in {line.removeprefix("* ") for line in gone}
    assert kept != bool({"Salt trade", "* Salt trade", "Handel mit Salz", "塩の取引"} & set(gone))


@pytest.mark.parametrize(
    "line",
    [
        *(":maxdepth: 2", ".. toctree::", "<!-- menu", "--help", "-V, --version", "-h", "--color[=WHEN]", "Output::"),
        *(
            "== References ==",
            "==Notes==",
            "=== See also",
            "{{reflist}}",
            "[[Category:Mills]]",
            '{| class="wide"',
            "|}",
        ),
    ],
)
def test_mark_up_stays(line: str) -> None:
    texts = [
        f"Home\nSearch\n{line}\nContact\nNews\n\n{word}\n\n{BODY}" for word in ("Tar", "Rope", "Salt", "Net", "Eel")
    ]
    assert removed(texts[0], "default", count(texts, list(range(5)))) == ["Home", "Search", "Contact", "News"]


@pytest.mark.parametrize("line", ["// Toggle sidebar", "/* Reply to ANNA */", "// Skip to content"])
def test_a_comment_of_a_program_stays(line: str) -> None:
    assert removed(f"{BODY}\n\n{line}\nstart(quay);\n") == []
    bare = line.strip("/* ")
    assert removed(f"{BODY}\n\n{bare}\n") == [bare]
    assert removed(f"{BODY}\n\n// {bare} //\n") == [f"// {bare} //"]


def test_brake_weighs_sentences_where_there_are_some() -> None:
    notes = ["It rained all of the {} day.", "Nobody left the {} house."]
    for size, goes in ((2, True), (1, False)):
        pages = [
            "\n".join([*MENU, *(note.format(word) for note in notes[:size])]) for word in ("first", "next", "last")
        ]
        found = findings(pages[0], "default", count(pages))
        assert {pages[0][f.start : f.end] for f in found if f.verdict.score >= 3.0} == set(MENU)
        assert all((f.verdict.outcome is Outcome.REMOVE) == goes for f in found if f.verdict.score >= 3.0)


LARGE_MENU = [*MENU, "Mussel Bank", "Lower Lock", "Help", "Log in"]


def set_in(lines: list[str], depths: list[int]) -> list[str]:
    return [" " * depths[number % len(depths)] + line for number, line in enumerate(lines)]


@pytest.mark.parametrize("depths", [[8, 12, 16], [4, 20, 12, 8]])
def test_a_menu_indented_as_in_the_source_of_its_page_is_no_code(depths: list[int]) -> None:
    menu = set_in(LARGE_MENU, depths)
    for story in (STORY, set_in(STORY, depths)):
        assert removed("\n\n".join([*story, "\n".join(menu)])) == menu


@pytest.mark.parametrize("mark", ["{}:", "port: {}", "{} >log.txt", "{};", "{}  # of the quay"])
def test_programs_and_settings_are_no_source_of_a_page(mark: str) -> None:
    """Though half of their lines are indented, by several widths, and words of menus are among them."""
    lines = [line if number % 2 else mark.format(line) for number, line in enumerate(LARGE_MENU)]
    assert removed("\n\n".join([*STORY, *STORY, "\n".join(set_in(lines, [8, 12, 16]))])) == []
    assert removed("\n\n".join([*STORY, *STORY, "\n".join(set_in(LARGE_MENU, [8, 12, 16]))])) != []


def test_a_phrase_indented_as_in_the_source_of_its_page_is_no_code() -> None:
    lines = set_in([*QUAYS, "Sign up for our newsletter", "print(pdf, email)"], [8, 12, 16])
    assert [line.strip() for line in removed("\n\n".join([*STORY, "\n".join(lines)]))] == ["Sign up for our newsletter"]


@pytest.mark.parametrize(
    "block",
    [
        set_in(LARGE_MENU, [4]),  # a block of code in Markdown
        set_in(LARGE_MENU, [4, 8]),
        ["```", *LARGE_MENU, "```"],
        ["~~~", *set_in(LARGE_MENU, [0, 2, 4]), "~~~"],
        set_in([f"{line.lower().replace(' ', '_')}()" for line in LARGE_MENU], [4, 8, 12]),
        set_in([f"<li>{line}</li>" for line in LARGE_MENU], [4, 8, 12]),
    ],
)
def test_blocks_of_code_below_a_text_stay(block: list[str]) -> None:
    for story in (STORY * 4, list(map(wrapped, STORY))):
        assert removed("\n\n".join([*story, "\n".join(block)])) == []


def test_code_is_no_menu() -> None:
    code = ["Home", "rows = os.walk()", "About us", "for row in rows:", "News", "Contact", "or, if not,"]
    assert removed("\n".join([*code, "By the quay", "A day at sea", *STORY])) == code[::2][:2]


def test_safe_takes_only_what_the_lexicon_knows() -> None:
    texts = [furnished(number, "Ask for the spring list\nRelated posts") for number in range(30)]
    text, table = texts[0], count(texts)
    assert removed(text, "safe", table) == ["Related posts"]
    (kept,) = (f for f in findings(text, "safe", table) if f.verdict.outcome is Outcome.REVIEW)
    assert (kept.verdict.guard, text[kept.start : kept.end]) == ("unknown", "Ask for the spring list")
    assert removed("\n".join([*STORY, *MENU]), "safe") == []


BETWEEN = ["The salt house and its men", "A walk along the quay", "8:15", "Rope and tar, 2 crowns"]
BUTTONS = ["Facebooktwittermail", "Skip to content", "Related posts", "Leave a Reply"]


def shuffled(lines: list[str]) -> list[str]:
    return [line for pair in zip(BUTTONS, lines, strict=True) for line in pair]


def test_aggressive_takes_short_lines_with_the_furniture_around_them() -> None:
    text = "\n".join(["A day at sea", *STORY, *shuffled(BETWEEN), BUTTONS[0]])
    assert removed(text, "aggressive") == [*shuffled(BETWEEN), BUTTONS[0]]
    assert set(removed(text)).isdisjoint(BETWEEN[:1])
    (finding,) = (f for f in findings(text, "aggressive") if text[f.start : f.end] == BETWEEN[0])
    assert finding.verdict.rule == "boilerplate/zone"
    assert finding.verdict.score == 2.0
    assert "a short line in a stretch of boilerplate: " in reason(finding.verdict)
    assert "the lines around are furniture at odds of " in reason(finding.verdict)


@pytest.mark.parametrize(
    "parts",
    [
        [*BETWEEN, *STORY],  # nothing is known to be furniture
        ["A day at sea", *BUTTONS, *BETWEEN[:2], *STORY],  # title and author
        [*STORY[:2], *BETWEEN, STORY[2], *BUTTONS],  # inside the text
        [*STORY, *(f"The men of the {word} house were late again." for word in BETWEEN), *BUTTONS],  # sentences
        [*STORY, *BUTTONS, "tide = read(8);", "print(pdf, email)"],  # code
    ],
)
def test_aggressive_leaves_what_is_no_zone(parts: list[str]) -> None:
    assert set(removed("\n".join(parts), "aggressive")) <= set(BUTTONS)


def test_zone_is_surer_of_short_lines_and_of_those_outside_the_text() -> None:
    lines = [f"The long and {word} history of the salt house" for word in ("dark", "happy", "quiet", "sad")]
    for middle, goes in ((lines, False), (["Tar", "Rope", "Net", "Salt"], True)):
        text = "\n".join(["A day at sea", *STORY, *(MENU[0], *middle[:2], MENU[1], *middle[2:], BUTTONS[1])])
        assert (not set(middle).isdisjoint(removed(text, "aggressive"))) == goes
    inside = [*STORY[:2], BUTTONS[0], lines[0], BUTTONS[1], STORY[2]]
    assert lines[0] not in removed("\n".join(inside), "aggressive")


def test_first_line_is_no_part_of_a_zone() -> None:
    text = "\n".join(["A day at sea", *BUTTONS, "By the quay", "Anna", *STORY, *BUTTONS])
    assert removed(text, "aggressive") == [*BUTTONS, *BUTTONS]


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=30), st.integers(0, 29), st.floats(0, 3))
def test_what_speaks_for_furniture_raises_the_odds_of_all(weights: list[float], place: int, more: float) -> None:
    before = furniture_odds(weights)
    place %= len(weights)
    weights[place] += more
    after = furniture_odds(weights)
    assert (after >= before - 1e-9).all()
    assert (after - before).argmax() == place or more < 1e-6 or np.ptp(after - before) < 1e-9
    assert furniture_odds(weights[::-1])[::-1] == pytest.approx(after)


@given(st.lists(st.floats(-3, 0), min_size=1, max_size=60))
def test_no_furniture_without_a_line_that_speaks_for_it(weights: list[float]) -> None:
    assert (furniture_odds(weights) <= 0).all()


@pytest.mark.parametrize(
    ("line", "profiles"),
    [
        ("Related posts", ["safe", "default", "aggressive"]),
        ("12 Comments", ["default", "aggressive"]),
        ("Read more", ["aggressive"]),
        ("Newsletter\nHome\nSearch", ["aggressive"]),
        ("Newsletter", []),  # as likely a heading, or a direction of a play
        ("A day at sea", []),
    ],
)
def test_profiles_differ_by_threshold(line: str, profiles: list[str]) -> None:
    text = f"A day at sea\n\n{BODY}\n\n{line}\n"
    for profile in ("safe", "default", "aggressive"):
        assert removed(text, profile) == (line.split("\n") if profile in profiles else [])


def test_directions_of_a_play_stay() -> None:
    """They are words of menus, one at a time. That all plays have them, before another line each time, says no more."""
    plays = []
    for title in ("Tar", "Rope", "Salt", "Net", "Eel"):
        said = iter([f"She said {letter * 3} to {title}." for letter in "abcdefghijklmnopqrstuvwx"])
        acts = []
        for direction in ("Music", "Listen") * 3:
            acts += [direction, next(said), "Indeed so.", next(said), next(said), "Never, my lord.", next(said)]
        plays.append("\n\n".join([title, STORY[0], *acts]))
    for profile in ("safe", "default", "aggressive"):
        assert removed(plays[0], profile) == []
        assert removed(plays[0], profile, count(plays)) == []


def test_findings_explain_themselves() -> None:
    text = f"{BODY}\n\nPrint Friendly, PDF & Email\n"
    (finding,) = findings(text)
    assert finding.verdict.rule == "boilerplate/share"
    assert finding.verdict.score == pytest.approx(sum(point.value for point in finding.verdict.points))
    assert reason(finding.verdict) == (
        'a share widget: "print friendly pdf & email", outside the running text, '
        "short, no full stop (4.5 points, 3 remove)"
    )


def test_explain_line_of_kept_and_found_lines() -> None:
    text = f"A day at sea\n\n{BODY}\n\nShare this article\n"
    number = len(split_lines(text))
    assert explain_line(text, number, LEXICON, None, 0, Config()).outcome is Outcome.REMOVE
    kept = explain_line(text, 3, LEXICON, None, 0, Config())
    assert (kept.outcome, [point.name for point in kept.points]) == (Outcome.KEEP, ["edge", "prose"])
    assert explain_line(text, 2, LEXICON, None, 0, Config()).points == ()
    for number in (0, 99):
        with pytest.raises(IndexError):
            explain_line(text, number, LEXICON, None, 0, Config())


def test_line_ends_and_white_space() -> None:
    text = f"{BODY}\r\n\r\n  Share this article \r\nFacebooktwittermail"
    assert [text[f.start : f.end] for f in findings(text)] == ["  Share this article ", "Facebooktwittermail"]


BLOCKS = (
    *FURNITURE,
    *(line for _, line in KEPT_ANYWHERE),
    *STORY,
    "",
    "A heading",
    "Posted by",
    f"{STORY[1]} [Read more]",
)


def judged(found: list[LineFinding]) -> list[Verdict]:
    """Findings for review, wherever they stand."""
    return [finding.verdict for finding in found if finding.verdict.outcome is Outcome.REVIEW]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(BLOCKS), max_size=25),
    st.sampled_from(["safe", "default", "aggressive"]),
    st.sampled_from(["\n", "\n\n", "\r\n\n\n"]),
    st.booleans(),
)
def test_cleaning_twice_finds_nothing_new(parts: list[str], profile: str, joint: str, brake: bool) -> None:
    text = joint.join(parts)
    config = Config(profile=profile) if brake else Config(profile=profile, brake_chars_ratio=1.0, brake_lines_ratio=1.0)
    table = count([text, text, text + "\nmore", STORY[0]])
    for frequencies in (None, table):
        found = score_document(text, LEXICON, frequencies, 0, config)
        assert found == sorted(found, key=lambda finding: finding.start)
        assert all(a.end <= b.start for a, b in pairwise(found))
        again = score_document(without(text, found), LEXICON, frequencies, 0, config)
        assert not [f for f in again if f.verdict.outcome is Outcome.REMOVE]
        assert judged(again) == judged(found)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_scored(text: str) -> None:
    for finding in findings(text):
        assert 0 <= finding.start < finding.end <= len(text)


# -- document frequency


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(BLOCKS), max_size=12), max_size=5),
    st.sampled_from(["safe", "default", "aggressive"]),
    st.booleans(),
)
def test_a_document_is_scored_as_if_it_were_alone(pages: list[list[str]], profile: str, counted: bool) -> None:
    texts = ["\n".join(parts) for parts in pages]
    table = count([*texts, *texts, *texts, STORY[0]]) if counted else None
    config = Config(profile=profile)
    together = scored(kernels.pack(texts), [0] * len(texts), LEXICON, table, config)
    assert [found for _, found in together] == [score_document(text, LEXICON, table, 0, config) for text in texts]


def furnished(number: int, tail: str = "Printed in the harbour office\nAsk for the spring list") -> str:
    return "\n".join(
        [f"Day {number}", *(f"{part} It was day {chr(97 + number % 26) * 4}{number}." for part in STORY), tail]
    )


def test_unknown_furniture_goes_by_frequency() -> None:
    texts = [furnished(number) for number in range(30)]
    table = count(texts)
    for text in texts:
        assert removed(text, frequencies=table) == ["Printed in the harbour office", "Ask for the spring list"]
    finding = findings(texts[0], frequencies=table)[0]
    assert finding.verdict.rule == "boilerplate/frequency"
    assert "in 30 of 30 documents of its source, always at an edge" in reason(finding.verdict)


@pytest.mark.parametrize(
    ("line", "stays"),
    [
        ("On the quay you will find these:", True),
        ("在码头 你 可以 找到：", True),
        ("Ask for the spring list", False),
        ("Ask for `tides --spring`", True),
        ("The lists are:", False),  # as tags, and links to share a page, are headed
    ],
)
def test_what_introduces_a_list_and_code_stay_however_often_they_come(line: str, stays: bool) -> None:
    texts = [furnished(number, f"Printed in the harbour office\n{line}") for number in range(30)]
    furniture = ["Printed in the harbour office", *([] if stays else [line])]
    assert removed(texts[3], frequencies=count(texts)) == furniture


@pytest.mark.parametrize("head", ["TIDE TABLES", "ТАБЛИЦЫ", "Tide tables:"])
def test_what_is_set_in_below_a_head_belongs_to_it(head: str) -> None:
    """Heads of manual pages come back with the same line below, so that nothing else tells them from furniture."""
    for text, heads in (
        (f"{head}\n    /srv/tides\n", True),
        (f"{head}\n/srv/tides\n", False),
        (f"{head}\n\n    /srv/tides\n", False),
        (f"    {head}\n/srv/tides\n", False),
        (f"{head.title().rstrip(':')}\n    /srv/tides\n", False),
    ):
        packed = kernels.pack([text])
        facts = Facts(packed, line_features(*packed, LEXICON), None, 1.0)
        assert (facts.heads_block.item(0) and facts.plain_reading(0).may_head) == heads


def test_two_documents_prove_nothing() -> None:
    texts = [furnished(number) for number in range(2)]
    assert len(count(texts)) == 0
    assert [findings(text, frequencies=count(texts)) for text in texts] == [[], []]


def test_reposts_do_not_count() -> None:
    texts = [furnished(1)] * 4 + [furnished(number, "The end") for number in range(2, 7)]
    table = count(texts, countable=[True, False, False, False, *[True] * 5])
    assert not table.frequent(line_keys(texts[0], split_lines(texts[0]))).any()


def test_headings_are_not_furniture() -> None:
    heads = ("NAME", "DESCRIPTION", "SEE ALSO", "Conclusion", "Fazit")
    texts = [
        "\n".join(f"{head}\nThe {head.lower()} of tool {chr(97 + number) * 3} is its own, and short" for head in heads)
        for number in range(26)
    ]
    assert [removed(text, frequencies=count(texts)) for text in texts] == [[]] * 26


def test_headings_across_sites_are_not_furniture() -> None:
    texts = [
        f"Title {chr(97 + n) * 4}\n\n{STORY[n % 3]}\n\nFazit\n\n{STORY[(n + 1) % 3]} {chr(97 + n) * 5}.\n"
        for n in range(24)
    ]
    table = count(texts, list(range(24)))
    assert [removed(text, frequencies=table) for text in texts] == [[]] * 24


CELLS = ["ferry-timetable", "harbour-office", "pilot-cutter", "tide-gauge"]


def manuals(feet: Callable[[int], list[str]]) -> list[str]:
    """The pages of eight manuals, fourteen each; *feet* says what ends a page of a number."""
    return [
        "\n".join([f"Page {chr(97 + manual) * 4}", *STORY, f"{chr(97 + page) * 5} ends here.", *feet(page)])
        for manual in range(8)
        for page in range(14)
    ]


def test_what_sources_have_on_one_page_each_is_content_in_common() -> None:
    """Translations of a manual share the tables that nobody translates; menus are on every page."""
    sources = [number // 14 for number in range(8 * 14)]
    pages = manuals(lambda page: CELLS if page == 3 else [])
    table = count(pages, sources)
    assert table.points(0, int(line_keys(CELLS[0], split_lines(CELLS[0]))[0])) == []
    assert [removed(page, "default", table) for page in pages] == [[]] * len(pages)
    pages = manuals(lambda page: CELLS)
    assert [removed(page, "default", count(pages, sources)) for page in pages] == [CELLS] * len(pages)


def test_a_button_may_be_on_few_pages_of_its_sites() -> None:
    pages = manuals(lambda page: ["Reply"] if page == 3 else [])
    table = count(pages, [number // 14 for number in range(8 * 14)])
    key = int(line_keys("Reply", split_lines("Reply"))[0])
    assert [point.name for point in table.points(0, key, trusted=True)] == ["sites"]
    assert table.points(0, key) == []


def test_lone_word_at_the_edge_on_many_sites_is_reported() -> None:
    texts = [
        f"Cake {chr(97 + n) * 4}\nIngredients\nNuts {chr(97 + n) * 5}\nA title\n{STORY[n % 3]}\n" for n in range(24)
    ]
    table = count(texts, list(range(24)))
    assert [removed(text, frequencies=table) for text in texts] == [[]] * 24


def test_headings_above_a_constant_line_are_not_furniture() -> None:
    texts = [f"{STORY[n % 3]}\nAuthor\nWritten by\n{chr(97 + n) * 4} Doe\n" for n in range(20)]
    assert [removed(text, frequencies=count(texts)) for text in texts] == [[]] * 20


def test_labels_above_values_are_not_furniture() -> None:
    texts = [f"{STORY[n % 3]}\nIssued\n{1900 + n}\nPlace\nBergen {chr(97 + n) * 4}\n" for n in range(20)]
    assert [removed(text, frequencies=count(texts)) for text in texts] == [[]] * 20


def test_licence_notice_on_every_page_is_reported() -> None:
    texts = [furnished(n, "Licensed under the Example Licence, version 2") for n in range(12)]
    (finding,) = findings(texts[0], frequencies=count(texts))
    assert (finding.verdict.outcome, finding.verdict.guard) == (Outcome.REVIEW, "legal")


def test_navigation_that_the_lexicon_knows_needs_no_successor_test() -> None:
    texts = [
        f"{STORY[n % 3]}\nPrevious\nStory of {chr(97 + n) * 4}\nNext\nStory of {chr(98 + n) * 4}\n" for n in range(20)
    ]
    assert removed(texts[0], frequencies=count(texts)) == ["Previous", "Next"]


def test_frequencies_do_not_depend_on_order() -> None:
    texts = [furnished(number) for number in range(12)]
    sources = [number % 3 for number in range(12)]
    one = count(texts, sources)
    other = count(texts[::-1], sources[::-1])
    for field in (
        "keys",
        "sites",
        "documents",
        "_starts",
        "_source",
        "_df",
        "_occurrences",
        "_successors",
        "_block",
        "_edges",
    ):
        assert np.array_equal(getattr(one, field), getattr(other, field)), field
    copy = pickle.loads(pickle.dumps(one))
    for key in line_keys(texts[0], split_lines(texts[0])).tolist():
        assert copy.evidence(0, key) == one.evidence(0, key)


LINES = ["Alpha line", "Spring list", "Other words", "Home", "Alpha beta", "Quay side", "12.50"]
small_corpora = st.lists(
    st.tuples(st.lists(st.sampled_from(LINES), max_size=6), st.integers(0, 2)), min_size=1, max_size=24
)


@settings(max_examples=300, deadline=None)
@given(small_corpora, small_corpora)
def test_every_line_that_may_score_higher_is_raised(
    before: list[tuple[list[str], int]], after: list[tuple[list[str], int]]
) -> None:
    """Points in any source, trusted or not, rise only for lines that are named."""
    earlier, later = (
        count(["\n".join(rows) for rows, _ in corpus], [n for _, n in corpus]) for corpus in (before, after)
    )
    raised = set(later.raised_since(earlier).tolist())
    for line in LINES:
        key = int(line_keys(line, split_lines(line))[0])
        for source, trusted in product((0, 1, 2, 7), (False, True)):
            was, now = (
                sum(point.value for point in table.points(source, key, trusted=trusted)) for table in (earlier, later)
            )
            assert key in raised or now <= was
    assert not len(later.raised_since(later))


def test_keys_that_are_known_are_not_made_again() -> None:
    texts = [furnished(number) for number in range(12)]
    documents, sources = kernels.pack(texts), [0] * len(texts)
    keys = np.concatenate([line_keys(text, split_lines(text)) for text in texts])
    found = scored(documents, sources, LEXICON, count(texts), Config(), keys)
    assert found == scored(documents, sources, LEXICON, count(texts), Config())
    assert [text for text, _ in found] == texts
    assert all(each for _, each in found)


def test_evidence_counts() -> None:
    texts = ["Alpha line\nSpring list", "Alpha line\nSpring list\nSpring list", "Alpha line\nOther words", "Alpha line"]
    table = count(texts, [0, 0, 0, 1])
    alpha, spring = line_keys("Alpha line\nSpring list", split_lines("Alpha line\nSpring list"))
    found = table.evidence(0, int(alpha))
    assert found is not None
    assert (found.df, found.documents, found.sites, found.edge_ratio) == (3, 3, 2, 1.0)
    assert found.successor_ratio == 0.5  # two different lines follow in three places
    assert not table.frequent(np.array([spring])).any()
    elsewhere = table.evidence(7, int(alpha))
    assert elsewhere is not None
    assert (elsewhere.df, elsewhere.documents, elsewhere.sites) == (0, 0, 2)
    assert [point.name for point in table.points(0, int(alpha), trusted=True)] == ["source-df", "sites"]
    assert table.points(0, int(alpha)) == []
    assert table.points(0, 12345) == []


@pytest.mark.parametrize(("df", "documents"), [(3, 3), (3, 5), (5, 10), (8, 20), (28, 100), (225, 1000)])
def test_least_counts_that_pass_a_fifth(df: int, documents: int) -> None:
    assert wilson_lower(df, documents) >= 0.2
    assert df == 3 or wilson_lower(df - 1, documents) < 0.2


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Page 3 of 9", "PAGE 12 OF 10", True),
        ("Posted on June 3, 2015", "posted on  May 12, 2024", True),
        ("Updated Monday, 10:30", "updated Friday, 9:15", True),
        ("Write to a@example.org", "Write to b.c@example.net", True),
        ("See https://example.org/a", "See www.example.net", True),
        ("Ｆｏｌｌｏｗ us", "follow us", True),
        ("The march went on", "The may went on", False),
        ("Follow us", "Follow me", False),
    ],
)
def test_masks(one: str, other: str, same: bool) -> None:
    first, second = (line_keys(line, split_lines(line))[0] for line in (one, other))
    assert (first == second) == same


def test_keys_are_the_same_everywhere() -> None:
    text = "Print this page\n\nA day, 12 May 2014\n7\n"
    keys = line_keys(text, split_lines(text))
    assert [int(key) for key in keys] == GOLDEN_KEYS
    assert len(line_keys("", [])) == 0


GOLDEN_KEYS = [7003870710788545423, 1560811906443344187, 0]

# -- notices of rights


@pytest.mark.parametrize(
    "line",
    [
        "© 2014 Jane Doe",
        "Licensed under the Example Licence",
        "KEINE GARANTIE, soweit gesetzlich zulässig.",
        "Alle Rechte vorbehalten",
        "Tous droits réservés",
        "Todos los derechos reservados",
        "Tutti i diritti riservati",
        "Todos os direitos reservados",
        "Licença Pública Geral, versão 3",
        "Alle rechten voorbehouden",
        "Wszelkie prawa zastrzeżone",
        "Все права защищены авторским правом",
        "Άδεια χρήσης",
        "版权所有",
        "著作権は作者にあります",
        "جميع الحقوق محفوظة",
        "Všechna práva vyhrazena",
        "Alla rättigheter förbehållna",
        "Alle rettigheder forbeholdes",
        "Alle rettigheter forbeholdt",
        "Kaikki oikeudet pidätetään",
        "Minden jog fenntartva",
        "Toate drepturile rezervate",
        "Усі права захищено",
        "Tüm hakları saklıdır",
        "Bản quyền thuộc về tác giả",
        "Hak cipta dilindungi",
        "무단전재 및 재배포 금지",
    ],
)
def test_lines_about_rights_in_all_languages(line: str) -> None:
    assert is_legal_line(line)


@pytest.mark.parametrize(
    "line",
    [
        "All that is right",
        "Der rechte Weg",
        "Un droit",
        "Prawa strona",
        "правая рука",
        "版",
        "著者",
        "حق",
        "På rätt väg",
        "Jó jog",
        "Hak kami",
        "права рука",
        "저자",
    ],
)
def test_words_that_only_look_like_rights(line: str) -> None:
    assert not is_legal_line(line)


def test_a_notice_of_copyright_stays_in_the_middle_of_a_menu() -> None:
    menu = ["Home", "About", "Products", "© 2014 Hawthorne", "Blog", "Contact", "Log in"]
    text = "\n".join([*menu, "A day at sea", BODY])
    gone = removed(text)
    assert "Products" in gone
    assert "© 2014 Hawthorne" not in gone


# -- the lexicon


def test_shipped_lexicon_is_sound() -> None:
    entries = list(LEXICON.phrases())
    assert len(entries) > 30_000
    assert {entry.strength for entry in entries} <= set(STRENGTHS)
    known = "ar bg bn ca cs da de el en es et fa fi fr he hi hr hu id it ja ko lt lv my nl no pl pt ro ru sk sl sr sv"
    assert {*known.split(), "sw", "th", "tr", "uk", "vi", "zh", "und"} == {entry.language for entry in entries}
    assert pickle.loads(pickle.dumps(LEXICON)).fingerprint() == LEXICON.fingerprint()


def test_shipped_entries_are_written_in_normal_form_and_once() -> None:
    """Which the loader relies on: to bring tens of thousands into it would take as long as a small run."""
    rows: list[str] = []
    for path in sorted((Path(lexicon.__file__).parent / "lexicons").glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        rows += [row for row in text.splitlines() if row and row[0] != "#"]
        written, brought = Entries(), Entries()
        written.add(text, path.name, override=False, normal=True)
        brought.add(text, path.name, override=False)
        for name in ("phrases", "templates", "vocabulary"):
            assert getattr(written, name) == getattr(brought, name), path.name
    phrases = [row.split(" ", 4)[4] for row in rows if row.split(" ", 1)[0] in STRENGTHS]
    assert sorted(phrases) == sorted({*phrases})


def test_every_shipped_entry_fits_an_example_of_itself() -> None:
    def example(phrase: str) -> str:
        filled = phrase.replace("<NUM>", "12").replace("<DATE>", "12 May 2014")
        return re.sub(r"<ANY:(\d+)-\d+>", lambda match: " ".join(["word"] * int(match[1])), filled)

    assert [entry for entry in LEXICON.phrases() if LEXICON.find(example(entry.phrase)) is None] == []


@pytest.mark.parametrize(
    ("line", "phrase"),
    [
        ("12条评论", "<NUM> 条评论"),
        ("１２条评论", "<NUM> 条评论"),
        ("3件のコメント", "<NUM> 件のコメント"),
        ("コメント3件", "コメント <NUM> 件"),
        ("阅读：120", "阅读 <NUM>"),
        ("残り1,234文字", "残り <NUM> 文字"),
        ("第1页/共12页", "第 <NUM> 页/共 <NUM> 页"),
        ("发表于2024年5月12日 10:30", "发表于 <DATE>"),
        ("公開日：2024年5月12日（日）", "公開日 <DATE>"),
        ("8-minute read", "<NUM> minute read"),
        ("Showing 1-12 of 33 results", "showing <NUM> of <NUM> results"),
        ("Showing 1–12 of 33 results", "showing <NUM> of <NUM> results"),
        ("12条评论都很好", None),
        ("公開日は2024年5月12日です", None),
        ("12-comments", "<NUM> comments"),
        ("x12 comments", None),
    ],
)
def test_numbers_that_are_written_in_one_with_a_word(line: str, phrase: str | None) -> None:
    entry = LEXICON.find(line)
    assert (entry.phrase if entry else None) == phrase


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="<"), min_size=1), max_size=4))
def test_phrases_of_a_file_have_the_normal_form_of_each(phrases: list[str]) -> None:
    """They are brought into it together: what begins a line must not join what ends the one before."""
    lines = ["x" + "".join(phrase.split()) for phrase in phrases]
    lines += [f"{line}\u0301" for line in lines]
    entries = Entries()
    entries.add("".join(f"keep = {line}\n" for line in lines), "mine", override=True)
    assert entries.keeps == {normal_form(line) for line in lines}


@pytest.mark.parametrize(
    "word",
    [
        *["home", "menu", "search", "print", "email", "read on", "accept", "all rights reserved", "more"],
        *["see also", "fehler melden", "rechercher", "redes sociales", "veja também", "verder lezen", "zobacz także"],
        *["смотрите также", "κοινή χρήση", "延伸阅读", "関連情報", "print preview", "session cookies"],
    ],
)
def test_ordinary_words_are_weak(word: str) -> None:
    entry = LEXICON.get(normal_form(word))
    assert entry is not None
    assert entry.strength == "weak"


@pytest.mark.parametrize(
    ("line", "strength"),
    [
        ("You must be logged in to post a comment", "strong"),
        ("3 responses to “A day at sea”", "counter"),
        ("1 thought on “A day at sea”", "counter"),
        ("Thanked 12 Times in 3 Posts", "rank"),
        ("Joined: 12 May 2014", "rank"),
        ("Posted 2 hours ago", "byline"),
        ("Joined the army in 1943", None),
        ("You must be logged in to post a comment, or to read any of the others that stand here", None),
        ("Pages 3 of 9", None),
        ("x" * 300, None),
        ("", None),
    ],
)
def test_templates(line: str, strength: str | None) -> None:
    entry = LEXICON.find(line)
    assert (entry.strength if entry else None) == strength


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("strong share en", "not an entry"),
        ("sure share en = x y", "unknown strength 'sure'"),
        ("strong share en = ...", "no letters"),
        ("friend = x", "unknown kind of entry 'friend'"),
        ("keep > x", "unknown kind of entry 'keep'"),
        ("strong share en = <ANY:1-3> and <ANY:1-3>", "placeholders on both sides"),
        ("strong share en = go <ANY:5-2>", "not a range"),
    ],
)
def test_errors_name_the_line(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "mine.txt"
    path.write_text(f"# mine\n\n{text}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=problem) as caught:
        Lexicon.load([str(path)])
    assert caught.value.place == f"{path}:3"
    assert caught.value.advice


def test_missing_and_undecodable_lexicon(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        Lexicon.load([str(tmp_path / "none.txt")])
    (tmp_path / "bad.txt").write_bytes(b"strong share en = \xff\n")
    with pytest.raises(ConfigError, match="UTF-8"):
        Lexicon.load([str(tmp_path / "bad.txt")])


def test_user_file_extends_and_keeps(tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_text(
        "strong feet en = ask for the spring list\nkeep = Share this article\nweak share en = related posts\n"
    )
    mine = Lexicon.load([str(path)])
    assert mine.fingerprint() != LEXICON.fingerprint()
    text = f"A day at sea\n\n{BODY}\n\nAsk for the spring list\n\nShare this article\n\nRelated posts\n"
    found = score_document(text, mine, None, 0, Config())
    assert [(f.verdict.rule, f.verdict.outcome) for f in found] == [
        ("boilerplate/feet", Outcome.REMOVE),
        ("boilerplate/share", Outcome.REVIEW),
    ]
    assert explain_line(text, len(split_lines(text)) - 2, mine, None, 0, Config()).guard == "keep"


def test_widgets() -> None:
    vocabulary = LEXICON.vocabulary
    assert split_joined("facebooktwittermail", vocabulary) == ["facebook", "twitter", "mail"]
    for word in ("facebooks", "newsletter", "postscript", "linkedinto", "sharepoint", "x" * 200):
        assert split_joined(word, vocabulary) is None
    widget = read_widget("Share on Facebook", "share on facebook", LEXICON)
    assert widget is not None
    assert (widget.services, widget.actions) == (("facebook",), 1)
    assert menu_items("Soup | Fish | Home", "soup fish home", LEXICON) == 0


@pytest.mark.parametrize(
    ("line", "is_bar"),
    [
        ("Home About us Contact Log in", True),
        ("Startseite Über uns Kontakt Impressum Datenschutz Newsletter", True),
        ("Home News Sport Contact Help Search", True),
        ("Popular Home Security Tools", False),  # a heading, of words that menus have too
        ("Mobile Health Technology News", False),
        ("Learn about open source AI platforms", False),  # a sentence begins with a capital, an entry does
        ("No video subscription required", False),
        ("Search help by email", False),
        ("Export | yes | no | yes | yes | no", False),  # a row of a table
        ("Contact | Contact | Contact", False),
    ],
)
def test_menu_bars_are_told_from_headings_and_rows(line: str, is_bar: bool) -> None:
    assert (menu_items(line, normal_form(line), LEXICON) > 0) == is_bar


# -- context


@given(
    st.lists(st.lists(st.tuples(st.booleans(), st.integers(1, 400)), max_size=12), max_size=6),
    st.sampled_from([0.0, 0.4]),
)
def test_the_edges_of_a_text_do_not_depend_on_those_beside_it(
    texts: list[list[tuple[bool, int]]], dense: float
) -> None:
    def edges(some: list[list[tuple[bool, int]]]) -> list[list[int]]:
        lines = np.array([line for text in some for line in text], dtype=np.int64).reshape(-1, 2)
        offsets = np.append(0, np.cumsum([len(text) for text in some], dtype=np.int64))
        found: list[list[int]] = find_edges(lines[:, 0] > 0, lines[:, 1], offsets, dense).tolist()
        return found

    assert edges(texts) == [pair for text in texts for pair in edges([text])]


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 900)), min_size=1, max_size=14))
def test_the_densest_stretch_is_the_one_with_the_largest_sum(lines: list[tuple[bool, int]]) -> None:
    good, lengths = (np.array(column) for column in zip(*lines, strict=True))
    places = np.flatnonzero(good)
    if not len(places) or places[-1] - places[0] + 1 == len(places):
        return
    top, bottom = find_edges(good, lengths, np.array([0, len(lines)]))[0]
    assert (top, bottom) == (places[0] - 1, places[-1] + 1)
    top, bottom = find_edges(good, lengths, np.array([0, len(lines)]), dense=0.0)[0]
    worth = [min(length, 600) if is_good else -20 for is_good, length in lines]
    sums = {(first, stop): sum(worth[first:stop]) for stop in range(1, len(worth) + 1) for first in range(stop)}
    assert (top + 1, bottom) in sums
    assert sums[top + 1, bottom] == max(sums.values())


def test_good_lines_and_edges() -> None:
    wrapped = [STORY[0][place : place + 70] for place in range(0, len(STORY[0]), 70)]
    contents = ["Home", "Title", "", *wrapped, "", "Foot"]
    good = good_lines(contents)
    assert good == [False, False, False, *[True] * len(wrapped), False, False]
    flags = np.array([*(flag for flag, content in zip(good, contents, strict=True) if content), *[False] * 9])
    present = len(contents) - contents.count("")
    lengths = np.ones(len(flags), dtype=np.int64)
    edges, without_text = starmap(Edges, find_edges(flags, lengths, np.array([0, present, present + 9])).tolist())
    assert [place for place in range(present) if edges.has(place)] == [0, present - 1]
    assert [place for place in range(9) if without_text.has(place)] == [0, 1, 2, 6, 7, 8]
    assert good_lines(
        [
            "東京では昨日から雨が降り続いており、電車は朝から大幅に遅れていたが、昼過ぎにはようやく雨も上がり、人々は傘を閉じて歩いた。"
        ]
    ) == [True]


# -- the two real pages


def real(name: str) -> str:
    path = REAL / name
    if not path.is_file():
        pytest.skip(f"{path} is not there; set DEDUPE_TEST_REAL to its folder")
    return path.read_text(encoding="utf-8")


def test_real_blog_post() -> None:
    text = real("blog-post.txt")
    found = findings(text)
    assert [text[f.start : f.end] for f in found] == [
        " [Continue reading…]",
        "Print Friendly, PDF & Email",
        "Facebooktwittermail",
    ]
    assert all(f.verdict.outcome is Outcome.REMOVE for f in found)


def test_real_forum_post() -> None:
    text = real("forum-post.txt")
    start_of_31 = split_lines(text)[30].start
    found = [f for f in findings(text) if f.start < start_of_31]
    assert [text[f.start : f.end] for f in found] == ["Scorpion", "THINK TANK: SENIOR"]
    assert all(f.verdict.outcome is Outcome.REMOVE for f in found)
    assert "header-pair" in {point.name for point in found[0].verdict.points}


def _references(documents: int) -> list[Document]:
    """An interface described page by page: the same metadata and headings in every section."""
    rng = random.Random(11)
    words = "buffer stream handle reader socket table cursor value queue signal worker frame index token label".split()

    def sentence() -> str:
        return f"The {' '.join(rng.sample(words, 7))} returns {rng.randint(2, 900)} {rng.choice(words)} entries."

    pages = []
    for number in range(documents):
        sections = [f"# {words[number % len(words)].title()} {number}\n\n{sentence()} {sentence()}\n"]
        for _ in range(12):
            name = f"{rng.choice(words)}.{rng.choice(words)}{rng.randint(1, 99)}()"
            added, changed = rng.randint(1, 20), rng.randint(1, 9)
            sections.append(
                f"## `{name}`\n\n<!-- YAML\nadded: v{added}.0.0\nchanges:\n  - version: v{changed}.1\n"
                f"    description: {sentence()}\n-->\n\n{sentence()}\n\n"
                f"Errors\n\n{sentence()} {sentence()}\n\nSee also\n\n* `{rng.choice(words)}`\n"
            )
        pages.append(Document(f"{number}.md", "\n".join(sections), source=f"package-{number % 6}"))
    return pages


def test_metadata_and_headings_of_a_reference_stay() -> None:
    result = dedupe.clean(_references(40), Config(unit="document"))
    taken = [op for op in result.log if op["t"] == "op" and op["applied"] and op["rule"].startswith("boilerplate/")]
    assert taken == []


def test_a_licence_in_capitals_stays_whole_however_it_is_wrapped() -> None:
    licence = (
        "THE MATERIAL IS PROVIDED AS IT IS, AND NOBODY PROMISES THAT IT IS FIT FOR ANY USE, WHATEVER THE USE MAY BE.\n"
        "IN NO EVENT SHALL THE {name} BE HELD TO ACCOUNT FOR ANY LOSS THAT COMES OF THE MATERIAL OR OF\n"
        "ITS USE BY OTHERS, NOR FOR ANYTHING THAT FOLLOWS FROM HAVING PASSED IT ON TO THEM\n"
        "WITH THE PERMISSION OF THE {name} OR WITHOUT.\n"
    )
    documents = [
        Document(
            f"{n}",
            f"Extension {n}\n\n{licence.format(name=f'GROUP OF {n}')}\nNumber {n} draws {n + 3} lines.\n",
            source=f"p{n % 4}",
        )
        for n in range(24)
    ]
    result = dedupe.clean(documents, Config(unit="document"))
    kept = {document.id: document.text for document in result.documents}
    assert all(licence.format(name=f"GROUP OF {n}") in kept[str(n)] for n in range(24))


CONJUNCTIONS = """
and or but with for of the und oder aber nicht mit von alle et ou avec pour dans une y pero con para los e com uma
en maar met voor van over het i lub ale dla nie и или но для не è ma per och eller men med og av ja tai mutta ve veya
ile és vagy a az
"""


@pytest.mark.parametrize("word", sorted(set(CONJUNCTIONS.split())))
def test_conjunctions_of_one_language_are_no_words_of_menus_in_another(word: str) -> None:
    """``oder`` is the stage of Slovenian theatres, and stands alone between the alternatives of German laws."""
    assert LEXICON.get(word) is None


@pytest.mark.parametrize(
    "country",
    [
        "Germany",
        "Deutschland",
        "Österreich",
        "Belgien",
        "Italia",
        "México",
        "Perú",
        "България",
        "مصر",
        "日本",
        "중국",
        "中国",
    ],
)
def test_countries_are_no_words_of_menus(country: str) -> None:
    """They are what the lists of laws, tables and appendices are made of."""
    assert LEXICON.get(normal_form(country)) is None
