"""What is on disk of the product itself: whose its files are, whether they are as installed, what cannot be read."""

import asyncio
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import md5
from pathlib import Path
from typing import TypeVar

from tarsd import config
from tarsd.errors import ConfigInvalid, GenerationDamaged, HostSilent
from tarsd.host.blocking import Asker
from tarsd.host.env_files import named_in
from tarsd.host.generations import Generations
from tarsd.host.own_jobs import OwnJobs
from tarsd.host.systemd import Properties
from tarsd.paths import Paths

T = TypeVar("T")

DEADLINE = 8.0
"""Seconds for one look at the disk; it takes milliseconds unless that hangs."""

HIDDEN = ("/home/", "/root/", "/run/user/", "/tmp/", "/var/tmp/")  # noqa: S108  names only
"""Where the daemon sees nothing, or its own (ProtectHome, PrivateTmp)."""

_TO_SEE: Properties = {
    "ProtectHome": ("s", "read-only"),
    "PrivateTmp": ("b", False),
    "CapabilityBoundingSet": (
        "t",
        1 << 2,
    ),  # CAP_DAC_READ_SEARCH: a home directory lets nobody else in
}

DPKG = Path("/var/lib/dpkg/info")


@dataclass(frozen=True)
class Rights:
    """Of one file or directory. `link`: it is a symbolic link, and the rest is that of the link."""

    path: str
    directory: bool
    mode: int
    uid: int
    gid: int
    link: bool = False


@dataclass(frozen=True)
class Integrity:
    """Of the package's files: how many there are, and those that are gone or are not what was installed."""

    files: int
    missing: Sequence[str]
    changed: Sequence[str]


class OwnFiles:
    """Looks off the loop, one look at a time. All of it raises HostSilent; what else is said there."""

    def __init__(self, dpkg: Path = DPKG, root: Path = Path("/")) -> None:
        self._asker = Asker("own-files")
        self._dpkg = dpkg
        self._root = root

    async def secrets(self, paths: Paths) -> Sequence[Rights]:
        """The secrets directory, then what is in it; nothing before the first install."""
        return await self._ask(lambda: list(_tree(paths.secrets)), "look at the secrets")

    async def env_files(self, paths: Paths, jobs: OwnJobs) -> Sequence[Rights]:
        """Those in /etc/tars-home, and those that the owner's override names, where they are. Raises JobFailed: only a job
        sees home directories, and there is one only where such a file is named.
        """
        named = await self._ask(lambda: named_env_files(paths), "read the override")
        hidden = [str(it) for it in named if str(it).startswith(HIDDEN)]
        open_ones = [it for it in named if str(it) not in hidden]
        seen = await self._ask(lambda: list(_env(paths, open_ones)), "look for env files")
        if not hidden:
            return seen
        rows = await jobs.ask("file-rights", hidden, deadline=DEADLINE, rights=_TO_SEE)
        return [*seen, *(Rights(directory=False, **row) for row in rows)]

    async def settings(self, paths: Paths) -> ConfigInvalid | None:
        """Why the files of settings are not valid."""

        def look() -> ConfigInvalid | None:
            try:
                config.load(paths)
            except ConfigInvalid as error:
                return error
            return None

        return await self._ask(look, "read the settings")

    async def generation(self, paths: Paths) -> int | None:
        """The number of the current one, once it was read whole; None before an install. Raises GenerationDamaged."""

        def look() -> int | None:
            found = Generations(paths.generations).current()
            return None if found is None else found.number

        return await self._ask(look, "read the current generation")

    async def integrity(self, package: str) -> Integrity | None:
        """None where it was not installed by dpkg.

        What was touched after the installation is read, the rest is taken on trust: reading all of it takes the processor
        a fifth of a second.
        """
        return await self._ask(lambda: self._integrity(package), "look at the package's files")

    def _integrity(self, package: str) -> Integrity | None:
        sums = self._dpkg / f"{package}.md5sums"
        try:
            lines = sums.read_text(encoding="utf-8").splitlines()
            installed = (self._dpkg / f"{package}.list").stat().st_mtime
        except FileNotFoundError:
            return None
        missing: list[str] = []
        changed: list[str] = []
        for line in lines:
            digest, _, name = line.partition("  ")
            path = self._root / name
            try:
                found = path.lstat()
                if found.st_ctime > installed and _digest(path) != digest:
                    changed.append(f"/{name}")
            except FileNotFoundError:
                missing.append(f"/{name}")
        return Integrity(len(lines), missing, changed)

    async def _ask(self, look: Callable[[], T], what: str) -> T:
        try:
            return await self._asker.ask(look, DEADLINE)
        except asyncio.TimeoutError as error:
            raise HostSilent(f"cannot {what}: the disk does not answer") from error
        except GenerationDamaged:
            raise
        except OSError as error:
            raise HostSilent(f"cannot {what}: {error}") from error


def named_env_files(paths: Paths) -> Sequence[Path]:
    """The env files that the owner's override names. It reads that; raises OSError."""
    try:
        text = paths.override.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return []
    return named_in(text, paths.etc)


def _tree(directory: Path) -> Iterator[Rights]:
    """It and what is in it; what cannot be entered has nothing in it."""
    try:
        yield _rights(directory)
    except FileNotFoundError:
        return
    try:
        found = sorted(os.scandir(directory), key=lambda it: it.name)
    except (PermissionError, NotADirectoryError):
        return
    for entry in found:
        path = Path(entry.path)
        try:
            if entry.is_dir(follow_symlinks=False):
                yield from _tree(path)
            elif not entry.name.startswith("."):  # one that is just being written
                yield _rights(path)
        except FileNotFoundError:
            continue


def _env(paths: Paths, named: Sequence[Path]) -> Iterator[Rights]:
    own = [it for it in sorted(paths.etc.rglob("*")) if it.name.endswith(".env")]
    for path in dict.fromkeys([*own, *named]):
        try:
            if path.is_file():
                yield _rights(path)
        except (FileNotFoundError, PermissionError):
            continue


def _rights(path: Path) -> Rights:
    it = path.lstat()
    return Rights(
        str(path),
        stat.S_ISDIR(it.st_mode),
        stat.S_IMODE(it.st_mode),
        it.st_uid,
        it.st_gid,
        stat.S_ISLNK(it.st_mode),
    )


def _digest(path: Path) -> str:
    if path.is_symlink():
        return ""
    return md5(path.read_bytes(), usedforsecurity=False).hexdigest()
