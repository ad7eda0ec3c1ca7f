"""Writes the Unicode tables of the native kernel: what Python and the modules in ``text/`` say of each character.

Run by CMake with the Python that the kernel is built for: ``make_tables.py OUTPUT``. Nothing is decided
here. Token classes come from :mod:`dedupe.text.normalize` itself, the rest from ``str`` and ``unicodedata``.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from dedupe.boilerplate.entries import OUTER
from dedupe.boilerplate.lexicon import BARS, ENDS, SPACED_BARS, TAIL_MARKS
from dedupe.boilerplate.running_text import FUNCTION_WORDS
from dedupe.text.calendar import MONTHS, WEEKDAYS
from dedupe.text.damage import suspect_pairs, suspect_singles
from dedupe.text.marks import BULLETS, CLOSERS, DASHES, QUOTES, TERMINAL
from dedupe.text.normalize import (
    LETTERED,
    NUMBER_FORMS,
    UNSPACED,
    is_dash,
    is_syllable,
    is_unspaced,
    token_character,
)
from dedupe.text.segment import SENTENCE_END

CODES = 0x110000
BLOCK = 128
#: Vowels and finals of Hangul: they merge with what stands before them, by rule and not by table.
HANGUL_SECONDS = {*range(0x1161, 0x1176), *range(0x11A8, 0x11C3)}
HANGUL_SYLLABLES = range(0xAC00, 0xD7A4)

#: Names of the bits of a character's properties, from bit 3 on; the token class is in the three below.
FLAGS: dict[str, Callable[[str], bool]] = {
    "unspaced": is_unspaced,
    "alphanumeric": str.isalnum,
    "decimal": str.isdecimal,
    "white": str.isspace,
    "line_break": lambda char: len(f"a{char}b".splitlines()) == 2,
    "sentence_end": lambda char: char in SENTENCE_END,
    "lettered": lambda char: char in LETTERED,
    "syllabic": is_syllable,
    "number_form": lambda char: re.match(f"[{NUMBER_FORMS}]", char) is not None,
    "token_dash": is_dash,
    "folds": lambda char: char.casefold() != char,
    "unspaced_block": lambda char: re.match(f"[{UNSPACED}]", char) is not None,
}
#: What characters are for the features of lines, from bit 0 on.
LINE_FLAGS: dict[str, Callable[[str], bool]] = {
    "outer": lambda char: char in OUTER,
    "terminal": lambda char: char in TERMINAL,
    "closer": lambda char: char in CLOSERS,
    "cased": lambda char: char.lower() != char.upper(),
    "lower": str.islower,
    "upper": str.isupper,
    "title": lambda char: char.istitle() and not char.isupper(),
    "alpha": str.isalpha,
    "digit": str.isdigit,
    "quote": lambda char: char in QUOTES,
    "dash": lambda char: char in DASHES,
    "bullet": lambda char: char in BULLETS,
    "sentence_mark": lambda char: char in ENDS,
    "tail_mark": lambda char: char in TAIL_MARKS,
    "bar": lambda char: char in BARS,
    "spaced_bar": lambda char: char in SPACED_BARS,
}
TOKEN_CLASSES = ("kept", "alone", "dropped", "separator", "replaced")


def token_class(char: str) -> int:
    mapped = token_character(ord(char))
    forms = {char: "kept", f" {char} ": "alone", "": "dropped", " ": "separator", "\ufffd": "replaced"}
    return TOKEN_CLASSES.index(forms[mapped])


def compositions() -> dict[tuple[int, int], int]:
    """Return the pairs of characters that NFC makes one of."""
    pairs = {}
    for code in range(CODES):
        first, _, second = unicodedata.decomposition(chr(code)).partition(" ")
        if second and not first.startswith("<") and unicodedata.normalize("NFC", chr(code)) == chr(code):
            pairs[int(first, 16), int(second, 16)] = code
    return pairs


def properties(seconds: set[int]) -> list[int]:
    """Return the properties of each character: token class, flags, whether NFKC may change it, combining class."""
    values = []
    for code in range(CODES):
        char = chr(code)
        value = token_class(char)
        for bit, holds in enumerate(FLAGS.values(), start=3):
            value |= holds(char) << bit
        changes = code in seconds or unicodedata.normalize("NFKC", char) != char
        value |= changes << 3 + len(FLAGS)
        values.append(value | unicodedata.combining(char) << 16)
    return values


def suspicions() -> tuple[list[int], list[int]]:
    """Return for each character the pairs that it can begin, and those it can end, one bit each.

    A character that is suspicious by itself has the highest bit in the second.
    """
    firsts, seconds = [0] * CODES, [0] * CODES
    every = "".join(map(chr, range(CODES)))
    for bit, (before, after) in enumerate(suspect_pairs()):
        for masks, inner in ((firsts, before), (seconds, after)):
            for match in re.finditer(f"[{inner}]", every):
                masks[match.start()] |= 1 << bit
    for match in re.finditer(f"[{suspect_singles()}]", every):
        seconds[match.start()] |= 1 << 31
    return firsts, seconds


def two_stage(name: str, values: Sequence[int], kind: str) -> Iterable[str]:
    """Yield a table of all characters in C++: blocks of values, each distinct one once, and which block is where."""
    blocks: dict[tuple[int, ...], int] = {}
    index = [blocks.setdefault(tuple(values[start : start + BLOCK]), len(blocks)) for start in range(0, CODES, BLOCK)]
    yield from array(f"{name}_index", index, "std::uint16_t")
    yield from array(f"{name}_blocks", [value for block in blocks for value in block], kind)


def array(name: str, values: Sequence[int], kind: str) -> Iterable[str]:
    yield f"inline constexpr {kind} {name}[] = {{"
    for start in range(0, len(values), 24):
        yield ",".join(map(str, values[start : start + 24])) + ","
    yield "};"


def mapping(name: str, mapped: dict[int, str]) -> Iterable[str]:
    """Yield a table of characters that become others: a row for each (0: none), where it starts in a pool, the pool."""
    rows = [0] * CODES
    starts, pool = [0, 0], list[int]()
    for row, (code, text) in enumerate(mapped.items(), start=1):
        rows[code] = row
        pool += map(ord, text)
        starts.append(len(pool))
    yield from two_stage(f"{name}_row", rows, "std::uint16_t")
    yield from array(f"{name}_start", starts, "std::uint16_t")
    yield from array(f"{name}_pool", pool, "char32_t")


def escaped(text: str) -> str:
    return "".join(f"\\{byte:03o}" for byte in text.encode())


def tables() -> Iterable[str]:
    pairs = compositions()
    yield "// Generated by make_tables.py."
    yield "#pragma once"
    yield "#include <cstdint>"
    yield "#include <string_view>"
    yield "namespace dedupe::unicode {"
    yield f'inline constexpr char version[] = "{unicodedata.unidata_version}";'
    yield f"inline constexpr unsigned block_size = {BLOCK};"
    yield f"enum class TokenClass : std::uint32_t {{ {', '.join(TOKEN_CLASSES)} }};"
    for bit, name in enumerate([*FLAGS, "nfkc_may_change"], start=3):
        yield f"inline constexpr std::uint32_t {name} = 1u << {bit};"
    yield from two_stage("property", properties({second for _, second in pairs} | HANGUL_SECONDS), "std::uint32_t")
    every = [chr(code) for code in range(CODES)]
    for bit, name in enumerate(LINE_FLAGS):
        yield f"inline constexpr std::uint16_t {name} = 1u << {bit};"
    flags = [sum(holds(char) << bit for bit, holds in enumerate(LINE_FLAGS.values())) for char in every]
    yield from two_stage("line_property", flags, "std::uint16_t")
    assert all(len(word.encode()) <= 8 for word in FUNCTION_WORDS), "lines.cpp looks them up as numbers"
    words = ",".join(f'"{escaped(word)}"' for word in sorted(FUNCTION_WORDS))
    yield f"inline constexpr const char* function_words[] = {{{words}}};"
    yield from mapping("fold", {ord(char): char.casefold() for char in every if char.casefold() != char})
    decomposed = {ord(char): unicodedata.normalize("NFKD", char) for char in every if ord(char) not in HANGUL_SYLLABLES}
    yield from mapping("decomposition", {code: text for code, text in decomposed.items() if text != chr(code)})
    firsts, seconds = suspicions()
    yield from two_stage("suspect_first", firsts, "std::uint32_t")
    yield from two_stage("suspect_second", seconds, "std::uint32_t")
    ordered = sorted(pairs.items())
    yield from array("composition_keys", [first << 32 | second for (first, second), _ in ordered], "std::uint64_t")
    yield from array("composition_results", [code for _, code in ordered], "char32_t")
    yield "struct DateName { std::string_view name; char mask; };"
    yield "inline constexpr DateName date_names[] = {"
    for name in sorted(MONTHS | WEEKDAYS, key=str.encode):
        # A word that is both masks as a weekday, as in dedupe.text.masks.
        yield f"""{{"{escaped(name)}", '{"D" if name in WEEKDAYS else "M"}'}},"""
    yield "};"
    yield "}"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text("\n".join(tables()) + "\n", encoding="ascii")
