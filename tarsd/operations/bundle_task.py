"""A support bundle as a change: a job makes it, the change shows how far it is and has it in its result."""

import asyncio
from collections.abc import Mapping
from typing import Any

from tarsd.changes.model import Step
from tarsd.changes.runner import Planned
from tarsd.operations.bundle.private import swept
from tarsd.operations.bundle_job import BundleJob
from tarsd.paths import Paths

KIND = "bundle"


class BundleTask:
    """Run again after an interruption it makes another one: of the first nothing is left."""

    kind = KIND
    version = 1

    def __init__(self, job: BundleJob, paths: Paths) -> None:
        self._job = job
        self._paths = paths

    async def do(self, step: Step) -> Mapping[str, Any]:
        """Args: what was asked for, as the API's body has it. Result: `bundle`. Raises what BundleJob raises."""

        def moved(words: str, done: int, total: int) -> None:
            step.progress(done, total, "steps", words)

        return {"bundle": await self._job.make(step.task.args, moved)}

    async def undo(self, step: Step) -> None:
        """A job that was cut off has left its private directory; a finished bundle stays."""
        await asyncio.to_thread(swept, self._paths.bundles)


def plan(wants: Mapping[str, Any]) -> list[Planned]:
    """The tasks of a bundle."""
    return [Planned(KIND, "make a support bundle", wants)]
