"""Whether the stack has its card: the host's word, the container's, the model server's, and the verdict if they differ."""

from abc import abstractmethod
from collections.abc import Sequence

from tarsd.catalogue.about import About
from tarsd.catalogue.check import Check, Finding, Status, World
from tarsd.catalogue.gpu_check import CardCheck, not_now, users
from tarsd.catalogue.gpu_remedies import GpuRecreate, GpuRestart
from tarsd.catalogue.views import ServiceView
from tarsd.host.nvidia.facts import Process, Told
from tarsd.host.nvidia.inside import View
from tarsd.host.ollama import Loaded

AFTER = (
    *CardCheck.after,
    "docker.down",
    "docker.hung",
    "gpu.driver-mismatch",
    "gpu.off-bus",
    "gpu.unusable",
)

NOW = 2.0
"""Seconds that an answer may be old which is set against another one."""


class _UserCheck(CardCheck):
    """One answer for each service that is given a card and runs; where one fails, whether it is at work is measured."""

    after = AFTER
    subject = "gpu"

    async def judge(self, told: Told, world: World) -> Sequence[Finding]:
        """The host's word is good; now the others'."""
        found: list[Finding] = []
        for view in users(world):
            reason = not_now(view)
            if reason is not None:  # silence would end what is open
                found.append(self.skipped(view, reason))
                continue
            finding = await self.of(view, told, world)
            if finding.status is Status.FAIL and not await self._still(world):
                finding = self.skipped(
                    view, "waits for the card itself: NVML fails on the host by now"
                )
            if finding.status is Status.FAIL and view.container is not None:
                await world.nvidia.idle.measure(view.container.id)
            found.append(finding)
        return found

    @abstractmethod
    async def of(self, view: ServiceView, told: Told, world: World) -> Finding:
        """Of one of them."""

    async def _still(self, world: World) -> bool:
        """Whether the host's word is still good: the one that was set against it may be minutes older."""
        look = await world.nvidia.cards.look(NOW)
        return look.told is not None and look.told.works

    def skipped(self, view: ServiceView, why: str) -> Finding:
        """Nothing shows whether it is so."""
        return Finding(self.id, view.name, Status.SKIP, why)

    async def seen(self, view: ServiceView, world: World) -> View:
        """What its container sees."""
        assert view.container is not None
        return await world.nvidia.inside.look(view.container)


class ContainerLost(_UserCheck):
    """The host has its card, and the container that was given it does not see it any more.

    Every `systemctl daemon-reload` may do that to containers whose devices systemd does not know of.
    """

    id = "gpu.container-lost"
    remedies = (GpuRestart(), GpuRecreate())
    about = About(
        what="The card works, and a container that was given it cannot use it any more",
        seen="NVML works on the host, and `nvidia-smi -L` in the container says `Failed to initialize NVML: "
        "Unknown Error` or "
        "names no card; asked every five minutes and at once after each reload of systemd",
        why="A model that is loaded now computes on the CPU, ten to a hundred times more slowly",
        we="Restart it, and if that does not help make its container anew: once it is idle, twice an hour at "
        "most, and not while "
        "the driver was updated",
        you="Let Docker hand the card over by CDI, or let it keep control groups itself, so that it does not come back",
        commands=(
            "sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml",
            '/etc/docker/daemon.json: "exec-opts": ["native.cgroupdriver=cgroupfs"]',
        ),
    )

    async def of(self, view: ServiceView, told: Told, world: World) -> Finding:
        """See About.seen."""
        seen = await self.seen(view, world)
        facts = [f"in the container: {seen.cards} cards", *seen.devices, *filter(None, [seen.said])]
        if seen.cards:
            return self.passed("sees its card", subject=view.name, evidence=facts)
        if seen.hung or not seen.tool:
            why = seen.said if seen.hung else "it has no nvidia-smi"
            return self.unknown(why, subject=view.name, evidence=facts)
        words = f"has lost its card, which works on the host: {seen.said or 'no card'}"
        return self.fail(words, f"tarsctl restart {view.name}", subject=view.name, evidence=facts)


class LateDriver(_UserCheck):
    """The model server looked for a card before the driver was ready, and does not look again."""

    id = "gpu.late-driver"
    remedies = (GpuRestart(),)
    about = About(
        what="The model server found no card when it started, and there is one now",
        seen="Its log says `inference compute` with `library=cpu` and nothing else, while its container sees the card",
        why="It computes on the CPU until it is started again: it looks for cards at its start only",
        we="One restart, once it is idle and NVML works on the host",
        you="Nothing, unless it comes back after each boot: then see why the driver is late",
        commands=("tarsctl restart ollama", "journalctl -b -k -g nvidia"),
    )

    async def of(self, view: ServiceView, told: Told, world: World) -> Finding:
        """See About.seen."""
        if view.service.role != "llm" or view.container is None:
            return self.skipped(view, "is no model server")
        found = await world.nvidia.log.found(view.container)
        facts = [f"its log: library={it}" for it in found]
        if not found:
            return self.skipped(view, "its log does not say what it computes on")
        if set(found) != {"cpu"}:
            return self.passed(f"found {', '.join(found)}", subject=view.name, evidence=facts)
        if not (await self.seen(view, world)).cards:
            return self.skipped(view, "waits for gpu.container-lost")
        words = "found no card when it started, and computes on the CPU; the card is there now"
        return self.fail(words, f"tarsctl restart {view.name}", subject=view.name, evidence=facts)


