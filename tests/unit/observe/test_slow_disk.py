"""A disk that does not answer, on a clock that does not jump: the status comes in time all the same, and says so."""

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tarsd.changes.runner import Changes
from tarsd.engine.passes import Passes
from tarsd.host.containers import Containers
from tarsd.host.docker_api import DockerApi
from tarsd.host.generations import Generations
from tarsd.host.gpu import Gpus
from tarsd.observe.engine_look import EngineLook
from tarsd.observe.model import Status
from tarsd.observe.nas import NONE
from tarsd.observe.parts import Parts
from tarsd.observe.summary import Summary
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
        EngineLook(docker, Containers(docker, "tars")),
        Generations(directory / "generations"),
        IntentStore(database),
        Changes(ChangeStore(database), [], Log().logger, lambda: None),
        Parts(Gpus(docker, directory), lambda: NONE),
        Passes(),
        list,
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
