"""What a page's cookie is worth, hour by hour: it goes on while the page is used, and not for ever."""

import time

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from tarsd.api.lan.gate import NAME, ClientGate
from tarsd.api.lan.refusals import NotSignedIn
from tarsd.api.lan.refused import Refused
from tarsd.api.lan.server import COOKIE
from tarsd.api.lan.sessions import LIFE, LONGEST, Sessions
from tarsd.api.lan.tokens import Tokens
from tarsd.store.audit import AuditStore
from tarsd.store.database import Database
from tarsd.store.tokens import TokenStore
from tests.unit.log import Log

MINUTE = 60.0


class Visit:
    """A browser that signed in at `begun`."""

    def __init__(self, database: Database) -> None:
        self.begun = self.now = 1_800_000_000.0
        self.sessions = Sessions()
        self.sessions.use("secret", "password")
        self.refused = Refused(AuditStore(database), Log().logger, time.monotonic)
        tokens = Tokens(TokenStore(database))
        self.gate = ClientGate(self.sessions, tokens, self.refused, lambda: (), lambda: self.now)
        self.cookie, _ = self.sessions.make(self.now)

    def ask(self, **headers: str) -> web.BaseRequest:
        """A page of it asks, after the browser took the newest cookie."""
        given = headers or {"Cookie": f"other=1; {NAME}={self.cookie}"}
        request = make_mocked_request("GET", "/", headers=given)
        self.gate.who(request)
        if COOKIE in request:
            self.cookie = request[COOKIE].partition("=")[2].partition(";")[0]
        return request


@pytest.fixture
def visit(database: Database) -> Visit:
    return Visit(database)


async def test_a_page_that_is_used_stays_signed_in_for_twelve_hours_and_no_longer(
    visit: Visit,
) -> None:
    first = visit.cookie
    while visit.now < visit.begun + LONGEST - 1:
        visit.ask()
        visit.now += MINUTE
    assert visit.cookie != first
    with pytest.raises(NotSignedIn):
        visit.ask()


async def test_a_cookie_is_renewed_in_its_second_half_only(visit: Visit) -> None:
    visit.now += LIFE / 2 - 1
    assert COOKIE not in visit.ask()
    visit.now += 2
    assert f"Max-Age={LIFE}; Path=/; Secure; HttpOnly; SameSite=Strict" in visit.ask()[COOKIE]


async def test_a_page_that_nobody_uses_for_half_an_hour_is_signed_out(visit: Visit) -> None:
    visit.now += LIFE
    with pytest.raises(NotSignedIn):
        visit.ask()


async def test_a_bearer_token_is_not_renewed(visit: Visit) -> None:
    visit.now += LIFE - 1
    assert COOKIE not in visit.ask(Authorization=f"Bearer {visit.cookie}")
    visit.now += 1
    with pytest.raises(NotSignedIn):
        visit.ask(Authorization=f"Bearer {visit.cookie}")


async def test_what_a_stranger_asks_for_moves_no_cursor_of_who_reads_of_it(
    visit: Visit, database: Database
) -> None:
    request = make_mocked_request("GET", "/ops/incidents/%1bc%0a?token=tars_x", headers={})
    visit.gate.refused(request, NotSignedIn("cannot answer: sign in"))
    await visit.refused.flush()
    (row,) = await database.read(lambda it: it.execute("SELECT path FROM audit").fetchall())
    assert str(row["path"]).upper() == "/OPS/INCIDENTS/%1BC%0A"
