"""/v1/install, /v1/uninstall, /v1/services, /v1/images"""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import Field

from tarsd.api.route import Body, Call, Query
from tarsd.catalogue.docker import SUPPORTED, unsupported
from tarsd.changes.locks import STACK
from tarsd.changes.model import Change
from tarsd.changes.runner import Changes
from tarsd.errors import EngineUnavailable, EngineUnsupported, UnknownService, WrongMachine
from tarsd.host.containers import Containers
from tarsd.host.docker_api import RESTART, DockerApi
from tarsd.host.generations import Generations
from tarsd.host.images import Images
from tarsd.operations import install, lifecycle, uninstall
from tarsd.operations.apply import current
from tarsd.settings import ImageReference, ModelName, OpsMode

ENGINE_DEADLINE = 1.3
"""Seconds: tarsctl gives the daemon 2 s to its first byte."""


class AnswersBody(Body):
    """What `tarsctl install` was given; None leaves what an earlier install was told, or the default.

    An empty `backend_image` takes the backend back; models are added to those kept, or taken from them.
    """

    skip_nas: bool | None = None
    cpu_only: bool | None = None
    with_frontend: bool | None = None
    backend_image: ImageReference | None = None
    models: list[ModelName] = Field(default_factory=list[str])
    without_models: list[ModelName] = Field(default_factory=list[str])
    ops: OpsMode | None = None
    pull: bool = True


class InstallBody(AnswersBody):
    """`loaded` is false where the plan was NO-GO and the archive stayed where it was: then the install ends with NO-GO,
    whatever is here."""

    loaded: bool = True


class UninstallBody(Body):
    """`purge_data` needs the machine's own name in `machine`."""

    purge_data: bool = False
    machine: str | None = None


class ServicesBody(Body):
    """No service named means all."""

    action: Literal["start", "stop", "restart"]
    services: list[str] = Field(default_factory=list[str])


class LogsQuery(Query):
    """The last `lines` lines, then, with `follow`, what comes."""

    lines: Annotated[int, Field(ge=0, le=100_000)] = 100
    follow: bool = False


class StackHandlers:
    """The stack as a whole and its services."""

    def __init__(
        self,
        changes: Changes,
        images: Images,
        containers: Containers,
        generations: Generations,
        docker: DockerApi,
    ) -> None:
        self._docker = docker
        self._changes = changes
        self._images = images
        self._containers = containers
        self._generations = generations

    async def load_images(self, call: Call) -> dict[str, Any]:
        """Hand an archive on to the Engine as it comes in; nothing of it is kept in memory or on disk here.

        Raises EngineUnsupported before the first byte where the stack could not run on this Engine.
        """
        version, info = await self._docker.version(), await self._docker.object("/info")
        flavour = unsupported(info, version)
        if flavour is not None:
            raise EngineUnsupported(f"cannot load images: the Engine is {flavour}", fix=SUPPORTED)

        async def pieces() -> AsyncIterator[bytes]:
            async for piece in call.request.content.iter_chunked(256 * 1024):
                yield piece

        return {"loaded": await self._images.load(pieces())}

    async def install(self, call: Call) -> Change:
        """Begin an install."""
        body: InstallBody = call.body
        answers = body.model_dump(exclude={"pull", "loaded"})
        plan = install.plan(answers, pull=body.pull, loaded=body.loaded)
        return await self._changes.begin("install", "install the stack", {STACK}, plan)

    async def uninstall(self, call: Call) -> Change:
        """Begin an uninstall. Raises WrongMachine, NotInstalled."""
        body: UninstallBody = call.body
        installed = self._generations.current_number() is not None
        if not (installed or body.purge_data):
            current(self._generations)
        if body.purge_data and body.machine != socket.gethostname():
            raise WrongMachine(
                f"cannot remove the data: this machine is {socket.gethostname()!r}, not {body.machine!r}",
                fix=f"sudo tarsctl uninstall --purge-data --machine {socket.gethostname()}",
            )
        summary = "uninstall the stack" + (" and its data" if body.purge_data else "")
        return await self._changes.begin(
            "uninstall", summary, {STACK}, uninstall.plan(installed, body.purge_data)
        )

    async def services(self, call: Call) -> Change:
        """Begin a start, stop or restart. Raises NotInstalled, UnknownService."""
        body: ServicesBody = call.body
        names = lifecycle.chosen(current(self._generations), body.services)
        summary = f"{body.action} {', '.join(names)}"
        return await self._changes.begin(
            body.action, summary, names, lifecycle.plan(body.action, names)
        )

    async def logs(self, call: Call) -> web.StreamResponse:
        """Stream one service's log. Raises NotInstalled, UnknownService."""
        name = call.path["name"]
        lifecycle.chosen(current(self._generations), [name])
        try:
            seen = await asyncio.wait_for(self._containers.all(), ENGINE_DEADLINE)
        except asyncio.TimeoutError as error:
            raise EngineUnavailable(
                f"cannot show the log of {name}: the Docker Engine does not answer", fix=RESTART
            ) from error
        found = [it for it in seen if it.service == name]
        if not found:
            raise UnknownService(
                f"cannot show the log of {name}: it has no container", fix=f"tarsctl start {name}"
            )
        query: LogsQuery = call.query
        response = web.StreamResponse(headers={"Content-Type": "text/plain; charset=utf-8"})
        await response.prepare(call.request)
        async for chunk in self._containers.logs(found[0], query.lines, query.follow):
            await response.write(chunk)
        await response.write_eof()
        return response
