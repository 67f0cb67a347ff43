"""Services of which the kernel killed a part, while the container itself runs on."""

from tarsd.catalogue.about import About
from tarsd.catalogue.check import Check, Finding, Status, World
from tarsd.catalogue.service_check import runs
from tarsd.catalogue.views import ServiceView

DEADLINE = 2.0
"""Seconds for a few small files of the kernel's, which asks no disk for them."""


class ProcessKilled(Check):
    """The kernel killed a process inside a container for want of memory; the container lives, and Docker says nothing.

    A model that does not fit ends so: the model server's own runner is killed, and the question fails.
    """

    id = "service.oom-process"
    subject = "service"
    after = ("docker.down", "docker.hung")
    severity = Status.WARN
    about = About(
        what="The kernel killed a process inside a container for want of memory, while the container itself runs on",
        seen="oom_kill in the container's control group (memory.events) is above 0; it counts since the container "
        "was started. Docker does not tell of it",
        why="What that process was doing is lost, such as an answer of the model server, and the same work will most "
        "likely end the same way",
        we="Nothing: the service works. If its main process is killed, that is service.oom",
        you="Raise the service's limit in your override, or give it less to do: a smaller model, a shorter context. "
        "The count begins anew with the container's next start",
        commands=(
            "journalctl -k -g oom-kill",
            "docker stats --no-stream",
            "sudoedit /etc/tars-home/compose.override.yaml",
            "sudo tarsctl install --yes",
        ),
    )

    def applies(self, world: World) -> bool:
        """Only where something runs."""
        return any(runs(view) for view in world.services)

    async def ask(self, world: World) -> list[Finding]:
        """One finding for each service whose control group can be read."""
        ids = {view.container.id: view for view in world.services if view.container and runs(view)}
        kills = await world.groups.oom_kills(ids, DEADLINE)
        if not kills:
            return [self.unknown("the containers' control groups cannot be read")]
        return [self._judge(view, kills[id_]) for id_, view in ids.items() if id_ in kills]

    def _judge(self, view: ServiceView, kills: int) -> Finding:
        if not kills:
            return self.passed("nothing of it was killed", subject=view.name)
        limit = view.container.memory_limit if view.container else None
        at = f" at its limit of {limit >> 20} MiB" if limit else ""
        what = "a process of it was" if kills == 1 else f"{kills} processes of it were"
        return self.warn(
            f"{what} killed for want of memory{at} since its container was started",
            f"raise mem_limit of {view.name} in /etc/tars-home/compose.override.yaml, then: "
            "sudo tarsctl install --yes; or give it less to do",
            subject=view.name,
        )


CHECKS: tuple[Check, ...] = (ProcessKilled(),)
