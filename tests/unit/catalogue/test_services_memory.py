"""A process inside a container that was killed for want of memory, of which Docker says nothing."""

from dataclasses import replace
from pathlib import Path

import pytest

from tarsd.catalogue.check import Finding, Status
from tarsd.catalogue.services_memory import ProcessKilled
from tarsd.host.control_groups import ControlGroups
from tests.unit.service_views import view, world
from tests.unit.worlds import found

ID = "1d" * 32


def group(root: Path, events: str) -> None:
    directory = root / f"system.slice/docker-{ID}.scope"
    directory.mkdir(parents=True)
    (directory / "memory.events").write_text(events)


async def ask(root: Path, limit: int | None = None) -> list[Finding]:
    seen = world(view("ollama", container_id=ID, container_memory_limit=limit))
    return await found(ProcessKilled(), replace(seen, groups=ControlGroups(root)))


@pytest.mark.parametrize(
    ("kills", "limit", "said"),
    [
        (1, None, "a process of it was killed for want of memory since its container was started"),
        (
            3,
            2 << 30,
            "3 processes of it were killed for want of memory at its limit of 2048 MiB since its "
            "container was started",
        ),
    ],
)
async def test_it_is_told(tmp_path: Path, kills: int, limit: int | None, said: str) -> None:
    group(tmp_path, f"low 0\nhigh 0\nmax 812\noom {kills}\noom_kill {kills}\noom_group_kill 0\n")
    (finding,) = await ask(tmp_path, limit)
    assert finding.status is Status.WARN
    assert finding.subject == "ollama"
    assert finding.summary == said


async def test_a_limit_that_was_only_reached_is_nothing(tmp_path: Path) -> None:
    group(tmp_path, "max 812\noom 0\noom_kill 0\n")
    (finding,) = await ask(tmp_path)
    assert finding.status is Status.PASS


async def test_groups_that_cannot_be_read_are_unknown(tmp_path: Path) -> None:
    (finding,) = await ask(tmp_path)
    assert finding.status is Status.UNKNOWN


async def test_where_nothing_runs_nothing_is_asked(tmp_path: Path) -> None:
    seen = world(view("ollama", container_state="exited"), view("redis", container=None))
    assert await found(ProcessKilled(), replace(seen, groups=ControlGroups(tmp_path))) == []
