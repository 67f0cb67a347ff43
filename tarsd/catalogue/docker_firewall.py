"""Docker's firewall rules, flushed by somebody: what is started now is refused, and what runs is not reached any more."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone

from tarsd.catalogue.about import About
from tarsd.catalogue.check import Finding, Status, World
from tarsd.catalogue.docker_remedies import LEAST_UP
from tarsd.catalogue.hands import Hands
from tarsd.catalogue.service_check import FaultCheck, Told, failing, runs
from tarsd.catalogue.service_remedies import ServiceRemedy, Start
from tarsd.catalogue.start_errors import read
from tarsd.catalogue.views import ServiceView
from tarsd.host.containers import Containers


class RenewRules(ServiceRemedy):
    """Restart Docker, which writes its firewall rules anew. The hands do that once an hour at most.

    It stops the whole stack for a moment, of which one service is down already; what belongs to others it must not stop.
    """

    id = "docker.restart-for-firewall"
    disturbs = True

    def words(self, finding: Finding) -> str:
        """See Remedy."""
        return "restart docker.service, which makes its firewall rules anew"

    def fits(self, world: World, finding: Finding) -> bool:
        """Not where others would be stopped by it: there a service can only be tried again, once they have done it."""
        return super().fits(world, finding) and not finding.evidence

    def guard(self, world: World, finding: Finding) -> str | None:
        """Nobody is at work, and Docker has not just been started."""
        engine = world.engine
        if engine is None or not engine.answers or engine.leaving:
            return "the Engine does not answer"
        up = None if engine.since is None else datetime.now(timezone.utc) - engine.since
        if up is not None and up.total_seconds() < LEAST_UP:
            return "it has only just been started"
        at_work = next((view.busy for view in world.services if view.busy), None)
        return at_work or super().guard(world, finding)

    async def do(self, hands: Hands, finding: Finding) -> None:
        """See Remedy."""
        await hands.services.restart_engine()


class FirewallFlushed(FaultCheck):
    """A service cannot be started, for Docker's own firewall rules are gone: somebody flushed or reloaded the firewall.

    A first start costs nothing and tells whether it is still so; then Docker is restarted, which makes the rules anew.
    """

    id = "docker.firewall-flushed"
    shared = True
    alone = True
    remedies = (Start(), RenewRules(), Start())
    about = About(
        what="A service cannot be started, for Docker's own firewall rules are gone",
        seen='The Engine\'s reason for not starting the container: "No chain/target/match by that name"',
        why="Something has flushed the firewall, such as `iptables -F`, `nft flush ruleset`, or a restart of firewalld "
        "or nftables. No container can be started then, and those that run are not reached from the network any more",
        we="It starts the service once more, to see whether that is still so. Then it has systemd restart Docker, which "
        "makes the rules anew: once an hour at most, and not while a change is at work, or while containers of others "
        "would be stopped by it. For all services that counts as one act",
        you="Restart Docker, and have whatever reloads the firewall restart Docker after it, or leave Docker's chains alone",
        commands=(
            "sudo iptables -S DOCKER",
            "journalctl -b -g 'nftables|firewalld|iptables'",
            "sudo systemctl restart docker",
        ),
    )

    async def ask(self, world: World) -> list[Finding]:
        """See ServiceCheck; where it is so, the Engine is asked for whom a restart of it would stop."""
        found = [*await super().ask(world)]
        if all(it.status is not Status.FAIL for it in found):
            return found
        others = await self._others(world)
        if not others:
            return found
        words = f"; tarsd does not restart Docker, which would also stop {', '.join(others)}"
        return [_with(it, words, others) if it.status is Status.FAIL else it for it in found]

    async def _others(self, world: World) -> Sequence[str]:
        """Whose containers would end; nobody's, where they live on without their Engine."""
        info = await world.docker.object("/info")
        if info.get("LiveRestoreEnabled"):
            return ()
        return await Containers(world.docker, world.project).others()

    def sees(self, view: ServiceView, world: World) -> Told | None:
        """The Engine's reason for not starting it."""
        it = view.container
        if it is None or runs(view) or not it.error.strip():
            return None
        error = read(it.error)
        return failing(f"could not be started: {error.words}", error.fix) if error.flushed else None


def _with(finding: Finding, words: str, others: Sequence[str]) -> Finding:
    """Its evidence is who else would be stopped."""
    return replace(finding, summary=finding.summary + words, evidence=tuple(others))
