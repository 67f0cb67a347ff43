"""A machine for the status page's pictures: five services, a card, a day behind it."""

import math
from pathlib import Path

from tarsd.engine.incident import Entry, EntryKind, Incident, IncidentStatus
from tarsd.observe.history import Past
from tarsd.observe.model import ServiceAnswers, ServiceStatus
from tarsd.web.door import refusal
from tests.unit.api.lan.ops_world import OpsWorld
from tests.unit.observe.pictures import (
    AT,
    GIB,
    TAKEN,
    incident,
    picture,
    service,
    status,
    with_incidents,
)

_SERVICES = {
    "ollama": (41.0, 9.1 * GIB, 0),
    "chromadb": (6.0, 0.12 * GIB, 2 * GIB),
    "postgres": (2.1, 0.09 * GIB, GIB),
    "redis": (0.9, 0.01 * GIB, GIB // 2),
    "webui": (18.0, 1.2 * GIB, 4 * GIB),
}


def _rows(**changed: dict[str, object]) -> list[ServiceStatus]:
    return [
        service(
            name,
            memory_bytes=int(memory),
            memory_limit_bytes=limit,
            answers=ServiceAnswers(level="ready", latency_ms=latency, at=AT, message=None),
        ).model_copy(update=changed.get(name, {}))
        for name, (latency, memory, limit) in _SERVICES.items()
    ]


WELL = picture(status=status(services=_rows(), message="5 of 5 services are healthy"))

LOST = "has lost the GPU: models would run on the CPU"
SICK = picture(
    status=with_incidents(
        incident(summary=LOST, fix="sudo tarsctl restart ollama"),
        incident(
            id="33",
            fault="disk.low",
            subject="/var/lib/docker",
            severity="warn",
            status="held",
            summary="only 8 % are free",
            fix="docker system df; tarsctl models list",
        ),
        services=_rows(
            ollama={"health": "unhealthy", "message": LOST, "answers": None},
            webui={"state": "exited", "health": "none", "wanted": "stopped", "answers": None},
        ),
        overall="unhealthy",
        message="3 of 4 services are healthy; not ollama",
    )
)


STORY = Incident(
    31,
    "gpu.container-lost",
    "ollama",
    IncidentStatus.RESOLVED,
    "fail",
    "sees the GPU",
    None,
    "2026-11-21T20:04:04.100Z",
    "2026-11-21T20:04:13.500Z",
    1,
    entries=(
        Entry("2026-11-21T20:04:04.100Z", EntryKind.SEEN, "has lost the GPU; the host's is fine"),
        Entry(
            "2026-11-21T20:04:04.100Z",
            EntryKind.DECIDED,
            "recreate ollama: idle for 41 min, its data is in a volume",
        ),
        Entry("2026-11-21T20:04:04.400Z", EntryKind.DID, "recreate ollama", 4.8),
        Entry("2026-11-21T20:04:13.500Z", EntryKind.RESOLVED, "sees the GPU", 9.4),
    ),
)


class PageWorld(OpsWorld):
    """The page of it, with the door that a browser is shown."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.lan.page_of = refusal
        self.shelf.incidents = [STORY]

    @property
    def address(self) -> str:
        """Where the page is."""
        return f"https://localhost:{self.lan.port}/"

    async def _past(self) -> Past:
        wave = [0.5 + 0.3 * math.sin(it / 3) + 0.2 * math.sin(it * 1.7) for it in range(48)]
        up: dict[str, list[float | None]] = {name: [None] * 3 + [1.0] * 45 for name in _SERVICES}
        up["ollama"][29] = 0.4
        up["webui"][40] = 0.93
        latency = {
            name: [it / 1000 * (1 + wave[at]) for at in range(48)]
            for name, (it, _, _) in _SERVICES.items()
        }
        return Past(TAKEN - 86400, up, latency, {"cpu": [0.1 + 0.2 * it for it in wave]})
