"""The NAS's settings: a file of their own, which a removal takes away again."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from tarsd.changes.model import Step
from tarsd.errors import ConfigInvalid
from tarsd.host.blocking import whole
from tarsd.host.files import make_directory, sync_directory, write_atomic
from tarsd.paths import Paths
from tarsd.settings import Settings

FILE = "40-nas.toml"

HEADER = "# Written by tarsctl nas setup, which is also how to change it; tarsctl nas remove takes it away.\n"


class NasSettingsTask:
    """Writes `conf.d/40-nas.toml`, or removes it; undo puts back what was there."""

    kind = "nas-settings"
    version = 1

    def __init__(
        self, paths: Paths, reload: Callable[[], None], settings: Callable[[], Settings]
    ) -> None:
        self._file = paths.conf_d / FILE
        self._reload = reload
        self._settings = settings

    async def do(self, step: Step) -> None:
        """Args: share, path; None removes. Raises ConfigInvalid."""
        if "before" not in step.task.memo:
            step.task.memo["before"] = self._text()
            await step.remember()
        share: Mapping[str, Any] | None = step.task.args["share"]
        text = None if share is None else _content(share, step.task.args["path"])
        await whole(self._put, text)
        self._reload()
        if share is not None:
            self._insist(share, step.task.args["path"])

    async def undo(self, step: Step) -> None:
        """Put the old file back, or remove ours."""
        if "before" in step.task.memo:
            await whole(self._put, step.task.memo["before"])
            with suppress(ConfigInvalid):  # as it was before: the last good settings stay in force
                self._reload()

    def _insist(self, share: Mapping[str, Any], path: str) -> None:
        """A file of a later name may say otherwise; then containers would be given another directory."""
        nas = self._settings().nas
        if (nas.path, nas.source) != (path, share["source"]):
            raise ConfigInvalid(
                f"cannot use {path} for the NAS: another file of settings, read after {self._file}, sets nas.path or "
                "nas.source",
                fix="tarsctl config show | grep nas, and take these lines out of that file",
                details={"errors": []},
            )

    def _put(self, content: str | None) -> None:
        if content == self._text():
            return
        if content is None:
            self._file.unlink()
            sync_directory(self._file.parent)
        else:
            make_directory(self._file.parent, 0o755)
            write_atomic(self._file, content.encode(errors="surrogateescape"), 0o644)

    def _text(self) -> str | None:
        if not self._file.exists():
            return None
        return self._file.read_bytes().decode(errors="surrogateescape")


def _content(share: Mapping[str, Any], path: str) -> str:
    values = {"source": share["source"], "path": path, "version": share["version"]}
    if share["credentials"] is not None:
        values["credentials"] = share["credentials"]
    rows = (f"{key} = {_quoted(value)}\n" for key, value in values.items())
    return f"{HEADER}\n[nas]\n{''.join(rows)}"


def _quoted(value: str) -> str:
    """A TOML string: as JSON's, but for the delete character (toml.io, 1.0.0, String)."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
