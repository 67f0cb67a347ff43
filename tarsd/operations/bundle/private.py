"""The private directory: nothing that was not proved ever lies anywhere else, and nothing of it outlives the run."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from tarsd.errors import ChangeConflict
from tarsd.host.files import UNFINISHED, make_directory, sweep

LOCK = ".lock"


@contextmanager
def private(directory: Path) -> Generator[Path]:
    """A new directory within `directory`, 0700, that is removed at the end, however that comes.

    What an earlier run that was killed has left is removed first. Raises ChangeConflict while another one is at work,
    OSError where nothing can be written.
    """
    make_directory(directory)
    with alone(directory):
        sweep(directory)
        path = Path(tempfile.mkdtemp(prefix=".work-", suffix=UNFINISHED, dir=directory))
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)
            sweep(directory)


@contextmanager
def alone(directory: Path) -> Generator[None]:
    """Hold the lock of those who work there; the kernel lets it go when this process ends. Raises ChangeConflict."""
    descriptor = os.open(directory / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ChangeConflict(
                "cannot make a bundle: another one is being made", fix="tarsctl changes"
            ) from error
        yield
    finally:
        os.close(descriptor)


def swept(directory: Path) -> list[Path]:
    """Remove what a run that was killed has left, unless one is at work; returns it. Raises OSError."""
    if not directory.is_dir():
        return []
    try:
        with alone(directory):
            return sweep(directory)
    except ChangeConflict:
        return []


def nameless(directory: Path) -> BinaryIO:
    """A file for what is still raw: without a name, so that nothing is left when its last reader ends, or is killed."""
    return cast("BinaryIO", tempfile.TemporaryFile(dir=directory))
