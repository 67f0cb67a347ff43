"""A double of a PostgreSQL server, up to one query, with each way to sign in; built on RFC 5802's own formulas."""

import asyncio
import base64
import hashlib
import hmac
import struct
from dataclasses import dataclass, field

PASSWORD = "5ecre7" * 8
SALT, MD5_SALT = b"0123456789abcdef", b"salt"


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
    """`method` is scram, md5, password, or trust; `answer` is to the query. What it was told is kept."""

    method: str = "scram"
    password: str = PASSWORD
    answer: bytes = message(b"T", b"\0\0") + ROW + COMPLETE + READY
    iterations: int = 4096
    spoil: str = ""
    mechanisms: bytes = b"SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0"
    parameters: dict[str, str] = field(default_factory=dict[str, str])
    query: bytes = b""
    goodbye: asyncio.Event = field(default_factory=asyncio.Event)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        length, version = struct.unpack("!ii", await reader.readexactly(8))
        assert version == 196608
        parts = (await reader.readexactly(length - 8)).split(b"\0")
        pairs = [part.decode() for part in parts[:-2]]
        self.parameters = dict(zip(pairs[::2], pairs[1::2], strict=True))
        if not await getattr(self, f"_{self.method}")(reader, writer):
            wrong = f'password authentication failed for user "{self.parameters["user"]}"'
            writer.write(error("28P01", wrong))
            return
        writer.write(auth(0) + GREETING + READY)
        _, self.query = await _read(reader)
        writer.write(self.answer)
        kind, _ = await _read(reader)
        if kind == b"X":
            self.goodbye.set()

    async def _trust(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        return True

    async def _password(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        writer.write(auth(3))
        return (await _read(reader))[1] == self.password.encode() + b"\0"

    async def _md5(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        writer.write(auth(5, MD5_SALT))
        inner = hashlib.md5((self.password + self.parameters["user"]).encode()).hexdigest()
        outer = hashlib.md5(inner.encode() + MD5_SALT).hexdigest()
        return (await _read(reader))[1] == b"md5" + outer.encode() + b"\0"

    async def _scram(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        writer.write(auth(10, self.mechanisms))
        _, begin = await _read(reader)
        mechanism, _, rest = begin.partition(b"\0")
        assert mechanism == b"SCRAM-SHA-256"
        first = rest[4:].decode()
        assert first.startswith("n,,n=,r=")
        bare = first[3:]
        nonce = bare.partition("r=")[2] + ("" if self.spoil == "no nonce" else "server")
        if self.spoil == "another nonce":
            nonce = "another"
        salt = base64.b64encode(SALT).decode() if self.spoil != "salt" else "?!"
        count = "many" if self.spoil == "count" else str(self.iterations)
        server_first = f"r={nonce},s={salt},i={count}"
        if self.spoil == "no fields":
            server_first = "hello"
        raw = b"\xff\xfe" if self.spoil == "not text" else server_first.encode()
        writer.write(auth(11, raw))
        if self.spoil == "too soon":
            return True
        _, final = await _read(reader)
        without_proof, _, proof = final.decode().rpartition(",p=")
        salted = hashlib.pbkdf2_hmac("sha256", self.password.encode(), SALT, self.iterations)
        signed = f"{bare},{server_first},{without_proof}".encode()
        key = _hmac(salted, b"Client Key")
        signature = _hmac(hashlib.sha256(key).digest(), signed)
        right = bytes(a ^ b for a, b in zip(key, signature, strict=True))
        if base64.b64decode(proof) != right:
            return False
        verifier = base64.b64encode(_hmac(_hmac(salted, b"Server Key"), signed)).decode()
        answers = {"no final": b"", "signature": auth(12, b"v=" + b"AA" * 20 + b"AAA="),
                   "e": auth(12, b"e=other-error"), "nothing": auth(12)}  # fmt: skip
        writer.write(answers.get(self.spoil, auth(12, f"v={verifier}".encode())))
        return True


def _hmac(key: bytes, content: bytes) -> bytes:
    return hmac.digest(key, content, "sha256")


async def _read(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    kind, length = struct.unpack("!ci", await reader.readexactly(5))
    return kind, await reader.readexactly(length - 4)
