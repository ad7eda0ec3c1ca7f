"""An index of millions of paragraphs: what it costs to make, to open and to look texts up in.

    python benchmarks/index.py                                  # 2,000,000 paragraphs, in a temporary folder
    python benchmarks/index.py --paragraphs 100000 --keep /big/folder --out benchmarks/results/index.json

The paragraphs are random words by Zipf's law, twenty of them to a document. Opening and looking up are measured in a
new process each time, the modules imported; of the texts looked up half stand in the index with one word changed, and
all those must be met. Then as many are looked up by the hashes that winnowing keeps: one paragraph of the index inside
new words, and by turns most of one, which must be met too, and new ones. Times are of the wall, and for the look-ups of
the CPU as well. Memory is what the process holds at most over what it held before it opened the index, as Linux counts
it: mapped pages too.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from measure import Failed, save, say, timed

from dedupe import kernels
from dedupe.index import windows
from dedupe.index.folder import Index
from dedupe.index.references import References
from dedupe.matching.contained import Texts, winnowed
from dedupe.matching.fingerprint import Signer

#: Paragraphs of one file.
_FILE = 50_000
_DOCUMENT = 20
_WORDS = 18
#: Processes that open and look up; the median of them counts.
_PROCESSES = 5


def paragraphs(first: int, count: int) -> Iterator[str]:
    """Yield *count* paragraphs of *first* million words on, the same ones every time."""
    chance = np.random.default_rng(first)
    vocabulary = [f"{a}{b}{c}" for a in "bdfghklmnprstvw" for b in ("a", "e", "io", "ou") for c in "bdfglmnrst"]
    vocabulary = [one + other for one in vocabulary for other in vocabulary[::25]]
    numbers = np.minimum(chance.zipf(1.3, (count, _WORDS)) - 1, len(vocabulary) - 1)
    for row in (numbers + chance.integers(0, 200, (count, _WORDS))) % len(vocabulary):
        yield " ".join([vocabulary[number] for number in row.tolist()]) + "."


def write_corpus(folder: Path, count: int) -> int:
    """Write *count* paragraphs as files of rows; return the bytes."""
    folder.mkdir(exist_ok=True)
    size = 0
    for at in range(0, count, _FILE):
        texts = list(paragraphs(at, min(_FILE, count - at)))
        rows = ["\n\n".join(texts[n : n + _DOCUMENT]) for n in range(0, len(texts), _DOCUMENT)]
        data = "".join(json.dumps({"text": row}) + "\n" for row in rows).encode()
        (folder / f"{at:09}.jsonl").write_bytes(data)
        size += len(data)
    return size


def asked(count: int, known: int) -> list[str]:
    """Return *count* texts: by turns one of the corpus with a word changed, and a new one."""
    old = list(paragraphs(0, min(known, _FILE)))
    step = max(1, len(old) // count)
    changed = [" ".join([*text.split()[:7], "otherwise", *text.split()[8:]]) for text in old[::step]]
    new = paragraphs(-1 % (1 << 30), count)
    return [text for pair in zip(changed, new, strict=False) for text in pair][:count]


def nested(count: int, known: int) -> tuple[list[str], list[str]]:
    """Return *count* texts, by turns a paragraph of the corpus in new words, most of one, and two new ones.

    Besides, the paragraphs of the corpus.
    """
    old = list(paragraphs(0, min(known, _FILE)))[: count // 2]
    new = list(paragraphs(-2 % (1 << 30), 2 * count))
    texts = []
    for one, other in zip(old[::2], old[1::2], strict=False):
        texts += [f"{new.pop()} {one} {new.pop()}", " ".join(other.split()[2:16]), new.pop(), new.pop()]
    return texts, old


def look_up(index: Path, count: int, known: int) -> dict[str, float]:
    """Open the index and look *count* texts up; to be run in a process of its own."""
    texts = asked(count, known)
    signer = Signer.create()
    scan = signer.scan(*kernels.pack(texts), "auto", 8, line_keys=False)
    Path("/proc/self/clear_refs").write_text("5")  # what it held at most is counted from here
    held = _most_held()
    started = time.perf_counter()
    references = _references(index)
    opened, worked = time.perf_counter(), time.process_time()
    references.look_up(scan, 8)
    met = _arrived(references)
    done, ended = time.perf_counter(), time.process_time()
    peak = _most_held()
    old = signer.scan(*kernels.pack(list(paragraphs(0, min(known, _FILE)))), "auto", 8, line_keys=False).content[:, 0]
    originals = old[:: max(1, len(old) // count)][: count // 2].tolist()
    texts, inside = nested(count, known)
    buffer, offsets = kernels.pack(texts)
    began = time.process_time()
    references = _references(index)
    for kept in winnowed([Texts(np.arange(len(texts)) << 32, buffer, offsets)]):
        references.look_around("segment", kept, windows.nested(0.7, whole=False, known=np.zeros(0, dtype=np.int64)))
        references.look_around("whole", kept, windows.alike(0.7))
    around = _arrived(references)
    looked = time.process_time()
    wanted = signer.scan(*kernels.pack(inside), "auto", 8, line_keys=False).content[:, 0].tolist()
    return {
        "look_around_cpu_ms": 1000 * (looked - began),
        "met_around": sum(content in around for content in wanted) / len(wanted),
        "open_ms": 1000 * (opened - started),
        "look_up_ms": 1000 * (done - opened),
        "look_up_cpu_ms": 1000 * (ended - worked),
        "memory_mb": (peak - held) / 1024,
        "process_mb": peak / 1024,
        "met": sum(content in met for content in originals) / len(originals),
    }


def _references(index: Path) -> References:
    references = References([Index(str(index)).reference()])
    references.first = 0
    return references


def _arrived(references: References) -> set[int]:
    return {content for _, found in references.arrivals() for content in found.content[:, 0].tolist()}


def _most_held() -> int:
    status = Path("/proc/self/status").read_text("ascii")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")))


def measure(folder: Path, count: int, queries: int) -> dict[str, Any]:
    """Make an index of *count* paragraphs in *folder* and measure it."""
    corpus, index = folder / "corpus", folder / "index"
    say(f"writing {count:,} paragraphs")
    size = write_corpus(corpus, count)
    command = [sys.executable, "-m", "dedupe", "index"]
    say("adding")
    made = timed([*command, "add", index, corpus, "--quiet"])
    say("compacting what a second batch came to")
    (corpus / "more.jsonl").write_text(
        json.dumps({"text": "One more paragraph of a few words, of no interest at all."})
    )
    again = timed([*command, "add", index, corpus / "more.jsonl", "--quiet"])
    info = json.loads(subprocess.run([*command, "info", index, "--json"], capture_output=True, check=True).stdout)
    script = [sys.executable, __file__, "--look-up", index, "--paragraphs", str(count), "--queries", str(queries)]
    runs = [json.loads(subprocess.run(script, capture_output=True, check=True).stdout) for _ in range(_PROCESSES)]
    for kind in ("met", "met_around"):
        if min(run[kind] for run in runs) < 0.97:
            raise Failed(f"of the copies only {runs[0][kind]:.1%} were {kind.replace('_', ' ')}")
    return {
        "paragraphs": info["segments"],
        "corpus_mb": size / 1e6,
        "index_mb": info["bytes"] / 1e6,
        "parts": info["parts"],
        "add": made,
        "add_one_more": again,
        "queries": queries,
        **{name: statistics.median(run[name] for run in runs) for name in runs[0]},
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--paragraphs", type=int, default=2_000_000)
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--keep", type=Path, help="a folder for corpus and index, which stay there")
    parser.add_argument("--out", type=Path, help="write the result there as JSON")
    parser.add_argument("--look-up", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.look_up:
        print(json.dumps(look_up(arguments.look_up, arguments.queries, arguments.paragraphs)))
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        folder.mkdir(exist_ok=True)
        result = measure(folder, arguments.paragraphs, arguments.queries)
    say(json.dumps(result, indent=2))
    if arguments.out:
        save(result, arguments.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
