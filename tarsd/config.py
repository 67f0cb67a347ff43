"""Settings read in layers (defaults, tars-home.toml, conf.d in order of name), each error with its file, line and key."""

import difflib
import json
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from tarsd.errors import ConfigInvalid
from tarsd.paths import Paths
from tarsd.settings import Settings
from tarsd.toml_lines import key_lines

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Key = tuple[str, ...]


@dataclass(frozen=True)
class Place:
    """Where a setting was written."""

    file: Path
    line: int | None

    def __str__(self) -> str:
        return str(self.file) if self.line is None else f"{self.file}:{self.line}"


@dataclass(frozen=True)
class SettingError:
    """One thing wrong with one key; `line` is None where the file as a whole is unreadable."""

    file: str
    line: int | None
    key: str | None
    message: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.key}: {self.message}" if self.key else f"{place}: {self.message}"


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


def load(paths: Paths) -> Config:
    """Read and validate all files.

    Raises ConfigInvalid whose details["errors"] names every fault in every file, not only the first.
    """
    files = setting_files(paths)
    merged: dict[str, Any] = {}
    places: dict[Key, Place] = {}
    errors: list[SettingError] = []
    for file in files:
        try:
            text, data = _parse(file)
        except _Unreadable as error:
            errors.append(error.error)
            continue
        lines = key_lines(text)
        for key, value in _leaves(data):
            places[key] = Place(file, lines.get(key))
            _put(merged, key, value)
    try:
        settings = Settings.model_validate(merged)
    except ValidationError as error:
        errors.extend(_explain(detail, places) for detail in error.errors())
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


def _parse(file: Path) -> tuple[str, dict[str, Any]]:
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise _Unreadable(
            SettingError(str(file), None, None, f"cannot be read: {error.strerror}")
        ) from error
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        message = f"is not UTF-8 (byte 0x{raw[error.start]:02x}); save the file as UTF-8"
        raise _Unreadable(SettingError(str(file), line, None, message)) from error
    try:
        return text, tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        match = re.search(r"^(.*) \(at (?:line (\d+), column \d+|end of document)\)$", str(error))
        reason, line = (match[1], match[2]) if match else (str(error), None)
        number = int(line) if line else text.count("\n") + 1
        message = _duplicate(text, number) or f"is not TOML: {reason[:1].lower()}{reason[1:]}"
        raise _Unreadable(SettingError(str(file), number, None, message)) from error


def _duplicate(text: str, line: int) -> str | None:
    """Name the key that stands twice, if that is what the parser stumbled over at `line`."""
    lines = text.splitlines()[:line]
    before = key_lines("\n".join(lines[:-1]))
    table = next((row for row in reversed(lines[:-1]) if row.strip().startswith("[")), "")
    here = key_lines(f"{table}\n{lines[-1]}" if lines else "")
    for key, number in here.items():
        if number == 2 and key in before:
            return f"sets {'.'.join(key)} again, first set in line {before[key]}; keep one of them"
    return None


def _leaves(data: Mapping[str, Any], prefix: Key = ()) -> Iterable[tuple[Key, Any]]:
    for name, value in data.items():
        if isinstance(value, dict) and value:
            yield from _leaves(cast("dict[str, Any]", value), (*prefix, name))
        else:
            yield (*prefix, name), value


def _put(tree: dict[str, Any], key: Key, value: object) -> None:
    for part in key[:-1]:
        below = tree.setdefault(part, {})
        if not isinstance(
            below, dict
        ):  # a scalar of an earlier file stands where a table should be
            below = tree[part] = {}
        tree = cast("dict[str, Any]", below)
    tree[key[-1]] = value


def _explain(detail: ErrorDetails, places: Mapping[Key, Place]) -> SettingError:
    key: Key = tuple(str(part) for part in detail["loc"])
    place = _place(key, places)
    if detail["type"] == "extra_forbidden":
        message = _unknown(key)
    else:
        wanted = re.sub(r"^(Input|String) should ", "must ", detail["msg"])
        wanted = re.sub(r"be a valid dictionary or instance of \w+", "be a table", wanted)
        message = f"{wanted}, not {json.dumps(detail['input'], default=str)}"
        if detail["type"] == "string_pattern_mismatch":
            message = f"is not of the right form: {json.dumps(detail['input'])}"
    return SettingError(
        str(place.file) if place else "settings",
        place.line if place else None,
        ".".join(key),
        message,
    )


def _place(key: Key, places: Mapping[Key, Place]) -> Place | None:
    """The place of `key`, or of the first key below it (a whole unknown table)."""
    return places.get(key) or next(
        (place for found, place in places.items() if found[: len(key)] == key), None
    )


def _unknown(key: Key) -> str:
    model: type[BaseModel] | None = Settings
    for part in key[:-1]:
        field = model.model_fields.get(part) if model else None
        annotation = field.annotation if field else None
        model = _model(annotation)
    allowed = sorted(model.model_fields) if model else []
    close = difflib.get_close_matches(key[-1], allowed, n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    return f"is not a setting; {hint}allowed here: {', '.join(allowed)}"


def _model(annotation: object) -> type[BaseModel] | None:
    for candidate in (annotation, *get_args(annotation)):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None
