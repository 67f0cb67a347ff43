"""Containers of the stack's own project that no service of it accounts for."""

import json
from collections.abc import Mapping
from typing import Any

from tarsd.catalogue.about import About
from tarsd.catalogue.check import Check, Finding, Status, World
from tarsd.host.containers import ONE_OFF_LABEL, PROJECT_LABEL, SERVICE_LABEL


class StackOrphan(Check):
    """A container belongs to the stack's project and to none of its services: nobody looks after it.

    It is what a service leaves that was taken out of an override while it ran, or what somebody made by hand.
    """

    id = "stack.orphan"
    subject = "stack"
    after = ("docker.down",)
    severity = Status.WARN
    about = About(
        what="A container belongs to the stack's project, and to none of its services",
        seen="The Engine lists a container with the project's label whose service the current generation does not "
        "have; those of `docker compose run` do not count",
        why="Nobody watches it, and it goes on using memory, ports and volumes: the port may be the one that another "
        "service wants, and two programs on one volume can damage it",
        we="Nothing: it may be somebody's",
        you="Remove it if you do not need it; what is in its volumes stays. To keep it as part of the stack, put its "
        "service into your override and install again",
        commands=(
            "docker ps -a --filter label=com.docker.compose.project=tars",
            "docker rm -f CONTAINER",
            "sudo tarsctl install --yes",
        ),
    )

    def applies(self, world: World) -> bool:
        """Only where a generation is installed."""
        return bool(world.services)

    async def ask(self, world: World) -> list[Finding]:
        """One finding for each, or one that there is none."""
        filters = json.dumps({"label": [f"{PROJECT_LABEL}={world.project}"]})
        rows = await world.docker.objects("/containers/json", {"all": "true", "filters": filters})
        known = {view.name for view in world.services}
        found = [
            self._told(row) for row in rows if _service(row) not in known and not _one_off(row)
        ]
        return found or [self.passed("every container is of a service")]

    def _told(self, row: Mapping[str, Any]) -> Finding:
        name = str((row.get("Names") or [row.get("Id")])[0]).lstrip("/")
        return self.warn(
            f"it is {row.get('State')} and of no service of the current generation",
            f"docker rm -f {name}",
            subject=f"container {name}",
        )


def _labels(row: Mapping[str, Any]) -> Mapping[str, str]:
    return row.get("Labels") or {}


def _service(row: Mapping[str, Any]) -> str | None:
    return _labels(row).get(SERVICE_LABEL)


def _one_off(row: Mapping[str, Any]) -> bool:
    return _labels(row).get(ONE_OFF_LABEL) == "True"


CHECKS: tuple[Check, ...] = (StackOrphan(),)
