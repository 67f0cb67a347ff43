"""What a check is, what it answers, and the world it sees."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from tarsd.host.compose import Compose
from tarsd.host.docker_api import DockerApi


class Status(str, Enum):
    """A finding's answer; `skip`: a check it depends on failed, `unknown`: it could not be asked."""

    PASS = "pass"  # noqa: S105  a word, not a password
    WARN = "warn"
    FAIL = "fail"
    SKIP = "skip"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Finding:
    """A check's answer for one subject; `fix` is the exact command or edit."""

    id: str
    subject: str
    status: Status
    summary: str
    fix: str | None = None

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
class World:
    """What checks may ask. Frozen, and of host interfaces only: a unit test hands in a fake one."""

    docker: DockerApi
    compose: Compose


class Check(ABC):
    """One question about the machine. It asks and never changes anything.

    `after` names the checks that must pass first; `deadline` is in seconds.
    """

    id: ClassVar[str]
    subject: ClassVar[str]
    after: ClassVar[tuple[str, ...]] = ()
    deadline: ClassVar[float] = 5.0

    @abstractmethod
    async def ask(self, world: World) -> Finding:
        """Answer. May raise: the runner turns any error into `unknown` with its reason."""

    def passed(self, summary: str) -> Finding:
        """All is well."""
        return Finding(self.id, self.subject, Status.PASS, summary)

    def warn(self, summary: str, fix: str | None = None) -> Finding:
        """It works, and a sensible owner would act on it."""
        return Finding(self.id, self.subject, Status.WARN, summary, fix)

    def fail(self, summary: str, fix: str | None = None) -> Finding:
        """It does not work."""
        return Finding(self.id, self.subject, Status.FAIL, summary, fix)
