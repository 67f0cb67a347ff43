"""Hands for files: each act is a job with the rights of one directory, and is on record before it is done."""

import asyncio
import os
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any, TypeVar

from tarsd.errors import HostSilent, JobFailed
from tarsd.host.blocking import Asker
from tarsd.host.edits.allowed import Allowed
from tarsd.host.edits.runs import Run
from tarsd.host.own_jobs import OwnJobs
from tarsd.host.systemd import Properties

T = TypeVar("T")

DEADLINE = 20.0
"""Seconds for one act; a slow disk takes one or two for its syncs."""

LARGEST = 60_000
"""Bytes of a text: it goes to the job through a pipe, which takes 64 KiB."""

_CHOWN, _DAC_OVERRIDE, _FOWNER = 1 << 0, 1 << 1, 1 << 3


class FileEdits:
    """See catalogue.hands.FileHands. `run` gives the directory of the run that the acts belong to; it blocks."""

    def __init__(self, jobs: OwnJobs, allowed: Allowed, run: Callable[[], Run]) -> None:
        self._jobs = jobs
        self._allowed = allowed
        self._run = run
        self._asker = Asker("doctor-run")

    async def read(self, path: str) -> str | None:
        """See FileHands."""
        root = await self._root_of(path)
        asked = {"act": "read", "path": path, "root": root}
        text: str | None = (await _ask(self._jobs, asked, rights([])))["text"]
        return text

    async def write(self, path: str, text: str, *, was: str | None, mode: int = 0o644) -> None:
        """See FileHands."""
        if len(text.encode()) + len((was or "").encode()) > LARGEST:
            raise JobFailed(f"cannot edit {path}: it is longer than {LARGEST} bytes")
        await self._act(path, {"act": "write", "text": text, "was": was, "mode": mode})

    async def remove(self, path: str, *, was: str) -> None:
        """See FileHands."""
        await self._act(path, {"act": "remove", "was": was})

    async def set_mode(self, path: str, mode: int) -> None:
        """See FileHands."""
        await self._act(path, {"act": "mode", "mode": mode})

    async def set_owner(self, path: str, user: int, group: int) -> None:
        """See FileHands."""
        await self._act(path, {"act": "owner", "uid": user, "gid": group})

    async def _act(self, path: str, asked: dict[str, Any]) -> None:
        root = await self._root_of(path)
        run = await self._off_the_loop(self._run, path)
        given = {**asked, "path": path, "root": root, "run": str(run.directory)}
        await _ask(self._jobs, given, rights([path, str(run.directory / "x")]))

    async def _root_of(self, path: str) -> str:
        return await self._off_the_loop(lambda: self._allowed.root_of(path), path)

    async def _off_the_loop(self, look: Callable[[], T], path: str) -> T:
        try:
            return await self._asker.ask(look, DEADLINE)
        except (OSError, asyncio.TimeoutError) as error:
            raise HostSilent(
                f"cannot edit {path}: the disk does not take what is to be kept: {error or 'no answer'}",
                fix="df -h /var/lib/tars-home; df -i /var/lib/tars-home",
            ) from error


async def undo(jobs: OwnJobs, run: Run, since: int, paths: list[str], *, force: bool) -> list[str]:
    """Take back the edits of `paths`, which are those of a run from entry `since` on. Returns them. Raises JobFailed."""
    given = {"act": "undo", "run": str(run.directory), "since": since, "force": force}
    answer = await _ask(jobs, given, rights([*paths, str(run.directory / "x")]))
    undone: list[str] = answer["undone"]
    return undone


def rights(paths: list[str]) -> Properties:
    """To write in the directories of these paths, whoever owns what is in them, and to read everywhere."""
    capabilities = _CHOWN | _DAC_OVERRIDE | _FOWNER
    places = sorted({_there(PurePosixPath(path).parent) for path in paths})
    return {
        "CapabilityBoundingSet": ("t", capabilities),
        "ProtectHome": ("s", "no"),
        "ReadWritePaths": ("as", places),
    }


def _there(directory: PurePosixPath) -> str:
    """It or the nearest parent that exists: systemd makes only that writable which is there."""
    while not os.path.isdir(directory) and directory.parent != directory:  # noqa: PTH112  local paths, no objects
        directory = directory.parent
    return str(directory)


async def _ask(jobs: OwnJobs, given: dict[str, Any], wanted: Properties) -> dict[str, Any]:
    answer: dict[str, Any] = await jobs.ask("file-edit", given, deadline=DEADLINE, rights=wanted)
    return answer
