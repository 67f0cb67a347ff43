"""The files of settings as they are, of secrets that they are there, of environments the names."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from datetime import datetime, timezone
from pathlib import Path

from tarsd.operations.bundle.collectors.environment import shown_of_file
from tarsd.operations.bundle.collectors.protocol import Asked, Collector, File, Stream
from tarsd.operations.bundle.collectors.system import Read
from tarsd.paths import Paths

ENVIRONMENT = ".env"
"""How the files end that become the environment of a container."""


def settings_files(read: Read, paths: Paths, root: Path = Path("/")) -> Collector:
    """A file's own name is told within, where it is redacted as everything else: people write into names, too."""

    async def files(_: Asked) -> AsyncGenerator[File, None]:
        named = {
            "tars-home.toml": paths.settings,
            "compose.override.yaml": paths.override,
            "docker-daemon.json": root / "etc/docker/daemon.json",
        }
        for number, path in enumerate(await asyncio.to_thread(_dropped_in, paths), 1):
            named[f"conf.d/{number:02}.toml"] = path
        for name, path in named.items():
            if await asyncio.to_thread(path.exists):
                yield File(f"settings/{name}", lambda path=path: _headed(read, path))
        yield File("settings/secrets.txt", lambda: _secrets(paths))

    return Collector(
        "settings",
        "Settings and environment",
        "the files of settings; which secrets there are, and the names of environment variables, without values",
        files,
    )


def _dropped_in(paths: Paths) -> list[Path]:
    return sorted(paths.conf_d.glob("*.toml"))


async def _headed(read: Read, path: Path) -> Stream:
    if path.suffix != ".json":
        yield f"# {path}\n".encode()
    async for piece in read(path):
        yield piece


async def _secrets(paths: Paths) -> Stream:
    for line in await asyncio.to_thread(lambda: list(_secret_lines(paths.secrets))):
        yield line.encode(errors="replace") + b"\n"


def _secret_lines(directory: Path) -> Iterator[str]:
    yield f"{directory}: mode, made, name; no value is read but of environment files, whose names are shown"
    for path in sorted(directory.rglob("*")):
        about = path.lstat()
        made = datetime.fromtimestamp(about.st_mtime, timezone.utc)
        yield f"{about.st_mode & 0o7777:04o} {made:%Y-%m-%dT%H:%M:%SZ} {path.relative_to(directory)}"
        if path.suffix == ENVIRONMENT and path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            yield from (f"     {shown_of_file(line)}" for line in text.splitlines() if line.strip())
