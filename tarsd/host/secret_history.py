"""Beside each secret: the value that is to follow it, while it is being changed, and those that were before it."""

import secrets
from pathlib import Path

from tarsd.host.files import make_directory, sync_directory, write_atomic
from tarsd.host.secret_files import BYTES, PREVIOUS, SecretFiles

KEPT = 10
"""Earlier values per secret: they hide what old logs still hold."""


class SecretHistory:
    """`NAME.next` and `previous/NAME.LABEL`, 0600: no container reads them."""

    def __init__(self, secrets: SecretFiles) -> None:
        self._secrets = secrets
        self._previous = secrets.directory / PREVIOUS

    def prepare(self, name: str) -> None:
        """Have a next value: the same until it is forgotten, so that an interrupted change goes on with it."""
        value = self.next(name)
        if value in (None, self._secrets.read(name)):
            write_atomic(self._next(name), secrets.token_hex(BYTES))

    def next(self, name: str) -> str | None:
        """The value that is to follow; None where none is."""
        try:
            return self._next(name).read_text(encoding="utf-8").strip() or None
        except FileNotFoundError:
            return None

    def forget_next(self, name: str) -> None:
        """It has become the value, or never will."""
        self._next(name).unlink(missing_ok=True)
        sync_directory(self._secrets.directory)

    def keep(self, name: str, label: str, value: str) -> None:
        """Keep a value under a label that sorts by time; the oldest beyond KEPT go."""
        make_directory(self._previous)
        path = self._previous / f"{name}.{label}"
        write_atomic(path, value)
        for old in sorted(set(self._previous.glob(f"{name}.*")) - {path})[: -KEPT + 1]:
            old.unlink()

    def kept(self, name: str, label: str) -> str:
        """The value kept under a label. Raises OSError."""
        return (self._previous / f"{name}.{label}").read_text(encoding="utf-8").strip()

    def _next(self, name: str) -> Path:
        return self._secrets.directory / f"{name}.next"
