"""Services whose container runs, and which do not answer as they should."""

from tarsd.catalogue.about import About
from tarsd.catalogue.check import Status, World
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
    about = About(
        what="The service does not take its password, or the password cannot be read",
        seen="It answers our question with a refusal, twice in a row, after its time to start",
        why="What uses it with that password fails, too. Most often its data is older than "
        "the secret: it was restored, or a secret was replaced by hand",
        we="Nothing: no restart changes a password",
        you="Compare what it was installed with and what it knows; a replaced secret "
        "belongs back, or the new one into the service",
        commands=(
            "tarsctl secrets list",
            "tarsctl logs SERVICE",
        ),
    )

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
    about = About(
        what="What answers on the service's port has never answered as that service would",
        seen="Two answers in a row that are none of its protocol, after its time to start, "
        "and none of its own since its start",
        why="The image, the port or the labels are wrong, and clients get nonsense",
        we="Nothing: a restart starts the same wrong program",
        you="Correct image, port or `tars.probe.*` labels in your override, and install again",
        commands=(
            "sudoedit /etc/tars-home/compose.override.yaml",
            "sudo tarsctl install --yes",
        ),
    )

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
    about = About(
        what="The service takes connections and says nothing, though its process lives",
        seen="2 questions in a row without an answer, 5 s each, 10 s apart "
        "(`monitor.probe_failures`, `monitor.probe_deadline`, `monitor.probe_period`); "
        "not while all services are silent at once, or the Engine is",
        why="Its clients hang with it, and Docker sees nothing wrong: the process is there",
        we="It keeps evidence and restarts the service, with the short grace of its label "
        "`tars.stop.hung`, for a process that hears nothing would sit out a long one",
        you="Nothing after one time. If it comes back, look at its log, its disk and its memory",
        commands=(
            "tarsctl incidents",
            "tarsctl logs SERVICE",
        ),
    )

    def sees(self, view: ServiceView, world: World) -> Told | None:
        """`monitor.probe_failures` questions in a row, `monitor.probe_deadline` seconds each.

        Not before the Engine has answered since: where it hangs as well, it is the root, and what helps it helps here.
        """
        said = _confirmed(view, world, "silent")
        if said is None or view.answers.blame is not None or not _engine_speaks(view, world):
            return None
        return failing(f"hangs: {said}", f"tarsctl logs {view.name}")


class ServiceSlow(FaultCheck):
    """It says itself that it is not ready yet, for longer than it was given: it loads its data, or recovers after a crash.

    A restart would only begin that anew.
    """

    id = "service.slow-start"
    severity = Status.WARN
    about = About(
        what="The service says itself that it is not ready, for longer than it was given",
        seen="Its own word, such as Redis's LOADING or PostgreSQL's recovery after a crash, "
        "beyond its label `tars.start.grace`",
        why="It works again once it is through. A restart would only begin that anew",
        we="Nothing but wait, and go on asking",
        you="Wait. With much data that takes minutes; its log says how far it is",
        commands=("tarsctl logs SERVICE",),
    )

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
    about = About(
        what="The service's process runs and does not do its work: it refuses connections, "
        "ends them, or says that it is ill",
        seen="2 bad answers in a row to our own question (`monitor.probe_failures`). Where "
        "we have none, or one that proves an open port only, Docker's health check "
        "decides",
        why="Its clients get errors, and Docker restarts nothing for being unhealthy",
        we="It keeps evidence and restarts the service; not while something that it needs is down",
        you="Nothing after one time. If it comes back, its log says more",
        commands=(
            "tarsctl incidents",
            "tarsctl logs SERVICE",
        ),
    )

    def sees(self, view: ServiceView, world: World) -> Told | None:
        """`monitor.probe_failures` answers in a row, or Docker's `unhealthy`."""
        said = _confirmed(view, world, "refused", "closed", "sick", "foreign")
        if said is None:
            said = _dockers_word(view)
        return None if said is None else failing(said, f"tarsctl logs {view.name}")


def _engine_speaks(view: ServiceView, world: World) -> bool:
    """Whether it has answered what it was asked after this one's silence; where nobody watches it, nobody can tell."""
    since, asked = view.answers.silent_since, world.engine and world.engine.asked
    return since is None or asked is None or asked >= since


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
