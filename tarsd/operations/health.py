"""Waits until services are healthy, saying what it waits for."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tarsd.changes.model import Step
from tarsd.host.containers import Container, Containers

LOOK_EVERY = 1.0
"""Seconds between looks: four small calls to the Engine."""

SETTLED = 5.0
"""Seconds a service without a health check must have run to count as up; Docker resets its backoff after 10."""


_Runs = dict[str, tuple[datetime | None, float]]
"""By container: its latest start, and when (on the loop's clock) it was first seen to have run since then."""


@dataclass(frozen=True)
class Late:
    """A service that is not healthy at the end of its deadline, and why."""

    service: str
    reason: str


async def wait_healthy(
    containers: Containers, services: Sequence[str], deadline: float, step: Step
) -> list[Late]:
    """Return as soon as all are healthy (an empty list), or one never will be, or at the deadline (in seconds)."""
    loop = asyncio.get_running_loop()
    end = loop.time() + deadline
    running_since: _Runs = {}
    while True:
        seen = await containers.by_service()
        late: list[Late] = []
        for name in services:
            reason = _reason(seen.get(name), running_since, loop.time())
            if reason is not None:
                late.append(Late(name, reason))
        if not late:
            return late
        left = 0 if any(_hopeless(seen.get(it.service)) for it in late) else end - loop.time()
        waiting = ", ".join(f"{it.service} ({it.reason})" for it in late)
        step.progress(
            len(services) - len(late),
            len(services),
            "steps",
            f"waiting for {waiting}, at most {max(left, 0):.0f} s more",
        )
        if left <= 0:
            return late
        await asyncio.sleep(min(LOOK_EVERY, left))


def _hopeless(container: Container | None) -> bool:
    """Whether it has ended and nobody will start it again."""
    return (
        container is not None and container.state in ("exited", "dead") and not container.comes_back
    )


def _reason(container: Container | None, running_since: _Runs, at: float) -> str | None:
    """Why the service is not healthy yet; None when it is."""
    if container is None:
        return "it has no container"
    if container.state != "running":
        running_since.pop(container.id, None)
        exit_words = f", exit status {container.exit_code}" if container.exit_code else ""
        return container.error or f"{container.state}{exit_words}"
    if container.health == "healthy":
        return None
    if container.health == "none":
        # Each start counts anew: one that restarts faster than anyone looks never settles.
        if running_since.get(container.id, (None, at))[0] != container.started:
            running_since[container.id] = (container.started, at)
        since = running_since[container.id][1]
        return None if at - since >= SETTLED else "it has only just started"
    last_line = container.health_output.splitlines()[-1:] or [""]
    return f"{container.health}: {last_line[0][:120]}" if last_line[0] else container.health
