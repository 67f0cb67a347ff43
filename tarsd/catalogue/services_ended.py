"""Services whose container has ended."""

from dataclasses import dataclass

from tarsd.catalogue import exits
from tarsd.catalogue.about import About
from tarsd.catalogue.check import World
from tarsd.catalogue.service_check import FaultCheck, Told, failing, runs, warning, works
from tarsd.catalogue.service_remedies import Start, StopLoop
from tarsd.catalogue.views import Exit, ServiceView

SAME = 2.0
"""Seconds between an event's time and what inspect says of the same end."""


class CrashLoop(FaultCheck):
    """It ends again and again, each time with the same status. Another restart will not help: it is stopped, its last
    words are kept, and it is tried again every half hour.
    """

    id = "service.crash-loop"
    own_words = True
    remedies = (StopLoop(), Start())
    about = About(
        what="The service ends again and again, each time with the same exit status",
        seen="3 ends within 5 minutes with the same status, and no answer since "
        "(`monitor.crash_loop_exits`, `monitor.crash_loop_window`)",
        why="What fails the same way three times fails a fourth time, too. Restarts would "
        "only fill the log, wear the disk and bury the first error",
        we="It keeps the last words, stops the service and holds the incident; every half "
        "hour it is started once more to see",
        you="Read its log, correct the cause, and release the incident, or start the service",
        commands=(
            "tarsctl logs SERVICE",
            "tarsctl incidents",
            "tarsctl start SERVICE",
        ),
    )

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
    about = About(
        what="The kernel killed the service, for it wanted more memory than its limit "
        "allows or the machine has",
        seen="State.OOMKilled of its last end, until it answers again",
        why="It loses what it was doing, and most likely it happens again with the same work",
        we="Docker starts it again; where Docker does not, tarsd does. No limit is changed",
        you="Raise its limit in the override, or give it less to do: a smaller model, a "
        "shorter context",
        commands=(
            "docker stats --no-stream",
            "sudoedit /etc/tars-home/compose.override.yaml",
            "sudo tarsctl install --yes",
        ),
    )

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
    about = About(
        what="The Engine was killed, took its containers along, and did not start them when "
        "it came again",
        seen="The container ran when its Engine died, and has not been started since",
        why="Docker counts them as stopped on purpose, so they would stay down for ever",
        we="It starts each of them; all together count as one act",
        you='Nothing. With `"live-restore": true` in /etc/docker/daemon.json containers '
        "outlive their Engine",
        commands=(
            "tarsctl status",
            "journalctl -u docker -e",
        ),
    )

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
    about = About(
        what="The container has ended by itself",
        seen="Docker calls it `exited` or `dead`, or starts it again and it has not "
        "answered since. The exit status is told in words",
        why="The service does not work",
        we="Docker starts it again, which is watched; where Docker does not, tarsd does. It "
        "counts as mended once it answers",
        you="Read the log if it comes back: the status alone seldom says why",
        commands=("tarsctl logs SERVICE",),
    )

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
