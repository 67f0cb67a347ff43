"""Brings services of a generation up, layer by layer, each healthy before the next."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from tarsd.catalogue.check import Finding, Status
from tarsd.changes.model import Step
from tarsd.errors import PortUnavailable
from tarsd.host.compose import Compose
from tarsd.host.containers import Container, Containers
from tarsd.host.generations import Generation
from tarsd.operations.data_care import DataCare
from tarsd.operations.health import HealthGate, Outcome
from tarsd.operations.held_ports import HeldPorts
from tarsd.operations.nas_gate import NasGate
from tarsd.operations.port_culprit import PortCulprit
from tarsd.operations.watch import Late
from tarsd.settings import Settings
from tarsd.store.intent import Wanted


class Starter:
    """Compose starts, the health gate decides; no dependency is left to Compose's own waiting."""

    def __init__(
        self,
        compose: Compose,
        containers: Containers,
        gate: HealthGate,
        settings: Callable[[], Settings],
        nas: NasGate,
        ports: HeldPorts,
        culprit: PortCulprit,
        care: DataCare,
    ) -> None:
        self._ports = ports
        self._nas = nas
        self._culprit = culprit
        self._care = care
        self._compose = compose
        self._containers = containers
        self._gate = gate
        self._settings = settings

    async def start(
        self, generation: Generation, services: Sequence[str], step: Step, *, recreate: bool
    ) -> Outcome:
        """Start in order and stop at the first layer that is not healthy in time; the outcome says who is late.

        `recreate` lets Compose replace containers that differ from the generation. Raises StackInvalid, JobFailed,
        PortUnavailable, NasAbsent, DataAtRisk, BackupFailed, NoSpace.
        """
        if recreate:
            await self.remove_interrupted()
            stack = await asyncio.to_thread(generation.stack)
            await self._care.prepare(stack, services, step.say)
        try:
            return await self._start(generation, services, step, recreate=recreate)
        except PortUnavailable as taken:
            try:
                await self._ports.mend(taken, step.say)
            except PortUnavailable as stays:
                raise await self._culprit.named(stays, generation) from taken
            # From the first layer on: with Docker, what had passed was started anew.
            return await self._start(generation, services, step, recreate=recreate)

    async def _start(
        self, generation: Generation, services: Sequence[str], step: Step, *, recreate: bool
    ) -> Outcome:
        deadline = self._settings().start.deadline
        warnings: list[Finding] = []
        for layer in generation.start_order():
            names = [name for name in layer if name in services]
            if not names:
                continue
            await self._nas.wait(generation, names, step)
            step.say(f"starting {', '.join(names)}")
            await self._compose.up(generation.compose_file, names, recreate=recreate)
            asked = [generation.services[name] for name in names]
            outcome = await self._gate.wait(asked, deadline, step)
            if outcome.late:
                return outcome
            warnings += outcome.warnings
        step.progress(len(services), len(services), "steps", "healthy")
        return Outcome([], warnings)

    async def before_removing(self, container: Container) -> None:
        """Raises DataAtRisk where its data would go with it."""
        await self._care.guard.before_remove(container)

    async def remove_interrupted(self) -> None:
        """Remove the new half of a recreation that was cut off: it never ran, and Compose would stumble over its name."""
        found = await self._containers.all()
        count = Counter(it.service for it in found)
        for it in found:
            if it.state == "created" and count[it.service] > 1:
                await self._containers.remove(it.id)

    async def bring_back(self, generation: Generation, wishes: Mapping[str, Wanted]) -> None:
        """Put the generation's containers back as the owner had them: some running, some stopped.

        One that holds data which would go with it stays the one it is.
        """
        kept = await self._care.guard.untouchable()
        stopped = sorted(name for name in generation.services if wishes.get(name) == "stopped")
        running = sorted(generation.services.keys() - set(stopped) - kept)
        await self.remove_interrupted()
        up = partial(self._compose.up, generation.compose_file, recreate=True, by="undo")
        if running:
            try:
                await up(running)
            except PortUnavailable as held:
                await self._ports.mend(held, lambda _: None)
                await up(running)
        if anew := sorted(set(stopped) - kept):
            await up(anew, start=False)
        if as_it_is := sorted(kept & generation.services.keys() - set(stopped)):
            await self._compose.up(generation.compose_file, as_it_is, recreate=False, by="undo")
        for container in await self._containers.all():
            if container.service in stopped and container.state == "running":
                grace = generation.services[container.service].stop_grace
                await self._containers.stop(container.id, grace)


def failures(late: list[Late]) -> list[dict[str, str | None]]:
    """Findings, as JSON, for services that are not healthy."""
    return [
        Finding(
            it.fault,
            it.service,
            Status.FAIL,
            it.reason,
            it.fix or f"tarsctl logs {it.service}",
        ).as_json()
        for it in late
    ]
