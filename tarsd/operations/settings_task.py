"""The installer's answers, kept as a file of settings of their own so that a re-run without flags means the same."""

from collections.abc import Callable
from typing import Any

from tarsd.changes.model import Step
from tarsd.host.files import make_directory, write_atomic
from tarsd.paths import Paths

FILE = "50-install.toml"

HEADER = "# Written by tarsctl install; put your own settings into ../tars-home.toml or a file of a later name.\n"


class SettingsTask:
    """Writes `conf.d/50-install.toml`; undo puts back what was there."""

    kind = "settings"
    version = 1

    def __init__(self, paths: Paths, reload: Callable[[], None]) -> None:
        self._file = paths.conf_d / FILE
        self._reload = reload

    async def do(self, step: Step) -> None:
        """Args: cpu_only, with_frontend. Raises ConfigInvalid, OSError as the disk says."""
        if "before" not in step.task.memo:
            step.task.memo["before"] = self._file.read_text() if self._file.exists() else None
            await step.remember()
        make_directory(self._file.parent, 0o755)
        content = _content(step.task.args)
        if step.task.memo["before"] != content:
            write_atomic(self._file, content, 0o644)
        self._reload()

    async def undo(self, step: Step) -> None:
        """Put the old file back, or remove ours."""
        if "before" not in step.task.memo:
            return
        before = step.task.memo["before"]
        if before is None:
            self._file.unlink(missing_ok=True)
        else:
            write_atomic(self._file, before, 0o644)
        self._reload()


def _content(args: dict[str, Any]) -> str:
    rows = {"cpu_only": args["cpu_only"], "frontend": args["with_frontend"]}
    lines = "".join(f"{key} = {str(value).lower()}\n" for key, value in rows.items())
    return f"{HEADER}\n[stack]\n{lines}"
