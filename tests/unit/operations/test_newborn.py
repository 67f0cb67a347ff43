"""An undo waits for nobody who has nothing to write down yet, and for everybody else."""

from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from tarsd.host.containers import Container, Containers, Mounted
from tarsd.host.generations import Generation
from tarsd.operations.newborn import end_newborn
from tests.unit.observe.containers import CONTAINER, SERVICE

GENERATION = Generation(1, Path("/none"), {"redis": replace(SERVICE, hung_grace=5)})
NEWBORN = replace(CONTAINER, health="starting", volumes=frozenset({"tars_redis"}))


class Shelf:
    def __init__(self, *found: Container) -> None:
        self.found = found
        self.stopped: list[tuple[str, int]] = []

    async def all(self) -> list[Container]:
        return list(self.found)

    async def stop(self, container_id: str, grace: int) -> None:
        self.stopped.append((container_id, grace))


async def stopped(container: Container, older: list[str]) -> list[tuple[str, int]]:
    shelf = Shelf(container)
    await end_newborn(cast("Containers", shelf), GENERATION, older)
    return shelf.stopped


async def test_one_that_is_starting_on_a_volume_of_this_change_gets_the_short_grace() -> None:
    assert await stopped(NEWBORN, ["tars_postgres"]) == [("1d", 5)]


@pytest.mark.parametrize(
    "container",
    [
        replace(NEWBORN, volumes=frozenset({"tars_redis", "older"})),
        replace(NEWBORN, volumes=None),
        replace(NEWBORN, health="healthy"),
        replace(NEWBORN, health="none"),
        replace(NEWBORN, state="exited"),
        replace(NEWBORN, service="another's"),
        replace(NEWBORN, mounts=(Mounted("bind", "/srv/redis", "/data"),)),
    ],
)
async def test_all_others_are_left_to_their_own_grace(container: Container) -> None:
    assert await stopped(container, ["older"]) == []


async def test_a_mounted_secret_is_no_data() -> None:
    mounted = Mounted("bind", "/var/lib/tars-home/secrets/x", "/run/secrets/redis-password")
    assert await stopped(replace(NEWBORN, mounts=(mounted,)), []) == [("1d", 5)]
