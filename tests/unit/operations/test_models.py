"""Pulling models: progress and warnings while it lasts, an end that is true, and nothing that takes the stack along."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from tarsd.changes.model import Change, ChangeStatus
from tarsd.errors import ChangeConflict, JobFailed
from tarsd.host import gpu_memory
from tarsd.host.disk import Disk
from tarsd.operations import models
from tarsd.operations.model_pull import PAUSES
from tarsd.paths import Paths
from tests.unit.fake_engine import FakeContainer, FakeEngine
from tests.unit.fake_ollama import MANIFEST, SUCCESS, Attempt, FakeOllama, Trouble, layer, whole
from tests.unit.home import Home

GIB = 1 << 30


@pytest.fixture
async def server() -> AsyncIterator[FakeOllama]:
    """The model server, with nothing on it."""
    fake = FakeOllama()
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
async def home(
    paths: Paths, engine: FakeEngine, server: FakeOllama, tmp_path: Path
) -> AsyncIterator[Home]:
    paths.settings.write_text(f"[start]\ndeadline = 10\n[ports]\nollama = {server.port}\n")
    plugins = tmp_path / "cli-plugins"
    plugins.mkdir()
    (plugins / "docker-compose").touch()
    made = Home(paths, engine, plugins)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Sets how many bytes are free where Docker's data lies."""

    def set_free(count: int) -> None:
        def usage(path: str) -> Disk:
            return Disk(path, count, 1 << 50)

        monkeypatch.setattr("tarsd.host.disk.usage", usage)

    set_free(1 << 49)
    return set_free


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Callable[[int | JobFailed | None], None]:
    """Sets the memory of the GPU in bytes, or what keeps it from being asked."""

    def set_gpu(count: int | JobFailed | None) -> None:
        async def total(_: object) -> int | None:
            if isinstance(count, JobFailed):
                raise count
            return count

        monkeypatch.setattr(gpu_memory.GpuMemory, "total", total)

    return set_gpu


async def begin_pull(home: Home, name: str = "m:1") -> Change:
    return await home.app.changes.begin(
        "pull-model", f"pull model {name}", {models.lock(name)}, models.pull_plan(name)
    )


async def pull(home: Home, name: str = "m:1") -> Change:
    return await home.end(await begin_pull(home, name))


def error_of(change: Change) -> dict[str, Any]:
    assert change.status is ChangeStatus.UNDONE, change
    assert change.error is not None
    return change.error


def verdict_of(change: Change) -> dict[str, Any]:
    assert change.status is ChangeStatus.DONE, change.error
    assert change.result is not None
    return change.result


async def test_a_pull_ends_when_the_model_is_listed(home: Home, server: FakeOllama) -> None:
    server.will_pull("m:1", whole(1000))
    begun = await begin_pull(home)
    ended = await home.end(begun)
    assert verdict_of(ended) == {"verdict": "GO", "passed": 1, "warnings": [], "failures": []}
    assert (begun.tasks[0].done, begun.tasks[0].total) == (1000, 1000)
    assert "m:1" in server.models


async def test_progress_is_that_of_all_layers_however_they_are_told(
    home: Home, server: FakeOllama
) -> None:
    """A total may come late, and a digest again and again."""
    server.will_pull(
        "m:1",
        (
            *(MANIFEST, layer("a", None), layer("a", 100), layer("a", 100, 40)),
            *(layer("b", 50, 50), layer("a", 100, 70), layer("a", 100, 70), Trouble.HANG),
        ),
    )
    change = await begin_pull(home)
    await asyncio.sleep(1)
    task = (await home.app.changes.get(change.id)).tasks[0]
    assert (task.done, task.total, task.unit, task.detail) == (120, 150, "bytes", "pulling a")


async def test_success_that_is_not_true_is_no_success(home: Home, server: FakeOllama) -> None:
    server.will_pull("m:1", whole(10))
    server.forgets = True
    assert "says success and does not list it" in error_of(await pull(home))["message"]


async def test_a_name_that_there_is_not_is_told_in_the_registrys_words_at_once(
    home: Home, server: FakeOllama
) -> None:
    error = error_of(await pull(home, "lama3"))
    assert error["kind"] == "model-missing"
    assert "'pull model manifest: file does not exist'" in error["message"]
    assert server.pulled == ["lama3"]


