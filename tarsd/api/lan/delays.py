"""How long who guesses has to wait. A stranger's failures never keep the owner out: they slow down strangers only."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Network, ip_address

FREE = 3
"""Failures of an address before it waits; people mistype."""

LONGEST = 60.0
"""Seconds an address waits at most: behind a proxy of the owner's, his address is everybody's."""

ACCOUNT_FREE = 10
"""Failures of all addresses together before addresses that never signed in are answered late."""

ACCOUNT_LONGEST = 5.0
"""Seconds such an answer is late at most; it comes, and a right password is taken."""

FORGOTTEN = 3600.0
"""Seconds after which a failure counts no more."""

MOST = 2000
"""Addresses remembered."""


@dataclass
class _Past:
    failures: int = 0
    last: float = 0.0
    next_try: float = 0.0
    known: bool = False
    """Somebody has signed in from there."""


class Delays:
    """`clock` is the monotonic one."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._past: OrderedDict[str, _Past] = OrderedDict()
        self._account = _Past()

    def wait(self, address: str) -> float:
        """Seconds until this address may try again."""
        past = self._past.get(home_of(address))
        return 0.0 if past is None else max(past.next_try - self._clock(), 0.0)

    def pause(self, address: str) -> float:
        """Seconds that an attempt from there, which may be made, is to take longer."""
        if self.known(address):
            return 0.0
        self._forget(self._account)
        more = self._account.failures - ACCOUNT_FREE
        return 0.0 if more < 0 else float(min(0.25 * 2 ** min(more, 10), ACCOUNT_LONGEST))

    def known(self, address: str) -> bool:
        """Whether somebody has signed in from there."""
        past = self._past.get(home_of(address))
        return past is not None and past.known

    def failed(self, address: str) -> None:
        """A wrong password came from there."""
        now = self._clock()
        past = self._of(address)
        for each in (past, self._account):
            self._forget(each)
            each.failures += 1
            each.last = now
        if past.failures > FREE:
            past.next_try = now + min(2.0 ** min(past.failures - FREE, 10), LONGEST)

    def succeeded(self, address: str) -> None:
        """The right one did; what strangers did meanwhile stays counted."""
        past = self._of(address)
        past.failures, past.next_try, past.known = 0, 0.0, True

    def _forget(self, past: _Past) -> None:
        if self._clock() - past.last > FORGOTTEN:
            past.failures = 0

    def _of(self, address: str) -> _Past:
        home = home_of(address)
        past = self._past.setdefault(home, _Past())
        self._past.move_to_end(home)
        if len(self._past) > MOST:
            strangers = (it for it, each in self._past.items() if not each.known)
            self._past.pop(next(strangers, next(iter(self._past))))
        return past


def home_of(address: str) -> str:
    """An IPv6 address stands for its /64: who has one has all of it."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if found.version == 6 and found.ipv4_mapped is None:
        return str(IPv6Network((int(found) >> 64 << 64, 64)))
    return address
