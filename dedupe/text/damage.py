r"""What damage looks like: which texts may hold any.

ftfy reads text at 4 to 14 MB/s, and nearly every line it reads is sound. The
pre-check here says "nothing to do" at about 100 MB/s and more. When it says so, ftfy would
return the text unchanged; when it does not, ftfy decides. Repairing is next door,
in :mod:`dedupe.text.repair`, and what a repair was good for in :mod:`dedupe.text.diagnosis`.

How that can be certain: each step of ftfy is idle on a text with none of that
step's characters (CLASSES below), except for the search for mojibake, which is
idle where ``ftfy.badness.BADNESS_RE`` matches nothing. That pattern is slow,
because several of its alternatives begin with a letter, so it is written here
once more with each alternative hung on a rare character, and what comes before
that character in a look-behind. Everything that it matches, this one matches.

The tables restate those of ftfy 6.3 (Robyn Speer, Apache-2.0), so that sound text
never pays for importing ftfy. They hold for the ftfy whose source files have the
digest below; with any other one, ftfy itself is asked what it looks for
(:func:`_learned`), and if it has grown a step unknown here, all text goes to it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
import unicodedata
from collections.abc import Callable, Collection
from functools import lru_cache
from pathlib import Path
from typing import Any

#: Settings of ftfy that are damage, not taste; each extra switches one more on.
EXTRA_OPTIONS = {
    "entities": "unescape_html",
    "quotes": "uncurl_quotes",
    "widths": "fix_character_width",
    "ligatures": "fix_latin_ligatures",
}

#: What ftfy's single-character steps act on, as inner parts of character classes.
CLASSES = {
    "control": r"\x00-\x08\x0b\x0e-\x1f\x7f\u206a-\u206f\ufeff\ufff9-\ufffc",
    "c1": r"\x80-\x9f",
    "surrogate": r"\ud800-\udfff",
    "quotes": r"\u02bc\u2018-\u201f",
    "widths": r"\u3000\uff01-\uffef",
    "ligatures": r"\u0132\u0133\u0149\u01c4-\u01cc\u01f1-\u01f3\ufb00-\ufb06",
}
ESCAPE = r"\x1b\[[\d;]*[a-zA-Z]"
ENTITY = r"&#?[0-9A-Za-z]{1,24};"

#: A run of what is removed because it shows nothing.
UNSEEN = re.compile(rf"(?:{ESCAPE}|[{CLASSES['control']}])+")

#: ``ftfy.badness.MOJIBAKE_CATEGORIES``, each as the inner part of a character class.
CATEGORIES = {
    "common": r"\xa0\xad´·–-―’…",
    "c1": r"\x80-\x9f",
    "bad": r"¤¦¨ª¬¯¸ºƒˆˇ˘˛˜†‡‰⌐◊\ufffd",
    "law": r"§¶",
    "currency": r"¢£¥₧€",
    "start": r"¡©«¿΄΅‘‚“„•‹\uf8ff",
    "end": r"®»˝”›™",
    "numeric": r"±-³µ¹¼-¾×÷⁄№∂∆∏∑√∞∩∫≈≠≡≤≥",
    "kaomoji": r"°Ò-ÖÙ-Üò-öø-üŌŐŪŲ",
    "upper": r"À-ÑØÜÝĀĂĄĆČĎĐĒĖĘĚĞĢĪİĶĹĻĽŁŃŅŇŒŘŚŞŠŢŤŮŰŸŹŻŽҐ",
    "lower": r"ß-ñüāăąćčďđēėęěğģīįķĺļľłœŕśşšťźżžґ\ufb01\ufb02",
    "upper_common": r"ÞΆΈ-ΊΌΎΏΑ-ΫЁ-Я",
    "lower_common": r"ά-ωа-џ",
    "box": r"│┌┐┘├┤┬┼═-╬▀▄█▌▐-▓",
}

#: One alternative a line; the first character of a match is one of {heads}, and was
#: just read, so a look-behind ends with it. Most heads are followed by an ASCII
#: letter in sound text, and then the test of {follow} ends the matter.
_SUSPECT = r"""
    [{heads}]
    (?:
      (?<=[{single}])
    | (?<=[a-zA-Z][{lower_common}{upper_common}][{bad}])
    | (?<=[{lower_common}][{upper}])
    | (?<=[Œœ])[^A-Za-z]
    | (?<=[ÃÂ])(?<![^a-z\s.,?!{end}][ÃÂ])[ ]
    | (?=[{follow}])
      (?:
        (?<=[{bad}{lower}{upper}{box}{start}{end}{currency}{numeric}{law}])[{bad}]
      | (?<=[{bad}])[{lower}{upper}{box}{start}{end}{currency}{numeric}{law}]
      | (?<=[{lower}{box}{end}{currency}{numeric}])[{upper}]
      | (?<=[{box}{end}{currency}{numeric}])[{lower}]
      | (?<=[{lower}{box}{end}])[{currency}]
      | (?<=\s[{upper}])[{currency}]
      | (?<=[{upper}{box}])[{numeric}{law}]
      | (?<=[{lower}{upper}{box}{currency}{end}])[{start}][{numeric}]
      | (?<=[{lower}{upper}{currency}{numeric}{box}{law}])[{end}][{start}]
      | (?<=[{currency}{numeric}{box}])[{start}]
      | (?<=[a-z][{upper}])[{start}{currency}]
      | (?<=[{box}])[{kaomoji}{end}]
      | (?<=[{lower}{upper}{currency}{numeric}{start}{end}{law}])[{box}]
      | (?<=[{lower}{upper}])[{start}{end}]\w
      | (?<=[{upper}])°
      | (?<=[ÂÃÎÐ])[€œŠš¢£Ÿž\xa0\xad®©°·»{start}{end}–—´]
      | (?<=×)[²³]
      | (?<=[ØÙ])[{arabic}][ØÙ][{arabic}]
      | (?<=à)[²µ¹¼½¾]
      | (?<=√)[±∂†≠®™´≤≥¥µø]
      | (?<=≈)[°¢]
      | (?<=‚)(?:Ä[ìîïòôúùû†°¢π]|[âó][àä°ê])
      | (?<=[вВ])Ђ
      | (?<=[ВГРС])[{bad}{start}{end}{currency}°µ][ВГРС]
      | (?<=Ã)[\xa0¡]
      | (?<=β)€[™\xa0Ά\xad®°]
      | (?<=[ΒΓΞΟ])[{bad}{start}{end}{currency}°][ΒΓΞΟ]
      | (?<=ā)€
      )
    )
