"""One other tool on one file, the way its own documentation says; started by peers.py inside that tool's environment.

    python benchmarks/peer_runs.py run PEER RECORDS.jsonl FOLDER --shingle 5 --threshold 0.7
    python benchmarks/peer_runs.py kept PEER RECORDS.jsonl FOLDER > ids

The first does the whole job, from reading the records (``id``, ``text``) to whatever that tool leaves in FOLDER, and
is what is measured. The second, which is not, prints the ids of the records that the tool would keep. Libraries
without a command get the shortest program that does the job: of those that meet, the first is kept.
"""

from __future__ import annotations

import argparse
import gzip
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

_BATCH = 1_000


def shingles(text: str, size: int) -> list[str]:
    words = text.lower().split()
    return [" ".join(words[at : at + size]) for at in range(max(1, len(words) - size + 1))]


def batches(records: Path) -> Iterator[list[tuple[bytes, Any]]]:
    """Yield rows as they are and parsed, a thousand at a time."""
    import orjson

    with records.open("rb") as stream:
        while rows := list(islice(stream, _BATCH)):
            yield [(row, orjson.loads(row)) for row in rows]


def write(folder: Path, rows: Iterable[bytes]) -> None:
    with (folder / "kept.jsonl").open("wb") as stream:
        stream.writelines(rows)


def written(folder: Path) -> Iterator[str]:
    with (folder / "kept.jsonl").open("rb") as stream:
        for row in stream:
            yield json.loads(row)["id"]


def datasketch(records: Path, folder: Path, size: int, threshold: float) -> None:
    import xxhash
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=threshold, num_perm=128)

    def kept() -> Iterator[bytes]:
        for batch in batches(records):
            sets = [[shingle.encode() for shingle in shingles(row["text"], size)] for _, row in batch]
            signatures = MinHash.bulk(sets, num_perm=128, hashfunc=xxhash.xxh32_intdigest, scheme="affine32")
            for (raw, row), signature in zip(batch, signatures, strict=True):
                if not index.query(signature):
                    index.insert(row["id"], signature)
                    yield raw

    write(folder, kept())


def rensa(records: Path, folder: Path, size: int, threshold: float) -> None:
    from rensa import RMinHashDeduplicator

    seen = RMinHashDeduplicator(threshold, 128, use_lsh=True)

    def kept() -> Iterator[bytes]:
        for batch in batches(records):
            added = seen.add_pairs([(row["id"], shingles(row["text"], size)) for _, row in batch])
            yield from (raw for (raw, _), new in zip(batch, added, strict=True) if new)

    write(folder, kept())


def gaoya(records: Path, folder: Path, size: int, threshold: float) -> None:
    from gaoya.minhash import MinHashStringIndex

    bands, rows = (25, 5) if threshold < 0.6 else (16, 8)
    index = MinHashStringIndex(
        32, threshold, bands, rows, analyzer="word", lowercase=True, ngram_range=(size, size), id_container="smallvec"
    )

    def kept() -> Iterator[bytes]:
        number = 0
        for batch in batches(records):
            for raw, row in batch:
                if not index.query(row["text"]):
                    index.insert_document(number, row["text"])
                    number += 1
                    yield raw

    write(folder, kept())


def text_dedup(records: Path, folder: Path, size: int, threshold: float) -> None:
    from text_dedup.config.base import load_config_from_toml
    from text_dedup.minhash import main

    settings = folder / "config.toml"
    settings.write_text(
        f"""
[input]
input_type = "local_files"
file_type = "json"
[input.read_arguments]
path = "json"
data_files = "{records}"
split = "train"
cache_dir = "{folder / "cache"}"
[algorithm]
algorithm_name = "minhash"
text_column = "text"
num_perm = 128
threshold = {threshold}
ngram_size = {size}
min_length = 1
num_proc = 1
check_false_positive = true
[output]
output_dir = "{folder / "out"}"
[debug]
enable_profiling = false
"""
    )
    main(load_config_from_toml(settings))


def kept_by_text_dedup(records: Path, folder: Path) -> Iterator[str]:
    from datasets import load_from_disk

    yield from load_from_disk(str(folder / "out"))["id"]


