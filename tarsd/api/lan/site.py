"""/, /static, /docs and /openapi.json: what a browser opens."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from tarsd.api.lan.access import Operator
from tarsd.api.lan.ops import Book
from tarsd.api.lan.route import LanCall, Reply
from tarsd.engine.incident import Incident
from tarsd.errors import HostSilent, NotFound, StateUnavailable
from tarsd.host.blocking import Asker
from tarsd.observe.history import Past
from tarsd.observe.picture import Picture
from tarsd.web import assets
from tarsd.web.html import Child

STORIES = 8
"""Incidents whose timelines are on the page."""

KEPT = 1.0
"""Seconds for which a page is shown again, whoever asks."""

DEADLINE = 3.0
"""Seconds for the disk to give a file of ours, or the records."""

STATIC_SECONDS = 3600


@dataclass(frozen=True)
class Scenery:
    """What the page is made of; `extra` are sections of others, such as alerts."""

    picture: Callable[[], Picture]
    past: Callable[[], Awaitable[Past]]
    book: Book
    extra: Sequence[Callable[[], Awaitable[Child]]] = ()


@dataclass(frozen=True)
class _For:
    """See Shown: what a page differs in by who looks."""

    session: bool
    acts: bool


class SiteHandlers:
    """One page is made at a time, and shown to everybody of the same rights who asks within a second."""

    def __init__(self, scenery: Scenery) -> None:
        self._scenery = scenery
        self._files = Asker("static")
        self._turn = asyncio.Lock()
        self._made: dict[_For, tuple[float, int, str]] = {}

    async def page(self, call: LanCall) -> Reply:
        """The status page."""
        assert call.who is not None
        whom = _For(call.who.session is not None, call.who.role in (Operator.roles or ()))
        loop = asyncio.get_running_loop()
        async with self._turn:
            at, number, body = self._made.get(whom, (0.0, -1, ""))
            picture = self._scenery.picture()
            if number != picture.number or loop.time() - at > KEPT:
                body = await self._make(picture, whom)
                self._made[whom] = loop.time(), picture.number, body
        return Reply(body, content_type="text/html")

    async def static(self, call: LanCall) -> Reply:
        """A file of the page. Raises NotFound."""
        name = call.path["name"]
        if name not in ("page.css", "page.js", "icon.svg"):
            raise NotFound("cannot find that file", fix="see /")
        return await self._file(name, {"Cache-Control": f"max-age={STATIC_SECONDS}"})

    async def docs(self, _: LanCall) -> Reply:
        """The API, to read."""
        return await self._file("docs.html", {})

    async def openapi(self, _: LanCall) -> Reply:
        """The API, for programs."""
        return await self._file("openapi.json", {})

    async def _file(self, name: str, headers: dict[str, str]) -> Reply:
        try:
            body = await self._files.ask(lambda: assets.read(name), DEADLINE)
        except (OSError, asyncio.TimeoutError) as error:
            raise HostSilent(
                f"cannot read {name} of the package", fix="dpkg --verify tars-home"
            ) from error
        return Reply(body, content_type=assets.TYPES[name], headers=headers)

    async def _make(self, picture: Picture, whom: _For) -> str:
        # Here, for a third of a megabyte is not needed where nobody opens the page.
        from tarsd.web.page import Shown, now, page

        scenery = self._scenery
        past, lately = await asyncio.gather(scenery.past(), self._lately())
        extra = [await it() for it in scenery.extra]
        loop = asyncio.get_running_loop()
        shown = Shown(picture, past, lately, now(), loop.time(), whom.session, whom.acts, extra)
        return page(shown)

    async def _lately(self) -> Sequence[Incident] | None:
        """None where the records do not answer."""
        book = self._scenery.book
        try:
            return await asyncio.wait_for(book.whole(STORIES), DEADLINE)
        except (StateUnavailable, asyncio.TimeoutError):
            return None
