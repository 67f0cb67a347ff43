"""A double of docker.service as systemd shows it."""

from collections.abc import Callable
from dataclasses import dataclass

from tarsd.errors import JobFailed
from tarsd.host.systemd import UnitState


@dataclass
class FakeDockerService:
    """`looks` is how often it is seen moving before it is `active`; `then` is what a restart changes on the machine."""

    looks: int = 3
    active: str = "active"
    refuses: str = ""
    then: Callable[[], None] = lambda: None
    restarts: int = 0
    _left: int = 0

    def restart(self, name: str) -> None:
        assert name == "docker.service"
        if self.refuses:
            raise JobFailed(f"cannot RestartUnit: systemd says {self.refuses}")
        self.restarts += 1
        self._left = self.looks
        self.then()

    def state(self, name: str) -> UnitState:
        assert name == "docker.service"
        self._left -= 1
        return UnitState(self._left >= 0, self.active)
