"""The signals that end a run, and steps that they must not cut in two.

What was made in such a step is known to whoever clears it away, or was not made.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

#: Windows has no SIGHUP.
_ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


def on_ending(handler: Any) -> None:
    """Let *handler* be called by the signals that end a run, but for those that are ignored, as under nohup."""
    for number in _ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Put the handling of SIGINT, SIGTERM and SIGHUP off until the context ends; the first that came is handled then.

    Python handles signals in the main thread only, so nothing has to be put off in another one.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[tuple[int, FrameType | None]] = []
    handlers = {number: handler for number in _ENDING if callable(handler := signal.getsignal(number))}
    for number in handlers:
        signal.signal(number, lambda *arrived: came.append(arrived))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for number, frame in came[:1]:
            handlers[number](number, frame)
