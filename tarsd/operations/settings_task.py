"""The installer's answers, kept as a file of settings of their own so that a re-run without flags means the same."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

from tarsd.catalogue.check import Finding, Status
from tarsd.changes.model import Step
from tarsd.errors import ConfigInvalid
from tarsd.host.blocking import whole
from tarsd.host.files import make_directory, write_atomic, write_changed
from tarsd.operations.answers import FILE, Answers, answered, holds_more, written
from tarsd.paths import Paths


class SettingsTask:
    """Writes `conf.d/50-install.toml`; undo puts back what was there."""

    kind = "settings"
    version = 1

    def __init__(self, paths: Paths, reload: Callable[[], None]) -> None:
        self._paths = paths
        self._file = paths.conf_d / FILE
        self._reload = reload

    async def do(self, step: Step) -> Mapping[str, Any] | None:
        """Args: the answers; None keeps what the file says. Raises ConfigInvalid.

        What somebody has written into the file by hand is kept beside it, and told as a warning.
        """
        memo = step.task.memo
        if "before" not in memo:
            memo["before"] = written(self._paths)
            await step.remember()
        await whole(make_directory, self._file.parent, 0o755)
        before: str | None = memo["before"]
        content = answered(self._paths, Answers.of(step.task.args), before).content
        if before is not None and holds_more(before) and "kept" not in memo:
            memo["kept"] = str(await whole(_keep_beside, self._file, _raw(before)))
            await step.remember()
        if content != written(self._paths):
            await whole(write_atomic, self._file, content, 0o644)
        self._reload()
        if "kept" not in memo:
            return None
        earlier = (step.change.result or {}).get("warnings", [])
        return {"warnings": [*earlier, _by_hand(self._file, memo["kept"]).as_json()]}

    async def undo(self, step: Step) -> None:
        """Put the old file back, or remove ours."""
        memo = step.task.memo
        if "before" not in memo:
            return
        before: str | None = memo["before"]
        if before is None:
            self._file.unlink(missing_ok=True)
        elif before != written(self._paths):
            await whole(write_atomic, self._file, _raw(before), 0o644)
        if "kept" in memo:  # the same stands in its place again
            await whole(Path(memo["kept"]).unlink, missing_ok=True)
        with suppress(ConfigInvalid):  # as it was before: the last good settings stay in force
            self._reload()


def _raw(text: str) -> bytes:
    """As it was on disk."""
    return text.encode(errors="surrogateescape")


def _keep_beside(file: Path, content: bytes) -> Path:
    """Where it is kept: no file of settings, and none that is there already with something else in it."""
    places = (file.with_name(f"{file.name}.by-hand-{number}") for number in count(1))
    place = next(it for it in places if not it.exists() or it.read_bytes() == content)
    write_changed(place, content, 0o644)
    return place


def _by_hand(file: Path, kept: str) -> Finding:
    words = (
        f"what was written by hand into {file} is in force no longer; that file is kept as {kept}"
    )
    fix = f"take it over into a file of a later name: sudoedit {file.with_name('90-mine.toml')}"
    return Finding("settings.by-hand", file.name, Status.WARN, words, fix)
