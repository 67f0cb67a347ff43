"""The power went while PostgreSQL made its cluster; the gate of the resumed install gets it going without a person."""

import asyncio
from typing import Any

import pytest

from tarsd.errors import JobFailed
from tarsd.host.conversation import LOOPBACK, Address
from tarsd.host.docker_api import DockerApi
from tarsd.host.own_jobs import OwnJobs
from tarsd.host.postgres.cluster import Clusters
from tarsd.host.postgres.missing import create_missing
from tarsd.host.probes.postgres import PostgresProbe
from tarsd.operations.first_start import FirstStart
from tarsd.operations.health import HealthGate
from tarsd.paths import Paths
from tests.unit.fake_compose import FakeCompose
from tests.unit.fake_engine import FakeContainer, FakeEngine
from tests.unit.fake_postgres import PASSWORD, FakePostgres, kept
from tests.unit.log import Log
from tests.unit.operations.gate import World, service

VOLUME = {
    "Name": "tars_postgres",
    "Driver": "local",
    "Options": None,
    "Labels": {"com.docker.compose.project": "tars"},
    "Mountpoint": "/var/lib/docker/volumes/tars_postgres/_data",
}
MOUNTS = {"Mounts": [{"Type": "volume", "Name": "tars_postgres"}, {"Type": "bind", "Source": "/s"}]}
ASIDE = "/var/lib/docker/volumes/tars_postgres/cut-off-1"


class Cut:
    """A machine whose PostgreSQL was cut off; `remains` is what the job finds in the volume."""

    def __init__(self, engine: FakeEngine, docker: DockerApi, jobs: OwnJobs) -> None:
        self.engine = engine
        self.server = FakePostgres(databases={"postgres"})
        self.log = Log()
        self.remains: Any = {"cut_off": True, "used": False}
        self.heals = True
        self.move_fails: JobFailed | None = None
        self.sync_fails: JobFailed | None = None
        self.acts: list[str] = []
        self.synced = 0
        self.world = World(docker)
        first = FirstStart(
            self.world.containers, Clusters(docker, jobs, "tars"), create_missing, self.log.logger
        )
        self.world.gate = HealthGate(
            self.world.containers, self.world, self.world.passes, first, self.world.now
        )

    async def start(self) -> None:
        await self.server.start()
        address = Address(LOOPBACK, self.server.port)
        probe = PostgresProbe(address, "tars", "tars", read_password)
        self.world.probes["postgres"] = probe  # type: ignore[assignment]  # pyright: ignore[reportArgumentType]  the real one
        self.engine.add(FakeContainer("postgres", more=MOUNTS))
        self.engine.say("/volumes/tars_postgres", 200, VOLUME)

    def job(self, given: dict[str, str]) -> Any:
        """What runs as a job: from the move on, the server makes itself anew."""
        assert given["data"] == VOLUME["Mountpoint"]
        if given["act"] == "sync":
            self.synced += 1
            return self.sync_fails or {"cut_off": False, "used": False, "aside": None}
        self.acts.append(given["act"])
        if isinstance(self.remains, Exception):
            return self.remains
        if given["act"] == "look":
            return {**self.remains, "aside": None}
        assert self.engine.containers["postgres"].state == "exited"
        if self.move_fails is not None:
            return self.move_fails
        if self.heals:
            self.server.state, self.server.databases = "", {"postgres", "tars"}
        return {**self.remains, "aside": ASIDE}

    async def wait(self, deadline: float = 180) -> Any:
        return await self.world.wait(service("postgres", role="db"), deadline=deadline)


async def read_password() -> str:
    return PASSWORD


@pytest.fixture
async def cut(engine: FakeEngine, docker: DockerApi, paths: Paths) -> Any:
    compose = FakeCompose(engine, {})
    made = Cut(engine, docker, OwnJobs(compose, paths.program))
    compose.own["postgres-cluster"] = made.job
    await made.start()
    yield made
    await made.server.stop()


async def test_the_database_that_was_not_made_yet_is_made_and_told(cut: Cut) -> None:
    outcome = await cut.wait()
    assert outcome.late == []
    assert cut.server.databases == {"postgres", "tars"}
    (warning,) = outcome.warnings
    assert (warning.id, warning.subject) == ("postgres.database-made", "postgres")
    assert "first start had been cut off" in warning.summary
    assert cut.acts == []
    assert cut.log.events() == ["postgres.database-made"]


async def test_what_works_is_on_the_disk_before_it_is_called_healthy(cut: Cut) -> None:
    """Cut off half a minute later, pg_hba.conf was as initdb had made it: seen in a virtual machine."""
    cut.server.databases = {"postgres", "tars"}
    assert (await cut.wait()).warnings == []
    assert cut.synced == 1
    cut.server.state = "57P03"
    asyncio.get_running_loop().call_later(30, setattr, cut.server, "state", "")
    await cut.wait()
    assert cut.synced == 2, "not before it answers"


