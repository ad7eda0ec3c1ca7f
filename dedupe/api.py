"""The Python interface: what the command line does, on any iterable of documents."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import TYPE_CHECKING, Any

from dedupe.config import Config, settings_or_usual
from dedupe.difflog.passages import Passages
from dedupe.difflog.read import checked, group_documents
from dedupe.difflog.records import DocRecord, OpRecord, from_line, is_unicode
from dedupe.difflog.restore import Passages as WantedPassages
from dedupe.difflog.restore import restore_text
from dedupe.difflog.write import LogWriter, document_records, run_record
from dedupe.errors import ConfigError, LogMismatch, ReadError
from dedupe.index.adding import Adder
from dedupe.index.against import batch_digest, batch_path, index_of_run, open_references
from dedupe.learning import MIN_DOCUMENTS, learn_corpus
from dedupe.matching.fingerprint import NUM_PERM, SEED, Signer
from dedupe.model import Document
from dedupe.pipeline import make_plan
from dedupe.reading.jsonl import written_date
from dedupe.scanning import batched
from dedupe.workfiles import open_work_folder

if TYPE_CHECKING:
    import datasketch

_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")

#: What the fields of a document are.
_KINDS: Mapping[str, tuple[tuple[type, ...], str]] = {
    **dict.fromkeys(("id", "text", "source", "path", "encoding", "date"), ((str,), "a string")),
    "row": ((int, type(None)), "a whole number, or None"),
    "bom": ((bytes,), "bytes"),
}
#: What :func:`clean` takes for a document.
DocumentLike = str | Document | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """What cleaning gave.

    ``documents`` are the canonical documents in input order, removed ones left out.
    ``log`` holds the diff log's records as they would stand in the file.
    """

    documents: list[Document]
    log: list[Any] = field(repr=False)

    @property
    def operations(self) -> list[OpRecord]:
        """All ``op`` records: changes, and with ``applied`` false findings for review."""
        return [record for record in self.log if record["t"] == "op"]

    @property
    def counts(self) -> dict[str, int]:
        """How many applied operations there are of each rule."""
        counts: dict[str, int] = self.log[-1]["applied"]
        return dict(counts)


class _Memory:
    """The corpus protocol of the pipeline over a list."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self._documents = documents

    def documents(self, wanted: Container[int] | None = None) -> Iterator[tuple[int, Document]]:
        for number, document in enumerate(self._documents):
            if wanted is None or number in wanted:
                yield number, document


def clean(
    documents: Iterable[DocumentLike], config: Config | None = None, *, against: Iterable[DocumentLike] = ()
) -> Result:
    """Return the canonical documents of an iterable, and the log that gives the originals back.

    A document is a string (its id is then its number, from 1), a mapping with the fields
    that *config* names ("text", "id"), or a :class:`Document`. Nothing is kept of
    the iterable but the documents themselves. What stands in a document of *against*, or in the corpora
    that *config* names so, goes like any other duplicate; they are neither changed nor returned. The same holds for
    the index that *config* names, to which the canonical documents are added.

    >>> post = "The mill by the river opened again in spring, and the whole village came to see the wheel turn. " * 2
    >>> result = clean([{"id": "a", "text": post + "\\n\\nPrint Friendly, PDF & Email\\n"}])
    >>> result.documents[0].text == post + "\\n"
    True
    >>> result.counts
    {'boilerplate/share': 1}

    Raises:
        ReadError: a document is none of these, or a mapping has no text, or something else than a string; or the log
            cannot hold a text, for it has the halves of a UTF-16 pair as two characters.
        ConfigError: *config* is no :class:`Config`, or says that nothing is compared, and *against* is given.
    """
    config = settings_or_usual(config)
    with index_of_run(config) as index:
        result = _cleaned(documents, config, against, index)
        if index:
            digest = batch_digest(result.documents)
            index.add_documents(batch_path(digest), digest, result.documents)
    return result


