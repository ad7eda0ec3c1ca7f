"""What texts of a kind say in all of them stays, and what the pages of a site have around their texts does not.

In both nothing but its frequency speaks against a line: no lexicon has the words, and the furniture is in a language
that nobody speaks.
"""

from __future__ import annotations

import pytest
from templates import Template

import dedupe
from dedupe import Document

FORMULAS = {
    "leaflet": Template("{title}\n\n{passage}\n\n{passage}\n\nDo not drive.\n"),
    "leaflet with a block": Template(
        "{title}\n\n{passage}\n\nDo not drive.\nDo not drink alcohol.\nKeep out of the reach of children.\n"
    ),
    "Beipackzettel": Template("{title}\n\n{passage}\n\n{passage}\n\nFür Kinder unzugänglich aufbewahren.\n", "de"),
    "notice du médicament": Template(
        "{title}\n\n{passage}\n\nTenir hors de la portée des enfants.\n\n{passage}\n\nNe pas avaler.\n", "fr"
    ),
    "minutes": Template(
        "{title}\n\n{name} was in the chair.\n\n{passage}\n\nThe motion was carried.\n\n{passage}\n\n"
        "The meeting was then closed.\n"
    ),
    "minutes with votes": Template(
        "{title}\n\n{passage}\n\nThe motion was {carried|lost}.\n\n{passage}\n\nThe meeting was {closed|adjourned}.\n"
    ),
    "Protokoll": Template(
        "{title}\n\n{passage}\n\nDer Antrag wurde angenommen.\n\nDie Sitzung ist geschlossen.\n", "de"
    ),
    "judgment": Template("{title}\n\n{passage}\n\n{passage}\n\n{Appeal dismissed.|Appeal allowed.}\n"),
    "judgment without a full stop": Template(
        "{title}\n\n{passage}\n\n{passage}\n\n{Appeal dismissed|Appeal allowed}\n"
    ),
    "order": Template("{title}\n\n{passage}\n\n{passage}\n\nIT IS SO ORDERED.\n\n{name}, J.\n"),
    "arrêt": Template(
        "{title}\n\n{passage}\n\nPAR CES MOTIFS :\n\n{REJETTE le pourvoi.|CASSE et ANNULE l'arrêt attaqué.}\n", "fr"
    ),
    "Urteil": Template(
        "{title}\n\n{passage}\n\n{Die Revision wird zurückgewiesen.|Die Klage wird abgewiesen.}\n", "de"
    ),
    "recipe": Template("{title}\n\n{number} g of flour\n\n{passage}\n\nServe at once.\n"),
    "recipe with two ends": Template("{title}\n\n{passage}\n\n{Serve at once.|Serve cold.}\n\nEnjoy!\n"),
    "Rezept": Template("{title}\n\n{passage}\n\nSofort servieren.\n\nGuten Appetit!\n", "de"),
    "receta": Template("{title}\n\n{passage}\n\n{Servir caliente.|Servir frío.}\n¡Buen provecho!\n", "es"),
    "lab report": Template("{title}\n\n{passage}\n\nCulture\nNo growth after 48 hours.\n\nSigned by {name}\n"),
    "lab report of values": Template(
        "{title}\n\n{sentence}\n\nSample received in good order.\n{No growth.|Mixed growth.}\nReported by telephone.\n"
    ),
    "contract": Template(
        "{title}\n\n{passage}\n\n{passage}\n\nThis agreement is governed by the law of the islands.\n\n"
        "Signed in two copies.\n"
    ),
    "obituary": Template(
        "{name}\n\n{passage}\n\n{passage}\n\nHe is survived by his wife and two children.\n\nMay he rest in peace.\n"
    ),
    "obituary of one line": Template("{name}, {day}\n\n{passage}\n\n{Flowers are welcome.|No flowers by request.}\n"),
    "ship log": Template(
        "{day}\n\n{sentence} {sentence}\n\n{Wind fresh.|Wind light.|Calm.}\n{All well.|Nothing to report.}\n"
    ),
    "ship log of the same end": Template("{day}\n\n{passage}\n\nPumps tried and found dry.\nAll well on board.\n"),
    "interview": Template("{title}\n\n{passage}\n\n{passage}\n\nThank you for talking to us.\n"),
    "interview with questions": Template(
        "{name}\n\nWhat was your first job?\n\n{passage}\n\nWhat would you do again?\n\n{passage}\n"
    ),
    "transcript": Template("{title}\n\n{passage}\n\n{passage}\n\nEnd of recording.\nTranscribed from tape.\n"),
    "chess": Template("{name} - {name}\n\n{passage}\n\n{passage}\n\n{White resigns.|Black resigns.|Draw agreed.}\n"),
    "chess without a full stop": Template(
        "{name} - {name}\n\n{passage}\n\n{White resigns|Black resigns|Draw agreed}\n"
    ),
    "job ad": Template("{title}\n\n{passage}\n\n{passage}\n\nWe look forward to your letter.\n"),
    "job ad with fields": Template("{title}\n\n{passage}\n\n{Full-time|Part-time}\n{Permanent|For one year}\n"),
    "job ad with the same fields": Template(
        "{title}\n\n{Full-time|Part-time}\n{Permanent|For one year}\n\n{passage}\n\n{passage}\n"
    ),
    "inventory": Template("{title}\n\n{passage}\n\n{Oil on canvas|Tempera on wood|Bronze}\n{On show|In the store}\n"),
    "product in stock": Template("{title}\n\n{passage}\n\n{In stock|Out of stock|On order}\n{Made here|Imported}\n"),
    "Bestand": Template("{title}\n\n{passage}\n\n{Öl auf Leinwand|Öl auf Holz|Bronze}\n{Ausgestellt|Im Depot}\n", "de"),
    "Stellenanzeige": Template(
        "{title}\n\n{passage}\n\nWir freuen uns auf Ihre Bewerbung.\nAuskunft gibt Frau Weber.\n", "de"
    ),
    "product": Template("{title}\n\n{passage}\n\n{Machine washable.|Dry clean only.}\nBatteries are not included.\n"),
    "faq": Template("{title}?\n\n{passage}\n\nAsk your doctor if you are not sure.\n"),
    "horoscope": Template(
        "{title}\n\n{passage}\n\n{Love is in the air.|Mind your health.|Mind your purse.}\nTrust the stars.\n"
    ),
    "horoscope of one line": Template(
        "{Aries|Taurus|Gemini|Cancer}\n\n{passage}\n\n{A lucky day|A quiet day|A hard day}\n"
    ),
    "exam": Template("{title}\n\nAnswer all questions.\n\n{passage}\n\n{passage}\n\nShow your working.\n"),
    "exam in one block": Template(
        "Answer all questions.\nShow your working.\n\n{passage}\n\n{passage}\n\nEnd of paper.\n"
    ),
    "survey": Template(
        "{title}\n\n{passage}\n\n" + "{sentence}\n\nStrongly agree\nAgree\nNeither\nDisagree\n\n" * 3 + "{passage}\n"
    ),
    "survey to the end": Template(
        "{title}\n\n" + "{passage}\n\nStrongly agree\nAgree\nNeither\nDisagree\nStrongly disagree\n\n" * 4
    ),
    "sermon": Template("{title}\n\n{passage}\n\n{passage}\n\nAmen.\n"),
    "sermon with a blessing": Template("{title}\n\n{passage}\n\nGod be with you.\nAnd also with you.\nAmen.\n"),
    "kazanie": Template("{title}\n\n{passage}\n\nSzczęść Boże.\nAmen.\n", "pl"),
    "проповедь": Template("{title}\n\n{passage}\n\n{passage}\n\nСлава Богу за всё.\nАминь.\n", "ru"),
    "خطبة": Template("{title}\n\n{passage}\n\n{passage}\n\nأقول قولي هذا وأستغفر الله لي ولكم.\n", "ar"),
    "play": Template("{title}\n\n{passage}\n\n{passage}\n\nExit.\n\nTHE END\n"),
    "tale": Template("Once upon a time.\n\n{passage}\n\n{passage}\n\nThey lived happily ever after.\n"),
    "Märchen": Template(
        "{title}\n\n{passage}\n\nUnd wenn sie nicht gestorben sind, dann leben sie noch heute.\n", "de"
    ),
    "昔話": Template("{title}\n\n{passage}\n\n{passage}\n\nめでたし、めでたし。\n", "ja"),
    "masal": Template("{title}\n\n{passage}\n\n{passage}\n\nOnlar ermiş muradına.\n", "tr"),
    "letter": Template("{day}\n\nDear Sir,\n\n{passage}\n\nI remain your obedient servant.\n\n{name}\n"),
    "carta": Template("{day}\n\nMuy señor mío:\n\n{passage}\n\nQuedo a su disposición.\nUn saludo.\n", "es"),
    "police report": Template(
        "{day}\n\n{passage}\n\n{Nobody was hurt.|Two people were hurt.}\nThe police are looking into it.\n"
    ),
    "Polizeibericht": Template("{title}\n\n{passage}\n\nVerletzt wurde niemand.\nDie Polizei ermittelt.\n", "de"),
    "weather": Template("{day}\n\n{passage}\n\n{Frost at night.|Mild at night.}\nMore wind tomorrow.\n"),
    "inspection": Template("{title}\n\n{passage}\n\n{Passed|Failed}\n\n{passage}\n\nNo further action.\n"),
    "telegram": Template("{title}\n\n{sentence}\n\nLetter follows.\nStop.\n"),
    "film review": Template("{title}\n\n{passage}\n\n{passage}\n\n{Recommended|Worth a look|Avoid}\n"),
    "auction": Template("{title}\n\n{passage}\n\n{Sold.|Not sold.}\nCondition good, some wear.\n"),
    "encyclopedia": Template("{title}\n\n{passage}\n\nSee also the main article.\n\n{passage}\n\nThis is a stub.\n"),
    "protocol with empty sections": Template("{title}\n\n{passage}\n\nLosses\nNone\n\nWitnesses\nNone\n"),
    "quiz": Template("{title}\n\n" + "{sentence}\n\nTrue\nFalse\n\n" * 3),
    "true or false": Template("{title}\n\n{passage}\n\n{sentence}\n\nTrue\nFalse\n\n{sentence}\n\nTrue\nFalse\n"),
    "book": Template("{Fiction|Essay|Poem}\n{English|German}\n{title}\n\n{passage}\n\n{passage}\n"),
    "words of a witness": Template("{title}\n\n{passage}\n\n“So help me God.”\n“So be it.”\n"),
    "song": Template("{title}\n\n" + "{title}\n{title}\n{title}\nHey ho, the wind and the rain\n\n" * 3),
    "article in parts": Template("{title}\n\n{passage}\n\n* * *\n\n{passage}\n\n* * *\n\n{passage}\n\nFINIS\n"),
    "خط": Template("{title}\n\n{passage}\n\nوالسلام علیکم۔\nشکریہ۔\n", "ar"),
    "նամակ": Template("{title}\n\n{passage}\n\nՇնորհակալություն։\nԲարի ախորժակ։\n", "ru"),
    "ደብዳቤ": Template("{title}\n\n{passage}\n\nእናመሰግናለን።\nአሜን።\n", "ru"),
    "စာ": Template("{title}\n\n{passage}\n\nကျေးဇူးတင်ပါတယ်။\nအာမင်။\n", "ru"),
    "पत्र": Template("{title}\n\n{passage}\n\nबच्चों से दूर रखें।\nधन्यवाद।\n", "ru"),
    "手紙": Template("{title}\n\n{passage}\n\nお大事に｡\nありがとう｡\n", "ja"),
    "prescription": Template("{name}\n\n{passage}\n\nTake with food.\nShake before use.\n\n{passage}\n"),
    "field notes": Template("{day}\n\n{sentence}\n\n{Dry|Wet|Windy}\n{Rare|Common}\n\n{sentence}\n"),
    "parliament": Template("{title}\n\n{passage}\n\nQuestion put and agreed to.\n\n{passage}\n\nHouse adjourned.\n"),
}


