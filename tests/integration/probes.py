"""One container of the stack's images with its port published on loopback, handled as a fault would."""

import asyncio
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tarsd.errors import ProbeFailed
from tarsd.host.conversation import Address
from tarsd.host.probes.probe import Probe

UP_WITHIN = 60.0  # seconds; a first start of PostgreSQL on a busy host


@dataclass(frozen=True)
class Running:
    """A container; `port` is the one inside."""

    id: str
    port: int

    @classmethod
    def run(
        cls,
        image: str,
        port: int,
        command: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> "Running":
        settings = [f"--env={name}={value}" for name, value in (environment or {}).items()]
        published = f"--publish=127.0.0.1::{port}"
        return cls(_docker("run", "--detach", published, *settings, image, *command), port)

    @property
    def address(self) -> Address:
        """Where it is published now: another port after each start."""
        host, _, port = _docker("port", self.id, str(self.port)).splitlines()[0].rpartition(":")
        return Address(host, int(port))

    def signal(self, name: str) -> None:
        """To its first process."""
        _docker("kill", f"--signal={name}", self.id)

    def stop(self) -> None:
        _docker("stop", "--time=5", self.id)

    def start(self) -> None:
        _docker("start", self.id)

    def sh(self, script: str) -> str:
        """Run a few lines of shell in it."""
        return _docker("exec", self.id, "sh", "-c", script)

    def log(self) -> str:
        """Everything it has said on either stream."""
        done = subprocess.run(
            ["docker", "logs", self.id], capture_output=True, text=True, check=True, timeout=60
        )
        return done.stdout + done.stderr

    def remove(self) -> None:
        _docker("rm", "--force", "--volumes", self.id)


async def until_it_passes(probe: Probe) -> set[str]:
    """Ask until it passes; returns what kinds of failure there were on the way."""
    failures: set[str] = set()
    end = time.monotonic() + UP_WITHIN
    while True:
        try:
            await probe.ask()
            return failures
        except ProbeFailed as error:
            failures.add(error.why)
            if time.monotonic() > end:
                raise
            await asyncio.sleep(0.02)


async def failure(probe: Probe) -> tuple[ProbeFailed, float]:
    """The failure that it must have, and after how many seconds."""
    began = time.monotonic()
    try:
        await probe.ask()
    except ProbeFailed as error:
        return error, time.monotonic() - began
    raise AssertionError(f"it passed: {probe}")


def _docker(*arguments: str) -> str:
    done = subprocess.run(
        ["docker", *arguments], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, f"docker {' '.join(arguments)}\n{done.stderr}"
    return done.stdout.strip()
