"""New text in git held against everything tracked: what of it stands somewhere else already.

Only what a commit adds is judged, and the canonical passage is the one that was there before. Of copies that
come together the first by path is canonical, so that a commit is never blamed for both. What repeats inside one
document is for a check of that file.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dedupe.baseline import Baseline, line_prints
from dedupe.config import Config
from dedupe.difflog.describe import describe_duplicate
from dedupe.errors import ConfigError
from dedupe.model import Finding, Location, Summary
from dedupe.reading.files import shown
from dedupe.scanning import batched
from dedupe.tracked.cache import Blobs, blob_key, open_blobs, read_documents
from dedupe.tracked.git import Repository, Texts
from dedupe.tracked.search import WHOLE, Place, Repeat, Search

#: Differing places that are kept as evidence.
_SHOWN = 8


def check_staged(
    paths: Sequence[str], config: Config, commits: tuple[str, str] | None = None
) -> tuple[list[Finding], Summary]:
    """Return what the next commit adds that git tracks already, and a summary of what was looked at.

    With *commits* it is what the second of them has added since it parted from the first. Only files below *paths* take
    part, if there are any. A baseline counts as it is staged.

    Raises:
        ReadError, WriteError, ConfigError: as their names say.
    """
    repository = Repository.find()
    inside = [Path(os.path.relpath(os.path.abspath(path), repository.top)).as_posix() for path in paths]
    texts = repository.between(*commits) if commits else repository.staged()
    checker = _Checker(repository, texts, inside, config)
    findings = checker.findings()
    notes = [
        f"{shown(path)}: git tracks no text there"
        for path, part in zip(paths, inside, strict=True)
        if checker.is_void(part)
    ]
    if config.baseline:
        baseline, is_gone = _staged_baseline(repository, texts, Path(config.baseline))
        findings, more = baseline.sift(findings, is_gone)
        notes += more
    return findings, Summary.of_findings(findings, checker.document_count, notes)


class _Checker:
    def __init__(self, repository: Repository, texts: Texts, inside: Sequence[str], config: Config) -> None:
        self._repository = repository
        self._config = config
        self._keys = {
            path: blob_key(blob, path, config)
            for path, blob in texts.blobs.items()
            if not inside or any(_is_below(path, part) for part in inside)
        }
        self._before = {
            path: [blob_key(blob, path, config) for blob in blobs]
            for path, blobs in texts.changed.items()
            if self._keys.get(path)
        }
        wanted = {*self._keys.values(), *(key for keys in self._before.values() for key in keys)} - {""}
        self._blobs: Blobs = open_blobs(repository, wanted, config)
        self._paths: dict[str, list[str]] = {}
        for path, key in self._keys.items():
            self._paths.setdefault(key, []).append(path)
        self._new = {path: self._new_segments(path) for path in sorted(self._before)}
        self.document_count = sum(bool(positions) for rows in self._new.values() for positions in rows.values())

    def is_void(self, part: str) -> bool:
        """Whether no text that takes part is at or below *part*, a path seen from the top of the work tree."""
        return not any(key and _is_below(path, part) for path, key in self._keys.items())

    def findings(self) -> list[Finding]:
        """Return what was found, by path and line."""
        found = []
        for documents in batched(self._new_documents(), lambda document: document[2]):
            search = Search(self._blobs, self._places_of, self._config.near_threshold, self._config.near)
            found += self._findings([(place, is_whole) for place, is_whole, _ in documents], search)
        return found

    def _findings(self, documents: Sequence[tuple[Place, bool]], search: Search) -> list[Finding]:
        """Return what was found in documents, of each of which it is known whether all of it is new."""
        new: list[Place] = []
        repeats: list[Repeat] = []
        if self._config.unit != "paragraph":
            long = self._config.min_words
            new = [place for place, is_whole in documents if is_whole and search.scan(place).doc_words[0] >= long]
        wholes = search.repeats(new)
        if self._config.unit != "document":
            copies = {whole.place.text for whole in wholes if whole.kind == "exact"}
            judged = [place for place, _ in documents if place.text not in copies]
            repeats = search.repeats([segment for place in judged for segment in self._segments(place, search)])
            repeats = [
                repeat for repeat in repeats if repeat.kind != "contains" or not self._had_inside(repeat, search)
            ]
        # A near copy of a document is named by its passages, if any are long enough.
        said = {repeat.place.text for repeat in repeats}
        wholes = [whole for whole in wholes if whole.place.text not in said]
        said |= {whole.place.text for whole in wholes}
        wholes += search.damaged([place for place in new if place.text not in said])
        blocks = [*_blocks(repeats, search), *([whole] for whole in wholes)]
        return self._described(sorted(blocks, key=lambda block: block[0].place[1:4]))

    def _had_inside(self, repeat: Repeat, search: Search) -> bool:
        """Whether a file with a passage that has another one inside had that inside before, between other words."""
        return any(
            search.stands_inside(repeat.canonical, part, document)
            for key in self._before[repeat.place.path]
            for part, document in (self._blobs.documents(key) if key else ())
        )

    def _new_segments(self, path: str) -> dict[int, Collection[int]]:
        """Return by row the positions of the segments of a changed file that were not in it before, ascending."""
        left: Counter[bytes] = Counter()
        for key in self._before[path]:
            # After a merge nothing is new that stood on either side.
            left |= Counter(content for _, contents in self._contents(key) for content in contents)
        new: dict[int, Collection[int]] = {}
        for row, contents in self._contents(self._keys[path]):
            if not left:
                new[row] = range(len(contents))
                continue
            here: dict[int, None] = {}  # a set that keeps its order
            new[row] = here
            for position, content in enumerate(contents):
                if left[content] > 0:
                    left[content] -= 1
                else:
                    here[position] = None
        return new

    def _contents(self, key: str) -> Iterator[tuple[int, list[bytes]]]:
        """Yield the documents of a blob: their row, and the content hashes of their segments."""
        for part, document in self._blobs.documents(key) if key else ():
            of = self._blobs.parts[part]
            contents = np.ascontiguousarray(of.segments_of(document)["content"])
            yield of.name(document)[1], [content.tobytes() for content in contents]

    def _new_documents(self) -> Iterator[tuple[Place, bool, int]]:
        """Yield the documents with new text as wholes, whether all of it is new, and how long they are."""
        for path, rows in self._new.items():
            for part, document in self._blobs.documents(self._keys[path]):
                of = self._blobs.parts[part]
                row, segments = of.name(document)[1], of.segments_of(document)
                if rows[row]:
                    whole = Place(True, path, row, WHOLE, part, document)
                    yield whole, len(rows[row]) == len(segments), int(segments["chr"][-1, 1])

    def _segments(self, whole: Place, search: Search) -> list[Place]:
        """Return the new segments of a document that can match."""
        comparable = search.scan(whole).comparable
        return [whole._replace(position=n) for n in self._new[whole.path][whole.row] if comparable[n]]

    def _places_of(self, part: int, document: int, position: int) -> Iterator[Place]:
        """Yield where the segment of a document stands; nowhere, if its blob is not of this state."""
        of = self._blobs.parts[part]
        row = of.name(document)[1]
        for path in self._paths.get(of.path_of(document), ()):
            new = self._new.get(path, {}).get(row, ())
            is_new = len(new) == len(of.segments_of(document)) if position == WHOLE else position in new
            yield Place(is_new, path, row, position, part, document)

    # -- what is said

    def _described(self, blocks: Sequence[list[Repeat]]) -> list[Finding]:
        places = [place for block in blocks for place in (block[0].place, block[0].canonical)]
        keys = sorted({self._keys[place.path] for place in places})
        texts = {(d.path, d.row or 0): d.text for d in read_documents(self._repository, keys, self._config)}
        return [self._finding(block, texts) for block in blocks]

    def _finding(self, block: list[Repeat], texts: dict[tuple[str, int], str]) -> Finding:
        whole = block[0].place.position == WHOLE
        kinds = {repeat.kind for repeat in block}
        kind = "near" if len(kinds) > 1 else kinds.pop()
        here = self._span([repeat.place for repeat in block])
        there = self._span([repeat.canonical for repeat in block])
        differences = [difference for repeat in block for difference in repeat.differences]
        rule = f"{'document' if whole else 'duplicate'}/{kind}"
        evidence: dict[str, Any] = {"similarity": min(repeat.similarity for repeat in block)}
        if differences:
            evidence["differences"] = list(map(list, differences[:_SHOWN]))
        if block[0].guard:
            evidence["guard"] = block[0].guard
        named = block[0].canonical
        canonical = {"doc": _place_name(self._shown(named.path), named.row), **there}
        location, text = self._location(block[0].place, here, texts)
        record = {
            "doc": _place_name(location.path, block[0].place.row),
            **here,
            "rule": rule,
            "why": describe_duplicate(rule, here["lines"], canonical, evidence),
            "evidence": evidence,
            "canonical": canonical,
            "text": text,
            "applied": kind == "exact",
        }
        return Finding(location, record, self._location(named, there, texts)[0])

    def _span(self, places: Sequence[Place]) -> dict[str, list[int]]:
        """Return from where to where passages of one document reach: bytes, code points, lines."""
        segments = self._blobs.parts[places[0].part].segments_of(places[0].document)
        first, last = segments[max(places[0].position, 0)], segments[places[-1].position]
        return {name: [int(first[name][0]), int(last[name][1])] for name in ("src", "chr", "lines")}

    def _location(
        self, place: Place, span: dict[str, list[int]], texts: dict[tuple[str, int], str]
    ) -> tuple[Location, str]:
        start, end = span["chr"]
        text = texts[self._keys[place.path], place.row][start:end]
        first, last = (place.row, place.row) if place.row else span["lines"]
        return Location(self._shown(place.path), first, last, line_prints(text, place.row, span["lines"][0])), text

    def _shown(self, path: str) -> str:
        """Return a path as a person standing here would write it."""
        here, file = Path.cwd(), self._repository.top / path
        return (file.relative_to(here) if file.is_relative_to(here) else file).as_posix()


def _is_below(path: str, part: str) -> bool:
    return part == "." or path == part or path.startswith(f"{part}/")


def _place_name(path: str, row: int) -> str:
    return f"{path}:{row}" if row else path


def _blocks(repeats: Sequence[Repeat], search: Search) -> list[list[Repeat]]:
    """Join repeats that follow each other as what they repeat does, but for short lines between them."""
    blocks: list[list[Repeat]] = []
    for repeat in repeats:
        if blocks and _goes_on(blocks[-1][-1], repeat, search):
            blocks[-1].append(repeat)
        else:
            blocks.append([repeat])
    return blocks


def _goes_on(before: Repeat, repeat: Repeat, search: Search) -> bool:
    if (before.place.text, before.canonical.text) != (repeat.place.text, repeat.canonical.text):
        return False
    if before.guard or repeat.guard:
        return False
    steps = repeat.place.position - before.place.position
    between = search.scan(repeat.place).comparable[before.place.position + 1 : repeat.place.position]
    return repeat.canonical.position - before.canonical.position == steps and not between.any()


def _staged_baseline(repository: Repository, texts: Texts, file: Path) -> tuple[Baseline, Callable[[str], bool]]:
    """Return the baseline as it is staged, and what tells of a path in it whether git has no such file any more."""
    place = Path(os.path.relpath(file.absolute(), repository.top))
    blob = texts.blobs.get(place.as_posix())
    if blob is None:
        advice = f"`dedupe baseline update` writes it, `git add {shown(str(file))}` stages it"
        raise ConfigError(shown(str(file)), "the baseline is not staged", advice)
    ((_, data),) = repository.read([blob])
    folder = place.parent.as_posix()
    return Baseline.parse(file, data), lambda path: os.path.normpath(os.path.join(folder, path)) not in texts.blobs
