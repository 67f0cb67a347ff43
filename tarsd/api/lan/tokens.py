"""Long-lived tokens: who has one is known by its hash, from memory, so that a scrape costs no disk."""

import hashlib
import re
import secrets
import time
from collections.abc import Callable, Mapping, Sequence

from tarsd.api.lan.access import ROLES, Role, Who
from tarsd.api.lan.refusals import NotSignedIn
from tarsd.errors import BadRequest
from tarsd.store.tokens import Token, TokenStore
from tarsd.times import now as iso_now

PREFIX = "tars_"
"""How a token begins, so that a scanner for secrets, or a person, knows what it is."""

_TOKEN = re.compile(PREFIX + r"[A-Za-z0-9_-]{43}")

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")

LONGEST = 10 * 365 * 24 * 3600
"""Seconds."""

_ROLES: Mapping[str, Role] = {role: role for role in ROLES}


class Tokens:
    """Those of state.db. What changes them is on disk before it is true."""

    def __init__(
        self,
        store: TokenStore,
        clock: Callable[[], float] = time.time,
        ended: Callable[[], None] = lambda: None,
    ) -> None:
        """`ended` is called whenever one is believed no more."""
        self._store = store
        self._clock = clock
        self._ended = ended
        self._by_hash: dict[bytes, Token] = {}

    async def load(self) -> None:
        """Take them over from the disk. Raises StateUnavailable."""
        self._by_hash = {it.hash: it for it in await self._store.all()}

    def list(self) -> Sequence[Token]:
        """Every one that was not revoked, by name."""
        return sorted(self._by_hash.values(), key=lambda it: it.name)

    def expired(self, token: Token) -> bool:
        """Whether its time is over."""
        return self._clock() >= token.expires

    async def create(self, name: str, role: str, seconds: float) -> tuple[str, Token]:
        """Make one; the text of it is given here, and never again. Raises BadRequest, StateUnavailable."""
        if not NAME.fullmatch(name):
            raise BadRequest(
                f"cannot make a token called {name[:40]!r}: letters, digits, dots and dashes, at most 40"
            )
        if role not in _ROLES:
            raise BadRequest(f"cannot make a token of role {role[:40]!r}: {', '.join(ROLES)}")
        if not 0 < seconds <= LONGEST:
            raise BadRequest("cannot make a token that lives for less than a second or 10 years")
        text = PREFIX + secrets.token_urlsafe(32)
        token = Token(
            id=secrets.token_hex(4),
            name=name,
            role=role,
            hash=_hash(text),
            made=iso_now(),
            expires=self._clock() + seconds,
        )
        await self._store.add(token)
        self._by_hash[token.hash] = token
        return text, token

    async def revoke(self, name: str) -> None:
        """Forget one, by name or id, at once. Raises NotFound, StateUnavailable."""
        await self._store.remove(name)
        self._by_hash = {
            key: it for key, it in self._by_hash.items() if name not in (it.name, it.id)
        }
        self._ended()

    def who(self, text: str) -> Who:
        """Whose it is. Raises NotSignedIn."""
        # What is looked up is a hash, so how long that takes tells nothing of any token.
        token = self._by_hash.get(_hash(text)) if _TOKEN.fullmatch(text) else None
        if token is None:
            raise NotSignedIn(
                "cannot answer: that token is not known", fix="sudo tarsctl token create"
            )
        if self.expired(token):
            raise NotSignedIn(
                f"cannot answer: token {token.name} has expired", fix="sudo tarsctl token create"
            )
        return Who(token.name, _ROLES[token.role])


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
