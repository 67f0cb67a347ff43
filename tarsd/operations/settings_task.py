"""The installer's answers, kept as a file of settings of their own so that a re-run without flags means the same."""

import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, cast

from tarsd.changes.model import Step
from tarsd.errors import ConfigInvalid
from tarsd.host.blocking import whole
from tarsd.host.files import make_directory, write_atomic
from tarsd.paths import Paths

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILE = "50-install.toml"

HEADER = "# Written by tarsctl install; put your own settings into ../tars-home.toml or a file of a later name.\n"


ANSWERS: Mapping[str, tuple[str, str]] = {
    "skip_nas": ("nas", "enabled"),
    "cpu_only": ("stack", "cpu_only"),
    "with_frontend": ("stack", "frontend"),
}
"""Answer -> the setting it becomes."""

NEGATED = {"skip_nas"}


class SettingsTask:
    """Writes `conf.d/50-install.toml`; undo puts back what was there."""

    kind = "settings"
    version = 1

    def __init__(self, paths: Paths, reload: Callable[[], None]) -> None:
        self._file = paths.conf_d / FILE
        self._reload = reload

    async def do(self, step: Step) -> None:
        """Args: skip_nas, cpu_only, with_frontend; None keeps what the file says. Raises ConfigInvalid."""
        if "before" not in step.task.memo:
            step.task.memo["before"] = self._text()
            await step.remember()
        make_directory(self._file.parent, 0o755)
        before: str | None = step.task.memo["before"]
        content = _content(step.task.args, before)
        if before != content:
            await whole(write_atomic, self._file, content, 0o644)
        self._reload()

    async def undo(self, step: Step) -> None:
        """Put the old file back, or remove ours."""
        if "before" not in step.task.memo:
            return
        before: str | None = step.task.memo["before"]
        if before is None:
            self._file.unlink(missing_ok=True)
        elif before != self._text():
            old = before.encode(errors="surrogateescape")
            await whole(write_atomic, self._file, old, 0o644)
        with suppress(ConfigInvalid):  # as it was before: the last good settings stay in force
            self._reload()

    def _text(self) -> str | None:
        if not self._file.exists():
            return None
        return self._file.read_bytes().decode(errors="surrogateescape")


def _content(answers: Mapping[str, bool | None], before: str | None) -> str:
    told = _read(before or "")
    for name, (table, key) in ANSWERS.items():
        answer = answers[name]
        if answer is not None:
            told.setdefault(table, {})[key] = answer is not (name in NEGATED)
    tables = (
        f"\n[{table}]\n"
        + "".join(f"{key} = {str(told[table][key]).lower()}\n" for key in sorted(told[table]))
        for table in sorted(told)
    )
    return HEADER + "".join(tables)


def _read(text: str) -> dict[str, dict[str, bool]]:
    """Earlier answers; a file broken by hand holds none."""
    try:
        data: dict[str, Any] = tomllib.loads(text)
    except (ValueError, RecursionError):
        return {}
    found: dict[str, dict[str, bool]] = {}
    for table, key in ANSWERS.values():
        rows = data.get(table)
        value = cast("dict[str, Any]", rows).get(key) if isinstance(rows, dict) else None
        if isinstance(value, bool):
            found.setdefault(table, {})[key] = value
    return found
