"""The documents of the NAS."""

from tarsd.catalogue.about import About
from tarsd.catalogue.check import Check, Finding, World


class NasAbsent(Check):
    """Nothing is mounted where the documents should be: containers would see an empty directory."""

    id = "nas.absent"
    subject = "nas"
    about = About(
        what="Nothing is mounted where the documents of the NAS should be, or what is "
        "mounted there is not on the network",
        seen="/proc/self/mountinfo has no entry for `nas.path`; the mount itself is never "
        "touched, for a dead one would hang",
        why="Services would see an empty directory and answer as if there were no "
        "documents, and what is written there fills the local disk",
        we="It starts, creates and restarts no service that reads the NAS until something "
        "is mounted there",
        you="Look what keeps it from being mounted: the NAS is off, the network is not "
        "there yet, or the password has changed",
        commands=(
            "tarsctl nas status",
            "sudo tarsctl nas setup",
        ),
    )

    def applies(self, world: World) -> bool:
        """Only where a path is set and not skipped."""
        return world.settings.nas.path is not None and world.settings.nas.enabled

    async def ask(self, world: World) -> Finding:
        """Read mountinfo; the mount itself is never touched."""
        path, source = world.settings.nas.path or "", world.settings.nas.source
        mount = world.mount(path)
        if mount is None:
            missing = f"{source} is not mounted" if source else "nothing is mounted"
            look = "tarsctl nas status" if source else f"sudo mount {path}"
            return self.fail(
                f"{missing} at {path}",
                f"{look}; or without the documents: sudo tarsctl install --skip-nas",
            )
        if not mount.is_network:
            return self.warn(
                f"{path} is {mount.source} ({mount.type}), which is not on the network",
                f"findmnt {path}",
            )
        return self.passed(f"{mount.source} at {path}")


CHECKS: tuple[Check, ...] = (NasAbsent(),)
