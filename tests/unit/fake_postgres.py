"""A double of a PostgreSQL server with one role, each way to sign in and its bad days; built on RFC 5802's own formulas."""

import asyncio
import hashlib
import hmac
import re
import struct
from base64 import b64decode, b64encode
from dataclasses import dataclass, field

PASSWORD = "5ecre7" * 8
SALT, MD5_SALT = b"0123456789abcdef", b"salt"

Reader = asyncio.StreamReader
Writer = asyncio.StreamWriter


def message(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack("!i", len(content) + 4) + content


def auth(code: int, content: bytes = b"") -> bytes:
    return message(b"R", struct.pack("!i", code) + content)


def error(code: str, words: str) -> bytes:
    fields = {"S": "FATAL", "V": "FATAL", "C": code, "M": words}
    return message(b"E", b"".join(f"{k}{v}\0".encode() for k, v in fields.items()) + b"\0")


ROW = message(b"D", struct.pack("!hi", 1, 1) + b"1")
COMPLETE = message(b"C", b"SELECT 1\0")
READY = message(b"Z", b"I")
GREETING = (
    message(b"N", b"SNOTICE\0\0") + message(b"S", b"TimeZone\0UTC\0") + message(b"K", b"12345678")
)


@dataclass
class FakePostgres:
    """`method` is scram, md5, password or trust; `answer` is to a query; `spoil` names a fault in its SCRAM.

    `raw` is all that it says. `state` is an SQLSTATE that it answers everybody with, `deaf` takes no new password over,
    `databases` are those that there are, None for any; `made` is how many things people have made in it.
    `slow` is how many seconds the next one takes, whether its client is still there or not, and `cut_at_alter` sets
    `cut` and falls silent once the password is changed. What it was told is kept, the statements as its log would have them.
    """

    password: str = PASSWORD
    method: str = "scram"
    answer: bytes = message(b"T", b"\0\0") + ROW + COMPLETE + READY
    iterations: int = 4096
    spoil: str = ""
    mechanisms: bytes = b"SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0"
    raw: bytes | None = None
    state: str = ""
    deaf: bool = False
    slow: float = 0.0
    databases: set[str] | None = None
    made: int = 0
    cut_at_alter: bool = False
    cut: asyncio.Event = field(default_factory=asyncio.Event)
    goodbye: asyncio.Event = field(default_factory=asyncio.Event)
    parameters: dict[str, str] = field(default_factory=dict[str, str])
    statements: list[str] = field(default_factory=list[str])
    port: int = 0
    _server: asyncio.Server | None = None

    def __post_init__(self) -> None:
        self.verifier = kept(self.password, self.iterations)

    async def start(self) -> None:
        """Listen on a port of its own, the same one after each start."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _serve(self, reader: Reader, writer: Writer) -> None:
        try:
            await self.talk(reader, writer)
        except (EOFError, ConnectionError):
            pass  # the client has gone
        finally:
            writer.close()

    async def talk(self, reader: Reader, writer: Writer) -> None:
        """One connection."""
        length, version = struct.unpack("!ii", await reader.readexactly(8))
        assert version == 196608
        pairs = [part.decode() for part in (await reader.readexactly(length - 8)).split(b"\0")[:-2]]
        self.parameters = dict(zip(pairs[::2], pairs[1::2], strict=True))
        if self.raw is not None:
            writer.write(self.raw)
        elif self.state:
            writer.write(error(self.state, "the database system is starting up"))
        elif self.method == "trust" or await getattr(self, f"_{self.method}")(reader, writer):
            name = self.parameters["database"]
            if self.databases is not None and name not in self.databases:
                writer.write(auth(0) + error("3D000", f'database "{name}" does not exist'))
                return
            writer.write(auth(0) + GREETING + READY)
            await self._listen(reader, writer)
        else:
            wrong = f'password authentication failed for user "{self.parameters["user"]}"'
            writer.write(error("28P01", wrong))

    async def _listen(self, reader: Reader, writer: Writer) -> None:
        while True:
            kind, content = await _read(reader)
            if kind == b"X":
                self.goodbye.set()
                return
            statement = content.rstrip(b"\0").decode()
            self.statements.append(statement)
            if self.databases is not None:
                writer.write(self._own(statement, self.databases))
                continue
            match = re.fullmatch(r'ALTER ROLE "tars" PASSWORD \'(SCRAM[^\']+)\'', statement)
            if match is None:
                writer.write(self.said(statement))
            elif not await self._alter(match[1], reader, writer):
                return

    def said(self, statement: str) -> bytes:
        """What it answers to a statement."""
        return self.answer

    def _own(self, statement: str, databases: set[str]) -> bytes:
        """What it answers as a server that knows which databases it has."""
        if statement.startswith("SELECT count(*)"):
            count = str(self.made).encode()
            return message(b"D", struct.pack("!hi", 1, len(count)) + count) + COMPLETE + READY
        match = re.fullmatch(r'CREATE DATABASE "(.+)"', statement)
        if match is None:
            return self.answer
        if match[1] in databases:
            return error("42P04", f'database "{match[1]}" already exists')
        databases.add(match[1])
        return message(b"C", b"CREATE DATABASE\0") + READY

    async def _alter(self, new: str, reader: Reader, writer: Writer) -> bool:
        slow, self.slow = self.slow, 0.0
        await asyncio.sleep(slow)
        if not self.deaf:
            self.verifier = new
        if self.cut_at_alter:
            self.cut_at_alter = False
            self.cut.set()
            await reader.read()
            return False
        writer.write(message(b"C", b"ALTER ROLE\0") + READY)
        return True

    async def _password(self, reader: Reader, writer: Writer) -> bool:
        writer.write(auth(3))
        return (await _read(reader))[1] == self.password.encode() + b"\0"

    async def _md5(self, reader: Reader, writer: Writer) -> bool:
        writer.write(auth(5, MD5_SALT))
        inner = hashlib.md5((self.password + self.parameters["user"]).encode()).hexdigest()
        outer = hashlib.md5(inner.encode() + MD5_SALT).hexdigest()
        return (await _read(reader))[1] == b"md5" + outer.encode() + b"\0"

    async def _scram(self, reader: Reader, writer: Writer) -> bool:
        writer.write(auth(10, self.mechanisms))
        mechanism, _, rest = (await _read(reader))[1].partition(b"\0")
        assert mechanism == b"SCRAM-SHA-256"
        first = rest[4:].decode()
        assert first.startswith("n,,n=,r=")
        bare = first[3:]
        count, salt, stored, server = re.split("[:$]", self.verifier.removeprefix("SCRAM-SHA-256$"))
        nonce = bare.partition("r=")[2] + "server"
        challenge = f"r={nonce},s={salt},i={count}".encode()
        challenge = {
            "no nonce": f"r={bare.partition('r=')[2]},s={salt},i={count}".encode(),
            "another nonce": f"r=another,s={salt},i={count}".encode(),
            "salt": f"r={nonce},s=?!,i={count}".encode(),
            "count": f"r={nonce},s={salt},i=many".encode(),
            "no fields": b"hello",
            "not text": b"\xff\xfe",
        }.get(self.spoil, challenge)
        writer.write(auth(11, challenge))
        if self.spoil == "too soon":
            return True
        without_proof, _, proof = (await _read(reader))[1].decode().rpartition(",p=")
        signed = f"{bare},{challenge.decode()},{without_proof}".encode()
        signature = _hmac(b64decode(stored), signed)
        key = bytes(a ^ b for a, b in zip(b64decode(proof), signature, strict=True))
        if hashlib.sha256(key).digest() != b64decode(stored):
            return False
        final = b"v=" + b64encode(_hmac(b64decode(server), signed))
        answers = {"no final": b"", "signature": auth(12, b"v=" + b"AA" * 20 + b"AAA="),
                   "e": auth(12, b"e=other-error"), "nothing": auth(12)}  # fmt: skip
        writer.write(answers.get(self.spoil, auth(12, final)))
        return True


def kept(password: str, iterations: int = 4096) -> str:
    """What it keeps of a password; it counts to no more than 4096, whatever it tells its clients."""
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), SALT, min(max(iterations, 1), 4096))
    stored = hashlib.sha256(_hmac(salted, b"Client Key")).digest()
    salt, *keys = (b64encode(it).decode() for it in (SALT, stored, _hmac(salted, b"Server Key")))
    return f"SCRAM-SHA-256${iterations}:{salt}${':'.join(keys)}"


def _hmac(key: bytes, content: bytes) -> bytes:
    return hmac.digest(key, content, "sha256")


async def _read(reader: Reader) -> tuple[bytes, bytes]:
    kind, length = struct.unpack("!ci", await reader.readexactly(5))
    return kind, await reader.readexactly(length - 4)
