"""SCRAM-SHA-256 (RFC 5802, 7677) as PostgreSQL speaks it: signing in, and what the server keeps in a password's place."""

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode

ITERATIONS = 4096
"""PostgreSQL's own default."""

MOST_ITERATIONS = 1_000_000
"""What a server may ask for: a second of work, no more."""


class ScramError(Exception):
    """The other side does not keep to the protocol, or does not know the password itself."""


def verifier(password: str) -> str:
    """What `ALTER ROLE ... PASSWORD` takes in place of the password, so that no log of the server ever holds it."""
    salt = secrets.token_bytes(16)
    stored, server = _keys(password, salt, ITERATIONS)
    halves = (f"{ITERATIONS}:{_text(salt)}", f"{_text(stored)}:{_text(server)}")
    return "SCRAM-SHA-256$" + "$".join(halves)


class Scram:
    """One sign-in: `first` goes out, `second` answers the server's first message, `check` judges its last one."""

    def __init__(self, password: str) -> None:
        self._password = password
        self._nonce = secrets.token_urlsafe(18)
        self._expected = b""

    @property
    def first(self) -> str:
        """The client's first message; PostgreSQL takes the name from the start of the connection."""
        return f"n,,{self._bare}"

    def second(self, challenge: str) -> str:
        """The proof that we know the password. Raises ScramError."""
        try:
            parts = dict(part.split("=", 1) for part in challenge.split(","))
            nonce, salt, count = parts["r"], b64decode(parts["s"], validate=True), int(parts["i"])
        except (KeyError, ValueError) as error:
            raise ScramError("its challenge makes no sense") from error
        if not nonce.startswith(self._nonce) or not 1 <= count <= MOST_ITERATIONS:
            raise ScramError("its challenge is not an answer to us")
        salted = hashlib.pbkdf2_hmac("sha256", self._password.encode(), salt, count)
        client = _sign(salted, b"Client Key")
        stored, server = hashlib.sha256(client).digest(), _sign(salted, b"Server Key")
        plain = f"c=biws,r={nonce}"
        whole = f"{self._bare},{challenge},{plain}".encode()
        self._expected = _sign(server, whole)
        proof = bytes(a ^ b for a, b in zip(client, _sign(stored, whole), strict=True))
        return f"{plain},p={_text(proof)}"

    def check(self, final: str) -> None:
        """Raises ScramError where the server does not know the password: it is not the one it was set on."""
        if not hmac.compare_digest(final, f"v={_text(self._expected)}"):
            raise ScramError("it does not know the password itself")

    @property
    def _bare(self) -> str:
        return f"n=,r={self._nonce}"


def _keys(password: str, salt: bytes, count: int) -> tuple[bytes, bytes]:
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, count)
    client = _sign(salted, b"Client Key")
    return hashlib.sha256(client).digest(), _sign(salted, b"Server Key")


def _sign(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, hashlib.sha256).digest()


def _text(raw: bytes) -> str:
    return b64encode(raw).decode()
