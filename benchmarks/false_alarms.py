"""What is taken as boilerplate from text that has none: every line is a mistake.

    python benchmarks/false_alarms.py [--data FOLDER] [--lines 200000] [--show 8] [--kinds verses,laws] [--out FILE]

Real texts: the Bible in 13 translations and German laws, where FOLDER has them, the code of Python's standard
library, and what Debian has installed: the manual pages, as ``man`` shows them, in English and in other languages
(``manpages-de``, ``-fr``, ``-es``, ``-pl``, ``-ru``, ``-ja``, ``-zh``, ...), quotations (``fortunes`` and those of
other languages, one a text), and the text files of ``/usr/share/doc``. Made up by a seed: Markdown manuals in which the
same headings come back under a table of contents, plays with a cast and stage directions, poems with refrains;
ordinary words of them are words of menus too. Each kind is one source, so that what comes back in it counts as
frequent, and is judged in every profile; headings that go are counted besides.
"""

from __future__ import annotations

import argparse
import collections
import gzip
import re
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from boilerplate import DEFAULT_DATA, count, read_rows
from corpora import Writer
from measure import save

from dedupe import kernels
from dedupe.boilerplate.lexicon import Lexicon
from dedupe.boilerplate.profiles import PROFILES
from dedupe.boilerplate.signals import score_documents
from dedupe.config import Config
from dedupe.model import Outcome
from dedupe.text.segment import split_lines

HEADINGS = (
    "Overview", "Getting started", "Download", "Installation", "Usage", "Options", "Search", "Features", "Examples",
    "Help", "Related", "See also", "Support", "Contact", "Authors", "Copyright",
)  # fmt: skip
DIRECTIONS = ("Exit.", "Exeunt.", "Enter the Queen.", "A silence.", "Exit", "Music", "Within", "Home", "Listen")


def verses(data: Path) -> Iterator[str]:
    """Chapters of thirty verses each."""
    rows = read_rows(data / "verses.jsonl.xz")
    while chapter := list(islice(rows, 30)):
        yield "\n".join(verse["text"] for verse in chapter)


def laws(data: Path) -> Iterator[str]:
    """The first version of every law."""
    seen = set()
    for row in read_rows(data / "laws.jsonl.xz"):
        if row["path"] not in seen:
            seen.add(row["path"])
            yield row["text"]


def code() -> Iterator[str]:
    """Modules of Python's standard library."""
    for path in sorted(Path(sysconfig.get_path("stdlib")).rglob("*.py")):
        if "site-packages" not in path.parts:
            yield path.read_text(encoding="utf-8", errors="replace")


def man_pages(root: Path = Path("/usr/share/man")) -> Iterator[tuple[str, Iterator[str]]]:
    """Yield the language and the texts of the manual pages that are installed, sections 1 to 8."""
    for folder in sorted({path.parent.parent for path in root.glob("**/man1/*.gz")}):
        language = "en" if folder == root else folder.name
        yield f"man-{language}", (shown for path in sorted(folder.glob("man*/*.gz")) if (shown := as_shown(path)))


def as_shown(page: Path) -> str:
    """The text of a manual page on a terminal of 80 columns, "" where it cannot be read."""
    command = (
        ["mandoc", "-Tutf8", "-Owidth=80"] if shutil.which("mandoc") else ["groff", "-k", "-Tutf8", "-man", "-P-c"]
    )
    source = gzip.decompress(page.read_bytes())
    shown = subprocess.run(command, input=source, capture_output=True, check=False).stdout
    return re.sub(".\b", "", shown.decode("utf-8", "replace"))


def quotations(root: Path = Path("/usr/share/games/fortunes")) -> Iterator[str]:
    """Each quotation by itself, as a row of a corpus would have it."""
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.suffix:
            yield from path.read_text(encoding="utf-8", errors="replace").split("\n%\n")


def documentation(root: Path = Path("/usr/share/doc")) -> Iterator[str]:
    for path in sorted(root.rglob("*")):
        if path.suffix in (".txt", ".md", ".rst") and path.is_file():
            yield path.read_text(encoding="utf-8", errors="replace")


def manuals(seed: int = 7) -> Iterator[str]:
    """Manuals of programs, with the same headings under a table of contents, and little under each."""
    writer = Writer(seed)
    while True:
        name = writer.words(1)[0]
        sections = [head for head in HEADINGS if writer.random.random() < 0.7]
        parts = [f"# {name}", *(head for head in sections if writer.random.random() < 0.9)]
        for head in sections:
            parts += [f"## {head}" if writer.random.random() < 0.8 else head, writer.paragraph()]
            if head == "Options":
                parts += [f"- `--{word}`: {' '.join(writer.words(6))}" for word in writer.words(5)]
            if head == "Examples":
                parts.append("\n".join(["```sh", f"{name} --{writer.words(1)[0]} {writer.words(1)[0]}", "```"]))
        yield "\n\n".join(parts) + "\n"


