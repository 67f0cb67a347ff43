"""What checks may do with the services beyond looking: a small task each, that leaves nothing behind."""

from collections.abc import Callable
from dataclasses import dataclass

from tarsd.host import pressure
from tarsd.host.generations import Service
from tarsd.host.leaks import Leaks
from tarsd.host.model_use import ModelUse
from tarsd.host.pressure import Pressure
from tarsd.host.probes.probe import Probe, ReadSecret
from tarsd.host.webui import WebUi


@dataclass(frozen=True)
class Deep:
    """`task` is a service's own, None where none is known for it or its labels do not lead to it."""

    task: Callable[[Service], Probe | None]
    models: ModelUse
    leaks: Leaks
    webui: Callable[[Service], WebUi | None]
    admin_password: ReadSecret
    """The web UI's administrator's, as he was made with it."""
    pressure: Callable[[], Pressure | None] = pressure.read
