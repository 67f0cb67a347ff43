"""Who guesses waits; whoever does, and from wherever, the owner comes in."""

import asyncio
from typing import Any

import pytest

from tarsd.api.lan import sign_in
from tarsd.api.lan.delays import ACCOUNT_FREE, ACCOUNT_LONGEST, FREE, LONGEST, Delays
from tarsd.api.lan.password import Password
from tarsd.api.lan.refusals import Busy, TooManyAttempts, WrongPassword
from tarsd.api.lan.refused import Refused
from tarsd.api.lan.route import LanCall
from tarsd.api.lan.sessions import Sessions
from tarsd.api.lan.sign_in import SignIn, SignInHandlers
from tarsd.api.route import NoQuery
from tarsd.store.audit import AuditStore
from tarsd.store.database import Database
from tarsd.store.tokens import TokenStore
from tests.unit.log import Log

OWNER, STRANGER = "192.168.1.10", "192.168.1.66"


class Seconds:
    """A clock that a test moves."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


class SlowPassword(Password):
    """Right or wrong comes out when a test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.told = asyncio.Event()

    @property
    def known(self) -> bool:
        return True

    async def matches(self, given: str) -> bool:
        await self.told.wait()
        return given == "right"


class Doorstep:
    """Whoever wants to sign in, from addresses of their own."""

    def __init__(self, database: Database) -> None:
        self.clock, self.password, sessions = Seconds(), SlowPassword(), Sessions()
        sessions.use("root", "right")
        self.delays = Delays(self.clock)
        refused = Refused(AuditStore(database), Log().logger, self.clock)
        self.handlers = SignInHandlers(
            self.password, sessions, self.delays, TokenStore(database), refused
        )

    def begin(self, address: str, password: str) -> "asyncio.Task[Any]":
        call = LanCall({}, NoQuery(), SignIn(password=password), None, address, "attic")
        return asyncio.ensure_future(self.handlers.sign_in(call))


@pytest.fixture
async def doorstep(database: Database) -> Doorstep:
    return Doorstep(database)


def test_an_address_that_guesses_waits_longer_each_time_and_a_minute_at_most() -> None:
    clock = Seconds()
    delays, waits = Delays(clock), list[float]()
    for _ in range(FREE + 8):
        delays.failed(STRANGER)
        waits.append(delays.wait(STRANGER))
        clock.now += waits[-1]
    assert waits == [0.0] * FREE + [2, 4, 8, 16, 32, LONGEST, LONGEST, LONGEST]
    assert delays.wait(OWNER) == 0


def test_strangers_slow_down_strangers_only() -> None:
    delays = Delays(Seconds())
    delays.succeeded(OWNER)
    for number in range(4 * ACCOUNT_FREE):
        delays.failed(f"192.168.7.{number}")
    assert delays.pause(STRANGER) == ACCOUNT_LONGEST
    assert (delays.pause(OWNER), delays.wait(OWNER)) == (0, 0)


async def test_many_addresses_of_one_network_are_one_stranger(doorstep: Doorstep) -> None:
    """Who has one address of IPv6 has 2^64 of them."""
    first = doorstep.begin("2001:db8::1", "wrong")
    await asyncio.sleep(0)
    with pytest.raises(TooManyAttempts):
        await doorstep.begin("2001:db8::2", "wrong")
    doorstep.password.told.set()
    with pytest.raises(WrongPassword):
        await first


async def test_a_crowd_of_strangers_leaves_room_for_who_was_here_before(
    doorstep: Doorstep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_in, "AT_ONCE", 2)
    doorstep.delays.succeeded(OWNER)
    crowd = [doorstep.begin(f"192.168.7.{it}", "wrong") for it in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await doorstep.begin(STRANGER, "right")
    mine = doorstep.begin(OWNER, "right")
    await asyncio.sleep(0)
    doorstep.password.told.set()
    assert (await mine).status == 200
    assert all(
        isinstance(it, WrongPassword) for it in await asyncio.gather(*crowd, return_exceptions=True)
    )
