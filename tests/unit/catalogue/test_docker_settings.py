"""An Engine that works, and that is set up so that a bad day gets worse."""

import json
from pathlib import Path
from typing import Any

import pytest

from tarsd.catalogue.check import Finding, Status
from tarsd.catalogue.docker_settings import AddressPool, LiveRestoreOff, LogGrowth
from tarsd.catalogue.remedy import Kind
from tarsd.errors import JobFailed
from tests.unit.fake_container import FakeContainer
from tests.unit.fake_engine import FakeEngine
from tests.unit.hands import NotedFiles, NotedUnits, hands
from tests.unit.senses import senses
from tests.unit.worlds import Surroundings, found, the_one


async def test_live_restore_off_is_dockers_default_and_no_warning(around: Surroundings) -> None:
    finding = await the_one(LiveRestoreOff(), around.world())
    assert finding.status is Status.PASS
    assert finding.summary == "a restart of Docker restarts the stack; Docker has not died here"


@pytest.mark.parametrize(("deaths", "said"), [(1, "once"), (3, "3 times")])
async def test_a_docker_that_died_took_the_stack_along(
    around: Surroundings, tmp_path: Path, deaths: int, said: str
) -> None:
    died = around.with_senses(senses(tmp_path, deaths=lambda _: deaths))
    finding = await the_one(LiveRestoreOff(), died.world())
    assert finding.status is Status.WARN
    assert f"Docker has died {said}, and took the stack along" in finding.summary
    assert "/etc/docker/daemon.json" in (finding.fix or "")


async def test_with_live_restore_a_death_is_nothing(
    around: Surroundings, engine: FakeEngine, tmp_path: Path
) -> None:
    engine.info["LiveRestoreEnabled"] = True
    died = around.with_senses(senses(tmp_path, deaths=lambda _: 3))
    assert (await the_one(LiveRestoreOff(), died.world())).status is Status.PASS


DAEMON_JSON = "/etc/docker/daemon.json"


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (None, {"live-restore": True}),
        ("\n", {"live-restore": True}),
        ('{"live-restore": false}', {"live-restore": True}),
        ('{"log-driver": "local"}', {"log-driver": "local", "live-restore": True}),
    ],
)
async def test_live_restore_is_set_beside_what_is_there(
    was: str | None, becomes: dict[str, Any]
) -> None:
    (remedy,) = LiveRestoreOff.remedies
    files, units = NotedFiles({} if was is None else {DAEMON_JSON: was}), NotedUnits()
    finding = Finding(LiveRestoreOff.id, "docker", Status.WARN, "")
    assert remedy.kind is Kind.CONFIRM
    await remedy.do(hands(files=files, units=units), finding)
    assert json.loads(files.texts[DAEMON_JSON]) == becomes
    assert units.acts == [("reload-or-restart", "docker.service")]


@pytest.mark.parametrize("was", ["{", "[]", "live-restore: true"])
async def test_settings_that_cannot_be_understood_are_left_alone(was: str) -> None:
    (remedy,) = LiveRestoreOff.remedies
    files, units = NotedFiles({DAEMON_JSON: was}), NotedUnits()
    with pytest.raises(JobFailed, match="cannot change /etc/docker"):
        await remedy.do(hands(files=files, units=units), Finding("", "", Status.WARN, ""))
    assert files.texts == {DAEMON_JSON: was}
    assert units.acts == []


def logging(name: str, driver: str, path: str = "", project: str = "tars", **options: str) -> Any:
    """A container whose inspect tells of such a log."""
    config = {"LogConfig": {"Type": driver, "Config": options}}
    return FakeContainer(name, project=project, more={"HostConfig": config, "LogPath": path})


async def test_a_log_of_ours_without_limit(around: Surroundings, engine: FakeEngine) -> None:
    engine.add(logging("proxy", "json-file"))
    engine.add(logging("redis", "local", **{"max-size": "10m"}))
    finding = await the_one(LogGrowth(), around.world())
    assert finding.status is Status.WARN
    assert finding.subject == "proxy"
    assert finding.summary == "its log has no limit"
    assert "max-size" in (finding.fix or "")


@pytest.mark.parametrize(
    ("driver", "options"),
    [
        ("local", {}),
        ("journald", {}),
        ("none", {}),
        ("json-file", {"max-size": "10m"}),
    ],
)
async def test_logs_with_an_end(
    around: Surroundings, engine: FakeEngine, driver: str, options: dict[str, str]
) -> None:
    engine.add(logging("redis", driver, **options))
    finding = await the_one(LogGrowth(), around.world())
    assert finding.status is Status.PASS
    assert finding.summary == "every container's log has a limit"


@pytest.mark.parametrize("size", ["-1", ""])
async def test_a_limit_that_is_none(around: Surroundings, engine: FakeEngine, size: str) -> None:
    engine.add(logging("proxy", "json-file", **{"max-size": size}))
    assert (await the_one(LogGrowth(), around.world())).status is Status.WARN


async def test_anothers_log_is_told_once_it_is_large(
    around: Surroundings, engine: FakeEngine, tmp_path: Path
) -> None:
    log = tmp_path / "json.log"
    engine.add(logging("blog", "json-file", str(log), project="blog"))
    log.write_bytes(b"small")
    small = await the_one(LogGrowth(), around.world())
    assert small.status is Status.PASS
    assert small.evidence == ("blog-blog-1, and is small so far",)
    with log.open("ab") as file:
        file.truncate(3_200_000_000)  # a hole: it takes no space
    large = await the_one(LogGrowth(), around.world())
    assert large.status is Status.WARN
    assert large.subject == "container blog-blog-1"
    assert large.summary == "the log of container blog-blog-1 has no limit, 3.2 GB so far"


async def test_a_container_that_goes_meanwhile_has_no_log(
    around: Surroundings, engine: FakeEngine
) -> None:
    redis = engine.add(logging("redis", "json-file"))
    engine.say(f"/containers/{redis.id}/json", 404, {"message": "No such container"})
    assert (await the_one(LogGrowth(), around.world())).status is Status.PASS


def network(name: str, subnet: str) -> dict[str, Any]:
    return {"Name": name, "IPAM": {"Config": [{"Subnet": subnet}]}}


SMALL = [{"Base": "10.201.0.0/23", "Size": 24}]


@pytest.mark.parametrize(
    ("networks", "status"),
    [
        ([network("bridge", "10.201.0.0/24")], Status.PASS),
        ([network("bridge", "10.201.0.0/24"), network("tars_inner", "10.201.1.0/24")], Status.WARN),
        ([network("bridge", "10.201.0.0/24"), network("blog", "10.201.1.0/24")], Status.FAIL),
        ([network("bridge", "10.200.0.0/13")], Status.FAIL),
    ],
    ids=["one is left", "the stack has its own", "the stack has none", "one network takes all"],
)
async def test_subnets_that_are_left(
    around: Surroundings, engine: FakeEngine, networks: list[dict[str, Any]], status: Status
) -> None:
    engine.info["DefaultAddressPools"] = SMALL
    engine.say("/networks", 200, networks)
    finding = await the_one(AddressPool(), around.world())
    assert finding.status is status
    if status is not Status.PASS:
        assert "no subnet left" in finding.summary
        assert set(finding.evidence) >= {it["Name"] for it in networks}


async def test_an_engine_that_refuses_is_unknown(around: Surroundings, engine: FakeEngine) -> None:
    engine.say("/networks", 500, {"message": "no"})
    (finding,) = await found(AddressPool(), around.world())
    assert finding.status is Status.UNKNOWN
