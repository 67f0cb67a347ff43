"""What checks may do with the services beyond looking: a small task each, that leaves nothing behind."""

from collections.abc import Callable
from dataclasses import dataclass

from tarsd.host import pressure
from tarsd.host.generations import Service
from tarsd.host.leaks import Leaks
from tarsd.host.model_use import ModelUse
from tarsd.host.pressure import Pressure
from tarsd.host.probes.probe import Probe


@dataclass(frozen=True)
class Deep:
    """`task` is a service's own, None where none is known for it or its labels do not lead to it."""

    task: Callable[[Service], Probe | None]
    models: ModelUse
    leaks: Leaks
    pressure: Callable[[], Pressure | None] = pressure.read
