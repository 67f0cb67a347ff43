"""/v1/config"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from tarsd import config
from tarsd.api.route import Call
from tarsd.catalogue.stack import compose_warnings
from tarsd.config import Config
from tarsd.errors import ConfigInvalid, StackInvalid, TarsError
from tarsd.host.compose import Resolved
from tarsd.paths import Paths
from tarsd.setting_errors import SettingError
from tarsd.settings import Settings

RENDER_DEADLINE = 1.5
"""Seconds for Compose to read the owner's override: tarsctl gives the daemon 2 s to its first byte."""


class ConfigHandlers:
    """Settings: what is in force, whether the files are valid, and taking them over."""

    def __init__(
        self,
        paths: Paths,
        in_force: Callable[[], Config],
        reload: Callable[[], None],
        render: Callable[[Settings], Awaitable[Resolved]],
    ) -> None:
        self._paths = paths
        self._in_force = in_force
        self._reload = reload
        self._render = render
        self._rendering: asyncio.Future[Resolved] | None = None

    async def show(self, _: Call) -> dict[str, Any]:
        """Every setting in force with its source."""
        return {"settings": self._in_force().listing()}

    async def check(self, _: Call) -> dict[str, Any]:
        """Validate the files as they are now, the owner's override with them; nothing is taken over."""
        try:
            loaded = config.load(self._paths)
        except ConfigInvalid as error:
            return {**self._valid(), "valid": False, "errors": error.details["errors"]}
        if not self._paths.override.exists():
            return self._valid()
        found = self._valid()
        return {
            **found,
            "files": [*found["files"], str(self._paths.override)],
            **await self._check_override(loaded.settings),
        }

    async def reload(self, _: Call) -> dict[str, Any]:
        """Take the files of settings over. Raises ConfigInvalid; then the old settings stay in force."""
        self._reload()
        return self._valid()

    def _valid(self) -> dict[str, Any]:
        files = [str(file) for file in config.setting_files(self._paths)]
        return {"valid": True, "files": files, "errors": [], "warnings": [], "unchecked": None}

    async def _check_override(self, settings: Settings) -> dict[str, Any]:
        """What Compose finds wrong or odd with the stack as it would be, or why it could not be asked."""
        path = str(self._paths.override)
        if self._rendering is not None and not self._rendering.done():
            return {"unchecked": f"{path}: Compose is still busy with the check before this one"}
        self._rendering = rendering = asyncio.ensure_future(self._render(settings))
        rendering.add_done_callback(_heard)
        # Not wait_for: a job that is cancelled takes its time to end, and the answer must not.
        await asyncio.wait({rendering}, timeout=RENDER_DEADLINE)
        if not rendering.done():
            return {"unchecked": f"{path}: Compose gives no answer within {RENDER_DEADLINE} s"}
        try:
            told = compose_warnings(rendering.result().warnings)
        except StackInvalid as error:
            reason = error.message.removeprefix("cannot render the stack: ")
            refusal = SettingError(path, None, None, f"is refused: {reason}")
            return {"valid": False, "errors": [asdict(refusal)]}
        except TarsError as error:
            return {"unchecked": f"{path}: {error.message}"}
        return {"warnings": [finding.as_json() for finding in told]}


def _heard(rendering: asyncio.Future[Resolved]) -> None:
    """Take note of an error that came too late for its answer, or the loop would call it lost."""
    if not rendering.cancelled():
        rendering.exception()
