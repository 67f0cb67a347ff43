"""The NAS answers and refuses: user or password, or the name of the share. A wrong password is never tried once more."""

from abc import abstractmethod
from typing import ClassVar

from tarsd.catalogue.about import About
from tarsd.catalogue.check import Finding, World
from tarsd.catalogue.nas_check import NasCheck, Place, in_words, look_at
from tarsd.catalogue.nas_remedies import MountOnceProved
from tarsd.host.nas.looks import Blame
from tarsd.host.nas.unit import unit_name


class _Refused(NasCheck):
    """Of a share that is mounted: what a look at it met; else why systemd could not mount it the last time."""

    after = ("nas.down",)
    remedies = (MountOnceProved(),)
    blames: ClassVar[Blame]
    reasons: ClassVar[frozenset[str]]
    fine: ClassVar[str]

    async def see(self, world: World, place: Place) -> Finding | list[Finding]:
        """Ask a job, or what one has said lately."""
        if place.source is None:
            return []
        look = await look_at(world, place)
        if look is not None:
            if look.blames != self.blames:
                return self.passed(self.fine)
            return self.fail(
                f"{place.shown} {in_words(look)}; {self._since(place)}",
                self._fix(place),
                evidence=look.kernel,
            )
        nas = world.settings.nas
        if not place.ours or place.mount is not None:
            return []
        refusal = await world.nas.refusal(place.path, place.source, nas.version, nas.credentials)
        if refusal is None or refusal.reason not in self.reasons:
            return self.passed(self.fine)
        if world.nas.proved:
            return self.fail(
                f"{place.source.text} was refused when it was mounted, and a test has worked since",
                f"sudo systemctl start '{unit_name(place.path)}'",
            )
        return self.fail(refusal.message, refusal.fix)

    @abstractmethod
    def _since(self, place: Place) -> str:
        """The rest of what is said of a share that is mounted."""

    @abstractmethod
    def _fix(self, place: Place) -> str:
        """What helps with a share that is mounted."""


class NasAuth(_Refused):
    """The NAS lets nobody in with these credentials, or not this machine."""

    id = "nas.auth"
    blames = "auth"
    reasons = frozenset({"password", "account", "access"})
    fine = "the NAS has not refused user and password"
    about = About(
        what="The NAS refuses user and password, or lets this user or machine not open the share",
        seen="`mount error(13)` and the like in the journal of the mount unit's last start, with the kernel's "
        "reason beside it; of a share that is mounted, a look that is denied, or `STATUS_LOGON_FAILURE` "
        "and the like in the kernel's log",
        why="The documents cannot be read; each try more may have the NAS lock the user out",
        we="Nothing: a password that was refused is not tried once more; a share that could not be mounted "
        "for it is mounted once `tarsctl nas test` has worked",
        you="Type the new password, or put the user right in the NAS's settings; for NFS allow this machine's "
        "address there",
        commands=("sudo tarsctl nas test", "sudo tarsctl nas setup //HOST/SHARE --user NAME"),
    )

    def _since(self, place: Place) -> str:
        if place.source is not None and place.source.kind == "nfs":
            return "the NAS does not let this machine in any more"
        return "the NAS does not let its user in any more: password changed, or user locked or without rights"

    def _fix(self, place: Place) -> str:
        if not place.ours or place.source is None:
            return f"look at the credentials of your mount: findmnt {place.path}"
        if place.source.kind == "nfs":
            return f"allow this machine's address for {place.source.share} in the NAS's NFS rules"
        return (
            f"sudo tarsctl nas setup {place.source.typed} --user NAME, and type the password anew"
        )


class NasShare(_Refused):
    """The NAS has no such share any more, or no such directory in it."""

    id = "nas.share"
    blames = "share"
    reasons = frozenset({"share", "directory", "export"})
    fine = "the NAS has the share"
    about = About(
        what="The NAS has no share or export of this name, or not the directory in it",
        seen="`mount error(2)` or `(6)`, or what mount.nfs says, in the journal of the mount unit's last "
        "start; of a share that is mounted, a look that finds nothing there, or `BAD_NETWORK_NAME` in the "
        "kernel's log",
        why="The documents cannot be read",
        we="Nothing: which share is meant only you know; one that could not be mounted is mounted once "
        "`tarsctl nas test` has worked",
        you="See what the NAS offers, and set up the right one, or test it once it is back",
        commands=("sudo tarsctl nas test", "sudo tarsctl nas setup //HOST/SHARE --user NAME"),
    )

    def _since(self, place: Place) -> str:
        return "the NAS has no such share or directory any more"

    def _fix(self, place: Place) -> str:
        return "sudo tarsctl nas test" if place.ours else f"findmnt {place.path}"
