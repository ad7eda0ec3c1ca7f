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
from gitting import (
    BREAD,
    FERRY,
    FERRY_TOO,
    LAMP,
    MILL,
    commit,
    corpus,
    git,
    git_environment,
    new_repository,
    page,
    stage,
    try_git,
    write,
)  # fmt: skip

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


def configuration(source: Path, *names: str) -> str:
    """A ``.pre-commit-config.yaml`` with these hooks."""
    hooks = "".join(f"  - id: {name}\n" for name in names)
    return f"repos:\n- repo: {source}\n  rev: {git(source, 'rev-parse', 'HEAD').strip()}\n  hooks:\n{hooks}"


Hook = Callable[..., subprocess.CompletedProcess[str]]
Commit = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def hook(source: Path, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Hook:
    """Run one hook over all files of a repository; the first call installs the tool."""

    def call(folder: Path, name: str, *argv: str, color: str = "never") -> subprocess.CompletedProcess[str]:
        (folder / ".pre-commit-config.yaml").write_text(configuration(source, name), "utf-8")
        git(folder, "add", ".pre-commit-config.yaml")
        return subprocess.run(
            [sys.executable, "-m", "pre_commit", "run", name, "--color", color, *(argv or ("--all-files",))],
            cwd=folder,
            env=git_environment({"PRE_COMMIT_HOME": str(cache)}),
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


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """A corpus of pages in which nothing repeats."""
    return corpus(tmp_path / "pages")


@pytest.fixture
def commits(hook: Hook, source: Path, cache: Path) -> Commit:
    """Commit what is staged in a repository as a person would, with all hooks installed."""
    env = {"PRE_COMMIT_HOME": str(cache), "PRE_COMMIT_COLOR": "never"}

    def call(folder: Path, *argv: str) -> subprocess.CompletedProcess[str]:
        if not (folder / ".pre-commit-config.yaml").exists():
            settings = configuration(source, "dedupe-fix", "dedupe-check", "dedupe-corpus", "dedupe-verify")
            stage(folder, {".pre-commit-config.yaml": settings.encode()})
        install = [sys.executable, "-m", "pre_commit", "install"]
        subprocess.run(install, cwd=folder, env=git_environment(env), capture_output=True, check=True)
        return try_git(folder, "commit", "-m", "a commit", *argv, env=env)

    return call


def accepted(done: subprocess.CompletedProcess[str]) -> bool:
    """Whether the commit was made; if not, it must be for a finding and nothing else."""
    said = done.stdout + done.stderr
    assert "Traceback" not in said
    assert "dedupe: " not in said, said
    return done.returncode == 0


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


# -- commits, as people make them


def test_a_clean_commit_passes(commits: Commit, pages: Path) -> None:
    stage(pages, {"bread.txt": page("Bread\n", BREAD)})
    assert accepted(commits(pages))
    assert git(pages, "status", "--porcelain") == ""
    assert (pages / ".git" / "dedupe").is_dir(), "the cache is not where it belongs"


def test_a_near_copy_of_a_tracked_paragraph_blocks_the_commit(commits: Commit, pages: Path) -> None:
    stage(pages, {"copy.txt": page("Copy\n", BREAD, FERRY_TOO)})
    before = git(pages, "rev-parse", "HEAD")
    done = commits(pages)
    assert not accepted(done)
    lines = [line for line in done.stderr.splitlines() if "copy.txt" in line]
    assert len(lines) == 1
    assert lines[0].startswith("copy.txt:5: duplicate/near (review): line 5 repeats news/ferry.txt, line 3, 95%")
    assert lines[0].endswith(" (canonical news/ferry.txt:3, similarity 0.9474)")
    assert git(pages, "rev-parse", "HEAD") == before
    stage(pages, {"copy.txt": page("Copy\n", BREAD)})
    assert accepted(commits(pages))


def test_widgets_are_fixed_staged_again_and_accepted(commits: Commit, pages: Path) -> None:
    stage(pages, {"post.md": POST})
    done = commits(pages)
    assert not accepted(done)
    assert "files were modified by this hook" in done.stderr
    assert b"Facebooktwittermail" not in (pages / "post.md").read_bytes()
    git(pages, "add", "post.md")
    assert accepted(commits(pages))


def test_partial_staging(commits: Commit, pages: Path) -> None:
    """What is not staged is not judged, is not lost, and does not help."""
    stage(pages, {"new.txt": page("New\n", BREAD)})
    unstaged = page("New\n", BREAD, FERRY, "Facebooktwittermail\n")
    write(pages, "new.txt", unstaged)
    assert accepted(commits(pages))
    assert (pages / "new.txt").read_bytes() == unstaged
    git(pages, "add", "new.txt")
    write(pages, "new.txt", page("New\n", BREAD))
    done = commits(pages)
    assert not accepted(done)
    assert "new.txt:5: duplicate/exact" in done.stderr
    assert (pages / "new.txt").read_bytes() == page("New\n", BREAD)


def test_a_commit_of_paths_holds_those_paths_only(commits: Commit, pages: Path) -> None:
    """git gives such a commit an index of its own."""
    commit(pages, {"one.txt": page("One\n", BREAD), "two.txt": page("Two\n", "A short line.\n")})
    stage(pages, {"one.txt": page("One\n", BREAD, FERRY)})
    write(pages, "two.txt", page("Two\n", "Another short line.\n"))
    assert accepted(commits(pages, "two.txt"))
    done = commits(pages, "-a")
    assert not accepted(done)
    assert "one.txt:5: duplicate/exact" in done.stderr


def test_renames_and_deletions(commits: Commit, pages: Path) -> None:
    git(pages, "mv", "mill.txt", "the old mill.txt")
    git(pages, "rm", "-q", "news/ferry.txt")
    stage(pages, {"moved.txt": page("Moved\n", FERRY)})
    assert accepted(commits(pages))
    stage(pages, {"again.txt": page("Again\n", BREAD, MILL)})
    done = commits(pages)
    assert not accepted(done)
    assert "(canonical the old mill.txt:3, " in done.stderr


@pytest.mark.parametrize("name", ["two words.txt", 'say "hi", it\'s.txt', "ü/é $HOME `x`.txt"])
def test_file_names(commits: Commit, pages: Path, name: str) -> None:
    stage(pages, {name: page("Name\n", BREAD, FERRY), "other.txt": page("Other\n", POST.decode())})
    done = commits(pages)
    assert not accepted(done)
    assert f"{name}:5: duplicate/exact" in done.stderr
    stage(pages, {name: page("Name\n", BREAD, "Facebooktwittermail\n")})
    git(pages, "rm", "-q", "-f", "other.txt")
    assert not accepted(commits(pages))
    assert b"Facebooktwittermail" not in (pages / name).read_bytes()
    git(pages, "add", "--", name)
    assert accepted(commits(pages))


def test_file_names_that_begin_with_a_dash(commits: Commit, pages: Path) -> None:
    names = ["-q", "--log=stolen.txt", "-page.txt", "--help.txt"]
    stage(
        pages,
        {
            f"{name}.md": page("Name\n", line)
            for name, line in zip(
                names, (BREAD, MILL.replace("spring", "autumn"), POST.decode(), "Birds.\n"), strict=True
            )
        },
    )
    done = commits(pages)
    assert not accepted(done)
    assert "--log=stolen.txt.md:3: duplicate/near" in done.stderr
    assert b"Facebooktwittermail" not in (pages / "-page.txt.md").read_bytes()
    assert git(pages, "ls-files", "--others", "--exclude-standard") == ""
    git(pages, "rm", "-q", "-f", "--", "--log=stolen.txt.md")
    git(pages, "add", "-A")
    assert accepted(commits(pages))


def test_crlf(commits: Commit, pages: Path) -> None:
    stage(pages, {"crlf.txt": page("Page\n", BREAD, FERRY, "Facebooktwittermail\n").replace(b"\n", b"\r\n")})
    done = commits(pages)
    assert not accepted(done)
    assert "crlf.txt:5: duplicate/exact" in done.stderr
    after = (pages / "crlf.txt").read_bytes()
    assert b"Facebooktwittermail" not in after
    assert after.count(b"\r\n") == after.count(b"\n") > 4


def test_a_merge_commit(commits: Commit, pages: Path) -> None:
    git(pages, "checkout", "-q", "-b", "side")
    commit(pages, {"side.txt": page("Side\n", BREAD)})
    git(pages, "checkout", "-q", "main")
    commit(pages, {"main.txt": page("Main\n", BREAD, "And a line of its own.\n")})
    git(pages, "merge", "-q", "--no-commit", "--no-ff", "side")
    assert accepted(commits(pages)), "a merge is blamed for what its sides brought"
    assert len(git(pages, "rev-list", "--parents", "-1", "HEAD").split()) == 3


def test_a_shallow_clone(commits: Commit, pages: Path, tmp_path: Path) -> None:
    commit(pages, {"more.txt": page("More\n", BREAD)})
    git(tmp_path, "clone", "-q", "--depth", "1", pages.as_uri(), "shallow")
    stage(tmp_path / "shallow", {"copy.txt": page("Copy\n", LAMP)})
    done = commits(tmp_path / "shallow")
    assert not accepted(done)
    assert "(canonical news/ferry.txt:5, similarity 1)" in done.stderr


def test_a_submodule(commits: Commit, pages: Path, tmp_path: Path) -> None:
    outer = new_repository(tmp_path / "outer")
    git(outer, "submodule", "--quiet", "add", str(pages), "inner")
    stage(outer, {"own.txt": page("Own\n", FERRY)})
    assert accepted(commits(outer)), "the texts of a submodule are not this repository's"
    stage(outer / "inner", {"copy.txt": page("Copy\n", BREAD, FERRY)})
    done = commits(outer / "inner")
    assert not accepted(done)
    assert "copy.txt:5: duplicate/exact" in done.stderr


def test_an_empty_repository(commits: Commit, tmp_path: Path) -> None:
    empty = new_repository(tmp_path / "empty")
    assert accepted(commits(empty, "--allow-empty"))
    stage(empty, {"a.txt": page("A\n", FERRY), "b.txt": page("B\n", BREAD, FERRY)})
    done = commits(empty)
    assert not accepted(done)
    assert "b.txt:5: duplicate/exact" in done.stderr
    assert "a.txt:" not in done.stderr.replace("canonical a.txt:3", "")


def test_more_files_than_one_command_line_holds(hook: Hook, pages: Path) -> None:
    folder = "a folder with a long name " * 6
    texts = {f"{folder}/{n:04}.txt": page(f"Birds of day {n}\n", f"There were {n * n}.\n") for n in range(1200)}
    texts[f"{folder}/0777.txt"] = page("Page\n", MILL, BREAD, MILL)
    for name, data in texts.items():
        write(pages, name, data)
    git(pages, "add", "-A")
    assert sum(map(len, texts)) > 131_072
    done = hook(pages, "dedupe-check")
    assert done.returncode == 1
    assert [line.split(": ")[1] for line in done.stdout.splitlines() if ".txt:" in line] == ["repeat/exact"]
    done = hook(pages, "dedupe-corpus")
    assert done.returncode == 1
    assert [line.split(": ")[1] for line in done.stdout.splitlines() if ".txt:" in line] == ["duplicate/exact"] * 2
    commit(pages, {})
    assert hook(pages, "dedupe-corpus").returncode == 0


def test_what_a_push_adds(hook: Hook, pages: Path) -> None:
    git(pages, "tag", "before")
    commit(pages, {"copy.txt": page("Copy\n", FERRY)})
    git(pages, "tag", "middle")
    commit(pages, {"bread.txt": page("Bread\n", BREAD)})
    done = hook(pages, "dedupe-corpus", "--from-ref", "before", "--to-ref", "main")
    assert done.returncode == 1
    assert "copy.txt:3: duplicate/exact" in done.stdout
    assert hook(pages, "dedupe-corpus", "--from-ref", "middle", "--to-ref", "main").returncode == 0


# -- what was accepted, and what was cleaned


def test_a_baseline_is_kept_to_and_never_written(commits: Commit, pages: Path) -> None:
    write(pages, "old.txt", page("Old\n", MILL, FERRY_TOO, MILL))
    write(pages, "pyproject.toml", b'[tool.dedupe]\nbaseline = ".dedupe-baseline.jsonl"\n')
    update = [sys.executable, "-m", "dedupe", "baseline", "update"]
    subprocess.run(update, cwd=pages, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True, capture_output=True)
    git(pages, "add", "-A")
    commits(pages)  # dedupe-fix may take out what was accepted; what it leaves is accepted
    before = (pages / ".dedupe-baseline.jsonl").read_bytes()
    git(pages, "add", "-A")
    assert accepted(commits(pages))
    stage(pages, {"new.txt": page("New\n", BREAD, FERRY)})
    assert not accepted(commits(pages))
    assert (pages / ".dedupe-baseline.jsonl").read_bytes() == before


def test_cleaned_texts_are_verified(commits: Commit, pages: Path) -> None:
    clean = [sys.executable, "-m", "dedupe", "clean", str(SAMPLES / "pages"), "-o", "cleaned", "-q"]
    subprocess.run(clean, cwd=pages, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True)
    git(pages, "add", "-A")
    try_git(pages, "commit", "-q", "--no-verify", "-m", "cleaned")
    stage(pages, {"bread.txt": page("Bread\n", BREAD)})
    assert accepted(commits(pages))
    poem = pages / "cleaned" / "poem.txt"
    poem.write_bytes(poem.read_bytes() + b"A line that nobody logged.\n")
    git(pages, "add", "-A")
    done = commits(pages)
    assert not accepted(done)
    assert "cleaned.difflog.jsonl: poem.txt: the output was changed after it was written" in done.stderr


# -- how it looks


def test_output_is_short_and_coloured_as_pre_commit_says(hook: Hook, pages: Path) -> None:
    stage(pages, {"copy.txt": page("Copy\n", BREAD, FERRY_TOO, MILL)})
    plain = hook(pages, "dedupe-corpus").stdout
    assert "\x1b" not in plain
    said = [line for line in plain.splitlines() if line.strip()]
    assert len(said) == 5, plain  # pre-commit's three lines, and one for each finding
    coloured = hook(pages, "dedupe-corpus", color="always").stdout
    assert "\x1b[33mduplicate/near\x1b[0m" in coloured
    assert "\x1b[K" not in coloured, "a progress line was drawn"


def test_the_hooks_are_what_the_documentation_says(source: Path) -> None:
    listed = (source / ".pre-commit-hooks.yaml").read_text("utf-8")
    assert [line.removeprefix("- id: ") for line in listed.splitlines() if line.startswith("- id")] == [
        "dedupe-check", "dedupe-fix", "dedupe-corpus", "dedupe-verify",
    ]  # fmt: skip
