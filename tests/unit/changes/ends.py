"""Waiting for a change to end."""

import asyncio

from tarsd.changes.model import Change
from tarsd.changes.runner import Changes

LONGEST = 3600  # seconds of the loop's time


async def end(changes: Changes, change: Change) -> Change:
    """The change as it was recorded, once nothing runs any more."""
    for _ in range(LONGEST):
        if changes.current is None:
            return await changes.get(change.id)
        await asyncio.sleep(1)
    raise AssertionError(f"change {change.id} never ended: {change}")
