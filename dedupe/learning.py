"""Learning a boilerplate lexicon from a corpus.

The corpus is read for its copies, which do not count, for the forms of its lines, which go to work files and are
counted there, and in part once more for the places to be shown. Memory holds some tens of bytes a document, and
what comes back often.
"""

from __future__ import annotations

import os
from array import array
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations, groupby
from operator import itemgetter
from typing import BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from dedupe.boilerplate.counting import Chunks, Counted, block_rows, count_lines, sample_lines
from dedupe.boilerplate.entries import normal_form, read_lexicon
from dedupe.boilerplate.forms import TextForms, form_key, hash_of, known_phrase, masked, text_forms
from dedupe.boilerplate.learn import MOSTLY, Candidate, Learned, Sample, judge, may_be_learned, merge
from dedupe.boilerplate.learned import LearnedFile
from dedupe.boilerplate.lexicon import Lexicon
from dedupe.boilerplate.samples import look_up
from dedupe.boilerplate.sightings import Sightings
from dedupe.boilerplate.templates import Template, find_templates
from dedupe.cleaning.targets import already_exists, refuse_input
from dedupe.cleaning.write import write_or_print
from dedupe.config import Config, settings_or_usual
from dedupe.errors import ConfigError
from dedupe.model import Document, Encoding
from dedupe.opening import open_corpus
from dedupe.parallel import ordered_map
from dedupe.pipeline import find_copies
from dedupe.progress import Progress, Report, silent
from dedupe.reading.files import StrPath, listed, shown
from dedupe.scanning import Corpus, batched, repaired_texts
from dedupe.workfiles import Column, Shelf, WorkFolder, open_work_folder

I64 = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
U64 = npt.NDArray[np.uint64]

#: Lines of a frame that are put together, and lines of an entry that are looked at where they stand.
_FRAME_LINES = 64
_ENTRY_LINES = 9
#: Characters of a place and its line that are shown.
_PLACE_CHARS = 160

MIN_DOCUMENTS = 3
SAMPLE_PER_SOURCE = 10_000


class Lesson(NamedTuple):
    """What was learned: a lexicon, from so many ``documents`` of so many ``sources`` that counted.

    ``errors`` says of the records that could not be read what is wrong with them.
    """

    lexicon: LearnedFile
    documents: int
    sources: int
    errors: tuple[str, ...] = ()


def learn_files(
    paths: Iterable[StrPath],
    out: StrPath,
    config: Config | None = None,
    *,
    min_documents: int = MIN_DOCUMENTS,
    sample_per_source: int = SAMPLE_PER_SOURCE,
    merge_with: Iterable[StrPath] = (),
    force: bool = False,
    stdout: BinaryIO | None = None,
    progress: Progress | None = None,
) -> Lesson:
    """Learn the furniture of files and folders, and write it to *out* as a lexicon for a person to prune.

    Without *paths*, the lexicons in *merge_with* are only merged; "-" is standard output. An existing *out* is only
    replaced with *force*. All else is as for :func:`learn_corpus`.

    Raises:
        ReadError, WriteError, ConfigError: as their names say; nothing has been written then.
    """
    paths, out, merge_with = listed(paths), os.fspath(out), listed(merge_with)
    config = settings_or_usual(config)
    if out != "-" and os.path.isfile(out) and os.path.getsize(out) and not force:
        raise already_exists(shown(out))
    learn = partial(
        learn_corpus,
        config=config,
        min_documents=min_documents,
        sample_per_source=sample_per_source,
        merge_with=merge_with,
        progress=progress,
    )
    if paths:
        with open_corpus(paths, config) as (corpus, folder):
            if out != "-":
                refuse_input(corpus.files, out, "give -o another file")
            lesson = learn(corpus, folder=folder)._replace(errors=tuple(corpus.errors.values()))
    else:
        with open_work_folder() as folder:
            lesson = learn(None, folder=folder)
    text = "".join(line + "\n" for line in lesson.lexicon.lines()).encode("utf-8")
    with write_or_print(out, stdout, force=force) as stream:
        stream.write(text)
    return lesson