@pytest.mark.parametrize(
    "broken",
    [
        (MANIFEST, layer("a", 100 << 20, 50 << 20), Trouble.CUT),
        (MANIFEST, layer("a", 100 << 20, 50 << 20), {"error": "unexpected EOF"}),
        (MANIFEST, layer("a", 100 << 20, 50 << 20)),
        (MANIFEST, layer("a", 100 << 20, 50 << 20), Trouble.HANG),
        (MANIFEST, Trouble.NONSENSE),
    ],
)
async def test_a_stream_that_is_cut_goes_on(
    home: Home, server: FakeOllama, broken: Attempt
) -> None:
    server.will_pull("m:1", broken, whole(100 << 20))
    assert verdict_of(await pull(home))["verdict"] == "GO"
    assert len(server.pulled) == 2


async def test_a_pull_that_never_gets_further_is_given_up_and_says_what_is_here(
    home: Home, server: FakeOllama, clock: Callable[[], float]
) -> None:
    broken = (MANIFEST, layer("a", 100 << 20, 50 << 20), {"error": "max retries exceeded"})
    server.will_pull("m:1", broken)
    began = clock()
    error = error_of(await pull(home))
    assert error["kind"] == "model-not-pulled"
    assert "max retries exceeded; 50 MiB are here, and the next pull goes on" in error["message"]
    assert len(server.pulled) == len(PAUSES) + 1
    assert clock() - began < sum(PAUSES) + 60


async def test_a_server_that_is_down_all_the_time(home: Home, server: FakeOllama) -> None:
    await server.stop()
    error = error_of(await pull(home))
    assert error["kind"] == "model-server-unavailable"
    assert f"tried {len(PAUSES) + 1} times" in error["message"]


async def test_a_server_that_comes_back_in_time(home: Home, server: FakeOllama) -> None:
    server.will_pull("m:1", whole(100))
    await server.stop()
    change = await begin_pull(home)
    await asyncio.sleep(PAUSES[0] + 1)
    assert "going on in 5 s" in str((await home.app.changes.get(change.id)).tasks[0].detail)
    await server.start()
    assert verdict_of(await home.end(change))["verdict"] == "GO"


async def test_too_little_room_stops_it_as_soon_as_the_size_is_known(
    home: Home, server: FakeOllama, free: Callable[[int], None]
) -> None:
    free(11 * GIB)
    server.will_pull("m:1", (MANIFEST, layer("a", 10 * GIB), Trouble.HANG))
    error = error_of(await pull(home))
    assert error["kind"] == "no-space"
    assert (
        "10.0 GiB are still to come, which asks for 12.0 GiB free in /, and 11.0 GiB are"
        in (error["message"])
    )
    assert error["details"]["needed_bytes"] == 12 * GIB
    assert "models rm" in error["fix"]
    assert (server.pulled, server.ended) == (["m:1"], 1), "the server is told to stop"


async def test_what_is_here_already_needs_no_room(
    home: Home, server: FakeOllama, free: Callable[[int], None]
) -> None:
    free(2 * GIB)
    server.will_pull("m:1", (MANIFEST, layer("a", 10 * GIB, 9 * GIB), SUCCESS))
    assert verdict_of(await pull(home))["warnings"] == []


async def test_a_second_layer_that_is_too_much(
    home: Home, server: FakeOllama, free: Callable[[int], None]
) -> None:
    free(2 * GIB)
    server.will_pull("m:1", (layer("a", GIB), layer("a", GIB, GIB), layer("b", 3 * GIB)))
    assert error_of(await pull(home))["kind"] == "no-space"


async def test_a_disk_that_fills_up_meanwhile(home: Home, server: FakeOllama) -> None:
    full = {"error": "write /root/.ollama/models/blobs/sha256-a: no space left on device"}
    server.will_pull("m:1", (MANIFEST, layer("a", 100, 5), full))
    assert error_of(await pull(home))["kind"] == "no-space"
    assert len(server.pulled) == 1


async def test_models_on_a_disk_of_the_owners_are_pulled_with_a_word_of_doubt(
    home: Home, server: FakeOllama, engine: FakeEngine, free: Callable[[int], None]
) -> None:
    """A bind may lead to a dead NAS: it is not touched."""
    free(0)
    container = engine.add(FakeContainer("ollama"))
    mounts = [{"Type": "bind", "Source": "/mnt/big", "Destination": "/root/.ollama"}]
    container.more = {"Mounts": mounts}
    server.will_pull("m:1", whole(GIB))
    (warning,) = verdict_of(await pull(home))["warnings"]
    assert (warning["id"], warning["status"]) == ("model.space", "unknown")


