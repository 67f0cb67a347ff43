"""Removes the empty directories that a mount leaves behind."""

from pathlib import Path
from typing import Any


def answer(given: list[str]) -> dict[str, Any]:
    """Given: directories, the innermost first. Returns those `removed`; the first that is not empty ends it."""
    removed: list[str] = []
    for directory in given:
        try:
            Path(directory).rmdir()
        except FileNotFoundError:
            continue
        except OSError:  # not empty, or somebody's mount: it stays, and so does what it lies in
            break
        removed.append(directory)
    return {"removed": removed}
