"""Tells who asks: by a token in the Authorization header, or by the cookie of a page."""

import time
from collections.abc import Callable, Collection

from aiohttp import web

from tarsd.api.lan.access import Who
from tarsd.api.lan.refusals import WrongOrigin
from tarsd.api.lan.refused import Refused
from tarsd.api.lan.server import COOKIE
from tarsd.api.lan.sessions import Session, Sessions, admin
from tarsd.api.lan.tokens import PREFIX, Tokens
from tarsd.errors import TarsError

NAME = "__Host-tars"
"""A browser takes a cookie of such a name over TLS only, and gives it to this very host and port's site alone."""

BEARER = "bearer "


class ClientGate:
    """`proxies` are the addresses of those whose word for where a request comes from is taken."""

    def __init__(
        self,
        sessions: Sessions,
        tokens: Tokens,
        refused: Refused,
        proxies: Callable[[], Collection[str]],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._sessions = sessions
        self._tokens = tokens
        self._refused = refused
        self._proxies = proxies
        self._clock = clock

    def who(self, request: web.BaseRequest) -> Who | None:
        """None where nothing was sent to know him by. Raises NotSignedIn, and WrongOrigin for an act by cookie alone."""
        given = request.headers.get("Authorization", "")
        if given[: len(BEARER)].lower() == BEARER:
            text = given[len(BEARER) :].strip()
            if text.startswith(PREFIX):
                return self._tokens.who(text)
            return admin(self._sessions.read(text, self._clock()))
        text = _cookie(request.headers.get("Cookie", ""))
        if text is None:
            return None
        session = self._sessions.read(text, self._clock())
        if request.method not in ("GET", "HEAD") and "Origin" not in request.headers:
            raise WrongOrigin(
                "cannot do that: a browser says which page sends a cookie; this did not"
            )
        self._go_on(request, session)
        return admin(session)

    def address(self, request: web.BaseRequest) -> str:
        """Where it comes from: the other end of the connection, or what a proxy of the settings' says of it."""
        address = request.remote or ""
        proxies = self._proxies()
        if address in proxies:
            for said in reversed(request.headers.get("X-Forwarded-For", "").split(",")):
                if (it := said.strip()) and it not in proxies:
                    return it[:45]
        return address

    def refused(self, request: web.BaseRequest, error: TarsError) -> None:
        """Count it, and put it into the audit log."""
        path = (
            request.rel_url.raw_path
        )  # as it was sent: decoded, it could move a terminal's cursor
        self._refused.note(self.address(request), request.method, path[:80], error)

    def _go_on(self, request: web.BaseRequest, session: Session) -> None:
        """A page that is used gets a new token in time."""
        now = self._clock()
        if self._sessions.due(session, now):
            text, after = self._sessions.make(now, session)
            request[COOKIE] = cookie(text, int(after.expires - now))


def cookie(text: str, seconds: int) -> str:
    """The header that gives a browser a token; with 0 seconds it forgets it."""
    return f"{NAME}={text}; Max-Age={seconds}; Path=/; Secure; HttpOnly; SameSite=Strict"


def _cookie(header: str) -> str | None:
    for pair in header.split(";"):
        name, _, value = pair.strip().partition("=")
        if name == NAME:
            return value
    return None
