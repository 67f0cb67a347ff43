"""Room for images, models and data."""

from tarsd.catalogue.about import About
from tarsd.catalogue.check import Check, Finding, Status, World
from tarsd.errors import HostSilent
from tarsd.host.disk import Disk

GB = 10**9
"""Bytes, as disks are sold."""

WANTED = 20 * GB
"""An estimate: about 10 GB for the images with the web UI, 5 for a model of common size, and room for data to grow."""


class DiskLow(Check):
    """Little space where Docker keeps images, models and data, or where tarsd keeps its state."""

    id = "disk.low"
    subject = "disk"
    after = ("docker.down",)
    deadline = 10.0
    severity = Status.WARN
    about = About(
        what="Little space is left where Docker keeps images, models and data, or where "
        "tarsd keeps its records",
        seen="The file system of Docker's own directory, and of /var/lib/tars-home if it is "
        "another, has less than 20 GB free",
        why="An install takes about 10 GB for images and 5 for a model, and data grows. On "
        "a full disk databases stop, and no act of healing can be recorded",
        we="Nothing; volumes and logs are never cleared to make room",
        you="See what takes the space, and remove what you do not need. Never remove a "
        "volume whose content you do not know",
        commands=(
            "df -h",
            "docker system df",
            "docker image prune",
            "tarsctl models list",
        ),
    )

    async def ask(self, world: World) -> list[Finding]:
        """Ask the file systems of Docker's directory and of the state, once where they are the same."""
        root = (await world.docker.object("/info")).get("DockerRootDir") or "/var/lib/docker"
        found: list[Finding] = []
        seen: set[int] = set()
        for path in dict.fromkeys((str(root), world.state)):
            try:
                disk = await world.disks.usage(path)
            except (OSError, HostSilent) as error:
                found.append(self.unknown(f"cannot tell the free space: {error}", subject=path))
                continue
            if disk.device not in seen:
                seen.add(disk.device)
                found.append(self._judge(path, disk, path == root))
        return found

    def _judge(self, path: str, disk: Disk, for_images: bool) -> Finding:
        shown = f"{disk.free / GB:.1f} GB free"
        if disk.free < WANTED:
            fix = "docker system df; docker image prune" if for_images else f"sudo du -xh {path}"
            return self.warn(f"{shown}; {WANTED // GB} GB recommended", fix, subject=path)
        return self.passed(shown, subject=path)


CHECKS: tuple[Check, ...] = (DiskLow(),)
