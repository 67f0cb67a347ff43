"""A home of one's own on this host: the whole daemon as a process, and a Compose project of an unusual name."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tarsd.ctl.errors import UnreachableError
from tarsd.ctl.transport import Response, connect, exchange, request, request_head
from tests.integration.archive import Archive
from tests.integration.held import Hold
from tests.integration.launch import paths
from tests.tree import ROOT

PORTS = ("webui", "ollama", "chromadb", "postgres", "redis", "backend")
FIRST_BYTE = 20.0  # seconds; what tarsctl waits is tested elsewhere, on machines that do only this
START_DEADLINE = 30.0
STOP_DEADLINE = 30.0
HELD_DEADLINE = 60.0
WAIT = 10  # seconds of one long poll


class Home:
    """Everything made under `project` is gone after clean()."""

    def __init__(self, root: Path, project: str, engine_socket: str, plugins: Sequence[Path]):
        self.project = project
        self.paths = paths(root)
        self.log = root / "tarsd.log"
        self.hold = Hold(root)
        self.ports = _free_ports()
        self._command = [
            *(sys.executable, "-m", "tests.integration.launch"),
            *(str(root), project, engine_socket, *map(str, plugins)),
        ]
        self._daemon: subprocess.Popen[bytes] | None = None
        for directory in (self.paths.conf_d, self.paths.state, self.paths.run):
            directory.mkdir(parents=True)
        numbers = "".join(f"{name} = {port}\n" for name, port in self.ports.items())
        self.paths.settings.write_text(f'[ports]\nwebui_address = "127.0.0.1"\n{numbers}')

    def take_images_from(self, archive: Archive) -> None:
        """Override the stack's images with the archive's names for them."""
        of = {name.rpartition("/")[2].partition(":")[0]: name for name in archive.names}
        names = {
            "chromadb": of["chroma"],
            "webui": of["open-webui"],
            **{name: of[name] for name in ("ollama", "postgres", "redis")},
        }
        services = {name: {"image": image} for name, image in names.items()}
        self.paths.override.write_text(json.dumps({"services": services}))

    def start(self) -> None:
        """Start the daemon and wait until it answers."""
        with self.log.open("ab") as log:
            self._daemon = subprocess.Popen(self._command, cwd=ROOT, stdout=log, stderr=log)
        end = time.monotonic() + START_DEADLINE
        while True:
            try:
                self.get("/v1/version")
                return
            except UnreachableError:
                assert time.monotonic() < end, self.said("it does not answer")
                assert self._daemon.poll() is None, self.said("it ended")
                time.sleep(0.1)

    def is_up(self) -> bool:
        """Whether the daemon's process runs."""
        return self._daemon is not None and self._daemon.poll() is None

    def stop(self) -> int:
        """End the daemon as systemd does; returns its exit status."""
        assert self._daemon is not None
        self._daemon.terminate()
        return self._daemon.wait(STOP_DEADLINE)

    def kill(self) -> None:
        """End it as a power cut does."""
        assert self._daemon is not None
        self._daemon.kill()
        self._daemon.wait(STOP_DEADLINE)

    def get(self, target: str) -> Any:
        """The result of a GET."""
        return self._answer(self._exchange("GET", target))["result"]

    def text(self, target: str) -> str:
        """A text answer."""
        return self._exchange("GET", target).read().decode()

    def begin(self, target: str, **body: object) -> str:
        """Begin a change; returns its id."""
        payload = json.dumps(body).encode()
        return str(self._answer(self._exchange("POST", target, payload))["change"])

    def ask(self, target: str, **body: object) -> dict[str, Any]:
        """The envelope of a POST, whatever it is."""
        return json.loads(self._exchange("POST", target, json.dumps(body).encode()).read())

    def wait_held(self, number: str) -> None:
        """Wait until the change stands still where the hold said."""
        end = time.monotonic() + HELD_DEADLINE
        while not self.hold.reached:
            change = self.get(f"/v1/changes/{number}")
            assert not change["ended"], self.said(json.dumps(change, indent=1))
            assert time.monotonic() < end, self.said(json.dumps(change, indent=1))
            time.sleep(0.05)

    def change(self, target: str, **body: object) -> dict[str, Any]:
        """Begin a change and wait for its end, which must be a good one; returns the change."""
        change = self.finish(self.begin(target, **body))
        assert change["status"] == "done", self.said(json.dumps(change, indent=1))
        return change

    def finish(self, number: str, deadline: float = 90.0) -> dict[str, Any]:
        """Wait for the end of a change, whatever it is."""
        end = time.monotonic() + deadline
        change = self.get(f"/v1/changes/{number}")
        while not change["ended"]:
            assert time.monotonic() < end, self.said(json.dumps(change, indent=1))
            after = change["revision"]
            change = self.get(f"/v1/changes/{number}/wait?after={after}&timeout={WAIT}")
        return change

    def load(self, archive: Archive) -> list[str]:
        """Stream the archive in; returns the names in it."""
        with connect(str(self.paths.socket), time.monotonic() + FIRST_BYTE) as connection:
            connection.settimeout(60)
            connection.sendall(
                request_head("POST", "/v1/images/load", archive.size, "application/x-tar")
            )
            for piece in archive.pieces():
                connection.sendall(piece)
            answer = self._answer(Response(connection, str(self.paths.socket)))
        return answer["result"]["loaded"]

    def containers(self) -> dict[str, str]:
        """Container id by service, of those that exist; fails where a service has two."""
        label = '{{.Label "com.docker.compose.service"}} {{.ID}}'
        lines = self._listed("container", "--all", "--no-trunc", "--format", label)
        found = dict(line.split() for line in lines)
        assert len(found) == len(lines), f"a service has two containers: {lines}"
        return found

    def volumes(self) -> set[str]:
        """Names of the project's volumes."""
        return set(self._listed("volume", "--quiet"))

    def networks(self) -> set[str]:
        """Ids of the project's networks."""
        return set(self._listed("network", "--quiet"))

    def clean(self) -> None:
        """End the daemon and remove every container, network and volume of the project."""
        if self.is_up():
            self.kill()
        for kind, force in (("container", ["--force"]), ("network", []), ("volume", ["--force"])):
            every = ["--all"] if kind == "container" else []
            found = self._listed(kind, "--quiet", *every)
            if found:
                _docker(kind, "rm", *force, *found)

    def said(self, trouble: str) -> str:
        """A failure, with the daemon's last words."""
        return f"{trouble}\n{self.log.read_text(errors='replace')[-4000:]}"

    def _listed(self, kind: str, *options: str) -> list[str]:
        wanted = f"label=com.docker.compose.project={self.project}"
        return _docker(kind, "ls", "--filter", wanted, *options).splitlines()

    def _exchange(self, method: str, target: str, body: bytes = b"") -> Response:
        whole = request(method, target, body)
        return exchange(str(self.paths.socket), whole, first_byte=FIRST_BYTE, next_bytes=FIRST_BYTE)

    def _answer(self, response: Response) -> Mapping[str, Any]:
        envelope: dict[str, Any] = json.loads(response.read())
        assert envelope["type"] != "error", self.said(str(envelope))
        return envelope


def _docker(*arguments: str) -> str:
    done = subprocess.run(
        ["docker", *arguments], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, f"docker {' '.join(arguments)}\n{done.stderr}"
    return done.stdout


def _free_ports() -> dict[str, int]:
    """A port for each service; all are held at once, so that no two are the same."""
    with ExitStack() as held:
        found: dict[str, int] = {}
        for name in PORTS:
            listener = held.enter_context(socket.socket())
            listener.bind(("127.0.0.1", 0))
            found[name] = listener.getsockname()[1]
    return found
