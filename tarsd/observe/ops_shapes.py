"""What `/ops/*` answers, as docs/operations-api.md shapes it.

The daemon answers with dictionaries and has no use for these: they are for the description (`/openapi.json`) and for the
tests, which hold the two together.
"""

from typing import Literal

from pydantic import ConfigDict

from tarsd.observe.model import BootStatus, Shape


class Exact(Shape):
    """Nothing else is in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class OpsService(Exact):
    """`status` is the verdict on it; `message` says why where it is not `healthy`."""

    name: str
    status: Literal["healthy", "starting", "unhealthy", "stopped", "unknown"]
    latency_ms: float | None
    message: str | None
    since: str | None
    restarts: int | None


class OpsModel(Exact):
    """`vram_bytes` are in a card's memory; `processor` is null while it is not loaded."""

    name: str
    loaded: bool
    size_bytes: int
    vram_bytes: int | None
    processor: Literal["gpu", "cpu", "gpu and cpu"] | None
    capabilities: list[str]


class OpsCollection(Exact):
    """`count` is null where there are too many collections to count each."""

    name: str
    count: int | None
    dimension: int | None


class OpsChroma(Exact):
    """`collections` is null before the vector store has answered once; `as_of` is when it did last."""

    collections: list[OpsCollection] | None
    total_embeddings: int | None
    as_of: str | None
    message: str | None


class OpsModels(Exact):
    """Why `models` is what it is: `as_of` is when the model server answered last."""

    as_of: str | None
    message: str | None


class OpsGpu(Exact):
    """A card; what it does not tell is null. `age_seconds` is that of NVML's answer."""

    name: str
    driver: str | None
    memory_total_bytes: int | None
    memory_used_bytes: int | None
    utilization_ratio: float | None
    temperature_celsius: int | None
    power_watts: float | None
    asleep: bool
    message: str | None
    age_seconds: float | None


class OpsMemory(Exact):
    """In bytes."""

    total_bytes: int | None
    available_bytes: int | None
    swap_total_bytes: int | None
    swap_free_bytes: int | None


class OpsDisk(Exact):
    """The file system that the Engine writes to."""

    path: str | None
    total_bytes: int | None
    free_bytes: int | None
    message: str | None


class OpsPressure(Exact):
    """Shares of the last ten seconds in which work waited; null where the kernel does not tell."""

    cpu_ratio: float | None
    memory_ratio: float | None
    io_ratio: float | None


class OpsResources(Exact):
    """`cpu_busy_ratio` is over the last minute."""

    cpu_count: int
    cpu_busy_ratio: float | None
    memory: OpsMemory
    disk: OpsDisk
    load: list[float] | None
    psi: OpsPressure


class OpsNas(Exact):
    """`reachable` is null where no NAS is set up."""

    configured: bool
    mounted: bool | None
    reachable: bool | None
    documents: int | None
    message: str | None


class OpsIncident(Exact):
    """One that is not resolved."""

    id: str | None
    fault: str
    subject: str
    status: Literal["open", "held"]
    severity: Literal["fail", "warn"]
    summary: str
    fix: str | None
    opened: str
    acknowledged: bool


class OpsLast(Exact):
    """The one that was resolved last."""

    id: str | None
    at: str
    text: str


class OpsIncidents(Exact):
    """`open` is null before the records could be read."""

    open: list[OpsIncident] | None
    last: OpsLast | None


class OpsSummary(Exact):
    """`GET /ops/summary`. `timestamp` is now, `as_of` when all of it was looked at, `age_seconds` the time between them."""

    timestamp: str
    as_of: str | None
    age_seconds: float | None
    machine: str
    version: str
    build: str
    uptime_seconds: float
    overall_status: Literal["healthy", "degraded", "unhealthy", "stopped", "unknown"]
    message: str
    services: list[OpsService]
    models: list[OpsModel] | None
    model_server: OpsModels
    chroma: OpsChroma
    gpu: list[OpsGpu]
    resources: OpsResources
    nas: OpsNas
    incidents: OpsIncidents
    boot: BootStatus | None
    change: str | None


class OpsSnapshot(Exact):
    """`GET /ops/health-snapshot`: the verdict, and what keeps it from being better."""

    timestamp: str
    as_of: str | None
    age_seconds: float | None
    overall_status: Literal["healthy", "degraded", "unhealthy", "stopped", "unknown"]
    message: str
    services: dict[str, str]
    incidents_open: int | None


class OpsEntry(Exact):
    """A line of an incident's timeline."""

    at: str
    kind: str
    text: str
    seconds: float | None


class OpsIncidentStory(Exact):
    """An incident, open or not; `entries` only where one was asked for."""

    id: str | None
    fault: str
    subject: str
    status: Literal["open", "held", "resolved"]
    severity: str
    summary: str
    fix: str | None
    opened: str
    resolved: str | None
    seconds: float | None
    attempts: int
    acknowledged: str | None
    entries: list[OpsEntry] | None


class OpsIncidentList(Exact):
    """`GET /ops/incidents`, newest first."""

    incidents: list[OpsIncidentStory]
