"""Changes and their tasks in state.db."""

import json
import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tarsd.changes.model import Change, ChangeStatus, Task, TaskStatus
from tarsd.errors import StateUnavailable, TrackLost
from tarsd.store.database import DEADLINE, Database
from tarsd.store.schema import CHANGE_ROWS

LOOK_DEADLINE = 1.3
"""Seconds for what only an answer needs: tarsctl gives the daemon 2 s to its first byte."""

_PLANNED = f"(status = '{ChangeStatus.PLANNED.value}')"


class ChangeStore:
    """Writes are on disk when a method returns; every method raises StateUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def opening(self) -> int:
        """Which opening of state.db is asked; 0 before the first."""
        return self._database.openings

    async def add(self, change: Change) -> str:
        """Record a new change with all its tasks; returns its id."""

        def write(connection: sqlite3.Connection) -> str:
            number = _insert(connection, change)
            connection.execute(
                "DELETE FROM change WHERE ended IS NOT NULL AND id <= ?", (number - CHANGE_ROWS,)
            )
            return str(number)

        return await self._database.call(write)

    async def confirm(self, change_id: str) -> None:
        """Make a planned change one that is being done: from here on a crash will not forget it."""

        def write(connection: sqlite3.Connection) -> None:
            row = (ChangeStatus.DOING, int(change_id))
            if connection.execute("UPDATE change SET status = ? WHERE id = ?", row).rowcount != 1:
                raise StateUnavailable(
                    f"cannot begin change {change_id}: state.db was replaced meanwhile",
                    fix="tarsctl status",
                )

        await self._database.call(write)

    async def save_change(self, change: Change) -> None:
        """Record the change's own status, error and result."""
        row = (
            change.status,
            change.ended,
            _dump(change.error),
            _dump(change.result),
            int(change.id),
        )
        await self._update(
            change,
            "UPDATE change SET status = ?, ended = ?, error = ?, result = ? WHERE id = ?",
            row,
        )

    async def save_task(self, change: Change, task: Task) -> None:
        """Record one task's status, memo (what its undo needs) and error (why that could not be)."""
        row = (
            task.status,
            _dump(task.memo),
            _dump(task.error),
            task.started,
            task.ended,
            int(change.id),
            task.number,
        )
        await self._update(
            change,
            "UPDATE task SET status = ?, memo = ?, error = ?, started = ?, ended = ? WHERE change = ? AND number = ?",
            row,
        )

    async def keep(self, change: Change) -> None:
        """Put back a running change that is not recorded at all, or that an older copy of the file has lost track of; one
        that is recorded stays as it is.
        """

        def write(connection: sqlite3.Connection) -> None:
            row = (int(change.id),)
            found = connection.execute("SELECT error FROM change WHERE id = ?", row).fetchone()
            error = None if found is None else _load(found["error"])
            if found is None or (error is not None and error["kind"] == TrackLost.kind):
                connection.execute("DELETE FROM change WHERE id = ?", row)
                _insert(connection, change)

        await self._database.call(write)

    async def _update(self, change: Change, update: str, row: Sequence[object]) -> None:
        """Update one row of a change; one that is not there is not a success, and the change is put back whole.

        It is not there where an older copy took the file's place while the change ran.
        """

        def write(connection: sqlite3.Connection) -> None:
            if connection.execute(update, row).rowcount != 1:
                connection.execute("DELETE FROM change WHERE id = ?", (int(change.id),))
                _insert(connection, change)

        await self._database.call(write)

    async def get(self, change_id: str) -> Change | None:
        """The change, or None."""
        if not re.fullmatch(r"[0-9]{1,18}", change_id):  # what SQLite's integers hold
            return None
        found = await self._look(f"WHERE id = ? AND NOT {_PLANNED}", (int(change_id),))
        return found[0] if found else None

    async def drop(self, change_id: str) -> None:
        """Forget a planned change that was refused; one that is more than planned stays."""
        row = (int(change_id), ChangeStatus.PLANNED)
        await self._database.call(
            lambda connection: connection.execute(
                "DELETE FROM change WHERE id = ? AND status = ?", row
            )
        )

    async def planned(self) -> list[Change]:
        """Changes that no daemon has begun, oldest first; get() and latest() do not know them."""
        return await self._select(f"WHERE {_PLANNED} ORDER BY id", ())

    async def unfinished(self) -> list[Change]:
        """Changes that a crash or a stop interrupted, oldest first."""
        return await self._select(f"WHERE ended IS NULL AND NOT {_PLANNED} ORDER BY id", ())

    async def latest(self, count: int) -> list[Change]:
        """The newest changes, newest first."""
        return await self._look(f"WHERE NOT {_PLANNED} ORDER BY id DESC LIMIT ?", (count,))

    async def _look(self, where: str, parameters: Iterable[int]) -> list[Change]:
        return await self._select(where, parameters, LOOK_DEADLINE)

    async def _select(
        self, where: str, parameters: Iterable[int], deadline: float = DEADLINE
    ) -> list[Change]:
        def read(connection: sqlite3.Connection) -> list[Change]:
            rows = connection.execute(f"SELECT * FROM change {where}", tuple(parameters)).fetchall()  # noqa: S608  constant clauses
            return [_change(row, _tasks(connection, row["id"])) for row in rows]

        return await self._database.read(read, deadline)


def _insert(connection: sqlite3.Connection, change: Change) -> int:
    """Record a change with all its tasks as it is now, under its id, or a new one where it has none."""
    cursor = connection.execute(
        "INSERT INTO change (id, kind, summary, status, locks, started, ended, error, result)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            int(change.id) if change.id else None,
            change.kind,
            change.summary,
            change.status,
            _dump(sorted(change.locks)),
            change.started,
            change.ended,
            _dump(change.error),
            _dump(change.result),
        ),
    )
    number = cursor.lastrowid or 0
    connection.executemany(
        "INSERT INTO task (change, number, kind, version, summary, args, memo, error, status, started, ended)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                number,
                task.number,
                task.kind,
                task.version,
                task.summary,
                _dump(task.args),
                _dump(task.memo),
                _dump(task.error),
                task.status,
                task.started,
                task.ended,
            )
            for task in change.tasks
        ],
    )
    return number


def _tasks(connection: sqlite3.Connection, change: int) -> list[Task]:
    rows = connection.execute("SELECT * FROM task WHERE change = ? ORDER BY number", (change,))
    return [_task(row) for row in rows]


def _task(row: sqlite3.Row) -> Task:
    error = _load(row["error"])
    return Task(
        number=row["number"],
        kind=row["kind"],
        version=row["version"],
        summary=row["summary"],
        args=json.loads(row["args"]),
        memo=json.loads(row["memo"]),
        detail=error["message"] if error else None,
        error=error,
        status=TaskStatus(row["status"]),
        started=row["started"],
        ended=row["ended"],
    )


def _change(row: sqlite3.Row, tasks: list[Task]) -> Change:
    return Change(
        id=str(row["id"]),
        kind=row["kind"],
        summary=row["summary"],
        status=ChangeStatus(row["status"]),
        locks=frozenset(json.loads(row["locks"])),
        started=row["started"],
        ended=row["ended"],
        error=_load(row["error"]),
        result=_load(row["result"]),
        tasks=tasks,
    )


def _dump(value: Mapping[str, Any] | list[str] | None) -> str | None:
    return None if value is None else json.dumps(value, separators=(",", ":"))


def _load(text: str | None) -> dict[str, Any] | None:
    return None if text is None else json.loads(text)
