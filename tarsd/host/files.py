"""Files that survive a power cut: written whole under another name, synced, renamed, and the directory synced."""

import os
import shutil
import tempfile
from pathlib import Path

UNFINISHED = ".tarsd-new"
"""How the name of everything ends that is not yet what it will be; such names begin with a dot."""


def unfinished(path: Path) -> Path:
    """What `path` is called until it is whole."""
    return path.with_name(f".{path.name}{UNFINISHED}")


def sweep(directory: Path) -> list[Path]:
    """Remove what a kill or a power cut left unfinished in `directory`; returns it. Raises OSError."""
    found = sorted(directory.glob(f".*{UNFINISHED}")) if directory.is_dir() else []
    for path in found:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    return found


def sync_directory(directory: Path) -> None:
    """Make a rename or removal in `directory` durable."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_atomic(path: Path, content: str | bytes, mode: int = 0o600) -> None:
    """Replace `path` by `content` so that a reader, or the machine after a power cut, sees the old or the new, whole.

    Raises OSError; the old file is then untouched and nothing is left behind.
    """
    data = content.encode() if isinstance(content, str) else content
    descriptor, temporary = tempfile.mkstemp(
        prefix=f".{path.name}.", suffix=UNFINISHED, dir=path.parent
    )
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fchmod(stream.fileno(), mode)
            os.fsync(stream.fileno())
        Path(temporary).rename(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


def write_changed(path: Path, content: str | bytes, mode: int = 0o600) -> None:
    """The same, unless that is what stands there already: a file that did not change keeps its time. Raises OSError."""
    data = content.encode() if isinstance(content, str) else content
    try:
        same = path.read_bytes() == data and path.stat().st_mode & 0o777 == mode
    except FileNotFoundError:
        same = False
    if not same:
        write_atomic(path, data, mode)


def make_directory(path: Path, mode: int = 0o700) -> None:
    """Make `path` and its parents; an existing directory keeps its owner's mode."""
    if path.is_dir():
        return
    path.mkdir(mode=mode, parents=True, exist_ok=True)
    path.chmod(mode)
    sync_directory(path.parent)


def link_atomic(link: Path, target: str) -> None:
    """Point the symbolic link `link` at `target` in one step."""
    temporary = unfinished(link)
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target)
    temporary.rename(link)
    sync_directory(link.parent)