Line = tuple[int, str]


def findings(texts: list[str], sources: int) -> tuple[list[Line], list[Line]]:
    """The lines of *texts*, of so many sources, that go as boilerplate, and those that go or are for review."""
    documents = [Document(f"{n}", text, source=f"s{n % sources}") for n, text in enumerate(texts)]
    found = [op for op in dedupe.clean(documents).operations if op["rule"].startswith("boilerplate/")]
    gone, all_found = (
        [(int(op["doc"]), line) for op in ops for line in op["text"].split("\n") if line]
        for ops in ([op for op in found if op["applied"]], found)
    )
    return gone, all_found


@pytest.mark.parametrize("kind", FORMULAS)
@pytest.mark.parametrize(("count", "sources"), [(8, 1), (12, 1), (40, 1), (40, 5)])
def test_what_texts_of_a_kind_say_stays(kind: str, count: int, sources: int) -> None:
    assert findings(FORMULAS[kind].write(count), sources)[0] == []


def test_the_usual_value_of_a_field_stays() -> None:
    fields = "{" + "Full-time|" * 5 + "Part-time}\n{" + "Permanent|" * 5 + "For one year}\n"
    texts = Template("{title}\n\n{passage}\n\n" + fields).write(40)
    assert 30 < sum("Full-time" in text for text in texts) < 40
    assert findings(texts, 1)[0] == []


