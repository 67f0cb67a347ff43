"""What stores held when they were last asked, in state.db."""

from tarsd.catalogue.counts import Count
from tarsd.store.database import Database


class CountStore:
    """See tarsd.catalogue.counts.Counts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def last(self, subject: str) -> Count | None:
        """See Counts."""
        row = await self._database.read(
            lambda connection: connection.execute(
                "SELECT * FROM held WHERE subject = ?", (subject,)
            ).fetchone()
        )
        if row is None:
            return None
        return Count(row["collections"], row["records"], row["at"], row["run"], bool(row["lost"]))

    async def note(self, subject: str, count: Count) -> None:
        """See Counts."""
        values = (subject, count.collections, count.records, count.at, count.run, int(count.lost))
        await self._database.call(
            lambda connection: connection.execute(
                "INSERT OR REPLACE INTO held (subject, collections, records, at, run, lost)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                values,
            )
        )
