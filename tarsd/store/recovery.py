"""What happens to a state.db that cannot be used: set aside with its reason, the last good copy in its place."""

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from tarsd.changes.ends import track_lost
from tarsd.changes.model import Change, ChangeStatus, TaskStatus
from tarsd.host.files import sync_directory, unfinished, write_atomic
from tarsd.store.schema import MIGRATIONS


@dataclass(frozen=True)
class Trouble:
    """Why state.db is not what it was, for status and incidents; `writable` is False while nothing can be recorded."""

    message: str
    fix: str
    writable: bool = True


def good_copy(path: Path) -> Path:
    """Where the last good copy of the database at `path` lies."""
    return path.with_suffix(".good")


def fault(path: Path) -> str | None:
    """Why the database at `path` cannot be used, or None if it can (or does not exist yet).

    Raises OSError or sqlite3.OperationalError where the disk, not the file, is at fault.
    """
    if not path.exists() or path.stat().st_size == 0:
        # Right after its creation it may be empty; a good copy is proof that it once was not.
        return "is gone or empty" if path != good_copy(path) and good_copy(path).exists() else None
    connection = sqlite3.connect(path)
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > len(MIGRATIONS):
            return f"is of schema {version}, newer than this version knows ({len(MIGRATIONS)})"
        verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        return None if verdict == "ok" else f"is damaged: {verdict}"
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as error:
        return f"is damaged: {error}"
    finally:
        connection.close()


def set_aside(path: Path, reason: str) -> Trouble:
    """Move an unusable database away, keeping it, and put the last good copy in its place if that one is sound."""
    stamp = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%S.%fZ")
    kept = path.with_name(f"{path.name}.aside-{stamp}")
    for suffix in ("-wal", "-shm"):
        side = path.with_name(path.name + suffix)
        if side.exists():
            side.rename(kept.with_name(kept.name + suffix))
    if path.exists():
        path.rename(kept)
    copy = good_copy(path)
    restored = "there was no good copy, so an empty one was started"
    if copy.exists() and copy.stat().st_size > 0 and fault(copy) is None:
        made = datetime.fromtimestamp(copy.stat().st_mtime, timezone.utc)
        taken = f"{made:%Y-%m-%d %H:%M} UTC"
        lost = _put_in_place(copy, path, taken)
        restored = f"the copy of {taken} is used"
        if lost:
            restored += f"; how these ended, which ran then, is not known: {', '.join(lost)}"
    sync_directory(path.parent)
    return Trouble(
        f"{path} {reason}; it was set aside as {kept.name} and {restored}",
        f"tarsctl changes; keep {kept} for a report, or remove it",
    )


def _put_in_place(copy: Path, path: Path, taken: str) -> list[str]:
    """Make a copy of the good copy the database, in one step, with nothing in it that goes on; returns what went on then.

    Hours later an undo would take back what was done since, and a purge remove what was made since.
    """
    fresh = unfinished(path)
    write_atomic(fresh, copy.read_bytes())
    with closing(sqlite3.connect(fresh, isolation_level=None)) as opened:
        opened.execute("PRAGMA journal_mode=MEMORY")
        opened.execute("BEGIN IMMEDIATE")
        lost = _end_what_ran(opened, taken)
        opened.execute("COMMIT")
    fresh.rename(path)
    return lost


def _end_what_ran(opened: sqlite3.Connection, taken: str) -> list[str]:
    found = opened.execute("SELECT id, kind, summary, started FROM change WHERE ended IS NULL")
    told: list[str] = []
    for number, kind, summary, started in found.fetchall():
        ran = Change(str(number), kind, summary, ChangeStatus.DOING, frozenset(), started, [])
        end = track_lost(ran, taken)
        row = (end.status, end.ended, json.dumps(end.error), json.dumps(end.result), number)
        opened.execute(
            "UPDATE change SET status = ?, ended = ?, error = ?, result = ? WHERE id = ?", row
        )
        opened.execute(
            "UPDATE task SET status = ? WHERE change = ? AND status IN (?, ?)",
            (TaskStatus.FAILED, number, TaskStatus.DOING, TaskStatus.UNDOING),
        )
        told.append(f"{number} ({summary})")
    return told
