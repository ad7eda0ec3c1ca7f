"""What git knows of a corpus: the texts that a commit holds, and what they were before it.

Everything comes from the index or from commits, never from the work tree, so that a file of which only a part
is staged is judged as it will be committed. Paths are those seen from the top of the work tree.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from dedupe.errors import ConfigError, ReadError

#: How the entry of a regular file begins; the others are links and submodules.
_REGULAR = "100"
#: Variables with paths that git takes from the folder it runs in.
_PLACES = ("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR")


class Texts(NamedTuple):
    """The texts of one state of a repository, and what is new in them.

    ``blobs`` gives the blob of each file. ``changed`` has the files that are not what they were
    before, each with the blobs that it comes from: none for a new file, several after a merge.
    """

    blobs: dict[str, str]
    changed: dict[str, list[str]]


class Repository:
    """The repository that the working folder belongs to. ``top`` is its work tree, ``common`` its git directory."""

    def __init__(self, top: Path, common: Path) -> None:
        self.top = top
        self.common = common

    @classmethod
    def find(cls) -> Repository:
        """Return the repository around the working folder.

        Raises:
            ConfigError: there is none, or no git.
        """
        try:
            return cls(_place("--show-toplevel"), git_directory())
        except ReadError as error:
            problem = f"the working folder is in no work tree of git: {error.problem}"
            raise ConfigError("git", problem, "run it in a clone of the corpus") from error

    def staged(self) -> Texts:
        """Return what the next commit would hold, and what it changes."""
        blobs = {}
        for entry in self._records("ls-files", "-s", "-z"):
            mode, blob, stage, path = *entry.partition("\t")[0].split(" "), entry.partition("\t")[2]
            if mode.startswith(_REGULAR) and stage == "0":
                blobs[path] = blob
        parents = self._parents() or [self._git("hash-object", "-t", "tree", "--stdin").decode().strip()]
        return Texts(blobs, self._changed(blobs, [("diff-index", "--cached", parent) for parent in parents]))

    def between(self, old: str, new: str) -> Texts:
        """Return what the commit *new* holds, and what has changed since it parted from *old*.

        Raises:
            ReadError: there is no such commit here.
        """
        old, new = self._object(old), self._object(new)
        blobs = {}
        for entry in self._records("ls-tree", "-r", "-z", "--full-tree", new):
            about, _, path = entry.partition("\t")
            mode, _, blob = about.split(" ")
            if mode.startswith(_REGULAR):
                blobs[path] = blob
        try:
            base = self._git("merge-base", old, new).decode().strip()
        except ReadError:  # a shallow clone may not reach back so far
            base = old
        return Texts(blobs, self._changed(blobs, [("diff-tree", "-r", base, new)]))

    def read(self, blobs: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Yield each of *blobs* with its bytes, in order.

        Raises:
            ReadError: one is missing from the repository, or damaged.
        """
        wanted = list(blobs)
        with tempfile.TemporaryFile() as asked:
            asked.write("".join(f"{blob}\n" for blob in wanted).encode())
            asked.seek(0)
            with subprocess.Popen(
                ["git", "cat-file", "--batch"], cwd=self.top, env=_environment(), stdin=asked, stdout=subprocess.PIPE
            ) as git:
                assert git.stdout is not None
                for blob in wanted:
                    _, kind, *size = git.stdout.readline().decode().split() or ("", "")
                    if kind == "missing":
                        raise ReadError(blob, "is missing from the repository", "fetch it, or mend the clone")
                    data = git.stdout.read(int(size[0])) if size else b""
                    if not size or len(data) < int(size[0]):
                        raise ReadError(blob, "is damaged in the repository", "fetch it again; `git fsck` says more")
                    yield blob, data
                    git.stdout.read(1)

    def _object(self, revision: str) -> str:
        """Return the object that a revision names: of what begins with a dash, git would make an option."""
        try:
            if revision.startswith("-"):
                raise ReadError(revision, "is an option", "name a revision")
            return self._git("rev-parse", "--verify", "--quiet", f"{revision}^{{object}}").decode().strip()
        except ReadError as error:
            raise ReadError(revision, "git knows no such revision here", "look at its name, or fetch it") from error

    def _parents(self) -> list[str]:
        """Return the commits that the next one will follow: HEAD, and what is being merged."""
        try:
            parents = [self._git("rev-parse", "--verify", "--quiet", "HEAD^{commit}").decode().strip()]
        except ReadError:  # nothing was committed yet
            return []
        merging = Path(os.fsdecode(self._git("rev-parse", "--git-path", "MERGE_HEAD").rstrip(b"\n")))
        merging = self.top / merging
        return parents + (merging.read_text("ascii").split() if merging.exists() else [])

    def _changed(self, blobs: dict[str, str], commands: Sequence[tuple[str, ...]]) -> dict[str, list[str]]:
        """Return the files that differ from all of the states that *commands* compare with."""
        changed: dict[str, list[str]] = {path: [] for path in blobs}
        for command, *states in commands:
            before: dict[str, list[str]] = {}
            records = self._records(command, "-M", "-z", "--raw", "--no-abbrev", *states)
            for about in records:
                _, _, old, _, status = about.split(" ")
                path = next(records)
                if status[0] in "RC":
                    path = next(records)
                before[path] = [] if status[0] == "A" else [old]
            changed = {path: old + before[path] for path, old in changed.items() if path in before}
        return changed

    def _records(self, *argv: str) -> Iterator[str]:
        return (os.fsdecode(record) for record in self._git(*argv).split(b"\0")[:-1])

    def _git(self, *argv: str) -> bytes:
        return _git(self.top, *argv)


def git_directory() -> Path:
    """Return the git directory of the repository around the working folder; all its work trees share it.

    Raises:
        ReadError: there is none.
        ConfigError: there is no git.
    """
    return _place("--git-common-dir")


def _place(option: str) -> Path:
    return Path(os.fsdecode(_git(None, "rev-parse", "--path-format=absolute", option).removesuffix(b"\n")))


def _environment() -> dict[str, str]:
    """Return the environment for git in another folder: what it takes from the one that it runs in is spelled out."""
    return {name: os.path.abspath(value) if value and name in _PLACES else value for name, value in os.environ.items()}


def _git(folder: Path | None, *argv: str) -> bytes:
    """Return what a git command prints.

    Raises:
        ReadError: it failed; the message is how that of git begins.
    """
    try:
        done = subprocess.run(
            ["git", *argv],
            cwd=folder,
            env=_environment() if folder else None,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except FileNotFoundError as error:
        raise ConfigError("git", "is not installed", "install it") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        raise ReadError(
            f"git {argv[0]}", said or f"failed with status {done.returncode}", "see what git says about this repository"
        )
    return done.stdout
