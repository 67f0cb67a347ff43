"""Files with user and password as mount.cifs(8) reads them, in the secrets directory, one per setup."""

import secrets
from pathlib import Path

from tarsd.host.files import make_directory, sync_directory, write_atomic

PATTERN = "nas-????????.credentials"


class CredentialFiles:
    """A setup writes a new file, whatever was there: the old mount keeps its own until the new one stands."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._in_hand: set[str] = set()

    def path(self, name: str) -> Path:
        """Where the file of that name is."""
        return self._directory / name

    def add(self, user: str, password: str, domain: str | None) -> str:
        """Write them down, readable by root only; returns the file's name. Raises OSError."""
        make_directory(self._directory)
        name = f"nas-{secrets.token_hex(4)}.credentials"
        self._in_hand.add(name)
        lines = [
            f"username={user}",
            f"password={password}",
            *([f"domain={domain}"] if domain else []),
        ]
        write_atomic(self._directory / name, "\n".join(lines) + "\n", 0o600)
        return name

    def names(self) -> list[str]:
        """All there are."""
        return sorted(path.name for path in self._directory.glob(PATTERN))

    def unused(self, current: str | None) -> list[str]:
        """Those that neither `current` is nor a setup or test under way holds; `current` is nobody's any more."""
        self._in_hand.discard(current or "")
        return [name for name in self.names() if name != current and name not in self._in_hand]

    def drop(self, name: str) -> None:
        """Remove one, if it is there."""
        self._in_hand.discard(name)
        (self._directory / name).unlink(missing_ok=True)
        if self._directory.is_dir():
            sync_directory(self._directory)
