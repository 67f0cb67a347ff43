"""The newest word of NVML: asked in jobs, kept for a while, left alone where a card sleeps or does not answer."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from tarsd.errors import HostSilent, JobFailed
from tarsd.host.gpu import Gpus
from tarsd.host.nvidia.facts import MISMATCH, Told, parse
from tarsd.host.own_jobs import OwnJobs

DEADLINE = 20.0
"""Seconds for the job: NVML's start takes 0.1 to 3, the latter where no persistence daemon runs; a card whose firmware is
stuck takes 45 or for ever."""

KEPT = 240.0
"""Seconds for which an answer is good: the checks share it, and ask every five minutes."""

KEPT_WATCHED = 50.0
"""The same while a card is hot or held down: that is judged by the minute."""

PAUSE = 1800.0
"""Seconds in which a card that did not answer is not asked again: each question may leave a process that cannot be
killed."""

MINUTES = 10
"""Looks that are kept for a card that is held down, one a minute."""

_REBOOT = "before a reboot"


@dataclass(frozen=True)
class Look:
    """`at` is on the loop's clock. Without `told`, `why` says why: `asleep`, a card sleeps and was not asked; `hung`, it has
    not answered; neither, NVML could not be asked."""

    at: float
    told: Told | None = None
    asleep: bool = False
    hung: bool = False
    why: str = ""


class Cards:
    """`stuck` says in words that a card's firmware hangs, as the kernel's log has it: NVML is not asked for a while then."""

    def __init__(
        self, gpus: Gpus, jobs: OwnJobs, stuck: Callable[[], str | None] = lambda: None
    ) -> None:
        self._gpus = gpus
        self._jobs = jobs
        self._stuck = stuck
        self._stuck_as: str | None = None
        self._asking: asyncio.Task[Look] | None = None
        self._again_at = 0.0
        self._stale = False
        self._told: Told | None = None
        self.latest: Look | None = None
        self.minutes: deque[tuple[float, frozenset[int]]] = deque(maxlen=MINUTES)
        """When a look was, and the numbers of the cards that were held down."""

    def forget(self) -> None:
        """Something has happened: what is known is not good any more. A card that hangs is left alone all the same."""
        self._stale = True

    async def look(self, within: float = KEPT) -> Look:
        """What is known, not older than `within` seconds. Where it must be asked, by one job at a time: who does not
        wait for
        its end does not end it."""
        now = asyncio.get_running_loop().time()
        if self._asking is None:
            if self.latest is not None and self._good(self.latest, now, within):
                return self.latest
            self._stale = False
            self._asking = asyncio.create_task(self._look(now))
            self._asking.add_done_callback(self._over)
        return await asyncio.shield(self._asking)

    def no_start(self) -> str | None:
        """Why a container with a card cannot be started: it would not get it. Asks nobody."""
        if self._told is None:
            return None
        loaded, library = self._gpus.loaded(), self._told.installed.library
        if loaded and library and library != loaded:
            return f"NVIDIA's driver {library} is installed and {loaded} is loaded: it could not get its card {_REBOOT}"
        if self._told.code == MISMATCH:
            return f"NVIDIA's driver was updated: it could not get its card {_REBOOT}"
        return None

    def no_restart(self) -> str | None:
        """Why one that runs must be left to run: it would not get its card again. Asks nobody."""
        if (never := self.no_start()) is not None:
            return never
        if not self._gpus.present:
            return None
        if self.latest is None:
            return "whether it could get its card again is not known yet"
        if self.latest.hung:
            return f"it could not get its card again: {self.latest.why}"
        if self._told is None:
            return None
        if not self._told.works:
            return f"it could not get its card again: NVML says {self._told.why_not}"
        loaded, module = self._gpus.loaded(), self._told.installed.module
        if loaded and module and module != loaded:
            return f"the module {module} is installed and {loaded} is loaded: it might not get its card again {_REBOOT}"
        return None

    def _good(self, look: Look, now: float, within: float) -> bool:
        if look.hung and now < self._again_at:
            return True
        if self._stale:
            return False
        watched = look.told is not None and any(
            card.held_down or card.nearly_hot for card in look.told.cards
        )
        return now - look.at < min(within, KEPT_WATCHED if watched else KEPT)

    async def _look(self, now: float) -> Look:
        try:
            if "suspended" in await self._gpus.power():
                return Look(now, asleep=True, why="the card sleeps, and is left asleep")
            stuck = self._stuck()
            if stuck is not None and stuck != self._stuck_as:
                self._stuck_as, self._again_at = stuck, now + PAUSE
                return Look(now, hung=True, why=stuck)
            return await self._ask(now)
        except (HostSilent, JobFailed) as error:
            still = self.latest is not None and self.latest.hung  # what hung cannot even be ended
            self._again_at = now + PAUSE if still else 0.0
            return Look(now, hung=still, why=error.message)

    async def _ask(self, now: float) -> Look:
        """The job may go on after this, hung as it is: it is abandoned, and no other is begun before it is gone."""
        loop = asyncio.get_running_loop()
        job = asyncio.ensure_future(self._jobs.ask("nvml", deadline=DEADLINE))
        job.add_done_callback(_look_at)
        await asyncio.wait([job], timeout=DEADLINE + 1)
        late = loop.time() - now >= DEADLINE
        if late and (not job.done() or job.exception() is not None):
            self._again_at = loop.time() + PAUSE
            return Look(now, hung=True, why=f"NVML has not answered for {DEADLINE:.0f} s")
        told = self._told = parse(job.result())
        self.minutes.append((now, frozenset(it.number for it in told.cards if it.held_down)))
        return Look(now, told)

    def _over(self, task: "asyncio.Task[Look]") -> None:
        self._asking = None
        if not task.cancelled() and task.exception() is None:
            self.latest = task.result()


def _look_at(job: "asyncio.Future[object]") -> None:
    """Take note of an error that comes when nobody waits any more, or asyncio reports it as lost."""
    if not job.cancelled():
        job.exception()
