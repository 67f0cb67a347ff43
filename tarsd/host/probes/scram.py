"""The client's side of SCRAM-SHA-256 (RFC 5802; RFC 7677 for the hash): both sides prove that they know the password."""

import asyncio
import base64
import hmac
import secrets
import unicodedata
from dataclasses import dataclass
from hashlib import pbkdf2_hmac, sha256

from tarsd.host.probes.probe import UnexpectedAnswer, one_line

MECHANISM = "SCRAM-SHA-256"

MOST_ITERATIONS = 1_000_000
"""A server may ask for any number; PostgreSQL's own is 4096 (2 ms), and this many take half a second of a thread."""

_NO_BINDING = "n,,"
"""The GS2 header: no channel binding, which needs TLS."""


def new_nonce() -> str:
    """144 random bits in printable ASCII without a comma."""
    return base64.b64encode(secrets.token_bytes(18)).decode()


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

    async def answer(self, server_first: bytes, password: str) -> "ClientFinal":
        """The next message; the key is derived in a thread. Raises UnexpectedAnswer."""
        fields = _fields(server_first)
        nonce, salt, count = fields.get("r", ""), fields.get("s", ""), fields.get("i", "")
        if not nonce.startswith(self.nonce) or nonce == self.nonce:
            raise UnexpectedAnswer("its SCRAM message does not continue ours")
        if not count.isascii() or not count.isdecimal() or not 0 < len(count) < 9:
            raise UnexpectedAnswer("its SCRAM message has no count of iterations")
        if not 0 < int(count) <= MOST_ITERATIONS:
            raise UnexpectedAnswer(f"it asks for {count} SCRAM iterations")
        salted = await asyncio.to_thread(
            pbkdf2_hmac, "sha256", _prepared(password), _decoded(salt), int(count)
        )
        without_proof = f"c={base64.b64encode(_NO_BINDING.encode()).decode()},r={nonce}"
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
        return f"{self.without_proof},p={base64.b64encode(proof).decode()}".encode()

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


def _prepared(password: str) -> bytes:
    """SASLprep as far as it matters here: generated secrets are hex, and an owner's own is normalised (RFC 4013, 2.2)."""
    return unicodedata.normalize("NFKC", password).encode()


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")