@pytest.mark.parametrize(
    "buttons", ["Share on Facebook\n\nSubscribe to our newsletter\n", "Print this page\nLeave a reply\n"]
)
def test_two_lines_that_come_and_go_together_above_buttons_go(buttons: str) -> None:
    """One may be the value of a field; the footer of many a site has two, and not on all of its pages."""
    text = "{title}\n\n{passage}\n\n{passage}\n\n"
    for footer, goes in (("Vel osk tarun miba\n\nKesto lumar pendo\n\n", True), ("Vel osk tarun miba\n\n", False)):
        pages = Template(text + footer + buttons).write(90)
        pages = [page.replace(footer, "") if number % 3 == 1 else page for number, page in enumerate(pages)]
        gone, found = findings(pages, 1)
        assert (0, buttons.split("\n")[0]) in gone
        assert (0, "Vel osk tarun miba") in found
        assert ((0, "Vel osk tarun miba") in gone) == goes


def test_the_log_says_why_a_formula_stays() -> None:
    documents = [Document(f"{n}", text) for n, text in enumerate(FORMULAS["judgment"].write(12))]
    found = [op for op in dedupe.clean(documents).operations if op["text"].strip() == "Appeal allowed."]
    assert {op["evidence"]["guard"] for op in found} == {"formula"}
    assert all(
        op["why"].endswith("kept, since texts of its kind may say it, for all that its frequency tells") for op in found
    )


