"""The hooks, run by the real pre-commit in a fresh git repository.

pre-commit installs a hook from a git repository, so the working tree is copied into one. The first run builds
an environment with pip, which needs the package index that pip is configured for.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ROOT, SAMPLES

POST = (SAMPLES / "pages" / "blog-post.txt").read_bytes()
POEM = (SAMPLES / "pages" / "poem.txt").read_bytes()
THREAD = (SAMPLES / "pages" / "forum-thread.txt").read_bytes()

_NO_GIT = shutil.which("git") is None
_NO_PRE_COMMIT = subprocess.run(
    [sys.executable, "-c", "import pre_commit"], capture_output=True, check=False
).returncode != 0  # fmt: skip

pytestmark = [
    pytest.mark.skipif(_NO_GIT, reason="git is not installed"),
    pytest.mark.skipif(_NO_PRE_COMMIT, reason="pre-commit is not installed"),
    pytest.mark.skipif(not (ROOT / ".pre-commit-hooks.yaml").is_file(), reason="not run from a checkout"),
]


def git(folder: Path, *argv: str) -> str:
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "init.defaultBranch=main")
    quiet = ("-c", "core.autocrlf=false", "-c", "commit.gpgsign=false", "-c", "core.hooksPath=/dev/null")
    done = subprocess.run(
        ["git", *identity, *quiet, *argv], cwd=folder, env=_environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _environment(cache: Path | None = None) -> dict[str, str]:
    """Only what pip and git need; nothing of the tests' own environment must make the hook work."""
    left_out = ("PYTHONPATH", "PYTHONSAFEPATH", "VIRTUAL_ENV", "PRE_COMMIT")
    env = {k: v for k, v in os.environ.items() if k not in left_out and not k.startswith("GIT_")}
    if cache:
        env["PRE_COMMIT_HOME"] = str(cache)
    return env


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The working tree as a git repository with one commit."""
    folder = tmp_path_factory.mktemp("source") / "dedupe"
    folder.mkdir()
    for name in ("pyproject.toml", "CMakeLists.txt", "README.md", "LICENSE", ".pre-commit-hooks.yaml"):
        if (ROOT / name).exists():
            shutil.copy2(ROOT / name, folder / name)
    shutil.copytree(ROOT / "dedupe", folder / "dedupe", ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "hooks under test")
    return folder


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pre-commit-home")


Hook = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def hook(source: Path, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Hook:
    """Run one hook over all files of a repository; the first call installs the tool."""
    revision = git(source, "rev-parse", "HEAD").strip()

    def call(folder: Path, name: str, *argv: str, args: str = "") -> subprocess.CompletedProcess[str]:
        (folder / ".pre-commit-config.yaml").write_text(
            f"repos:\n- repo: {source}\n  rev: {revision}\n  hooks:\n  - id: {name}\n{args}", "utf-8"
        )
        git(folder, "add", ".pre-commit-config.yaml")
        return subprocess.run(
            [sys.executable, "-m", "pre_commit", "run", name, "--color", "never", *(argv or ("--all-files",))],
            cwd=folder,
            env=_environment(cache),
            capture_output=True,
            text=True,
            check=False,
        )

    trial = tmp_path_factory.mktemp("trial")
    git(trial, "init", "-q")
    first = call(trial, "dedupe-check")
    if first.returncode == 3 or "CalledProcessError" in first.stdout + first.stderr:
        said = first.stdout + first.stderr
        offline = ("Could not find a version", "No matching distribution", "Failed to establish", "Temporary failure")
        if any(text in said for text in offline):
            pytest.skip("pre-commit could not install the hook: no package index within reach")
        pytest.fail(f"pre-commit could not install the hook:\n{said[-4000:]}")
    return call


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A corpus kept in git: a good page, two that need cleaning, and a program that is nobody's business."""
    folder = tmp_path / "corpus"
    (folder / "pages with spaces").mkdir(parents=True)
    (folder / "poem.txt").write_bytes(POEM)
    (folder / "post.md").write_bytes(POST)
    (folder / "pages with spaces" / "thread.txt").write_bytes(THREAD)
    (folder / "script.py").write_text('print("Print Friendly, PDF & Email")\n')
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "corpus")
    return folder


