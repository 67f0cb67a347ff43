"""Runs inside a machine with the package and nothing installed, and prints what it measured as one JSON object.

install.py ARCHIVE: the stack from nothing by tarsctl, and the same generation by plain Docker, taking
turns; each begins without images and with fresh volumes. Standard library only.
"""

import json
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bench.inside import host, serving

ROUNDS = 3
GENERATION = Path("/var/lib/tars-home/generations/current/compose.json")
COPY = Path("/srv/bench-compose.json")
COMPOSE = ("docker", "compose", "--project-name", "tars", "--file", str(COPY))
LONGEST = 120.0  # seconds


def by_tarsctl(archive: str) -> float:
    """Seconds from the command to GO."""
    return timed(lambda: host.run("tarsctl", "install", "--yes", "--image-archive", archive))


def by_docker(archive: str) -> dict[str, float]:
    """Seconds of each part: the images, the containers, and until every service answers."""
    load = timed(lambda: host.run("docker", "load", "--input", archive))
    up = timed(lambda: host.run(*COMPOSE, "up", "--detach"))
    return {
        "load": load,
        "up": up,
        "answers": timed(lambda: serving.until_serving(list(serving.SERVICES), LONGEST)),
    }


def forget() -> None:
    """No containers, no volumes, no images; the generation and its secrets stay for the other's turn."""
    host.run(*COMPOSE, "down", "--volumes")
    host.run("docker", "image", "prune", "--all", "--force")
    assert not host.run("docker", "image", "ls", "--quiet").strip()


def timed(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def main() -> None:
    """tarsd is stopped in the other's turn, so that what it sees does not make it do anything."""
    archive = sys.argv[1]
    ours: list[float] = []
    theirs: list[dict[str, float]] = []
    for _ in range(ROUNDS):
        ours.append(by_tarsctl(archive))
        shutil.copy(GENERATION, COPY)
        host.run("systemctl", "stop", "tarsd")
        forget()
        theirs.append(by_docker(archive))
        forget()
        host.run("systemctl", "start", "tarsd")
    parts = {part: statistics.median(it[part] for it in theirs) for part in theirs[0]}
    measured: dict[str, Any] = {
        "ours": statistics.median(ours),
        "theirs": statistics.median(sum(it.values()) for it in theirs),
        "theirs_parts": parts,
        "rounds": {"ours": ours, "theirs": theirs},
    }
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
