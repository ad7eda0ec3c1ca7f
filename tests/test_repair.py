"""Repair: what must stay as it is, what is put right, and that the quick pre-check is never wrong."""

from __future__ import annotations

import itertools
import json
import lzma
import os
import re
import subprocess
import sys
import time
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from unittest import mock

import ftfy
import pytest
from ftfy import chardata
from ftfy.badness import BADNESS_RE, MOJIBAKE_CATEGORIES
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe import Config, Document, clean
from dedupe.config import REPAIR_EXTRAS
from dedupe.model import Repair
from dedupe.text import damage
from dedupe.text import repair as repair_module
from dedupe.text.composing import normalized
from dedupe.text.repair import compose_marks, repair_text, separate_words
from dedupe.text.segment import split_lines

DATA = Path(os.environ.get("DEDUPE_TEST_DATA", Path(__file__).resolve().parents[1] / "../shared/data"))

SOUND = {
    "empty": "",
    "blank lines": "\n\n \n\t\n",
    "ascii": "Nothing to see here.\nMove along.",
    "French": "Après l’été, l’œuvre d’art coûtait « deux cents francs » à Noël : c’était l’Œuvre, sœur aînée.",
    "French, no-break spaces": "Qui est là\u202f? «\xa0Personne\xa0», répondit-il\xa0; et pourtant…",
    "French capitals": "L’ÉTÉ À L’ÎLE D’AIX — GARÇON, ÇA VA ?",
    "German": "Die Größe der Äpfel „überrascht“ Jörg; ‚wirklich‘ – Straße, Übermaß, ÄÖÜ, 20 °C, § 5 Abs. 2.",
    "Spanish": "¿Qué pasó? ¡Nada, señor! El niño pingüino comió 3½ piñas a 20 €.",
    "Portuguese capitals": "ATENÇÃO: NÃO É PERMITIDO — INFORMAÇÕES NA ESTAÇÃO. À noite não há pão.",
    "Vietnamese": "Tiếng Việt rất đẹp: Nguyễn Thị Ánh ở Đà Nẵng, trường học được mở cửa.",
    "Polish": "Zażółć gęślą jaźń — „łódź” i ‚żółw’.",
    "Czech": "Příliš žluťoučký kůň úpěl ďábelské ódy. „Ťuk!“",
    "Turkish": "İstanbul'da güneş ışığı, çağdaş öğrenci; ‘Ğ’ ile.",
    "Russian": "В чащах юга жил бы цитрус? Да, но фальшивый экземпляр! «Ёж» — № 5, „лапки“.",
    "Greek": "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία· «Ωραία», είπε. ΑΘΉΝΑ",
    "Arabic": "السلام عليكم، كيف حالك؟",
    "Hebrew with points": "בְּרֵאשִׁית בָּרָא אֱלֹהִים",
    "Hindi": "हिन्दी में लिखा हुआ वाक्य, \u0958\u095c।",
    "Thai": "สวัสดีครับ น้ำใจ",
    "Chinese": "他说：“你好，世界！”（第１章）——《红楼梦》。",
    "Japanese": "「ｶﾀｶﾅ」と『全角ＡＢＣ』、　空白。",
    "Korean": "한국어 문장입니다. “인용”",
    "Hawaiian": "Hawai\u02bbi, \u02bcokina, \u0149",
    "curly quotes": "“I don’t know,” she said — ‘not yet’…",
    "quotes in low form": "„So“, sagte er, ‚nicht‘. ”Så”, sa hon.",
    "fullwidth": "ＡＢＣ１２３！？（ｘ）　～",
    "ligatures": "The ﬁrst ﬂag is eﬃcient; Ĳsland, ǆ.",
    "entities": "Write &amp;amp; for &lt;b&gt; &eacute; &#233;.",
    "entities in code": "<code>if (a &lt; b &amp;&amp; c)</code>",
    "emoji with joiners": "👩‍👩‍👧 ❤️ 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f 👍🏽",
    "Persian ZWNJ": "می‌خواهم کتاب‌ها را",
    "bidi marks": "\u200eabc\u200f \u202bאבג\u202c \u2067x\u2069",
    "soft hyphen and zero width": "Donau\xaddampf\u200bschiff\u2060fahrt",
    "CRLF": "one\r\ntwo\r\n\r\nthree",
    "CR": "one\rtwo\r",
    "line and paragraph separator": "one\u2028two\u2029three",
    "tab and form feed": "a\tb\n\x0cchapter\x0ctwo",
    "singletons": "\u212b ngström, \u2126, \u2000, \uf900\u2f800, \u1fef",
    "mark that does not compose": "q\u0301 x\u0323\u0301 \u05e9\u05bc\u05c1 \u0301",
    "order of marks only": "q\u0301\u0323",
    "maths": "∀x∈ℝ: √2 ≈ 1.41, ∑ ≤ ∞, 5×10³ ± 2 µm, 20 °C",
    "box drawing": "┌─┐│x│└─┘ ╔═╗ ░▒▓",
    "kaomoji": "(╯°□°)╯︵ ┻━┻ ( ͡° ͜ʖ ͡°) Ò_Ó",
    "legal and currency": "§ 3 ¶ © 2020 Foo® Bar™ £5 €6 ¥7 ¢8",
    "trade mark after accent": "Nestlé® et Café™",
    "capital Ø alone": "Ø 5 mm, Å er ikke Â, Ærø",
    "lone Ã": "Letras com til: Ã, Õ; e Â.",
    "spaced capitals": "C O N C L U S Ã O",
    "superscripts": "m², x³, 1ª, 2º, ½",
}


