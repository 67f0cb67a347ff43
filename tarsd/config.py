"""Settings read in layers (defaults, tars-home.toml, conf.d in order of name), each error with its file, line and key."""

import json
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from tarsd.errors import ConfigInvalid
from tarsd.paths import Paths
from tarsd.setting_errors import Place, SettingError, explain
from tarsd.settings import Settings
from tarsd.toml_lines import Key, first_repeat, key_lines, leaves

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


_REPEATED = re.compile("overwrite|twice|mutate|uplicate")
"""What tomllib says of a key or table that stands twice."""


@dataclass(frozen=True)
class Config:
    """Valid settings, the files they came from, and the place of every key that is not a default."""

    settings: Settings
    files: tuple[Path, ...]
    places: Mapping[Key, Place]

    def listing(self) -> dict[str, dict[str, object]]:
        """Every setting by dotted key: its value and its source (`FILE:LINE` or `default`)."""
        found: dict[str, dict[str, object]] = {}
        for section, content in self.settings.model_dump().items():
            for name, value in content.items():
                place = self.places.get((section, name))
                found[f"{section}.{name}"] = {
                    "value": value,
                    "source": str(place) if place else "default",
                }
        return found


def setting_files(paths: Paths) -> tuple[Path, ...]:
    """The files that exist, in the order in which they apply: later ones win."""
    own = [paths.settings] if paths.settings.exists() else []
    return (*own, *sorted(paths.conf_d.glob("*.toml")))


def load(paths: Paths, instead: tuple[Path, str] | None = None) -> Config:
    """Read and validate all files; with `instead`, as they would be if that file of conf.d held that text.

    Raises ConfigInvalid whose details["errors"] names every fault in every file, not only the first.
    """
    files = setting_files(paths)
    if instead is not None:
        own = [file for file in files if file == paths.settings]
        files = (*own, *sorted({*files, instead[0]} - {paths.settings}))
    merged: dict[str, Any] = {}
    places: dict[Key, Place] = {}
    errors: list[SettingError] = []
    for file in files:
        try:
            given = instead[1].encode() if instead is not None and file == instead[0] else None
            text, data = _parse(file, given)
        except _Unreadable as error:
            errors.append(error.error)
            continue
        lines = key_lines(text)
        places |= {key: Place(file, line) for key, line in lines.items()}
        for key, value in leaves(data):
            _put(merged, key, value)
    try:
        settings = Settings.model_validate(merged)
    except ValidationError as error:
        errors.extend(explain(detail, places) for detail in error.errors())
        settings = Settings()
    if errors:
        raise invalid(errors)
    return Config(settings, files, places)


def invalid(errors: Iterable[SettingError]) -> ConfigInvalid:
    """The error that carries `errors`."""
    found = list(errors)
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return ConfigInvalid(
        f"cannot use the settings: {found[0]}{more}",
        fix="tarsctl config check",
        details={"errors": [asdict(error) for error in found]},
    )


def dump_good(config: Config) -> str:
    """The form in which the last good settings are kept for a start with broken files."""
    return json.dumps(config.settings.model_dump(), indent=1)


def load_good(paths: Paths) -> Settings | None:
    """The last settings that validated, or None if there are none that still do."""
    try:
        return Settings.model_validate_json(paths.last_good_settings.read_bytes())
    except (OSError, ValidationError):
        return None


class _Unreadable(Exception):
    def __init__(self, error: SettingError) -> None:
        super().__init__(str(error))
        self.error = error


def _parse(file: Path, given: bytes | None) -> tuple[str, dict[str, Any]]:
    try:
        raw = file.read_bytes() if given is None else given
    except OSError as error:
        raise _Unreadable(
            SettingError(str(file), None, None, f"cannot be read: {error.strerror}")
        ) from error
    try:
        text = raw.decode("utf-8-sig")  # Windows' editors begin a file with a byte order mark
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        message = f"is not UTF-8 (byte 0x{raw[error.start]:02x}); save the file as UTF-8"
        raise _Unreadable(SettingError(str(file), line, None, message)) from error
    try:
        return text, tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise _Unreadable(_not_toml(file, text, error)) from error


def _not_toml(file: Path, text: str, error: Exception) -> SettingError:
    repeat = first_repeat(text) if _REPEATED.search(str(error)) else None
    if repeat is not None:
        key = ".".join(repeat.key)
        message = f"is set again; it was first set in line {repeat.first}: keep one of them"
        return SettingError(str(file), repeat.again, key, message)
    match = re.search(r"^(.*) \(at (?:line (\d+), column \d+|end of document)\)$", str(error))
    reason = match[1] if match else str(error)
    line = int(match[2]) if match and match[2] else None
    if match and line is None:
        line = text.rstrip().count("\n") + 1
    return SettingError(str(file), line, None, f"is not TOML: {reason[:1].lower()}{reason[1:]}")


def _put(tree: dict[str, Any], key: Key, value: object) -> None:
    for part in key[:-1]:
        below = tree.setdefault(part, {})
        if not isinstance(below, dict):  # an earlier file has a scalar where a table should be
            below = tree[part] = {}
        tree = cast("dict[str, Any]", below)
    if value == {}:
        tree.setdefault(key[-1], value)  # a table whose lines are all commented out sets nothing
    else:
        tree[key[-1]] = value
