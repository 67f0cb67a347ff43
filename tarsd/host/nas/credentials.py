"""Files with user and password as mount.cifs(8) reads them, in the secrets directory, one per setup."""

import asyncio
import secrets
from pathlib import Path

from tarsd.host.blocking import whole
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

    async def add(self, user: str, password: str, domain: str | None) -> str:
        """Write them down, readable by root only; returns the file's name. Raises OSError."""
        name = f"nas-{secrets.token_hex(4)}.credentials"
        self._in_hand.add(name)
        lines = [
            f"username={user}",
            f"password={password}",
            *([f"domain={domain}"] if domain else []),
        ]
        try:
            await whole(self._write, name, "\n".join(lines) + "\n")
        except BaseException:
            # Who asked for it will never learn its name: the next tidying takes it.
            self._in_hand.discard(name)
            raise
        return name

    async def names(self) -> list[str]:
        """All there are."""
        found = await asyncio.to_thread(lambda: list(self._directory.glob(PATTERN)))
        return sorted(path.name for path in found)

    async def unused(self, current: str | None) -> list[str]:
        """Those that neither `current` is nor a setup or test under way holds; `current` is nobody's any more."""
        self._in_hand.discard(current or "")
        found = await self.names()
        return [name for name in found if name != current and name not in self._in_hand]

    async def drop(self, name: str) -> None:
        """Remove one, if it is there."""
        self._in_hand.discard(name)
        await whole(self._remove, name)

    def _write(self, name: str, content: str) -> None:
        make_directory(self._directory)
        write_atomic(self._directory / name, content, 0o600)

    def _remove(self, name: str) -> None:
        (self._directory / name).unlink(missing_ok=True)
        if self._directory.is_dir():
            sync_directory(self._directory)