@pytest.mark.parametrize("name", SOUND)
def test_sound_text_is_not_touched(name: str) -> None:
    text = SOUND[name]
    for around in (text, f"{text}\n", f"x\n{text}\r\ny"):
        assert repair_text(around) == (around, [])


def test_sound_text_comes_back_as_the_same_object() -> None:
    text = SOUND["French"]
    assert repair_text(text)[0] is text


DAMAGED = [
    # text, repaired, rules
    ("cafÃ© noir", "café noir", ["mojibake"]),
    ("â€œHello thereâ€\x9d", "“Hello there”", ["mojibake", "mojibake"]),
    ("Itâ€™s fine", "It’s fine", ["mojibake"]),
    ("ÐŸÑ€Ð¸Ð²ÐµÑ‚, Ð¼Ð¸Ñ€", "Привет, мир", ["mojibake"]),
    ("ÃƒÂ© twice", "é twice", ["mojibake"]),
    ("voilÃ le travail", "voilà le travail", ["mojibake"]),
    ("“Curly” and dÃ©jÃ\xa0 vu", "“Curly” and déjà vu", ["mojibake"]),
    ("✔ âœ” done", "✔ ✔ done", ["mojibake"]),
    ("it\x92s", "it’s", ["c1"]),
    ("“it\x92s”, he said", "“it’s”, he said", ["c1"]),
    ("wait\x85 what", "wait… what", ["c1"]),
    ("one\x0btwo", "one two", ["control"]),
    ("one\x00two\x1fthree words", "one two three words", ["control", "control"]),
    ("one \x0btwo\x0b", "one two", ["control", "control"]),
    ("one\x01two", "onetwo", ["control"]),
    ("one\x01\x0b\x1b[0mtwo", "one two", ["escape"]),
    ("zero\ufeffwidth", "zerowidth", ["control"]),
    ("object \ufffc here", "object  here", ["control"]),
    ("\x1b[1;31mred\x1b[0m text", "red text", ["escape", "escape"]),
    ("smile \ud83d\ude00!", "smile 😀!", ["surrogate"]),
    ("half \ud83d alone", "half \ufffd alone", ["surrogate"]),
    ("cafe\u0301 au lait", "café au lait", ["nfc"]),
    ("\u1112\u1161\u11ab", "한", ["nfc"]),
    ("\u212b and A\u030a", "\u212b and Å", ["nfc"]),
    ("\u212b\u0301 but e\u0301", "\u212b\u0301 but é", ["nfc"]),
    ('"We went to the cafÃ© yesterday," she said', '"We went to the café yesterday," she said', ["mojibake"]),
    ("“one” Ã© “two”", "“one” é “two”", ["mojibake"]),
    ('say "yes" or Ã© or "no"', 'say "yes" or é or "no"', ["mojibake"]),
    ("don't cafÃ© isn't", "don't café isn't", ["mojibake"]),
    ("`x` cafÃ© `y`", "`x` café `y`", ["mojibake"]),
    ("the “cafÃ©” of naÃ¯ve people", "the “café” of naïve people", ["mojibake", "mojibake"]),
    ("“cafÃ©” and it\x92s", "“café” and it’s", ["mojibake", "c1"]),
]


