"""How the Engine is set up: what does no harm today, and does on a bad day."""

from collections.abc import Sequence

from tarsd.catalogue.about import About
from tarsd.catalogue.check import Check, Finding, Status, World
from tarsd.catalogue.docker_remedies import DAEMON_JSON, SetLiveRestore
from tarsd.host.container_logs import ContainerLog
from tarsd.host.docker_unit import UNIT

GB = 10**9

LARGE = 1 * GB
"""Bytes of another's log from which it is worth its owner's while: less is no danger to any disk that holds models."""


class LiveRestoreOff(Check):
    """Docker has died here, and took the whole stack along, for live-restore is off.

    Off is Docker's default and does no harm while Docker lives, so that alone is no warning.
    """

    id = "docker.live-restore-off"
    subject = "docker"
    after = ("docker.flavour",)
    deadline = 10.0
    severity = Status.WARN
    remedies = (SetLiveRestore(),)
    about = About(
        what="The Docker Engine has died on this machine, and the stack ended with it, for live-restore is off",
        seen="systemd has had to start docker.service again by itself (NRestarts), and the Engine's /info says that "
        "live-restore is off. Off alone is Docker's default and no warning",
        why="With live-restore containers run on while the Engine is away, be it dead, hung or upgraded",
        we="It starts what such a death has left. Docker's settings are yours: `tarsctl doctor --fix` asks before it "
        "changes them",
        you='Add "live-restore": true to /etc/docker/daemon.json, and let Docker read it: that stops no container. '
        "It does not go together with Docker's swarm mode. Its journal says why it died",
        commands=(
            "journalctl -u docker -e",
            "sudoedit /etc/docker/daemon.json",
            "sudo systemctl reload docker",
        ),
    )

    async def ask(self, world: World) -> Finding:
        """GET /info, and how often systemd had to restart Docker."""
        info = await world.docker.object("/info")
        if info.get("LiveRestoreEnabled"):
            return self.passed("containers run on while Docker restarts")
        deaths = await world.units.restarts(UNIT)
        if not deaths:
            return self.passed("a restart of Docker restarts the stack; Docker has not died here")
        times = "once" if deaths == 1 else f"{deaths} times"
        return self.warn(
            f"Docker has died {times}, and took the stack along: live-restore is off",
            f'add "live-restore": true to {DAEMON_JSON}, then: sudo systemctl reload docker',
        )


class LogGrowth(Check):
    """A container's log grows without limit, until the disk is full."""

    id = "docker.log-growth"
    subject = "docker"
    after = ("docker.flavour",)
    deadline = 15.0
    severity = Status.WARN
    about = About(
        what="The log of a container grows without limit",
        seen="Its logging driver is json-file without max-size. Of the stack's own containers each is told; of "
        "others only those whose log has 1 GB or more",
        why="Docker keeps such a log for as long as there is the container. One that complains every second fills "
        "a disk within weeks, and on a full disk the databases stop",
        we="Nothing: no log is cut or removed. The stack's own templates keep 30 MB for each service",
        you="Give the service a limit in your override and install again. For all containers made later set it in "
        "Docker's own settings; those that exist keep theirs until they are made anew",
        commands=(
            "sudo du -sh /var/lib/docker/containers",
            "sudoedit /etc/tars-home/compose.override.yaml",
            "sudoedit /etc/docker/daemon.json",
        ),
    )

    async def ask(self, world: World) -> list[Finding]:
        """One finding for each log without limit that matters; one that all is well where there is none."""
        logs = await world.logs.all()
        endless = [it for it in logs if not it.limited]
        ours = [it for it in endless if it.project == world.project]
        large = [it for it in endless if it not in ours and (it.size or 0) >= LARGE]
        found = [self._ours(it) for it in ours] + [self._others(it) for it in large]
        return found or [self._well(endless)]

    def _ours(self, log: ContainerLog) -> Finding:
        return self.warn(
            f"its log has no limit{_so_far(log)}",
            f'add logging: {{driver: local, options: {{max-size: 10m, max-file: "3"}}}} for {log.service} in '
            "/etc/tars-home/compose.override.yaml, then: sudo tarsctl install --yes",
            subject=log.service,
        )

    def _others(self, log: ContainerLog) -> Finding:
        return self.warn(
            f"the log of container {log.name} has no limit{_so_far(log)}",
            f'set "log-driver": "local" in {DAEMON_JSON} for new containers, then: sudo systemctl restart docker; '
            f"make {log.name} anew to give it a limit",
            subject=f"container {log.name}",
        )

    def _well(self, small: Sequence[ContainerLog]) -> Finding:
        if not small:
            return self.passed("every container's log has a limit")
        names = [f"{it.name}{_so_far(it)}" for it in small]
        return self.passed(
            f"the stack's logs have limits; those of {len(small)} others have none and are small",
            evidence=names,
        )


def _so_far(log: ContainerLog) -> str:
    if log.size is None:
        return ""
    return f", {log.size / GB:.1f} GB so far" if log.size >= GB / 10 else ", and is small so far"


class AddressPool(Check):
    """Docker has no subnet left: one more network cannot be made, not even the stack's own."""

    id = "docker.address-pool"
    subject = "docker"
    after = ("docker.flavour",)
    deadline = 10.0
    about = About(
        what="Docker has no subnet left for one more network",
        seen="Every subnet of the Engine's address pools overlaps one of its networks or a route of this machine, "
        "such as a VPN's. It is a warning while the stack has its network, and a failure where that is missing",
        why="Neither the stack's network nor any other can be made: an install ends with \"could not find an "
        'available, non-overlapping IPv4 address pool"',
        we="Nothing; it never removes a network of somebody else's",
        you="Remove networks that nothing uses, or give Docker more room with smaller subnets: "
        '"default-address-pools": [{"base": "10.201.0.0/16", "size": 24}] in its settings, of a range that neither '
        "your network nor your VPN has",
        commands=(
            "docker network ls",
            "docker network prune",
            "ip route",
            "sudoedit /etc/docker/daemon.json",
            "sudo systemctl restart docker",
        ),
    )

    async def ask(self, world: World) -> Finding:
        """GET /info and /networks, and this machine's routes."""
        pools = await world.pools.look(await world.docker.object("/info"))
        if pools.free:
            return self.passed("Docker has subnets left for networks")
        words = f"Docker has no subnet left: {len(pools.networks)} networks and this machine's routes have all of them"
        fix = (
            f"docker network prune; or set default-address-pools in {DAEMON_JSON}, then: "
            "sudo systemctl restart docker"
        )
        evidence = [*pools.networks, *(f"route {it}" for it in pools.routed)]
        if any(name.startswith(f"{world.project}_") for name in pools.networks):
            return self.warn(words, fix, evidence=evidence)
        return self.fail(f"{words}; the stack's own cannot be made", fix, evidence=evidence)


FOR_INSTALL: tuple[Check, ...] = (AddressPool(),)
"""What would end an install halfway."""

CHECKS: tuple[Check, ...] = (LiveRestoreOff(), LogGrowth(), *FOR_INSTALL)
