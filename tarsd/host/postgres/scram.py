"""SCRAM-SHA-256 (RFC 5802; RFC 7677 for the hash): both sides prove that they know the password.

And what the server keeps in the password's place.
"""

import asyncio
import base64
import hmac
import secrets
import unicodedata
from dataclasses import dataclass
from hashlib import pbkdf2_hmac, sha256

from tarsd.host.conversation import UnexpectedAnswer, one_line

MECHANISM = "SCRAM-SHA-256"

ITERATIONS = 4096
"""PostgreSQL's own default; 2 ms."""

MOST_ITERATIONS = 1_000_000
"""A server may ask for any number; this many take half a second of a thread."""

MOST_KEYS = 4
"""Servers that are asked again and again; one that makes up salts must not fill the memory."""

_NO_BINDING = "n,,"
"""The GS2 header: no channel binding, which needs TLS."""


def new_nonce() -> str:
    """144 random bits in printable ASCII without a comma."""
    return _encoded(secrets.token_bytes(18))


def verifier(password: str, salt: bytes | None = None) -> str:
    """What `ALTER ROLE ... PASSWORD` takes in place of the password, so that no log of the server ever holds it.

    `salt` is 128 random bits unless a test has its own.
    """
    salt = secrets.token_bytes(16) if salt is None else salt
    salted = _salted(password, salt, ITERATIONS)
    stored = sha256(_hmac(salted, b"Client Key")).digest()
    halves = (
        f"{ITERATIONS}:{_encoded(salt)}",
        f"{_encoded(stored)}:{_encoded(_hmac(salted, b'Server Key'))}",
    )
    return "$".join((MECHANISM, *halves))


class SaltedKeys:
    """What was derived from a password, kept for the next time: 4096 rounds of a hash are most of what a sign-in costs.

    In memory only, of the latest few salts. The password itself is not kept, only enough to know it again.
    """

    def __init__(self) -> None:
        self._own = secrets.token_bytes(32)
        self._kept: dict[tuple[bytes, bytes, int], bytes] = {}

    async def derive(self, password: str, salt: bytes, count: int) -> bytes:
        """The key, derived in a thread where it is not known."""
        known = (_hmac(self._own, password.encode()), salt, count)
        if known not in self._kept:
            key = await asyncio.to_thread(_salted, password, salt, count)
            while len(self._kept) >= MOST_KEYS:
                del self._kept[next(iter(self._kept))]
            self._kept[known] = key
        return self._kept[known]


@dataclass(frozen=True)
class ClientFirst:
    """The first message. PostgreSQL takes the user from its start-up message and ignores the one in here."""

    nonce: str
    user: str = ""

    @property
    def bare(self) -> str:
        """The part that both sides sign."""
        return f"n={self.user},r={self.nonce}"

    def message(self) -> bytes:
        """What is sent."""
        return f"{_NO_BINDING}{self.bare}".encode()

    async def answer(
        self, server_first: bytes, password: str, keys: SaltedKeys | None = None
    ) -> "ClientFinal":
        """The next message; `keys` knows those of earlier times. Raises UnexpectedAnswer."""
        fields = _fields(server_first)
        nonce, salt, count = fields.get("r", ""), fields.get("s", ""), fields.get("i", "")
        if not nonce.startswith(self.nonce) or nonce == self.nonce:
            raise UnexpectedAnswer("its SCRAM message does not continue ours")
        if not count.isascii() or not count.isdecimal() or not 0 < len(count) < 9:
            raise UnexpectedAnswer("its SCRAM message has no count of iterations")
        if not 0 < int(count) <= MOST_ITERATIONS:
            raise UnexpectedAnswer(f"it asks for {count} SCRAM iterations")
        keys = SaltedKeys() if keys is None else keys
        salted = await keys.derive(password, _decoded(salt), int(count))
        without_proof = f"c={_encoded(_NO_BINDING.encode())},r={nonce}"
        signed = ",".join([self.bare, server_first.decode(), without_proof]).encode()
        return ClientFinal(without_proof, salted, signed)


@dataclass(frozen=True)
class ClientFinal:
    """The second message, and what the server's must be."""

    without_proof: str
    salted_password: bytes
    signed: bytes

    def message(self) -> bytes:
        """What is sent."""
        key = _hmac(self.salted_password, b"Client Key")
        signature = _hmac(sha256(key).digest(), self.signed)
        proof = bytes(one ^ other for one, other in zip(key, signature, strict=True))
        return f"{self.without_proof},p={_encoded(proof)}".encode()

    def verify(self, server_final: bytes) -> None:
        """Raises UnexpectedAnswer unless the server has proved that it knows the password, too."""
        fields = _fields(server_final)
        if "e" in fields:
            raise UnexpectedAnswer(f"it ends SCRAM with {one_line(fields['e'])}")
        expected = _hmac(_hmac(self.salted_password, b"Server Key"), self.signed)
        if not hmac.compare_digest(_decoded(fields.get("v", "")), expected):
            raise UnexpectedAnswer("its SCRAM signature is wrong: it does not know the password")


def _fields(message: bytes) -> dict[str, str]:
    try:
        parts = message.decode().split(",")
    except UnicodeDecodeError as error:
        raise UnexpectedAnswer("its SCRAM message is not UTF-8") from error
    return {part[0]: part[2:] for part in parts if part[1:2] == "="}


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise UnexpectedAnswer("its SCRAM message is not base64") from error


def _encoded(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _salted(password: str, salt: bytes, count: int) -> bytes:
    """SASLprep as far as it matters here: generated secrets are hex, and an owner's own is normalised (RFC 4013, 2.2)."""
    prepared = unicodedata.normalize("NFKC", password).encode()
    return pbkdf2_hmac("sha256", prepared, salt, count)


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")
