"""Services whose container runs, and which do not answer as they should."""

from tarsd.catalogue.check import World
from tarsd.catalogue.health_output import cannot_run, last_line
from tarsd.catalogue.service_check import (
    FaultCheck,
    Told,
    docker_decides,
    failing,
    runs,
    warning,
)
from tarsd.catalogue.service_remedies import Restart
from tarsd.catalogue.views import ServiceView
from tarsd.errors import Why


class ServiceDenied(FaultCheck):
    """It does not take the password that it was given at its installation, or that password cannot be read.

    No restart mends that, so none is tried.
    """

    id = "service.denied"
    alone = True

    def sees(self, view: ServiceView, world: World) -> Told | None:
        """Its own answer, after its start grace."""
        said = _confirmed(view, world, "denied")
        return (
            None
            if said is None
            else failing(said, f"tarsctl logs {view.name}; tarsctl secrets list")
        )


class ServiceForeign(FaultCheck):
    """What answers on its port has never answered as this service would: its labels or its image are wrong."""

    id = "service.foreign"
    alone = True

    def sees(self, view: ServiceView, world: World) -> Told | None:
        """An answer that is none of its protocol, from the beginning on."""
        said = None if view.answers.passed else _confirmed(view, world, "foreign")
        fix = f"correct image or labels of {view.name} in compose.override.yaml"
        return None if said is None else failing(said, fix)


class ServiceHung(FaultCheck):
    """It takes connections and says nothing, though its process lives: stopped, deadlocked, or stuck on a disk.

    It is restarted, with the short grace of `tars.stop.hung`: a process that hears nothing would sit out a long one.
    """

    id = "service.hung"
    remedies = (Restart(hung=True),)

    def sees(self, view: ServiceView, world: World) -> Told | None:
        """`monitor.probe_failures` questions in a row, `monitor.probe_deadline` seconds each."""
        said = _confirmed(view, world, "silent")
        if said is None or view.answers.blame is not None:
            return None
        return failing(f"hangs: {said}", f"tarsctl logs {view.name}")


class ServiceSlow(FaultCheck):
    """It says itself that it is not ready yet, for longer than it was given: it loads its data, or recovers after a crash.

    A restart would only begin that anew.
    """

    id = "service.slow-start"

    def sees(self, view: ServiceView, world: World) -> Told | None:
        """Its own word, beyond its start grace."""
        answers = view.answers
        if not runs(view) or answers.why != "starting" or view.starting:
            return None
        return warning(f"is not ready yet: {answers.reason}", f"tarsctl logs {view.name}")


class ServiceUnhealthy(FaultCheck):
    """Its process runs, and it does not do its work: it refuses connections, ends them, or answers that it is ill.

    Our own probe decides. Docker's health check does where we have no probe, or one that proves no more than an open port.
    """

    id = "service.unhealthy"
    remedies = (Restart(hung=False),)

    def sees(self, view: ServiceView, world: World) -> Told | None:
        """`monitor.probe_failures` answers in a row, or Docker's `unhealthy`."""
        said = _confirmed(view, world, "refused", "closed", "sick", "foreign")
        if said is None:
            said = _dockers_word(view)
        return None if said is None else failing(said, f"tarsctl logs {view.name}")


def _confirmed(view: ServiceView, world: World, *kinds: Why) -> str | None:
    """Its last answer, if it is of such a kind, was given often enough, and its time to start is over."""
    answers = view.answers
    if not runs(view) or view.starting or answers.ready is not False:
        return None
    if answers.why not in kinds or answers.failures < world.settings.monitor.probe_failures:
        return None
    return answers.reason or answers.why


def _dockers_word(view: ServiceView) -> str | None:
    it = view.container
    if it is None or it.health != "unhealthy" or not runs(view) or not docker_decides(view):
        return None
    if not view.answers.failures and not cannot_run(it.health_output):
        return f"Docker's health check fails: {last_line(it.health_output)}"
    return None
