"""What a database said before it ended: read once for each end, and not where somebody else ended it."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tarsd.engine.last_words import LastWords
from tarsd.errors import EngineUnavailable
from tarsd.host.containers import Container
from tarsd.host.docker_api import DockerApi
from tarsd.host.log_tail import LogTail
from tests.unit.observe.containers import CONTAINER, ENDED
from tests.unit.service_views import service


class Log(LogTail):
    """One that says `said`, or fails."""

    def __init__(self) -> None:
        super().__init__(DockerApi("/nowhere"), lambda: str)
        self.said: Sequence[str] = ("PANIC",)
        self.fails: Exception | None = None
        self.asked: list[int] = []

    async def lines(
        self, container: Container, most: int, *, since: int = 0, deadline: float = 2.0
    ) -> Sequence[str]:
        self.asked.append(since)
        if self.fails is not None:
            raise self.fails
        return self.said


def ended(**facts: Any) -> Container:
    usual: dict[str, Any] = {"state": "exited", "exit_code": 1, "finished": ENDED}
    return replace(CONTAINER, **{**usual, **facts})


REDIS = service("redis")


async def test_an_end_is_read_once() -> None:
    log = Log()
    words = LastWords(log)
    for _ in range(3):
        assert await words.of(REDIS, ended()) == ("PANIC",)
    started = CONTAINER.started
    assert started is not None
    assert log.asked == [int(started.timestamp())], "only the lines of that run"


async def test_the_next_end_is_read_too() -> None:
    log = Log()
    words = LastWords(log)
    await words.of(REDIS, ended())
    log.said = ("other words",)
    later = ended(finished=ENDED + timedelta(seconds=20))
    assert await words.of(REDIS, later) == ("other words",)


async def test_they_stay_while_it_is_started_again() -> None:
    words = LastWords(Log())
    await words.of(REDIS, ended())
    assert await words.of(REDIS, replace(CONTAINER, state="running")) == ("PANIC",)
    assert await words.of(REDIS, replace(CONTAINER, state="running", id="2e")) == ()


@pytest.mark.parametrize("code", [0, 137, 143])
async def test_who_was_ended_by_somebody_is_not_asked(code: int) -> None:
    """A `kill -9` is told at once."""
    log = Log()
    assert await LastWords(log).of(REDIS, ended(exit_code=code)) == ()
    assert log.asked == []


async def test_nor_is_what_names_no_faults() -> None:
    log = Log()
    words = LastWords(log)
    assert await words.of(service("webui", role="ui"), ended()) == ()
    assert await words.of(REDIS, None) == ()
    assert await words.of(REDIS, CONTAINER) == ()
    assert log.asked == []


@pytest.mark.parametrize(
    "error", [EngineUnavailable("cannot reach"), asyncio.TimeoutError(), OSError("no secrets")]
)
async def test_where_they_cannot_be_read_they_are_asked_for_again(error: Exception) -> None:
    log = Log()
    words = LastWords(log)
    log.fails = error
    assert await words.of(REDIS, ended()) == ()
    log.fails = None
    assert await words.of(REDIS, ended()) == ("PANIC",)
