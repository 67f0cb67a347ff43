"""Listens to the Engine of a machine from outside, over its socket, and writes down what it says."""

import http.client
import json
import socket
import subprocess
import threading
import time
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from tarsd.host.engine_events import FILTERS
from tests.machine.machine import Machine


class Recorder:
    """`lines` are events as they came, and marks: `{"stream": "open"}` and `ended`."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self.lines: list[dict[str, Any]] = []
        self._running = True
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Returns when the stream is open."""
        self._thread.start()
        self.until_open(1)

    def until_open(self, times: int) -> None:
        """Until the stream has been opened so often."""
        deadline = time.monotonic() + 60
        while self.lines.count({"stream": "open"}) < times:
            assert time.monotonic() < deadline, "the Engine does not answer"
            time.sleep(0.05)

    def stop(self) -> None:
        """What is still on its way a second later is lost."""
        time.sleep(1.0)
        self._running = False

    def _run(self) -> None:
        while self._running:
            with suppress(OSError, http.client.HTTPException):
                self._listen()
            time.sleep(0.1)

    def _listen(self) -> None:
        link = _Link(f"/proc/{_pid(self._machine.name)}/root/run/docker.sock")
        link.request("GET", f"/events?{urlencode({'filters': json.dumps(FILTERS)})}")
        answer = link.getresponse()
        self.lines.append({"stream": "open"})
        try:
            while self._running and (line := answer.readline()):
                self.lines.append(json.loads(line))
        finally:
            if self._running:
                self.lines.append({"stream": "ended"})


class _Link(http.client.HTTPConnection):
    """HTTP over a Unix socket; without a deadline, for a stream may be quiet."""

    def __init__(self, path: str) -> None:
        super().__init__("docker")
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self._path)


def _pid(machine: str) -> str:
    """The machine's first process, through which its files are seen; a new one after each boot."""
    command = ["docker", "inspect", "-f", "{{.State.Pid}}", machine]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