async def test_a_disk_that_does_not_take_it_in_time_does_not_undo_an_install(cut: Cut) -> None:
    cut.server.databases = {"postgres", "tars"}
    cut.sync_fails = JobFailed("cannot finish job postgres-cluster: timeout")
    assert (await cut.wait()).late == []
    assert cut.log.events() == ["postgres.unsynced"]


async def test_a_database_that_was_lost_is_told_at_once(cut: Cut, clock: Any) -> None:
    cut.server.made = 7
    began = clock()
    (late,) = (await cut.wait()).late
    assert "missing on a server that has been used" in late.reason
    assert "createdb" in late.fix
    assert clock() - began < 2
    assert cut.server.databases == {"postgres"}


@pytest.mark.parametrize("state", ["28000", "57P03"], ids=["lets nobody in", "starts for ever"])
async def test_half_a_cluster_with_nothing_in_it_is_begun_anew(
    cut: Cut, state: str, clock: Any
) -> None:
    cut.server.state = state
    began = clock()
    outcome = await cut.wait()
    assert outcome.late == []
    assert cut.acts == ["look", "set-aside"]
    assert cut.engine.containers["postgres"].state == "running"
    (warning,) = outcome.warnings
    assert warning.id == "postgres.begun-anew"
    assert ASIDE in warning.summary
    assert warning.fix == f"sudo rm -r {ASIDE}"
    assert clock() - began < 10


async def test_one_that_ends_again_and_again_is_begun_anew(cut: Cut) -> None:
    """initdb refuses a directory that is not empty, at each start."""
    container = cut.engine.containers["postgres"]
    container.state, container.exit_code = "restarting", 1
    asyncio.get_running_loop().call_later(1, setattr, container, "restarts", 2)
    outcome = await cut.wait()
    assert outcome.late == []
    assert cut.acts == ["look", "set-aside"]


@pytest.mark.parametrize(
    "remains",
    [
        {"cut_off": False, "used": False},
        {"cut_off": True, "used": True},
        JobFailed("cannot finish job postgres-cluster: timeout"),
    ],
    ids=["finished", "used", "unseen"],
)
async def test_one_that_only_takes_its_time_is_left_to_recover(cut: Cut, remains: Any) -> None:
    cut.server.state = "57P03"
    cut.server.databases = {"postgres", "tars"}
    cut.remains = remains
    asyncio.get_running_loop().call_later(60, setattr, cut.server, "state", "")
    outcome = await cut.wait()
    assert outcome.late == []
    assert outcome.warnings == []
    assert cut.acts == ["look"]
    assert "POST" not in "".join(cut.engine.calls)


async def test_one_that_lets_nobody_in_for_another_reason_is_told_in_seconds(
    cut: Cut, clock: Any
) -> None:
    cut.server.state = "28000"
    cut.remains = {"cut_off": True, "used": True}
    began = clock()
    (late,) = (await cut.wait()).late
    assert late.reason == "the database system is starting up"  # the double's words
    assert clock() - began < 10
    assert cut.acts == ["look"]


async def test_a_password_that_is_refused_is_not_waited_for(cut: Cut, clock: Any) -> None:
    cut.server.verifier = kept("another")
    began = clock()
    (late,) = (await cut.wait()).late
    assert "password authentication failed" in late.reason
    assert clock() - began < 10
    assert cut.acts == []


@pytest.mark.parametrize(
    "volume",
    [
        {"Labels": {"com.docker.compose.project": "blog"}},
        {"Labels": None},
        {"Driver": "nfs"},
        {"Options": {"type": "nfs"}},
    ],
    ids=["of another project", "the owner's", "another driver", "elsewhere"],
)
async def test_a_volume_that_is_not_plainly_ours_is_not_looked_into(cut: Cut, volume: Any) -> None:
    cut.server.state = "28000"
    cut.engine.say("/volumes/tars_postgres", 200, {**VOLUME, **volume})
    assert (await cut.wait()).late != []
    assert cut.acts == []


async def test_one_that_comes_out_cut_off_again_is_told_and_not_begun_anew_for_ever(
    cut: Cut,
) -> None:
    cut.server.state = "28000"
    cut.heals = False
    assert (await cut.wait()).late != []
    assert cut.acts == ["look", "set-aside"]


async def test_a_move_that_fails_is_told_and_the_container_runs_again(cut: Cut) -> None:
    cut.server.state = "28000"
    cut.move_fails = JobFailed("cannot set it aside: Read-only file system")
    (late,) = (await cut.wait()).late
    assert late.reason == "cannot set it aside: Read-only file system"
    assert cut.engine.containers["postgres"].state == "running"
