"""Every function of the kernel by itself: native against reference, datasketch, `wc -w` and one reading of the memory.

    python benchmarks/kernel.py                                      # on 20 MB of the planted corpus
    python benchmarks/kernel.py --corpus FILE.jsonl --mb 50 --out benchmarks/results/kernel.json

The functions are those that `dedupe._native` has, with every set of instructions that the machine has. Each is called
on the same input as its definition in Python, results must be equal to the bit, and the speed is
megabytes of input per CPU second, the best of several calls on one thread. The reference gets less to do, being
slower by orders of magnitude. Under `ceilings` is what the machine needs for the same memory when nothing is computed.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from corpora import build
from measure import Failed, save, say, words_counted

from dedupe import _native, _reference, kernels
from dedupe.boilerplate import features
from dedupe.boilerplate.entries import normal_forms
from dedupe.boilerplate.lexicon import Lexicon
from dedupe.matching.contained import SHINGLE, WINDOW
from dedupe.matching.fingerprint import BANDS, NUM_PERM, ROWS, SEED, SHINGLE_SIZE, permutations
from dedupe.text.signature import shingle_hashes

#: Bytes of text for the reference.
_REFERENCE_SIZE = 500_000
#: What the native module has besides the functions that do the work.
_NOT_WORK = {"instructions", "limit_instructions", "UNIDATA_VERSION", "Vocabulary"}
#: CPU seconds that the calls of one function may take together.
_PATIENCE = 2.0


class Case(NamedTuple):
    """A function with its arguments, native and as it is defined, and how many bytes it is given."""

    native: Callable[[], Any]
    reference: Callable[[], Any]
    size: int


def cases(texts: list[str]) -> dict[str, Case]:
    """Return a case for each function of the kernel, made of *texts*."""
    buffer, offsets = kernels.pack(texts)
    signing = {"permutations": permutations(), "shingle_size": SHINGLE_SIZE}
    settings = {"bands": BANDS, "rows": ROWS, "layout": "auto", "min_words": 8, "line_keys": True}
    prints = kernels.fingerprint(buffer, offsets, **signing)
    # Each text against itself with a word gone here and there, as an edited copy would come.
    forms = [prints.tokens[start:end] for start, end in pairwise(prints.offsets.tolist())]
    edited = [b" ".join(word for n, word in enumerate(form.split(b" ")) if n % 20) for form in forms]
    pairs = np.arange(2 * len(forms), dtype=np.int64).reshape(2, -1).T.copy()
    both = kernels.joined([*forms, *edited])
    lexicon = Lexicon.load([])
    keys = kernels.band_keys(prints.signatures, BANDS, ROWS)
    shards, rows = keys[:, 0] & np.uint32(63), keys.view(np.uint8)
    spans = np.sort(np.random.default_rng(1).integers(0, [[len(text) + 1] for text in texts], (len(texts), 2)))
    numbers = np.arange(len(texts))
    entries = np.zeros((len(texts), 15), dtype=np.int64)
    entries[:, 0], entries[:, 12:14] = numbers, _native.locate(buffer, offsets, numbers, spans)[:, :2]
    pieces = kernels.pack(['{"doc":"a","n":1'])
    hashes = _native.winnow(prints.tokens, prints.offsets, SHINGLE, WINDOW).hashes
    known, columns = keys[::100].copy(), list(range(BANDS))
    lines = [line for text in texts for line in text.splitlines()]
    packed_lines = kernels.pack(lines)
    rows_of_json = kernels.joined([json.dumps({"id": n, "text": text}).encode() for n, text in enumerate(texts)])

    def case(name: str, size: int, *arguments: Any, **options: Any) -> Case:
        native, reference = getattr(_native, name), getattr(_reference, name)
        return Case(partial(native, *arguments, **options), partial(reference, *arguments, **options), size)

    return {
        "align_pairs": case("align_pairs", len(both[0]), *both, pairs, np.full(len(pairs), 0.7)),
        "band_keys": case("band_keys", prints.signatures.nbytes, prints.signatures, BANDS, ROWS),
        "deal": case("deal", rows.nbytes, shards, rows, 64),
        "deal_keys": case("deal_keys", keys.nbytes, keys, columns, np.arange(len(keys)), 0, 4),
        "distinct": case("distinct", hashes.nbytes, hashes),
        "fingerprint": case("fingerprint", len(buffer), buffer, offsets, **signing),
        "line_features": Case(
            partial(_native.line_features, buffer, offsets, features._vocabulary(lexicon), True),
            partial(features._defined, texts, lexicon, True),
            len(buffer),
        ),
        "line_shapes": case("line_shapes", len(buffer), buffer, offsets),
        "line_spans": case("line_spans", len(buffer), buffer, offsets),
        "locate": case("locate", len(buffer), buffer, offsets, numbers, spans),
        "locate_field": case("locate_field", len(rows_of_json[0]), *rows_of_json, b"text"),
        "log_lines": case("log_lines", len(buffer), buffer, offsets, *pieces, entries),
        "phrase_forms": Case(
            partial(_native.phrase_forms, *packed_lines),
            lambda: kernels.pack(normal_forms(lines)),
            len(packed_lines[0]),
        ),
        "repeated": case("repeated", hashes.nbytes, hashes),
        "Sieve": Case(
            partial(_native.Sieve(known, columns).passes, keys),
            partial(_reference.Sieve(known, columns).passes, keys),
            keys.nbytes,
        ),
        "scan": case("scan", len(buffer), buffer, offsets, **signing, **settings),
        "shared_keys": case("shared_keys", hashes.nbytes, hashes),
        "suspicious": case("suspicious", len(buffer), buffer, offsets),
        "term_counts": case("term_counts", len(buffer), buffer, offsets, "hereby licensee tort warranty"),
        "winnow": case("winnow", len(prints.tokens), prints.tokens, prints.offsets, SHINGLE, WINDOW),
    }


def megabytes_a_second(function: Callable[[], object], size: int) -> float:
    """Return the speed of *function* on *size* bytes, from the best of its calls."""
    fastest = float("inf")
    spent, calls = 0.0, 0
    while spent < _PATIENCE and (calls < 3 or spent < _PATIENCE / 2):
        started = time.process_time()
        function()
        took = time.process_time() - started
        fastest, spent, calls = min(fastest, took), spent + took, calls + 1
    return round(size / fastest / 1e6, 1)


def equal(ours: Any, theirs: Any) -> bool:
    """Whether two results are the same to the bit, types of arrays included."""
    if isinstance(theirs, tuple):
        return len(ours) == len(theirs) and all(map(equal, ours, theirs))
    if isinstance(theirs, np.ndarray):
        return ours.dtype == theirs.dtype and ours.shape == theirs.shape and ours.tobytes() == theirs.tobytes()
    return bool(ours == theirs)


def functions(texts: list[str]) -> dict[str, dict[str, float]]:
    """Return the speeds of every native function, with each set of instructions, and of its reference.

    Raises:
        Failed: the two disagree, or a function has no case here.
    """
    total, few = 0, []
    for text in texts:
        few.append(text)
        total += len(text)
        if total > _REFERENCE_SIZE:
            break
    much, little = cases(texts), cases(few)
    there = {name for name in dir(_native) if not name.startswith("_")} - _NOT_WORK
    if there != much.keys():
        raise Failed(f"no case here, or no function there: {', '.join(sorted(there ^ much.keys()))}")
    speeds = {}
    for name, case in little.items():
        speeds[name] = {"reference": megabytes_a_second(case.reference, case.size)}
        wanted = case.reference()
        for instructions in _instruction_sets():
            if not equal(case.native(), wanted):
                raise Failed(f"{name}: native ({instructions}) and reference disagree")
            speeds[name][instructions] = megabytes_a_second(much[name].native, much[name].size)
        say(f"{name}: " + ", ".join(f"{speed} MB/s {kernel}" for kernel, speed in speeds[name].items()))
    return speeds


def _instruction_sets() -> Iterator[str]:
    """Yield the sets of instructions that this machine has, each in use until the next."""
    best = _native.instructions()
    try:
        for name in ("portable", "avx2", "avx512"):
            try:
                _native.limit_instructions(name)
            except ValueError:  # not on this machine
                continue
            yield name
    finally:
        _native.limit_instructions(best)


def signatures_by_datasketch(texts: list[str]) -> float:
    """Return datasketch's speed in MB of text a CPU second, its shingles hashed beforehand and not counted."""
    from datasketch import MinHash

    hashes = [shingle_hashes(text.casefold(), SHINGLE_SIZE).tolist() for text in texts]
    size = sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)
    settings = {"num_perm": NUM_PERM, "seed": SEED, "scheme": "affine32", "hashfunc": int}
    return megabytes_a_second(lambda: MinHash.bulk(hashes, **settings), size)