@pytest.mark.parametrize(("text", "expected", "rules"), DAMAGED)
def test_damage_is_repaired(text: str, expected: str, rules: list[str]) -> None:
    repaired, repairs = repair_text(text)
    assert repaired == expected
    assert [repair.rule for repair in repairs] == [f"repair/{rule}" for rule in rules]
    assert all(repair.applied and repair.steps for repair in repairs)
    check(text, repaired, repairs)


EXAMPLES = [
    "Browsers then show “Ã©” instead.",
    "Browsers then show “cafÃ©” instead of “café”.",
    'I saw "Ã¤" instead of "ä".',
    "while 'Ã¤' holds two bytes",
    "Dort steht „Ã¶“ statt ö.",
    "On lit « Ã© » à la place.",
    "Man ser ”nÃ¶t” i stället.",
    "The output is `the cafÃ© was closed that day` here.",
    "Use ``Ã©`` to test.",
    "It prints <code>the whole cafÃ© was closed</code> then.",
    "「Ã©」と表示",
    "// Prints: this is a tÃ©st",
    "    puts(shown(buffer, LATIN_1) == cafÃ©);",
]


@pytest.mark.parametrize("text", EXAMPLES)
def test_one_quoted_piece_of_mojibake_is_left_for_review(text: str) -> None:
    repaired, repairs = repair_text(f"before\n{text}\r\n")
    assert repaired == f"before\n{text}\r\n"
    assert [(repair.applied, repair.rule) for repair in repairs] == [(False, "repair/mojibake")]
    assert "example" in repairs[0].why
    check(f"before\n{text}\r\n", repaired, repairs)


@pytest.mark.parametrize(
    ("text", "stays"),
    [
        ("ersetzt durch Zeichenfolgen wie „Ã©“, „Ã¨“ oder „Ã§“ anstelle von é, è oder ç.", True),
        ("remplacés par des séquences du type « Ã© », « Ã¨ » ou « Ã§ ».", True),
        ("フランス語テキストが「Ã©」、「Ã¨」、「Ã§」のように表示されます。", True),
        ('It shows "Ã©" or "Ã¨" for them.', True),
        ("It shows “Ã©” or Ã¨ for them.", False),
        ("“Ã©”, “Ã¨”, “Ã§”, “Ã¤” and “Ã¶”, and so on down the page", False),
        ("the “cafÃ©” and the “rosÃ©” of it", False),
        ("« le cafÃ© » ou « le thÃ© »", False),
        ("// Le cafÃ© et le thÃ©", False),
        ("‘voilÃ ’ and “dÃ©jÃ  vu”", False),
    ],
)
def test_several_pieces_are_examples_if_each_is_all_that_is_quoted(text: str, stays: bool) -> None:
    repaired, repairs = repair_text(text)
    assert (repaired == text) == stays
    assert {repair.applied for repair in repairs} == {not stays}
    assert len(repairs) > 1 or not stays
    check(text, repaired, repairs)


