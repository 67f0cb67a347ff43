"""Every image the stack names, on this machine before anything is created."""

from tarsd.changes.model import Step
from tarsd.errors import ImageMissing
from tarsd.host.images import Images
from tarsd.operations.render import Renderer, references


class ImagesTask:
    """Pulls what is missing; what was pulled stays, whatever becomes of the change."""

    kind = "images"
    version = 1

    def __init__(self, images: Images, renderer: Renderer) -> None:
        self._images = images
        self._renderer = renderer

    async def do(self, step: Step) -> None:
        """Args: pull (False: the images must be here already). Raises ImageMissing, StackInvalid."""
        wanted = sorted(set(references(await self._renderer.render()).values()))
        missing = [name for name in wanted if await self._images.find(name) is None]
        if missing and not step.task.args["pull"]:
            raise ImageMissing(
                f"cannot find {', '.join(missing)} on this machine: not in the archive",
                fix="make the archive again with all of: " + " ".join(wanted),
            )
        for name in missing:
            await self._images.pull(
                name, lambda done, total, what: step.progress(done, total, "bytes", what)
            )

    async def undo(self, step: Step) -> None:
        """Images stay: they are not the stack's alone, and cost a download."""