def ceilings(texts: list[str]) -> dict[str, float]:
    """Return the speeds of work that does next to nothing, on the same text."""
    buffer, _ = kernels.pack(texts)
    words = np.frombuffer(buffer[: len(buffer) // 8 * 8], dtype=np.uint64)
    with tempfile.NamedTemporaryFile() as file:
        file.write(buffer)
        file.flush()
        counted = words_counted([Path(file.name)])
    return {
        "sum of the memory (np.sum)": megabytes_a_second(lambda: words.sum(), words.nbytes),
        "copy of the memory (bytearray)": megabytes_a_second(lambda: bytearray(buffer), len(buffer)),
        "search for one byte (bytes.count)": megabytes_a_second(lambda: buffer.count(b"\xff"), len(buffer)),
        "UTF-8 to str (bytes.decode)": megabytes_a_second(lambda: buffer.decode("utf-8", "surrogatepass"), len(buffer)),
        "words (bytes.split)": megabytes_a_second(lambda: buffer.split(), len(buffer)),
        "wc -w": round(len(buffer) / counted["cpu"] / 1e6, 1),
    }


def read(corpus: Path, size: int) -> list[str]:
    """Return the texts of a JSON Lines file, up to *size* bytes of it."""
    texts = []
    with corpus.open("rb") as stream:
        for row in stream:
            texts.append(json.loads(row)["text"])
            size -= len(row)
            if size <= 0:
                break
    return texts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, help="JSON Lines with a field `text`; by default the planted corpus")
    parser.add_argument("--mb", type=float, default=20)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        corpus = arguments.corpus or Path(name) / "planted.jsonl"
        if not arguments.corpus:
            build(corpus, int(arguments.mb * 1e6))
        texts = read(corpus, int(arguments.mb * 1e6))
    few = texts[: max(1, len(texts) // 20)]
    save(
        {
            "corpus": corpus.name,
            "functions": functions(texts),
            "datasketch signatures": signatures_by_datasketch(few),
            "ceilings": ceilings(texts),
        },
        arguments.out,
    )


if __name__ == "__main__":
    main()
