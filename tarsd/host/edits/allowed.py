"""Which files remedies may touch: the product's own, and those of others that are named here one by one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from tarsd.errors import JobFailed
from tarsd.host.own_files import named_env_files
from tarsd.paths import Paths


def named(paths: Paths) -> list[str]:
    """The env files that the owner's override names. It reads that; raises OSError."""
    return [str(it) for it in named_env_files(paths)]


OTHERS = ("/etc/docker/daemon.json",)
"""Files of other programs that a remedy may change; each is here for one of the catalogue."""


@dataclass(frozen=True)
class Allowed:
    """`env_files`: those that the owner's own settings of the stack name."""

    paths: Paths
    env_files: Callable[[], Sequence[str]] = tuple

    def root_of(self, path: str) -> str:
        """The directory below which nothing of `path` may be a symbolic link. Raises JobFailed: it may not be touched.

        It may read a file to know that.
        """
        asked = PurePosixPath(path)
        plain = asked.is_absolute() and ".." not in asked.parts and str(asked) == path
        for root in (self.paths.etc, self.paths.state):
            if plain and asked.is_relative_to(root):
                return str(root)
        if plain and path in (*OTHERS, *self.env_files()):
            return "/"
        raise JobFailed(f"cannot edit {path}: it is not among the files that a remedy may touch")
