"""Counts the documents of a mounted share, as far as it gets before its time is over."""

import os
import time
from collections.abc import Mapping
from typing import Any


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    """Given: path, seconds. Returns `documents` and whether that is all of them (`complete`).

    A document is a regular file that is not hidden; directories that may not be read make the count incomplete.
    """
    return count(given["path"], time.monotonic() + given["seconds"])


def count(path: str, end: float) -> dict[str, Any]:
    """`end` is on the monotonic clock. Raises OSError where the top cannot be read."""
    waiting = [path]
    found, complete = 0, True
    while waiting:
        directory = waiting.pop()
        try:
            with os.scandir(directory) as entries:
                for entry in entries:
                    if entry.name.startswith((".", "@", "#")):  # @eaDir, #recycle: the NAS's own
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    elif entry.is_file(follow_symlinks=False):
                        found += 1
                    if time.monotonic() > end:
                        return {"documents": found, "complete": False}
        except OSError:
            if directory == path:
                raise
            complete = False
    return {"documents": found, "complete": complete}
