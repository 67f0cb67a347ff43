"""/v1/changes"""

from typing import Annotated, Any

from pydantic import Field

from tarsd.api.route import Call, Query
from tarsd.changes.runner import Changes

LONGEST_WAIT = 55.0
"""Seconds: below the minute after which proxies and people give up."""


class WaitQuery(Query):
    """`after`: the revision already seen; `timeout`: seconds."""

    after: int | None = None
    timeout: Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)] = 30.0


class ChangeHandlers:
    """Looking at changes and ending them."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes

    async def list(self, _: Call) -> dict[str, Any]:
        """The newest changes."""
        return {"changes": [change.as_json() for change in await self._changes.latest()]}

    async def get(self, call: Call) -> dict[str, Any]:
        """One change."""
        return (await self._changes.get(call.path["id"])).as_json()

    async def wait(self, call: Call) -> dict[str, Any]:
        """One change, once it has moved."""
        query: WaitQuery = call.query
        timeout = min(query.timeout, LONGEST_WAIT)
        return (await self._changes.wait(call.path["id"], query.after, timeout)).as_json()

    async def abort(self, call: Call) -> dict[str, Any]:
        """Interrupt and undo."""
        return (await self._changes.abort(call.path["id"])).as_json()
