"""Work files give back what was put; the pool has every row that could have a duplicate, whatever came and went."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dedupe import kernels
from dedupe.api import _Memory
from dedupe.cleaning.evidence import to_json
from dedupe.cleaning.ledger import Ledger
from dedupe.cleaning.rows import pack
from dedupe.config import Config
from dedupe.matching.families import Families
from dedupe.matching.fingerprint import BANDS
from dedupe.matching.pool import Pool, PoolRows
from dedupe.matching.prints import PRINT, set_apart
from dedupe.model import Canonical, Document, Operation
from dedupe.pipeline import make_plan
from dedupe.workfiles import I64, Shelf, open_work_folder

Step = dict[int, list[int] | None]
#: By document: a batch of documents that are put (with the values of their rows) or dropped.
changes = st.lists(
    st.dictionaries(st.integers(0, 9), st.none() | st.lists(st.integers(0, 30), max_size=4), max_size=6), max_size=6
)


def put(shelf: Shelf, documents: dict[int, list[int]]) -> None:
    rows = [np.array(values, dtype=np.uint64).tobytes() for values in documents.values()]
    offsets = np.append(0, np.cumsum([len(row) for row in rows])).astype(np.int64)
    shelf.put(np.array(list(documents), dtype=np.int64), b"".join(rows), offsets)


def take(step: dict[int, list[int] | None], truth: dict[int, list[int]]) -> I64:
    """Bring *truth* up to date with *step*; return the documents that it forgets."""
    gone = [number for number, values in step.items() if values is None and number in truth]
    truth.update({number: values for number, values in step.items() if values is not None})
    for number in gone:
        del truth[number]
    return np.array(gone, dtype=np.int64)


@given(st.lists(st.binary(max_size=12)), st.lists(st.integers(0, 50)))
def test_a_store_gives_back_what_was_appended_where_it_said(pieces: list[bytes], asked: list[int]) -> None:
    """What waits, and what is too much to wait, is small here; some is read before the rest is there."""
    with open_work_folder() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr("dedupe.workfiles._PENDING_BYTES", 6)
        patch.setattr("dedupe.workfiles._LEAST_AHEAD_BYTES", 4)
        patch.setattr("dedupe.workfiles._MOST_AHEAD_BYTES", 16)
        store = folder.store("pieces")
        places: list[int] = []
        for number, piece in enumerate(pieces):
            places.append(store.append(piece))
            for at in [at for at in asked if at <= number]:
                assert store.read(places[at], len(pieces[at])) == pieces[at]
        assert places == [sum(map(len, pieces[:number])) for number in range(len(pieces))]
        store.flush()
        assert store.path.read_bytes() == b"".join(pieces)


@given(st.lists(st.binary(max_size=12)), st.lists(st.integers(0, 50)), st.integers(0, 20))
def test_a_store_gathers_what_is_asked_for(pieces: list[bytes], asked: list[int], gap: int) -> None:
    with open_work_folder() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr("dedupe.workfiles._GAP_BYTES", gap)
        store = folder.store("pieces")
        places = [store.append(piece) for piece in pieces]
        wanted = [at for at in asked if at < len(pieces)]
        begins = np.array([places[at] for at in wanted], dtype=np.int64)
        lengths = np.array([len(pieces[at]) for at in wanted], dtype=np.int64)
        data, found = store.gather(begins, lengths)
        ends = (found + lengths).tolist()
        assert [data[start:end] for start, end in zip(found.tolist(), ends, strict=True)] == [
            pieces[at] for at in wanted
        ]
        assert len(data) <= sum(map(len, pieces))


@given(changes, st.lists(st.integers(0, 12), max_size=12))
@example([{0: [1], 1: [2, 3], 2: []}, {1: [4]}], [0, 1, 2, 3])
def test_a_shelf_gives_back_the_last_thing_put(steps: list[Step], wanted: list[int]) -> None:
    with open_work_folder() as folder:
        shelf = folder.shelf("numbers")
        truth: dict[int, list[int]] = {}
        for step in steps:
            put(shelf, {number: values for number, values in step.items() if values is not None})
            for number in step.keys() | truth.keys():
                assert np.frombuffer(shelf.get(number), dtype=np.uint64).tolist() == truth.get(number, [])
            shelf.commit()
            shelf.drop(take(step, truth))
        assert shelf.numbers().tolist() == sorted(truth)
        asked = np.array(wanted, dtype=np.int64)
        data, offsets = shelf.get_many(asked)
        pieces = [data[start:end] for start, end in pairwise(offsets.tolist())]
        assert [np.frombuffer(piece, dtype=np.uint64).tolist() for piece in pieces] == [
            truth.get(number, []) for number in wanted
        ]
        assert len(data) == offsets[-1]
        places = [(number, at) for number in wanted for at in range(len(truth.get(number, [])))]
        numbers, positions = np.array(places, dtype=np.int64).reshape(-1, 2).T
        for gap in (8, 1 << 10):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("dedupe.workfiles._GAP_BYTES", gap)
                values = shelf.rows_at(np.uint64, numbers, positions)
            assert values.tolist() == [truth[number][at] for number, at in places]
        found: dict[int, list[int]] = {number: [] for number in truth}
        for owners, values in shelf.rows(np.uint64):
            for owner, value in zip(owners.tolist(), values.tolist(), strict=True):
                found[owner].append(value)
        assert found == truth


def test_a_walk_over_a_shelf_passes_over_what_was_put_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dedupe.workfiles._CHUNK_BYTES", 64)
    with open_work_folder() as folder:
        shelf = folder.shelf("numbers")
        put(shelf, {number: [number] * (number % 7) for number in range(100)})
        shelf.commit()
        put(shelf, {number: [1000 + number] for number in range(0, 100, 3)})
        shelf.commit()
        found = sorted(
            (owner, value)
            for owners, values in shelf.rows(np.uint64)
            for owner, value in zip(owners.tolist(), values.tolist(), strict=True)
        )
    kept = [(number, number) for number in range(100) if number % 3 for _ in range(number % 7)]
    assert found == sorted(kept + [(number, 1000 + number) for number in range(0, 100, 3)])


def prints(values: list[int]) -> np.ndarray:
    """Rows whose content is a value, and whose bands it shares with a few others.

    From 10 on, contents have the lower half of another one; from 20 on, those of another one have bands of their own.
    """
    rows = np.zeros(len(values), dtype=PRINT)
    for position, value in enumerate(values):
        rows[position]["content"] = value % 10 + (value // 10 << 32) if value < 20 else value - 20
        rows[position]["position"] = position
        rows[position]["bands"] = 1000 + 100 * value + np.arange(BANDS)
        rows[position]["bands"][value % BANDS] = value % 5
    return rows


def prints_of(number: int, values: list[int], alone: bool) -> np.ndarray:
    """The rows of a document; *alone*: which is compared with itself only."""
    rows = prints(values)
    if alone:
        set_apart(rows, np.full(len(rows), number))
    return rows


def partners(everything: dict[tuple[int, int], np.void]) -> set[tuple[int, int]]:
    """The rows that share content or a band with another row, by looking at all pairs."""
    flat = everything.items()
    return {place for place, row in flat for other, theirs in flat if place != other and share(row, theirs)}


def places(part: PoolRows) -> list[tuple[int, int]]:
    return list(zip(part.document.tolist(), part.prints["position"].tolist(), strict=True))


def share(row: np.void, other: np.void) -> bool:
    return bool((row["content"] == other["content"]).all() or (row["bands"] == other["bands"]).any())


@pytest.mark.parametrize(("part_rows", "most_walks"), [(1 << 17, 3), (3, 3), (1, 3), (3, 0)])
@given(steps=changes, alone=st.booleans())
@example([{1: [5]}, {1: [5, 5]}], False)
@example([{1: [5, 5]}, {1: [5]}, {2: [5]}], False)
@example([{1: [5, 5, 6, 6, 7]}, {2: [7, 8]}, {3: [8], 4: [12, 12]}], False)
@example([{1: [2], 2: [12], 3: [17]}], False)
@example([{1: [3], 2: [23], 3: [28]}], False)
@example([{1: [3], 2: [28]}, {1: [23]}], False)
@example([{1: [5, 5], 2: [5, 5]}, {1: [5, 5, 5], 2: [5, 5, 5]}], True)
@example([{1: [5, 5], 2: [5, 7]}, {1: [5], 2: [5, 5]}], True)
def test_the_pool_misses_nobody_and_its_parts_are_whole(
    part_rows: int, most_walks: int, steps: list[Step], alone: bool
) -> None:
    with open_work_folder() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr("dedupe.matching.pool._PART_ROWS", part_rows)
        patch.setattr("dedupe.matching.pool._MOST_WALKS", most_walks)
        pool = Pool(folder, "prints")
        truth: dict[int, list[int]] = {}
        for step in steps:
            given_rows = {
                number: prints_of(number, values, alone) for number, values in step.items() if values is not None
            }
            offsets = np.append(0, np.cumsum([len(rows) for rows in given_rows.values()])).astype(np.int64)
            rows = np.concatenate([np.zeros(0, dtype=PRINT), *given_rows.values()])
            pool.put(np.array(list(given_rows), dtype=np.int64), rows, offsets)
            pool.commit()
            pool.drop(take(step, truth))
            everything = {
                (number, at): row
                for number, values in truth.items()
                for at, row in enumerate(prints_of(number, values, alone))
            }
            part_of = {}
            for number, part in enumerate(pool.parts()):
                found = places(part)
                assert found == sorted(found)
                assert not part_of.keys() & set(found)
                part_of.update(dict.fromkeys(found, number))
                bands = np.array(list(part.bands.columns(part.band_row))).T
                for place, keys in zip(found, bands, strict=True):
                    assert (keys == everything[place]["bands"]).all()
            assert partners(everything) <= part_of.keys() <= everything.keys()
            for one, other in combinations(part_of, 2):
                assert part_of[one] == part_of[other] or not share(everything[one], everything[other])


@given(st.lists(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=12), max_size=4))
def test_families_are_what_is_joined_by_any_chain(steps: list[list[tuple[int, int]]]) -> None:
    families = Families(31)
    truth = {number: {number} for number in range(31)}
    for pairs in steps:
        families.join(*np.array(pairs, dtype=np.int64).reshape(-1, 2).T)
        for one, other in pairs:
            together = truth[one] | truth[other]
            truth.update(dict.fromkeys(together, together))
        assert families.of(np.arange(31)).tolist() == [min(truth[number]) for number in range(31)]


def test_small_families_are_parts_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dedupe.matching.pool._PART_ROWS", 6)
    with open_work_folder() as folder:
        pool = Pool(folder, "prints")
        pool.put(np.arange(40), prints([n // 2 for n in range(40)]), np.arange(41))
        pool.commit()
        sizes = [len(part.document) for part in pool.parts()]
    assert sum(sizes) == 40
    assert max(sizes) <= 8


@pytest.mark.parametrize(("rows", "bytes_"), [(1, 1), (7, 1 << 10), (1000, 1 << 30)])
def test_the_pool_is_the_same_however_much_is_held_at_a_time(
    monkeypatch: pytest.MonkeyPatch, rows: int, bytes_: int
) -> None:
    def build(name: str) -> list[tuple[int, int]]:
        pool = Pool(folder, name)
        pool.put(np.arange(400), prints([n % 150 for n in range(400)]), np.arange(401))
        pool.commit()
        list(pool.parts())
        pool.put(np.arange(200, 240), prints([n % 170 for n in range(40)]), np.arange(41))
        pool.commit()
        return sorted(place for part in pool.parts() for place in places(part))

    with open_work_folder() as folder:
        at_once = build("one")
        for constant in ("_SORTED_ROWS", "_ROWS_AT_ONCE", "_FRESH_AT_ONCE", "_DOCUMENTS_AT_ONCE"):
            monkeypatch.setattr(f"dedupe.matching.pool.{constant}", rows)
        monkeypatch.setattr("dedupe.matching.pool._MOST_WALKS", 1000)
        monkeypatch.setattr("dedupe.shards._WAITING_BYTES", bytes_)
        assert build("other") == at_once


@pytest.mark.parametrize(("changed", "at_once", "walks"), [(60, 100, 1), (60, 20, 3), (61, 20, 0), (400, 20, 0)])
def test_what_is_new_is_looked_for_in_few_walks_or_in_none(
    monkeypatch: pytest.MonkeyPatch, changed: int, at_once: int, walks: int
) -> None:
    """Or the cost of each would grow with the corpus."""
    monkeypatch.setattr("dedupe.matching.pool._FRESH_AT_ONCE", at_once)
    walked, sieve = [], kernels.Sieve

    def counted(known: np.ndarray, columns: Sequence[int]) -> kernels.Sieve:
        walked.append(len(known))
        return sieve(known, columns)

    monkeypatch.setattr("dedupe.kernels.Sieve", counted)
    with open_work_folder() as folder:
        pool = Pool(folder, "prints")
        pool.put(np.arange(400), prints([n // 2 for n in range(400)]), np.arange(401))
        pool.commit()
        assert sum(len(part.document) for part in pool.parts()) == 400
        pool.put(np.arange(changed), prints([1000 + n // 3 for n in range(changed)]), np.arange(changed + 1))
        pool.commit()
        assert sum(len(part.document) for part in pool.parts()) >= 400 - 2
        assert len(walked) == walks
        assert sum(len(part.document) for part in pool.parts()) >= 400 - 2
        assert len(walked) == walks


def test_a_ledger_keeps_shared_evidence_shared() -> None:
    """By that, the parts of one deletion are known as such."""
    evidence = to_json({"words": 12})
    canonical = Canonical(3, 10, 20, 1)
    parts = [
        Operation(0, 4, "delete", "duplicate/exact", "", evidence, canonical=canonical),
        Operation(6, 9, "delete", "duplicate/exact", "", evidence, canonical=canonical, applied=False),
        Operation(9, 11, "replace", "repair/mojibake", "why", b'{"steps":["a"]}', replacement="é\ud800"),
    ]
    with open_work_folder() as folder:
        ledger = Ledger(folder, "done", folder.store("said"))
        ledger.put([7], pack([parts]))
        assert 7 not in ledger
        ledger.commit()
        found = ledger.get(7)
        assert found == parts
        assert found[0].evidence is found[1].evidence
        assert ledger.naming(np.array([3])).tolist() == [7]
        assert ledger.naming(np.array([7])).tolist() == []
        ledger.put([7], pack([[]]))
        assert ledger.get(7) == parts
        ledger.commit()
        assert ledger.get(7) == []
        assert ledger.naming(np.array([3])).tolist() == []


def test_a_ledger_keeps_what_was_put_last() -> None:
    def one(end: int) -> list[Operation]:
        return [Operation(0, end, "delete", "boilerplate/share", "why")]

    with open_work_folder() as folder:
        ledger = Ledger(folder, "done", folder.store("said"))
        ledger.put([2, 5, 6], pack([one(4), [], one(6)]))
        ledger.commit()
        assert [ledger.get(number) for number in (2, 5, 6)] == [one(4), [], one(6)]
        ledger.empty(np.array([2, 6]))
        ledger.put([2, 5], pack([one(3), one(7)]))
        ledger.commit()
        assert [ledger.get(number) for number in (2, 5, 6)] == [one(3), one(7), []]
        assert ledger.numbers().tolist() == [2, 5]


def test_the_files_of_a_part_go_with_it_and_those_of_the_whole_stay() -> None:
    with open_work_folder() as folder:
        stays = folder.store("said")
        with folder.part("planning") as part:
            goes = part.store("texts")
            goes.append(b"a story")
            place = stays.append(b"why")
            shelf = part.shelf("rows")
            put(shelf, {3: [1, 2]})
            shelf.commit()
            assert folder.memory_bytes() == 0 < part.memory_bytes()
            part.flush()  # also what it is a part of: other processes read both
            assert goes.path.read_bytes() == b"a story"
            assert stays.path.read_bytes() == b"why"
        assert [path.name for path in folder.path.iterdir()] == ["said"]
        assert stays.read(place, 3) == b"why"


def test_when_a_plan_is_made_its_work_files_are_gone_but_for_what_writing_needs() -> None:
    """Texts and fingerprints are larger than the corpus, and what is written needs room as well."""
    story = "It was late, and the rain that had been falling on the town all day was over. " * 12
    corpus = _Memory([Document(str(number), f"{story}\n\nPage {number}") for number in range(20)])
    with open_work_folder() as folder:
        plan = make_plan(corpus, Config(), folder)
        assert sorted(path.name for path in folder.path.iterdir()) == ["said", "settled"]
        assert len(plan.removed) + len(plan.operations.numbers()) > 0
