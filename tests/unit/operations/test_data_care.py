"""An install that changes a database's image: what it holds is kept first, or nothing is changed."""

import asyncio
from typing import Any

from tarsd.changes.model import ChangeStatus
from tarsd.host.backups.kept import Backups
from tarsd.settings import Data
from tests.unit.fake_engine import FakeContainer
from tests.unit.home import Home

DUMP = b"\nCREATE TABLE chat ();\n-- PostgreSQL database cluster dump complete\n"
CHROMA: dict[str, Any] = {
    "image": "chroma:1.5.9",
    "labels": {"tars.role": "vector"},
    "stop_grace_period": "30s",
    "volumes": [{"type": "volume", "source": "chromadb", "target": "/data"}],
}
MOUNTS = [{"Type": "volume", "Name": "tars_chromadb", "Destination": "/data"}]


def another_image(home: Home, service: str, image: str) -> None:
    """The owner's override names it, and it is on the machine."""
    home.compose.stack["services"][service]["image"] = image
    home.engine.images[image] = {"Id": f"sha256:{image}", "RepoTags": [image]}
    home.engine.images[f"sha256:{image}"] = home.engine.images[image]


async def with_postgres(home: Home) -> FakeContainer:
    """Installed, and another image of the same major is wanted."""
    assert (await home.install()).status is ChangeStatus.DONE
    home.engine.inside.programs["postgres"] = (DUMP, b"", 0)
    another_image(home, "postgres", "postgres:17.12")
    return home.engine.containers["postgres"]


async def with_chroma(home: Home) -> FakeContainer:
    """The same with a vector store."""
    home.compose.stack["services"]["chromadb"] = dict(CHROMA)
    another_image(home, "chromadb", "chroma:1.5.9")
    labels = {"tars.role": "vector"}
    for name in ("chroma:1.5.9", "chroma:1.5.10"):
        home.compose.starts["chromadb"] = FakeContainer(
            "chromadb", labels=labels, more={"Mounts": MOUNTS}
        )
        if name == "chroma:1.5.9":
            assert (await home.install()).status is ChangeStatus.DONE
    another_image(home, "chromadb", "chroma:1.5.10")
    return home.engine.containers["chromadb"]


def kinds(home: Home) -> list[str]:
    return [it.kind for it in Backups(home.paths.backups, Data).all()]


def at(home: Home, ending: str) -> int:
    """When the Engine was called so first."""
    return next(n for n, call in enumerate(home.engine.calls) if call.endswith(ending))


async def test_the_dump_is_there_before_the_new_container(home: Home) -> None:
    old = await with_postgres(home)
    home.engine.calls.clear()
    change = await home.install()
    assert change.status is ChangeStatus.DONE, change.error
    assert kinds(home) == ["pg_dumpall"]
    new = home.engine.containers["postgres"]
    assert new.image == "sha256:postgres:17.12"
    assert new is not old


async def test_one_of_the_last_day_is_enough(home: Home) -> None:
    await with_postgres(home)
    await home.install()
    another_image(home, "postgres", "postgres:17.13")
    assert (await home.install()).status is ChangeStatus.DONE
    assert kinds(home) == ["pg_dumpall"]


async def test_where_it_cannot_be_dumped_nothing_is_changed(home: Home) -> None:
    old = await with_postgres(home)
    home.engine.inside.programs["postgres"] = (b"", b"pg_dump: error: no\n", 1)
    change = await home.install()
    assert change.status is ChangeStatus.UNDONE
    assert change.error is not None
    assert change.error["kind"] == "backup-failed"
    assert "its image is not changed" in change.error["message"]
    assert f"docker rm -f {old.id[:12]}" in change.error["fix"]
    assert home.engine.containers["postgres"] is old
    assert home.generation is not None
    assert home.generation.number == 1


async def test_a_database_that_lies_still_keeps_its_image(home: Home) -> None:
    old = await with_postgres(home)
    old.state, old.exit_code = "exited", 1
    change = await home.install()
    assert change.status is ChangeStatus.UNDONE
    assert change.error is not None
    assert "cannot dump postgres: it is exited" in change.error["message"]


async def test_a_power_cut_during_the_dump(home: Home) -> None:
    """It is made anew, and nothing half is left of the first."""
    await with_postgres(home)
    home.engine.hang("/exec/postgres/start")
    await home.begin_install()
    await asyncio.sleep(60)
    assert any(it.endswith("/exec/postgres/start") for it in home.engine.calls)
    await home.crash()
    home.engine.recover()
    current = home.app.changes.current
    assert current is not None
    change = await home.end(current)
    assert change.status is ChangeStatus.DONE, change.error
    assert kinds(home) == ["pg_dumpall"]
    assert len(list(home.paths.backups.iterdir())) == 1


async def test_chroma_stands_still_while_it_is_copied(home: Home) -> None:
    await with_chroma(home)
    home.engine.inside.files["chromadb", "/data"] = b"sqlite and all" * 100
    home.engine.calls.clear()
    change = await home.install()
    assert change.status is ChangeStatus.DONE, change.error
    assert kinds(home) == ["chroma"]
    assert at(home, "/stop t=30") < at(home, "/archive")
    assert home.engine.containers["chromadb"].image == "sha256:chroma:1.5.10"


async def test_where_chroma_cannot_be_copied_it_runs_on(home: Home) -> None:
    old = await with_chroma(home)
    change = await home.install()
    assert change.status is ChangeStatus.UNDONE
    assert change.error is not None
    assert "Could not find the file /data" in change.error["message"]
    assert home.engine.containers["chromadb"] is old
    assert old.state == "running"
    assert kinds(home) == []


async def test_vectors_in_the_container_end_the_install_before_it_began(home: Home) -> None:
    old = await with_chroma(home)
    old.more = {"Mounts": []}
    change = await home.install()
    assert change.status is ChangeStatus.UNDONE
    assert change.error is not None
    assert change.error["kind"] == "preflight-failed"
    assert "chroma.data-unmounted" in change.error["message"]
    assert home.engine.containers["chromadb"] is old


async def test_vectors_in_the_container_outlive_an_uninstall(home: Home) -> None:
    old = await with_chroma(home)
    old.more = {"Mounts": []}
    change = await home.uninstall()
    assert change.status is ChangeStatus.UNDONE
    assert change.error is not None
    assert change.error["kind"] == "data-at-risk"
    assert set(home.engine.containers) == {"chromadb", "postgres", "redis"}


async def test_nor_is_it_taken_down_when_it_leaves_the_stack(home: Home) -> None:
    old = await with_chroma(home)
    old.more = {"Mounts": []}
    del home.compose.stack["services"]["chromadb"]
    change = await home.install()
    assert change.status is ChangeStatus.UNDONE
    assert home.engine.containers["chromadb"] is old
