"""What happened while tarsd was down."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tarsd.engine.intent import REPLAY
from tests.unit.engine.docker_home import BOOTED, DockerHome


@pytest.mark.parametrize("remembered", [True, False])
async def test_tarsd_killed_after_a_change_that_failed_and_left_it_stopped(
    home: DockerHome, remembered: bool
) -> None:
    """It was ours, and that is on disk although no act is."""
    home.changing.add("redis")
    home.stop()
    await home.wait(4)
    home.changing.clear()
    home.kill_tarsd()
    if not remembered:
        home.memory.clear()
    home.begin()
    await home.connect()
    for event in home.memory:
        home.keeper.event(event)
    await home.wait(60)
    assert home.wanted() == "running"


class TestWhileTarsdWasDown:
    """The Engine has forgotten its events; there is only what inspect says."""

    @pytest.fixture
    async def down(self, home: DockerHome) -> DockerHome:
        await home.end_tarsd()
        home.log.entries.clear()
        await home.wait(10)
        return home

    @staticmethod
    async def comes_back(home: DockerHome, after: float = 3600) -> None:
        await home.wait(after)
        home.memory.clear()
        home.begin()
        await home.connect()
        await home.wait(60)

    @pytest.mark.parametrize("code", [0, 1, 143])
    async def test_an_end_that_docker_did_not_mend_is_the_owners(
        self, down: DockerHome, code: int
    ) -> None:
        down.stop(code=code)
        await self.comes_back(down)
        assert down.wanted() == "stopped"
        assert down.log.events() == ["intent.stopped"]

    async def test_it_is_not_a_fault_before_that_is_judged(self, down: DockerHome) -> None:
        down.stop()
        down.memory.clear()
        down.begin()
        await down.connect()
        assert down.keeper.pending("redis")
        await down.wait(5)
        assert not down.keeper.pending("redis")

    async def test_nothing_that_ended_is_a_fault_until_the_engine_could_tell_of_it(
        self, down: DockerHome
    ) -> None:
        """Its exit code alone looks like a crash, and its `stop` is still on its way from the Engine's memory."""
        down.stop(code=137)
        down.memory.clear()
        down.begin()
        await down.connect()
        assert down.keeper.pending("redis")
        await down.wait(REPLAY + 0.1)
        assert not down.keeper.pending("redis")

    @pytest.mark.parametrize(
        "odd",
        [
            {"exit_code": 137},
            {"exit_code": 139},
            {"exit_code": 127},
            {"oom_killed": True},
            {"error": "no space left"},
            {"policy": "no"},
            {"finished": BOOTED + timedelta(seconds=20)},
        ],
    )
    async def test_any_other_end_is_said_and_started(
        self, down: DockerHome, odd: dict[str, object]
    ) -> None:
        down.disk.watched = None
        down.stop()
        down.containers["redis"] = replace(down.containers["redis"], **odd)  # type: ignore[arg-type]
        await self.comes_back(down)
        assert down.wanted() == "running"
        assert down.log.events() == ["intent.unclear"]

    async def test_an_engine_that_was_killed_meanwhile_tells_of_stops_that_were_its_own(
        self, down: DockerHome
    ) -> None:
        await down.kill_engine()
        down.begin()
        await down.connect()
        await down.wait(60)
        assert down.wanted() == down.wanted("postgres") == "running"
        assert down.log.events() == ["intent.unclear"] * 2

    async def test_where_the_engine_began_cannot_be_told_it_is_started(
        self, down: DockerHome
    ) -> None:
        down.since = None
        down.stop()
        await self.comes_back(down)
        assert down.wanted() == "running"

    async def test_an_end_that_was_watched_is_not_judged_again(self, home: DockerHome) -> None:
        home.kill(signal=15)
        await home.wait(60)
        await home.end_tarsd()
        await self.comes_back(home)
        assert home.wanted() == "running"
        assert home.log.events() == []

    async def test_what_was_stopped_and_runs_was_started_by_the_owner(
        self, down: DockerHome
    ) -> None:
        down.stop()
        down.tarsctl("redis", "stopped")
        await down.wait(60)
        down.start()
        await self.comes_back(down)
        assert down.wanted() == "running"

    async def test_but_not_where_the_engine_did_that(self, down: DockerHome) -> None:
        down.tarsctl("redis", "stopped")
        await down.restart_engine()
        await self.comes_back(down)
        assert down.wanted() == "stopped"

    async def test_our_own_stop_is_neither(self, home: DockerHome) -> None:
        home.kill_tarsd()
        home.acts["redis"] = home.now
        home.stop()
        await self.comes_back(home)
        assert home.wanted() == "running"
        assert home.log.events() == []