def learn_corpus(
    corpus: Corpus | None,
    folder: WorkFolder,
    config: Config,
    *,
    min_documents: int = MIN_DOCUMENTS,
    sample_per_source: int = SAMPLE_PER_SOURCE,
    merge_with: Sequence[str] = (),
    progress: Progress | None = None,
) -> Lesson:
    """Learn the furniture of a corpus.

    A line has to stand in *min_documents* documents. Of a source with more than *sample_per_source* documents (0: no
    limit) so many are read, chosen by their ids. *merge_with* are lexicons that were learned before: their counts are
    added, their ``keep`` entries hold, and what was written into them by hand stays. The same documents give the same
    lexicon, in whatever order and with any number of jobs.

    Raises:
        ReadError, ConfigError: as their names say.
    """
    for name, value, least in (("min-documents", min_documents, 3), ("sample-per-source", sample_per_source, 0)):
        if value < least:
            raise ConfigError(name, f"must be a whole number of at least {least}, not {value}", "use a larger one")
    to_merge = [(read_lexicon(name), name) for name in merge_with]  # once: they may be pipes
    earlier = [LearnedFile.parse(text, name) for text, name in to_merge]
    _refuse_twice(merge_with)
    known = Lexicon.extended([*((read_lexicon(name), name) for name in config.lexicons), *to_merge])
    entries = [entry for file in earlier for entry in file.entries]
    documents = sources = 0
    if corpus is not None:
        learner = _Learner(corpus, config, folder, known, _report(progress))
        entries += learner.learn(min_documents, sample_per_source)
        documents, sources = learner.size()
    merged = [
        entry
        for entry in merge(entries)
        if entry.sightings.documents >= min_documents and not known.is_kept(entry.phrase)
    ]
    added = dict.fromkeys(line for file in earlier for line in file.added)
    return Lesson(LearnedFile(merged, list(added)), documents, sources)


def _refuse_twice(names: Sequence[str]) -> None:
    """Raise if a lexicon is given twice, by whatever name: what was learned once would count twice.

    Raises:
        ConfigError: one is.
    """
    for one, other in combinations(names, 2):
        if one == other or os.path.samefile(one, other):
            problem = "is given twice" if one == other else f"is {shown(one)} under another name"
            raise ConfigError(shown(other), problem, "merge it once: its counts would be added to themselves")


def _report(progress: Progress | None) -> Report:
    if progress is None:
        return silent
    return lambda stage, documents, done=0, total=0: progress(stage, documents, done, total)


