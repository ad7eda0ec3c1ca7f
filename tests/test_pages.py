"""What belongs to a text stays on pages with furniture, and the furniture goes."""

from __future__ import annotations

import pytest
from templates import Template

import dedupe
from dedupe import Document

MENU, FOOT = "Home\nAbout us\nNews\nContact us\nLog in\nSearch\n\n", "\nPrint this page\nShare on Facebook\nSitemap\n"
TEXT = "{passage}\n\n{passage}\n\n"
CARD = "{title}\n\n{sentence}\n\n"

#: Lines that begin with "= " stay.
CONTENT = {
    "recipe": Template(
        CARD + "Print Recipe\n= Prep Time\n= {15 mins|20 mins|30 mins}\n= Cook Time\n= {40 mins|1 hr 20 mins}\n"
        "= Total Time\n= 1 hour\nPin Recipe\n\n" + TEXT
    ),
    "Rezept": Template(
        CARD + "Seite drucken\n= Zubereitungszeit\n= {15 Min.|20 Min.}\n= Portionen\n= 4 Personen\n\n" + TEXT, "de"
    ),
    "receta": Template(
        CARD + "= Tiempo de preparación\n= {15 minutos|20 minutos}\n= Raciones\n= 4 personas\n\n" + TEXT, "es"
    ),
    "レシピ": Template(CARD + "= 調理時間\n= {20分|30分}\n= 人数\n= 4人分\n\n" + TEXT, "ja"),
    "measures": Template(
        CARD + "= Height\n= {20 cm|30 cm}\n= Width\n= {12 cm|14 cm}\n= Weight\n= {2 kg|2.5 kg}\n\n" + TEXT
    ),
    "rating": Template(CARD + TEXT + "= {Two Stars|Three Stars|Four Stars}\n"),
    "signature": Template(CARD + TEXT + "= {name}\n"),
    "film": Template(CARD + TEXT + "= {Premiered|Shelved}\n= {Black and white|In colour}\n"),
}


def removed(texts: list[str], sources: int) -> list[set[str]]:
    """The lines that go from each of *texts*, of so many sources."""
    documents = [Document(f"{n}", text, source=f"s{n % sources}") for n, text in enumerate(texts)]
    gone: list[set[str]] = [set() for _ in texts]
    for op in dedupe.clean(documents).operations:
        if op["applied"]:
            gone[int(op["doc"])].update(op["text"].split("\n"))
    return gone


@pytest.mark.parametrize("kind", CONTENT)
@pytest.mark.parametrize(("count", "sources"), [(1, 1), (20, 1)])
def test_what_belongs_to_a_text_stays_among_furniture(kind: str, count: int, sources: int) -> None:
    marked = CONTENT[kind].write(count)
    stays = [[line[2:] for line in text.split("\n") if line.startswith("= ")] for text in marked]
    gone = removed([MENU + text.replace("= ", "") + FOOT for text in marked], sources)
    for lines, of_text in zip(stays, gone, strict=True):
        assert [line for line in lines if line in of_text] == []
        assert {"About us", "Share on Facebook", "Sitemap"} <= of_text


def test_the_counters_of_posts_go() -> None:
    """A title and a counter by turns are no labels and measures."""
    posts = "".join(f"{{word}} {{word}}\n{n} comments\n" for n in (12, 7, 31, 5))
    (gone,) = removed(Template(TEXT + posts + FOOT).write(1), 1)
    assert {"12 comments", "7 comments", "31 comments"} <= gone


NOTICE = """\
The data that our library keeps

This notice says what personal data our library keeps, why we keep it and for how long. It is for the reading rooms
and for the pages that you are looking at, and it was last read through by the trustees in spring.

Cookies

Our pages use cookies so that they know which shelf you looked at last. A cookie is a small file that the pages leave
on your device. Some cookies go when you close the browser, and the others stay with you for a year.

By using this site you agree to our use of cookies.

Unsubscribe from our newsletter

We send a newsletter to the readers who asked for it, with news of the map room and of what is on show there. The
newsletter comes four times a year, and in every newsletter there is a link by which you no longer get it.

We keep these data in the office by the harbour, in a safe to which the two of us who look after them have the key.
"""
ERKLÄRUNG = """\
Welche Daten unsere Bücherei speichert

Diese Erklärung sagt, welche Daten unsere Bücherei speichert, warum sie das tut und wie lange. Sie gilt für die
Lesesäle und für die Seiten, die Sie gerade lesen, und wurde im Frühjahr vom Vorstand durchgesehen.

Newsletter abbestellen

Den Newsletter schicken wir viermal im Jahr an alle, die ihn haben wollten, mit Neuem aus dem Kartensaal. In jedem
Newsletter steht ein Verweis, mit dem Sie ihn nicht mehr bekommen; wer keinen Newsletter will, kann auch schreiben.

Wir bewahren diese Daten im Büro am Hafen auf, in einem Schrank, zu dem nur zwei von uns einen Schlüssel haben.
"""


@pytest.mark.parametrize("notice", [NOTICE, ERKLÄRUNG])
@pytest.mark.parametrize("menu", ["", MENU])
def test_a_phrase_that_is_a_subject_of_its_text_stays(notice: str, menu: str) -> None:
    assert dedupe.clean([Document("notice", menu + notice)]).documents[0].text.endswith(notice)


def test_the_same_phrases_go_where_the_text_speaks_of_something_else() -> None:
    first, second = Template("{passage}\n").write(2)
    phrases = {"By using this site you agree to our use of cookies.", "Newsletter abbestellen"}
    (gone,) = removed(["\n".join([first, "Newsletter abbestellen", second, *phrases])], 1)
    assert phrases <= gone
