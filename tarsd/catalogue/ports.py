"""The ports that the stack publishes on this machine."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tarsd.catalogue import start_errors
from tarsd.catalogue.about import About
from tarsd.catalogue.check import Check, Finding, Status, Trigger, World
from tarsd.catalogue.hands import Hands
from tarsd.catalogue.remedy import Remedy
from tarsd.catalogue.service_remedies import Start
from tarsd.catalogue.views import ServiceView
from tarsd.host.containers import Container
from tarsd.host.listeners import Listener
from tarsd.settings import Ops, Ports

TARSD = "tarsd.service"

STARTING = 3.0
"""Seconds until a port is asked for once more that Docker seems to hold for nobody: it opens the ports of a container before
it tells that the container runs (a tenth of a second on an idle machine)."""

STATUS_PAGE = "the status page"
"""Who wants tarsd's own port, in words."""


@dataclass(frozen=True)
class Wanted:
    """A TCP port that is to be free: a service's, or (without one) of the setting ports.extra."""

    address: str
    port: int
    service: str | None


def wanted(stack: Mapping[str, Any], extra: Sequence[int]) -> list[Wanted]:
    """Every port that the stack publishes, and the extra ones; those that the Engine chooses are always free."""
    found = [
        Wanted(port.get("host_ip") or "0.0.0.0", number, name)  # noqa: S104  Compose means all by none
        for name, service in stack["services"].items()
        for port in service.get("ports") or ()
        if port.get("protocol", "tcp") == "tcp"
        for number in _numbers(str(port.get("published") or ""))
    ]
    taken = {it.port for it in found}
    return found + [Wanted("0.0.0.0", it, None) for it in extra if it not in taken]  # noqa: S104


def _own(ops: Ops) -> list[Wanted]:
    """The port of tarsd's own listener, where it is to listen."""
    addresses = {"local": "127.0.0.1", "lan": "0.0.0.0"}  # noqa: S104  which of them it gets is known later
    return [Wanted(addresses[ops.mode], ops.port, STATUS_PAGE)] if ops.mode != "off" else []


def _numbers(published: str) -> list[int]:
    """`8080`; of a range (`8000-8010`) the Engine takes a free one, so none must be; none where it chooses freely."""
    return [int(published)] if published.isdecimal() and published != "0" else []


def published(view: ServiceView) -> list[Wanted]:
    """The ports that its container was made to publish."""
    ports = view.container.ports if view.container is not None else ()
    parts = [it.rpartition(":") for it in ports]
    return [
        Wanted(address.strip("[]"), int(port), view.name)
        for address, _, port in parts
        if port.isdecimal() and port != "0"
    ]


def refused_port(container: Container) -> int | None:
    """The port for which the Engine could not start it, by its own words."""
    if container.state == "running" or not container.error.strip():
        return None
    return start_errors.read(container.error).port


class StartFreed(Remedy):
    """Start the service that had to wait for its port."""

    id = "service.start"

    def __init__(self) -> None:
        self._start = Start()

    def fits(self, world: World, finding: Finding) -> bool:
        """Not while somebody else has the port."""
        return bool(finding.evidence) and self._start.fits(world, _of_service(finding))

    def guard(self, world: World, finding: Finding) -> str | None:
        """What forbids every start of it; and the owner's word for that service, which the port's name does not show."""
        of_service = _of_service(finding)
        mode = world.settings.heal.services.get(of_service.subject, "auto")
        if mode != "auto":
            return f"[heal] is {mode} for {of_service.subject}"
        return self._start.guard(world, of_service)

    def words(self, finding: Finding) -> str:
        """See Remedy."""
        return self._start.words(_of_service(finding))

    async def do(self, hands: Hands, finding: Finding) -> None:
        """See Remedy."""
        await self._start.do(hands, _of_service(finding))


def _of_service(finding: Finding) -> Finding:
    """The same of the service that wants the port: a freed one has its name as evidence."""
    return replace(finding, subject=finding.evidence[0])


