"""What is seen of the share: by a look at it, by the owner's marker in it, and by each container that reads it."""

from tarsd.catalogue.about import About
from tarsd.catalogue.check import Check, Finding, Status, Trigger, World
from tarsd.catalogue.nas_check import (
    DEADLINE,
    EVERY,
    SUBJECT,
    NasCheck,
    Place,
    in_words,
    inside_path,
    look_at,
    readers,
)
from tarsd.catalogue.nas_remedies import Remount
from tarsd.catalogue.service_check import runs
from tarsd.catalogue.service_remedies import Restart
from tarsd.catalogue.views import ServiceView
from tarsd.host.nas.looks import Look


class NasStale(NasCheck):
    """The NAS answers, and what is mounted of it does not."""

    id = "nas.stale"
    after = ("nas.down", "nas.absent", "nas.auth", "nas.share")
    remedies = (Remount(),)
    about = About(
        what="The NAS answers, but the mount of its share hangs or is stale",
        seen="A look in a job of its own: every 5 minutes, and when the NAS is back, the machine woke up or "
        "something was mounted. It fails with ESTALE, EHOSTDOWN or the like for 12 s, or does not come "
        "back within 25 s",
        why="Who reads the documents hangs or gets errors, and that does not end by itself",
        we="Unmounts it lazily and mounts it again, if `tarsctl nas setup` made the mount and the NAS "
        "answers at that moment; a container that does not see the new mount is restarted "
        "(`nas.container-stale`)",
        you="Mount it anew, where the mount is your own",
        commands=("sudo umount --lazy PATH", "sudo systemctl start UNIT", "tarsctl nas status"),
    )

    async def see(self, world: World, place: Place) -> Finding | list[Finding]:
        """Ask a job, or what one has said lately."""
        look = await look_at(world, place)
        if look is None:
            return []
        if look.fine:
            return self.passed(f"{place.shown} can be read")
        if look.blames != "stale":
            return Finding(self.id, SUBJECT, Status.SKIP, f"waits for nas.{look.blames}")
        summary = f"{place.shown} at {place.path} {in_words(look)}; the NAS itself answers"
        return self.fail(summary, place.mount_anew, evidence=look.kernel)


class NasMarker(NasCheck):
    """The file that the owner has named is not in the share."""

    id = "nas.marker"
    after = ("nas.stale", "nas.unexpected")
    about = About(
        what="The file that `[nas] marker` names is not in what is mounted",
        seen="The look of `nas.stale` looks for it, too",
        why="Another share is mounted, or an empty one: services would read the wrong documents",
        we="Nothing: which share is the right one only you know",
        you="See what is mounted; if it is the right one, make the file anew on the NAS",
        commands=("findmnt PATH", "ls PATH", "tarsctl nas status"),
    )

    def applies(self, world: World) -> bool:
        """Only where there is one."""
        return super().applies(world) and world.settings.nas.marker is not None

    async def see(self, world: World, place: Place) -> Finding | list[Finding]:
        """Ask a job, or what one has said lately."""
        marker, look = world.settings.nas.marker, await look_at(world, place)
        if look is None or look.marker is None:
            return []
        if look.marker:
            return self.passed(f"{marker} is there")
        return self.fail(
            f"{marker} is not in {place.shown} at {place.path}: another share is mounted, or the file was removed",
            f"ls {place.path}; findmnt {place.path}",
        )


class ContainerStale(Check):
    """The host sees the share, and a container that should does not."""

    id = "nas.container-stale"
    subject = "service"
    after = ("docker.down", "docker.hung", "nas.absent", "nas.unexpected", "nas.stale")
    every = EVERY
    deadline = DEADLINE
    triggers = frozenset({Trigger.MOUNTS, Trigger.CHANGE, Trigger.ENGINE})
    remedies = (Restart(hung=False),)
    shared = True
    about = About(
        what="The share is mounted, but a container does not see it, or still sees an earlier mount",
        seen="The table of mounts of the container's first process has nothing at the documents' path, or "
        "another device than the host's table",
        why="The service finds no documents, or hangs on a mount that is dead",
        we="Restarts that service, once the share can be read; a service that sees it is not touched",
        you="Nothing, if it is mended; where a service loses it again and again, bind the parent directory "
        "with `bind.propagation: rslave`",
        commands=("tarsctl restart SERVICE", "tarsctl config show"),
    )

    def applies(self, world: World) -> bool:
        """Only where somebody reads it."""
        return bool(readers(world))

    async def ask(self, world: World) -> list[Finding]:
        """Compare the kernel's tables, which a job reads; no mount is touched for it."""
        place = Place.of(world)
        running = [it for it in readers(world) if it.wanted == "running" and runs(it)]
        busy = world.at_work(SUBJECT)
        if busy is not None or not running or place.mount is None:
            why = busy or "nothing is mounted"
            return [Finding(self.id, view.name, Status.SKIP, why) for view in running]
        look = await look_at(world, place)
        return [self._compare(place, place.mount.device, look, view) for view in running]

    def _compare(self, place: Place, device: str, look: Look | None, view: ServiceView) -> Finding:
        if view.busy:
            return Finding(self.id, view.name, Status.SKIP, view.busy)
        inside, parent = inside_path(place, view), place.path.rpartition("/")[0]
        pid = view.container.pid if view.container is not None else None
        if look is None or pid is None or pid not in look.inside:
            return self.unknown("what its container has mounted is not known", subject=view.name)
        if look.inside[pid] == device:
            return self.passed(f"sees {place.shown} at {inside}", subject=view.name)
        what = "does not see" if look.inside[pid] is None else "sees an earlier mount instead of"
        return self.fail(
            f"{view.name} {what} {place.shown} at {inside}, while the machine does",
            f"tarsctl restart {view.name}; if it happens again, bind {parent} with bind.propagation: rslave",
            subject=view.name,
        )
