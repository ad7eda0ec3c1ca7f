"""The right to write to an index on a server: one process has it, for as long as it lives.

A server does not notice at once that who holds a lock is gone. So the lock is a lease: it ends by itself after a
minute, and its holder renews it. A writer of this machine that was killed is known by its process. Who slept too long
to renew has lost it, and is told so before anything of its batch counts.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from dedupe.cleaning.exchange import this_machine
from dedupe.errors import WriteError

#: Seconds after which a lease ends that nobody renews.
SECONDS = 60.0


class Lease:
    """A lease under *key* on a Redis server; *place* is what messages call the index."""

    def __init__(self, client: Any, key: str, place: str) -> None:
        self.key = key
        self._client = client
        self._place = place
        self._holder = f"{socket.gethostname()}:{os.getpid()}:{this_machine()}-{secrets.token_hex(8)}".encode()

    def take(self) -> None:
        """Begin to hold the lease.

        Raises:
            WriteError: another process has it.
        """

        def exchange(pipe: Any) -> None:
            other = pipe.get(self.key)
            if other is not None and not _is_dead(other):
                host, pid, _ = other.decode("utf-8", "replace").rsplit(":", 2)
                problem = f"another process ({pid} on {host}) is writing to the index"
                advice = f"try again when it is done, or after {SECONDS:.0f} seconds if it was killed"
                raise WriteError(self._place, problem, advice)
            pipe.multi()
            pipe.set(self.key, self._holder, px=int(1000 * SECONDS))

        self._client.transaction(exchange, self.key)

    def check(self, pipe: Any) -> None:
        """Raise if the lease was lost; *pipe* is that of a transaction which watches its key.

        Raises:
            WriteError: another process may have written meanwhile.
        """
        if pipe.get(self.key) != self._holder:
            problem = "this process did not answer for too long, and another one may have written to the index"
            raise WriteError(self._place, problem, "run it again")

    @contextmanager
    def renewed(self) -> Iterator[None]:
        """Hold the lease for as long as the block takes, and give it back."""
        done = threading.Event()
        thread = threading.Thread(target=self._renew, args=(done,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
            self._if_held(lambda pipe: pipe.delete(self.key))

    def _renew(self, done: threading.Event) -> None:
        while not done.wait(SECONDS / 4):
            self._if_held(lambda pipe: pipe.pexpire(self.key, int(1000 * SECONDS)))

    def _if_held(self, action: Callable[[Any], Any]) -> None:
        import redis

        def exchange(pipe: Any) -> None:
            is_held = pipe.get(self.key) == self._holder
            pipe.multi()
            if is_held:
                action(pipe)

        with suppress(redis.RedisError):  # the lease ends by itself, and who writes then is told
            self._client.transaction(exchange, self.key)


def _is_dead(holder: bytes) -> bool:
    """Whether a holder was a process of this machine that has ended, and not one of a container of the same name."""
    host, pid, token = holder.decode("utf-8", "replace").rsplit(":", 2)
    if host != socket.gethostname() or not token.startswith(f"{this_machine()}-"):
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:  # it is somebody else's
        pass
    return False
