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


NO_SUCH = "no-such"
"""How the names begin that the registry behind the double does not have."""


class Cut(Exception):
    """The connection is to break here."""


def pull(store: Store, scenario: Scenario, name: str) -> Iterator[dict[str, Any]]:
    """The lines of a pull; the model is in the store when `success` has been told. Raises Cut."""
    yield {"status": "pulling manifest"}
    if name.startswith(NO_SUCH):
        yield {"error": "pull model manifest: file does not exist"}
        return
    digest = digest_of(with_tag(name))
    total = scenario.pull_bytes
    stop, cut = int(total * scenario.pull_error_at), int(total * scenario.pull_cut_at)
    layer = {"status": f"pulling {digest[:12]}", "digest": f"sha256:{digest}", "total": total}
    completed = min(store.pulled(name), total)
    yield {**layer, "completed": completed}
    while completed < total:
        if completed >= stop:
            yield {"error": "unexpected EOF"}
            return
        if completed >= cut:
            raise Cut
        completed = min(completed + _piece(scenario), stop, cut, total)
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
