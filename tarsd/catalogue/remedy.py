"""What a remedy is: an act that may mend a finding. The catalogue declares it; the healer decides whether and when."""

from abc import ABC, abstractmethod
from enum import Enum
from typing import TYPE_CHECKING, ClassVar

from tarsd.catalogue.hands import Hands

if TYPE_CHECKING:
    from tarsd.catalogue.check import Finding, World


class Kind(str, Enum):
    """Who may let it run: the healer alone, the owner's yes, or only the owner's own hands."""

    AUTOMATIC = "automatic"
    CONFIRM = "confirm"
    MANUAL = "manual"


class Remedy(ABC):
    """An act. `disturbs`: it interrupts what runs, so it waits for the grace after a boot.

    `protects`: it saves data, so it costs nothing of the machine's budget. `holds`: after it nothing more is tried.
    """

    id: ClassVar[str]
    kind: ClassVar[Kind] = Kind.AUTOMATIC
    disturbs: ClassVar[bool] = False
    protects: ClassVar[bool] = False
    holds: ClassVar[bool] = False
    tries: int | None = None
    """How often it is tried for one fault, before that is held for a day; None: as often as any."""
    scarce: ClassVar[int | None] = None
    """How many acts of its family (what stands before the dot of its id) there may be within an hour."""

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
