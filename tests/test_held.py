"""What stays as it is because a second run would go on where the first one stopped.

A file whose encoding is guessed is read as it was written: where less of it would say another one, it stays. So do
passages that go, and come back, in a circle.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from conftest import tree
from test_promises import Cli, check_all, clean_and_come_back, named

from dedupe import Config

BODY = (
    "The harbour office moved its archive to the mill in March, and most of the boxes are open again.",
    "Anyone may read the registers on Thursdays, as long as the lamp above the door is lit.",
)
FURNITURE = "Print Friendly, PDF & Email"
#: The last byte is "›" in windows-1252, and nothing in UTF-8.
WIDGETS = ("Facebooktwittermail", FURNITURE + " \x9b")
#: What is quoted is not repaired; the same bytes in UTF-8 are "é".
QUOTED = 'Where an accent stands in the printed catalogue, the old browser shows "Ã©" instead.'
FALLBACK = ("--fallback-encoding", "cp1252")


def page(*lines: str, encoding: str = "latin-1") -> bytes:
    return "".join(f"{line}\n\n" for line in lines).encode(encoding)


def cleaned(cli: Cli, folder: Path, files: dict[str, bytes], *options: str) -> tuple[dict[str, bytes], list[dict]]:
    """Clean files, and once more; return what stays of them, and the records of operations."""
    for name, content in files.items():
        path = folder / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    out, log = clean_and_come_back(cli, folder, folder / "in", folder / "out", *options)
    return tree(out), [record for record in map(json.loads, log.read_bytes().splitlines()) if record["t"] == "op"]


def test_a_file_that_would_turn_into_another_encoding_stays(cli: Cli, tmp_path: Path) -> None:
    # "Ã©" in windows-1252 is "é" in UTF-8, which the file is once the stray byte has gone.
    content = page(*WIDGETS, *BODY, QUOTED)
    left, operations = cleaned(cli, tmp_path, {"a.txt": content}, *FALLBACK)
    assert left == {"a.txt": content}
    assert operations
    assert not any(operation["applied"] for operation in operations)
    held = [operation for operation in operations if operation["rule"].startswith("boilerplate/")]
    assert {operation["evidence"]["guard"] for operation in held} == {"encoding"}
    assert all(
        operation["why"].endswith("; kept, since less of the file would be read in another encoding")
        for operation in held
    )


def test_repairs_of_it_wait_too(cli: Cli, tmp_path: Path) -> None:
    content = page(*WIDGETS, *BODY, QUOTED, "The ferry\x1b[0m does not run on Mondays before Easter.")
    left, operations = cleaned(cli, tmp_path, {"a.txt": content}, *FALLBACK)
    assert left == {"a.txt": content}
    repairs = [operation for operation in operations if operation["rule"] == "repair/escape"]
    assert [operation["applied"] for operation in repairs] == [False]
    assert "another encoding" in repairs[0]["why"]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(page(*WIDGETS, *BODY), id="nothing but ASCII is left"),
        pytest.param(
            page(*WIDGETS, *BODY, "The café is next door to the mill."), id="it is not UTF-8 without the line"
        ),
        pytest.param(page(FURNITURE, *BODY, "The café is next door."), id="the line is ASCII"),
        pytest.param(page(FURNITURE, *BODY, "The café is next door.", encoding="utf-8"), id="it was UTF-8"),
        pytest.param(page(FURNITURE, *BODY, "The café is next door.", encoding="utf-16"), id="a mark says it"),
    ],
)
def test_a_file_that_is_read_the_same_is_cleaned(cli: Cli, tmp_path: Path, content: bytes) -> None:
    left, _ = cleaned(cli, tmp_path, {"a.txt": content}, *FALLBACK)
    assert FURNITURE.encode() not in left["a.txt"].replace(b"\0", b"")
    assert b"lamp above the door" in left["a.txt"].replace(b"\0", b"")


def test_an_encoding_that_is_given_is_no_guess(cli: Cli, tmp_path: Path) -> None:
    content = page(*WIDGETS, *BODY, QUOTED)
    left, _ = cleaned(cli, tmp_path, {"a.txt": content}, "--encoding", "cp1252", "--no-repair")
    assert FURNITURE.encode() not in left["a.txt"]


def test_a_copy_goes_as_a_whole(cli: Cli, tmp_path: Path) -> None:
    content = page(*WIDGETS, *BODY, QUOTED)
    left, _ = cleaned(cli, tmp_path, {"a.txt": content, "b.txt": content}, *FALLBACK)
    assert left == {"a.txt": content}


def test_others_name_what_it_keeps(cli: Cli, tmp_path: Path) -> None:
    held = page(*WIDGETS, *BODY, QUOTED)
    other = page(
        "Notes of the week", BODY[0], "The ferry does not run on Mondays before Easter, whatever the board says."
    )
    left, operations = cleaned(cli, tmp_path, {"a.txt": held, "b.txt": other}, *FALLBACK)
    assert left["a.txt"] == held
    assert BODY[0].encode() not in left["b.txt"]
    (operation,) = [operation for operation in operations if operation["doc"] == "b.txt" and operation["applied"]]
    assert operation["canonical"]["doc"] == "a.txt"


WORDS = "harbour archive mill lamp ferry register map window stone river market letter printer garden tower".split()


def circle(chance: random.Random) -> list[str]:
    """A long line, and a page that has it three times, in passages that are much alike.

    Where two of them go as repeats of the third, the lines of that stand by themselves, and the long one repeats the
    first text; then the third is not any more what the other two repeat.
    """

    def line(words: int) -> str:
        return " ".join(chance.choices(WORDS, k=words)).capitalize() + ("." if words > 4 else "")

    base = [line(chance.randrange(1, 9)) for _ in range(chance.randrange(10, 26))]
    said, at = line(24), chance.randrange(2, len(base) - 1)

    def passage() -> str:
        lines = list(base)
        for _ in range(chance.randrange(1, 5)):
            place = chance.randrange(len(lines))
            lines[place : place + chance.randrange(2)] = [line(chance.randrange(2, 7))]
        lines[at:at] = ["Ready", "Set", said, "And never look back at the old map."]
        return "\n".join(lines)

    return [said.replace(" ", " extra more ", 2), "\n\n".join(passage() for _ in range(3))]


def test_what_goes_round_in_a_circle_stays() -> None:
    config = Config(near="all", keep="longest")
    guards = set()
    for seed in range(40):
        texts = circle(random.Random(seed))
        log = check_all(named(texts), config).log  # a second run changes nothing, among others
        guards |= {record["evidence"].get("guard") for record in log if record["t"] == "op"}
    assert "restless" in guards
