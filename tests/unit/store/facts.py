"""Changes as the store keeps them, and databases with some in them."""

from pathlib import Path

from tarsd.changes.model import Change, ChangeStatus, Task
from tarsd.store import Database
from tarsd.store.changes import ChangeStore

STARTED = "2026-11-22T03:12:04.100Z"


def change(summary: str = "install the stack", tasks: int = 2) -> Change:
    """A change that has just begun."""
    made = [Task(number, "pull", 1, f"task {number}", {}) for number in range(1, tasks + 1)]
    locks = frozenset({"stack"})
    return Change("", "install", summary, ChangeStatus.DOING, locks, STARTED, made)


async def fill(path: Path, changes: int) -> None:
    """Make a sound database with this many changes at `path`, and a good copy beside it."""
    database = Database(path)
    await database.open()
    store = ChangeStore(database)
    for number in range(changes):
        await store.add(change(f"change {number}"))
    await database.keep_good_copy()
    await database.close()


async def summaries(path: Path) -> list[str]:
    """What is recorded at `path`, oldest first; the database is closed again."""
    database = Database(path)
    await database.open()
    found = await ChangeStore(database).latest(1_000_000)
    await database.close()
    return [it.summary for it in reversed(found)]
