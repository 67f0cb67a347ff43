"""From a generation, what was asked for and what the Engine shows, to one status per service and one verdict."""

from collections.abc import Mapping, Sequence
from typing import Literal

from tarsd.catalogue import exits
from tarsd.host.containers import Container
from tarsd.host.generations import Generation, Service
from tarsd.observe.model import LastEvent, ServiceStatus
from tarsd.store.intent import Wanted
from tarsd.times import iso

Overall = Literal["healthy", "degraded", "unhealthy", "stopped", "unknown"]

_UNSTARTED = {
    "created": "was created and never started",
    "paused": "is paused",
    "removing": "is being removed",
}
_HEALTH: Mapping[str, Literal["healthy", "starting", "unhealthy", "none"]] = {
    "healthy": "healthy",
    "starting": "starting",
    "unhealthy": "unhealthy",
}


def exit_words(container: Container) -> str:
    """An exit status as a person says it."""
    return exits.words(container.exit_code, oom=container.oom_killed)


def service_status(
    service: Service,
    container: Container | None,
    wanted: Wanted,
    memory: int | None,
    *,
    answered: bool = False,
) -> ServiceStatus:
    """One row; without a container the service is `missing`.

    `answered`: this start of the container has answered a probe of ours and Docker has not asked since.
    """
    shown = container.started if container and container.state == "running" else None
    if container and container.state != "running":
        shown = container.finished
    return ServiceStatus(
        name=service.name,
        role=service.role,
        required=service.required,
        state=container.state if container else "missing",
        health="healthy"
        if answered
        else _HEALTH.get(container.health if container else "", "none"),
        since=iso(shown) if shown else None,
        restarts=container.restarts if container else None,
        wanted=wanted,
        memory_bytes=memory,
        memory_limit_bytes=container.memory_limit if container else None,
        ports=list(container.ports) if container else [],
        image=service.image,
        message=_message(container, wanted),
    )


def unknown_status(service: Service, wanted: Wanted) -> ServiceStatus:
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
    )


def _message(container: Container | None, wanted: Wanted) -> str | None:
    if wanted == "stopped":
        running = container is not None and container.state == "running"
        return "runs, although its owner stopped it" if running else None
    if container is None:
        return "has no container"
    if container.state != "running":
        ended = f"exited with status {exit_words(container)}"
        return container.error or _UNSTARTED.get(container.state, ended)
    if container.health == "unhealthy":
        return container.health_output.splitlines()[-1][:200] if container.health_output else None
    return None


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
