"""Work on batches comes back in order, whoever does it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dedupe.parallel import ordered_map


def _square(number: int) -> int:
    if number == 13:
        raise ValueError("unlucky")
    return number * number


@pytest.mark.parametrize("threads", [False, True])
@pytest.mark.parametrize("jobs", [1, 2, 3])
@pytest.mark.parametrize("count", [0, 1, 2, 12])
def test_results_come_in_the_order_of_the_items(count: int, jobs: int, threads: bool) -> None:
    found = list(ordered_map(_square, range(count), jobs, threads=threads))
    assert found == [number * number for number in range(count)]


@pytest.mark.parametrize("threads", [False, True])
def test_few_items_are_under_way(threads: bool) -> None:
    asked = 0

    def items() -> Iterator[int]:
        nonlocal asked
        while asked < 12:
            asked += 1
            yield asked

    for got, _ in enumerate(ordered_map(_square, items(), 2, threads=threads), 1):
        assert asked <= got + 2 * 2 + 1


@pytest.mark.parametrize("threads", [False, True])
def test_an_error_arrives_here(threads: bool) -> None:
    with pytest.raises(ValueError, match="unlucky"):
        list(ordered_map(_square, range(20), 2, threads=threads))
