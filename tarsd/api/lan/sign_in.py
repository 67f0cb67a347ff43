"""Signing in and out, and who one is."""

import asyncio
import time
from collections.abc import Callable
from math import ceil
from typing import Annotated

from pydantic import BaseModel, Field

from tarsd.api.lan.access import Role
from tarsd.api.lan.delays import Delays, home_of
from tarsd.api.lan.gate import cookie
from tarsd.api.lan.password import LONGEST, Password
from tarsd.api.lan.refusals import Busy, NotSignedIn, TooManyAttempts, WrongPassword
from tarsd.api.lan.refused import Refused
from tarsd.api.lan.route import LanCall, Reply
from tarsd.api.lan.sessions import LONGEST as LONGEST_SESSION
from tarsd.api.lan.sessions import Sessions
from tarsd.api.route import Body
from tarsd.errors import StateUnavailable
from tarsd.store.tokens import TokenStore
from tarsd.times import iso_of

AT_ONCE = 64
"""Sign-ins of strangers that wait for their turn; each address has one. Who signed in before finds room beside them."""


class SignIn(Body):
    """The password, as `sudo tarsctl secrets show admin-password` prints it."""

    password: Annotated[str, Field(min_length=1, max_length=LONGEST)]


class SignedIn(BaseModel):
    """`token` goes into `Authorization: Bearer`; a page has it as a cookie."""

    token: str
    role: Role
    expires: str


class Identity(BaseModel):
    """Who the token or the cookie stands for."""

    name: str
    role: Role


class Done(BaseModel):
    """It is done."""

    done: bool = True


class SignInHandlers:
    """`clock` is the wall's."""

    def __init__(
        self,
        password: Password,
        sessions: Sessions,
        delays: Delays,
        store: TokenStore,
        refused: Refused,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._password, self._sessions, self._delays = password, sessions, delays
        self._store, self._refused, self._clock = store, refused, clock
        self._trying: set[str] = set()

    async def sign_in(self, call: LanCall) -> Reply:
        """A token for half an hour. Raises WrongPassword, TooManyAttempts, Busy, NotSignedIn."""
        if not self._password.known:
            raise NotSignedIn(
                "cannot sign in: there is no password yet", fix="sudo tarsctl install"
            )
        home = home_of(call.address)
        self._admit(call.address, home)
        self._trying.add(home)
        try:
            await asyncio.sleep(self._delays.pause(call.address))
            right = await self._password.matches(call.body.password)
        finally:
            self._trying.discard(home)
        if not right:
            self._delays.failed(call.address)
            raise WrongPassword(
                "cannot sign in: that is not the password",
                fix="sudo tarsctl secrets show admin-password",
            )
        self._delays.succeeded(call.address)
        now = self._clock()
        text, session = self._sessions.make(now)
        await self._refused.accepted("admin", call.address, "/sign-in")
        headers = {"Set-Cookie": cookie(text, int(session.expires - now))}
        if call.form:
            return Reply(
                status=303, content_type="text/plain", headers={**headers, "Location": "/"}
            )
        told = SignedIn(token=text, role="operator", expires=iso_of(session.expires))
        return Reply(told, headers=headers)

    async def sign_out(self, call: LanCall) -> Reply:
        """The session is over, on disk, too. A token is not ended so: it is revoked. Raises StateUnavailable."""
        headers = {"Set-Cookie": cookie("", 0)}
        if call.who is not None and call.who.session is not None:
            now = self._clock()
            until = now + LONGEST_SESSION
            self._sessions.end(call.who.session, until, now)
            try:
                await self._store.sign_out(call.who.session, until, now)
            except StateUnavailable as error:
                raise StateUnavailable(
                    f"cannot record that you signed out, so it holds until tarsd starts again: {error.message}",
                    fix=error.fix,
                ) from error
            await self._refused.accepted(call.who.name, call.address, "/sign-out")
        if call.form:
            return Reply(
                status=303, content_type="text/plain", headers={**headers, "Location": "/"}
            )
        return Reply(Done(), headers=headers)

    async def identity(self, call: LanCall) -> Identity:
        """Who asks."""
        assert call.who is not None
        return Identity(name=call.who.name, role=call.who.role)

    def _admit(self, address: str, home: str) -> None:
        wait = self._delays.wait(address)
        if wait > 0 or home in self._trying:
            raise TooManyAttempts(
                "cannot sign in yet: earlier attempts from this address failed, or one is not over",
                details={"retry_after": max(ceil(wait), 1)},
            )
        if len(self._trying) >= AT_ONCE and not self._delays.known(address):
            raise Busy("cannot sign in now: too many try at once", details={"retry_after": 5})
