"""The Engine's events: hints that something is to be looked at, never the truth themselves."""

from dataclasses import dataclass
from typing import Literal

Action = Literal["start", "die", "kill", "stop", "oom", "health", "destroy"]
"""`kill` is a signal sent through the API: `docker stop` and an Engine going down send one too; a crash sends none.

A health check's verdict (`health_status: unhealthy`) is `health`; of networks and volumes only `destroy` is followed.
"""


@dataclass(frozen=True)
class EngineEvent:
    """`at` is the Engine's own `timeNano`, which orders and tells apart; `service` is None where it is not a container's.

    `code` is the exit status of a `die`, the signal of a `kill`; `text` the health of a `health`.
    """

    at: int
    kind: Literal["container", "network", "volume"]
    action: Action
    id: str
    service: str | None
    code: int | None = None
    text: str | None = None
