"""`tarsd bundle` as a job: with rights to look everywhere, and limits that leave the machine to the stack."""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any, cast

from tarsd.errors import BadRequest, BundleFailed, ChangeConflict, JobFailed, NoSpace, TarsError
from tarsd.host.files import make_directory
from tarsd.host.jobs import Job
from tarsd.host.own_jobs import OwnJobs
from tarsd.host.systemd import Properties
from tarsd.paths import Paths
from tarsd.sizes import MB

DEADLINE = 600.0
"""Seconds; the program gives up by itself before that, and tidies up."""

LOOK_DEADLINE = 30.0

MEMORY = 250 * MB
"""Bytes, with what the kernel keeps of files for it; see docs/performance.md."""

_READ_SEARCH, _NET_ADMIN, _PTRACE, _SYSLOG = 2, 12, 19, 34
"""capability.h"""

_ERRORS = {it.kind: it for it in (BadRequest, NoSpace, ChangeConflict, BundleFailed)}

Moved = Callable[[str, int, int], None]


class BundleJob:
    """One at a time; `subject` keeps a new one from running beside one that could not be stopped."""

    def __init__(self, jobs: OwnJobs, paths: Paths) -> None:
        self._jobs = jobs
        self._paths = paths

    async def make(self, wants: Mapping[str, Any], moved: Moved) -> dict[str, Any]:
        """The finished bundle. Raises TarsError; then nothing of it is left."""
        await asyncio.to_thread(self._directories)
        return await self._ask("make", wants, DEADLINE, moved)

    async def plan(self, wants: Mapping[str, Any]) -> dict[str, Any]:
        """What would be done. Raises what a run would be refused for at once."""
        return await self._ask("plan", wants, LOOK_DEADLINE, _unheard)

    async def _ask(
        self, what: str, wants: Mapping[str, Any], deadline: float, moved: Moved
    ) -> dict[str, Any]:
        lines = _Lines(moved)
        outcome = await self._jobs.jobs.run(
            Job(
                name="bundle" if what == "make" else f"bundle-{what}",
                argv=[*self._jobs.command(), "bundle", what],
                deadline=deadline,
                memory=MEMORY,
                rights=self._rights(),
                given=json.dumps(wants).encode(),
                heard=lines.heard,
            )
        )
        return _result(outcome.output, outcome.status, outcome.errors)

    def _directories(self) -> None:
        for path in (self._paths.bundles, self._paths.keys):
            make_directory(path)

    def _rights(self) -> Properties:
        looks = 1 << _READ_SEARCH | 1 << _NET_ADMIN | 1 << _PTRACE | 1 << _SYSLOG
        writes = [f"-{it}" for it in (self._paths.bundles, self._paths.keys)]
        return {
            "CapabilityBoundingSet": ("t", looks),
            "ReadWritePaths": ("as", writes),
            "ProtectHome": ("s", "read-only"),
            "CPUWeight": ("t", 20),
            "IOWeight": ("t", 20),
            "Nice": ("i", 10),
            "OOMPolicy": ("s", "continue"),  # one file's redactor may end, and is told of
        }


def _unheard(_: str, __: int, ___: int) -> None:
    """Nobody waits for the steps of a look."""


class _Lines:
    """The steps, out of what the job writes."""

    def __init__(self, moved: Moved) -> None:
        self._moved = moved
        self._left = b""

    def heard(self, piece: bytes) -> None:
        *lines, self._left = (self._left + piece).split(b"\n")
        for line in lines:
            told = _object(line)
            if told.get("type") == "step":
                self._moved(str(told["detail"]), int(told["done"]), int(told["total"]))


def _result(output: bytes, status: int, errors: str) -> dict[str, Any]:
    """What the last line says. Raises TarsError of the kind that it names."""
    lines = output.splitlines()
    told = _object(lines[-1]) if lines else {}
    if told.get("type") == "sync":
        return dict(told["result"])
    if told.get("type") == "error":
        error = told["error"]
        kind: type[TarsError] = _ERRORS.get(str(error.get("kind")), BundleFailed)
        raise kind(str(error["message"]), fix=error.get("fix"), details=error.get("details"))
    said = errors.strip().splitlines()
    raise JobFailed(
        f"cannot make a bundle: its program ended with status {status}: {said[-1] if said else 'no word'}",
        fix="journalctl -u 'tars-job-bundle*' -e",
    )


def _object(line: bytes) -> dict[str, Any]:
    try:
        found: object = json.loads(line)
    except ValueError:
        return {}
    return dict(cast("Mapping[str, Any]", found)) if isinstance(found, dict) else {}
