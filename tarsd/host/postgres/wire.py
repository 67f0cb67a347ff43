"""Messages of PostgreSQL's protocol 3.0 (its documentation, "Frontend/Backend Protocol"), as far as needed here."""

import struct
from asyncio import StreamReader
from collections.abc import Mapping

from tarsd.host.conversation import MOST_BYTES, UnexpectedAnswer

_PROTOCOL = 196608
"""Version 3.0."""


def startup(parameters: Mapping[str, str]) -> bytes:
    """The first message of a connection, which alone has no type."""
    pairs = b"".join(_text(name) + _text(value) for name, value in parameters.items()) + b"\0"
    return struct.pack("!ii", len(pairs) + 8, _PROTOCOL) + pairs


def password(answer: bytes) -> bytes:
    """The answer to a question for a password, or the second to a SASL one."""
    return _message(b"p", answer)


def sasl_begin(mechanism: str, answer: bytes) -> bytes:
    """The first answer to a SASL question."""
    return _message(b"p", _text(mechanism) + struct.pack("!i", len(answer)) + answer)


def query(sql: str) -> bytes:
    """A simple query."""
    return _message(b"Q", _text(sql))


TERMINATE = b"X\0\0\0\4"


class Backend:
    """What a server sends, message by message, all together at most MOST_BYTES."""

    def __init__(self, reader: StreamReader) -> None:
        self._reader = reader
        self._left = MOST_BYTES

    async def next(self) -> tuple[bytes, bytes]:
        """Type and content. Raises UnexpectedAnswer, EOFError."""
        kind, length = struct.unpack("!ci", await self._reader.readexactly(5))
        if not kind.isalpha() and not kind.isdigit():
            raise UnexpectedAnswer("it does not speak PostgreSQL's protocol")
        if length < 4:
            raise UnexpectedAnswer("it does not speak PostgreSQL's protocol")
        self._left -= length + 1
        if self._left < 0:
            raise UnexpectedAnswer("it does not speak PostgreSQL's protocol, or says too much")
        return kind, await self._reader.readexactly(length - 4)


def number(content: bytes) -> int:
    """The 32 bits at its begin. Raises UnexpectedAnswer."""
    if len(content) < 4:
        raise UnexpectedAnswer("it sends a PostgreSQL message that is too short")
    return int.from_bytes(content[:4], "big", signed=True)


def error_fields(content: bytes) -> dict[str, bytes]:
    """An ErrorResponse's fields by their letter: C the SQLSTATE, M the message."""
    parts = (part for part in content.split(b"\0") if part)
    return {chr(part[0]): part[1:] for part in parts}


def only_value(row: bytes) -> bytes | None:
    """The value of a DataRow of one column; None for NULL and for any other row."""
    if len(row) < 6 or row[:2] != b"\0\1":
        return None
    length = number(row[2:])
    return row[6:] if length == len(row) - 6 else None


def _message(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack("!i", len(content) + 4) + content


def _text(value: str) -> bytes:
    """A C string; one with a zero in it would be two."""
    return value.replace("\0", "").encode() + b"\0"
