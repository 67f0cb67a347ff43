"""Debian's docker-registry in a machine, as its Engine's mirror of docker.io, behind a slow network."""

import shutil
import subprocess
from pathlib import Path

from tests.machine.home import ARCHIVE, Home
from tests.tree import ROOT

PROGRAM = "/usr/local/bin/docker-registry"
CACHE = ROOT / "dist" / "docker-registry"
FRONT, BACK = 5000, 5001  # ports: the slow network, the registry itself
IMAGES = ("redis:8.10.1", "postgres:17.11-trixie", "chromadb/chroma:1.5.9", "ollama/ollama:0.32.15")
SETTINGS = f"""\
version: 0.1
storage: {{filesystem: {{rootdirectory: /srv/registry}}}}
http: {{addr: "127.0.0.1:{BACK}"}}
"""
MIRROR = f'{{"registry-mirrors": ["http://127.0.0.1:{FRONT}"]}}'


class Registry:
    """Holds the stack's images; the Engine of the machine holds none of them afterwards."""

    def __init__(self, home: Home) -> None:
        self._home = home
        machine = home.machine
        machine.put(program(), PROGRAM)
        machine.put(ROOT / "tests/machine/doubles/slow_network.py", "/srv/slow_network.py")
        machine.write("/srv/registry.yml", SETTINGS)
        machine.write("/etc/docker/daemon.json", MIRROR)
        machine.exec("systemctl", "restart", "docker")
        machine.exec("docker", "load", "--quiet", "--input", ARCHIVE, within=120)
        self.start()
        for image in IMAGES:
            own = f"127.0.0.1:{BACK}/{image if '/' in image else f'library/{image}'}"
            machine.exec("docker", "tag", image, own)
            machine.exec("docker", "push", "--quiet", own, within=120)
        self.empty_engine()

    def start(self) -> None:
        self._run("registry", f"{PROGRAM} serve /srv/registry.yml", BACK)

    def stop(self) -> None:
        """At once, as a power cut of the registry would."""
        self._home.machine.exec("systemctl", "kill", "--signal=KILL", "registry")

    def be_reached_at(self, bytes_per_second: int) -> None:
        """Let the Engine reach it, at this speed."""
        self._home.machine.sh("systemctl stop slow-network 2>/dev/null || true")
        network = f"python3 /srv/slow_network.py {FRONT} {BACK} {bytes_per_second}"
        self._run("slow-network", network, FRONT)

    def empty_engine(self) -> None:
        """Remove every image from the Engine, what half a pull left included."""
        self._home.machine.sh("docker image prune --all --force >/dev/null")

    def _run(self, unit: str, command: str, port: int) -> None:
        machine = self._home.machine
        machine.sh(f"systemctl reset-failed {unit} 2>/dev/null || true")
        machine.sh(f"systemd-run --quiet --unit={unit} {command}")
        listening = f"ss -Hltn 'sport = :{port}'"
        machine.wait(f"{unit} to listen", lambda: bool(machine.sh(listening).out))


def program() -> Path:
    """Debian's docker-registry, taken out of its package."""
    found = CACHE / "usr" / "bin" / "docker-registry"
    if not found.exists():
        shutil.rmtree(CACHE, ignore_errors=True)
        CACHE.mkdir(parents=True)
        subprocess.run(["apt-get", "download", "-q", "docker-registry"], cwd=CACHE, check=True)
        package = next(CACHE.glob("docker-registry_*.deb"))
        subprocess.run(["dpkg", "-x", package, CACHE], check=True)
    return found
