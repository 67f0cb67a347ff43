"""One path of the machine, held by a descriptor of its directory: nobody can put a symbolic link in the way afterwards."""

import errno
import os
import stat
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any, Literal

from tarsd.host.in_job import CannotAnswer

LARGEST = 1 << 20
"""Bytes of the largest file that is edited: settings are small, and what is not is something else."""

_BELOW = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
_DIRECTORY = _BELOW | os.O_DIRECTORY


@dataclass(frozen=True)
class Seen:
    """What is at a path. `digest` is that of a file's content."""

    kind: Literal["absent", "file", "directory"]
    mode: int = 0
    uid: int = 0
    gid: int = 0
    digest: str = ""

    def as_json(self) -> dict[str, Any]:
        """As it stands in a run's record."""
        return asdict(self)


ABSENT = Seen("absent")


def digest_of(content: bytes) -> str:
    """By which two contents are told apart."""
    return sha256(content).hexdigest()


class Place:
    """What is at a path and what is put there. Constructed by `at`."""

    def __init__(self, path: PurePosixPath, parent: int | None) -> None:
        self.path = path
        self._parent = parent

    def look(self) -> tuple[Seen, bytes]:
        """What it is, and a file's content. Raises CannotAnswer for what is neither a plain file nor a directory."""
        try:
            descriptor = self._open(_BELOW | os.O_NONBLOCK)
        except FileNotFoundError:
            return ABSENT, b""
        try:
            it = os.fstat(descriptor)
            mode = stat.S_IMODE(it.st_mode)
            if stat.S_ISDIR(it.st_mode):
                return Seen("directory", mode, it.st_uid, it.st_gid), b""
            self._refuse_odd(it)
            content = _read(descriptor, it.st_size)
            return Seen("file", mode, it.st_uid, it.st_gid, digest_of(content)), content
        finally:
            os.close(descriptor)

    def write(self, content: bytes, mode: int, uid: int, gid: int) -> None:
        """Put a file there, whole or not at all. Raises OSError."""
        name, new = self.path.name, f".{self.path.name}.tarsd-new"
        parent = self._held()
        with suppress(FileNotFoundError):  # but for what a power cut left
            os.unlink(new, dir_fd=parent)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(new, flags, 0o600, dir_fd=parent)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
                stream.flush()
                _take_over_labels(self._open_or_none(), stream.fileno())
                _give(stream.fileno(), mode, uid, gid)
                os.fsync(stream.fileno())
            os.rename(new, name, src_dir_fd=parent, dst_dir_fd=parent)
        except BaseException:
            os.unlink(new, dir_fd=parent)
            raise
        os.fsync(parent)

    def set_rights(self, mode: int, uid: int, gid: int) -> None:
        """Of what is there. Raises OSError."""
        descriptor = self._open(_BELOW | os.O_NONBLOCK)
        try:
            _give(descriptor, mode, uid, gid)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def remove(self) -> None:
        """A file, or an empty directory. Raises OSError."""
        seen, _ = self.look()
        parent = self._held()
        if seen.kind == "directory":
            os.rmdir(self.path.name, dir_fd=parent)
        elif seen.kind == "file":
            os.unlink(self.path.name, dir_fd=parent)
        os.fsync(parent)

    def make_directory(self, mode: int, uid: int, gid: int) -> None:
        """Make it. Raises OSError."""
        parent = self._held()
        os.mkdir(self.path.name, 0o700, dir_fd=parent)
        self.set_rights(mode, uid, gid)
        os.fsync(parent)

    def _refuse_odd(self, it: os.stat_result) -> None:
        if not stat.S_ISREG(it.st_mode):
            raise CannotAnswer(f"cannot edit {self.path}: it is no plain file")
        if it.st_nlink > 1:
            raise CannotAnswer(f"cannot edit {self.path}: it has other names, too (hard links)")
        if it.st_size > LARGEST:
            raise CannotAnswer(f"cannot edit {self.path}: it is larger than {LARGEST >> 20} MiB")

    def _held(self) -> int:
        if self._parent is None:
            raise CannotAnswer(f"cannot edit {self.path}: {self.path.parent} does not exist")
        return self._parent

    def _open(self, flags: int) -> int:
        if self._parent is None:
            raise FileNotFoundError(self.path)
        return _opened(lambda: os.open(self.path.name, flags, dir_fd=self._parent), self.path)

    def _open_or_none(self) -> int | None:
        try:
            return self._open(_BELOW | os.O_NONBLOCK)
        except FileNotFoundError:
            return None


@contextmanager
def at(path: PurePosixPath, root: PurePosixPath) -> Generator[Place, None, None]:
    """The place of `path`, which lies below `root` or is it. No part of it below `root` may be a symbolic link; those of
    `root` itself are its owner's own, who may keep the state on another disk.

    Raises CannotAnswer where one is; the place has no parent where that does not exist.
    """
    inner = path == root
    base = os.path.realpath(root.parent if inner else root)
    parts = [path.name] if inner else path.relative_to(root).parts
    held = _opened(lambda: os.open(base, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC), root)
    parent: int | None = held
    try:
        for part in parts[:-1]:
            try:
                below = _opened(lambda at=held, it=part: os.open(it, _DIRECTORY, dir_fd=at), path)
            except FileNotFoundError:
                parent = None
                break
            os.close(held)
            parent = held = below
        yield Place(path, parent)
    finally:
        os.close(held)


def _opened(open_it: Callable[[], int], path: PurePosixPath) -> int:
    """Raises CannotAnswer for a symbolic link: O_NOFOLLOW makes it ELOOP, with O_DIRECTORY ENOTDIR."""
    try:
        return open_it()
    except FileNotFoundError:
        raise
    except OSError as error:
        if isinstance(error, NotADirectoryError) or error.errno == errno.ELOOP:
            raise CannotAnswer(
                f"cannot edit {path}: a part of it is a symbolic link or no directory"
            ) from error
        raise CannotAnswer(f"cannot open {path}: {error.strerror}") from error


def _read(descriptor: int, size: int) -> bytes:
    content = bytearray()
    while len(content) <= LARGEST and (more := os.read(descriptor, max(size, 4096))):
        content += more
    return bytes(content)


def _give(descriptor: int, mode: int, uid: int, gid: int) -> None:
    it = os.fstat(descriptor)
    if (it.st_uid, it.st_gid) != (uid, gid):
        os.fchown(descriptor, uid, gid)
    os.fchmod(descriptor, mode)  # last: chown clears set-user-ID bits


def _take_over_labels(old: int | None, new: int) -> None:
    """Access lists and other extended attributes of the file that is replaced."""
    if old is None:
        return
    try:
        for name in os.listxattr(old):
            if not name.startswith("security."):  # which the kernel gives anew
                os.setxattr(new, name, os.getxattr(old, name))
    except OSError as error:
        if error.errno != errno.EOPNOTSUPP:  # a file system without any
            raise
    finally:
        os.close(old)