def test_other_damage_beside_an_example_is_repaired() -> None:
    text = "It\x0bshows “Ã©” in a cafe\u0301 here \x1b[0mtoo"
    repaired, repairs = repair_text(text)
    assert repaired == "It shows “Ã©” in a café here too"
    assert [(repair.rule, repair.applied) for repair in repairs] == [
        ("repair/control", True),
        ("repair/mojibake", False),
        ("repair/nfc", True),
        ("repair/escape", True),
    ]
    assert [text[repair.start : repair.end] for repair in repairs] == ["\x0b", "Ã©", "e\u0301", "\x1b[0m"]
    check(text, repaired, repairs)


def test_text_in_another_encoding_is_left_for_review() -> None:
    text = "Снова: ёж лёг спать".replace("Снова: ", "").encode("koi8-r").decode("latin-1") + " \xfe\xc9\xd4\xc1\xd4\xd8"
    text += " \xcf\xc2\xdf\xa3\xcd."
    repaired, repairs = repair_text(text)
    assert repaired == text
    assert repairs
    assert not any(repair.applied for repair in repairs)
    assert "another encoding" in repairs[0].why


@pytest.mark.parametrize(
    ("extra", "text", "expected", "rule"),
    [
        ("entities", "AT&amp;T caf&eacute;", "AT&T café", "entities"),
        ("entities", "&amp;amp;", "&", "entities"),
        ("entities", "caf&Atilde;&copy;", "café", "mojibake"),
        ("quotes", "“don’t”", '"don\'t"', "quotes"),
        ("widths", "ＡＢ　ｶﾞ", "AB ガ", "width"),
        ("ligatures", "ﬁrst", "first", "ligature"),
    ],
)
def test_extras(extra: str, text: str, expected: str, rule: str) -> None:
    assert repair_text(text) == (text, [])
    repaired, repairs = repair_text(text, extras=[extra])
    assert repaired == expected
    assert {repair.rule for repair in repairs} == {f"repair/{rule}"}
    check(text, repaired, repairs, [extra])


@pytest.mark.parametrize("extra", REPAIR_EXTRAS)
def test_unwanted_extras_change_nothing(extra: str) -> None:
    text = "entities &amp; ‘quotes’ Ｗidths ﬁ"
    repaired, _ = repair_text(text, extras=[extra])
    assert sum(a in repaired for a in ("&amp;", "‘", "Ｗ", "ﬁ")) == 3


@pytest.mark.parametrize(
    ("extra", "text", "expected", "rule"),
    [
        ("quotes", "it\x92s \x93so\x94", 'it\'s "so"', "c1"),
        ("quotes", "it’s \x85 here", "it's … here", "c1"),
        ("entities", "a&amp;b\x85", "a&b…", "c1"),
        ("quotes", "it’s\x01", "it's", "control"),
        ("quotes", "\x1b[1mit’s\x1b[0m", "it's", "escape"),
        ("quotes", "donâ€™t", "don't", "mojibake"),
    ],
)
def test_damage_is_called_what_it_is_where_more_was_asked_for(extra: str, text: str, expected: str, rule: str) -> None:
    repaired, repairs = repair_text(text, extras=[extra])
    assert repaired == expected
    assert {repair.rule for repair in repairs} - {f"repair/{extra}"} == {f"repair/{rule}"}
    check(text, repaired, repairs, [extra])
    check(text, repaired, repairs, [extra])


def test_example_stays_when_quotes_are_straightened() -> None:
    repaired, repairs = repair_text("It shows “Ã©” here", extras=["quotes"])
    assert repaired == 'It shows "Ã©" here'
    assert [(repair.rule, repair.applied) for repair in repairs] == [
        ("repair/quotes", True),
        ("repair/mojibake", False),
        ("repair/quotes", True),
    ]


def test_unknown_extra_is_an_error() -> None:
    with pytest.raises(ValueError, match="unknown extras"):
        repair_text("x", extras=["spelling"])