def test_a_formula_stays_above_the_furniture_of_a_page() -> None:
    """The furniture speaks for no sentence that stands at its side, only for those inside of it."""
    menu = "Home\nLogin\nSearch\nSitemap\n\n"
    page = Template(menu + "{title}\n\n{passage}\n\nServe at once.\n\nPrint this page\n" + menu)
    gone, _ = findings(page.write(20), 1)
    assert (0, "Print this page") in gone
    assert (0, "Serve at once.") not in gone


MENU = "+ Lumar\n+ Pendo sirak\n+ Ovel\n+ Tisna grumo\n+ Hald epsin\n+ Karuto\n+ Mivel sonta\n"
#: What is below the last line of a menu is another title each time, as below a heading: it stays.
ABOVE = MENU + "Brisk\n\n"
BELOW = MENU + "+ Brisk\n"
TEXT = "{title}\n\n{passage}\n\n{passage}\n\n"
#: Lines that begin with a plus go; those with a question mark go or are for review.
FURNITURE = {
    "menu above": Template(ABOVE + TEXT, "xx"),
    "menu above a text in English": Template(ABOVE + TEXT),
    "menu above a text in Japanese": Template(ABOVE + TEXT, "ja"),
    "menu above a text in Arabic": Template(ABOVE + TEXT, "ar"),
    "menu below": Template(TEXT + BELOW, "xx"),
    "menu below a text in French": Template(TEXT + BELOW, "fr"),
    "menu above and below": Template(ABOVE + TEXT + BELOW.replace("Brisk", "Solda"), "ru"),
    "menu with blank lines": Template(ABOVE.replace("\n", "\n\n") + TEXT, "xx"),
    "menu below with blank lines": Template(TEXT + BELOW.replace("\n", "\n\n"), "tr"),
    "menu of one of two sections": Template(
        "{+ Lumar\n+ Pendo\n+ Ovel\n+ Tisna\n+ Hald\nKaruto|+ Vasto\n+ Nerin\n+ Olka\n+ Prend\n+ Sulo\nTeffa}\n\n"
        + TEXT,
        "xx",
    ),
    "menu below of one of two sections": Template(
        TEXT + "{+ Lumar\n+ Pendo\n+ Ovel\n+ Tisna\n+ Hald|+ Vasto\n+ Nerin\n+ Olka\n+ Prend\n+ Sulo}\n", "xx"
    ),
    "menu and a page number": Template(MENU + "+ Brisk\nOsta {number}\n\n" + TEXT, "xx"),
    "menu below and a page number": Template(TEXT + BELOW + "? Osta {number}\n", "xx"),
    "menu of short and long lines": Template(
        "+ Lumar\n+ Pendo sirak ovel tisna\n+ Ovel\n+ Grumo hald epsin karuto mivel\nSonta\n\n" + TEXT, "xx"
    ),
    "menu of four": Template("+ Lumar\n+ Pendo sirak\n+ Ovel\nTisna grumo\n\n" + TEXT, "xx"),
    "menu of three": Template("+ Lumar\n+ Pendo sirak\nOvel\n\n" + TEXT, "xx"),
    "menu below of three": Template(TEXT + "+ Lumar\n+ Pendo sirak\n+ Ovel\n", "xx"),
    "menu in capitals": Template(ABOVE.upper() + TEXT, "xx"),
    "menu in columns": Template(
        TEXT + "? Lumar | Pendo | Ovel\n? Tisna | Hald | Karuto\n? Mivel | Sonta | Brisk\n", "xx"
    ),
    "menu below a sentence": Template("Lumar osk pendo.\n" + ABOVE + TEXT, "xx"),
    "menu around a sentence": Template(
        TEXT + "+ Lumar\n+ Pendo sirak\n+ Vel osk tarun miba.\n+ Ovel\n+ Tisna grumo\n", "xx"
    ),
    "menu above a sentence": Template(TEXT + "+ Lumar\n+ Pendo sirak\n+ Ovel\n+ Vel osk tarun miba.\n", "xx"),
    "menus around a formula": Template(ABOVE + TEXT + "Vel osk tarun miba.\n\n+ Hanto\n+ Pendora\n+ Ovelin\n", "xx"),
    "footer of two": Template(TEXT + "+ Vel osk tarun miba\n+ Kesto lumar\n", "xx"),
    "footer of two below a text in German": Template(TEXT + "+ Vel osk tarun miba\n+ Kesto lumar\n", "de"),
    "footer of two below a text in Arabic": Template(TEXT + "+ Vel osk tarun miba\n+ Kesto lumar\n", "ar"),
    "footer of two in Japanese": Template(TEXT + "+ 港務局にて印刷\n+ 潮見表はこちら\n", "ja"),
    "footer of three": Template(TEXT + "+ Vel osk tarun\n\n+ Kesto lumar\n\n+ Miba\n", "pl"),
    "footer of one": Template(TEXT + "+ Vel osk tarun miba kesto lumar\n", "xx"),
    "footer of a few words": Template(TEXT + "? Vel osk\n", "xx"),
    "footer of a sentence": Template(TEXT + "? Vel osk tarun miba kesto lumar.\n", "xx"),
    "footer of two sentences": Template(TEXT + "? Vel osk tarun miba.\n? Kesto lumar pendo.\n", "es"),
    "footer with a number": Template(TEXT + "+ Vel osk tarun\n+ Kesto lumar\n? Miba {number}\n", "xx"),
    "footer on most pages": Template(TEXT + "{" + "? Vel osk tarun\n? Kesto lumar|" * 5 + "}\n", "xx"),
    "footer on half of the pages": Template(TEXT + "{? Vel osk tarun miba kesto|}\n", "xx"),
    "one of two footers": Template(TEXT + "{? Vel osk tarun\n? Kesto lumar|? Pendo sirak\n? Ovel tisna}\n", "xx"),
    "header and footer": Template("Vel osk tarun miba\n\n" + TEXT + "+ Lumar pendo sirak ovel tisna\n", "xx"),
    "stamp": Template(TEXT + "? Osk tarun {number} miba {number}\n", "xx"),
    "stamp of two": Template(TEXT + "? Osk tarun: {number}\n? Miba kesto {number}\n", "ru"),
}


@pytest.mark.parametrize("kind", FURNITURE)
@pytest.mark.parametrize(("count", "sources"), [(30, 1), (100, 5)])
def test_furniture_that_no_lexicon_knows_is_found(kind: str, count: int, sources: int) -> None:
    marked = FURNITURE[kind].write(count)
    goes, found = (
        [(n, line[2:]) for n, text in enumerate(marked) for line in text.split("\n") if line.startswith(marks)]
        for marks in ("+ ", ("+ ", "? "))
    )
    texts = [text.replace("+ ", "").replace("? ", "") for text in marked]
    gone, all_found = findings(texts, sources)
    assert [line for line in goes if line not in gone] == []
    assert [line for line in found if line not in all_found] == []
    assert [line for line in gone if line not in found] == []
