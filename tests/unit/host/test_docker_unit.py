"""Docker's own service is restarted at most once an hour, whoever asks, and is seen to come up."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tarsd.errors import JobFailed
from tarsd.host.docker_unit import DEADLINE, LEAST_APART, DockerUnit
from tests.unit.fake_docker_service import FakeDockerService


class Boottime:
    """Seconds since the boot, as a test sets them."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def service() -> FakeDockerService:
    return FakeDockerService()


@pytest.fixture
def boottime() -> Boottime:
    return Boottime()


@pytest.fixture
def unit(service: FakeDockerService, boottime: Boottime, tmp_path: Path) -> DockerUnit:
    return DockerUnit(tmp_path / "docker-restarted", service, boottime)


async def test_it_returns_when_systemd_is_through(
    unit: DockerUnit, service: FakeDockerService, clock: Callable[[], float]
) -> None:
    service.looks = 8
    began = clock()
    await unit.restart()
    assert service.restarts == 1
    assert clock() - began == pytest.approx(4, abs=0.5)


async def test_a_second_one_within_the_hour_is_refused_and_later_is_not(
    unit: DockerUnit, service: FakeDockerService, boottime: Boottime
) -> None:
    await unit.restart()
    boottime.at += 1500
    with pytest.raises(JobFailed, match=r"cannot restart docker.service again: .* 25 min ago"):
        await unit.restart()
    assert service.restarts == 1
    boottime.at += LEAST_APART
    await unit.restart()
    assert service.restarts == 2


async def test_the_next_daemon_remembers_it(
    unit: DockerUnit, service: FakeDockerService, boottime: Boottime, tmp_path: Path
) -> None:
    await unit.restart()
    with pytest.raises(JobFailed, match="again"):
        await DockerUnit(tmp_path / "docker-restarted", service, boottime).restart()


async def test_one_that_was_cut_off_or_refused_counts(
    unit: DockerUnit, service: FakeDockerService
) -> None:
    service.refuses = "Unit docker.service is masked."
    with pytest.raises(JobFailed, match="masked"):
        await unit.restart()
    service.refuses = ""
    with pytest.raises(JobFailed, match="again"):
        await unit.restart()


async def test_what_a_full_disk_left_of_the_file_does_not_count(
    unit: DockerUnit, service: FakeDockerService, tmp_path: Path
) -> None:
    (tmp_path / "docker-restarted").write_text("")
    await unit.restart()
    assert service.restarts == 1


async def test_one_that_fails_to_start_is_told(
    unit: DockerUnit, service: FakeDockerService
) -> None:
    service.active = "failed"
    with pytest.raises(JobFailed, match="systemd calls it failed") as caught:
        await unit.restart()
    assert "journalctl -u docker" in str(caught.value.fix)


async def test_one_that_hangs_is_not_waited_for_for_ever(
    unit: DockerUnit, service: FakeDockerService, clock: Callable[[], float]
) -> None:
    service.looks = 1_000_000
    began = clock()
    with pytest.raises(JobFailed, match="systemd is not through with it after 240 s"):
        await unit.restart()
    assert clock() - began == pytest.approx(DEADLINE, abs=2)
