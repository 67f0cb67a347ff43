"""What is taken of the Engine and of the services' logs, and what of an Engine that hangs."""

import json
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path

import pytest

from tarsd.host.containers import Containers
from tarsd.host.docker_api import DockerApi
from tarsd.host.generations import Generations
from tarsd.operations.bundle.collectors.engine import engine as engine_collector
from tarsd.operations.bundle.collectors.logs import logs
from tarsd.operations.bundle.collectors.protocol import Collector
from tests.unit.fake_container import FakeContainer
from tests.unit.fake_engine import FakeEngine
from tests.unit.operations.bundle.taker import taken

SECRET = "correct-horse"
ENVIRONMENT = [f"REDIS_URL=redis://:{SECRET}@redis:6379", "VECTOR_DB=chroma", f"MY_OWN={SECRET}"]


def silent(argv: Sequence[str], *, fine: Sequence[int] = (0,)) -> AsyncGenerator[bytes, None]:
    async def nothing() -> AsyncGenerator[bytes, None]:
        raise FileNotFoundError(argv[0])
        yield b""

    return nothing()


@pytest.fixture
def collector(docker: DockerApi, tmp_path: Path) -> Collector:
    generations = tmp_path / "generations" / "1"
    generations.mkdir(parents=True)
    stack = {"services": {"webui": {"image": "x", "environment": {"TZ": "UTC", "MY_OWN": SECRET}}}}
    (generations / "compose.json").write_text(json.dumps(stack))
    (generations / "stack.lock").write_text('{"images": {}}')
    (generations.parent / "current").symlink_to("1")
    return engine_collector(docker, "tars", Generations(generations.parent), (), silent)


async def test_objects_are_shown_without_the_values_of_environments(
    engine: FakeEngine, collector: Collector
) -> None:
    engine.add(FakeContainer("webui", more={"Config": {"Env": ENVIRONMENT}}))
    engine.add(FakeContainer("other", project="another"))
    files, gaps = await taken(collector)
    assert SECRET not in "".join(files.values())
    containers = json.loads(files["engine/containers.json"])
    assert [it["Config"]["Env"] for it in containers] == [
        ["REDIS_URL=[hidden]", "VECTOR_DB=chroma", "MY_OWN=[hidden]"]
    ]
    stack = json.loads(files["engine/compose.json"])
    assert stack["services"]["webui"]["environment"] == {"TZ": "UTC", "MY_OWN": "[hidden]"}
    assert json.loads(files["engine/version.json"])["Version"] == "26.1.5"
    assert (
        gaps["engine/disk.json"].why == "failed"
    )  # this Engine does not know that page, and only that is missing


async def test_events_are_those_of_the_stack(engine: FakeEngine, collector: Collector) -> None:
    engine.add(FakeContainer("redis"))
    engine.add(FakeContainer("theirs", project="another"))
    at = 1795317124000000000
    engine.emit("die", "redis", at=at, exitCode="137", name="tars-redis-1")
    engine.emit("exec_start: redis-cli -a hunter2", "redis", at=at)
    engine.emit("die", "theirs", at=at)
    engine.emit_destroy("network", "tars_inner", at=at)
    files, _ = await taken(collector)
    rows = [json.loads(line) for line in files["engine/events.jsonl"].splitlines()]
    assert [(row["type"], row["action"], row.get("exitCode")) for row in rows] == [
        ("container", "die", "137"),
        ("network", "destroy", None),
    ]
    assert "hunter2" not in files["engine/events.jsonl"]


async def test_an_engine_that_hangs_is_asked_once(
    engine: FakeEngine, collector: Collector, clock: Callable[[], float]
) -> None:
    engine.hang()
    began = clock()
    files, gaps = await taken(collector)
    assert set(files) == {"engine/compose.json", "engine/compose.txt"}
    assert (
        gaps["engine"].text == "cannot reach the Docker Engine: no answer to GET /version in time"
    )
    assert clock() - began < 6


async def test_one_page_that_hangs_costs_itself_only(
    engine: FakeEngine, collector: Collector
) -> None:
    engine.hang("/info")
    files, gaps = await taken(collector)
    assert "engine/info.json" in gaps
    assert "engine/containers.json" in files


async def test_each_service_has_its_log(engine: FakeEngine, docker: DockerApi) -> None:
    engine.add(
        FakeContainer("redis", log=[(1, b"1:M 22 Nov ready\n"), (2, b"\x1b[31mred\x1b[0m\n")])
    )
    engine.add(FakeContainer("../odd name", state="exited", log=[(1, b"\x00\x01\n")]))
    files, gaps = await taken(logs(docker, Containers(docker, "tars")))
    assert files == {
        "logs/redis.log": "1:M 22 Nov ready\nred\n",
        "logs/odd-name.log": "<binary: 2 bytes>\n",
    }
    assert gaps["logs/odd-name.log"].why == "cut"


async def test_a_service_that_wrote_without_end_is_bounded(
    engine: FakeEngine, docker: DockerApi
) -> None:
    line = b"2026-11-22 " + b"x" * 16_000 + b"\n"
    engine.add(FakeContainer("webui", log=[(1, line)] * 900))
    files, gaps = await taken(logs(docker, Containers(docker, "tars")))
    assert 1_900_000 < len(files["logs/webui.log"]) <= 2 * 1024 * 1024
    assert "older lines left out" in gaps["logs/webui.log"].text


async def test_without_an_engine_the_logs_are_one_gap(
    docker: DockerApi, engine: FakeEngine
) -> None:
    await engine.stop()
    files, gaps = await taken(logs(docker, Containers(docker, "tars")))
    assert files == {}
    assert gaps["logs"].why == "failed"
