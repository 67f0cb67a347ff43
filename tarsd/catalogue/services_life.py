"""Services whose container is not there, not started, or has ended."""

from dataclasses import dataclass, replace

from tarsd.catalogue import exits, start_errors
from tarsd.catalogue.check import Finding, World
from tarsd.catalogue.service_check import FaultCheck, Told, failing, runs, warning, works
from tarsd.catalogue.service_remedies import Create, Start, StopLoop
from tarsd.catalogue.views import Exit, ServiceView
from tarsd.errors import EngineRefused, EngineUnavailable

AT_WORK = 10.0
"""Seconds in which whoever created a container starts it: Compose does within one, a client between two commands later."""

SAME = 2.0
"""Seconds between an event's time and what inspect says of the same end."""


class ServicePaused(FaultCheck):
    """Somebody froze the container (`docker pause`). That is done on purpose, and so it is told and left alone."""

    id = "service.paused"
    own_words = True
    alone = True

    def sees(self, view: ServiceView, world: World) -> Told | None:
        """Docker's word for its state."""
        if view.container is None or view.container.state != "paused":
            return None
        return warning("was paused with docker pause", f"docker unpause {view.container.id[:12]}")


class _Gone(FaultCheck):
    """A container that is not there; where that is so, the Engine is asked for the image, too."""

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
    """Where nobody can tell whether its image is here, the attempt to create its container will."""
    if not _is_missed(view):
        return view
    try:
        found = await world.images.find(view.service.image_id or view.service.image)
    except (EngineRefused, EngineUnavailable):
        return view
    return replace(view, image_here=found is not None)


class ImageMissing(_Gone):
    """The container is gone, and so is the image that it was made from: nothing here can make it again."""

    id = "image.missing"

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

    def sees(self, view: ServiceView, world: World) -> Told | None:
        """No container of that name in the project."""
        if view.container is not None:
            return None
        return failing("has no container", f"tarsctl start {view.name}")


class NetworkMissing(FaultCheck):
    """The network that the container was made for has been removed, or the container was disconnected from it.

    It cannot be started, or runs and reaches nobody; a restart mends neither.
    """

    id = "network.missing"
    shared = True
    remedies = (Create(),)
    alone = True

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


class CrashLoop(FaultCheck):
    """It ends again and again, each time with the same status. Another restart will not help: it is stopped, its last
    words are kept, and it is tried again every half hour.
    """

    id = "service.crash-loop"
    own_words = True
    remedies = (StopLoop(), Start())

    def sees(self, view: ServiceView, world: World) -> Told | None:
        """Ends within `monitor.crash_loop_window`, `monitor.crash_loop_exits` of them or more; answering ends it."""
        if view.container is None or works(view):
            return None
        fix = f"tarsctl logs {view.name}"
        if view.held == self.id and not runs(view) and view.container.state != "restarting":
            last = exits.words(view.container.exit_code, oom=view.container.oom_killed)
            return failing(f"ended again and again, last with status {last}", fix)
        monitor = world.settings.monitor
        same = _same_ends(view.exits, monitor.crash_loop_window)
        if len(same) < monitor.crash_loop_exits:
            return None
        seconds = (same[-1].at - same[0].at).total_seconds()
        last = exits.words(same[-1].code, oom=same[-1].oom)
        return failing(
            f"ended {len(same)} times in {seconds:.0f} s, always with status {last}", fix
        )


def _same_ends(ends: tuple[Exit, ...], window: float) -> list[Exit]:
    """Those like the last one, as far back as counts."""
    if not ends:
        return []
    last = ends[-1]
    return [
        it for it in ends if it.code == last.code and (last.at - it.at).total_seconds() <= window
    ]


class OutOfMemory(FaultCheck):
    """The kernel killed it, for it wanted more memory than its limit, or the machine, has."""

    id = "service.oom"
    own_words = True
    remedies = (Start(),)
    alone = True

    def sees(self, view: ServiceView, world: World) -> Told | None:
        """Its last end, until it answers again."""
        it, last = view.container, _last_end(view)
        if it is None or last is None or not last.oom:
            return None
        limit = f" at its limit of {it.memory_limit >> 20} MiB" if it.memory_limit else ""
        fix = f"raise mem_limit of {view.name} in compose.override.yaml, or give it less to do"
        return _ended(view, f"was killed for want of memory{limit}", fix)


class KilledWithEngine(FaultCheck):
    """The Engine was killed and took its containers along; the next one left them as they were. They are started again.

    With `"live-restore": true` in /etc/docker/daemon.json containers outlive their Engine.
    """

    id = "docker.killed-left-exited"
    own_words = True
    shared = True
    remedies = (Start(),)
    alone = True

    def sees(self, view: ServiceView, world: World) -> Told | None:
        """It ran when its Engine died, and has not been started since."""
        if not view.left_by_engine or view.container is None or runs(view):
            return None
        words = "ended with its Docker Engine, which did not start it again"
        return failing(words, f"tarsctl start {view.name}")


class ServiceExited(FaultCheck):
    """Its container has ended by itself. Docker starts it again, which is watched; where Docker does not, we do.

    It counts as mended once this start of it has answered.
    """

    id = "service.exited"
    own_words = True
    remedies = (Start(),)

    def sees(self, view: ServiceView, world: World) -> Told | None:
        """Its state, and its last end until it answers again."""
        last = _last_end(view)
        if last is None:
            return None
        words = f"ended with status {exits.words(last.code, oom=last.oom)}"
        return _ended(view, words, f"tarsctl logs {view.name}")


@dataclass(frozen=True)
class _End:
    code: int
    oom: bool


def _last_end(view: ServiceView) -> _End | None:
    """How it ended last, until it has answered since, has had its time to, or was started anew by its owner."""
    it = view.container
    if it is None or it.state in ("created", "removing"):
        return None
    if not runs(view):  # whatever it has answered before
        return _End(it.exit_code, it.oom_killed)
    last = view.exits[-1] if view.exits else None
    if last is None or view.answers.passed or works(view) or not view.starting:
        return None
    if it.finished is not None and abs((it.finished - last.at).total_seconds()) > SAME:
        return None
    return _End(last.code, last.oom)


def _ended(view: ServiceView, words: str, fix: str) -> Told:
    """Milder while Docker is at it: `exited` means that it is not."""
    assert view.container is not None
    if runs(view):
        return warning(f"{words}; it runs again and does not answer yet", fix)
    if view.container.state == "restarting":
        return warning(f"{words}; Docker starts it again", fix)
    return failing(f"{words}, and Docker does not start it again", fix)
