"""One fault done to a NAS: what the ledger says of it, when, and what was done about it."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone

from tests.machine.faults.catalogue import Variant
from tests.machine.faults.story import Incident, Incidents, Story
from tests.machine.home import Home
from tests.machine.machine import MachineError
from tests.machine.shapes import NasReport

CADENCE = 75.0
"""Seconds within which a fault is seen at the latest: a minute, and the question itself."""

LOOK = 6 * 60.0
"""The same for what only a look at the share sees, every five minutes."""

OF_A_VM = "clock.unsynced"
"""What a virtual machine without a network suffers from all the time."""


@dataclass
class NasTrial:
    """`rows` is the table of the run."""

    home: Home
    rows: list[Variant]
    at: datetime = field(default_factory=lambda: datetime.now(timezone.utc))

    @contextmanager
    def injected(self, script: str) -> Generator[None]:
        """Do it to the machine; its incidents begin there."""
        told = self.home.machine.sh(f"date +%s.%N; {script}", within=60)
        self.at = datetime.fromtimestamp(float(told.out.splitlines()[0]), timezone.utc)
        yield
        self.home.machine.wait("nothing to be open", lambda: not self._open(), within=LOOK)

    def incidents(self) -> list[Incident]:
        """Those that began since, oldest first."""
        listed = self.home.ask(Incidents, "incidents").incidents
        since = (it for it in listed if it.opened >= self.at and it.fault != OF_A_VM)
        return sorted(since, key=lambda it: it.opened)

    def wait(
        self, fault: str, status: str = "open", *, subject: str = "nas", within: float = CADENCE
    ) -> Story:
        """Wait until there is an incident of that fault with that status."""

        def found() -> list[Incident]:
            wanted = fault, subject, status
            return [it for it in self.incidents() if (it.fault, it.subject, it.status) == wanted]

        try:
            self.home.machine.wait(f"{fault} to be {status}", lambda: bool(found()), within)
        except MachineError as error:
            told = "\n".join(it.model_dump_json() for it in self.incidents())
            raise MachineError(f"{error}\n{told}\n{self.report()}") from error
        return self.home.ask(Story, "incidents", "show", str(found()[0].id))

    def alone(self, fault: str) -> None:
        """One outage is one incident."""
        assert [it.fault for it in self.incidents()] == [fault]

    def report(self) -> NasReport:
        return self.home.ask(NasReport, "nas", "status")

    def row(self, story: Story, done: str, outcome: str) -> None:
        """What it came to."""
        seen = max((story.opened - self.at).total_seconds(), 0)
        self.rows.append(Variant(story.fault, done, seen, outcome))

    def _open(self) -> list[Incident]:
        listed = self.home.ask(Incidents, "incidents", "--open").incidents
        return [it for it in listed if it.fault != OF_A_VM]
