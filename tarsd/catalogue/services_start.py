"""Services whose container is not there, was never started, or is paused."""

from dataclasses import replace

from tarsd.catalogue import start_errors
from tarsd.catalogue.about import About
from tarsd.catalogue.check import Finding, Status, World
from tarsd.catalogue.service_check import FaultCheck, Told, failing, runs, warning
from tarsd.catalogue.service_remedies import VOLUME_GONE, Create, Start
from tarsd.catalogue.views import ServiceView
from tarsd.errors import EngineRefused, EngineUnavailable

AT_WORK = 10.0
"""Seconds in which whoever created a container starts it: Compose does within one, a client between two commands later."""


class ServicePaused(FaultCheck):
    """Somebody froze the container (`docker pause`). That is done on purpose, and so it is told and left alone."""

    id = "service.paused"
    own_words = True
    alone = True
    severity = Status.WARN
    about = About(
        what="Somebody has frozen the container with `docker pause`",
        seen="Docker calls it `paused`",
        why="It answers nobody, and what needs it waits",
        we="Nothing: a pause is no accident",
        you="Let it go on when you are done",
        commands=(
            "docker ps --filter status=paused",
            "docker unpause CONTAINER",
        ),
    )

    def sees(self, view: ServiceView, world: World) -> Told | None:
        """Docker's word for its state."""
        if view.container is None or view.container.state != "paused":
            return None
        return warning("was paused with docker pause", f"docker unpause {view.container.id[:12]}")


class _Gone(FaultCheck):
    """A container that is not there; where that is so, the Engine is asked for its image and volumes, too."""

    alone = True

    async def ask(self, world: World) -> list[Finding]:
        """See ServiceCheck."""
        if any(_is_missed(view) for view in world.services):
            views = [await _looked_for(view, world) for view in world.services]
            world = replace(world, services=views)
        return await super().ask(world)


def _is_missed(view: ServiceView) -> bool:
    return view.container is None and view.wanted == "running" and not view.busy


async def _looked_for(view: ServiceView, world: World) -> ServiceView:
    """Where nobody can tell whether its image and volumes are here, the attempt to create its container will."""
    if not _is_missed(view):
        return view
    try:
        found = await world.images.find(view.service.image_id or view.service.image)
        volumes = {it: await world.volumes.find(it) for it in sorted(view.service.volumes)}
    except (EngineRefused, EngineUnavailable):
        return view
    gone = tuple(name for name, volume in volumes.items() if volume is None)
    return replace(view, image_here=found is not None, volumes_gone=gone)


class ImageMissing(_Gone):
    """The container is gone, and so is the image that it was made from: nothing here can make it again."""

    id = "image.missing"
    about = About(
        what="A service has no container, and the image that it was made from is not on "
        "this machine either",
        seen="No container of that name in the project, and the Engine does not know the "
        "image of the current generation",
        why="Nothing on this machine can make the container again",
        we="Nothing: images are never downloaded unattended",
        you="Install again, which fetches the image, or loads it from an archive. The data "
        "is in volumes and not touched by that",
        commands=(
            "sudo tarsctl install --yes",
            "sudo tarsctl install --yes --image-archive FILE",
        ),
    )

    def sees(self, view: ServiceView, world: World) -> Told | None:
        """Neither container nor image."""
        if view.container is not None or view.image_here:
            return None
        words = f"its container is gone, and its image {view.service.image} is not on this machine"
        return failing(words, "sudo tarsctl install --yes")


class ServiceMissing(_Gone):
    """A service that should run has no container: somebody removed it, or a change was cut off.

    It is created again from the current generation. Its data is in volumes; where one of those is gone too, nothing is
    created, for a service on an empty volume would look well.
    """

    id = "service.missing"
    own_words = True
    remedies = (Create(),)
    about = About(
        what="A service that should run has no container: somebody removed it, or a change "
        "was cut off",
        seen="The project has no container of that name, and it was neither stopped with "
        "`docker stop` nor with `tarsctl stop`",
        why="The service does not work until it is created anew",
        we="It creates the container from the current generation and starts it. It does not "
        "where a volume of the service is gone, too: on an empty one it would look well "
        "and have lost everything",
        you="Where a volume is gone, restore it from a backup, or begin with an empty one: "
        "that is what `tarsctl start` does",
        commands=(
            "docker volume ls",
            "tarsctl start SERVICE",
        ),
    )

    def sees(self, view: ServiceView, world: World) -> Told | None:
        """No container of that name in the project."""
        if view.container is not None:
            return None
        if view.volumes_gone:
            gone = ", ".join(view.volumes_gone)
            return Told(
                Status.FAIL,
                f"has no container, and its volume {gone} is gone with what was in it",
                f"restore {gone}; or begin with an empty one: tarsctl start {view.name}",
                tuple(f"{VOLUME_GONE}{name}" for name in view.volumes_gone),
            )
        return failing("has no container", f"tarsctl start {view.name}")


class NetworkMissing(FaultCheck):
    """The network that the container was made for has been removed, or the container was disconnected from it.

    It cannot be started, or runs and reaches nobody; a restart mends neither.
    """

    id = "network.missing"
    shared = True
    remedies = (Create(),)
    alone = True
    about = About(
        what="The Docker network of the container has been removed, or the container was "
        "disconnected from it",
        seen="The Engine's reason for not starting it names the network; or it runs and "
        "inspect shows no attachment to it",
        why="It cannot be started, or runs and reaches nobody. A restart mends neither",
        we="It makes the network again from the current generation where it is gone, and "
        "attaches the container to it; for all services that counts as one act",
        you="Nothing; if it happens again, look what removes it, such as `docker network "
        "prune` in a timer",
        commands=(
            "docker network ls",
            "tarsctl start SERVICE",
        ),
    )

    def sees(self, view: ServiceView, world: World) -> Told | None:
        """The Engine's reason for not starting it, or what it is attached to."""
        error, it = _start_error(view), view.container
        if error is not None:
            return failing(error.words, error.fix) if error.network else None
        if it is None or it.cut_off is None or not runs(view):
            return None
        fix = f"docker network connect --alias {view.name} {it.cut_off} {it.id[:12]}"
        return failing(f"is not attached to its network {it.cut_off}", fix)


class ServiceNotStarted(FaultCheck):
    """The container is there and the Engine has not started it: a port was taken, a mount or a device was missing.

    After a boot Docker tries once and never again: a NAS that came up a second later keeps a service down for ever.
    """

    id = "service.not-started"
    remedies = (Start(),)
    alone = True
    about = About(
        what="The container is there, and the Engine has not started it or could not",
        seen="Docker calls it `created` for 10 s or more, or it does not run and its "
        "State.Error gives a reason: a port is taken, a device or a mount is missing",
        why="After a boot Docker tries once and never again, so a NAS that came up a second "
        "later keeps a service down for ever",
        we="It starts the service as it is; one that reads the NAS waits until that is mounted",
        you="Remove the reason that is named",
        commands=(
            "tarsctl status",
            "tarsctl start SERVICE",
        ),
    )

    def sees(self, view: ServiceView, world: World) -> Told | None:
        """Created and never started, or not running with a reason of the Engine's."""
        error = _start_error(view)
        if error is not None:
            return failing(f"could not be started: {error.words}", error.fix)
        new = view.made_ago is not None and view.made_ago < AT_WORK
        if view.container is not None and view.container.state == "created" and not new:
            return failing("was created and never started", f"tarsctl start {view.name}")
        return None


def _start_error(view: ServiceView) -> start_errors.StartError | None:
    it = view.container
    if it is None or runs(view) or not it.error.strip():
        return None
    return start_errors.read(it.error)
