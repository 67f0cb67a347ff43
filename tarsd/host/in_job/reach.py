"""Resolves names and connects to ports, all at once; nothing is sent."""

import os
import queue
import threading
import time
from typing import Any

from tarsd.host.dial import Unresolved, connect, look_up

RESOLVING = 6.0
"""Seconds for all names: one lost packet (5 s, resolv.conf(5)) and a second try."""

CONNECTING = 4.0
"""Seconds for all addresses of one place: two lost packets (1 s and 2 s, RFC 6298)."""

Answer = dict[str, str | None]


def answer(given: list[tuple[str, int]]) -> list[Answer]:
    """For each host and port: why it does not resolve, why it does not answer; null where it does."""
    told: queue.Queue[tuple[int, Answer]] = queue.Queue()
    for number, (host, port) in enumerate(given):
        # Daemon threads: the C library's resolver cannot be interrupted, and nobody waits for it at the end.
        threading.Thread(
            target=lambda *it: told.put((it[0], _reach(it[1], it[2]))),
            args=(number, host, port),
            daemon=True,
        ).start()
    silent: Answer = {"unresolved": f"no answer within {RESOLVING:.0f} s", "unreached": None}
    found: list[Any] = [silent] * len(given)
    end = time.monotonic() + RESOLVING + CONNECTING
    for _ in given:
        try:
            number, row = told.get(timeout=max(end - time.monotonic(), 0))
        except queue.Empty:
            break
        found[number] = row
    return found


def _reach(host: str, port: int) -> Answer:
    try:
        addresses = look_up(host, port)
        connect(addresses, port, CONNECTING / len(addresses)).close()
    except Unresolved as error:
        return {"unresolved": str(error), "unreached": None}
    except OSError as error:
        return {"unresolved": None, "unreached": _reason(error)}
    return {"unresolved": None, "unreached": None}


def _reason(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return str(error) if error.errno is None else os.strerror(error.errno).lower()
