"""Compose v2 for these tests: the host's own, or Debian 13's, unpacked beside the other things that are costly to make."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tarsd.host.compose import PLUGIN_DIRECTORIES
from tests.tree import ROOT

DOWNLOAD_DEADLINE = 180  # seconds
DOWNLOAD = """
set -euo pipefail
for part in say mirror; do . "packaging/lib/$part.sh"; done
foreign_download trixie "$1" docker-compose
"""
INSIDE = Path("usr/libexec/docker/cli-plugins")


def directories() -> Sequence[Path]:
    """Directories one of which holds the plugin; downloads it once if the host has none."""
    if any((directory / "docker-compose").is_file() for directory in PLUGIN_DIRECTORIES):
        return PLUGIN_DIRECTORIES
    cache = Path(os.environ.get("TARS_CACHE") or "/var/cache/tars-home-dev")
    unpacked = cache / "compose-v2"
    if not (unpacked / INSIDE / "docker-compose").is_file():
        cache.mkdir(parents=True, exist_ok=True)
        _download(unpacked)
    return [unpacked / INSIDE]


def _download(target: Path) -> None:
    """Whole or not at all: another run may be doing the same."""
    work = Path(tempfile.mkdtemp(dir=target.parent, prefix="compose-v2."))
    try:
        _run("bash", "-c", DOWNLOAD, "download", str(work))
        (package,) = work.glob("docker-compose_*.deb")
        _run("dpkg-deb", "--extract", str(package), str(work / "root"))
        shutil.rmtree(target, ignore_errors=True)
        (work / "root").rename(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _run(*command: str) -> None:
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=DOWNLOAD_DEADLINE
    )
    assert done.returncode == 0, f"cannot get Compose v2:\n{done.stdout}{done.stderr}"