class CpuFallback(_UserCheck):
    """The card is there, the model server has found it, and a model computes on the CPU all the same."""

    id = "gpu.cpu-fallback"
    remedies = (GpuRestart(),)
    about = About(
        what="A model is loaded, and computes on the CPU although there is a card with room for it",
        seen="`/api/ps` shows models of which nothing is in the card's memory (`size_vram` 0) though the largest "
        "would fit; or it "
        "claims that they are there, and NVML knows no compute process of the container's",
        why="Answers take ten to a hundred times as long",
        we="One restart, once it is idle and NVML works on the host",
        you="See its log for why: a wrong OLLAMA_LLM_LIBRARY, a card that is too old, or a `num_gpu` of 0 in the model",
        commands=("tarsctl logs ollama", "tarsctl restart ollama"),
    )

    async def of(self, view: ServiceView, told: Told, world: World) -> Finding:
        """See About.seen."""
        if view.service.role != "llm" or view.container is None:
            return self.skipped(view, "is no model server")
        if (await self.seen(view, world)).lost:
            return self.skipped(view, "waits for gpu.container-lost")
        if set(await world.nvidia.log.found(view.container)) == {"cpu"}:
            return self.skipped(view, "waits for gpu.late-driver")
        loaded = await world.ollama.loaded()
        start = f"{view.container.id} {view.container.started}"
        facts = [
            f"{it.name}: {it.size_vram >> 20} of {it.size >> 20} MiB on a card" for it in loaded
        ]
        if not loaded:
            return await self._unloaded(view, start, world)
        wrong = _disagreement(loaded, told, view)
        if wrong:  # one of the two may be of before the model came: both anew, at one moment
            look = await world.nvidia.cards.look(NOW)
            loaded = await world.ollama.loaded()
            wrong = _disagreement(loaded, look.told or told, view) if loaded else None
        if wrong is None:
            world.nvidia.fell_back.discard(start)
            return self.passed(_share(loaded), subject=view.name, evidence=facts)
        if not wrong:
            return self.skipped(view, "the card has no room for what is loaded")
        world.nvidia.fell_back.clear()
        world.nvidia.fell_back.add(start)
        return self.fail(wrong, f"tarsctl restart {view.name}", subject=view.name, evidence=facts)

    async def _unloaded(self, view: ServiceView, start: str, world: World) -> Finding:
        """Its log shows that this start found a card, unless it has computed without one since."""
        assert view.container is not None
        found = set(await world.nvidia.log.found(view.container)) - {"cpu"}
        if not found or start in world.nvidia.fell_back:
            return self.skipped(view, "no model is loaded that would show what it computes on")
        words = f"no model is loaded; it has found {', '.join(sorted(found))}"
        return self.passed(words, subject=view.name)


def _disagreement(loaded: Sequence[Loaded], told: Told, view: ServiceView) -> str | None:
    """What is wrong in words; empty where the card has no room; None where host and model server agree."""
    names = ", ".join(it.name for it in loaded)
    if not any(it.size_vram for it in loaded):
        free = [
            card.total - card.used for card in told.cards if card.total and card.used is not None
        ]
        fits = not free or sum(free) >= min(it.size for it in loaded)
        return f"{names} computes on the CPU, and the card has room for it" if fits else ""
    own = view.container.id if view.container is not None else None
    processes = told.processes
    if processes is not None and not any(_is_its(process, own) for process in processes):
        return f"says that {names} is on a card, and NVML knows no process of it there"
    return None


def _is_its(process: Process, container: str | None) -> bool:
    """By its control group; where that cannot be told, by its name."""
    return process.container == container or process.command.startswith("ollama")


def _share(loaded: Sequence[Loaded]) -> str:
    size = sum(it.size for it in loaded) or 1
    share = min(sum(it.size_vram for it in loaded) / size, 1.0)
    return f"{share:.0%} of what is loaded is on a card" + (
        "" if share > 0.99 else ": it does not all fit"
    )


class GpuNotGiven(CardCheck):
    """There is a card that the Engine can hand on, and the stack was installed without it."""

    id = "gpu.not-given"
    after = AFTER
    severity = Status.WARN
    about = About(
        what="The stack was installed when there was no card, driver or toolkit, and does not use the card that "
        "is there now",
        seen="No service of the current generation asks for a card, NVML works, and the Engine can hand a card on",
        why="Models compute on the CPU",
        we="Nothing: a generation changes only when its owner says so",
        you="Install again, which keeps all data; or say that the CPU is meant",
        commands=("sudo tarsctl install --yes", "sudo tarsctl install --cpu-only --yes"),
    )

    async def judge(self, told: Told, world: World) -> Sequence[Finding]:
        """See About.seen."""
        if not world.services or not told.works:
            return []
        if any(view.service.gpu for view in world.services):
            return [self.passed("the stack is given the card")]
        if not await world.gpus.usable():
            return []
        words = "the stack was installed without the card that is here now"
        return [self.warn(words, "sudo tarsctl install --yes")]


CHECKS: tuple[Check, ...] = (ContainerLost(), LateDriver(), CpuFallback(), GpuNotGiven())
