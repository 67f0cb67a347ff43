"""The stack's secrets as they are on disk, for checks: looked at and never shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tarsd.host import env_files
from tarsd.host.blocking import Asker
from tarsd.host.env_files import Variable
from tarsd.host.secret_files import NAMES, SecretFiles

DEADLINE = 3.0
"""Seconds; a dozen small files on the local disk."""

DERIVED = ("webui.env", "backend.env")
"""Env files that are made from secrets."""


@dataclass(frozen=True)
class EnvFile:
    """One, with its variables; `problem` says why it cannot be read. `ours`: made by tarsd from secrets."""

    path: Path
    variables: Sequence[Variable] = field(default=(), repr=False)
    problem: str | None = None
    ours: bool = False


class SecretLook:
    """Raises asyncio.TimeoutError, OSError."""

    def __init__(self, secrets: SecretFiles, override: Path) -> None:
        self.directory = secrets.directory
        self._secrets = secrets
        self._override = override
        self._asker = Asker("secret-look")

    async def values(self) -> Mapping[str, str | None]:
        """Of each secret that the stack has, its value; None where it is missing or empty. Empty before an install."""
        return await self._asker.ask(self._values, DEADLINE)

    async def env_files(self) -> Sequence[EnvFile]:
        """Those made from secrets, and those that the owner's override names."""
        return await self._asker.ask(self._env_files, DEADLINE)

    def _values(self) -> dict[str, str | None]:
        if not any(self._secrets.has(name) for name in NAMES):
            return {}
        missing = self._secrets.missing(list(NAMES))
        return {name: None if name in missing else self._secrets.read(name) for name in NAMES}

    def _env_files(self) -> list[EnvFile]:
        ours = [self.directory / name for name in DERIVED if self._secrets.has(name)]
        try:
            text = self._override.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            text = ""
        named = env_files.named_in(text, self._override.parent)
        return [_read(path, ours=True) for path in ours] + [
            _read(path, ours=False) for path in named
        ]


def _read(path: Path, *, ours: bool) -> EnvFile:
    try:
        return EnvFile(path, env_files.read(path), ours=ours)
    except OSError as error:
        return EnvFile(path, problem=error.strerror or str(error), ours=ours)
