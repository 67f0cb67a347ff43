"""The status of everything, as docs/json.md shapes it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Shape(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(frozen=True)


class ServiceAnswers(Shape):
    """What tarsd's own probe has heard of a service last; with `message`, that it was no good answer."""

    level: Literal["live", "ready", "deep"] | None
    latency_ms: float | None
    at: str | None
    """Of the last good one."""
    message: str | None


class WishStatus(Shape):
    """When the owner said what he wants of a service, and how."""

    at: str
    by: Literal["tarsctl", "docker"]
    reason: str


class ServiceStatus(Shape):
    """One service: Docker's words for its state, and what the owner wants of it."""

    name: str
    role: str
    required: bool
    state: str
    health: Literal["healthy", "starting", "unhealthy", "none", "unknown"]
    since: str | None
    restarts: int | None
    wanted: Literal["running", "stopped"]
    memory_bytes: int | None
    memory_limit_bytes: int | None
    ports: list[str]
    image: str
    message: str | None
    answers: ServiceAnswers | None = None
    wish: WishStatus | None = None


class EngineStatus(Shape):
    """The Docker Engine."""

    status: Literal["ok", "down", "hung", "unsupported", "unknown"]
    version: str | None
    message: str | None


class GpuStatus(Shape):
    """An NVIDIA card as the kernel shows it."""

    name: str
    driver: str | None
    message: str | None


class NasStatus(Shape):
    """The documents' mount."""

    configured: bool
    mounted: bool | None
    source: str | None
    path: str | None
    message: str | None
    documents: int | None = None
    """As counted last; more, where that count was not `documents_complete`."""
    documents_complete: bool | None = None
    documents_at: str | None = None
    fault: str | None = None
    """The check of the catalogue that says what is wrong with it."""


class DiskStatus(Shape):
    """The file system the Engine writes to."""

    path: str
    free_bytes: int | None
    total_bytes: int | None
    message: str | None


class LastEvent(Shape):
    """The newest thing worth telling."""

    at: str
    text: str


class IncidentBrief(Shape):
    """An incident that is not resolved."""

    id: str | None
    fault: str
    subject: str
    status: Literal["open", "held"]
    severity: Literal["fail", "warn"]
    summary: str
    fix: str | None
    opened: str
    next_try: str | None
    acknowledged: str | None


class LastIncident(Shape):
    """The incident that was resolved last, in one line."""

    id: str | None
    at: str
    text: str


class IncidentsStatus(Shape):
    """What is not resolved, oldest first, `held` of them held."""

    open: list[IncidentBrief]
    held: int
    last: LastIncident | None


class RunningChange(Shape):
    """A change under way."""

    id: str
    kind: str
    summary: str
    started: str


class Problem(Shape):
    """Something that needs the owner, with the exact thing to try."""

    id: str
    subject: str
    message: str
    fix: str | None
    incident: str | None = None
    """Its incident, if it is one."""


class BootStatus(Shape):
    """How the stack came up with this boot; `seconds` from the boot to the verdict."""

    at: str
    verdict: Literal["GO", "NO-GO"]
    seconds: float
    services: int
    missing: list[str]


class Status(Shape):
    """The result of GET /v1/status."""

    machine: str
    version: str
    timestamp: str
    overall: Literal["healthy", "degraded", "unhealthy", "stopped", "unknown"]
    message: str
    installed: bool
    generation: int | None
    since: str | None
    services: list[ServiceStatus]
    engine: EngineStatus
    gpu: list[GpuStatus]
    nas: NasStatus
    disk: DiskStatus
    boot: BootStatus | None
    last: LastEvent | None
    change: RunningChange | None
    incidents: IncidentsStatus | None
    problems: list[Problem]
    next: str | None