"""

#: Two adjacent characters, one pair for each alternative above: what it matches has one of them. A kernel
#: that looks at two characters at a time finds all that may need repair, and little else.
_PAIRS = (
    ("{lower_common}{upper_common}{lower}{upper}{box}{start}{end}{currency}{numeric}{law}{bad}", "{bad}"),
    ("{bad}", "{lower}{upper}{box}{start}{end}{currency}{numeric}{law}"),
    ("{lower_common}{lower}{box}{end}{currency}{numeric}", "{upper}"),
    ("{box}{end}{currency}{numeric}", "{lower}"),
    ("{lower}{upper}{box}{end}", "{currency}"),
    ("{upper}{box}", "{numeric}{law}"),
    ("{start}", "{numeric}"),
    ("{lower}{upper}{currency}{numeric}{box}{law}", "{end}"),
    ("{currency}{numeric}{box}", "{start}"),
    ("{box}", "{kaomoji}{end}"),
    ("{lower}{upper}{currency}{numeric}{start}{end}{law}", "{box}"),
    ("{lower}{upper}", "{start}{end}"),
    ("{upper}", "°"),
    ("ÂÃÎÐ", "€œŠš¢£Ÿž\xa0\xad®©°·»–—´{start}{end}"),
    ("ÂÃ", " "),
    ("Œœ", "^A-Za-z"),
    ("×", "²³"),
    ("ØÙ", "{arabic}"),
    ("à", "²µ¹¼½¾"),
    ("√", "±∂†≠®™´≤≥¥µø"),
    ("≈", "°¢"),
    ("‚", "Äâó"),
    ("вВ", "Ђ"),
    ("ВГРСΒΓΞΟ", "{start}{end}{currency}°µ"),
    ("Ã", "\xa0¡"),
    ("βā", "€"),
)
_ARABIC = "{common}{currency}{bad}{numeric}{start}ŸŠ®°µ»"

#: SHA-256 over the source files of ftfy 6.3.1, and of its ``BADNESS_RE.pattern``.
_FTFY_DIGESTS = frozenset({"536d455ebecbc6e6a8d0b27ac271a9066e4fd3413e659bb80c7887dd264232d9"})
_BADNESS_DIGEST = "9dcc0f2ac90d9ae3c85eb7b9b2c0b8a8e8126153847c2b30c91a0bb263f3b8c4"
_FTFY_FILES = ("__init__.py", "badness.py", "chardata.py", "fixes.py")

#: What sound ASCII text is made of; ``bytes.translate`` looks for the rest at GB/s.
_PLAIN_ASCII = bytes([0x09, 0x0A, 0x0C, 0x0D, *range(0x20, 0x7F)])

Search = Callable[[str], bool]


def needs_repair(text: str, extras: Collection[str] = ()) -> bool:
    r"""Tell whether repairing *text*, a line or many, could change anything.

    False is a promise, True is not: a suspicious pair of characters may be meant.

    >>> needs_repair("Voil\u00e0 l\u2019\u0153uvre \u2014 \u201cenfin\u201d\r\n")
    False
    >>> needs_repair("caf\u00c3\u00a9"), needs_repair("cafe\u0301"), needs_repair("a\x0bb")
    (True, True, True)
    >>> needs_repair("AT&amp;T"), needs_repair("AT&amp;T", {"entities"})
    (False, True)
    """
    return needs_ftfy(text, extras) or needs_composing(text)


def needs_ftfy(text: str, extras: Collection[str] = ()) -> bool:
    """Tell whether ftfy, with its options for damage and *extras* on, could change *text* or a line of it."""
    return _search(frozenset(extras))(text)


def needs_composing(text: str) -> bool:
    r"""Tell whether *text* may hold a letter and a combining mark that Unicode has as one character.

    Text that differs from NFC in other ways only, such as U+212B for U+00C5, is left alone.

    >>> needs_composing("e\u0301"), needs_composing("\u212b"), needs_composing("\u00e9")
    (True, False, False)
    """
    if text.isascii() or unicodedata.is_normalized("NFC", text):
        return False
    return composing_marks().search(text) is not None


@lru_cache(maxsize=1)
def composing_marks() -> re.Pattern[str]:
    """Return a pattern for the characters that can merge into the one before them under NFC.

    They are the second halves of Unicode's canonical pairs and the vowels and finals
    of Hangul. Read off the running Python's Unicode version, 14 ms, and only for text
    that is not NFC. No pair starts beyond the first two planes.
    """
    marks = {*range(0x1161, 0x1176), *range(0x11A8, 0x11C3)}
    for code in range(0xC0, 0x20000):
        first, _, second = unicodedata.decomposition(chr(code)).partition(" ")
        if second and not first.startswith("<") and unicodedata.is_normalized("NFC", chr(code)):
            marks.add(int(second, 16))
    return re.compile("[" + "".join(map(chr, sorted(marks))) + "]")


@lru_cache(maxsize=32)
def _search(extras: frozenset[str]) -> Search:
    unknown = extras - EXTRA_OPTIONS.keys()
    if unknown:
        raise ValueError(f"unknown extras {sorted(unknown)}; known are {sorted(EXTRA_OPTIONS)}")
    entity = re.compile(ENTITY).search if "entities" in extras else None
    suspect = _suspect_search(extras) if knows_ftfy() else _learned_search(extras)

    def search(text: str) -> bool:
        if entity and "&" in text and entity(text):
            return True
        return suspect(text)

    return search


def _suspect_search(extras: frozenset[str]) -> Search:
    find = re.compile(suspect_pattern(extras), re.VERBOSE).search

    def search(text: str) -> bool:
        if text.isascii():
            return bool(text.encode("ascii").translate(None, _PLAIN_ASCII))
        return find(text) is not None

    return search


def suspect_pattern(extras: Collection[str] = ()) -> str:
    """Return the verbose pattern whose absence proves a non-ASCII text sound."""
    single = _single(extras)
    paired = "{bad}{lower}{upper}{box}{start}{end}{currency}{numeric}{law}".format(**CATEGORIES)
    return _SUSPECT.format(
        **CATEGORIES,
        single=single,
        heads=single + paired + "ØÙВГРСвβΒΓΞΟ",
        follow=paired + CATEGORIES["kaomoji"] + CATEGORIES["common"] + "Ђ",
        arabic=_ARABIC.format(**CATEGORIES),
    )


def suspect_pairs() -> list[tuple[str, str]]:
    """Return inner parts of character classes: a text that the suspect pattern finds has such a pair, or a single."""
    classes = {**CATEGORIES, "arabic": _ARABIC.format(**CATEGORIES)}
    return [(before.format(**classes), after.format(**classes)) for before, after in _PAIRS]


def suspect_singles() -> str:
    """Return the inner part of a character class: what is suspicious by itself, marks that may merge included."""
    return _single(()) + composing_marks().pattern[1:-1]


def may_need_repair(text: str) -> bool:
    r"""Tell whether repairing *text* with no extras might change it, by looking at two characters at a time.

    It is true wherever :func:`needs_repair` is, and holds for the ftfy that :func:`knows_ftfy` knows.

    >>> may_need_repair("sound"), may_need_repair("caf\u00c3\u00a9"), may_need_repair("\u00ab caf\u00e9\u00bb")
    (False, True, True)
    """
    return _pair_pattern().search(text) is not None


@lru_cache(maxsize=1)
def _pair_pattern() -> re.Pattern[str]:
    pairs = (f"(?<=[{before}])[{after}]" for before, after in suspect_pairs())
    return re.compile("|".join([f"[{suspect_singles()}]", *pairs]))


@lru_cache(maxsize=1)
def knows_ftfy() -> bool:
    """Tell whether the installed ftfy is one whose tables are restated here."""
    return _source_digest() in _FTFY_DIGESTS


def _single(extras: Collection[str]) -> str:
    return "".join(CLASSES[name] for name in ("control", "c1", "surrogate", *sorted(extras)) if name in CLASSES)


def _source_digest() -> str:
    """Return the digest of the installed ftfy's source, found but not imported; "" when it cannot be read."""
    spec = importlib.util.find_spec("ftfy")
    if spec is None or spec.origin is None:
        return ""
    digest = hashlib.sha256()
    try:
        for name in _FTFY_FILES:
            digest.update((Path(spec.origin).parent / name).read_bytes())
    except OSError:
        return ""
    return digest.hexdigest()


