"""An index that several machines feed: datasketch's ``MinHashLSH`` on Redis, and what is known of the documents.

Redis says which documents share content or a band with a text. Those are fetched into a part of the run's own, and
from there everything goes as with an index on disk: texts are compared in full, by their token forms.

Documents are kept in blocks of one file, under random names, and one transaction says which blocks count from now
on and which no longer do. So a batch is added as a whole or not at all.
"""

from __future__ import annotations

import json
import secrets
import socket
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import sha256
from itertools import chain, groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from dedupe import kernels
from dedupe.config import Config
from dedupe.errors import ConfigError, ReadError
from dedupe.index.adding import Adder, Info, called, check_settings, settings_of
from dedupe.index.blocks import ENTRY, blocks_of, packed, signed, unpacked, windows_of
from dedupe.index.fill import fingerprinted
from dedupe.index.lease import Lease
from dedupe.index.part import Batch, Part
from dedupe.index.part_writer import PartWriter
from dedupe.index.references import LivePart, Reference
from dedupe.index.windows import Choice, sharing
from dedupe.matching.fingerprint import BANDS, NUM_PERM, ROWS, SEED, SIGNATURE_VERSION
from dedupe.matching.sets import are_in, distinct
from dedupe.model import Document
from dedupe.reading.files import shown

if TYPE_CHECKING:
    from datasketch import MinHash, MinHashLSH

I64 = npt.NDArray[np.int64]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.void]

#: Raised when what lies on the server is laid out in another way.
FORMAT_VERSION = 3
#: Blocks that are fetched together, and hashes that are asked for together.
_AT_ONCE = 256
_ASKED_AT_ONCE = 4096


