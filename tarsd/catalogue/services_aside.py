"""What may be wrong with a service that works: warnings, several at a time, and nothing is done about any of them."""

from pathlib import PurePath

from tarsd.catalogue.about import About
from tarsd.catalogue.check import Check, Finding, Status, World
from tarsd.catalogue.health_output import cannot_run, last_line
from tarsd.catalogue.service_check import (
    ServiceCheck,
    Told,
    has_probe,
    runs,
    warning,
)
from tarsd.catalogue.views import ServiceView
from tarsd.host.containers import Container
from tarsd.host.generations import Service

CONFIG_FILES = "com.docker.compose.project.config_files"
"""Compose's label: the files that a container was made from, comma between them."""


class FalseUnhealthy(ServiceCheck):
    """Docker calls a service unhealthy that answers our own questions, most often since the image lacks the health
    check's command (curl, wget). It is never restarted for that.
    """

    id = "service.false-unhealthy"
    severity = Status.WARN
    about = About(
        what="Docker calls a service unhealthy that works",
        seen="Docker's health check fails while our own question is answered, or its "
        "command (curl, wget) is not in the image",
        why="Docker's word misleads everybody who reads it, and what waits for "
        "`service_healthy` never starts",
        we="Nothing: no service is restarted for a health check that is wrong",
        you="Correct the health check in your override, and install again",
        commands=(
            "docker ps",
            "sudoedit /etc/tars-home/compose.override.yaml",
            "sudo tarsctl install --yes",
        ),
    )

    def sees(self, view: ServiceView, world: World) -> Told | None:
        """Docker's word against the answer to our probe."""
        it = view.container
        if it is None or not runs(view) or it.health != "unhealthy":
            return None
        fix = f"correct the healthcheck of {view.name} in compose.override.yaml"
        said = last_line(it.health_output)
        if cannot_run(it.health_output):
            return warning(f"its health check cannot be run: {said}", fix)
        answers = view.answers
        if has_probe(view) and answers.ready and answers.level != "live":
            return warning(f"Docker's health check fails, yet it answers: {said}", fix)
        return None


class ProbeLabels(ServiceCheck):
    """Its labels say how it is to be asked, and cannot be followed: nobody but Docker's health check looks after it."""

    id = "service.probe-labels"
    severity = Status.WARN
    about = About(
        what="The labels that say how a service is to be asked make no sense",
        seen="`tars.probe.url`, `tars.probe.port` or `tars.probe.expect` name something "
        "that does not exist, is not published, or is not on this machine",
        why="Nobody but Docker's health check looks after the service, so a hang may remain unseen",
        we="It goes by Docker's health check",
        you="Correct the labels in your override, and install again",
        commands=(
            "sudoedit /etc/tars-home/compose.override.yaml",
            "sudo tarsctl install --yes",
        ),
    )

    def sees(self, view: ServiceView, world: World) -> Told | None:
        """What became of `tars.probe.*`."""
        problem = view.answers.problem
        if problem is None:
            return None
        fix = f"correct the labels of {view.name} in compose.override.yaml"
        return warning(f"it has no probe of tarsd's: {problem}", fix)


class StackDrift(ServiceCheck):
    """The container that runs is not what the current generation describes: somebody made it by other means.

    Told by its image, volumes, the file that Compose made it from, its published ports and its probe labels. Compose's own
    hash cannot be recomputed, and the number of a generation proves nothing: what has not changed is not made anew.
    """

    id = "stack.drift"
    warns = True
    severity = Status.WARN
    about = About(
        what="A container that runs is not the one that the current generation describes",
        seen="It has another image, lacks a volume, was made from another Compose file, lacks a port that "
        "is published, or has other probe labels",
        why="Somebody made it by other means, such as `docker run` or an own Compose file; "
        "what is installed and what runs are two things, and the next install replaces "
        "it",
        we="Nothing: a container that an owner made is never replaced unattended",
        you="Install again to have what the generation says. To keep a difference, put it "
        "into your override first",
        commands=(
            "sudoedit /etc/tars-home/compose.override.yaml",
            "sudo tarsctl install --yes",
        ),
    )

    def sees(self, view: ServiceView, world: World) -> Told | None:
        """The container against its service."""
        if view.container is None:
            return None
        differs = _differs(view, view.container, PurePath(world.state) / "generations")
        if differs is None:
            return None
        return warning(f"is not of the current generation: {differs}", "sudo tarsctl install --yes")


def _differs(view: ServiceView, it: Container, generations: PurePath) -> str | None:
    service = view.service
    if service.image_id is not None and it.image_id != service.image_id:
        return f"it runs {it.image}, not the image of {service.image} that was installed"
    astray = sorted(service.volumes - it.volumes) if it.volumes is not None else []
    if astray:
        return f"it does not use its volume {astray[0]}, so its data lies elsewhere"
    files = [PurePath(name) for name in it.labels.get(CONFIG_FILES, "").split(",") if name.strip()]
    foreign = next((file for file in files if generations not in file.parents), None)
    if foreign is not None:
        return f"it was made from {foreign}"
    lacking = sorted(_published(service) - set(it.ports))
    if lacking:
        return f"it does not publish {', '.join(lacking)}"
    return _labels(service, it)


def _published(service: Service) -> set[str]:
    """As a container's own are written."""
    return {
        f"[{host}]:{port}" if ":" in host else f"{host or '0.0.0.0'}:{port}"  # noqa: S104  compared
        for host, port in service.probe.published
        if port
    }


def _labels(service: Service, it: Container) -> str | None:
    wanted = {
        "tars.probe.url": service.probe.url,
        "tars.probe.port": service.probe.port,
        "tars.probe.expect": service.probe.expect,
    }
    for label, value in wanted.items():
        found = it.labels.get(label)
        value = value.replace("$$", "$") if value else None  # Compose writes a dollar sign twice
        if (found or None) != value:
            return f"its label {label} is {found!r}, not {value!r}"
    return None


class MachineStalled(Check):
    """No service answers, all at once: that is one fault, of the machine or of Docker's network, and not one of each.

    While the machine is short of memory, disk or processor time, for five minutes at most, no service is restarted for its
    silence; without any such sign, one period later.
    """

    id = "machine.stalled"
    subject = "machine"
    after = ("docker.down", "docker.hung")
    every = 0.0
    about = About(
        what="No service answers, all at once: the machine is out of breath, or Docker's "
        "network is",
        seen="Every service that is asked is silent. Whether the machine is short of "
        "memory, disk or processor time is read from /proc/pressure",
        why="It is one fault and not one of each service, and restarts would make a machine "
        "that struggles struggle more",
        we="It restarts none of them for their silence: for 5 minutes while the machine is "
        "short of something, else for one more period. After that each is taken to hang "
        "for itself",
        you="See what takes the machine's time: a backup, a scrub of the disks, a model "
        "that does not fit into memory",
        commands=(
            "uptime",
            "cat /proc/pressure/*",
            "journalctl -k -n 30",
        ),
    )

    def applies(self, world: World) -> bool:
        """Only where services are watched."""
        return bool(world.services)

    async def ask(self, world: World) -> Finding:
        """Whether their silence is held against the machine."""
        blamed = [view for view in world.services if view.answers.blame is not None]
        if not blamed:
            return self.passed("services answer, or each is silent for itself")
        return self.fail(
            f"no service answers: {blamed[0].answers.blame}",
            "uptime; cat /proc/pressure/*; journalctl -k -n 30",
        )
