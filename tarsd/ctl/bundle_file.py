"""A finished bundle on its way into the owner's directory: whole, with its sum beside it, or not at all."""

from __future__ import annotations

import os

from tarsd.ctl.errors import TarsctlError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from tarsd.ctl.bundle_shapes import Bundle


def require_directory(directory: str) -> None:
    """Before anything is made: raises UsageError where nothing could be written."""
    if not os.path.isdir(directory):  # noqa: PTH112  pathlib costs 5 ms
        raise UsageError(
            f"cannot write to {directory}: it is no directory", f"mkdir -p {directory}"
        )
    if not os.access(directory, os.W_OK | os.X_OK):
        raise UsageError(f"cannot write to {directory}: permission denied", "tarsctl bundle -o DIR")


def written(made: Bundle, content: Iterable[bytes], directory: str) -> str:
    """The path that it has now. Raises TarsctlError; then nothing of it is in the directory."""
    import hashlib

    name = made.get("name") or ""
    target, part = os.path.join(directory, name), os.path.join(directory, f".{name}.part")  # noqa: PTH118
    digest = hashlib.sha256()
    try:
        try:
            with open(part, "xb", opener=_private) as stream:
                for block in content:
                    digest.update(block)
                    stream.write(block)
                stream.flush()
                os.fsync(stream.fileno())
            if digest.hexdigest() != made.get("sha256"):
                raise TarsctlError(
                    f"cannot write {target}: not what was made has arrived", _again(name)
                )
            with open(f"{target}.sha256", "w", opener=_private) as beside:
                beside.write(f"{digest.hexdigest()}  {name}\n")
            os.rename(part, target)  # noqa: PTH104
        except BaseException:
            for left in (part, f"{target}.sha256"):
                if os.path.exists(left):  # noqa: PTH110
                    os.unlink(left)  # noqa: PTH108
            raise
    except OSError as error:
        raise TarsctlError(f"cannot write {target}: {error.strerror}", _again(name)) from None
    return target


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _again(name: str) -> str:
    """It is kept on the machine all the same."""
    return f"sudo cp /var/lib/tars-home/bundles/{name} DIR"
