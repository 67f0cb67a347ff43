"""What NVML said, as the job `nvml` hands it over."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from tarsd.errors import JobFailed

NOT_LOADED, NO_LIBRARY, LOST, RESET, MISMATCH = 9, 12, 15, 16, 18
"""NVML's codes: no driver, no libnvidia-ml, off the bus, must be reset, library and kernel module differ."""

HELD_DOWN = 0x8 | 0x40 | 0x80
"""Clock reasons of the hardware's own: slowdown, too hot, power brake. 0x4 (the power limit) is normal under load."""


class Part(BaseModel):
    """Facts that are not asked for are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Process(Part):
    """One that computes on a card; `memory` in bytes, `container` is Docker's id."""

    pid: int
    memory: int | None = None
    command: str = ""
    container: str | None = None


class Card(Part):
    """`code` is NVML's for the card as a whole, 0 if it is well. What could not be told is None.

    Memory in bytes, temperatures in degrees (`slowdown` and `most` are the card's own thresholds), power in
    milliwatts, `busy` in
    percent. `refused` are codes by fact, `absurd` numbers that no card can have.
    """

    number: int
    code: int = 0
    said: str = ""
    uuid: str | None = None
    name: str | None = None
    bus: str | None = None
    total: int | None = None
    used: int | None = None
    temperature: int | None = None
    slowdown: int | None = None
    most: int | None = None
    busy: int | None = None
    power: int | None = None
    limit: int | None = None
    reasons: int | None = None
    recovery: int | None = None
    processes: tuple[Process, ...] | None = None
    refused: Mapping[str, int] = {}
    absurd: Mapping[str, str] = {}

    @property
    def title(self) -> str:
        """What a person calls it."""
        return self.name or self.uuid or f"GPU {self.number}"

    @property
    def held_down(self) -> bool:
        """Whether the hardware itself slows it down."""
        return bool((self.reasons or 0) & HELD_DOWN)

    @property
    def nearly_hot(self) -> bool:
        """Within five degrees of where it slows down."""
        limits = [it for it in (self.most, self.slowdown) if it is not None]
        return bool(limits) and self.temperature is not None and self.temperature >= min(limits) - 5


class Installed(Part):
    """Versions on disk: of the module for the kernel that runs, and of NVML's library; `present`: there is a module."""

    kernel: str = ""
    module: str | None = None
    present: str | None = None
    library: str | None = None


class Told(Part):
    """`code` 0: there are `cards`. Another is NVML's for the whole of it, `said` its words."""

    code: int = 0
    said: str = ""
    driver: str | None = None
    installed: Installed = Installed()
    cards: tuple[Card, ...] = ()

    @property
    def works(self) -> bool:
        """Whether a process that starts now can use a card."""
        return self.code == 0 and any(card.code == 0 for card in self.cards)

    @property
    def why_not(self) -> str:
        """NVML's own words for why it does not."""
        if self.code:
            return f"{self.said or 'nothing'} (code {self.code})"
        bad = next((card for card in self.cards if card.code), None)
        return "there is no card" if bad is None else f"{bad.said or bad.title} (code {bad.code})"

    @property
    def processes(self) -> tuple[Process, ...] | None:
        """Of all cards; None where one of them does not tell."""
        if any(card.processes is None for card in self.cards):
            return None
        return tuple(process for card in self.cards for process in card.processes or ())

    def evidence(self) -> Iterator[str]:
        """Its facts, a line for each card."""
        for card in self.cards:
            yield _line(card)


def parse(raw: Any) -> Told:
    """Raises JobFailed."""
    try:
        return Told.model_validate(raw)
    except ValidationError as error:
        raise JobFailed(f"cannot understand job nvml: {str(error)[:200]!r}") from error


def _line(card: Card) -> str:
    parts = [f"{card.title}: "]
    if card.code:
        return f"{card.title}: NVML says {card.code} {card.said}".rstrip()
    if card.used is not None and card.total is not None:
        parts.append(f"{card.used >> 20} of {card.total >> 20} MiB used")
    for value, unit in (
        (card.temperature, " degrees"),
        (card.busy, " % busy"),
    ):
        if value is not None:
            parts.append(f"{value}{unit}")
    if card.processes is not None:
        parts.append(f"{len(card.processes)} compute processes")
    parts += [f"{name} absurd: {said}" for name, said in sorted(card.absurd.items())]
    parts += [f"{name} refused: code {code}" for name, code in sorted(card.refused.items())]
    return parts[0] + ", ".join(parts[1:])
