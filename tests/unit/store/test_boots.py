"""How the boots went, over restarts of the daemon and rows that make no sense."""

import pytest

from tarsd.store import Database
from tarsd.store.boots import BootStore, BootVerdict

VERDICT = BootVerdict("b1", "2026-11-22T03:12:04.100Z", "NO-GO", 41.5, 4, ("redis: hangs", "NAS"))


async def test_each_boot_has_its_own(database: Database) -> None:
    store = BootStore(database)
    await store.keep(VERDICT)
    assert await store.of("b1") == VERDICT
    assert await store.of("b0") is None


@pytest.mark.parametrize(
    ("column", "value"), [("verdict", "PERHAPS"), ("missing", "{"), ("missing", "7")]
)
async def test_a_row_that_makes_no_sense_is_none(
    database: Database, column: str, value: str
) -> None:
    store = BootStore(database)
    await store.keep(VERDICT)
    await database.call(
        lambda connection: connection.execute(f"UPDATE boot SET {column} = ?", (value,)).rowcount
    )
    assert await store.of("b1") is None


async def test_fifty_boots_are_kept(database: Database) -> None:
    store = BootStore(database)
    for number in range(60):
        at = f"2026-11-22T03:{number:02d}:00.000Z"
        await store.keep(BootVerdict(f"b{number}", at, "GO", 41.0, 4))
    assert await store.of("b9") is None
    assert await store.of("b10") is not None
