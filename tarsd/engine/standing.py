"""How the Engine stands, judged by whether and how it answers what it is asked."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol, TypeVar

from tarsd.catalogue.docker import unsupported
from tarsd.catalogue.views import EngineView
from tarsd.errors import EngineRefused, EngineUnavailable, EngineUnsupported
from tarsd.host.docker_api import DockerApi

T = TypeVar("T")

HUNG = 10.0
"""Seconds without an answer after which an Engine counts as hung and no longer as slow."""

HUNG_CALLS = 3
"""Calls in a row without an answer, besides: one asked once a minute is not hung after the first."""

IDENTITY_AGE = 60.0
"""Seconds that version and kind of an Engine are taken as known while it answers: asking costs it 4 ms each time."""


@dataclass(frozen=True)
class _Identity:
    """What an Engine says of itself, and until when, on the loop's clock, that is taken as known."""

    view: EngineView
    until: float


class Unit(Protocol):
    """What is known of docker.service (`host.engine_unit.EngineUnit`)."""

    @property
    def state(self) -> str | None:
        """systemd's word for it, None where nobody can tell."""
        ...

    @property
    def leaving(self) -> bool:
        """Whether the Engine must not be asked now."""
        ...

    @property
    def since(self) -> datetime | None:
        """When this Engine was started."""
        ...


class Standing:
    """One for all who ask, so that there is one opinion. Without a `unit` nobody tells when the Engine stops or started."""

    def __init__(self, docker: DockerApi, unit: Unit | None = None) -> None:
        self._docker = docker
        self._unit = unit
        self._identity: _Identity | None = None
        self._view = EngineView(why="the Docker Engine has not been asked yet")
        self._silent_since: float | None = None
        self._unanswered = 0

    @property
    def view(self) -> EngineView:
        """By the last answer, or lack of one; its silence is that of now."""
        return replace(self._view, silent=self._silence())

    async def ask(
        self, question: Callable[[], Awaitable[T]], deadline: float
    ) -> tuple[EngineView, T | None]:
        """The Engine's answer, None if it gives none within `deadline` seconds, and how it stands after that.

        One that is leaving is not asked. Raises nothing of the Engine's: one that cannot be asked is what this is about.
        """
        begun = asyncio.get_running_loop().time()
        if self._unit is not None and self._unit.leaving:
            return self._left(begun, f"docker.service is {self._unit.state}"), None
        try:
            view, answer = await asyncio.wait_for(self._answers(question), deadline)
        except asyncio.TimeoutError:
            return self._unheard(begun), None
        except EngineUnsupported as error:
            self._heard()
            return self._fails(EngineView(status="unsupported", why=error.message)), None
        except EngineUnavailable as error:
            if isinstance(error.__cause__, asyncio.TimeoutError):
                return self._unheard(begun), None
            return self._down(begun, error.message), None
        except EngineRefused as error:
            return self._down(begun, error.message), None
        self._heard()
        self._view = replace(view, since=self._since(), asked=begun)
        return self._view, answer

    async def _answers(self, question: Callable[[], Awaitable[T]]) -> tuple[EngineView, T]:
        return await asyncio.gather(self._identify(), question())

    def _heard(self) -> None:
        self._silent_since, self._unanswered = None, 0

    def _unheard(self, begun: float) -> EngineView:
        """Slow at first: what to do about a hung Engine stops the stack, and is nothing for a busy one."""
        self._silent_since = self._silent_since or begun
        self._unanswered += 1
        silence = self._silence()
        why = f"the Docker Engine has not answered for {silence:.1f} s"
        if silence < HUNG or self._unanswered < HUNG_CALLS:
            view = EngineView(status="unknown", why=f"{why}; it may be busy", since=self._since())
        else:
            view = EngineView(status="hung", why=why, since=self._since())
        return self._fails(view)

    def _down(self, begun: float, why: str) -> EngineView:
        self._silent_since = self._silent_since or begun
        self._unanswered = 0
        return self._fails(EngineView(status="down", why=why))

    def _left(self, begun: float, why: str) -> EngineView:
        self._silent_since = self._silent_since or begun
        self._unanswered = 0
        return self._fails(EngineView(status="down", why=why, leaving=True))

    def _fails(self, view: EngineView) -> EngineView:
        self._identity = None  # what answers next may be another Engine
        root = view.docker_root or self._view.docker_root
        self._view = replace(view, silent=self._silence(), docker_root=root)
        return self._view

    def _since(self) -> datetime | None:
        return self._unit.since if self._unit is not None else None

    def _silence(self) -> float:
        if self._silent_since is None:
            return 0.0
        return asyncio.get_running_loop().time() - self._silent_since

    async def _identify(self) -> EngineView:
        now = asyncio.get_running_loop().time()
        if self._identity is not None and now < self._identity.until:
            return self._identity.view
        version, info = await asyncio.gather(self._docker.version(), self._docker.object("/info"))
        flavour = unsupported(info, version)
        root = info.get("DockerRootDir")
        view = EngineView(
            answers=True,
            status="ok" if flavour is None else "unsupported",
            why=f"the Engine is {flavour}, which is not supported" if flavour else None,
            version=str(version.get("Version")),
            docker_root=root if isinstance(root, str) else None,
        )
        self._identity = _Identity(view, now + IDENTITY_AGE)
        return view
