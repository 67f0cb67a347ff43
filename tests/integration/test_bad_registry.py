"""What a registry can do to an install, with the words that a real Engine has for it."""

import asyncio
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from tarsd.changes.model import Change, ChangeStatus, Step, Task
from tarsd.errors import ImageMissing
from tarsd.host.docker_api import DockerApi
from tarsd.host.images import Images
from tarsd.host.pull_refusals import PullRefused
from tarsd.operations import images_task
from tarsd.operations.images_task import ImagesTask
from tarsd.operations.render import Renderer
from tarsd.paths import Paths
from tests.integration.bad_registry import SIZE, BadRegistry
from tests.integration.home import Home

pytestmark = pytest.mark.timeout(120)

NOT_PROMISED = "what came is not what its registry promised"
FOR_OTHERS = "its registry does not give it to everyone, or has no such image"


@pytest.fixture
def registry() -> Iterator[BadRegistry]:
    made = BadRegistry()
    yield made
    made.close()
    for fault in ("well", "foreign", "foreign-list", "cut-once", "limited-once", "slow"):
        command = ["docker", "rmi", "--force", made.reference(fault)]
        subprocess.run(command, capture_output=True, check=False, timeout=60)


def unseen(done: int, total: int, words: str) -> None:
    """Nobody watches."""


class OneImage:
    """A stack of one service."""

    def __init__(self, reference: str) -> None:
        self._reference = reference
        self.paths = Paths(etc=Path("/nonexistent"))

    async def render(self) -> dict[str, Any]:
        return {"services": {"it": {"image": self._reference}}}


def images_of(docker: DockerApi, reference: str) -> tuple[ImagesTask, Step, list[str | None]]:
    """The task that gets this image, its step, and what it says meanwhile."""
    task = Task(1, "images", 1, "get the images", {"pull": True})
    change = Change("1", "install", "install", ChangeStatus.DOING, frozenset(), "", [task])
    said: list[str | None] = []

    async def remember() -> None:
        """Nothing to remember."""

    step = Step(change, task, lambda: said.append(task.detail), remember)
    return ImagesTask(Images(docker), cast("Renderer", OneImage(reference)), docker), step, said


async def test_one_that_is_well(docker: DockerApi, registry: BadRegistry) -> None:
    task, step, _ = images_of(docker, registry.reference("well"))
    await task.do(step)
    found = await Images(docker).find(registry.reference("well"))
    assert found is not None
    assert found.digest is not None


@pytest.mark.parametrize(
    ("fault", "reason", "lasting"),
    [
        ("wrong-layer", NOT_PROMISED, True),
        ("wrong-config", NOT_PROMISED, True),
        ("unauthorized", FOR_OTHERS, True),
        ("denied", FOR_OTHERS, True),
        ("missing", "its registry has no such image (manifest unknown)", True),
        ("limited", "its registry limits how often it is asked", False),
        ("broken", None, False),
    ],
)
async def test_a_fault_is_known_by_the_engines_own_words(
    docker: DockerApi, registry: BadRegistry, fault: str, reason: str | None, lasting: bool
) -> None:
    reference = registry.reference(fault)
    with pytest.raises(PullRefused) as caught:
        await Images(docker).pull(reference, unseen)
    assert caught.value.message.startswith(f"cannot pull {reference}: ")
    assert reason is None or caught.value.reason == reason, caught.value.reason
    assert caught.value.lasting is lasting
    assert caught.value.fix
    assert await Images(docker).find(reference) is None


@pytest.mark.parametrize("fault", ["foreign", "foreign-list"])
async def test_one_made_for_another_kind_of_machine_is_not_run(
    docker: DockerApi, registry: BadRegistry, fault: str
) -> None:
    """Where there is no list to choose from the Engine takes it without a word, and 20.10 even from a list."""
    task, step, _ = images_of(docker, registry.reference(fault))
    with pytest.raises(ImageMissing, match=r"it is (not made for this kind|made for arm64)"):
        await task.do(step)


async def test_one_that_breaks_off_is_gone_on_with(
    docker: DockerApi, registry: BadRegistry
) -> None:
    reference = registry.reference("cut-once")
    task, step, said = images_of(docker, reference)
    await task.do(step)
    assert f"{reference}: its registry broke off; the Engine tries again" in said
    assert await Images(docker).find(reference) is not None


async def test_one_that_limits_is_asked_again_later(
    docker: DockerApi, registry: BadRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images_task, "PAUSES", (0.5,))
    reference = registry.reference("limited-once")
    task, step, said = images_of(docker, reference)
    await task.do(step)
    assert any("its registry limits how often it is asked; trying again" in str(it) for it in said)
    assert await Images(docker).find(reference) is not None


async def test_one_that_is_slow_is_seen_to_move_and_let_go_at_once(
    docker: DockerApi, registry: BadRegistry
) -> None:
    reference = registry.reference("slow")
    task, step, _ = images_of(docker, reference)
    pulling = asyncio.create_task(task.do(step))
    seen: set[int] = set()
    while len(seen) < 3:
        await asyncio.sleep(0.05)
        assert not pulling.done(), pulling
        seen.add(step.task.done or 0)
    assert step.task.total is not None
    assert max(seen) < SIZE <= step.task.total
    pulling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(pulling, 2)
    assert await Images(docker).find(reference) is None


@pytest.mark.parametrize("fault", ["wrong-layer", "foreign", "unauthorized"])
def test_an_install_that_meets_it_is_undone_with_the_reason(
    running: Home, registry: BadRegistry, fault: str
) -> None:
    reference = registry.reference(fault)
    own = running.paths.override.read_text()
    override = json.loads(own)
    override["services"]["redis"]["image"] = reference
    running.paths.override.write_text(json.dumps(override))
    try:
        change = running.finish(running.begin("/v1/install", skip_nas=True, with_frontend=False))
    finally:
        running.paths.override.write_text(own)
    assert (change["status"], change["error"]["kind"]) == ("undone", "image-missing")
    assert reference in change["error"]["message"]
    assert change["error"]["fix"]
    assert not running.get("/v1/status")["installed"]
    assert running.containers() == {}
    assert running.volumes() == set()
    assert list(running.paths.secrets.glob("*")) == []
