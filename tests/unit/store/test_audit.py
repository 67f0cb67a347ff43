"""One row for each mutating call, and no more rows than are useful."""

import pytest

from tarsd.store import Database
from tarsd.store.audit import NOBODY, AuditEntry, AuditStore
from tarsd.store.schema import AUDIT_ROWS

ENTRY = AuditEntry(1000, 4711, "POST", "/v1/services", 202, "17")


@pytest.fixture
def audit(database: Database) -> AuditStore:
    return AuditStore(database)


async def rows(database: Database) -> list[dict[str, object]]:
    return await database.call(lambda c: [dict(row) for row in c.execute("SELECT * FROM audit")])


async def test_a_row_says_who_asked_for_what_and_how_it_was_answered(
    audit: AuditStore, database: Database
) -> None:
    await audit.add(ENTRY)
    (row,) = await rows(database)
    assert str(row.pop("at")).endswith("Z")
    assert row == {
        "id": 1, "uid": 1000, "pid": 4711, "method": "POST", "path": "/v1/services", "status": 202,
        "change": 17, "who": None,
    }  # fmt: skip


async def test_who_comes_from_the_lan_has_no_uid(audit: AuditStore, database: Database) -> None:
    await audit.add(AuditEntry(NOBODY, 0, "POST", "/sign-in", 200, None, "admin from 192.168.1.7"))
    (row,) = await rows(database)
    assert (row["uid"], row["who"]) == (-1, "admin from 192.168.1.7")


async def test_the_oldest_give_way(audit: AuditStore, database: Database) -> None:
    await audit.add(ENTRY)
    await audit.add(ENTRY)
    await database.call(
        lambda c: c.execute(
            "UPDATE sqlite_sequence SET seq = ? WHERE name = 'audit'", (AUDIT_ROWS,)
        )
    )
    await audit.add(ENTRY)
    assert [row["id"] for row in await rows(database)] == [2, AUDIT_ROWS + 1]
