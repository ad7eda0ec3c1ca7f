"""The progress line: on a terminal, rewritten in place, gone at the end; nothing anywhere else.

It holds stage names and figures only, so that no path or text of a corpus can act on the terminal.
"""

from __future__ import annotations

import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from dedupe.progress import Progress

_INTERVAL = 0.2
#: A new stage is shown at once, unless that would be more than this many lines in a second.
_MOST = 10
#: A rate and a time left that come from less than this many seconds would only jump about.
_SETTLED = 1.0
_CLEAR = "\r\x1b[K"


@contextmanager
def progress_line(quiet: bool) -> Iterator[Progress | None]:
    """Give what shows progress on standard error while the context lasts, or None where nobody would see it."""
    watched = sys.stderr.isatty() and not any(os.environ.get(name) for name in ("CI", "PRE_COMMIT"))
    if quiet or not watched or os.environ.get("TERM") == "dumb":
        yield None
        return
    line = ProgressLine(sys.stderr)
    try:
        yield line
    finally:
        line.clear()


class ProgressLine:
    """One line on *stream*, drawn at most ten times a second, no wider than the terminal.

    >>> import io
    >>> seconds = iter([0.0, 2.0])
    >>> line = ProgressLine(io.StringIO(), clock=lambda: next(seconds))
    >>> line("reading", 10, 1_000_000, 100_000_000)
    >>> line("reading", 210, 21_000_000, 100_000_000)
    >>> line.text
    'reading  21%  210 documents  10.0 MB/s  0:08 left'
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self.text = ""
        self._stream = stream
        self._clock = clock
        self._stage = ""
        self._began = (0.0, 0)
        self._drawn = deque([float("-inf")], maxlen=_MOST)

    def __call__(self, stage: str, documents: int, done: int, total: int) -> None:
        now = self._clock()
        fresh = stage != self._stage or done < self._began[1]
        if fresh:
            self._stage, self._began = stage, (now, done)
        crowded = len(self._drawn) == _MOST and now - self._drawn[0] < 1
        if (fresh or now - self._drawn[-1] >= _INTERVAL) and not crowded:
            self._drawn.append(now)
            self._draw("  ".join([stage, *self._figures(now, documents, done, total)]))

    def clear(self) -> None:
        """Leave no trace of the line."""
        if self.text:
            self._stream.write(_CLEAR)
            self._stream.flush()
            self.text = ""

    def _figures(self, now: float, documents: int, done: int, total: int) -> Iterator[str]:
        if total:
            yield f"{done / total:.0%}"
        yield f"{documents:,} document{'' if documents == 1 else 's'}"
        seconds, read = now - self._began[0], done - self._began[1]
        if total and read and seconds >= _SETTLED:
            yield f"{read / seconds / 1e6:.1f} MB/s"
            yield f"{_duration(seconds * (total - done) / read)} left"

    def _draw(self, text: str) -> None:
        self.text = text[: _columns(self._stream) - 1]  # a full line would wrap on some terminals
        self._stream.write(_CLEAR + self.text)
        self._stream.flush()


def _duration(seconds: float) -> str:
    """Return hours, minutes and seconds, as many as are needed.

    >>> _duration(8.2), _duration(3754)
    ('0:08', '1:02:34')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _columns(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except OSError:  # no terminal behind it
        return 80
