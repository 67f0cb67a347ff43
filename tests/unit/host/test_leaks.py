"""A secret that stands where it must not is found by its name, and never told."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tarsd.host.containers import Container
from tarsd.host.docker_api import DockerApi
from tarsd.host.leaks import Leak, Leaks
from tarsd.host.secret_files import SecretFiles
from tests.unit.observe.containers import CONTAINER

VALUE = "0123456789abcdef" * 3


class Engine(DockerApi):
    """Shows one container, whatever is asked."""

    def __init__(self) -> None:
        super().__init__("/nowhere")
        self.shown: dict[str, Any] = {"Config": {"Env": ["PATH=/bin"], "Cmd": ["redis-server"]}}

    async def object(self, path: str, query: Any = None) -> dict[str, Any]:
        return self.shown


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def leaks(engine: Engine, tmp_path: Path) -> Leaks:
    secrets = SecretFiles(tmp_path / "secrets")
    secrets.directory.mkdir()
    (secrets.directory / "redis-password").write_text(VALUE)
    (secrets.directory / "webui.env").write_text(f"REDIS_URL=redis://:{VALUE}@redis\nOTHER=1\n")
    return Leaks(engine, "tars", secrets)


async def test_where_none_stands(leaks: Leaks) -> None:
    assert list(await leaks.shown(CONTAINER)) == []


async def test_what_is_meant_to_be_there_does_not_count(leaks: Leaks, engine: Engine) -> None:
    engine.shown["Config"]["Env"] = [f"REDIS_URL=redis://:{VALUE}@redis"]
    assert list(await leaks.shown(CONTAINER)) == []


@pytest.mark.parametrize(
    ("config", "place"),
    [
        ({"Cmd": ["redis-server", "--requirepass", VALUE]}, "its command"),
        ({"Entrypoint": ["sh", "-c", f"x {VALUE}"]}, "its command"),
        ({"Labels": {"note": f"pw={VALUE}"}}, "its labels"),
        ({"Healthcheck": {"Test": ["CMD", "redis-cli", "-a", VALUE]}}, "its health check"),
        ({"Env": [f"MINE=redis://:{VALUE}@redis"]}, "its environment (MINE)"),
        ({"Env": [f"HALF={VALUE[:20]}"]}, "its environment (HALF)"),
    ],
)
async def test_where_it_stands(
    leaks: Leaks, engine: Engine, config: dict[str, Any], place: str
) -> None:
    engine.shown["Config"] = config
    assert list(await leaks.shown(CONTAINER)) == [Leak("redis-password", place)]


async def test_in_a_log(leaks: Leaks, monkeypatch: pytest.MonkeyPatch) -> None:
    async def said(
        self: object, container: Container, lines: int, follow: bool
    ) -> AsyncIterator[bytes]:
        yield b"starting\n"
        yield f"AUTH {VALUE}\n".encode() if container.service == "redis" else b"ready\n"

    monkeypatch.setattr("tarsd.host.containers.Containers.logs", said)
    redis, other = replace(CONTAINER, service="redis"), replace(CONTAINER, service="webui")
    assert list(await leaks.logged(redis)) == [Leak("redis-password", "its log")]
    assert list(await leaks.logged(other)) == []
