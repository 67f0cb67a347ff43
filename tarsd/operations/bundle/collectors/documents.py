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


async def given(value: Any) -> Any:
    """What is known already."""
    return value


def as_document(value: Any) -> bytes:
    """Indented, for it is read by people and redacted line by line."""
    return _encoded(value, indent=1)


async def as_lines(rows: Iterable[Any]) -> Stream:
    """A line of JSON for each row."""
    for row in rows:
        yield _encoded(row)


def _encoded(value: Any, indent: int | None = None) -> bytes:
    """JSON may hold half of a surrogate pair, which is no UTF-8."""
    text = json.dumps(value, indent=indent, ensure_ascii=False, default=str)
    return text.encode(errors="replace") + b"\n"
