"""What a repair repaired: the kind of damage, the steps it is owed to, and a sentence."""

from __future__ import annotations

import re
from functools import lru_cache

from dedupe.text.composing import normalized
from dedupe.text.damage import CLASSES, ESCAPE, EXTRA_OPTIONS, UNSEEN

#: Names of steps that were one act: ``("encode latin-1", "decode utf-8")``.
Steps = tuple[str, ...]

_KINDS = {"entities": "entities", "quotes": "quotes", "widths": "width", "ligatures": "ligature"}
#: The kinds of damage, in the words that rule names end in, and the steps of ftfy that each is owed to.
STEPS = {
    "mojibake": ("decode utf-8", "decode utf-8-variants", "apply decode_inconsistent_utf8"),
    "c1": ("decode windows-1252", "transcode fix_c1_controls", "apply fix_c1_controls"),
    "control": ("apply separate_words", "apply remove_control_chars"),
    "escape": ("apply separate_words", "apply remove_terminal_escapes", "apply remove_control_chars"),
    "surrogate": ("apply fix_surrogates",),
    "nfc": ("apply compose_marks",),
    **{_KINDS[extra]: (f"apply {option}",) for extra, option in EXTRA_OPTIONS.items()},
}
_WINDOWS_1252 = {code: bytes([code]).decode("cp1252", "replace") for code in range(0x80, 0xA0)}
_C1_TO_WINDOWS = {code: char for code, char in _WINDOWS_1252.items() if char != "\ufffd"}


@lru_cache(maxsize=512)
def kind_of_change(before: str, after: str, steps: tuple[Steps, ...]) -> str:
    """Return what was wrong with *before*, in the words that rule names end in.

    A kind that explains the whole change wins; where several met in one place it is
    mojibake if *steps*, those of the line, decoded anything.
    """
    seen = normalized("NFC", _joined_pairs(UNSEEN.sub("", before)))
    wanted = normalized("NFC", after)
    removed = UNSEEN.search(before) is not None
    if removed:
        seen, wanted = seen.replace(" ", ""), wanted.replace(" ", "")
    if seen == wanted:
        return _kind_of_damage(before)
    if seen.translate(_C1_TO_WINDOWS) == wanted:
        return "c1"
    taken = {name for step in steps for name in step}
    tastes = [(_KINDS[extra], option) for extra, option in EXTRA_OPTIONS.items() if f"apply {option}" in taken]
    partly = []
    if tastes:
        from ftfy import fixes

        tasted = seen.translate(_C1_TO_WINDOWS)
        for _, option in tastes:
            tasted = getattr(fixes, option)(tasted)
        if tasted == wanted and any(_has(name, before) for name in ("c1", "control", "surrogate")):
            return "c1" if _has("c1", before) else _kind_of_damage(before)
    for kind, option in tastes:
        changed = getattr(fixes, option)(before)
        if changed == after:
            return kind
        if changed != before:
            partly.append(kind)
    if taken & {*STEPS["mojibake"], *STEPS["c1"]}:
        return "mojibake"
    kinds = [*partly, *(name for name in ("surrogate", "control") if _has(name, before)), *(kind for kind, _ in tastes)]
    return kinds[0] if kinds else "nfc"


def _kind_of_damage(before: str) -> str:
    """Return what was wrong with a text whose visible characters stayed."""
    if UNSEEN.search(before):
        return "escape" if re.search(ESCAPE, before) else "control"
    return "surrogate" if _has("surrogate", before) else "nfc"


@lru_cache(maxsize=512)
def steps_of(kind: str, steps: tuple[Steps, ...]) -> Steps:
    """Return those of a line's *steps* that a change of this *kind* is owed to, in order; all, if none is named."""
    named = [step for step in steps if not set(STEPS[kind]).isdisjoint(step)]
    return tuple(name for step in named or steps for name in step)


def why_changed(kind: str, before: str, after: str, steps: tuple[Steps, ...], left: str = "", right: str = "") -> str:
    """Return the change as one sentence; *left* and *right* are what stands around it in the same word."""
    shown = f'"{_clipped(left + before + right)}" was "{_clipped(left + after + right)}"'
    if kind == "mojibake":
        return f"UTF-8 text had been read as {_encodings(before, after, steps)}: {shown}"
    if kind == "c1":
        return f"windows-1252 text had been read as Latin-1: {shown}"
    if kind == "surrogate":
        if "\ufffd" in after:
            return "half of a UTF-16 pair stood alone; which character it was part of is lost"
        return f'the two halves of a UTF-16 pair had been read as characters: they are "{_clipped(after)}"'
    if kind == "nfc":
        return f'letter and combining mark stood as separate characters: together they are "{_clipped(after)}"'
    if kind == "escape":
        return "a terminal escape sequence (colour or cursor movement) is not text"
    if kind == "control":
        names = ", ".join(dict.fromkeys(f"U+{ord(char):04X}" for char in before if _has("control", char)))
        return f"control character {names} stood {'between two words' if after == ' ' else 'in the text'}"
    return f'asked for ({kind}): "{_clipped(before)}" is written "{_clipped(after)}"'


@lru_cache(maxsize=512)
def _encodings(before: str, after: str, steps: tuple[Steps, ...]) -> str:
    import ftfy

    steps_alone = ftfy.fix_encoding_and_explain(before)
    found = [step for step in steps_alone.explanation or () if steps_alone.text == after]
    names = [step.parameter for step in found if step.action == "encode"]
    if not names:
        names = [name.removeprefix("encode ") for step in steps for name in step if name.startswith("encode ")]
    # Without C1 controls the two cannot be told apart, and windows-1252 is what software takes for Latin-1.
    latin = "Latin-1" if _has("c1", before) else "windows-1252"
    known = {"latin-1": latin, "macroman": "MacRoman", "iso-8859-2": "ISO-8859-2", "cp437": "code page 437"}
    readable = dict.fromkeys(known.get(name, name.removeprefix("sloppy-")) for name in names)
    if not readable:
        return "a one-byte encoding"
    return " and then as ".join(reversed(readable)) + (" twice" if len(names) == 2 and len(readable) == 1 else "")


def _has(name: str, text: str) -> bool:
    return re.search(f"[{CLASSES[name]}]", text) is not None


def _joined_pairs(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _clipped(text: str) -> str:
    if _has("surrogate", text):  # a sentence must be fit for UTF-8
        text = _joined_pairs(text)
    return text if len(text) <= 40 else text[:38] + "…"
