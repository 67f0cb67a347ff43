"""Pictures of a machine: all is well on it, but for what a test changes."""

from dataclasses import replace
from typing import Any

from tarsd.catalogue.check import Finding
from tarsd.catalogue.check import Status as Answer
from tarsd.engine.metered import Cost
from tarsd.host.chroma import Collection
from tarsd.host.nvidia.facts import Card
from tarsd.host.pressure import Pressure
from tarsd.host.resources import Resources
from tarsd.observe.model import (
    BootStatus,
    DiskStatus,
    EngineStatus,
    GpuStatus,
    IncidentBrief,
    IncidentsStatus,
    LastIncident,
    NasStatus,
    ServiceAnswers,
    ServiceStatus,
    Status,
)
from tarsd.observe.picture import CardsSeen, ModelRow, Picture, Seen, Stock

AT = "2026-11-22T03:12:04.100Z"
TAKEN = 1_795_317_124.1
"""The same since 1970."""

GIB = 1 << 30


def service(name: str = "redis", **facts: Any) -> ServiceStatus:
    made = ServiceStatus(
        name=name,
        role="cache",
        required=True,
        state="running",
        health="healthy",
        since="2026-11-10T03:00:00.000Z",
        restarts=1,
        wanted="running",
        memory_bytes=11 << 20,
        memory_limit_bytes=512 << 20,
        ports=[],
        image=f"{name}:8",
        message=None,
        answers=ServiceAnswers(level="ready", latency_ms=1.2, at=AT, message=None),
    )
    return made.model_copy(update=facts)


def incident(**facts: Any) -> IncidentBrief:
    made = IncidentBrief(
        id="31",
        fault="gpu.container-lost",
        subject="ollama",
        status="open",
        severity="fail",
        summary="has lost the GPU",
        fix="tarsctl restart ollama",
        opened=AT,
        next_try=None,
        acknowledged=None,
    )
    return made.model_copy(update=facts)


def status(**facts: Any) -> Status:
    last = LastIncident(id="30", at=AT, text="redis answers again after 9 s")
    made = Status(
        machine="attic",
        version="0.9",
        timestamp=AT,
        overall="healthy",
        message="2 of 2 services are healthy",
        installed=True,
        generation=7,
        since="2026-11-10T03:00:00.000Z",
        services=[service("redis"), service("ollama", role="llm", memory_limit_bytes=0)],
        engine=EngineStatus(status="ok", version="26.1.5", message=None),
        gpu=[GpuStatus(name="RTX 4090", driver="550.1", message=None)],
        nas=NasStatus(
            configured=True,
            mounted=True,
            source="//nas/docs",
            path="/mnt/nas/documents",
            message=None,
            documents=4312,
            documents_complete=True,
            documents_at=AT,
        ),
        disk=DiskStatus(
            path="/var/lib/docker", free_bytes=412 * GIB, total_bytes=930 * GIB, message=None
        ),
        boot=BootStatus(at=AT, verdict="GO", seconds=41.0, services=5, missing=[]),
        last=None,
        change=None,
        incidents=IncidentsStatus(open=[], held=0, last=last),
        problems=[],
        next=None,
    )
    return made.model_copy(update=facts)


def with_incidents(*found: IncidentBrief, **facts: Any) -> Status:
    held = sum(it.status == "held" for it in found)
    return status(incidents=IncidentsStatus(open=list(found), held=held, last=None), **facts)


CARD = Card(
    number=0,
    name="RTX 4090",
    total=24 * GIB,
    used=18 * GIB,
    temperature=61,
    busy=25,
    power=310_500,
)

PICTURE = Picture(
    number=1,
    at=1000.0,
    taken=TAKEN,
    status=status(),
    why="",
    resources=Resources(
        cores=8,
        busy=0.125,
        memory=64 * GIB,
        memory_available=40 * GIB,
        swap=0,
        swap_free=0,
        load=(1.5, 1.0, 0.5),
        pressure=Pressure(1.5, 0.0, 12.0),
        own_memory=48 << 20,
    ),
    cards=CardsSeen((CARD,), "550.1", False, 12.0),
    stock=Stock(
        models=(
            ModelRow("llama3.1:8b", 5 * GIB, 6 * GIB, 6 * GIB, ("completion", "tools")),
            ModelRow("nomic-embed-text:latest", GIB // 4),
        ),
        models_at=AT,
        collections=(Collection("docs", 1200, 768), Collection("notes", 34, None)),
        collections_at=AT,
    ),
    seen=Seen(
        findings=(
            Finding("disk.full", "/var/lib/docker", Answer.PASS, "412 GiB are free"),
            Finding("service.hung", "redis", Answer.PASS, "answers"),
            Finding("service.hung", "ollama", Answer.FAIL, "does not answer"),
        ),
        costs={"disk.full": Cost(0.002, 0.001, 17)},
        passed={"disk.full": TAKEN},
    ),
)


def picture(**facts: Any) -> Picture:
    """Another one than before."""
    return replace(PICTURE, number=2, **facts)
