"""The secrets directory: one file per secret, made once, replaced only by a rotation."""

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from pathlib import Path

from tarsd.host.files import make_directory, sync_directory, write_atomic
from tarsd.host.hider import Hider

NAMES = (
    "postgres-password",
    "redis-password",
    "jwt-root",
    "encryption-key",
    "webui-secret-key",
    "admin-password",
)
"""Every secret of the stack."""

BYTES = 24
"""192 bits, written as hex: no `$`, no quoting, safe within a URL."""

PREVIOUS = "previous"
"""The directory within, of values that were replaced."""


class SecretFiles:
    """`/var/lib/tars-home/secrets`: 0700, so that the files within may be 0444 for containers of any user."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def missing(self, names: list[str]) -> list[str]:
        """Those of `names` that were never made. Raises OSError where a file is there and cannot be read."""
        return [name for name in names if not self._filled(name)]

    def has(self, name: str) -> bool:
        """Whether there is such a file, of whatever content."""
        return (self.directory / name).exists()

    def make(self, name: str) -> None:
        """Give a secret its value."""
        make_directory(self.directory)
        write_atomic(self.directory / name, secrets.token_hex(BYTES), mode=0o444)

    def read(self, name: str) -> str:
        """The value. Raises OSError."""
        return (self.directory / name).read_text(encoding="utf-8").strip()

    def replace(self, name: str, value: str) -> None:
        """Give a secret another value."""
        write_atomic(self.directory / name, value, mode=0o444)

    def made(self, name: str) -> datetime:
        """When it got its value. Raises OSError."""
        return datetime.fromtimestamp((self.directory / name).stat().st_mtime, timezone.utc)

    def hider(self) -> Callable[[str], str]:
        """What takes the value of every secret, now, next or before, out of a text that others wrote.

        Raises OSError where a secret is there and cannot be read: what nobody knows cannot be hidden.
        """
        return Hider(self.named().values())

    def hide(self, text: str) -> str:
        """Such a text without them. Raises OSError as `hider` does."""
        return self.hider()(text)

    def named(self) -> dict[str, str]:
        """Every value, now, next or before, by its file's name. Raises OSError as `hider` does."""
        found: dict[str, str] = {}
        paths = list(self.directory.rglob("*")) if self.directory.is_dir() else []
        for path in paths:
            if not path.is_file():
                continue
            try:
                value = path.read_text(encoding="utf-8", errors="replace").strip()
            except FileNotFoundError:  # replaced or dropped meanwhile
                continue
            if path.suffix == ".credentials":  # user, password and domain, a line each
                value = value.partition("password=")[2].partition("\n")[0]
            if value and "\n" not in value:
                found[str(path.relative_to(self.directory))] = value
        return found

    def drop(self, name: str) -> None:
        """Remove a secret that nothing was ever made with."""
        (self.directory / name).unlink(missing_ok=True)
        if self.directory.is_dir():
            sync_directory(self.directory)

    def derive(self, name: str, content: str, mode: int) -> None:
        """Write a file made from secrets (a configuration, an env file) if its content differs."""
        path = self.directory / name
        if not path.exists() or path.read_bytes() != content.encode():
            write_atomic(path, content, mode)

    def derive_environment(self, name: str, values: Mapping[str, str]) -> None:
        """Write an env file; read by Compose as root."""
        lines = "".join(f"{key}={value}\n" for key, value in sorted(values.items()))
        self.derive(name, lines, 0o600)

    def _filled(self, name: str) -> bool:
        try:
            return bool(self.read(name))
        except FileNotFoundError:
            if (self.directory / name).is_symlink():  # to a disk that is not there yet
                raise
            return False
