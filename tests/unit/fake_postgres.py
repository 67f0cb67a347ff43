"""A double of PostgreSQL's sign-in on a real port: one role, one verifier, and its bad days."""

import asyncio
import hashlib
import hmac
import re
import struct
from base64 import b64decode, b64encode

from tarsd.host.scram import verifier


class FakePostgres:
    """`verifier` is what it keeps of the password; `statements` what it was told, as its log would have it.

    `state` is an SQLSTATE that it answers everybody with, `trusts` lets everybody in, `deaf` takes no statement over,
    `slow` is how many seconds the next one takes, whether its client is still there or not, and `cut_at_alter` sets
    `cut` and falls silent once the password is changed.
    """

    def __init__(self, password: str) -> None:
        self.verifier = verifier(password)
        self.statements: list[str] = []
        self.state = ""
        self.trusts = False
        self.deaf = False
        self.slow = 0.0
        self.raw: bytes | None = None
        self.cut_at_alter = False
        self.cut = asyncio.Event()
        self.port = 0
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            (size,) = struct.unpack("!i", await reader.readexactly(4))
            await reader.readexactly(size - 4)
            if self.raw is not None:
                writer.write(self.raw)
            elif self.state:
                writer.write(_error(self.state, "the database system is starting up"))
            elif self.trusts or await self._knows(reader, writer):
                await self._listen(reader, writer)
            else:
                writer.write(_error("28P01", 'password authentication failed for user "tars"'))
        except (EOFError, ConnectionError):
            pass  # the client has gone
        finally:
            writer.close()

    async def _knows(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        numbers, keys = self.verifier.removeprefix("SCRAM-SHA-256$").split("$")
        count, salt = numbers.split(":")
        stored, server = (b64decode(key) for key in keys.split(":"))
        writer.write(_message(b"R", struct.pack("!i", 10) + b"SCRAM-SHA-256\0\0"))
        first = (await _receive(reader)).partition(b"\0")[2][4:].decode().removeprefix("n,,")
        challenge = f"r={first.partition('r=')[2]}s3rver,s={salt},i={count}"
        writer.write(_message(b"R", struct.pack("!i", 11) + challenge.encode()))
        plain, _, proof = (await _receive(reader)).decode().rpartition(",p=")
        whole = f"{first},{challenge},{plain}".encode()
        signature = hmac.new(stored, whole, hashlib.sha256).digest()
        client = bytes(a ^ b for a, b in zip(b64decode(proof), signature, strict=True))
        if hashlib.sha256(client).digest() != stored:
            return False
        final = b64encode(hmac.new(server, whole, hashlib.sha256).digest())
        writer.write(_message(b"R", struct.pack("!i", 12) + b"v=" + final))
        return True

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(_message(b"R", struct.pack("!i", 0)) + _message(b"S", b"a\0b\0"))
        writer.write(_message(b"Z", b"I"))
        while True:
            statement = (await _receive(reader)).rstrip(b"\0").decode()
            self.statements.append(statement)
            match = re.fullmatch(
                r'ALTER ROLE "tars" PASSWORD \'(SCRAM-SHA-256\$[^\']+)\'', statement
            )
            if match is None:
                writer.write(_error("42601", "syntax error") + _message(b"Z", b"I"))
                continue
            slow, self.slow = self.slow, 0.0
            await asyncio.sleep(slow)
            if not self.deaf:
                self.verifier = match[1]
            if self.cut_at_alter:
                self.cut_at_alter = False
                self.cut.set()
                await reader.read()
                return
            writer.write(_message(b"C", b"ALTER ROLE\0") + _message(b"Z", b"I"))


async def _receive(reader: asyncio.StreamReader) -> bytes:
    _, size = struct.unpack("!ci", await reader.readexactly(5))
    return await reader.readexactly(size - 4)


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


def _error(state: str, words: str) -> bytes:
    fields = f"SFATAL\0C{state}\0M{words}\0\0".encode()
    return _message(b"E", fields)
