"""What the status takes from those who look after the stack, so that it says what they say."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tarsd.catalogue.check import Finding
from tarsd.catalogue.views import Answers
from tarsd.engine.passes import Passes
from tarsd.host.containers import Container
from tarsd.observe.model import BootStatus
from tarsd.store.boots import BootVerdict
from tarsd.store.intent import Wish


@dataclass(frozen=True)
class Supervised:
    """Each is answered from memory, at once.

    `fault`: what keeps a service from its work, by the monitor's newest look. `failures`: how many in a row are believed.
    `wishes`: the owner's, with those that the disk has not taken yet.
    """

    passes: Passes = field(default_factory=Passes)
    answers: Callable[[str, Container | None], Answers] = lambda _, __: Answers()
    fault: Callable[[str], Finding | None] = lambda _: None
    failures: Callable[[], int] = lambda: 2
    wishes: Callable[[], Mapping[str, Wish]] = dict[str, Wish]
    boot: Callable[[], BootVerdict | None] = lambda: None
    explained: Callable[[str], str | None] = lambda _: None
    """The fault of the machine that keeps a service from its work."""


def boot_status(verdict: BootVerdict | None) -> BootStatus | None:
    """The boot's part of the status."""
    if verdict is None:
        return None
    return BootStatus(
        at=verdict.at,
        verdict=verdict.verdict,
        seconds=verdict.seconds,
        services=verdict.services,
        missing=list(verdict.missing),
    )
