"""Volumes: where each lies and by which driver, and, in a job, what is in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tarsd.errors import EngineRefused
from tarsd.host.docker_api import DockerApi
from tarsd.host.own_jobs import OwnJobs

DEADLINE = 60.0
"""Seconds for a sum over a directory; a vector store of 10 GB has a few thousand files."""

DAC_READ_SEARCH = 2  # linux/capability.h


@dataclass(frozen=True)
class Volume:
    """`directory` is where its data is on this machine; None where another driver, or an option, has it elsewhere."""

    name: str
    driver: str
    directory: str | None


@dataclass(frozen=True)
class Partial:
    """A download that was not finished; `at` is when it last grew, in seconds since 1970."""

    name: str
    bytes: int
    at: float


@dataclass(frozen=True)
class Contents:
    """`majors` are those of the PostgreSQL clusters in it."""

    bytes: int
    majors: tuple[str, ...] = ()
    partial: tuple[Partial, ...] = ()


class Volumes:
    """Raises JobFailed and what DockerApi raises."""

    def __init__(self, docker: DockerApi, jobs: OwnJobs) -> None:
        self._docker = docker
        self._jobs = jobs

    async def find(self, name: str) -> Volume | None:
        """The volume of that name; None where there is none."""
        try:
            raw = await self._docker.object(f"/volumes/{name}")
        except EngineRefused as error:
            if error.details.get("status") == 404:
                return None
            raise
        driver = str(raw.get("Driver") or "local")
        elsewhere = driver != "local" or bool(raw.get("Options"))
        return Volume(name, driver, None if elsewhere else str(raw.get("Mountpoint")))

    async def contents(self, directory: str, partial: str = "") -> Contents:
        """What is in a directory of this machine; `partial` is a pattern below it."""
        rights = {
            "CapabilityBoundingSet": ("t", 1 << DAC_READ_SEARCH),
            "ProtectHome": ("s", "no"),  # where some have Docker's data
        }
        given = {"data": directory, "partial": partial}
        answer: Mapping[str, Any] = await self._jobs.ask(
            "volume-look", given, deadline=DEADLINE, rights=rights
        )
        rows: Sequence[tuple[str, int, float]] = answer["partial"]
        return Contents(
            int(answer["bytes"]),
            tuple(str(it) for it in answer["majors"]),
            tuple(Partial(str(name), int(size), float(at)) for name, size, at in rows),
        )
