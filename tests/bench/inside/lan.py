"""What the LAN's listener takes, asked over TLS on kept connections: lan.py SECONDS STREAMS. Prints one JSON object.

Standard library only. The clients are processes of their own, and share the processor with what they measure.
"""

import http.client
import json
import multiprocessing
import re
import socket
import ssl
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bench.inside import host
from tests.bench.inside.idle import OURS, cpu_seconds, processes, timed

CA = "/run/bench-ca.pem"
PORT = 8443
CLIENTS = 4
RATES = {"/ops/health-snapshot": 1000, "/ops/summary": 100, "/metrics": 20}
"""Requests a second that the bars speak of; a scraper asks far less often."""

NEIGHBOUR = 9100
"""The port of Debian's prometheus-node-exporter, which knows neither TLS nor tokens as it comes."""

NEIGHBOURS = re.compile(r"/(prometheus-node-exporter\.service)$", re.MULTILINE)

FREED = 60
"""Seconds until what so many connections took is given back."""

STREAMED = 30
"""Seconds of watching open streams."""


class Client:
    """One kept connection, on which one question follows another."""

    def __init__(self, token: str) -> None:
        self._token = token
        context = ssl.create_default_context(cafile=CA)
        raw = socket.create_connection(("127.0.0.1", PORT), timeout=10)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = context.wrap_socket(raw, server_hostname="localhost")

    def send(self, path: str) -> None:
        self.socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: localhost:{PORT}\r\nAuthorization: Bearer {self._token}\r\n\r\n".encode()
        )

    def ask(self, path: str) -> float:
        """Seconds for a whole answer; anything but 200 is an error."""
        begun = time.perf_counter()
        self.send(path)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._more()
        head, _, body = answer.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(head.decode(errors="replace"))
        length = next(
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length:")
        )
        got = len(body)
        while got < length:
            got += len(self._more())
        return time.perf_counter() - begun

    def _more(self) -> bytes:
        got = self.socket.recv(65536)
        if not got:
            raise RuntimeError("the connection was closed")
        return got


class Neighbour:
    """One kept connection to node_exporter, which sends its answer in pieces."""

    def __init__(self) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", NEIGHBOUR, timeout=10)

    def ask(self, path: str) -> float:
        """Seconds for a whole answer; anything but 200 is an error."""
        begun = time.perf_counter()
        self._connection.request("GET", path)
        answer = self._connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status}")
        return time.perf_counter() - begun


def paced(token: str | None, path: str, rate: float, seconds: float) -> list[float]:
    """One client's answers at an even pace; what is late counts from when it should have been asked.

    Without a token they are node_exporter's.
    """
    client, taken = Neighbour() if token is None else Client(token), list[float]()
    begun = time.perf_counter()
    for number in range(int(rate * seconds)):
        due = begun + number / rate
        if (wait := due - time.perf_counter()) > 0:
            time.sleep(wait)
        late = max(time.perf_counter() - due, 0.0)
        taken.append(late + client.ask(path))
    return taken


def unpaced(token: str, path: str, seconds: float) -> list[float]:
    """One client's answers, one right after the other."""
    client, taken, ends = Client(token), list[float](), time.perf_counter() + seconds
    while time.perf_counter() < ends:
        taken.append(client.ask(path))
    return taken


def asked(
    work: Callable[..., list[float]],
    clients: int,
    *words: object,
    units: re.Pattern[str] = OURS,
) -> dict[str, float]:
    """What so many clients got, side by side, and what that took of a core in `units`."""
    before, begun = cpu_seconds(units), time.perf_counter()
    with multiprocessing.Pool(clients) as pool:
        lists = pool.starmap(work, [words] * clients)
    wall = time.perf_counter() - begun
    taken = [each for one in lists for each in one]
    return {
        "count": len(taken),
        "rate": len(taken) / wall,
        "median": statistics.median(taken),
        "p99": host.percentile(taken, 99),
        "worst": max(taken),
        "core": (cpu_seconds(units) - before) / wall,
    }


def streaming(token: str, count: int, seconds: float) -> dict[str, float]:
    """With so many event streams open: the daemon's share of a core, and how long it then takes to end."""
    streams = [Client(token) for _ in range(count)]
    for stream in streams:
        stream.send("/ops/events")
    time.sleep(5)
    before, begun = cpu_seconds(), time.monotonic()
    time.sleep(seconds)
    share = 100 * (cpu_seconds() - before) / (time.monotonic() - begun)
    stop = timed(lambda: host.run("systemctl", "stop", host.UNIT))
    return {"cpu_percent": share, "stop": stop, "streams": len(streams)}


def main() -> None:
    """Switch it on, measure, switch it off."""
    seconds, streams = float(sys.argv[1]), int(sys.argv[2])
    with host.settings('[ops]\nmode = "local"\n'):
        host.wait("it to listen", lambda: f":{PORT}" in host.run("ss", "-Hltn"), 30)
        Path(CA).write_text(host.run("tarsctl", "ops", "ca", "--pem"))
        role = ("--role", "operator", "--name", "bench")
        token = host.run("tarsctl", "token", "create", *role).strip()
        measured: dict[str, Any] = {}
        for path, rate in RATES.items():
            measured[path] = asked(paced, CLIENTS, token, path, rate / CLIENTS, seconds)
        beside = (None, "/metrics", RATES["/metrics"] / CLIENTS, seconds)
        measured["node_exporter"] = asked(paced, CLIENTS, *beside, units=NEIGHBOURS)
        measured["most"] = asked(unpaced, CLIENTS, token, "/ops/health-snapshot", seconds)
        time.sleep(FREED)
        measured["processes"] = processes()
        measured["streams"] = streaming(token, streams, STREAMED)
        host.run("systemctl", "start", host.UNIT)
        host.run("tarsctl", "token", "revoke", "bench")
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