def datatrove(records: Path, folder: Path, size: int, threshold: float) -> None:
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.dedup import MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupFilter
    from datatrove.pipeline.dedup import MinhashDedupSignature as Signatures
    from datatrove.pipeline.dedup.minhash import MinhashConfig
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.writers.jsonl import JsonlWriter

    bands, rows = (25, 5) if threshold < 0.6 else (14, 8)
    config = MinhashConfig(n_grams=size, num_buckets=bands, hashes_per_bucket=rows)
    reader = JsonlReader(str(records.parent), glob_pattern=records.name)
    signatures, buckets, remove = (str(folder / name) for name in ("signatures", "buckets", "remove"))
    stages: list[tuple[list[Any], int]] = [
        ([reader, Signatures(signatures, config)], 1),
        ([MinhashDedupBuckets(signatures, buckets, config=config)], bands),
        ([MinhashDedupCluster(buckets, remove, config=config)], 1),
        ([reader, MinhashDedupFilter(remove), JsonlWriter(str(folder / "out"), compression=None)], 1),
    ]
    for number, (steps, tasks) in enumerate(stages):
        LocalPipelineExecutor(steps, tasks=tasks, workers=1, logging_dir=str(folder / f"log{number}")).run()


def kept_by_datatrove(records: Path, folder: Path) -> Iterator[str]:
    for part in sorted((folder / "out").glob("*.jsonl")):
        with part.open("rb") as stream:
            for row in stream:
                yield json.loads(row)["id"]


def dolma(records: Path, folder: Path, size: int, threshold: float) -> None:
    documents = folder / "documents"
    documents.mkdir()
    with records.open("rb") as source, gzip.open(documents / "records.jsonl.gz", "wb", compresslevel=1) as packed:
        shutil.copyfileobj(source, packed)
    with records.open("rb") as stream:
        count = sum(1 for _ in stream)
    options = {
        "documents": str(documents / "*.gz"),
        "dedupe.name": "peer",
        "dedupe.paragraphs.attribute_name": "seen",
        "dedupe.paragraphs.by_ngram.ngram_length": str(size),
        "dedupe.paragraphs.by_ngram.overlap_threshold": str(threshold),
        "bloom_filter.file": str(folder / "bloom.bin"),
        "bloom_filter.estimated_doc_count": str(50 * count),
        "bloom_filter.desired_false_positive_rate": "0.0001",
        "processes": "1",
    }
    argv = [item for name, value in options.items() for item in (f"--{name}", value)]
    command = [str(Path(sys.executable).with_name("dolma")), "dedupe", *argv]
    subprocess.run([*command, "--dedupe.skip_empty", "--no-bloom_filter.read_only"], check=True)


def kept_by_dolma(records: Path, folder: Path) -> Iterator[str]:
    with gzip.open(folder / "attributes" / "peer" / "records.jsonl.gz") as marks, records.open("rb") as stream:
        for row, marked in zip(stream, marks, strict=True):
            if not any(span[2] >= 1 for span in json.loads(marked)["attributes"]["seen"]):
                yield json.loads(row)["id"]


Run = Callable[[Path, Path, int, float], None]
Kept = Callable[[Path, Path], Iterator[str]]
PEERS: dict[str, tuple[Run, Kept]] = {
    "datasketch": (datasketch, lambda _, folder: written(folder)),
    "rensa": (rensa, lambda _, folder: written(folder)),
    "gaoya": (gaoya, lambda _, folder: written(folder)),
    "text-dedup": (text_dedup, kept_by_text_dedup),
    "datatrove": (datatrove, kept_by_datatrove),
    "dolma": (dolma, kept_by_dolma),
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("task", choices=("run", "kept"))
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("records", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--shingle", type=int, default=5)
    parser.add_argument("--threshold", type=float, default=0.7)
    arguments = parser.parse_args()
    run, kept = PEERS[arguments.peer]
    if arguments.task == "run":
        run(arguments.records, arguments.folder, arguments.shingle, arguments.threshold)
    else:
        sys.stdout.writelines(f"{name}\n" for name in kept(arguments.records, arguments.folder))


if __name__ == "__main__":  # some of them start processes that import this file again
    main()
