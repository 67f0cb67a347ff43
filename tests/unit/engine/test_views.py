"""What is put together of each service: those of the current generation, whatever else runs and whatever the clock says."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from tarsd.catalogue.views import Answers, EngineView, Exit, ServiceView, Wanted
from tarsd.engine.exits import Exits
from tarsd.engine.snapshot import Snapshot
from tarsd.engine.views import Sources, Views
from tarsd.host.containers import Container
from tarsd.host.engine_events import EngineEvent
from tarsd.host.generations import Generations
from tests.unit.observe.containers import CONTAINER

STARTED = datetime(2026, 11, 22, 3, 0, tzinfo=timezone.utc)


class Scene:
    """A stack of Redis alone; everything else is what a test says."""

    def __init__(self, root: Path) -> None:
        self.generations = Generations(root / "generations")
        self.install()
        self.now = STARTED + timedelta(seconds=30)
        self.exits = Exits(lambda: self.now)
        self.wishes: dict[str, Wanted] = {}
        self.containers: Mapping[str, Container] | None = {"redis": self.container()}
        self.sources = Sources(
            wanted=lambda: self.wishes,
            left_by_engine=lambda _: False,
            answers=lambda _, __: Answers(ready=True, passed=False),
            exits=self.exits,
            busy=lambda _: None,
            held=lambda _: None,
            now=lambda: self.now,
        )
        self.views = Views(self.generations, self.sources)

    def install(self, **labels: str) -> None:
        stack: dict[str, Any] = {"services": {"redis": {"image": "redis:1", "labels": labels}}}
        number = self.generations.add(stack, {"images": {}}).number
        self.generations.make_current(number)

    def container(self, **facts: Any) -> Container:
        return replace(CONTAINER, started=STARTED, **facts)

    async def build(self) -> tuple[ServiceView, ...]:
        engine = EngineView(answers=True, status="ok")
        return await self.views.build(Snapshot(0.0, self.now, engine, self.containers))


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


async def test_a_service_that_nobody_installed_is_none(scene: Scene) -> None:
    """A container with our labels, a wish and an end of a service that the generation does not have."""
    stranger = scene.container(id="ff")
    scene.containers = {"redis": scene.container(), "miner": replace(stranger, service="miner")}
    scene.wishes = {"miner": "running"}
    nanoseconds = int(scene.now.timestamp()) * 10**9
    scene.exits.hear(EngineEvent(nanoseconds, "container", "die", "ff", "miner", 1))
    (view,) = await scene.build()
    assert (view.name, view.exits) == ("redis", ())


@pytest.mark.parametrize(
    "grace", ["", "soon", "-1", "1e9", "60 s", "\u0663\u0660", "60\n", "0x10", "9" * 400]
)
async def test_labels_that_make_no_sense_break_nothing(scene: Scene, grace: str) -> None:
    scene.install(
        **{"tars.start.grace": grace, "tars.stop.hung": grace, "tars.heal": grace,
           "tars.required": grace, "tars.after": grace, "tars.probe.port": grace}
    )  # fmt: skip
    (view,) = await scene.build()
    assert 0 <= view.grace_left <= 86_400
    assert view.service.heal in ("restart", "none")


async def test_a_young_service_has_its_grace(scene: Scene) -> None:
    (view,) = await scene.build()
    assert (view.age, view.grace_left) == (30.0, 30.0)


async def test_a_clock_that_was_put_back_gives_no_grace_of_a_year(scene: Scene) -> None:
    """Its start is in the future by then; a fault of it would be waited for until the clock is there again."""
    scene.now = STARTED - timedelta(days=365)
    (view,) = await scene.build()
    assert (view.age, view.grace_left) == (None, 0.0)


async def test_before_an_install_there_is_none(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    empty = Views(Generations(tmp_path / "none"), scene.sources)
    assert await empty.build(Snapshot(0.0, scene.now, EngineView(), {})) == ()


async def test_an_end_that_no_look_has_shown_yet_counts_already(scene: Scene) -> None:
    nanoseconds = int(scene.now.timestamp()) * 10**9
    scene.exits.hear(EngineEvent(nanoseconds, "container", "die", CONTAINER.id, "redis", 137))
    (view,) = await scene.build()
    assert view.container is not None
    assert (view.container.state, view.answers) == ("restarting", Answers())
    assert view.exits == (Exit(scene.now, 137),)
