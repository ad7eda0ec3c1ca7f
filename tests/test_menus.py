"""Menus whose entries have bullets, as pages have that were turned into Markdown or plain text, and other lists."""

from __future__ import annotations

import pytest

import dedupe
from dedupe import Document

STORY = (
    "The ferry had been late all week, and the people who took it to work in the morning had stopped looking at the "
    "clock above the door; they stood at the rail, and talked about the weather, and waited for what would come.",
    "It came on a Thursday, when nobody was ready for it. The wind had turned in the night, and by the time that the "
    "first of them were down at the quay, the water stood where they had left their bicycles the evening before.",
    "There was not much that they could do about it then, so they went up to the old school and made tea for those "
    "who had been there since four, and by noon it was clear that the ferry would not run again before the spring.",
)
BUTTON = "Share on Facebook"

MENUS = {
    "en": ("Home", "About us", "The pier", "Contact us", "Privacy policy"),
    "de": ("Startseite", "Über uns", "Die Mole", "Kontakt", "Impressum"),
    "fr": ("Accueil", "À propos", "Le quai", "Contact", "Mentions légales"),
    "es": ("Inicio", "Quiénes somos", "El muelle", "Contacto", "Aviso legal"),
    "pl": ("Strona główna", "O nas", "Molo", "Kontakt", "Polityka prywatności"),
    "ru": ("Главная", "О нас", "Причал", "Контакты", "Новости"),
}
#: What lists of a text say that menus say too, below a head of the text.
LISTS = {
    "Features": ("Search", "Comments", "Categories", "RSS", "Dark mode", "Tags"),
    "Pages": ("Home", "About us", "Contact us", "Blog", "Privacy policy"),
    "Interests": ("Music", "Travel", "Sports", "Photography", "Books"),
    "Services": ("Web design", "Marketing", "SEO", "Social media", "Newsletters", "Support"),
    "The largest networks": ("Facebook", "YouTube", "WhatsApp", "Instagram", "TikTok", "Twitter"),
    "What we write about": ("Business", "Politics", "Technology", "Health", "Science", "Sport", "Culture"),
    "What it does": ("Cart", "Checkout", "Wishlist", "Coupons", "Reviews", "My account"),
    "2.0": ("Search", "Login", "Comments", "Share"),
    "Was wir machen": ("Sport", "Musik", "Reisen", "Kultur", "Veranstaltungen"),
    "Nos rubriques": ("Sport", "Culture", "Politique", "Économie", "Voyages"),
}


def removed(text: str) -> list[str]:
    """The lines that are taken out of *text*, cleaned alone."""
    lines = text.splitlines()
    left = dedupe.clean([Document("page", text)]).documents[0].text.splitlines()
    for line in left:
        lines.remove(line)
    return [line for line in lines if line]


def bulleted(words: tuple[str, ...], mark: str = "*") -> list[str]:
    return [f"{mark} {word}" for word in words]


def linked(words: tuple[str, ...], folder: str = "/", mark: str = "-") -> list[str]:
    return [f"{mark} [{word}]({folder}{number})" for number, word in enumerate(words)]


@pytest.mark.parametrize("language", MENUS)
@pytest.mark.parametrize("mark", ["*", "-", "+"])
def test_a_short_menu_of_links_goes(language: str, mark: str) -> None:
    """Wherever it stands, and below a head on a page with other furniture."""
    menu = linked(MENUS[language], mark=mark)
    assert removed("\n\n".join(["\n".join(menu), "# The ferry", *STORY])) == menu
    assert removed("\n\n".join(["# The ferry", *STORY, "\n".join(menu)])) == menu
    headed = ["### The harbour office", "\n".join(menu)]
    assert removed("\n\n".join(["# The ferry", *STORY, *headed])) == []
    assert removed("\n\n".join(["# The ferry", *STORY, *headed, BUTTON])) == [*menu, BUTTON]
    inside = removed("\n\n".join(["# The ferry", STORY[0], *headed, *STORY[1:], BUTTON]))
    assert inside == [BUTTON]  # there so few of them do not speak for each other


@pytest.mark.parametrize("language", MENUS)
def test_a_short_menu_of_bare_words_goes_from_a_page(language: str) -> None:
    """Where there is other furniture, above or below the text, and not below a head."""
    menu = bulleted(MENUS[language])
    page = "\n\n".join(["\n".join(menu), "# The ferry", *STORY, BUTTON])
    assert removed(page) == [*menu, BUTTON]
    page = "\n\n".join([*STORY, "\n".join(menu), BUTTON])
    assert removed(page) == [*menu, BUTTON]


@pytest.mark.parametrize("head", LISTS)
@pytest.mark.parametrize("mark", ["*", "-", "+", "•"])
def test_a_list_below_a_head_stays(head: str, mark: str) -> None:
    """Inside the text and at its end, on a page with furniture and on one without, whatever mark the head has."""
    items = "\n".join(bulleted(LISTS[head], mark))
    for written in (f"## {head}", head, f"**{head}**", f"{head}:"):
        for blank in ("\n", "\n\n"):
            for end in ("", f"\n\n{BUTTON}"):
                listed = f"{written}{blank}{items}"
                inside = "\n\n".join(["# Notes", STORY[0], listed, *STORY[1:]])
                behind = "\n\n".join(["# Notes", *STORY, listed])
                for text in (inside, behind):
                    assert set(removed(text + end)) <= {BUTTON}


@pytest.mark.parametrize("head", LISTS)
def test_a_list_that_a_sentence_introduces_stays(head: str) -> None:
    for listed in (bulleted(LISTS[head]), linked(LISTS[head])):
        text = "\n\n".join(["# Notes", *STORY, "In the new version you will find:", "\n".join(listed), BUTTON])
        assert set(removed(text)) <= {BUTTON}