def _cleaned(
    documents: Iterable[DocumentLike], config: Config, against: Iterable[DocumentLike], index: Adder | None
) -> Result:
    if against and config.scope == "document":
        problem = "with scope='document' nothing is compared with other texts"
        raise ConfigError("against", problem, "leave one of the two out")
    given = list(_documents(documents, config))
    corpus = _Memory(given)
    kept: list[Document] = []
    log: list[Any] = []
    with open_work_folder() as folder:
        known = batch_path(batch_digest(given)) if config.index else ""
        references = open_references(config, folder, (), _documents(against, config), index, known)
        plan = make_plan(corpus, config, folder, references=references)
        passages = Passages(corpus, plan, folder.store("passages"))
        writer = LogWriter()

        def write(record: Any) -> None:
            writer.write(record)
            log.append(record)

        write(run_record(plan, "documents"))
        for batch in batched(corpus.documents(), lambda item: len(item[1].text)):
            records = document_records(plan, batch, passages).documents
            for (_, document), logged in zip(batch, records, strict=True):
                write(logged.record)
                for line in BytesIO(logged.written):
                    write(from_line(line))
                if logged.text is not None:
                    kept.append(document if logged.text == document.text else replace(document, text=logged.text))
        log.append(writer.end([]))
    return Result(kept, log)


def check(
    documents: Iterable[DocumentLike], config: Config | None = None, *, against: Iterable[DocumentLike] = ()
) -> list[OpRecord]:
    """Return the findings in an iterable of documents: what :func:`clean` would do or leave for review.

    They are ``op`` records of the log, document by document; those for review have ``applied`` false. Documents,
    *against* and what is raised are as for :func:`clean`. An index that *config* names is read, and not added to.

    >>> [finding["rule"] for finding in check(["Just one line that nobody wrote twice.", "Read more »"])]
    ['boilerplate/readmore']
    """
    return _cleaned(documents, settings_or_usual(config), against, None).operations


def learn(
    documents: Iterable[DocumentLike], config: Config | None = None, *, min_documents: int = MIN_DOCUMENTS
) -> str:
    """Return a boilerplate lexicon learned from an iterable of documents, as the text of a lexicon file.

    A line has to stand in *min_documents* documents, of which 3 is the least. Each entry has its counts and three of
    its places, for a person to judge by.

    >>> texts = [", ".join(f"{n} times {m} is {n * m}" for m in range(9)) for n in range(9)]
    >>> pages = [f"{text}.\\n\\nVisit our farm shop\\n{n} kind words\\n" for n, text in enumerate(texts)]
    >>> [line.partition(" = ")[2] for line in learn(pages).splitlines() if line.startswith(("learned", "counter"))]
    ['visit our farm shop', '<NUM> kind words']

    Raises:
        ReadError: as :func:`clean`.
        ConfigError: *config* is no :class:`Config`, or *min_documents* too few.
    """
    config = settings_or_usual(config)
    with open_work_folder() as folder:
        corpus = _Memory(list(_documents(documents, config)))
        lesson = learn_corpus(corpus, folder, config, min_documents=min_documents, sample_per_source=0)
    return "".join(line + "\n" for line in lesson.lexicon.lines())


def minhash(text: str) -> datasketch.MinHash:
    """Return the signature that matching computes for *text*, as a datasketch MinHash.

    It has 128 permutations (seed 1, scheme ``affine32``) over runs of two words of the normal form, so two of them tell
    the Jaccard similarity of these runs, and can be inserted into any index of datasketch next to others made by this
    function. Of a text without words it is an empty one.

    >>> one = minhash("the ferry to the island was late again on monday")
    >>> two = minhash("The ferry to the island was late again, on Monday.")
    >>> one.jaccard(two)
    1.0
    """
    import datasketch

    signature = Signer.create().sign([text]).prints.signatures[0]
    return datasketch.MinHash(num_perm=NUM_PERM, seed=SEED, hashvalues=signature, scheme="affine32")


