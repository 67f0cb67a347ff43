"""What a remedy is: an act that may mend a finding. The catalogue declares it; the healer decides whether and when."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, ClassVar, Protocol

from tarsd.host.docker_disk import Freed

if TYPE_CHECKING:
    from tarsd.catalogue.check import Finding, World


class Kind(str, Enum):
    """Who may let it run: the healer alone, the owner's yes, or only the owner's own hands."""

    AUTOMATIC = "automatic"
    CONFIRM = "confirm"
    MANUAL = "manual"


class ServiceHands(Protocol):
    """Acts on services and the Engine. Each comes to its end within a deadline, and raises TarsError where it fails."""

    async def start(self, service: str) -> None:
        """Start its container as it is."""
        ...

    async def restart(self, service: str, *, hung: bool) -> None:
        """Stop and start its container; a hung one gets the short grace of its label `tars.stop.hung`."""
        ...

    async def create(self, service: str) -> None:
        """Create what is missing of it, from the current generation, and start it; nothing that exists is replaced."""
        ...

    async def stop(self, service: str) -> None:
        """Stop its container."""
        ...

    async def restart_engine(self) -> None:
        """Ask systemd to restart docker.service, whatever its start limit remembers."""
        ...


class DiskHands(Protocol):
    """Makes room where Docker keeps its data."""

    async def prune(self) -> Freed:
        """Remove images that have no name, no container and no generation, and build cache that is no longer used.

        Volumes, logs and whatever has a name stay. Raises TarsError, OSError.
        """
        ...


@dataclass(frozen=True)
class Hands:
    """The acts that remedies are made of, by what they act on."""

    services: ServiceHands
    disk: DiskHands


class Remedy(ABC):
    """An act. `disturbs`: it interrupts what runs, so it waits for the grace after a boot.

    `protects`: it saves data, so it costs nothing of the machine's budget. `holds`: after it nothing more is tried.
    """

    id: ClassVar[str]
    kind: ClassVar[Kind] = Kind.AUTOMATIC
    disturbs: ClassVar[bool] = False
    protects: ClassVar[bool] = False
    holds: ClassVar[bool] = False

    def fits(self, world: "World", finding: "Finding") -> bool:
        """Whether it is one for this state of the subject."""
        return True

    def guard(self, world: "World", finding: "Finding") -> str | None:
        """Why it must not run now, in words; None if it may."""
        return None

    @abstractmethod
    def words(self, finding: "Finding") -> str:
        """What it does, as `restart redis`."""

    @abstractmethod
    async def do(self, hands: Hands, finding: "Finding") -> str | None:
        """Do it; what came of it in words, where there is more to say than that it was done. Raises TarsError."""
