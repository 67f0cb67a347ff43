"""A disk or a driver that does not answer, on a real clock: the status comes in time all the same, and says so."""

import asyncio
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tarsd.changes.hiding import Hiding
from tarsd.changes.runner import Changes
from tarsd.engine.standing import Standing
from tarsd.host.containers import Containers
from tarsd.host.docker_api import DockerApi
from tarsd.host.generations import Generations
from tarsd.host.gpu import Gpus
from tarsd.observe.engine_look import EngineLook
from tarsd.observe.model import Status
from tarsd.observe.nas import NONE
from tarsd.observe.parts import Parts
from tarsd.observe.summary import Summary
from tarsd.observe.supervised import Supervised
from tarsd.store import Database
from tarsd.store.changes import ChangeStore
from tarsd.store.intent import IntentStore
from tests.unit.log import Log

FIRST_BYTE = 2.0  # seconds tarsctl waits


@pytest.fixture
def silence() -> Iterator[threading.Event]:
    """Until it is set, the disk is silent; it answers at the end, or the thread would outlive the test."""
    event = threading.Event()
    yield event
    event.set()


async def asked(directory: Path, silence: threading.Event) -> tuple[Status, float]:
    """The status and how many seconds it took, with state.db's thread waiting for the disk."""
    database = Database(directory / "state.db")
    await database.open()
    docker = DockerApi(str(directory / "no-engine.sock"))
    summary = Summary(
        EngineLook(Standing(docker), Containers(docker, "tars")),
        Generations(directory / "generations"),
        IntentStore(database),
        Changes(ChangeStore(database), [], Log().logger, lambda: None),
        Parts(Gpus(docker, directory), lambda: NONE),
        Supervised(),
        Hiding(lambda: str),
        list,
        lambda: None,
    )
    hanging = asyncio.ensure_future(database.read(lambda _: silence.wait()))
    await asyncio.sleep(0)  # so that the thread has it first
    started = time.monotonic()
    status = await summary.status()
    took = time.monotonic() - started
    silence.set()
    await hanging
    await docker.close()
    await database.close()
    return status, took


def test_status_does_not_wait_for_a_disk(tmp_path: Path, silence: threading.Event) -> None:
    status, took = asyncio.run(asked(tmp_path, silence))
    assert took < FIRST_BYTE
    (problem,) = [it for it in status.problems if it.id == "state.db"]
    assert problem.message.startswith("its records cannot be read")
    assert status.last is None


@pytest.fixture
def wedged(tmp_path: Path) -> Iterator[Path]:
    """A file of the driver or the stack that hangs whoever opens it, as a wedged driver does, until the test is over."""
    card = tmp_path / "sys/bus/pci/devices/0000:01:00.0"
    card.mkdir(parents=True)
    (card / "vendor").write_text("0x10de\n")
    (card / "class").write_text("0x030000\n")
    version = tmp_path / "proc/driver/nvidia/version"
    version.parent.mkdir(parents=True)
    os.mkfifo(version)
    yield version
    with version.open("wb", 0):  # the reader goes on, and sees an empty file
        pass


def test_status_does_not_wait_for_a_wedged_driver(
    tmp_path: Path, silence: threading.Event, wedged: Path
) -> None:
    silence.set()
    status, took = asyncio.run(asked(tmp_path, silence))
    assert took < FIRST_BYTE
    (row,) = status.gpu
    assert row.driver is None
    assert "its driver has not answered for 1.3 s" in (row.message or "")


def test_status_does_not_wait_for_the_stacks_files(
    tmp_path: Path, silence: threading.Event
) -> None:
    silence.set()
    generations = Generations(tmp_path / "generations")
    generations.make_current(generations.add({"services": {}}, {"images": {}}).number)
    file = tmp_path / "generations" / "1" / "compose.json"
    file.unlink()
    os.mkfifo(file)
    status, took = asyncio.run(asked(tmp_path, silence))
    with file.open("wb", 0):
        pass
    assert took < FIRST_BYTE
    assert (status.overall, status.installed) == ("unknown", True)
    assert "generation.silent" in {it.id for it in status.problems}
