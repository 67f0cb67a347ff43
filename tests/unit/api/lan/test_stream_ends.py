"""An event stream of a whole daemon ends with what it was opened by, and others go on."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest

from tests.unit.api.caller import Caller
from tests.unit.api.lan.test_plane import PASSWORD, Lan, bearer
from tests.unit.home import Home


@pytest.fixture
async def lan(home: Home) -> AsyncIterator[Lan]:
    made = Lan(home)
    made.secrets(jwt_root="root" * 12, admin_password=PASSWORD)
    await made.set()
    yield made
    await made.plane.stop()


@asynccontextmanager
async def listening(lan: Lan, token: str) -> AsyncGenerator[Callable[[], Awaitable[bool]]]:
    """An event stream of whoever has that token; yields what tells whether it ends within a second."""
    trusted = ssl.create_default_context(cafile=str(lan.home.paths.lan / "ca.crt"))
    address = f"https://localhost:{lan.port}/ops/events"
    async with (
        aiohttp.ClientSession() as client,
        client.get(address, ssl=trusted, headers=bearer(token)) as response,
    ):
        assert (response.status, await response.content.readline()) == (200, b"retry: 1000\n")

        async def over() -> bool:
            try:
                await asyncio.wait_for(response.content.read(), 1)
            except asyncio.TimeoutError:
                return False
            except aiohttp.ClientPayloadError:  # it was cut
                return True
            return True

        yield over


async def test_a_stream_ends_at_once_with_what_it_was_opened_by(lan: Lan, api: Caller) -> None:
    made = [
        (await api.post("/v1/tokens", {"name": it, "role": "viewer", "seconds": 60})).result
        for it in ("kept", "lost")
    ]
    session, other = await lan.token(), await lan.token()
    async with (
        listening(lan, made[0]["token"]) as kept_is_over,
        listening(lan, made[1]["token"]) as lost_is_over,
        listening(lan, session) as session_is_over,
        listening(lan, other) as other_is_over,
    ):
        await api.post("/v1/tokens/revoke", {"name": "lost"})
        assert await lost_is_over()
        await lan.ask("POST", "/sign-out", headers=bearer(session))
        assert await session_is_over()
        assert not await other_is_over()
        lan.secrets(admin_password="another")
        await lan.plane.tend()
        assert await other_is_over()
        assert not await kept_is_over()
