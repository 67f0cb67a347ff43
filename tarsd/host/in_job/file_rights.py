"""Whose files are and who may read them: asked where the daemon itself sees nothing, as in home directories."""

import stat
from pathlib import Path
from typing import Any


def answer(given: list[str]) -> list[dict[str, Any]]:
    """Given: paths. Returns a row for each plain file or link among them: `path`, `mode`, `uid`, `gid`, `link`."""
    rows: list[dict[str, Any]] = []
    for path in given:
        try:
            it = Path(path).lstat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        if stat.S_ISREG(it.st_mode) or stat.S_ISLNK(it.st_mode):
            rows.append(
                {
                    "path": path,
                    "mode": stat.S_IMODE(it.st_mode),
                    "uid": it.st_uid,
                    "gid": it.st_gid,
                    "link": stat.S_ISLNK(it.st_mode),
                }
            )
    return rows