def plays(seed: int = 7) -> Iterator[str]:
    """A cast, and speakers above short speeches; the directions come back in all plays."""
    writer = Writer(seed)
    while True:
        speakers = [word.upper() for word in writer.words(5)]
        lines = [" ".join(writer.words(3)).title(), "", *(speaker.title() for speaker in speakers), ""]
        for scene in range(4):
            lines += [f"Scene {scene + 1}", ""]
            for _ in range(12):
                speech = (
                    writer.paragraph() if writer.random.random() < 0.3 else " ".join(writer.words(4)).capitalize() + "."
                )
                lines += [writer.random.choice(speakers), speech, ""]
                if writer.random.random() < 0.3:
                    lines += [writer.random.choice(DIRECTIONS), ""]
        yield "\n".join(lines)


def poems(seed: int = 7) -> Iterator[str]:
    """Stanzas of short lines with a refrain, some of which are words of menus."""
    writer = Writer(seed)
    refrains = [" ".join(writer.words(3)).capitalize() for _ in range(10)] + [
        "Home",
        "Follow me",
        "Read on",
        "Share it",
    ]
    while True:
        refrain = writer.random.choice(refrains)
        lines = [" ".join(writer.words(2)).title(), ""]
        for _ in range(writer.random.randint(2, 6)):
            lines += [" ".join(writer.words(6)).capitalize() for _ in range(4)] + [refrain, ""]
        yield "\n".join(lines)


def kinds(data: Path) -> Iterator[tuple[str, Iterator[str]]]:
    """Yield every kind of text that is there."""
    for name, read in (("verses", verses), ("laws", laws)):
        if (data / f"{name}.jsonl.xz").is_file():
            yield name, read(data)
        else:
            print(f"{name}: not there")
    yield from man_pages()
    yield from (("quotations", quotations()), ("documentation", documentation()))
    yield from (("code", code()), ("manuals", manuals()), ("plays", plays()), ("poems", poems()))


def line_count(text: str) -> int:
    return sum(line.end > line.start for line in split_lines(text))


def take(texts: Iterator[str], lines: int) -> list[str]:
    """Texts until there are that many lines, blank ones aside."""
    taken = []
    while lines > 0 and (text := next(texts, None)) is not None:
        taken.append(text)
        lines -= line_count(text)
    return taken


def is_heading(line: str) -> bool:
    return line.startswith(("#", "Scene ")) or line in HEADINGS


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--lines", type=int, default=200_000, help="about so many lines of each kind")
    parser.add_argument("--show", type=int, default=8, help="removed lines to show")
    parser.add_argument("--kinds", help="only these, with commas between")
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    options = parser.parse_args()
    lexicon = Lexicon.load([])
    figures = []
    for kind, stream in kinds(options.data):
        if options.kinds and kind not in options.kinds.split(","):
            continue
        texts = take(stream, options.lines)
        if not texts:
            print(f"{kind}: not there")
            continue
        lines = sum(map(line_count, texts))
        for profile in PROFILES:
            tables = {"corpus": count(texts, [0] * len(texts), [kind], lexicon, profile), "alone": None}
            for mode, table in tables.items():
                outcomes: collections.Counter[str] = collections.Counter()
                gone: collections.Counter[str] = collections.Counter()
                documents = iter(texts)
                while batch := list(islice(documents, 200)):
                    config = Config(profile=profile)
                    scored = score_documents(kernels.pack(batch), [0] * len(batch), lexicon, table, config)
                    for number, text in enumerate(scored.texts):
                        findings = scored.findings.of(number)
                        outcomes.update(finding.verdict.outcome.value for finding in findings)
                        gone.update(
                            text[f.start : f.end].strip() for f in findings if f.verdict.outcome is Outcome.REMOVE
                        )
                row = {
                    "kind": kind, "profile": profile, "mode": mode, "texts": len(texts), "lines": lines,
                    "removed": outcomes["remove"], "headings_removed": sum(map(is_heading, gone.elements())),
                    "for_review": outcomes["review"],
                }  # fmt: skip
                print(
                    "  ".join(f"{value}" if isinstance(value, str) else f"{key} {value}" for key, value in row.items())
                )
                for line, times in gone.most_common(options.show):
                    print(f"  {times} x {line[:90]!r}")
                figures.append(row)
    if options.out:
        save(figures, options.out)


if __name__ == "__main__":
    main()