def texts(folder: Path) -> dict[str, bytes]:
    listed = git(folder, "ls-files", "-z").split("\0")
    return {name: (folder / name).read_bytes() for name in listed if name and not name.startswith(".pre-commit")}


def test_check_reports_and_changes_nothing(hook: Hook, repository: Path) -> None:
    before = texts(repository)
    done = hook(repository, "dedupe-check")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "post.md" in done.stdout
    assert "thread.txt" in done.stdout
    assert "poem.txt" not in done.stdout
    assert "script.py" not in done.stdout
    assert "Traceback" not in done.stdout
    assert texts(repository) == before
    assert git(repository, "status", "--porcelain", "--untracked-files=all").split() == ["A", ".pre-commit-config.yaml"]


def test_check_passes_on_a_clean_corpus(hook: Hook, repository: Path) -> None:
    git(repository, "rm", "-q", "post.md", "pages with spaces/thread.txt")
    done = hook(repository, "dedupe-check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_fix_rewrites_and_then_passes(hook: Hook, repository: Path) -> None:
    before = texts(repository)
    done = hook(repository, "dedupe-fix")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "files were modified by this hook" in done.stdout
    assert "Traceback" not in done.stdout
    after = texts(repository)
    assert set(after) == set(before)
    assert after["poem.txt"] == before["poem.txt"]
    assert after["script.py"] == before["script.py"]
    assert b"Facebooktwittermail" not in after["post.md"]
    title = THREAD.splitlines()[2]
    assert after["pages with spaces/thread.txt"].count(title) == 1
    untracked = git(repository, "ls-files", "--others", "--exclude-standard").split()
    assert untracked == [], "the hook left files in the work tree"
    again = hook(repository, "dedupe-fix")
    assert again.returncode == 0, again.stdout + again.stderr
    assert texts(repository) == after


def test_fix_compares_files_with_themselves_only(hook: Hook, repository: Path) -> None:
    """pre-commit gives a hook any share of the files in any order: one file must not decide over another."""
    git(repository, "rm", "-q", "post.md", "pages with spaces/thread.txt")
    story = (SAMPLES / "pages" / "ferry-story.txt").read_bytes()
    for name in ("one.txt", "two.txt"):
        (repository / name).write_bytes(story)
    git(repository, "add", "-A")
    for name in ("dedupe-check", "dedupe-fix"):
        done = hook(repository, name)
        assert done.returncode == 0, done.stdout + done.stderr
    assert texts(repository)["one.txt"] == texts(repository)["two.txt"] == story


def test_hook_reads_the_settings_of_the_repository(hook: Hook, repository: Path) -> None:
    git(repository, "rm", "-q", "pages with spaces/thread.txt")
    (repository / "pyproject.toml").write_text("[tool.dedupe]\nboilerplate = false\n")
    git(repository, "add", "-A")
    done = hook(repository, "dedupe-check")
    assert done.returncode == 0, done.stdout + done.stderr
    (repository / "pyproject.toml").write_text("[tool.dedupe]\nboilerplat = false\n")
    git(repository, "add", "-A")
    done = hook(repository, "dedupe-check")
    assert done.returncode == 1
    assert "boilerplate" in done.stdout


def test_fix_touches_staged_files_only(hook: Hook, repository: Path) -> None:
    (repository / "new.txt").write_bytes(POST)
    git(repository, "add", "new.txt")
    hook(repository, "dedupe-fix", "--files", "new.txt")
    assert b"Facebooktwittermail" not in (repository / "new.txt").read_bytes()
    assert (repository / "post.md").read_bytes() == POST


def test_a_file_that_is_no_text_is_named(hook: Hook, repository: Path) -> None:
    (repository / "latin.txt").write_bytes(b"\xff\xfe\xff\x81\x8d not text \x00\n" * 3)
    git(repository, "add", "-A")
    done = hook(repository, "dedupe-check", "--files", "latin.txt", "poem.txt")
    assert "Traceback" not in done.stdout
    assert done.returncode in (0, 1)  # pre-commit itself may leave out what it takes for binary
    if done.returncode:
        assert "latin.txt" in done.stdout
