"""One look at everything, taken beside the monitor's rounds: what the LAN is told is read from it, and nobody is asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from tarsd.catalogue.check import Finding
from tarsd.engine.metered import Cost
from tarsd.host.chroma import Collection
from tarsd.host.nvidia.facts import Card
from tarsd.host.resources import Resources
from tarsd.observe.model import Status

T = TypeVar("T")

STALE = 180.0
"""Seconds after which a picture, which is due every 60, proves nothing of the present."""


@dataclass(frozen=True)
class ModelRow:
    """A model as the model server told it; sizes in bytes, `vram` of them in a card's memory. Not loaded: both are None."""

    name: str
    size: int
    loaded: int | None = None
    vram: int | None = None
    capabilities: tuple[str, ...] = ()

    @property
    def processor(self) -> str | None:
        """Where it runs; None while it is not loaded."""
        if self.loaded is None or self.vram is None:
            return None
        if self.vram <= 0:
            return "cpu"
        return "gpu" if self.vram >= self.loaded else "gpu and cpu"


@dataclass(frozen=True)
class Stock:
    """What a store answered last, at `at` (as it is written); `why` says why it could not be asked since then."""

    models: Sequence[ModelRow] | None = None
    models_at: str | None = None
    models_why: str | None = None
    collections: Sequence[Collection] | None = None
    collections_at: str | None = None
    collections_why: str | None = None


@dataclass(frozen=True)
class CardsSeen:
    """NVML's newest word: `seconds` ago at the time of the picture; `why` there is none."""

    cards: Sequence[Card] = ()
    driver: str | None = None
    asleep: bool = False
    seconds: float | None = None
    why: str | None = None


@dataclass(frozen=True)
class Seen:
    """What the monitor knows of its checks: the newest findings, what they cost, when each passed last (since 1970)."""

    findings: Sequence[Finding] = ()
    costs: Mapping[str, Cost] = field(default_factory=dict[str, Cost])
    passed: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True)
class Picture:
    """Everything at `taken` (seconds since 1970, `at` on the loop's clock); without `status` nothing was looked at yet.

    `number` grows by one with each.
    """

    number: int = 0
    at: float = 0.0
    taken: float = 0.0
    status: Status | None = None
    why: str = "nothing has been looked at yet"
    """Why there is no status."""
    resources: Resources = field(default_factory=Resources)
    cards: CardsSeen = field(default_factory=CardsSeen)
    stock: Stock = field(default_factory=Stock)
    seen: Seen = field(default_factory=Seen)
