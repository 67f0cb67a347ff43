"""What is wrong with a setting, in words: its place, what was given, and what is allowed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from tarsd.settings import Settings
from tarsd.toml_lines import Key

LONGEST_SHOWN = 60
"""Characters of a wrong value that an error repeats."""

_TYPES = {
    "boolean": "true or false",
    "string": "a string",
    "integer": "a whole number",
    "array": "a list",
}


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


def explain(detail: ErrorDetails, places: Mapping[Key, Place]) -> SettingError:
    """One of pydantic's errors, told with its place and what the setting allows."""
    key: Key = tuple(str(part) for part in detail["loc"])
    place = _place(key, places)
    if detail["type"] == "extra_forbidden":
        message = _unknown(key)
    else:
        given = json.dumps(detail["input"], default=str)
        given = given if len(given) <= LONGEST_SHOWN else f"{given[:LONGEST_SHOWN]}..."
        message = f"{_wanted(key, detail)}, not {given}"
    return SettingError(
        str(place.file) if place else "settings",
        place.line if place else None,
        ".".join(key),
        message,
    )


def reason(detail: ErrorDetails) -> str:
    """Why a value was refused, without pydantic's own words before it."""
    return detail["msg"].removeprefix("Value error, ")


def _wanted(key: Key, detail: ErrorDetails) -> str:
    """What the setting allows, in words."""
    if detail["type"] == "value_error":
        return reason(detail)
    schema = _schema(key)
    if "enum" in schema:
        return f"must be one of {', '.join(json.dumps(it) for it in schema['enum'])}"
    if "minimum" in schema:
        what = schema.get("description", "a whole number")
        return f"must be {what} from {schema['minimum']} to {schema['maximum']}"
    return f"must be {_TYPES.get(schema.get('type', ''), 'a table')}"


def _schema(key: Key) -> dict[str, Any]:
    """What the settings' models say of a key; of an item of a list, if the key ends in its number."""
    *table, name = key
    if name.isdecimal() and table:
        return _schema(tuple(table)).get("items", {})
    model = _model_at(tuple(table))
    properties: dict[str, Any] = model.model_json_schema()["properties"] if model else {}
    return properties.get(name, {})


def _place(key: Key, places: Mapping[Key, Place]) -> Place | None:
    """The place of `key`, or else of the table it lies in."""
    known = (places[key[:length]] for length in range(len(key), 0, -1) if key[:length] in places)
    return next(known, None)


def _unknown(key: Key) -> str:
    import difflib  # only a mistake needs it

    model = _model_at(key[:-1])
    allowed = sorted(model.model_fields) if model else []
    close = difflib.get_close_matches(key[-1], allowed, n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    return f"is not a setting; {hint}allowed here: {', '.join(allowed)}"


def _model_at(path: Key) -> type[BaseModel] | None:
    """The model of the table at `path`."""
    model: type[BaseModel] | None = Settings
    for part in path:
        field = model.model_fields.get(part) if model else None
        annotation: object = field.annotation if field else None
        model = cast("type[BaseModel]", annotation) if _is_model(annotation) else None
    return model


def _is_model(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
