"""Until when the Engine's events have been followed: what came later happened while nobody watched."""

from tarsd.store.database import Database


class WatchStore:
    """One moment, in nanoseconds since 1970 as the Engine counts them. Methods raise StateUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def until(self) -> int | None:
        """The moment that was kept last; None before the first."""
        row = await self._database.read(
            lambda connection: connection.execute("SELECT until FROM watch").fetchone()
        )
        return None if row is None else int(row["until"])

    async def keep(self, until: int) -> None:
        """Record it durably."""
        await self._database.call(
            lambda connection: connection.execute(
                "INSERT OR REPLACE INTO watch (id, until) VALUES (1, ?)", (until,)
            )
        )
