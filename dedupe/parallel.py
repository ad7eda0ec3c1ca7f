"""Batches over processes or threads, results in the order of the batches: the number of jobs never shows."""

from __future__ import annotations

import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, TypeVar

from dedupe.interrupts import undisturbed

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

T = TypeVar("T")
R = TypeVar("R")


def ordered_map(function: Callable[[T], R], items: Iterable[T], jobs: int, *, threads: bool = False) -> Iterator[R]:
    """Yield ``function(item)`` for every item, in order, computed by *jobs* processes, or as many as there are items.

    At most two items a process are under way, so memory does not grow with the input.
    With one job, or one item, everything happens in this process. *function* and the items
    must be picklable; *function* goes to each process once. With *threads* there are threads
    instead, which is better where most of the work is the kernel's: it lets others run.

    Raises:
        MemoryError: one of the processes was ended from outside, as systems do that run out of memory.
    """
    items = iter(items)
    first = list(islice(items, jobs if jobs > 1 else 0))
    items, jobs = chain(first, items), len(first)
    if jobs < 2:
        yield from map(function, items)
        return
    from concurrent.futures import BrokenExecutor

    pending: deque[Future[R]] = deque()
    with _executor(function, jobs, threads=threads) as pool:
        work: Callable[[T], R] = function if threads else _in_worker
        try:
            for item in items:
                with undisturbed():  # what is raised while a process is made, in a hook of the fork, Python drops
                    pending.append(pool.submit(work, item))
                if len(pending) > 2 * jobs:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        except BrokenExecutor as error:
            raise MemoryError("a process was ended from outside") from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _executor(function: Callable[[Any], Any], jobs: int, *, threads: bool) -> Executor:
    from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

    if threads:
        return ThreadPoolExecutor(jobs)
    return ProcessPoolExecutor(jobs, initializer=_start_worker, initargs=(function,))


#: What a worker process does, told to it once: sent with every batch, its tables would cost more than the work.
_work: list[Callable[[Any], Any]] = []


def _start_worker(function: Callable[[Any], Any]) -> None:
    for name in ("SIGINT", "SIGHUP"):  # what a terminal sends to all of them is the parent's business
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _work[:] = [function]


def _end_with_parent() -> None:
    """End this process when the one that started it is gone: killed, it could not say so."""
    from multiprocessing import parent_process
    from multiprocessing.connection import wait

    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        signal.raise_signal(signal.SIGTERM)  # as a worker is ended that is needed no more


def _in_worker(item: Any) -> Any:
    return _work[0](item)
