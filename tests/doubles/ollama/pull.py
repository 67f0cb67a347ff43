"""A pull, told line by line as Ollama tells it; an interrupted one goes on where it stopped."""

import time
from collections.abc import Iterator
from typing import Any

from .scenario import Scenario
from .store import Store, digest_of, with_tag

STEPS = 20
"""Progress lines of a pull that happens at once."""
SECONDS_PER_LINE = 0.2
"""Time between the progress lines of a pull that takes its time."""


def pull(store: Store, scenario: Scenario, name: str) -> Iterator[dict[str, Any]]:
    """The lines of a pull; the model is in the store when `success` has been told."""
    yield {"status": "pulling manifest"}
    digest = digest_of(with_tag(name))
    total = scenario.pull_bytes
    stop = int(total * scenario.pull_error_at)
    layer = {"status": f"pulling {digest[:12]}", "digest": f"sha256:{digest}", "total": total}
    completed = min(store.pulled(name), total)
    while completed < total:
        if completed >= stop:
            yield {"error": "unexpected EOF"}
            return
        completed = min(completed + _piece(scenario), stop, total)
        store.note_pulled(name, completed)
        yield {**layer, "completed": completed}
    yield {"status": "verifying sha256 digest"}
    yield {"status": "writing manifest"}
    store.add(name, total)
    yield {"status": "success"}


def _piece(scenario: Scenario) -> int:
    """Bytes until the next line, once the time they take has passed."""
    if not scenario.pull_rate:
        return max(1, scenario.pull_bytes // STEPS)
    time.sleep(SECONDS_PER_LINE)
    return max(1, int(scenario.pull_rate * SECONDS_PER_LINE))
