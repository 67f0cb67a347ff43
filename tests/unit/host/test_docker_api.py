"""The Engine's client: whatever the Engine does, the answer is a value or one of two errors, in time."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tarsd.errors import EngineRefused, EngineUnavailable
from tarsd.host.docker_api import DockerApi
from tests.unit.fake_engine import FakeEngine


async def test_the_oldest_version_both_know_is_spoken(
    engine: FakeEngine, docker: DockerApi
) -> None:
    """Negotiated once; what follows goes to the version's own path."""
    engine.version["ApiVersion"] = "1.44"
    await docker.object("/info")
    await docker.object("/info")
    assert engine.calls == ["GET /version", "GET /info", "GET /info"]


@pytest.mark.parametrize(
    ("offered", "oldest"), [("1.40", "1.12"), ("1.24", "1.12"), ("1.99", "1.60"), ("2.0", "2.0")]
)
async def test_an_engine_of_another_time_is_refused_with_both_versions(
    engine: FakeEngine, docker: DockerApi, offered: str, oldest: str
) -> None:
    engine.version |= {"ApiVersion": offered, "MinAPIVersion": oldest}
    with pytest.raises(EngineUnavailable, match=r"cannot use Docker 26\.1\.5: its API") as caught:
        await docker.object("/info")
    assert caught.value.fix is not None


async def test_a_newer_engine_is_spoken_to_in_the_newest_version_tried(
    engine: FakeEngine, docker: DockerApi
) -> None:
    engine.version["ApiVersion"] = "1.99"
    assert (await docker.object("/info"))["DockerRootDir"] == "/"


async def test_a_refusal_carries_the_engines_words_and_status(docker: DockerApi) -> None:
    with pytest.raises(EngineRefused, match="No such container: nope") as caught:
        await docker.object("/containers/nope/json")
    assert caught.value.details == {"status": 404}


async def test_a_refusal_without_words_is_a_refusal_all_the_same(
    engine: FakeEngine, docker: DockerApi
) -> None:
    for body in (b"<html>Bad Gateway</html>", b"", b"[1]", b'"x"', b'{"error": 1}'):
        engine.say("/info", 500, body)
        with pytest.raises(EngineRefused, match="Internal Server Error"):
            await docker.object("/info")


async def test_nobody_at_the_socket(tmp_path: Path) -> None:
    docker = DockerApi(str(tmp_path / "docker.sock"))
    with pytest.raises(EngineUnavailable, match=r"docker\.sock: No such file") as caught:
        await docker.object("/info")
    assert caught.value.fix == "systemctl status docker; sudo systemctl restart docker"
    await docker.close()


async def test_an_engine_that_went_down_and_came_back_as_another(
    engine: FakeEngine, docker: DockerApi
) -> None:
    await docker.object("/info")
    await engine.stop()
    with pytest.raises(EngineUnavailable):
        await docker.object("/info")
    engine.version["ApiVersion"] = "1.41"
    await engine.start()
    engine.calls.clear()
    await docker.object("/info")
    assert engine.calls[0] == "GET /version"


async def test_an_engine_that_never_answers_costs_five_seconds(
    engine: FakeEngine, docker: DockerApi, clock: Callable[[], float]
) -> None:
    engine.hang("/info")
    began = clock()
    with pytest.raises(EngineUnavailable, match="no answer to GET /info in time"):
        await docker.object("/info")
    assert clock() - began == pytest.approx(5, abs=1.5)


@pytest.mark.parametrize(
    "body", [b"<html>", b'{"ApiVersion": ', b"[]", b"{}", b"null", b'{"ApiVersion": "new"}',
             b'{"ApiVersion": 1.45}', b""]
)  # fmt: skip
async def test_something_else_behind_the_socket(
    engine: FakeEngine, docker: DockerApi, body: bytes
) -> None:
    engine.say("/version", 200, body)
    with pytest.raises(EngineUnavailable):
        await docker.version()
    with pytest.raises(EngineUnavailable):
        await docker.object("/info")


@pytest.mark.parametrize("body", [b"null", b"7", b'"x"', b"", b"[[]]", b"[null]", b"<html>"])
async def test_an_answer_of_another_shape_is_not_understood(
    engine: FakeEngine, docker: DockerApi, body: bytes
) -> None:
    engine.say("/info", 200, body)
    for asked in (docker.object("/info"), docker.objects("/info")):
        with pytest.raises(EngineUnavailable, match="cannot understand the Engine"):
            await asked


async def test_lines_of_a_long_answer_come_one_by_one(
    engine: FakeEngine, docker: DockerApi
) -> None:
    engine.say("/images/create", 200, b'{"status": "a"}\r\n\r\n{"status": "b"}\n')
    lines = [line async for line in docker.lines("POST", "/images/create", {})]
    assert lines == [{"status": "a"}, {"status": "b"}]


@pytest.mark.parametrize("body", [b'{"status": "a"}\n{"sta', b"<html>\n", b"[1]\n", b"\xff\n"])
async def test_lines_that_are_not_what_they_should_be(
    engine: FakeEngine, docker: DockerApi, body: bytes
) -> None:
    engine.say("/images/create", 200, body)
    with pytest.raises(EngineUnavailable, match="cannot understand the Engine"):
        [line async for line in docker.lines("POST", "/images/create", {})]


async def test_a_long_answer_that_falls_silent_ends_after_five_minutes(
    engine: FakeEngine, docker: DockerApi, clock: Callable[[], float]
) -> None:
    engine.hang("/images/create")
    began = clock()
    with pytest.raises(EngineUnavailable):
        [line async for line in docker.lines("POST", "/images/create", {})]
    assert clock() - began == pytest.approx(300, abs=5)


async def test_a_body_is_sent_as_json_or_streamed(engine: FakeEngine, docker: DockerApi) -> None:
    with pytest.raises(EngineRefused, match="page not found"):
        await docker.post("/networks/create", body={"Name": "x"})
    assert engine.calls[-1] == "POST /networks/create"


async def test_after_a_close_the_next_call_opens_anew(docker: DockerApi) -> None:
    await docker.object("/info")
    await docker.close()
    await docker.close()
    assert await docker.object("/info")