def test_entity_for_a_line_break_makes_two_lines_of_their_own() -> None:
    text = "x&#10;Ã tout\u0301 cafÃ©&NewLine;\n"
    repaired, repairs = repair_text(text, extras=["entities"])
    check(text, repaired, repairs, ["entities"])


def test_steps_and_reason_are_told() -> None:
    _, [repair] = repair_text("Le cafÃ© noir")
    assert repair.steps == ("encode latin-1", "decode utf-8")
    assert repair.why == 'UTF-8 text had been read as windows-1252: "cafÃ©" was "café"'
    _, [repair] = repair_text("one\x0btwo")
    assert repair.steps == ("apply separate_words",)
    assert "U+000B" in repair.why
    for text, _, _ in DAMAGED:
        for repair in repair_text(text)[1]:
            repair.why.encode()  # a report is UTF-8


def test_spans_are_small() -> None:
    text = "Une longue phrase où le cafÃ© noir refroidit, et puis l’hÃ´tel ferme."
    repaired, repairs = repair_text(text)
    assert [text[repair.start : repair.end] for repair in repairs] == ["Ã©", "Ã´"]
    check(text, repaired, repairs)


def test_a_line_does_not_depend_on_others() -> None:
    lines = [text for text, _, _ in DAMAGED] + EXAMPLES + [s for s in SOUND.values() if not re.search("[\r\n]", s)]
    lines += ["x" * 5000, *lines * 4]  # more than a block
    for end in ("\n", "\r\n", "\r"):
        assert repair_text(end.join(lines))[0] == end.join(repair_text(line)[0] for line in lines)


def test_long_line_is_repaired_in_pieces_as_ftfy_does() -> None:
    text = "word " * 210_000 + "cafÃ© noir"
    repaired, repairs = repair_text(text)
    assert repaired == ftfy.fix_text(text, reference_config(frozenset())) == "word " * 210_000 + "café noir"
    assert len(repairs) == 1


def test_composing_skips_sequences_that_hold_a_singleton() -> None:
    assert compose_marks("\u0344e\u0301") == "\u0344é"
    assert compose_marks("e\u0344 e\u0301") == "e\u0344 é"
    assert compose_marks("\u05e9\u05bc\u05c1") == "\u05e9\u05bc\u05c1"


@pytest.mark.parametrize("text", ["a\x0bb", "a \x0bb", "a\x0b b", "\x0ba", "a\x0b", "a\x0b\x01\x00b", "a\x00\x0b"])
def test_separated_words(text: str) -> None:
    assert separate_words(text).split() == re.split(r"[\x00\x01\x0b ]+", text.strip("\x00\x0b"))
    assert "  " not in separate_words(text)


# -- the pre-check


def test_tables_are_those_of_ftfy() -> None:
    ours = dict(
        damage.CATEGORIES, start_punctuation=damage.CATEGORIES["start"], end_punctuation=damage.CATEGORIES["end"]
    )
    ours |= {"upper_accented": ours["upper"], "lower_accented": ours["lower"], "currency": ours["currency"]}
    for name, chars in MOJIBAKE_CATEGORIES.items():
        theirs = re.compile(f"[{chars}]")
        mine = re.compile(f"[{ours[name]}]")
        assert [c for c in map(chr, range(0x10000)) if bool(theirs.match(c)) != bool(mine.match(c))] == [], name


def test_characters_of_the_other_steps_are_covered() -> None:
    assert damage._tables_known()
    for name, table in (("control", chardata.CONTROL_CHARS), ("ligatures", chardata.LIGATURES)):
        ours = {code for code in range(0x10000) if re.match(f"[{damage.CLASSES[name]}]", chr(code))}
        assert ours == set(table)


