"""What the owner wants running survives everything but an uninstall."""

import pytest

from tarsd.store import Database
from tarsd.store.intent import IntentStore
from tarsd.store.watch import WatchStore


@pytest.fixture
def intent(database: Database) -> IntentStore:
    return IntentStore(database)


async def test_nobody_has_said_anything_yet(intent: IntentStore) -> None:
    assert await intent.all() == {}


async def test_the_last_word_counts_per_service(intent: IntentStore) -> None:
    await intent.want(["redis", "ollama"], "stopped", "stop")
    await intent.want(["redis"], "running", "start redis")
    await intent.want([], "stopped", "nobody")
    assert await intent.all() == {"redis": "running", "ollama": "stopped"}


async def test_what_was_last_read_or_written_is_known_without_asking_the_disk(
    database: Database,
) -> None:
    intent, later = IntentStore(database), IntentStore(database)
    await intent.want(["redis", "ollama"], "stopped", "stop")
    assert intent.latest is not None
    await intent.replace("redis", intent.latest["redis"], "running", "docker start")
    assert later.latest is None
    assert intent.latest == await later.wishes() == later.latest
    assert intent.latest["redis"].wanted == "running"
    await intent.put_back({"redis": "stopped"}, "undo")
    assert intent.latest.keys() == {"redis"}
    await intent.forget()
    assert intent.latest == {}


async def test_an_uninstall_forgets_all(intent: IntentStore) -> None:
    await intent.want(["redis"], "stopped", "stop")
    await intent.forget()
    assert await intent.all() == {}


async def test_a_wish_is_replaced_only_by_who_has_read_it(intent: IntentStore) -> None:
    assert await intent.replace("redis", None, "stopped", "docker stop")
    read = (await intent.wishes())["redis"]
    assert (read.wanted, read.reason) == ("stopped", "docker stop")
    await intent.want(["redis"], "running", "start redis")
    assert not await intent.replace("redis", read, "stopped", "docker stop")
    assert not await intent.replace("redis", None, "stopped", "docker stop")
    assert await intent.all() == {"redis": "running"}


async def test_how_far_events_were_followed_is_known_after_a_restart(database: Database) -> None:
    watch = WatchStore(database)
    assert await watch.until() is None
    for moment in (1795577653152458350, 1795577653209331812):
        await watch.keep(moment)
    assert await watch.until() == 1795577653209331812
