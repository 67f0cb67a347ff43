"""The rendered stack, pinned to the images that are here, becomes the current generation."""

from collections.abc import Mapping
from typing import Any

from tarsd.changes.model import Step
from tarsd.errors import ImageMissing
from tarsd.host.blocking import whole
from tarsd.host.generations import Generations
from tarsd.host.images import Image, Images
from tarsd.operations import one_stack
from tarsd.operations.render import Renderer, pin, references
from tarsd.paths import Paths


class GenerationTask:
    """Adds a generation and makes it current; undo goes back to the one before."""

    kind = "generation"
    version = 1

    def __init__(
        self, generations: Generations, images: Images, renderer: Renderer, paths: Paths
    ) -> None:
        self._generations = generations
        self._images = images
        self._renderer = renderer
        self._secrets = paths.secrets

    async def do(self, step: Step) -> Mapping[str, Any]:
        """Result: `generation`, and `before`, the one it takes the place of. Raises StackInvalid, ImageMissing."""
        memo = step.task.memo
        if "before" not in memo:
            memo["before"] = self._generations.current_number()
            await step.remember()
        stack = await self._renderer.render()
        await one_stack.require_same(step, stack, self._renderer.paths.override)
        found = {
            service: await self._image(reference)
            for service, reference in references(stack).items()
        }
        generation = await whole(self._generations.add, *pin(stack, found, self._secrets))
        memo["added"] = generation.number
        await step.remember()
        await whole(self._generations.make_current, generation.number)
        return {"generation": generation.number, "before": memo["before"]}

    async def undo(self, step: Step) -> None:
        """Make the one before current again and drop the one that was added."""
        memo = step.task.memo
        if "added" not in memo or memo["added"] == memo["before"]:
            return
        await whole(self._generations.make_current, memo["before"])
        await whole(self._generations.drop, memo["added"])

    async def _image(self, reference: str) -> Image:
        image = await self._images.find(reference)
        if image is None:
            raise ImageMissing(
                f"cannot find {reference}: it was removed while the stack was rendered",
                fix="sudo tarsctl install",
            )
        return image
