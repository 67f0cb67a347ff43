"""What an install was told, and the settings as they are with it: nothing is written here.

The preflight, the plan of a dry run and the task that writes the file all take the settings from here.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from tarsd import config
from tarsd.config import Config
from tarsd.paths import Paths
from tarsd.settings import Settings

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILE = "50-install.toml"

HEADER = "# Written by tarsctl install; put your own settings into ../tars-home.toml or a file of a later name.\n"

Value = bool | str | list[str]
Tables = dict[str, dict[str, Value]]

KEYS: Mapping[str, tuple[str, str]] = {
    "skip_nas": ("nas", "enabled"),
    "cpu_only": ("stack", "cpu_only"),
    "with_frontend": ("stack", "frontend"),
    "backend_image": ("stack", "backend_image"),
    "models": ("models", "keep"),
    "ops": ("ops", "mode"),
}
"""Answer -> the setting it becomes."""


@dataclass(frozen=True)
class Answers:
    """None, and no model, leave what an earlier install was told; an empty backend_image takes the backend back.

    Models are added to those that are kept already, or taken from them.
    """

    skip_nas: bool | None = None
    cpu_only: bool | None = None
    with_frontend: bool | None = None
    backend_image: str | None = None
    models: Sequence[str] = ()
    without_models: Sequence[str] = ()
    ops: str | None = None

    @classmethod
    def of(cls, args: Mapping[str, Any]) -> "Answers":
        """From a task's arguments; one that an older version planned lacks the newer ones."""
        return cls(**{name: args[name] for name in cls.__dataclass_fields__ if name in args})

    def values(self, kept: Sequence[str]) -> dict[tuple[str, str], Value]:
        """The settings that are answered, by table and key; `kept` are the models up to now."""
        found: dict[tuple[str, str], Value] = {}
        for name in ("cpu_only", "with_frontend", "backend_image", "ops"):
            value: Value | None = getattr(self, name)
            if value is not None:
                found[KEYS[name]] = value
        if self.skip_nas is not None:
            found[KEYS["skip_nas"]] = not self.skip_nas
        if self.models or self.without_models:
            named = dict.fromkeys([*kept, *self.models])
            found[KEYS["models"]] = [it for it in named if it not in self.without_models]
        return found


@dataclass(frozen=True)
class Answered:
    """`content` is for the installer's file, `config` what it makes of all files together.

    `overruled` tells of answers that a file of a later name takes back.
    """

    content: str
    config: Config
    overruled: tuple[str, ...]

    @property
    def settings(self) -> Settings:
        """With the answers in them."""
        return self.config.settings

    def undecided(self, name: str) -> bool:
        """Whether no file says anything about what this answer decides."""
        return KEYS[name] not in self.config.places


def written(paths: Paths) -> str | None:
    """The installer's file as it is; None where there is none."""
    file = paths.conf_d / FILE
    return file.read_bytes().decode(errors="surrogateescape") if file.exists() else None


def answered(paths: Paths, answers: Answers, before: str | None) -> Answered:
    """With `before` in place of the installer's file on disk: a task that is run again starts where it first did.

    Raises ConfigInvalid for faults in the owner's files; what was broken by hand in the installer's own is dropped.
    """
    file = paths.conf_d / FILE
    tables = _read(before or "")
    now = config.load(paths, (file, _text(tables)))
    values = answers.values(now.settings.models.keep)
    for (table, key), value in values.items():
        tables.setdefault(table, {})[key] = value
    content = _text(tables)
    then = config.load(paths, (file, content))
    return Answered(content, then, _overruled(values, then, file))


def holds_more(before: str) -> bool:
    """Whether the installer's file holds what is no answer of an install, and would not be written again."""
    try:
        return tomllib.loads(before) != _read(before)
    except (ValueError, RecursionError):
        return True


def _overruled(
    values: Mapping[tuple[str, str], Value], then: Config, file: Path
) -> tuple[str, ...]:
    found: list[str] = []
    for (table, key), value in values.items():
        stays: object = then.settings.model_dump(mode="json")[table][key]
        place = then.places.get((table, key))
        if stays != value and place is not None and place.file != file:
            found.append(
                f"{table}.{key} stays {json.dumps(stays)}: {place} says so, and is read after the answers"
            )
    return tuple(found)


def _text(tables: Tables) -> str:
    # What JSON writes for a boolean, a string or a list of strings is TOML as well.
    rows = (
        f"\n[{table}]\n"
        + "".join(f"{key} = {json.dumps(tables[table][key])}\n" for key in sorted(tables[table]))
        for table in sorted(tables)
    )
    return HEADER + "".join(rows)


def _read(text: str) -> Tables:
    """Earlier answers, each as far as it is one."""
    try:
        data: dict[str, Any] = tomllib.loads(text)
    except (ValueError, RecursionError):
        return {}
    found: Tables = {}
    for table, key in KEYS.values():
        rows = data.get(table)
        if not isinstance(rows, dict) or key not in rows:
            continue
        value: Any = cast("dict[str, Any]", rows)[key]
        try:
            Settings.model_validate({table: {key: value}})
        except ValidationError:
            continue
        found.setdefault(table, {})[key] = value
    return found