async def test_a_model_larger_than_the_gpu_is_pulled_with_a_warning_while_it_comes(
    home: Home, server: FakeOllama, gpu: Callable[[int | None], None], free: Callable[[int], None]
) -> None:
    gpu(8 * GIB)
    server.will_pull("m:1", (MANIFEST, layer("a", 40 * GIB), Trouble.CUT), whole(40 * GIB))
    change = await begin_pull(home)
    await asyncio.sleep(1)
    result = verdict_of(await home.end(change))
    (warning,) = result["warnings"]
    assert warning["summary"].startswith("40.0 GiB will not fit wholly on the GPU (8.0 GiB)")
    assert result["verdict"] == "GO"
    assert warning["summary"] in str(change.tasks[0].detail)


async def test_a_model_that_fits_and_a_machine_without_a_gpu_are_not_worth_a_word(
    home: Home, server: FakeOllama, gpu: Callable[[int | None], None], free: Callable[[int], None]
) -> None:
    server.will_pull("m:1", whole(7 * GIB))
    for memory in (8 * GIB, None):
        gpu(memory)
        assert verdict_of(await pull(home))["warnings"] == []


async def test_a_gpu_that_cannot_be_asked_is_unknown(
    home: Home, server: FakeOllama, gpu: Callable[[JobFailed], None]
) -> None:
    gpu(JobFailed("cannot ask for the GPU's memory: NVML says: Driver/library version mismatch"))
    server.will_pull("m:1", whole(10))
    (warning,) = verdict_of(await pull(home))["warnings"]
    assert (warning["id"], warning["status"]) == ("model.gpu-memory", "unknown")
    assert "version mismatch" in warning["summary"]


async def test_an_aborted_pull_ends_on_the_server_too_and_says_what_stays(
    home: Home, server: FakeOllama
) -> None:
    server.will_pull("m:1", (MANIFEST, layer("a", 100, 50), Trouble.HANG))
    change = await begin_pull(home)
    await asyncio.sleep(1)
    await home.app.changes.abort(change.id)
    error = error_of(await home.end(change))
    assert error["kind"] == "aborted"
    assert error["message"].endswith(models.KEPT)
    assert error["fix"] == "tarsctl models pull m:1"
    await asyncio.sleep(1)
    assert server.ended == 1


async def test_a_daemon_that_dies_goes_on_with_the_pull(home: Home, server: FakeOllama) -> None:
    broken = (MANIFEST, layer("a", 100, 50), Trouble.HANG)
    server.will_pull("m:1", broken, whole(100))
    change = await begin_pull(home)
    await asyncio.sleep(1)
    await home.crash()
    assert verdict_of(await home.end(change))["verdict"] == "GO"
    assert server.pulled == ["m:1", "m:1"]


async def test_two_pulls_of_one_model_conflict_however_it_is_written(
    home: Home, server: FakeOllama
) -> None:
    server.will_pull("m", (MANIFEST, Trouble.HANG))
    server.will_pull("other", whole(10))
    await begin_pull(home, "m")
    with pytest.raises(ChangeConflict, match="pull model library/M:latest"):
        await begin_pull(home, "library/M:latest")
    await begin_pull(home, "other")


async def test_the_stack_is_installed_while_a_model_comes(home: Home, server: FakeOllama) -> None:
    server.will_pull("m:1", (MANIFEST, Trouble.HANG))
    pulling = await begin_pull(home)
    installing = await home.begin_install()
    for _ in range(60):
        await asyncio.sleep(1)
    assert (await home.app.changes.get(installing.id)).status is ChangeStatus.DONE
    assert (await home.app.changes.get(pulling.id)).status is ChangeStatus.DOING


async def remove(home: Home, name: str) -> Change:
    plan = models.remove_plan(name)
    return await home.end(await home.app.changes.begin("rm", "rm", {models.lock(name)}, plan))


async def test_a_removed_model_is_no_longer_listed(home: Home, server: FakeOllama) -> None:
    server.add("m:1")
    assert (await remove(home, "m:1")).status is ChangeStatus.DONE
    assert server.models == {}
    assert error_of(await remove(home, "m:1"))["kind"] == "model-missing"


async def test_a_removal_that_the_server_refuses(home: Home, server: FakeOllama) -> None:
    server.add("m:1")
    server.says["/api/delete"] = (500, b'{"error": "permission denied"}')
    assert "permission denied" in error_of(await remove(home, "m:1"))["message"]
    server.says["/api/delete"] = (200, b"")
    assert "still lists it" in error_of(await remove(home, "m:1"))["message"]
