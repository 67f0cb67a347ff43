"""The Engine's client against a real Engine, against one that hangs, and against none."""

import socket
import time
from pathlib import Path

import pytest

from tarsd.errors import EngineRefused, EngineUnavailable
from tarsd.host.docker_api import DEADLINE, DockerApi

ROOM = 3.0  # seconds for a machine that is busy with other tests


async def test_the_client_and_the_engine_agree_on_a_version(docker: DockerApi) -> None:
    """What follows is asked in it, and answered in the shapes that the daemon reads."""
    version = await docker.version()
    info = await docker.object("/info")
    assert info["ServerVersion"] == version["Version"]
    assert await docker.objects("/networks")


async def test_what_is_not_there_is_a_refusal_with_the_engines_words(docker: DockerApi) -> None:
    with pytest.raises(EngineRefused, match="No such container: nope") as caught:
        await docker.object("/containers/nope/json")
    assert caught.value.details["status"] == 404


async def test_an_engine_that_never_answers_is_given_up_in_time(tmp_path: Path) -> None:
    path = tmp_path / "docker.sock"
    docker = DockerApi(str(path))
    began = time.monotonic()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        with pytest.raises(EngineUnavailable, match="no answer to GET /version in time") as caught:
            await docker.object("/info")
    await docker.close()
    assert time.monotonic() - began < DEADLINE + ROOM
    assert caught.value.fix is not None


async def test_no_engine_is_told_with_the_path_that_was_tried(tmp_path: Path) -> None:
    path = tmp_path / "docker.sock"
    docker = DockerApi(str(path))
    with pytest.raises(EngineUnavailable, match=f"at {path}: No such file"):
        await docker.version()
    await docker.close()