@lru_cache(maxsize=1)
def atoms() -> list[str]:
    """One character for each way of being in, or not in, the character classes of the two patterns."""
    classes = {r"\s", r"\w", "[a-z]", "[A-Z]"}
    for pattern in (BADNESS_RE.pattern, damage.suspect_pattern()):
        code = re.sub(r"(?m)^ *#.*$", "", pattern)
        classes |= set(re.findall(r"\[[^\]]+\]", code))
        classes |= {char for char in re.sub(r"\[[^\]]+\]", "", code) if ord(char) > 0x7F}
    compiled = [re.compile(item) for item in sorted(classes)]
    kinds: dict[tuple[bool, ...], str] = {}
    for char in map(chr, [*range(0x2600), 0x4E2D, 0xD800, 0xF8FF, 0xFB01, 0xFB02, 0xFEFF, 0xFFFD, 0x1F600]):
        kinds.setdefault(tuple(item.match(char) is not None for item in compiled), char)
    return sorted(kinds.values())


def is_suspect(text: str) -> bool:
    return SUSPECT.search(text) is not None


SUSPECT = re.compile(damage.suspect_pattern(), re.VERBOSE)


def test_every_short_match_of_badness_is_suspect() -> None:
    """All alternatives of up to three characters, over one character of each kind: this is a proof."""
    chars = [char for char in atoms() if not SUSPECT.match(char)]
    missed = [
        text
        for size in (1, 2, 3)
        for text in map("".join, itertools.product(chars, repeat=size))
        if BADNESS_RE.search(text) and not is_suspect(text)
    ]
    assert missed == []


def test_every_long_match_of_badness_is_suspect() -> None:
    """The alternatives that need four characters or more."""
    chars = atoms()
    candidates = itertools.chain(
        (f"Ø{a}Ù{b}" for a in chars for b in chars),
        (f"Ù{a}Ù{b}" for a in chars for b in chars),
        (f"{a}{b}{c} " for a in chars for b in chars for c in "ÃÂ"),
        (f"a{a}{b}{c}" for a in "\t\n\x1c\x85\u2028 " for b in "ÃÂ" for c in chars),
        (f"{a}{b} " for a in ["", "\n", "\r", "\r\n", "a", "é", "."] for b in "ÃÂ"),
        (f"ГўВЂВ{a}{b}" for a in chars for b in chars),
        (f"‚Ä{a}{b}" for a in chars for b in chars),
        (f"{a}вЂ{b}" for a in chars for b in chars),
    )
    assert [text for text in candidates if BADNESS_RE.search(text) and not is_suspect(text)] == []


@pytest.mark.parametrize("extras", [frozenset(), frozenset(REPAIR_EXTRAS)])
def test_other_versions_of_ftfy_are_asked(monkeypatch: pytest.MonkeyPatch, extras: frozenset[str]) -> None:
    texts = [text for text, _, _ in DAMAGED] + EXAMPLES + list(SOUND.values())
    expected = [damage.needs_ftfy(text, extras) for text in texts]
    same_tables = damage._learned_search(extras)
    assert [bool(same_tables(text)) or damage.needs_ftfy(text, extras) for text in texts] == expected
    monkeypatch.setattr(damage, "_BADNESS_DIGEST", "")
    other_pattern = damage._learned_search(extras)
    config = reference_config(extras)
    for line in (line for text in texts for line in re.split("[\r\n]", text)):
        entities_off = config._replace(unescape_html=False)
        assert other_pattern(line) or ftfy.fix_text(line, entities_off) == line
    monkeypatch.setattr(damage, "_OPTIONS", frozenset({"something new"}))
    assert all(map(damage._learned_search(extras), ["", "plain"]))


