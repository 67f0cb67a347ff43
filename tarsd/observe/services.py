"""From a generation, what was asked for and what the Engine shows, to one status per service and one verdict."""

import re
from collections.abc import Sequence
from typing import Literal

from tarsd.catalogue import exits
from tarsd.host.containers import Container
from tarsd.host.generations import Generation, Service
from tarsd.observe.health import Health, Word, answers, health, why_unhealthy
from tarsd.observe.model import LastEvent, ServiceStatus, WishStatus
from tarsd.store.intent import Wanted, Wish
from tarsd.times import iso

Overall = Literal["healthy", "degraded", "unhealthy", "stopped", "unknown"]

_UNSTARTED = {
    "created": "was created and never started",
    "paused": "is paused",
    "removing": "is being removed",
}

_WHEN = re.compile(r"(?: seen|,)? at (?P<at>\d{4}-\d\d-\d\dT[\d:.]+Z)$")
"""How the keeper of intent ends a reason: with the Engine's own time of the stop or start."""


def exit_words(container: Container) -> str:
    """An exit status as a person says it."""
    return exits.words(container.exit_code, oom=container.oom_killed)


def service_status(word: Word, wish: Wish | None, memory: int | None) -> ServiceStatus:
    """One row; without a container the service is `missing`."""
    view = word.view
    service, container = view.service, view.container
    shown = container.started if container and container.state == "running" else None
    if container and container.state != "running":
        shown = container.finished
    found = health(word)
    return ServiceStatus(
        name=service.name,
        role=service.role,
        required=service.required,
        state=container.state if container else "missing",
        health=found,
        since=iso(shown) if shown else None,
        restarts=container.restarts if container else None,
        wanted=view.wanted,
        memory_bytes=memory,
        memory_limit_bytes=container.memory_limit if container else None,
        ports=list(container.ports) if container else [],
        image=service.image,
        message=_message(word, found),
        answers=answers(view),
        wish=wish_status(wish),
    )


def unknown_status(service: Service, wanted: Wanted, wish: Wish | None = None) -> ServiceStatus:
    """One row while the Engine cannot be asked."""
    return ServiceStatus(
        name=service.name,
        role=service.role,
        required=service.required,
        state="unknown",
        health="unknown",
        since=None,
        restarts=None,
        wanted=wanted,
        memory_bytes=None,
        memory_limit_bytes=None,
        ports=[],
        image=service.image,
        message=None,
        wish=wish_status(wish),
    )


def wish_status(wish: Wish | None) -> WishStatus | None:
    """What was said and when: of a `docker stop` when it was done, not when it was understood."""
    if wish is None:
        return None
    when = _WHEN.search(wish.reason)
    return WishStatus(
        at=when["at"] if when else wish.at,
        by="docker" if wish.reason.startswith("docker ") else "tarsctl",
        reason=_WHEN.sub("", wish.reason),
    )


def _message(word: Word, found: Health) -> str | None:
    container = word.view.container
    if word.view.wanted == "stopped":
        running = container is not None and container.state == "running"
        return "runs, although its owner stopped it" if running else None
    if container is None:
        return "has no container"
    if container.state != "running":
        ended = f"exited with status {exit_words(container)}"
        return container.error or _UNSTARTED.get(container.state, ended)
    return why_unhealthy(word) if found == "unhealthy" else None


def overall(services: Sequence[ServiceStatus]) -> tuple[Overall, str]:
    """The verdict, and the same in words. Services the owner stopped do not count against it."""
    wanted = [service for service in services if service.wanted == "running"]
    if not wanted:
        return "stopped", f"all {len(services)} services were stopped by the owner"
    well = [service for service in wanted if _serves(service)]
    count = f"{len(well)} of {len(wanted)} services are healthy"
    if len(well) == len(wanted):
        stopped = len(services) - len(wanted)
        return "healthy", f"{count}, {stopped} stopped by the owner" if stopped else count
    bad = [service for service in wanted if not _serves(service)]
    message = f"{count}; not {', '.join(service.name for service in bad)}"
    if all(service.health == "starting" or not service.required for service in bad):
        return "degraded", message
    return "unhealthy", message


def _serves(service: ServiceStatus) -> bool:
    return service.state == "running" and service.health in ("healthy", "none")


def last_event(generation: Generation, containers: Sequence[Container]) -> LastEvent | None:
    """The newest end of a container that the Engine started again by itself."""
    ended = [
        container
        for container in containers
        if container.service in generation.services
        and container.restarts
        and container.finished is not None
        and container.state == "running"
    ]
    if not ended:
        return None
    newest = max(ended, key=lambda container: iso(container.finished) if container.finished else "")
    assert newest.finished is not None
    text = f"{newest.service} ended by itself; the Engine started it again"
    return LastEvent(at=iso(newest.finished), text=text)
