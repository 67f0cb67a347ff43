"""The documents of the NAS: whether its server answers, and whether the share is mounted where it should be."""

from collections.abc import Iterable

from tarsd.catalogue.about import About
from tarsd.catalogue.check import Check, Finding, Status, World
from tarsd.catalogue.nas_check import NasCheck, Place
from tarsd.catalogue.nas_refused import NasAuth, NasShare
from tarsd.catalogue.nas_remedies import MountShare
from tarsd.catalogue.nas_seen import ContainerStale, NasMarker, NasStale


class NasDown(NasCheck):
    """The file server does not answer: nothing behind it can be judged, and nothing is done to it."""

    id = "nas.down"
    about = About(
        what="The NAS does not answer: it is switched off, restarting, frozen, or cut off from this machine",
        seen="A connection to its port (445 for Windows shares, 2049 for NFS) and the first words of the "
        "protocol, once a minute and at most 4 s each; two failures in a row count",
        why="Who reads the documents gets errors; a mount, an unmount or a restart of a service would only hang, too",
        we="Nothing but wait: the share stays mounted, what depends on it is not judged, and once the NAS "
        "answers again the mount is looked at anew",
        you="Switch the NAS on, or see why this machine does not reach it",
        commands=("tarsctl nas status", "sudo tarsctl nas test"),
    )

    async def see(self, world: World, place: Place) -> Finding | list[Finding]:
        """Ask the server, not the share."""
        if place.source is None:
            return []
        options = place.mount.options if place.mount is not None else ()
        nfs3 = world.settings.nas.version == "3" or "vers=3" in options
        trouble = await world.nas.trouble(place.source, nfs3=nfs3)
        if trouble is None:
            return self.passed(f"{place.source.host} answers")
        return self.fail(f"{trouble.message}; it is waited for", trouble.fix)


class NasAbsent(NasCheck):
    """Nothing is mounted where the documents should be: containers would see an empty directory."""

    id = "nas.absent"
    after = ("nas.down", "nas.auth", "nas.share")
    remedies = (MountShare(),)
    about = About(
        what="The share is not mounted",
        seen="The kernel's table of mounts has no entry for the path, at once when something is unmounted and "
        "once a minute",
        why="Services that read documents see an empty directory and find nothing; what is written there "
        "lands on the local disk",
        we="Starts the mount unit, if `tarsctl nas setup` made it, the NAS answers, and it did not refuse "
        "user, password or share the last time; what waited for it is started once the kernel shows the "
        "share",
        you="Mount it, where the mount is your own; else look at why systemd could not",
        commands=("tarsctl nas status", "sudo tarsctl nas test"),
    )

    async def see(self, world: World, place: Place) -> Finding:
        """Read the table; the mount itself is never touched."""
        if place.mount is not None:
            return self.passed(f"{place.mount.source} at {place.path}")
        missing = f"{place.source.text} is not mounted" if place.source else "nothing is mounted"
        look = "tarsctl nas status" if place.ours else f"sudo mount {place.path}"
        return self.fail(
            f"{missing} at {place.path}",
            f"{look}; or without the documents: sudo tarsctl install --skip-nas",
        )


class NasUnexpected(NasCheck):
    """Something else is mounted there."""

    id = "nas.unexpected"
    after = ("nas.absent",)
    warns = True
    about = About(
        what="Something else than the share is mounted where the documents should be",
        seen="The kernel's table of mounts shows a local file system at the path, or another share than the "
        "one that was set up",
        why="Services would read the wrong documents, and what is written there lands on the local disk",
        we="Nothing: whoever mounted it may need it",
        you="Unmount it, or set up the share that you want",
        commands=("findmnt PATH", "sudo umount PATH", "sudo tarsctl nas setup"),
    )

    async def see(self, world: World, place: Place) -> Finding | list[Finding]:
        """Compare what is there with what was set up."""
        mount = place.mount
        if mount is None:
            return []
        told = f"{mount.source} ({mount.type}) is mounted at {place.path}"
        if not mount.is_network and place.ours:
            return self.fail(
                f"{told} instead of {place.shown}: what is written there lands on this machine",
                f"sudo umount {place.path}; tarsctl nas status",
            )
        if not mount.is_network:
            return self.warn(f"{told}, which is not on the network", f"findmnt {place.path}")
        if place.ours and place.source and not _same(mount.source, place.source.device):
            return self.warn(
                f"{told} instead of {place.source.text}",
                f"sudo umount {place.path}; tarsctl nas status",
            )
        return self.passed(f"{mount.source} is what was wanted")


def _same(one: str, other: str) -> bool:
    return one.rstrip("/").casefold() == other.rstrip("/").casefold()


PLACE: tuple[Check, ...] = (NasAbsent(), NasUnexpected())
"""What an install asks."""

CHECKS: tuple[Check, ...] = (
    NasDown(),
    NasAuth(),
    NasShare(),
    *PLACE,
    NasStale(),
    NasMarker(),
    ContainerStale(),
)


def told_of(findings: Iterable[Finding]) -> Finding | None:
    """The one thing that is wrong with the NAS itself by these findings: the first of the catalogue that "
    "fails, else warns."""
    known = {it.id: it for it in findings if it.subject == NasDown.subject}
    wrong = [known[check.id] for check in CHECKS if check.id in known]
    for status in (Status.FAIL, Status.WARN):
        for finding in wrong:
            if finding.status is status:
                return finding
    return None
