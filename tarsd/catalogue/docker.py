"""The Engine and Compose: there, answering, and of a kind this product can look after."""

import re
from collections.abc import Mapping
from typing import Any

from tarsd.catalogue.about import About
from tarsd.catalogue.check import Check, Finding, World
from tarsd.catalogue.docker_remedies import RestartEngine
from tarsd.catalogue.views import EngineView
from tarsd.errors import EngineUnavailable
from tarsd.host.compose import INSTALL_COMPOSE
from tarsd.host.docker_api import RESTART

OLDEST_COMPOSE = (2, 17)
"""`config --format json` with complete secrets and `up --no-deps --pull never`; Ubuntu 22.04 updates carry 2.17 or newer."""

SUPPORTED = "install Docker Engine as root's service: sudo apt install docker.io, or docker-ce from Docker's repository"


PLANNED = 30.0
"""Seconds that a Docker which systemd stops is given to come again: its owner restarts it, or a package is upgraded."""


class DockerDown(Check):
    """The Engine does not answer: nothing of the stack can be seen or started."""

    id = "docker.down"
    subject = "docker"
    vital = True
    deadline = 10.0
    every = 0.0
    remedies = (RestartEngine(),)
    about = About(
        what="The Docker Engine takes no connections",
        seen="Nobody answers on its socket. While systemd stops or restarts docker.service, "
        "which an owner or an upgrade asked for, 30 s are waited",
        why="Nothing of the stack can be seen, started or stopped. Unless live-restore is "
        "on, the containers have ended with it",
        we="After 30 s of silence it has systemd restart docker.service, once an hour at "
        "most; not while Docker is younger than 2 minutes, and never where you have "
        "stopped it",
        you="If it does not come back, its journal says why. If you stopped it, start it",
        commands=(
            "systemctl status docker",
            "journalctl -u docker -e",
            "sudo systemctl restart docker",
        ),
    )

    async def ask(self, world: World) -> Finding:
        """Whether it takes connections, as the monitor knows; where nobody watches it, GET /version.

        While an act of ours restarts it for another fault, this is none of its own.
        """
        if world.engine is not None:
            busy = None if world.engine.answers else world.at_work(self.subject)
            return self.unknown(busy) if busy else self._seen(world.engine)
        try:
            version = await world.docker.version()
        except EngineUnavailable as error:
            return self.fail(error.message, error.fix)
        return self.passed(f"Docker {version['Version']} answers")

    def _seen(self, engine: EngineView) -> Finding:
        if engine.leaving and engine.silent < PLANNED:
            return self.unknown(engine.why or "docker.service is being stopped")
        if engine.status == "down":
            return self.fail(engine.why or "nobody takes its connections", RESTART)
        if engine.status == "unknown":
            return self.unknown(engine.why or "the Docker Engine does not answer")
        return self.passed("the Docker Engine takes connections")


class DockerHung(Check):
    """The Engine takes connections and answers none: containers run on, and nothing can be done about any of them."""

    id = "docker.hung"
    subject = "docker"
    after = ("docker.down",)
    every = 0.0
    remedies = (RestartEngine(),)
    about = About(
        what="The Docker Engine takes connections and answers none of them",
        seen="Three calls in a row remain without an answer, and its last one is 10 s ago or more",
        why="Containers run on, but nobody can see, start, stop or repair any of them, and "
        "Docker restarts none that ends",
        we="After 30 s of silence it has systemd restart docker.service, once an hour at "
        "most; not while Docker is younger than 2 minutes, after 5 minutes only where the "
        "machine is short of processor time, memory or disk throughput, and never where you have "
        "stopped it. Without live-restore that stops the whole stack, which then comes "
        "up again",
        you="If it hangs again, look at the disk and the kernel's log: an Engine hangs most "
        "often on storage",
        commands=(
            "systemctl status docker",
            "journalctl -k -n 50",
            "sudo systemctl restart docker",
        ),
    )

    def applies(self, world: World) -> bool:
        """Only where somebody has watched it for long enough."""
        return world.engine is not None

    async def ask(self, world: World) -> Finding:
        """How long its last answer is ago."""
        engine = world.engine
        assert engine is not None
        if engine.status == "hung":
            return self.fail(engine.why or "the Docker Engine does not answer", RESTART)
        return self.passed("the Docker Engine answers")


