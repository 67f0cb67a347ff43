"""Setting a NAS up and taking it away, as lists of tasks.

A setup replaces what is there: each task knows what was before it, and the old mount comes back last.
"""

from dataclasses import asdict

from tarsd.changes.runner import Planned
from tarsd.host.nas.trial import Wanted

LOCK = "nas"
"""Changes of the NAS exclude each other and those of the stack's shape, nothing else."""


def setup_plan(wanted: Wanted, path: str) -> list[Planned]:
    """The tasks, in order."""
    share = asdict(wanted)
    args = {"share": share, "path": path}
    return [
        Planned("nas-trial", f"try {wanted.source}", args),
        Planned("nas-release", "unmount what was set up before", {}),
        Planned("nas-unit", "write the mount unit", args),
        Planned("nas-settings", "write the settings", args),
        Planned("nas-mount", f"mount at {path}", args),
        Planned("nas-count", "count the documents", args),
        Planned("nas-tidy", "remove what is no longer needed", {}),
    ]


def remove_plan() -> list[Planned]:
    """The tasks, in order."""
    none = {"share": None, "path": None}
    return [
        Planned("nas-release", "unmount", {}),
        Planned("nas-unit", "remove the mount unit", none),
        Planned("nas-settings", "remove the settings", none),
        Planned("nas-tidy", "remove the credentials", {}),
    ]
