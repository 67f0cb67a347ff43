"""Install: from an empty machine, or any earlier state, to the stack running and healthy, or back to what was."""

from collections.abc import Mapping
from typing import Any

from tarsd.changes.runner import Planned


def plan(answers: Mapping[str, Any], *, pull: bool, loaded: bool = True) -> list[Planned]:
    """The tasks, in order; each converges, so running the plan again changes nothing.

    `answers["models"]` are models asked for with this very install: without one of them it is NO-GO, and the stack
    stays up.
    """
    return [
        Planned("preflight", "check the machine", {"answers": dict(answers), "pull": pull}),
        Planned("settings", "write the settings", answers),
        Planned("secrets", "make the secrets", {}),
        Planned("images", "get the images", {"pull": pull, "loaded": loaded}),
        Planned("generation", "render the stack", {}),
        Planned("apply", "start services", {}),
        Planned("validate", "let the services do some work", {}),
        # The last one: whoever has enough of a download aborts, and keeps the stack.
        Planned("models", "get the models", {"asked": list(answers.get("models") or ())}),
    ]
