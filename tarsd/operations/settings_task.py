"""The installer's answers, kept as a file of settings of their own so that a re-run without flags means the same."""

from collections.abc import Callable
from contextlib import suppress

from tarsd.changes.model import Step
from tarsd.errors import ConfigInvalid
from tarsd.host.blocking import whole
from tarsd.host.files import make_directory, write_atomic
from tarsd.operations.answers import FILE, Answers, answered, written
from tarsd.paths import Paths


class SettingsTask:
    """Writes `conf.d/50-install.toml`; undo puts back what was there."""

    kind = "settings"
    version = 1

    def __init__(self, paths: Paths, reload: Callable[[], None]) -> None:
        self._paths = paths
        self._file = paths.conf_d / FILE
        self._reload = reload

    async def do(self, step: Step) -> None:
        """Args: the answers; None keeps what the file says. Raises ConfigInvalid."""
        if "before" not in step.task.memo:
            step.task.memo["before"] = written(self._paths)
            await step.remember()
        make_directory(self._file.parent, 0o755)
        before: str | None = step.task.memo["before"]
        content = answered(self._paths, Answers.of(step.task.args), before).content
        if content != written(self._paths):
            await whole(write_atomic, self._file, content, 0o644)
        self._reload()

    async def undo(self, step: Step) -> None:
        """Put the old file back, or remove ours."""
        if "before" not in step.task.memo:
            return
        before: str | None = step.task.memo["before"]
        if before is None:
            self._file.unlink(missing_ok=True)
        elif before != written(self._paths):
            old = before.encode(errors="surrogateescape")
            await whole(write_atomic, self._file, old, 0o644)
        with suppress(ConfigInvalid):  # as it was before: the last good settings stay in force
            self._reload()