def test_sound_text_does_not_import_ftfy() -> None:
    plain = SOUND["French"] + SOUND["Russian"] + SOUND["singletons"]
    code = f"""
import sys
from dedupe.text.repair import repair_text
assert repair_text({plain!a})[1] == []
assert repair_text("cafe\\u0301")[0] == "caf\\xe9" and repair_text("plain")[1] == []
assert "ftfy" not in sys.modules
assert repair_text("caf\\xc3\\xa9")[0] == "caf\\xe9" and "ftfy" in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[1])


def test_composing_marks_are_all_of_unicode() -> None:
    for code in range(0xC0, 0x110000):
        pair = unicodedata.decomposition(chr(code)).split()
        if len(pair) == 2 and not pair[0].startswith("<") and unicodedata.is_normalized("NFC", chr(code)):
            assert damage.composing_marks().match(chr(int(pair[1], 16)))


# -- properties


@lru_cache(maxsize=64)
def reference_config(extras: frozenset[str]) -> ftfy.TextFixerConfig:
    return ftfy.TextFixerConfig(
        unescape_html="entities" in extras,
        uncurl_quotes="quotes" in extras,
        fix_character_width="widths" in extras,
        fix_latin_ligatures="ligatures" in extras,
        fix_line_breaks=False,
        normalization=None,
    )


def reference_line(line: str, extras: frozenset[str]) -> str:
    """Slow truth: our two steps and ftfy on every line, until nothing changes, no pre-check, nothing held back."""
    while True:
        fixed = compose_marks(ftfy.fix_text(separate_words(line), reference_config(extras)))
        if fixed == line:
            return line
        line = fixed


def check(
    text: str, repaired: str, repairs: list[Repair], extras: list[str] | None = None, *, exact: bool = True
) -> None:
    """Assert all that is true of every answer; *exact* that it is ftfy's, but for what is held back."""
    wanted = frozenset(extras or ())
    done = 0
    pieces, all_applied = [], []
    for repair in repairs:
        assert done <= repair.start <= repair.end <= len(text)
        assert text[repair.start : repair.end] != repair.replacement
        pieces += text[done : repair.start], repair.replacement if repair.applied else text[repair.start : repair.end]
        all_applied += text[done : repair.start], repair.replacement
        done = repair.end
        assert repair.rule.startswith("repair/")
        assert repair.why
    assert "".join([*pieces, text[done:]]) == repaired
    held = sum(not repair.applied for repair in repairs)
    # Entities make line ends, and a line of its own may be repaired otherwise than as part of one.
    if exact and "entities" not in wanted and held in (0, len(repairs)):
        expected = "".join(
            reference_line(text[line.start : line.end], wanted) + text[line.end : line.stop]
            for line in split_lines(text)
        )
        assert "".join([*all_applied, text[done:]]) == expected
    again, rest = repair_text(repaired, extras=sorted(wanted))
    assert again == repaired
    assert not any(repair.applied for repair in rest)
    assert len(rest) >= held
    if not damage.needs_repair(text, wanted):
        assert (repaired, repairs) == (text, [])


SNIPPETS = [
    *("Ã©", "â€œ", "â€\x9d", "â€™", "Ã", "Â", "Â ", "ÐŸÑ€", "ãƒ„", "√©", "вЂ", "\x85", "\x92", "\ufffd", "œ", "Œ"),
    *("\x0b", "\x00", "\x1c", "\x1a", "\x1b[0m", "\x1b[", "\ufeff", "\ud83d\ude00", "\ud83d", "\ude00", "\u200d"),
    *("e\u0301", "\u0301", "\u0323", "ê\u0323", "\u212b", "\u0344", "\u1112\u1161", "\u11ab", "\u0958", "ｶ", "ﾞ"),
    *("“", "”", '"', "'", "`", "<code>", "</code>", "«", "»", "„", "’", "ﬁ", "Ａ", "　", "é", "ß", "Ü", "Я", "中"),
    *("&amp;", "&eacute;", "&#10;", "&#13;", "&Atilde;", "&copy;", "word", "a", " ", "  ", ".", "\n", "\r\n", "\r"),
    *("\u2028", "\t", "\x0c", "\xa0", "ÓÏÏÂÝÅÎÉÑ", "ÏÂ ÏÛ", "€", "™", "°", "×", "²"),
]
any_text = st.text(st.characters(exclude_categories=[]), max_size=40)
special = st.text(st.sampled_from(sorted({c for text in SNIPPETS for c in text} | set(map(chr, range(0x80, 0x180))))))
snippets = st.lists(st.sampled_from(SNIPPETS), max_size=14).map("".join)


