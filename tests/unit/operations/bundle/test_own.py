"""tarsd and its doctor: asked over the socket, and, where nobody answers there, by its program."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tarsd.host.own_api import OwnApi
from tarsd.operations.bundle.collectors.daemon import daemon
from tarsd.operations.bundle.collectors.doctor import doctor
from tarsd.paths import Paths
from tests.unit.operations.bundle.taker import taken

EXAMINED: dict[str, Any] = {"summary": {"pass": 3}, "findings": []}


class Daemon:
    """What the socket answers; `hangs` for ever."""

    def __init__(self) -> None:
        self.hangs = False
        self.asked: list[str] = []
        self.error: dict[str, Any] | None = None

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(f"{request.method} {request.path}")
        if self.hangs:
            await asyncio.Event().wait()
        if self.error:
            return web.json_response({"type": "error", "error": self.error}, status=503)
        result = EXAMINED if request.path == "/v1/doctor" else {"path": request.path}
        return web.json_response({"type": "sync", "result": result})


@pytest.fixture
async def served(paths: Paths) -> AsyncIterator[Daemon]:
    it = Daemon()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", it.answer)
    runner = web.AppRunner(app, handler_cancellation=True)
    await runner.setup()
    await web.UnixSite(runner, str(paths.socket)).start()
    yield it
    await runner.cleanup()


class Programs:
    """What programs say, by name."""

    def __init__(self, said: bytes = b"") -> None:
        self.said = said
        self.ran: list[str] = []

    def __call__(
        self, argv: Sequence[str], *, fine: Sequence[int] = (0,)
    ) -> AsyncGenerator[bytes, None]:
        self.ran.append(" ".join(argv))

        async def stream() -> AsyncGenerator[bytes, None]:
            yield self.said

        return stream()


async def test_a_daemon_that_answers_is_asked(paths: Paths, served: Daemon) -> None:
    api, programs = OwnApi(paths.socket), Programs(b"ActiveState=active\n")
    files, gaps = await taken(daemon(api, programs))
    assert json.loads(files["daemon/status.json"]) == {"path": "/v1/status"}
    assert set(files) == {
        f"daemon/{it}" for it in ("units.txt", "version.json", "status.json", "config.json")
    }
    files, more = await taken(doctor(api, programs, paths))
    assert json.loads(files["doctor/doctor.json"]) == {"counts": {"passed": 3}, "findings": []}
    assert (gaps, more) == ({}, {})
    assert not [it for it in programs.ran if "doctor" in it]


async def test_one_that_hangs_is_waited_for_once(
    paths: Paths, served: Daemon, clock: Callable[[], float]
) -> None:
    served.hangs = True
    began = clock()
    files, gaps = await taken(daemon(OwnApi(paths.socket), Programs(b"ActiveState=active\n")))
    assert set(files) == {"daemon/units.txt"}
    assert gaps["daemon"].text == "cannot reach tarsd: no answer to GET /v1/version in time"
    assert clock() - began < 4


@pytest.mark.parametrize("hangs", [True, False])
async def test_without_one_its_program_examines(paths: Paths, served: Daemon, hangs: bool) -> None:
    served.hangs = hangs
    served.error = {"message": "cannot"}
    said = Programs(json.dumps({"type": "sync", "result": EXAMINED}).encode())
    files, gaps = await taken(doctor(OwnApi(paths.socket), said, paths))
    assert json.loads(files["doctor/doctor.json"]) == {
        "counts": {"passed": 3},
        "findings": [],
        "offline": True,
    }
    assert said.ran == [f"{paths.program} doctor examine"]
    assert gaps == {}


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"", "cannot understand what tarsd doctor says"),
        (b"[1]", "cannot understand what tarsd doctor says"),
        (b'{"type":"error","error":{"message":"cannot examine"}}', "cannot examine"),
    ],
)
async def test_a_program_that_says_nothing_of_use_is_a_gap(
    paths: Paths, said: bytes, why: str
) -> None:
    files, gaps = await taken(doctor(OwnApi(Path("/nowhere")), Programs(said), paths))
    assert files == {}
    assert gaps["doctor/doctor.json"].text == why


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"type":"sync"}'])
async def test_an_answer_of_another_kind_is_told(paths: Paths, body: bytes) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body)

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.UnixSite(runner, str(paths.socket)).start()
    _, gaps = await taken(daemon(OwnApi(paths.socket), Programs()))
    await runner.cleanup()
    assert (
        gaps["daemon"].text
        == "cannot understand tarsd: its answer to GET /v1/version is not of its API"
    )