class _Learner:
    """Learns from one corpus; what it knows of it lies in *folder*."""

    def __init__(self, corpus: Corpus, config: Config, folder: WorkFolder, known: Lexicon, progress: Report) -> None:
        self._corpus = corpus
        self._config = replace(config, scope="corpus", boilerplate=False)
        self._folder = folder
        self._known = known
        self._progress = progress
        self._sources: dict[str, int] = {}
        self._source_of = Column(np.int32)
        self._order = Column(np.uint64)
        self._countable: Flags = np.zeros(0, np.bool_)
        self._keys = folder.shelf("form-keys")
        self._frames = folder.shelf("first-frames"), folder.shelf("last-frames")
        self._normals = folder.shelf("normal-forms")
        self._templates: dict[str, Template] = {}
        self._found = Lexicon.parse("")

    def learn(self, min_documents: int, sample_per_source: int) -> list[Learned]:
        """Return the entries that the corpus gives, in no order."""
        if sample_per_source:
            self._corpus = _Sampled(self._corpus, self._chosen(sample_per_source))
        copies = find_copies(self._corpus, self._config, self._folder, self._progress)
        self._read_forms()
        self._countable = np.zeros(len(self._order.values), np.bool_)
        self._countable[self._keys.numbers()] = True
        self._countable[copies] = False
        self._use_templates(self._find_templates(min_documents))
        return [
            entry._replace(places=tuple(shown(place)[:_PLACE_CHARS] for place in entry.places))
            for candidate in self._candidates(min_documents)
            if (entry := judge(candidate, self._known)) is not None
        ]

    def size(self) -> tuple[int, int]:
        """Return the number of documents and of sources that counted."""
        counted = self._source_of.values[self._countable]
        return len(counted), len(np.unique(counted))

    # -- reading

    def _chosen(self, most: int) -> Flags:
        """Tell which documents are read: of each source those whose ids have the lowest hashes."""
        sources: dict[str, int] = {}
        numbers, source_of, order = array("q"), array("q"), array("Q")
        for number, document in self._corpus.documents():
            numbers.append(number)
            source_of.append(sources.setdefault(document.source, len(sources)))
            order.append(hash_of(document.id))
        by_order = np.lexsort((order, source_of))
        sorted_sources = np.array(source_of, np.int64)[by_order]
        rank = np.arange(len(by_order)) - np.searchsorted(sorted_sources, sorted_sources)
        chosen = np.zeros(max(numbers, default=-1) + 1, np.bool_)
        chosen[np.array(numbers, np.int64)[by_order[rank < most]]] = True
        return chosen

    def _read_forms(self) -> None:
        batches: list[I64] = []

        def texts() -> Iterator[list[tuple[str, Encoding]]]:
            for batch in batched(self._corpus.documents(), lambda item: len(item[1].text)):
                numbers = np.array([number for number, _ in batch], np.int64)
                names = [self._sources.setdefault(document.source, len(self._sources)) for _, document in batch]
                self._source_of[numbers] = np.array(names, np.int32)
                self._order[numbers] = np.array([hash_of(document.id) for _, document in batch], np.uint64)
                batches.append(numbers)
                yield [(document.text, Encoding(document.encoding)) for _, document in batch]

        count = 0
        work = partial(_forms, known=self._known, config=self._config)
        for forms in ordered_map(work, texts(), self._config.jobs):
            numbers = batches.pop(0)
            self._keys.put(numbers, forms.keys.tobytes(), forms.offsets * 8)
            for shelf, frames in zip(self._frames, forms.frames.T, strict=True):
                shelf.put(numbers, frames.tobytes(), forms.offsets * 8)
            ends = np.cumsum([0, *map(len, forms.normals)], dtype=np.int64)
            self._normals.put(numbers, b"".join(forms.normals), ends)
            count += len(numbers)
            self._progress("learning", count)
        for shelf in (self._keys, *self._frames, self._normals):
            shelf.commit()

    # -- templates

    def _find_templates(self, min_documents: int) -> list[U64]:
        """Find what near-duplicate lines have in common; return the frames that they are in, of each kind."""
        wanted = []
        for shelf in self._frames:
            shards = [
                shard.keys[
                    may_be_learned(shard.totals, min_documents) & (2 * shard.totals["edges"] >= shard.totals["lines"])
                ]
                for shard in self._count(shelf)
            ]
            sample = sample_lines(
                _rows(shelf), np.concatenate(shards), self._order.values, self._countable, _FRAME_LINES
            )
            lines: dict[int, list[list[str]]] = defaultdict(list)
            by_document = np.argsort(sample.documents, kind="stable")
            for frame, number, line in zip(*(column[by_document].tolist() for column in sample), strict=True):
                lines[frame].append(masked(self._normal_lines(number)[line]))
            frames = []
            for frame, like in sorted(lines.items()):
                templates = find_templates(like)
                self._templates.update((template.phrase, template) for template in templates)
                frames += [frame] if templates else []
            wanted.append(np.array(frames, np.uint64))
        return wanted

    def _use_templates(self, wanted: list[U64]) -> None:
        """Let the lines in the *wanted* frames that fit a template count as that, of several the most general one."""
        ordered = sorted(self._templates.values(), key=lambda template: template.rank)
        self._found = Lexicon.parse("\n".join(f"learned learned und = {template.phrase}" for template in ordered))
        for number, lines in self._lines_in(wanted):
            keys = np.frombuffer(self._keys.get(number), np.uint64).copy()
            normals = self._normal_lines(number)
            for line in lines:
                entry = self._found.find_normal(normals[line])
                if entry is not None:
                    keys[line] = form_key(entry.phrase)
            self._keys.put_one(number, keys.tobytes())
        self._keys.commit()

    def _lines_in(self, wanted: list[U64]) -> Iterator[tuple[int, list[int]]]:
        """Yield the documents that have lines in one of the *wanted* frames, and the places of those."""
        for (documents, first), (_, last) in zip(*(shelf.rows(np.uint64) for shelf in self._frames), strict=True):
            at = np.flatnonzero(np.isin(first, wanted[0]) | np.isin(last, wanted[1]))
            starts = np.searchsorted(documents, documents[at])
            for number, places in groupby(
                zip(documents[at].tolist(), (at - starts).tolist(), strict=True), itemgetter(0)
            ):
                yield number, [line for _, line in places]

    def _normal_lines(self, number: int) -> list[str]:
        return self._normals.get(number).decode("utf-8").split("\n")

    # -- candidates

    def _candidates(self, min_documents: int) -> Iterator[Candidate]:
        columns = zip(*self._count(self._keys), strict=True)
        keys, totals, row_counts, rows = map(np.concatenate, columns)
        starts = np.append(0, np.cumsum(row_counts))
        in_blocks = np.append(0, np.cumsum(rows["documents"] * block_rows(keys, starts, rows)))
        in_rows = np.append(0, np.cumsum(rows["documents"]))
        block_documents, row_documents = np.diff(in_blocks[starts]), np.diff(in_rows[starts])

        wanted = np.flatnonzero(may_be_learned(totals, min_documents))
        samples = self._samples(keys[wanted])
        for place in wanted.tolist():
            found = samples.get(int(keys[place]))
            if found is None:
                continue
            form = self._form(found[0].content)
            counted = int(row_documents[place])
            yield Candidate(
                form,
                Sightings(*totals[place].tolist()),
                block_documents[place] >= MOSTLY * counted if counted else None,
                self._templates.get(form),
                found,
            )

    def _samples(self, keys: U64) -> dict[int, list[Sample]]:
        """Return what some of the lines with these keys are where they stand."""
        chosen = sample_lines(_rows(self._keys), keys, self._order.values, self._countable, _ENTRY_LINES)
        wanted: dict[int, list[int]] = defaultdict(list)
        for document, line in zip(chosen.documents.tolist(), chosen.lines.tolist(), strict=True):
            wanted[document].append(line)
        seen: dict[tuple[int, int], Sample] = {}
        for number, document in self._corpus.documents(wanted):
            (text,) = repaired_texts([(document.text, Encoding(document.encoding))], self._config)
            for line, sample in zip(wanted[number], look_up(text, wanted[number], document.place), strict=True):
                seen[number, line] = sample
        found: dict[int, list[Sample]] = defaultdict(list)
        for key, number, line in zip(*(column.tolist() for column in chosen), strict=True):
            found[key].append(seen[number, line])
        return found

    def _form(self, content: str) -> str:
        normal = normal_form(content)
        phrase = known_phrase(normal, self._known)
        if phrase is None:
            entry = self._found.find_normal(normal)
            phrase = " ".join(masked(normal)) if entry is None else entry.phrase
        return phrase

    def _count(self, shelf: Shelf) -> Iterator[Counted]:
        sources = self._source_of.values
        documents = np.bincount(sources[self._countable], minlength=len(self._sources))
        return count_lines(_rows(shelf), sources, self._countable, documents, self._folder, self._config.jobs)


def _rows(shelf: Shelf) -> Chunks:
    return lambda: shelf.rows(np.uint64)


def _forms(texts: list[tuple[str, Encoding]], known: Lexicon, config: Config) -> TextForms:
    return text_forms(repaired_texts(texts, config), known)


class _Sampled:
    """The *chosen* documents of a corpus, under the numbers that they have there."""

    def __init__(self, corpus: Corpus, chosen: Flags) -> None:
        self._corpus = corpus
        self._chosen = chosen

    def documents(self, wanted: Container[int] | None = None) -> Iterator[tuple[int, Document]]:
        return self._corpus.documents(_Both(self._chosen, wanted))


class _Both:
    """The chosen numbers that are wanted, too."""

    def __init__(self, chosen: Flags, wanted: Container[int] | None) -> None:
        self._chosen = chosen
        self._wanted = wanted

    def __contains__(self, number: object) -> bool:
        assert isinstance(number, int)
        chosen = number < len(self._chosen) and bool(self._chosen[number])
        return chosen and (self._wanted is None or number in self._wanted)
