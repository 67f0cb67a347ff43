"""A notice: one thing that one channel is to be told, from when it was seen until it is sent or given up."""

from dataclasses import dataclass
from enum import Enum


class Kind(str, Enum):
    """What it tells."""

    OPENED = "opened"
    RESOLVED = "resolved"
    REMINDER = "reminder"
    CHANGE = "change"
    """How a change has ended."""


class State(str, Enum):
    """How far it is. Sending: a job has it, and only its receipt says whether it arrived.

    Parked: the channel takes it in no form, so that it no longer stands in the way of others. Dropped: there is nothing left
    to tell.
    """

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    PARKED = "parked"
    DROPPED = "dropped"


OVER = frozenset({State.SENT, State.PARKED, State.DROPPED})
"""States in which nothing more happens to it by itself."""


@dataclass(frozen=True)
class Notice:
    """`key` is the same for the same thing however often it is made: what is there already is not made again.

    `base` is what the incident is known by: fault, subject and when it was opened. `episode` counts its returns.
    `seen` is when it happened, `due` before when it is not tried again, `ended` when it was sent, parked or dropped.
    """

    base: str
    episode: int
    kind: Kind
    channel: str
    incident: int
    fault: str
    subject: str
    severity: str
    text: str
    fix: str | None
    seen: str
    state: State = State.WAITING
    attempts: int = 0
    due: str | None = None
    ended: str | None = None
    why: str | None = None
    message: str | None = None
    """The message that it went out with, or was meant to."""
    repeated: bool = False
    """tarsd ended while it was sent, and nothing says that it arrived: it may come twice."""

    @property
    def key(self) -> str:
        """What it is known by."""
        return f"{self.base}#{self.episode}/{self.kind.value}/{self.channel}"


def base_of(fault: str, subject: str, opened: str) -> str:
    """What an incident is known by, also before the disk has given it a number."""
    return f"{fault} {subject} {opened}"


@dataclass(frozen=True)
class Silence:
    """The owner's word that nothing is to be told until then: of faults and subjects that fit these patterns."""

    id: int
    fault: str
    subject: str
    until: str
    reason: str
    made: str