def restore(documents: Iterable[Document], log: Sequence[Any]) -> list[Document]:
    """Return the original documents from the result of :func:`clean`; every sha256 is checked.

    The log does not know the source and the date of a document that was removed, so these are "".

    Raises:
        ReadError: one of *documents* is none.
        LogMismatch: documents and log do not fit each other.
    """
    outputs = _outputs(documents)
    records = [checked(record, "log") for record in log]
    if not records or records[-1]["t"] != "end" or records[-1]["records"] != len(records) - 1:
        raise LogMismatch("log", "is not whole", "give all records of one run, in order")
    entries = []
    with open_work_folder() as folder:
        passages = WantedPassages(folder.store("passages"))
        for record, operations in group_documents(records):
            passages.want(operations)
            output = None if record["status"] == "removed" else next(outputs, None)
            if output is None and record["status"] != "removed":
                raise LogMismatch(record["doc"], "is missing from the documents")
            entries.append((record, operations, output))
        if next(outputs, None) is not None:
            raise LogMismatch("documents", "there are more than the log knows")
        for record, _, output in entries:
            if output is not None:
                passages.collect(record, lambda output=output: output.text)  # type: ignore[misc]
        originals = []
        for record, operations, output in entries:
            text = restore_text(record, operations, output.text if output else None, passages)
            originals.append(replace(output, text=text) if output else _removed(record, text))
    return originals


def _outputs(documents: Iterable[Document]) -> Iterator[Document]:
    for number, document in enumerate(documents, start=1):
        if not isinstance(document, Document):
            problem = f"is of the type {type(document).__name__}"
            raise ReadError(f"document {number}", problem, "give the dedupe.Document that `dedupe.clean` returned")
        yield document


def _documents(documents: Iterable[DocumentLike], config: Config) -> Iterator[Document]:
    if isinstance(documents, (str, Mapping, Document)):
        raise ReadError("documents", "is one document, and an iterable of them is asked for", "put it in a list")
    for number, given in enumerate(documents, start=1):
        if isinstance(given, Document):
            document = given
        elif isinstance(given, str):
            document = Document(str(number), given)
        elif isinstance(given, Mapping):
            document = _from_mapping(given, number, config)
        else:
            problem = f"is of the type {type(given).__name__}"
            raise ReadError(f"document {number}", problem, "give strings, mappings or dedupe.Document")
        _check_document(document, number)
        if any(not is_unicode(each) and _PAIR.search(each) for each in (document.id, document.text)):
            # The log is JSON, in which the two halves are the one character.
            problem = "has the halves of a UTF-16 pair as two characters"
            raise ReadError(
                f"document {number}", problem, "join them: encode it as utf-16 with surrogatepass, and decode that"
            )
        yield document


def _check_document(document: Document, number: int) -> None:
    """Raise if a document that a program made could not be logged or written.

    Raises:
        ReadError: as its name says.
    """
    for name, (kinds, meant) in _KINDS.items():
        value = getattr(document, name)
        if not isinstance(value, kinds):
            problem = f"its {name} is of the type {type(value).__name__}"
            raise ReadError(f"document {number}", problem, f"give {meant}")
    if document.encoding != "utf-8":
        try:
            document.text.encode(document.encoding, "surrogatepass")
        except (LookupError, UnicodeError) as error:
            problem = f"cannot be written in its encoding, {document.encoding!r}: {error}"
            raise ReadError(f"document {number}", problem, "give it another one, or none") from error


def _from_mapping(given: Mapping[str, Any], number: int, config: Config) -> Document:
    text = given.get(config.text_field)
    if not isinstance(text, str):
        problem = f"has no string in {config.text_field!r}"
        raise ReadError(f"document {number}", problem, "set text_field to the field that holds the text")
    name = given.get(config.id_field)
    source = given.get(config.source_field) if config.source_field else None
    date = written_date(given.get(config.date_field)) if config.date_field else ""
    return Document(str(number) if name is None else str(name), text, "" if source is None else str(source), date=date)


def _removed(record: DocRecord, text: str) -> Document:
    name, bom = record.get("id", record["doc"]), bytes.fromhex(record["bom"])
    return Document(name, text, path=record["path"], row=record["row"], encoding=record["encoding"], bom=bom)
