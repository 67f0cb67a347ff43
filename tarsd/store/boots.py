"""How the boots of this machine went, in state.db."""

import json
import sqlite3
from dataclasses import asdict, dataclass
from typing import Any, Literal

from tarsd.store.database import Database

BOOT_ROWS = 50


@dataclass(frozen=True)
class BootVerdict:
    """`seconds` from the boot to the verdict; `services` that answer; `missing` says in words what did not come in time."""

    boot: str
    at: str
    verdict: Literal["GO", "NO-GO"]
    seconds: float
    services: int
    missing: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The shape of docs/json.md."""
        return {**asdict(self), "missing": list(self.missing)}


class BootStore:
    """One row for each boot; methods raise StateUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, verdict: BootVerdict) -> None:
        """Record it durably."""
        row = (
            verdict.boot,
            verdict.at,
            verdict.verdict,
            verdict.seconds,
            verdict.services,
            json.dumps(verdict.missing),
        )

        def write(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT OR REPLACE INTO boot (boot, at, verdict, seconds, services, missing)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                row,
            )
            connection.execute(
                "DELETE FROM boot WHERE at NOT IN (SELECT at FROM boot ORDER BY at DESC LIMIT ?)",
                (BOOT_ROWS,),
            )

        await self._database.call(write)

    async def last(self) -> BootVerdict | None:
        """The newest, or None."""

        def read(connection: sqlite3.Connection) -> BootVerdict | None:
            row = connection.execute("SELECT * FROM boot ORDER BY at DESC LIMIT 1").fetchone()
            if row is None:
                return None
            missing = tuple(json.loads(row["missing"]))
            return BootVerdict(
                row["boot"], row["at"], row["verdict"], row["seconds"], row["services"], missing
            )

        return await self._database.read(read)
