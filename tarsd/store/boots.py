"""How the boots of this machine went, in state.db."""

import json
import sqlite3
from dataclasses import dataclass
from typing import Literal, cast

from tarsd.store.database import Database

BOOT_ROWS = 50


@dataclass(frozen=True)
class BootVerdict:
    """`seconds` from the boot to it; `services` that were wanted; `missing` says in words what did not come in time."""

    boot: str
    at: str
    verdict: Literal["GO", "NO-GO"]
    seconds: float
    services: int
    missing: tuple[str, ...] = ()


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

    async def of(self, boot: str) -> BootVerdict | None:
        """That of one boot, or None; a row that makes no sense is none."""

        def read(connection: sqlite3.Connection) -> BootVerdict | None:
            row = connection.execute("SELECT * FROM boot WHERE boot = ?", (boot,)).fetchone()
            return None if row is None else _verdict(row)

        return await self._database.read(read)


def _verdict(row: sqlite3.Row) -> BootVerdict | None:
    if row["verdict"] not in ("GO", "NO-GO"):
        return None
    try:
        missing: object = json.loads(row["missing"])
    except ValueError:
        return None
    if not isinstance(missing, list):
        return None
    words = tuple(str(it) for it in cast("list[object]", missing))
    return BootVerdict(
        row["boot"], row["at"], row["verdict"], row["seconds"], row["services"], words
    )
