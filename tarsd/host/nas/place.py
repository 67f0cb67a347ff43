"""Whether a share may be mounted at a path: nobody's mount and nobody's files may disappear behind it."""

import os
from collections.abc import Sequence
from pathlib import Path

from tarsd.host import mounts
from tarsd.host.nas.refusal import Refusal

ELSEWHERE = "another place: sudo tarsctl nas setup SOURCE --path /srv/nas/documents"

PASSING = ("/dev", "/proc", "/run", "/sys", "/tmp", "/var/tmp")  # noqa: S108  named so that nothing is put there
"""File systems that are new at each boot, or that a job sees its own of."""


def place_for(
    path: str,
    *,
    ours: bool,
    mountinfo: Path = Path("/proc/self/mountinfo"),
    passing: Sequence[str] = PASSING,
) -> Refusal | None:
    """Why not, or None. `ours` says that a network mount there was made by an earlier setup. May hang; jobs only."""
    if path.startswith(tuple(f"{each}/" for each in passing)):
        return _taken(path, "nothing stays there for longer than a boot", None)
    there = mounts.all_at(path, mountinfo)
    if there and not (ours and there[-1].is_network):
        top = there[-1]
        what = "an automount" if top.type == "autofs" else f"{top.source} ({top.type})"
        return _taken(
            path,
            f"{what} is mounted there, and by no setup that tarsd knows of",
            f"sudo umount {path}",
        )
    if there:
        return None
    if os.path.realpath(path) != path:
        return _taken(path, f"a symbolic link leads from there to {os.path.realpath(path)}", None)
    target = Path(path)
    if not os.path.lexists(path):
        return None
    if not target.is_dir():
        return _taken(path, "there is a file of that name", None)
    with os.scandir(target) as entries:
        first = next(entries, None)
    if first is not None:
        return _taken(
            path,
            f"the directory is not empty (it holds {first.name}), and the mount would hide that",
            None,
        )
    return None


def _taken(path: str, why: str, fix: str | None) -> Refusal:
    either = f"{fix}; or choose " if fix else "choose "
    return Refusal("path", f"cannot mount at {path}: {why}", either + ELSEWHERE)
