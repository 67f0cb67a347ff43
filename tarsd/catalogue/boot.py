"""Coming back after a boot."""

from tarsd.catalogue.about import About
from tarsd.catalogue.check import Check, Finding, Status, World
from tarsd.catalogue.hands import Hands
from tarsd.catalogue.remedy import Kind, Remedy
from tarsd.host.nas.unit import unit_name

DOCKER, TARSD = "docker.service", "tarsd.service"

STARTS = ("enabled", "enabled-runtime", "static", "generated", "alias", "indirect", "linked")
"""systemd's words (systemctl(1), is-enabled) for units that a boot starts, or that another one starts."""


class Enable(Remedy):
    """Let a unit start with the machine. Never unattended: a unit that is disabled may be so by its owner's wish."""

    id = "unit.enable"
    kind = Kind.CONFIRM

    def fits(self, world: World, finding: Finding) -> bool:
        """Not for a masked one: who masks a unit means it."""
        return not finding.evidence or not finding.evidence[0].startswith("masked")

    def words(self, finding: Finding) -> str:
        """See Remedy."""
        return f"enable {finding.subject}"

    async def do(self, hands: Hands, finding: Finding) -> None:
        """See Remedy."""
        await hands.units.enable(finding.subject)


class BootDisabled(Check):
    """What is not enabled stays down after the next boot, and the stack with it."""

    id = "boot.disabled"
    subject = "boot"
    severity = Status.WARN
    remedies = (Enable(),)
    about = About(
        what="A unit that the stack needs does not start with the machine: Docker, tarsd, "
        "or the mount of the documents",
        seen="systemd tells the state of docker.service, tarsd.service and, where `tarsctl "
        "nas setup` made one, of the mount unit; disabled or masked is told",
        why="Everything works until the next reboot or power cut, and then the stack stays down",
        we="Nothing unattended, for it may be your wish; `tarsctl doctor --fix` enables it, but not a masked one",
        you="Enable the unit that is named, and unmask it first if it is masked",
        commands=(
            "systemctl is-enabled docker tarsd",
            "sudo systemctl enable docker tarsd",
        ),
    )

    async def ask(self, world: World) -> list[Finding]:
        """Ask systemd for Docker, tarsd, and the mount of the documents if it is ours."""
        nas = world.settings.nas
        ours = nas.enabled and nas.source is not None and nas.path is not None
        names = [DOCKER, TARSD, *([unit_name(nas.path or "")] if ours else [])]
        states = await world.units.states(names)
        return [self._finding(name, states.get(name)) for name in names]

    def _finding(self, name: str, state: str | None) -> Finding:
        if state is None:
            return self.unknown(f"systemd knows no {name}", subject=name)
        if state in STARTS:
            return self.passed(f"{name} is {state}", subject=name)
        unmask = f"sudo systemctl unmask {name} && " if state.startswith("masked") else ""
        return self.warn(
            f"{name} is {state}: the stack stays down after a boot",
            f"{unmask}sudo systemctl enable {name}",
            subject=name,
            evidence=[state],
        )


CHECKS: tuple[Check, ...] = (BootDisabled(),)
