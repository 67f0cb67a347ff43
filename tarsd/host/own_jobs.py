"""The product's own work in jobs: asked in JSON, answered in JSON (what runs there is in `in_job`)."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tarsd.errors import JobFailed
from tarsd.host.jobs import Job, Jobs, Outcome
from tarsd.host.systemd import Properties


@dataclass(frozen=True)
class OwnJobs:
    """Runs `tarsd job NAME`; from a checkout, where no program is installed, this tree's."""

    jobs: Jobs
    program: Path

    async def ask(
        self,
        name: str,
        given: object = None,
        *,
        deadline: float,
        rights: Properties | None = None,
        memory: int = 128 * 1024 * 1024,
    ) -> Any:
        """The answer of `in_job.NAME`. Raises JobFailed with the work's own reason, or where it ran past `deadline` s."""
        outcome = await self.jobs.run(
            Job(
                name=name,
                argv=[*self.command(), "job", name],
                deadline=deadline,
                memory=memory,
                rights=rights or {},
                given=json.dumps(given).encode(),
            )
        )
        if outcome.status != 0:
            raise JobFailed(_reason(name, outcome), details={"status": outcome.status})
        try:
            return json.loads(outcome.output)
        except ValueError as error:
            raise JobFailed(f"cannot understand job {name}: {outcome.output[:60]!r}") from error

    def command(self) -> list[str]:
        """What runs our own program."""
        return [str(self.program)] if self.program.exists() else [sys.executable, "-m", "tarsd"]


def _reason(name: str, outcome: Outcome) -> str:
    said = outcome.errors.strip().splitlines()
    return said[-1] if said else f"cannot finish job {name}: exit status {outcome.status}"
