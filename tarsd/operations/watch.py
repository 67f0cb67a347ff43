"""One service while it is waited for: what its container does, what it answers, and how long it may still take."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from tarsd.catalogue.check import Finding, Status
from tarsd.engine.passes import Passes
from tarsd.engine.probe_choice import Choice
from tarsd.errors import ProbeFailed, Why
from tarsd.host.containers import Container
from tarsd.host.generations import Service
from tarsd.host.probes.probe import Probe
from tarsd.observe.services import exit_words

SETTLED = 5.0
"""Seconds a service without probe and health check must have run to count as up (Docker resets its backoff after 10), and
one that has ended must have lain to count as ended for good: what Docker starts again it shows as `restarting`."""

MOST_EXITS = 3
"""Ends during one wait that make a crash loop, as in service.crash-loop."""

LEAST_WAIT = 10.0
"""Seconds for a service whose grace was over before anyone waited: one that has run for days is not judged by one answer."""

FIRST_START = "its first start takes minutes"


@dataclass(frozen=True)
class Late:
    """A service that is not healthy at the end of its time or never will be, and why; `fault` is the catalogue's id."""

    service: str
    reason: str
    fault: str = "service.unhealthy"
    fix: str | None = None


@dataclass(frozen=True)
class Trouble:
    """What its probe has failed with since when (on the loop's clock); see ProbeFailed."""

    why: Why
    code: str
    since: float


@dataclass(frozen=True)
class _Run:
    """One start of the container: seen first when (on the loop's clock), and how long it had run by then."""

    started: datetime | None
    seen: float
    age: float


