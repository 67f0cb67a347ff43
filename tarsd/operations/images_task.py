"""Every image the stack names, on this machine before anything is created."""

import asyncio
from collections.abc import Mapping

from tarsd.changes.model import Step
from tarsd.errors import ImageMissing
from tarsd.host.docker_api import DockerApi
from tarsd.host.images import Image, Images
from tarsd.host.pull_refusals import PullRefused
from tarsd.operations import one_stack
from tarsd.operations.engine_wait import patiently
from tarsd.operations.render import Renderer, references

PATIENCE = 600.0
"""Seconds without a byte after which a registry is given up; the Engine itself tries for about one minute each time."""

ATTEMPTS = 20
"""Per image: a registry that gives a little and breaks off each time would otherwise go on for ever."""

PAUSES = (5.0, 15.0, 30.0, 60.0)
"""Seconds between attempts; the last for all that follow."""


class ImagesTask:
    """Pulls what is missing; what was pulled stays, whatever becomes of the change."""

    kind = "images"
    version = 1

    def __init__(self, images: Images, renderer: Renderer, docker: DockerApi) -> None:
        self._images = images
        self._renderer = renderer
        self._docker = docker

    async def do(self, step: Step) -> None:
        """Args: pull (False: the images must be here already), loaded (False: they were not brought, for the machine was
        not ready). Raises ImageMissing, StackInvalid, EngineUnavailable after minutes without it."""
        await patiently(lambda: self._do(step), step)

    async def _do(self, step: Step) -> None:
        if not step.task.args.get("loaded", True):
            raise ImageMissing(
                f"cannot {step.change.summary}: the archive was not loaded, for the machine was not ready; now it is",
                fix="sudo tarsctl install --image-archive FILE",
            )
        stack = await self._renderer.render()
        await one_stack.remember(step, stack, self._renderer.paths.override)
        wanted = sorted(set(references(stack).values()))
        found = {name: await self._images.find(name) for name in wanted}
        missing = [name for name, image in found.items() if image is None]
        if missing and not step.task.args["pull"]:
            raise ImageMissing(
                f"cannot find {', '.join(missing)} on this machine: not in the archive",
                fix="make the archive again with all of: " + " ".join(wanted),
            )
        for name in missing:
            await self._pull(name, step)
            found[name] = await self._images.find(name)
        await self._require_architecture(found)

    async def undo(self, step: Step) -> None:
        """Images stay: they are not the stack's alone, and cost a download."""

    async def _pull(self, name: str, step: Step) -> None:
        """Pull, again and again while a registry or the network has a bad time and PATIENCE lasts."""
        loop = asyncio.get_running_loop()
        moved = loop.time()

        def show(done: int, total: int, words: str) -> None:
            nonlocal moved
            if done > (step.task.done or 0):
                moved = loop.time()
            step.progress(done, total, "bytes", words)

        attempt = 0
        while True:
            step.task.done = 0
            try:
                await self._images.pull(name, show)
                return
            except PullRefused as error:
                pause = PAUSES[min(attempt, len(PAUSES) - 1)]
                attempt += 1
                if error.lasting or attempt == ATTEMPTS or loop.time() - moved > PATIENCE:
                    raise
                step.say(f"{name}: {error.reason}; trying again in {pause:.0f} s")
            await asyncio.sleep(pause)

    async def _require_architecture(self, found: Mapping[str, Image | None]) -> None:
        """An archive made on another kind of machine loads without a word, and its programs cannot be run."""
        machine = str((await self._docker.version()).get("Arch") or "")
        for name, image in found.items():
            if image and machine and image.architecture not in ("", machine):
                raise ImageMissing(
                    f"cannot use {name}: it is made for {image.architecture}, this machine is {machine}",
                    fix=f"sudo docker rmi {name}, then sudo tarsctl install; or make the archive on {machine}",
                )