def test_a_menu_of_links_may_have_an_entry_that_is_none() -> None:
    menu = ["* [Home](/)", "* [About us](/about)", "* [Contact us](/contact)", "* English", "* [Help](/help)"]
    assert removed("\n\n".join(["\n".join(menu), "# The ferry", *STORY])) == menu


def test_a_button_above_a_list_that_stays_goes() -> None:
    """It heads nothing, wherever it stands."""
    items = ["* Tarred rope", "* Two oars", "* Salt"]
    page = "\n\n".join([*STORY, "[Read more »](/ferry)", "\n".join(items), BUTTON])
    assert removed(page) == ["[Read more »](/ferry)", BUTTON]


@pytest.mark.parametrize("head", LISTS)
def test_a_table_of_contents_stays(head: str) -> None:
    """It leads to places in the same text."""
    contents = [f"* [{word}](#{word.lower()})" for word in LISTS[head]]
    parts = [f"## {word}\n\n{STORY[number % 3]} So much for part {number}." for number, word in enumerate(LISTS[head])]
    assert set(removed("\n\n".join(["# Notes", "\n".join(contents), *parts, BUTTON]))) <= {BUTTON}


@pytest.mark.parametrize(
    "items",
    [
        ["- [The tide tables](/tides)", "- [Home](/)", "- [Ropes of the north](/ropes)", "- [A history of tar](/tar)"],
        ["- [Home](/) is where we keep them", "- [About us](/about)", "- [Contact us](/contact)"],
        ["1. [Home](/)", "2. [About us](/about)", "3. [Contact us](/contact)"],
        ["- [Home](#home)", "- [About us](#about)", "- [Contact us](/contact)", "- [Blog](/blog)"],
        ["- [Anna Marsh](/marsh)", "- [Bert Cole](/cole)", "- [Carla Dunn](/dunn)", "- [Dora Ebb](/ebb)"],
        ["- [ ] Home", "- [x] About us", "- [x] Contact us"],
        ["- Home", "- About us", "- [Contact us](/contact)"],
    ],
)
def test_lists_of_a_text_stay(items: list[str]) -> None:
    """Inside the text, with furniture below."""
    text = "\n\n".join(["# Notes", STORY[0], "\n".join(items), *STORY[1:], BUTTON])
    assert removed(text) == [BUTTON]


HEADER = bulleted(("Home", "News", "Sport", "Business", "Travel", "Contact us", "Log in"), "+")
#: Menus with heads of any kind, as at the foot of a page.
FOOTER = {
    "Customer service": ("Help", "Returns", "Shipping", "FAQ", "My account"),
    "The harbour office": ("About us", "Careers", "Press", "Privacy policy"),
    "Meet us": ("Facebook", "Twitter", "Instagram", "YouTube"),
}


def foot(mark: str) -> list[str]:
    return [part for head, words in FOOTER.items() for part in (head, "\n".join(bulleted(words, mark)))]


def items_of(parts: list[str]) -> set[str]:
    return {line for part in parts for line in part.splitlines() if line[:2] in ("* ", "- ", "+ ", "• ")}


@pytest.mark.parametrize("mark", ["*", "-", "+", "•"])
@pytest.mark.parametrize("blank", ["\n", "\n\n"])
def test_menus_of_a_page_full_of_furniture_go_with_any_head(mark: str, blank: str) -> None:
    """Above the text and below it, also where a teaser below them makes it seem that the text goes on."""
    teaser = "All who have a berth in the harbour are asked to come to the office before the end of the month."
    for below in ([], ["Stay in touch", teaser]):
        page = blank.join(["\n".join(HEADER), "# The ferry", *STORY, BUTTON, *foot(mark), *below])
        assert set(removed(page)) >= {*HEADER, *items_of(foot(mark))}


#: Heads that menus have too.
HEADS_OF_MENUS = ("Features", "Services")


@pytest.mark.parametrize("head", LISTS)
@pytest.mark.parametrize("mark", ["*", "-", "•"])
def test_lists_of_the_text_of_a_page_full_of_furniture_stay(head: str, mark: str) -> None:
    """Amid the text, and below heads of their own where it ends, one list after the other."""
    listed = "\n".join(bulleted(LISTS[head], mark))
    before = ["Who was there", "\n".join(bulleted(("Anna Marsh", "Bert Cole", "Carla Dunn"), mark))]
    plain = () if head in HEADS_OF_MENUS else (head, f"**{head}**", f"{head}:")
    headed = [[written, listed] for written in (f"## {head}", *plain)]
    for lists in ([listed], *headed, *([*before, *each] for each in headed)):
        inside = "\n\n".join(["\n".join(HEADER), "# Notes", STORY[0], *lists, *STORY[1:], BUTTON, *foot("+")])
        assert items_of(lists).isdisjoint(removed(inside))
        if lists[0] != listed:
            behind = "\n\n".join(["\n".join(HEADER), "# Notes", *STORY, *lists, BUTTON, *foot("+")])
            assert items_of(lists).isdisjoint(removed(behind))


def test_a_page_with_less_furniture_keeps_what_stands_below_its_heads() -> None:
    """Nine other lines that are known do not make it full."""
    few = "\n\n".join(["# Notes", *STORY, BUTTON, "The harbour office", "\n".join(bulleted(LISTS["Pages"]))])
    assert removed(few) == [BUTTON]
    many = "\n\n".join(["\n".join(HEADER), few, *foot("+")])
    assert set(removed(many)) >= items_of([many])
