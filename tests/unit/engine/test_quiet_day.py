"""A whole daemon on a stack that is well: hours go by, every check has its turns, and nothing happens. Time jumps.

`--hours 168` is a week.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tarsd.errors import JobFailed
from tarsd.paths import Paths
from tests.unit.clock import JumpingLoop
from tests.unit.fake_engine import FakeEngine
from tests.unit.home import Home


@pytest.fixture
async def home(paths: Paths, engine: FakeEngine, tmp_path: Path) -> AsyncIterator[Home]:
    plugins = tmp_path / "cli-plugins"
    plugins.mkdir()
    (plugins / "docker-compose").touch()
    made = Home(paths, engine, plugins)
    await made.start()
    yield made
    await made.stop()


async def test_hours_without_a_fault_have_no_incident_and_no_act(
    home: Home, pytestconfig: pytest.Config
) -> None:
    hours = int(pytestconfig.getoption("--hours") or 2)
    loop = asyncio.get_running_loop()
    assert isinstance(loop, JumpingLoop)
    loop.lasts(hours)
    await home.install()
    for container in home.engine.containers.values():
        container.networks = {f"{container.project}_inner": {"NetworkID": "n1"}}
    home.compose.own["kernel-open"] = JobFailed("cannot open /dev/kmsg: not here")
    calls = len(home.engine.calls)
    running = asyncio.create_task(home.app.supervision.run())
    for hour in range(hours):
        await asyncio.sleep(3600)
        for name in home.engine.containers:
            home.engine.emit("health_status: healthy", name, at=None)
        listed = await home.app.incidents.ledger.list(unresolved=False, since=None, count=50)
        assert [f"{it.fault} {it.subject}: {it.summary}" for it in listed] == [], f"hour {hour}"
    running.cancel()
    await asyncio.wait([running])
    since = home.engine.calls[calls:]
    assert len(since) > hours * 3600 / 30, "it did look"
    assert [it for it in since if not it.startswith("GET ")] == []
