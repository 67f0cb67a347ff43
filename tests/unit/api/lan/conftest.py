"""A LAN listener whose routes do what a test wants to see."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from tarsd.api.lan.access import MetricsReader, Open, Operator, Viewer
from tarsd.api.lan.alive import Alive, healthz
from tarsd.api.lan.route import LanCall, LanRoute, Stream
from tarsd.api.route import Body, Query
from tests.unit.api.lan.world import LanWorld


class Said(BaseModel):
    """What a route saw."""

    who: str | None = None
    words: str = ""


class Word(Body):
    """One word."""

    word: str


class Twice(Query):
    """Whether to say it twice."""

    twice: bool = False


async def see(call: LanCall) -> Said:
    return Said(who=call.who.name if call.who else None, words=call.path.get("word", ""))


async def say(call: LanCall) -> Said:
    return Said(words=call.body.word)


async def fail(_: LanCall) -> Said:
    raise ZeroDivisionError("the password is hunter2")


async def ticks() -> AsyncGenerator[bytes, None]:
    while True:
        yield b"data: tick\n\n"
        await asyncio.sleep(0.05)


async def events(_: LanCall) -> Stream:
    return Stream(ticks())


def routes() -> list[LanRoute]:
    return [
        LanRoute("GET", "/healthz", Open(), healthz, "Alive", Alive),
        LanRoute("GET", "/look", Viewer(), see, "Look", Said, query=Twice),
        LanRoute("GET", "/words/{word}", Viewer(), see, "A word", Said),
        LanRoute("GET", "/metrics", MetricsReader(), see, "Metrics", Said),
        LanRoute("GET", "/fail", Open(), fail, "Fail", Said),
        LanRoute("GET", "/events", Viewer(), events, "Events", "text/event-stream"),
        LanRoute("POST", "/say", Operator(), say, "Say", Said, body=Word, forms=True),
    ]


@pytest.fixture
async def lan(tmp_path: Path) -> AsyncIterator[LanWorld]:
    """It listens."""
    made = LanWorld(tmp_path, routes())
    await made.start()
    yield made
    await made.stop()
