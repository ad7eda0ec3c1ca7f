"""The entry point: everything that a command raises becomes words and an exit status here.

0 nothing to do or done, 1 findings, 2 usage, configuration or input error, 130 interrupted,
141 closed pipe. click's own runner would give 1 for several of these.
"""

from __future__ import annotations

import ctypes
import errno
import gc
import io
import os
import select
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from dedupe.cli.commands import cli
from dedupe.cli.index import index
from dedupe.cli.logs import diff, restore, verify
from dedupe.errors import DedupeError, system_reason
from dedupe.interrupts import on_ending
from dedupe.report.terminal import printable

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

for command in (index, diff, restore, verify):
    cli.add_command(command)

#: What goes wrong when a stream is written that has no name.
_WRITING = (errno.EBADF, errno.EIO, errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
#: New objects between two looks for cycles; Python's default of some hundred costs a twentieth of a run.
_GC_THRESHOLD = 100_000
#: Of <malloc.h>, and what is a large array.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_LARGE_BYTES = 8 << 20


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line on *argv* (default: that of the process); return the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        with cli.make_context("dedupe", arguments) as context:
            status = cli.invoke(context) or 0
        sys.stdout.flush()
        return int(status)
    except click.exceptions.Exit as leave:  # --help, --version
        return leave.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except DedupeError as error:
        click.echo(f"dedupe: {printable(str(error))}", err=True)
        return 2
    except MemoryError:
        click.echo("dedupe: memory: the system gives no more of it; use fewer --jobs, or do it in parts", err=True)
        return 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("dedupe: interrupted", err=True)
        return 130
    except BrokenPipeError:
        return 141
    except OSError as error:
        if error.filename is not None:  # what else fails at a name, as disks do that are about to die
            place = printable(os.fsdecode(error.filename)) if isinstance(error.filename, (str, bytes)) else "a file"
            click.echo(f"dedupe: {place}: {system_reason(error)}; look at the disk, and its permissions", err=True)
            return 2
        if error.errno == errno.ENOENT:  # of all that is looked for, only where we are has no name
            click.echo("dedupe: working folder: it was removed; change to one that is there", err=True)
            return 2
        if error.errno not in _WRITING:
            raise
        click.echo(f"dedupe: standard output: {system_reason(error)}; send it somewhere else", err=True)
        return 2


def run() -> None:
    """The ``dedupe`` command."""
    _open_closed_streams()
    _make_patient()
    # NumPy's library for matrices, of which there are none here, starts a thread for every core when it is loaded.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # A run makes a million small objects that live for a moment, and hardly a cycle among them.
    gc.set_threshold(_GC_THRESHOLD)
    _give_memory_back()
    on_ending(_interrupt)
    status = main()
    try:
        sys.stdout.flush()
    except OSError:
        # Whoever read our output has gone, or it has no room; nothing more may be written to it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.exit(status)


def _open_closed_streams() -> None:
    """Let reading or writing fail where whoever started us had closed a stream; what is said on such an error is lost.

    Else the next file that is opened would get its number.
    """
    # for as long as the process lives, whoever lets go of these objects
    sys.stdin = sys.stdin or open(os.open(os.devnull, os.O_WRONLY), closefd=False)  # noqa: SIM115
    sys.stdout = sys.stdout or open(os.open(os.devnull, os.O_RDONLY), "w", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.open(os.devnull, os.O_WRONLY), "w", closefd=False)  # noqa: SIM115


def _make_patient() -> None:
    """Put streams into the place of those of the process that write all and read all.

    Those that Python makes lose what does not fit at once into a pipe or on a disk where they are unbuffered
    (PYTHONUNBUFFERED), and take a pipe that is not to be waited for to be at its end.
    """
    sys.stdin = io.TextIOWrapper(io.BufferedReader(_Patient(sys.stdin.fileno(), "r", closefd=False)), "utf-8")
    out, err = sys.stdout, sys.stderr
    # reports are read by people, whatever their terminal can show
    sys.stdout = io.TextIOWrapper(
        io.BufferedWriter(_Patient(out.fileno(), "w", closefd=False)), out.encoding, "backslashreplace", "\n"
    )
    sys.stderr = io.TextIOWrapper(
        io.BufferedWriter(_Unheard(err.fileno(), "w", closefd=False)), err.encoding, "backslashreplace", "\n", True
    )


class _Patient(io.FileIO):
    """A stream that waits until something goes through, also where it was opened not to be waited for."""

    def write(self, data: ReadableBuffer, /) -> int:
        written: int | None
        while (written := super().write(data)) is None:
            select.select([], [self], [])
        return written

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        count: int | None
        while (count := super().readinto(buffer)) is None:
            select.select([self], [], [])
        return count


class _Unheard(_Patient):
    """A stream of what is said beside the work, which goes on whether or not anybody hears that."""

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data)
        except OSError:
            return memoryview(data).nbytes


def _interrupt(*_: Any) -> None:
    """Whoever ends a run by a signal wants no more left of it than one who interrupts it by hand."""
    raise KeyboardInterrupt


def _give_memory_back() -> None:
    """Let the C library give large arrays back to the system when they are freed, where it is glibc.

    Left to itself it does so with ever larger ones only, and at last keeps all below 32 MB, in pieces.
    """
    try:
        set_option = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library, or Windows
        return
    for option in (_M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD):
        set_option(option, _LARGE_BYTES)
