"""What may be wrong with a service that works: warnings, several at a time, and nothing is done about any of them."""

from pathlib import PurePath

from tarsd.catalogue.check import Check, Finding, World
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

    def sees(self, view: ServiceView, world: World) -> Told | None:
        """What became of `tars.probe.*`."""
        problem = view.answers.problem
        if problem is None:
            return None
        fix = f"correct the labels of {view.name} in compose.override.yaml"
        return warning(f"it has no probe of tarsd's: {problem}", fix)


class StackDrift(ServiceCheck):
    """The container that runs is not what the current generation describes: somebody made it by other means.

    Told by its image, by the file that Compose made it from, by its published ports and its probe labels. Compose's own
    hash cannot be recomputed, and the number of a generation proves nothing: what has not changed is not made anew.
    """

    id = "stack.drift"
    warns = True

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
