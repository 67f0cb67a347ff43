"""A storm: every service is killed or hung again and again. Standard library only."""

import random
import subprocess
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress

from tests.bench.inside import host, serving

PAUSE = (0.2, 2.0)
"""Seconds between two blows."""


def killed(container: str) -> None:
    """By its owner's `docker kill`, which is no wish of his."""
    with suppress(AssertionError):  # it may not run
        host.run("docker", "kill", container)


BLOWS = (host.crash, host.hang, killed)


class Storm:
    """`blows` is how many have fallen."""

    def __init__(self, seed: int) -> None:
        self.blows = 0
        self._chance = random.Random(seed)
        self._over = threading.Event()

    def rage(self) -> None:
        """Until it is over; a container that is gone for the moment is left alone."""
        while not self._over.wait(self._chance.uniform(*PAUSE)):
            service = self._chance.choice(sorted(serving.SERVICES))
            blow = self._chance.choice(BLOWS)
            with suppress(AssertionError, KeyError, subprocess.TimeoutExpired):
                blow(host.containers()[service])
                self.blows += 1

    def end(self) -> None:
        """No further blow."""
        self._over.set()


@contextmanager
def storm(seed: int) -> Generator[Storm]:
    """It rages meanwhile."""
    one = Storm(seed)
    thread = threading.Thread(target=one.rage, daemon=True)
    thread.start()
    try:
        yield one
    finally:
        one.end()
        thread.join(timeout=60)


def calm_down(within: float = 240) -> None:
    """Afterwards: what the healer holds stays down by design, so everything is restarted by hand."""
    time.sleep(1)
    host.run("docker", "restart", "-t", "1", *host.containers().values())
    serving.until_serving(list(serving.SERVICES), within)
