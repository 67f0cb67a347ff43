"""/v1/config"""

from collections.abc import Callable
from typing import Any

from tarsd import config
from tarsd.api.route import Call
from tarsd.config import Config
from tarsd.errors import ConfigInvalid
from tarsd.paths import Paths


class ConfigHandlers:
    """Settings: what is in force, whether the files are valid, and taking them over."""

    def __init__(
        self, paths: Paths, in_force: Callable[[], Config], reload: Callable[[], None]
    ) -> None:
        self._paths = paths
        self._in_force = in_force
        self._reload = reload

    async def show(self, _: Call) -> dict[str, Any]:
        """Every setting in force with its source."""
        return {"settings": self._in_force().listing()}

    async def check(self, _: Call) -> dict[str, Any]:
        """Validate the files as they are now; nothing is taken over."""
        files = [str(file) for file in config.setting_files(self._paths)]
        try:
            config.load(self._paths)
        except ConfigInvalid as error:
            return {"valid": False, "files": files, "errors": error.details["errors"]}
        return {"valid": True, "files": files, "errors": []}

    async def reload(self, call: Call) -> dict[str, Any]:
        """Take the files over. Raises ConfigInvalid; then the old settings stay in force."""
        self._reload()
        return await self.check(call)
