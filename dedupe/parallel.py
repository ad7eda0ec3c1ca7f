"""Batches over processes or threads, results in the order of the batches: the number of jobs never shows."""

from __future__ import annotations

import mmap
import pickle
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from itertools import chain, cycle, islice
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from dedupe.interrupts import undisturbed

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

T = TypeVar("T")
R = TypeVar("R")

#: Bytes of the place in which an item, and then what comes of it, lies for another process; few take as many.
_PLACE_BYTES = 1 << 22


def ordered_map(function: Callable[[T], R], items: Iterable[T], jobs: int, *, threads: bool = False) -> Iterator[R]:
    """Yield ``function(item)`` for every item, in order, computed by *jobs* processes, or as many as there are items.

    At most two items a process are under way, so memory does not grow with the input.
    With one job, or one item, everything happens in this process, and so it does in one that Python lets start no
    others: a worker of a ``multiprocessing.Pool``. *function* and the items
    must be picklable; *function* goes to each process once. With *threads* there are threads
    instead, which is better where most of the work is the kernel's: it lets others run.

    Raises:
        MemoryError: one of the processes was ended from outside, as systems do that run out of memory, or the system
            gives no more processes or threads.
    """
    items = iter(items)
    first = list(islice(items, jobs if jobs > 1 else 0))
    items, jobs = chain(first, items), len(first)
    if jobs < 2 or (not threads and _is_daemon()):
        yield from map(function, items)
        return
    from concurrent.futures import BrokenExecutor

    most = 2 * jobs
    room = _Room(most + 1 if not threads and _can_fork() else 0)
    work = partial(_handled, function, room)
    pending: deque[Future[Any]] = deque()
    with _executor(work, jobs, threads=threads) as pool:
        asked = work if threads else _in_worker
        try:
            for at, item in zip(cycle(range(most + 1)), items):
                sent = room.put(at, item)
                with undisturbed():  # what is raised while a process is made, in a hook of the fork, Python drops
                    pending.append(_submitted(pool, asked, at, sent))
                if len(pending) > most:
                    yield room.take(pending.popleft().result())
            while pending:
                yield room.take(pending.popleft().result())
        except BrokenExecutor as error:
            raise MemoryError("a process was ended from outside") from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _is_daemon() -> bool:
    from multiprocessing import current_process

    return current_process().daemon


def _submitted(pool: Executor, work: Callable[[int, Any], Any], at: int, sent: Any) -> Future[Any]:
    try:
        return pool.submit(work, at, sent)
    except (OSError, RuntimeError) as error:  # it says so in one of two ways
        # Of processes that were begun without the others the pool knows nothing, and this one would wait for their end.
        for process in (getattr(pool, "_processes", None) or {}).values():
            process.terminate()
        raise MemoryError("the system gives no more processes or threads, or has ended one") from error


def _can_fork() -> bool:
    import multiprocessing

    return multiprocessing.get_context().get_start_method() == "fork"


class _There(NamedTuple):
    """What is handed over in place of something that lies in a :class:`_Room`."""

    at: int
    length: int


class _Room:
    """Memory that this process has in common with those that it forks, in *count* places.

    What goes through a pipe instead is copied twice as often, and its two ends wait for each other every 64 KB.
    """

    def __init__(self, count: int) -> None:
        self._places: list[mmap.mmap] = []
        with suppress(OSError):  # which has no such memory: without places a pipe does it
            self._places = [mmap.mmap(-1, _PLACE_BYTES) for _ in range(count)]

    def put(self, at: int, value: Any) -> Any:
        """Put *value* in a place and return what is to be handed over: itself, if there is no place or it has too much.

        It stays until something else is put there.
        """
        if not self._places:
            return value
        place = self._places[at]
        place.seek(0)
        try:
            pickle.Pickler(place, pickle.HIGHEST_PROTOCOL).dump(value)
        except ValueError:  # as the place says that it is full
            return value
        return _There(at, place.tell())

    def take(self, handed: Any) -> Any:
        """Return what something is that was handed over."""
        if not isinstance(handed, _There):
            return handed
        with memoryview(self._places[handed.at]) as place, place[: handed.length] as data:
            return pickle.loads(data)


def _handled(function: Callable[[Any], Any], room: _Room, at: int, handed: Any) -> Any:
    """Return what ``function(item)`` comes to, for an item that was handed over, to be handed back in its place."""
    return room.put(at, function(room.take(handed)))


def _executor(function: Callable[[int, Any], Any], jobs: int, *, threads: bool) -> Executor:
    from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

    if threads:
        return ThreadPoolExecutor(jobs)
    return ProcessPoolExecutor(jobs, initializer=_start_worker, initargs=(function,))


#: What a worker process does, told to it once: sent with every batch, its tables would cost more than the work.
_work: list[Callable[[int, Any], Any]] = []


def _start_worker(function: Callable[[int, Any], Any]) -> None:
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


def _in_worker(at: int, handed: Any) -> Any:
    return _work[0](at, handed)
