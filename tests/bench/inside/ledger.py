"""tarsd's ledger on disk, read beside it, and emptied between runs that its rules would join. Standard library only."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from tests.bench.inside import host

STATE = "/var/lib/tars-home/state.db"


@dataclass(frozen=True)
class Incident:
    """A row of the ledger."""

    id: int
    fault: str
    subject: str
    status: str
    opened: str
    resolved: str | None
    attempts: int

    @property
    def key(self) -> tuple[str, str]:
        return self.fault, self.subject


@dataclass(frozen=True)
class Act:
    """A row of the ledger."""

    id: int
    incident: int
    remedy: str
    counts: int
    began: str
    ended: str | None
    outcome: str | None


@dataclass(frozen=True)
class Ledger:
    """All of it at one moment."""

    incidents: Sequence[Incident]
    acts: Sequence[Act]


def read() -> Ledger:
    """As it is committed now."""
    with closing(sqlite3.connect(f"file:{STATE}?mode=ro", uri=True, timeout=10)) as state:
        incidents = state.execute(
            "SELECT id, fault, subject, status, opened, resolved, attempts FROM incident ORDER BY id"
        ).fetchall()
        acts = state.execute(
            "SELECT id, incident, remedy, counts, began, ended, outcome FROM act ORDER BY id"
        ).fetchall()
    return Ledger([Incident(*row) for row in incidents], [Act(*row) for row in acts])


def forget() -> None:
    """Empty it, tarsd being down meanwhile: returns, budgets and attempts begin anew."""
    host.run("systemctl", "stop", host.UNIT)
    with closing(sqlite3.connect(STATE, timeout=10)) as state, state:
        for table in ("entry", "act", "incident"):
            state.execute(f"DELETE FROM {table}")
    host.run("systemctl", "start", host.UNIT)
    host.wait("tarsd to call all healthy", host.healthy, 180)
