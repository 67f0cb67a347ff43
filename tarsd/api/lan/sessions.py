"""Sessions: JSON Web Tokens (RFC 7519, HS256 and nothing else), made at sign-in and believed for half an hour.

Not by PyJWT: importing it brings 8.7 MB into the daemon, for it imports cryptography; what is needed of it is below.
"""

import hashlib
import hmac
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tarsd.api.lan.access import Who
from tarsd.api.lan.refusals import NotSignedIn

ISSUER = "tarsd"
AUDIENCE = "tars-home-lan"
PURPOSE = b"tars-home: sessions of the LAN listener, 1"

LIFE = 30 * 60
"""Seconds for which one token is believed."""

LONGEST = 12 * 3600
"""Seconds after a sign-in in which a page that is used gets new tokens; then the password is asked for again."""

EPOCH = 24 * 3600
"""Seconds for which a key signs. It is believed as long again: two keys live at any moment, and no session outlives them."""

AHEAD = 300
"""Seconds that a token may be from the future: the clock was put back."""

LONGEST_TOKEN = 1024
"""Characters; ours have some 330."""


@dataclass(frozen=True)
class Session:
    """What a token says. `id` stays the same when a token is made anew; times are seconds since 1970."""

    id: str
    signed_in: float
    issued: float
    expires: float

    @property
    def ends(self) -> float:
        """When not even a new token goes on."""
        return self.signed_in + LONGEST


class Sessions:
    """Makes and reads tokens. The keys come from a secret and the password: a new one of either ends all sessions."""

    def __init__(self, ended: Callable[[], None] = lambda: None) -> None:
        """`ended` is called whenever one or more that were believed are not any more."""
        self._ended = ended
        self._root: bytes | None = None
        self._keys: dict[int, tuple[str, bytes]] = {}
        self._over: dict[str, float] = {}

    def use(self, secret: str | None, password: str | None) -> None:
        """Take what keys are derived from; without either, nobody has a session."""
        root = None
        if secret and password:
            root = hmac.digest(secret.encode(), PURPOSE + b"\0" + password.encode(), "sha256")
        if root != self._root:
            self._root, self._keys = root, {}
            self._ended()

    def restore(self, over: Mapping[str, float]) -> None:
        """Take over what was ended before this start."""
        self._over |= over

    def end(self, session: str, until: float, now: float) -> None:
        """From now on it is not believed any more."""
        self._over = {it: end for it, end in self._over.items() if end >= now}
        self._over[session] = until
        self._ended()

    def make(self, now: float, before: Session | None = None) -> tuple[str, Session]:
        """A token, of a new session or of one that goes on. Raises NotSignedIn where there are no keys."""
        if self._root is None:
            raise NotSignedIn(
                "cannot sign in: there is no password yet", fix="sudo tarsctl install"
            )
        signed_in = now if before is None else before.signed_in
        session = Session(
            id=secrets.token_urlsafe(16) if before is None else before.id,
            signed_in=signed_in,
            issued=now,
            expires=min(now + LIFE, signed_in + LONGEST),
        )
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": "admin",
            "jti": session.id,
            "iat": session.issued,
            "exp": session.expires,
            "auth_time": session.signed_in,
        }
        head, key = self._key(int(now // EPOCH))
        said = f"{head}.{_encode(json.dumps(claims, separators=(',', ':')).encode())}"
        return f"{said}.{_signature(key, said)}", session

    def read(self, token: str, now: float) -> Session:
        """What a token says. Nothing of it is looked at before its signature is ours. Raises NotSignedIn."""
        if len(token) > LONGEST_TOKEN or self._root is None:
            raise _unknown()
        said, _, signature = token.rpartition(".")
        head, _, body = said.partition(".")
        epoch = int(now // EPOCH)
        live = dict(self._key(it) for it in (epoch, epoch - 1))
        key = live.get(head)
        if key is None or not signature.isascii():
            raise _unknown()
        if not hmac.compare_digest(_signature(key, said), signature):
            raise _unknown()
        return self._valid(json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4))), now)

    def due(self, session: Session, now: float) -> bool:
        """Whether a page that is used should get a new token."""
        return now - session.issued > LIFE / 2 and now < session.ends - 1

    def _valid(self, claims: dict[str, Any], now: float) -> Session:
        if claims.get("iss") != ISSUER or claims.get("aud") != AUDIENCE:
            raise _unknown()
        session = Session(claims["jti"], claims["auth_time"], claims["iat"], claims["exp"])
        if now >= session.expires or session.issued > now + AHEAD:
            raise NotSignedIn("cannot answer: the session is over", fix="sign in again")
        if session.id in self._over:
            raise NotSignedIn("cannot answer: the session was ended", fix="sign in again")
        return session

    def _key(self, epoch: int) -> tuple[str, bytes]:
        """The head that names it, which is all that a head may be, and the key."""
        if epoch not in self._keys:
            assert self._root is not None
            key = hmac.digest(self._root, b"%d" % epoch, "sha256")
            head = {"alg": "HS256", "kid": hashlib.sha256(key).hexdigest()[:8], "typ": "JWT"}
            self._keys = {it: kept for it, kept in self._keys.items() if abs(it - epoch) <= 1}
            self._keys[epoch] = (_encode(json.dumps(head, separators=(",", ":")).encode()), key)
        return self._keys[epoch]


def admin(session: Session) -> Who:
    """Who has a session: there is one password, and it is its owner's."""
    return Who("admin", "operator", session.id)


def _signature(key: bytes, said: str) -> str:
    return _encode(hmac.digest(key, said.encode(errors="surrogateescape"), "sha256"))


def _encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _unknown() -> NotSignedIn:
    return NotSignedIn("cannot answer: that token is not valid", fix="sign in again")
