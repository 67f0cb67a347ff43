"""What the monitor knows of services: all is well, but for what a test changes."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from tarsd.catalogue.check import Finding, Status, World
from tarsd.catalogue.services import CHECKS, FAULTS
from tarsd.catalogue.views import Answers, Exit, ServiceView
from tarsd.engine.runner import run
from tarsd.errors import Why
from tarsd.host.docker_api import DockerApi
from tarsd.host.generations import Service
from tarsd.host.images import Image, Images
from tarsd.host.mounts import Mount
from tarsd.operations.worlds import Senses
from tarsd.paths import Paths
from tests.unit.fake_compose import FakeCompose
from tests.unit.fake_engine import FakeEngine
from tests.unit.observe.containers import CONTAINER, ENDED, STARTED
from tests.unit.worlds import Surroundings


class EveryImage(Images):
    """All of them are on the machine."""

    async def find(self, reference: str) -> Image | None:
        return Image(reference, None)


NOWHERE = Path("/nowhere")
NOW = datetime(2026, 11, 22, 3, 5, tzinfo=timezone.utc)
PASSES = Answers(ready=True, passed=True, latency=0.001, at=STARTED, level="ready")
DAY = 86_400.0

FAULT_IDS = {check.id for check in FAULTS}


def service(name: str = "redis", **facts: Any) -> Service:
    """One whose labels give it a minute to start."""
    made = Service(name, f"{name}:8", "cache", True, frozenset(), 30, 60, image_id="sha256:1d")
    return replace(made, **facts)


def view(name: str = "redis", /, **facts: Any) -> ServiceView:
    """A service that has answered for a day. Facts of its container begin with `container_`, of its service with `service_`.

    `container=None`: it has none.
    """
    own, of_container, of_service = _sorted(facts)
    container = replace(CONTAINER, service=name, **of_container)
    made = ServiceView(service(name, **of_service), container, "running", PASSES, age=DAY)
    return replace(made, **own)


def _sorted(facts: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    own: dict[str, Any] = {}
    parts: dict[str, dict[str, Any]] = {"container_": {}, "service_": {}}
    for key, value in facts.items():
        for begin, part in parts.items():
            if key.startswith(begin):
                part[key.removeprefix(begin)] = value
                break
        else:
            own[key] = value
    return own, parts["container_"], parts["service_"]


def fails(why: Why, failures: int = 2, *, passed: bool = True, **more: Any) -> Answers:
    """What its probe has said last."""
    known = Answers(ready=False, failures=failures, why=why, reason=f"it says {why}", passed=passed)
    return replace(known, **more)


def ends(*ago: float, code: int = 1, oom: bool = False) -> tuple[Exit, ...]:
    """Ends of its container, so many seconds before the one that inspect shows."""
    return tuple(Exit(ENDED - timedelta(seconds=it), code, oom) for it in ago)


def world(
    *views: ServiceView,
    mount: Callable[[str], Mount | None] = lambda _: None,
    **settings: Any,
) -> World:
    """One with these services, on a machine that nobody asks."""
    jobs = FakeCompose(FakeEngine(NOWHERE), {})
    paths = Paths(NOWHERE, NOWHERE, NOWHERE / "state", NOWHERE)
    around = Surroundings(DockerApi("/nowhere"), jobs, paths, NOWHERE, Senses(mount=mount), NOWHERE)
    return replace(around.world(**settings), services=views, images=EveryImage(around.docker))


async def findings(seen: World | ServiceView, **settings: Any) -> list[Finding]:
    """What all checks of services find."""
    return await run(CHECKS, seen if isinstance(seen, World) else world(seen, **settings))


async def told(seen: World | ServiceView, **settings: Any) -> list[Finding]:
    """Those that tell of something."""
    return [
        it
        for it in await findings(seen, **settings)
        if it.status in (Status.FAIL, Status.WARN, Status.UNKNOWN)
    ]


async def fault(seen: World | ServiceView, **settings: Any) -> Finding:
    """The one thing that is told, and no other fault passes beside it."""
    (found,) = await told(seen, **settings)
    others = [it for it in await findings(seen, **settings) if it.id in FAULT_IDS - {found.id}]
    if found.id in FAULT_IDS:
        assert all(it.status is Status.SKIP for it in others), others
        assert all(it.summary.startswith("waits for ") for it in others)
    return found


async def settling(seen: ServiceView) -> str:
    """Why nothing is said yet: neither that there is a fault nor that there is none."""
    found = [it for it in await findings(seen) if it.id in FAULT_IDS]
    assert {it.status for it in found} <= {Status.SKIP, Status.UNKNOWN}, found
    (why,) = {it.summary for it in found}
    return why
