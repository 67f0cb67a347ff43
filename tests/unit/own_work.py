"""Jobs whose work is done at once, in this process: what a test edits lies in its own directory."""

import json
from importlib import import_module

from tarsd.host.in_job import UNABLE, CannotAnswer
from tarsd.host.jobs import Job, Outcome


class OwnWork:
    """Does what `tarsd job NAME` would do; `seen` are the jobs."""

    def __init__(self) -> None:
        self.seen: list[Job] = []

    async def run(self, job: Job) -> Outcome:
        self.seen.append(job)
        module = import_module(f"tarsd.host.in_job.{job.name.replace('-', '_')}")
        try:
            answer = module.answer(json.loads(job.given))
        except (CannotAnswer, OSError) as error:
            return Outcome(UNABLE, b"", f"{error}\n")
        return Outcome(0, json.dumps(answer).encode(), "")

    async def stop_leftovers(self) -> list[str]:
        return []

    @property
    def strays(self) -> list[str]:
        return []

    def close(self) -> None:
        """Nothing is open."""
