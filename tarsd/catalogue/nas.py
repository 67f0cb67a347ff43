"""The documents of the NAS."""

from tarsd.catalogue.check import Check, Finding, World

NETWORK = ("cifs", "smb3", "nfs", "nfs4", "fuse.sshfs", "9p", "ceph", "fuse.glusterfs")
"""File systems whose data is elsewhere."""


class NasAbsent(Check):
    """Nothing is mounted where the documents should be: containers would see an empty directory."""

    id = "nas.absent"
    subject = "nas"

    def applies(self, world: World) -> bool:
        """Only where a path is set and not skipped."""
        return world.settings.nas.path is not None and world.settings.nas.enabled

    async def ask(self, world: World) -> Finding:
        """Read mountinfo; the mount itself is never touched."""
        path = world.settings.nas.path or ""
        mount = world.mount(path)
        if mount is None:
            look = "tarsctl nas status" if world.settings.nas.source else f"sudo mount {path}"
            return self.fail(
                f"nothing is mounted at {path}",
                f"{look}; or without the documents: sudo tarsctl install --skip-nas",
            )
        if mount.type not in NETWORK:
            return self.warn(
                f"{path} is {mount.source} ({mount.type}), which is not on the network",
                f"findmnt {path}",
            )
        return self.passed(f"{mount.source} at {path}")


CHECKS: tuple[Check, ...] = (NasAbsent(),)
