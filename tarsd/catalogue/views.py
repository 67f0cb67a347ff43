"""What the monitor knows of the Engine and of each service by the time a check is asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from tarsd.errors import Why
from tarsd.host.containers import Container
from tarsd.host.generations import Service

Wanted = Literal["running", "stopped"]

EngineWord = Literal["ok", "down", "hung", "unsupported", "unknown"]
"""`down`: nothing takes the call; `hung`: three calls unanswered and 10 s silent; `unknown`: slow so far, or never asked."""

Level = Literal["live", "ready", "deep"]
"""What an answer proves: somebody is there; he answers in his own protocol; a whole task succeeds."""

DEFAULT_GRACE = 60
"""Seconds to begin to answer, for a service whose labels set no grace."""


@dataclass(frozen=True)
class EngineView:
    """`silent` are the seconds since its last answer, 0 while it answers; `why` says in words what is wrong with it.

    `since`: the start of this Engine, None where systemd cannot tell. One of a kind that is not supported may answer;
    one whose API is too old or new does not, and is not silent either.
    """

    answers: bool = False
    silent: float = 0.0
    why: str | None = None
    since: datetime | None = None
    status: EngineWord = "unknown"
    leaving: bool = False
    """systemd is stopping it, or has: it is not asked, for a call would start it again."""
    asked: float | None = None
    """When it was asked what it has answered, on the loop's clock, in seconds."""
    version: str | None = None
    docker_root: str | None = None


@dataclass(frozen=True)
class RecordsTrouble:
    """What is wrong with the daemon's records; `writable`: they were replaced, and take what comes."""

    message: str
    fix: str
    writable: bool


@dataclass(frozen=True)
class ChannelView:
    """One way on which the owner is told of incidents. `failing`: for how many seconds it has taken nothing; `parked`:
    how many notices it takes in no form."""

    name: str
    failing: float = 0.0
    why: str | None = None
    parked: int = 0


@dataclass(frozen=True)
class LanView:
    """What the daemon knows of its LAN listener. `addresses` are those it listens on, `unheard` those it cannot, with why.

    `expires` is the certificate's end, in seconds since 1970; `left_out` are names and addresses that it does not cover.
    `guesses` are wrong passwords of the last ten minutes.
    """

    mode: Literal["lan", "local", "off"] = "off"
    port: int = 8443
    addresses: tuple[str, ...] = ()
    unheard: Mapping[str, str] = field(default_factory=dict[str, str])
    trouble: str | None = None
    certificate_trouble: str | None = None
    """Why the owner's certificate is not used, or ours not renewed."""
    fix: str | None = None
    certificate_source: Literal["own", "owner"] | None = None
    expires: float | None = None
    left_out: tuple[str, ...] = ()
    guesses: int = 0


@dataclass(frozen=True)
class DaemonView:
    """What the daemon knows of itself. `late`: seconds, the worst delay of its loop within ten minutes."""

    late: float = 0.0
    trouble: RecordsTrouble | None = None
    strays: Sequence[str] = ()
    """Jobs, as units, that were told to end and are not known to be gone."""
    channels: Sequence[ChannelView] = ()
    """Where alerts go."""
    lan: LanView = LanView()


@dataclass(frozen=True)
class Exit:
    """An end of a container that nobody asked for."""

    at: datetime
    code: int
    oom: bool = False


@dataclass(frozen=True)
class Answers:
    """What our own probe says of this very start of a container.

    `ready` is None before the first answer, for a service without a probe, and while our side cannot ask. One failure does
    not change it once it was true: `failures` counts those in a row that speak against the service, `why` and `reason` are
    of the last one. `latency` is in seconds, of the last good one, which came `at`.
    """

    ready: bool | None = None
    failures: int = 0
    why: Why | None = None
    reason: str | None = None
    latency: float | None = None
    at: datetime | None = None
    problem: str | None = None
    """Why its labels cannot be followed."""
    probed: bool = True
    """Whether it has a probe at all."""
    passed: bool = False
    """Whether this start has ever passed."""
    level: Level | None = None
    """What the last answer proves; None where there was none."""
    blame: str | None = None
    """Why its silence is held against the machine and not against it, in words."""
    silent_since: float | None = None
    """When the first of its silences in a row was noticed, on the loop's clock, in seconds."""


@dataclass(frozen=True)
class ServiceView:
    """One service of the current generation, judged by the checks of `catalogue.services*`."""

    service: Service
    container: Container | None
    wanted: Wanted
    answers: Answers
    exits: tuple[Exit, ...] = ()
    """Of the last ten minutes, oldest first."""
    busy: str | None = None
    """The change that works on it, in words: its findings wait until that has ended."""
    left_by_engine: bool = False
    """It ran until its Engine was killed, and has not been started since."""
    held: str | None = None
    """The fault for which the healer has given up on it for now."""
    age: float | None = None
    """Seconds since this start of its container."""
    made_ago: float | None = None
    """Seconds since its container was created."""
    image_here: bool = True
    """Whether its image is on this machine; the checks that need to know find out."""
    volumes_gone: tuple[str, ...] = ()
    """Its volumes that are not on this machine; the checks that need to know find out."""
    words: Sequence[str] = ()
    """Of a database: its last lines before it ended by itself, without secrets."""

    @property
    def name(self) -> str:
        """The service's."""
        return self.service.name

    @property
    def grace_left(self) -> float:
        """Seconds it may still take to begin to answer (`tars.start.grace`); none once this start has passed."""
        if self.answers.passed or self.age is None:
            return 0.0
        grace = DEFAULT_GRACE if self.service.start_grace is None else self.service.start_grace
        return max(grace - self.age, 0.0)

    @property
    def starting(self) -> bool:
        """Whether it still has time left to begin to answer."""
        return self.grace_left > 0
