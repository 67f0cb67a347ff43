"""Runs a collector as the bundle does, and keeps what it puts."""

from collections.abc import AsyncIterator
from datetime import datetime, timezone

from tarsd.operations.bundle.collectors.protocol import Asked, Collector, Gap
from tarsd.operations.bundle.collectors.taking import take

ASKED = Asked(datetime(2026, 11, 22, tzinfo=timezone.utc), 1000)


async def taken(it: Collector, asked: Asked = ASKED) -> tuple[dict[str, str], dict[str, Gap]]:
    """Files and gaps, by name."""
    kept: dict[str, bytes] = {}

    async def put(name: str, pieces: AsyncIterator[bytes]) -> None:
        kept[name] = b"".join([piece async for piece in pieces])

    gaps = await take(it, put, asked)
    return {name: content.decode() for name, content in kept.items()}, {
        gap.name: gap for gap in gaps
    }
