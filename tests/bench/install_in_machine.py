"""Runs inside a machine with the package and nothing installed, and prints what it measured as one JSON object.

install_in_machine.py ARCHIVE: the stack from nothing by tarsctl, and the same generation by plain Docker, taking
turns; each begins without images and with fresh volumes. Standard library only.
"""

import json
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROUNDS = 3
GENERATION = Path("/var/lib/tars-home/generations/current/compose.json")
SECRETS = Path("/var/lib/tars-home/secrets")
COPY = Path("/srv/bench-compose.json")
COMPOSE = ("docker", "compose", "--project-name", "tars", "--file", str(COPY))
LONGEST = 120.0  # seconds


def by_tarsctl(archive: str) -> float:
    """Seconds from the command to GO."""
    return timed(lambda: run("tarsctl", "install", "--yes", "--image-archive", archive))


def by_docker(archive: str) -> dict[str, float]:
    """Seconds of each part: the images, the containers, and until every service answers."""
    load = timed(lambda: run("docker", "load", "--input", archive))
    up = timed(lambda: run(*COMPOSE, "up", "--detach"))
    return {"load": load, "up": up, "answers": timed(until_all_answer)}


def until_all_answer() -> None:
    waiting: list[Callable[[], bool]] = [ollama, chroma, redis, postgres]
    end = time.monotonic() + LONGEST
    while waiting := [check for check in waiting if not answers(check)]:
        assert time.monotonic() < end, waiting
        time.sleep(0.1)


def answers(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except OSError:
        return False


def ollama() -> bool:
    return b"version" in fetch("http://127.0.0.1:11434/api/version")


def chroma() -> bool:
    return b"heartbeat" in fetch("http://127.0.0.1:8000/api/v2/heartbeat")


def fetch(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return answer.read()


def redis() -> bool:
    password = (SECRETS / "redis-password").read_text()
    return b"+PONG" in talk(6379, f"AUTH {password}\r\nPING\r\nQUIT\r\n".encode())


def postgres() -> bool:
    """It asks who we are, which it does only once it takes connections."""
    parameters = b"user\0tars\0database\0tars\0\0"
    message = struct.pack("!ii", len(parameters) + 8, 196608) + parameters
    with socket.create_connection(("127.0.0.1", 5432), 5) as connection:
        connection.sendall(message)
        return connection.recv(1) == b"R"


def talk(port: int, words: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        connection.sendall(words)
        return connection.makefile("rb").read()


def forget() -> None:
    """No containers, no volumes, no images; the generation and its secrets stay for the other's turn."""
    run(*COMPOSE, "down", "--volumes")
    run("docker", "image", "prune", "--all", "--force")
    assert not run("docker", "image", "ls", "--quiet").strip()


def timed(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def main() -> None:
    """tarsd is stopped in the other's turn, so that what it sees does not make it do anything."""
    archive = sys.argv[1]
    ours: list[float] = []
    theirs: list[dict[str, float]] = []
    for _ in range(ROUNDS):
        ours.append(by_tarsctl(archive))
        shutil.copy(GENERATION, COPY)
        run("systemctl", "stop", "tarsd")
        forget()
        theirs.append(by_docker(archive))
        forget()
        run("systemctl", "start", "tarsd")
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
