"""/v1/bundles"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated, Any

from aiohttp import web
from pydantic import AfterValidator, Field

from tarsd.api.route import Body, Call
from tarsd.changes.locks import BUNDLE
from tarsd.changes.model import Change
from tarsd.changes.runner import Changes
from tarsd.operations import bundle_task
from tarsd.operations.bundle.shelf import NAME, Shelf
from tarsd.operations.bundle_job import BundleJob
from tarsd.times import ago, iso

Id = Annotated[str, Field(max_length=40, pattern=r"^[a-z][a-z0-9-]*$")]


def _since(text: str) -> str:
    ago(text, datetime.now(timezone.utc))
    return text


class BundleBody(Body):
    """What `tarsctl bundle` was given. `since`: a time, or how long ago; no `include` means every collector."""

    since: Annotated[str, Field(max_length=64), AfterValidator(_since)] = "24h"
    log_lines: Annotated[int, Field(ge=0, le=100_000)] = 1000
    include: Annotated[list[Id], Field(max_length=64)] = Field(default_factory=list[str])
    exclude: Annotated[list[Id], Field(max_length=64)] = Field(default_factory=list[str])
    encrypt_to: Annotated[str, Field(max_length=4096)] | None = None


class BundleName(Body):
    """A bundle, as `tarsctl bundle list` names it."""

    name: Annotated[str, Field(pattern=f"^{NAME.pattern}$")]


class BundleHandlers:
    """Made by a job, kept here for a while, streamed to whoever asks. `wall` is the clock of "24h"."""

    def __init__(
        self, changes: Changes, job: BundleJob, directory: Path, wall: Callable[[], datetime]
    ) -> None:
        self._changes = changes
        self._job = job
        self._shelf = Shelf(directory)
        self._wall = wall

    async def make(self, call: Call) -> Change:
        """Begin to make one; what cannot be is refused before. Raises BadRequest, NoSpace, ChangeConflict, JobFailed."""
        wants = self._wants(call.body)
        await self._job.plan(wants)
        return await self._changes.begin(
            bundle_task.KIND, "make a support bundle", {BUNDLE}, bundle_task.plan(wants)
        )

    async def plan(self, call: Call) -> dict[str, Any]:
        """What would be in it, and whether there is room. Raises BadRequest, NoSpace, JobFailed."""
        return await self._job.plan(self._wants(call.body))

    async def list(self, _: Call) -> dict[str, Any]:
        """Those that are kept."""
        return {"bundles": [it.as_json() for it in await asyncio.to_thread(self._shelf.all)]}

    async def content(self, call: Call) -> web.StreamResponse:
        """One, as it is. Raises NotFound."""
        kept = await asyncio.to_thread(self._shelf.get, call.path["name"])
        return web.FileResponse(kept.path, headers={"Content-Type": "application/octet-stream"})

    async def remove(self, call: Call) -> dict[str, Any]:
        """Remove one. Raises NotFound."""
        body: BundleName = call.body
        return (await asyncio.to_thread(self._shelf.remove, body.name)).as_json()

    def _wants(self, body: BundleBody) -> dict[str, Any]:
        """With a time instead of "24h": a change that is resumed means the same one."""
        return body.model_dump() | {"since": iso(ago(body.since, self._wall()))}
