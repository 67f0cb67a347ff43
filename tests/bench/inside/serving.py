"""Whether a service of the stack does its work, asked as its users do, from inside the machine. Standard library only."""

import socket
import struct
import time
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path

SECRETS = Path("/var/lib/tars-home/secrets")
LONGEST = 5.0
"""Seconds that one question may take."""


def _ollama(seconds: float) -> bool:
    return b"version" in _fetch("http://127.0.0.1:11434/api/version", seconds)


def _chroma(seconds: float) -> bool:
    return b"heartbeat" in _fetch("http://127.0.0.1:8000/api/v2/heartbeat", seconds)


def _redis(seconds: float) -> bool:
    password = (SECRETS / "redis-password").read_text()
    return b"+PONG" in _talk(6379, f"AUTH {password}\r\nPING\r\nQUIT\r\n".encode(), seconds)


def _postgres(seconds: float) -> bool:
    """It asks who we are, which it does only once it takes connections."""
    parameters = b"user\0tars\0database\0tars\0\0"
    message = struct.pack("!ii", len(parameters) + 8, 196608) + parameters
    with socket.create_connection(("127.0.0.1", 5432), seconds) as connection:
        connection.sendall(message)
        return connection.recv(1) == b"R"


SERVICES: Mapping[str, Callable[[float], bool]] = {
    "redis": _redis,
    "postgres": _postgres,
    "chromadb": _chroma,
    "ollama": _ollama,
}
"""Those that every stack has."""


def serves(service: str, seconds: float = LONGEST) -> bool:
    """Whether it answers as it should within that time."""
    try:
        return SERVICES[service](seconds)
    except OSError:
        return False


def until_serving(services: list[str], within: float) -> None:
    """Wait until all of these answer; fails with those that do not."""
    end = time.monotonic() + within
    while services := [it for it in services if not serves(it)]:
        assert time.monotonic() < end, f"no answer of {services} within {within:g} s"
        time.sleep(0.1)


def _fetch(url: str, seconds: float) -> bytes:
    with urllib.request.urlopen(url, timeout=seconds) as answer:
        return answer.read()


def _talk(port: int, words: bytes, seconds: float) -> bytes:
    with socket.create_connection(("127.0.0.1", port), seconds) as connection:
        connection.sendall(words)
        return connection.makefile("rb").read()