class PortTaken(Check):
    """Another program listens on a port that the stack publishes: the service could not start."""

    id = "port.taken"
    subject = "ports"
    after = ("compose.invalid",)
    deadline = 15.0
    vital = True
    explains = True
    every = 60.0
    remedies = (StartFreed(),)
    triggers = frozenset({Trigger.CHANGE, Trigger.ENGINE, Trigger.SETTINGS})
    about = About(
        what="Another program listens on a port that the stack publishes, or two services "
        "want the same one",
        seen="The kernel's listening sockets and their owners, asked in a job, and the "
        "ports that Docker publishes; what the stack's own containers hold is theirs. Once the stack is installed they are "
        "looked up only for a service that has ended and is not started again by Docker, or that it could not start",
        why="The service cannot start: Docker refuses a port that is taken",
        we="It ends no program; once the port is free again, it starts the service that has waited "
        "for it. A port that Docker itself still holds for a container that "
        "is gone is freed by an install or a start, which restarts Docker where nothing "
        "else runs on it",
        you="Stop the program that is named, or give the service another port under [ports]",
        commands=(
            "sudo ss -ltnp",
            "sudoedit /etc/tars-home/tars-home.toml",
            "sudo tarsctl install --yes",
        ),
    )

    async def ask(self, world: World) -> list[Finding]:
        """One finding for each port; what this stack's own containers hold is theirs."""
        if world.services:
            return await self._of_installed(world)
        others = [it for it in await world.listeners.all() if it.project != world.project]
        listeners = [it for it in others if it.unit != TARSD]
        places = wanted(await world.stack(), world.settings.ports.extra) + _own(world.settings.ops)
        return [self._judge(place, places, listeners) for place in places]

    async def _of_installed(self, world: World) -> list[Finding]:
        """What runs has its ports. Who else listens is looked up only for what lies, and does not come back by itself."""
        found: list[Finding] = []
        places: list[Wanted] = []
        for view in world.services:
            for place in published(view):
                if view.wanted == "running" and _lies(view):
                    if view.busy:  # a stop whose author is not known yet, among others
                        subject = f"port {place.port}"
                        found.append(Finding(self.id, subject, Status.SKIP, view.busy))
                    else:
                        places.append(place)
                elif view.container is not None and view.container.state == "running":
                    found.append(self.passed(f"{view.name} has it", subject=f"port {place.port}"))
        if places:
            every = await world.listeners.all()
            left = [it for it in every if it.left_over]
            if any(it.holds(at.address, at.port) for it in left for at in places):
                await asyncio.sleep(STARTING)
                every = await world.listeners.all()
            listeners = [it for it in every if it.project != world.project]
            for place in places:
                finding = self._judge(place, places, listeners)
                found.append(_freed(finding, place, world) or finding)
        return found or [self.passed("no service wants one")]

    def _judge(
        self, place: Wanted, places: Sequence[Wanted], listeners: Sequence[Listener]
    ) -> Finding:
        subject = f"port {place.port}"
        number = place.port
        for other in places:
            if other.service != place.service and Listener(other.address, number).holds(
                place.address, other.port
            ):
                return self.fail(
                    f"wanted by both {place.service} and {other.service}",
                    _elsewhere(place),
                    subject=subject,
                )
        for it in listeners:
            if it.holds(place.address, number):
                return held(place, it)
        return self.passed(
            f"free for {place.service}" if place.service else "free", subject=subject
        )


def _lies(view: ServiceView) -> bool:
    """Whether it does not run, and Docker does nothing about that."""
    it = view.container
    return it is not None and (
        it.state in ("created", "exited", "dead") or refused_port(it) is not None
    )


def _freed(finding: Finding, place: Wanted, world: World) -> Finding | None:
    """Of a port that is free, and was taken when it was last asked: that is not over before the service runs."""
    was = (it for it in world.known if (it.id, it.subject) == (finding.id, finding.subject))
    if place.service is None or finding.status is not Status.PASS:
        return None
    if all(it.status is not Status.FAIL for it in was):
        return None
    return replace(
        finding,
        status=Status.FAIL,
        summary=f"is free again, and {place.service} does not run yet",
        fix=f"tarsctl start {place.service}",
        evidence=(place.service,),
    )


def held(place: Wanted, by: Listener) -> Finding:
    """That somebody else has the port, and what frees it."""
    cannot = f"; {place.service} cannot start" if place.service else ""
    summary = f"held by {by.owner()}{cannot}"
    return Finding(PortTaken.id, f"port {place.port}", Status.FAIL, summary, _fix(by, place))


def _fix(it: Listener, place: Wanted) -> str:
    if it.container is not None:
        free = f"docker stop {it.container}"
    elif it.left_over:
        free = "sudo systemctl restart docker"
    elif it.pid == 1:  # systemd holds it for a unit that is started by its first caller
        free = (
            f"systemctl list-sockets | grep ':{place.port} ', then stop the .socket that it names"
        )
    elif it.unit is not None:
        free = f"sudo systemctl stop {it.unit}"
    elif it.pid is not None:
        free = f"sudo kill {it.pid}"
    else:
        free = f"sudo ss -ltnp 'sport = :{place.port}'"
    return f"{free}, or {_elsewhere(place)}"


def _elsewhere(place: Wanted) -> str:
    """How to do without the port; a service that the owner's override adds has no setting."""
    if place.service is None:
        return f"take {place.port} out of ports.extra in /etc/tars-home/tars-home.toml"
    if place.service == STATUS_PAGE:
        return "set ops.port in /etc/tars-home/tars-home.toml"
    if place.service in Ports.model_fields:
        return f"set ports.{place.service} in /etc/tars-home/tars-home.toml"
    return f"publish another for {place.service} in /etc/tars-home/compose.override.yaml"


CHECKS: tuple[Check, ...] = (PortTaken(),)
