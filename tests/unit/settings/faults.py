"""The faults that a set of settings files has, as `tarsctl config check` tells them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from tarsd import config
from tarsd.errors import ConfigInvalid
from tarsd.paths import Paths


@dataclass(frozen=True)
class Fault:
    """One row of config check."""

    file: str
    line: int | None
    key: str | None
    message: str


def faults(paths: Paths) -> list[Fault]:
    """What is wrong with the files, which must not be valid."""
    with pytest.raises(ConfigInvalid) as caught:
        config.load(paths)
    rows = cast("list[dict[str, Any]]", caught.value.details["errors"])
    return [Fault(Path(row["file"]).name, row["line"], row["key"], row["message"]) for row in rows]


def fault(paths: Paths, content: str | bytes) -> Fault:
    """The one thing wrong with a tars-home.toml of this content."""
    paths.settings.write_bytes(content if isinstance(content, bytes) else content.encode())
    (only,) = faults(paths)
    return only
