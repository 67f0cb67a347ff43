"""Services and containers in any state, made from a few words."""

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from tarsd.catalogue.check import Finding
from tarsd.catalogue.views import Answers, ServiceView
from tarsd.host.containers import Container
from tarsd.host.generations import Service
from tarsd.observe.health import Word
from tarsd.observe.model import ServiceStatus
from tarsd.observe.services import service_status
from tarsd.store.intent import Wanted

STARTED = datetime(2026, 11, 22, 3, 0, tzinfo=timezone.utc)
ENDED = datetime(2026, 11, 22, 2, 59, tzinfo=timezone.utc)

SERVICE = Service("redis", "redis:8", "cache", True, frozenset(), 10)
CONTAINER = Container(
    id="1d",
    service="redis",
    image="sha256:1d",
    image_id="sha256:1d",
    state="running",
    health="healthy",
    health_output="PONG",
    started=STARTED,
    finished=ENDED,
    exit_code=0,
    oom_killed=False,
    error="",
    restarts=0,
    comes_back=True,
    memory_limit=4096,
    ports=("127.0.0.1:6379",),
    labels={},
)

UNASKED = Answers()


def row(
    state: str,
    health: str = "none",
    *,
    required: bool = True,
    wanted: Wanted = "running",
    answers: Answers = UNASKED,
    fault: Finding | None = None,
    **facts: Any,
) -> ServiceStatus:
    """The status of a service whose container is so; `missing` means there is none."""
    container = replace(CONTAINER, state=state, health=health, **facts)
    service = replace(SERVICE, required=required)
    view = ServiceView(service, None if state == "missing" else container, wanted, answers)
    return service_status(Word(view, fault), None, 1024)