def misread(text: str) -> str:
    return text.encode("utf-8", "replace").decode("latin-1")


texts = st.one_of(
    any_text, special, snippets, any_text.map(misread), st.tuples(snippets, any_text.map(misread)).map("".join)
)


@settings(max_examples=400, deadline=None)
@given(texts, st.lists(st.sampled_from(REPAIR_EXTRAS), unique=True))
def test_answers_are_those_of_ftfy_where_nothing_is_held_back(text: str, extras: list[str]) -> None:
    with mock.patch.multiple(repair_module, _is_quoted=lambda *_: False, _in_other_encoding=lambda _: False):
        check(text, *repair_text(text, extras=extras), extras)


@settings(max_examples=400, deadline=None)
@given(texts, st.lists(st.sampled_from(REPAIR_EXTRAS), unique=True))
def test_answers_splice_and_are_final(text: str, extras: list[str]) -> None:
    check(text, *repair_text(text, extras=extras), extras, exact=False)


# -- real text, where it is at hand


def rows(name: str) -> Iterator[dict[str, str]]:
    path = DATA / f"{name}.jsonl.xz"
    if not path.exists():
        pytest.skip(f"{path} is not there (DEDUPE_TEST_DATA names the folder)")
    with lzma.open(path, "rt", encoding="utf-8") as stream:
        yield from map(json.loads, stream)


@pytest.mark.parametrize("name", ["planted", "laws", "verses", "licences", "web-pages"])
def test_real_lines(name: str) -> None:
    """Every suspicious line, and of the others what fits, of the first rows of a corpus."""
    seen: set[str] = set()
    sound = 0
    for row in itertools.islice(rows(name), 1500):
        for line in row.get("lines") or re.split("[\r\n]+", row["text"]):
            needed = damage.needs_repair(line)
            if line in seen or (not needed and (sound >= 400_000 or (line.isascii() and len(seen) % 20))):
                continue
            seen.add(line)
            sound += 0 if needed else len(line)
            check(line, *repair_text(line))


_MARKS = (
    "".join(chr(code) for code in range(0x20000) if unicodedata.combining(chr(code))) + "\u0344\u0f73\u0f75\u0f81\uff9e"
)


@given(
    st.lists(
        st.tuples(
            st.text(alphabet=st.sampled_from("ae\u00e9\u212b가각 \ufb01x") | st.characters(), max_size=3),
            st.text(alphabet=st.sampled_from(_MARKS), max_size=5),
            st.sampled_from((0, 1, 20, 100)),
        ),
        max_size=4,
    )
)
def test_normalised_as_python_does(pieces: list[tuple[str, str, int]]) -> None:
    text = "".join(letters + marks * times for letters, marks, times in pieces)
    for form in ("NFC", "NFD", "NFKC"):
        assert normalized(form, text) == unicodedata.normalize(form, text)


@pytest.mark.parametrize("marks", ["\u0301\u0323", "\u0f73", "\u0301\uff9e"])
@pytest.mark.parametrize("repair", [True, False])
def test_a_letter_with_a_hundred_thousand_marks(marks: str, repair: bool) -> None:
    """Python sorts the marks of one letter by insertion, which would take minutes."""
    document = Document(id="marks", text="a" + marks * 50_000 + " and a word.")
    clean([], Config(repair=repair))
    started = time.process_time()
    clean([document], Config(repair=repair))
    assert time.process_time() - started < 5


def test_known_mojibake() -> None:
    """The cases of ftfy's own suite: as repaired there with only damage being repaired."""
    for row in rows("mojibake"):
        text = row["original"]
        repaired, repairs = repair_text(text)
        check(text, repaired, repairs)
        assert all(repair.applied for repair in repairs)
        # Two cases presume that control characters stay.
        if row["expect"] == "pass" and "\x1a" not in text:
            assert repaired == row["fixed_encoding"], row["id"]
        if row["set"] == "negative" and "\x85" not in text:
            assert repaired == text, row["id"]
