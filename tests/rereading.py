"""What the promises say, read again by other means than the tool's own.

Nothing here imports the tool. The normal form, the comparison of words and the replay of a log
are written a second time, the slow and obvious way, so that a mistake in the tool cannot hide
behind the same mistake in its test.
"""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from typing import Any

import ftfy

Record = Mapping[str, Any]

DUPLICATE_RULES = (
    "repeat/exact",
    "repeat/near",
    "repeat/contained",
    "duplicate/exact",
    "duplicate/near",
    "duplicate/contained",
    "document/exact",
    "document/near",
    "document/contained",
)

# Scripts that are written without spaces: every character counts as a word.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff"
    "\U0001b000-\U0001b16f\U00020000-\U0003ffff]"
)
_CONFIG = ftfy.TextFixerConfig(
    unescape_html=False, uncurl_quotes=False, fix_character_width=False, fix_line_breaks=False, normalization=None
)


def folded(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _counts(char: str) -> bool:
    category = unicodedata.category(char)
    # Characters for private use, and those that a later Unicode may have, say something to whoever wrote them.
    return category[0] in "LN" or category in ("Co", "Cn") or (category[0] == "M" and not "\ufe00" <= char <= "\ufe0f")


def words(text: str) -> list[str]:
    """The words of a text in normal form; characters where a script has no spaces between words."""
    found: list[str] = []
    visible = "".join(c for c in folded(text) if unicodedata.category(c) != "Cf")
    for run in "".join(c if _counts(c) else " " for c in visible).split():
        found.extend(part for part in re.split(f"({_UNSPACED.pattern})", run) if part)
    return found


def _is_sign(part: str) -> bool:
    return len(part) == 1 and part not in "|~" and (part in "%#" or unicodedata.category(part) in ("Sc", "Sm", "So"))


def _is_dash(char: str) -> bool:
    return char == "-" or "\u2010" <= char <= "\u2015"


def _acts_as_sign(text: str, at: int) -> bool:
    """Whether the punctuation at a place is part of a number or an operator."""
    char, before, after = text[at], text[at - 1 : at], text[at + 1 : at + 2]
    follows_word = before.isalnum() or before == "_"
    if char == "&":
        return True
    if char == "/":
        return not {before, after} & {"/", "*"}
    if char == "*":
        return follows_word and (after.isalnum() or after == "_")
    if char in "!?":
        behind = before.isdecimal() or (before in ("!", "?") and text[at - 2 : at - 1].isdecimal())
        negates = after == "=" or (not follows_word and (after.isalnum() or after == "_"))
        return behind or (char == "!" and negates)
    if not after.isdecimal() or not (char in ".,:" or _is_dash(char)):
        return False
    return before.isdecimal() or (not follows_word and (_is_dash(char) or (char == "." and before != ".")))


def words_and_signs(text: str) -> list[str]:
    """The words, and the signs that mean something by themselves; three equal ones in a row draw a line."""
    text = unicodedata.normalize("NFKC", text)
    found: list[str] = []
    piece = ""
    for at, char in enumerate(text):
        if _acts_as_sign(text, at):
            found += [*_words_and_symbols(piece), "\u2212" if _is_dash(char) else char]
            piece = ""
        else:
            piece += char
    return found + _words_and_symbols(piece)


def _words_and_symbols(text: str) -> list[str]:
    text = re.sub(r"([=+<>#%$^`])\1{2,}", " ", text)
    parts = "".join(f" {c} " if _is_sign(c) else c for c in text).split()
    return [word for part in parts for word in ([part] if _is_sign(part) else words(part))]


def letters(text: str) -> str:
    """The normal form without any opinion on where words end."""
    return "".join(c for c in folded(text) if _counts(c))


def repaired(text: str) -> str:
    """What ftfy makes of a text when it is told to leave matters of taste alone; what stood for a space is one."""
    return ftfy.fix_text(re.sub(r"(?<=\w)[\x00\x0b](?=\w)", " ", text), _CONFIG)


def in_order(a: list[str], b: list[str]) -> int:
    """Length of the longest common subsequence."""
    return sum(length for _, _, length in aligned(a, b))


def aligned(a: list[str], b: list[str]) -> list[tuple[int, int, int]]:
    """Runs ``(i, j, length)`` of a longest common subsequence, found as Hunt and Szymanski (1977) do.

    What both begin and end with is taken off first. Then the equal pairs are walked, and for every length
    the chain of that length is kept that ends earliest.
    """
    head = 0
    while head < min(len(a), len(b)) and a[head] == b[head]:
        head += 1
    tail = 0
    while tail < min(len(a), len(b)) - head and a[-1 - tail] == b[-1 - tail]:
        tail += 1
    places: dict[str, list[int]] = {}
    for j in range(len(b) - tail - 1, head - 1, -1):
        places.setdefault(b[j], []).append(j)
    ends: list[int] = []
    chains: list[Any] = []
    for i in range(head, len(a) - tail):
        for j in places.get(a[i], ()):
            k = bisect_left(ends, j)
            chain = (i, j, chains[k - 1] if k else None)
            ends[k : k + 1], chains[k : k + 1] = [j], [chain]
    middle = []
    chain = chains[-1] if chains else None
    while chain:
        middle.append((chain[0], chain[1], 1))
        chain = chain[2]
    ends_of = [(0, 0, head), *middle[::-1], (len(a) - tail, len(b) - tail, tail)]
    return [run for run in ends_of if run[2]]


def same_normal_form(a: str, b: str) -> bool:
    """Whether two texts are equal in normal form, damage aside."""
    if letters(a) == letters(b):
        return True
    one, other = repaired(a), repaired(b)
    # Entities are repaired if somebody asks for it.
    return letters(one) == letters(other) or letters(html.unescape(one)) == letters(html.unescape(other))


def raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def text_of(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass")


def operations(log: Iterable[Record], applied: bool | None = True) -> list[Record]:
    return [r for r in log if r["t"] == "op" and (applied is None or r["applied"] is applied)]


def check_replay(log: Iterable[Record], sources: Mapping[str, bytes], outputs: Mapping[str, bytes]) -> None:
    """Check every record by applying it: the source becomes the output, and every removed byte is in the log.

    *sources* are the originals by document id, as UTF-8; *outputs* the documents that are left.
    """
    records = list(log)
    assert records[0]["t"] == "run"
    assert records[-1]["t"] == "end"
    documents = {r["doc"]: r for r in records if r["t"] == "doc"}
    assert set(documents) == set(sources)
    for name, document in documents.items():
        source = sources[name]
        mine = [r for r in records if r["t"] == "op" and r["doc"] == name]
        assert [op["n"] for op in mine] == list(range(1, len(mine) + 1))
        assert [op["src"][0] for op in mine] == sorted(op["src"][0] for op in mine)
        assert document["ops"] == len(mine)
        assert document["source"]["bytes"] == len(source)
        assert document["source"]["chars"] == len(text_of(source))
        for op in mine:
            _check_operation(op, source, sources)
        if document["status"] == "removed":
            assert document["output"] is None
            assert name not in outputs
            assert any(op["applied"] and op["op"] == "delete" for op in mine)
            continue
        output = outputs[name]
        assert document["output"]["bytes"] == len(output)
        assert document["output"]["chars"] == len(text_of(output))
        assert document["status"] == ("same" if source == output else "changed")
        assert _applied([op for op in mine if op["applied"]], source) == output


def _check_operation(op: Record, source: bytes, sources: Mapping[str, bytes]) -> None:
    start, end = op["src"]
    assert 0 <= start <= end <= len(source)
    first, last = op["chr"]
    assert len(text_of(source[:start])) == first
    assert len(text_of(source[:end])) == last
    assert op["op"] in ("delete", "replace", "insert")
    if op.get("ref"):
        there = op["canonical"]["src"]
        assert source[start:end] == sources[op["canonical"]["doc"]][there[0] : there[1]]
        assert "text" not in op
    elif op["op"] != "insert":
        assert raw(op["text"]) == source[start:end]
    if op["op"] != "delete":
        assert isinstance(op["new"], str)
    lines = _line_starts(source)
    low, high = op["lines"]
    assert 1 <= low <= high <= max(len(lines), 1)
    here = [n for n, at in enumerate(lines, 1) if at < max(end, start + 1)]
    assert low <= (here[-1] if here else 1)
    assert high >= max((n for n, at in enumerate(lines, 1) if at <= start), default=1)


def _line_starts(source: bytes) -> list[int]:
    return [0, *(m.end() for m in re.finditer(rb"\r\n|\r|\n", source) if m.end() < len(source))]


def _applied(ops: list[Record], source: bytes) -> bytes:
    out, at = bytearray(), 0
    for op in ops:
        start, end = op["src"]
        assert start >= at, "applied operations overlap or are out of order"
        out += source[at:start]
        assert op["dst"] == len(out)
        out += raw(op.get("new", ""))
        at = end
    return bytes(out + source[at:])


def check_survivors(
    log: Iterable[Record],
    sources: Mapping[str, bytes],
    outputs: Mapping[str, bytes],
    min_words: int = 8,
    references: Mapping[str, bytes] | None = None,
) -> int:
    """Check that everything removed as a copy stands elsewhere in the output; return the number of copies.

    The passage that the log names as canonical is cut out of the output, or out of the reference text that stands
    under its name in *references*, and compared with the removed one, in full.
    """
    import hashlib

    records = list(log)
    applied = operations(records)
    copies = [op for op in applied if op["rule"] in DUPLICATE_RULES]
    for op in applied:
        if op["rule"].split("/")[0] in ("repeat", "duplicate", "document"):
            assert op["rule"] in DUPLICATE_RULES
    for op, passage in whole_passages(applied, sources):
        kind, how = op["rule"].split("/")
        canonical = op["canonical"]
        removed = text_of(passage)
        low, high = canonical["src"]
        if "path" in canonical:
            whole = (references or {})[canonical["doc"]]
            there = whole[low:high]
            assert hashlib.sha256(whole).hexdigest() == canonical["document_sha256"]
            assert kind != "repeat"
            assert "ref" not in op
        else:
            there = sources[canonical["doc"]][low:high]
            assert hashlib.sha256(there).hexdigest() == canonical["sha256"]
            assert canonical["doc"] in outputs, f"no {canonical['doc']}, for which {op['doc']} was removed"
            assert (kind == "repeat") == (canonical["doc"] == op["doc"])
        if "path" in canonical:
            standing = [text_of(there), text_of(whole)]
        elif kind == "document":  # its furniture and its own repeats may be gone from the survivor, and be logged there
            standing = [text_of(there), text_of(outputs[canonical["doc"]])]
        else:
            left, right = canonical["dst"]
            output = outputs[canonical["doc"]]
            assert 0 <= left < right <= len(output)
            standing = [text_of(output[left:right])]
        if (kind, how) == ("document", "contained"):
            source = whole if "path" in canonical else sources[canonical["doc"]]
            _check_contained(removed, [standing[1], text_of(source)])
            continue
        standing = standing[:1] if "path" in canonical else standing
        assert any(_repeats(how, removed, stands) for stands in standing), (how, removed, standing)
        if kind != "document":
            _check_not_a_heading(op, removed, applied, min_words)
    return len(copies)


def _check_contained(removed: str, survivors: list[str]) -> None:
    """Every passage of a document that was removed for standing in another one has to be found there.

    It may hold a passage twice that the survivor holds once, so passages are looked for one by one, and
    lines one by one where a passage is made of repeated lines.
    """
    wholes = [words(repaired(text)) for text in survivors]
    for passage in re.split(r"(?:\r\n|\r|\n)[^\S\r\n]*(?:\r\n|\r|\n)\s*", removed):
        lines = [words(repaired(line)) for line in re.split(r"\r\n|\r|\n", passage)]
        count = sum(map(len, lines))
        found = max(sum(in_order(line, whole) for line in lines) for whole in wholes)
        assert found >= 0.7 * count - 1e-9, (passage, survivors)


def _repeats(how: str, removed: str, stands: str) -> bool:
    if how == "exact":
        return same_normal_form(removed, stands)
    for joint in ("_", ""):  # what is written as one with underscores is several words, or one
        mine, theirs = (words_and_signs(repaired(text).replace("_", joint)) for text in (removed, stands))
        common = in_order(mine, theirs)
        if how == "near" and common >= 0.7 * (len(mine) + len(theirs)) / 2 - 1e-9:
            return True
        if how != "near" and common >= 0.9 * len(mine):
            return True
    return False


def whole_passages(applied: list[Record], sources: Mapping[str, bytes]) -> Iterable[tuple[Record, bytes]]:
    """Every passage that was removed as a copy, with the operation that speaks for it.

    A passage inside which something else was changed is written as several operations: they name the same canonical
    passage and say which part of how many they are. Only together do they repeat it, with what was repaired between
    them; what went for another reason ends a word.
    """
    split: dict[Any, list[Record]] = {}
    repaired_there: dict[str, set[int]] = {}
    for op in applied:
        start, end = op["src"]
        if op["rule"].startswith("repair/"):
            repaired_there.setdefault(op["doc"], set()).update(range(start, end))
        elif op["rule"] not in DUPLICATE_RULES:
            continue
        elif op["evidence"].get("parts", 1) == 1:
            yield op, sources[op["doc"]][start:end]
        else:
            canonical = op["canonical"]
            split.setdefault((op["doc"], op["rule"], canonical["doc"], *canonical["src"]), []).append(op)
    for group in split.values():
        parts: list[Record] = []
        for op in group:
            parts.append(op)
            assert op["evidence"]["part"] == len(parts)
            if len(parts) == op["evidence"]["parts"]:
                yield op, _together(parts, sources[op["doc"]], repaired_there.get(op["doc"], set()))
                parts = []
        assert not parts, "a part of a removed passage is missing from the log"


def _together(parts: list[Record], source: bytes, repaired_there: set[int]) -> bytes:
    passage, before = b"", parts[0]["src"][0]
    for op in parts:
        start, end = op["src"]
        passage += source[before:start] if repaired_there.issuperset(range(before, start)) else b" "
        passage += source[start:end]
        before = end
    return passage


def _check_not_a_heading(op: Record, removed: str, applied: list[Record], min_words: int) -> None:
    """A line that stands alone is only removed as an exact copy when it has *min_words* words."""
    if op["evidence"].get("parts", 1) > 1:
        return
    lines = [line for line in re.split(r"\r\n|\r|\n", removed) if line.strip()]
    if len(lines) != 1 or not op["rule"].endswith("/exact"):
        return
    start, end = op["src"]
    for other in applied:
        if other is not op and other["doc"] == op["doc"] and (other["src"][1] >= start and other["src"][0] <= end):
            return  # part of a larger removal
    signs = sum(unicodedata.category(c) == "Sc" for c in removed)  # "$ 99" may be read as two words
    assert len(words(removed)) + signs >= min_words, f"a short line was removed as a copy: {removed!r}"


def check_explanations(log: Iterable[Record]) -> None:
    """Check that every operation says by which rule, why, with what evidence, and where."""
    for op in operations(log, applied=None):
        stage, _, name = op["rule"].partition("/")
        assert stage in ("repeat", "duplicate", "document", "boilerplate", "repair"), op["rule"]
        assert re.fullmatch(r"[a-z0-9-]+", name), op["rule"]
        assert len(op["why"].split()) >= 3, op["why"]
        assert "\n" not in op["why"]
        assert isinstance(op["evidence"], dict)
        assert op["evidence"]
        assert isinstance(op["applied"], bool)
        if stage != "repair":
            assert list(_numbers(op["evidence"])), op["evidence"]
        if op["rule"] in DUPLICATE_RULES:
            similarity = op["evidence"]["similarity"]
            assert 0 <= similarity <= 1
            if name == "exact":
                assert similarity == 1


def _numbers(value: Any) -> Iterable[float]:
    if isinstance(value, bool):
        return
    if isinstance(value, int | float):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _numbers(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _numbers(item)
