"""A Docker Engine of a test's own, which it may stop, kill and freeze: without a bridge, beside any other on this host."""

import os
import signal
import subprocess
import time
from pathlib import Path

START_DEADLINE = 60.0
STOP_DEADLINE = 60.0


class OwnEngine:
    """Everything of it lies in one directory, on a file system that takes layers; `client` runs the docker command on it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._process: subprocess.Popen[bytes] | None = None
        self.socket = root / "docker.sock"

    def start(self) -> float:
        """Start it, and wait until it answers; how many seconds that took."""
        began = time.monotonic()
        while self.client("version", check=False).returncode != 0:
            if self._process is None or self._process.poll() is not None:
                self._launch()  # again: after one that was killed, the first was seen to give up on its containerd
            assert time.monotonic() - began < START_DEADLINE, self.log()
            time.sleep(0.05)
        return time.monotonic() - began

    def log(self) -> str:
        """The end of what it said."""
        return (self._root / "log").read_text()[-2000:]

    def _launch(self) -> None:
        with (self._root / "log").open("ab") as log:
            self._process = subprocess.Popen(
                # In a network namespace of its own: without a bridge it would remove the docker0 of others.
                ["unshare", "--net", "dockerd", "--data-root", self._root / "data", "--exec-root", self._root / "exec",
                 "--pidfile", self._root / "pid", "-H", f"unix://{self.socket}",
                 "--bridge=none", "--iptables=false"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def client(
        self, *command: str, check: bool = True, stdin: bytes = b""
    ) -> subprocess.CompletedProcess[bytes]:
        """`docker COMMAND`"""
        argv = ["docker", "-H", f"unix://{self.socket}", *command]
        return subprocess.run(argv, input=stdin, capture_output=True, check=check, timeout=120)

    def send(self, number: int) -> None:
        """To dockerd itself; its containerd and containers are left alone."""
        assert self._process is not None
        self._process.send_signal(number)

    def stop(self, number: int = signal.SIGTERM) -> float:
        """End it and wait for its end; how many seconds that took."""
        began = time.monotonic()
        if self._process is not None:
            self.send(number)
            self._process.wait(STOP_DEADLINE)
            self._process = None
            if number == signal.SIGKILL:
                self._end_containerd()
        return time.monotonic() - began

    def pid_of(self, container: str) -> int:
        """The main process of a container."""
        found = self.client("inspect", "-f", "{{.State.Pid}}", container)
        return int(found.stdout)

    def _end_containerd(self) -> None:
        """One that a killed dockerd leaves would keep the next from starting its own."""
        directory = self._root / "exec" / "containerd"
        pid = int((directory / "containerd.pid").read_text())
        os.kill(pid, signal.SIGTERM)
        began = time.monotonic()
        while Path(f"/proc/{pid}").exists():
            assert time.monotonic() - began < STOP_DEADLINE, "containerd does not end"
            time.sleep(0.05)
        (directory / "containerd.pid").unlink(missing_ok=True)
