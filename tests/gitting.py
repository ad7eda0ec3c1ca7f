"""Git repositories for tests: a small corpus, and git without anything of the machine's own settings."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

FERRY = "The ferry to the island was late again on Monday, the third time this week, said the harbour office.\n"
FERRY_TOO = FERRY.replace("third", "fourth")
LAMP = "A lamp went out in the north tower, and it was lit again within the hour by the watch of the night.\n"
MILL = "The mill by the river opened again in spring, and the whole village came to see the old wheel turn.\n"
BREAD = "Bread was dearer this year than last, because the long rain had spoiled half of what stood in the fields.\n"


def page(*paragraphs: str) -> bytes:
    """A text of these paragraphs, which end in a line end each."""
    return "\n".join(paragraphs).encode("utf-8")


def git_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Only what git and pip need: nothing of the tests' own environment must make a hook work."""
    left_out = ("PYTHONPATH", "PYTHONSAFEPATH", "VIRTUAL_ENV", "PRE_COMMIT", "NO_COLOR")
    env = {k: v for k, v in os.environ.items() if k not in left_out and not k.startswith(("GIT_", "PRE_COMMIT_"))}
    env.update(GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_NOSYSTEM="1", GIT_EDITOR="true")
    for who in ("AUTHOR", "COMMITTER"):
        env[f"GIT_{who}_NAME"], env[f"GIT_{who}_EMAIL"] = "Test", "test@example.org"
    env.update(extra or {})
    return env


def try_git(folder: Path, *argv: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run git, hooks included."""
    settings = ("-c", "init.defaultBranch=main", "-c", "core.autocrlf=false", "-c", "protocol.file.allow=always")
    return subprocess.run(
        ["git", "--literal-pathspecs", *settings, *argv],
        cwd=folder,
        env=git_environment(env),
        capture_output=True,
        text=True,
        check=False,
    )


def git(folder: Path, *argv: str) -> str:
    """Run git without hooks and return what it prints; it must work."""
    done = try_git(folder, "-c", f"core.hooksPath={os.devnull}", *argv)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def new_repository(folder: Path) -> Path:
    """An empty repository."""
    folder.mkdir(parents=True)
    git(folder, "init", "-q")
    return folder


def write(folder: Path, name: str, data: bytes) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def commit(folder: Path, texts: Mapping[str, bytes], message: str = "texts") -> None:
    """Commit *texts* as they are, without hooks."""
    stage(folder, texts)
    git(folder, "commit", "-q", "--allow-empty", "-m", message)


def stage(folder: Path, texts: Mapping[str, bytes]) -> None:
    for name, data in texts.items():
        write(folder, name, data)
        git(folder, "add", "--", name)


def corpus(folder: Path) -> Path:
    """A repository with two pages in it."""
    new_repository(folder)
    commit(folder, {"news/ferry.txt": page("Harbour\n", FERRY, LAMP), "mill.txt": page("Mill\n", MILL)})
    return folder
