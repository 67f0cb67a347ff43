"""What a check is, what it answers, and the world it sees."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from enum import Enum
from typing import Any, ClassVar

from tarsd.catalogue.about import About
from tarsd.catalogue.counts import Counts
from tarsd.catalogue.remedy import Remedy
from tarsd.catalogue.views import DaemonView, EngineView, ServiceView
from tarsd.host.address_pools import AddressPools
from tarsd.host.chroma import Chroma
from tarsd.host.clock import Clock
from tarsd.host.compose import Compose
from tarsd.host.condition import Condition
from tarsd.host.container_logs import ContainerLogs
from tarsd.host.control_groups import ControlGroups
from tarsd.host.deep import Deep
from tarsd.host.disk import Disks
from tarsd.host.docker_api import DockerApi
from tarsd.host.gpu import Gpus
from tarsd.host.images import Images
from tarsd.host.kernel_notes import KernelNotes
from tarsd.host.kernel_tail import KernelTail
from tarsd.host.listeners import Listeners
from tarsd.host.log_tail import LogTail
from tarsd.host.machine import Machine
from tarsd.host.mounts import Mount
from tarsd.host.nas.sight import Sight
from tarsd.host.network import Network
from tarsd.host.nvidia.senses import Nvidia
from tarsd.host.ollama import Ollama
from tarsd.host.own_files import OwnFiles
from tarsd.host.own_jobs import OwnJobs
from tarsd.host.secret_look import SecretLook
from tarsd.host.units import Units
from tarsd.host.volumes import Volumes
from tarsd.paths import Paths
from tarsd.settings import Settings


class Status(str, Enum):
    """A finding's answer; `skip`: a check it depends on failed, `unknown`: it could not be asked."""

    PASS = "pass"  # noqa: S105  a word, not a password
    WARN = "warn"
    FAIL = "fail"
    SKIP = "skip"
    UNKNOWN = "unknown"


class Trigger(str, Enum):
    """What lets a check be asked at once, before its time has come."""

    SETTINGS = "settings"
    """The settings were read anew."""
    CHANGE = "change"
    """A change has ended."""
    WOKE = "woke"
    """The machine has slept, and all but `deep` checks are asked; none names it."""
    ENGINE = "engine"
    """The Engine was looked at anew as a whole: it is new, or its stream of events was broken."""
    RELOAD = "systemd-reload"
    """systemd has read its units anew, as every installation of a package makes it do."""
    KERNEL = "kernel"
    """The kernel has logged something about a card, a disk, memory or a network mount."""
    MOUNTS = "mounts"
    """Something was mounted or unmounted."""


@dataclass(frozen=True)
class Finding:
    """A check's answer for one subject; `fix` is the exact command or edit, `evidence` the facts it rests on, by line."""

    id: str
    subject: str
    status: Status
    summary: str
    fix: str | None = None
    evidence: tuple[str, ...] = ()

    def as_json(self) -> dict[str, str | None]:
        """The shape of docs/json.md."""
        return {
            "id": self.id,
            "subject": self.subject,
            "status": self.status.value,
            "summary": self.summary,
            "fix": self.fix,
        }


@dataclass(frozen=True)
class Asked:
    """What is about to be done: whether missing images are pulled, and which answers later files of settings overrule.

    `install`: the machine is being chosen, so advice on it is welcome; later it is what it is.
    """

    pull: bool = True
    overruled: tuple[str, ...] = ()
    install: bool = False
    attended: bool = False
    """Somebody has asked for it and waits: what is put off for the sake of people is done."""


Stack = Callable[[], Awaitable[Mapping[str, Any]]]
"""The stack as Compose resolves it from the world's settings. Raises StackInvalid, EngineUnavailable, JobFailed."""


