"""What remedies act with: one part for each kind of thing that they act on. tarsd.host has those of this machine."""

from dataclasses import dataclass
from typing import Protocol

from tarsd.catalogue.data_hands import DataHands
from tarsd.catalogue.nas_hands import NasHands
from tarsd.host.docker_disk import Freed


class ServiceHands(Protocol):
    """Acts on services and the Engine. Each comes to its end within a deadline, and raises TarsError where it fails."""

    async def start(self, service: str) -> None:
        """Start its container as it is."""
        ...

    async def restart(self, service: str, *, hung: bool) -> None:
        """Stop and start its container; a hung one gets the short grace of its label `tars.stop.hung`."""
        ...

    async def create(self, service: str) -> None:
        """Create what is missing of it, from the current generation, and start it; nothing that exists is replaced."""
        ...

    async def stop(self, service: str) -> None:
        """Stop its container."""
        ...

    async def restart_engine(self) -> None:
        """Ask systemd to restart docker.service, whatever its start limit remembers."""
        ...


class FileHands(Protocol):
    """Acts on files and directories of the machine. What was there before is kept first: `tarsctl doctor undo RUN` brings
    it back byte for byte, with its mode and owner.

    All of it raises JobFailed: for a path that no remedy may touch (`tarsd.host.edits.allowed`) or that a symbolic link is
    part of, and where the disk refuses; then nothing was changed.
    """

    async def read(self, path: str) -> str | None:
        """The text of a file; None if there is none."""
        ...

    async def write(self, path: str, text: str, *, was: str | None, mode: int = 0o644) -> None:
        """Replace a file whole; `was` is the text that `text` was made from, None for a new file; else refused.

        One that is there keeps its mode and owner; a new one gets `mode` and is root's, as are directories made for it.
        At most 60 kB.
        """
        ...

    async def remove(self, path: str, *, was: str) -> None:
        """Remove a file of this text."""
        ...

    async def set_mode(self, path: str, mode: int) -> None:
        """Of a file or a directory, as `chmod`."""
        ...

    async def set_owner(self, path: str, user: int, group: int) -> None:
        """Of a file or a directory, as `chown`, by number."""
        ...


class UnitHands(Protocol):
    """Acts on systemd's units, by their full names. Each comes to its end within a deadline; raises JobFailed."""

    async def enable(self, name: str) -> None:
        """Let it start at each boot; `tarsctl doctor undo RUN` takes that back. Refused for a masked one."""
        ...

    async def start(self, name: str) -> None:
        """Start it and wait until systemd is through with that."""
        ...

    async def restart(self, name: str) -> None:
        """Stop and start it, whatever its start limit remembers."""
        ...

    async def reload_or_restart(self, name: str) -> None:
        """Let it read its configuration anew, by a restart only where it cannot otherwise."""
        ...


class DiskHands(Protocol):
    """Makes room where Docker keeps its data."""

    async def prune(self) -> Freed:
        """Remove images that have no name, no container and no generation, and build cache that is no longer used.

        Volumes, logs and whatever has a name stay. Comes to its end within ten minutes or so; raises TarsError.
        """
        ...


class GpuHands(Protocol):
    """Acts for the sake of a card. Each comes to its end within a deadline, and raises TarsError where it fails."""

    async def recreate(self, service: str) -> None:
        """Remove its container and create it again from the current generation; volumes and images stay."""
        ...


@dataclass(frozen=True)
class Hands:
    """The acts that remedies are made of, by what they act on."""

    services: ServiceHands
    files: FileHands
    units: UnitHands
    nas: NasHands
    data: DataHands
    gpu: GpuHands
    disk: DiskHands
