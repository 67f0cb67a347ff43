"""What somebody answered in JSON, as a file: one value or one line for each row."""

import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from typing import Any

from tarsd.operations.bundle.collectors.protocol import File, Stream

Ask = Callable[[], Awaitable[Any]]


def document(name: str, ask: Ask, deadline: float = 10.0) -> File:
    """What `ask` answers; what it raises is why it is missing."""

    async def stream() -> AsyncGenerator[bytes, None]:
        yield as_document(await ask())

    return File(name, stream, deadline)


def as_document(value: Any) -> bytes:
    """Indented, for it is read by people and redacted line by line."""
    return json.dumps(value, indent=1, ensure_ascii=False, default=str).encode() + b"\n"


async def as_lines(rows: Iterable[Any]) -> Stream:
    """A line of JSON for each row."""
    for row in rows:
        yield json.dumps(row, ensure_ascii=False, default=str).encode() + b"\n"
