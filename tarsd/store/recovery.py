"""What happens to a state.db that cannot be used: set aside with its reason, the last good copy in its place."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from tarsd.host.files import sync_directory, write_atomic
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
    if copy.exists() and fault(copy) is None:
        taken = datetime.fromtimestamp(copy.stat().st_mtime, timezone.utc)
        write_atomic(path, copy.read_bytes())
        restored = f"the copy of {taken:%Y-%m-%d %H:%M} UTC is used"
    sync_directory(path.parent)
    return Trouble(
        f"{path} {reason}; it was set aside as {kept.name} and {restored}",
        f"tarsctl changes; keep {kept} for a report, or remove it",
    )