@dataclass(frozen=True)
class World:
    """What checks may ask. Frozen, and of host interfaces only: a unit test hands in a fake one.

    `settings` are those that would be in force: before an install, with its answers already in them.
    """

    docker: DockerApi
    compose: Compose
    _: KW_ONLY
    project: str
    state: str
    settings: Settings
    asked: Asked
    stack: Stack
    compose_warnings: Callable[[], Awaitable[Sequence[str]]]
    """What Compose warned of when it resolved that stack. Raises as `stack` does."""
    images: Images
    machine: Machine
    clock: Clock
    disks: Disks
    gpus: Gpus
    mount: Callable[[str], Mount | None]
    network: Network
    listeners: Listeners
    units: Units
    deep: Deep
    own: OwnFiles
    paths: Paths
    condition: Condition
    kernel_log: KernelTail
    jobs: OwnJobs
    secrets: SecretLook
    log_tail: LogTail
    volumes: Volumes
    ollama: Ollama
    chroma: Chroma
    counts: Counts
    """What stores held when they were last asked."""
    groups: ControlGroups
    logs: ContainerLogs
    pools: AddressPools
    nas: Sight
    nvidia: Nvidia
    kernel: KernelNotes
    served: bool = True
    """Whether a daemon asks, and not `tarsd doctor`, where none answers."""
    daemon: DaemonView | None = None
    """What the daemon knows of itself; None where it is not the daemon who asks."""
    engine: EngineView | None = None
    """What the monitor knows of the Engine; None where nobody watches it, and a check asks it itself."""
    services: Sequence[ServiceView] = ()
    """Of the current generation, as the monitor knows them; none before an install."""
    known: Collection[Finding] = ()
    """The newest finding of each check and subject, as the monitor has them."""
    at_work: Callable[[str], str | None] = lambda _: None
    """The change that works on a subject other than a service, in words."""


Answer = Finding | Sequence[Finding]
"""One finding, or one for each subject that the check looks at; none where there is nothing to look at."""


class Check(ABC):
    """One question about the machine. It asks and never changes anything.

    `after` names the checks that must pass first; `deadline` is in seconds. `vital`: while the answer is unknown,
    an install is refused; what is not vital and unknown is a warning.
    """

    id: ClassVar[str]
    subject: ClassVar[str]
    after: ClassVar[tuple[str, ...]] = ()
    deadline: ClassVar[float] = 5.0
    vital: ClassVar[bool] = False
    every: ClassVar[float | None] = None
    """Seconds between two looks of the monitor; 0: in every round, for it asks nobody; None: only when somebody asks."""
    triggers: ClassVar[frozenset[Trigger]] = frozenset()
    """What lets the monitor ask at once; for a check that has a cadence of its own."""
    deep: ClassVar[bool] = False
    """Whether it does some work of the stack's own to find out: `doctor` asks it with --deep only."""
    severity: ClassVar[Status] = Status.FAIL
    """The worst that it answers: `fail`, or `warn` for what works."""
    about: ClassVar[About | None] = None
    """What docs/faults.md and `doctor explain` tell of it."""
    remedies: ClassVar[tuple[Remedy, ...]] = ()
    """In the order in which they are tried."""
    warns: ClassVar[bool] = False
    """Whether its warnings are incidents."""
    own_words: ClassVar[bool] = False
    """Whether nothing that it tells was said by others (a service, its health check, the Engine): no secret is in it."""
    explains: ClassVar[bool] = False
    """Whether what a service or the Engine suffers from may be only its effect: then it is asked, out of its turn, before
    a new fault of theirs is told."""
    shared: ClassVar[bool] = False
    """One cause lets it fail for many subjects at once: their acts count once."""

    def applies(self, world: World) -> bool:
        """Whether the question makes sense with these settings; one that does not gives no finding."""
        return True

    @abstractmethod
    async def ask(self, world: World) -> Answer:
        """Answer. May raise: the runner turns any error into `unknown` with its reason."""

    def passed(
        self, summary: str, *, subject: str | None = None, evidence: Sequence[str] = ()
    ) -> Finding:
        """All is well."""
        return _finding(self, Status.PASS, summary, None, subject, evidence)

    def warn(
        self,
        summary: str,
        fix: str | None = None,
        *,
        subject: str | None = None,
        evidence: Sequence[str] = (),
    ) -> Finding:
        """It works, and a sensible owner would act on it."""
        return _finding(self, Status.WARN, summary, fix, subject, evidence)

    def fail(
        self,
        summary: str,
        fix: str | None = None,
        *,
        subject: str | None = None,
        evidence: Sequence[str] = (),
    ) -> Finding:
        """It does not work."""
        return _finding(self, Status.FAIL, summary, fix, subject, evidence)

    def unknown(
        self, summary: str, *, subject: str | None = None, evidence: Sequence[str] = ()
    ) -> Finding:
        """It could not be asked, and why."""
        return _finding(self, Status.UNKNOWN, summary, None, subject, evidence)


def _finding(
    check: Check,
    status: Status,
    summary: str,
    fix: str | None,
    subject: str | None,
    evidence: Sequence[str],
) -> Finding:
    return Finding(check.id, subject or check.subject, status, summary, fix, tuple(evidence))