def _learned_search(extras: frozenset[str]) -> Search:
    """Return a search that is right for an ftfy whose source is not the one known here.

    The same tables under other source give the same search; another ``BADNESS_RE`` is
    used as it is, line by line, since it may look at line starts; tables or options
    that this module has never seen mean that no text can be called sound.
    """
    if not _tables_known():
        return lambda text: True
    from ftfy.badness import BADNESS_RE

    if hashlib.sha256(BADNESS_RE.pattern.encode()).hexdigest() == _BADNESS_DIGEST:
        return _suspect_search(extras)
    single = re.compile(f"[{_single(extras)}]").search
    return lambda text: single(text) is not None or any(map(BADNESS_RE.search, re.split("[\r\n]", text)))


_OPTIONS = frozenset(
    {
        *("unescape_html", "remove_terminal_escapes", "fix_encoding", "restore_byte_a0", "replace_lossy_sequences"),
        *("decode_inconsistent_utf8", "fix_c1_controls", "fix_latin_ligatures", "fix_character_width"),
        *("uncurl_quotes", "fix_line_breaks", "fix_surrogates", "remove_control_chars", "normalization"),
        *("max_decode_length", "explain"),
    }
)


def _tables_known() -> bool:
    """Tell whether the imported ftfy has the options, and acts on the characters, that this module knows."""
    import ftfy
    from ftfy import chardata, fixes

    def inside(name: str, codes: Any) -> bool:
        return all(re.match(f"[{CLASSES[name]}]", chr(code)) for code in codes)

    try:
        return (
            set(ftfy.TextFixerConfig._fields) == _OPTIONS
            and inside("control", chardata.CONTROL_CHARS)
            and inside("ligatures", chardata.LIGATURES)
            and inside("widths", chardata.WIDTH_MAP)
            and chardata.C1_CONTROL_RE.pattern == r"[\x80-\x9f]"
            and chardata.SINGLE_QUOTE_RE.pattern == "[\u02bc\u2018-\u201b]"
            and chardata.DOUBLE_QUOTE_RE.pattern == "[\u201c-\u201f]"
            and chardata.HTML_ENTITY_RE.pattern == ENTITY
            and fixes.SURROGATE_RE.pattern == "[\ud800-\udfff]"
            and fixes.ANSI_RE.pattern.startswith("\x1b")
        )
    except AttributeError:
        return False