class Watch:
    """Fed by look() and ask(); `at` is the loop's time in seconds, `now` the wall clock's, which is the Engine's, too."""

    def __init__(self, service: Service, choice: Choice, passes: Passes, began: float) -> None:
        self.service = service
        self.container: Container | None = None
        self._choice = choice
        self._passes = passes
        self._began = began
        self._said = "not asked yet"
        self._run: _Run | None = None
        self._answered: _Run | None = None
        self._lying_since: float | None = None
        self._restarts_before = 0
        self._ends_seen = 0
        self._last_exit: str | None = None
        self._tried: set[str] = set()
        self.trouble: Trouble | None = None

    @property
    def probe(self) -> Probe | None:
        """What it is asked by."""
        return self._choice.probe

    def first_time(self, act: str) -> bool:
        """Whether this act is yet to be tried; from now on it is not."""
        first = act not in self._tried
        self._tried.add(act)
        return first

    def begin_anew(self) -> None:
        """Its container was started anew by us: what went before counts for nothing."""
        self.container = self._run = self._answered = self._lying_since = self.trouble = None
        self._ends_seen, self._said = 0, "not asked yet"

    def look(self, container: Container | None, at: float, now: datetime) -> None:
        """Take in what the Engine shows of it."""
        before, self.container = self.container, container
        if container is not None and (before is None or before.id != container.id):
            self._restarts_before, self._ends_seen, self._run = container.restarts, 0, None
        if container is not None and container.state == "running":
            self._runs(container, at, now)
            return
        if self._run is not None:
            self._ends_seen += 1
        self._run = self.trouble = None
        if container is not None and container.state in ("exited", "restarting", "dead"):
            self._last_exit = exit_words(container)
        if container is not None and container.state in ("restarting", "paused"):
            self._lying_since = None
        elif self._lying_since is None:
            self._lying_since = at

    def _runs(self, container: Container, at: float, now: datetime) -> None:
        self._lying_since = None
        # Each start counts anew: one that restarts faster than anyone looks never settles.
        if self._run is None or self._run.started != container.started:
            self._ends_seen += self._run is not None
            age = (now - container.started).total_seconds() if container.started else 0.0
            self._run = _Run(container.started, at, max(age, 0.0))
            self.trouble = None

    @property
    def asks(self) -> bool:
        """Whether there is something to ask now: a container that runs and a probe for it."""
        return self._run is not None and self._choice.probe is not None

    async def ask(self) -> bool:
        """Ask the probe; whether it passed. A pass counts only if the next look shows the same start still running."""
        container, run, probe = self.container, self._run, self._choice.probe
        assert container is not None
        assert probe is not None
        try:
            await probe.ask()
        except ProbeFailed as error:
            self._said = error.reason
            before, now = self.trouble, asyncio.get_running_loop().time()
            if before is None or (before.why, before.code) != (error.why, error.code):
                self.trouble = Trouble(error.why, error.code, now)
            return False
        self.trouble = None
        self._said = "it answered, and then its container was started anew"
        self._answered = run
        self._passes.note(container)
        return True

    def reason(self, at: float) -> str | None:
        """Why the service is not healthy yet; None when it is."""
        container = self.container
        if container is None:
            return "it has no container"
        if self._run is None:
            ended = f", exit status {exit_words(container)}" if container.exit_code else ""
            return container.error or f"{container.state}{ended}"
        if self._choice.probe is not None:
            return None if self._answered is self._run else self._said
        reason = self._dockers_word(container, at - self._run.seen)
        return f"{reason}; {self._choice.problem}" if reason and self._choice.problem else reason

    @staticmethod
    def _dockers_word(container: Container, ran: float) -> str | None:
        if container.health == "healthy":
            return None
        if container.health == "none":
            return None if ran >= SETTLED else "it has only just started"
        last_line = (container.health_output.splitlines() or [""])[-1]
        return f"{container.health}: {last_line[:120]}" if last_line else container.health

    def waits_for(self, at: float) -> str:
        """Name and reason, for whoever watches."""
        hint = f"; {FIRST_START}" if self.service.role == "ui" else ""
        return f"{self.service.name} ({self.reason(at)}{hint})"

    def hopeless(self, at: float) -> Late | None:
        """That it never will be healthy: a crash loop, an end after which nobody starts it again, a password it refuses."""
        trouble, ends = self.trouble, self.ends
        if trouble is not None and trouble.why == "denied" and at - trouble.since >= SETTLED:
            return Late(self.service.name, self._said)
        if ends >= MOST_EXITS:
            last = f", last with exit status {self._last_exit}" if self._last_exit else ""
            return Late(self.service.name, f"it ended {ends} times{last}", "service.crash-loop")
        if self._lying_since is None:
            return None
        container = self.container
        at_once = (
            container is not None
            and container.state in ("exited", "dead")
            and not container.comes_back
        )
        if not at_once and at - self._lying_since < SETTLED:
            return None
        return Late(self.service.name, f"{self.reason(at)}; the Engine does not start it again")

    @property
    def ends(self) -> int:
        """How often it has ended during this wait."""
        counted = self.container.restarts - self._restarts_before if self.container else 0
        return max(counted, self._ends_seen)

    def left(self, at: float, outer: float) -> float:
        """Seconds it may still take: its own grace from its container's start, and never more than `outer`."""
        grace = self.service.start_grace
        if grace is None or self._run is None:
            return outer
        own = grace - self._run.age - (at - self._run.seen)
        return min(outer, max(own, LEAST_WAIT - (at - self._began)))

    def late(self, at: float) -> Late:
        """That it is not healthy at the end of its time."""
        return Late(self.service.name, self.reason(at) or "healthy")

    def warning(self) -> Finding | None:
        """Of a healthy service: what Docker says of it is wrong, or its labels are of no use."""
        name, container = self.service.name, self.container
        if self._choice.problem is not None:
            words = f"it has no probe of tarsd's: {self._choice.problem}"
            fix = f"correct the labels of {name} in compose.override.yaml"
            return Finding("service.probe-labels", name, Status.WARN, words, fix)
        if container is None or self._choice.probe is None or container.health != "unhealthy":
            return None
        said = (container.health_output.splitlines() or ["it says nothing"])[-1][:120]
        words = f"Docker's health check fails, yet it answers: {said}"
        fix = f"correct the healthcheck of {name} in compose.override.yaml"
        return Finding("service.false-unhealthy", name, Status.WARN, words, fix)
