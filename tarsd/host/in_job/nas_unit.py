"""Writes or removes the mount unit's file: the daemon may not write to /etc/systemd."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tarsd.host.files import sync_directory, write_atomic
from tarsd.host.in_job import CannotAnswer
from tarsd.host.nas.unit import DIRECTORY, HEADER


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    """Given: `name`, and `act`: `read`, `write` (with `text`) or `remove`. Returns the file's text before, None if there
    was no such file."""
    return {"before": act(given, DIRECTORY)}


def act(given: Mapping[str, Any], directory: Path) -> str | None:
    """Raises CannotAnswer where the file is not one of ours."""
    file = directory / given["name"]
    before = _text(file)
    if given["act"] == "read":
        return before
    if before is not None and not before.startswith(HEADER):
        raise CannotAnswer(
            f"cannot write {file}: it is there and was not made by tarsctl nas setup"
        )
    if given["act"] == "write":
        write_atomic(file, given["text"], 0o644)
    elif given["act"] == "remove":
        file.unlink(missing_ok=True)
        sync_directory(directory)
    return before


def _text(file: Path) -> str | None:
    if file.is_symlink():
        raise CannotAnswer(
            f"cannot use {file}: it is a symbolic link; systemctl unmask {file.name}"
        )
    return file.read_text(encoding="utf-8", errors="surrogateescape") if file.exists() else None
