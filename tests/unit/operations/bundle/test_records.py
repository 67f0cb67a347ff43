"""Incidents, changes and the audit log come from state.db itself: with a daemon, without, and from a disk gone read-only."""

import json
import sqlite3
from pathlib import Path

import pytest

from tarsd.host.pieces import contents
from tarsd.operations.bundle.collectors.records import audit, changes, incidents
from tarsd.paths import Paths
from tarsd.store import Database
from tarsd.store.export import TABLES, history, newest
from tests.unit.operations.bundle.taker import taken

INCIDENT = (
    "INSERT INTO incident (fault, subject, status, severity, summary, opened)"
    " VALUES ('service.hung', ?, 'open', 'fail', 'hangs', '2026-11-22T03:12:04.100Z')"
)


@pytest.fixture
async def recorded(paths: Paths) -> Paths:
    """As a daemon leaves it that ends in order."""
    database = Database(paths.database)
    await database.open()

    def write(connection: sqlite3.Connection) -> None:
        for number in range(300):
            connection.execute(INCIDENT, (f"service-{number}",))
        connection.execute(
            "INSERT INTO audit (at, uid, pid, method, path, status) VALUES ('x', 0, 1, 'POST', '/v1/install', 202)"
        )
        connection.execute(
            "INSERT INTO change (kind, summary, status, locks, started) VALUES ('install', 'install', 'done', '', 'x')"
        )
        connection.execute(
            "INSERT INTO task (change, number, kind, version, summary, args, memo)"
            " VALUES (1, 1, 'settings', 1, 'write', '{}', '{\"before\": \"what the owner wrote\"}')"
        )

    await database.call(write)
    await database.close()
    return paths


async def test_the_newest_rows_are_taken_oldest_first(recorded: Paths) -> None:
    files, gaps = await taken(incidents(contents, recorded))
    rows = [json.loads(line) for line in files["incidents/incidents.jsonl"].splitlines()]
    assert [rows[0]["id"], rows[-1]["id"]] == [101, 300]
    assert rows[-1]["fault"] == "service.hung"
    assert gaps == {}


async def test_changes_come_without_what_their_undo_needs(recorded: Paths) -> None:
    files, _ = await taken(changes(recorded))
    assert json.loads(files["changes/changes.jsonl"])["kind"] == "install"
    assert json.loads(files["changes/tasks.jsonl"])["kind"] == "settings"
    assert "what the owner wrote" not in files["changes/tasks.jsonl"]
    assert "/v1/install" in (await taken(audit(recorded)))[0]["audit/audit.jsonl"]


async def test_a_daemon_that_has_it_open_does_not_matter(recorded: Paths) -> None:
    database = Database(recorded.database)
    await database.open()
    await database.call(lambda connection: connection.execute(INCIDENT, ("just now",)))
    assert newest(recorded.database, "incidents")[-1]["subject"] == "just now"
    await database.close()


async def test_nothing_is_written_by_reading(recorded: Paths) -> None:
    """On a disk that became read-only it could not be."""
    before = sorted(path.name for path in recorded.state.iterdir())
    content = recorded.database.read_bytes()
    for name in TABLES:
        newest(recorded.database, name)
    assert sorted(path.name for path in recorded.state.iterdir()) == before
    assert recorded.database.read_bytes() == content


async def test_a_damaged_one_is_a_gap_and_its_evidence_is_there(paths: Paths) -> None:
    paths.database.write_bytes(b"no database at all, by far" * 100)
    place = paths.evidence / "31"
    place.mkdir(parents=True)
    (place / "20261122T031204Z-pressure.txt").write_text("cpu\n")
    (place / "20261122T031204Z-container.log").write_text("2026-11-22 prompt=why does my boss\n")
    (place / "..odd").write_text("x")
    files, gaps = await taken(incidents(contents, paths))
    assert set(files) == {
        "incidents/evidence/31/20261122T031204Z-pressure.txt",
        "incidents/evidence/31/20261122T031204Z-container.log",
    }
    assert "boss" not in files["incidents/evidence/31/20261122T031204Z-container.log"]
    assert gaps["incidents/incidents.jsonl"].text.startswith("cannot read ")


async def test_before_the_first_start_nothing_is_missing(paths: Paths) -> None:
    _, gaps = await taken(audit(paths))
    assert gaps["audit/audit.jsonl"].why == "absent"


def test_what_was_measured_is_told_in_lines_of_ten_minutes(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    connection = sqlite3.connect(path)
    connection.executescript(
        "CREATE TABLE series (id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE fine (at, series, value);"
        "INSERT INTO series VALUES (1, 'disk_free');"
        "INSERT INTO fine VALUES (540, 1, 9.0), (600, 1, 1.0), (660, 1, 3.0), (1200, 1, 5.0)"
    )
    connection.close()
    assert history(path, 600.0) == [
        {"at": "1970-01-01T00:10:00.000Z", "disk_free": [1.0, 2.0, 3.0]},
        {"at": "1970-01-01T00:20:00.000Z", "disk_free": [5.0, 5.0, 5.0]},
    ]
    with pytest.raises(FileNotFoundError):
        history(tmp_path / "none", 0.0)


def test_a_file_of_an_older_version_gives_what_it_has(paths: Paths) -> None:
    connection = sqlite3.connect(paths.database)
    connection.executescript(
        "CREATE TABLE audit (id INTEGER PRIMARY KEY, path TEXT); INSERT INTO audit VALUES (1, '/v1')"
    )
    connection.close()
    assert newest(paths.database, "audit") == [{"id": 1, "path": "/v1"}]
    with pytest.raises(sqlite3.Error, match="no such table"):
        newest(paths.database, "changes")


def test_every_column_there_is_was_thought_about() -> None:
    """A new one is handed on or not because somebody decided so: some hold what the owner wrote."""
    from tarsd.store.schema import MIGRATIONS

    connection = sqlite3.connect(":memory:")
    for script in MIGRATIONS:
        connection.executescript(script)
    left: dict[str, set[str]] = {}
    for table in TABLES.values():
        rows = connection.execute(f"PRAGMA table_info({table.name})")
        left[table.name] = {row[1] for row in rows} - set(table.columns.split(", "))
    connection.close()
    assert {name: columns for name, columns in left.items() if columns} == {
        "entry": {"id", "token"},
        "task": {"memo"},
    }
