"""Where a secret of the stack stands that it must not: in what the Engine shows of a container, or in its log."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tarsd.host.blocking import Asker
from tarsd.host.containers import Container, Containers
from tarsd.host.docker_api import DockerApi
from tarsd.host.hider import Hider
from tarsd.host.secret_files import SecretFiles

READ_DEADLINE = 2.0
"""Seconds to read the secrets."""

LINES = 500
"""Of each log, the newest; a log of the stack is 30 MB at most, and reading it all would take the Engine seconds."""

LONGEST = 512 * 1024
"""Bytes of them."""

ENVIRONMENT_FILES = ".env"
"""How the files end that become the environment of a container: what stands in one of these is meant to be there."""


@dataclass(frozen=True)
class Leak:
    """Which secret, by the name of its file, and where it stands; never its value."""

    secret: str
    place: str


class Leaks:
    """Raises OSError where a secret cannot be read, TimeoutError where its disk is silent, and what DockerApi raises."""

    def __init__(self, docker: DockerApi, project: str, secrets: SecretFiles) -> None:
        self._docker = docker
        self._containers = Containers(docker, project)
        self._secrets = secrets
        self._asker = Asker("leaks")

    async def shown(self, container: Container) -> Sequence[Leak]:
        """In its command, labels, health check and environment, but for what an environment file of ours puts there."""
        raw = await self._docker.object(f"/containers/{container.id}/json")
        return await self._asker.ask(lambda: list(self._in_config(raw)), READ_DEADLINE)

    async def logged(self, container: Container) -> Sequence[Leak]:
        """In the newest lines of its log."""
        kept = bytearray()
        async for piece in self._containers.logs(container, LINES, follow=False):
            kept += piece
            if len(kept) > LONGEST:
                break
        text = kept.decode("utf-8", "replace")
        return await self._asker.ask(lambda: list(self._in_text(text, "its log")), READ_DEADLINE)

    def _in_config(self, raw: Mapping[str, Any]) -> Iterator[Leak]:
        config: Mapping[str, Any] = raw.get("Config") or {}
        command = [raw.get("Path"), raw.get("Args"), config.get("Entrypoint"), config.get("Cmd")]
        yield from self._in_text(json.dumps(command), "its command")
        yield from self._in_text(json.dumps(config.get("Labels")), "its labels")
        yield from self._in_text(json.dumps(config.get("Healthcheck")), "its health check")
        meant = self._meant()
        environment: Sequence[str] = config.get("Env") or []
        for line in environment:
            if line not in meant:
                yield from self._in_text(line, f"its environment ({line.partition('=')[0]})")

    def _meant(self) -> frozenset[str]:
        """The lines of our environment files."""
        files = self._secrets.directory.glob(f"*{ENVIRONMENT_FILES}")
        texts = [path.read_text(encoding="utf-8", errors="replace") for path in files]
        return frozenset(line for text in texts for line in text.splitlines())

    def _in_text(self, text: str, place: str) -> Iterator[Leak]:
        # All at once first: most texts hold none.
        if self._secrets.hide(text) == text:
            return
        for name, value in self._secrets.named().items():
            if Hider([value])(text) != text:
                yield Leak(name, place)
