"""A container of the double of the Engine."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from hashlib import sha256
from typing import Any

PROJECT = "tars"
STARTED = datetime(2026, 11, 22, 3, 0, tzinfo=timezone.utc)


def engine_time(moment: datetime | None) -> str:
    """A time as the Engine writes it, which has one for never."""
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}123Z" if moment else "0001-01-01T00:00:00Z"


@dataclass
class FakeContainer:
    """A container; `healthy_after` is in seconds from its start, None for one without a health check.

    One that `ails` never gets healthy, one that `dies` does so as soon as it is started.
    """

    service: str
    project: str = PROJECT
    state: str = "running"
    healthy_after: float | None = 0.0
    ails: bool = False
    dies: bool = False
    started: datetime | None = STARTED
    finished: datetime | None = None
    exit_code: int = 0
    oom_killed: bool = False
    error: str = ""
    restarts: int = 0
    image: str = "redis:8"
    says: str = "ok"
    log: list[tuple[int, bytes]] = field(default_factory=list[tuple[int, bytes]])
    memory: dict[str, Any] = field(default_factory=lambda: {"usage": 2048, "stats": {}})
    limit: int = 4096
    policy: str = "unless-stopped"
    ports: Mapping[str, list[dict[str, str]]] = field(default_factory=dict[str, Any])
    labels: dict[str, str] = field(default_factory=dict[str, str])
    volumes: list[str] = field(default_factory=list[str])
    networks: dict[str, dict[str, Any]] = field(default_factory=dict[str, Any])
    definition: str = ""
    name: str = ""
    more: dict[str, Any] = field(default_factory=dict[str, Any])
    start_time: float = 0.0
    copy: str = ""
    """Tells containers of one service apart."""

    @property
    def id(self) -> str:
        return sha256(f"{self.project}/{self.service}{self.copy}".encode()).hexdigest()