class SharedIndex(Adder):
    """An index at ``redis://HOST:PORT/DB?name=NAME``; files are known by host and path."""

    def __init__(self, url: str, config: Config | None = None, *, make: bool = False) -> None:
        """Open the index, or with *make* make it if it is not there.

        Raises:
            ReadError: there is no index, or the server does not answer.
            ConfigError: a library is missing, or the index was made with other settings.
        """
        self._place, self._name, self._client = _connected(url)
        self._config = config or Config()
        with self._answering():
            if make:
                versions = {"format": FORMAT_VERSION, "signature_version": SIGNATURE_VERSION}
                made = {**versions, "settings": settings_of(self._config)}
                self._client.set(self._key("index"), json.dumps(made), nx=True)
            data = self._client.get(self._key("index"))
        if data is None:
            raise ReadError(self._place, "there is no index", "make one with `dedupe index add`")
        with self._answering():
            about = json.loads(data)
        if (about["format"], about["signature_version"]) != (FORMAT_VERSION, SIGNATURE_VERSION):
            problem = "has fingerprints of another version"
            raise ConfigError(self._place, problem, "make the index anew from its texts, under another name")
        self.settings: dict[str, Any] = about["settings"]
        if config is not None:
            check_settings(self._place, self.settings, config)
        self._host = socket.gethostname()
        self._lease = Lease(self._client, self._key("lock"), self._place)
        self._tables = {kind: self._table(kind) for kind in ("segment", "whole")}

    @property
    def min_words(self) -> int:
        """How many words a document has at least that can match."""
        return self._config.min_words

    @contextmanager
    def writing(self) -> Iterator[SharedIndex]:
        """Let this process alone write to the index as long as the block takes.

        Raises:
            WriteError: another process does.
        """
        with self._answering():
            self._lease.take()
        with self._lease.renewed():
            yield self

    def reference(self, folder: Path, without: Iterable[str] = ()) -> Reference:
        """Return what the index holds as reference texts, but for the files with these paths.

        What is fetched comes into *folder*.
        """
        left_out = frozenset(_file_key(self._named(path)) for path in without)
        return _SharedReference(self._place, index=self, folder=folder, left_out=left_out)

    def info(self) -> Info:
        """Return what the index holds; ``bytes`` are those of the blocks."""
        with self._answering():
            files = [json.loads(entry) for entry in self._client.hvals(self._key("files"))]
            size = sum(self._client.strlen(self._key("block", block)) for file in files for block in file["blocks"])
        documents, segments = (sum(file[count] for file in files) for count in ("documents", "segments"))
        return Info(self._place, len(files), documents, segments, 1, 0, size, SIGNATURE_VERSION, self.settings)

    def describe(self) -> list[tuple[str, bytes, int]]:
        """Return path, sha256 and number of documents of every file."""
        with self._answering():
            entries = self._client.hgetall(self._key("files"))
        files = ((path, json.loads(entry)) for path, entry in entries.items())
        return [(_text(path), bytes.fromhex(entry["sha256"]), entry["documents"]) for path, entry in files]

    def met(self, scan: kernels.Scan, min_words: int) -> Iterator[tuple[str, bytes]]:
        """Yield the contents of what is in *scan*, and of what is like it, each with its kind: segments and wholes."""
        for kind, contents, signatures in signed(scan, min_words):
            with self._answering():
                met = {content.tobytes() for content in contents}
                for signature in signatures:
                    met.update(self._tables[kind].query(_minhash(signature)))
            yield from ((kind, content) for content in sorted(met))

    def sharing(self, kind: str, hashes: U32, most: int, left_out: frozenset[str]) -> tuple[I64, U64, I64]:
        """Return which contents have one of *hashes*, as :class:`dedupe.index.windows.Shelf` says.

        What only the files *left_out* have is not among them.
        """
        found: list[tuple[int, bytes, int]] = []
        with self._answering():
            for at in range(0, len(hashes), _ASKED_AT_ONCE):
                pipe = self._client.pipeline(transaction=False)
                for value in hashes[at : at + _ASKED_AT_ONCE].tolist():
                    # The longest come first. Some of them may be of documents that are not there any more.
                    pipe.zrange(self._window_key(kind, value), 0, 2 * most - 1, withscores=True)
                for place, entries in enumerate(pipe.execute(), at):
                    found += [(place, entry, int(-score)) for entry, score in entries]
            entries = np.array([entry for _, entry, _ in found], dtype=f"S{ENTRY.itemsize}").view(ENTRY)
            contents = entries["content"].astype(np.uint64)
            alive = self._alive(kind, distinct(contents), left_out)
        places = np.array([place for place, _, _ in found], dtype=np.int64)
        sizes = np.stack([np.array([words for _, _, words in found], dtype=np.int64), entries["kept"]], axis=1)
        are_alive = are_in(contents, alive)
        return places[are_alive], contents[are_alive], sizes[are_alive]

    def _alive(self, kind: str, contents: U64, left_out: frozenset[str]) -> U64:
        """Return those of *contents* that stand in a block that counts, of a file that is not *left_out*."""
        standing = self._standing((kind, content.tobytes()) for content in contents)
        blocks = [{block for block in found if _file_of(block) not in left_out} for found in standing]
        live = self._live(sorted(set().union(*blocks)))
        alive: U64 = contents[np.array([not live.isdisjoint(found) for found in blocks], dtype=bool)]
        return alive

    def _standing(self, contents: Iterable[tuple[str, bytes]]) -> list[set[bytes]]:
        """Return for each of *contents*, with their kinds, the blocks that have it, also those that do not count."""
        pipe = self._client.pipeline(transaction=False)
        for kind, content in contents:
            pipe.smembers(self._key("at", kind, content.hex()))
        standing: list[set[bytes]] = pipe.execute()
        return standing

    def _live(self, blocks: list[bytes]) -> set[bytes]:
        """Return those of *blocks* that count."""
        alive = self._client.smismember(self._key("live"), blocks) if blocks else []
        return {block for block, is_live in zip(blocks, alive, strict=True) if is_live}

    def fetch(self, contents: Iterable[tuple[str, bytes]], known: set[bytes]) -> Iterator[Batch]:
        """Yield the blocks that hold one of *contents*, each with its kind, but for those that are *known*."""
        with self._answering():
            new = sorted(set().union(*self._standing(contents)) - known)
            known.update(new)
            live = sorted(self._live(new))
            for at in range(0, len(live), _AT_ONCE):
                chosen = [self._key("block", block.decode("ascii")) for block in live[at : at + _AT_ONCE]]
                yield from (unpacked(data) for data in self._client.mget(chosen) if data is not None)

    # -- what an Adder has to do

    def _digest(self, path: str) -> bytes | None:
        with self._answering():
            entry = self._client.hget(self._key("files"), _encoded(self._named(path)))
        return bytes.fromhex(json.loads(entry)["sha256"]) if entry else None

    def _paths(self) -> Iterator[str]:
        here = f"{self._host}:"
        yield from (path.removeprefix(here) for path, _, _ in self.describe() if path.startswith(here))

    def _take(self, documents: Iterable[Document], digests: Mapping[str, bytes], leaving: set[str]) -> int:
        entries: dict[str, dict[str, Any]] = {}
        blocks: list[str] = []
        batch_name = secrets.token_hex(8)
        for path, group in groupby(documents, key=lambda document: document.path):
            name = self._named(path)
            entry = entries[name] = {"sha256": digests[path].hex(), "documents": 0, "segments": 0, "blocks": []}
            for batch in blocks_of(fingerprinted((replace(document, path=name) for document in group), self._config)):
                # Sorted by name, the blocks of a file are in its order.
                block = f"{_file_key(name)}-{batch_name}-{len(entry['blocks']):08}"
                self._put(block, batch)
                entry["blocks"].append(block)
                entry["documents"] += len(batch.names)
                entry["segments"] += len(batch.scan.words)
            blocks += entry["blocks"]
        gone = {_encoded(self._named(path)) for path in leaving} | {_encoded(path) for path in entries}
        dropped: list[str] = []

        def exchange(pipe: Any) -> None:
            self._lease.check(pipe)
            old = [json.loads(entry) for entry in pipe.hmget(self._key("files"), sorted(gone)) if entry] if gone else []
            dropped[:] = [block for entry in old for block in entry["blocks"]]
            pipe.multi()
            if gone:
                pipe.hdel(self._key("files"), *sorted(gone))
            if dropped:
                pipe.srem(self._key("live"), *dropped)
            if blocks:
                pipe.sadd(self._key("live"), *blocks)
            if entries:
                pipe.hset(self._key("files"), mapping={_encoded(path): json.dumps(e) for path, e in entries.items()})

        with self._answering():
            self._client.transaction(exchange, self._key("files"), self._lease.key)
            for block in dropped:
                self._drop(block)
        return sum(entry["documents"] for entry in entries.values())

    def _put(self, block: str, batch: Batch) -> None:
        """Write a block that does not count yet."""
        with self._answering():
            for kind, contents, signatures in signed(batch.scan, self._config.min_words):
                keys = [self._key("at", kind, content.tobytes().hex()) for content in contents]
                known = self._asked("exists", keys)
                with self._tables[kind].insertion_session() as session:
                    for content, signature, is_known in zip(contents, signatures, known, strict=True):
                        if not is_known:
                            session.insert(content.tobytes(), _minhash(signature), check_duplication=False)
                pipe = self._client.pipeline(transaction=False)
                for window in windows_of(batch.scan, kind, self._config.min_words):
                    pipe.zadd(self._window_key(kind, window.hash), {window.entry: -window.words})
                pipe.execute()
                self._asked("sadd", keys, block)  # only now, since it says that the contents are in the tables
            self._client.set(self._key("block", block), packed(batch))

    def _drop(self, block: str) -> None:
        """Remove a block that does not count any more; what it was found by leads nowhere then."""
        data = self._client.get(self._key("block", block))
        if data is not None:
            scan = unpacked(data).scan
            for kind, contents, _ in signed(scan, self._config.min_words):
                keys = [self._key("at", kind, content.tobytes().hex()) for content in contents]
                self._asked("srem", keys, block)
                stays = self._asked("exists", keys)
                gone = {int(content) for content, is_there in zip(contents, stays, strict=True) if not is_there}
                pipe = self._client.pipeline(transaction=False)
                for window in windows_of(scan, kind, self._config.min_words):
                    if window.content in gone:
                        pipe.zrem(self._window_key(kind, window.hash), window.entry)
                pipe.execute()
            self._client.delete(self._key("block", block))

    def _asked(self, command: str, keys: Sequence[str], *arguments: str) -> list[Any]:
        """Return what the server answers to a command about each of *keys*; many are sent together."""
        answers: list[Any] = []
        for at in range(0, len(keys), _ASKED_AT_ONCE):
            pipe = self._client.pipeline(transaction=False)
            for key in keys[at : at + _ASKED_AT_ONCE]:
                getattr(pipe, command)(key, *arguments)
            answers += pipe.execute()
        return answers

    def _named(self, path: str) -> str:
        """Machines have other files under the same path; what stands in no file is the same everywhere."""
        return path if path.startswith("-#") else f"{self._host}:{path}"

    def _key(self, *parts: str) -> str:
        return ":".join((self._name, *parts))

    def _window_key(self, kind: str, value: int) -> str:
        return self._key("window", kind, f"{value:08x}")

    def _table(self, kind: str) -> MinHashLSH:
        from datasketch import MinHashLSH

        storage = {
            "type": "redis",
            "basename": f"{self._name}:{kind}".encode(),
            "redis": {"connection_pool": self._client.connection_pool},
        }
        return MinHashLSH(num_perm=NUM_PERM, params=(BANDS, ROWS), storage_config=storage, prepickle=False)

    @contextmanager
    def _answering(self) -> Iterator[None]:
        import redis

        try:
            yield
        except redis.RedisError as error:
            problem = f"the Redis server does not do what it should: {error}"
            raise ReadError(self._place, problem, "see that it runs, and look at host, port and password") from error
        except (ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
            problem = "what lies there is not of an index"
            raise ReadError(self._place, problem, "use another name, or make the index anew") from error


@dataclass(slots=True, eq=False)
class _SharedReference(Reference):
    """A reference whose documents are fetched when something like them is looked up."""

    index: SharedIndex = field(kw_only=True)
    folder: Path = field(kw_only=True)
    left_out: frozenset[str] = field(kw_only=True)
    known: set[bytes] = field(default_factory=set)

    def files(self) -> list[tuple[str, bytes, int]]:
        return [entry for entry in self.index.describe() if _file_key(entry[0]) not in self.left_out]

    def meet(self, scan: kernels.Scan, min_words: int) -> None:
        self._fetch(self.index.met(scan, min_words))

    def around(self, kind: str, kept: Rows, choice: Choice) -> U64:
        contents = choice(sharing([_Windows(self.index, kind, self.left_out)], kept))
        self._fetch((kind, content.tobytes()) for content in contents)
        return contents

    def _fetch(self, contents: Iterable[tuple[str, bytes]]) -> None:
        fetched = self.index.fetch(contents, self.known)
        wanted = (batch for batch in fetched if _file_key(batch.paths[0]) not in self.left_out)
        first = next(wanted, None)
        if first is None:
            return
        place = self.folder / f"fetched-{secrets.token_hex(4)}"
        place.mkdir()
        writer = PartWriter(place, self.index.min_words, windowed=False)
        for batch in chain([first], wanted):
            writer.add(batch, lambda path: bytes(32))
        writer.finish()
        self.parts.append(LivePart(Part(place)))


@dataclass(frozen=True, slots=True)
class _Windows:
    """The shelf of one kind on the server."""

    index: SharedIndex
    kind: str
    left_out: frozenset[str]

    def sharing(self, hashes: U32, most: int) -> tuple[I64, U64, I64]:
        return self.index.sharing(self.kind, hashes, most, self.left_out)


def _connected(url: str) -> tuple[str, str, Any]:
    """Return how the index is called in messages, its name on the server, and a client."""
    try:
        import redis
    except ImportError as error:
        raise ConfigError("--index", "the library for Redis is missing", "install corpus-dedupe[redis]") from error
    parsed = urlsplit(url)
    name = parse_qs(parsed.query).get("name", ["dedupe"])[0]
    place = shown(called(url))
    try:
        client = redis.Redis.from_url(parsed._replace(query="").geturl())
    except ValueError as error:
        raise ConfigError(place, str(error), "write it as redis://HOST:PORT/DB?name=NAME") from error
    return place, name, client


def _file_of(block: bytes) -> str:
    return block.partition(b"-")[0].decode("ascii")


@cache
def _permutations() -> Any:
    """Those of datasketch, which draws them anew for each signature that comes without: most of its time went there."""
    from datasketch import MinHash

    return MinHash(num_perm=NUM_PERM, seed=SEED, scheme="affine32").permutations


def _minhash(signature: U32) -> MinHash:
    from datasketch import MinHash

    return MinHash(num_perm=NUM_PERM, seed=SEED, hashvalues=signature, permutations=_permutations(), scheme="affine32")


def _file_key(path: str) -> str:
    return sha256(_encoded(path)).hexdigest()[:24]


def _encoded(path: str) -> bytes:
    return path.encode("utf-8", "surrogatepass")


def _text(path: bytes) -> str:
    return path.decode("utf-8", "surrogatepass")
