"""Fixtures and helpers that all tests share.

``run`` calls the command line as a user does, in a process of its own; ``cli`` calls
``dedupe.cli.main.main`` in this process, which is a hundred times faster and is meant for
property tests. Both return the same three things.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

import pytest
from hypothesis import HealthCheck, settings

import dedupe

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "samples"
CASES = ROOT / "tests" / "cases"
PACKAGE_ROOT = Path(dedupe.__file__).resolve().parent.parent
DATA = Path(os.environ.get("DEDUPE_TEST_DATA") or ROOT / ".." / "shared" / "data")
REAL = Path(os.environ.get("DEDUPE_TEST_REAL") or ROOT / ".." / "shared" / "real")

_quiet = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
settings.register_profile("ci", max_examples=40, deadline=None, suppress_health_check=_quiet)
settings.register_profile("quick", max_examples=10, deadline=None, suppress_health_check=_quiet)
settings.register_profile("thorough", max_examples=1000, deadline=None, suppress_health_check=_quiet)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_report_header() -> list[str]:
    """Say what is being tested: the version, and which kernel runs."""
    lines = [f"dedupe {dedupe.__version__} in {PACKAGE_ROOT}"]
    try:
        from dedupe import kernels

        lines.append(f"kernel: {kernels.name()}")
    except (ImportError, AttributeError):
        lines.append("kernel: does not say its name")
    return lines


class Completed(NamedTuple):
    """What a command left behind: exit status and the two streams, as bytes."""

    code: int
    stdout: bytes
    stderr: bytes

    @property
    def out(self) -> str:
        return self.stdout.decode("utf-8")

    @property
    def err(self) -> str:
        return self.stderr.decode("utf-8", "backslashreplace")


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment for a child: this package first on its path, nothing that colours or quiets."""
    env = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR", "CI", "PRE_COMMIT")}
    env["PYTHONSAFEPATH"] = "1"
    env["PYTHONPATH"] = os.pathsep.join(filter(None, [str(PACKAGE_ROOT), os.environ.get("PYTHONPATH", "")]))
    env.update(extra or {})
    return env


def run_cli(
    *argv: Any,
    input: bytes = b"",
    stdin: IO[bytes] | None = None,
    cwd: Path | str | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = 300,
) -> Completed:
    """Run ``python -m dedupe ARGV`` and return its exit status, standard output and standard error."""
    done = subprocess.run(
        [sys.executable, "-m", "dedupe", *map(str, argv)],
        input=None if stdin else input,
        stdin=stdin,
        capture_output=True,
        cwd=cwd,
        env=environment(env),
        timeout=timeout,
        check=False,
    )
    return Completed(done.returncode, done.stdout, done.stderr)


def call_cli(*argv: Any, input: bytes = b"") -> Completed:
    """Call the command line inside this process; standard streams are replaced for the time of the call."""
    from dedupe.cli.main import main

    streams = sys.stdin, sys.stdout, sys.stderr
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    out, err = io.BytesIO(), io.BytesIO()
    sys.stdin = io.TextIOWrapper(io.BytesIO(input), encoding="utf-8")
    sys.stdout = io.TextIOWrapper(out, encoding="utf-8", write_through=True)
    sys.stderr = io.TextIOWrapper(err, encoding="utf-8", errors="backslashreplace", write_through=True)
    try:
        code = main([str(item) for item in argv])
    except SystemExit as left:  # a usage error may leave this way
        code = left.code if isinstance(left.code, int) else 1
    finally:
        for stream in (sys.stdout, sys.stderr):
            if not stream.closed:
                stream.flush()
        kept = out.getvalue(), err.getvalue()
        sys.stdin, sys.stdout, sys.stderr = streams
        for number, handler in handlers.items():
            if handler is not None:
                signal.signal(number, handler)
    return Completed(int(code or 0), *kept)


def read_log(path: Path | str) -> list[dict[str, Any]]:
    """Return the records of a diff log."""
    return [json.loads(line) for line in Path(path).read_bytes().splitlines()]


def tree(folder: Path | str) -> dict[str, bytes]:
    """Return every file below *folder*, its content by its relative path, hidden ones too."""
    base = Path(folder)
    return {str(p.relative_to(base)): p.read_bytes() for p in sorted(base.rglob("*")) if p.is_file()}


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@contextmanager
def nothing_left_behind(folder: Path) -> Iterator[None]:
    """Check that the block leaves every file and folder below *folder* as it was, temporary files included."""

    def listing() -> dict[str, bytes | None]:
        return {str(p.relative_to(folder)): p.read_bytes() if p.is_file() else None for p in folder.rglob("*")}

    before = listing()
    yield
    assert listing() == before


@pytest.fixture(scope="session")
def run() -> Callable[..., Completed]:
    """Call the command line in a process of its own."""
    return run_cli


@pytest.fixture(scope="session")
def cli() -> Callable[..., Completed]:
    """Call the command line inside this process."""
    return call_cli


@pytest.fixture(scope="session")
def samples() -> Path:
    return SAMPLES


@pytest.fixture(scope="session")
def cases() -> Path:
    return CASES


@pytest.fixture(scope="session")
def real_pages() -> Path:
    """Two real scraped pages; not part of the project."""
    if not (REAL / "blog-post.txt").is_file():
        pytest.skip(f"no real pages in {REAL}; set DEDUPE_TEST_REAL")
    return REAL


@pytest.fixture(scope="session")
def data() -> Path:
    """Corpora to measure with; not part of the project."""
    if not (DATA / "planted.jsonl.xz").is_file():
        pytest.skip(f"no test data in {DATA}; set DEDUPE_TEST_DATA")
    return DATA