class DockerFlavour(Check):
    """An Engine that restarts differently, sees other files or other users than root's."""

    id = "docker.flavour"
    subject = "docker"
    vital = True
    after = ("docker.down",)
    about = About(
        what="The Engine is of a kind that tars-home does not support: rootless, with "
        "remapped users, from a snap, or Podman",
        seen="The Engine's own /info and /version: its security options, its directory, and "
        "the names of its components",
        why="It sees other files and other users than root's, or restarts containers by "
        "other rules, so data could end up in the wrong place and repairs would not "
        "work",
        we="Nothing; an install is refused before it touches anything",
        you="Install Docker Engine as root's service: docker.io from your distribution, or "
        "docker-ce from Docker's repository",
        commands=(
            "docker info",
            "sudo apt install docker.io",
        ),
    )

    async def ask(self, world: World) -> Finding:
        """GET /info and /version: rootless, userns-remap, snap, Podman."""
        flavour = unsupported(await world.docker.object("/info"), await world.docker.version())
        if flavour is not None:
            return self.fail(f"the Engine is {flavour}, which is not supported", SUPPORTED)
        return self.passed("a system Engine")


def unsupported(info: Mapping[str, Any], version: Mapping[str, Any]) -> str | None:
    """In words, what kind of unsupported Engine this is; None for a plain one."""
    options: list[str] = info.get("SecurityOptions") or []
    components: list[Mapping[str, Any]] = version.get("Components") or []
    if any("podman" in str(part.get("Name", "")).lower() for part in components):
        return "Podman behind Docker's API"
    if any("name=rootless" in option for option in options):
        return "rootless"
    if any("name=userns" in option for option in options):
        return "remapping users (userns-remap)"
    if str(info.get("DockerRootDir", "")).startswith("/var/snap/"):
        return "from a snap, which cannot see /var/lib/tars-home"
    return None


class ComposeMissing(Check):
    """Compose v2 is needed to create the stack's containers; v1 does not know its files."""

    id = "docker.compose"
    subject = "docker"
    vital = True
    after = ("docker.down",)
    deadline = 30.0
    about = About(
        what="Compose v2 is missing, or older than 2.17",
        seen="The plugin is looked for where Docker looks for it, and asked for its version",
        why="Compose creates the stack's containers. Version 1, which is all that Debian 12 "
        "has, does not know its files",
        we="Nothing; an install is refused before it touches anything. What runs goes on, "
        "but missing containers cannot be created",
        you="Install docker-compose-v2 (Ubuntu), docker-compose (Debian 13), or "
        "docker-compose-plugin from Docker's repository",
        commands=("docker compose version",),
    )

    async def ask(self, world: World) -> Finding:
        """Look for the plugin and ask its version."""
        try:
            text = await world.compose.version()
        except EngineUnavailable as error:
            return self.fail(error.message, error.fix)
        numbers = re.match(r"(\d+)\.(\d+)", text)
        if numbers is None:
            return self.fail(f"Compose tells no version, but {text[:60]!r}", INSTALL_COMPOSE)
        if (int(numbers[1]), int(numbers[2])) < OLDEST_COMPOSE:
            oldest = ".".join(map(str, OLDEST_COMPOSE))
            return self.fail(f"Compose {text} is older than {oldest}", INSTALL_COMPOSE)
        return self.passed(f"Compose {text}")


CHECKS: tuple[Check, ...] = (DockerDown(), DockerFlavour(), ComposeMissing())
"""What an install asks."""

WATCHED: tuple[Check, ...] = (DockerDown(), DockerHung())
"""What the monitor asks, without a further call to the Engine."""
