"""Compose was cut off between making a new container and removing the old one."""

from dataclasses import replace
from typing import cast

from tarsd.host.compose import Compose
from tarsd.host.containers import Container, Containers
from tarsd.operations.data_care import DataCare
from tarsd.operations.health import HealthGate
from tarsd.operations.held_ports import HeldPorts
from tarsd.operations.nas_gate import NasGate
from tarsd.operations.port_culprit import PortCulprit
from tarsd.operations.starter import Starter
from tarsd.settings import Settings
from tests.unit.observe.containers import CONTAINER


class Shelf:
    """The stack's containers, as list and remove see them."""

    def __init__(self, *found: Container) -> None:
        self.found = list(found)

    async def all(self) -> list[Container]:
        return self.found

    async def remove(self, container_id: str) -> None:
        self.found = [it for it in self.found if it.id != container_id]


async def left(*found: Container) -> list[str]:
    shelf = Shelf(*found)
    compose, gate, nas = cast("Compose", None), cast("HealthGate", None), cast("NasGate", None)
    ports, culprit = cast("HeldPorts", None), cast("PortCulprit", None)
    care = cast("DataCare", None)
    starter = Starter(compose, cast("Containers", shelf), gate, Settings, nas, ports, culprit, care)
    await starter.remove_interrupted()
    return [it.id for it in shelf.found]


async def test_the_new_half_goes_and_the_old_one_with_its_work_stays() -> None:
    old = replace(CONTAINER, service="webui", id="old", state="running")
    new = replace(CONTAINER, service="webui", id="new", state="created")
    redis = replace(CONTAINER, service="redis", id="redis", state="running")
    assert await left(old, new, redis) == ["old", "redis"]


async def test_a_service_whose_only_container_never_ran_keeps_it() -> None:
    """The owner stopped it, and it was recreated stopped."""
    assert await left(replace(CONTAINER, service="webui", id="only", state="created")) == ["only"]
