"""PostgreSQL whose first start was cut off: its image takes what lies in the volume for a database and never goes on.

What that leaves was tried (docs/reliability.md). It is finished where it was whole but for the stack's database, and
begun anew beside the remains where it was not; anything that somebody may have put there is left alone, and told.
"""

from collections.abc import Awaitable, Callable

from structlog.typing import FilteringBoundLogger

from tarsd.catalogue.check import Finding, Status
from tarsd.changes.model import Step
from tarsd.errors import JobFailed
from tarsd.host.containers import Container, Containers
from tarsd.host.conversation import Address
from tarsd.host.postgres.cluster import Clusters
from tarsd.host.postgres.missing import NO_SUCH_DATABASE
from tarsd.host.postgres.session import Login
from tarsd.host.probes.postgres import PostgresProbe
from tarsd.operations.watch import SETTLED, Watch

NOT_LET_IN, NOT_YET = "28000", "57P03"
"""SQLSTATEs: pg_hba.conf has no line for us; starting up, which half a cluster says for ever."""

MANY_ENDS = 2
"""Ends after which its files are looked at; the gate calls three a crash loop."""

STOP_GRACE = 10
"""Seconds for a server that nobody can sign in to."""

Create = Callable[[Address, Login], Awaitable[None]]
"""See tarsd.host.postgres.missing.create_missing."""


class FirstStart:
    """Mends each of them once per wait."""

    def __init__(
        self, containers: Containers, clusters: Clusters, create: Create, log: FilteringBoundLogger
    ) -> None:
        self._containers = containers
        self._clusters = clusters
        self._create = create
        self._log = log

    async def mend(self, watch: Watch, at: float, step: Step) -> Finding | None:
        """What was done, as a warning of the verdict; None where there was nothing to do.

        Raises DatabaseRefused or DatabaseUnavailable where it never will be healthy, JobFailed, and what DockerApi raises.
        """
        probe, container, trouble = watch.probe, watch.container, watch.trouble
        if container is None or not isinstance(probe, PostgresProbe) or probe.password is None:
            return None
        if trouble is not None and trouble.code == NO_SUCH_DATABASE:
            if watch.first_time("database"):
                return await self._make_database(watch.service.name, probe, step)
        elif watch.ends >= MANY_ENDS or (
            trouble is not None
            and trouble.code in (NOT_LET_IN, NOT_YET)
            and at - trouble.since >= SETTLED
        ):
            code = trouble.code if trouble is not None else "ends"
            if watch.first_time(code):
                return await self._look(watch.service.name, container, step)
        return None

    async def keep(self, watch: Watch) -> None:
        """Let what its first start did outlive a power cut from here on.

        Its image adds the line that lets us in to pg_hba.conf, and leaves it to the kernel to write that to the disk: cut
        off in the half minute that this takes, a server that worked lets nobody in any more. Raises what DockerApi raises.
        """
        if watch.container is None or not isinstance(watch.probe, PostgresProbe):
            return
        try:
            await self._clusters.sync(watch.container.id)
        except JobFailed as error:  # it works; only the next half minute is a risk
            self._log.warning("postgres.unsynced", message=error.message)

    async def _make_database(self, service: str, probe: PostgresProbe, step: Step) -> Finding:
        assert probe.password is not None
        step.say(f"making database {probe.database} of {service}: its first start was cut off")
        login = Login(probe.user, probe.database, await probe.password())
        await self._create(probe.address, login)
        return self._told(
            service,
            "postgres.database-made",
            f"its first start had been cut off; the database {probe.database}, which it had not made yet, was made",
            None,
        )

    async def _look(self, service: str, container: Container, step: Step) -> Finding | None:
        try:
            remains = await self._clusters.look(container.id)
        except JobFailed as error:  # it may be well, only slow
            self._log.warning("postgres.unseen", message=error.message)
            return None
        if remains is None or remains.used or not remains.cut_off:
            return None
        step.say(f"beginning {service} anew: its first start was cut off, and nothing is in it")
        await self._containers.stop(container.id, STOP_GRACE)
        try:
            aside = await self._clusters.set_aside(container.id)
        finally:
            await self._containers.start(container.id)
        return self._told(
            service,
            "postgres.begun-anew",
            f"its first start had been cut off with nothing in it yet, and was begun anew; what it left lies in {aside}",
            f"sudo rm -r {aside}",
        )

    def _told(self, service: str, what: str, words: str, fix: str | None) -> Finding:
        self._log.warning(what, message=f"{service}: {words}")
        return Finding(what, service, Status.WARN, words, fix)
